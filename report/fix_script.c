/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How would one do all that a report advises? As a shell script to read before it is run: a line a
 * command, with its undo, how to read it back and what should be read then, so that who makes a
 * comment live again has all of it.  The shell is that of POSIX.1-2017, XCU 2.
 */
#include "report/fix_script.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/draft.h"
#include "report/escape.h"
#include "report/units.h"

static const char head[] =
	"# Read it before you run it.  Lines that interrupt nothing are live; all others are\n"
	"# comments, with the reason.\n"
	"#\n"
	"#   sh FILE          does it, and reads back whether it took\n"
	"#   sh FILE undo     takes back what is live, the last first\n"
	"# shellcheck disable=SC2016,SC2317 # names are as they are, and all may be comments\n"
	"set -u\n"
	"\n"
	"mode=${1:-do}\n"
	"case $mode in\n"
	"do | undo) ;;\n"
	"*)\n"
	"\techo \"usage: sh $0 [undo]\" >&2\n"
	"\texit 2\n"
	"\t;;\n"
	"esac\n"
	"failed=0\n"
	"undos=\n"
	"\n"
	"# plain: masks and numbers without commas and leading zeros, to compare them\n"
	"plain() {\n"
	"\techo \"$1\" | tr -d , | sed 's/^0*\\(.\\)/\\1/'\n"
	"}\n"
	"\n"
	"# step COMMAND UNDO READ WANTED: READ shows what COMMAND changed, WANTED if known\n"
	"step() {\n"
	"\tif [ \"$mode\" = undo ]; then\n"
	"\t\t[ -z \"$2\" ] || undos=\"$2\n"
	"$undos\"\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tbefore=$(eval \"${3:-:}\" 2>&1)\n"
	"\tif ! (eval \"$1\"); then\n"
	"\t\techo \"FAILED: $1\"\n"
	"\t\tfailed=1\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tafter=$(eval \"${3:-:}\" 2>&1)\n"
	"\tif [ -n \"$4\" ] && [ \"$(plain \"$after\")\" != \"$(plain \"$4\")\" ]; then\n"
	"\t\techo \"DID NOT TAKE: $1: it reads '$after'\"\n"
	"\t\tfailed=1\n"
	"\telif [ -z \"$4\" ] && [ -n \"$3\" ] && [ \"$after\" = \"$before\" ]; then\n"
	"\t\techo \"UNCHANGED: $1: it was so before, or it did not take\"\n"
	"\telse\n"
	"\t\techo \"done: $1\"\n"
	"\tfi\n"
	"}\n";

static const char tail[] = "\n"
			   "[ -z \"$undos\" ] || while read -r undo; do\n"
			   "\t[ -n \"$undo\" ] || continue\n"
			   "\tif (eval \"$undo\") </dev/null; then\n"
			   "\t\techo \"done: $undo\"\n"
			   "\telse\n"
			   "\t\techo \"FAILED: $undo\"\n"
			   "\t\tfailed=1\n"
			   "\tfi\n"
			   "done <<END\n"
			   "$undos\n"
			   "END\n"
			   "exit $failed\n";

/* Whether everything in it can be seen: else what a person reads is not what the shell does. */
static bool is_plain(const char *text)
{
	char *safe = escape_copy(text);
	bool plain = strcmp(safe, text) == 0 && !strchr(text, '\n');

	free(safe);
	return plain;
}

/* A blank and one word of the shell. */
static void put_word(FILE *out, const char *text)
{
	fputs(" '", out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			putc(*text, out);
	}
	putc('\'', out);
}

/* A comment in lines of at most 100 columns. */
static void put_comment(FILE *out, const char *text)
{
	const struct layout layout = layout_make(out, LAYOUT_MAX_COLUMNS, false);
	struct draft draft;
	FILE *stream = *text ? draft_open(&draft) : NULL;
	struct layout inner;

	if (!stream)
		return;
	inner = layout;
	inner.out = stream;
	inner.columns = LAYOUT_MAX_COLUMNS - 2;
	layout_text(&inner, "", 0, text);
	fclose(stream);
	for (const char *line = draft.text; *line; line += strcspn(line, "\n") + 1)
		fprintf(out, "# %.*s\n", (int)strcspn(line, "\n"), line);
	free(draft.text);
}

/* What follows `start` in a text that begins so, else NULL. */
static const char *behind(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0 ? text + strlen(start) : NULL;
}

/*
 * What reading back shows if the command took: of "echo VALUE > FILE" and "cat FILE", and of
 * "sysctl -w NAME=VALUE" and "sysctl NAME"; "" of others.
 */
static void find_wanted(const struct finding_command *command, char *wanted, size_t size)
{
	const char *value = behind(command->line, "echo "), *file = behind(command->read, "cat ");
	const char *change = behind(command->line, "sysctl -w ");
	const char *name = behind(command->read, "sysctl ");

	*wanted = '\0';
	if (value && file) {
		size_t length = strcspn(value, " ");
		const char *target = behind(value + length, " > ");

		if (target && strcmp(target, file) == 0)
			snprintf(wanted, size, "%.*s", (int)length, value);
	} else if (change && name && behind(change, name) && change[strlen(name)] == '=') {
		snprintf(wanted, size, "%s = %s", name, change + strlen(name) + 1);
	}
}

/* A command of the report; findings are in its order, and commands in that of their finding. */
struct place {
	const struct report *report;
	size_t finding, command;
};

static const struct finding_command *at(const struct place *place)
{
	return &place->report->findings[place->finding].commands[place->command];
}

/* Whether they write to one file, each something else. */
static bool contradicts(const struct finding_command *a, const struct finding_command *b)
{
	const char *file = strstr(a->line, " > "), *other = strstr(b->line, " > ");

	return file && other && strcmp(file, other) == 0 && strcmp(a->line, b->line) != 0;
}

/* Why a command is no live line, NULL if it is one. */
static const char *objection(const struct place *place)
{
	static const char *const risks[] = {
		[RISK_NONE] = "only looks",
		[RISK_BLIP] = "resets queues or the link for a moment",
		[RISK_CUTS_YOU] = "refused: would cut off the login this was written from",
	};
	const struct finding_command *command = at(place);

	if (command->risk != RISK_HOT)
		return risks[command->risk];
	for (size_t i = 0; i <= place->finding; i++) {
		const struct finding *finding = &place->report->findings[i];
		size_t end = i < place->finding ? finding->command_count : place->command;

		for (size_t k = 0; k < end; k++) {
			if (strcmp(finding->commands[k].line, command->line) == 0)
				return "stands above";
			if (finding->commands[k].risk == RISK_HOT &&
				contradicts(&finding->commands[k], command))
				return "a line above writes something else there: choose one";
		}
	}
	return NULL;
}

static void put_step(FILE *out, const struct place *place)
{
	const struct finding_command *command = at(place);
	const char *why = objection(place);
	char wanted[sizeof(command->line)];

	if (!is_plain(command->line) || !is_plain(command->undo) || !is_plain(command->read)) {
		fputs("# left out: a command with bytes that cannot be shown\n", out);
		return;
	}
	if (why)
		fprintf(out, "# [%s] %s:\n# ", command_risk_name(command->risk), why);
	if (command->risk == RISK_NONE) {
		fprintf(out, "%s\n", command->line);
		return;
	}
	find_wanted(command, wanted, sizeof(wanted));
	fputs("step", out);
	put_word(out, command->line);
	put_word(out, command->undo);
	put_word(out, command->read);
	put_word(out, wanted);
	putc('\n', out);
}

static void put_finding(FILE *out, const struct report *report, size_t index)
{
	const struct finding *finding = &report->findings[index];
	const struct finding_page *page = finding_page(finding->id);
	char text[2 * FINDING_TEXT];

	putc('\n', out);
	snprintf(text, sizeof(text), "%s %s, %s, %s: %s", page->id, page->slug,
		severity_name(finding->severity), finding->subject, finding->what);
	put_comment(out, text);
	if (*finding->cost) {
		snprintf(text, sizeof(text), "cost: %s", finding->cost);
		put_comment(out, text);
	}
	if (*finding->lasting) {
		snprintf(text, sizeof(text), "to last: %s", finding->lasting);
		put_comment(out, text);
	}
	for (size_t i = 0; i < finding->command_count; i++)
		put_step(out, &(struct place){ report, index, i });
}

int fix_script_write(FILE *out, const struct report *report, const char *version)
{
	bool any = false;

	fprintf(out, "#!/bin/sh\n# What pktlint %s advises", version);
	if (report->host.taken_ns > 0)
		fprintf(out, " for a machine as it was at %.19sZ",
			units_time(report->host.taken_ns).text);
	fprintf(out, ".\n%s", head);
	for (size_t i = 0; i < report->finding_count; i++) {
		if (report->findings[i].command_count == 0)
			continue;
		put_finding(out, report, i);
		any = true;
	}
	if (!any)
		fputs("\n# There is nothing to do.\n", out);
	fputs(tail, out);
	return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}
