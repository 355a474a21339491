/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hole engine against the examples of RFC 4737 section 7, digit by digit, and against what the
 * definitions give when they are computed with all the history at hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/reorder.h"

#define PAYLOAD 100u
#define MS 1000000
#define LONGEST 128

/* What a stream must give for a packet; one that is not late has extent 0. */
struct expected {
	uint64_t number;
	int64_t time_ms;
	uint32_t extent;
	int64_t late_ms;
	uint64_t late_bytes;
	uint64_t discontinuity;
	uint32_t gap;
};

#define FINE(number, time) \
	{ \
		number, time, 0, 0, 0, 0, 0 \
	}
#define JUMP(number, time, over) \
	{ \
		number, time, 0, 0, 0, over, 0 \
	}
#define LATE(number, time, extent, late, bytes, gap) \
	{ \
		number, time, extent, late, bytes, 0, gap \
	}

struct example {
	const char *name;
	struct expected packet[16];
	uint32_t reordered, runs, in_order;
	uint64_t run_squares;
};

static const struct example examples[] = {
	{ "one late packet",
		{ FINE(1, 68), FINE(2, 88), FINE(3, 108), JUMP(5, 148, 1), FINE(6, 168),
			FINE(7, 188), FINE(8, 208), LATE(4, 210, 4, 62, 400, 0), FINE(9, 228),
			FINE(10, 248) },
		.reordered = 1, .runs = 1, .in_order = 9, .run_squares = 49 },
	{ "two late packets behind one",
		{ FINE(1, 68), FINE(2, 88), FINE(3, 108), FINE(4, 128), JUMP(7, 188, 2),
			LATE(5, 189, 1, 1, 100, 0), LATE(6, 190, 2, 2, 100, 0), FINE(8, 208),
			FINE(9, 228), FINE(10, 248) },
		.reordered = 2, .runs = 2, .in_order = 8, .run_squares = 25 },
	{ "three late packets behind four",
		{ FINE(1, 68), FINE(2, 88), FINE(3, 108), JUMP(7, 188, 3), FINE(8, 208),
			FINE(9, 228), FINE(10, 248), LATE(4, 250, 4, 62, 400, 0),
			LATE(5, 252, 5, 64, 400, 0), LATE(6, 256, 6, 68, 400, 0), FINE(11, 268) },
		.reordered = 3, .runs = 3, .in_order = 8, .run_squares = 49 },
	{ "free runs of 5, 0 and 5, a gap of 7",
		{ FINE(1, 1), FINE(2, 2), FINE(3, 3), JUMP(6, 4, 2), FINE(7, 5),
			LATE(4, 6, 2, 2, 200, 0), LATE(5, 7, 3, 3, 200, 0), FINE(8, 8), FINE(9, 9),
			FINE(10, 10), JUMP(12, 11, 1), FINE(13, 12), LATE(11, 13, 2, 2, 200, 7),
			FINE(14, 14), FINE(15, 15), FINE(16, 16) },
		.reordered = 3, .runs = 3, .in_order = 13, .run_squares = 50 },
	{ "a late block",
		{ FINE(1, 1), FINE(2, 2), FINE(3, 3), JUMP(7, 4, 3), FINE(8, 5), FINE(9, 6),
			LATE(4, 7, 3, 3, 300, 0), LATE(5, 8, 4, 4, 300, 0),
			LATE(6, 9, 5, 5, 300, 0) },
		.reordered = 3, .runs = 3, .in_order = 6, .run_squares = 36 },
	{ "loss alone is no reordering", { FINE(1, 1), JUMP(3, 2, 1), FINE(4, 3) }, .in_order = 3 },
	{ "holes filled from the inside: only a later discontinuity has a gap",
		{ FINE(1, 1), JUMP(3, 2, 1), JUMP(5, 3, 1), LATE(4, 4, 1, 1, 100, 0),
			LATE(2, 5, 3, 3, 300, 0), JUMP(7, 6, 1), LATE(6, 7, 1, 1, 100, 3) },
		.reordered = 3, .runs = 3, .in_order = 4, .run_squares = 10 },
};

static void packet_matches(
	const char *name, const struct expected *is, struct reorder_result result)
{
	if (result.verdict != (is->extent ? REORDER_LATE : REORDER_IN_ORDER) ||
		result.late.extent != is->extent || result.late.late_ns != is->late_ms * MS ||
		result.late.late_bytes != is->late_bytes ||
		result.discontinuity != is->discontinuity || result.gap != is->gap)
		fail_msg("%s: packet %u: verdict %d, extent %u, late %lld ns, %llu bytes, "
			 "discontinuity %llu, gap %u",
			name, (unsigned)is->number, result.verdict, result.late.extent,
			(long long)result.late.late_ns, (unsigned long long)result.late.late_bytes,
			(unsigned long long)result.discontinuity, result.gap);
}

static void examples_of_the_rfc(void **state)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *example = &examples[i];
		struct reorder_stream stream = { 0 };
		uint32_t count = 0;

		for (; count < 16 && example->packet[count].number; count++) {
			const struct expected *packet = &example->packet[count];

			packet_matches(example->name, packet,
				reorder_observe(
					&stream, packet->number, packet->time_ms * MS, PAYLOAD));
		}
		assert_int_equal(stream.arrivals, count);
		assert_int_equal(stream.reordered, example->reordered);
		assert_int_equal(stream.runs, example->runs);
		assert_int_equal(stream.in_order, example->in_order);
		assert_int_equal(stream.run_squares, example->run_squares);
		assert_int_equal(stream.duplicates, 0);
	}
}

static void copies_are_not_counted(void **state)
{
	static const uint64_t numbers[] = { 1, 1, 3, 2, 2, 3, 1, 4 };
	static const enum reorder_verdict verdicts[] = { REORDER_IN_ORDER, REORDER_DUPLICATE,
		REORDER_IN_ORDER, REORDER_LATE, REORDER_DUPLICATE, REORDER_DUPLICATE,
		REORDER_DUPLICATE, REORDER_IN_ORDER };
	struct reorder_stream stream = { 0 };

	for (int i = 0; i < 8; i++)
		assert_int_equal(
			reorder_observe(&stream, numbers[i], i, PAYLOAD).verdict, verdicts[i]);
	assert_int_equal(stream.arrivals, 4);
	assert_int_equal(stream.duplicates, 4);
	assert_int_equal(stream.missing, 0);
}

/* A stream may begin anywhere; nothing below its first packet was ever missing. */
static void a_stream_begins_with_its_first_packet(void **state)
{
	struct reorder_stream stream = { 0 };

	assert_int_equal(reorder_observe(&stream, 1ull << 40, 0, PAYLOAD).discontinuity, 0);
	assert_int_equal(reorder_observe(&stream, 0, 1, PAYLOAD).verdict, REORDER_DUPLICATE);
	assert_int_equal(stream.discontinuities, 0);
}

static uint32_t random_below(uint64_t *state, uint32_t bound)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % bound;
}

/* Numbers from 1, some of them lost, some late, some twice; returns how many. */
static uint32_t make_arrivals(uint64_t *random, uint64_t *numbers)
{
	uint32_t loss = random_below(random, 20), late = random_below(random, 40);
	uint32_t twice = random_below(random, 20), depth = 1 + random_below(random, 24);
	uint32_t count = 0;

	for (uint64_t number = 1; number <= 64; number++) {
		if (random_below(random, 100) < loss)
			continue;
		numbers[count++] = number;
		if (random_below(random, 100) < twice)
			numbers[count++] = number;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t other = i + random_below(random, depth);
		uint64_t number = numbers[i];

		if (other >= count || random_below(random, 100) >= late)
			continue;
		memmove(&numbers[i], &numbers[i + 1], (other - i) * sizeof(*numbers));
		numbers[other] = number;
	}
	return count;
}

/* The definitions of RFC 4737 3.3, 4.2, 4.3 and 4.4, over all that arrived before. */
static struct reorder_result by_definition(
	const uint64_t *numbers, const int64_t *times, uint32_t index, int64_t time_ns)
{
	struct reorder_result result = { .verdict = REORDER_IN_ORDER };
	uint64_t highest = 0;

	for (uint32_t i = index; i-- > 0;) {
		if (numbers[i] > highest)
			highest = numbers[i];
		if (numbers[i] <= numbers[index])
			continue;
		result.verdict = REORDER_LATE;
		result.late.extent = index - i;
		result.late.late_ns = time_ns - times[i];
		result.late.late_bytes += PAYLOAD;
	}
	if (result.verdict == REORDER_IN_ORDER && index > 0)
		result.discontinuity = numbers[index] - highest - 1;
	return result;
}

static void random_sequence(uint64_t *random)
{
	uint64_t arriving[LONGEST], numbers[LONGEST];
	int64_t times[LONGEST], now = 0;
	uint32_t count = make_arrivals(random, arriving), unique = 0, reordered = 0;
	bool seen[65] = { false };
	struct reorder_stream stream = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		struct reorder_result is, must = { .verdict = REORDER_DUPLICATE };

		now += random_below(random, 1000);
		is = reorder_observe(&stream, arriving[i], now, PAYLOAD);
		/* Nothing below the first packet is known to have been missing. */
		if (!seen[arriving[i]] && (unique == 0 || arriving[i] > numbers[0])) {
			numbers[unique] = arriving[i];
			times[unique] = now;
			must = by_definition(numbers, times, unique++, now);
		}
		seen[arriving[i]] = true;
		assert_int_equal(is.verdict, must.verdict);
		assert_int_equal(is.discontinuity, must.discontinuity);
		assert_memory_equal(&is.late, &must.late, sizeof(is.late));
		reordered += is.verdict == REORDER_LATE;
	}
	assert_int_equal(stream.holes.overflows, 0);
	assert_int_equal(stream.arrivals, unique);
	assert_int_equal(stream.reordered, reordered);
	assert_int_equal(stream.duplicates, count - unique);
	assert_int_equal(stream.in_order, unique - reordered);
	assert_int_equal(stream.missing, stream.next - numbers[0] - unique);
}

static void random_sequences(void **state)
{
	uint64_t random = 4737;

	for (int i = 0; i < 10000; i++)
		random_sequence(&random);
}

/* Byte ranges: which opener each missing byte has, kept byte by byte. */
static void random_ranges(void **state)
{
	uint64_t random = 1;

	for (int round = 0; round < 2000; round++) {
		struct reorder_holes holes = { 0 };
		uint32_t opener[512] = { 0 };
		uint64_t highest = 1;

		for (uint32_t arrival = 1; highest < 480; arrival++) {
			uint64_t start = 1 + random_below(&random, (uint32_t)highest);
			uint64_t end = start + 1 + random_below(&random, 20);
			uint64_t missing = 0;
			uint32_t first = 0, index = UINT32_MAX;

			if (holes.count < REORDER_HOLES / 2 && random_below(&random, 3)) {
				struct reorder_hole hole = { .start = highest,
					.end = highest + 1 + random_below(&random, 20),
					.arrival = arrival };

				assert_false(reorder_open(&holes, &hole, NULL));
				for (; highest < hole.end; highest++)
					opener[highest] = arrival;
				highest += random_below(&random, 8);
				continue;
			}
			end = end > highest ? highest : end;
			for (uint64_t at = start; at < end; at++) {
				missing += opener[at] > 0;
				if (!first)
					first = opener[at];
				opener[at] = 0;
			}
			assert_int_equal(reorder_missing(&holes, start, end, &index), missing);
			if (missing)
				assert_int_equal(holes.hole[index].arrival, first);
			assert_int_equal(
				reorder_measure(&holes, start, end, highest, 1000, 0).extent,
				missing ? 1000 - first : 0);
			assert_int_equal(reorder_fill(&holes, start, end), missing);
			assert_int_equal(reorder_missing(&holes, start, end, NULL), 0);
		}
		for (uint64_t at = 0; at < 512; at++)
			assert_int_equal(reorder_missing(&holes, at, at + 1, NULL), opener[at] > 0);
	}
}

static void a_hole_is_split_with_its_opener(void **state)
{
	struct reorder_holes holes = { 0 };
	struct reorder_hole hole = {
		.start = 10, .end = 40, .arrival = 7, .time_ns = 5, .frame = 9
	};

	reorder_open(&holes, &hole, NULL);
	assert_int_equal(reorder_fill(&holes, 20, 30), 10);
	assert_int_equal(holes.count, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(holes.hole[i].start, i ? 30 : 10);
		assert_int_equal(holes.hole[i].end, i ? 40 : 20);
		assert_int_equal(holes.hole[i].arrival, 7);
		assert_int_equal(holes.hole[i].time_ns, 5);
		assert_int_equal(holes.hole[i].frame, 9);
	}
	reorder_close(&holes, 0);
	assert_int_equal(holes.count, 1);
	assert_int_equal(holes.hole[0].start, 30);
}

/* Every second number lost: holes beyond the limit are given up from below, and counted. */
static void holes_are_bounded(void **state)
{
	struct reorder_stream stream = { 0 };

	for (uint64_t number = 1; number <= 199; number += 2)
		assert_int_equal(reorder_observe(&stream, number, (int64_t)number, PAYLOAD).verdict,
			REORDER_IN_ORDER);
	assert_int_equal(stream.holes.count, REORDER_HOLES);
	assert_int_equal(stream.holes.overflows, 99 - REORDER_HOLES);
	assert_int_equal(stream.missing, 99);
	assert_int_equal(stream.discontinuities, 99);
	assert_int_equal(stream.holes.hole[0].start, 198 - 2 * (REORDER_HOLES - 1));
	/* The youngest is measured as ever, the one that was given up cannot be. */
	assert_int_equal(reorder_observe(&stream, 198, 300, PAYLOAD).late.extent, 1);
	assert_int_equal(reorder_observe(&stream, 2, 301, PAYLOAD).verdict, REORDER_DUPLICATE);
}

static void what_is_given_up_is_told(void **state)
{
	struct reorder_holes holes = { 0 };
	struct reorder_hole lost = { 0 };

	for (uint64_t i = 0; i <= REORDER_HOLES; i++) {
		struct reorder_hole hole = { .start = 10 * i, .end = 10 * i + 5 };

		assert_int_equal(reorder_open(&holes, &hole, &lost), i == REORDER_HOLES);
	}
	assert_int_equal(lost.end, 5);
	assert_int_equal(holes.count, REORDER_HOLES);
	/* A split without room keeps the larger part. */
	assert_int_equal(reorder_fill(&holes, 11, 12), 1);
	assert_int_equal(holes.count, REORDER_HOLES);
	assert_int_equal(holes.overflows, 2);
	assert_int_equal(holes.hole[0].start, 12);
	assert_int_equal(holes.hole[0].end, 15);
	assert_int_equal(reorder_fill(&holes, 23, 24), 1);
	assert_int_equal(holes.overflows, 3);
	assert_int_equal(holes.hole[1].start, 20);
	assert_int_equal(holes.hole[1].end, 23);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_the_rfc),
		cmocka_unit_test(copies_are_not_counted),
		cmocka_unit_test(a_stream_begins_with_its_first_packet),
		cmocka_unit_test(random_sequences),
		cmocka_unit_test(random_ranges),
		cmocka_unit_test(a_hole_is_split_with_its_opener),
		cmocka_unit_test(holes_are_bounded),
		cmocka_unit_test(what_is_given_up_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
