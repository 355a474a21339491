/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is the run as the user expects? One comparison of a number of the report with one of the user,
 * read strictly and before the run, so that a mistyped name costs no capture.
 */
#include "report/expect.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
#define MAX_NAME 128

static bool less(double a, double b)
{
	return a < b;
}

static bool less_or_equal(double a, double b)
{
	return a <= b;
}

static bool greater(double a, double b)
{
	return a > b;
}

static bool greater_or_equal(double a, double b)
{
	return a >= b;
}

static bool equal(double a, double b)
{
	return a == b;
}

static bool not_equal(double a, double b)
{
	return a != b;
}

static const struct {
	const char *sign;
	bool (*holds)(double measured, double value);
} comparisons[] = {
	{ "<", less },
	{ "<=", less_or_equal },
	{ ">", greater },
	{ ">=", greater_or_equal },
	{ "==", equal },
	{ "!=", not_equal },
};

static const struct {
	const char *name;
	double factor;
	enum metric_unit unit;
} units[] = {
	{ "%", 1e-2, UNIT_RATIO },
	{ "ppm", 1e-6, UNIT_RATIO },
	{ "ns", 1, UNIT_NS },
	{ "us", 1e3, UNIT_NS },
	{ "ms", 1e6, UNIT_NS },
	{ "s", 1e9, UNIT_NS },
	{ "B", 1, UNIT_BYTES },
	{ "kB", 1e3, UNIT_BYTES },
	{ "MB", 1e6, UNIT_BYTES },
	{ "GB", 1e9, UNIT_BYTES },
	{ "KiB", 1 << 10, UNIT_BYTES },
	{ "MiB", 1 << 20, UNIT_BYTES },
	{ "GiB", 1 << 30, UNIT_BYTES },
};

static const char *const parts[] = {
	[EXPECT_COUNT] = "count",
	[EXPECT_MIN] = "min",
	[EXPECT_MEAN] = "mean",
	[EXPECT_P50] = "p50",
	[EXPECT_P90] = "p90",
	[EXPECT_P95] = "p95",
	[EXPECT_P99] = "p99",
	[EXPECT_P999] = "p999",
	[EXPECT_MAX] = "max",
};

#define ALL_PARTS "count min mean p50 p90 p95 p99 p999 max"
#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))

/* Edit distance of Levenshtein, letters compared as they are. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[MAX_NAME + 1];
	size_t width = strnlen(b, MAX_NAME);

	for (size_t j = 0; j <= width; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned diagonal = row[0]++;

		for (size_t j = 0; j < width; j++) {
			unsigned best = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (diagonal + 1 < best)
				best = diagonal + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j + 1] = best;
		}
	}
	return row[width];
}

/* How unlike `name` a path is: one that contains it counts as near. */
static unsigned unlikeness(const char *path, const char *name)
{
	unsigned edits = distance(path, name);

	return strstr(path, name) ? edits / 4 : edits;
}

static int unknown_name(const char *name, const struct metric_set *const *sets, struct error *error)
{
	char nearest[2][MAX_NAME] = { "", "" };
	unsigned best[2] = { (unsigned)strlen(name) / 2 + 2, (unsigned)strlen(name) / 2 + 2 };

	for (; *sets; sets++) {
		for (size_t row = 0; row < (*sets)->count; row++) {
			char path[MAX_NAME];
			unsigned score;

			snprintf(path, sizeof(path), "%s.%s", (*sets)->prefix,
				(*sets)->rows[row].name);
			score = unlikeness(path, name);
			if (score < best[0]) {
				best[1] = best[0];
				memcpy(nearest[1], nearest[0], MAX_NAME);
				best[0] = score;
				memcpy(nearest[0], path, MAX_NAME);
			} else if (score < best[1]) {
				best[1] = score;
				memcpy(nearest[1], path, MAX_NAME);
			}
		}
	}
	if (!*nearest[0])
		return error_set(error,
			"'%s' is no metric and no finding: see 'pktlint list metrics'", name);
	if (!*nearest[1])
		return error_set(error, "'%s' is no metric and no finding: did you mean '%s'?",
			name, nearest[0]);
	return error_set(error, "'%s' is no metric and no finding: did you mean '%s' or '%s'?",
		name, nearest[0], nearest[1]);
}

/* Takes the part of a histogram that `word` names; "" is the metric itself. */
static int find_part(struct expect *expect, const char *name, const char *word, struct error *error)
{
	bool histogram = expect->set->rows[expect->row].kind == METRIC_HISTOGRAM;

	expect->part = EXPECT_NUMBER;
	if (!*word && !histogram)
		return 0;
	if (!*word)
		return error_set(
			error, "'%s' is a histogram: add one of its parts: " ALL_PARTS, name);
	if (!histogram)
		return error_set(error, "'%s' is one number: it has no part '%s'", name, word);
	for (size_t i = EXPECT_COUNT; i < LENGTH(parts); i++) {
		if (strcmp(parts[i], word) == 0) {
			expect->part = (enum expect_part)i;
			return 0;
		}
	}
	return error_set(error, "'%s' is no part of '%s': it has " ALL_PARTS, word, name);
}

/* Finds a metric by "prefix.row" or "prefix.row.part". */
static int find_metric(struct expect *expect, const char *name,
	const struct metric_set *const *sets, struct error *error)
{
	char path[MAX_NAME], *row, *part;

	snprintf(path, sizeof(path), "%s", name);
	row = strchr(path, '.');
	part = row ? strchr(row + 1, '.') : NULL;
	if (!row)
		return unknown_name(name, sets, error);
	*row++ = '\0';
	if (part)
		*part++ = '\0';
	for (const struct metric_set *const *set = sets; *set; set++) {
		int found = strcmp((*set)->prefix, path) == 0 ? metric_find(*set, row) : -1;

		if (found < 0)
			continue;
		expect->set = *set;
		expect->row = (size_t)found;
		return find_part(expect, name, part ? part : "", error);
	}
	return unknown_name(name, sets, error);
}

static int find_name(struct expect *expect, const char *name, const struct metric_set *const *sets,
	struct error *error)
{
	int finding = finding_find(name);

	if (finding < 0)
		return find_metric(expect, name, sets, error);
	expect->set = NULL;
	expect->finding = (enum finding_id)finding;
	return 0;
}

static int find_comparison(struct expect *expect, const char *sign, struct error *error)
{
	for (size_t i = 0; i < LENGTH(comparisons); i++) {
		if (strcmp(comparisons[i].sign, sign) == 0) {
			expect->comparison = i;
			return 0;
		}
	}
	if (!*sign)
		return error_set(error, "a comparison is missing: < <= > >= == or !=");
	return error_set(error, "'%s' is no comparison: use < <= > >= == or !=", sign);
}

static enum metric_unit unit_of(const struct expect *expect)
{
	if (!expect->set || expect->part == EXPECT_COUNT)
		return UNIT_COUNT;
	return expect->set->rows[expect->row].unit;
}

static int scale(struct expect *expect, const char *word, struct error *error)
{
	enum metric_unit unit = unit_of(expect);

	if (unit == UNIT_BYTES_PER_SECOND)
		unit = UNIT_BYTES;
	for (size_t i = 0; i < LENGTH(units); i++) {
		if (strcmp(units[i].name, word) != 0)
			continue;
		if (units[i].unit != unit)
			return error_set(error, "the unit '%s' does not fit what is compared: %s",
				word, *metric_unit_name(unit) ? metric_unit_name(unit) : "a count");
		expect->value *= units[i].factor;
		return 0;
	}
	return error_set(
		error, "'%s' is no unit: use %% ppm, ns us ms s, B kB MB GB KiB MiB GiB", word);
}

static int read_value(struct expect *expect, const char *word, struct error *error)
{
	char *end;

	/* strtod() would also take blanks, signs, "inf", "nan" and hexadecimal. */
	if (!isdigit((unsigned char)word[0]) || word[1] == 'x' || word[1] == 'X')
		return error_set(
			error, *word ? "'%s' is no number" : "a number is missing%s", word);
	expect->value = strtod(word, &end);
	end += strspn(end, " \t");
	return *end ? scale(expect, end, error) : 0;
}

/* Cuts the next word, made of `letters`, out of `*text`. */
static void take_word(char *word, size_t size, const char **text, const char *letters)
{
	size_t length;

	*text += strspn(*text, " \t");
	length = strspn(*text, letters);
	snprintf(word, size, "%.*s", (int)length, *text);
	*text += length;
	*text += strspn(*text, " \t");
}

int expect_parse(struct expect *expect, const char *text, const struct metric_set *const *sets,
	struct error *error)
{
	char name[MAX_NAME], sign[MAX_NAME], value[MAX_NAME];
	const char *rest = text;
	size_t length;

	*expect = (struct expect){ .text = text };
	if (strlen(text) >= MAX_NAME)
		return error_set(error, "it is longer than %d letters", MAX_NAME - 1);
	take_word(name, sizeof(name), &rest, NAME_LETTERS);
	if (!*name)
		return error_set(error,
			"a name is missing: write NAME OP VALUE, as 'tcp.reordered_ratio < 0.1%%'");
	if (find_name(expect, name, sets, error) < 0)
		return -1;
	take_word(sign, sizeof(sign), &rest, "<>=!~");
	if (!*sign && *rest)
		return error_set(error, "'%s' is no comparison: use < <= > >= == or !=", rest);
	if (find_comparison(expect, sign, error) < 0)
		return -1;
	snprintf(value, sizeof(value), "%s", rest);
	for (length = strlen(value); length > 0 && isspace((unsigned char)value[length - 1]);)
		value[--length] = '\0';
	return read_value(expect, value, error);
}

static int measure_part(const struct histogram *histogram, enum expect_part part, double *number)
{
	static const double shares[] = {
		[EXPECT_P50] = 0.5,
		[EXPECT_P90] = 0.9,
		[EXPECT_P95] = 0.95,
		[EXPECT_P99] = 0.99,
		[EXPECT_P999] = 0.999,
		[EXPECT_MAX] = 1,
	};

	if (part == EXPECT_COUNT) {
		*number = (double)histogram->count;
		return 0;
	}
	if (histogram->count == 0)
		return -1;
	if (part == EXPECT_MEAN)
		*number = histogram_mean(histogram);
	else
		*number = (double)histogram_percentile(histogram, shares[part]);
	return 0;
}

static const union metric_value *values_of(
	const struct report *report, const struct metric_set *set)
{
	for (size_t i = 0; i < report->section_count; i++)
		if (report->sections[i].set == set)
			return report->sections[i].values;
	return NULL;
}

static int measure(const struct expect *expect, const struct report *report, double *number)
{
	const union metric_value *values;

	if (!expect->set) {
		*number = 0;
		for (size_t i = 0; i < report->finding_count; i++)
			*number += report->findings[i].id == expect->finding;
		return 0;
	}
	values = values_of(report, expect->set);
	if (!values)
		return -1;
	if (expect->part == EXPECT_NUMBER)
		return metric_read(expect->set, values, expect->row, number);
	return measure_part(values[expect->row].histogram, expect->part, number);
}

/* What a ratio of 0 is worth: its divisor tells how many could have shown otherwise. */
static double bound(const struct expect *expect, const struct report *report)
{
	const struct metric *metric = expect->set ? &expect->set->rows[expect->row] : NULL;

	if (!metric || metric->kind != METRIC_RATIO || metric->unit != UNIT_RATIO)
		return 0;
	return metric_zero_bound(values_of(report, expect->set)[metric->b].number);
}

void expect_judge(const struct expect *expect, struct report *report)
{
	struct report_expectation *result = report_add_expectation(report, expect->text);

	result->unit = unit_of(expect);
	if (measure(expect, report, &result->value) < 0)
		return;
	result->met = comparisons[expect->comparison].holds(result->value, expect->value);
	/* Zero of nothing meets "== 0" in arithmetic only. */
	result->known = !result->met || report->judged > 0;
	result->met &= result->known;
	if (result->known && result->value == 0)
		result->bound = bound(expect, report);
}
