/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry point: finds the command in the table and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/help.h"

/*
 * Where the caller closed one of the three standard descriptors, the next file opened would get its
 * number, and what is printed would go into a capture.  Nothing can be read or written here.
 */
static void hold_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/", O_PATH);
}

int main(int argc, char **argv)
{
	const struct command *command, *nearest;
	int status;

	hold_standard_descriptors();
	signal(SIGXFSZ, SIG_IGN); /* a file that has all its limit allows is like a full disk */
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
