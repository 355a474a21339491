/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_PROGRESS_H
#define PKTLINT_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/source.h"

/* Shows on standard error how far a run is. */
struct progress {
	bool shown;     /* a line that overwrites itself, for people at a terminal */
	bool visible;   /* it is there now */
	int64_t due_ns; /* monotonic time of its next update */
};

/*
 * Starts showing progress if standard error is a terminal and `wanted`; the first line comes after
 * a second, so that short runs show none.
 */
void progress_begin(struct progress *progress, bool wanted);

/*
 * To be called after every batch: prints a line if SIGUSR1 asked for one, updates the one on the
 * terminal when it is due.
 */
void progress_update(struct progress *progress, const struct source_place *place, uint64_t frames,
	uint64_t flows);

/* Takes the line off the terminal. */
void progress_end(struct progress *progress);

#endif
