/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of a number: it is read by a profile or a field, finds its stream (sequence_key.c), is
 * tracked there (track.c), and what it turns out to be becomes a verdict (sequence_verdict.c).
 */
#include <stdlib.h>
#include <string.h>

#include "analyzers/offload.h"
#include "analyzers/sequence_observation.h"
#include "base/hash.h"
#include "base/memory.h"

#define LINKTYPE_ETHERNET 1
#define STATION_BYTES 12 /* destination and source address */
#define NARROW_WITHIN 64 /* numbers lost or late where a counter wraps */
#define PRINT_WORDS 4
#define MAX_SEGMENTS 64u
#define UNTOLD_SEGMENTS 128u /* of UDP in one frame at most: UDP_MAX_SEGMENTS of linux/udp.h */
#define ETHERNET_BYTES 1500u /* an IP packet up to this size is one on most wires */

_Static_assert(SEQUENCE_FRAMES == TRACK_FRAMES, "frames shown of what is lost");

/* The stream that the memo is of, if its record still is that stream's. */
static struct sequence_stream *recall(
	const struct sequences *sequences, const struct sequence_memo *memo)
{
	struct sequence_stream *stream;

	if (!memo->record)
		return NULL;
	stream = &sequences->streams[memo->record - 1];
	return stream->number == memo->number ? stream : NULL;
}

/*
 * The stream of the conversation's packet before, if this one is of it too: within a conversation
 * nothing but the part in the numbers' header tells streams apart.
 */
static struct sequence_stream *recall_stream(struct sequences *sequences,
	const struct stream_part *part, const struct sequence_memo *memo)
{
	struct sequence_stream *stream = recall(sequences, memo);

	if (!stream || stream->part_length != part->length ||
		(stream->part != part->bytes &&
			memcmp(stream->part, part->bytes, part->length) != 0))
		return NULL;
	keyed_touch(sequences->streams_by_key, memo->record - 1, sequences->ticks);
	return stream;
}

/* Counts the five-tuples of the stream, as far as they are told apart. */
static void note_flow(struct sequence_stream *stream, const struct packet *packet)
{
	uint32_t flow = packet->flow ? packet->flow->number + 1 : 0;

	if (!flow || flow == stream->last_flow)
		return;
	stream->last_flow = flow;
	for (uint32_t i = 0; i < stream->flow_count; i++)
		if (stream->flows[i] == flow)
			return;
	if (stream->flow_count < SEQUENCE_FLOWS)
		stream->flows[stream->flow_count++] = flow;
}

/* Digest of so many bytes in two steps: it is made of every packet. */
static inline uint64_t print_words(const uint64_t words[PRINT_WORDS], uint64_t key)
{
	uint64_t first = hash_mix(words[0] ^ key, words[1] ^ UINT64_C(0x9e3779b97f4a7c15));

	return hash_mix(words[2] ^ first, words[3] ^ UINT64_C(0xa0761d6478bd642f));
}

__attribute__((noinline)) static uint64_t print_without_ip(const struct packet *packet)
{
	uint32_t from = packet->network_offset;
	uint32_t bytes = packet->caplen > from ? packet->caplen - from : 0;
	uint64_t words[PRINT_WORDS] = { 0 };

	if (bytes < sizeof(words)) {
		memcpy(words, packet->data + from, bytes);
	} else {
		memcpy(words, packet->data + from, sizeof(words) / 2);
		memcpy(words + PRINT_WORDS / 2, packet->data + packet->caplen - sizeof(words) / 2,
			sizeof(words) / 2);
	}
	return print_words(words, packet->wirelen);
}

/*
 * What a copy of the packet has the same: identification, length, and the first bytes of what IP
 * carries, a checksum of all of it mostly among them; without IP the first and the last ones.
 */
static uint32_t print_of(const struct packet *packet)
{
	uint32_t from = packet->transport_offset;
	uint32_t bytes = packet->caplen > from ? packet->caplen - from : 0;
	uint64_t key = packet->wirelen | (uint64_t)packet->ip_id << 32;
	uint64_t words[PRINT_WORDS];

	if (!(packet->flags & PACKET_IP))
		return (uint32_t)print_without_ip(packet) | 1;
	if (bytes < sizeof(words)) {
		memset(words, 0, sizeof(words));
		memcpy(words, packet->data + from, bytes);
	} else {
		memcpy(words, packet->data + from, sizeof(words));
	}
	return (uint32_t)print_words(words, key) | 1;
}

/* Where and over which last hop a packet was captured. */
static uint8_t path_of(const struct packet *packet)
{
	uint64_t station = packet->device;

	if (packet->linktype == LINKTYPE_ETHERNET)
		memcpy(&station, packet->data + STATION_BYTES / 2, STATION_BYTES / 2);
	station ^= (uint64_t)packet->interface << 48 ^ (uint64_t)packet->ttl << 56;
	/* The bits in the middle depend on all of it. */
	return (uint8_t)(hash_mix(station ^ UINT64_C(0x9e3779b97f4a7c15),
				 packet->direction ^ UINT64_C(0xa0761d6478bd642f)) >>
			 24);
}

static void fill_sample(struct track_sample *sample, const struct packet *packet,
	struct sequence_stream *stream, const struct profile_number *number)
{
	sample->number = number->number;
	sample->span = number->span;
	sample->hidden = number->hidden;
	sample->time_ns = packet->time_ns;
	sample->frame = packet->frame;
	sample->bytes = number->bytes;
	sample->print = print_of(packet);
	sample->path = path_of(packet);
	sample->packet = packet;
	sample->has_id = packet->ip_version == 4;
	sample->id = packet->ip_id;
	sample->resend_known = sample->resend = false;
	sample->timed = number->timed;
	sample->sent_ns = number->sent_ns;
	if (number->clocked)
		sample->timed = media_clock_read(&stream->clock, number->media, number->rate_hz,
			packet->time_ns, &sample->sent_ns);
}

/* In order, and nothing more to say of it: as nearly all packets are. */
static bool is_usual(const struct observation *observation)
{
	const struct track_result *result = observation->result;
	const struct sighting *sighting = observation->sighting;

	return result->verdict == TRACK_IN_ORDER && !result->jump && !result->restarted &&
	       !result->amended_count && !observation->stream->contrast && !sighting->replay &&
	       !sighting->sequences->options.each_number;
}

/* What sequence_conclude() comes to for a usual packet, at less cost. */
static void conclude_usual(const struct observation *observation)
{
	struct sequence_stream *stream = observation->stream;
	struct sighting *sighting = observation->sighting;

	stream->labels[LABEL_IN_ORDER]++;
	if (!stream->frames[SHOWS_FIRST][SEQUENCE_FRAMES - 1])
		sequence_show(stream, SHOWS_FIRST, sighting->packet->frame);
	sequence_set_label(sighting, LABEL_IN_ORDER, sighting->packet->verdict);
}

/* What the receiver's reports say of the number before it is judged. */
static void ask_receiver(struct observation *observation)
{
	const struct sequence_stream *stream = observation->stream;
	struct track_sample *sample = observation->sample;

	observation->acknowledged = sequence_was_acknowledged(stream, sample->number);
	sample->resend_known = sample->resend = sequence_was_missed(stream, sample->number);
}

/*
 * A counter that was found may be taken for wider than it is, with zeros above it, until it wraps:
 * then the number falls by what it wraps at, just where it does.
 */
static void narrow_source(
	struct sequence_source *source, const struct track *track, uint64_t number)
{
	uint64_t next = track_counts(track)->highest_number + 1;
	struct field *field = source->field;

	if (number >= next)
		return;
	for (unsigned width = 1; width < field->width; width++) {
		uint64_t wrap = UINT64_C(1) << 8 * width;
		uint64_t fallen = next - number - wrap + NARROW_WITHIN;

		if (fallen > 2 * NARROW_WITHIN || (next + NARROW_WITHIN) % wrap > 2 * NARROW_WITHIN)
			continue;
		field->offset += field->little ? 0 : field->width - width;
		field->width = (uint8_t)width;
		return;
	}
}

/* Brings the stream to the width of its field, which one of its streams may have found out. */
static void settle_width(struct observation *observation)
{
	struct sequence_stream *stream = observation->stream;
	struct track_sample *sample = observation->sample;
	uint8_t before = observation->source->field->width;

	if (track_counts(stream->track)->packets && observation->source->field->increment == 1)
		narrow_source(observation->source, stream->track, sample->number);
	if (stream->width == 0)
		stream->width = before;
	if (stream->width == observation->source->field->width)
		return;
	stream->width = observation->source->field->width;
	track_narrow(stream->track, field_modulus(observation->source->field));
	sample->number %= field_modulus(observation->source->field);
}

/*
 * Few files keep the kernel's segment size.  A frame that is longer than Ethernet's may be several
 * packets then, unless one as long was followed by the next number.
 */
static void doubt_long_frame(struct observation *observation)
{
	struct sequence_stream *stream = observation->stream;
	struct track_sample *sample = observation->sample;
	const struct packet *packet = observation->sighting->packet;
	const struct field *field = observation->source->field;
	uint32_t single = stream->single_bytes ? stream->single_bytes : ETHERNET_BYTES;

	if (stream->long_bytes > single && sample->number == stream->long_next)
		stream->single_bytes = single = stream->long_bytes;
	stream->long_bytes = 0;
	if (packet->ip_length <= single || packet->gso_size)
		return;
	stream->long_bytes = packet->ip_length;
	stream->long_next = sample->number + (field ? field->increment : 1);
	if (sample->hidden < UNTOLD_SEGMENTS - 1)
		sample->hidden = UNTOLD_SEGMENTS - 1;
}

static void observe(struct sighting *sighting, struct sequence_source *source,
	const struct profile_number *number, const struct stream_part *part,
	struct sequence_memo *memo)
{
	struct track_sample sample;
	struct track_result result;
	struct observation observation = {
		.sighting = sighting,
		.source = source,
		.stream = recall_stream(sighting->sequences, part, memo),
		.sample = &sample,
		.result = &result,
	};

	if (!observation.stream)
		observation.stream = sequence_find_stream(
			sighting, source, part, number->once, memo);
	sighting->packet->stream = observation.stream->number + 1;
	note_flow(observation.stream, sighting->packet);
	fill_sample(&sample, sighting->packet, observation.stream, number);
	if (source->discovered)
		settle_width(&observation);
	if (observation.stream->long_bytes || sighting->packet->ip_length > ETHERNET_BYTES)
		doubt_long_frame(&observation);
	sample.jump_doubted = source->profile && source->profile->shared &&
			      sequence_sender_doubts(sighting->sequences->senders,
				      &observation.stream->identification, sighting->packet);
	if (source->profile && source->profile->spread)
		observation.stream->identification.shared |= sequence_is_spread(
			sighting->sequences->associations, sighting->packet,
			observation.stream->number);
	if (observation.stream->reports)
		ask_receiver(&observation);
	track_observe(observation.stream->track, &sample, &result);
	if (is_usual(&observation))
		conclude_usual(&observation);
	else
		sequence_conclude(&observation);
}

/* A field is one number. */
__attribute__((noinline)) static bool take_field(
	struct sighting *sighting, struct sequence_source *source, struct sequence_memo *memo)
{
	const struct packet *packet = sighting->packet;
	const struct sequence_stream *stream;
	struct profile_number number = { 0 };
	uint8_t key[FIELD_KEY_BYTES];
	struct stream_part part = { .bytes = key };

	if (!field_read_number(source->field, packet, &number.number, &number.bytes))
		return false;
	stream = source->field->byte_count ? NULL : recall(sighting->sequences, memo);
	if (stream)
		part = (struct stream_part){ stream->part, stream->part_length };
	else if (!field_read_key(source->field, packet, key, &part.length))
		return false;
	number.hidden = offload_told_segments(packet) - 1;
	observe(sighting, source, &number, &part, memo);
	return true;
}

/*
 * The numbers of one payload.  Of a super-frame whose segments were not all captured, those behind
 * the last one that was are hidden in it.
 */
__attribute__((always_inline)) static inline bool take_payload(struct sighting *sighting,
	struct sequence_source *source, const struct profile_view *view, uint32_t hidden,
	struct sequence_memo *memo)
{
	struct profile_number numbers[PROFILE_NUMBERS];
	int count = source->profile->read(view, numbers);

	for (int i = 0; i < count; i++) {
		const struct stream_part part = { numbers[i].key, numbers[i].key_length };

		if (hidden && i == count - 1)
			numbers[i].hidden += hidden;
		observe(sighting, source, &numbers[i], &part, memo);
	}
	return count >= 0;
}

/* The datagram of wire segment `i`, as far as it was captured. */
static void segment_view(
	struct profile_view *view, const struct profile_view *whole, uint32_t i, uint32_t size)
{
	uint32_t length = whole->length - i * size, present = whole->present - i * size;

	*view = *whole;
	view->data += i * size;
	view->length = length < size ? length : size;
	view->present = present < view->length ? present : view->length;
}

/* Whether wire segment `i` is not there, or cut before its number. */
static bool is_segment_cut(
	const struct profile *profile, const struct profile_view *whole, uint32_t i, uint32_t size)
{
	struct profile_number numbers[PROFILE_NUMBERS];
	struct profile_view view;

	if (i == MAX_SEGMENTS || i * size >= whole->present)
		return true;
	segment_view(&view, whole, i, size);
	return view.present < view.length && profile->read(&view, numbers) < 0;
}

/* Each wire segment of a super-frame has numbers of its own. */
__attribute__((noinline)) static bool take_segments(struct sighting *sighting,
	struct sequence_source *source, const struct profile_view *whole, uint32_t segments,
	struct sequence_memo *memo)
{
	uint32_t size = sighting->packet->gso_size;
	bool taken = false, last = is_segment_cut(source->profile, whole, 0, size);

	for (uint32_t i = 0; i < segments && !last; i++) {
		struct profile_view view;

		last = is_segment_cut(source->profile, whole, i + 1, size);
		segment_view(&view, whole, i, size);
		taken |= take_payload(sighting, source, &view, last ? segments - 1 - i : 0, memo);
	}
	return taken;
}

/* What the packet says of the stream that runs against it. */
__attribute__((noinline)) static void take_feedback(struct sighting *sighting,
	const struct sequence_source *source, const struct profile_view *view)
{
	struct sequences *sequences = sighting->sequences;
	struct profile_feedback feedback;
	struct stream_part part;
	struct keyed_key key;
	uint32_t record;

	if (source->profile->feedback(view, &feedback) <= 0)
		return;
	part = (struct stream_part){ feedback.key, feedback.key_length };
	sequence_stream_key(&key, sighting->packet, source, &part, true);
	record = keyed_look(sequences->streams_by_key, &key);
	if (record != KEYED_NONE)
		sequence_take_feedback(sighting, &sequences->streams[record], &feedback);
}

/* Whether the profile reads what is in UDP, so that each wire segment is whole. */
static bool is_datagram(const struct profile *profile)
{
	return profile->selector.any_udp || profile->selector.ports[0];
}

bool sequence_take(
	struct sighting *sighting, struct sequence_source *source, struct sequence_memo *memo)
{
	struct profile_view view;
	uint32_t segments = offload_told_segments(sighting->packet);
	bool taken;

	if (source->field) {
		taken = take_field(sighting, source, memo);
	} else if (!profile_view(source->profile, sighting->packet, &view)) {
		return false;
	} else if (segments > 1 && is_datagram(source->profile)) {
		taken = take_segments(sighting, source, &view, segments, memo);
	} else {
		taken = take_payload(sighting, source, &view, segments - 1, memo);
	}
	if (taken && source->profile && source->profile->feedback)
		take_feedback(sighting, source, &view);
	if (taken && !source->frames++)
		source->frame = sighting->packet->frame;
	return taken;
}

void sequence_stream_end(struct sequences *sequences, struct sequence_stream *stream)
{
	if (!stream->track)
		return;
	if (stream->identification.shared)
		track_withhold(stream->track);
	sequence_settle_copies(stream);
	track_end(stream->track);
	memcpy(stream->frames[SHOWS_LOST], track_counts(stream->track)->lost_frames,
		sizeof(stream->frames[SHOWS_LOST]));
	sequences->lost_ended += track_counts(stream->track)->lost;
	if (sequence_has_proved_itself(stream))
		stream->source->confidence = CONFIDENCE_PROVEN;
	sequence_note(sequences, stream);
	sequence_total(sequences, stream);
	sequence_list(sequences, stream);
	track_free(stream->track);
	stream->track = NULL;
	free(stream->reports);
	stream->reports = NULL;
	free(stream->contrast);
	stream->contrast = NULL;
}
