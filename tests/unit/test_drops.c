/* SPDX-License-Identifier: BSD-2-Clause */
/* Intervals of loss: joined where they touch, else apart, and none forgotten when many. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "analyzers/drops.h"

static void assert_sound(const struct drops *drops)
{
	assert_in_range(drops->count, 0, DROPS_MAX);
	for (uint32_t i = 0; i < drops->count; i++) {
		assert_true(drops->list[i].from_ns <= drops->list[i].to_ns);
		if (i > 0)
			assert_true(drops->list[i - 1].to_ns < drops->list[i].from_ns);
	}
}

static void what_touches_is_joined(void **state)
{
	static const struct {
		struct drops_interval add[4];
		uint32_t count;
		struct drops_interval expected[4];
	} cases[] = {
		{ { { 10, 20, 1 } }, 1, { { 10, 20, 1 } } },
		{ { { 20, 10, 1 } }, 1, { { 10, 20, 1 } } },
		{ { { 10, 20, 1 }, { 30, 40, 2 } }, 2, { { 10, 20, 1 }, { 30, 40, 2 } } },
		{ { { 30, 40, 2 }, { 10, 20, 1 } }, 2, { { 10, 20, 1 }, { 30, 40, 2 } } },
		{ { { 10, 20, 1 }, { 20, 40, 2 } }, 1, { { 10, 40, 3 } } },
		{ { { 20, 40, 1 }, { 10, 20, 2 } }, 1, { { 10, 40, 3 } } },
		{ { { 10, 20, 1 }, { 30, 40, 2 }, { 15, 35, 4 } }, 1, { { 10, 40, 7 } } },
		{ { { 10, 20, 1 }, { 30, 40, 2 }, { 50, 60, 4 }, { 25, 45, 8 } }, 3,
			{ { 10, 20, 1 }, { 25, 45, 10 }, { 50, 60, 4 } } },
		{ { { 10, 40, 1 }, { 20, 30, 2 } }, 1, { { 10, 40, 3 } } },
		{ { { 5, 5, 1 }, { 7, 7, 2 }, { 6, 6, 4 } }, 3,
			{ { 5, 5, 1 }, { 6, 6, 4 }, { 7, 7, 2 } } },
		{ { { INT64_MIN, INT64_MAX, 1 }, { 0, 5, 2 } }, 1,
			{ { INT64_MIN, INT64_MAX, 3 } } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct drops drops = { .count = 0 };

		for (int j = 0; j < 4 && cases[i].add[j].packets; j++)
			drops_add(&drops, cases[i].add[j].from_ns, cases[i].add[j].to_ns,
				cases[i].add[j].packets);
		assert_int_equal(drops.count, cases[i].count);
		for (uint32_t j = 0; j < drops.count; j++) {
			assert_int_equal(drops.list[j].from_ns, cases[i].expected[j].from_ns);
			assert_int_equal(drops.list[j].to_ns, cases[i].expected[j].to_ns);
			assert_int_equal(drops.list[j].packets, cases[i].expected[j].packets);
		}
	}
}

static void overlap_counts_the_ends(void **state)
{
	static const struct {
		int64_t from_ns, to_ns;
		bool overlaps;
	} cases[] = {
		{ 0, 9, false }, { 0, 10, true }, { 20, 21, true }, { 21, 29, false },
		{ 12, 13, true }, { 0, 100, true }, { 40, 40, true }, { 41, INT64_MAX, false },
		{ INT64_MIN, 9, false },
		{ 35, 15, true }, /* a clock that was set back between the two */
	};
	struct drops drops = { .count = 0 };

	assert_false(drops_overlap(&drops, INT64_MIN, INT64_MAX));
	drops_add(&drops, 10, 20, 1);
	drops_add(&drops, 30, 40, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			drops_overlap(&drops, cases[i].from_ns, cases[i].to_ns), cases[i].overlaps);
	drops_clear(&drops);
	assert_false(drops_overlap(&drops, INT64_MIN, INT64_MAX));
}

/* The 65th makes one of the two that are nearest, whichever it is itself. */
static void the_nearest_make_room(void **state)
{
	struct drops drops = { .count = 0 };

	for (int64_t i = 0; i < DROPS_MAX; i++)
		drops_add(&drops, i * 1000, i * 1000 + (i == 30 ? 400 : 100), 1);
	assert_int_equal(drops.count, DROPS_MAX);
	drops_add(&drops, 90000, 90100, 1);
	assert_int_equal(drops.count, DROPS_MAX);
	assert_true(drops_overlap(&drops, 30500, 30900));
	assert_false(drops_overlap(&drops, 29500, 29900));
	assert_int_equal(drops.list[30].packets, 2);
	drops_add(&drops, 10200, 10300, 1);
	assert_int_equal(drops.list[10].from_ns, 10000);
	assert_int_equal(drops.list[10].to_ns, 10300);
	assert_false(drops_overlap(&drops, 10301, 10999));
}

/* Whatever comes, the list stays in order, counts all, and finds each interval again. */
static void nothing_is_forgotten(void **state)
{
	struct drops drops = { .count = 0 };
	int64_t from[1000], to[1000];
	uint64_t packets = 0;

	srand(1);
	for (int i = 0; i < 1000; i++) {
		from[i] = rand() % 1000000 - 500000;
		to[i] = from[i] + rand() % 50;
		if (i % 100 == 99)
			from[i] = to[i] = INT64_MAX - i;
		drops_add(&drops, from[i], to[i], 1);
		assert_sound(&drops);
		for (int j = 0; j <= i; j++)
			assert_true(drops_overlap(&drops, from[j], from[j]) &&
				    drops_overlap(&drops, to[j], to[j]));
	}
	for (uint32_t i = 0; i < drops.count; i++)
		packets += drops.list[i].packets;
	assert_int_equal(packets, 1000);
	assert_false(drops_overlap(&drops, INT64_MIN, -500001));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_touches_is_joined),
		cmocka_unit_test(overlap_counts_the_ends),
		cmocka_unit_test(the_nearest_make_room),
		cmocka_unit_test(nothing_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
