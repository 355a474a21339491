/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop that every command with packets shares: events are decoded into batches, batches go
 * through the pipeline, drops take their place between batches, and the end of the run closes
 * flows before the report is read.  Nothing here allocates or branches per packet beyond that.
 */
#include "cmd/engine.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/pipeline.h"
#include "base/memory.h"
#include "capture/decode.h"
#include "cmd/command.h"
#include "cmd/config.h"
#include "cmd/progress.h"
#include "host/collect.h"
#include "host/host.h"

struct engine {
	struct pipeline *pipeline;
	struct batch *batch;
	const struct engine_sink *sink;
	struct report *report;
	struct progress progress;
	bool verbose, announce, quiet;
	size_t inputs;    /* that have been read */
	uint64_t dropped; /* by the drop events of the open source */
	struct {
		uint64_t frames, dropped;
	} live[CAPTURE_MAX_LIVE]; /* of each interface of a live source */
};

#define AT(member) offsetof(struct engine_options, member)

const struct option_row engine_rows[] = {
	{ 0, "max-flows", "N",
		"follow at most N flows at a time (default 262144); the ones unused for longest "
		"make room",
		value_count32, AT(analyzer.max_flows) },
	{ 0, "sequence", "SPEC",
		"measure the sequence number that SPEC describes, as 'eth.type=0x88b5 offset=14 "
		"width=4', see pktlint.conf(5); a name alone: see that there is one of that name; "
		"repeatable",
		value_list, AT(sequences) },
	{ 0, "discover-sequence", NULL,
		"look for fields that count wherever no profile and no SPEC fits, not only in "
		"EtherTypes without a name",
		value_flag, AT(analyzer.discover_all) },
	{ 0, "no-discovery", NULL, "look for no fields that count", value_flag,
		AT(analyzer.discover_none) },
	{ 0, "config", "FILE",
		"read sequences from FILE instead of " CONFIG_FILE "; none: from no file",
		config_take_path, AT(config) },
	{ 0 },
};

int engine_prepare(struct engine_options *engine, struct error *error)
{
	if (engine->analyzer.discover_all && engine->analyzer.discover_none)
		return error_set(
			error, "--discover-sequence and --no-discovery exclude each other");
	if (config_read(&engine->fields, engine->config, error) < 0 ||
		config_add_words(&engine->fields, &engine->sequences, error) < 0)
		return -1;
	engine->analyzer.fields = engine->fields.fields;
	engine->analyzer.field_count = engine->fields.count;
	engine->analyzer.asked = engine->sequences.words;
	engine->analyzer.asked_count = engine->sequences.count;
	return 0;
}

int engine_parse(struct engine_options *engine, const struct usage *own, int argc, char **argv)
{
	struct option_group groups[ENGINE_GROUPS + 5];
	struct usage usage = *own;
	struct error error;
	int status;

	assert(own->group_count <= ENGINE_GROUPS);
	groups[0] = (struct option_group){ "Capture files:", source_file_rows, &engine->source };
	groups[1] = (struct option_group){ "Live capture:", source_live_rows, &engine->source };
	groups[2] = (struct option_group){ NULL, source_trace_rows, &engine->source };
	groups[3] = (struct option_group){ "Input:", source_rows, &engine->source };
	memcpy(&groups[4], own->groups, own->group_count * sizeof(groups[0]));
	groups[own->group_count + 4] = (struct option_group){ "Analysis:", engine_rows, engine };
	usage.synopsis = "-r FILE... | -i IF... [OPTION]... [FILTER]";
	usage.groups = groups;
	usage.group_count += 5;
	status = options_parse(&usage, argc, argv);
	if (status < 0 && (source_prepare(&engine->source, argc, argv, &error) < 0 ||
				  engine_prepare(engine, &error) < 0))
		status = command_fail("%s", error.text);
	return status;
}

void engine_release(struct engine_options *engine)
{
	source_release(&engine->source);
	free(engine->sequences.words);
	free(engine->fields.fields);
}

/* A file's frames are counted by its reader, those of several interfaces by nobody else. */
static void count_live(struct engine *engine, const struct source_place *place)
{
	for (int i = 0; i < engine->batch->count; i++) {
		uint32_t n = engine->batch->packets[i].interface - place->first_interface;

		if (n < CAPTURE_MAX_LIVE)
			engine->live[n].frames++;
	}
}

static int flush(struct engine *engine, const struct source_place *place, struct error *error)
{
	struct batch *batch = engine->batch;
	struct report *report = engine->report;
	int status = 0;

	if (batch->count == 0)
		return 0;
	if (!report->first_ns)
		report->first_ns = batch->packets[0].time_ns;
	report->last_ns = batch->packets[batch->count - 1].time_ns;
	if (report->live)
		count_live(engine, place);
	pipeline_batch(engine->pipeline, batch);
	if (pipeline_wants_trace(engine->pipeline) && place->capture)
		capture_trace_steering(place->capture);
	if (engine->sink)
		status = engine->sink->batch(engine->sink->state, place, batch, error);
	batch->count = 0;
	return status;
}

static void count_drop(
	struct engine *engine, const struct source_place *place, const struct drop *drop)
{
	uint32_t n = drop->interface - place->first_interface;

	engine->dropped += drop->packets;
	if (n < CAPTURE_MAX_LIVE)
		engine->live[n].dropped += drop->packets;
}

/* What is no frame, in its place between batches. */
static int take_other(struct engine *engine, const struct source_place *place,
	const struct event *event, struct error *error)
{
	if (flush(engine, place, error) < 0)
		return -1;
	if (event->kind == EVENT_DROP) {
		count_drop(engine, place, &event->drop);
		pipeline_drop(engine->pipeline, &event->drop);
	} else if (event->kind == EVENT_CHANGE) {
		pipeline_change(engine->pipeline, &event->change);
	}
	return 0;
}

static bool takes(const struct engine *engine, const struct packet *packet)
{
	const struct engine_sink *sink = engine->sink;

	return !sink || !sink->takes || sink->takes(sink->state, packet);
}

static int take_events(void *state, const struct source_place *place, struct event *events,
	int count, struct error *error)
{
	struct engine *engine = state;
	struct batch *batch = engine->batch;

	for (int i = 0; i < count; i++) {
		struct packet *packet = &batch->packets[batch->count];

		if (events[i].kind == EVENT_FRAME) {
			decode_frame(&events[i].frame, packet);
			batch->count += takes(engine, packet);
		} else if (events[i].kind != EVENT_TICK &&
			   take_other(engine, place, &events[i], error) < 0)
			return -1;
	}
	return flush(engine, place, error);
}

/*
 * Adds up what `count` of the capture's interfaces received and lost by their own counters, from
 * `first` on; `in_stream` is what events told of the same losses.
 */
static void fill_counters(struct report_source *source, const struct capture *capture,
	uint32_t first, uint32_t count, uint64_t in_stream)
{
	source->dropped_known = in_stream > 0;
	source->received_known = count > 0;
	for (uint32_t i = first; i < first + count; i++) {
		const struct capture_interface *interface = capture_interface(capture, i);

		source->received_known &= interface->has_received;
		source->received += interface->received;
		if (interface->has_dropped) {
			source->dropped_known = true;
			source->dropped += interface->dropped;
		}
	}
	/* Drops may be told per packet, in the counters at the end, or both. */
	if (source->dropped < in_stream)
		source->dropped = in_stream;
}

static void add_file(struct engine *engine, const struct source_place *place,
	const struct capture_statistics *statistics)
{
	struct report_source *source = report_add_source(engine->report, place->name);

	source->input = engine->inputs;
	source->first_interface = place->first_interface;
	source->frames = statistics->frames;
	source->passed_over = statistics->passed_over;
	source->interfaces = statistics->interfaces;
	source->truncated = statistics->truncated;
	if (place->capture)
		fill_counters(source, place->capture, 0, statistics->interfaces, engine->dropped);
}

/* Adds interface `n` of a live capture as a source of its own. */
static void add_interface(struct engine *engine, const struct source_place *place,
	const struct capture_statistics *statistics, uint32_t n)
{
	const struct capture_interface *interface = capture_interface(place->capture, n);
	struct report_source *source = report_add_source(
		engine->report, *interface->name ? interface->name : place->name);
	uint64_t dropped = n < CAPTURE_MAX_LIVE ? engine->live[n].dropped : 0;

	source->input = engine->inputs;
	source->first_interface = place->first_interface + n;
	source->interfaces = 1;
	source->frames = n < CAPTURE_MAX_LIVE ? engine->live[n].frames : 0;
	/* Of several, nobody tells whose frames were passed over. */
	if (statistics->interfaces == 1) {
		source->passed_over = statistics->passed_over;
		source->frames += statistics->passed_over;
	}
	fill_counters(source, place->capture, n, 1, dropped);
	source->frontend = interface->frontend;
	source->fallback = strcmp(interface->frontend, capture_frontend(0)->name) != 0;
	source->why = *interface->why ? memory_copy_text(interface->why) : NULL;
	source->dropped_interface = interface->dropped_interface;
	source->buffer_bytes = interface->buffer_bytes;
}

/* Adds what was read as an input: a file, or all interfaces of a live capture. */
static void add_sources(struct engine *engine, const struct source_place *place,
	const struct capture_statistics *statistics)
{
	bool live = place->capture && statistics->interfaces > 0 &&
		    capture_interface(place->capture, 0)->frontend;

	if (!live)
		add_file(engine, place, statistics);
	for (uint32_t n = 0; live && n < statistics->interfaces; n++)
		add_interface(engine, place, statistics, n);
	engine->inputs++;
	engine->dropped = 0;
	memset(engine->live, 0, sizeof(engine->live));
}

/* Says what the source held, as far as somebody wants to or has to know. */
static void tell_source(struct engine *engine, const struct source_place *place,
	const struct capture_statistics *statistics, const char *problem)
{
	progress_end(&engine->progress);
	if (engine->quiet)
		return;
	if (engine->verbose)
		command_tell("'%s': %" PRIu64 " frames, %" PRIu64 " passed over, %" PRIu32
			     " interfaces",
			place->name, statistics->frames, statistics->passed_over,
			statistics->interfaces);
	if (statistics->filter_unusable)
		command_tell("'%s': the filter means nothing for the link type of %" PRIu64
			     " frames: passed over",
			place->name, statistics->filter_unusable);
	if (problem)
		command_tell("%s", problem);
}

static void begin_source(void *state, const struct source_place *place)
{
	struct engine *engine = state;

	if (engine->announce && engine->report->live)
		source_announce(place->capture);
}

static void end_source(void *state, const struct source_place *place, const char *problem)
{
	struct engine *engine = state;
	struct capture_statistics statistics = { 0 };
	size_t first = engine->report->source_count;
	struct report_source *source;

	if (place->capture) {
		capture_statistics(place->capture, &statistics);
		statistics.passed_over += place->discarded;
	}
	add_sources(engine, place, &statistics);
	pipeline_input_end(engine->pipeline, place->first_frame + statistics.frames);
	tell_source(engine, place, &statistics, problem);
	source = &engine->report->sources[first];
	if (problem) {
		source->failed = !source->truncated;
		source->error = memory_copy_text(problem);
	}
}

static int show_progress(void *state, const struct source_place *place, struct error *error)
{
	struct engine *engine = state;
	uint64_t frames, flows;

	if (engine->sink && engine->sink->look)
		engine->sink->look(engine->sink->state, place);
	pipeline_progress(engine->pipeline, &frames, &flows);
	progress_update(&engine->progress, place, frames, flows);
	return 0;
}

/* Reads the sources and closes the pipeline. */
static int run(struct engine *engine, const struct engine_options *options, struct error *error)
{
	static const struct source_place end = { .capture = NULL };
	const struct source_reader reader = {
		.state = engine,
		.begin = begin_source,
		.events = take_events,
		.end = end_source,
		.progress = show_progress,
	};
	bool failed;

	progress_begin(&engine->progress, options->progress);
	engine->report->ended_by = source_read(&options->source, &reader, error);
	progress_end(&engine->progress);
	failed = strcmp(engine->report->ended_by, "error") == 0;
	if (failed)
		return -1;
	pipeline_end(engine->pipeline, engine->batch);
	if (engine->sink &&
		engine->sink->batch(engine->sink->state, &end, engine->batch, error) < 0)
		return -1;
	pipeline_report(engine->pipeline, engine->report);
	return 0;
}

/*
 * What the analyzers of a live capture are told of the machine, asked while there is the right to
 * ask; `*snapshot` and `*host` are NULL if the caller knew it, or for files.
 */
static void look_around(const struct engine_options *options, struct analyzer_options *analyzer,
	struct snapshot **snapshot, struct host **host)
{
	*snapshot = NULL;
	*host = NULL;
	if (!source_is_live(&options->source))
		return;
	analyzer->interfaces = options->source.interfaces.words;
	analyzer->interface_count = options->source.interfaces.count;
	if (analyzer->host)
		return;
	*snapshot = collect_glance(analyzer->interfaces, analyzer->interface_count);
	*host = host_new(*snapshot, NULL);
	analyzer->host = *host;
}

int engine_run(const struct engine_options *options, const struct engine_sink *sink,
	struct report *report, struct error *error)
{
	struct analyzer_options analyzer = options->analyzer;
	struct snapshot *snapshot;
	struct host *host;
	struct engine engine = {
		.batch = memory_alloc(1, sizeof(*engine.batch)),
		.sink = sink,
		.report = report,
		.verbose = options->verbose,
		.announce = options->announce,
		.quiet = options->quiet,
	};
	int status;

	report->live |= source_is_live(&options->source);
	analyzer.live = report->live;
	look_around(options, &analyzer, &snapshot, &host);
	engine.pipeline = pipeline_new(&analyzer);
	report->start_ns = options->source.start_ns;
	report->end_ns = options->source.end_ns;
	if (options->source.filter)
		report->filter = memory_copy_text(options->source.filter);
	status = run(&engine, options, error);
	pipeline_free(engine.pipeline);
	host_free(host);
	snapshot_free(snapshot);
	free(engine.batch->verdicts);
	free(engine.batch);
	return status;
}

bool engine_failed(const struct report *report)
{
	for (size_t i = 0; i < report->source_count; i++)
		if (report->sources[i].failed)
			return true;
	return false;
}

bool engine_truncated(const struct report *report)
{
	for (size_t i = 0; i < report->source_count; i++)
		if (report->sources[i].truncated)
			return true;
	return false;
}
