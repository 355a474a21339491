/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_CONTRAST_H
#define PKTLINT_ANALYZERS_CONTRAST_H

#include <stddef.h>

#include "analyzers/facts.h"

/*
 * What is different about the packets that fared badly?  Each is compared with the one that
 * overtook it or survived in its place; a fact that differs in nearly all pairs names the cause.
 * Neighbours that fared well differ, too, in what is random by nature: they are the baseline.
 */
#define CONTRAST_SHARE 0.95
#define CONTRAST_PAIRS 5 /* fewer show nothing */

struct contrast {
	uint64_t pairs;
	struct contrast_fact {
		uint64_t known, differs;
		/* The pair of values that is most frequent, by Misra-Gries (one counter). */
		uint32_t bad, good;
		uint64_t frequent;
		uint64_t larger; /* pairs in which the bad packet has the larger value */
		uint64_t baseline_known, baseline_differs;
	} fact[FACT_COUNT];
};

/* Adds a pair: `bad` came late or was lost, `good` overtook it or survived. */
void contrast_add(struct contrast *contrast, const struct facts *bad, const struct facts *good);

/*
 * Adds a pair of the baseline: packets of one stream that came one after the other and in order.  A
 * sample is enough, such as every 16th packet and the one before it.  Without a baseline size and
 * receive hash tell nothing, and where a stream has several five-tuples ports need one.
 */
void contrast_add_baseline(
	struct contrast *contrast, const struct facts *one, const struct facts *next);

/* Adds all of `from` to `into`. */
void contrast_merge(struct contrast *into, const struct contrast *from);

/*
 * Whether the fact differs in CONTRAST_SHARE of CONTRAST_PAIRS or more pairs, and not by chance: if
 * they were as the baseline is, CONTRAST_PAIRS of them would be equal, and at most a quarter of
 * that share are.  A size must besides be the larger, or the smaller, in CONTRAST_SHARE of them.
 */
bool contrast_tells(const struct contrast *contrast, enum fact fact);

/*
 * "DSCP differs in 37 of 37 pairs (late 0, overtaker 46); ..." or "" if nothing tells; `bad` and
 * `good` name the two.  Values only where one pair of them makes up half.  Returns `text`.
 */
const char *contrast_text(const struct contrast *contrast, const char *bad, const char *good,
	char *text, size_t size);

#endif
