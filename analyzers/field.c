/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number does a packet carry at the place that somebody described, and which stream is it of?
 * The place is counted from where a layer starts, within that layer and what was captured of it.
 */
#include "analyzers/field.h"

#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"

#define LINKTYPE_ETHERNET 1
#define ETHERNET_ADDRESSES 12
#define VLAN_TAG 4
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_DCCP 33
#define PROTOCOL_SCTP 132
#define PROTOCOL_UDPLITE 136

/* The bytes that a field's offsets mean. */
struct room {
	uint32_t start, end; /* in packet->data */
	uint32_t tags;       /* bytes of VLAN tags that are passed over behind the addresses */
};

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Tags are passed over where an EtherType was asked for, which stands behind them. */
static bool link_room(const struct field *field, const struct packet *packet, struct room *room)
{
	room->end = packet->caplen;
	if (field->ethertype >= 0 && packet->linktype == LINKTYPE_ETHERNET)
		room->tags = packet->vlan_tags * VLAN_TAG;
	return true;
}

static bool network_room(const struct field *field, const struct packet *packet, struct room *room)
{
	room->start = packet->network_offset;
	room->end = packet->caplen;
	if (packet->flags & PACKET_IP)
		room->end = least(packet->caplen, room->start + packet->ip_length);
	return packet->network_offset != 0;
}

/* Later fragments carry what stands somewhere in the middle. */
static bool transport_room(
	const struct field *field, const struct packet *packet, struct room *room)
{
	room->start = packet->transport_offset;
	room->end = least(packet->caplen, packet->network_offset + packet->ip_length);
	return packet->transport_offset && packet->layer != LAYER_FRAGMENT;
}

static bool payload_room(const struct field *field, const struct packet *packet, struct room *room)
{
	room->start = (uint32_t)packet->transport_offset + packet->transport_header;
	room->end = least(packet->caplen, room->start + packet->payload_length);
	return packet->transport_header != 0;
}

static bool (*const rooms[])(
	const struct field *field, const struct packet *packet, struct room *room) = {
	[FIELD_LINK] = link_room,
	[FIELD_NETWORK] = network_room,
	[FIELD_TRANSPORT] = transport_room,
	[FIELD_PAYLOAD] = payload_room,
};

/* The bytes at `offset` of the room, or NULL if it ends before. */
static const uint8_t *room_bytes(
	const struct room *room, const struct packet *packet, uint32_t offset, uint32_t width)
{
	uint32_t at = room->start + offset + (offset >= ETHERNET_ADDRESSES ? room->tags : 0);

	return at + width <= room->end ? packet->data + at : NULL;
}

static uint64_t read_number(const uint8_t *bytes, unsigned width, bool little)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < width; i++)
		number = number << 8 | bytes[little ? width - 1 - i : i];
	return number;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_DCCP ||
	       protocol == PROTOCOL_SCTP || protocol == PROTOCOL_UDPLITE;
}

/* The ports of whatever has them, also where nothing else of its header is decoded. */
static bool read_ports(const struct packet *packet, uint16_t *source, uint16_t *destination)
{
	struct room room = { 0 };
	const uint8_t *ports;

	*source = packet->source_port;
	*destination = packet->destination_port;
	if (packet->flags & PACKET_PORTS)
		return true;
	if (!has_ports(packet->protocol) || !transport_room(NULL, packet, &room))
		return false;
	ports = room_bytes(&room, packet, 0, 4);
	if (!ports)
		return false;
	*source = bytes_be16(ports);
	*destination = bytes_be16(ports + 2);
	return true;
}

static unsigned put_bytes(uint8_t *key, const uint8_t *bytes, unsigned count)
{
	memcpy(key, bytes, count);
	return count;
}

static unsigned put_number(uint8_t *key, unsigned number)
{
	key[0] = (uint8_t)(number >> 8);
	key[1] = (uint8_t)number;
	return 2;
}

/* The parts of a key.  Each writes its bytes and returns how many, 0 if the packet has none. */

static unsigned eth_source(const struct packet *packet, uint8_t *key)
{
	if (packet->linktype != LINKTYPE_ETHERNET || packet->caplen < ETHERNET_ADDRESSES)
		return 0;
	return put_bytes(key, packet->data + 6, 6);
}

static unsigned eth_destination(const struct packet *packet, uint8_t *key)
{
	if (packet->linktype != LINKTYPE_ETHERNET || packet->caplen < ETHERNET_ADDRESSES)
		return 0;
	return put_bytes(key, packet->data, 6);
}

static unsigned vlan(const struct packet *packet, uint8_t *key)
{
	return put_number(key, packet->vlan_id);
}

static unsigned ip_source(const struct packet *packet, uint8_t *key)
{
	if (!(packet->flags & PACKET_IP))
		return 0;
	return put_bytes(key, packet_source(packet), packet->ip_version == 4 ? 4 : 16);
}

static unsigned ip_destination(const struct packet *packet, uint8_t *key)
{
	if (!(packet->flags & PACKET_IP))
		return 0;
	return put_bytes(key, packet_destination(packet), packet->ip_version == 4 ? 4 : 16);
}

static unsigned ip_protocol(const struct packet *packet, uint8_t *key)
{
	return packet->flags & PACKET_IP ? put_bytes(key, &packet->protocol, 1) : 0;
}

/*
 * Protocols without ports have one stream between two addresses (ICMP echo: one an identifier);
 * where ports were cut off or went with the first fragment, the stream is not known.
 */
static unsigned put_port(const struct packet *packet, uint8_t *key, bool of_source)
{
	uint16_t source, destination;

	if (!read_ports(packet, &source, &destination) &&
		(!(packet->flags & PACKET_IP) || packet->layer == LAYER_FRAGMENT ||
			has_ports(packet->protocol)))
		return 0;
	return put_number(key, of_source ? source : destination);
}

static unsigned source_port(const struct packet *packet, uint8_t *key)
{
	return put_port(packet, key, true);
}

static unsigned destination_port(const struct packet *packet, uint8_t *key)
{
	return put_port(packet, key, false);
}

static unsigned (*const key_parts[FIELD_KEY_COUNT])(const struct packet *packet, uint8_t *key) = {
	[FIELD_KEY_ETH_SRC] = eth_source,
	[FIELD_KEY_ETH_DST] = eth_destination,
	[FIELD_KEY_VLAN] = vlan,
	[FIELD_KEY_IP_SRC] = ip_source,
	[FIELD_KEY_IP_DST] = ip_destination,
	[FIELD_KEY_PROTOCOL] = ip_protocol,
	[FIELD_KEY_SOURCE_PORT] = source_port,
	[FIELD_KEY_DESTINATION_PORT] = destination_port,
};

_Static_assert(6 + 6 + 2 + 16 + 16 + 1 + 2 + 2 + FIELD_KEYS * 8 <= FIELD_KEY_BYTES,
	"all parts of a key fit");

static bool read_key(const struct field *field, const struct packet *packet,
	const struct room *room, uint8_t *key, unsigned *key_length)
{
	unsigned used = 0, length;

	for (unsigned i = 0; i < FIELD_KEY_COUNT; i++) {
		if (!(field->keys >> i & 1))
			continue;
		length = key_parts[i](packet, key + used);
		if (length == 0)
			return false;
		used += length;
	}
	for (unsigned i = 0; i < field->byte_count; i++) {
		const struct field_bytes *part = &field->bytes[i];
		const uint8_t *bytes = room_bytes(room, packet, part->offset, part->width);

		if (!bytes)
			return false;
		used += put_bytes(key + used, bytes, part->width);
	}
	*key_length = used;
	return true;
}

static bool matches(const struct field *field, const struct packet *packet, const struct room *room)
{
	for (unsigned i = 0; i < field->match_count; i++) {
		const struct field_match *match = &field->matches[i];
		const uint8_t *bytes = room_bytes(room, packet, match->offset, match->width);

		if (!bytes || read_number(bytes, match->width, false) != match->value)
			return false;
	}
	return true;
}

static bool fits(int32_t wanted, uint32_t value)
{
	return wanted < 0 || (uint32_t)wanted == value;
}

static bool ports_fit(const struct field *field, const struct packet *packet)
{
	uint16_t source, destination;

	if (field->port < 0 && field->source_port < 0 && field->destination_port < 0)
		return true;
	return read_ports(packet, &source, &destination) &&
	       (fits(field->port, source) || fits(field->port, destination)) &&
	       fits(field->source_port, source) && fits(field->destination_port, destination);
}

bool field_selects(const struct field *field, const struct packet *packet)
{
	if (!fits(field->ethertype, packet->ethertype) || !fits(field->vlan, packet->vlan_id))
		return false;
	if (field->protocol >= 0 &&
		(!(packet->flags & PACKET_IP) || packet->protocol != field->protocol))
		return false;
	return ports_fit(field, packet);
}

/* Bytes of the packet behind the field, on the wire: what it carries. */
static uint32_t bytes_behind(
	const struct field *field, const struct packet *packet, const struct room *room)
{
	uint32_t end = packet->wirelen, from = room->start + field->offset + field->width;

	if (packet->flags & PACKET_IP)
		end = packet->network_offset + packet->ip_length;
	if (field->offset >= ETHERNET_ADDRESSES)
		from += room->tags;
	return end > from ? end - from : 0;
}

bool field_read_number(
	const struct field *field, const struct packet *packet, uint64_t *number, uint32_t *behind)
{
	struct room room = { 0 };
	const uint8_t *bytes;

	if (!rooms[field->start](field, packet, &room))
		return false;
	bytes = room_bytes(&room, packet, field->offset, field->width);
	if (!bytes || !matches(field, packet, &room))
		return false;
	*number = read_number(bytes, field->width, field->little);
	if (field->mask)
		*number &= field->mask;
	*number >>= field->shift;
	*behind = bytes_behind(field, packet, &room);
	return true;
}

bool field_read_key(const struct field *field, const struct packet *packet,
	uint8_t key[FIELD_KEY_BYTES], unsigned *key_length)
{
	struct room room = { 0 };

	return rooms[field->start](field, packet, &room) &&
	       read_key(field, packet, &room, key, key_length);
}

unsigned field_bits(const struct field *field)
{
	unsigned bits = field->mask ? 64u - (unsigned)__builtin_clzll(field->mask)
				    : field->width * 8u;

	return bits - field->shift;
}

uint64_t field_modulus(const struct field *field)
{
	unsigned bits = field_bits(field);

	if (field->modulus)
		return field->modulus;
	return bits == 64 ? 0 : UINT64_C(1) << bits;
}

struct field *field_list_add(struct field_list *list)
{
	/* Full exactly at the powers of two, so the capacity need not be kept. */
	if ((list->count & (list->count - 1)) == 0)
		list->fields = memory_grow(
			list->fields, list->count ? 2 * list->count : 1, sizeof(*list->fields));
	list->fields[list->count] = (struct field)FIELD_DEFAULTS;
	return &list->fields[list->count++];
}
