/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_ESCAPE_H
#define PKTLINT_REPORT_ESCAPE_H

#include <stddef.h>

/*
 * Makes text of foreign origin (wire, interface, file name) safe for a terminal and for JSON:
 * valid UTF-8 whose characters neither steer a terminal nor change the order of what is read.
 * Control bytes and bytes that are not UTF-8 become \xNN; C1 controls, bidirectional controls,
 * line and paragraph separators, tags and the byte order mark become \u{NNNN}.  All else, the
 * backslash included, is kept.
 *
 * Writes at most `size` bytes with the NUL (size > 0), cutting between characters.  Returns the
 * length of the whole escaped text: cut if that is >= size.
 */
size_t escape_text(char *out, size_t size, const char *text);

/* The escaped text, freed by the caller with free(3). */
char *escape_copy(const char *text);

/* How many columns `text`, which is escaped already, takes: its characters. */
size_t escape_columns(const char *text);

#endif
