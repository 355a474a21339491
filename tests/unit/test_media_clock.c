/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock of media packets: its rate is learned from arrivals or told; stamps wrap, go back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzers/media_clock.h"

#define MS INT64_C(1000000)
#define NOTHING INT64_MIN

static int64_t read_at(struct media_clock *clock, uint32_t stamp, uint32_t rate_hz, int64_t time_ns)
{
	int64_t sent_ns = 0;

	return media_clock_read(clock, stamp, rate_hz, time_ns, &sent_ns) ? sent_ns : NOTHING;
}

/* Packets of `units` every `ms`: the rate that is believed after two seconds, 0: none. */
static uint32_t learned(uint32_t units, int64_t ms)
{
	struct media_clock clock = { 0 };

	for (uint32_t i = 0; i * ms <= 2000; i++)
		read_at(&clock, 0xfffffff0 + i * units, 0, i * ms * MS);
	return clock.rate_hz;
}

static void usual_rates_are_learned(void **state)
{
	static const struct {
		uint32_t units, ms, rate_hz;
	} cases[] = {
		{ 160, 20, 8000 },
		{ 960, 20, 48000 },
		{ 2880, 32, 90000 },
		{ 320, 20, 16000 },
		{ 163, 20, 8000 }, /* within what jitter explains */
		{ 200, 20, 0 },    /* 10000 Hz: nobody's */
		{ 160, 50, 0 },    /* 3200 Hz; too few packets besides */
		{ 0, 20, 0 },
		{ 0x7fffffff, 20, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(learned(cases[i].units, cases[i].ms), cases[i].rate_hz);
}

static void a_rate_that_is_told_holds_at_once(void **state)
{
	struct media_clock clock = { 0 };

	assert_int_equal(read_at(&clock, 0xffffff60, 8000, 5 * MS), 0);
	assert_int_equal(read_at(&clock, 0, 8000, 99 * MS), 20 * MS);
	assert_int_equal(read_at(&clock, 160, 8000, 99 * MS), 40 * MS);
	/* Late: its stamp goes back. */
	assert_int_equal(read_at(&clock, 0, 8000, 100 * MS), 20 * MS);
	assert_int_equal(read_at(&clock, 0xfffffec0, 8000, 100 * MS), -20 * MS);
}

static void nothing_is_said_before(void **state)
{
	struct media_clock clock = { 0 };

	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(read_at(&clock, i * 160, 0, i * 20 * MS), NOTHING);
	assert_int_equal(read_at(&clock, 50 * 160, 0, 1000 * MS), 1000 * MS);
}

/* Times that go back, and stamps that jump about, end in no rate or any: never in a trap. */
static void any_stamps_may_come(void **state)
{
	struct media_clock clock = { 0 };
	uint32_t random = 1;

	for (uint32_t i = 0; i < 10000; i++) {
		random = random * 1664525 + 1013904223;
		read_at(&clock, random, i & 64 ? random : 0, (int64_t)(random % 1000) * -1000 * MS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_rates_are_learned),
		cmocka_unit_test(a_rate_that_is_told_holds_at_once),
		cmocka_unit_test(nothing_is_said_before),
		cmocka_unit_test(any_stamps_may_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
