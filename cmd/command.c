/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands and what each one needs: look-up, complaints, the end of the output. */
#include "cmd/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/spelling.h"
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

const struct command *command_nearest(const char *name)
{
	const char *nearest = spelling_nearest(name, commands, sizeof(commands[0]));

	return nearest ? command_find(nearest) : NULL;
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
