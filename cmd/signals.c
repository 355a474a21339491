/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals as flags that the reading loop looks at.  System calls are restarted, so that a write
 * never fails half-way; poll(2), in which a silent input is waited for, returns all the same
 * (signal(7)).
 */
#include "cmd/signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stop, progress;

static void on_stop(int number)
{
	if (stop) {
		signal(number, SIG_DFL);
		raise(number);
	}
	stop = 1;
}

static void on_progress(int number)
{
	progress = 1;
}

static void handle(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

void signals_catch_progress(void)
{
	handle(SIGUSR1, on_progress);
}

void signals_catch_stop(void)
{
	struct sigaction before;

	handle(SIGINT, on_stop);
	handle(SIGTERM, on_stop);
	/* nohup(1) says that the end of the terminal is not ours. */
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		handle(SIGHUP, on_stop);
}

bool signals_stop(void)
{
	return stop;
}

void signals_forget(void)
{
	stop = 0;
}

bool signals_progress(void)
{
	if (!progress)
		return false;
	progress = 0;
	return true;
}
