/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture by libpcap: every device that it knows ("any", usbmon, ...), with what it tells: no
 * segment sizes, no receive hash, no word on where a stamp was taken.  Nanoseconds are asked for
 * because libpcap turns the kernel's stamps on only then; never immediate mode, which wakes up for
 * every packet and loses a third of them.
 */
#include <errno.h>
#include <pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "capture/filter.h"
#include "capture/live.h"

#define ARENA_BYTES (1u << 18)
#define NS_PER_US 1000
#define LINKTYPE_RAW 101

struct pcap_port {
	struct port port;
	pcap_t *pcap;
	uint8_t *arena; /* copies of the frames given out last: libpcap's own do not stay valid */
	size_t arena_bytes, used;
	struct event *events; /* of the read at hand */
	int count;
	bool nanoseconds;
	bool gives_all;                       /* that the kernel counts as received */
	bool socket;                          /* a packet socket, whose filter we may set */
	unsigned last_received, last_dropped; /* libpcap's counters, which may wrap */
};

/* Says why libpcap refuses; returns -1 with errno set for who would try another front end. */
static int refused(pcap_t *pcap, const char *name, int status, struct error *error)
{
	const char *text = pcap_geterr(pcap);

	errno = status == PCAP_ERROR_PERM_DENIED ? EPERM : ENODEV;
	if (errno == EPERM)
		return port_refused(name, "", error);
	return error_set(
		error, "cannot capture on '%s': %s", name, *text ? text : pcap_statustostr(status));
}

/* libpcap does not tell the way of a frame, but it can be asked for one. */
static int set_direction(
	struct pcap_port *port, const struct port_options *options, struct error *error)
{
	pcap_direction_t way = options->live->direction == DIRECTION_IN ? PCAP_D_IN : PCAP_D_OUT;

	if (!options->live->direction || pcap_setdirection(port->pcap, way) == 0)
		return 0;
	return refused(port->pcap, options->name, PCAP_ERROR, error);
}

static bool has_filter(const struct live_options *live)
{
	return live->filter && *live->filter;
}

static int clamp_int(uint64_t value)
{
	return value > INT32_MAX ? INT32_MAX : (int)value;
}

static int activate(struct pcap_port *port, const struct port_options *options, struct error *error)
{
	const struct live_options *live = options->live;
	pcap_t *pcap = port->pcap;
	int status;

	port->port.snaplen = live->snaplen ? live->snaplen : FILTER_MAX_SNAPLEN;
	/* Our filter is asked about every frame, and then cuts it: port_wants(). */
	pcap_set_snaplen(
		pcap, clamp_int(has_filter(live) ? FILTER_MAX_SNAPLEN : port->port.snaplen));
	pcap_set_buffer_size(pcap, clamp_int(options->buffer_bytes));
	pcap_set_timeout(pcap, LIVE_RETIRE_MS);
	pcap_set_promisc(pcap, live->promiscuous);
	port->nanoseconds = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
	status = pcap_activate(pcap);
	if (status < 0)
		return refused(pcap, options->name, status, error);
	/* Cooked frames of version 2 tell the interface, those of version 1 do not. */
	if (pcap_datalink(pcap) == DLT_LINUX_SLL)
		pcap_set_datalink(pcap, DLT_LINUX_SLL2);
	port->port.linktype = pcap_datalink(pcap) == DLT_RAW ? LINKTYPE_RAW
							     : (uint16_t)pcap_datalink(pcap);
	if (!port->nanoseconds)
		port_lacks(&port->port, "microseconds only");
	return set_direction(port, options, error);
}

/* Whether the expression means anything for the link type. */
static int check_filter(
	const struct pcap_port *port, const struct live_options *live, struct error *error)
{
	struct filter_code code;

	if (!has_filter(live))
		return 0;
	if (filter_kernel_code(
		    live->filter, port->port.linktype, FILTER_MAX_SNAPLEN, &code, error) == 0) {
		free(code.instructions);
		return 0;
	}
	errno = PORT_WRONG_FILTER;
	return -1;
}

/*
 * Before cooked frames libpcap puts a header that the kernel's filter does not see; only libpcap
 * knows where the kernel has what stands in it.  Whatever it lets through is judged again.
 */
static void filter_cooked(struct pcap_port *port, const struct live_options *live)
{
	struct bpf_program program;

	if (!has_filter(live) ||
		pcap_compile(port->pcap, &program, live->filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return;
	pcap_setfilter(port->pcap, &program);
	pcap_freecode(&program);
}

/* libpcap's filter would take frames with VLAN tags for such without: ours is attached instead. */
static int filter(struct pcap_port *port, const struct port_options *options, struct error *error)
{
	uint32_t snaplen = has_filter(options->live) ? FILTER_MAX_SNAPLEN : port->port.snaplen;
	int linktype = port->port.linktype;
	int domain = 0;
	socklen_t size = sizeof(domain);

	port->socket = getsockopt(port->port.fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
		       domain == AF_PACKET;
	if (check_filter(port, options->live, error) < 0)
		return -1;
	if (!port->socket)
		return 0;
	if (linktype == DLT_LINUX_SLL || linktype == DLT_LINUX_SLL2) {
		filter_cooked(port, options->live);
		return 0;
	}
	return port_attach_filter(&port->port, options, snaplen, error);
}

static void pcap_port_close(struct port *port)
{
	struct pcap_port *pcap_port = (struct pcap_port *)port;

	pcap_close(pcap_port->pcap);
	free(pcap_port->arena);
	free(pcap_port);
}

static struct port *pcap_port_open(const struct port_options *options, struct error *error)
{
	struct pcap_port *port = memory_alloc(1, sizeof(*port));
	char text[PCAP_ERRBUF_SIZE] = "";

	port->port.frontend = &pcap_frontend;
	port->port.buffer_bytes = options->buffer_bytes;
	port->gives_all = !options->loopback && !options->live->direction;
	port->pcap = pcap_create(options->name, text);
	if (!port->pcap) {
		error_set(error, "cannot capture on '%s': %s", options->name, text);
		free(port);
		errno = ENODEV;
		return NULL;
	}
	if (activate(port, options, error) == 0) {
		port->port.fd = pcap_get_selectable_fd(port->pcap);
		port_lacks(&port->port, "no segment sizes, the source of stamps is not told");
		port->arena_bytes = ARENA_BYTES;
		port->arena = memory_alloc(port->arena_bytes, 1);
		if (pcap_setnonblock(port->pcap, 1, text) == 0 && filter(port, options, error) == 0)
			return &port->port;
	}
	return port_give_up(&port->port);
}

/* Keeps a frame; its data is an offset until the arena has stopped growing. */
static void take(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct pcap_port *port = (void *)user;
	struct event *event = &port->events[port->count];
	int64_t fraction = header->ts.tv_usec;

	if (port->used + header->caplen > port->arena_bytes) {
		port->arena_bytes = 2 * (port->used + header->caplen);
		port->arena = memory_grow(port->arena, port->arena_bytes, 1);
	}
	memcpy(port->arena + port->used, bytes, header->caplen);
	*event = (struct event){ .kind = EVENT_FRAME,
		.frame = {
			.data = (const uint8_t *)(uintptr_t)port->used,
			.time_ns = (int64_t)header->ts.tv_sec * 1000000000 +
				   (port->nanoseconds ? fraction : fraction * NS_PER_US),
			.caplen = header->caplen,
			.wirelen = header->len,
			.flags = FRAME_HAS_TIME,
		} };
	port->used += header->caplen;
	port->count++;
}

static int pcap_port_read(struct port *base, struct event *events, int max)
{
	struct pcap_port *port = (struct pcap_port *)base;
	int drops, count, got;

	if (base->dead)
		return 0;
	drops = max > 1 && port_count(base, events);
	port->events = events + drops;
	port->count = 0;
	port->used = 0;
	got = pcap_dispatch(port->pcap, max - drops, take, (u_char *)port);
	if (got < 0)
		base->dead = true;
	count = drops;
	for (int i = 0; i < port->count; i++) {
		struct event *event = &events[count];

		*event = port->events[i];
		event->frame.data = port->arena + (uintptr_t)event->frame.data;
		count += port_wants(base, &event->frame, true);
	}
	return count;
}

static void pcap_port_count(struct port *base)
{
	struct pcap_port *port = (struct pcap_port *)base;
	struct pcap_stat statistics;

	if (pcap_stats(port->pcap, &statistics) < 0) {
		base->received = base->taken;
		return;
	}
	base->received += statistics.ps_recv - port->last_received;
	base->dropped += statistics.ps_drop - port->last_dropped;
	port->last_received = statistics.ps_recv;
	port->last_dropped = statistics.ps_drop;
	/* libpcap gives up when the interface goes down, and what it still holds with it. */
	if (base->dead && port->gives_all)
		base->dropped = base->received - base->taken;
}

static void pcap_port_stop(struct port *base)
{
	struct pcap_port *port = (struct pcap_port *)base;

	if (port->socket)
		port_attach_none(base);
	else
		base->received = base->taken; /* what comes from now on is not waited for */
}

const struct frontend pcap_frontend = {
	.about = { "pcap", "libpcap: every device that it knows, with fewer facts" },
	.drops = "kernel",
	.keeps = true, /* outgoing copies on the loopback, what -Q does not ask for */
	.open = pcap_port_open,
	.read = pcap_port_read,
	.count = pcap_port_count,
	.stop = pcap_port_stop,
	.close = pcap_port_close,
};
