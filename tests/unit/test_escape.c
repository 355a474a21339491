/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign names: what is kept, what is spelled out, and that cutting leaves whole characters. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "report/escape.h"

static void what_is_spelled_out(void **state)
{
	static const struct {
		const char *raw, *escaped;
	} cases[] = {
		{ "", "" }, { "eth0.pcap", "eth0.pcap" }, { "a\\b", "a\\b" },
		{ "tab\there", "tab\\x09here" }, { "\033[2J", "\\x1b[2J" }, { "\x7f", "\\x7f" },
		{ "Gr\xc3\xbc\xc3\x9f", "Gr\xc3\xbc\xc3\x9f" }, /* Gruesse, in UTF-8 */
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },     /* U+1F600 */
		{ "\xff\xfe", "\\xff\\xfe" },                   /* no UTF-8 */
		{ "\xc3", "\\xc3" },                            /* cut character */
		{ "\xc0\xaf", "\\xc0\\xaf" },                   /* overlong slash */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },          /* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* above U+10FFFF */
		{ "\xc2\x9b"
		  "31m",
			"\\u{009b}31m" }, /* C1 CSI */
		{ "a\xe2\x80\xae"
		  "b",
			"a\\u{202e}b" }, /* right-to-left override */
		{ "a\xe2\x81\xa6"
		  "b",
			"a\\u{2066}b" },              /* left-to-right isolate */
		{ "\xef\xbb\xbf", "\\u{feff}" },      /* byte order mark */
		{ "\xf3\xa0\x81\x81", "\\u{e0041}" }, /* tag letter */
	};
	char out[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *copy = escape_copy(cases[i].raw);
		size_t length = escape_text(out, sizeof(out), cases[i].raw);

		assert_string_equal(out, cases[i].escaped);
		assert_string_equal(copy, cases[i].escaped);
		assert_int_equal(length, strlen(cases[i].escaped));
		free(copy);
	}
}

static void every_pair_of_bytes_is_tame(void **state)
{
	for (unsigned pair = 0x100; pair < 0x10000; pair++) {
		char raw[] = { (char)(pair >> 8), (char)pair, '\0' };
		char out[16], again[16];

		escape_text(out, sizeof(out), raw);
		escape_text(again, sizeof(again), out);
		assert_string_equal(again, out);
	}
}

static void cut_between_characters(void **state)
{
	static const char *const expected[] = { "", "", "", "\xc3\xbc", "\xc3\xbc", "\xc3\xbc",
		"\xc3\xbc", "\xc3\xbc\\x1b", "\xc3\xbc\\x1b!" };

	for (size_t size = 1; size < sizeof(expected) / sizeof(expected[0]); size++) {
		char out[16] = "###############";

		assert_int_equal(escape_text(out, size, "\xc3\xbc\x1b!"), 7);
		assert_string_equal(out, expected[size]);
		assert_int_equal(out[size], '#');
	}
}

static void columns(void **state)
{
	assert_int_equal(escape_columns(""), 0);
	assert_int_equal(escape_columns("abc"), 3);
	assert_int_equal(escape_columns("\xc3\xbc\xf0\x9f\x98\x80"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_spelled_out),
		cmocka_unit_test(every_pair_of_bytes_is_tame),
		cmocka_unit_test(cut_between_characters),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
