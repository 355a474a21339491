/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_OVERTAKEN_H
#define PKTLINT_ANALYZERS_OVERTAKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/passed.h"
#include "analyzers/verdict.h"
#include "report/origin.h"

/* Of `values` different ones so many, counted to 64. */
#define OVERTAKEN_VALUES 64
struct overtaken_values {
	uint32_t count;
	uint32_t values[OVERTAKEN_VALUES];
};

/* Late packets that belong together: result.counts, waited_ns, late, interface are filled in. */
struct overtaken_case {
	struct report_origin result;
	struct overtaken_values cpus, queues, hashes;
};

/* The CPU that receive steering takes a hash to, -1: it is not known, or it takes it nowhere. */
struct overtaken_steering {
	int (*cpu)(const void *context, uint32_t interface, uint32_t hash);
	const void *context;
};

/* Answers to "had one of the same queue (CPU) in order been handed on meanwhile?" */
enum overtaken_within { WITHIN_UNKNOWN, WITHIN_NO, WITHIN_YES };

/*
 * Compares a late frame with the one that overtook it; returns what that is in bits, not 0, for
 * overtaken_count().
 */
uint32_t overtaken_compare(const struct passed_frame *late, const struct passed_frame *overtaker,
	enum overtaken_within queue, enum overtaken_within cpu,
	const struct overtaken_steering *steering);

/* The bits of a late frame that is compared with none. */
uint32_t overtaken_alone(void);

/* Adds what overtaken_compare() said to the counts, or, `back`, takes it out of them again. */
void overtaken_count(struct origin_counts *counts, uint32_t bits, bool back);

/* Adds the rest of a pair: how long it waited, which values there are, the example. */
void overtaken_show(struct overtaken_case *entry, const struct passed_frame *late,
	const struct passed_frame *overtaker, bool has_number, uint64_t number);

/* Late packets by stream and by direction of TCP flows. */
struct overtaken;

#define OVERTAKEN_CASES 4096 /* streams and directions; late packets of others are counted */

/* Returns one without any, freed with overtaken_free(); `passed` and `steering` are borrowed. */
struct overtaken *overtaken_new(struct passed *passed, const struct overtaken_steering *steering);
void overtaken_free(struct overtaken *overtaken); /* NULL is allowed */

/*
 * Takes a verdict, whose frame has been remembered, or is forgotten.  A frame counts once, whatever
 * is said of it again, and does no longer once it is not late after all.  Returns whether it came
 * in, and late.
 */
bool overtaken_take(struct overtaken *overtaken, const struct verdict *verdict);

/* The case of the stream with that number, or of a flow's direction (`back`: to its opener). */
struct overtaken_case *overtaken_of_stream(struct overtaken *overtaken, uint32_t stream);
struct overtaken_case *overtaken_of_flow(struct overtaken *overtaken, uint32_t flow, bool back);

/* Sums over all cases; late packets of streams beyond OVERTAKEN_CASES. */
struct overtaken_totals {
	uint64_t late, pairs, inside, outside;
	uint64_t beyond;
};
void overtaken_totals(const struct overtaken *overtaken, struct overtaken_totals *totals);

#endif
