/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_AUDIT_INPUT_H
#define PKTLINT_CMD_AUDIT_INPUT_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "host/snapshot.h"

/* Readings of a machine; freed with audit_input_free(). */
struct audit_input {
	struct snapshot *snapshot;
	struct snapshot *before; /* the earlier of two, or NULL */
};

/* Opens a snapshot's file, "-" is standard input.  Returns NULL with `error` filled. */
FILE *audit_open(const char *path, struct error *error);

/*
 * Reads the file, and closes it unless it is standard input.  What is odd about it is told on
 * standard error.  Returns 0, or -1 with `error` filled, `path` named.
 */
int audit_read(FILE *in, const char *path, struct audit_input *input, struct error *error);

/*
 * Takes two readings of this machine `interval_ns` apart, one if that is 0; a signal of
 * signals_stop() cuts the wait short.
 */
void audit_collect(int64_t interval_ns, struct audit_input *input);

void audit_input_free(struct audit_input *input);

#endif
