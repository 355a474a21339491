/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration file: what its lines mean, what is said of wrong ones, and what is no file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/config.h"

static char directory[] = "/tmp/test_config.XXXXXX";
static char path[64];

static int begin(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/conf", directory);
	return 0;
}

static int end(void **state)
{
	unlink(path);
	return rmdir(directory);
}

static void write_bytes(const char *bytes, size_t size)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* What the file's sequences are, printed, or the complaint behind the file's name. */
static const char *outcome(void)
{
	static char text[4096];
	struct field_list list = { 0 };
	struct error error;
	char printed[FIELD_TEXT];
	size_t used = 0;

	*text = '\0';
	if (config_read(&list, path, &error) < 0) {
		const char *name = strstr(error.text, path);

		assert_non_null(name);
		snprintf(text, sizeof(text), "%s", name + strlen(path));
		list.count = 0;
	}
	for (size_t i = 0; i < list.count && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s\n",
			field_print(&list.fields[i], printed, sizeof(printed)));
	free(list.fields);
	return text;
}

static const struct {
	const char *text, *outcome;
} files[] = {
	{ "", "" },
	{ "\n\n# nothing\n   \t# at all\r\n", "" },
	{ "sequence ipc eth.type=0x88b5 offset=14 width=4\n",
		"name=ipc eth.type=0x88b5 offset=14 width=4\n" },
	{ "  sequence\tipc-2  offset=1\twidth=4 # no end of line",
		"name=ipc-2 offset=1 width=4\n" },
	{ "sequence a offset=1 width=4\r\nsequence b offset=2 width=4\r\n",
		"name=a offset=1 width=4\nname=b offset=2 width=4\n" },
	{ "\n\nsequense a offset=1 width=4\n",
		"', line 3: unknown word 'sequense': a line is 'sequence NAME SPECIFICATION'" },
	{ "sequence\n",
		"', line 1: '' is no name: up to 31 of a-z, 0-9 and -, which is not first, stand "
		"behind 'sequence'" },
	{ "sequence offset=1 width=4\n",
		"', line 1: 'offset=1' is no name: up to 31 of a-z, 0-9 and -, which is not first, "
		"stand behind 'sequence'" },
	{ "sequence a\n", "', line 1: there is no offset=: say at which byte the number stands, as "
			  "offset=14" },
	{ "sequence a offset=1 wdith=4\n",
		"', line 1: unknown word 'wdith': did you mean 'width'? (word 2)" },
	{ "sequence a name=b offset=1 width=4\n",
		"', line 1: 'name=b' names what is 'a' already: leave it out" },
};

static void lines_are_read(void **state)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		write_bytes(files[i].text, strlen(files[i].text));
		assert_string_equal(outcome(), files[i].outcome);
	}
}

/* The lines before a wrong one are read: who owns the list frees it. */
static void names_are_unique(void **state)
{
	static const char twice[] = "sequence a offset=1 width=4\n#\nsequence a offset=2 width=4\n";
	struct field_list list = { 0 };
	struct error error;
	char expected[128];

	write_bytes(twice, sizeof(twice) - 1);
	snprintf(expected, sizeof(expected), "'%s', line 3: there is a sequence 'a' already", path);
	assert_int_equal(config_read(&list, path, &error), -1);
	assert_string_equal(error.text, expected);
	assert_int_equal(list.count, 1);
	free(list.fields);
}

static void bytes_that_are_no_text(void **state)
{
	static const char nul[] = "# fine\nsequence a\0 offset=1 width=4\n";

	write_bytes(nul, sizeof(nul) - 1);
	assert_string_equal(outcome(), "', line 2: has a NUL byte: this is no text");
}

static void bounds(void **state)
{
	static char text[CONFIG_MAX_BYTES + 1];
	size_t used = 0;

	memset(text, '#', sizeof(text));
	write_bytes(text, CONFIG_MAX_LINE);
	assert_string_equal(outcome(), "");
	write_bytes(text, CONFIG_MAX_LINE + 1);
	assert_string_equal(outcome(), "', line 1: longer than 1000 characters");
	memset(text, '\n', sizeof(text));
	write_bytes(text, CONFIG_MAX_BYTES);
	assert_string_equal(outcome(), "");
	write_bytes(text, CONFIG_MAX_BYTES + 1);
	assert_string_equal(outcome(), "': it is larger than 65536 bytes");
	for (int i = 0; i <= CONFIG_MAX_SEQUENCES; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "sequence n%d offset=1 width=4\n", i);
	write_bytes(text, used);
	assert_string_equal(outcome(), "', line 65: more than 64 sequences");
}

/* Any bytes are sequences or an error. */
static void any_bytes(void **state)
{
	static const char alphabet[] = "sequence a=\n# 0x1:\\\0\377";
	uint64_t seed = 7;
	char bytes[300];

	for (int round = 0; round < 300; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			bytes[i] = alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
		}
		write_bytes(bytes, sizeof(bytes));
		outcome();
	}
}

static void what_is_no_file(void **state)
{
	struct field_list list = { 0 };
	struct error error;
	char fifo[64];

	assert_int_equal(config_read(&list, "none", &error), 0);
	assert_int_equal(config_read(&list, "", &error), 0);
	assert_int_equal(config_read(&list, directory, &error), -1);
	assert_non_null(strstr(error.text, "it is not a regular file"));
	snprintf(fifo, sizeof(fifo), "%s/fifo", directory);
	assert_int_equal(config_read(&list, fifo, &error), -1);
	assert_non_null(strstr(error.text, "fifo': No such file or directory"));
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(config_read(&list, fifo, &error), -1);
	assert_non_null(strstr(error.text, "it is not a regular file"));
	unlink(fifo);
	assert_int_equal(list.count, 0);
}

static const struct {
	const char *word, *complaint; /* NULL: taken */
} words[] = {
	{ "a", NULL },
	{ "offset=1 width=4", NULL },
	{ "name=b offset=1 width=4", NULL },
	{ "b", "sequence 'b': there is none of that name: see 'pktlint list profiles', or describe "
	       "it, as 'offset=14 width=4'" },
	{ "name=a offset=1 width=4",
		"sequence 'name=a offset=1 width=4': there is a sequence 'a' already" },
	{ "offset=1 width=0", "sequence 'offset=1 width=0': 'width=0' is not a number from 1 to 8 "
			      "(word 2)" },
};

static void words_are_taken(void **state)
{
	static const char line[] = "sequence a offset=1 width=4\n";

	write_bytes(line, sizeof(line) - 1);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *word = words[i].word;
		struct word_list given = { .words = &word, .count = 1 };
		struct field_list list = { 0 };
		struct error error = { "" };
		int status;

		assert_int_equal(config_read(&list, path, &error), 0);
		status = config_add_words(&list, &given, &error);
		assert_int_equal(status, words[i].complaint ? -1 : 0);
		assert_string_equal(error.text, words[i].complaint ? words[i].complaint : "");
		assert_int_equal(list.count, status == 0 && strchr(word, '=') ? 2 : 1);
		free(list.fields);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(bytes_that_are_no_text),
		cmocka_unit_test(bounds),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(what_is_no_file),
		cmocka_unit_test(words_are_taken),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
