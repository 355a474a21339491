/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_PROBE_PLAN_H
#define PKTLINT_PROBE_PLAN_H

#include <stdint.h>

/* When which probe is sent, by which CPU and of which stream; probes are counted from 0. */
struct probe_plan {
	uint64_t count;      /* probes in all, 0: no limit */
	int64_t duration_ns; /* after which none is sent any more, 0: no limit */
	uint64_t rate;       /* probes a second, 1..PROBE_MOST_RATE; unless `interval_ns` */
	int64_t interval_ns; /* from the first probe of a burst to that of the next, 0: by rate */
	uint32_t burst;      /* probes sent back to back, at least 1 */
	uint32_t streams;    /* at least 1: they take turns */
	uint32_t cpus;       /* at least 1: within each stream they take turns */
};

#define PROBE_MOST_RATE UINT64_C(1000000000)
#define PROBE_NEVER_NS INT64_MAX

/*
 * When probe `index` is due, ns since the first one; PROBE_NEVER_NS if there is none any more.  It
 * never goes back as `index` goes up.
 */
int64_t probe_plan_due_ns(const struct probe_plan *plan, uint64_t index);

/* Its stream, its number within that, and the place of its CPU in the list. */
uint32_t probe_plan_stream(const struct probe_plan *plan, uint64_t index);
uint64_t probe_plan_number(const struct probe_plan *plan, uint64_t index);
uint32_t probe_plan_cpu(const struct probe_plan *plan, uint64_t index);

/* How many numbers of `stream` were used up when the first `sent` probes had had their turn. */
uint64_t probe_plan_used(const struct probe_plan *plan, uint64_t sent, uint32_t stream);

#endif
