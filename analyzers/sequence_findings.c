/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which numbers of the numbered streams deserve a line?  A table of rules as TCP's: of which
 * number, from which count and share on it is a warning or an error, and what to say; then what
 * was found to count, and what cannot be measured at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/sequence.h"
#include "base/memory.h"
#include "report/units.h"

struct rule {
	enum finding_id id;
	const char *metric;        /* row of the stream's table that it is about */
	const char *of;            /* row that it is a share of, NULL: no share is told */
	enum sequence_shows shows; /* SHOWS_COUNT: no frames */
	uint64_t least;            /* fewer are information */
	double warning, error;     /* shares; error 0: never */
	const char *noun_of_one;   /* after "1 of 86" */
	const char *noun;
	const char *where;
	const char *why;
	const char *is_not;
	const char *only; /* labels for `pktlint dump --only`, NULL: none */
};

static const struct rule rules[] = {
	{
		.id = FINDING_PL1101,
		.metric = "reordered_packets",
		.of = "received_packets",
		.shows = SHOWS_LATE,
		.least = 3,
		.warning = 0.001,
		.error = 0.05,
		.noun_of_one = "packets arrived late",
		.noun = "packets arrived late",
		.where = "upstream: between the sender and the capture point",
		.is_not = "lost: their numbers came, behind higher ones",
		.only = "reordered",
	},
	{
		.id = FINDING_PL1102,
		.metric = "behind_window_packets",
		.of = "received_packets",
		.shows = SHOWS_LATE,
		.least = 1,
		.noun_of_one = "packets was so late that the receiver discards it",
		.noun = "packets were so late that the receiver discards them",
		.why = "its protocol's usual anti-replay window does not reach so far back",
		.only = "reordered",
	},
	{
		.id = FINDING_PL2101,
		.metric = "lost_packets",
		.of = "expected_packets",
		.shows = SHOWS_LOST,
		.least = 3,
		.warning = 0.001,
		.error = 0.02,
		.noun_of_one = "packets never came",
		.noun = "packets never came",
		.where = "upstream: between the sender and the capture point",
		.is_not = "late: a number that came later is not counted",
	},
	{
		.id = FINDING_PL2102,
		.metric = "duplicate_packets",
		.of = "received_packets",
		.shows = SHOWS_DUPLICATE,
		.least = 3,
		.warning = 0.001,
		.noun_of_one = "packets came twice",
		.noun = "packets came twice",
		.where = "upstream: copied between the sender and the capture point",
		.only = "duplicate",
	},
	{
		.id = FINDING_PL2103,
		.metric = "restarts",
		.shows = SHOWS_RESTART,
		.least = UINT64_MAX,
		.noun_of_one = "time a sender began to count anew",
		.noun = "times a sender began to count anew",
		.is_not =
			"loss: no time passed in which so many packets can have been sent, or the "
			"numbers went back",
	},
	{
		.id = FINDING_PL2104,
		.metric = "retransmitted_packets",
		.of = "packets",
		.shows = SHOWS_RESENT,
		.least = 3,
		.warning = 0.001,
		.error = 0.02,
		.noun_of_one = "packets was sent again under its old number",
		.noun = "packets were sent again under their old numbers",
		.only = "retransmission,spurious_retransmission",
	},
	{
		.id = FINDING_PL9002,
		.metric = "capture_duplicates",
		.of = "packets",
		.shows = SHOWS_CAPTURE_DUPLICATE,
		.least = 3,
		.noun_of_one = "numbered packets was captured more than once",
		.noun = "numbered packets were captured more than once",
		.why = "a mirror port, several interfaces or both sides of a router are in one "
		       "capture",
		.is_not = "network duplicates: those are counted without them",
		.only = "capture_duplicate",
	},
};

#define FOUND_TOLD 8 /* counters, a finding each */

#define RULES (sizeof(rules) / sizeof(rules[0]))

static size_t row_of(const char *name)
{
	return (size_t)metric_find(&sequence_stream_metrics, name);
}

struct sequence_worst *sequence_worst_new(void)
{
	struct sequence_worst *worst = memory_alloc(RULES, sizeof(*worst));

	for (size_t i = 0; i < RULES; i++)
		worst[i].row = row_of(rules[i].metric);
	return worst;
}

static void note_worst(struct sequence_worst *worst, const struct sequence_stream *stream,
	uint64_t count, enum sequence_shows shows)
{
	if (!count)
		return;
	worst->streams++;
	if (count <= worst->count)
		return;
	worst->count = count;
	worst->flow = stream->flow;
	worst->stream = stream->number + 1;
	snprintf(worst->profile, sizeof(worst->profile), "%s", stream->source->name);
	snprintf(worst->subject, sizeof(worst->subject), "%s %s", stream->source->name,
		stream->subject);
	if (shows < SHOWS_COUNT)
		memcpy(worst->frames, stream->frames[shows], sizeof(worst->frames));
}

void sequence_note(struct sequences *sequences, const struct sequence_stream *stream)
{
	union metric_value *values;

	if (!sequence_is_fit(stream)) {
		note_worst(&sequences->unfit, stream, track_counts(stream->track)->packets,
			SHOWS_FIRST);
		sequences->unfit_packets += track_counts(stream->track)->packets;
		return;
	}
	/* Counts are asked for only, so it has no histograms. */
	values = memory_alloc(sequence_stream_metrics.count, sizeof(*values));
	sequence_put_counts(stream, values);
	for (size_t i = 0; i < RULES; i++)
		note_worst(&sequences->worst[i], stream, values[sequences->worst[i].row].number,
			rules[i].shows);
	free(values);
}

static enum severity severity_of(const struct rule *rule, uint64_t count, uint64_t all)
{
	double share = all ? (double)count / (double)all : 1;

	if (count < rule->least || share < rule->warning)
		return SEVERITY_INFO;
	if (rule->error > 0 && share >= rule->error)
		return SEVERITY_ERROR;
	return finding_page(rule->id)->severity;
}

static void describe(struct finding *finding, const struct rule *rule,
	const struct sequence_worst *worst, uint64_t count, uint64_t all)
{
	const char *noun = count == 1 ? rule->noun_of_one : rule->noun;
	int used;

	if (rule->of)
		used = snprintf(finding->what, sizeof(finding->what), "%s of %s %s (%s)",
			units_count(count).text, units_count(all).text, noun,
			units_share(count, all).text);
	else
		used = snprintf(finding->what, sizeof(finding->what), "%s %s",
			units_count(count).text, noun);
	if (worst->streams > 1)
		snprintf(finding->what + used, sizeof(finding->what) - (size_t)used,
			", in %s streams, %s of them in this one", units_count(worst->streams).text,
			units_count(worst->count).text);
	snprintf(finding->subject, sizeof(finding->subject), "%.159s", worst->subject);
	snprintf(finding->where, sizeof(finding->where), "%s", rule->where ? rule->where : "");
	snprintf(finding->why, sizeof(finding->why), "%s", rule->why ? rule->why : "");
	snprintf(finding->is_not, sizeof(finding->is_not), "%s", rule->is_not ? rule->is_not : "");
}

static void point_to_proof(struct finding *finding, const struct rule *rule,
	const struct sequence_worst *worst, uint64_t count)
{
	finding->flow = worst->flow;
	for (int i = 0; i < SEQUENCE_FRAMES; i++)
		if (worst->frames[i])
			finding_frame(finding, worst->frames[i]);
	finding->frame_total = rule->shows == SHOWS_LOST ? 0 : count;
	if (rule->only)
		snprintf(finding->dump, sizeof(finding->dump), "--stream %u --only %s",
			worst->stream - 1, rule->only);
}

/* Lateness in the words of RFC 4737. */
static void describe_lateness(const union metric_value *values, struct finding *finding)
{
	const struct histogram *extent = values[row_of("extent")].histogram;
	const struct histogram *late = values[row_of("late_time_ns")].histogram;
	size_t used = strlen(finding->what);

	if (!extent->count)
		return;
	snprintf(finding->what + used, sizeof(finding->what) - used,
		"; extent %s (p95), %s (max); late by %s (p95), %s (max)",
		units_count(histogram_percentile(extent, 0.95)).text, units_count(extent->max).text,
		units_duration((int64_t)histogram_percentile(late, 0.95)).text,
		units_duration((int64_t)late->max).text);
	finding_number(finding, "extent_p95_packets", (double)histogram_percentile(extent, 0.95));
	finding_number(finding, "extent_max_packets", (double)extent->max);
	finding_number(finding, "late_time_p95_ns", (double)histogram_percentile(late, 0.95));
	finding_number(finding, "late_time_max_ns", (double)late->max);
}

/* What the capture dropped was missing here too, and files do not tell which packets these were. */
static void doubt_loss(const struct report *report, struct finding *finding, uint64_t count)
{
	uint64_t dropped = report_dropped(report);

	if (!dropped)
		return;
	finding->confidence = dropped < count ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
	if (dropped >= count)
		finding->severity = SEVERITY_INFO;
	snprintf(finding->why, sizeof(finding->why),
		"in doubt: up to %s of them may be what the capture itself lost (PL9001)",
		units_count(dropped < count ? dropped : count).text);
}

static void apply(struct sequences *sequences, size_t index, struct report *report)
{
	const struct rule *rule = &rules[index];
	const union metric_value *values = sequences->totals;
	uint64_t count = values[row_of(rule->metric)].number;
	uint64_t all = rule->of ? values[row_of(rule->of)].number : 0;
	struct finding *finding;

	if (!count)
		return;
	finding = report_add_finding(report, rule->id);
	finding->severity = severity_of(rule, count, all);
	finding->confidence = CONFIDENCE_PROVEN;
	describe(finding, rule, &sequences->worst[index], count, all);
	finding_number(finding, rule->metric, (double)count);
	if (rule->of)
		finding_number(finding, rule->of, (double)all);
	finding_number(finding, "streams", (double)sequences->worst[index].streams);
	point_to_proof(finding, rule, &sequences->worst[index], count);
	if (rule->id == FINDING_PL1101) {
		describe_lateness(values, finding);
		contrast_text(&sequences->contrast, "late", "overtaker", finding->why,
			sizeof(finding->why));
	}
	if (rule->id == FINDING_PL2101)
		doubt_loss(report, finding, count);
}

/* A counter that nobody named: its place, how to name it, and how many more are not told. */
static void add_found(const struct sequence_source *source, size_t more, struct report *report)
{
	struct finding *finding = report_add_finding(report, FINDING_PL1901);
	char specification[240];
	int used;

	finding->confidence = source->confidence;
	field_print(source->field, specification, sizeof(specification));
	snprintf(finding->subject, sizeof(finding->subject), "%.159s", specification);
	used = snprintf(finding->what, sizeof(finding->what),
		"%u byte%s, %u behind the start of %s, count%s the packets: %s frames judged by it",
		source->field->width, source->field->width == 1 ? "" : "s", source->field->offset,
		field_start_text(source->field->start), source->field->width == 1 ? "s" : "",
		units_count(source->frames).text);
	if (more)
		snprintf(finding->what + used, sizeof(finding->what) - (size_t)used,
			"; %s more counters were found", units_count(more).text);
	snprintf(finding->fix, sizeof(finding->fix), "To name it, so that it is not searched for:");
	snprintf(finding->commands[finding->command_count++], sizeof(finding->commands[0]),
		"--sequence '%.140s'", specification);
	finding_frame(finding, source->frame);
	finding->frame_total = source->frames;
}

static void add_blind(const struct sequence_source *source, struct report *report)
{
	struct finding *finding = report_add_finding(report, FINDING_PL9014);

	finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->subject, sizeof(finding->subject), "%s", source->name);
	snprintf(finding->what, sizeof(finding->what),
		"%s frames of %s: their order and loss cannot be read from them",
		units_count(source->frames).text, source->name);
	snprintf(finding->why, sizeof(finding->why), "%s", source->profile->blind);
	finding_frame(finding, source->frame);
	finding->frame_total = source->frames;
}

static void add_unfit(const struct sequences *sequences, struct report *report)
{
	const struct sequence_worst *unfit = &sequences->unfit;
	struct finding *finding;

	if (!unfit->streams)
		return;
	finding = report_add_finding(report, FINDING_PL9015);
	finding->confidence = CONFIDENCE_PROVEN;
	finding->flow = unfit->flow;
	snprintf(finding->subject, sizeof(finding->subject), "%.159s", unfit->subject);
	snprintf(finding->what, sizeof(finding->what),
		"%s packets in %s stream%s bear numbers that are no sequence: nothing is claimed "
		"of them",
		units_count(sequences->unfit_packets).text, units_count(unfit->streams).text,
		unfit->streams == 1 ? "" : "s");
	snprintf(finding->fix, sizeof(finding->fix),
		"Look at the field's place, width and byte order, and at what tells its streams "
		"apart (stream=).");
	for (int i = 0; i < SEQUENCE_FRAMES; i++)
		if (unfit->frames[i])
			finding_frame(finding, unfit->frames[i]);
	finding->frame_total = sequences->unfit_packets;
}

static void add_evicted(const struct sequences *sequences, struct report *report)
{
	uint64_t evicted = keyed_evicted(sequences->streams_by_key);
	struct finding *finding;

	if (!evicted)
		return;
	finding = report_add_finding(report, FINDING_PL9016);
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->subject, sizeof(finding->subject), "run");
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s numbered streams %s ended early, one unused for long first",
		units_count(evicted).text, units_count(sequences->stream_total).text,
		evicted == 1 ? "was" : "were");
}

static int by_frames(const void *a, const void *b)
{
	const struct sequence_source *const *first = a, *const *second = b;

	if ((*first)->frames != (*second)->frames)
		return (*first)->frames > (*second)->frames ? -1 : 1;
	return (*first)->id < (*second)->id ? -1 : (*first)->id > (*second)->id;
}

/* If there are too many, those that judged most frames. */
static void add_all_found(const struct sequences *sequences, struct report *report)
{
	const struct sequence_source *found[SEQUENCE_SOURCES];
	size_t count = 0;

	for (uint32_t i = 0; i < sequences->source_count; i++)
		if (sequences->sources[i]->discovered && sequences->sources[i]->frames)
			found[count++] = sequences->sources[i];
	if (count <= FOUND_TOLD) {
		for (size_t i = 0; i < count; i++)
			add_found(found[i], 0, report);
		return;
	}
	qsort(found, count, sizeof(found[0]), by_frames);
	for (size_t i = 0; i < FOUND_TOLD; i++)
		add_found(found[i], i == FOUND_TOLD - 1 ? count - FOUND_TOLD : 0, report);
}

void sequence_add_findings(struct sequences *sequences, struct report *report)
{
	for (size_t i = 0; i < RULES; i++)
		apply(sequences, i, report);
	add_all_found(sequences, report);
	for (uint32_t i = 0; i < sequences->source_count; i++) {
		const struct sequence_source *source = sequences->sources[i];

		if (source->frames && source->profile && source->profile->blind)
			add_blind(source, report);
	}
	add_unfit(sequences, report);
	add_evicted(sequences, report);
}
