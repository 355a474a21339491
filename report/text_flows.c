/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which flows matter? Those with trouble, the worst first, as a table whose columns are the rows
 * of the metric table that have a heading.
 */
#include "report/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/units.h"

#define MAX_FLOWS 10
#define MAX_COLUMNS 16
#define GAP 2

/* The columns of the table, and how wide each is. */
struct table {
	const struct metric_set *set;
	size_t rows[MAX_COLUMNS]; /* of the metric table */
	unsigned widths[MAX_COLUMNS];
	size_t count;
	unsigned label_width; /* what is left for the flow */
};

static struct units cell(
	const struct table *table, const struct report_flow *flow, int side, size_t column)
{
	double number;
	size_t row = table->rows[column];

	if (metric_read(table->set, flow->values[side], row, &number) < 0)
		return (struct units){ "-" };
	return units_value(table->set->rows[row].unit, number);
}

static bool belongs(const struct table *table, const struct report_flow *flow)
{
	return flow->trouble > 0 && flow->set == table->set;
}

static void widen(unsigned *width, const char *text)
{
	if (strlen(text) > *width)
		*width = (unsigned)strlen(text);
}

static void measure(struct table *table, const struct layout *layout, const struct report *report)
{
	unsigned used = 0;

	for (size_t i = 0; i < table->count; i++) {
		size_t shown = 0;

		table->widths[i] = 0;
		widen(&table->widths[i], table->set->rows[table->rows[i]].column);
		for (size_t f = 0; f < report->flow_count && shown < MAX_FLOWS; f++) {
			const struct report_flow *flow = &report->flows[f];

			if (!belongs(table, flow))
				continue;
			widen(&table->widths[i], cell(table, flow, 0, i).text);
			widen(&table->widths[i], cell(table, flow, 1, i).text);
			shown++;
		}
		/* Columns that would leave too little for the flow's name are left to --json. */
		if (used + table->widths[i] + GAP > layout->columns - 30) {
			table->count = i;
			break;
		}
		used += table->widths[i] + GAP;
	}
	table->label_width = layout->columns - used;
}

/* A label too long for its place gets lines of its own. */
static void write_label(const struct layout *layout, const struct table *table, const char *label)
{
	char *safe = escape_copy(label);
	unsigned columns = (unsigned)escape_columns(safe);

	if (columns > table->label_width) {
		layout_text(layout, "", 4, label);
		columns = 0;
	} else {
		fputs(safe, layout->out);
	}
	fprintf(layout->out, "%*s", (int)(table->label_width - columns), "");
	free(safe);
}

static void write_headings(const struct layout *layout, const struct table *table)
{
	write_label(layout, table, "flow");
	for (size_t i = 0; i < table->count; i++)
		fprintf(layout->out, "%*s%*s", GAP, "", (int)table->widths[i],
			table->set->rows[table->rows[i]].column);
	putc('\n', layout->out);
}

static bool is_empty(const struct table *table, const struct report_flow *flow, int side)
{
	double number;

	for (size_t i = 0; i < table->count; i++)
		if (metric_read(table->set, flow->values[side], table->rows[i], &number) == 0 &&
			number != 0)
			return false;
	return true;
}

static void write_side(const struct layout *layout, const struct table *table,
	const struct report_flow *flow, int side)
{
	char label[192] = "      and back";

	if (side == 0)
		snprintf(label, sizeof(label), "%5" PRIu32 " %s %s > %s", flow->number,
			flow->protocol, flow->endpoint[0], flow->endpoint[1]);
	write_label(layout, table, label);
	for (size_t i = 0; i < table->count; i++)
		fprintf(layout->out, "%*s%*s", GAP, "", (int)table->widths[i],
			cell(table, flow, side, i).text);
	putc('\n', layout->out);
}

static void write_notes(const struct layout *layout, const struct report_flow *flow)
{
	char text[256] = "";
	size_t length = 0;

	for (size_t i = 0; i < sizeof(flow->notes) / sizeof(flow->notes[0]) && flow->notes[i];
		i++) {
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
			i ? ", " : "", flow->notes[i]);
		if (length >= sizeof(text))
			break;
	}
	if (*text)
		layout_text(layout, "", 6, text);
}

static void write_table(
	const struct layout *layout, const struct report *report, const struct table *table)
{
	uint64_t shown = 0, left = 0;
	char text[80];

	write_headings(layout, table);
	for (size_t i = 0; i < report->flow_count; i++) {
		const struct report_flow *flow = &report->flows[i];

		if (!belongs(table, flow))
			continue;
		if (shown == MAX_FLOWS) {
			left++;
			continue;
		}
		shown++;
		for (int side = 0; side < 2; side++)
			if (side == 0 || !is_empty(table, flow, side))
				write_side(layout, table, flow, side);
		write_notes(layout, flow);
	}
	if (left == 0)
		return;
	snprintf(text, sizeof(text), "and %s more in --json", units_count(left).text);
	layout_text(layout, "", 6, text);
}

static bool has_trouble(const struct report *report, const struct metric_set *set)
{
	for (size_t i = 0; i < report->flow_count; i++)
		if (report->flows[i].trouble > 0 && report->flows[i].set == set)
			return true;
	return false;
}

/* Flows of another table than an earlier flow's get a table of their own. */
static bool seen_before(const struct report *report, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (report->flows[i].set == report->flows[index].set)
			return true;
	return false;
}

void text_flows(const struct layout *layout, const struct report *report)
{
	for (size_t i = 0; i < report->flow_count; i++) {
		struct table table = { .set = report->flows[i].set };

		if (!table.set || seen_before(report, i) || !has_trouble(report, table.set))
			continue;
		for (size_t row = 0; row < table.set->count && table.count < MAX_COLUMNS; row++)
			if (table.set->rows[row].column)
				table.rows[table.count++] = row;
		if (table.count == 0)
			continue;
		measure(&table, layout, report);
		write_table(layout, report, &table);
	}
}
