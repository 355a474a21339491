/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does an ICMP message say (RFC 792, RFC 4443), and which packet does an error return?  The
 * returned packet is read as far as it goes: its lengths are those of a packet that is not here.
 */
#include <string.h>

#include "base/bytes.h"
#include "capture/decode_layers.h"

#define ICMP_HEADER 8
#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_ICMPV6 58
#define IPV4_HEADER 20
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV6_HEADER 40

#define KIND_ERROR 1      /* returns the start of a packet */
#define KIND_IDENTIFIER 2 /* has an identifier, the same in question and answer */

static const uint8_t icmp_kinds[256] = {
	[0] = KIND_IDENTIFIER, /* echo reply */
	[3] = KIND_ERROR,      /* destination unreachable */
	[4] = KIND_ERROR,      /* source quench */
	[5] = KIND_ERROR,      /* redirect */
	[8] = KIND_IDENTIFIER, /* echo */
	[11] = KIND_ERROR,     /* time exceeded */
	[12] = KIND_ERROR,     /* parameter problem */
	[13] = KIND_IDENTIFIER,
	[14] = KIND_IDENTIFIER, /* timestamp */
	[15] = KIND_IDENTIFIER,
	[16] = KIND_IDENTIFIER, /* information */
	[17] = KIND_IDENTIFIER,
	[18] = KIND_IDENTIFIER, /* address mask */
};

static const uint8_t icmpv6_kinds[256] = {
	[1] = KIND_ERROR, /* destination unreachable */
	[2] = KIND_ERROR, /* packet too big */
	[3] = KIND_ERROR, /* time exceeded */
	[4] = KIND_ERROR, /* parameter problem */
	[128] = KIND_IDENTIFIER,
	[129] = KIND_IDENTIFIER, /* echo */
};

static uint8_t icmp_kind(const struct packet *p)
{
	return p->ip_version == 4 ? icmp_kinds[p->icmp_type] : icmpv6_kinds[p->icmp_type];
}

LAYER_DECODER(decode_icmp)
{
	const uint8_t *h = p->data + offset;
	struct packet_quote quote;

	if (p->protocol != (p->ip_version == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)) {
		p->payload_length = end - offset;
		decode_stop(p, LAYER_PROTOCOL, p->protocol);
		return;
	}
	if (!layer_present(p, offset, end, ICMP_HEADER)) {
		decode_missing(p, PART_ICMP, offset, end, ICMP_HEADER);
		return;
	}
	p->icmp_type = h[0];
	p->icmp_code = h[1];
	p->checksum = bytes_be16(h + 2);
	p->transport_header = ICMP_HEADER;
	p->payload_length = end - offset - ICMP_HEADER;
	if (icmp_kind(p) == KIND_IDENTIFIER)
		p->source_port = p->destination_port = bytes_be16(h + 4);
	if (packet_quote(p, &quote) == 0)
		p->flags |= PACKET_ICMP_QUOTE;
}

/* The next-hop MTU that an error tells (RFC 1191 4, RFC 4443 3.2). */
static uint32_t told_mtu(const struct packet *p)
{
	const uint8_t *h = p->data + p->transport_offset;

	if (p->ip_version == 4)
		return p->icmp_type == 3 && p->icmp_code == 4 ? bytes_be16(h + 6) : 0;
	return p->icmp_type == 2 ? bytes_be32(h + 4) : 0;
}

/* Ports and sequence of the returned transport header at `h`; `present` bytes of it are there. */
static void quote_transport(struct packet_quote *quote, const uint8_t *h, uint32_t present)
{
	bool tcp = quote->protocol == PROTOCOL_TCP;

	if (!tcp && quote->protocol != PROTOCOL_UDP)
		return;
	if (present < (tcp ? 8 : 4))
		return;
	quote->has_ports = true;
	quote->source_port = bytes_be16(h);
	quote->destination_port = bytes_be16(h + 2);
	if (tcp)
		quote->tcp_seq = bytes_be32(h + 4);
}

static int quote_ipv4(struct packet_quote *quote, const uint8_t *h, uint32_t present)
{
	uint32_t header = (h[0] & 0xfu) * 4;

	if (present < IPV4_HEADER || header < IPV4_HEADER)
		return -1;
	quote->ip_version = 4;
	quote->protocol = h[9];
	quote->ip_length = bytes_be16(h + 2);
	quote->ip_id = bytes_be16(h + 4);
	quote->source = h + 12;
	quote->destination = h + 16;
	if (header <= present && !(bytes_be16(h + 6) & IPV4_FRAGMENT_OFFSET))
		quote_transport(quote, h + header, present - header);
	return 0;
}

static int quote_ipv6(struct packet_quote *quote, const uint8_t *h, uint32_t present)
{
	struct ip_chain chain = { .offset = IPV6_HEADER };

	if (present < IPV6_HEADER)
		return -1;
	chain.protocol = h[6];
	enum ip_chain_end why = ip_chain_walk(&chain, IP_CHAIN_IPV6, h, present, present);

	quote->ip_version = 6;
	quote->protocol = chain.protocol;
	quote->ip_length = IPV6_HEADER + bytes_be16(h + 4);
	quote->source = h + 8;
	quote->destination = h + 24;
	if (why == IP_CHAIN_DONE && !chain.later_fragment)
		quote_transport(quote, h + chain.offset, present - chain.offset);
	return 0;
}

int packet_quote(const struct packet *p, struct packet_quote *quote)
{
	uint32_t start = (uint32_t)p->transport_offset + ICMP_HEADER;
	uint32_t present = 0;

	memset(quote, 0, sizeof(*quote));
	if (p->layer != LAYER_TRANSPORT || p->transport_header != ICMP_HEADER ||
		(p->protocol != PROTOCOL_ICMP && p->protocol != PROTOCOL_ICMPV6) ||
		icmp_kind(p) != KIND_ERROR)
		return -1;
	if (start < p->caplen)
		present = p->caplen - start;
	if (present > p->payload_length)
		present = p->payload_length;
	if (present == 0)
		return -1;
	quote->mtu = told_mtu(p);
	if (p->data[start] >> 4 != p->ip_version)
		return -1;
	return p->ip_version == 4 ? quote_ipv4(quote, p->data + start, present)
				  : quote_ipv6(quote, p->data + start, present);
}
