/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_TEXT_TABLE_H
#define PKTLINT_REPORT_TEXT_TABLE_H

#include "report/layout.h"
#include "report/metric.h"
#include "report/units.h"

/*
 * A table of things that one metric set describes: a label on the left, then a column for each row
 * of the set that has a heading.  Begin it, let it measure what it will show, then write.
 */

#define TEXT_TABLE_COLUMNS 16
#define TEXT_TABLE_WORDS 4  /* columns that are no metric, at the end */
#define TEXT_TABLE_LINES 10 /* things shown, at most; the others are told by number */

struct text_table {
	const struct layout *layout;
	const struct metric_set *set;
	size_t rows[TEXT_TABLE_COLUMNS]; /* of the metric set */
	unsigned widths[TEXT_TABLE_COLUMNS];
	size_t count;
	const char *headings[TEXT_TABLE_WORDS];
	unsigned word_widths[TEXT_TABLE_WORDS];
	size_t word_count;    /* once the headings are written: of those that had room */
	unsigned label_width; /* what is left for the label, once the headings are written */
};

/* A line's cells of the columns that are no metric. */
struct text_table_words {
	struct units text[TEXT_TABLE_WORDS];
};

/* A table of `set`, which may be NULL; without columns (`count` is 0) there is nothing to show. */
struct text_table text_table_make(const struct layout *layout, const struct metric_set *set);

/* Makes the columns wide enough for `values`, which will be shown. */
void text_table_measure(struct text_table *table, const union metric_value *values);

/* Adds a column that is no metric; of more than TEXT_TABLE_WORDS the last ones are left out. */
void text_table_word(struct text_table *table, const char *heading);
void text_table_measure_words(struct text_table *table, const struct text_table_words *words);

/* Writes the headings; drops columns that would leave too little for labels: --json has them. */
void text_table_head(struct text_table *table, const char *label);

void text_table_line(
	const struct text_table *table, const char *label, const union metric_value *values);

/* The same with the columns that are no metric; `values` may be NULL in a table of no set. */
void text_table_line_words(const struct text_table *table, const char *label,
	const union metric_value *values, const struct text_table_words *words);

/* Whether all columns are 0 or null. */
bool text_table_is_empty(const struct text_table *table, const union metric_value *values);

/* The line below the table for `left` things that it does not show. */
void text_table_left(const struct text_table *table, uint64_t left);

#endif
