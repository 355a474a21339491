/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which numbered packets are late, missing or here twice?  Numbers are read by profiles of known
 * protocols, by fields that the user describes, and by counters that prove themselves
 * (sequence_conversation.c); each stream of them is tracked by itself (sequence_stream.c, track.c).
 */
#include "analyzers/sequence.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static struct sequence_source *add_source(struct sequences *sequences, const char *name)
{
	struct sequence_source *source;

	if (sequences->source_count == SEQUENCE_SOURCES)
		return NULL;
	source = memory_alloc(1, sizeof(*source));
	source->id = sequences->source_count;
	source->confidence = CONFIDENCE_PROVEN;
	snprintf(source->name, sizeof(source->name), "%s", name);
	sequences->sources[sequences->source_count++] = source;
	return source;
}

struct sequence_source *sequence_profile_source(
	struct sequences *sequences, const struct profile *profile)
{
	struct sequence_source *source;

	for (uint32_t i = 0; i < sequences->source_count; i++)
		if (sequences->sources[i]->profile == profile)
			return sequences->sources[i];
	source = add_source(sequences, profile->name);
	if (source)
		source->profile = profile;
	if (source && profile->shared)
		source->confidence = CONFIDENCE_LIKELY;
	return source;
}

struct sequence_source *sequence_field_source(
	struct sequences *sequences, const struct field *field, bool discovered)
{
	struct sequence_source *source;

	for (uint32_t i = 0; i < sequences->source_count; i++) {
		source = sequences->sources[i];
		if (source->field && memcmp(source->field, field, sizeof(*field)) == 0)
			return source;
	}
	source = add_source(sequences, *field->name ? field->name
				       : discovered ? "counter"
						    : "field");
	if (!source)
		return NULL;
	source->field = memory_alloc(1, sizeof(*field));
	*source->field = *field;
	source->discovered = discovered;
	return source;
}

static void evict_stream(void *context, uint32_t record)
{
	struct sequences *sequences = context;

	sequence_stream_end(sequences, &sequences->streams[record]);
}

static void evict_station(void *context, uint32_t record)
{
	struct sequences *sequences = context;

	sequence_conversation_end(sequences, &sequences->of_stations[record]);
}

static void *sequence_create(const struct analyzer_options *options, struct flow_table *flows)
{
	struct sequences *sequences = memory_alloc(1, sizeof(*sequences));

	(void)flows;
	sequences->options = *options;
	outages_init(&sequences->outages);
	sequences->sources = memory_alloc(SEQUENCE_SOURCES, sizeof(*sequences->sources));
	sequences->tag = sequence_profile_source(sequences, profile_find("rtag"));
	sequences->authentication = sequence_profile_source(sequences, profile_find("ah"));
	sequences->streams_by_key = keyed_new(SEQUENCE_STREAMS, evict_stream, sequences);
	sequences->senders = sequence_senders_new();
	sequences->associations = sequence_associations_new();
	sequences->stations = keyed_new(SEQUENCE_STATIONS, evict_station, sequences);
	sequences->totals = metric_values_new(&sequence_run_metrics);
	sequences->listed = report_new("");
	sequences->worst = sequence_worst_new();
	for (size_t i = 0; i < options->field_count; i++)
		sequence_field_source(sequences, &options->fields[i], false);
	return sequences;
}

static void free_sources(struct sequences *sequences)
{
	for (uint32_t i = 0; i < sequences->source_count; i++) {
		free(sequences->sources[i]->field);
		free(sequences->sources[i]);
	}
	free(sequences->sources);
}

/* What a run that failed left open. */
static void free_open(struct sequences *sequences)
{
	sequence_trials_free(sequences);
	for (uint32_t i = 0; i < keyed_count(sequences->streams_by_key); i++) {
		track_free(sequences->streams[i].track);
		free(sequences->streams[i].contrast);
		free(sequences->streams[i].reports);
	}
}

static void sequence_destroy(void *state)
{
	struct sequences *sequences = state;

	if (!sequences)
		return;
	free_open(sequences);
	free_sources(sequences);
	keyed_free(sequences->streams_by_key);
	keyed_free(sequences->stations);
	sequence_senders_free(sequences->senders);
	free(sequences->associations);
	free(sequences->streams);
	free(sequences->of_stations);
	metric_values_free(&sequence_run_metrics, sequences->totals);
	track_pool_free(&sequences->pool);
	report_free(sequences->listed);
	free(sequences->worst);
	free(sequences);
}

/* Tries the fields that the user described; returns whether one took the packet. */
__attribute__((noinline)) static bool take_fields(struct sighting *sighting)
{
	struct sequences *sequences = sighting->sequences;
	bool taken = false;

	for (uint32_t i = 0; i < sequences->source_count; i++) {
		struct sequence_source *source = sequences->sources[i];
		struct sequence_memo memo = { 0 };

		if (source->field && !source->discovered &&
			field_selects(source->field, sighting->packet))
			taken |= sequence_take(sighting, source, &memo);
	}
	return taken;
}

/* Headers that the decoder passes over, whatever is inside. */
__attribute__((noinline)) static void take_outer(struct sighting *sighting)
{
	struct sequences *sequences = sighting->sequences;
	struct sequence_memo memo = { 0 };

	if (sighting->packet->rtag_offset)
		sequence_take(sighting, sequences->tag, &memo);
	memo = (struct sequence_memo){ 0 };
	if (sighting->packet->ah_offset)
		sequence_take(sighting, sequences->authentication, &memo);
}

/* Whether the packet may bear a number. */
static inline bool is_numbered(const struct sequences *sequences, const struct packet *packet)
{
	bool has_outer = packet->rtag_offset || packet->ah_offset;

	if (packet->flags & PACKET_TCP && !has_outer && !sequences->options.field_count)
		return false;
	return packet->layer < LAYER_FRAGMENT || has_outer;
}

/* Out of line, so that a packet of TCP saves no register for it. */
__attribute__((noinline)) static void observe_packet(
	struct sequences *sequences, struct batch *batch, struct packet *packet)
{
	struct sighting sighting = {
		.sequences = sequences,
		.batch = batch,
		.packet = packet,
		.at = (int32_t)(packet - batch->packets),
	};
	bool taken = false;

	if (sequences->watching)
		sequence_sender_note(sequences->senders, packet);
	if (!is_numbered(sequences, packet))
		return;
	sequences->batch = batch;
	sequences->at = sighting.at;
	sequences->ticks++;
	if (sequences->options.field_count)
		taken = take_fields(&sighting);
	if (packet->rtag_offset || packet->ah_offset)
		take_outer(&sighting);
	if (!taken && !(packet->flags & PACKET_TCP) && packet->layer < LAYER_FRAGMENT)
		sequence_converse(&sighting);
}

static void sequence_packet(void *state, struct batch *batch, struct packet *packet)
{
	struct sequences *sequences = state;

	if (sequences->watching || is_numbered(sequences, packet))
		observe_packet(sequences, batch, packet);
}

static void sequence_drop(void *state, const struct drop *drop)
{
	struct sequences *sequences = state;

	outages_drop(&sequences->outages, drop);
	sequences->input_dropped += drop->packets;
}

static void sequence_change(void *state, const struct change *change)
{
	struct sequences *sequences = state;

	outages_change(&sequences->outages, change);
}

/*
 * Files tell drops behind the packets around them.  Holes that are still open are asked about them
 * now; of the numbers given up before, as many are in doubt as were dropped.
 */
static void settle_drops(struct sequences *sequences)
{
	uint64_t lost = sequences->lost_ended, given_up;

	for (uint32_t i = 0; i < keyed_count(sequences->streams_by_key); i++) {
		struct track *track = sequences->streams[i].track;

		if (!track)
			continue;
		lost += track_counts(track)->lost;
		if (sequences->input_dropped || outages_are_own(&sequences->outages))
			track_input_end(track);
	}
	given_up = lost - sequences->lost_before;
	sequences->lost_in_doubt += given_up < sequences->input_dropped ? given_up
									: sequences->input_dropped;
	sequences->lost_before = lost;
	sequences->input_dropped = 0;
}

static void sequence_input_end(void *state, uint64_t frame)
{
	struct sequences *sequences = state;

	(void)frame;
	settle_drops(sequences);
	outages_input_end(&sequences->outages);
}

static void sequence_flow_end(void *state, struct batch *batch, struct flow *flow)
{
	struct sequences *sequences = state;

	if (flow->key.protocol == IPPROTO_TCP)
		return;
	sequences->batch = batch;
	sequences->at = batch->count > 0 ? 0 : -1;
	for (int side = 0; side < 2; side++)
		sequence_conversation_end(sequences, &flow->sequence.conversation[side]);
}

static void sequence_run_end(void *state, struct batch *batch)
{
	struct sequences *sequences = state;

	sequences->batch = batch;
	sequences->at = -1;
	for (uint32_t i = 0; sequences->of_stations && i < SEQUENCE_STATIONS; i++)
		sequence_conversation_end(sequences, &sequences->of_stations[i]);
}

static int by_number(const void *a, const void *b)
{
	const struct sequence_stream *const *first = a, *const *second = b;

	return (*first)->number < (*second)->number ? -1 : (*first)->number > (*second)->number;
}

/* In order of first packet, whatever record a stream has. */
static void end_streams(struct sequences *sequences)
{
	uint32_t count = keyed_count(sequences->streams_by_key);
	struct sequence_stream **sorted = memory_alloc(count + 1, sizeof(struct sequence_stream *));

	for (uint32_t i = 0; i < count; i++)
		sorted[i] = &sequences->streams[i];
	qsort(sorted, count, sizeof(struct sequence_stream *), by_number);
	for (uint32_t i = 0; i < count; i++)
		sequence_stream_end(sequences, sorted[i]);
	free(sorted);
}

static void sequence_report(void *state, struct report *report)
{
	struct sequences *sequences = state;

	settle_drops(sequences);
	end_streams(sequences);
	report->judged += sequences->judged_later;
	kinds_report(&sequences->unjudged, report);
	report->stream_total = sequences->stream_total;
	report->streams = sequences->listed->streams;
	report->stream_count = sequences->listed->stream_count;
	sequences->listed->streams = NULL;
	sequences->listed->stream_count = 0;
	sequence_report_totals(sequences, report);
	sequence_add_findings(sequences, report);
}

const struct analyzer sequence_analyzer = {
	.name = "sequence",
	.summary = "order, loss and duplication of everything that is numbered",
	.metrics = &sequence_run_metrics,
	.stream_metrics = &sequence_stream_metrics,
	.create = sequence_create,
	.packet = sequence_packet,
	.drop = sequence_drop,
	.change = sequence_change,
	.input_end = sequence_input_end,
	.flow_end = sequence_flow_end,
	.run_end = sequence_run_end,
	.report = sequence_report,
	.destroy = sequence_destroy,
};
