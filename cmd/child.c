/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must a process leave alone that only helps another? Its parent's descriptors, signals and
 * life: close_range(2), signal(7), PR_SET_PDEATHSIG of prctl(2).
 */
#include "cmd/child.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The signals that end a capture are for the capture, which ends this process by itself. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE };

	for (unsigned i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
}

static bool is_kept(int fd, const int *kept, unsigned count)
{
	bool found = fd == STDERR_FILENO;

	for (unsigned i = 0; i < count; i++)
		found |= fd == kept[i];
	return found;
}

static void close_others(const int *kept, unsigned count)
{
	int last = STDERR_FILENO;

	for (unsigned i = 0; i < count; i++)
		last = kept[i] > last ? kept[i] : last;
	for (int fd = 0; fd < last; fd++)
		if (!is_kept(fd, kept, count))
			close(fd);
	syscall(SYS_close_range, (unsigned)last + 1, ~0u, 0);
}

void child_settle(const char *name, const int *kept, unsigned count)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_NAME, name, 0, 0, 0);
	ignore_signals();
	close_others(kept, count);
}
