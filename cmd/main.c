/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry point: finds the command in the table and runs it. */
#include <getopt.h>
#include <signal.h>

#include "cmd/command.h"
#include "cmd/help.h"

int main(int argc, char **argv)
{
	const struct command *command, *nearest;
	int status;

	signal(SIGPIPE, SIG_DFL); /* some parents leave it ignored; a closed pipe ends us quietly */
	status = options_parse(&program_usage, argc, argv);
	if (status >= 0)
		return status;
	if (optind >= argc)
		return command_fail("no command given: try 'pktlint --help'");
	command = command_find(argv[optind]);
	if (command)
		return command->run(argc - optind, argv + optind);
	nearest = command_nearest(argv[optind]);
	if (nearest)
		return command_fail(
			"unknown command '%s': did you mean '%s'?", argv[optind], nearest->name);
	return command_fail("unknown command '%s': try 'pktlint --help'", argv[optind]);
}
