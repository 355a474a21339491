/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_OPTIONS_H
#define PKTLINT_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* One option: what getopt_long(3) needs, what --help prints, and who takes the value. */
struct option_row {
	char letter;          /* 0: has none */
	const char *name;     /* long name, NULL: has none */
	const char *argument; /* its name in --help, NULL: takes none */
	const char *help;
	/* A reader of values.h, or one with the same contract. */
	int (*take)(void *target, const char *word, struct error *error);
	size_t offset; /* of the target in the group's settings */
};

/* A table of options, closed by a row without letter and name, and the struct that it fills. */
struct option_group {
	const char *title; /* above the group in --help; NULL: it goes on with the one before */
	const struct option_row *rows;
	void *settings;
};

/* What a command says of itself. */
struct usage {
	const char *command;  /* "check"; NULL: the program before its command */
	const char *synopsis; /* what follows the name: "[OPTION]... [FILTER]" */
	const char *about;    /* paragraph below the synopsis */
	const struct option_group *groups;
	size_t group_count;
	void (*more)(void); /* prints more of the help after the options, or NULL */
};

/*
 * Reads the options of argv (argv[0] is skipped) into the groups' settings.  Returns -1 to go on,
 * with `optind` at the first remaining argument; or the exit status to leave with: 0 after --help
 * (help on standard output) or --version, 2 after one line on standard error.  Options are found
 * behind other arguments too, but only before them if usage->command is NULL.
 */
int options_parse(const struct usage *usage, int argc, char **argv);

/* Prints what --help prints. */
void options_help(const struct usage *usage);

#endif
