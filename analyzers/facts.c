/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which facts of a packet can decide about the way it takes?  What queues, hashes and routers look
 * at: DSCP (RFC 2474), 802.1Q priority, fragment, size, TTL, ports; and what shows the way it took
 * on this host.  Addresses and identifications are left out: they name packets and explain nothing.
 */
#include "analyzers/facts.h"

#include "base/bytes.h"

static const char *const names[FACT_COUNT] = {
#define X(id, name, text) #name,
	FACTS(X)
#undef X
};

static const char *const texts[FACT_COUNT] = {
#define X(id, name, text) text,
	FACTS(X)
#undef X
};

const char *fact_name(enum fact fact)
{
	return names[fact];
}

const char *fact_text(enum fact fact)
{
	return texts[fact];
}

/* Where the control information of an outermost VLAN tag stands, by LINKTYPE_. */
static const struct tag_place {
	uint16_t linktype, offset;
} tag_places[] = {
	{ 1, 14 },   /* Ethernet */
	{ 113, 16 }, /* Linux cooked */
	{ 276, 20 }, /* Linux cooked, version 2 */
};

static void put(struct facts *facts, enum fact fact, uint32_t value)
{
	facts->value[fact] = value;
	facts->known |= (uint16_t)(1u << fact);
}

static void read_tag(struct facts *facts, const struct packet *packet)
{
	for (size_t i = 0; i < sizeof(tag_places) / sizeof(tag_places[0]); i++) {
		uint32_t offset = tag_places[i].offset;
		uint16_t tag;

		if (tag_places[i].linktype != packet->linktype)
			continue;
		put(facts, FACT_VLAN, packet->vlan_id);
		if (!packet->vlan_tags || packet->caplen < offset + sizeof(tag))
			return;
		tag = bytes_be16(packet->data + offset);
		if ((tag & 0xfff) == packet->vlan_id) /* not one within a tunnel */
			put(facts, FACT_PRIORITY, tag >> 13);
	}
}

void facts_read(struct facts *facts, const struct packet *packet)
{
	*facts = (struct facts){ .known = 0 };
	put(facts, FACT_SIZE, packet->wirelen);
	put(facts, FACT_INTERFACE, packet->interface);
	read_tag(facts, packet);
	if (packet->flags & PACKET_IP) {
		put(facts, FACT_DSCP, packet->tos >> 2);
		put(facts, FACT_TTL, packet->ttl);
		put(facts, FACT_FRAGMENT,
			packet->flags & PACKET_FRAGMENT || packet->layer == LAYER_FRAGMENT);
	}
	if (packet->flags & PACKET_PORTS) {
		put(facts, FACT_SOURCE_PORT, packet->source_port);
		put(facts, FACT_DESTINATION_PORT, packet->destination_port);
	}
	if (packet->frame_flags & FRAME_HAS_HASH)
		put(facts, FACT_HASH, packet->rxhash);
	if (packet->frame_flags & FRAME_HAS_CPU)
		put(facts, FACT_CPU, packet->cpu);
	if (packet->frame_flags & FRAME_HAS_QUEUE)
		put(facts, FACT_QUEUE, packet->queue);
	if (packet->device)
		put(facts, FACT_DEVICE, packet->device);
}
