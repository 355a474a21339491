/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers as people read them, at the edges where the unit changes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "report/units.h"

static void counts(void **state)
{
	assert_string_equal(units_count(0).text, "0");
	assert_string_equal(units_count(999).text, "999");
	assert_string_equal(units_count(1000).text, "1,000");
	assert_string_equal(units_count(1234567).text, "1,234,567");
	assert_string_equal(units_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
}

static void rounded(void **state)
{
	assert_string_equal(units_round(-3).text, "0");
	assert_string_equal(units_round(0.4).text, "0");
	assert_string_equal(units_round(1234.5).text, "1,235");
	assert_string_equal(units_round(1e300).text, "18,446,744,073,709,551,615");
	assert_string_equal(units_packet_rate(0.7).text, "1 packet/s");
	assert_string_equal(units_packet_rate(2520).text, "2,520 packets/s");
}

static void durations(void **state)
{
	assert_string_equal(units_duration(0).text, "0 ns");
	assert_string_equal(units_duration(999).text, "999 ns");
	assert_string_equal(units_duration(1260000).text, "1.26 ms");
	assert_string_equal(units_duration(34000).text, "34 us");
	assert_string_equal(units_duration(999999).text, "1.00 ms");
	assert_string_equal(units_duration(-1500000000).text, "-1.50 s");
	assert_string_equal(units_duration(90000000000).text, "1.50 min");
	assert_string_equal(units_duration(INT64_MAX).text, "106752 d");
}

static void shares(void **state)
{
	assert_string_equal(units_share(1, 0).text, "-");
	assert_string_equal(units_share(0, 5).text, "0 %");
	assert_string_equal(units_share(5, 5).text, "100 %");
	assert_string_equal(units_share(69, 1728).text, "3.99 %");
	assert_string_equal(units_share(1, 3).text, "33.3 %");
	assert_string_equal(units_share(1, 1000).text, "0.100 %");
	assert_string_equal(units_share(35, 1000000).text, "35 ppm");
	assert_string_equal(units_ratio(2e-8).text, "20 ppb");
}

static void values(void **state)
{
	assert_string_equal(units_value(UNIT_PACKETS, 1234).text, "1,234");
	assert_string_equal(units_value(UNIT_COUNT, 1.5).text, "1.5");
	assert_string_equal(units_value(UNIT_NS, 2000).text, "2 us");
	assert_string_equal(units_value(UNIT_BYTES, 1514).text, "1.51 kB");
	assert_string_equal(units_value(UNIT_BYTES_PER_SECOND, 2e6).text, "2 MB/s");
	assert_string_equal(units_value(UNIT_RATIO, 0.25).text, "25 %");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(rounded),
		cmocka_unit_test(durations),
		cmocka_unit_test(shares),
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
