/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_TALLY_H
#define PKTLINT_ANALYZERS_TALLY_H

#include "analyzers/analyzer.h"

#define TALLY_ROWS 600

/*
 * Frames, bytes, drops and anomalies second by second.  Zeroed: nothing yet.  The rows follow each
 * other without gaps from the first frame's second on; where they do not suffice, every two become
 * one and stand for twice the time.
 */
struct tally {
	struct report_tally rows[TALLY_ROWS];
	size_t count;
	int64_t step_ns;        /* that a row stands for, once there is one */
	uint64_t early_dropped; /* told before the first frame, the last time at early_ns */
	int64_t early_ns;
};

/*
 * Counts the packets of an analysed batch, each at its own time.  What is stamped before the first
 * row, or more than a day behind the last, by a clock that was set, counts at the last.
 */
void tally_batch(struct tally *tally, const struct batch *batch);

/* Counts a drop when it was told, at drop->to_ns. */
void tally_drop(struct tally *tally, const struct drop *drop);

/* Copies the rows into the report. */
void tally_report(const struct tally *tally, struct report *report);

#endif
