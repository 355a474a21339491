/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which packets does a command see, and under which numbers?  Sources are read one after the
 * other; frames and interfaces are numbered through all of them; limits cut the run here, so that
 * whoever takes the events knows none of them.
 */
#include "cmd/source.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "capture/filter.h"
#include "cmd/command.h"
#include "cmd/privilege.h"
#include "cmd/signals.h"

#define MAX_FILTER_BYTES 65536

/* -Q, as tcpdump has it. */
static int take_direction(void *target, const char *word, struct error *error)
{
	static const struct value_word words[] = {
		{ "in", DIRECTION_IN },
		{ "out", DIRECTION_OUT },
		{ "inout", DIRECTION_UNKNOWN },
		{ 0 },
	};
	int value = value_find_word(words, word);

	if (value < 0)
		return error_set(error, "'%s' is not in, out or inout", word);
	*(enum direction *)target = (enum direction)value;
	return 0;
}

static int take_segment_size(void *target, const char *word, struct error *error)
{
	static const struct value_word words[] = {
		{ "auto", SEGMENT_SIZE_AUTO },
		{ "always", SEGMENT_SIZE_ALWAYS },
		{ "never", SEGMENT_SIZE_NEVER },
		{ 0 },
	};
	int value = value_find_word(words, word);

	if (value < 0)
		return error_set(error, "'%s' is not auto, always or never", word);
	*(enum segment_size *)target = (enum segment_size)value;
	return 0;
}

static int choose_trace(enum steering_trace *trace, enum steering_trace chosen, struct error *error)
{
	if (*trace != STEERING_TRACE_ASKED && *trace != chosen)
		return error_set(error, "--steering and --no-steering exclude each other");
	*trace = chosen;
	return 0;
}

static int take_steering(void *target, const char *word, struct error *error)
{
	return choose_trace(target, STEERING_TRACE_ALWAYS, error);
}

static int take_no_steering(void *target, const char *word, struct error *error)
{
	return choose_trace(target, STEERING_TRACE_NEVER, error);
}

#define AT(member) offsetof(struct source_options, member)

const struct option_row source_file_rows[] = {
	{ 'r', "read", "FILE",
		"read packets from FILE (pcap or pcapng, - is standard input); repeatable: the "
		"files are one run, in this order",
		value_list, AT(files) },
	{ 0, "start", "WHEN",
		"pass over frames before WHEN (2026-01-31T12:00:00Z or seconds since 1970)",
		value_time, AT(start_ns) },
	{ 0, "end", "WHEN", "pass over frames at and after WHEN", value_time, AT(end_ns) },
	{ 0 },
};

const struct option_row source_rows[] = {
	{ 'F', "filter-file", "FILE", "take the filter from FILE", value_text, AT(filter_file) },
	{ 'c', "count", "N", "end after N frames that pass the filter", value_count, AT(count) },
	{ 's', "snapshot-length", "BYTES", "look at no more than the first BYTES of a frame",
		value_bytes32, AT(snaplen) },
	{ 0, "duration", "TIME",
		"end TIME after the first frame of a file, or after the start (500ms, 10s, 5min)",
		value_duration, AT(duration_ns) },
	{ 'n', NULL, NULL, "accepted and without effect: addresses are never turned into names",
		value_ignore, 0 },
	{ 0 },
};

const struct option_row source_live_rows[] = {
	{ 'i', "interface", "IF",
		"capture on interface IF (or read a named pipe); repeatable: all at once, as one "
		"run",
		value_list, AT(interfaces) },
	{ 0, "frontend", "NAME",
		"how to capture: auto (default), mmap, raw or pcap, see pktlint list frontends",
		value_text, AT(frontend) },
	{ 'B', "buffer-size", "SIZE",
		"have the kernel hold SIZE for each interface (64MiB; a plain number is KiB); "
		"default 64MiB, less where memory is short",
		value_buffer, AT(buffer_bytes) },
	{ 'Q', "direction", "WAY", "capture only what comes in, or goes out: in, out or inout",
		take_direction, AT(direction) },
	{ 0, "promisc", NULL, "ask the interface for frames that are not for this host", value_flag,
		AT(promiscuous) },
	{ 'p', NULL, NULL, "accepted and without effect: promiscuous mode is off unless asked for",
		value_ignore, 0 },
	{ 0, "segment-size", "WHEN",
		"ask the kernel for the segment size of super-frames: auto (default: where it "
		"costs no packets), always or never",
		take_segment_size, AT(segment_size) },
	{ 'Z', "relinquish-privileges", "USER",
		"started as root, become USER before the first packet (default nobody)", value_text,
		AT(user) },
	{ 0 },
};

const struct option_row source_trace_rows[] = {
	{ 0, "steering", NULL,
		"learn of each frame by which CPU and queue it came, from the first one on; else "
		"from the first late one on",
		take_steering, AT(trace) },
	{ 0, "no-steering", NULL, "never learn it", take_no_steering, AT(trace) },
	{ 0 },
};

/* Joins the words with spaces; NULL if there are none. */
static char *join(int count, char **words)
{
	size_t length = 0;
	char *text;

	if (count == 0)
		return NULL;
	for (int i = 0; i < count; i++)
		length += strlen(words[i]) + 1;
	text = memory_alloc(length, 1);
	for (int i = 0; i < count; i++) {
		if (i)
			strcat(text, " ");
		strcat(text, words[i]);
	}
	return text;
}

/* Comments, from # to the end of the line, become spaces, as tcpdump has it. */
static void remove_comments(char *text)
{
	for (char *c = strchr(text, '#'); c; c = strchr(c, '#'))
		memset(c, ' ', strcspn(c, "\n"));
}

static char *read_filter(const char *path, struct error *error)
{
	FILE *file = fopen(path, "re");
	bool fine = false;
	char *text;
	size_t length;

	if (!file) {
		error_set(error, "cannot open filter file '%s': %s", path, strerror(errno));
		return NULL;
	}
	text = memory_alloc(MAX_FILTER_BYTES + 1, 1);
	length = fread(text, 1, MAX_FILTER_BYTES + 1, file);
	if (ferror(file))
		error_set(error, "cannot read filter file '%s': %s", path, strerror(errno));
	else if (length > MAX_FILTER_BYTES)
		error_set(
			error, "filter file '%s' is longer than %d bytes", path, MAX_FILTER_BYTES);
	else if (strlen(text) < length)
		error_set(error, "filter file '%s' is not text", path);
	else
		fine = true;
	fclose(file);
	remove_comments(text);
	if (fine)
		return text;
	free(text);
	return NULL;
}

/* A named pipe given as an interface is read as a file, as other tools have it. */
static void take_pipes(struct source_options *options)
{
	struct word_list *list = &options->interfaces;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct stat status;
		const char *word = list->words[i];

		if (strchr(word, '/') && stat(word, &status) == 0 && S_ISFIFO(status.st_mode))
			value_list(&options->files, word, NULL);
		else
			list->words[kept++] = word;
	}
	list->count = kept;
}

/* Whether there is an input, and one kind of it only. */
static int check_input(
	const struct source_options *options, const char *first_word, struct error *error)
{
	if (options->files.count && options->interfaces.count)
		return error_set(error, "-r and -i exclude each other: '%s' is a file, '%s' not",
			options->files.words[0], options->interfaces.words[0]);
	if (options->interfaces.count > CAPTURE_MAX_LIVE)
		return error_set(error, "more than %d interfaces", CAPTURE_MAX_LIVE);
	if (options->interfaces.count && (options->start_ns || options->end_ns))
		return error_set(error, "--start and --end are for files: try --duration");
	if (options->files.count || options->interfaces.count)
		return 0;
	if (first_word && access(first_word, F_OK) == 0)
		return error_set(error, "no input given: did you mean -r '%s'?", first_word);
	if (first_word && if_nametoindex(first_word))
		return error_set(error, "no input given: did you mean -i '%s'?", first_word);
	return error_set(error, "no input given: name a capture file with -r FILE, or an interface "
				"with -i IF");
}

int source_prepare(struct source_options *options, int argc, char **argv, struct error *error)
{
	struct filter *filter;

	take_pipes(options);
	if (check_input(options, optind < argc ? argv[optind] : NULL, error) < 0)
		return -1;
	if (options->filter_file && optind < argc)
		return error_set(error, "filter given twice, with -F and as '%s'", argv[optind]);
	if (options->end_ns && options->end_ns <= options->start_ns)
		return error_set(error, "--end is not after --start");
	options->filter = options->filter_file ? read_filter(options->filter_file, error)
					       : join(argc - optind, argv + optind);
	if (!options->filter)
		return options->filter_file ? -1 : 0;
	filter = filter_new(options->filter, error);
	filter_free(filter);
	return filter ? 0 : -1;
}

void source_release(struct source_options *options)
{
	free(options->filter);
	free(options->files.words);
	free(options->interfaces.words);
}

int source_rereadable(const struct source_options *options, const char *why, struct error *error)
{
	struct stat status;

	if (source_is_live(options))
		return error_set(error,
			"%s reads the input twice, which a live capture does not allow: use "
			"'pktlint record -i %s -w FILE' and then -r FILE",
			why, options->interfaces.words[0]);
	for (size_t i = 0; i < options->files.count; i++) {
		const char *path = options->files.words[i];

		if (strcmp(path, "-") == 0)
			return error_set(error,
				"%s reads the input twice, which standard input does not allow: "
				"save it to a file",
				why);
		if (stat(path, &status) == 0 && !S_ISREG(status.st_mode) &&
			!S_ISDIR(status.st_mode))
			return error_set(error,
				"%s reads the input twice, which '%s' does not allow: "
				"it is no regular file",
				why, path);
	}
	return 0;
}

int source_spares(const struct source_options *options, const char *path, struct error *error)
{
	struct stat input, output;

	if (stat(path, &output) < 0 || !S_ISREG(output.st_mode))
		return 0;
	for (size_t i = 0; i < options->files.count; i++)
		if (stat(options->files.words[i], &input) == 0 && input.st_dev == output.st_dev &&
			input.st_ino == output.st_ino)
			return error_set(error, "'%s' is an input: it would be overwritten", path);
	return 0;
}

/* Another file may hold frames of the same time, so this alone does not end the run. */
static const char ended_duration[] = "duration", ended_by_end[] = "end";

/* A run of source_read(). */
struct run {
	const struct source_options *options;
	const struct source_reader *reader;
	struct source_place place;
	uint64_t left; /* frames until --count */
	bool timed;    /* first_ns is known */
	int64_t first_ns;
	int64_t begun_ns;    /* CLOCK_MONOTONIC, when a live capture began */
	bool expired;        /* the open source met a frame behind --duration */
	const char *stopped; /* what ended a live capture, which is being read out */
};

/* Whether --duration of a live capture has passed, whatever the clock of the stamps was set to. */
static bool has_lasted(const struct run *run)
{
	return run->options->duration_ns &&
	       clock_ns(CLOCK_MONOTONIC) - run->begun_ns >= run->options->duration_ns;
}

/* Whether `frame` lies behind the end of --duration; the first frame starts the clock. */
static bool behind_duration(struct run *run, const struct frame *frame)
{
	if (!run->options->duration_ns || !(frame->flags & FRAME_HAS_TIME))
		return false;
	if (!run->timed) {
		run->timed = true;
		run->first_ns = frame->time_ns;
	}
	return frame->time_ns - run->first_ns >= run->options->duration_ns &&
	       (!source_is_live(run->options) || has_lasted(run));
}

/* Whether the events of the open source are those of the run as they are. */
static bool takes_all(const struct run *run)
{
	const struct source_options *options = run->options;

	return !run->place.first_frame && !run->place.first_interface && !options->count &&
	       !options->duration_ns && !options->snaplen;
}

/* Renumbers and cuts events; returns how many of them belong to the run, ticks removed. */
static int take_events(struct run *run, struct event *events, int count)
{
	uint32_t snaplen = run->options->snaplen ? run->options->snaplen : UINT32_MAX;
	int kept = 0;

	for (int i = 0; i < count; i++) {
		struct event *event = &events[i];

		if (event->kind == EVENT_TICK)
			continue;
		if (event->kind == EVENT_FRAME) {
			if (behind_duration(run, &event->frame)) {
				run->expired = true;
				run->place.discarded++;
				continue;
			}
			event->frame.number += run->place.first_frame;
			event->frame.interface += run->place.first_interface;
			if (event->frame.caplen > snaplen)
				event->frame.caplen = snaplen;
			run->left--;
		} else if (event->kind == EVENT_DROP) {
			event->drop.interface += run->place.first_interface;
		} else if (event->change.interface != CHANGE_OF_HOST) {
			event->change.interface += run->place.first_interface;
		}
		if (kept != i)
			events[kept] = *event;
		kept++;
	}
	return kept;
}

/* What ends the open source now, NULL if nothing. */
static const char *ended_by(const struct run *run)
{
	if (run->expired || (source_is_live(run->options) && has_lasted(run)))
		return ended_duration;
	return signals_stop() ? "signal" : NULL;
}

/*
 * Whether to read on although `ended` came: of a live capture the kernel still holds what came
 * before, and that belongs to the run.
 */
static bool reads_out(struct run *run, const char *ended)
{
	if (!source_is_live(run->options))
		return false;
	run->stopped = ended;
	capture_stop(run->place.capture);
	return true;
}

/* Reads the open source.  Returns what ended it, NULL if nothing but its own end. */
static const char *read_open(struct run *run, struct error *problem, struct error *error)
{
	const struct source_reader *reader = run->reader;
	struct event events[SOURCE_EVENTS];

	while (run->left > 0) {
		int max = run->left < SOURCE_EVENTS ? (int)run->left : SOURCE_EVENTS;
		int count = capture_read(run->place.capture, events, max, problem);
		const char *ended;

		if (count <= 0)
			return run->stopped;
		if (!takes_all(run) || events[0].kind == EVENT_TICK)
			count = take_events(run, events, count);
		if (count > 0 &&
			reader->events(reader->state, &run->place, events, count, error) < 0)
			return "error";
		ended = run->stopped ? NULL : ended_by(run);
		if (ended && !reads_out(run, ended))
			return ended;
		if (reader->progress && reader->progress(reader->state, &run->place, error) < 0)
			return "error";
	}
	return "count";
}

/* Opens the source: interfaces, after which nothing more can be opened, or the file `name`. */
static struct capture *open_source(
	const struct source_options *options, const char *name, struct error *problem)
{
	const struct live_options live = {
		.interfaces = options->interfaces.words,
		.interface_count = options->interfaces.count,
		.frontend = options->frontend,
		.filter = options->filter,
		.buffer_bytes = options->buffer_bytes,
		.snaplen = options->snaplen,
		.direction = options->direction,
		.promiscuous = options->promiscuous,
		.segment_size = options->segment_size,
		.trace = options->trace,
		.receive_hash = options->receive_hash,
	};
	const struct capture_options selection = {
		.filter = options->filter,
		.start_ns = options->start_ns,
		.end_ns = options->end_ns,
	};
	struct capture *capture;

	if (!source_is_live(options))
		return capture_open_file(name, &selection, problem);
	capture = capture_open_live(&live, problem);
	if (capture && privilege_drop(options->user, problem) < 0) {
		capture_close(capture);
		return NULL;
	}
	return capture;
}

void source_announce(const struct capture *capture)
{
	struct capture_statistics statistics;

	capture_statistics(capture, &statistics);
	for (uint32_t i = 0; i < statistics.interfaces; i++) {
		const struct capture_interface *interface = capture_interface(capture, i);

		command_tell("capturing on '%s' (%s, %llu MiB)%s%s", interface->name,
			interface->frontend, (unsigned long long)interface->buffer_bytes >> 20,
			*interface->why ? ": " : "", interface->why);
	}
}

/* Opens, reads and closes the source `name`; answers as read_open(). */
static const char *read_source(struct run *run, const char *name, struct error *error)
{
	struct capture_statistics statistics;
	struct error problem = { "" };
	const char *ended = NULL;

	run->place.name = name;
	run->place.discarded = 0;
	run->expired = false;
	run->place.capture = open_source(run->options, name, &problem);
	if (!run->place.capture) {
		run->reader->end(run->reader->state, &run->place, problem.text);
		return NULL;
	}
	signals_catch_stop();
	if (run->reader->begin)
		run->reader->begin(run->reader->state, &run->place);
	ended = read_open(run, &problem, error);
	run->reader->end(run->reader->state, &run->place, *problem.text ? problem.text : NULL);
	capture_statistics(run->place.capture, &statistics);
	run->place.first_frame += statistics.frames;
	run->place.first_interface += statistics.interfaces;
	capture_close(run->place.capture);
	return ended;
}

const char *source_read(const struct source_options *options, const struct source_reader *reader,
	struct error *error)
{
	struct run run = { .options = options,
		.reader = reader,
		.left = options->count ? options->count : UINT64_MAX };
	const char *end = ended_by_end;

	signals_catch_progress();
	if (source_is_live(options)) {
		const char *ended;

		run.timed = true;
		run.begun_ns = clock_ns(CLOCK_MONOTONIC);
		run.first_ns = clock_ns(CLOCK_REALTIME);
		ended = read_source(&run, options->interfaces.words[0], error);
		return ended ? ended : ended_by_end;
	}
	for (size_t i = 0; i < options->files.count; i++) {
		const char *ended = read_source(&run, options->files.words[i], error);

		if (ended)
			end = ended;
		if (ended && ended != ended_duration)
			break;
	}
	return end;
}
