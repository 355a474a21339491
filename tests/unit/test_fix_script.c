/* SPDX-License-Identifier: BSD-2-Clause */
/* The script of what is advised: the whole of it, and what a shell does when it is run. */
#include "report/fix_script.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/fixed_host.h"
#include "tests/unit/golden.h"

static char *script_of(const struct report *report)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(fix_script_write(out, report, "0"), 0);
	fclose(out);
	return text;
}

static void everything(void **state)
{
	struct report *report = audit_report();
	char *text = script_of(report);

	assert_golden("audit-fix.txt", text);
	free(text);
	report_free(report);
}

/* A directory with the script and with files that its commands write to. */
struct place {
	char directory[64];
	struct report *report;
	struct finding *finding;
};

static void path_of(const struct place *place, const char *name, char *path)
{
	assert_true(snprintf(path, 128, "%s/%s", place->directory, name) < 128);
}

static void put(const struct place *place, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	path_of(place, name, path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_file(const struct place *place, const char *name, const char *expected)
{
	char path[128], text[16384] = "";
	FILE *file;

	path_of(place, name, path);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	if (!strstr(text, expected) || (!*expected && *text))
		fail_msg("'%s' is not in '%s'", expected, text);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	strcpy(place->directory, "/tmp/pktlint-fix.XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	place->report = report_new("audit");
	place->finding = report_add_finding(place->report, FINDING_PL1001);
	put(place, "a", "0\n");
	put(place, "b", "0\n");
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "a", "b", "it's $HOME", "script", "out" };
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[128];

		path_of(place, names[i], path);
		unlink(path);
	}
	rmdir(place->directory);
	report_free(place->report);
	free(place);
	return 0;
}

/* Advises to write `value` to a file, whose name may be quoted for a shell. */
static void advise(struct place *place, enum command_risk risk, const char *value, const char *word)
{
	struct finding_command *command = finding_command(
		place->finding, risk, "echo %s > %s/%s", value, place->directory, word);

	snprintf(command->undo, sizeof(command->undo), "echo 0 > %s/%s", place->directory, word);
	snprintf(command->read, sizeof(command->read), "cat %s/%s", place->directory, word);
	snprintf(command->wanted, sizeof(command->wanted), "%s", value);
}

/* Runs the script with a word; returns its status, and leaves what it says in "out". */
static int run(const struct place *place, const char *word)
{
	char *text = script_of(place->report), command[512];
	int status;

	put(place, "script", text);
	free(text);
	snprintf(command, sizeof(command), "cd %s && sh -u ./script %s >out 2>&1", place->directory,
		word);
	status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void done_and_undone(void **state)
{
	struct place *place = *state;

	put(place, "it's $HOME", "0\n");
	advise(place, RISK_HOT, "00,00000003", "a");
	advise(place, RISK_HOT, "1", "'it'\\''s $HOME'");
	advise(place, RISK_BLIP, "5", "b");
	assert_int_equal(run(place, ""), 0);
	assert_file(place, "a", "3\n");
	assert_file(place, "it's $HOME", "1\n");
	assert_file(place, "b", "0\n");
	assert_file(place, "out", "done: echo 00,00000003 > ");
	assert_int_equal(run(place, "undo"), 0);
	assert_file(place, "a", "0\n");
	assert_file(place, "it's $HOME", "0\n");
	assert_file(place, "out", "done: echo 0 > ");
}

/* The last one is taken back first: what stood there before both holds. */
static void undone_in_reverse(void **state)
{
	struct place *place = *state;

	strcpy(finding_command(place->finding, RISK_HOT, "true")->undo, "echo first >> b");
	strcpy(finding_command(place->finding, RISK_HOT, "true ")->undo, "echo second >> b");
	assert_int_equal(run(place, "undo"), 0);
	assert_file(place, "b", "0\nsecond\nfirst\n");
}

static void what_does_not_take(void **state)
{
	struct place *place = *state;

	advise(place, RISK_HOT, "3", "a");
	strcpy(place->finding->commands[0].line, "echo 3 > a");
	strcpy(place->finding->commands[0].read, "cat a");
	strcpy(finding_command(place->finding, RISK_HOT, "false")->read, "cat b");
	assert_int_equal(run(place, ""), 1);
	assert_file(place, "out", "FAILED: false");
	assert_file(place, "a", "3\n");
}

static void what_reads_otherwise(void **state)
{
	struct place *place = *state;
	struct finding_command *command = finding_command(
		place->finding, RISK_HOT, "echo 3 > /dev/null");

	strcpy(command->read, "cat /dev/null");
	strcpy(command->wanted, "3");
	assert_int_equal(run(place, ""), 1);
	assert_file(place, "out", "DID NOT TAKE: echo 3 > /dev/null: it reads ''");
}

/* Without a value to expect, what reads as before is said to. */
static void what_changes_nothing(void **state)
{
	struct place *place = *state;

	strcpy(finding_command(place->finding, RISK_HOT, "true")->read, "cat a");
	assert_int_equal(run(place, ""), 0);
	assert_file(place, "out", "UNCHANGED: true");
}

/* Of two that contradict each other the first holds, and what stands there twice is done once. */
static void contradictions(void **state)
{
	struct place *place = *state;

	advise(place, RISK_HOT, "1", "a");
	advise(place, RISK_HOT, "2", "a");
	advise(place, RISK_HOT, "1", "a");
	assert_int_equal(run(place, ""), 0);
	assert_file(place, "a", "1\n");
	assert_file(place, "script", "a line above writes something else there: choose one");
	assert_file(place, "script", "stands above");
}

/* A loop is read back by what all files have, and contradicts one that writes to one of them. */
static void loops(void **state)
{
	static const struct {
		const char *first, *second;
		bool contradict;
	} rows[] = {
		{ "for f in r-*/m; do echo 1 > \"$f\"; done", "echo 2 > r-0/m", true },
		{ "for f in r-*/m; do echo 1 > \"$f\"; done", "echo 2 > r-0/n", false },
		{ "for f in r-*/m; do echo 1 > \"$f\"; done", "echo 2 > s-0/m", false },
		{ "for f in r-*/m; do echo 1 > \"$f\"; done",
			"for f in r-*/m; do echo 2 > \"$f\"; done", true },
		{ "for f in r-*/m; do echo 1 > \"$f\"; done",
			"for f in s-*/m; do echo 2 > \"$f\"; done", false },
		{ "for n in 1 2; do echo 1 > r-$n/m; done", "echo 2 > r-2/m", true },
		{ "for n in 1 2; do echo 1 > r-$n/m; done", "echo 2 > r-22/m", false },
		{ "for n in 1 2; do echo 1 > r-$n/m; done",
			"for n in 3:1 2:4; do echo ${n#*:} > r-${n%:*}/m; done", true },
		{ "for n in 1:1 2:4; do echo ${n#*:} > r-${n%:*}/m; done",
			"for n in 3 4; do echo 1 > r-$n/m; done", false },
		{ "for n in 1:1 2:4; do echo ${n#*:} > r-${n%:*}/m; done",
			"for f in r-*/m; do echo 1 > \"$f\"; done", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct place *place = *state;
		char *text;

		place->finding->command_count = 0;
		finding_command(place->finding, RISK_HOT, "%s", rows[i].first);
		finding_command(place->finding, RISK_HOT, "%s", rows[i].second);
		text = script_of(place->report);
		if ((strstr(text, "choose one") != NULL) != rows[i].contradict)
			fail_msg("row %zu: %s | %s", i, rows[i].first, rows[i].second);
		free(text);
	}
}

static void a_loop_is_read_back(void **state)
{
	struct place *place = *state;
	struct finding_command *command = finding_command(place->finding, RISK_HOT, "true");

	snprintf(command->line, sizeof(command->line), "for f in %s/*a; do echo 5 > \"$f\"; done",
		place->directory);
	snprintf(command->read, sizeof(command->read), "sort -u %s/*a", place->directory);
	strcpy(command->wanted, "5");
	assert_int_equal(run(place, ""), 0);
	assert_file(place, "a", "5\n");
	assert_file(place, "out", "done: for f in ");
	strcpy(command->line, "for f in /dev/nul*l; do echo 5 > \"$f\"; done");
	strcpy(command->read, "sort -u /dev/nul*l");
	assert_int_equal(run(place, ""), 1);
	assert_file(place, "out", "DID NOT TAKE: for f in ");
}

/* Taking back says what it cannot. */
static void what_has_no_undo(void **state)
{
	struct place *place = *state;

	finding_command(place->finding, RISK_HOT, "true");
	assert_int_equal(run(place, "undo"), 1);
	assert_file(place, "out", "NOT TAKEN BACK, its undo is not known: true");
}

/* What refuses, looks or is not to be seen is no live line, whatever it holds. */
static void nothing_live(void **state)
{
	struct place *place = *state;

	advise(place, RISK_CUTS_YOU, "1", "a");
	finding_command(place->finding, RISK_NONE, "echo 1 > b");
	finding_command(place->finding, RISK_HOT, "true\necho 1 > b");
	finding_command(place->finding, RISK_BLIP, "true\recho 1 > b");
	strcpy(finding_command(place->finding, RISK_HOT, "true")->undo, "true\necho 1 > b");
	snprintf(place->finding->subject, sizeof(place->finding->subject), "x\necho 1 > b");
	snprintf(place->finding->cost, sizeof(place->finding->cost), "x\n\necho 1 > b");
	assert_int_equal(run(place, ""), 0);
	assert_int_equal(run(place, "undo"), 0);
	assert_file(place, "out", "");
	assert_file(place, "a", "0\n");
	assert_file(place, "b", "0\n");
	assert_file(place, "script", "refused: would cut off the login");
	assert_file(place, "script", "left out: a command with bytes that cannot be shown");
}

/* A name may hold what an echo obeys: a terminal is not to see that, nor is a line to end there. */
static void backslashes(void **state)
{
	struct place *place = *state;
	struct finding_command *command = finding_command(
		place->finding, RISK_HOT, "true '\\033[2J\\c'");

	strcpy(command->undo, "true '\\033[3J\\c'");
	command = finding_command(place->finding, RISK_HOT, "false '\\033[4J\\c'");
	strcpy(command->read, "cat a");
	strcpy(command->undo, "true '\\033[5J\\c'");
	assert_int_equal(run(place, ""), 1);
	assert_file(place, "out", "done: true '\\033[2J\\c'\nFAILED: false '\\033[4J\\c'\n");
	assert_int_equal(run(place, "undo"), 0);
	assert_file(place, "out", "done: true '\\033[5J\\c'\ndone: true '\\033[3J\\c'\n");
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		IN_PLACE(done_and_undone),
		IN_PLACE(undone_in_reverse),
		IN_PLACE(what_does_not_take),
		IN_PLACE(what_reads_otherwise),
		IN_PLACE(what_changes_nothing),
		IN_PLACE(contradictions),
		IN_PLACE(loops),
		IN_PLACE(a_loop_is_read_back),
		IN_PLACE(what_has_no_undo),
		IN_PLACE(nothing_live),
		IN_PLACE(backslashes),
	};

	return cmocka_run_group_tests_name("fix_script", tests, NULL, NULL);
}
