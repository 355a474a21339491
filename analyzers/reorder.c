/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which packets of a numbered stream are late, and by how much?  RFC 4737 without any packet
 * history: each open hole remembers the packet that opened it, which is the "j" of the RFC's
 * extent (4.2.1), late time (4.3) and discontinuity (3.4) for whatever fills the hole.
 */
#include "analyzers/reorder.h"

#include <string.h>

static void remove_at(struct reorder_holes *holes, uint32_t index)
{
	holes->count--;
	memmove(&holes->hole[index], &holes->hole[index + 1],
		(holes->count - index) * sizeof(holes->hole[0]));
}

static void insert_at(struct reorder_holes *holes, uint32_t index, const struct reorder_hole *hole)
{
	memmove(&holes->hole[index + 1], &holes->hole[index],
		(holes->count - index) * sizeof(holes->hole[0]));
	holes->hole[index] = *hole;
	holes->count++;
}

static bool make_room(struct reorder_holes *holes, struct reorder_hole *lost)
{
	if (holes->count < REORDER_HOLES)
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

uint64_t reorder_missing(
	const struct reorder_holes *holes, uint64_t start, uint64_t end, uint32_t *first)
{
	uint64_t missing = 0;

	for (uint32_t i = 0; i < holes->count && holes->hole[i].start < end; i++) {
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
	if (holes->count ==
		REORDER_HOLES) { /* no room for both parts: the smaller one is given up */
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

	for (uint32_t i = 0; i < holes->count && holes->hole[i].start < end;) {
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

static void observe_jump(struct reorder_stream *stream, struct reorder_result *result,
	uint64_t number, int64_t time_ns)
{
	struct reorder_hole hole = { .start = stream->next,
		.end = number,
		.time_ns = time_ns,
		.arrival = stream->arrivals };

	result->discontinuity = number - stream->next;
	stream->missing += result->discontinuity;
	stream->discontinuities++;
	reorder_open(&stream->holes, &hole, NULL);
}

static void observe_late(struct reorder_stream *stream, struct reorder_result *result,
	uint64_t number, int64_t time_ns, uint32_t bytes)
{
	uint32_t index = 0;
	uint32_t opener;

	reorder_missing(&stream->holes, number, number + 1, &index);
	opener = stream->holes.hole[index].arrival;
	result->verdict = REORDER_LATE;
	result->late = reorder_measure(
		&stream->holes, number, number + 1, stream->next, stream->arrivals, time_ns);
	result->late.late_bytes *= bytes;
	if (!stream->reordered || opener > stream->last_discontinuity) {
		if (stream->reordered)
			result->gap = opener - stream->last_discontinuity;
		stream->last_discontinuity = opener;
	}
	stream->reordered++;
	stream->runs++;
	stream->run_squares += (uint64_t)stream->run * stream->run;
	stream->run = 0;
	stream->missing--;
	reorder_fill(&stream->holes, number, number + 1);
}

struct reorder_result reorder_observe(
	struct reorder_stream *stream, uint64_t number, int64_t time_ns, uint32_t bytes)
{
	struct reorder_result result = { .verdict = REORDER_IN_ORDER };

	if (stream->started && number < stream->next) {
		if (!reorder_missing(&stream->holes, number, number + 1, NULL)) {
			stream->duplicates++;
			result.verdict = REORDER_DUPLICATE;
			return result;
		}
		observe_late(stream, &result, number, time_ns, bytes);
		stream->arrivals++;
		return result;
	}
	if (stream->started && number > stream->next)
		observe_jump(stream, &result, number, time_ns);
	stream->started = true;
	stream->next = number + 1;
	stream->arrivals++;
	stream->in_order++;
	stream->run++;
	return result;
}
