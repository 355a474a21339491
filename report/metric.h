/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_METRIC_H
#define PKTLINT_REPORT_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/histogram.h"

/* How a number behaves: what is stored, how two of them add up, what is written. */
enum metric_kind {
	METRIC_COUNT,     /* stored; adds */
	METRIC_MAX,       /* stored; the larger one wins; null where row `when` is 0 */
	METRIC_MIN,       /* stored; the smaller one wins; null where row `when` is 0 */
	METRIC_HISTOGRAM, /* stored; adds bucket by bucket; written with its percentiles */
	METRIC_RATIO,     /* computed: row `a` divided by row `b`; null when b is 0 */
	METRIC_MEAN,      /* as METRIC_RATIO; in the unit of row `a` */
	METRIC_RATE,      /* as METRIC_RATIO, with `b` in ns: of row `a` per second */
};

enum metric_unit {
	UNIT_COUNT, /* of things named by the metric */
	UNIT_PACKETS,
	UNIT_FRAMES,
	UNIT_BYTES,
	UNIT_NS,
	UNIT_FLOWS,
	UNIT_RATIO, /* 0..1 */
	UNIT_BYTES_PER_SECOND,
};

/*
 * One row of an analyzer's table of numbers.  Writers, --expect, the schema and the manual read
 * the table; none of them names a metric.
 */
struct metric {
	const char *name; /* JSON key, with its unit if any: "reordered_ratio", "late_time_ns" */
	enum metric_kind kind;
	enum metric_unit unit;
	uint16_t a, b; /* METRIC_RATIO, METRIC_MEAN, METRIC_RATE: rows of this table */
	uint16_t when; /* METRIC_MAX, METRIC_MIN: row (count or histogram) whose 0 makes it null */
	const char *help;   /* one sentence for the manual and the schema */
	const char *column; /* heading, <= 7 letters, in the text's table of flows, or NULL */
	bool headline;      /* stands in the text's numbers of the run; others are in JSON only */
};

/* A table of metrics with its place in the document: path of a row = prefix.name. */
struct metric_set {
	const char *prefix; /* the analyzer's name, "tcp" */
	const struct metric *rows;
	size_t count;
};

/* What is stored for a row; unused for computed rows. */
union metric_value {
	uint64_t number;
	struct histogram *histogram; /* owned by whoever owns the array of values */
};

/*
 * Returns zeroed values for all rows of `set`, an empty histogram for each METRIC_HISTOGRAM; to be
 * freed with metric_values_free() and the same set.
 */
union metric_value *metric_values_new(const struct metric_set *set);

/* Frees values and their histograms; NULL is allowed. */
void metric_values_free(const struct metric_set *set, union metric_value *values);

/*
 * Reads row `row` of `set` from `values` (an array of set->count): 0 and `*number`, or -1 when the
 * metric is null (nothing to divide by, nothing measured).  A histogram gives its count.
 */
int metric_read(
	const struct metric_set *set, const union metric_value *values, size_t row, double *number);

/* Whether rows of this kind are computed from two others. */
bool metric_is_quotient(enum metric_kind kind);

/* Finds a row by its name; returns its index or -1. */
int metric_find(const struct metric_set *set, const char *name);

/*
 * Adds `from` to `into`, row by row, each by its kind.  Both are arrays of set->count; where one of
 * them has no histogram (NULL), that row is left as it is.
 */
void metric_add(
	const struct metric_set *set, union metric_value *into, const union metric_value *from);

/* "count", "max", "min", "histogram", "ratio", "mean", "rate". */
const char *metric_kind_name(enum metric_kind kind);

/* "packets", "ns", ... as written for people and in the schema; "" for plain counts. */
const char *metric_unit_name(enum metric_unit unit);

/*
 * What "none seen" is worth: the ratio that 0 events in `trials` independent ones rule out with
 * 95 % confidence, 3 / trials, at most 1 (the rule of three; Hanley, Lippman-Hand, JAMA 249, 1983).
 */
double metric_zero_bound(uint64_t trials);

#endif
