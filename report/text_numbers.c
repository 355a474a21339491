/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was measured over the whole run? Every row of the metric tables under the name that
 * --expect takes: ratios with both of their numbers, histograms by percentiles, and zeros in one
 * list with the ratio that so few frames can rule out.
 */
#include "report/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/units.h"

/* A number and its name, ready to be set. */
struct item {
	const char *name;
	char value[272];
	bool wide; /* needs a line of its own */
};

struct items {
	struct item *list;
	size_t count;
	unsigned name_width, value_width; /* of those that are not wide */
};

/* Whether some row of `kind` is computed from `row` as its dividend. */
static bool is_dividend(const struct metric_set *set, size_t row, enum metric_kind kind)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->rows[i].kind == kind && set->rows[i].a == row)
			return true;
	return false;
}

/* Whether other rows are null without it: a number of samples, not of events. */
static bool is_base(const struct metric_set *set, size_t row)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct metric *metric = &set->rows[i];

		if (metric->kind == METRIC_RATIO || metric->kind == METRIC_MEAN) {
			if (metric->b == row)
				return true;
		} else if (metric->kind == METRIC_MAX || metric->kind == METRIC_MIN) {
			if (metric->when == row)
				return true;
		}
	}
	return false;
}

static void describe_ratio(
	struct item *item, const struct report_section *section, const struct metric *metric)
{
	uint64_t part = section->values[metric->a].number;
	uint64_t whole = section->values[metric->b].number;

	snprintf(item->value, sizeof(item->value), "%s  %s of %s", units_share(part, whole).text,
		units_count(part).text, units_count(whole).text);
}

static void describe_histogram(
	struct item *item, const struct histogram *histogram, enum metric_unit unit)
{
	uint64_t p50 = histogram_percentile(histogram, 0.5);
	uint64_t p95 = histogram_percentile(histogram, 0.95);
	uint64_t p99 = histogram_percentile(histogram, 0.99);

	snprintf(item->value, sizeof(item->value), "p50 %s, p95 %s, p99 %s, max %s  (%s values)",
		units_value(unit, (double)p50).text, units_value(unit, (double)p95).text,
		units_value(unit, (double)p99).text, units_value(unit, (double)histogram->max).text,
		units_count(histogram->count).text);
	item->wide = true;
}

/* Whether the row has something to say beyond 0 or null; then `item` says it. */
static bool describe(struct item *item, const struct report_section *section, size_t row)
{
	const struct metric *metric = &section->set->rows[row];
	double number;

	*item = (struct item){ .name = metric->name };
	if (metric_read(section->set, section->values, row, &number) < 0 || number == 0)
		return false;
	if (metric->kind == METRIC_HISTOGRAM)
		describe_histogram(item, section->values[row].histogram, metric->unit);
	else if (metric->kind == METRIC_RATIO && metric->unit == UNIT_RATIO)
		describe_ratio(item, section, metric);
	else if (is_dividend(section->set, row, METRIC_RATIO) ||
		 is_dividend(section->set, row, METRIC_MEAN))
		return false;
	else
		snprintf(item->value, sizeof(item->value), "%s",
			units_value(metric->unit, number).text);
	return true;
}

static void collect(struct items *items, const struct report_section *section)
{
	items->list = memory_alloc(section->set->count, sizeof(*items->list));
	for (size_t row = 0; row < section->set->count; row++) {
		struct item *item = &items->list[items->count];

		if (!describe(item, section, row))
			continue;
		items->count++;
		if (strlen(item->name) > items->name_width)
			items->name_width = (unsigned)strlen(item->name);
		if (!item->wide && strlen(item->value) > items->value_width)
			items->value_width = (unsigned)strlen(item->value);
	}
}

/* The ones that are not wide, in two columns where the width allows, read line by line. */
static void write_pairs(const struct layout *layout, const struct items *items)
{
	int name = (int)items->name_width, value = (int)items->value_width;
	bool two = 2 * (name + value + 4) + 2 <= (int)layout->columns;
	const struct item *left = NULL;

	for (size_t i = 0; i < items->count; i++) {
		const struct item *item = &items->list[i];

		if (item->wide)
			continue;
		if (left)
			fprintf(layout->out, "%*s", value + 2 - (int)strlen(left->value), "");
		fprintf(layout->out, "  %-*s  %s", name, item->name, item->value);
		left = two && !left ? item : NULL;
		if (!left)
			putc('\n', layout->out);
	}
	if (left)
		putc('\n', layout->out);
}

static void write_wide(const struct layout *layout, const struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		char head[64];

		if (!items->list[i].wide)
			continue;
		snprintf(head, sizeof(head), "  %s", items->list[i].name);
		layout_text(layout, head, 2 + items->name_width + 2, items->list[i].value);
	}
}

/* Whether a 0 in the row says that something did not happen. */
static bool is_event(const struct metric_set *set, size_t row)
{
	const struct metric *metric = &set->rows[row];
	bool counted = metric->unit == UNIT_COUNT || metric->unit == UNIT_PACKETS ||
		       metric->unit == UNIT_FRAMES;

	return metric->kind == METRIC_COUNT && counted && !is_base(set, row) &&
	       !is_dividend(set, row, METRIC_MEAN);
}

static void write_zeros(const struct layout *layout, const struct report_section *section)
{
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	const char *comma = "";

	if (!stream)
		return;
	for (size_t row = 0; row < section->set->count; row++) {
		if (!is_event(section->set, row) || section->values[row].number != 0)
			continue;
		fprintf(stream, "%s%s", comma, section->set->rows[row].name);
		comma = ", ";
	}
	fclose(stream);
	if (*comma)
		layout_text(layout, "  none:", 9, text);
	free(text);
}

/* What all those zeros are worth, once for the run. */
static void write_bound(const struct layout *layout, const struct report *report)
{
	char text[256];

	if (report->judged == 0)
		return;
	snprintf(text, sizeof(text),
		"with %s frames judged, what befalls fewer than %s may go unseen "
		"(95 %% confidence)",
		units_count(report->judged).text,
		units_ratio(metric_zero_bound(report->judged)).text);
	layout_text(layout, "limit", 7, text);
}

void text_numbers(const struct layout *layout, const struct report *report)
{
	for (size_t i = 0; i < report->section_count; i++) {
		const struct report_section *section = &report->sections[i];
		struct items items = { 0 };

		collect(&items, section);
		if (items.count > 0) {
			fprintf(layout->out, "%s over the whole run\n", section->set->prefix);
			write_pairs(layout, &items);
			write_wide(layout, &items);
			write_zeros(layout, section);
		}
		free(items.list);
	}
	write_bound(layout, report);
}
