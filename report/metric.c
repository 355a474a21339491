/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What do the numbers of a table come to? Only sums, extremes and histograms are stored, because
 * those add up over threads, files and hosts; ratios and means are computed when they are read.
 */
#include "report/metric.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define NS_PER_SECOND 1e9

static const char *const unit_names[] = {
	[UNIT_COUNT] = "",
	[UNIT_PACKETS] = "packets",
	[UNIT_FRAMES] = "frames",
	[UNIT_BYTES] = "bytes",
	[UNIT_NS] = "ns",
	[UNIT_FLOWS] = "flows",
	[UNIT_RATIO] = "ratio",
	[UNIT_BYTES_PER_SECOND] = "bytes per second",
};

static const char *const kind_names[] = {
	[METRIC_COUNT] = "count",
	[METRIC_MAX] = "max",
	[METRIC_MIN] = "min",
	[METRIC_HISTOGRAM] = "histogram",
	[METRIC_RATIO] = "ratio",
	[METRIC_MEAN] = "mean",
	[METRIC_RATE] = "rate",
};

const char *metric_kind_name(enum metric_kind kind)
{
	return kind_names[kind];
}

const char *metric_unit_name(enum metric_unit unit)
{
	return unit_names[unit];
}

union metric_value *metric_values_new(const struct metric_set *set)
{
	union metric_value *values = memory_alloc(set->count, sizeof(*values));

	for (size_t i = 0; i < set->count; i++)
		if (set->rows[i].kind == METRIC_HISTOGRAM)
			values[i].histogram = memory_alloc(1, sizeof(struct histogram));
	return values;
}

void metric_values_free(const struct metric_set *set, union metric_value *values)
{
	if (!values)
		return;
	for (size_t i = 0; i < set->count; i++)
		if (set->rows[i].kind == METRIC_HISTOGRAM)
			free(values[i].histogram);
	free(values);
}

int metric_find(const struct metric_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->rows[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* The number that a stored row holds; of a histogram how many values it has. */
static uint64_t stored(const struct metric_set *set, const union metric_value *values, size_t row)
{
	if (set->rows[row].kind != METRIC_HISTOGRAM)
		return values[row].number;
	return values[row].histogram ? values[row].histogram->count : 0;
}

static bool is_extreme(const struct metric *metric)
{
	return metric->kind == METRIC_MAX || metric->kind == METRIC_MIN;
}

bool metric_is_quotient(enum metric_kind kind)
{
	return kind == METRIC_RATIO || kind == METRIC_MEAN || kind == METRIC_RATE;
}

int metric_read(
	const struct metric_set *set, const union metric_value *values, size_t row, double *number)
{
	const struct metric *metric = &set->rows[row];

	if (is_extreme(metric) && stored(set, values, metric->when) == 0)
		return -1;
	if (metric_is_quotient(metric->kind)) {
		uint64_t divisor = stored(set, values, metric->b);

		if (divisor == 0)
			return -1;
		*number = (double)stored(set, values, metric->a) / (double)divisor;
		if (metric->kind == METRIC_RATE)
			*number *= NS_PER_SECOND;
		return 0;
	}
	*number = (double)stored(set, values, row);
	return 0;
}

static void add_extreme(const struct metric_set *set, union metric_value *into,
	const union metric_value *from, size_t row)
{
	const struct metric *metric = &set->rows[row];
	bool larger = from[row].number > into[row].number;

	if (stored(set, from, metric->when) == 0)
		return;
	if (stored(set, into, metric->when) == 0 || larger == (metric->kind == METRIC_MAX))
		into[row].number = from[row].number;
}

void metric_add(
	const struct metric_set *set, union metric_value *into, const union metric_value *from)
{
	/* Extremes first: they ask rows of counts whether either side measured anything. */
	for (size_t i = 0; i < set->count; i++)
		if (is_extreme(&set->rows[i]))
			add_extreme(set, into, from, i);
	for (size_t i = 0; i < set->count; i++) {
		if (set->rows[i].kind == METRIC_COUNT)
			into[i].number += from[i].number;
		else if (set->rows[i].kind == METRIC_HISTOGRAM && into[i].histogram &&
			 from[i].histogram)
			histogram_merge(into[i].histogram, from[i].histogram);
	}
}

double metric_zero_bound(uint64_t trials)
{
	return trials <= 3 ? 1 : 3 / (double)trials;
}
