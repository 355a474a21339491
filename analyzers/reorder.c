/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which packets of a numbered stream are late, and by how much?  RFC 4737 without any packet
 * history: each open hole remembers the packet that opened it, which is the "j" of the RFC's
 * extent (4.2.1), late time (4.3) and discontinuity (3.4) for whatever fills the hole.
 */
#include "analyzers/reorder.h"

#include <string.h>

#include "base/memory.h"

#define FIRST_ROOM 10 /* of a store that grows */

void reorder_init(
	struct reorder_holes *holes, struct reorder_hole *store, uint32_t room, uint32_t limit)
{
	*holes = (struct reorder_holes){
		.hole = store, .store = store, .room = room, .limit = limit
	};
}

void reorder_reserve(struct reorder_holes *holes, uint32_t limit)
{
	size_t offset = holes->store ? (size_t)(holes->hole - holes->store) : 0;

	if (holes->count < holes->limit || holes->limit >= limit)
		return;
	holes->room = holes->room ? 2 * holes->room : FIRST_ROOM;
	if (holes->room / 5 * 4 >= limit)
		holes->room = limit + limit / 4;
	holes->limit = holes->room / 5 * 4;
	holes->store = memory_grow(holes->store, holes->room, sizeof(*holes->store));
	holes->hole = holes->store + offset;
}

/* The lowest goes in O(1): the others stay where they are.  Of the others the fewer move. */
static void remove_at(struct reorder_holes *holes, uint32_t index)
{
	holes->count--;
	if (holes->count == 0) {
		holes->hole = holes->store;
	} else if (index <= holes->count / 2) {
		memmove(&holes->hole[1], &holes->hole[0], index * sizeof(holes->hole[0]));
		holes->hole++;
	} else {
		memmove(&holes->hole[index], &holes->hole[index + 1],
			(holes->count - index) * sizeof(holes->hole[0]));
	}
}

/* Where the holes reached the end of their store they are brought back to its beginning. */
static void insert_at(struct reorder_holes *holes, uint32_t index, const struct reorder_hole *hole)
{
	if (holes->hole + holes->count == holes->store + holes->room) {
		memmove(holes->store, holes->hole, holes->count * sizeof(holes->hole[0]));
		holes->hole = holes->store;
	}
	memmove(&holes->hole[index + 1], &holes->hole[index],
		(holes->count - index) * sizeof(holes->hole[0]));
	holes->hole[index] = *hole;
	holes->count++;
}

static bool make_room(struct reorder_holes *holes, struct reorder_hole *lost)
{
	if (holes->count < holes->limit)
		return false;
	if (lost)
		*lost = holes->hole[0];
	remove_at(holes, 0);
	holes->overflows++;
	return true;
}

bool reorder_open(
	struct reorder_holes *holes, const struct reorder_hole *hole, struct reorder_hole *lost)
{
	bool full = make_room(holes, lost);

	insert_at(holes, holes->count, hole);
	return full;
}

void reorder_close(struct reorder_holes *holes, uint32_t index)
{
	remove_at(holes, index);
}

static uint64_t overlap(const struct reorder_hole *hole, uint64_t start, uint64_t end)
{
	uint64_t low = hole->start > start ? hole->start : start;
	uint64_t high = hole->end < end ? hole->end : end;

	return high > low ? high - low : 0;
}

/* Mostly there are few holes, and then looking at each is the fastest. */
uint32_t reorder_find(const struct reorder_holes *holes, uint64_t position)
{
	uint32_t low = 0, high = holes->count;

	while (high - low > 4) {
		uint32_t middle = low + (high - low) / 2;

		if (holes->hole[middle].end > position)
			high = middle;
		else
			low = middle + 1;
	}
	while (low < high && holes->hole[low].end <= position)
		low++;
	return low;
}

void reorder_insert(struct reorder_holes *holes, const struct reorder_hole *hole)
{
	insert_at(holes, reorder_find(holes, hole->start), hole);
}

uint64_t reorder_missing(
	const struct reorder_holes *holes, uint64_t start, uint64_t end, uint32_t *first)
{
	uint64_t missing = 0;

	for (uint32_t i = reorder_find(holes, start);
		i < holes->count && holes->hole[i].start < end; i++) {
		uint64_t part = overlap(&holes->hole[i], start, end);

		if (part && !missing && first)
			*first = i;
		missing += part;
	}
	return missing;
}

/* Takes [start, end) out of hole `i`.  Returns the index of the hole to look at next. */
static uint32_t fill_one(struct reorder_holes *holes, uint32_t i, uint64_t start, uint64_t end)
{
	struct reorder_hole *hole = &holes->hole[i];
	struct reorder_hole upper = *hole;
	bool keeps_lower = hole->start < start;
	bool keeps_upper = hole->end > end;

	if (!keeps_lower && !keeps_upper) {
		remove_at(holes, i);
		return i;
	}
	if (!keeps_lower) {
		hole->start = end;
		return i + 1;
	}
	hole->end = start;
	if (!keeps_upper)
		return i + 1;
	upper.start = end;
	if (holes->count == holes->limit) { /* no room for both: the smaller one is given up */
		holes->overflows++;
		if (upper.end - upper.start > hole->end - hole->start)
			*hole = upper;
		return i + 1;
	}
	insert_at(holes, i + 1, &upper);
	return i + 2;
}

uint64_t reorder_fill(struct reorder_holes *holes, uint64_t start, uint64_t end)
{
	uint64_t filled = 0;

	for (uint32_t i = reorder_find(holes, start);
		i < holes->count && holes->hole[i].start < end;) {
		uint64_t part = overlap(&holes->hole[i], start, end);

		filled += part;
		i = part ? fill_one(holes, i, start, end) : i + 1;
	}
	return filled;
}

struct reorder_late reorder_measure(const struct reorder_holes *holes, uint64_t start, uint64_t end,
	uint64_t highest, uint32_t arrival, int64_t time_ns)
{
	struct reorder_late late = { 0 };
	uint32_t index = 0;

	if (!reorder_missing(holes, start, end, &index))
		return late;
	late.extent = arrival - holes->hole[index].arrival;
	late.late_ns = time_ns - holes->hole[index].time_ns;
	late.late_bytes = highest - end - reorder_missing(holes, end, highest, NULL);
	return late;
}
