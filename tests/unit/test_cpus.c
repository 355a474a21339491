/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of CPUs: what the kernel's masks and lists name, and how they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/cpus.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define REFUSED "refused"

static const struct {
	const char *mask, *list;
} masks[] = {
	{ "0", "" },
	{ "00000000,00000000", "" },
	{ "f", "0-3" },
	{ "F", "0-3" },
	{ "00000000,0000000f\n", "0-3" },
	{ "5 ", "0,2" },
	{ "00000001,00000000", "32" },
	{ "80000000,00000000,00000001", "0,95" },
	{ "", REFUSED },
	{ "\n", REFUSED },
	{ "x", REFUSED },
	{ "0x3", REFUSED },
	{ "-1", REFUSED },
	{ "3 3", REFUSED },
	{ "3\xff", REFUSED },
};

static void test_masks(void **state)
{
	for (size_t i = 0; i < LENGTH(masks); i++) {
		char text[64] = REFUSED;
		struct cpus cpus;

		if (cpus_from_mask(&cpus, masks[i].mask))
			cpus_list(&cpus, text, sizeof(text));
		else
			assert_int_equal(cpus_count(&cpus), 0);
		assert_string_equal(text, masks[i].list);
	}
}

static const struct {
	const char *text, *mask;
} lists[] = {
	{ "", "0" },
	{ "\n", "0" },
	{ "0", "1" },
	{ "0-3", "f" },
	{ "0-1,4-5\n", "33" },
	{ "32", "1,00000000" },
	{ "0,2-3,63", "80000000,0000000d" },
	{ "2-1", REFUSED },
	{ "0-999999999", "ffffffff" },
	{ "9999999999", REFUSED },
	{ "1-", REFUSED },
	{ "-1", REFUSED },
	{ "1 2", REFUSED },
	{ "(null)", REFUSED },
	{ "0-3:1/2", REFUSED },
};

static void test_lists(void **state)
{
	for (size_t i = 0; i < LENGTH(lists); i++) {
		char text[CPUS_MAX] = REFUSED;
		struct cpus cpus;

		if (cpus_from_list(&cpus, lists[i].text))
			cpus_mask(&cpus, text, sizeof(text));
		else
			assert_int_equal(cpus_count(&cpus), 0);
		/* Of the longest the beginning. */
		if (strcmp(lists[i].mask, "ffffffff") == 0)
			text[8] = '\0';
		assert_string_equal(text, lists[i].mask);
	}
}

/* A mask of 4096 CPUs, of which 1024 are kept, is as long as sysfs makes it. */
static void test_many(void **state)
{
	char mask[4096 / 32 * 9 + 1], text[8];
	struct cpus cpus, none = { { 0 } };

	*mask = '\0';
	for (int i = 0; i < 4096 / 32; i++)
		strcat(mask, i ? ",ffffffff" : "ffffffff");
	assert_true(cpus_from_mask(&cpus, mask));
	assert_int_equal(cpus_count(&cpus), CPUS_MAX);
	assert_false(cpus_has(&cpus, CPUS_MAX));
	assert_false(cpus_has(&cpus, UINT32_MAX));
	assert_int_equal(cpus_next(&cpus, CPUS_MAX), -1);
	assert_string_equal(cpus_list(&cpus, text, sizeof(text)), "0-1023");
	assert_string_equal(cpus_list(&cpus, text, 4), "..");
	assert_string_equal(cpus_mask(&cpus, text, 6), "fff..");
	cpus_add(&none, CPUS_MAX);
	assert_int_equal(cpus_count(&none), 0);
}

/* A list of every other CPU fills any text without leaving it, and is seen to be cut. */
static void test_cut(void **state)
{
	char text[128], all[CPUS_LIST_BYTES];
	struct cpus odd = { { 0 } }, cut;

	for (unsigned cpu = 1; cpu < CPUS_MAX; cpu += 2)
		cpus_add(&odd, cpu);
	for (size_t size = 1; size < sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		cpus_list(&odd, text, size);
		assert_true(strlen(text) < size);
		assert_int_equal(text[size], 'x');
		assert_false(*text && cpus_from_list(&cut, text));
		memset(text, 'x', sizeof(text));
		cpus_mask(&odd, text, size);
		assert_true(strlen(text) < size);
		assert_int_equal(text[size], 'x');
	}
	assert_string_equal(cpus_list(&odd, text, 10), "1,3,5,..");
	assert_string_equal(cpus_list(&odd, all, sizeof(all)), all);
	assert_true(cpus_from_list(&cut, all) && cpus_equal(&cut, &odd));
}

static void test_sets(void **state)
{
	struct cpus a, b, result;
	char text[32];

	assert_true(cpus_from_list(&a, "0-3") && cpus_from_list(&b, "2-5"));
	result = cpus_and(&a, &b);
	assert_string_equal(cpus_list(&result, text, sizeof(text)), "2-3");
	result = cpus_or(&a, &b);
	assert_string_equal(cpus_list(&result, text, sizeof(text)), "0-5");
	result = cpus_without(&a, &b);
	assert_string_equal(cpus_list(&result, text, sizeof(text)), "0-1");
	assert_true(cpus_equal(&a, &a));
	assert_false(cpus_equal(&a, &b));
	assert_int_equal(cpus_next(&b, 0), 2);
	assert_int_equal(cpus_next(&b, 6), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
