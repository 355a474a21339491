/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_AUDIT_OUTPUT_H
#define PKTLINT_CMD_AUDIT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* A file that is written: its option and its name, NULL if it is not asked for. */
struct audit_output {
	const char *option, *path;
	FILE *stream;
	int error; /* errno of what failed, see audit_fail_output() */
};

enum audit_output_kind { AUDIT_REPORT, AUDIT_SNAPSHOT, AUDIT_SCRIPT, AUDIT_OUTPUTS };

/* Names of files, "-" is standard input. */
struct audit_files {
	const char *const *paths;
	size_t count;
};

/*
 * Opens the AUDIT_OUTPUTS outputs; call it before rights are dropped.  The report is written to
 * standard output if it has no file; what else takes that does so in place of the report, which
 * sets `*quiet`.  Returns 0, or -1 with `error` filled: also if it would destroy one of `inputs`,
 * and if two would write to one file, by whatever names.
 */
int audit_open_outputs(struct audit_output *outputs, const struct audit_files *inputs, bool *quiet,
	struct error *error);

/* Keeps errno, for writing has just failed, until that is told.  Returns 2. */
int audit_fail_output(struct audit_output *output);

/*
 * Closes what was opened.  Returns `status`, or 2 if something could not be written whole, which is
 * told here only; of standard output command_end() does.
 */
int audit_close_outputs(struct audit_output *outputs, int status);

#endif
