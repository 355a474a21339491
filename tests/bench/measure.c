/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a command and writes to FILE what the kernel charged it for: CPU seconds (user and system),
 * peak resident KiB, exit status.  SIGINT and SIGTERM are the command's, even where the shell has
 * them ignored.
 */
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static pid_t child;

static void pass_on(int signal_number)
{
	kill(child, signal_number);
}

/* Runs the command; returns 0, or the number of the error. */
static int start(char **command, const struct sigaction *action)
{
	posix_spawnattr_t attributes;
	sigset_t signals, before;
	int failed;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setsigmask(&attributes, &before);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	failed = posix_spawnp(&child, command[0], NULL, &attributes, command, environ);
	posix_spawnattr_destroy(&attributes);
	sigaction(SIGINT, action, NULL);
	sigaction(SIGTERM, action, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return failed;
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = pass_on, .sa_flags = SA_RESTART };
	struct rusage usage;
	int status, failed;
	FILE *out;

	if (argc < 3) {
		fputs("usage: measure FILE COMMAND...\n", stderr);
		return 2;
	}
	failed = start(argv + 2, &action);
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
