/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where does an IP packet end, is it whole, and what does it carry?  IPv4 with options (RFC 791),
 * IPv6 with a bounded chain of extension headers (RFC 8200), authentication headers (RFC 4302),
 * jumbograms (RFC 2675), and the lengths of 0 that segmentation offload leaves.
 */
#include "base/bytes.h"
#include "capture/decode_layers.h"

#define IPV4_HEADER 20
#define IPV4_DF 0x4000
#define IPV4_MF 0x2000
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV6_HEADER 40
#define IPV6_FRAGMENT_OFFSET 0xfff8
#define IPV6_MF 1

#define PROTOCOL_HOP_BY_HOP 0
#define PROTOCOL_FRAGMENT 44
#define PROTOCOL_AH 51
#define PROTOCOL_NONE 59

/* RFC 8200 4.1 has at most seven in a packet that makes sense. */
#define MAX_EXTENSIONS 8
/* The unit of all extension headers and what can be read of each before its length is known. */
#define EXTENSION_UNIT 8
#define AH_MINIMUM 12

#define OPTION_PAD1 0
#define OPTION_JUMBO 0xc2

/* A frame this small may be padding; it stands for no two segments. */
#define MINIMUM_FRAME 60
/* Above any super-frame that a kernel builds (GSO_MAX_SIZE, linux/netdevice.h, is half of it). */
#define MAXIMUM_PACKET (1u << 20)

/* What a length field of 0 means: the rest of the frame, or 0 if that cannot be meant. */
static uint32_t length_by_frame(struct packet *p, uint32_t offset, uint32_t end)
{
	if (end <= MINIMUM_FRAME || end - offset > MAXIMUM_PACKET)
		return 0;
	p->flags |= PACKET_LENGTH_ZERO;
	return end - offset;
}

/* Settles the packet's length by what it announces and what the frame held.  Returns its end. */
static inline uint32_t length_settle(
	struct packet *p, uint32_t offset, uint32_t end, uint32_t announced)
{
	uint32_t room = end - offset;

	p->ip_length = announced;
	if (announced < room) {
		p->flags |= PACKET_PADDED;
	} else if (announced > room) {
		p->flags |= PACKET_LENGTH_SHORT;
		p->ip_length = room;
	}
	return offset + p->ip_length;
}

static void decode_later_fragment(struct packet *p, uint8_t protocol, uint32_t offset, uint32_t end)
{
	p->protocol = protocol;
	p->transport_offset = (uint16_t)offset;
	p->payload_length = end - offset;
	decode_stop(p, LAYER_FRAGMENT, protocol);
}

LAYER_DECODER(decode_ipv4)
{
	const uint8_t *h = p->data + offset;

	if (!layer_present(p, offset, end, IPV4_HEADER)) {
		decode_missing(p, PART_IPV4, offset, end, IPV4_HEADER);
		return;
	}
	uint32_t header = (h[0] & 0xfu) * 4;
	uint32_t length = bytes_be16(h + 2);

	if (length == 0)
		length = length_by_frame(p, offset, end);
	if (h[0] >> 4 != 4 || header < IPV4_HEADER || length < header) {
		decode_stop(p, LAYER_MALFORMED, PART_IPV4);
		return;
	}
	end = length_settle(p, offset, end, length);

	uint32_t fragment = bytes_be16(h + 6);

	p->ip_version = 4;
	p->network_offset = (uint16_t)offset;
	p->tos = h[1];
	p->ip_id = bytes_be16(h + 4);
	p->ttl = h[8];
	p->protocol = h[9];
	p->flags |= PACKET_IP;
	if (fragment & IPV4_DF)
		p->flags |= PACKET_DF;
	if (!layer_present(p, offset, end, header)) {
		decode_missing(p, PART_IPV4, offset, end, header);
		return;
	}
	if (fragment & IPV4_FRAGMENT_OFFSET) {
		decode_later_fragment(p, h[9], offset + header, end);
		return;
	}
	if (fragment & IPV4_MF)
		p->flags |= PACKET_FRAGMENT;
	decode_protocol(p, h[9], offset + header, end);
}

static uint32_t extension_length(uint8_t protocol, const uint8_t *h)
{
	if (protocol == PROTOCOL_FRAGMENT)
		return EXTENSION_UNIT;
	if (protocol == PROTOCOL_AH)
		return (h[1] + 2u) * 4;
	return (h[1] + 1u) * EXTENSION_UNIT;
}

enum ip_chain_end ip_chain_walk(
	struct ip_chain *chain, uint64_t kinds, const uint8_t *data, uint32_t present, uint32_t end)
{
	chain->first_fragment = chain->later_fragment = false;
	chain->ah_offset = 0;
	for (int i = 0; i <= MAX_EXTENSIONS; i++) {
		const uint8_t *h = data + chain->offset;
		uint8_t protocol = chain->protocol;
		uint32_t room = end - chain->offset;
		uint32_t length = EXTENSION_UNIT;

		if (protocol >= 64 || !(kinds >> protocol & 1))
			return IP_CHAIN_DONE;
		if (room < length)
			return IP_CHAIN_BAD;
		if (chain->offset + length > present)
			return IP_CHAIN_CUT;
		length = extension_length(protocol, h);
		if (room < length || (protocol == PROTOCOL_AH && length < AH_MINIMUM))
			return IP_CHAIN_BAD;
		if (protocol == PROTOCOL_AH && chain->ah_offset == 0 &&
			chain->offset + AH_MINIMUM <= present)
			chain->ah_offset = chain->offset;
		if (chain->offset + length > present)
			return IP_CHAIN_CUT;
		chain->protocol = h[0];
		chain->offset += length;
		if (protocol == PROTOCOL_FRAGMENT) {
			uint16_t fragment = bytes_be16(h + 2);

			chain->later_fragment = fragment & IPV6_FRAGMENT_OFFSET;
			if (chain->later_fragment)
				return IP_CHAIN_DONE;
			/* Neither bit: an atomic fragment, which is a whole packet (RFC 6946). */
			chain->first_fragment |= fragment & IPV6_MF;
		}
	}
	return IP_CHAIN_BAD;
}

static void decode_chain(struct packet *p, uint64_t kinds, enum packet_part part, uint8_t protocol,
	uint32_t offset, uint32_t end)
{
	struct ip_chain chain = { .offset = offset, .protocol = protocol };
	enum ip_chain_end why = ip_chain_walk(&chain, kinds, p->data, p->caplen, end);

	p->protocol = chain.protocol;
	p->ah_offset = (uint16_t)chain.ah_offset;
	if (why != IP_CHAIN_DONE) {
		decode_stop(p, why == IP_CHAIN_CUT ? LAYER_TRUNCATED : LAYER_MALFORMED, part);
		return;
	}
	if (chain.later_fragment) {
		decode_later_fragment(p, chain.protocol, chain.offset, end);
		return;
	}
	if (chain.first_fragment)
		p->flags |= PACKET_FRAGMENT;
	decode_protocol(p, chain.protocol, chain.offset, end);
}

/* Reached by IPv4 only: an IPv6 chain has passed over it already. */
LAYER_DECODER(decode_authentication)
{
	decode_chain(p, IP_CHAIN_AH, PART_IPV4, PROTOCOL_AH, offset, end);
}

/*
 * Looks for the jumbo payload option in the hop-by-hop header at `h`, of which `bytes` are there.
 * Returns the payload length that it announces, 0 without one.
 */
static uint32_t jumbo_length(const uint8_t *h, uint32_t bytes)
{
	uint32_t at = 2;

	if (bytes >= EXTENSION_UNIT && bytes > (h[1] + 1u) * EXTENSION_UNIT)
		bytes = (h[1] + 1u) * EXTENSION_UNIT;
	while (at + 2 <= bytes) {
		if (h[at] == OPTION_PAD1) {
			at++;
			continue;
		}
		if (h[at] == OPTION_JUMBO && h[at + 1] == 4 && at + 6 <= bytes)
			return bytes_be32(h + at + 2);
		at += 2u + h[at + 1];
	}
	return 0;
}

/* The length of an IPv6 packet whose payload length is 0; 0 if there is none that makes sense. */
static uint32_t ipv6_length_zero(struct packet *p, uint32_t offset, uint32_t end)
{
	uint8_t next = p->data[offset + 6];
	uint32_t present = (end < p->caplen ? end : p->caplen) - offset - IPV6_HEADER;
	uint32_t jumbo = 0;

	if (next == PROTOCOL_NONE)
		return IPV6_HEADER;
	if (next == PROTOCOL_HOP_BY_HOP)
		jumbo = jumbo_length(p->data + offset + IPV6_HEADER, present);
	if (jumbo == 0)
		return length_by_frame(p, offset, end);
	/* Smaller ones have no use for the option and are an error (RFC 2675 3). */
	return jumbo > UINT16_MAX && jumbo <= MAXIMUM_PACKET ? IPV6_HEADER + jumbo : 0;
}

LAYER_DECODER(decode_ipv6)
{
	const uint8_t *h = p->data + offset;

	if (!layer_present(p, offset, end, IPV6_HEADER)) {
		decode_missing(p, PART_IPV6, offset, end, IPV6_HEADER);
		return;
	}
	uint32_t length = IPV6_HEADER + bytes_be16(h + 4);
	uint8_t next = h[6];

	if (length == IPV6_HEADER)
		length = ipv6_length_zero(p, offset, end);
	if (h[0] >> 4 != 6 || length == 0) {
		decode_stop(p, LAYER_MALFORMED, PART_IPV6);
		return;
	}
	end = length_settle(p, offset, end, length);
	p->ip_version = 6;
	p->network_offset = (uint16_t)offset;
	p->tos = (uint8_t)(bytes_be16(h) >> 4);
	p->ttl = h[7];
	p->protocol = next;
	p->flags |= PACKET_IP;
	if (next < 64 && IP_CHAIN_IPV6 >> next & 1)
		decode_chain(
			p, IP_CHAIN_IPV6, PART_IPV6_EXTENSION, next, offset + IPV6_HEADER, end);
	else
		decode_protocol(p, next, offset + IPV6_HEADER, end);
}
