/* SPDX-License-Identifier: BSD-2-Clause */
/* Time stamps of any resolution and offset, and what becomes of those that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/ticks.h"

#define TWO(exponent) (0x80 | (exponent))

static const struct {
	uint8_t resolution;
	int64_t offset_seconds;
	uint64_t count;
	int64_t ns;
} cases[] = {
	{ 6, 0, 1700000000123456, 1700000000123456000 },
	{ 9, 0, 1700000000123456789, 1700000000123456789 },
	{ 3, 0, 1700000000123, 1700000000123000000 },
	{ 0, 0, 1700000000, 1700000000000000000 },
	{ 10, 0, 17000000001234567899u, 1700000000123456789 },
	{ 12, 0, UINT64_MAX, 18446744073709551 },
	{ 28, 0, UINT64_MAX, 1 },
	{ 29, 0, UINT64_MAX, 0 },
	{ 127, 0, UINT64_MAX, 0 },
	{ TWO(0), 0, 1700000000, 1700000000000000000 },
	{ TWO(10), 0, 1700000000ull << 10 | 512, 1700000000500000000 },
	{ TWO(31), 0, 1700000000ull << 31 | 12345, 1700000000000005748 },
	{ TWO(63), 0, 1ull << 63 | 1ull << 62, 1500000000 },
	{ TWO(64), 0, 1ull << 63, 500000000 },
	{ TWO(127), 0, UINT64_MAX, 0 },
	{ 6, 3600, 1, 3600000001000 },
	{ 6, -1, 500000, -500000000 },
	{ 6, 0, UINT64_MAX, TICKS_MAX_NS },
	{ 0, 0, UINT64_MAX, TICKS_MAX_NS },
	{ 6, INT64_MAX, 0, TICKS_MAX_NS },
	{ 6, INT64_MIN, UINT64_MAX, TICKS_MIN_NS },
	{ 0, -10000000000, 10000000001, 1000000000 },
};

static void every_resolution(void **state)
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ticks ticks = { .offset_seconds = cases[i].offset_seconds };

		ticks_set(&ticks, cases[i].resolution);
		assert_int_equal(ticks_to_ns(&ticks, cases[i].count), cases[i].ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_resolution),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
