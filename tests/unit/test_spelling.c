/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that are almost a name, and words that are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/spelling.h"

static const struct {
	const char *name;
	int other;
} names[] = { { "offset", 1 }, { "width", 2 }, { "port", 3 }, { "port.src", 4 }, { NULL, 0 } };

static const struct {
	const char *word, *meant; /* NULL: none */
} words[] = {
	{ "width", "width" },
	{ "wdith", "width" },
	{ "widht", "width" },
	{ "with", "width" },
	{ "widths", "width" },
	{ "wxxth", "width" },
	{ "ofset", "offset" },
	{ "prot.src", "port.src" },
	{ "ports", "port" },
	{ "part", "port" },
	{ "pa", NULL },
	{ "", NULL },
	{ "x", NULL },
	{ "length", NULL },
	{ "src.port", NULL },
};

static void meant(void **state)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *nearest = spelling_nearest(words[i].word, names, sizeof(names[0]));

		if (words[i].meant)
			assert_string_equal(nearest, words[i].meant);
		else
			assert_null(nearest);
	}
}

static void long_words_are_like_none(void **state)
{
	char word[1000];

	memset(word, 'w', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	for (; *word; memmove(word, word + 1, strlen(word)))
		assert_null(spelling_nearest(word, names, sizeof(names[0])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meant),
		cmocka_unit_test(long_words_are_like_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
