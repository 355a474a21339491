/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_ENGINE_H
#define PKTLINT_CMD_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/analyzer.h"
#include "base/error.h"
#include "cmd/options.h"
#include "cmd/source.h"
#include "report/report.h"

/* Who sees the packets while they are analysed. */
struct engine_sink {
	void *state;
	/*
	 * Takes an analysed batch: packets with flow, side and label, and the verdicts.  At the end
	 * of the run it is called once more without packets (place->capture is NULL), with what was
	 * decided then.  0, or -1 to end the run with `error` filled.
	 */
	int (*batch)(void *state, const struct source_place *place, const struct batch *batch,
		struct error *error);
	/* Whether the packet, just decoded, is analysed at all.  NULL: all are. */
	bool (*takes)(void *state, const struct packet *packet);
	/* A look around, ten times a second at least; may stop the capture.  NULL: no need. */
	void (*look)(void *state, const struct source_place *place);
};

/* Start from ENGINE_DEFAULTS. */
struct engine_options {
	struct source_options source;
	struct analyzer_options analyzer;
	const char *config;         /* path of the configuration file, see config_read() */
	struct word_list sequences; /* of --sequence */
	struct field_list fields;   /* analyzer.fields: those of both, set by engine_parse() */
	bool progress;              /* show it on a terminal */
	bool verbose;               /* tell on standard error what each source held */
	bool announce;              /* say on standard error when a live capture has begun */
	bool quiet; /* what is wrong with the input has been told, or the caller will tell */
};

#define ENGINE_MAX_FLOWS 262144
#define ENGINE_LIST_FLOWS 20
#define ENGINE_MAX_LIST_FLOWS 10000 /* each takes some 17 kB, histograms included */
#define ENGINE_DEFAULTS \
	{ \
		.analyzer = {.max_flows = ENGINE_MAX_FLOWS, .list_flows = ENGINE_LIST_FLOWS } \
	}

/* The table for options_parse(), settings: struct engine_options: how packets are analysed. */
extern const struct option_row engine_rows[];

#define ENGINE_GROUPS 6 /* at most, of a command itself */

/*
 * options_parse() and source_prepare() for a command that reads packets: `own` is what it has
 * besides the input and the analysis, without a synopsis.  Reads the configuration file, too.
 * Returns -1 to go on, or the exit status to leave with; engine_release() frees what was allocated
 * in either case.
 */
int engine_parse(struct engine_options *engine, const struct usage *own, int argc, char **argv);

/*
 * What engine_parse() does for numbered sequences, for a command with options of its own: reads the
 * configuration file.  Returns 0, or -1 with `error` filled; engine_release() frees in either case.
 */
int engine_prepare(struct engine_options *engine, struct error *error);

/* Frees what engine_parse() or engine_prepare() allocated. */
void engine_release(struct engine_options *engine);

/*
 * Reads all sources, decodes and analyses their packets, and fills `report` with everything but
 * expectations: the caller adds those and calls report_finish().  What cannot be read is told on
 * standard error at once and counted in report->sources.  `sink` may be NULL.  Returns 0; -1 with
 * `error` filled if the sink failed.
 */
int engine_run(const struct engine_options *options, const struct engine_sink *sink,
	struct report *report, struct error *error);

/* Whether a source could not be opened or failed for another reason than its end being cut off. */
bool engine_failed(const struct report *report);

/* Whether a source ended in the middle of a record. */
bool engine_truncated(const struct report *report);

#endif
