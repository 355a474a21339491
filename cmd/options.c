/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a command's tables of options to getopt_long(3) and to --help, so that neither can know an
 * option that the other does not.
 */
#include "cmd/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "report/report.h"

#define MAX_OPTIONS 64
#define HELP_COLUMN 28
#define HELP_WIDTH 96

/* getopt_long() returns FIRST_KEY + place of the row among all rows, or the letter. */
#define FIRST_KEY 256

static const struct option_row own_rows[] = {
	{ .letter = 'h', .name = "help", .help = "print this help" },
	{ .name = "version", .help = "print the version" },
	{ 0 },
};

/* The rows of all groups in one array, as getopt_long() counts them. */
struct flat {
	const struct option_row *rows[MAX_OPTIONS];
	void *settings[MAX_OPTIONS];
	struct option options[MAX_OPTIONS + 1];
	char letters[2 * MAX_OPTIONS + 3];
	int count, names;
};

static void flatten_rows(struct flat *flat, const struct option_row *rows, void *settings)
{
	char *letter = flat->letters + strlen(flat->letters);

	for (; (rows->letter || rows->name) && flat->count < MAX_OPTIONS; rows++) {
		if (rows->name)
			flat->options[flat->names++] = (struct option){
				.name = rows->name,
				.has_arg = rows->argument ? required_argument : no_argument,
				.val = FIRST_KEY + flat->count,
			};
		flat->rows[flat->count] = rows;
		flat->settings[flat->count++] = settings;
		if (rows->letter) {
			*letter++ = rows->letter;
			if (rows->argument)
				*letter++ = ':';
		}
	}
	*letter = '\0';
}

static void flatten(struct flat *flat, const struct usage *usage)
{
	memset(flat, 0, sizeof(*flat));
	strcpy(flat->letters, usage->command ? ":" : "+:");
	for (size_t i = 0; i < usage->group_count; i++)
		flatten_rows(flat, usage->groups[i].rows, usage->groups[i].settings);
	flatten_rows(flat, own_rows, NULL);
}

/* The index of the row that getopt_long() means by `key`, or -1. */
static int flat_find(const struct flat *flat, int key)
{
	if (key >= FIRST_KEY)
		return key - FIRST_KEY;
	for (int i = 0; i < flat->count; i++)
		if (key && flat->rows[i]->letter == key)
			return i;
	return -1;
}

/* "--name" or "-x" as the user wrote it, without "=VALUE". */
static const char *written(const struct option_row *row, const char *word, char *text, size_t size)
{
	if (row->name && strncmp(word, "--", 2) == 0)
		snprintf(text, size, "--%s", row->name);
	else if (row->letter)
		snprintf(text, size, "-%c", row->letter);
	else
		snprintf(text, size, "--%s", row->name);
	return text;
}

static int complain(
	const struct usage *usage, const char *what, const char *option, const char *why)
{
	const char *command = usage->command;

	return command_fail("%s '%s'%s%s: try 'pktlint%s%s --help'", what, option, *why ? ": " : "",
		why, command ? " " : "", command ? command : "");
}

/* Names the word that getopt_long() refused with '?' or ':'. */
static int refuse(const struct usage *usage, const struct flat *flat, int answer, char **argv)
{
	char letter[] = { '-', (char)optopt, '\0' };
	const char *word = optopt > 0 && optopt < FIRST_KEY ? letter : argv[optind - 1];
	int row = flat_find(flat, optopt);
	char why[64];

	if (answer == ':' && row >= 0) {
		snprintf(why, sizeof(why), "needs %s", flat->rows[row]->argument);
		return complain(usage, "option", word, why);
	}
	if (row >= 0)
		return complain(usage, "option", word, "takes no value");
	return complain(usage, "unknown option", word, "");
}

int options_parse(const struct usage *usage, int argc, char **argv)
{
	struct flat flat;
	struct error error;
	char name[64];
	int key, row, word = 1;

	flatten(&flat, usage);
	optind = 0; /* glibc and musl: start over, also after the program's own options */
	opterr = 0;
	for (;;) {
		key = getopt_long(argc, argv, flat.letters, flat.options, NULL);
		if (key == -1)
			return -1;
		if (key == '?' || key == ':')
			return refuse(usage, &flat, key, argv);
		row = flat_find(&flat, key);
		if (flat.rows[row] == &own_rows[0]) {
			options_help(usage);
			return command_end(STATUS_OK);
		}
		if (flat.rows[row] == &own_rows[1]) {
			puts(PACKAGE_STRING);
			return command_end(STATUS_OK);
		}
		word = optind - 1 - (optarg && optarg == argv[optind - 1]);
		if (flat.rows[row]->take((char *)flat.settings[row] + flat.rows[row]->offset,
			    optarg, &error) < 0)
			return complain(usage, "option",
				written(flat.rows[row], argv[word], name, sizeof(name)),
				error.text);
	}
}

/* Prints `text` from column HELP_COLUMN on, broken between words. */
static void print_wrapped(const char *text, int column)
{
	const char *gap = "";

	if (column >= HELP_COLUMN) {
		putchar('\n');
		column = 0;
	}
	printf("%*s", HELP_COLUMN - column, "");
	column = HELP_COLUMN;
	while (*text) {
		int length = (int)strcspn(text, " ");

		if (*gap && column + 1 + length > HELP_WIDTH) {
			printf("\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
			gap = "";
		}
		column += printf("%s%.*s", gap, length, text);
		gap = " ";
		text += length + strspn(text + length, " ");
	}
	putchar('\n');
}

static void print_rows(const struct option_row *rows)
{
	for (; rows->letter || rows->name; rows++) {
		int column = 0;

		column += rows->letter ? printf("  -%c%s", rows->letter, rows->name ? ", " : "")
				       : printf("      ");
		if (rows->name)
			column += printf("--%s", rows->name);
		if (rows->argument)
			column += printf("%s%s", rows->name ? "=" : " ", rows->argument);
		print_wrapped(rows->help, column);
	}
}

void options_help(const struct usage *usage)
{
	const char *command = usage->command;

	printf("usage: pktlint%s%s %s\n\n%s\n", command ? " " : "", command ? command : "",
		usage->synopsis, usage->about);
	for (size_t i = 0; i < usage->group_count; i++) {
		if (usage->groups[i].title)
			printf("\n%s\n", usage->groups[i].title);
		print_rows(usage->groups[i].rows);
	}
	printf("%s", usage->group_count ? "\nHelp:\n" : "\n");
	print_rows(own_rows);
	if (usage->more)
		usage->more();
}
