/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of the command line: what is taken, exactly as what, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/values.h"

#define REFUSED INT64_MIN

static const struct {
	const char *word;
	int64_t ns;
} durations[] = {
	{ "1ns", 1 },
	{ "500ms", 500000000 },
	{ "0.1s", 100000000 },
	{ "1.000000001s", 1000000001 },
	{ "1.5min", 90000000000 },
	{ "2h", 7200000000000 },
	{ "10", REFUSED },
	{ "0s", REFUSED },
	{ "0.1ns", REFUSED },
	{ "1.s", REFUSED },
	{ ".5s", REFUSED },
	{ "-1s", REFUSED },
	{ "+1s", REFUSED },
	{ " 1s", REFUSED },
	{ "1 s", REFUSED },
	{ "1sec", REFUSED },
	{ "1e3s", REFUSED },
	{ "3000000h", REFUSED },
	{ "99999999999999999999s", REFUSED },
	{ "", REFUSED },
};

/* A plain number is seconds, and 0 is one. */
static void test_seconds(void **state)
{
	struct error error;
	int64_t ns;

	assert_int_equal(value_seconds(&ns, "10", &error), 0);
	assert_int_equal(ns, 10000000000);
	assert_int_equal(value_seconds(&ns, "0", &error), 0);
	assert_int_equal(ns, 0);
	assert_int_equal(value_seconds(&ns, "0.5", &error), 0);
	assert_int_equal(ns, 500000000);
	assert_int_equal(value_seconds(&ns, "2min", &error), 0);
	assert_int_equal(ns, 120000000000);
	assert_int_equal(value_seconds(&ns, "-1", &error), -1);
	assert_int_equal(value_seconds(&ns, "99999999999", &error), -1);
	assert_int_equal(value_seconds(&ns, "", &error), -1);
}

static void test_durations(void **state)
{
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		int64_t ns = REFUSED;
		struct error error = { "" };

		if (value_duration(&ns, durations[i].word, &error) < 0) {
			assert_non_null(strstr(error.text, durations[i].word));
			ns = REFUSED;
		}
		assert_int_equal(ns, durations[i].ns);
	}
}

static const struct {
	const char *word;
	int64_t ns;
} times[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2026-01-31T12:00:00.5Z", 1769860800500000000 },
	{ "2026-01-31 12:00:00.500Z", 1769860800500000000 },
	{ "2026-01-31t13:00:00+01:00", 1769860800000000000 },
	{ "2026-01-31T06:30:00-05:30", 1769860800000000000 },
	{ "2024-02-29T00:00:00Z", 1709164800000000000 },
	{ "1769860800.000000001", 1769860800000000001 },
	{ "0", 0 },
	{ "2023-02-29T00:00:00Z", REFUSED },
	{ "2026-13-01T00:00:00Z", REFUSED },
	{ "2026-01-31T24:00:00Z", REFUSED },
	{ "2026-01-31T12:00:00", REFUSED },
	{ "2026-01-31", REFUSED },
	{ "2026-1-31T12:00:00Z", REFUSED },
	{ "2026-01-31T12:00:00.Z", REFUSED },
	{ "2026-01-31T12:00:00Zulu", REFUSED },
	{ "12:00:00", REFUSED },
	{ "1769860800s", REFUSED },
	{ "99999999999", REFUSED },
};

static void test_times(void **state)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int64_t ns = REFUSED;
		struct error error;

		if (value_time(&ns, times[i].word, &error) < 0)
			ns = REFUSED;
		assert_int_equal(ns, times[i].ns);
	}
}

static void test_counts(void **state)
{
	struct error error;
	uint64_t count;
	uint32_t small;

	assert_int_equal(value_count(&count, "1", &error), 0);
	assert_int_equal(count, 1);
	assert_int_equal(value_count(&count, "1.5M", &error), 0);
	assert_int_equal(count, 1500000);
	assert_int_equal(value_count(&count, "0", &error), -1);
	assert_int_equal(value_count(&count, "1.0005k", &error), -1);
	assert_int_equal(value_count(&count, "10000000000G", &error), -1);
	assert_int_equal(value_count32(&small, "4294967295", &error), 0);
	assert_int_equal(value_count32(&small, "4294967296", &error), -1);
	assert_int_equal(value_number32(&small, "0", &error), 0);
	assert_int_equal(small, 0);
	assert_int_equal(value_bytes32(&small, "64KiB", &error), 0);
	assert_int_equal(small, 65536);
	assert_int_equal(value_bytes32(&small, "2kB", &error), 0);
	assert_int_equal(small, 2000);
	assert_int_equal(value_bytes32(&small, "5GB", &error), -1);
}

static void test_ratios(void **state)
{
	struct error error;
	double ratio;

	assert_int_equal(value_ratio(&ratio, "0.25", &error), 0);
	assert_float_equal(ratio, 0.25, 0);
	assert_int_equal(value_ratio(&ratio, "0.1%", &error), 0);
	assert_float_equal(ratio, 0.001, 0);
	assert_int_equal(value_ratio(&ratio, "100%", &error), 0);
	assert_int_equal(value_ratio(&ratio, "1.1", &error), -1);
	assert_int_equal(value_ratio(&ratio, "101%", &error), -1);
}

static void test_lists(void **state)
{
	struct word_list list = { 0 };
	struct error error;
	const char *text = NULL;

	assert_int_equal(value_list(&list, "a", &error), 0);
	assert_int_equal(value_list(&list, "b", &error), 0);
	assert_int_equal(value_list(&list, "", &error), -1);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.words[1], "b");
	assert_int_equal(value_text(&text, "", &error), -1);
	free(list.words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
