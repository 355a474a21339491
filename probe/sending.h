/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_PROBE_SENDING_H
#define PKTLINT_PROBE_SENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "probe/path.h"
#include "probe/plan.h"

#define PROBE_CPUS 64   /* at most that take turns */
#define PROBE_ERRORS 16 /* kinds that are told apart */
#define PROBE_END_COPIES 5

/* A run of sending: what is sent, and what became of it. */
struct probe_sending {
	struct probe_plan plan;
	struct probe_path *path;
	const uint32_t *cpus; /* plan.cpus of them; NULL: whichever it runs on */
	uint32_t run;
	uint16_t length;    /* of each probe, PROBE_HEADER at least */
	bool (*stop)(void); /* whether to end early; asked ten times a second at least */

	uint64_t turns;     /* numbers used up */
	int64_t planned_ns; /* from the first of them to the last, as planned, */
	int64_t taken_ns;   /* and as it was */
	uint64_t sent, failed;
	uint64_t failed_of[PROBE_STREAMS];
	struct {
		int error; /* errno */
		uint64_t count;
	} errors[PROBE_ERRORS];
	uint32_t error_count;
	int64_t first_ns, last_ns; /* of probes sent, CLOCK_REALTIME; 0: none */
	uint64_t ends_failed;
	uint32_t ends_sent; /* copies for each stream together */
};

/*
 * Sends all probes of the plan and then, a few times, what tells each stream's end; probes that the
 * kernel refuses are counted and not sent again.  With `cpus` the calling thread moves itself.
 * Returns 0, or -1 with `error` filled if it cannot run where it should: then what was sent until
 * then counts.
 */
int probe_send(struct probe_sending *sending, struct error *error);

#endif
