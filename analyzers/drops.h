/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_DROPS_H
#define PKTLINT_ANALYZERS_DROPS_H

#include <stdbool.h>
#include <stdint.h>

#define DROPS_MAX 64

/* A stretch of time, both ends included, in which the capture lost packets. */
struct drops_interval {
	int64_t from_ns, to_ns;
	uint64_t packets;
};

/*
 * When the capture lost packets: what may be missing then was perhaps never lost.  Zeroed: never.
 * Bounded, and yet nothing is forgotten: where there is no more room the two that are nearest to
 * each other become one with the time between them.
 */
struct drops {
	struct drops_interval list[DROPS_MAX + 1]; /* in order of time, apart; one to work with */
	uint32_t count;
};

/* Adds a loss of `packets` (0: not counted); it joins what it overlaps or touches. */
void drops_add(struct drops *drops, int64_t from_ns, int64_t to_ns, uint64_t packets);

/* Whether the capture lost anything between the two times, in any order, these included. */
bool drops_overlap(const struct drops *drops, int64_t from_ns, int64_t to_ns);

static inline void drops_clear(struct drops *drops)
{
	drops->count = 0;
}

#endif
