/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How do things that have the same metrics stand below each other? As a table whose columns are the
 * rows of the metric set that have a heading, as many as leave room for the thing's name.
 */
#include "report/text_table.h"

#include <stdlib.h>
#include <string.h>

#include "report/escape.h"

#define GAP 2
#define LEAST_LABEL 30

static struct units cell(
	const struct text_table *table, const union metric_value *values, size_t column)
{
	double number;
	size_t row = table->rows[column];

	if (metric_read(table->set, values, row, &number) < 0)
		return (struct units){ "-" };
	return units_value(table->set->rows[row].unit, number);
}

static const char *heading(const struct text_table *table, size_t column)
{
	return table->set->rows[table->rows[column]].column;
}

static void widen(unsigned *width, const char *text)
{
	if (strlen(text) > *width)
		*width = (unsigned)strlen(text);
}

struct text_table text_table_make(const struct layout *layout, const struct metric_set *set)
{
	struct text_table table = { .layout = layout, .set = set };

	for (size_t row = 0; set && row < set->count && table.count < TEXT_TABLE_COLUMNS; row++) {
		if (!set->rows[row].column)
			continue;
		widen(&table.widths[table.count], set->rows[row].column);
		table.rows[table.count++] = row;
	}
	return table;
}

void text_table_measure(struct text_table *table, const union metric_value *values)
{
	for (size_t i = 0; i < table->count; i++)
		widen(&table->widths[i], cell(table, values, i).text);
}

void text_table_word(struct text_table *table, const char *heading)
{
	if (table->word_count == TEXT_TABLE_WORDS)
		return;
	widen(&table->word_widths[table->word_count], heading);
	table->headings[table->word_count++] = heading;
}

void text_table_measure_words(struct text_table *table, const struct text_table_words *words)
{
	for (size_t i = 0; i < table->word_count; i++)
		widen(&table->word_widths[i], words->text[i].text);
}

/* A label too long for its place gets lines of its own. */
static void write_label(const struct text_table *table, const char *label)
{
	char *safe = escape_copy(label);
	unsigned columns = (unsigned)escape_columns(safe);

	if (columns > table->label_width) {
		layout_text(table->layout, "", 4, label);
		columns = 0;
	} else {
		fputs(safe, table->layout->out);
	}
	fprintf(table->layout->out, "%*s", (int)(table->label_width - columns), "");
	free(safe);
}

static void write_cell(const struct text_table *table, unsigned width, const char *text)
{
	fprintf(table->layout->out, "%*s%*s", GAP, "", (int)width, text);
}

/* Keeps the columns of `widths` that fit into `room` columns of text; adds what they take. */
static size_t keep(const unsigned *widths, size_t count, unsigned room, unsigned *used)
{
	unsigned taken = 0;

	for (size_t i = 0; i < count; i++) {
		if (taken + widths[i] + GAP > room) {
			count = i;
			break;
		}
		taken += widths[i] + GAP;
	}
	*used += taken;
	return count;
}

void text_table_head(struct text_table *table, const char *label)
{
	unsigned room = table->layout->columns - LEAST_LABEL, used = 0;

	table->count = keep(table->widths, table->count, room, &used);
	table->word_count = keep(table->word_widths, table->word_count, room - used, &used);
	table->label_width = table->layout->columns - used;
	write_label(table, label);
	for (size_t i = 0; i < table->count; i++)
		write_cell(table, table->widths[i], heading(table, i));
	for (size_t i = 0; i < table->word_count; i++)
		write_cell(table, table->word_widths[i], table->headings[i]);
	putc('\n', table->layout->out);
}

void text_table_line_words(const struct text_table *table, const char *label,
	const union metric_value *values, const struct text_table_words *words)
{
	write_label(table, label);
	for (size_t i = 0; i < table->count; i++)
		write_cell(table, table->widths[i], cell(table, values, i).text);
	for (size_t i = 0; words && i < table->word_count; i++)
		write_cell(table, table->word_widths[i], words->text[i].text);
	putc('\n', table->layout->out);
}

void text_table_line(
	const struct text_table *table, const char *label, const union metric_value *values)
{
	text_table_line_words(table, label, values, NULL);
}

bool text_table_is_empty(const struct text_table *table, const union metric_value *values)
{
	double number;

	for (size_t i = 0; i < table->count; i++)
		if (metric_read(table->set, values, table->rows[i], &number) == 0 && number != 0)
			return false;
	return true;
}

void text_table_left(const struct text_table *table, uint64_t left)
{
	char text[80];

	if (left == 0)
		return;
	snprintf(text, sizeof(text), "and %s more in --json", units_count(left).text);
	layout_text(table->layout, "", 6, text);
}
