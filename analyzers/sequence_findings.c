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
	bool usual;                /* holds for usual receivers: never proven */
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
		.shows = SHOWS_BEHIND,
		.least = 1,
		.usual = true,
		.noun_of_one = "packets came too late for its receiver",
		.noun = "packets came too late for their receiver",
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
		.noun_of_one = "restart: a sender began to count anew",
		.noun = "restarts: senders began to count anew",
		.is_not = "loss: the numbers went back, or ahead in less time than so many packets "
			  "take",
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
	worst->flows = stream->flow_count;
	worst->unlike = stream->unlike < count ? stream->unlike : count;
	worst->confidence = shows == SHOWS_LOST ? sequence_confidence_of_loss(stream)
						: stream->source->confidence;
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
	finding->stream = worst->stream;
	for (int i = 0; i < SEQUENCE_FRAMES; i++)
		if (worst->frames[i])
			finding_frame(finding, worst->frames[i]);
	finding->frame_total = rule->shows == SHOWS_LOST ? 0 : count;
	if (rule->only)
		snprintf(finding->dump, sizeof(finding->dump), "--stream %u --only %s",
			worst->stream - 1, rule->only);
}

/* "extent 10 (p95), 11 (max)", and a number that says all by itself. */
static void describe_spread(struct finding *finding, const char *name, enum metric_unit unit,
	const struct histogram *histogram)
{
	uint64_t p95 = histogram_percentile(histogram, 0.95);
	size_t used = strlen(finding->what), room = sizeof(finding->what) - used;
	const char *max = units_value(unit, (double)histogram->max).text;

	if (histogram->min == histogram->max)
		snprintf(finding->what + used, room, "; %s %s", name, max);
	else if (p95 == histogram->max)
		snprintf(finding->what + used, room, "; %s up to %s", name, max);
	else
		snprintf(finding->what + used, room, "; %s %s (p95), %s (max)", name,
			units_value(unit, (double)p95).text, max);
}

/* " (8 of 16)": those whose stamps do not go back. */
static void describe_part(struct finding *finding, uint64_t part, uint64_t whole)
{
	size_t used = strlen(finding->what);

	if (part < whole)
		snprintf(finding->what + used, sizeof(finding->what) - used, " (%s of %s)",
			units_count(part).text, units_count(whole).text);
}

/* Lateness in the words of RFC 4737. */
static void describe_lateness(const union metric_value *values, struct finding *finding)
{
	const struct histogram *extent = values[row_of("extent")].histogram;
	const struct histogram *late = values[row_of("late_time_ns")].histogram;

	if (!extent->count)
		return;
	describe_spread(finding, "extent", UNIT_COUNT, extent);
	finding_number(finding, "extent_p95_packets", (double)histogram_percentile(extent, 0.95));
	finding_number(finding, "extent_max_packets", (double)extent->max);
	if (!late->count)
		return;
	describe_spread(finding, "late by", UNIT_NS, late);
	describe_part(finding, late->count, extent->count);
	finding_number(finding, "late_time_p95_ns", (double)histogram_percentile(late, 0.95));
	finding_number(finding, "late_time_max_ns", (double)late->max);
}

/* The network changes neither identification nor checksum of what it copies. */
static void describe_copies(const struct sequence_worst *worst, struct finding *finding)
{
	if (!worst->unlike)
		return;
	if (finding->confidence > CONFIDENCE_LIKELY)
		finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->where, sizeof(finding->where),
		"at the sender: %s of them differ from the first ones (identification or "
		"checksum), so they were sent, not copied",
		units_count(worst->unlike).text);
}

/* Why the receiver of the worst stream would have no use for what came so late. */
static void describe_window(const struct sequence_worst *worst, struct finding *finding)
{
	const struct profile *profile = profile_find(worst->profile);

	if (profile && profile->window)
		snprintf(finding->why, sizeof(finding->why),
			"the usual window of %s, %s packets, does not reach so far back",
			profile->name, units_count(profile->window).text);
	if (profile && profile->window)
		return;
	snprintf(finding->why, sizeof(finding->why),
		"receivers of %s usually discard whatever comes late", worst->profile);
	snprintf(finding->fix, sizeof(finding->fix),
		"Keep the packets in order, see PL1101; or set a window where the receiver can "
		"have one, else do without sequence numbers.");
}

/* Numbers that were given up for lost before the file told that its capture dropped packets. */
static void doubt_loss(struct finding *finding, uint64_t doubtful, uint64_t count)
{
	if (!doubtful)
		return;
	if (doubtful >= count)
		finding->confidence = CONFIDENCE_POSSIBLE;
	else if (finding->confidence > CONFIDENCE_LIKELY)
		finding->confidence = CONFIDENCE_LIKELY;
	if (doubtful >= count)
		finding->severity = SEVERITY_INFO;
	snprintf(finding->why, sizeof(finding->why),
		"in doubt: up to %s of them may be what the capture itself lost (PL9001)",
		units_count(doubtful < count ? doubtful : count).text);
}

/* What late packets and their overtakers differ in tells what to do first; else the page does. */
static void advise(const struct contrast *contrast, struct finding *finding)
{
	static const char mark[] =
		"Give all packets of one stream the same mark: queues by class overtake each "
		"other.";
	static const char ports[] =
		"Send the stream from one port, or spread it by addresses alone: what hashes ports "
		"(links, equal-cost paths, CPUs) takes it over several ways.";
	static const struct {
		enum fact fact;
		const char *fix;
	} advice[] = {
		{ FACT_DSCP, mark },
		{ FACT_PRIORITY, mark },
		{ FACT_SOURCE_PORT, ports },
		{ FACT_DESTINATION_PORT, ports },
		{ FACT_FRAGMENT,
			"Send what fits the path's MTU, or spread by addresses alone: fragments "
			"have no ports, so they are hashed to another way." },
	};

	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (contrast_tells(contrast, advice[i].fact)) {
			snprintf(finding->fix, sizeof(finding->fix), "%s", advice[i].fix);
			return;
		}
}

/* Ports that take turns differ between any two packets: no contrast shows that they matter. */
static void suspect_flows(const struct sequence_worst *worst, struct finding *finding)
{
	if (!*finding->why && worst->flows > 1)
		snprintf(finding->why, sizeof(finding->why),
			"not known, but the stream spans %s flows: links, queues and CPUs are "
			"often chosen by flow",
			units_count(worst->flows).text);
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
	finding->confidence = sequences->worst[index].confidence;
	if (rule->usual && finding->confidence > CONFIDENCE_LIKELY)
		finding->confidence = CONFIDENCE_LIKELY;
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
		advise(&sequences->contrast, finding);
		suspect_flows(&sequences->worst[index], finding);
	}
	if (rule->id == FINDING_PL2102)
		describe_copies(&sequences->worst[index], finding);
	if (rule->id == FINDING_PL1102)
		describe_window(&sequences->worst[index], finding);
	if (finding->confidence == CONFIDENCE_POSSIBLE) {
		finding->severity = SEVERITY_INFO;
		snprintf(finding->why, sizeof(finding->why),
			"in doubt: the sender may count other packets by the same counter");
	}
	if (rule->id == FINDING_PL2101)
		doubt_loss(finding, sequences->lost_in_doubt, count);
}

/* The input as a command takes it: its name where that needs no quotes, else "FILE". */
static const char *input_of(const struct report *report)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./+,:@%";
	const char *name = report->source_count == 1 ? report->sources[0].name : "";

	if (report->live || !*name || *name == '-' || name[strspn(name, plain)])
		return "FILE";
	return name;
}

/* The whole command that names the counter, or none: one that was cut would name another. */
static void add_naming(
	const char *specification, const struct report *report, struct finding *finding)
{
	const char *inputs[] = { input_of(report), "FILE" };

	for (size_t i = 0; i < 2 && !finding->command_count; i++)
		finding_command(finding, RISK_NONE, "pktlint check -r %s --sequence '%s'",
			inputs[i], specification);
	snprintf(finding->fix, sizeof(finding->fix), "To name it, so that it is not searched for%s",
		finding->command_count ? ":" : ", give --sequence what stands below its stream.");
}

/* A counter that nobody named: its place, how to name it, and how many more are not told. */
static void add_found(const struct sequence_source *source, size_t more, struct report *report)
{
	struct finding *finding = report_add_finding(report, FINDING_PL1901);
	char specification[FIELD_TEXT];
	bool one = source->field->width == 1;
	int used;

	finding->confidence = source->confidence;
	field_print(source->field, specification, sizeof(specification));
	snprintf(finding->subject, sizeof(finding->subject), "%.159s",
		strlen(specification) < sizeof(finding->subject) ? specification : source->name);
	used = snprintf(finding->what, sizeof(finding->what),
		"%u byte%s at offset %u of %s count%s the packets; %s frames were judged by %s",
		source->field->width, one ? "" : "s", source->field->offset,
		field_start_text(source->field->start), one ? "s" : "",
		units_count(source->frames).text, one ? "it" : "them");
	if (more && used > 0 && (size_t)used < sizeof(finding->what))
		snprintf(finding->what + used, sizeof(finding->what) - (size_t)used,
			"; %s more counters were found", units_count(more).text);
	add_naming(specification, report, finding);
	finding_frame(finding, source->frame);
	finding->frame_total = source->frames;
}

static void add_blind(const struct sequence_source *source, struct report *report)
{
	struct finding *finding = report_add_finding(report, FINDING_PL9014);

	finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->subject, sizeof(finding->subject), "%s", source->name);
	snprintf(finding->what, sizeof(finding->what),
		"%s frame%s of %s, whose order and loss cannot be read",
		units_count(source->frames).text, source->frames == 1 ? "" : "s", source->name);
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
	finding->stream = unfit->stream;
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
		"%s of %s numbered streams %s ended early, the longest unused first",
		units_count(evicted).text, units_count(sequences->stream_total).text,
		evicted == 1 ? "was" : "were");
}

/* Whether the source goes by that name, or a variant of it does: "esp", "esp-udp". */
static bool goes_by(const struct sequence_source *source, const char *name)
{
	size_t length = strlen(name);

	return strncmp(source->name, name, length) == 0 &&
	       (!source->name[length] || (source->profile && source->name[length] == '-'));
}

/* Whether a packet was measured by what `word` asks for; `field` is where that is a field. */
static bool was_met(struct sequences *sequences, const char *word, const struct field *field)
{
	const struct sequence_source *source;

	if (field) {
		source = sequence_field_source(sequences, field, false);
		return source && source->frames;
	}
	for (uint32_t i = 0; i < sequences->source_count; i++)
		if (sequences->sources[i]->frames && goes_by(sequences->sources[i], word))
			return true;
	return false;
}

/* A slip in a specification must not look as if all were well. */
static void add_unused(const char *word, struct report *report)
{
	struct finding *finding = report_add_finding(report, FINDING_PL9017);
	char reason[128];

	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->subject, sizeof(finding->subject), "%.159s", word);
	snprintf(finding->what, sizeof(finding->what),
		"no packet of the run is one that it measures");
	snprintf(reason, sizeof(reason), "no packet fits --sequence '%.80s'", word);
	report_add_undecided(report, reason);
}

static void add_all_unused(struct sequences *sequences, struct report *report)
{
	const struct analyzer_options *options = &sequences->options;
	size_t field = options->field_count;

	for (size_t i = options->asked_count; i-- > 0;) {
		const char *word = options->asked[i];
		bool described = strchr(word, '=') && field > 0;

		field -= described;
		if (!was_met(sequences, word, described ? &options->fields[field] : NULL))
			add_unused(word, report);
	}
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
	add_all_unused(sequences, report);
}
