/* SPDX-License-Identifier: BSD-2-Clause */
/* What is remembered of frames: the last ones, few at first, then many, and which came before. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzers/passed.h"

#define STEP 3 /* from one frame's number to the next: a filter passed the others over */

static void note(struct passed *passed, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n < to; n++)
		passed_note(passed, &(struct packet){ .frame = 1 + n * STEP }, false);
}

/* Of frames 0 to `count`, those from `oldest` on are found, each behind the one before it. */
static void check(struct passed *passed, uint64_t oldest, uint64_t count)
{
	for (uint64_t n = 0; n < count; n++) {
		struct passed_frame *found = passed_find(passed, 1 + n * STEP);
		const struct passed_frame *before;

		assert_null(passed_find(passed, n * STEP));
		assert_int_equal(found != NULL, n >= oldest);
		if (!found)
			continue;
		assert_int_equal(found->frame, 1 + n * STEP);
		before = passed_before(passed, found);
		assert_int_equal(before != NULL, n > oldest);
		if (before)
			assert_int_equal(before->frame, 1 + (n - 1) * STEP);
	}
	assert_null(passed_find(passed, 1 + count * STEP));
}

static uint64_t oldest_of(uint64_t count, uint64_t room)
{
	return count > room ? count - room : 0;
}

static void the_last_are_remembered(void **state)
{
	static const uint64_t counts[] = { 0, 1, PASSED_FEW - 1, PASSED_FEW, PASSED_FEW + 1,
		PASSED_FRAMES - 1, PASSED_FRAMES, PASSED_FRAMES + 7, 2 * PASSED_FRAMES + 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct passed *few = passed_new(true), *many = passed_new(false);

		note(few, 0, counts[i]);
		note(many, 0, counts[i]);
		check(few, oldest_of(counts[i], PASSED_FEW), counts[i]);
		check(many, oldest_of(counts[i], PASSED_FRAMES), counts[i]);
		passed_free(few);
		passed_free(many);
	}
}

/* Nothing that was remembered is lost when more is to be, and nothing comes back. */
static void more_are_remembered(void **state)
{
	static const uint64_t counts[] = { 0, 5, PASSED_FEW - 1, PASSED_FEW, PASSED_FEW + 9,
		PASSED_FRAMES - 3, PASSED_FRAMES + 3, 3 * PASSED_FRAMES + PASSED_FEW / 2 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct passed *passed = passed_new(true);
		uint64_t oldest = oldest_of(counts[i], PASSED_FEW), end = counts[i] + 100;

		note(passed, 0, counts[i]);
		passed_extend(passed);
		check(passed, oldest, counts[i]);
		note(passed, counts[i], end);
		passed_extend(passed);
		check(passed, oldest, end);
		note(passed, end, oldest + PASSED_FRAMES + 50);
		check(passed, oldest + 50, oldest + PASSED_FRAMES + 50);
		passed_free(passed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_are_remembered),
		cmocka_unit_test(more_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
