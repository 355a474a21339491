/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands and what each one needs: look-up, complaints, the end of the output. */
#include "cmd/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "report/escape.h"
#include "report/escape.h"
#include "report/report.h"

const struct command commands[] = {
#define COMMAND(name, summary) { #name, summary, command_##name },
#include "cmd/commands.def"
#undef COMMAND
	{ 0 },
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

/* Levenshtein distance with one row of the matrix; words longer than the row are "far". */
static size_t distance(const char *a, const char *b)
{
	size_t row[32];
	size_t length = strlen(b);

	if (length >= sizeof(row) / sizeof(row[0]))
		return length;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[length];
}

const struct command *command_nearest(const char *name)
{
	const struct command *nearest = NULL;
	size_t least = strlen(name) / 2 + 1; /* fewer than half of the letters may differ */

	for (const struct command *c = commands; c->name; c++) {
		size_t d = distance(name, c->name);

		if (d < least) {
			least = d;
			nearest = c;
		}
	}
	return nearest;
}

static void tell(const char *format, va_list arguments)
{
	char text[2048], escaped[4096];

	vsnprintf(text, sizeof(text), format, arguments);
	escape_text(escaped, sizeof(escaped), text);
	fprintf(stderr, "pktlint: %s\n", escaped);
}

void command_tell(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(format, arguments);
	va_end(arguments);
}

int command_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(format, arguments);
	va_end(arguments);
	return STATUS_UNABLE;
}

int command_end(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return command_fail("cannot write to standard output: %s", strerror(errno));
}
