/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_TERMINAL_H
#define PKTLINT_CMD_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Reader for struct option_row, target: enum color. */
int terminal_take_color(void *target, const char *word, struct error *error);

/*
 * Whether to write in colour: as the option says, else only on a terminal that is not "dumb" and
 * unless NO_COLOR is set.
 */
bool terminal_wants_color(enum color color, FILE *out);

/* Columns of the terminal that `out` is, at most `most`; `most` if it is none. */
unsigned terminal_columns(FILE *out, unsigned most);

#endif
