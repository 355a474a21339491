/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_REORDER_H
#define PKTLINT_ANALYZERS_REORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/facts.h"

/*
 * Holes in a sequence and what RFC 4737 says of the packets that fill them late.  Works on 64-bit
 * unwrapped positions: packet numbers for numbered protocols, byte offsets for TCP.  Opening a hole
 * above all others and giving up the lowest cost O(1) amortised, a late packet O(open holes).
 */

/* A stretch of the sequence that was jumped over, with the packet that jumped: the opener. */
struct reorder_hole {
	uint64_t start, end;  /* [start, end) is missing */
	int64_t time_ns;      /* when the opener arrived */
	int64_t before_ns;    /* when the packet below the hole arrived; not for TCP */
	int64_t acked_ns;     /* when the receiver acknowledged all of it, 0: not yet */
	uint64_t frame;       /* the opener's place in the input */
	uint64_t bytes_below; /* all that arrived without belonging above the hole; not for TCP */
	uint64_t packets_below;
	uint32_t arrival;     /* the opener's arrival index */
	uint32_t repeats;     /* copies that had come before; of a track */
	uint32_t tsval;       /* the opener's TCP timestamp value */
	uint16_t ip_id;       /* the opener's IPv4 identification */
	uint16_t ip_id_below; /* that of the packet below the hole */
	uint8_t flags;        /* as the sequence's owner likes */
	struct facts facts;   /* of the opener, none known: not told */
};

struct reorder_holes {
	struct reorder_hole *hole; /* in order of start; inside `store` */
	struct reorder_hole *store;
	uint32_t room;  /* of `store` */
	uint32_t limit; /* so many holes may be open, at most `room` */
	uint32_t count;
	uint32_t overflows; /* holes given up, lowest first, because there were too many */
};

/* Begins without holes in `store` of `room`; a quarter more room than `limit` makes O(1) true. */
void reorder_init(
	struct reorder_holes *holes, struct reorder_hole *store, uint32_t room, uint32_t limit);

/*
 * For zeroed holes that own their store (the owner frees `store`): makes it grow while it is full,
 * until `limit` holes may be open.
 */
void reorder_reserve(struct reorder_holes *holes, uint32_t limit);

/*
 * Opens a hole like `hole` above all others.  If there is no room the lowest is given up, counted,
 * and returned in `*lost` (when not NULL) with `true`.
 */
bool reorder_open(
	struct reorder_holes *holes, const struct reorder_hole *hole, struct reorder_hole *lost);

/* Puts a hole where it belongs in the order; there must be room. */
void reorder_insert(struct reorder_holes *holes, const struct reorder_hole *hole);

/* Index of the lowest hole that ends above `position`; `count` if there is none. */
uint32_t reorder_find(const struct reorder_holes *holes, uint64_t position);

/*
 * Bytes of [start, end) that lie in open holes; `*first` (if not NULL) becomes the lowest such
 * hole's index.
 */
uint64_t reorder_missing(
	const struct reorder_holes *holes, uint64_t start, uint64_t end, uint32_t *first);

/*
 * Takes [start, end) out of the holes; a hole that is split keeps its opener in both
 * parts.  Returns how much of it was missing.
 */
uint64_t reorder_fill(struct reorder_holes *holes, uint64_t start, uint64_t end);

/* Removes hole `index`. */
void reorder_close(struct reorder_holes *holes, uint32_t index);

/* What RFC 4737 4.2-4.4 gives for a packet that arrived late; all 0 for one in order. */
struct reorder_late {
	uint32_t extent;     /* 4.2.1: arrivals since the first with a higher position, inclusive */
	int64_t late_ns;     /* 4.3: time since that one */
	uint64_t late_bytes; /* 4.4: bytes that arrived before it and belong behind it */
};

/*
 * Measures a packet that fills [start, end) of an open hole, before reorder_fill(): `arrival` is
 * its arrival index, `highest` the position behind the highest seen.
 */
struct reorder_late reorder_measure(const struct reorder_holes *holes, uint64_t start, uint64_t end,
	uint64_t highest, uint32_t arrival, int64_t time_ns);

#endif
