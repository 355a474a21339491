/* SPDX-License-Identifier: BSD-2-Clause */
/* The face of every source, and what all drivers do alike: interfaces, time window, filter. */
#include "capture/capture.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "capture/driver.h"
#include "capture/filter.h"

const char *direction_name(enum direction direction)
{
	static const char *const names[] = {
		[DIRECTION_UNKNOWN] = "unknown",
		[DIRECTION_IN] = "in",
		[DIRECTION_OUT] = "out",
		[DIRECTION_OTHER] = "other",
	};

	return names[direction];
}

int capture_begin(
	struct capture *capture, const struct capture_options *options, struct error *error)
{
	static const struct capture_options everything;

	if (!options)
		options = &everything;
	capture->start_ns = options->start_ns ? options->start_ns : INT64_MIN;
	capture->end_ns = options->end_ns ? options->end_ns : INT64_MAX;
	if (options->filter && *options->filter) {
		capture->filter = filter_new(options->filter, error);
		if (!capture->filter)
			return -1;
	}
	capture->selective = capture->filter || options->start_ns || options->end_ns;
	return 0;
}

bool capture_wants(struct capture *capture, const struct frame *frame)
{
	bool wanted = true;

	if (frame->flags & FRAME_HAS_TIME)
		wanted = frame->time_ns >= capture->start_ns && frame->time_ns < capture->end_ns;
	if (wanted && capture->filter)
		wanted = filter_match(capture->filter, frame);
	if (!wanted)
		capture->statistics.passed_over++;
	return wanted;
}

struct capture_interface *capture_add_interface(struct capture *capture)
{
	uint32_t count = capture->statistics.interfaces;
	struct capture_interface *added;

	if (count == CAPTURE_MAX_INTERFACES)
		return NULL;
	if (count == capture->interfaces_room) {
		capture->interfaces_room = count ? 2 * count : 1;
		capture->interfaces = memory_grow(
			capture->interfaces, capture->interfaces_room, sizeof(*added));
	}
	capture->statistics.interfaces++;
	added = &capture->interfaces[count];
	memset(added, 0, sizeof(*added));
	return added;
}

void capture_end(struct capture *capture)
{
	filter_free(capture->filter);
	free(capture->interfaces);
}

int capture_read(struct capture *capture, struct event *events, int max, struct error *error)
{
	assert(max >= 1);
	return capture->driver->read(capture, events, max, error);
}

bool capture_trace_steering(struct capture *capture)
{
	return capture->driver->trace && capture->driver->trace(capture);
}

void capture_stop(struct capture *capture)
{
	capture->driver->stop(capture);
}

void capture_statistics(const struct capture *capture, struct capture_statistics *statistics)
{
	*statistics = capture->statistics;
	if (capture->filter)
		statistics->filter_unusable = filter_unusable(capture->filter);
}

const struct capture_interface *capture_interface(const struct capture *capture, uint32_t index)
{
	assert(index < capture->statistics.interfaces);
	return &capture->interfaces[index];
}

void capture_close(struct capture *capture)
{
	if (capture)
		capture->driver->close(capture);
}
