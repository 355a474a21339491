/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who reordered it? For each thing of a table the word, why, and a late packet beside the one that
 * overtook it; and a table of what was handed on in another order than stamped and is no numbered
 * stream or flow of which that is told already. What a finding says is not said again.
 */
#include "report/text_origin.h"

#include <inttypes.h>
#include <string.h>

#include "report/draft.h"
#include "report/text.h"
#include "report/text_table.h"

#define INDENT 15
#define LEGEND 9

/* Whether something came late and somebody looked. */
static bool is_late(const struct report_origin *origin)
{
	return origin && origin->origin != ORIGIN_NONE;
}

bool text_origin_is_known(const struct report_origin *origin)
{
	return is_late(origin) && origin->origin != ORIGIN_UNDETERMINED;
}

const char *text_origin_word(const struct report_origin *origin)
{
	return is_late(origin) ? origin_name(origin->origin) : "-";
}

struct units text_origin_waited(const struct report_origin *origin)
{
	if (!is_late(origin) || origin->waited_ns.count == 0)
		return (struct units){ "-" };
	return units_duration((int64_t)origin->waited_ns.max);
}

void text_origin_legend(const struct layout *layout, unsigned seen)
{
	struct draft draft;
	FILE *out;
	const char *comma = "";

	layout_text(layout, "waited", LEGEND,
		"the longest that a late packet had been in the host that captured, at least, when "
		"it was overtaken");
	out = draft_open(&draft);
	if (!out)
		return;
	for (unsigned i = 0; i < ORIGIN_COUNT; i++) {
		if (!(seen & TEXT_ORIGIN_BIT(i)))
			continue;
		fprintf(out, "%s%s = %s", comma, origin_name((enum origin)i),
			origin_text((enum origin)i));
		comma = "; ";
	}
	draft_set(layout, &draft, &(struct layout_paragraph){ .head = "origin", .indent = LEGEND });
}

static bool is_told(const struct report *report, const struct report_origin *origin,
	const struct report_origin *before)
{
	char begin[100];

	if (before && strcmp(before->reason, origin->reason) == 0)
		return true;
	/* A finding may have had no room for all of it. */
	snprintf(begin, sizeof(begin), "%.99s", origin->reason);
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (strstr(finding->what, begin) || strstr(finding->where, begin) ||
			strstr(finding->why, begin))
			return true;
	}
	return false;
}

static void write_reason(
	const struct layout *layout, const struct report_origin *origin, bool named, bool told)
{
	struct draft draft;
	FILE *out;

	if (named && told)
		return;
	out = draft_open(&draft);
	if (!out)
		return;
	if (!named)
		fprintf(out, "%s%s", origin_name(origin->origin), told ? "" : ": ");
	if (!told)
		fputs(origin->reason, out);
	draft_set(layout, &draft,
		&(struct layout_paragraph){
			.head = "      origin ",
			.indent = INDENT,
			.tail = origin->confidence ? confidence_name(origin->confidence) : NULL,
		});
}

/* One of both packets: when it came, and by what as far as that is known and told. */
struct place {
	int64_t time_ns; /* -1: not known, as the others */
	int32_t cpu, queue;
	int64_t hash;
};

/* "+0.101929 on CPU 0 queue tag 1" behind `before`, or nothing: when since the first frame. */
static void put_place(
	FILE *out, const struct report *report, const char *before, const struct place *place)
{
	const char *on = place->cpu >= 0 || place->queue >= 0 ? " on" : "";

	if (place->time_ns == -1 && place->hash < 0 && !*on)
		return;
	fputs(before, out);
	if (place->time_ns != -1)
		fprintf(out, " %+.6f", (double)(place->time_ns - report->first_ns) / 1e9);
	fputs(on, out);
	if (place->cpu >= 0)
		fprintf(out, " CPU %" PRId32, place->cpu);
	if (place->queue >= 0)
		fprintf(out, " queue tag %" PRId32, place->queue);
	if (place->hash >= 0)
		fprintf(out, " hash %08" PRIx64, (uint64_t)place->hash);
}

/*
 * "frame 14: number 12 came +0.101929 on CPU 0, handed on after frame 13, +0.101964 on CPU 1".  A
 * queue or hash that both have in common tells nothing here.
 */
static void put_pair(FILE *out, const struct report *report, const struct report_late *late)
{
	bool queues = late->queue != late->overtaker_queue;
	bool hashes = late->hash != late->overtaker_hash;
	struct place place = { late->time_ns, late->cpu, queues ? late->queue : -1,
		hashes ? late->hash : -1 };
	struct place overtaker = { late->overtaker_ns, late->overtaker_cpu,
		queues ? late->overtaker_queue : -1, hashes ? late->overtaker_hash : -1 };

	fprintf(out, "frame %" PRIu64 ":", late->frame);
	if (late->has_number)
		fprintf(out, " number %" PRIu64, late->number);
	fputs(" came", out);
	put_place(out, report, "", &place);
	fprintf(out, ", %s frame %" PRIu64,
		late->time_ns < late->overtaker_ns ? "handed on after" : "behind", late->overtaker);
	put_place(out, report, ",", &overtaker);
}

/* The first of which the CPUs are known, for these tell most; else the first. */
static const struct report_late *example_of(const struct report_origin *origin)
{
	for (size_t i = 0; i < origin->late_count; i++)
		if (origin->late[i].cpu >= 0 && origin->late[i].overtaker_cpu >= 0)
			return &origin->late[i];
	return &origin->late[0];
}

static void write_pair(const struct layout *layout, const struct report *report,
	const struct report_origin *origin, const char *path)
{
	struct draft draft;
	FILE *out = origin->late_count > 0 ? draft_open(&draft) : NULL;

	if (!out)
		return;
	put_pair(out, report, example_of(origin));
	if (origin->late_count > 1)
		fprintf(out, "; the first %s: --json %s.late", units_count(origin->late_count).text,
			path);
	draft_set(layout, &draft,
		&(struct layout_paragraph){ .head = "      see ", .indent = INDENT });
}

/* That no file tells where its stamps were taken need not be said of all that is late in it. */
static bool is_usual(const struct report *report, const struct report_origin *origin)
{
	return !report->live && origin->origin == ORIGIN_UNDETERMINED && origin->counts.untold &&
	       origin->counts.inside == 0;
}

void text_origin_lines(const struct layout *layout, const struct report *report,
	const struct report_origin *origin, const struct report_origin *before, bool named,
	const char *path)
{
	if (!is_late(origin) || is_usual(report, origin))
		return;
	write_reason(layout, origin, named, is_told(report, origin, before));
	if (text_origin_is_known(origin))
		write_pair(layout, report, origin, path);
}

static bool is_told_of_stream(const struct report *report, const struct report_arrival *arrival)
{
	for (size_t i = 0; arrival->stream && i < report->stream_count; i++)
		if (report->streams[i].number + 1 == arrival->stream)
			return is_late(report->streams[i].origin);
	return false;
}

/* The subject of an arrival ends with both ends in the order of its direction. */
static bool is_told_of_flow(const struct report *report, const struct report_arrival *arrival)
{
	for (size_t i = 0; arrival->flow && i < report->flow_count; i++) {
		const struct report_flow *flow = &report->flows[i];

		if (flow->number + 1 != arrival->flow)
			continue;
		for (int side = 0; side < 2; side++) {
			char ends[140];

			snprintf(ends, sizeof(ends), "%s > %s", flow->endpoint[side],
				flow->endpoint[!side]);
			if (is_late(flow->origin[side]) && strstr(arrival->subject, ends))
				return true;
		}
	}
	return false;
}

static bool belongs(const struct report *report, size_t index)
{
	const struct report_arrival *arrival = &report->arrivals[index];

	return arrival->late > 0 && !is_told_of_stream(report, arrival) &&
	       !is_told_of_flow(report, arrival);
}

enum arrival_column { ARRIVAL_PACKETS, ARRIVAL_LATE, ARRIVAL_WAITED, ARRIVAL_ORIGIN };

/* Whether the words were explained below the streams. */
static bool is_explained(const struct report *report)
{
	for (size_t i = 0; i < report->stream_count; i++)
		if (text_origin_is_known(report->streams[i].origin))
			return true;
	return false;
}

static struct text_table_words arrival_words(const struct report_arrival *arrival)
{
	struct text_table_words words = { 0 };

	words.text[ARRIVAL_PACKETS] = units_count(arrival->packets);
	words.text[ARRIVAL_LATE] = units_count(arrival->late);
	words.text[ARRIVAL_WAITED] = text_origin_waited(&arrival->origin);
	snprintf(words.text[ARRIVAL_ORIGIN].text, sizeof(words.text[ARRIVAL_ORIGIN].text), "%s",
		text_origin_word(&arrival->origin));
	return words;
}

/* Returns how many belong into the table. */
static size_t measure(struct text_table *table, const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->arrival_count; i++) {
		struct text_table_words words = arrival_words(&report->arrivals[i]);

		if (belongs(report, i) && count++ < TEXT_TABLE_LINES)
			text_table_measure_words(table, &words);
	}
	return count;
}

static void write_arrival(const struct text_table *table, const struct report *report, size_t index,
	const struct report_origin *before)
{
	const struct report_arrival *arrival = &report->arrivals[index];
	struct text_table_words words = arrival_words(arrival);
	char label[200], path[40];

	if (arrival->vlan_id)
		snprintf(label, sizeof(label), "%s vlan %u", arrival->subject, arrival->vlan_id);
	else
		snprintf(label, sizeof(label), "%s", arrival->subject);
	snprintf(path, sizeof(path), ".arrivals[%zu]", index);
	text_table_line_words(table, label, NULL, &words);
	text_origin_lines(table->layout, report, &arrival->origin, before,
		table->word_count > ARRIVAL_ORIGIN, path);
}

void text_arrivals(const struct layout *layout, const struct report *report)
{
	static const char *const headings[] = {
		[ARRIVAL_PACKETS] = "packets",
		[ARRIVAL_LATE] = "late",
		[ARRIVAL_WAITED] = "waited",
		[ARRIVAL_ORIGIN] = "origin",
	};
	struct text_table table = text_table_make(layout, NULL);
	const struct report_origin *before = NULL;
	size_t count, shown = 0;
	unsigned seen = 0;

	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++)
		text_table_word(&table, headings[i]);
	count = measure(&table, report);
	if (count == 0)
		return;
	layout_text(layout, "arrivals:", 10, "handed on in another order than stamped");
	text_table_head(&table, "from and to");
	for (size_t i = 0; i < report->arrival_count && shown < TEXT_TABLE_LINES; i++) {
		if (!belongs(report, i))
			continue;
		write_arrival(&table, report, i, before);
		before = &report->arrivals[i].origin;
		seen |= TEXT_ORIGIN_BIT(before->origin);
		shown++;
	}
	text_table_left(&table, count - shown);
	if (!is_explained(report))
		text_origin_legend(layout, seen);
}
