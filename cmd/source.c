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
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "capture/filter.h"
#include "cmd/signals.h"

#define MAX_FILTER_BYTES 65536

/* Where a source on an interface will be taken in; this version reads files. */
static int take_interface(void *target, const char *word, struct error *error)
{
	return error_set(error,
		"live capture is not built into this version: record with tcpdump -w and use -r");
}

#define AT(member) offsetof(struct source_options, member)

const struct option_row source_rows[] = {
	{ 'r', "read", "FILE",
		"read packets from FILE (pcap or pcapng, - is standard input); repeatable: the "
		"files are one run, in this order",
		value_list, AT(files) },
	{ 'i', "interface", "IF", "capture on an interface (not in this version)", take_interface,
		0 },
	{ 'F', "filter-file", "FILE", "take the filter from FILE", value_text, AT(filter_file) },
	{ 'c', "count", "N", "end after N frames that pass the filter", value_count, AT(count) },
	{ 's', "snapshot-length", "BYTES", "look at no more than the first BYTES of a frame",
		value_bytes32, AT(snaplen) },
	{ 0, "duration", "TIME",
		"end TIME after the first frame, by the capture's clock (500ms, 10s, 5min)",
		value_duration, AT(duration_ns) },
	{ 0, "start", "WHEN",
		"pass over frames before WHEN (2026-01-31T12:00:00Z or seconds since 1970)",
		value_time, AT(start_ns) },
	{ 0, "end", "WHEN", "pass over frames at and after WHEN", value_time, AT(end_ns) },
	{ 'n', NULL, NULL, "accepted and without effect: addresses are never turned into names",
		value_ignore, 0 },
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

int source_prepare(struct source_options *options, int argc, char **argv, struct error *error)
{
	struct filter *filter;

	if (options->files.count == 0 && optind < argc && access(argv[optind], F_OK) == 0)
		return error_set(error, "no input given: did you mean -r '%s'?", argv[optind]);
	if (options->files.count == 0)
		return error_set(error, "no input given: name a capture file with -r FILE");
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
}

int source_rereadable(const struct source_options *options, const char *why, struct error *error)
{
	struct stat status;

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
static const char ended_duration[] = "duration";

/* A run of source_read(). */
struct run {
	const struct source_options *options;
	const struct source_reader *reader;
	struct source_place place;
	uint64_t left; /* frames until --count */
	bool timed;    /* first_ns is known */
	int64_t first_ns;
	bool expired; /* the open source met a frame behind --duration */
};

/* Whether `frame` lies behind the end of --duration; the first frame starts the clock. */
static bool behind_duration(struct run *run, const struct frame *frame)
{
	if (!run->options->duration_ns || !(frame->flags & FRAME_HAS_TIME))
		return false;
	if (!run->timed) {
		run->timed = true;
		run->first_ns = frame->time_ns;
	}
	return frame->time_ns - run->first_ns >= run->options->duration_ns;
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
		} else {
			event->drop.interface += run->place.first_interface;
		}
		if (kept != i)
			events[kept] = *event;
		kept++;
	}
	return kept;
}

/* Reads the open source.  Returns what ended it, NULL if nothing but its own end. */
static const char *read_open(struct run *run, struct error *problem, struct error *error)
{
	const struct source_reader *reader = run->reader;
	struct event events[SOURCE_EVENTS];

	while (run->left > 0) {
		int max = run->left < SOURCE_EVENTS ? (int)run->left : SOURCE_EVENTS;
		int count = capture_read(run->place.capture, events, max, problem);

		if (count <= 0)
			return NULL;
		if (!takes_all(run) || events[0].kind == EVENT_TICK)
			count = take_events(run, events, count);
		if (count > 0 &&
			reader->events(reader->state, &run->place, events, count, error) < 0)
			return "error";
		if (run->expired)
			return ended_duration;
		if (signals_stop())
			return "signal";
		if (reader->progress)
			reader->progress(reader->state, &run->place);
	}
	return "count";
}

/* Opens, reads and closes the source `name`; answers as read_open(). */
static const char *read_source(struct run *run, const char *name, struct error *error)
{
	const struct source_options *options = run->options;
	struct capture_options selection = {
		.filter = options->filter,
		.start_ns = options->start_ns,
		.end_ns = options->end_ns,
	};
	struct capture_statistics statistics;
	struct error problem = { "" };
	const char *ended = NULL;

	run->place.name = name;
	run->place.discarded = 0;
	run->expired = false;
	run->place.capture = capture_open_file(name, &selection, &problem);
	if (!run->place.capture) {
		run->reader->end(run->reader->state, &run->place, problem.text);
		return NULL;
	}
	signals_catch_stop();
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
	const char *ended_by = "end";

	signals_catch_progress();
	for (size_t i = 0; i < options->files.count; i++) {
		const char *ended = read_source(&run, options->files.words[i], error);

		if (ended)
			ended_by = ended;
		if (ended && ended != ended_duration)
			break;
	}
	return ended_by;
}
