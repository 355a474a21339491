/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_LAYOUT_H
#define PKTLINT_REPORT_LAYOUT_H

#include <stdbool.h>
#include <stdio.h>

#include "report/finding.h"

/* Text for a terminal: where it goes, how wide it may be.  Plain value. */
struct layout {
	FILE *out;
	unsigned columns;
	bool color;
};

#define LAYOUT_MIN_COLUMNS 60
#define LAYOUT_MAX_COLUMNS 100

/* A layout with `columns` brought into the range of above. */
struct layout layout_make(FILE *out, unsigned columns, bool color);

enum layout_tone { TONE_PLAIN, TONE_BAD, TONE_DOUBTFUL, TONE_GOOD, TONE_QUIET };

/* The tone of a finding of that severity. */
enum layout_tone layout_severity_tone(enum severity severity);

/*
 * One paragraph: `head` in `tone`, then from column `indent` on `text`, escaped and wrapped at
 * spaces (a longer word is cut where the line ends), all lines but the first `hang` columns
 * further in; `tail`, or NULL, stands at the right end of the last line, or of one more.
 */
struct layout_paragraph {
	const char *head; /* escaped already, or ours; at least one blank follows it */
	enum layout_tone tone;
	unsigned indent, hang;
	const char *text;
	const char *tail;
};

void layout_write(const struct layout *layout, const struct layout_paragraph *paragraph);

/* The usual paragraph: no tone, no tail. */
void layout_text(const struct layout *layout, const char *head, unsigned indent, const char *text);

/*
 * A command to copy, behind "$ " at column `indent`: wrapped as a shell takes it, a backslash at
 * the end of each line but the last.  A word or quoted name that no line can hold is not cut.
 */
void layout_command(const struct layout *layout, unsigned indent, const char *command);

/* The same behind `head`, which is shorter than `indent`. */
void layout_headed_command(
	const struct layout *layout, const char *head, unsigned indent, const char *command);

/* A static text of ours in paragraphs as struct finding_page has them, all from column `indent`. */
void layout_page(const struct layout *layout, const char *head, unsigned indent, const char *text);

#endif
