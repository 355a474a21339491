/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which numbered streams matter? Those with trouble, the worst first, and those that were found or
 * named by the user, as a table; below each who reordered it, what would have been enough for its
 * late packets, and in which header fact they differ from those that overtook them.
 */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

#include "report/draft.h"
#include "report/text_origin.h"
#include "report/text_table.h"
#include "report/units.h"

#define INDENT 6
#define LEGEND 9

/* Where there are many, built-in profiles without trouble are in the numbers of the run. */
static bool belongs(const struct text_table *table, const struct report *report,
	const struct report_stream *stream)
{
	return stream->set == table->set &&
	       (report->stream_total <= TEXT_TABLE_LINES || stream->trouble > 0 ||
		       stream->discovered || *stream->specification);
}

/* Whether a stream above has told how its counter is named. */
static bool is_named_above(const struct text_table *table, const struct report *report,
	const struct report_stream *stream)
{
	for (const struct report_stream *above = report->streams; above < stream; above++)
		if (belongs(table, report, above) &&
			strcmp(above->specification, stream->specification) == 0)
			return true;
	return false;
}

enum origin_column { COLUMN_WAITED, COLUMN_ORIGIN };

static struct text_table_words origin_words(const struct report_stream *stream)
{
	struct text_table_words words = { 0 };

	words.text[COLUMN_WAITED] = text_origin_waited(stream->origin);
	snprintf(words.text[COLUMN_ORIGIN].text, sizeof(words.text[COLUMN_ORIGIN].text), "%s",
		text_origin_word(stream->origin));
	return words;
}

/* Columns for who reordered what is shown, if that is told of any. */
static void add_origins(struct text_table *table, const struct report *report)
{
	size_t count = 0;
	bool any = false;

	for (size_t i = 0; i < report->stream_count && count < TEXT_TABLE_LINES; i++) {
		if (!belongs(table, report, &report->streams[i]))
			continue;
		any |= text_origin_is_known(report->streams[i].origin);
		count++;
	}
	if (!any)
		return;
	text_table_word(table, "waited");
	text_table_word(table, "origin");
}

/* Returns how many streams belong into the table. */
static size_t measure(struct text_table *table, const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->stream_count; i++) {
		const struct report_stream *stream = &report->streams[i];
		struct text_table_words words = origin_words(stream);

		if (!belongs(table, report, stream) || count++ >= TEXT_TABLE_LINES)
			continue;
		text_table_measure(table, stream->values);
		text_table_measure_words(table, &words);
	}
	return count;
}

/* A paragraph below the stream's line, behind `head` if that is not "". */
static void write_detail(const struct layout *layout, const char *head, struct draft *draft)
{
	struct layout_paragraph paragraph = { .head = head, .indent = INDENT, .hang = 2 };

	if (*head) {
		paragraph.indent = INDENT + LEGEND;
		paragraph.hang = 0;
	}
	draft_set(layout, draft, &paragraph);
}

/* "vlan 7, spans 4 flows, restarted"; of a single flow the subject says all. */
static void write_notes(const struct layout *layout, const struct report_stream *stream)
{
	size_t room = sizeof(stream->notes) / sizeof(stream->notes[0]);
	const char *comma = "";
	struct draft draft;
	FILE *out = draft_open(&draft);

	if (!out)
		return;
	if (stream->vlan_id) {
		fprintf(out, "vlan %u", stream->vlan_id);
		comma = ", ";
	}
	if (stream->flows > 1) {
		fprintf(out, "%sspans %s flows", comma, units_count(stream->flows).text);
		comma = ", ";
	}
	for (size_t i = 0; i < room && stream->notes[i]; i++) {
		fprintf(out, "%s%s", comma, stream->notes[i]);
		comma = ", ";
	}
	write_detail(layout, "", &draft);
}

static void write_discovery(
	const struct layout *layout, const struct report_stream *stream, bool named_above)
{
	struct draft draft;
	FILE *out = stream->discovered ? draft_open(&draft) : NULL;

	if (!out)
		return;
	fputs("found by how it counts", out);
	if (stream->confidence)
		fprintf(out, " (%s)", confidence_name(stream->confidence));
	if (named_above)
		fputs(", as above", out);
	else if (*stream->specification)
		fprintf(out, "; to name it: --sequence '%s'", stream->specification);
	write_detail(layout, "", &draft);
}

/* Whether the smallest and the largest size, and so all, are told in one unit. */
static bool has_one_unit(const struct report_enough *enough)
{
	struct units least = units_value(enough->unit, (double)enough->size[0]);
	struct units most = units_value(enough->unit, (double)enough->size[REPORT_SHARES - 1]);
	const char *a = strchr(least.text, ' '), *b = strchr(most.text, ' ');

	return a && b && strcmp(a, b) == 0;
}

/* "4.10/7/11/14 kB", "447 B/767 B/1.19 kB/2 kB"; a single size where all are equal. */
static void put_sizes(FILE *out, const struct report_enough *enough)
{
	uint64_t last = enough->size[REPORT_SHARES - 1];
	size_t i = enough->size[0] == last ? REPORT_SHARES - 1 : 0;
	bool one_unit = has_one_unit(enough);

	for (; i < REPORT_SHARES; i++) {
		struct units size = units_value(enough->unit, (double)enough->size[i]);

		if (one_unit && i + 1 < REPORT_SHARES)
			size.text[strcspn(size.text, " ")] = '\0';
		fprintf(out, "%s%s", size.text, i + 1 < REPORT_SHARES ? "/" : "");
	}
	if (enough->unit == UNIT_PACKETS)
		fprintf(out, " packet%s", draft_plural(last));
}

/* Sizes of one thing in several units stand in a row: "buffer 3/5 packets, 4.10/7 kB; ...". */
static void write_enough(const struct layout *layout, const struct report_stream *stream)
{
	const char *before = "";
	struct draft draft;
	FILE *out = draft_open(&draft);

	if (!out)
		return;
	for (size_t i = 0; i < stream->enough_count; i++) {
		const struct report_enough *enough = &stream->enough[i];

		if (strcmp(before, enough->text) == 0)
			fputs(", ", out);
		else
			fprintf(out, "%s%s ", i ? "; " : "", enough->text);
		put_sizes(out, enough);
		before = enough->text;
	}
	write_detail(layout, "      enough ", &draft);
}

static void write_contrast(const struct layout *layout, const struct report_stream *stream)
{
	struct draft draft;
	FILE *out = draft_open(&draft);

	if (!out)
		return;
	for (size_t i = 0; i < stream->contrast_count; i++) {
		const struct report_contrast *contrast = &stream->contrast[i];

		fprintf(out, "%s%s in %s of %s (late %" PRIu32 ", overtaker %" PRIu32 ")",
			i ? "; " : "", contrast->text, units_count(contrast->differs).text,
			units_count(contrast->pairs).text, contrast->bad, contrast->good);
	}
	write_detail(layout, "      differs", &draft);
}

/* What the lines below the streams mean, once for the table. */
static void write_legend(const struct layout *layout, unsigned origins, bool enough, bool contrast)
{
	if (origins)
		text_origin_legend(layout, origins);
	if (enough)
		layout_text(layout, "enough", LEGEND,
			"sizes that would have served 90/99/99.9/100 % of the late packets "
			"(jitter buffer: of all)");
	if (contrast)
		layout_text(layout, "differs", LEGEND,
			"what a late packet has otherwise than the one that overtook it, and the "
			"most frequent values");
}

/* `before`: the origin of the stream above, NULL: none. */
static void write_stream(const struct text_table *table, const struct report *report,
	const struct report_stream *stream, const struct report_origin *before)
{
	struct text_table_words words = origin_words(stream);
	char label[240], path[40];

	snprintf(label, sizeof(label), "%5" PRIu32 " %s %s", stream->number, stream->profile,
		stream->subject);
	snprintf(path, sizeof(path), ".streams[%td]", stream - report->streams);
	text_table_line_words(table, label, stream->values, &words);
	write_notes(table->layout, stream);
	write_discovery(table->layout, stream, is_named_above(table, report, stream));
	text_origin_lines(table->layout, report, stream->origin, before,
		table->word_count > COLUMN_ORIGIN, path);
	write_enough(table->layout, stream);
	write_contrast(table->layout, stream);
}

static void write_table(struct text_table *table, const struct report *report, size_t count)
{
	const struct report_origin *before = NULL;
	bool enough = false, contrast = false;
	unsigned origins = 0;
	size_t shown = 0;

	text_table_head(table, "stream");
	for (size_t i = 0; i < report->stream_count && shown < TEXT_TABLE_LINES; i++) {
		const struct report_stream *stream = &report->streams[i];

		if (!belongs(table, report, stream))
			continue;
		write_stream(table, report, stream, before);
		before = stream->origin;
		if (text_origin_is_known(stream->origin))
			origins |= TEXT_ORIGIN_BIT(stream->origin->origin);
		enough |= stream->enough_count > 0;
		contrast |= stream->contrast_count > 0;
		shown++;
	}
	text_table_left(table, count - shown);
	write_legend(table->layout, origins, enough, contrast);
}

void text_streams(const struct layout *layout, const struct report *report)
{
	struct text_table table;
	size_t count;

	if (report->stream_count == 0)
		return;
	table = text_table_make(layout, report->streams[0].set);
	add_origins(&table, report);
	count = measure(&table, report);
	if (count > 0)
		write_table(&table, report, count);
}
