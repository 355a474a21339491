/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of recent segments: chains from the newest back, and what was overwritten is gone. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzers/recent.h"

static void nothing_is_found_in_an_empty_ring(void **state)
{
	struct recent *recent = recent_new(true);

	assert_null(recent_get(recent, 0));
	assert_null(recent_get(recent, 1));
	assert_null(recent_get(recent, RECENT_SEGMENTS));
	recent_free(recent);
	recent_free(NULL);
}

/* Two directions write in turns; each chain holds its own, newest first. */
static void chains_do_not_mix(void **state)
{
	struct recent *recent = recent_new(false);
	uint32_t chains[2] = { 0, 0 };

	for (uint64_t i = 0; i < 20; i++)
		recent_add(recent, &chains[i % 3 == 0])->offset = i;
	for (int side = 0; side < 2; side++) {
		uint64_t last = 20;
		uint32_t handle = chains[side];
		int length = 0;

		for (; handle; length++) {
			struct recent_segment *segment = recent_get(recent, handle);

			assert_non_null(segment);
			assert_int_equal(segment->offset % 3 == 0, side);
			assert_true(segment->offset < last);
			last = segment->offset;
			handle = segment->previous;
		}
		assert_int_equal(length, side ? 7 : 13);
	}
	recent_free(recent);
}

static void the_oldest_are_overwritten(void **state)
{
	struct recent *recent = recent_new(true);
	uint32_t quiet = 0, busy = 0, first, length = 0;

	recent_add(recent, &quiet)->offset = 1;
	recent_add(recent, &quiet)->offset = 2;
	first = quiet;
	for (uint32_t i = 0; i < RECENT_SEGMENTS - 1; i++)
		recent_add(recent, &busy)->offset = i;
	/* One more entry than fits: of the quiet chain the newer one is left, alone. */
	assert_non_null(recent_get(recent, first));
	assert_int_equal(recent_get(recent, first)->offset, 2);
	assert_null(recent_get(recent, recent_get(recent, first)->previous));
	recent_add(recent, &busy);
	assert_null(recent_get(recent, first));
	for (uint32_t handle = busy; recent_get(recent, handle);
		handle = recent_get(recent, handle)->previous)
		length++;
	assert_int_equal(length, RECENT_SEGMENTS);
	recent_free(recent);
}

/* A chain that went on after its past was overwritten ends there, and does not run into others. */
static void a_chain_ends_where_it_was_overwritten(void **state)
{
	struct recent *recent = recent_new(false);
	uint32_t chain = 0, other = 0, length = 0;

	recent_add(recent, &chain);
	for (uint32_t i = 0; i < 3 * RECENT_SEGMENTS; i++)
		recent_add(recent, &other);
	recent_add(recent, &chain);
	for (uint32_t handle = chain; recent_get(recent, handle);
		handle = recent_get(recent, handle)->previous)
		length++;
	assert_int_equal(length, 1);
	recent_free(recent);
}

/* Half of a frame's number is kept: enough for whoever asks less than 2^32 frames later. */
static void frames_are_told_in_full(void **state)
{
	static const uint64_t frames[] = { 1, UINT32_MAX, UINT64_C(1) << 32, 0x5fffffff0 };
	struct recent_segment entry;

	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++)
		for (uint64_t later = 0; later <= UINT32_MAX; later = 3 * later + 1) {
			entry.frame = (uint32_t)frames[i];
			assert_int_equal(recent_frame(&entry, frames[i] + later), frames[i]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_in_an_empty_ring),
		cmocka_unit_test(chains_do_not_mix),
		cmocka_unit_test(the_oldest_are_overwritten),
		cmocka_unit_test(a_chain_ends_where_it_was_overwritten),
		cmocka_unit_test(frames_are_told_in_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
