/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes are a capture: everything from the reader to the documents takes them, prints nothing
 * that a terminal would obey, counts nothing below zero, and says the same whether the packets
 * come one by one or many at a time.  Counters are looked for in all of them; in every other input
 * fields that the user described are read besides.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <unistd.h>

#include "analyzers/pipeline.h"
#include "capture/decode.h"
#include "cmd/stream.h"

#define COLUMNS 100
#define MOST_FRAMES 4096 /* of one input: tiny frames must not make it slow */

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A document under construction. */
struct text {
	FILE *file;
	char *bytes;
	size_t size;
};

struct run {
	struct pipeline *pipeline;
	struct batch batch;
	struct report *report;
	struct stream stream[2];
	struct text lines[2]; /* of the streams: text, NDJSON */
	uint64_t frames;
};

static const struct stream_writer *const stream_writers[2] = { &stream_text, &stream_json };

static void text_open(struct text *text)
{
	text->file = open_memstream(&text->bytes, &text->size);
	REQUIRE(text->file);
}

/* Ends a document, which must be plain: lines of characters that a terminal only shows. */
static void text_close(struct text *text)
{
	REQUIRE(fclose(text->file) == 0);
	for (size_t i = 0; i < text->size; i++) {
		uint8_t c = (uint8_t)text->bytes[i];

		REQUIRE(c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f));
	}
}

/* The report for people is no wider than promised; bytes that go on with a character are none. */
static void check_width(const struct text *text)
{
	unsigned column = 0;

	for (size_t i = 0; i < text->size; i++) {
		uint8_t c = (uint8_t)text->bytes[i];

		column = c == '\n' ? 0 : column + ((c & 0xc0) != 0x80);
		REQUIRE(column <= COLUMNS);
	}
}

static void check_verdict(const struct run *run, const struct verdict *verdict)
{
	REQUIRE(verdict->frame >= 1 && verdict->frame <= run->frames);
	REQUIRE(verdict->at < run->batch.count);
	REQUIRE(verdict->label < LABEL_COUNT && verdict->cause < CAUSE_COUNT);
	REQUIRE(verdict->part_count <= VERDICT_MAX_PARTS);
	REQUIRE(verdict->reference <= run->frames);
	for (int i = 0; i < verdict->part_count; i++)
		REQUIRE(verdict->parts[i].label < LABEL_COUNT && verdict->parts[i].segments > 0);
}

static void write_packets(struct run *run, int writer)
{
	for (int i = 0; i < run->batch.count; i++) {
		const struct packet *packet = &run->batch.packets[i];
		const struct verdict *verdict = packet->verdict < 0
							? NULL
							: &run->batch.verdicts[packet->verdict];

		if (stream_writers[writer]->note)
			stream_writers[writer]->note(&run->stream[writer], packet);
		stream_writers[writer]->packet(&run->stream[writer], packet, verdict);
	}
	for (int i = 0; i < run->batch.verdict_count; i++)
		if (run->batch.verdicts[i].amends)
			stream_writers[writer]->amendment(
				&run->stream[writer], &run->batch.verdicts[i]);
}

static void take_verdicts(struct run *run)
{
	for (int i = 0; i < run->batch.verdict_count; i++)
		check_verdict(run, &run->batch.verdicts[i]);
	for (int writer = 0; writer < 2; writer++)
		write_packets(run, writer);
}

static void flush(struct run *run)
{
	if (!run->batch.count)
		return;
	pipeline_batch(run->pipeline, &run->batch);
	take_verdicts(run);
	run->batch.count = 0;
}

static void take_event(struct run *run, const struct event *event)
{
	if (event->kind == EVENT_FRAME) {
		run->frames = event->frame.number;
		decode_frame(&event->frame, &run->batch.packets[run->batch.count++]);
	} else if (event->kind == EVENT_DROP) {
		flush(run);
		pipeline_drop(run->pipeline, &event->drop);
	}
}

static void read_capture(struct run *run, struct capture *capture, int at_once)
{
	struct event events[BATCH_PACKETS];
	int count;

	/* Stops at the same frame however many come at once. */
	while (run->frames < MOST_FRAMES &&
		(count = capture_read(capture, events,
			 (int)MIN((uint64_t)at_once, MOST_FRAMES - run->frames), NULL)) > 0) {
		for (int i = 0; i < count; i++)
			take_event(run, &events[i]);
		flush(run);
	}
	pipeline_end(run->pipeline, &run->batch);
	take_verdicts(run);
}

/* Whether a row counts things, which no input here holds many of. */
static bool is_small(const struct metric *row)
{
	return row->kind == METRIC_COUNT && row->unit != UNIT_BYTES && row->unit != UNIT_NS;
}

/* A counter that was taken below zero stands just under a power of two. */
static void check_numbers(const struct metric_set *set, const union metric_value *values)
{
	for (size_t i = 0; set && values && i < set->count; i++)
		if (is_small(&set->rows[i]))
			REQUIRE(values[i].number < UINT64_C(1) << 48 &&
				(uint32_t)values[i].number < UINT32_MAX - 65536);
}

static void check_report(const struct report *report)
{
	REQUIRE(report->judged <= report->frames);
	for (size_t i = 0; i < report->section_count; i++)
		check_numbers(report->sections[i].set, report->sections[i].values);
	for (size_t i = 0; i < report->stream_count; i++)
		check_numbers(report->streams[i].set, report->streams[i].values);
	for (size_t i = 0; i < report->flow_count; i++)
		for (int side = 0; side < 2; side++)
			check_numbers(report->flows[i].set, report->flows[i].values[side]);
}

/* Fields that few inputs need to guess: of any frame, packet and payload. */
static const char *const specifications[] = {
	"start=link offset=12 width=2 stream=eth.src,eth.dst",
	"ip.proto=udp start=payload offset=0 width=4 mask=0xfffff0 shift=4 stream=ip.src,ip.dst",
	"ip.proto=6 start=transport offset=4 width=8 endian=little increment=3",
};

#define FIELDS (sizeof(specifications) / sizeof(specifications[0]))

static const struct field *described_fields(void)
{
	static struct field fields[FIELDS];
	struct error error;

	for (size_t i = 0; i < FIELDS && !fields[i].width; i++)
		REQUIRE(field_parse(&fields[i], specifications[i], &error) == 0);
	return fields;
}

/* Analyses the capture, `at_once` packets at a time.  Returns the JSON document: free(3). */
static char *analyse(struct capture *capture, int at_once, bool described)
{
	const struct analyzer_options options = {
		.max_flows = 64,
		.list_flows = 5,
		.live = true,
		.each_number = true,
		.discover_all = true,
		.fields = described_fields(),
		.field_count = described ? FIELDS : 0,
	};
	struct run *run = calloc(1, sizeof(*run));
	struct text document[2];

	REQUIRE(run);
	run->pipeline = pipeline_new(&options);
	run->report = report_new("check");
	run->report->ended_by = "end";
	for (int i = 0; i < 2; i++) {
		text_open(&run->lines[i]);
		run->stream[i] = (struct stream){ .out = run->lines[i].file,
			.hex_ascii = 2,
			.ascii = true,
			.link = true,
			.verbose = true };
	}
	report_add_source(run->report, "input");
	read_capture(run, capture, at_once);
	pipeline_report(run->pipeline, run->report);
	report_finish(run->report);
	check_report(run->report);
	for (int i = 0; i < 2; i++) {
		const struct writer *writer = i ? &writer_json : &writer_text;

		text_open(&document[i]);
		REQUIRE(writer->write(document[i].file, run->report,
				&(struct writer_options){ .version = "0", .columns = COLUMNS }) ==
			0);
		text_close(&document[i]);
		text_close(&run->lines[i]);
		free(run->lines[i].bytes);
		sequences_clear(&run->stream[i].sequences);
	}
	check_width(&document[0]);
	free(document[0].bytes);
	report_free(run->report);
	pipeline_free(run->pipeline);
	free(run->batch.verdicts);
	free(run);
	return document[1].bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char *documents[2] = { NULL, NULL };
	char path[64];

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (int i = 0; i < 2; i++) {
		struct capture *capture = capture_open_file(path, NULL, NULL);

		if (!capture)
			return 0;
		documents[i] = analyse(capture, i ? 1 : BATCH_PACKETS, size & 1);
		capture_close(capture);
	}
	REQUIRE(strcmp(documents[0], documents[1]) == 0);
	free(documents[0]);
	free(documents[1]);
	return 0;
}
