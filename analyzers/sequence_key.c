/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To which stream does a number belong?  Profile or field, VLAN, the addresses that the profile
 * takes for part of a stream, and what the numbers' own header adds make the key.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/sequence_observation.h"
#include "base/bytes.h"
#include "base/memory.h"

#define LINKTYPE_ETHERNET 1
#define STATION_BYTES 12 /* destination and source address */
#define MAC_TEXT 18

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

void sequence_stream_key(struct keyed_key *key, const struct packet *packet,
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

/* Whether ports tell the streams of the source apart, so that a stream has but one pair of them. */
static bool has_ports(const struct sequence_source *source)
{
	return source->profile || source->field->keys & (1u << FIELD_KEY_SOURCE_PORT |
								1u << FIELD_KEY_DESTINATION_PORT);
}

/* The ends of the stream in words: endpoints of the flow, or stations. */
static size_t put_ends(
	char *text, size_t size, const struct packet *packet, const struct sequence_source *source)
{
	char from[64], to[64];
	struct flow_key ends;

	if (packet->flow) {
		ends = packet->flow->key;
		if (!has_ports(source))
			ends.protocol = 0; /* addresses alone are told of it */
		flow_endpoint(&ends, packet->side, from, sizeof(from));
		flow_endpoint(&ends, !packet->side, to, sizeof(to));
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

/* Appends `head` and the bytes in hexadecimal; returns how much of `text` is used. */
static size_t put_bytes(char *text, size_t size, size_t used, const char *head,
	const uint8_t *bytes, unsigned count)
{
	if (used >= size)
		return used;
	used += (size_t)snprintf(text + used, size - used, " %s 0x", head);
	for (unsigned i = 0; i < count && used + 2 < size; i++, used += 2)
		put_hex(text + used, bytes[i]);
	return used;
}

/* The bytes that tell the streams of a field apart, which stand last in the key. */
static void put_field_bytes(char *text, size_t size, size_t used, const struct field *field,
	const struct stream_part *part)
{
	unsigned at = part->length;
	char head[24];

	for (unsigned i = 0; i < field->byte_count; i++)
		at -= field->bytes[i].width;
	for (unsigned i = 0; i < field->byte_count; i++) {
		snprintf(head, sizeof(head), "[%u:%u]", field->bytes[i].offset,
			field->bytes[i].width);
		used = put_bytes(text, size, used, head, part->bytes + at, field->bytes[i].width);
		at += field->bytes[i].width;
	}
}

/* The subject of the stream: its ends and its key. */
static void put_subject(
	struct sequence_stream *stream, const struct packet *packet, const struct stream_part *part)
{
	const struct profile *profile = stream->source->profile;
	char *text = stream->subject;
	size_t size = sizeof(stream->subject), used;

	used = put_ends(text, size, packet, stream->source);
	if (!profile)
		put_field_bytes(text, size, used, stream->source->field, part);
	else if (profile->key_ports && part->length == 4 && used < size)
		snprintf(text + used, size - used, " ports %u > %u", bytes_be16(part->bytes),
			bytes_be16(part->bytes + 2));
	else if (part->length)
		put_bytes(text, size, used, profile->key_name ? profile->key_name : "key",
			part->bytes, part->length);
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

struct sequence_stream *sequence_find_stream(struct sighting *sighting,
	struct sequence_source *source, const struct stream_part *part, bool once,
	struct sequence_memo *memo)
{
	struct sequences *sequences = sighting->sequences;
	struct sequence_stream *stream;
	struct keyed_key key;
	uint32_t record;
	bool made;

	sequence_stream_key(&key, sighting->packet, source, part, false);
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
