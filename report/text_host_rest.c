/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is there to know of the audited machine besides what is wrong? Counters that rose, as rates;
 * what was looked at and is fine; what cannot be known from there. Nothing is said twice: neither
 * what a finding cites, nor the same of each CPU or interface.
 */
#include "report/text.h"

#include <string.h>

#include "report/draft.h"
#include "report/units.h"

#define INDENT 7
#define LEAST_WIDTH 6 /* of a rate */

/* Whether a finding tells of the counter. */
static bool is_cited(const struct report *report, const struct report_counter *counter)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		for (size_t k = 0; k < finding->value_count; k++)
			if (strcmp(finding->values[k].path, counter->path) == 0)
				return true;
	}
	return false;
}

/* What a path of a counter of one CPU says behind the CPU's number, NULL of others. */
static const char *of_cpu(const struct report_counter *counter)
{
	static const char softnet[] = "/proc/net/softnet_stat cpu";
	const char *number = counter->path + sizeof(softnet) - 1;

	if (strncmp(counter->path, softnet, sizeof(softnet) - 1) != 0)
		return NULL;
	return number + strspn(number, "0123456789");
}

/* Whether they count the same, each of a CPU of its own. */
static bool is_alike(const struct report_counter *a, const struct report_counter *b)
{
	return of_cpu(a) && of_cpu(b) && strcmp(of_cpu(a), of_cpu(b)) == 0;
}

static bool is_shown_before(const struct report_host *host, size_t counter)
{
	for (size_t i = 0; i < counter; i++)
		if (is_alike(&host->counters[i], &host->counters[counter]))
			return true;
	return false;
}

static void put_rate(double rate, char *text, size_t size)
{
	if (rate < 100)
		snprintf(text, size, "%.1f", rate);
	else
		snprintf(text, size, "%s", units_round(rate).text);
}

/* Columns of the highest rate, of one CPU or of all. */
static int rate_width(const struct report_host *host)
{
	uint64_t sum = 0, highest = 0;
	char text[48];
	int width;

	for (size_t i = 0; i < host->counter_count; i++) {
		const struct report_counter *counter = &host->counters[i];

		sum += of_cpu(counter) ? counter->rise : 0;
		highest = counter->rise > highest ? counter->rise : highest;
	}
	highest = sum > highest ? sum : highest;
	put_rate(host->seconds > 0 ? (double)highest / host->seconds : 0, text, sizeof(text));
	width = (int)strlen(text);
	return width > LEAST_WIDTH ? width : LEAST_WIDTH;
}

/* A counter with its rate; those of further CPUs, which follow, are in it. */
static void write_counter(const struct layout *layout, const char *head,
	const struct report_host *host, size_t first, int width)
{
	const struct report_counter *counter = &host->counters[first];
	uint64_t rise = counter->rise;
	unsigned cpus = 1;
	double rate;
	char number[48], place[96], text[320];

	for (size_t i = first + 1; i < host->counter_count; i++) {
		if (!is_alike(counter, &host->counters[i]))
			continue;
		rise += host->counters[i].rise;
		cpus++;
	}
	rate = host->seconds > 0 ? (double)rise / host->seconds : 0;
	snprintf(text, sizeof(text), "%s", counter->path);
	if (cpus > 1)
		snprintf(text, sizeof(text), "/proc/net/softnet_stat%s of %u CPUs", of_cpu(counter),
			cpus);
	if (*counter->text)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ": %s", counter->text);
	put_rate(rate, number, sizeof(number));
	snprintf(place, sizeof(place), "%-6s %*s/s", head, width, number);
	layout_text(layout, place, INDENT + (unsigned)width + 3, text);
}

static void write_counters(const struct layout *layout, const struct report *report)
{
	const struct report_host *host = &report->host;
	const char *head = "rates";
	int width = rate_width(host);

	for (size_t i = 0; i < host->counter_count; i++) {
		if ((!host->watched && is_cited(report, &host->counters[i])) ||
			is_shown_before(host, i))
			continue;
		write_counter(layout, head, host, i, width);
		head = "";
	}
}

/* What follows the subject of a clause, "eth0: no netem", and its colon; NULL without. */
static const char *predicate(const char *clause)
{
	size_t subject = strcspn(clause, " :");

	return strncmp(clause + subject, ": ", 2) == 0 ? clause + subject : NULL;
}

static bool say_the_same(const char *a, const char *b)
{
	return predicate(a) && predicate(b) && strcmp(predicate(a), predicate(b)) == 0;
}

static bool is_said_before(char (*clauses)[FINDING_TEXT], size_t clause)
{
	for (size_t i = 0; i < clause; i++)
		if (say_the_same(clauses[i], clauses[clause]))
			return true;
	return false;
}

/* A clause, with all subjects of which the same is said. */
static void put_clause(FILE *out, char (*clauses)[FINDING_TEXT], size_t count, size_t first)
{
	if (!predicate(clauses[first])) {
		fputs(clauses[first], out);
		return;
	}
	for (size_t i = first; i < count; i++) {
		if (i != first && !say_the_same(clauses[first], clauses[i]))
			continue;
		fprintf(out, "%s%.*s", i == first ? "" : ", ",
			(int)(predicate(clauses[i]) - clauses[i]), clauses[i]);
	}
	fputs(predicate(clauses[first]), out);
}

static void write_clauses(const struct layout *layout, const char *head,
	char (*clauses)[FINDING_TEXT], size_t count, const char *between)
{
	struct draft draft;
	FILE *out = count > 0 ? draft_open(&draft) : NULL;

	if (!out)
		return;
	for (size_t i = 0; i < count; i++) {
		if (is_said_before(clauses, i))
			continue;
		fputs(i ? between : "", out);
		put_clause(out, clauses, count, i);
	}
	draft_set(layout, &draft, &(struct layout_paragraph){ .head = head, .indent = INDENT });
}

void text_host_rest(const struct layout *layout, const struct report *report)
{
	const struct report_host *host = &report->host;

	write_counters(layout, report);
	write_clauses(layout, "fine", host->fine, host->fine_count, " | ");
	write_clauses(layout, "blind", host->blind, host->blind_count, "; ");
}
