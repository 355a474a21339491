/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_DENSITY_H
#define PKTLINT_ANALYZERS_DENSITY_H

#include <stdint.h>

/*
 * RFC 5236's reorder buffer-occupancy density: how many packets a resequencing buffer holds after
 * each arrival.  One that waits for a packet until it would hold more than DENSITY_BUFFER; then
 * the packet counts as lost and what follows is let go.
 */
#define DENSITY_BUFFER 64 /* the threshold BT */

/* Packets in the buffer whose positions follow each other; two runs may meet. */
struct density_run {
	uint64_t start, end;
	uint32_t packets;
};

struct density {
	uint64_t expected; /* E: all below was let go */
	uint32_t buffered; /* B */
	uint32_t runs;
	struct density_run run[DENSITY_BUFFER]; /* in order; at most one for each packet */
};

/* An empty buffer that waits for `expected`. */
void density_begin(struct density *density, uint64_t expected);

/* What is at [start, end) came inside the packet before it, unseen. */
void density_extend(struct density *density, uint64_t start, uint64_t end);

/* Nothing below `position` is waited for any more. */
void density_skip(struct density *density, uint64_t position);

/*
 * A packet that takes up [start, end) came, for the first time.  Adds one to the count of the
 * occupancy that it leads to; nothing if it comes too late to be waited for.
 */
void density_arrive(
	struct density *density, uint64_t start, uint64_t end, uint64_t count[DENSITY_BUFFER + 1]);

#endif
