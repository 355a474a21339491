/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Did packets of a conversation come to the capture in the order in which they came in?  Of each
 * the packet with the highest stamp so far is remembered, in a table that is as large as it is:
 * two places for each conversation, of which the one unused for longer makes room.
 */
#include "analyzers/arrivals.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/flow.h"
#include "base/hash.h"
#include "base/memory.h"

#define LINKTYPE_ETHERNET 1
#define PLACES 65536u
#define WAYS 2u
#define STATION_BYTES 12 /* both addresses of an Ethernet header */
#define MAC_TEXT 18

/* A conversation's direction on an interface. */
struct place {
	uint64_t key;                /* 0: free */
	struct passed_frame highest; /* by stamp */
	uint32_t packets;
	uint32_t record; /* its case + 1, 0: never late */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct place) == 64, "a cache line");

struct arrivals {
	const struct overtaken_steering *steering;
	struct place *places;
	struct arrivals_case *cases[ARRIVALS_CASES]; /* owned */
	uint32_t count;
	struct arrivals_totals totals;
};

struct arrivals *arrivals_new(const struct overtaken_steering *steering)
{
	struct arrivals *arrivals = memory_alloc(1, sizeof(*arrivals));

	arrivals->steering = steering;
	arrivals->places = memory_map(PLACES * sizeof(struct place));
	/* Packets that come meanwhile would wait for it. */
	memory_populate(arrivals->places, PLACES * sizeof(struct place));
	return arrivals;
}

void arrivals_free(struct arrivals *arrivals)
{
	if (!arrivals)
		return;
	for (uint32_t i = 0; i < arrivals->count; i++)
		free(arrivals->cases[i]);
	memory_unmap(arrivals->places, PLACES * sizeof(struct place));
	free(arrivals);
}

void arrivals_restart(struct arrivals *arrivals)
{
	memset(arrivals->places, 0, PLACES * sizeof(struct place));
}

/* Of a frame without IP: stations, EtherType and VLAN. */
static uint64_t station_key(const struct packet *packet)
{
	uint64_t words[2] = { 0 };

	if (packet->linktype != LINKTYPE_ETHERNET || packet->caplen < STATION_BYTES)
		return 0;
	memcpy(words, packet->data, STATION_BYTES);
	words[1] |= (uint64_t)packet->ethertype << 48 | (uint64_t)packet->vlan_id << 32;
	return hash_words(words, 2, packet->interface);
}

/* Of later fragments: addresses and protocol, for there are no ports. */
static uint64_t fragment_key(const struct packet *packet)
{
	uint64_t words[4] = { 0 };
	size_t bytes = packet->ip_version == 4 ? 4 : 16;

	memcpy(words, packet_source(packet), bytes);
	memcpy(words + 2, packet_destination(packet), bytes);
	return hash_words(words, 4,
		(uint64_t)packet->interface << 32 | packet->vlan_id << 8 | packet->reason);
}

/* The hash is keyed, so that nobody can choose what it is. */
static inline uint64_t flow_key(const struct packet *packet)
{
	return packet->hash ^ packet->side ^ (uint64_t)packet->interface << 1;
}

/* Of a packet of no flow; 0: nobody can tell which conversation it is of. */
__attribute__((noinline)) static uint64_t other_key(const struct packet *packet)
{
	if (packet->layer == LAYER_FRAGMENT && packet->flags & PACKET_IP)
		return fragment_key(packet);
	if (!(packet->flags & PACKET_IP) && packet->layer == LAYER_NETWORK)
		return station_key(packet);
	return 0;
}

/* The first of both places that the conversation may have. */
static inline struct place *first_place(const struct arrivals *arrivals, uint64_t key)
{
	return &arrivals->places[key % (PLACES / WAYS) * WAYS];
}

void arrivals_prefetch(const struct arrivals *arrivals, const struct packet *packet)
{
	const struct place *place;

	if (!packet->flow)
		return;
	place = first_place(arrivals, flow_key(packet));
	__builtin_prefetch(&place[0], 1);
	__builtin_prefetch(&place[1]);
}

/* Makes room for a new conversation in one of the places that it may have. */
__attribute__((noinline)) static struct place *make_place(struct arrivals *arrivals, uint64_t key)
{
	struct place *place = first_place(arrivals, key);

	if (place[1].highest.time_ns < place[0].highest.time_ns)
		place++;
	arrivals->totals.forgotten += place->key != 0;
	*place = (struct place){ .key = key };
	return place;
}

static inline struct place *find_place(struct arrivals *arrivals, uint64_t key)
{
	struct place *place = first_place(arrivals, key);

	if (place[0].key == key)
		return &place[0];
	if (place[1].key == key)
		return &place[1];
	return make_place(arrivals, key);
}

static void mac_text(char *text, const uint8_t *mac)
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
}

static const char *protocol_text(const struct packet *packet, char *text, size_t size)
{
	if (packet->protocol == IPPROTO_TCP)
		return "tcp";
	if (packet->protocol == IPPROTO_UDP)
		return "udp";
	snprintf(text, size, "ip-%u", packet->protocol);
	return text;
}

static void put_subject(struct arrivals_case *made, const struct packet *packet)
{
	char from[64], to[64], protocol[16], *text = made->subject;
	size_t size = sizeof(made->subject);
	struct flow_key ends = { .ip_version = packet->ip_version };
	size_t bytes = packet->ip_version == 4 ? 4 : 16;

	if (packet->flow) {
		flow_endpoint(&packet->flow->key, packet->side, from, sizeof(from));
		flow_endpoint(&packet->flow->key, !packet->side, to, sizeof(to));
		snprintf(text, size, "%s %s > %s",
			protocol_text(packet, protocol, sizeof(protocol)), from, to);
	} else if (packet->flags & PACKET_IP) {
		memcpy(ends.address[0], packet_source(packet), bytes);
		memcpy(ends.address[1], packet_destination(packet), bytes);
		flow_endpoint(&ends, 0, from, sizeof(from));
		flow_endpoint(&ends, 1, to, sizeof(to));
		snprintf(text, size, "fragments %s > %s", from, to);
	} else {
		mac_text(to, packet->data);
		mac_text(from, packet->data + STATION_BYTES / 2);
		snprintf(text, size, "0x%04x %s > %s", packet->ethertype, from, to);
	}
}

/* The case of a late packet, made if it is the first; NULL: there are too many. */
static struct arrivals_case *case_of(
	struct arrivals *arrivals, struct place *place, const struct packet *packet)
{
	struct arrivals_case *made;

	if (place->record)
		return arrivals->cases[place->record - 1];
	if (arrivals->count == ARRIVALS_CASES)
		return NULL;
	made = memory_alloc(1, sizeof(*made));
	put_subject(made, packet);
	made->flow = packet->flow ? packet->flow->number + 1 : 0;
	made->stream = packet->stream;
	made->vlan_id = packet->vlan_id;
	made->tcp = packet->protocol == IPPROTO_TCP;
	made->late.result.interface = packet->interface;
	made->packets = place->packets;
	made->place = arrivals->count;
	arrivals->cases[arrivals->count++] = made;
	place->record = arrivals->count;
	return made;
}

__attribute__((noinline)) static void note_late(struct arrivals *arrivals, struct place *place,
	const struct packet *packet, const struct passed_frame *late)
{
	struct arrivals_case *found = case_of(arrivals, place, packet);
	uint32_t bits;

	arrivals->totals.late++;
	if (!found) {
		arrivals->totals.beyond++;
		return;
	}
	bits = overtaken_compare(
		late, &place->highest, WITHIN_UNKNOWN, WITHIN_UNKNOWN, arrivals->steering);
	overtaken_count(&found->late.result.counts, bits, false);
	overtaken_show(&found->late, late, &place->highest, false, 0);
}

static void note_stream(struct arrivals_case *found, const struct packet *packet)
{
	found->packets++;
	if (packet->stream && !found->stream)
		found->stream = packet->stream;
	if (packet->stream && found->stream != packet->stream)
		found->several = true;
}

bool arrivals_take(
	struct arrivals *arrivals, const struct packet *packet, const struct passed_frame *frame)
{
	struct place *place;
	uint64_t key;

	if (!(packet->frame_flags & FRAME_STAMP_INGRESS) || packet->direction == DIRECTION_OUT)
		return false;
	key = packet->flow ? flow_key(packet) : other_key(packet);
	if (!key)
		return false;
	place = find_place(arrivals, key);
	place->packets += place->packets < UINT32_MAX;
	if (place->record)
		note_stream(arrivals->cases[place->record - 1], packet);
	if (place->highest.time_ns > frame->time_ns) {
		note_late(arrivals, place, packet, frame);
		return true;
	}
	place->highest = *frame;
	return false;
}

struct arrivals_case *arrivals_case(struct arrivals *arrivals, uint32_t index)
{
	return index < arrivals->count ? arrivals->cases[index] : NULL;
}

struct arrivals_totals arrivals_totals(const struct arrivals *arrivals)
{
	return arrivals->totals;
}
