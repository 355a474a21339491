/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_LIVE_TOOL_H
#define PKTLINT_TESTS_LIVE_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_NS 1000000000u
#define MS_NS 1000000u

/* Prints "PROGRAM: MESSAGE" on standard error and ends the program with status 2. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Time of day, which captures carry as well. */
uint64_t time_ns(void);

/* Time that only goes on: what waiting and pacing count by. */
uint64_t clock_ns(void);

/*
 * Reads a decimal number, with a factor k, M or G if wanted.  Ends the program if `text` is none
 * or beyond `most`; `what` names it in the message.
 */
uint64_t number_parse(const char *what, const char *text, uint64_t most);

/* From here on SIGTERM and SIGINT only end wait_ready(), and SIGPIPE does nothing. */
void stop_catch(void);

/* Whether SIGTERM or SIGINT came. */
bool stop_asked(void);

struct pollfd;

/*
 * Waits until one of `count` descriptors is ready or `clock_ns()` has reached `until_ns`
 * (UINT64_MAX: for ever).  Returns the number of those ready, 0 if none is, -1 if the program is
 * to stop: it was told so, and for 100 ms nothing was ready, or 2 s have gone.
 */
int wait_ready(struct pollfd *fds, unsigned count, uint64_t until_ns);

/* Tells the test on standard output that everything is set up. */
void say_ready(void);

#endif
