/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlint check: what is wrong with the traffic, as a report and as the exit status.  Everything
 * that can fail before the first packet (options, filter, outputs) fails there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "capture/write.h"
#include "cmd/command.h"
#include "cmd/engine.h"
#include "cmd/evidence.h"
#include "cmd/selection.h"
#include "cmd/terminal.h"
#include "report/expect.h"
#include "report/units.h"

#define COLUMNS 100
#define MAX_SETS 32

struct check {
	struct engine_options engine;
	struct word_list expectation_words;
	struct expect *expectations; /* as many, owned */
	enum severity fail_on;
	double max_drop_ratio;
	const char *packets_path; /* of -w */
	const char *report_path;  /* of -o */
	struct capture_writer *packets;
	FILE *out;
	bool json, quiet;
	enum color color;
	struct selection selection;
};

static int take_list_flows(void *target, const char *word, struct error *error)
{
	uint32_t flows;

	if (value_number32(&flows, word, error) < 0)
		return -1;
	if (flows > ENGINE_MAX_LIST_FLOWS)
		return error_set(error, "'%s' is more than the report can list: %d at most", word,
			ENGINE_MAX_LIST_FLOWS);
	*(uint32_t *)target = flows;
	return 0;
}

#define AT(member) offsetof(struct check, member)

static const struct option_row rows[] = {
	{ 'j', "json", NULL, "write the report as JSON, see pktlint-json(5)", value_flag,
		AT(json) },
	{ 0, "flows", "N",
		"list the N flows, and as many numbered streams, with most trouble (default 20, at "
		"most 10000); of equals the earlier ones",
		take_list_flows, AT(engine.analyzer.list_flows) },
	{ 'o', "output", "FILE", "write the report to FILE instead of standard output", value_text,
		AT(report_path) },
	{ 'w', "write", "FILE",
		"write the packets behind the findings to a capture file; the input is read twice",
		value_text, AT(packets_path) },
	{ 'q', "quiet", NULL, "print no report: the exit status says it", value_flag, AT(quiet) },
	{ 'v', "verbose", NULL, "tell on standard error what each input held", value_flag,
		AT(engine.verbose) },
	{ 0, "color", "WHEN", "auto, always or never", terminal_take_color, AT(color) },
	{ 0 },
};

static const struct option_row verdict_rows[] = {
	{ 0, "fail-on", "SEVERITY",
		"exit with 1 for findings from SEVERITY on: error, warning "
		"(default), info or never",
		value_severity, AT(fail_on) },
	{ 0, "expect", "EXPR",
		"exit with 1 unless EXPR holds, as 'tcp.reordered_ratio < 0.1%'; repeatable",
		value_list, AT(expectation_words) },
	{ 0, "max-drop-ratio", "RATIO",
		"exit with 3 if the capture itself lost a larger share of packets (default 0)",
		value_ratio, AT(max_drop_ratio) },
	{ 0 },
};

/* Reads the words of --expect against the metrics that the run will have. */
static int read_expectations(struct check *check, struct error *error)
{
	const struct word_list *list = &check->expectation_words;
	const struct metric_set *sets[MAX_SETS + 1] = { NULL };
	size_t count = 0;

	for (size_t i = 0; analyzers[i] && count < MAX_SETS; i++)
		if (analyzers[i]->metrics)
			sets[count++] = analyzers[i]->metrics;
	check->expectations = memory_alloc(list->count, sizeof(*check->expectations));
	for (size_t i = 0; i < list->count; i++) {
		struct error trouble;

		if (expect_parse(&check->expectations[i], list->words[i], sets, &trouble) < 0)
			return error_set(
				error, "expectation '%.100s': %s", list->words[i], trouble.text);
	}
	return 0;
}

/* Adds that the capture lost more packets than the user takes, if so. */
static void judge_drops(const struct check *check, struct report *report)
{
	char reason[192];
	uint64_t frames = 0, dropped = report_dropped(report);

	for (size_t i = 0; i < report->source_count; i++)
		frames += report->sources[i].frames;
	if (dropped == 0 || (double)dropped <= check->max_drop_ratio * (double)(frames + dropped))
		return;
	snprintf(reason, sizeof(reason),
		"the capture lost %s of %s packets, more than --max-drop-ratio allows",
		units_count(dropped).text, units_count(frames + dropped).text);
	report_add_undecided(report, reason);
}

/* Writes the report; 0, or -1 with `error` filled. */
static int write_report(const struct check *check, const struct report *report, struct error *error)
{
	const struct writer *writer = check->json ? &writer_json : &writer_text;
	const struct writer_options options = {
		.color = terminal_wants_color(check->color, check->out),
		.columns = terminal_columns(check->out, COLUMNS),
		.version = PACKAGE_VERSION,
	};

	if (check->quiet)
		return 0;
	if (writer->write(check->out, report, &options) == 0 && fflush(check->out) == 0)
		return 0;
	if (check->report_path)
		return error_set(
			error, "cannot write '%s': %s", check->report_path, strerror(errno));
	return error_set(error, "cannot write to standard output: %s", strerror(errno));
}

/* Writes the packets behind the findings; 0, or -1 with `error` filled. */
static int write_packets(struct check *check, const struct report *report, struct error *error)
{
	int status;

	if (!check->packets)
		return 0;
	status = evidence_write(
		&check->engine.source, &check->selection, report, check->packets, error);
	if (capture_writer_close(check->packets, status < 0 ? NULL : error) < 0)
		status = -1;
	check->packets = NULL;
	if (check->selection.frames.missed)
		command_tell("frames beyond number %" PRIu64 " are not in '%s'", FRAMES_MAX,
			check->packets_path);
	return status;
}

/* Whether no source at all could be opened: then there is nothing to report on. */
static bool nothing_read(const struct report *report)
{
	for (size_t i = 0; i < report->source_count; i++)
		if (!report->sources[i].failed || report->sources[i].frames)
			return false;
	return true;
}

/* Reads, judges, writes.  Returns the exit status. */
static int run(struct check *check)
{
	const struct engine_sink sink = selection_sink(&check->selection);
	struct report *report = report_new("check");
	struct error error;
	int status;

	report->fail_on = check->fail_on;
	report->searched = check->engine.analyzer.discover_all;
	if (engine_run(&check->engine, check->packets ? &sink : NULL, report, &error) < 0) {
		status = command_fail("%s", error.text);
		goto out;
	}
	judge_drops(check, report);
	for (size_t i = 0; i < check->expectation_words.count; i++)
		expect_judge(&check->expectations[i], report);
	report_finish(report);
	if (engine_failed(report))
		report->status = STATUS_UNABLE;
	status = report->status;
	if (nothing_read(report))
		goto out;
	if (write_report(check, report, &error) < 0 || write_packets(check, report, &error) < 0)
		status = command_fail("%s", error.text);
out:
	report_free(report);
	return status;
}

/* Completes the options and opens the outputs.  Returns 0, or -1 with `error` filled. */
static int prepare(struct check *check, struct error *error)
{
	if (read_expectations(check, error) < 0)
		return -1;
	check->engine.progress = true;
	check->engine.announce = check->engine.verbose || isatty(STDERR_FILENO);
	check->selection.labels = LABELS_ANOMALY;
	if (check->report_path && strcmp(check->report_path, "-") == 0)
		check->report_path = NULL;
	if (check->report_path) {
		if (source_spares(&check->engine.source, check->report_path, error) < 0)
			return -1;
		check->out = fopen(check->report_path, "we");
		if (!check->out)
			return error_set(error, "cannot create '%s': %s", check->report_path,
				strerror(errno));
	}
	if (!check->packets_path)
		return 0;
	if (strcmp(check->packets_path, "-") == 0)
		return error_set(error, "-w - would mix packets with the report: name a file");
	if (source_rereadable(&check->engine.source, "-w", error) < 0 ||
		source_spares(&check->engine.source, check->packets_path, error) < 0)
		return -1;
	check->packets = capture_writer_open(check->packets_path, error);
	return check->packets ? 0 : -1;
}

/* Closes the file of -o.  Returns `status`, or 2 if it could not be written whole. */
static int close_report(struct check *check, int status)
{
	if (!check->report_path || !check->out)
		return status;
	if (fclose(check->out) == 0)
		return status;
	return command_fail("cannot write '%s': %s", check->report_path, strerror(errno));
}

static const char about[] =
	"Reports what happened to the packets that match the filter, a pcap-filter(7)\n"
	"expression.  Exit status: 0 fine, 1 a finding or a failed expectation, 2 wrong\n"
	"usage or could not run, 3 ran but cannot decide.";

int command_check(int argc, char **argv)
{
	struct check check = {
		.engine = ENGINE_DEFAULTS,
		.fail_on = SEVERITY_WARNING,
		.out = stdout,
	};
	const struct option_group groups[] = {
		{ "Output:", rows, &check },
		{ "Exit status:", verdict_rows, &check },
	};
	const struct usage usage = {
		.command = "check",
		.about = about,
		.groups = groups,
		.group_count = sizeof(groups) / sizeof(groups[0]),
	};
	struct error error;
	int status = engine_parse(&check.engine, &usage, argc, argv);

	if (status < 0) {
		status = prepare(&check, &error) < 0 ? command_fail("%s", error.text) : run(&check);
		status = close_report(&check, status);
	}
	capture_writer_close(check.packets, NULL);
	selection_clear(&check.selection);
	free(check.expectation_words.words);
	free(check.expectations);
	engine_release(&check.engine);
	return status;
}
