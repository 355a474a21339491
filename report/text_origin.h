/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_TEXT_ORIGIN_H
#define PKTLINT_REPORT_TEXT_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "report/layout.h"
#include "report/report.h"
#include "report/units.h"

/* What tables say of who reordered the thing of a line.  `origin` may be NULL everywhere. */

/* Whether it is told who did it: something came late, and it is not undetermined. */
bool text_origin_is_known(const struct report_origin *origin);

/* Cells: the word of JSON, and the longest that a late packet had waited; "-" without any. */
const char *text_origin_word(const struct report_origin *origin);
struct units text_origin_waited(const struct report_origin *origin);

/* Bit of an origin in `seen` below. */
#define TEXT_ORIGIN_BIT(origin) (1U << (origin))

/* Below the table: what its two columns mean, and the words of the bits in `seen`. */
void text_origin_legend(const struct layout *layout, unsigned seen);

/*
 * The lines below the thing's own: why it is that, unless a finding says so, or `before`, the one
 * told last, did; and where it is known who did it, the first late packet beside its overtaker.
 * `named`: the line above has the word already.  `path` leads to the others in JSON: ".streams[0]".
 */
void text_origin_lines(const struct layout *layout, const struct report *report,
	const struct report_origin *origin, const struct report_origin *before, bool named,
	const char *path);

#endif
