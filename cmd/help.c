/* SPDX-License-Identifier: BSD-2-Clause */
/* pktlint help [COMMAND]: the manual page through man(1), or --help where there is no manual. */
#include "cmd/help.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/command.h"
#include "report/report.h"

static void print_commands(void)
{
	puts("\nCommands (more: pktlint COMMAND --help, pktlint help COMMAND):");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-10s %s\n", c->name, c->summary);
	puts("\nExit status: 0 measured and fine, 1 a finding or a failed expectation,\n"
	     "2 wrong usage or could not run, 3 ran but cannot decide.");
}

const struct usage program_usage = {
	.synopsis = "COMMAND [OPTION]... [ARGUMENT]...",
	.about = "Says what happened to packets on their way: reordered, lost, sent again,\n"
		 "delivered twice, glued together; where, why, and how sure that is.",
	.more = print_commands,
};

/* Runs man(1) on a page of section 8 and waits; false if there is no man(1) or no such page. */
static bool manual_shown(char *page)
{
	char program[] = "man", section[] = "8";
	char *arguments[] = { program, section, page, NULL };
	posix_spawn_file_actions_t actions;
	int failed, status = -1;
	pid_t child;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	failed = posix_spawnp(&child, "man", &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (failed)
		return false;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int command_help(int argc, char **argv)
{
	static const struct usage usage = {
		.command = "help",
		.synopsis = "[COMMAND]",
		.about = "Opens the manual page of COMMAND, or of pktlint, with man(1).",
	};
	const struct command *command = NULL;
	char page[64] = "pktlint", option[] = "--help";
	int status = options_parse(&usage, argc, argv);

	if (status >= 0)
		return status;
	if (argc - optind > 1)
		return command_fail("more than one command given: try 'pktlint help --help'");
	if (optind < argc) {
		command = command_find(argv[optind]);
		if (!command)
			return command_fail(
				"unknown command '%s': try 'pktlint --help'", argv[optind]);
		snprintf(page, sizeof(page), "pktlint-%s", command->name);
	}
	if (manual_shown(page))
		return STATUS_OK;
	if (command)
		return command->run(2, (char *[]){ argv[optind], option, NULL });
	options_help(&program_usage);
	return command_end(STATUS_OK);
}
