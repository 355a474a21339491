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
	"# say: a line as it is, where an echo would obey what names have behind a backslash\n"
	"say() {\n"
	"\tprintf '%s\\n' \"$1\"\n"
	"}\n"
	"\n"
	"# plain: masks and numbers without commas and leading zeros, to compare them\n"
	"plain() {\n"
	"\tsay \"$1\" | tr -d , | sed 's/^0*\\(.\\)/\\1/'\n"
	"}\n"
	"\n"
	"# step COMMAND UNDO READ WANTED: READ shows what COMMAND changed, WANTED if known\n"
	"step() {\n"
	"\tif [ \"$mode\" = undo ]; then\n"
	"\t\tif [ -z \"$2\" ]; then\n"
	"\t\t\tsay \"NOT TAKEN BACK, its undo is not known: $1\"\n"
	"\t\t\tfailed=1\n"
	"\t\telse\n"
	"\t\t\tundos=\"$2\n"
	"$undos\"\n"
	"\t\tfi\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tbefore=$(eval \"${3:-:}\" 2>&1)\n"
	"\tif ! (eval \"$1\"); then\n"
	"\t\tsay \"FAILED: $1\"\n"
	"\t\tfailed=1\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tafter=$(eval \"${3:-:}\" 2>&1)\n"
	"\tif [ -n \"$4\" ] && [ \"$(plain \"$after\")\" != \"$(plain \"$4\")\" ]; then\n"
	"\t\tsay \"DID NOT TAKE: $1: it reads '$after'\"\n"
	"\t\tfailed=1\n"
	"\telif [ -z \"$4\" ] && [ -n \"$3\" ] && [ \"$after\" = \"$before\" ]; then\n"
	"\t\tsay \"UNCHANGED: $1: it was so before, or it did not take\"\n"
	"\telse\n"
	"\t\tsay \"done: $1\"\n"
	"\tfi\n"
	"}\n";

static const char tail[] = "\n"
			   "[ -z \"$undos\" ] || while read -r undo; do\n"
			   "\t[ -n \"$undo\" ] || continue\n"
			   "\tif (eval \"$undo\") </dev/null; then\n"
			   "\t\tsay \"done: $undo\"\n"
			   "\telse\n"
			   "\t\tsay \"FAILED: $undo\"\n"
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

/* What a command writes to files that differ in a number: HEAD, the number, TAIL. */
struct writing {
	char head[200], tail[200];
	char numbers[200]; /* as in a loop, " 0 1 2:3"; "*": all that are there; "": HEAD is all */
};

static bool take(char *to, const char *from, const char *end)
{
	size_t length = end ? (size_t)(end - from) : strlen(from);

	if (length >= sizeof(((struct writing *)NULL)->head))
		return false;
	memcpy(to, from, length);
	to[length] = '\0';
	return true;
}

/* "for f in HEAD*TAIL; do echo ..." or "for n in 0 1; do echo ... > HEAD$nTAIL; done". */
static bool read_loop(const char *line, const char *path, struct writing *writing)
{
	const char *list = line + strlen("for n in"), *end = strstr(list, "; do echo ");
	const char *mark = strstr(path, "$n"), *pair = strstr(path, "${n%:*}");

	if (!end)
		return false;
	if (strncmp(line, "for f in ", strlen("for f in ")) == 0) {
		list++;
		mark = strchr(list, '*');
		snprintf(writing->numbers, sizeof(writing->numbers), "*");
		return mark && mark < end && take(writing->head, list, mark) &&
		       take(writing->tail, mark + 1, end);
	}
	mark = pair ? pair : mark;
	return mark && take(writing->numbers, list, end) && take(writing->head, path, mark) &&
	       take(writing->tail, mark + strlen(pair ? "${n%:*}" : "$n"), strstr(mark, "; done"));
}

/* By "echo VALUE > FILE" or a loop of it; false: the command does anything else. */
static bool read_writing(const char *line, struct writing *writing)
{
	const char *value = strstr(line, "echo "), *path;

	*writing = (struct writing){ 0 };
	if (!value || (value != line && strncmp(line, "for ", strlen("for ")) != 0))
		return false;
	path = strstr(value, " > ");
	if (!path)
		return false;
	path += strlen(" > ");
	return value == line ? take(writing->head, path, NULL) : read_loop(line, path, writing);
}

/* Whether it writes to the file HEAD, `number` of `digits` digits, TAIL. */
static bool writes_to(const struct writing *writing, const struct writing *file, const char *number,
	size_t digits)
{
	char path[600], own[600];

	snprintf(path, sizeof(path), "%s%.*s%s", file->head, (int)digits, number, file->tail);
	if (!*writing->numbers)
		return strcmp(path, writing->head) == 0;
	if (*writing->numbers == '*') {
		const char *rest = path + strlen(writing->head);

		return strncmp(path, writing->head, strlen(writing->head)) == 0 &&
		       strcmp(rest + strspn(rest, "0123456789"), writing->tail) == 0;
	}
	for (const char *at = writing->numbers; (at = strchr(at, ' ')); at++) {
		snprintf(own, sizeof(own), "%s%.*s%s", writing->head,
			(int)strspn(at + 1, "0123456789"), at + 1, writing->tail);
		if (strcmp(path, own) == 0)
			return true;
	}
	return false;
}

/* Whether they write to one file, each something else. */
static bool contradicts(const struct finding_command *a, const struct finding_command *b)
{
	struct writing first, second;

	if (strcmp(a->line, b->line) == 0 || !read_writing(a->line, &first) ||
		!read_writing(b->line, &second))
		return false;
	if (*first.numbers == '*' && *second.numbers == '*')
		return strcmp(first.head, second.head) == 0 && strcmp(first.tail, second.tail) == 0;
	if (*first.numbers == '*')
		return contradicts(b, a);
	if (!*first.numbers)
		return writes_to(&second, &first, "", 0);
	for (const char *at = first.numbers; (at = strchr(at, ' ')); at++)
		if (writes_to(&second, &first, at + 1, strspn(at + 1, "0123456789")))
			return true;
	return false;
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

	if (!is_plain(command->line) || !is_plain(command->undo) || !is_plain(command->read) ||
		!is_plain(command->wanted)) {
		fputs("# left out: a command with bytes that cannot be shown\n", out);
		return;
	}
	if (why)
		fprintf(out, "# [%s] %s:\n# ", command_risk_name(command->risk), why);
	if (command->risk == RISK_NONE) {
		fprintf(out, "%s\n", command->line);
		return;
	}
	fputs("step", out);
	put_word(out, command->line);
	put_word(out, command->undo);
	put_word(out, command->read);
	put_word(out, command->wanted);
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
