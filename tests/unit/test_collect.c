/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that are read for a snapshot: whatever they are, a value or a reason, and no waiting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/collect.h"
#include "host/collect_parts.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static char directory[] = "/tmp/pktlint-collect-XXXXXX";

static int make_directory(void **state)
{
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	static const char *const names[] = { "file", "pipe", "secret", "rx-0", "rx-1", "tx-0" };
	char path[64];

	for (size_t i = 0; i < LENGTH(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

/* Writes a file of the directory; returns its path, until the next call. */
static const char *write_file(const char *name, const void *bytes, size_t length, mode_t mode)
{
	static char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static const struct {
	const char *bytes, *text;
} files[] = {
	{ "", "" },
	{ "\n", "" },
	{ "1\n", "1" },
	{ "1", "1" },
	{ "1\n\n", "1 " },
	{ "4096\t131072\t6291456\n", "4096\t131072\t6291456" },
	{ "a\nb\n", "a b" },
	{ "\x1b[31m\x7f\xc3\xbc\r\n", "?[31m????" },
};

static void test_texts(void **state)
{
	for (size_t i = 0; i < LENGTH(files); i++) {
		const char *path = write_file("file", files[i].bytes, strlen(files[i].bytes), 0600);
		char text[64];

		assert_int_equal(collect_read(path, text, sizeof(text)), VALUE_PRESENT);
		assert_string_equal(text, files[i].text);
	}
}

/* A longer file is cut, one with a NUL ends there, and nothing is written beyond the text. */
static void test_long(void **state)
{
	char bytes[3000], text[2001];
	const char *path;

	memset(bytes, 'x', sizeof(bytes));
	path = write_file("file", bytes, sizeof(bytes), 0600);
	text[2000] = 'y';
	assert_int_equal(collect_read(path, text, 2000), VALUE_PRESENT);
	assert_int_equal(strlen(text), 1999);
	assert_int_equal(text[2000], 'y');
	bytes[5] = '\0';
	path = write_file("file", bytes, sizeof(bytes), 0600);
	assert_int_equal(collect_read(path, text, 2000), VALUE_PRESENT);
	assert_int_equal(strnlen(text, 2000), 1999);
}

static void test_reasons(void **state)
{
	const char *path = write_file("secret", "1\n", 2, 0);
	char text[16], pipe[64];

	if (geteuid() != 0)
		assert_int_equal(collect_read(path, text, sizeof(text)), VALUE_DENIED);
	snprintf(pipe, sizeof(pipe), "%s/pipe", directory);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_int_equal(collect_read(pipe, text, sizeof(text)), VALUE_FAILED);
	assert_int_equal(collect_read("/dev/zero", text, sizeof(text)), VALUE_FAILED);
	assert_int_equal(collect_read(directory, text, sizeof(text)), VALUE_FAILED);
	assert_int_equal(collect_read("/no/such/file", text, sizeof(text)), VALUE_ABSENT);
	assert_int_equal(collect_read("/dev/null/file", text, sizeof(text)), VALUE_ABSENT);
	assert_string_equal(text, "");
}

static void test_names(void **state)
{
	size_t count;
	char **names;

	write_file("tx-0", "", 0, 0600);
	write_file("rx-1", "", 0, 0600);
	write_file("rx-0", "", 0, 0600);
	names = collect_names(directory, "rx-", &count);
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "rx-0");
	assert_string_equal(names[1], "rx-1");
	collect_free_names(names, count);
	assert_null(collect_names("/no/such/directory", "", &count));
	assert_int_equal(count, 0);
	collect_free_names(NULL, 0);
}

/* Of the machine that the test runs on, whichever that is. */
static void test_this_machine(void **state)
{
	static const char *const always[] = { "pktlint namespace", "pktlint privileged",
		"/proc/sys/kernel/osrelease", "/proc/sys/net/core/netdev_max_backlog",
		"/sys/devices/system/cpu/online", "/sys/class/net/lo/mtu" };
	struct snapshot *snapshot = collect_snapshot();
	const struct snapshot_value *value;
	size_t count = snapshot_below(snapshot, "", &value);

	for (size_t i = 0; i < LENGTH(always); i++) {
		if (!snapshot_find(snapshot, always[i]))
			fail_msg("no '%s'", always[i]);
	}
	for (; count > 0; count--, value++) {
		for (const char *at = value->text; *at; at++)
			assert_true(*at == '\t' || (*at >= ' ' && *at < 0x7f));
		if (value->state != VALUE_PRESENT)
			assert_string_equal(value->text, "");
	}
	assert_true(snapshot_taken_ns(snapshot) > 0);
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_this_machine),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
