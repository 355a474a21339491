/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_LIVE_JOURNAL_H
#define PKTLINT_TESTS_LIVE_JOURNAL_H

#include <stdint.h>
#include <stdio.h>

#include "tests/live/flight.h"
#include "tests/live/link.h"

/* What happened to the frames of one direction. */
struct tally {
	uint64_t received, data, forwarded; /* copies are forwarded as well */
	uint64_t dropped, duplicated, held, flushed, delayed, corrupted;
	uint64_t lost_receiving, lost_sending; /* by the relay itself */
	uint64_t too_long;   /* of lost_sending: longer than the MTU, as a super-frame is */
	uint64_t unfinished; /* arrived without a checksum */
};

/* "a>b", "b>a" */
extern const char *const direction_names[2];

/* Opens the log `path`; NULL gives a journal that writes none. */
FILE *journal_open(const char *path);

/*
 * Writes the line of a frame that leaves as the `position`-th of its direction, or never: 0.
 * `log` may be NULL.
 */
void journal_frame(FILE *log, const struct flight *flight, uint64_t position);

/* Writes the summary, one line of JSON, behind `prefix`; `log` may be NULL. */
void journal_summary(FILE *log, const char *prefix, const struct tally tallies[2]);

/* Closes the log, if any; ends the program with a message if it is not whole. */
void journal_close(FILE *log, const char *path);

#endif
