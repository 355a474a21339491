/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlint dump: every packet with its verdict, as text, as JSON or into a capture file.  What is
 * chosen by label is known only at the end of a run, so then the input is read twice.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzers/flow.h"
#include "base/memory.h"
#include "capture/write.h"
#include "cmd/command.h"
#include "cmd/engine.h"
#include "cmd/selection.h"
#include "cmd/signals.h"
#include "cmd/stream.h"
#include "cmd/terminal.h"

/* Numbers that were asked for; none: all are wanted. */
struct number_list {
	uint32_t *numbers;
	size_t count;
};

struct dump {
	struct engine_options engine;
	struct stream stream;
	const struct stream_writer *writer;
	struct selection selection; /* by --only and --stream, if `selects` */
	bool selects;               /* the input is read twice */
	struct number_list flows;   /* by --flow */
	struct number_list streams; /* by --stream */
	const char *path;           /* of -w */
	struct capture_writer *file;
	bool json, print;
	enum color color;
};

static int take_labels(void *target, const char *word, struct error *error)
{
	uint32_t *labels = target;
	const char *end;

	for (;; word = end + 1) {
		char name[32];
		int label;

		end = word + strcspn(word, ",");
		snprintf(name, sizeof(name), "%.*s", (int)(end - word), word);
		label = label_find(name);
		if (label < 0)
			return error_set(
				error, "there is no label '%s': see pktlint-dump(8), LABELS", name);
		*labels |= 1u << label;
		if (!*end)
			return 0;
	}
}

static int take_number(void *target, const char *word, struct error *error)
{
	struct number_list *list = target;
	uint32_t number;

	if (value_number32(&number, word, error) < 0)
		return -1;
	list->numbers = memory_grow(list->numbers, list->count + 1, sizeof(number));
	list->numbers[list->count++] = number;
	return 0;
}

#define AT(member) offsetof(struct dump, member)

static const struct option_row rows[] = {
	{ 'j', "json", NULL, "write one JSON object a line, see pktlint-json(5)", value_flag,
		AT(json) },
	{ 0, "flow", "N", "only packets of flow N; repeatable", take_number, AT(flows) },
	{ 0, "stream", "N", "only packets of numbered stream N; repeatable", take_number,
		AT(streams) },
	{ 0, "only", "LABEL,...",
		"only packets that end up with one of these labels; the input is read twice",
		take_labels, AT(selection.labels) },
	{ 'w', "write", "FILE",
		"write the packets to a capture file (- is standard output) instead of "
		"printing them",
		value_text, AT(path) },
	{ 0, "print", NULL, "with -w: print them, too", value_flag, AT(print) },
	{ 'e', "link-header", NULL, "print link-layer addresses and VLAN", value_flag,
		AT(stream.link) },
	{ 'S', "absolute-sequence", NULL,
		"print sequence numbers as they are, not from the flow's first", value_flag,
		AT(stream.absolute) },
	{ 't', NULL, NULL,
		"time: -t none, -tt seconds since 1970, -ttt since the line before, -tttt with "
		"date, -ttttt "
		"since the first line; all in UTC",
		value_repeat, AT(stream.time_form) },
	{ 'x', NULL, NULL, "print the bytes in hexadecimal, -xx from the link header on",
		value_repeat, AT(stream.hex) },
	{ 'X', NULL, NULL,
		"the same with the printable ones beside them, -XX from the link header on",
		value_repeat, AT(stream.hex_ascii) },
	{ 'A', "ascii", NULL, "print the bytes as ASCII", value_flag, AT(stream.ascii) },
	{ 'v', "verbose", NULL,
		"print the IP header's fields, and by which CPU, queue and hash it came where "
		"that is known",
		value_flag, AT(stream.verbose) },
	{ 'q', "quiet", NULL, "leave out TCP's flags, numbers and options", value_flag,
		AT(stream.quiet) },
	{ 0, "color", "WHEN", "auto, always or never", terminal_take_color, AT(color) },
	{ '#', "number", NULL, "accepted and without effect: frames are always numbered",
		value_ignore, 0 },
	{ 'l', NULL, NULL, "accepted and without effect: what comes from a pipe is printed at once",
		value_ignore, 0 },
	{ 0 },
};

/* Whether a packet of that number, or (not `known`) of none, is wanted. */
static bool number_wanted(const struct number_list *list, bool known, uint32_t number)
{
	for (size_t i = 0; i < list->count; i++)
		if (known && list->numbers[i] == number)
			return true;
	return list->count == 0;
}

static bool stream_wanted(const struct dump *dump, const struct verdict *verdict)
{
	uint32_t stream = verdict ? verdict->stream : 0;

	return number_wanted(&dump->streams, stream != 0, stream - 1);
}

static bool frame_wanted(const struct dump *dump, uint64_t frame)
{
	return !dump->selects || frames_has(&dump->selection.frames, frame);
}

/* Appends the packet to the file of -w. */
static int write_frame(struct dump *dump, const struct source_place *place,
	const struct packet *packet, struct error *error)
{
	const struct frame frame = {
		.data = packet->data,
		.number = packet->frame,
		.time_ns = packet->time_ns,
		.caplen = packet->caplen,
		.wirelen = packet->wirelen,
		.interface = packet->interface,
		.linktype = packet->linktype,
		.direction = packet->direction,
		.flags = packet->frame_flags,
	};

	return capture_writer_frame(dump->file, &frame,
		capture_interface(place->capture, packet->interface - place->first_interface),
		error);
}

/* The name of the packet's interface, NULL of a file: whose interfaces are numbers, if at all. */
static const char *live_interface(const struct source_place *place, const struct packet *packet)
{
	const struct capture_interface *interface = capture_interface(
		place->capture, packet->interface - place->first_interface);

	return interface->frontend ? interface->name : NULL;
}

static int put_packet(struct dump *dump, const struct source_place *place,
	const struct batch *batch, int i, struct error *error)
{
	const struct packet *packet = &batch->packets[i];
	const struct verdict *verdict = packet->verdict < 0 ? NULL
							    : &batch->verdicts[packet->verdict];

	if (dump->writer->note)
		dump->writer->note(&dump->stream, packet);
	if (!frame_wanted(dump, packet->frame) ||
		!number_wanted(
			&dump->flows, packet->flow, packet->flow ? packet->flow->number : 0) ||
		(!dump->selects && !stream_wanted(dump, verdict)))
		return 0;
	if (dump->print) {
		dump->stream.interface = live_interface(place, packet);
		dump->writer->packet(&dump->stream, packet, verdict);
	}
	return dump->file ? write_frame(dump, place, packet, error) : 0;
}

/* Writes amendments from number `next` on that packet `at` brought; returns the next one. */
static int put_amendments(struct dump *dump, const struct batch *batch, int next, int at)
{
	for (; next < batch->verdict_count && batch->verdicts[next].at <= at; next++) {
		const struct verdict *verdict = &batch->verdicts[next];

		if (dump->print && verdict->amends && frame_wanted(dump, verdict->frame) &&
			number_wanted(
				&dump->flows, verdict->flow != VERDICT_NO_FLOW, verdict->flow) &&
			stream_wanted(dump, verdict))
			dump->writer->amendment(&dump->stream, verdict);
	}
	return next;
}

/* What comes from a pipe or an interface may be waited for at the other end of ours. */
static int flush_if_waiting(
	const struct dump *dump, const struct source_place *place, struct error *error)
{
	struct capture_statistics statistics;

	if (!place->capture)
		return 0;
	capture_statistics(place->capture, &statistics);
	if (statistics.bytes_total)
		return 0;
	fflush(stdout);
	return dump->file ? capture_writer_flush(dump->file, error) : 0;
}

static int put_batch(void *state, const struct source_place *place, const struct batch *batch,
	struct error *error)
{
	struct dump *dump = state;
	int next = 0;

	for (int i = 0; i < batch->count; i++) {
		if (put_packet(dump, place, batch, i, error) < 0)
			return -1;
		next = put_amendments(dump, batch, next, i);
	}
	put_amendments(dump, batch, next, INT32_MAX);
	if (flush_if_waiting(dump, place, error) < 0)
		return -1;
	if (ferror(stdout))
		return error_set(error, "cannot write to standard output: %s", strerror(errno));
	return 0;
}

/* Reads the input once for `sink`.  Returns the exit status. */
static int run(struct dump *dump, const struct engine_sink *sink)
{
	struct report *report = report_new("dump");
	struct error error;
	int status = STATUS_OK;

	if (engine_run(&dump->engine, sink, report, &error) < 0)
		status = command_fail("%s", error.text);
	else if (engine_failed(report))
		status = STATUS_UNABLE;
	else if (engine_truncated(report) || (report->live && report_dropped(report) > 0))
		status = STATUS_UNDECIDED;
	report_free(report);
	return status;
}

/* Reads the input as often as needed.  Returns the exit status. */
static int run_all(struct dump *dump)
{
	const struct engine_sink select = selection_sink(&dump->selection);
	const struct engine_sink put = { .state = dump, .batch = put_batch };
	int linktype = WRITE_PCAPNG;
	struct error error;
	int status;

	if (dump->selects) {
		run(dump, &select);
		if (signals_stop())
			return command_fail("ended by a signal before it was known what to print");
		if (dump->selection.frames.missed)
			command_tell("frames beyond number %" PRIu64 " are left out", FRAMES_MAX);
		linktype = selection_linktype(&dump->selection);
		dump->engine.quiet = true;
	}
	if (dump->file && capture_writer_begin(dump->file, linktype, &error) < 0)
		return command_fail("%s", error.text);
	status = run(dump, &put);
	if (capture_writer_close(dump->file, &error) < 0)
		status = command_fail("%s", error.text);
	dump->file = NULL;
	return ferror(stdout) ? status : command_end(status);
}

/* What is chosen by final verdicts: of labels always, of streams if the input allows it. */
static int prepare_selection(struct dump *dump, struct error *error)
{
	struct selection *selection = &dump->selection;
	struct error unused;

	selection->streams = dump->streams.numbers;
	selection->stream_count = dump->streams.count;
	if (selection->labels) {
		dump->selects = true;
		return source_rereadable(&dump->engine.source, "--only", error);
	}
	dump->selects = selection->stream_count &&
			source_rereadable(&dump->engine.source, "--stream", &unused) == 0;
	selection->labels = UINT32_MAX;
	return 0;
}

/* Checks what options say together, and opens the output.  Returns 0, or -1 with `error` filled. */
static int prepare(struct dump *dump, struct error *error)
{
	if (dump->stream.time_form >= STREAM_TIME_FORMS)
		return error_set(error, "-t is given more than %d times", STREAM_TIME_FORMS - 1);
	if (prepare_selection(dump, error) < 0)
		return -1;
	dump->writer = dump->json ? &stream_json : &stream_text;
	dump->engine.analyzer.each_number = true;
	dump->engine.source.receive_hash = dump->json || dump->stream.verbose;
	dump->stream.out = stdout;
	dump->stream.color = terminal_wants_color(dump->color, stdout);
	dump->engine.progress = !isatty(STDOUT_FILENO);
	dump->engine.announce = dump->stream.verbose || isatty(STDERR_FILENO);
	if (!dump->path) {
		dump->print = true;
		return 0;
	}
	if (dump->print && strcmp(dump->path, "-") == 0)
		return error_set(error, "standard output cannot take both --print and -w -");
	if (source_spares(&dump->engine.source, dump->path, error) < 0)
		return -1;
	dump->file = capture_writer_open(dump->path, error);
	return dump->file ? 0 : -1;
}

static const char about[] =
	"Prints every packet that matches the filter, a pcap-filter(7) expression, with its\n"
	"verdict: label, cause, confidence and evidence.";

int command_dump(int argc, char **argv)
{
	struct dump dump = { .engine = ENGINE_DEFAULTS };
	const struct option_group groups[] = { { "Output:", rows, &dump } };
	const struct usage usage = {
		.command = "dump",
		.about = about,
		.groups = groups,
		.group_count = 1,
	};
	struct error error;
	int status = engine_parse(&dump.engine, &usage, argc, argv);

	if (status < 0)
		status = prepare(&dump, &error) < 0 ? command_fail("%s", error.text)
						    : run_all(&dump);
	capture_writer_close(dump.file, NULL);
	selection_clear(&dump.selection);
	sequences_clear(&dump.stream.sequences);
	free(dump.flows.numbers);
	free(dump.streams.numbers);
	engine_release(&dump.engine);
	return status;
}
