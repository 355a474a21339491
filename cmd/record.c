/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlint record: from interfaces into capture files, with an account of what was lost.  Nothing is
 * parsed.  Files are pcapng by default, because only that keeps the account: the counters stand
 * where they rose, so that who reads the file knows which holes are the capture's own.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/write.h"
#include "cmd/command.h"
#include "cmd/keeper.h"
#include "cmd/options.h"
#include "cmd/signals.h"
#include "cmd/source.h"
#include "report/report.h"
#include "report/units.h"

#define FLUSH_NS 100000000

#define WAITING_DROPS 64

/* A drop that was told, and belongs to frames that are still to come. */
struct waiting {
	struct drop drop; /* as far as it is not in the file */
	bool begun;       /* one packet of it is */
};

/* What is known of one interface. */
struct account {
	uint64_t frames;                            /* recorded */
	uint64_t dropped_interface, dropped_system; /* told in the stream so far */
	struct capture_counters base;               /* when the file at hand was begun */
};

struct record {
	struct source_options source;
	const char *path;
	uint64_t rotate_bytes;
	int64_t rotate_ns;
	uint32_t keep;
	double max_drop_ratio;
	bool classic, quiet;
	struct keeper *keeper; /* NULL: one file */
	struct capture_writer *file;
	bool begun;         /* the file has its header */
	bool failed;        /* it does not hold what was given to it */
	struct error late;  /* why, if that showed at the end */
	int64_t begun_ns;   /* CLOCK_MONOTONIC */
	int64_t flushed_ns; /* likewise */
	struct waiting waiting[WAITING_DROPS];
	size_t waiting_count;
	uint64_t frames, dropped;
	uint32_t gone; /* interfaces that vanished */
	struct account accounts[CAPTURE_MAX_LIVE];
};

static int take_format(void *target, const char *word, struct error *error)
{
	if (strcmp(word, "pcap") != 0 && strcmp(word, "pcapng") != 0)
		return error_set(error, "'%s' is not pcapng or pcap", word);
	*(bool *)target = strcmp(word, "pcap") == 0;
	return 0;
}

#define AT(member) offsetof(struct record, member)

static const struct option_row rows[] = {
	{ 'w', "write", "FILE", "record to FILE (- is standard output)", value_text, AT(path) },
	{ 0, "format", "FORMAT",
		"pcapng (default) or pcap, which cannot keep what was lost and has one link type",
		take_format, AT(classic) },
	{ 'C', "rotate-size", "SIZE",
		"begin a new file when one has SIZE (100MB); files are numbered before their "
		"extension",
		value_bytes, AT(rotate_bytes) },
	{ 'G', "rotate-time", "TIME", "begin a new file every TIME (10min)", value_duration,
		AT(rotate_ns) },
	{ 'W', "keep", "N", "keep the last N files of -C and -G, and remove those before",
		value_count32, AT(keep) },
	{ 'q', "quiet", NULL, "print no account at the end", value_flag, AT(quiet) },
	{ 0, "max-drop-ratio", "RATIO",
		"exit with 3 if a larger share of packets was lost (default 0)", value_ratio,
		AT(max_drop_ratio) },
	{ 'U', "packet-buffered", NULL,
		"accepted and without effect: what was captured is written within 0.1 s",
		value_ignore, 0 },
	{ 0 },
};

/* The link type of all interfaces, or WRITE_PCAPNG. */
static int file_type(
	const struct record *record, const struct capture *capture, struct error *error)
{
	struct capture_statistics statistics;
	int linktype = capture_interface(capture, 0)->linktype;

	if (!record->classic)
		return WRITE_PCAPNG;
	capture_statistics(capture, &statistics);
	for (uint32_t i = 1; i < statistics.interfaces; i++)
		if (capture_interface(capture, i)->linktype != linktype) {
			error_set(error,
				"'%s' and '%s' have different link types, which a pcap file cannot "
				"hold: use --format pcapng",
				capture_interface(capture, 0)->name,
				capture_interface(capture, i)->name);
			return -2;
		}
	return linktype;
}

/* Begins the file at hand, if it is not. */
static int begin_file(struct record *record, const struct capture *capture, struct error *error)
{
	int linktype;

	if (record->begun)
		return 0;
	linktype = file_type(record, capture, error);
	if (linktype < WRITE_PCAPNG || capture_writer_begin(record->file, linktype, error) < 0)
		return -1;
	record->begun = true;
	record->begun_ns = clock_ns(CLOCK_MONOTONIC);
	return 0;
}

/* Writes what interface `index` lost since the file was begun. */
static int put_counters(struct record *record, const struct capture *capture, uint32_t index,
	int64_t time_ns, struct error *error)
{
	const struct capture_interface *interface = capture_interface(capture, index);
	const struct account *account = &record->accounts[index];
	const struct capture_counters counters = {
		.time_ns = time_ns,
		.received = interface->received - account->base.received,
		.dropped_interface = account->dropped_interface - account->base.dropped_interface,
		.dropped_system = account->dropped_system - account->base.dropped_system,
	};

	return capture_writer_counters(record->file, index, interface, &counters, error);
}

static int put_all_counters(
	struct record *record, const struct capture *capture, struct error *error)
{
	struct capture_statistics statistics;
	int64_t now_ns = clock_ns(CLOCK_REALTIME);

	capture_statistics(capture, &statistics);
	for (uint32_t i = 0; i < statistics.interfaces; i++)
		if (put_counters(record, capture, i, now_ns, error) < 0)
			return -1;
	return 0;
}

/* A drop lies between two readings of the counters: both go to the file. */
static int put_drop(struct record *record, const struct capture *capture, const struct drop *drop,
	struct error *error)
{
	struct account *account = &record->accounts[drop->interface];

	if (drop->from_ns &&
		put_counters(record, capture, drop->interface, drop->from_ns, error) < 0)
		return -1;
	if (strcmp(drop->where, "interface") == 0)
		account->dropped_interface += drop->packets;
	else
		account->dropped_system += drop->packets;
	return put_counters(record, capture, drop->interface, drop->to_ns, error);
}

static int put_waiting_drop(struct record *record, const struct capture *capture, size_t i,
	const struct drop *drop, struct error *error)
{
	record->waiting[i] = record->waiting[--record->waiting_count];
	return put_drop(record, capture, drop, error);
}

/*
 * Writes of the drops that wait what belongs before a frame of `time_ns`.  A drop is told before
 * the frames that the kernel still held then, but the holes are where it had room again: behind the
 * reading before it, and behind the one that told it.  Of numbered files each with a hole has to
 * have some of the drop, so one packet of it stands at the first place, and the rest at the second.
 */
static int put_due_drops(
	struct record *record, const struct capture *capture, int64_t time_ns, struct error *error)
{
	for (size_t i = record->waiting_count; i-- > 0;) {
		struct waiting *waiting = &record->waiting[i];
		struct drop part = waiting->drop;
		int status;

		if (time_ns < (waiting->begun ? part.to_ns : part.from_ns))
			continue;
		if (waiting->begun) {
			part.from_ns = part.to_ns;
			part.to_ns = time_ns;
		}
		if (waiting->begun || part.packets == 1 || time_ns >= part.to_ns) {
			status = put_waiting_drop(record, capture, i, &part, error);
		} else {
			waiting->begun = true;
			waiting->drop.packets--;
			part.packets = 1;
			status = put_drop(record, capture, &part, error);
		}
		if (status < 0)
			return -1;
	}
	return 0;
}

static int put_all_drops(struct record *record, const struct capture *capture, struct error *error)
{
	while (record->waiting_count) {
		const struct drop drop = record->waiting[0].drop;

		if (put_waiting_drop(record, capture, 0, &drop, error) < 0)
			return -1;
	}
	return 0;
}

static int await_drop(struct record *record, const struct capture *capture, const struct drop *drop,
	struct error *error)
{
	record->dropped += drop->packets;
	if (record->waiting_count == WAITING_DROPS && put_all_drops(record, capture, error) < 0)
		return -1;
	record->waiting[record->waiting_count++] = (struct waiting){ .drop = *drop };
	return 0;
}

static int put_frame(struct record *record, const struct capture *capture,
	const struct frame *frame, struct error *error)
{
	if (record->waiting_count && put_due_drops(record, capture, frame->time_ns, error) < 0)
		return -1;
	record->accounts[frame->interface].frames++;
	record->frames++;
	return capture_writer_frame(
		record->file, frame, capture_interface(capture, frame->interface), error);
}

/* Takes the next numbered file. */
static int next_file(struct record *record, struct error *error)
{
	int fd = keeper_create(record->keeper, error);

	if (fd < 0)
		return -1;
	record->file = capture_writer_take(fd, keeper_name(record->keeper));
	record->begun = false;
	return 0;
}

static int rotate(struct record *record, const struct capture *capture, struct error *error)
{
	int status = put_all_counters(record, capture, error);

	if (capture_writer_close(record->file, status < 0 ? NULL : error) < 0)
		status = -1;
	record->file = NULL;
	if (status < 0)
		return -1;
	for (uint32_t i = 0; i < CAPTURE_MAX_LIVE; i++) {
		struct account *account = &record->accounts[i];

		account->base.dropped_interface = account->dropped_interface;
		account->base.dropped_system = account->dropped_system;
		if (i < record->source.interfaces.count)
			account->base.received = capture_interface(capture, i)->received;
	}
	return next_file(record, error);
}

static bool is_full(const struct record *record)
{
	return (record->rotate_bytes &&
		       capture_writer_bytes(record->file) >= record->rotate_bytes) ||
	       (record->rotate_ns &&
		       clock_ns(CLOCK_MONOTONIC) - record->begun_ns >= record->rotate_ns);
}

static int put_events(struct record *record, const struct source_place *place,
	const struct event *events, int count, struct error *error)
{
	if (record->begun && record->keeper && is_full(record) &&
		rotate(record, place->capture, error) < 0)
		return -1;
	if (begin_file(record, place->capture, error) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		const struct event *event = &events[i];
		int status = 0;

		if (event->kind == EVENT_FRAME)
			status = put_frame(record, place->capture, &event->frame, error);
		else if (event->kind == EVENT_DROP)
			status = await_drop(record, place->capture, &event->drop, error);
		if (status < 0)
			return -1;
	}
	return 0;
}

static int take_events(void *state, const struct source_place *place, struct event *events,
	int count, struct error *error)
{
	struct record *record = state;

	record->failed = put_events(record, place, events, count, error) < 0;
	return record->failed ? -1 : 0;
}

/* Sends what was captured on its way while nothing comes, and answers SIGUSR1. */
static int show_progress(void *state, const struct source_place *place, struct error *error)
{
	struct record *record = state;
	int64_t now_ns = clock_ns(CLOCK_MONOTONIC);

	if (signals_progress())
		command_tell("%s frames recorded, %s dropped", units_count(record->frames).text,
			units_count(record->dropped).text);
	if (now_ns - record->flushed_ns < FLUSH_NS || !record->file)
		return 0;
	record->flushed_ns = now_ns;
	if (begin_file(record, place->capture, error) == 0 &&
		capture_writer_flush(record->file, error) == 0)
		return 0;
	record->failed = true;
	return -1;
}

static void begin_source(void *state, const struct source_place *place)
{
	const struct record *record = state;

	if (!record->quiet)
		source_announce(place->capture);
}

/* What became of the packets of one interface, as one line. */
static void tell_account(const struct record *record, const struct capture *capture, uint32_t index)
{
	const struct capture_interface *interface = capture_interface(capture, index);
	const struct account *account = &record->accounts[index];

	command_tell(
		"'%s': %s frames recorded, %s received by the kernel, %s dropped by it, %s lost "
		"before by the interface%s",
		interface->name, units_count(account->frames).text,
		units_count(interface->received).text, units_count(account->dropped_system).text,
		units_count(account->dropped_interface).text,
		interface->gone ? "; the interface vanished" : "");
}

/* Writes what the last file has to hold besides frames. */
static int complete_file(struct record *record, const struct capture *capture, struct error *error)
{
	if (begin_file(record, capture, error) < 0)
		return -1;
	if (put_all_drops(record, capture, error) < 0)
		return -1;
	return put_all_counters(record, capture, error);
}

static void end_source(void *state, const struct source_place *place, const char *problem)
{
	struct record *record = state;
	struct capture_statistics statistics;

	if (problem)
		command_tell("%s", problem);
	if (!place->capture || record->failed)
		return;
	capture_statistics(place->capture, &statistics);
	record->failed = record->file && complete_file(record, place->capture, &record->late) < 0;
	for (uint32_t i = 0; i < statistics.interfaces; i++) {
		if (!record->quiet)
			tell_account(record, place->capture, i);
		record->gone += capture_interface(place->capture, i)->gone;
	}
	if (statistics.passed_over && !record->quiet)
		command_tell("%s frames passed over", units_count(statistics.passed_over).text);
}

/* Records until the end.  Returns the exit status. */
static int run(struct record *record)
{
	const struct source_reader reader = {
		.state = record,
		.begin = begin_source,
		.events = take_events,
		.end = end_source,
		.progress = show_progress,
	};
	struct error error = { "" };
	const char *ended = source_read(&record->source, &reader, &error);
	bool failed = strcmp(ended, "error") == 0, opened = record->begun;
	struct error trouble;

	if (failed || record->failed)
		command_fail("%s", failed ? error.text : record->late.text);
	failed |= record->failed;
	if (capture_writer_close(record->file, &trouble) < 0 && !failed) {
		command_fail("%s", trouble.text);
		failed = true;
	}
	record->file = NULL;
	if (failed || !opened)
		return STATUS_UNABLE;
	if ((double)record->dropped >
		record->max_drop_ratio * (double)(record->frames + record->dropped))
		return STATUS_UNDECIDED;
	return record->gone ? STATUS_UNDECIDED : STATUS_OK;
}

/* Checks what options say together, and opens the output.  Returns 0, or -1 with `error` filled. */
static int prepare(struct record *record, struct error *error)
{
	bool rotates = record->rotate_bytes || record->rotate_ns;

	if (!source_is_live(&record->source))
		return error_set(error, "record reads no named pipe: copy it");
	if (!record->path)
		return error_set(error, "no output given: name a file with -w FILE");
	if (record->keep && !rotates)
		return error_set(error, "-W keeps the last files of -C or -G: give one of them");
	if (strcmp(record->path, "-") == 0 && isatty(STDOUT_FILENO))
		return error_set(error, "packets are not for a terminal: name a file with -w FILE");
	if (!rotates) {
		record->file = capture_writer_open(record->path, error);
		return record->file ? 0 : -1;
	}
	if (strcmp(record->path, "-") == 0)
		return error_set(error, "-C and -G number files: name one with -w FILE");
	record->keeper = keeper_start(record->path, record->keep, error);
	return record->keeper ? next_file(record, error) : -1;
}

static const char about[] =
	"Records packets that match the filter, a pcap-filter(7) expression, and tells what was\n"
	"lost.  Exit status: 0 all recorded, 2 wrong usage or could not run, 3 packets were lost.";

int command_record(int argc, char **argv)
{
	struct record record = { .source = { .trace = STEERING_TRACE_NEVER } };
	const struct option_group groups[] = {
		{ "Live capture:", source_live_rows, &record.source },
		{ "Input:", source_rows, &record.source },
		{ "Output:", rows, &record },
	};
	const struct usage usage = {
		.command = "record",
		.synopsis = "-i IF... -w FILE [OPTION]... [FILTER]",
		.about = about,
		.groups = groups,
		.group_count = sizeof(groups) / sizeof(groups[0]),
	};
	struct error error;
	int status = options_parse(&usage, argc, argv);

	if (status < 0) {
		if (source_prepare(&record.source, argc, argv, &error) < 0 ||
			prepare(&record, &error) < 0)
			status = command_fail("%s", error.text);
		else
			status = run(&record);
	}
	capture_writer_close(record.file, NULL);
	keeper_stop(record.keeper);
	source_release(&record.source);
	return status;
}
