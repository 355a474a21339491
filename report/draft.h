/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_DRAFT_H
#define PKTLINT_REPORT_DRAFT_H

#include <stdint.h>
#include <stdio.h>

#include "report/layout.h"

/* A text that grows while it is written, and the stream it is written through. */
struct draft {
	char *text;
	size_t size;
	FILE *stream;
};

/* Returns the stream to write to; NULL without memory for one: then nothing is drafted. */
FILE *draft_open(struct draft *draft);

/* Sets the draft as the text of `paragraph` if anything was written, and frees it. */
void draft_set(
	const struct layout *layout, struct draft *draft, const struct layout_paragraph *paragraph);

/* "s" unless `count` is 1. */
const char *draft_plural(uint64_t count);

#endif
