/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_DRIVER_H
#define PKTLINT_CAPTURE_DRIVER_H

#include "capture/capture.h"

/* What the drivers share; nobody outside capture/ includes this. */

struct filter;

/* More interfaces than this in one source are damage, so that a file cannot grow us at will. */
#define CAPTURE_MAX_INTERFACES 65536

/* The driver's part of the functions of capture.h that carry the same names. */
struct capture_driver {
	int (*read)(struct capture *capture, struct event *events, int max, struct error *error);
	void (*stop)(struct capture *capture);
	bool (*trace)(struct capture *capture); /* capture_trace_steering(); NULL: it cannot */
	void (*close)(struct capture *capture); /* frees the driver's object, `capture` within */
};

/* An open source: the first member of the driver's object. */
struct capture {
	const struct capture_driver *driver;
	struct capture_statistics statistics;
	struct capture_interface *interfaces; /* statistics.interfaces of them */
	uint32_t interfaces_room;
	struct filter *filter;    /* NULL: all */
	int64_t start_ns, end_ns; /* INT64_MIN, INT64_MAX: no limit */
	bool selective;           /* capture_wants() has something to say */
};

/* Takes over `options` (NULL: everything).  Returns 0, or -1 with `error` filled: the filter. */
int capture_begin(
	struct capture *capture, const struct capture_options *options, struct error *error);

/*
 * Whether filter and time window let `frame` through; counts it as passed over if not.  A frame
 * without time is within every window.
 */
bool capture_wants(struct capture *capture, const struct frame *frame);

/* Adds a zeroed interface, to be filled by the caller; NULL at CAPTURE_MAX_INTERFACES. */
struct capture_interface *capture_add_interface(struct capture *capture);

/* Frees what the functions above allocated; part of every driver's close. */
void capture_end(struct capture *capture);

#endif
