/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_FIX_SCRIPT_H
#define PKTLINT_REPORT_FIX_SCRIPT_H

#include <stdio.h>

#include "report/report.h"

/*
 * Writes the commands of all findings as a script for a POSIX shell, which does what it says when
 * somebody runs it: commands that interrupt nothing are live, all others are comments with the
 * reason; each reads back what it changed and says where it did not take; with "undo" it takes all
 * back, the last first.  Commands with bytes that a person could not see are left out.  `version`
 * is that of the program.  Returns 0, or -1 with errno when the stream failed.
 */
int fix_script_write(FILE *out, const struct report *report, const char *version);

#endif
