/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs of the laboratory share: messages, numbers, clocks, and a wait that a signal
 * ends without a race: the signals are blocked but for ppoll(2) itself, and what has been sent by
 * then may still be in a queue of the kernel, so it is waited for.
 */
#include "tests/live/tool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINGER_NS (100 * (uint64_t)MS_NS)
#define LINGER_MOST_NS (2 * (uint64_t)SECOND_NS)

static volatile sig_atomic_t stopped;
static sigset_t waiting_mask;

void die(const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(2);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

uint64_t time_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t clock_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t number_parse(const char *what, const char *text, uint64_t most)
{
	static const char factors[] = "kMG";
	const char *factor;
	char *end;
	uint64_t number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (*end && end[1] == '\0' && (factor = strchr(factors, *end))) {
		for (const char *f = factors; f <= factor; f++)
			number = number > UINT64_MAX / 1000 ? UINT64_MAX : number * 1000;
		end++;
	}
	if (end == text || *end || *text == '-' || errno)
		die("%s '%s' is not a number", what, text);
	if (number > most)
		die("%s '%s' is more than %llu", what, text, (unsigned long long)most);
	return number;
}

static void stop(int signal_number)
{
	stopped = 1;
}

void stop_catch(void)
{
	struct sigaction action = { .sa_handler = stop };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, &waiting_mask);
	sigdelset(&waiting_mask, SIGTERM);
	sigdelset(&waiting_mask, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool stop_asked(void)
{
	return stopped;
}

/* Until when a program that is to stop goes on. */
static uint64_t linger(bool begin)
{
	static uint64_t until_ns, most_ns;
	uint64_t now = clock_ns();

	if (!most_ns)
		most_ns = now + LINGER_MOST_NS;
	if (begin || !until_ns)
		until_ns = now + LINGER_NS;
	return until_ns < most_ns ? until_ns : most_ns;
}

static int wait_once(struct pollfd *fds, unsigned count, uint64_t until_ns)
{
	struct timespec left = { 0 };
	uint64_t now = clock_ns();
	int ready;

	if (until_ns > now && until_ns != UINT64_MAX) {
		left.tv_sec = (time_t)((until_ns - now) / SECOND_NS);
		left.tv_nsec = (long)((until_ns - now) % SECOND_NS);
	}
	ready = ppoll(fds, count, until_ns == UINT64_MAX ? NULL : &left, &waiting_mask);
	if (ready < 0 && errno != EINTR)
		die("cannot wait: %s", strerror(errno));
	return ready;
}

int wait_ready(struct pollfd *fds, unsigned count, uint64_t until_ns)
{
	int ready = 0;

	do {
		if (stopped && (!count || clock_ns() >= linger(false)))
			return -1;
		ready = wait_once(
			fds, count, stopped && linger(false) < until_ns ? linger(false) : until_ns);
	} while (ready < 0 || (!ready && clock_ns() < until_ns));
	if (stopped && ready)
		linger(true);
	return ready;
}

void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}
