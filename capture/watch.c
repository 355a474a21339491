/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is the capturing host still what it was when the capture began?  Keeps one picture of the clock,
 * of interfaces, counters and settings, and tells each difference once.  The clock is
 * CLOCK_REALTIME against CLOCK_BOOTTIME: NTP slews both alike and a suspend passes on both, so that
 * they part only when somebody sets the one (clock_gettime(2); kernel/time/timekeeping.c).
 */
#include "capture/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "capture/watch_parts.h"

#define NS_PER_SECOND INT64_C(1000000000)
#define LOOK_NS (NS_PER_SECOND / 10)
#define SETTINGS_NS NS_PER_SECOND
#define CLOCK_STEP_NS (5 * NS_PER_SECOND / 1000)

/* A reading of both clocks that took longer tells nothing: we were not running meanwhile. */
#define CLOCK_WIDTH_NS (NS_PER_SECOND / 1000)
#define CLOCK_READINGS 3

void watch_now(struct watch_moment *now)
{
	now->boot_ns = clock_ns(CLOCK_BOOTTIME);
	now->real_ns = clock_ns(CLOCK_REALTIME);
}

uint32_t watch_room(const struct watch *watch)
{
	return WATCH_MAX_PENDING - watch->pending_count;
}

struct event *watch_tell(struct watch *watch)
{
	struct event *event;

	if (!watch_room(watch))
		return NULL;
	event = &watch->pending[(watch->pending_first + watch->pending_count++) %
				WATCH_MAX_PENDING];
	memset(event, 0, sizeof(*event));
	return event;
}

bool watch_tell_change(struct watch *watch, const struct change *change)
{
	struct event *event = watch_tell(watch);

	if (!event)
		return false;
	event->kind = EVENT_CHANGE;
	event->change = *change;
	event->change.time_ns = clock_ns(CLOCK_REALTIME);
	return true;
}

long watch_read_text(int descriptor, char *text, size_t size)
{
	ssize_t got;

	do {
		got = pread(descriptor, text, size, 0);
	} while (got < 0 && errno == EINTR);
	return got;
}

bool watch_number(const char *text, size_t length, uint64_t *number)
{
	uint64_t value = 0;

	if (length && text[length - 1] == '\n')
		length--;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, text[i] - '0', &value))
			return false;
	}
	*number = value;
	return length > 0;
}

int watch_hexadecimal(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return -1;
}

int64_t watch_clock_step(int64_t difference_before_ns, int64_t difference_ns)
{
	int64_t step;

	if (__builtin_sub_overflow(difference_ns, difference_before_ns, &step))
		return difference_ns < difference_before_ns ? INT64_MIN : INT64_MAX;
	return step > CLOCK_STEP_NS || step < -CLOCK_STEP_NS ? step : 0;
}

/* Returns how long the narrowest of some readings of the difference took. */
static int64_t read_difference(int64_t *difference_ns)
{
	int64_t narrowest = INT64_MAX;

	for (int i = 0; i < CLOCK_READINGS; i++) {
		int64_t before = clock_ns(CLOCK_BOOTTIME);
		int64_t real = clock_ns(CLOCK_REALTIME);
		int64_t width = clock_ns(CLOCK_BOOTTIME) - before;

		if (width < narrowest) {
			narrowest = width;
			*difference_ns = real - (before + width / 2);
		}
	}
	return narrowest;
}

/* The old difference stays until a step is told, so that many small ones add up to one. */
static void look_at_clock(struct watch *watch)
{
	int64_t difference_ns = 0;

	if (read_difference(&difference_ns) > CLOCK_WIDTH_NS)
		return;
	if (watch->has_clock) {
		struct change change = {
			.kind = CHANGE_CLOCK,
			.interface = CHANGE_OF_HOST,
			.before = watch->clock_difference_ns,
			.after = difference_ns,
		};

		if (!watch_clock_step(change.before, change.after) ||
			!watch_tell_change(watch, &change))
			return;
	}
	watch->has_clock = true;
	watch->clock_difference_ns = difference_ns;
}

struct watch *watch_new(struct error *error)
{
	struct watch *watch = memory_alloc(1, sizeof(*watch));

	watch->softnet = -1;
	if (watch_link_open(watch, error) < 0) {
		watch_free(watch);
		return NULL;
	}
	watch_counters_begin(watch);
	watch_settings_begin(watch);
	look_at_clock(watch);
	watch_now(&watch->counted);
	watch->looked_ns = watch->settings_ns = watch->counted.boot_ns;
	return watch;
}

void watch_add(struct watch *watch, uint32_t interface, int ifindex)
{
	struct watch_device *device;
	struct watch_link link;
	int directory;

	if (ifindex <= 0 || watch->device_count == CAPTURE_MAX_LIVE)
		return;
	/* What was told before is older than what we note now. */
	watch_link_drain(watch);
	device = &watch->devices[watch->device_count++];
	*device = (struct watch_device){
		.interface = interface, .ifindex = ifindex, .missed = -1, .dropped = -1
	};
	if (watch_link_ask(watch, ifindex, &link) == 0)
		watch_link_compare(watch, device, &link);
	if (device->gone)
		return;
	watch_features_add(watch, device);
	directory = watch_settings_directory(watch, device);
	watch_counters_add(watch, device, directory);
	if (directory < 0)
		return;
	watch_settings_add(watch, device, directory);
	close(directory);
}

uint32_t watch_queues(struct watch *watch, int ifindex)
{
	struct watch_link link;

	return ifindex > 0 && watch_link_ask(watch, ifindex, &link) == 0 ? link.queues : 0;
}

int watch_descriptor(const struct watch *watch)
{
	return watch->news;
}

static int take_pending(struct watch *watch, struct event *events, int max)
{
	int count = 0;

	while (count < max && watch->pending_count) {
		events[count++] = watch->pending[watch->pending_first];
		watch->pending_first = (watch->pending_first + 1) % WATCH_MAX_PENDING;
		watch->pending_count--;
	}
	return count;
}

int watch_read(struct watch *watch, bool final, struct event *events, int max)
{
	struct watch_moment now;

	watch_now(&now);
	watch_link_drain(watch);
	for (uint32_t i = 0; final && i < watch->device_count; i++)
		watch->devices[i].ask = true;
	watch_link_ask_again(watch);
	watch_features_look(watch);
	if (final || now.boot_ns - watch->looked_ns >= LOOK_NS) {
		watch->looked_ns = now.boot_ns;
		look_at_clock(watch);
		watch_counters_look(watch, &now);
	}
	if (final || now.boot_ns - watch->settings_ns >= SETTINGS_NS) {
		watch->settings_ns = now.boot_ns;
		watch_settings_look(watch);
	}
	return take_pending(watch, events, max);
}

uint64_t watch_softnet_dropped(const struct watch *watch)
{
	return watch->softnet_dropped;
}

uint32_t watch_settings_unwatched(const struct watch *watch)
{
	return watch->settings_unwatched;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	watch_settings_close(watch);
	watch_counters_close(watch);
	watch_link_close(watch);
	free(watch);
}
