/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a command and writes to FILE what the kernel charged it for: CPU seconds (user and system),
 * peak resident KiB, exit status.  The command's output goes nowhere.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	pid_t child;
	int status, failed;
	FILE *out;

	if (argc < 3) {
		fputs("usage: measure FILE COMMAND...\n", stderr);
		return 2;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	failed = posix_spawnp(&child, argv[2], &actions, NULL, argv + 2, environ);
	if (failed) {
		fprintf(stderr, "measure: cannot run '%s': %s\n", argv[2], strerror(failed));
		return 2;
	}
	out = fopen(argv[1], "w");
	if (wait4(child, &status, 0, &usage) < 0 || !out) {
		perror("measure");
		return 2;
	}
	fprintf(out, "%.6f %ld %d\n", seconds(&usage.ru_utime) + seconds(&usage.ru_stime),
		usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return fclose(out) ? 2 : 0;
}
