/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_CHILDREN_H
#define PKTLINT_TESTS_CHILDREN_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* An assertion of a child, which must not return into the test: ends it with a message. */
#define must(condition) must_hold(condition, __FILE__, __LINE__, #condition)

static inline void must_hold(bool held, const char *file, int line, const char *condition)
{
	if (held)
		return;
	dprintf(STDERR_FILENO, "%s:%d: in a child: %s, errno: %s\n", file, line, condition,
		strerror(errno));
	_exit(1);
}

/* Runs `body` in a child of its own; returns the status of waitpid(2). */
static inline int run_in_child(void (*body)(void))
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		body();
		_exit(0);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

#endif
