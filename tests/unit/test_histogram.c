/* SPDX-License-Identifier: BSD-2-Clause */
/* Buckets of a histogram: their edges, the percentiles read from them, and that they add up. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "report/histogram.h"

static void every_floor_opens_its_bucket(void **state)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t floor = histogram_bucket_floor(i);
		struct histogram histogram = { 0 };

		histogram_add(&histogram, floor);
		assert_int_equal(histogram.buckets[i], 1);
		if (i == 0)
			continue;
		assert_true(floor > histogram_bucket_floor(i - 1));
		histogram_add(&histogram, floor - 1);
		assert_int_equal(histogram.buckets[i - 1], 1);
	}
}

static void edges_are_within_an_eighth(void **state)
{
	for (unsigned i = 8; i + 1 < HISTOGRAM_BUCKETS; i++) {
		uint64_t floor = histogram_bucket_floor(i);

		assert_true(histogram_bucket_floor(i + 1) - floor <= floor / 8 + 1);
	}
}

static void largest_value_has_a_bucket(void **state)
{
	struct histogram histogram = { 0 };

	histogram_add(&histogram, UINT64_MAX);
	assert_int_equal(histogram.buckets[HISTOGRAM_BUCKETS - 1], 1);
	assert_true(histogram_percentile(&histogram, 0.5) == UINT64_MAX);
	histogram_add(&histogram, 1);
	assert_true(histogram.sum == UINT64_MAX);
}

static void percentiles(void **state)
{
	struct histogram histogram = { 0 };

	assert_int_equal(histogram_percentile(&histogram, 0.5), 0);
	for (uint64_t value = 1; value <= 100; value++)
		histogram_add(&histogram, value);
	assert_int_equal(histogram_percentile(&histogram, 0), 1);
	assert_int_equal(histogram_percentile(&histogram, 0.04), 4);
	assert_int_equal(histogram_percentile(&histogram, 0.5), 51); /* bucket 48..51 */
	assert_int_equal(histogram_percentile(&histogram, 0.99), 100);
	assert_int_equal(histogram_percentile(&histogram, 1), 100);
	assert_true(histogram_mean(&histogram) == 50.5);
}

static void halves_merge_to_the_whole(void **state)
{
	struct histogram whole = { 0 }, low = { 0 }, high = { 0 }, sum = { 0 };

	for (uint64_t value = 5; value < 5000; value += 7) {
		histogram_add(&whole, value);
		histogram_add(value < 900 ? &low : &high, value);
	}
	histogram_merge(&sum, &high);
	histogram_merge(&sum, &low);
	histogram_merge(&sum, &(struct histogram){ 0 });
	assert_memory_equal(&sum, &whole, sizeof(whole));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_floor_opens_its_bucket),
		cmocka_unit_test(edges_are_within_an_eighth),
		cmocka_unit_test(largest_value_has_a_bucket),
		cmocka_unit_test(percentiles),
		cmocka_unit_test(halves_merge_to_the_whole),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
