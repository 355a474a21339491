/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_AUDIT_DIFF_H
#define PKTLINT_CMD_AUDIT_DIFF_H

#include <stdbool.h>
#include <stdio.h>

#include "host/compare.h"

/* How differences are written. */
struct diff_look {
	bool json, color;
	bool counters; /* text: also what counts by itself; JSON has it always */
	unsigned columns;
};

/* Writes what differs between two snapshots; 0, or -1 with errno when the stream failed. */
int diff_write(FILE *out, const struct snapshot *before, const struct snapshot *after,
	const struct comparison *comparison, const struct diff_look *look);

#endif
