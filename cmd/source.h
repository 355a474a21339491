/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_SOURCE_H
#define PKTLINT_CMD_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "capture/capture.h"
#include "cmd/options.h"
#include "cmd/values.h"

#define SOURCE_EVENTS 64

/* What to read, as every command that reads packets takes it from its command line. */
struct source_options {
	struct word_list files;      /* paths in the order given, "-" is standard input */
	struct word_list interfaces; /* to capture on; excludes files */
	const char *frontend;        /* NULL: what fits */
	const char *user;            /* whose identity root takes on, NULL: nobody's */
	uint64_t buffer_bytes;       /* for each interface, 0: as capture_open_live() has it */
	enum direction direction;    /* DIRECTION_UNKNOWN: both */
	enum segment_size segment_size;
	enum steering_trace trace; /* of which CPU and queue frames come by */
	bool promiscuous;
	bool receive_hash; /* no option: set by commands that print it */
	const char *filter_file;
	char *filter;        /* pcap-filter expression or NULL; owned, set by source_prepare() */
	uint64_t count;      /* frames after which the run ends, 0: no limit */
	int64_t duration_ns; /* from the first frame on, or from the start if live, 0: no limit */
	int64_t start_ns, end_ns; /* 0: no limit */
	uint32_t snaplen;         /* bytes of a frame that are looked at, 0: all */
};

/*
 * The tables for options_parse(), settings: struct source_options: what every source knows, what
 * only capture files do, what only live captures do, and of these what is for those who analyze.
 */
extern const struct option_row source_rows[], source_file_rows[], source_live_rows[],
	source_trace_rows[];

/* Whether packets come from interfaces. */
static inline bool source_is_live(const struct source_options *options)
{
	return options->interfaces.count > 0;
}

/*
 * Completes options after options_parse(): takes the filter from the remaining words argv[optind]
 * on or from the file, and checks that there is an input.  Returns 0, or -1 with `error` filled.
 */
int source_prepare(struct source_options *options, int argc, char **argv, struct error *error);

/* Frees what source_prepare() and options_parse() allocated. */
void source_release(struct source_options *options);

/*
 * Returns 0 if every input can be read a second time (it is a regular file or does not exist), or
 * -1 with `error` saying which cannot; `why` is the option that asks for it.
 */
int source_rereadable(const struct source_options *options, const char *why, struct error *error);

/* Returns 0, or -1 with `error` filled if writing to `path` would destroy an input. */
int source_spares(const struct source_options *options, const char *path, struct error *error);

/* Where reading stands: the source that is open. */
struct source_place {
	struct capture *capture; /* NULL: it could not be opened */
	const char *name;        /* as given; of several interfaces the first */
	uint64_t first_frame;    /* frames of the sources before: run-wide number = this + number */
	uint32_t first_interface; /* likewise */
	uint64_t discarded;       /* frames read and not given out: behind --duration */
};

/* Who takes what is read. */
struct source_reader {
	void *state;
	/*
	 * Takes `count` events, frame and interface numbers run-wide, frames cut to the snaplen;
	 * valid until it returns.  0, or -1 to end the run with `error` filled.
	 */
	int (*events)(void *state, const struct source_place *place, struct event *events,
		int count, struct error *error);
	/* A source is open, and if live all privileges are gone.  NULL: nothing to do. */
	void (*begin)(void *state, const struct source_place *place);
	/* A source has been read; `problem` is NULL, or why not at all or not to its end. */
	void (*end)(void *state, const struct source_place *place, const char *problem);
	/* Shows how far the run is.  Returns 0, or -1 to end it, `error` filled.  NULL: never. */
	int (*progress)(void *state, const struct source_place *place, struct error *error);
};

/* Says on standard error what is captured on which interfaces, and how. */
void source_announce(const struct capture *capture);

/*
 * Reads all sources in their order, or all interfaces at once, until the end, a limit of `options`
 * or a signal.  What cannot be opened or read to its end is told to reader->end(), and the next
 * source is taken.  Once interfaces are open, all privileges are dropped: whatever is to be written
 * must be open by then.  A live capture that a signal, a limit of time or the end of the last
 * interface stops is read to the end of what the kernel holds.  Returns what ended it, the text of
 * report.ended_by: "end", "count", "duration", "signal", or "error" if reader->events() failed,
 * with `error` filled.
 */
const char *source_read(const struct source_options *options, const struct source_reader *reader,
	struct error *error);

#endif
