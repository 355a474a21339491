/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which flows matter? Those with trouble, the worst first, as a table with a line for each
 * direction that has something to show.
 */
#include "report/text.h"

#include <inttypes.h>

#include "report/draft.h"
#include "report/text_origin.h"
#include "report/text_table.h"

static bool belongs(const struct text_table *table, const struct report_flow *flow)
{
	return flow->trouble > 0 && flow->set == table->set;
}

/* Returns how many flows belong into the table. */
static size_t measure(struct text_table *table, const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->flow_count; i++) {
		const struct report_flow *flow = &report->flows[i];

		if (!belongs(table, flow) || count++ >= TEXT_TABLE_LINES)
			continue;
		text_table_measure(table, flow->values[0]);
		text_table_measure(table, flow->values[1]);
	}
	return count;
}

/* Who reordered a direction. */
static void write_origin(const struct text_table *table, const struct report *report,
	const struct report_flow *flow, int side)
{
	char path[60];

	snprintf(path, sizeof(path), ".flows[%td].directions[%d]", flow - report->flows, side);
	text_origin_lines(table->layout, report, flow->origin[side], side ? flow->origin[0] : NULL,
		false, path);
}

static void write_flow(
	const struct text_table *table, const struct report *report, const struct report_flow *flow)
{
	char label[192];

	snprintf(label, sizeof(label), "%5" PRIu32 " %s %s > %s", flow->number, flow->protocol,
		flow->endpoint[0], flow->endpoint[1]);
	text_table_line(table, label, flow->values[0]);
	write_origin(table, report, flow, 0);
	if (!text_table_is_empty(table, flow->values[1]))
		text_table_line(table, "      and back", flow->values[1]);
	write_origin(table, report, flow, 1);
}

static void write_notes(const struct layout *layout, const struct report_flow *flow)
{
	struct draft draft;
	FILE *out = draft_open(&draft);

	if (!out)
		return;
	for (size_t i = 0; i < sizeof(flow->notes) / sizeof(flow->notes[0]) && flow->notes[i]; i++)
		fprintf(out, "%s%s", i ? ", " : "", flow->notes[i]);
	draft_set(layout, &draft, &(struct layout_paragraph){ .head = "", .indent = 6 });
}

static void write_table(struct text_table *table, const struct report *report, size_t count)
{
	size_t shown = 0;

	text_table_head(table, "flow");
	for (size_t i = 0; i < report->flow_count && shown < TEXT_TABLE_LINES; i++) {
		const struct report_flow *flow = &report->flows[i];

		if (!belongs(table, flow))
			continue;
		write_flow(table, report, flow);
		write_notes(table->layout, flow);
		shown++;
	}
	text_table_left(table, count - shown);
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
		struct text_table table = text_table_make(layout, report->flows[i].set);
		size_t count;

		if (table.count == 0 || seen_before(report, i))
			continue;
		count = measure(&table, report);
		if (count > 0)
			write_table(&table, report, count);
	}
}
