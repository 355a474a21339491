/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holes against byte-by-byte bookkeeping, and how they are bounded.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/reorder.h"

#define HOLES 32

static uint32_t random_below(uint64_t *state, uint32_t bound)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % bound;
}

/* Byte ranges: which opener each missing byte has, kept byte by byte. */
static void random_ranges(void **state)
{
	uint64_t random = 1;

	for (int round = 0; round < 2000; round++) {
		struct reorder_hole store[HOLES];
		struct reorder_holes holes;
		uint32_t opener[512] = { 0 };
		uint64_t highest = 1;

		reorder_init(&holes, store, HOLES, HOLES);
		for (uint32_t arrival = 1; highest < 480; arrival++) {
			uint64_t start = 1 + random_below(&random, (uint32_t)highest);
			uint64_t end = start + 1 + random_below(&random, 20);
			uint64_t missing = 0;
			uint32_t first = 0, index = UINT32_MAX;

			if (holes.count < HOLES / 2 && random_below(&random, 3)) {
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
	struct reorder_hole store[HOLES];
	struct reorder_holes holes;
	struct reorder_hole hole = {
		.start = 10, .end = 40, .arrival = 7, .time_ns = 5, .frame = 9
	};

	reorder_init(&holes, store, HOLES, HOLES);
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

static void what_is_given_up_is_told(void **state)
{
	struct reorder_hole store[HOLES];
	struct reorder_hole lost = { 0 };
	struct reorder_holes holes;

	reorder_init(&holes, store, HOLES, HOLES);
	for (uint64_t i = 0; i <= HOLES; i++) {
		struct reorder_hole hole = { .start = 10 * i, .end = 10 * i + 5 };

		assert_int_equal(reorder_open(&holes, &hole, &lost), i == HOLES);
	}
	assert_int_equal(lost.end, 5);
	assert_int_equal(holes.count, HOLES);
	/* A split without room keeps the larger part. */
	assert_int_equal(reorder_fill(&holes, 11, 12), 1);
	assert_int_equal(holes.count, HOLES);
	assert_int_equal(holes.overflows, 2);
	assert_int_equal(holes.hole[0].start, 12);
	assert_int_equal(holes.hole[0].end, 15);
	assert_int_equal(reorder_fill(&holes, 23, 24), 1);
	assert_int_equal(holes.overflows, 3);
	assert_int_equal(holes.hole[1].start, 20);
	assert_int_equal(holes.hole[1].end, 23);
}

/* A store of its own grows to the limit, and the lowest are given up one by one. */
static void holes_grow_to_their_limit(void **state)
{
	struct reorder_holes holes = { 0 };
	struct reorder_hole lost = { 0 };

	for (uint64_t i = 0; i < 5000; i++) {
		struct reorder_hole hole = { .start = 10 * i, .end = 10 * i + 5 };

		reorder_reserve(&holes, 1000);
		assert_int_equal(reorder_open(&holes, &hole, &lost), i >= 1000);
		assert_int_equal(lost.start, i >= 1000 ? 10 * (i - 1000) : 0);
		assert_int_equal(holes.hole[holes.count - 1].start, 10 * i);
		assert_int_equal(holes.hole[0].start, i >= 1000 ? 10 * (i - 999) : 0);
	}
	assert_int_equal(holes.count, 1000);
	assert_int_equal(holes.room, 1250);
	assert_int_equal(holes.overflows, 4000);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(reorder_find(&holes, holes.hole[i].start), i);
		assert_int_equal(reorder_find(&holes, holes.hole[i].end - 1), i);
		assert_int_equal(reorder_find(&holes, holes.hole[i].end), i + 1);
	}
	free(holes.store);
}

static void a_hole_is_inserted_in_order(void **state)
{
	struct reorder_hole store[HOLES];
	struct reorder_holes holes;

	reorder_init(&holes, store, HOLES, HOLES);
	for (uint64_t i = 8; i-- > 0;) {
		struct reorder_hole hole = { .start = 10 * i, .end = 10 * i + 5 };

		reorder_insert(&holes, &hole);
	}
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(holes.hole[i].start, 10 * i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_ranges),
		cmocka_unit_test(a_hole_is_split_with_its_opener),
		cmocka_unit_test(what_is_given_up_is_told),
		cmocka_unit_test(holes_grow_to_their_limit),
		cmocka_unit_test(a_hole_is_inserted_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
