/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How full would a resequencing buffer be?  RFC 5236 3.2: after each first arrival the occupancy is
 * counted; E is the packet that is waited for.  What is buffered is kept as runs of consecutive
 * positions, so a stream that goes on above a loss costs O(1) a packet, any other O(64).
 */
#include "analyzers/density.h"

#include <string.h>

void density_begin(struct density *density, uint64_t expected)
{
	density->expected = expected;
	density->buffered = density->runs = 0;
}

/* Lets go what follows the expected packet without a gap. */
static void release(struct density *density)
{
	while (density->runs && density->run[0].start <= density->expected) {
		if (density->run[0].end > density->expected)
			density->expected = density->run[0].end;
		density->buffered -= density->run[0].packets;
		density->runs--;
		memmove(&density->run[0], &density->run[1],
			density->runs * sizeof(density->run[0]));
	}
}

static void store(struct density *density, uint64_t start, uint64_t end)
{
	uint32_t at = density->runs;

	while (at > 0 && density->run[at - 1].start > start)
		at--;
	density->buffered++;
	if (at > 0 && density->run[at - 1].end >= start) {
		struct density_run *below = &density->run[at - 1];

		below->packets++;
		if (end > below->end)
			below->end = end;
		return;
	}
	memmove(&density->run[at + 1], &density->run[at],
		(density->runs - at) * sizeof(density->run[0]));
	density->run[at] = (struct density_run){ start, end, 1 };
	density->runs++;
}

void density_extend(struct density *density, uint64_t start, uint64_t end)
{
	struct density_run *last = &density->run[density->runs ? density->runs - 1 : 0];

	if (density->expected == start)
		density->expected = end;
	else if (density->runs && last->end == start)
		last->end = end;
}

void density_skip(struct density *density, uint64_t position)
{
	if (position <= density->expected)
		return;
	density->expected = position;
	release(density);
}

/* The expected packet counts as lost: the next to wait for is what follows the lowest one here. */
static void give_up(struct density *density, uint64_t start)
{
	density_skip(density, density->run[0].start < start ? density->run[0].start : start);
}

void density_arrive(
	struct density *density, uint64_t start, uint64_t end, uint64_t count[DENSITY_BUFFER + 1])
{
	if (end <= density->expected)
		return;
	if (start > density->expected && density->buffered == DENSITY_BUFFER)
		give_up(density, start);
	if (start > density->expected) {
		store(density, start, end);
	} else {
		density_skip(density, end);
	}
	count[density->buffered]++;
}
