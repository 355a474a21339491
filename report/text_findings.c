/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong, and how does one know? A block a finding: the claim, where, why, the proof, what
 * was ruled out, what to do. More of one kind follow in one line each, then they are counted.
 */
#include "report/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/units.h"

#define INDENT 9
#define MAX_REPETITIONS 4
#define MAX_INPUTS 8 /* named in a command; of more the reader knows which they are */

static const char *const severity_words[] = {
	[SEVERITY_INFO] = "INFO",
	[SEVERITY_WARNING] = "WARN",
	[SEVERITY_ERROR] = "ERROR",
};

static void line(const struct layout *layout, const char *name, const char *text)
{
	char head[16];

	snprintf(head, sizeof(head), "  %s", name);
	if (*text)
		layout_text(layout, head, INDENT, text);
}

static void write_title(const struct layout *layout, const struct finding *finding)
{
	const struct finding_page *page = finding_page(finding->id);
	char text[256];

	snprintf(text, sizeof(text), "%s %s: %s", page->id, page->slug, page->title);
	layout_write(layout,
		&(struct layout_paragraph){
			.head = severity_words[finding->severity],
			.tone = layout_severity_tone(finding->severity),
			.indent = 7,
			.text = text,
			.tail = finding->confidence ? confidence_name(finding->confidence) : NULL,
		});
}

static void write_subject(const struct layout *layout, const struct finding *finding)
{
	char text[256];

	if (!*finding->subject || strcmp(finding->subject, "run") == 0)
		return;
	if (finding->stream)
		snprintf(text, sizeof(text), "%s (stream %" PRIu32 ")", finding->subject,
			finding->stream - 1);
	else if (finding->flow)
		snprintf(text, sizeof(text), "%s (flow %" PRIu32 ")", finding->subject,
			finding->flow - 1);
	else
		snprintf(text, sizeof(text), "%s", finding->subject);
	line(layout, "in", text);
}

/* Appends to `text`, cutting it to fit. */
static void add(char *text, size_t size, const char *piece)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s", piece);
}

/* Whether showing the text would change it, so that what is shown names nothing. */
static bool is_spelled_out(const char *text)
{
	char *safe = escape_copy(text);
	bool changed = strcmp(safe, text) != 0;

	free(safe);
	return changed;
}

/* A text with bytes that cannot be shown, as bash, ksh and zsh read it. */
static void add_spelled_out(char *text, size_t size, const char *name)
{
	add(text, size, "$'");
	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		char piece[8];

		snprintf(piece, sizeof(piece),
			*p < 0x20 || *p >= 0x7f || *p == '\'' || *p == '\\' ? "\\x%02x" : "%c", *p);
		add(text, size, piece);
	}
	add(text, size, "'");
}

/* A name or a filter as a shell takes it; what is not plain is quoted. */
static void add_name(char *text, size_t size, const char *name)
{
	bool plain = *name && *name != '-';

	for (const char *p = name; *p; p++)
		plain &= isalnum((unsigned char)*p) || strchr("_-./+,:@%", *p);
	if (plain || strcmp(name, "-") == 0) {
		add(text, size, name);
		return;
	}
	if (is_spelled_out(name)) {
		add_spelled_out(text, size, name);
		return;
	}
	add(text, size, "'");
	for (const char *p = name; *p; p++)
		add(text, size, *p == '\'' ? "'\\''" : (char[]){ *p, '\0' });
	add(text, size, "'");
}

static void add_time(char *text, size_t size, const char *option, int64_t time_ns)
{
	if (!time_ns)
		return;
	add(text, size, option);
	add(text, size, units_time(time_ns).text);
}

static void add_filter(char *text, size_t size, const struct report *report)
{
	if (!report->filter)
		return;
	add(text, size, " ");
	add_name(text, size, report->filter);
}

/* Options of `pktlint dump` without a leading "--flow N": another capture numbers flows anew. */
static const char *without_flow(const char *options)
{
	static const char flow[] = "--flow ";

	if (strncmp(options, flow, sizeof(flow) - 1) != 0)
		return options;
	options += sizeof(flow) - 1;
	options += strcspn(options, " ");
	return options + strspn(options, " ");
}

/* A live run left no file to show the frames from: how to have one next time. */
static void write_record(const struct layout *layout, const struct report *report)
{
	char command[8192] = "pktlint record";

	if (report->source_count > MAX_INPUTS)
		add(command, sizeof(command), " -i INTERFACE...");
	for (size_t i = 0; i < report->source_count && report->source_count <= MAX_INPUTS; i++) {
		add(command, sizeof(command), " -i ");
		add_name(command, sizeof(command), report->sources[i].name);
	}
	add(command, sizeof(command), " -w FILE");
	add_filter(command, sizeof(command), report);
	layout_text(layout, "record", 7,
		"the frames are gone; to keep those of the next time, and look at them as above:");
	layout_command(layout, 7, command);
}

static void write_live_dump(const struct layout *layout, const struct finding *finding)
{
	char command[256];

	snprintf(command, sizeof(command), "pktlint dump -r FILE %s", without_flow(finding->dump));
	layout_command(layout, INDENT, command);
}

/* The command that shows the frames. */
static void write_dump(
	const struct layout *layout, const struct report *report, const struct finding *finding)
{
	char command[8192] = "pktlint dump";

	if (!*finding->dump)
		return;
	if (report->live) {
		write_live_dump(layout, finding);
		return;
	}
	if (report->source_count > MAX_INPUTS)
		add(command, sizeof(command), " -r FILE...");
	for (size_t i = 0; i < report->source_count && report->source_count <= MAX_INPUTS; i++) {
		add(command, sizeof(command), " -r ");
		add_name(command, sizeof(command), report->sources[i].name);
	}
	/* Flows are numbered, and verdicts given, among what was not passed over. */
	add_time(command, sizeof(command), " --start ", report->start_ns);
	add_time(command, sizeof(command), " --end ", report->end_ns);
	add(command, sizeof(command), " ");
	add(command, sizeof(command), finding->dump);
	add_filter(command, sizeof(command), report);
	layout_command(layout, INDENT, command);
}

static void write_evidence(
	const struct layout *layout, const struct report *report, const struct finding *finding)
{
	char text[512] = "";

	for (size_t i = 0; i < finding->frame_count; i++) {
		add(text, sizeof(text),
			i                                                        ? ", "
			: finding->frame_count == 1 && finding->frame_total <= 1 ? "frame "
										 : "frames ");
		add(text, sizeof(text), units_count(finding->frames[i]).text);
	}
	if (finding->frame_count > 0 && finding->frame_total > finding->frame_count) {
		add(text, sizeof(text), " and ");
		add(text, sizeof(text),
			units_count(finding->frame_total - finding->frame_count).text);
		add(text, sizeof(text), " more");
	} else if (finding->frame_count > 0 && finding->frame_total == 0) {
		add(text, sizeof(text), ", for example");
	}
	line(layout, "see", text);
	write_dump(layout, report, finding);
	if (*finding->display_filter && finding->severity > SEVERITY_INFO) {
		snprintf(text, sizeof(text), "Wireshark: %s", finding->display_filter);
		layout_text(layout, "", INDENT, text);
	}
}

/* Settings and counters that the finding was read from, each as a person reads it again. */
static void write_values(const struct layout *layout, const struct finding *finding)
{
	char text[FINDING_MAX_VALUES * (sizeof(finding->values[0]) + 8)] = "";

	for (size_t i = 0; i < finding->value_count; i++) {
		add(text, sizeof(text), i ? "; " : "");
		add(text, sizeof(text), finding->values[i].path);
		add(text, sizeof(text), " = ");
		add(text, sizeof(text), finding->values[i].text);
	}
	/* Behind frames to see, settings that were read. */
	line(layout, finding->frame_count || *finding->dump ? "read" : "see", text);
}

/* A command with what it does to traffic, as a comment, so that the line can be copied whole. */
static void write_command(const struct layout *layout, const struct finding_command *command)
{
	char text[sizeof(command->line) + 24];

	if (command->risk == RISK_NONE)
		snprintf(text, sizeof(text), "%s", command->line);
	else
		snprintf(text, sizeof(text), "%s # [%s]", command->line,
			command_risk_name(command->risk));
	layout_command(layout, INDENT, text);
}

/* Whether an earlier command of the finding is read back in the same way. */
static bool is_read_before(const struct finding *finding, size_t command)
{
	for (size_t i = 0; i < command; i++)
		if (strcmp(finding->commands[i].read, finding->commands[command].read) == 0)
			return true;
	return false;
}

/* How to see that the commands took effect, and, the last one first, how to take them back. */
static void write_ways_back(const struct layout *layout, const struct finding *finding)
{
	const char *head = "  check";

	for (size_t i = 0; i < finding->command_count; i++) {
		if (!*finding->commands[i].read || is_read_before(finding, i))
			continue;
		layout_headed_command(layout, head, INDENT, finding->commands[i].read);
		head = "";
	}
	head = "  undo";
	for (size_t i = finding->command_count; i > 0; i--) {
		if (!*finding->commands[i - 1].undo)
			continue;
		layout_headed_command(layout, head, INDENT, finding->commands[i - 1].undo);
		head = "";
	}
}

/* The short answer stands first on the page; `pktlint explain` tells the rest. */
static void write_fix(const struct layout *layout, const struct finding *finding)
{
	const char *page = finding_page(finding->id)->fix;
	char text[FINDING_TEXT];

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(page, "\n"), page);
	line(layout, "fix", *finding->fix ? finding->fix : text);
	for (size_t i = 0; i < finding->command_count; i++)
		write_command(layout, &finding->commands[i]);
	write_ways_back(layout, finding);
	line(layout, "cost", finding->cost);
	line(layout, "keep", finding->lasting);
}

static void write_block(
	const struct layout *layout, const struct report *report, const struct finding *finding)
{
	write_title(layout, finding);
	write_subject(layout, finding);
	line(layout, "what", finding->what);
	line(layout, "where", finding->where);
	line(layout, "why", finding->why);
	write_evidence(layout, report, finding);
	write_values(layout, finding);
	line(layout, "not", finding->is_not);
	if (finding->severity > SEVERITY_INFO || *finding->fix || finding->command_count > 0)
		write_fix(layout, finding);
}

/* The same again elsewhere, in one paragraph, and the commands that change something there. */
static void write_repetition(const struct layout *layout, const struct finding *finding)
{
	char text[FINDING_TEXT + 256];

	snprintf(text, sizeof(text), "%s: %s", finding->subject, finding->what);
	if (finding->frame_count > 0) {
		add(text, sizeof(text), "; frame ");
		add(text, sizeof(text), units_count(finding->frames[0]).text);
	}
	line(layout, "also", text);
	for (size_t i = 0; i < finding->command_count; i++)
		if (finding->commands[i].risk != RISK_NONE)
			write_command(layout, &finding->commands[i]);
}

/* A kind of finding: its worst in full at `first`, others of the kind below it. */
static void write_kind(const struct layout *layout, const struct report *report, size_t first)
{
	enum finding_id id = report->findings[first].id;
	uint64_t shown = 0, left = 0;
	char text[96];

	write_block(layout, report, &report->findings[first]);
	for (size_t i = first + 1; i < report->finding_count; i++) {
		if (report->findings[i].id != id)
			continue;
		if (shown++ < MAX_REPETITIONS)
			write_repetition(layout, &report->findings[i]);
		else
			left++;
	}
	if (left == 0)
		return;
	snprintf(text, sizeof(text), "%s more of %s: --json shows them", units_count(left).text,
		finding_page(id)->id);
	line(layout, "and", text);
}

/* What the tags behind commands mean, of those that there are. */
static void write_tags(const struct layout *layout, const struct report *report)
{
	static const char *const meanings[] = {
		[RISK_NONE] = "",
		[RISK_HOT] = "nothing is interrupted",
		[RISK_BLIP] = "queues or the link are reset for a moment",
		[RISK_CUTS_YOU] = "so is the device that carries this login",
	};
	bool used[RISK_CUTS_YOU + 1] = { false };
	char text[256] = "";

	for (size_t i = 0; i < report->finding_count; i++)
		for (size_t k = 0; k < report->findings[i].command_count; k++)
			used[report->findings[i].commands[k].risk] = true;
	used[RISK_BLIP] |= used[RISK_CUTS_YOU];
	for (int risk = RISK_HOT; risk <= RISK_CUTS_YOU; risk++) {
		if (!used[risk])
			continue;
		add(text, sizeof(text), *text ? "; [" : "[");
		add(text, sizeof(text), command_risk_name((enum command_risk)risk));
		add(text, sizeof(text), "] ");
		add(text, sizeof(text), meanings[risk]);
	}
	if (*text)
		layout_text(layout, "tags", 7, text);
}

void text_findings(const struct layout *layout, const struct report *report)
{
	char pages[FINDING_COUNT * 8 + 32] = "pktlint explain";
	bool seen[FINDING_COUNT] = { false }, shown = false;

	for (size_t i = 0; i < report->finding_count; i++) {
		enum finding_id id = report->findings[i].id;

		shown |= *report->findings[i].dump != '\0';
		if (seen[id])
			continue;
		seen[id] = true;
		write_kind(layout, report, i);
		add(pages, sizeof(pages), " ");
		add(pages, sizeof(pages), finding_page(id)->id);
	}
	if (report->live && shown)
		write_record(layout, report);
	write_tags(layout, report);
	if (report->finding_count > 0)
		layout_text(layout, "more", 7, pages);
}
