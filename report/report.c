/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What did the run find, and what is its verdict? Lists that grow while the engine and the
 * analyzers fill them, one order for each that no hash can disturb, and the exit status.
 */
#include "report/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/units.h"

#define OTHER_KINDS "other kinds"

const double report_shares[REPORT_SHARES] = { 0.9, 0.99, 0.999, 1 };

struct report *report_new(const char *command)
{
	struct report *report = memory_alloc(1, sizeof(*report));

	report->command = memory_copy_text(command);
	report->ended_by = "end";
	report->fail_on = SEVERITY_WARNING;
	return report;
}

void report_free(struct report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->source_count; i++) {
		free(report->sources[i].name);
		free(report->sources[i].error);
		free(report->sources[i].why);
	}
	for (size_t i = 0; i < report->section_count; i++)
		metric_values_free(report->sections[i].set, report->sections[i].values);
	for (size_t i = 0; i < report->flow_count; i++)
		for (int side = 0; side < 2; side++)
			metric_values_free(report->flows[i].set, report->flows[i].values[side]);
	for (size_t i = 0; i < report->flow_count; i++)
		for (int side = 0; side < 2; side++)
			free(report->flows[i].origin[side]);
	for (size_t i = 0; i < report->stream_count; i++)
		metric_values_free(report->streams[i].set, report->streams[i].values);
	for (size_t i = 0; i < report->stream_count; i++)
		free(report->streams[i].origin);
	for (size_t i = 0; i < report->expectation_count; i++)
		free(report->expectations[i].text);
	for (size_t i = 0; i < report->undecided_count; i++)
		free(report->undecided[i]);
	report_free_host(&report->host);
	free(report->sources);
	free(report->sections);
	free(report->tally);
	free(report->flows);
	free(report->streams);
	free(report->arrivals);
	free(report->findings);
	free(report->unjudged);
	free(report->expectations);
	free(report->filter);
	free(report->command);
	free(report);
}

struct report_source *report_add_source(struct report *report, const char *name)
{
	struct report_source *source;

	report->sources = memory_append(report->sources, &report->source_count, sizeof(*source));
	source = &report->sources[report->source_count - 1];
	source->name = memory_copy_text(name);
	source->input = report->source_count - 1;
	return source;
}

bool report_is_of_sender(const struct report *report)
{
	return report->source_count > 0 && report->sources[0].sent;
}

uint64_t report_dropped(const struct report *report)
{
	uint64_t dropped = 0;

	for (size_t i = 0; i < report->source_count; i++)
		dropped += report->sources[i].dropped;
	return dropped;
}

struct report_section *report_add_section(struct report *report, const struct metric_set *set)
{
	struct report_section *section;

	report->sections = memory_append(
		report->sections, &report->section_count, sizeof(*section));
	section = &report->sections[report->section_count - 1];
	section->set = set;
	section->values = metric_values_new(set);
	return section;
}

struct report_flow *report_add_flow(struct report *report, const struct metric_set *set)
{
	struct report_flow *flow;

	report->flows = memory_append(report->flows, &report->flow_count, sizeof(*flow));
	flow = &report->flows[report->flow_count - 1];
	flow->set = set;
	for (int side = 0; set && side < 2; side++)
		flow->values[side] = metric_values_new(set);
	return flow;
}

struct report_stream *report_add_stream(struct report *report, const struct metric_set *set)
{
	struct report_stream *stream;

	report->streams = memory_append(report->streams, &report->stream_count, sizeof(*stream));
	stream = &report->streams[report->stream_count - 1];
	stream->set = set;
	stream->values = metric_values_new(set);
	return stream;
}

struct report_arrival *report_add_arrival(struct report *report)
{
	report->arrivals = memory_append(
		report->arrivals, &report->arrival_count, sizeof(*report->arrivals));
	return &report->arrivals[report->arrival_count - 1];
}

void report_remove_finding(struct report *report, size_t index)
{
	report->finding_count--;
	memmove(&report->findings[index], &report->findings[index + 1],
		(report->finding_count - index) * sizeof(*report->findings));
}

struct finding *report_add_finding(struct report *report, enum finding_id id)
{
	struct finding *finding;

	report->findings = memory_append(
		report->findings, &report->finding_count, sizeof(*finding));
	finding = &report->findings[report->finding_count - 1];
	finding->id = id;
	finding->order = (uint32_t)(report->finding_count - 1);
	finding->severity = finding_page(id)->severity;
	return finding;
}

struct report_expectation *report_add_expectation(struct report *report, const char *text)
{
	struct report_expectation *expectation;

	report->expectations = memory_append(
		report->expectations, &report->expectation_count, sizeof(*expectation));
	expectation = &report->expectations[report->expectation_count - 1];
	expectation->text = memory_copy_text(text);
	return expectation;
}

void report_add_unjudged(struct report *report, const char *name, uint64_t frames)
{
	struct report_unjudged *unjudged;

	if (frames == 0)
		return;
	for (size_t i = 0; i < report->unjudged_count; i++) {
		unjudged = &report->unjudged[i];
		if (strncmp(unjudged->name, name, sizeof(unjudged->name) - 1) == 0) {
			unjudged->frames += frames;
			return;
		}
	}
	if (report->unjudged_count >= REPORT_MAX_UNJUDGED - 1 && strcmp(name, OTHER_KINDS) != 0) {
		report_add_unjudged(report, OTHER_KINDS, frames);
		return;
	}
	report->unjudged = memory_append(
		report->unjudged, &report->unjudged_count, sizeof(*unjudged));
	unjudged = &report->unjudged[report->unjudged_count - 1];
	memccpy(unjudged->name, name, '\0', sizeof(unjudged->name) - 1);
	unjudged->frames = frames;
}

void report_add_undecided(struct report *report, const char *reason)
{
	size_t room = sizeof(report->undecided) / sizeof(report->undecided[0]);

	if (report->undecided_count < room)
		report->undecided[report->undecided_count++] = memory_copy_text(reason);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_findings(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int order;

	if ((order = compare_numbers(b->severity, a->severity)))
		return order;
	if ((order = compare_numbers(b->confidence, a->confidence)))
		return order;
	if ((order = compare_numbers(b->frame_total, a->frame_total)))
		return order;
	if ((order = compare_numbers(a->id, b->id)))
		return order;
	if ((order = strcmp(a->subject, b->subject)))
		return order;
	return compare_numbers(a->order, b->order);
}

static int compare_frames(const void *left, const void *right)
{
	return compare_numbers(*(const uint64_t *)left, *(const uint64_t *)right);
}

/* The worst first; of equals the earlier. */
static int compare_troubles(double a, uint32_t a_number, double b, uint32_t b_number)
{
	if (a != b)
		return a < b ? 1 : -1;
	return compare_numbers(a_number, b_number);
}

static int compare_flows(const void *left, const void *right)
{
	const struct report_flow *a = left, *b = right;

	return compare_troubles(a->trouble, a->number, b->trouble, b->number);
}

static int compare_streams(const void *left, const void *right)
{
	const struct report_stream *a = left, *b = right;

	return compare_troubles(a->trouble, a->number, b->trouble, b->number);
}

static int compare_unjudged(const void *left, const void *right)
{
	const struct report_unjudged *a = left, *b = right;
	int order = compare_numbers(b->frames, a->frames);

	return order ? order : strcmp(a->name, b->name);
}

/* qsort() of nothing would pass it a null pointer, which the standard does not allow. */
static void sort(void *list, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	if (count > 1)
		qsort(list, count, size, compare);
}

/* What to do about traffic that is not known; where a finding tells of it, that knows better. */
static void judge_amount(struct report *report)
{
	if (report->judged > 0)
		return;
	if (report->host.present) {
		if (report->source_count > 0)
			report_add_blind(report, "traffic: %s frames came, none that can be judged",
				report->frames ? units_count(report->frames).text : "no");
		return;
	}
	if (report->frames == 0)
		report_add_undecided(report, "there was no packet to judge");
	else if (report->searched || report->finding_count > 0)
		report_add_undecided(report, "nothing of a kind that can be judged");
	else
		report_add_undecided(report, "nothing of a kind that can be judged; to look for "
					     "counters in it: --discover-sequence");
}

/* Whether an expectation failed; adds a reason for each that could not be decided. */
static bool judge_expectations(struct report *report)
{
	bool failed = false;

	for (size_t i = 0; i < report->expectation_count; i++) {
		const struct report_expectation *expectation = &report->expectations[i];
		char reason[256];

		if (expectation->known) {
			failed |= !expectation->met;
			continue;
		}
		snprintf(reason, sizeof(reason), "nothing was measured for the expectation '%s'",
			expectation->text);
		report_add_undecided(report, reason);
	}
	return failed;
}

void report_finish(struct report *report)
{
	bool bad = judge_expectations(report);

	judge_amount(report);
	for (size_t i = 0; i < report->finding_count; i++) {
		struct finding *finding = &report->findings[i];

		bad |= finding->severity >= report->fail_on;
		sort(finding->frames, finding->frame_count, sizeof(uint64_t), compare_frames);
	}
	sort(report->findings, report->finding_count, sizeof(struct finding), compare_findings);
	sort(report->flows, report->flow_count, sizeof(struct report_flow), compare_flows);
	sort(report->streams, report->stream_count, sizeof(struct report_stream), compare_streams);
	sort(report->unjudged, report->unjudged_count, sizeof(struct report_unjudged),
		compare_unjudged);
	if (bad)
		report->status = STATUS_FINDING;
	else if (report->undecided_count > 0)
		report->status = STATUS_UNDECIDED;
	else
		report->status = STATUS_OK;
}

uint64_t report_count_findings(const struct report *report, enum severity severity)
{
	uint64_t count = 0;

	for (size_t i = 0; i < report->finding_count; i++)
		count += report->findings[i].severity == severity;
	return count;
}
