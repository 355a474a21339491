/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands that write to a file of each queue: how many they are, that none is left out, and that
 * what takes them back holds what stood there.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_parts.h"

#define MANY 64

/* Files of `count` queues; what stands there and what is written is alike in all, or the number. */
struct row {
	size_t count;
	bool whole, alike_before, alike;
	size_t commands;
	const char *line, *undo, *read, *wanted; /* of the first command */
};

static const char *const numbers[] = { "0", "1", "2", "3", "4", "5", "6", "7" };

static void write_row(const struct row *row, struct finding *finding)
{
	struct audit_file files[MANY] = { 0 };
	struct audit_file_set set = { .head = "/s/rx-", .tail = "/rps", .shown = "/rps" };

	set.whole = row->whole;
	set.files = files;
	set.count = row->count;
	for (size_t i = 0; i < row->count; i++) {
		files[i].number = (unsigned)i;
		files[i].before = row->alike_before ? "ff" : numbers[i % 8];
		snprintf(files[i].value, sizeof(files[i].value), "%s",
			row->alike ? "1" : numbers[7 - i % 8]);
	}
	*finding = (struct finding){ 0 };
	audit_write_files(finding, &set);
}

static void commands_of_sets(void **state)
{
	static const struct row rows[] = {
		{ 1, true, true, true, 1, "echo 1 > /s/rx-0/rps", "echo ff > /s/rx-0/rps",
			"cat /s/rx-0/rps", "1" },
		{ 2, true, false, true, 2, "echo 1 > /s/rx-0/rps", "echo 0 > /s/rx-0/rps",
			"cat /s/rx-0/rps", "1" },
		{ 3, true, true, true, 1, "for f in /s/rx-*/rps; do echo 1 > \"$f\"; done",
			"for f in /s/rx-*/rps; do echo ff > \"$f\"; done", "sort -u /s/rx-*/rps",
			"1" },
		{ MANY, true, true, true, 1, "for f in /s/rx-*/rps; do echo 1 > \"$f\"; done",
			"for f in /s/rx-*/rps; do echo ff > \"$f\"; done", "sort -u /s/rx-*/rps",
			"1" },
		{ 4, true, false, true, 1, "for f in /s/rx-*/rps; do echo 1 > \"$f\"; done",
			"for n in 0:0 1:1 2:2 3:3; do echo ${n#*:} > /s/rx-${n%:*}/rps; done",
			"sort -u /s/rx-*/rps", "1" },
		{ 3, false, true, true, 1, "for n in 0 1 2; do echo 1 > /s/rx-$n/rps; done",
			"for n in 0 1 2; do echo ff > /s/rx-$n/rps; done",
			"for n in 0 1 2; do cat /s/rx-$n/rps; done", "" },
		{ 3, true, true, false, 1,
			"for n in 0:7 1:6 2:5; do echo ${n#*:} > /s/rx-${n%:*}/rps; done",
			"for n in 0 1 2; do echo ff > /s/rx-$n/rps; done",
			"for n in 0 1 2; do cat /s/rx-$n/rps; done", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct finding finding;

		write_row(&rows[i], &finding);
		assert_int_equal(finding.command_count, rows[i].commands);
		assert_string_equal(finding.commands[0].line, rows[i].line);
		assert_string_equal(finding.commands[0].undo, rows[i].undo);
		assert_string_equal(finding.commands[0].read, rows[i].read);
		assert_string_equal(finding.commands[0].wanted, rows[i].wanted);
		assert_int_equal(finding.commands[0].risk, RISK_HOT);
	}
}

/* What does not fit one command is said by several, none of them cut. */
static void many_files_with_values_of_their_own(void **state)
{
	const struct row row = { MANY, true, false, false, 0, "", "", "", "" };
	struct finding finding;
	size_t pairs = 0, ends = 0;

	write_row(&row, &finding);
	assert_true(finding.command_count > 1 && finding.command_count < FINDING_MAX_COMMANDS);
	for (size_t i = 0; i < finding.command_count; i++) {
		for (const char *at = finding.commands[i].line; (at = strchr(at, ':')); at++)
			pairs += at[-1] >= '0' && at[-1] <= '9';
		ends += strstr(finding.commands[i].line, "; done") &&
			strstr(finding.commands[i].undo, "; done") &&
			strstr(finding.commands[i].read, "; done");
	}
	assert_int_equal(pairs, MANY);
	assert_int_equal(ends, finding.command_count);
}

/* What is no number, mask or list, or is not known, goes into no command. */
static void what_stands_there_is_not_trusted(void **state)
{
	static const char *const hostile[] = { NULL, "", "$(x)", "1;x", "1\n2" };

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		struct audit_file files[3] = {
			{ 0, "1", "1" },
			{ 1, "1", hostile[i] },
			{ 2, "1", "1" },
		};
		struct audit_file_set set = { .head = "/s/rx-",
			.tail = "/rps",
			.shown = "/rps",
			.whole = true,
			.files = files,
			.count = 3 };
		struct finding finding = { 0 };

		audit_write_files(&finding, &set);
		assert_int_equal(finding.command_count, 1);
		assert_string_equal(finding.commands[0].undo, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_of_sets),
		cmocka_unit_test(many_files_with_values_of_their_own),
		cmocka_unit_test(what_stands_there_is_not_trusted),
	};

	return cmocka_run_group_tests_name("audit_write", tests, NULL, NULL);
}
