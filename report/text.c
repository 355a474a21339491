/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report for people: what was read, then what is wrong and how one knows, the flows and streams
 * that matter, the numbers of the run, what was present and not judged, and the verdict as last
 * line.
 */
#include "report/text.h"

#include <string.h>

#include "report/draft.h"
#include "report/units.h"

#define INDENT 7
#define MAX_UNJUDGED 12
#define MAX_SOURCES 8

/* Buffers come in powers of two: 64 MiB, not 67.1 MB. */
static void put_buffer(FILE *out, uint64_t bytes)
{
	const uint64_t mebi = 1 << 20;

	if (bytes == 0 || bytes % mebi)
		fputs(units_bytes((double)bytes).text, out);
	else
		fprintf(out, "%s MiB", units_count(bytes / mebi).text);
}

/* "eth0 (mmap, 64 MiB): 12 frames", as far as it is told. */
static void put_held(FILE *out, const struct report_source *source)
{
	fputs(source->name, out);
	if (source->frontend) {
		fprintf(out, " (%s, ", source->frontend);
		put_buffer(out, source->buffer_bytes);
		fputc(')', out);
	}
	fprintf(out, ": %s frame%s", units_count(source->frames).text,
		draft_plural(source->frames));
	if (source->interfaces > 1)
		fprintf(out, " of %s interfaces", units_count(source->interfaces).text);
	if (source->passed_over > 0)
		fprintf(out, ", %s passed over", units_count(source->passed_over).text);
}

static void put_dropped(FILE *out, const struct report_source *source)
{
	if (!source->dropped_known)
		fputs(", drops not told", out);
	else if (!source->frontend)
		fprintf(out, ", %s dropped by the capture", units_count(source->dropped).text);
	else
		fprintf(out, ", %s dropped", units_count(source->dropped).text);
	if (source->dropped_interface > 0)
		fprintf(out, ", %s of them before the capture could see them",
			units_count(source->dropped_interface).text);
}

static void write_source(const struct layout *layout, const struct report_source *source)
{
	struct draft draft;
	FILE *out = draft_open(&draft);

	if (!out)
		return;
	if (source->sent) {
		fprintf(out, "%s: %s probe%s sent", source->name, units_count(source->frames).text,
			draft_plural(source->frames));
		draft_set(layout, &draft, &(struct layout_paragraph){ .head = "", .hang = INDENT });
		return;
	}
	if (source->failed && source->frames == 0 && source->error) {
		fprintf(out, "FAILED: %s", source->error);
		draft_set(layout, &draft, &(struct layout_paragraph){ .head = "", .hang = INDENT });
		return;
	}
	put_held(out, source);
	put_dropped(out, source);
	if (source->stamped_in)
		fprintf(out, ", stamped on arrival %s of %s", units_count(source->stamped_in).text,
			units_count(source->received_in).text);
	if (source->truncated)
		fprintf(out, ", TRUNCATED");
	if (source->error)
		fprintf(out, ", %s: %s", source->failed ? "FAILED" : "note", source->error);
	draft_set(layout, &draft, &(struct layout_paragraph){ .head = "", .hang = INDENT });
	if (source->fallback && source->why)
		layout_text(layout, "  why", INDENT, source->why);
}

static bool has_trouble(const struct report_source *source)
{
	return source->error || source->truncated || source->dropped > 0;
}

/* The first few inputs, and the first few of the rest with which something is wrong. */
static void write_sources(const struct layout *layout, const struct report *report)
{
	uint64_t troubled = 0, left = 0, frames = 0;
	char text[160];

	for (size_t i = 0; i < report->source_count; i++) {
		const struct report_source *source = &report->sources[i];

		if (i < MAX_SOURCES || (has_trouble(source) && troubled++ < MAX_SOURCES)) {
			write_source(layout, source);
			continue;
		}
		left++;
		frames += source->frames;
	}
	if (left == 0)
		return;
	snprintf(text, sizeof(text), "and %s input%s more: %s frame%s", units_count(left).text,
		draft_plural(left), units_count(frames).text, draft_plural(frames));
	layout_text(layout, "", 0, text);
}

static void write_run(const struct layout *layout, const struct report *report)
{
	struct draft draft;
	FILE *out = draft_open(&draft);

	if (!out)
		return;
	fprintf(out, "%s frame%s %s", units_count(report->frames).text,
		draft_plural(report->frames), report_is_of_sender(report) ? "sent" : "analysed");
	if (report->frames > 0) {
		fprintf(out, ", %s on the wire", units_bytes((double)report->wire_bytes).text);
		if (report->last_ns >= report->first_ns)
			fprintf(out, " in %s",
				units_duration(report->last_ns - report->first_ns).text);
		/* Milliseconds do for people: 23 letters of RFC 3339. */
		fprintf(out, " from %.23sZ", units_time(report->first_ns).text);
	}
	if (!report_is_of_sender(report))
		fprintf(out, ", %s flow%s", units_count(report->flow_total).text,
			draft_plural(report->flow_total));
	if (report->stream_total > 0)
		fprintf(out, ", %s numbered stream%s", units_count(report->stream_total).text,
			draft_plural(report->stream_total));
	if (report->filter)
		fprintf(out, ", filter '%s'", report->filter);
	if (strcmp(report->ended_by, "end") != 0)
		fprintf(out, ", ended by %s", report->ended_by);
	draft_set(layout, &draft, &(struct layout_paragraph){ .head = "run", .indent = INDENT });
}

/* When the capture lost most. */
static void write_worst(const struct layout *layout, const struct report *report)
{
	const struct report_tally *worst = report->tally;
	char text[256];

	for (size_t i = 1; i < report->tally_count; i++)
		if (report->tally[i].dropped > worst->dropped)
			worst = &report->tally[i];
	if (!report->tally_count || !worst->dropped)
		return;
	snprintf(text, sizeof(text),
		"most of them in the %s from %.19sZ on: %s dropped, %s frame%s kept",
		units_duration(report->tally_step_ns).text, units_time(worst->time_ns).text,
		units_count(worst->dropped).text, units_count(worst->frames).text,
		draft_plural(worst->frames));
	layout_text(layout, "drops", INDENT, text);
}

static void write_expectation(
	const struct layout *layout, const struct report_expectation *expectation)
{
	struct draft draft;
	FILE *out = draft_open(&draft);

	if (!out)
		return;
	fprintf(out, "%s:", expectation->text);
	if (expectation->known)
		fprintf(out, " it is %s", units_value(expectation->unit, expectation->value).text);
	else
		fprintf(out, " nothing was measured");
	if (expectation->bound > 0)
		fprintf(out, ", and so few leave up to %s possible",
			units_ratio(expectation->bound).text);
	draft_set(layout, &draft,
		&(struct layout_paragraph){
			.head = !expectation->known ? "UNKNOWN"
				: expectation->met  ? "MET"
						    : "FAILED",
			.tone = !expectation->known ? TONE_DOUBTFUL
				: expectation->met  ? TONE_GOOD
						    : TONE_BAD,
			.indent = 9,
		});
}

static void write_unjudged(const struct layout *layout, const struct report *report)
{
	struct draft draft;
	FILE *out = report->unjudged_count > 0 ? draft_open(&draft) : NULL;

	if (!out)
		return;
	for (size_t i = 0; i < report->unjudged_count && i < MAX_UNJUDGED; i++)
		fprintf(out, "%s%s: %s", i ? ", " : "", report->unjudged[i].name,
			units_count(report->unjudged[i].frames).text);
	if (report->unjudged_count > MAX_UNJUDGED)
		fprintf(out, ", and %s kinds more",
			units_count(report->unjudged_count - MAX_UNJUDGED).text);
	draft_set(layout, &draft,
		&(struct layout_paragraph){ .head = "present, not judged:", .indent = 9 });
}

/* "1 error, 2 warnings", worst first. */
static void write_tally(FILE *out, const struct report *report)
{
	static const char *const names[][2] = {
		[SEVERITY_INFO] = { "info", "infos" },
		[SEVERITY_WARNING] = { "warning", "warnings" },
		[SEVERITY_ERROR] = { "error", "errors" },
	};
	const char *comma = "";

	for (int severity = SEVERITY_ERROR; severity >= SEVERITY_INFO; severity--) {
		uint64_t count = report_count_findings(report, (enum severity)severity);

		if (count == 0)
			continue;
		fprintf(out, "%s%s %s", comma, units_count(count).text,
			names[severity][count != 1]);
		comma = ", ";
	}
	if (report->finding_count == 0)
		fputs("nothing found", out);
}

static uint64_t failed_expectations(const struct report *report)
{
	uint64_t failed = 0;

	for (size_t i = 0; i < report->expectation_count; i++)
		failed += report->expectations[i].known && !report->expectations[i].met;
	return failed;
}

/* Why it cannot be told that all is well; a finding is told all the same. */
static void write_reasons(const struct layout *layout, const struct report *report)
{
	for (size_t i = 0; i < report->undecided_count; i++)
		layout_write(layout, &(struct layout_paragraph){
					     .head = "open",
					     .tone = TONE_DOUBTFUL,
					     .indent = INDENT,
					     .text = report->undecided[i],
				     });
}

/* An audit of a machine reads packets only if it is told to. */
static bool read_packets(const struct report *report)
{
	return !report->host.present || report->source_count > 0;
}

/* Of how much that is the verdict. */
static void write_amount(FILE *out, const struct report *report)
{
	const struct report_host *host = &report->host;

	if (host->present)
		fprintf(out, ". Looked at %s interface%s", units_count(host->interface_count).text,
			draft_plural(host->interface_count));
	if (read_packets(report) && !report_is_of_sender(report))
		fprintf(out, ". Judged %s of %s frame%s, withheld %s",
			units_count(report->judged).text, units_count(report->frames).text,
			draft_plural(report->frames), units_count(report->withheld).text);
}

static void write_verdict(const struct layout *layout, const struct report *report)
{
	static const struct {
		const char *word;
		enum layout_tone tone;
		unsigned indent;
	} verdicts[] = {
		[STATUS_OK] = { "OK", TONE_GOOD, INDENT },
		[STATUS_FINDING] = { "FAIL", TONE_BAD, INDENT },
		[STATUS_UNABLE] = { "UNABLE", TONE_BAD, 8 },
		[STATUS_UNDECIDED] = { "UNDECIDED", TONE_DOUBTFUL, 11 },
	};
	uint64_t failed = failed_expectations(report);
	struct draft draft;
	FILE *out = draft_open(&draft);

	if (!out)
		return;
	write_tally(out, report);
	if (failed > 0)
		fprintf(out, ", %s expectation%s failed", units_count(failed).text,
			draft_plural(failed));
	write_amount(out, report);
	draft_set(layout, &draft,
		&(struct layout_paragraph){
			.head = verdicts[report->status].word,
			.tone = verdicts[report->status].tone,
			.indent = verdicts[report->status].indent,
		});
}

static int write_text(FILE *out, const struct report *report, const struct writer_options *options)
{
	struct layout layout = layout_make(out, options->columns, options->color);

	if (report->host.present)
		text_host(&layout, &report->host, options->verbose);
	write_sources(&layout, report);
	if (read_packets(report))
		write_run(&layout, report);
	write_worst(&layout, report);
	text_findings(&layout, report);
	if (report->host.present)
		text_host_rest(&layout, report);
	for (size_t i = 0; i < report->expectation_count; i++)
		write_expectation(&layout, &report->expectations[i]);
	text_flows(&layout, report);
	text_streams(&layout, report);
	text_arrivals(&layout, report);
	text_numbers(&layout, report);
	write_unjudged(&layout, report);
	write_reasons(&layout, report);
	write_verdict(&layout, report);
	return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

const struct writer writer_text = {
	.name = "text",
	.summary = "for people: what is wrong first, at most 100 columns",
	.write = write_text,
};
