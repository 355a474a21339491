/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_COMMAND_H
#define PKTLINT_CMD_COMMAND_H

/* A command of the program: a constant descriptor, one line of commands.def. */
struct command {
	const char *name;
	const char *summary; /* one line, for --help */
	/* Runs it with argv[0] = its name; returns the exit status (enum report_status). */
	int (*run)(int argc, char **argv);
};

#define COMMAND(name, summary) int command_##name(int argc, char **argv);
#include "cmd/commands.def"
#undef COMMAND

/* All commands in the order of commands.def; NULL name terminates. */
extern const struct command commands[];

/* Finds a command by its name; NULL if there is none. */
const struct command *command_find(const char *name);

/* Returns the command whose name is nearest to `name`, or NULL if none is similar. */
const struct command *command_nearest(const char *name);

/*
 * Prints "pktlint: " and the formatted line on standard error, escaped: it may hold names of files
 * and whatever they are made of.
 */
void command_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As command_tell(), for what went wrong.  Returns 2, STATUS_UNABLE. */
int command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Flushes standard output.  Returns `status`, or 2 with a line on standard error if something of
 * the output could not be written.
 */
int command_end(int status);

#endif
