/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a table of numbers: when they are null, and that two arrays of values add up. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "report/metric.h"

enum { PACKETS, LATE, RATIO, LONGEST, SHORTEST, DELAY, BYTES, MEAN };

static const struct metric rows[] = {
	[PACKETS] = { .name = "packets", .kind = METRIC_COUNT, .unit = UNIT_PACKETS },
	[LATE] = { .name = "late_packets", .kind = METRIC_COUNT, .unit = UNIT_PACKETS },
	[RATIO] = { .name = "late_ratio",
		.kind = METRIC_RATIO,
		.unit = UNIT_RATIO,
		.a = LATE,
		.b = PACKETS },
	[LONGEST] = { .name = "longest_ns", .kind = METRIC_MAX, .unit = UNIT_NS, .when = DELAY },
	[SHORTEST] = { .name = "shortest_ns", .kind = METRIC_MIN, .unit = UNIT_NS, .when = DELAY },
	[DELAY] = { .name = "delay_ns", .kind = METRIC_HISTOGRAM, .unit = UNIT_NS },
	[BYTES] = { .name = "bytes", .kind = METRIC_COUNT, .unit = UNIT_BYTES },
	[MEAN] = { .name = "mean_bytes",
		.kind = METRIC_MEAN,
		.unit = UNIT_BYTES,
		.a = BYTES,
		.b = PACKETS },
};

static const struct metric_set set = { "test", rows, sizeof(rows) / sizeof(rows[0]) };

static void nothing_measured_is_null(void **state)
{
	union metric_value *values = metric_values_new(&set);
	double number = -1;

	assert_int_equal(metric_read(&set, values, RATIO, &number), -1);
	assert_int_equal(metric_read(&set, values, MEAN, &number), -1);
	assert_int_equal(metric_read(&set, values, LONGEST, &number), -1);
	assert_int_equal(metric_read(&set, values, SHORTEST, &number), -1);
	assert_int_equal(metric_read(&set, values, LATE, &number), 0);
	assert_true(number == 0);
	metric_values_free(&set, values);
}

static void computed_rows(void **state)
{
	union metric_value *values = metric_values_new(&set);
	double number;

	values[PACKETS].number = 8;
	values[LATE].number = 2;
	values[BYTES].number = 100;
	assert_int_equal(metric_read(&set, values, RATIO, &number), 0);
	assert_true(number == 0.25);
	assert_int_equal(metric_read(&set, values, MEAN, &number), 0);
	assert_true(number == 12.5);
	metric_values_free(&set, values);
}

static void measure(union metric_value *values, uint64_t delay)
{
	union metric_value one[MEAN + 1] = { { 0 } };
	struct histogram histogram = { 0 };

	histogram_add(&histogram, delay);
	one[DELAY].histogram = &histogram;
	one[LONGEST].number = one[SHORTEST].number = delay;
	one[PACKETS].number = 1;
	metric_add(&set, values, one);
}

static void adding_keeps_counts_and_extremes(void **state)
{
	union metric_value *values = metric_values_new(&set), *none = metric_values_new(&set);
	double number;

	measure(values, 5);
	measure(values, 3);
	measure(values, 9);
	metric_add(&set, values, none);
	metric_add(&set, none, values);
	assert_int_equal(none[PACKETS].number, 3);
	assert_int_equal(none[LONGEST].number, 9);
	assert_int_equal(none[SHORTEST].number, 3);
	assert_int_equal(metric_read(&set, none, DELAY, &number), 0);
	assert_true(number == 3);
	metric_values_free(&set, values);
	metric_values_free(&set, none);
}

static void a_missing_histogram_is_left_out(void **state)
{
	union metric_value bare[MEAN + 1] = { { 0 } };
	union metric_value *values = metric_values_new(&set);
	double number;

	metric_add(&set, values, bare);
	metric_add(&set, bare, values);
	assert_int_equal(metric_read(&set, bare, DELAY, &number), 0);
	assert_true(number == 0);
	metric_values_free(&set, values);
}

static void rows_are_found_by_name(void **state)
{
	assert_int_equal(metric_find(&set, "late_ratio"), RATIO);
	assert_int_equal(metric_find(&set, "late"), -1);
}

static void none_of_few_rules_out_little(void **state)
{
	assert_true(metric_zero_bound(0) == 1);
	assert_true(metric_zero_bound(2) == 1);
	assert_true(metric_zero_bound(300) == 0.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_measured_is_null),
		cmocka_unit_test(computed_rows),
		cmocka_unit_test(adding_keeps_counts_and_extremes),
		cmocka_unit_test(a_missing_histogram_is_left_out),
		cmocka_unit_test(rows_are_found_by_name),
		cmocka_unit_test(none_of_few_rules_out_little),
	};

	return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
