/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was measured over the whole run? The headline rows of the metric tables under the names that
 * --expect takes: ratios with both of their numbers, histograms by percentiles, and zeros in one
 * list with the ratio that so few frames can rule out.
 */
#include "report/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/draft.h"
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

	snprintf(item->value, sizeof(item->value), "p50 %s, p95 %s, p99 %s, max %s  (%s value%s)",
		units_value(unit, (double)p50).text, units_value(unit, (double)p95).text,
		units_value(unit, (double)p99).text, units_value(unit, (double)histogram->max).text,
		units_count(histogram->count).text, draft_plural(histogram->count));
	item->wide = true;
}

/* Whether the row has something to say beyond 0 or null; then `item` says it. */
static bool describe(struct item *item, const struct report_section *section, size_t row)
{
	const struct metric *metric = &section->set->rows[row];
	double number;

	*item = (struct item){ .name = metric->name };
	if (!metric->headline)
		return false;
	if (metric_read(section->set, section->values, row, &number) < 0 || number == 0)
		return false;
	if (metric->kind == METRIC_HISTOGRAM)
		describe_histogram(item, section->values[row].histogram, metric->unit);
	else if (metric->kind == METRIC_RATIO && metric->unit == UNIT_RATIO)
		describe_ratio(item, section, metric);
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

/* The name of what did not happen if the row shows that: a count of 0, or a ratio's dividend. */
static const char *absent(const struct report_section *section, size_t row)
{
	const struct metric *metric = &section->set->rows[row];
	double number;

	if (!metric->headline || metric_read(section->set, section->values, row, &number) < 0)
		return NULL;
	if (number != 0 || metric->kind == METRIC_HISTOGRAM)
		return NULL;
	return metric->kind == METRIC_RATIO ? section->set->rows[metric->a].name : metric->name;
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
		const char *name = absent(section, row);

		if (!name)
			continue;
		fprintf(stream, "%s%s", comma, name);
		comma = ", ";
	}
	fclose(stream);
	if (*comma)
		layout_text(layout, "  none:", 9, text);
	free(text);
}

/* What all those zeros are worth, once for the run: PL9009 says it where they are worth little. */
static void write_bound(const struct layout *layout, const struct report *report)
{
	char text[256];

	for (size_t i = 0; i < report->finding_count; i++)
		if (report->findings[i].id == FINDING_PL9009)
			return;
	if (report->judged == 0 || report_is_of_sender(report))
		return;
	snprintf(text, sizeof(text),
		"with %s frames judged, what befalls fewer than %s may go unseen "
		"(95 %% confidence)",
		units_count(report->judged).text,
		units_ratio(metric_zero_bound(report->judged)).text);
	layout_text(layout, "limit", 7, text);
}

/*
 * Nothing of the section's kind was in the run: then its zeros mean nothing; or none of its rows is
 * for people.
 */
static bool is_empty(const struct report_section *section)
{
	bool counted = false, told = false;

	for (size_t row = 0; row < section->set->count; row++) {
		const struct metric *metric = &section->set->rows[row];

		counted |= metric->kind == METRIC_COUNT && section->values[row].number;
		told |= metric->headline;
	}
	return !counted || !told;
}

void text_numbers(const struct layout *layout, const struct report *report)
{
	for (size_t i = 0; i < report->section_count; i++) {
		const struct report_section *section = &report->sections[i];
		struct items items = { 0 };

		if (is_empty(section))
			continue;
		collect(&items, section);
		fprintf(layout->out, "%s, over the whole run\n", section->set->prefix);
		write_pairs(layout, &items);
		write_wide(layout, &items);
		write_zeros(layout, section);
		free(items.list);
	}
	write_bound(layout, report);
}
