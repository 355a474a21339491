/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report for programs: one JSON object, "pktlint.report/1", its members one a line and written
 * as they are built, so that memory does not grow with the list of flows. Nothing here names a
 * metric: the tables do. The format is described by schema/pktlint.report-1.schema.json.
 */
#include <string.h>

#include "report/json_value.h"
#include "report/report.h"

struct document {
	FILE *out;
	bool further; /* a member or element was written at this level, so a comma comes next */
};

static void begin_item(struct document *document, const char *key)
{
	fputs(document->further ? ",\n" : "\n", document->out);
	if (key)
		fprintf(document->out, "\"%s\": ", key);
	document->further = true;
}

static void write_item(struct document *document, const char *key, struct json_value *value)
{
	begin_item(document, key);
	json_value_write(document->out, value);
}

static void open_list(struct document *document, const char *key, char bracket)
{
	begin_item(document, key);
	putc(bracket, document->out);
	document->further = false;
}

static void close_list(struct document *document, char bracket)
{
	putc(bracket, document->out);
	document->further = true;
}

static struct json_value *histogram_value(const struct histogram *histogram)
{
	static const struct {
		const char *key;
		double share;
	} percentiles[] = {
		{ "p50", 0.5 },
		{ "p90", 0.9 },
		{ "p95", 0.95 },
		{ "p99", 0.99 },
		{ "p999", 0.999 },
	};
	struct json_value *object = json_value_object(), *buckets = json_value_array();
	bool any = histogram->count > 0;

	json_value_set(object, "layout", json_value_text("log2/8"));
	json_value_set(object, "count", json_value_integer(histogram->count));
	json_value_set(object, "min", any ? json_value_integer(histogram->min) : NULL);
	json_value_set(object, "mean", any ? json_value_number(histogram_mean(histogram)) : NULL);
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
		uint64_t value = histogram_percentile(histogram, percentiles[i].share);

		json_value_set(object, percentiles[i].key, any ? json_value_integer(value) : NULL);
	}
	json_value_set(object, "max", any ? json_value_integer(histogram->max) : NULL);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		struct json_value *bucket;

		if (histogram->buckets[i] == 0)
			continue;
		bucket = json_value_array();
		json_value_append(bucket, json_value_integer(histogram_bucket_floor(i)));
		json_value_append(bucket, json_value_integer(histogram->buckets[i]));
		json_value_append(buckets, bucket);
	}
	json_value_set(object, "buckets", buckets);
	return object;
}

static struct json_value *metric_json(
	const struct metric_set *set, const union metric_value *values, size_t row)
{
	double number;

	if (set->rows[row].kind == METRIC_HISTOGRAM)
		return values[row].histogram ? histogram_value(values[row].histogram) : NULL;
	if (metric_read(set, values, row, &number) < 0)
		return NULL;
	/* A double would round counts above 2^53. */
	if (metric_is_quotient(set->rows[row].kind))
		return json_value_number(number);
	return json_value_integer(values[row].number);
}

static struct json_value *metrics_json(
	const struct metric_set *set, const union metric_value *values)
{
	struct json_value *object = json_value_object();

	for (size_t i = 0; i < set->count; i++)
		json_value_set(object, set->rows[i].name, metric_json(set, values, i));
	return object;
}

static struct json_value *texts_json(const char *const *texts, size_t count)
{
	struct json_value *array = json_value_array();

	for (size_t i = 0; i < count && texts[i]; i++)
		json_value_append(array, json_value_text(texts[i]));
	return array;
}

static struct json_value *source_json(const struct report_source *source)
{
	struct json_value *object = json_value_object();
	struct json_value *dropped = source->dropped_known ? json_value_integer(source->dropped)
							   : NULL;

	json_value_set(object, "name", json_value_text(source->name));
	json_value_set(object, "frames", json_value_integer(source->frames));
	json_value_set(object, "passed_over_frames", json_value_integer(source->passed_over));
	json_value_set(object, "dropped_packets", dropped);
	json_value_set(object, "dropped_interface_packets",
		source->frontend ? json_value_integer(source->dropped_interface) : NULL);
	json_value_set(object, "received_packets",
		source->received_known ? json_value_integer(source->received) : NULL);
	json_value_set(object, "interfaces", json_value_integer(source->interfaces));
	json_value_set(object, "frontend", json_value_text(source->frontend));
	json_value_set(object, "why", json_value_text(source->why));
	json_value_set(object, "buffer_bytes",
		source->frontend ? json_value_integer(source->buffer_bytes) : NULL);
	json_value_set(object, "truncated", json_value_bool(source->truncated));
	json_value_set(object, "failed", json_value_bool(source->failed));
	json_value_set(object, "error", json_value_text(source->error));
	return object;
}

static struct json_value *fix_json(const struct finding *finding)
{
	struct json_value *object = json_value_object(), *commands = json_value_array();
	struct json_value *text = *finding->fix ? json_value_text(finding->fix)
						: json_value_page(finding_page(finding->id)->fix);

	for (size_t i = 0; i < finding->command_count; i++)
		json_value_append(commands, json_value_text(finding->commands[i]));
	json_value_set(object, "text", text);
	json_value_set(object, "commands", commands);
	return object;
}

static void set_evidence(struct json_value *object, const struct finding *finding)
{
	struct json_value *numbers = json_value_object(), *frames = json_value_array();

	for (size_t i = 0; i < finding->number_count; i++)
		json_value_set(numbers, finding->numbers[i].name,
			json_value_number(finding->numbers[i].value));
	for (size_t i = 0; i < finding->frame_count; i++)
		json_value_append(frames, json_value_integer(finding->frames[i]));
	json_value_set(object, "numbers", numbers);
	json_value_set(object, "frames", frames);
	json_value_set(object, "frame_total", json_value_integer(finding->frame_total));
}

static struct json_value *finding_json(const struct finding *finding)
{
	const struct finding_page *page = finding_page(finding->id);
	struct json_value *object = json_value_object();
	const char *confidence = finding->confidence ? confidence_name(finding->confidence) : NULL;

	json_value_set(object, "id", json_value_text(page->id));
	json_value_set(object, "slug", json_value_text(page->slug));
	json_value_set(object, "title", json_value_text(page->title));
	json_value_set(object, "severity", json_value_text(severity_name(finding->severity)));
	json_value_set(object, "confidence", json_value_text(confidence));
	json_value_set(object, "subject", json_value_text(finding->subject));
	json_value_set(
		object, "flow", finding->flow ? json_value_integer(finding->flow - 1) : NULL);
	json_value_set(object, "what", json_value_text(finding->what));
	json_value_set(object, "where", json_value_text(finding->where));
	json_value_set(object, "why", json_value_text(finding->why));
	json_value_set(object, "not", json_value_text(finding->is_not));
	json_value_set(object, "time", finding->time_ns ? json_value_time(finding->time_ns) : NULL);
	set_evidence(object, finding);
	json_value_set(object, "fix", fix_json(finding));
	json_value_set(object, "display_filter", json_value_text(finding->display_filter));
	json_value_set(object, "dump", json_value_text(finding->dump));
	return object;
}

static struct json_value *direction_json(const struct report_flow *flow, int side)
{
	struct json_value *object = json_value_object();

	json_value_set(object, "from", json_value_text(flow->endpoint[side]));
	json_value_set(object, "to", json_value_text(flow->endpoint[!side]));
	json_value_set(
		object, "metrics", flow->set ? metrics_json(flow->set, flow->values[side]) : NULL);
	return object;
}

static struct json_value *flow_json(const struct report_flow *flow)
{
	struct json_value *object = json_value_object(), *directions = json_value_array();
	size_t notes = sizeof(flow->notes) / sizeof(flow->notes[0]);

	for (int side = 0; side < 2; side++)
		json_value_append(directions, direction_json(flow, side));
	json_value_set(object, "number", json_value_integer(flow->number));
	json_value_set(object, "protocol", json_value_text(flow->protocol));
	json_value_set(object, "vlan_id", flow->vlan_id ? json_value_integer(flow->vlan_id) : NULL);
	json_value_set(object, "vni", flow->vni ? json_value_integer(flow->vni) : NULL);
	json_value_set(object, "community_id", json_value_text(flow->community_id));
	json_value_set(object, "first_time", json_value_time(flow->first_ns));
	json_value_set(object, "last_time", json_value_time(flow->last_ns));
	json_value_set(object, "trouble", json_value_number(flow->trouble));
	json_value_set(object, "notes", texts_json(flow->notes, notes));
	json_value_set(object, "directions", directions);
	return object;
}

static struct json_value *enough_json(const struct report_enough *enough)
{
	struct json_value *object = json_value_object(), *sizes = json_value_array();

	for (size_t i = 0; i < REPORT_SHARES; i++) {
		struct json_value *size = json_value_object();

		json_value_set(size, "share", json_value_number(report_shares[i]));
		json_value_set(size, "size", json_value_integer(enough->size[i]));
		json_value_append(sizes, size);
	}
	json_value_set(object, "name", json_value_text(enough->name));
	json_value_set(object, "unit", json_value_text(metric_unit_name(enough->unit)));
	json_value_set(object, "sizes", sizes);
	return object;
}

static struct json_value *contrast_json(const struct report_contrast *contrast)
{
	struct json_value *object = json_value_object();

	json_value_set(object, "fact", json_value_text(contrast->name));
	json_value_set(object, "pairs", json_value_integer(contrast->pairs));
	json_value_set(object, "differs", json_value_integer(contrast->differs));
	json_value_set(object, "late", json_value_integer(contrast->bad));
	json_value_set(object, "other", json_value_integer(contrast->good));
	return object;
}

/* What a stream is: the members before those that tell how it fared. */
static void set_identity(struct json_value *object, const struct report_stream *stream)
{
	const char *confidence = stream->confidence ? confidence_name(stream->confidence) : NULL;

	json_value_set(object, "number", json_value_integer(stream->number));
	json_value_set(object, "profile", json_value_text(stream->profile));
	json_value_set(object, "subject", json_value_text(stream->subject));
	json_value_set(object, "specification", json_value_text(stream->specification));
	json_value_set(object, "discovered", json_value_bool(stream->discovered));
	json_value_set(object, "confidence", json_value_text(confidence));
	json_value_set(
		object, "vlan_id", stream->vlan_id ? json_value_integer(stream->vlan_id) : NULL);
	json_value_set(object, "flow", stream->flow ? json_value_integer(stream->flow - 1) : NULL);
	json_value_set(object, "flows", json_value_integer(stream->flows));
	json_value_set(object, "first_time", json_value_time(stream->first_ns));
	json_value_set(object, "last_time", json_value_time(stream->last_ns));
}

static struct json_value *stream_json(const struct report_stream *stream)
{
	struct json_value *object = json_value_object();
	struct json_value *enough = json_value_array(), *contrast = json_value_array();
	size_t notes = sizeof(stream->notes) / sizeof(stream->notes[0]);

	for (size_t i = 0; i < stream->enough_count; i++)
		json_value_append(enough, enough_json(&stream->enough[i]));
	for (size_t i = 0; i < stream->contrast_count; i++)
		json_value_append(contrast, contrast_json(&stream->contrast[i]));
	set_identity(object, stream);
	json_value_set(object, "trouble", json_value_number(stream->trouble));
	json_value_set(object, "notes", texts_json(stream->notes, notes));
	json_value_set(object, "enough", enough);
	json_value_set(object, "contrast", contrast);
	json_value_set(object, "metrics", metrics_json(stream->set, stream->values));
	return object;
}

/* What a count called `name` of the analyzer `prefix` comes to over what is listed. */
struct listed {
	const char *prefix, *name;
	uint64_t sum;
	bool found;
};

static void add_listed(
	struct listed *listed, const struct metric_set *set, const union metric_value *values)
{
	int row = -1;

	if (set && strcmp(set->prefix, listed->prefix) == 0)
		row = metric_find(set, listed->name);
	if (row < 0 || set->rows[row].kind != METRIC_COUNT)
		return;
	listed->sum += values[row].number;
	listed->found = true;
}

static void add_flows(struct listed *listed, const struct report *report)
{
	for (size_t i = 0; i < report->flow_count; i++)
		for (int side = 0; side < 2; side++)
			add_listed(listed, report->flows[i].set, report->flows[i].values[side]);
}

static void add_streams(struct listed *listed, const struct report *report)
{
	for (size_t i = 0; i < report->stream_count; i++)
		add_listed(listed, report->streams[i].set, report->streams[i].values);
}

/* Counts of what a list leaves out: the run's less those that `add` finds in the list. */
static struct json_value *rest_json(
	const struct report *report, void (*add)(struct listed *, const struct report *))
{
	struct json_value *metrics = json_value_object();

	for (size_t i = 0; i < report->section_count; i++) {
		const struct report_section *section = &report->sections[i];
		struct json_value *rest = json_value_object();

		for (size_t row = 0; row < section->set->count; row++) {
			const struct metric *metric = &section->set->rows[row];
			struct listed listed = { section->set->prefix, metric->name, 0, false };
			uint64_t all = section->values[row].number;

			if (metric->kind != METRIC_COUNT)
				continue;
			add(&listed, report);
			if (listed.found && listed.sum <= all)
				json_value_set(
					rest, metric->name, json_value_integer(all - listed.sum));
		}
		json_value_set(metrics, section->set->prefix, rest);
	}
	return metrics;
}

static struct json_value *other_flows_json(const struct report *report)
{
	struct json_value *object = json_value_object();

	json_value_set(
		object, "flows", json_value_integer(report->flow_total - report->flow_count));
	json_value_set(object, "metrics", rest_json(report, add_flows));
	return object;
}

static struct json_value *other_streams_json(const struct report *report)
{
	struct json_value *object = json_value_object();

	json_value_set(
		object, "streams", json_value_integer(report->stream_total - report->stream_count));
	json_value_set(object, "metrics", rest_json(report, add_streams));
	return object;
}

static struct json_value *tally_json(const struct report *report)
{
	struct json_value *object, *rows;

	if (!report->tally_count)
		return NULL;
	object = json_value_object();
	rows = json_value_array();
	for (size_t i = 0; i < report->tally_count; i++) {
		const struct report_tally *tally = &report->tally[i];
		struct json_value *row = json_value_object();

		json_value_set(row, "frames", json_value_integer(tally->frames));
		json_value_set(row, "wire_bytes", json_value_integer(tally->wire_bytes));
		json_value_set(row, "dropped_packets", json_value_integer(tally->dropped));
		json_value_set(row, "anomaly_frames", json_value_integer(tally->anomalies));
		json_value_append(rows, row);
	}
	json_value_set(object, "step_ns", json_value_integer((uint64_t)report->tally_step_ns));
	json_value_set(object, "from", json_value_time(report->tally[0].time_ns));
	json_value_set(object, "rows", rows);
	return object;
}

static struct json_value *unjudged_json(const struct report_unjudged *unjudged)
{
	struct json_value *object = json_value_object();

	json_value_set(object, "name", json_value_text(unjudged->name));
	json_value_set(object, "frames", json_value_integer(unjudged->frames));
	return object;
}

static struct json_value *expectation_json(const struct report_expectation *expectation)
{
	struct json_value *object = json_value_object();
	const char *result = !expectation->known ? "undecided"
			     : expectation->met  ? "met"
						 : "failed";

	json_value_set(object, "text", json_value_text(expectation->text));
	json_value_set(object, "result", json_value_text(result));
	json_value_set(
		object, "value", expectation->known ? json_value_number(expectation->value) : NULL);
	json_value_set(object, "zero_bound_ratio",
		expectation->bound > 0 ? json_value_number(expectation->bound) : NULL);
	return object;
}

static const char *fail_on_name(enum severity fail_on)
{
	return fail_on <= SEVERITY_ERROR ? severity_name(fail_on) : "never";
}

static void write_run(struct document *document, const struct report *report)
{
	bool any = report->frames > 0;

	open_list(document, "sources", '[');
	for (size_t i = 0; i < report->source_count; i++)
		write_item(document, NULL, source_json(&report->sources[i]));
	close_list(document, ']');
	write_item(document, "filter", json_value_text(report->filter));
	write_item(document, "first_time", any ? json_value_time(report->first_ns) : NULL);
	write_item(document, "last_time", any ? json_value_time(report->last_ns) : NULL);
	write_item(document, "frames", json_value_integer(report->frames));
	write_item(document, "wire_bytes", json_value_integer(report->wire_bytes));
	write_item(document, "judged_frames", json_value_integer(report->judged));
	write_item(document, "withheld_frames", json_value_integer(report->withheld));
	write_item(document, "zero_bound_ratio",
		report->judged ? json_value_number(metric_zero_bound(report->judged)) : NULL);
}

static void write_verdict(
	struct document *document, const struct report *report, const char *version)
{
	static const char *const verdicts[] = {
		[STATUS_OK] = "ok",
		[STATUS_FINDING] = "finding",
		[STATUS_UNABLE] = "unable",
		[STATUS_UNDECIDED] = "undecided",
	};
	const char *const *reasons = (const char *const *)report->undecided;

	write_item(document, "schema", json_value_text("pktlint.report/1"));
	write_item(document, "tool_version", json_value_text(version));
	write_item(document, "command", json_value_text(report->command));
	write_item(document, "live", json_value_bool(report->live));
	write_item(document, "ended_by", json_value_text(report->ended_by));
	write_item(document, "status", json_value_integer(report->status));
	write_item(document, "verdict", json_value_text(verdicts[report->status]));
	write_item(document, "fail_on", json_value_text(fail_on_name(report->fail_on)));
	write_item(document, "undecided", texts_json(reasons, report->undecided_count));
}

static void write_findings(struct document *document, const struct report *report)
{
	open_list(document, "findings", '[');
	for (size_t i = 0; i < report->finding_count; i++)
		write_item(document, NULL, finding_json(&report->findings[i]));
	close_list(document, ']');
	open_list(document, "expectations", '[');
	for (size_t i = 0; i < report->expectation_count; i++)
		write_item(document, NULL, expectation_json(&report->expectations[i]));
	close_list(document, ']');
}

static void write_numbers(struct document *document, const struct report *report)
{
	open_list(document, "metrics", '{');
	for (size_t i = 0; i < report->section_count; i++) {
		const struct report_section *section = &report->sections[i];

		write_item(document, section->set->prefix,
			metrics_json(section->set, section->values));
	}
	close_list(document, '}');
	write_item(document, "tally", tally_json(report));
	write_item(document, "flow_total", json_value_integer(report->flow_total));
	open_list(document, "flows", '[');
	for (size_t i = 0; i < report->flow_count; i++)
		write_item(document, NULL, flow_json(&report->flows[i]));
	close_list(document, ']');
	write_item(document, "flows_others", other_flows_json(report));
	write_item(document, "stream_total", json_value_integer(report->stream_total));
	open_list(document, "streams", '[');
	for (size_t i = 0; i < report->stream_count; i++)
		write_item(document, NULL, stream_json(&report->streams[i]));
	close_list(document, ']');
	write_item(document, "streams_others", other_streams_json(report));
	open_list(document, "not_judged", '[');
	for (size_t i = 0; i < report->unjudged_count; i++)
		write_item(document, NULL, unjudged_json(&report->unjudged[i]));
	close_list(document, ']');
}

static int write_json(FILE *out, const struct report *report, const struct writer_options *options)
{
	struct document document = { .out = out };

	putc('{', out);
	write_verdict(&document, report, options->version);
	write_run(&document, report);
	write_findings(&document, report);
	write_numbers(&document, report);
	fputs("\n}\n", out);
	return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

const struct writer writer_json = {
	.name = "json",
	.summary = "one JSON document, pktlint.report/1, for programs",
	.write = write_json,
};
