/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To which stream does a number belong, and what does its place in it say of the packet?  Finds the
 * stream by profile, addresses and key, lets it track the number (track.c), and puts the outcome
 * into the words of a verdict.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/offload.h"
#include "analyzers/sequence.h"
#include "base/hash.h"
#include "base/memory.h"

#define LINKTYPE_ETHERNET 1
#define STATION_BYTES 12 /* destination and source address */
#define MAC_TEXT 18
/* Packets in order from one that the contrast compares to the next; fewer at first. */
#define BASELINE_STEP 64
#define BASELINE_FIRST_STEP 4
#define BASELINE_FIRST (2 * CONTRAST_PAIRS)
#define PROVING_PACKETS 64
#define NARROW_WITHIN 64 /* numbers lost or late where a counter wraps */
#define PRINT_WORDS 8
#define PRINT_IP_WORDS 4
#define MAX_SEGMENTS 64u

_Static_assert(SEQUENCE_FRAMES == TRACK_FRAMES, "frames shown of what is lost");

/* One number on its way to its stream. */
struct observation {
	struct sighting *sighting;
	struct sequence_source *source;
	struct sequence_stream *stream;
	/* Apart, because they are too large to be cleared for each packet. */
	struct track_sample *sample;
	struct track_result *result;
	bool acknowledged; /* the receiver had said before that it has this number */
};

/* What the numbers' header itself says of the stream. */
struct stream_part {
	const uint8_t *bytes;
	unsigned length;
};

/* Bytes of the addresses that are part of a stream's key, by enum profile_scope. */
static void add_addresses(struct keyed_key *key, uint32_t *length, const struct packet *packet,
	bool both, bool against)
{
	uint32_t bytes = packet->ip_version == 4 ? 4 : 16;
	const uint8_t *from = packet_source(packet), *to = packet_destination(packet);

	keyed_key_add(key, length, against ? from : to, bytes);
	if (both)
		keyed_key_add(key, length, against ? to : from, bytes);
}

static void add_ports(
	struct keyed_key *key, uint32_t *length, const struct packet *packet, bool against)
{
	uint16_t ports[2] = { packet->destination_port, packet->source_port };

	keyed_key_add(key, length, &ports[against], sizeof(ports[0]));
	keyed_key_add(key, length, &ports[!against], sizeof(ports[0]));
	keyed_key_add(key, length, &packet->protocol, sizeof(packet->protocol));
}

static void add_scope(struct keyed_key *key, uint32_t *length, const struct packet *packet,
	enum profile_scope scope, bool against)
{
	bool ip = packet->flags & PACKET_IP;

	if (scope == SCOPE_STATIONS && packet->linktype == LINKTYPE_ETHERNET)
		keyed_key_add(key, length, packet->data, STATION_BYTES);
	if (scope == SCOPE_KEY || scope == SCOPE_STATIONS || !ip)
		return;
	add_addresses(key, length, packet, scope != SCOPE_DESTINATION, against);
	if (scope == SCOPE_TUPLE)
		add_ports(key, length, packet, against);
}

/* The key of the packet's stream, or of the one that runs `against` it. */
static void stream_key(struct keyed_key *key, const struct packet *packet,
	const struct sequence_source *source, const struct stream_part *part, bool against)
{
	uint16_t id = (uint16_t)source->id;
	uint32_t length;

	keyed_key_clear(key, &length);
	keyed_key_add(key, &length, &id, sizeof(id));
	keyed_key_add(key, &length, &packet->vlan_id, sizeof(packet->vlan_id));
	if (source->profile)
		add_scope(key, &length, packet, source->profile->scope, against);
	keyed_key_add(key, &length, part->bytes, part->length);
}

static void mac_text(char *text, const uint8_t *mac)
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
}

/* The ends of the stream in words: endpoints of the flow, or stations. */
static size_t put_ends(char *text, size_t size, const struct packet *packet)
{
	char from[64], to[64];

	if (packet->flow) {
		flow_endpoint(&packet->flow->key, packet->side, from, sizeof(from));
		flow_endpoint(&packet->flow->key, !packet->side, to, sizeof(to));
	} else if (packet->linktype == LINKTYPE_ETHERNET && packet->caplen >= STATION_BYTES) {
		mac_text(to, packet->data);
		mac_text(from, packet->data + STATION_BYTES / 2);
	} else {
		return (size_t)snprintf(text, size, "interface %" PRIu32, packet->interface);
	}
	return (size_t)snprintf(text, size, "%s > %s", from, to);
}

static void put_hex(char *text, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";

	text[0] = digits[byte >> 4];
	text[1] = digits[byte & 15];
	text[2] = '\0';
}

/* The subject of the stream: its ends and its key. */
static void put_subject(
	struct sequence_stream *stream, const struct packet *packet, const struct stream_part *part)
{
	char *text = stream->subject;
	size_t size = sizeof(stream->subject), used = put_ends(text, size, packet);

	if (!stream->source->profile || !part->length || used >= size)
		return;
	used += (size_t)snprintf(text + used, size - used, " %s 0x",
		stream->source->profile->key_name ? stream->source->profile->key_name : "key");
	for (unsigned i = 0; i < part->length && used + 2 < size; i++, used += 2)
		put_hex(text + used, part->bytes[i]);
}

static void begin_stream(struct sequences *sequences, struct sequence_stream *stream,
	const struct packet *packet, struct sequence_source *source, const struct stream_part *part,
	bool once)
{
	const struct profile *profile = source->profile;
	struct track_rules rules = {
		.modulus = profile ? profile->modulus : field_modulus(source->field),
		.increment = profile ? 1 : source->field->increment,
		.resends = profile && profile->resends && !once,
		.drops = &sequences->outages.drops,
		.pool = &sequences->pool,
	};

	memset(stream, 0, sizeof(*stream));
	stream->number = sequences->stream_total++;
	stream->source = source;
	stream->flow = packet->flow ? packet->flow->number + 1 : 0;
	stream->vlan_id = packet->vlan_id;
	stream->track = track_new(&rules);
	if (part->length <= PROFILE_KEY) {
		stream->part_length = (uint8_t)part->length;
		memcpy(stream->part, part->bytes, part->length);
	}
	put_subject(stream, packet, part);
}

/*
 * The stream of the conversation's packet before, if this one is of it too: within a conversation
 * nothing but the part in the numbers' header tells streams apart.
 */
static struct sequence_stream *recall_stream(struct sequences *sequences,
	const struct stream_part *part, const struct sequence_memo *memo)
{
	struct sequence_stream *stream;

	if (!memo->record)
		return NULL;
	stream = &sequences->streams[memo->record - 1];
	if (stream->number != memo->number || stream->part_length != part->length ||
		memcmp(stream->part, part->bytes, part->length) != 0)
		return NULL;
	keyed_touch(sequences->streams_by_key, memo->record - 1, sequences->ticks);
	return stream;
}

__attribute__((noinline)) static struct sequence_stream *find_stream(struct sighting *sighting,
	struct sequence_source *source, const struct stream_part *part, bool once,
	struct sequence_memo *memo)
{
	struct sequences *sequences = sighting->sequences;
	struct sequence_stream *stream;
	struct keyed_key key;
	uint32_t record;
	bool made;

	stream_key(&key, sighting->packet, source, part, false);
	record = keyed_find(sequences->streams_by_key, &key, sequences->ticks, &made);
	if (record >= sequences->stream_capacity) {
		sequences->stream_capacity = record < 32 ? 64 : 2 * record;
		sequences->streams = memory_grow(sequences->streams, sequences->stream_capacity,
			sizeof(*sequences->streams));
	}
	stream = &sequences->streams[record];
	if (made)
		begin_stream(sequences, stream, sighting->packet, source, part, once);
	if (part->length <= PROFILE_KEY)
		*memo = (struct sequence_memo){ record + 1, stream->number };
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
static inline uint64_t print_words(const uint64_t words[PRINT_IP_WORDS], uint64_t key)
{
	uint64_t first = hash_mix(words[0] ^ key, words[1] ^ UINT64_C(0x9e3779b97f4a7c15));

	return hash_mix(words[2] ^ first, words[3] ^ UINT64_C(0xa0761d6478bd642f));
}

__attribute__((noinline)) static uint64_t print_without_ip(const struct packet *packet)
{
	uint32_t from = packet->network_offset;
	uint32_t bytes = packet->caplen > from ? packet->caplen - from : 0;
	uint64_t words[PRINT_WORDS] = { 0 };

	memcpy(words, packet->data + from, bytes < sizeof(words) ? bytes : sizeof(words));
	return hash_words(words, PRINT_WORDS, packet->wirelen);
}

/*
 * What a copy of the packet has the same: identification, length, and the first bytes of what IP
 * carries, a checksum of all of it mostly among them; without IP more bytes, for there is none.
 */
static uint32_t print_of(const struct packet *packet)
{
	uint32_t from = packet->transport_offset;
	uint32_t bytes = packet->caplen > from ? packet->caplen - from : 0;
	uint64_t key = packet->wirelen | (uint64_t)packet->ip_id << 32;
	uint64_t words[PRINT_IP_WORDS];

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

static void show(struct sequence_stream *stream, enum sequence_shows kind, uint64_t frame)
{
	for (int i = 0; i < SEQUENCE_FRAMES; i++) {
		if (stream->frames[kind][i] == frame)
			return;
		if (!stream->frames[kind][i]) {
			stream->frames[kind][i] = frame;
			return;
		}
	}
}

static bool pairs(uint64_t packets, uint64_t copies)
{
	return packets >= SEQUENCE_PAIRED_AFTER && copies * 10 >= packets * 4;
}

/* Nearly every packet comes twice: it is the capture that sees them so. */
static bool is_paired(const struct observation *observation)
{
	const struct track_counts *counts = track_counts(observation->stream->track);

	return pairs(counts->packets, counts->repeats);
}

static enum label repeat_label(const struct observation *observation)
{
	const struct profile *profile = observation->source->profile;

	/* A number that comes again with something else is no copy, and perhaps no number. */
	if (observation->source->discovered && !observation->result->same_print)
		return LABEL_UNKNOWN;
	if (observation->result->other_path || is_paired(observation))
		return LABEL_CAPTURE_DUPLICATE;
	if (!profile || !profile->resends)
		return LABEL_DUPLICATE;
	/* Copied or sent again: only an identification that counts tells. */
	if (observation->result->same_print && observation->sample->has_id &&
		observation->sample->id)
		return LABEL_DUPLICATE;
	return observation->acknowledged ? LABEL_SPURIOUS_RETRANSMISSION : LABEL_RETRANSMISSION;
}

/* What each outcome is called, shown as, and read from. */
static const struct outcome {
	uint8_t label;
	uint8_t shows;
	uint16_t evidence;
} outcomes[] = {
	[TRACK_IN_ORDER] = { LABEL_IN_ORDER, SHOWS_FIRST, EVIDENCE_NUMBER },
	[TRACK_LATE] = { LABEL_REORDERED, SHOWS_LATE, EVIDENCE_NUMBER },
	[TRACK_REPEAT] = { LABEL_DUPLICATE, SHOWS_DUPLICATE, EVIDENCE_NUMBER },
	[TRACK_RESENT] = { LABEL_RETRANSMISSION, SHOWS_RESENT, EVIDENCE_NUMBER },
	[TRACK_UNKNOWN] = { LABEL_UNKNOWN, SHOWS_COUNT, 0 },
	[TRACK_MISFIT] = { LABEL_UNKNOWN, SHOWS_COUNT, 0 },
};

static enum label label_of(const struct observation *observation)
{
	if (observation->result->verdict != TRACK_IN_ORDER && !sequence_is_fit(observation->stream))
		return LABEL_UNKNOWN;
	if (observation->result->verdict == TRACK_REPEAT)
		return repeat_label(observation);
	return outcomes[observation->result->verdict].label;
}

/*
 * What counted so long has proved itself, whatever it was at first; but not that it counts this
 * stream alone.
 */
static bool has_proved_itself(const struct sequence_stream *stream)
{
	if (stream->source->profile && stream->source->profile->shared)
		return false;
	return track_counts(stream->track)->received >= PROVING_PACKETS && sequence_is_fit(stream);
}

static enum confidence confidence_of(const struct observation *observation, enum label label)
{
	enum confidence source = has_proved_itself(observation->stream)
					 ? CONFIDENCE_PROVEN
					 : (enum confidence)observation->source->confidence;
	bool sure = observation->result->sure;

	if (!(LABELS_ANOMALY >> label & 1))
		return CONFIDENCE_NONE;
	if (observation->result->verdict == TRACK_REPEAT)
		sure = observation->result->same_print;
	if (sure)
		return source;
	return source < CONFIDENCE_LIKELY ? source : CONFIDENCE_LIKELY;
}

static uint16_t evidence_of(const struct observation *observation, enum label label)
{
	const struct track_result *result = observation->result;
	uint16_t evidence = outcomes[result->verdict].evidence;

	if (result->verdict == TRACK_REPEAT && result->same_print)
		evidence |= EVIDENCE_COPY;
	if (label == LABEL_CAPTURE_DUPLICATE && result->other_path)
		evidence |= EVIDENCE_PATH;
	if (result->verdict == TRACK_RESENT && observation->sample->has_id &&
		!observation->sample->resend_known && result->sure)
		evidence |= EVIDENCE_IP_ID;
	return evidence;
}

/* The packet's label is that of the worst of its numbers, unless another analyzer has spoken. */
static void set_label(struct sighting *sighting, enum label label, int32_t verdict)
{
	struct packet *packet = sighting->packet;
	bool other = packet->label == LABEL_OTHER || packet->label == LABEL_ICMP;

	if (packet->flags & PACKET_TCP)
		return;
	if (sighting->replay) {
		sighting->sequences->judged_later += other && label != LABEL_UNKNOWN;
		packet->label = (uint8_t)label;
		return;
	}
	if (other || label > packet->label) {
		packet->label = (uint8_t)label;
		packet->verdict = verdict;
	}
}

/* What a number lacks to be as it was sent. */
static uint64_t first_of(const struct sequence_source *source)
{
	return source->profile ? source->profile->first : 0;
}

static bool is_told(const struct observation *observation, enum label label)
{
	const struct sighting *sighting = observation->sighting;

	/* Of several numbers in one packet the first of the worst kind stands. */
	if (label <= sighting->packet->label && sighting->packet->label != LABEL_ICMP)
		return false;
	return label != LABEL_IN_ORDER || sighting->replay ||
	       sighting->sequences->options.each_number;
}

static void add_verdict(const struct observation *observation, enum label label)
{
	struct sighting *sighting = observation->sighting;
	const struct packet *packet = sighting->packet;
	const struct track_result *result = observation->result;
	struct verdict *verdict;

	if (!is_told(observation, label)) {
		set_label(sighting, label, packet->verdict);
		return;
	}
	verdict = batch_add_verdict(sighting->batch);
	verdict->frame = packet->frame;
	verdict->at = sighting->at;
	verdict->flow = packet->flow ? packet->flow->number : VERDICT_NO_FLOW;
	verdict->stream = observation->stream->number + 1;
	verdict->number = observation->sample->number + first_of(observation->source);
	verdict->amends = sighting->replay;
	verdict->label = (uint8_t)label;
	verdict->confidence = (uint8_t)confidence_of(observation, label);
	verdict->evidence = evidence_of(observation, label);
	verdict->extent = result->extent;
	verdict->late_ns = result->late_ns;
	verdict->late_bytes = result->late_bytes > UINT32_MAX ? UINT32_MAX
							      : (uint32_t)result->late_bytes;
	verdict->reference = result->reference;
	if (result->verdict == TRACK_RESENT)
		verdict->place = LOSS_UPSTREAM;
	set_label(sighting, label, sighting->batch->verdict_count - 1);
}

/* A packet that had been called `before` is in order after all. */
static void move_label(struct sequence_stream *stream, enum track_verdict before)
{
	static const enum label repeats[] = { LABEL_DUPLICATE, LABEL_CAPTURE_DUPLICATE,
		LABEL_RETRANSMISSION, LABEL_SPURIOUS_RETRANSMISSION, LABEL_UNKNOWN };

	stream->labels[LABEL_IN_ORDER]++;
	if (before != TRACK_REPEAT)
		stream->labels[LABEL_UNKNOWN] -= stream->labels[LABEL_UNKNOWN] > 0;
	for (size_t i = 0; before == TRACK_REPEAT && i < sizeof(repeats) / sizeof(repeats[0]); i++)
		if (stream->labels[repeats[i]]) {
			stream->labels[repeats[i]]--;
			return;
		}
}

/* Packets taken for copies, or for strays, that were the beginning of what follows. */
static void amend_earlier(const struct observation *observation)
{
	const struct track_result *result = observation->result;
	struct sighting *sighting = observation->sighting;

	if (result->restarted)
		show(observation->stream, SHOWS_RESTART,
			result->amended_count ? result->amended[0].frame : sighting->packet->frame);
	for (uint32_t i = 0; i < result->amended_count; i++) {
		const struct track_amended *amended = &result->amended[i];
		struct verdict *verdict = batch_add_verdict(sighting->batch);

		verdict->frame = amended->frame;
		verdict->at = sighting->at;
		verdict->flow = sighting->packet->flow ? sighting->packet->flow->number
						       : VERDICT_NO_FLOW;
		verdict->stream = observation->stream->number + 1;
		verdict->number = amended->number + first_of(observation->source);
		verdict->amends = true;
		verdict->label = LABEL_IN_ORDER;
		verdict->evidence = EVIDENCE_NUMBER;
		move_label(observation->stream, amended->verdict);
	}
}

/* Now and then two packets in order, one behind the other: how much they differ anyway. */
static void feed_baseline(struct sequence_stream *stream, const struct packet *packet)
{
	struct facts facts;

	if (stream->until_baseline-- > 1)
		return;
	facts_read(&facts, packet);
	if (stream->until_baseline) {
		contrast_add_baseline(stream->contrast, &stream->before, &facts);
		stream->until_baseline = stream->contrast->fact[FACT_SIZE].baseline_known <
							 BASELINE_FIRST
						 ? BASELINE_FIRST_STEP
						 : BASELINE_STEP;
	}
	stream->before = facts;
}

/* Late packets against those that overtook them, and packets in order against each other. */
static void feed_contrast(const struct observation *observation)
{
	struct sequence_stream *stream = observation->stream;
	const struct packet *packet = observation->sighting->packet;
	struct facts facts;

	if (observation->result->verdict == TRACK_LATE) {
		if (!stream->contrast)
			stream->contrast = memory_alloc(1, sizeof(*stream->contrast));
		facts_read(&facts, packet);
		contrast_add(stream->contrast, &facts, &observation->result->opener);
	} else if (observation->result->verdict == TRACK_IN_ORDER && stream->contrast) {
		feed_baseline(stream, packet);
	}
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

/* What conclude() comes to for a usual packet. */
static void conclude_usual(const struct observation *observation)
{
	struct sequence_stream *stream = observation->stream;
	struct sighting *sighting = observation->sighting;

	stream->labels[LABEL_IN_ORDER]++;
	if (!stream->frames[SHOWS_FIRST][SEQUENCE_FRAMES - 1])
		show(stream, SHOWS_FIRST, sighting->packet->frame);
	set_label(sighting, LABEL_IN_ORDER, sighting->packet->verdict);
}

/* Out of line, so that usual packets save no register for it. */
__attribute__((noinline)) static void conclude(struct observation *observation)
{
	struct sequence_stream *stream = observation->stream;
	const struct track_result *result = observation->result;
	const struct profile *profile = observation->source->profile;
	enum label label = label_of(observation);
	uint64_t frame = observation->sighting->packet->frame;

	stream->labels[label]++;
	stream->unlike += label == LABEL_DUPLICATE && result->reference && !result->same_print;
	if (label == LABEL_RETRANSMISSION)
		sequence_remember_resent(stream, observation->sample->number, frame);
	if (result->restarted || result->amended_count)
		amend_earlier(observation);
	if (label == LABEL_CAPTURE_DUPLICATE)
		show(stream, SHOWS_CAPTURE_DUPLICATE, frame);
	else if (label == LABEL_RETRANSMISSION || label == LABEL_SPURIOUS_RETRANSMISSION)
		show(stream, SHOWS_RESENT, frame);
	else if (outcomes[result->verdict].shows < SHOWS_COUNT)
		show(stream, outcomes[result->verdict].shows, frame);
	if (result->verdict == TRACK_LATE && profile &&
		(profile->strict || (profile->window && result->lag >= profile->window))) {
		stream->behind_window++;
		show(stream, SHOWS_BEHIND, frame);
	}
	feed_contrast(observation);
	add_verdict(observation, label);
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

	for (unsigned width = 1; width < field->width; width++) {
		uint64_t wrap = UINT64_C(1) << 8 * width;
		uint64_t fallen = next - number - wrap + NARROW_WITHIN;

		if (number >= next || fallen > 2 * NARROW_WITHIN ||
			(next + NARROW_WITHIN) % wrap > 2 * NARROW_WITHIN)
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
		observation.stream = find_stream(sighting, source, part, number->once, memo);
	note_flow(observation.stream, sighting->packet);
	fill_sample(&sample, sighting->packet, observation.stream, number);
	if (source->discovered)
		settle_width(&observation);
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
		conclude(&observation);
}

/* A field is one number. */
__attribute__((noinline)) static bool take_field(
	struct sighting *sighting, struct sequence_source *source, struct sequence_memo *memo)
{
	const struct packet *packet = sighting->packet;
	struct profile_number number = { 0 };
	uint8_t key[FIELD_KEY_BYTES];
	struct stream_part part = { .bytes = key };

	if (!field_read(source->field, packet, &number.number, key, &part.length))
		return false;
	number.hidden = offload_told_segments(packet) - 1;
	number.bytes = field_payload(source->field, packet);
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
	stream_key(&key, sighting->packet, source, &part, true);
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

/* Copies that came before it showed that all are captured twice are the capture's as well. */
static void settle_copies(struct sequence_stream *stream)
{
	uint64_t *labels = stream->labels;
	uint64_t copies = labels[LABEL_DUPLICATE] + labels[LABEL_CAPTURE_DUPLICATE];

	if (labels[LABEL_CAPTURE_DUPLICATE] < labels[LABEL_DUPLICATE] ||
		!pairs(track_counts(stream->track)->packets, copies))
		return;
	labels[LABEL_CAPTURE_DUPLICATE] = copies;
	labels[LABEL_DUPLICATE] = 0;
}

void sequence_stream_end(struct sequences *sequences, struct sequence_stream *stream)
{
	if (!stream->track)
		return;
	if (stream->identification.shared)
		track_withhold(stream->track);
	settle_copies(stream);
	track_end(stream->track);
	memcpy(stream->frames[SHOWS_LOST], track_counts(stream->track)->lost_frames,
		sizeof(stream->frames[SHOWS_LOST]));
	sequences->lost_ended += track_counts(stream->track)->lost;
	if (has_proved_itself(stream))
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
