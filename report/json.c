/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report for programs: one JSON object, "pktlint.report/1", its members one a line and written
 * as they are built, so that memory does not grow with the list of flows. Nothing here names a
 * metric: the tables do. The format is described by schema/pktlint.report-1.schema.json.
 */
#include "report/json_parts.h"
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

static struct json_value *step_json(const struct finding_command *command)
{
	struct json_value *object = json_value_object();

	json_value_set(object, "command", json_value_text(command->line));
	json_value_set(object, "risk", json_value_text(command_risk_name(command->risk)));
	json_value_set(object, "undo", json_value_text(command->undo));
	json_value_set(object, "read", json_value_text(command->read));
	return object;
}

static struct json_value *fix_json(const struct finding *finding)
{
	struct json_value *object = json_value_object(), *commands = json_value_array();
	struct json_value *steps = json_value_array();
	struct json_value *text = *finding->fix ? json_value_text(finding->fix)
						: json_value_page(finding_page(finding->id)->fix);

	for (size_t i = 0; i < finding->command_count; i++) {
		json_value_append(commands, json_value_text(finding->commands[i].line));
		json_value_append(steps, step_json(&finding->commands[i]));
	}
	json_value_set(object, "text", text);
	json_value_set(object, "commands", commands);
	json_value_set(object, "steps", steps);
	json_value_set(object, "cost", json_value_text(finding->cost));
	json_value_set(object, "lasting", json_value_text(finding->lasting));
	return object;
}

static void set_evidence(struct json_value *object, const struct finding *finding)
{
	struct json_value *numbers = json_value_object(), *frames = json_value_array();
	struct json_value *values = json_value_array();

	for (size_t i = 0; i < finding->value_count; i++) {
		struct json_value *value = json_value_object();

		json_value_set(value, "path", json_value_text(finding->values[i].path));
		json_value_set(value, "value", json_value_text(finding->values[i].text));
		json_value_append(values, value);
	}
	for (size_t i = 0; i < finding->number_count; i++)
		json_value_set(numbers, finding->numbers[i].name,
			json_value_number(finding->numbers[i].value));
	for (size_t i = 0; i < finding->frame_count; i++)
		json_value_append(frames, json_value_integer(finding->frames[i]));
	json_value_set(object, "numbers", numbers);
	json_value_set(object, "frames", frames);
	json_value_set(object, "frame_total", json_value_integer(finding->frame_total));
	json_value_set(object, "values", values);
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
	json_value_set(
		object, "stream", finding->stream ? json_value_integer(finding->stream - 1) : NULL);
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
	write_item(document, "undecided", json_texts(reasons, report->undecided_count));
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
			json_metrics(section->set, section->values));
	}
	close_list(document, '}');
	write_item(document, "tally", tally_json(report));
	write_item(document, "flow_total", json_value_integer(report->flow_total));
	open_list(document, "flows", '[');
	for (size_t i = 0; i < report->flow_count; i++)
		write_item(document, NULL, json_flow(&report->flows[i]));
	close_list(document, ']');
	write_item(document, "flows_others", json_other_flows(report));
	write_item(document, "stream_total", json_value_integer(report->stream_total));
	open_list(document, "streams", '[');
	for (size_t i = 0; i < report->stream_count; i++)
		write_item(document, NULL, json_stream(&report->streams[i]));
	close_list(document, ']');
	write_item(document, "streams_others", json_other_streams(report));
	open_list(document, "arrivals", '[');
	for (size_t i = 0; i < report->arrival_count; i++)
		write_item(document, NULL, json_arrival(&report->arrivals[i]));
	close_list(document, ']');
	open_list(document, "not_judged", '[');
	for (size_t i = 0; i < report->unjudged_count; i++)
		write_item(document, NULL, unjudged_json(&report->unjudged[i]));
	close_list(document, ']');
	write_item(document, "host", json_host(&report->host));
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
