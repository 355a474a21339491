/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One source made of several interfaces: which front end captures each, whose turn it is to give
 * out frames, what the host watch and the kernel's counters have to say in between, and how a
 * capture ends without losing what the kernel still holds.
 */
#include "capture/live.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "capture/filter.h"
#include "capture/watch.h"

#define NS_PER_MS INT64_C(1000000)
#define TICK_MS 100
#define WATCH_NS (100 * NS_PER_MS)
#define QUEUE_EVENTS 64

/* Frames of one interface wait so long for earlier ones of another, which may sit in its block. */
#define HOLD_NS (3 * LIVE_RETIRE_MS * NS_PER_MS)

/* What the kernel counted comes out of its buffer within this time, or never. */
#define DRAIN_NS (2000 * NS_PER_MS)

/* The same where the counters cannot tell, from the last frame on. */
#define QUIET_NS (5 * LIVE_RETIRE_MS * NS_PER_MS)

#define DEFAULT_BUFFER (UINT64_C(64) << 20)
#define MIN_BUFFER (UINT64_C(2) << 20)
#define MEMORY_SHARE 32 /* of the machine's, at most, for all buffers together */
#define MOST_SHARE 2    /* likewise, where the user asks for more */

static const struct frontend *const frontends[] = { &mmap_frontend, &raw_frontend, &pcap_frontend };

#define FRONTENDS (sizeof(frontends) / sizeof(*frontends))

/* Events of a port that wait for those of others. */
struct queue {
	struct event events[QUEUE_EVENTS];
	int next, count;
	int64_t since_ns; /* CLOCK_MONOTONIC, when they came */
};

struct live {
	struct capture capture;
	struct watch *watch;
	struct port *ports[CAPTURE_MAX_LIVE];
	struct pollfd polls[CAPTURE_MAX_LIVE + 1]; /* the last one: the watch */
	struct queue *queues;                      /* one a port, NULL if there is only one */
	size_t count;
	int64_t watch_ns;  /* CLOCK_MONOTONIC: when to look around next */
	int64_t silent_ns; /* CLOCK_MONOTONIC: when to give out a tick */
	bool stopping;
	bool counted; /* the ports' counters have been read since */
	bool told;    /* the last readings of all counters */
	int64_t stop_ns;
	int64_t gave_ns; /* CLOCK_MONOTONIC, the last frames */
};

const struct capture_frontend *capture_frontend(size_t index)
{
	return index < FRONTENDS ? &frontends[index]->about : NULL;
}

bool port_count(struct port *port, struct event *event)
{
	uint64_t before = port->dropped;
	int64_t from_ns = port->counted_ns, to_ns;

	/* What is dropped while this reads belongs to the next reading, or to this one. */
	port->counted_ns = clock_ns(CLOCK_REALTIME);
	port->frontend->count(port);
	if (port->dropped == before)
		return false;
	to_ns = clock_ns(CLOCK_REALTIME);
	*event = (struct event){ .kind = EVENT_DROP,
		.drop = {
			.interface = port->interface,
			.packets = port->dropped - before,
			.from_ns = from_ns,
			.to_ns = to_ns,
			.where = port->frontend->drops,
		} };
	return true;
}

/* What is for other hosts comes in as well, over a bridge or in promiscuous mode. */
static bool goes_that_way(const struct port *port, const struct frame *frame)
{
	if (port->direction == DIRECTION_IN)
		return frame->direction == DIRECTION_IN || frame->direction == DIRECTION_OTHER;
	return !port->direction || frame->direction == port->direction;
}

bool port_wants(struct port *port, struct frame *frame, bool unjudged)
{
	bool wanted = goes_that_way(port, frame);

	frame->interface = port->interface;
	frame->linktype = port->linktype;
	port->taken++;
	if (wanted && unjudged && port->filter)
		wanted = filter_match(port->filter, frame);
	if (frame->caplen > port->snaplen)
		frame->caplen = port->snaplen;
	/* One that waits for those of other ports is numbered when it is given out. */
	if (!wanted || !port->queued)
		frame->number = ++port->capture->statistics.frames;
	port->capture->statistics.passed_over += !wanted;
	return wanted;
}

int port_refused(const char *name, const char *step, struct error *error)
{
	if (errno == EPERM || errno == EACCES)
		return error_set(error,
			"cannot capture on '%s': it needs CAP_NET_RAW: run it with sudo, or see "
			"pktlint(8), PRIVILEGES",
			name);
	return error_set(error, "cannot capture on '%s': %s%s%s", name, step, *step ? ": " : "",
		strerror(errno));
}

struct port *port_give_up(struct port *port)
{
	int problem = errno;

	port->frontend->close(port);
	errno = problem;
	return NULL;
}

void port_lacks(struct port *port, const char *format, ...)
{
	size_t used = strlen(port->why);
	va_list arguments;

	if (used && used + 2 < sizeof(port->why))
		used += (size_t)snprintf(port->why + used, sizeof(port->why) - used, "; ");
	va_start(arguments, format);
	vsnprintf(port->why + used, sizeof(port->why) - used, format, arguments);
	va_end(arguments);
}

/* The buffer for each of `count` interfaces. */
static uint64_t choose_buffer(const struct live_options *options)
{
	uint64_t share;
	struct sysinfo machine;

	if (options->buffer_bytes)
		return options->buffer_bytes;
	if (sysinfo(&machine) < 0)
		return MIN_BUFFER;
	share = (uint64_t)machine.totalram * machine.mem_unit / MEMORY_SHARE /
		options->interface_count;
	if (share >= DEFAULT_BUFFER)
		return DEFAULT_BUFFER;
	return share < MIN_BUFFER ? MIN_BUFFER : share;
}

/* Kinds of device whose frames packet sockets give us whole (linux/if_arp.h). */
static const struct {
	int hardware; /* ARPHRD_ */
	uint16_t linktype;
	bool loopback;
} kinds[] = {
	{ 1, 1, false },        /* Ethernet and all that looks like it */
	{ 772, 1, true },       /* loopback */
	{ 0xfffe, 101, false }, /* none: TUN, WireGuard */
	{ 519, 101, false },    /* raw IP */
	{ 768, 101, false },    /* IP in IP */
	{ 769, 101, false },    /* IPv6 in IPv6 */
	{ 776, 101, false },    /* SIT */
};

/* Finds out what packet sockets can know of the device.  Returns whether they can capture on it. */
static bool look_up(struct port_options *options)
{
	struct ifreq request = { 0 };
	bool known = false;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	options->ifindex = (int)if_nametoindex(options->name);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", options->name);
	if (fd >= 0 && options->ifindex && ioctl(fd, SIOCGIFHWADDR, &request) == 0)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			if (kinds[i].hardware == request.ifr_hwaddr.sa_family) {
				options->linktype = kinds[i].linktype;
				options->loopback = kinds[i].loopback;
				known = true;
			}
	if (fd >= 0)
		close(fd);
	return known;
}

static bool is_asked_for(const struct live_options *live, const struct frontend *frontend)
{
	return live->frontend && strcmp(live->frontend, frontend->about.name) == 0;
}

/* Opens by the best front end that can do it, or by the one asked for. */
static struct port *open_best(struct port_options *options, struct error *error)
{
	const struct live_options *live = options->live;
	bool any = !live->frontend || strcmp(live->frontend, "auto") == 0;
	bool sockets = look_up(options);
	char why[80] = "";

	for (size_t i = 0; i < FRONTENDS; i++) {
		const struct frontend *frontend = frontends[i];
		struct port *port;

		if (!any && !is_asked_for(live, frontend))
			continue;
		if (!sockets && frontend != &pcap_frontend) {
			if (any)
				continue;
			error_set(error,
				"cannot capture on '%s': front end '%s' knows no such device, "
				"'pcap' might",
				options->name, frontend->about.name);
			return NULL;
		}
		port = frontend->open(options, error);
		if (port && any && frontend == &pcap_frontend)
			port_lacks(port, "%s", *why ? why : "only libpcap knows this device");
		else if (port && *why)
			port_lacks(port, "%s", why);
		if (port || !any || errno == EPERM || errno == EACCES || errno == ENODEV ||
			errno == PORT_WRONG_FILTER)
			return port;
		snprintf(why, sizeof(why), "%s is refused: %s", frontend->about.name,
			strerror(errno));
	}
	return NULL;
}

/* Describes interface `index` of the source, which `port` captures. */
static void describe(struct live *live, const struct port *port, const struct port_options *options)
{
	struct capture_interface *interface = &live->capture.interfaces[port->interface];

	snprintf(interface->name, sizeof(interface->name), "%s", options->name);
	if (options->live->filter)
		snprintf(interface->filter, sizeof(interface->filter), "%s", options->live->filter);
	interface->linktype = port->linktype;
	interface->snaplen = port->snaplen;
	interface->has_received = interface->has_dropped = true;
	interface->frontend = port->frontend->about.name;
	interface->buffer_bytes = port->buffer_bytes;
	memcpy(interface->why, port->why, sizeof(interface->why));
}

static int add_port(struct live *live, const struct live_options *options, const char *name,
	struct error *error)
{
	struct port_options wanted = { .live = options, .name = name };
	struct port *port;

	wanted.buffer_bytes = choose_buffer(options);
	wanted.queues = watch_queues(live->watch, (int)if_nametoindex(name));
	if (!capture_add_interface(&live->capture))
		return error_set(error, "too many interfaces");
	/* Its settings and counters count from before the first packet. */
	watch_add(live->watch, (uint32_t)live->count, (int)if_nametoindex(name));
	port = open_best(&wanted, error);
	if (!port)
		return -1;
	if (options->trace == STEERING_TRACE_ALWAYS && !port->frontend->trace)
		port_lacks(port, "no CPU and queue of frames: only front end mmap tells them");
	port->interface = (uint32_t)live->count;
	port->capture = &live->capture;
	port->counted_ns = clock_ns(CLOCK_REALTIME);
	if (options->filter && *options->filter) {
		port->filter = filter_new(options->filter, error);
		if (!port->filter) {
			port->frontend->close(port);
			return -1;
		}
	}
	live->polls[live->count] = (struct pollfd){ .fd = port->fd, .events = POLLIN };
	live->ports[live->count++] = port;
	describe(live, port, &wanted);
	return 0;
}

static void take_counters(struct live *live)
{
	for (size_t i = 0; i < live->count; i++) {
		const struct port *port = live->ports[i];
		struct capture_interface *interface = &live->capture.interfaces[i];

		/* Read before frames were taken, it may be behind. */
		interface->received = port->taken + port->dropped;
		if (interface->received < port->received)
			interface->received = port->received;
		interface->dropped = port->dropped + interface->dropped_interface;
		interface->gone |= port->dead;
	}
}

/* Keeps what an event says about an interface. */
static void note(struct live *live, const struct event *event)
{
	if (event->kind == EVENT_DROP)
		live->capture.interfaces[event->drop.interface]
			.dropped_interface += event->drop.packets;
	if (event->kind != EVENT_CHANGE || event->change.kind != CHANGE_GONE)
		return;
	live->ports[event->change.interface]->gone = true;
	live->capture.interfaces[event->change.interface].gone = true;
}

static int look_around(struct live *live, bool final, struct event *events, int max)
{
	int count = watch_read(live->watch, final, events, max);

	for (int i = 0; i < count; i++)
		note(live, &events[i]);
	return count;
}

/* The drops that ports tell without being read: while they are silent, and in the end. */
static int count_ports(struct live *live, struct event *events, int max)
{
	int count = 0;

	for (size_t i = 0; i < live->count && count < max; i++)
		count += port_count(live->ports[i], &events[count]);
	return count;
}

/* Brings frames of port `i` into its queue if that is empty; returns whether it has any. */
static bool fill_queue(struct live *live, size_t i, int64_t now_ns)
{
	struct queue *queue = &live->queues[i];

	if (queue->next < queue->count)
		return true;
	queue->next = 0;
	queue->count = live->ports[i]->frontend->read(live->ports[i], queue->events, QUEUE_EVENTS);
	queue->since_ns = now_ns;
	return queue->count > 0;
}

static int64_t event_time_ns(const struct event *event)
{
	return event->kind == EVENT_FRAME ? event->frame.time_ns : INT64_MIN;
}

/* Whether the kernel holds no frame of the port, and will not. */
static bool is_exhausted(const struct live *live, const struct port *port)
{
	return port->dead || (live->counted && port->taken + port->dropped >= port->received);
}

/*
 * Gives out the earliest frames of all queues until one of them is used up: what it gave out is
 * valid only until it is filled again.  A frame waits for queues that are empty until it is as old
 * as any frame of theirs that could still come; not for ever, since stamps may be wrong.
 */
static int read_merged(struct live *live, struct event *events, int max)
{
	int64_t now_ns = clock_ns(CLOCK_MONOTONIC), stamp_ns = clock_ns(CLOCK_REALTIME);
	int64_t hold_ns = HOLD_NS;
	bool complete = true;
	int count = 0;

	for (size_t i = 0; i < live->count; i++) {
		complete &= fill_queue(live, i, now_ns) || is_exhausted(live, live->ports[i]);
		if (live->ports[i]->waits)
			hold_ns = HOLD_NS + LIVE_TRACE_MS * NS_PER_MS;
	}
	while (count < max) {
		struct queue *first = NULL;

		for (size_t i = 0; i < live->count; i++) {
			struct queue *queue = &live->queues[i];

			if (queue->next < queue->count &&
				(!first || event_time_ns(&queue->events[queue->next]) <
						   event_time_ns(&first->events[first->next])))
				first = queue;
		}
		if (!first)
			break;
		if (!complete && now_ns - first->since_ns < hold_ns &&
			event_time_ns(&first->events[first->next]) > stamp_ns - hold_ns)
			break;
		events[count] = first->events[first->next++];
		if (events[count].kind == EVENT_FRAME)
			events[count].frame.number = ++live->capture.statistics.frames;
		count++;
		if (first->next == first->count)
			break;
	}
	return count;
}

static int read_ports(struct live *live, struct event *events, int max)
{
	if (live->queues)
		return read_merged(live, events, max);
	return live->ports[0]->frontend->read(live->ports[0], events, max);
}

/*
 * Whether all that the kernel counted has been taken, or is not to be expected any more; `now_ns`
 * is from before the ports were read last.
 */
static bool is_drained(struct live *live, int64_t now_ns)
{
	bool quiet = now_ns - live->stop_ns > QUIET_NS && now_ns - live->gave_ns > QUIET_NS;
	bool drained = true;

	for (size_t i = 0; i < live->count; i++) {
		const struct port *port = live->ports[i];

		drained &= port->dead || port->taken + port->dropped >= port->received ||
			   (quiet && port->frontend->keeps);
		drained &= !live->queues || live->queues[i].next == live->queues[i].count;
	}
	return drained || now_ns - live->stop_ns > DRAIN_NS;
}

static bool all_gone(const struct live *live)
{
	for (size_t i = 0; i < live->count; i++)
		if (!live->ports[i]->gone && !live->ports[i]->dead)
			return false;
	return true;
}

static void live_stop(struct capture *capture)
{
	struct live *live = (struct live *)capture;

	if (live->stopping)
		return;
	live->stopping = true;
	live->stop_ns = clock_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < live->count; i++)
		live->ports[i]->frontend->stop(live->ports[i]);
}

/* A socket that reports an error goes on doing so until it is asked for it. */
static void clear_errors(struct live *live)
{
	for (size_t i = 0; i < live->count; i++) {
		socklen_t size = sizeof(int);
		int problem;

		if (live->polls[i].revents & (POLLERR | POLLHUP | POLLNVAL) &&
			(getsockopt(live->polls[i].fd, SOL_SOCKET, SO_ERROR, &problem, &size) < 0 ||
				live->ports[i]->gone))
			live->polls[i].fd = -1;
	}
}

static bool has_queued(const struct live *live, size_t i)
{
	return live->queues && live->queues[i].next < live->queues[i].count;
}

static bool waits(const struct live *live)
{
	for (size_t i = 0; i < live->count; i++)
		if (live->ports[i]->waits)
			return true;
	return live->stopping || live->queues;
}

/* Waits for packets or news; returns whether a signal came first. */
static bool wait_for_more(struct live *live, int timeout_ms)
{
	/* What waits keeps the kernel's buffer readable. */
	for (size_t i = 0; i < live->count; i++)
		live->polls[i].events = live->ports[i]->waits || has_queued(live, i) ? 0 : POLLIN;
	if (poll(live->polls, live->count + 1, timeout_ms) < 0)
		return errno == EINTR;
	clear_errors(live);
	if (live->polls[live->count].revents)
		live->watch_ns = 0;
	return false;
}

/* The last readings, and then the end. */
static int finish(struct live *live, struct event *events, int max)
{
	int count = 0;

	if (!live->told)
		count = look_around(live, true, events, max);
	live->told = count < max;
	take_counters(live);
	return count;
}

/* Nothing was at hand at `now_ns`: events of the counters, the end, or a wait. */
static int idle(struct live *live, int64_t now_ns, struct event *events, int max, bool *signalled)
{
	int count = count_ports(live, events, max);

	live->counted = live->stopping;
	if (count)
		return count;
	if (live->stopping && is_drained(live, now_ns))
		return -1;
	if (all_gone(live))
		live_stop(&live->capture);
	*signalled = wait_for_more(live, waits(live) ? LIVE_RETIRE_MS / 4 : TICK_MS);
	return 0;
}

static int live_read(struct capture *capture, struct event *events, int max, struct error *error)
{
	struct live *live = (struct live *)capture;
	bool signalled = false;

	if (live->told)
		return 0;
	for (;;) {
		int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
		int count = 0;

		if (now_ns >= live->watch_ns) {
			live->watch_ns = now_ns + WATCH_NS;
			count = look_around(live, false, events, max);
			take_counters(live);
		}
		if (!count)
			count = read_ports(live, events, max);
		if (count > 0) {
			live->gave_ns = now_ns;
			live->silent_ns = now_ns + TICK_MS * NS_PER_MS;
			take_counters(live);
			return count;
		}
		count = idle(live, now_ns, events, max, &signalled);
		if (count < 0)
			return finish(live, events, max);
		if (count > 0)
			return count;
		if (signalled || clock_ns(CLOCK_MONOTONIC) >= live->silent_ns) {
			live->silent_ns = clock_ns(CLOCK_MONOTONIC) + TICK_MS * NS_PER_MS;
			events[0] = (struct event){ .kind = EVENT_TICK };
			return 1;
		}
	}
}

static bool live_trace(struct capture *capture)
{
	struct live *live = (struct live *)capture;
	bool traced = false;

	for (size_t i = 0; i < live->count; i++) {
		struct port *port = live->ports[i];

		traced |= port->frontend->trace && port->frontend->trace(port);
	}
	return traced;
}

static void live_close(struct capture *capture)
{
	struct live *live = (struct live *)capture;

	for (size_t i = 0; i < live->count; i++) {
		filter_free(live->ports[i]->filter);
		live->ports[i]->frontend->close(live->ports[i]);
	}
	watch_free(live->watch);
	capture_end(capture);
	free(live->queues);
	free(live);
}

/* The kernel would look for the memory at any price, and end other processes for it. */
static int check_buffer(const struct live_options *options, struct error *error)
{
	struct sysinfo machine;
	uint64_t most;

	if (!options->buffer_bytes || sysinfo(&machine) < 0)
		return 0;
	most = (uint64_t)machine.totalram * machine.mem_unit / MOST_SHARE /
	       options->interface_count;
	if (options->buffer_bytes <= most)
		return 0;
	return error_set(error,
		"a buffer of %" PRIu64 " MiB for each interface is too large: this machine has "
		"memory for %" PRIu64 " MiB",
		options->buffer_bytes >> 20, most >> 20);
}

static int check_frontend(const struct live_options *options, struct error *error)
{
	bool known = !options->frontend || strcmp(options->frontend, "auto") == 0;

	for (size_t i = 0; i < FRONTENDS; i++)
		known |= is_asked_for(options, frontends[i]);
	if (known)
		return 0;
	return error_set(error, "there is no front end '%s': see 'pktlint list frontends'",
		options->frontend);
}

struct capture *capture_open_live(const struct live_options *options, struct error *error)
{
	static const struct capture_driver driver = {
		.read = live_read,
		.stop = live_stop,
		.trace = live_trace,
		.close = live_close,
	};
	struct live *live;

	if (check_frontend(options, error) < 0 || check_buffer(options, error) < 0)
		return NULL;
	live = memory_alloc(1, sizeof(*live));
	live->capture.driver = &driver;
	live->watch = watch_new(error);
	if (!live->watch || capture_begin(&live->capture, NULL, error) < 0)
		goto fail;
	for (size_t i = 0; i < options->interface_count && i < CAPTURE_MAX_LIVE; i++)
		if (add_port(live, options, options->interfaces[i], error) < 0)
			goto fail;
	live->polls[live->count] = (struct pollfd){ .fd = watch_descriptor(live->watch),
		.events = POLLIN };
	if (live->count > 1)
		live->queues = memory_alloc(live->count, sizeof(*live->queues));
	for (size_t i = 0; i < live->count; i++)
		live->ports[i]->queued = live->queues != NULL;
	live->silent_ns = clock_ns(CLOCK_MONOTONIC) + TICK_MS * NS_PER_MS;
	return &live->capture;
fail:
	live_close(&live->capture);
	return NULL;
}
