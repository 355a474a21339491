/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many packets did interface and host lose before a capture could see them?  Missed ones are
 * (rx_missed_errors); of rx_dropped, which also counts what nobody wanted, those that a CPU's
 * backlog dropped (softnet_stat): enqueue_to_backlog() of net/core/dev.c counts there first and
 * then on the interface.  So the backlogs are read last, and what they leave unexplained serves one
 * more reading.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "capture/watch_parts.h"

#define SOFTNET_PATH "/proc/net/softnet_stat"
#define SOFTNET_COLUMN 1
#define SOFTNET_MAX_BYTES (1024 * 256) /* 1024 CPUs, a line each */
#define PIECE_BYTES 4096
#define NUMBER_BYTES 32

uint64_t watch_rise(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

uint64_t watch_attribute(uint64_t dropped_packets, uint64_t *softnet_packets)
{
	uint64_t explained = dropped_packets < *softnet_packets ? dropped_packets
								: *softnet_packets;

	*softnet_packets -= explained;
	return explained;
}

void watch_softnet_feed(struct watch_softnet *softnet, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int digit = watch_hexadecimal(text[i]);

		if (digit >= 0) {
			softnet->value = softnet->value << 4 | (uint64_t)digit;
			softnet->digits++;
			continue;
		}
		if (softnet->digits && softnet->column++ == SOFTNET_COLUMN)
			softnet->dropped += softnet->value;
		if (text[i] == '\n')
			softnet->column = 0;
		softnet->value = softnet->digits = 0;
	}
}

static bool read_softnet(int descriptor, uint64_t *dropped)
{
	struct watch_softnet softnet = { 0 };
	char piece[PIECE_BYTES];
	off_t offset = 0;
	ssize_t got;

	do {
		got = pread(descriptor, piece, sizeof(piece), offset);
		if (got > 0) {
			watch_softnet_feed(&softnet, piece, (size_t)got);
			offset += got;
		}
	} while ((got > 0 && offset < SOFTNET_MAX_BYTES) || (got < 0 && errno == EINTR));
	*dropped = softnet.dropped;
	return got >= 0 && offset > 0;
}

/* Fewer than before, as when a CPU went offline or one wrapped at 2^32: counted on from there. */
static uint64_t look_at_softnet(struct watch *watch)
{
	uint64_t rise, now;

	if (!watch->has_softnet || !read_softnet(watch->softnet, &now))
		return 0;
	rise = watch_rise(watch->softnet_last, now);
	watch->softnet_last = now;
	watch->softnet_dropped += rise;
	return rise;
}

void watch_counters_begin(struct watch *watch)
{
	watch->softnet = open(SOFTNET_PATH, O_RDONLY | O_CLOEXEC);
	watch->has_softnet = watch->softnet >= 0 &&
			     read_softnet(watch->softnet, &watch->softnet_last);
	watch->softnet_dropped = watch->softnet_last;
}

static bool read_number(int descriptor, uint64_t *number)
{
	char text[NUMBER_BYTES];
	long got = watch_read_text(descriptor, text, sizeof(text));

	return got > 0 && watch_number(text, (size_t)got, number);
}

static bool read_counters(
	struct watch *watch, const struct watch_device *device, struct watch_counters *counters)
{
	struct watch_link link;

	if (device->missed >= 0)
		return read_number(device->missed, &counters->missed) &&
		       read_number(device->dropped, &counters->dropped);
	if (watch_link_ask(watch, device->ifindex, &link) < 0 || !link.has_counters)
		return false;
	*counters = link.counters;
	return true;
}

/*
 * Through sysfs where it shows our interfaces: rtnetlink waits for a lock that all of the host's
 * network configuration shares.
 */
void watch_counters_add(struct watch *watch, struct watch_device *device, int directory)
{
	if (directory >= 0) {
		device->missed = openat(
			directory, "statistics/rx_missed_errors", O_RDONLY | O_CLOEXEC);
		device->dropped = openat(directory, "statistics/rx_dropped", O_RDONLY | O_CLOEXEC);
	}
	if (device->missed < 0 || device->dropped < 0) {
		if (device->missed >= 0)
			close(device->missed);
		if (device->dropped >= 0)
			close(device->dropped);
		device->missed = device->dropped = -1;
	}
	device->has_counters = read_counters(watch, device, &device->counters);
}

/* Notes what rose on an interface; what of rx_dropped counts is not known yet. */
static void look_at(struct watch *watch, struct watch_device *device)
{
	struct watch_counters now = { 0 };

	device->dropped_packets = 0;
	if (device->gone || !read_counters(watch, device, &now))
		return;
	if (device->has_counters) {
		device->lost_packets += watch_rise(device->counters.missed, now.missed);
		device->dropped_packets = watch_rise(device->counters.dropped, now.dropped);
	}
	device->has_counters = true;
	device->counters = now;
}

static void tell(struct watch *watch, struct watch_device *device, const struct watch_moment *now)
{
	struct event *event;

	if (!device->lost_packets || !(event = watch_tell(watch)))
		return;
	event->kind = EVENT_DROP;
	event->drop = (struct drop){
		.interface = device->interface,
		.packets = device->lost_packets,
		.from_ns = device->lost_from_ns,
		.to_ns = now->real_ns,
		.where = "interface",
	};
	device->lost_packets = 0;
}

/* The last reading, or as long ago if the clock was set back meanwhile. */
static int64_t began_ns(const struct watch *watch, const struct watch_moment *now)
{
	int64_t ago_ns = now->real_ns - (now->boot_ns - watch->counted.boot_ns);

	return ago_ns < watch->counted.real_ns ? ago_ns : watch->counted.real_ns;
}

void watch_counters_look(struct watch *watch, const struct watch_moment *now)
{
	int64_t from_ns = began_ns(watch, now);
	uint64_t rise, unexplained;

	for (uint32_t i = 0; i < watch->device_count; i++) {
		if (!watch->devices[i].lost_packets)
			watch->devices[i].lost_from_ns = from_ns;
		look_at(watch, &watch->devices[i]);
	}
	rise = look_at_softnet(watch);
	unexplained = rise + watch->softnet_left;
	for (uint32_t i = 0; i < watch->device_count; i++) {
		struct watch_device *device = &watch->devices[i];

		device->lost_packets += watch_attribute(device->dropped_packets, &unexplained);
		tell(watch, device, now);
	}
	watch->softnet_left = unexplained < rise ? unexplained : rise;
	watch->counted = *now;
}

void watch_counters_close(struct watch *watch)
{
	if (watch->softnet >= 0)
		close(watch->softnet);
	for (uint32_t i = 0; i < watch->device_count; i++) {
		if (watch->devices[i].missed < 0)
			continue;
		close(watch->devices[i].missed);
		close(watch->devices[i].dropped);
	}
}
