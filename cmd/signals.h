/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_SIGNALS_H
#define PKTLINT_CMD_SIGNALS_H

#include <stdbool.h>

/* Catches SIGUSR1, which asks for a line of progress. */
void signals_catch_progress(void);

/*
 * Catches SIGINT, SIGTERM and, unless it is ignored, SIGHUP, which end the input so that the report
 * can be written; the second of them ends the program.  Call it when there is something to report
 * on.
 */
void signals_catch_stop(void);

/* Whether one of them came. */
bool signals_stop(void);

/* Makes signals_stop() false again, for more work after the one that was ended. */
void signals_forget(void);

/* Whether SIGUSR1 came since the last call. */
bool signals_progress(void);

#endif
