/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_REORDER_H
#define PKTLINT_ANALYZERS_REORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/facts.h"

/*
 * Holes in a sequence and what RFC 4737 says of the packets that fill them late.  Works on 64-bit
 * unwrapped positions: packet numbers for numbered protocols, byte offsets for TCP.  A late packet
 * costs O(open holes).
 */
#define REORDER_HOLES 32

/* A stretch of the sequence that was jumped over, with the packet that jumped: the opener. */
struct reorder_hole {
	uint64_t start, end;  /* [start, end) is missing */
	int64_t time_ns;      /* when the opener arrived */
	int64_t acked_ns;     /* when the receiver acknowledged all of it, 0: not yet */
	uint64_t frame;       /* the opener's place in the input */
	uint32_t arrival;     /* the opener's arrival index */
	uint32_t tsval;       /* the opener's TCP timestamp value */
	uint16_t ip_id;       /* the opener's IPv4 identification */
	uint16_t ip_id_below; /* that of the packet below the hole */
	uint8_t flags;        /* as the sequence's owner likes */
	struct facts facts;   /* of the opener, none known: not told */
};

struct reorder_holes {
	struct reorder_hole hole[REORDER_HOLES]; /* in order of start */
	uint32_t count;
	uint32_t overflows; /* holes given up, lowest first, because there were too many */
};

/*
 * Opens a hole like `hole` above all others.  If there is no room the lowest is given up, counted,
 * and returned in `*lost` (when not NULL) with `true`.
 */
bool reorder_open(
	struct reorder_holes *holes, const struct reorder_hole *hole, struct reorder_hole *lost);

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

/*
 * A whole stream of numbered packets with RFC 4737's sample metrics; duplicates are excluded, as
 * the RFC wants.
 */
struct reorder_stream {
	struct reorder_holes holes;
	uint64_t next;     /* NextExp: one above the highest number seen */
	uint32_t arrivals; /* L: packets received, duplicates excluded */
	uint32_t reordered;
	uint32_t duplicates;
	uint64_t missing;            /* numbers in open or given-up holes */
	uint32_t discontinuities;    /* 3.4: jumps */
	uint32_t runs;               /* 4.6 x: runs that a reordered packet ended */
	uint32_t run;                /* in-order packets in the run that is still open */
	uint64_t run_squares;        /* 4.6 q */
	uint32_t in_order;           /* 4.6 a */
	uint32_t last_discontinuity; /* the highest arrival index of one, for the gap of 4.5 */
	bool started;
};

enum reorder_verdict { REORDER_IN_ORDER, REORDER_LATE, REORDER_DUPLICATE };

struct reorder_result {
	enum reorder_verdict verdict;
	struct reorder_late late; /* REORDER_LATE */
	uint64_t discontinuity;   /* 3.4: numbers jumped over by this packet */
	/* 4.5: arrivals between this late packet's discontinuity and the one before it, or 0 */
	uint32_t gap;
};

/* Takes packet number `number` (`bytes` of payload each) into account and says what it is. */
struct reorder_result reorder_observe(
	struct reorder_stream *stream, uint64_t number, int64_t time_ns, uint32_t bytes);

#endif
