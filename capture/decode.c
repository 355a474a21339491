/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which headers does a frame have, and what do they say?  Header lengths decide where payload
 * begins and ends; the frame's length on the wire only judges lengths that cannot be true.  The
 * frames that most traffic consists of are decoded here in one step; all others, and whatever is
 * odd about these, layer by layer: with the same outcome.
 */
#include "capture/decode.h"

#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "capture/decode_layers.h"
#include "capture/decode_tcp.h"

#define LINKTYPE_ETHERNET 1
#define ETHERTYPE_AT 12
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERNET_HEADER 14
#define IPV4_HEADER 20
#define IPV4_NO_OPTIONS 0x45
#define IPV4_DF 0x4000
#define IPV4_FRAGMENT 0x3fff /* more fragments, or an offset */
#define IPV6_HEADER 40
#define PROTOCOL_TCP 6
#define USUAL_MINIMUM (ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER)

static inline void frame_copy(const struct frame *frame, struct packet *p)
{
	p->data = frame->data;
	p->frame = frame->number;
	p->time_ns = frame->time_ns;
	p->caplen = frame->caplen;
	p->wirelen = frame->wirelen;
	p->interface = frame->interface;
	p->gso_size = frame->gso_size;
	p->direction = frame->direction;
	p->frame_flags = frame->flags;
	p->linktype = frame->linktype;
	p->rxhash = frame->rxhash;
	p->device = frame->device;
	p->cpu = frame->cpu;
	p->queue = frame->queue;
}

_Static_assert(sizeof(struct packet) <= 192, "a packet takes three cache lines at most");

/* Fills what no header of a usual packet says. */
static inline void usual_clear(struct packet *p)
{
	p->tsecr = p->tsval = 0;
	p->mss = 0;
	p->sack_offset = 0;
	p->sack_count = 0;
	p->wscale = 0;
	p->vlan_tags = 0;
	p->vlan_id = p->vlan_inner = 0;
	p->vni = p->outer_pair = 0;
	p->segments = 0;
	p->mpls_label = 0;
	p->ah_offset = p->rtag_offset = 0;
	p->icmp_type = p->icmp_code = 0;
	p->side = 0;
	p->label = 0;
	p->hash = 0;
	p->flow = NULL;
	p->stream = 0;
	p->verdict = -1;
}

/* The TCP header's fields, and what else only a header above IP says. */
static inline void transport_clear(struct packet *p)
{
	p->transport_header = p->checksum = 0;
	p->destination_port = p->source_port = 0;
	p->payload_length = 0;
	p->tcp_ack = p->tcp_seq = 0;
	p->tcp_window = p->tcp_flags = 0;
}

/*
 * What is settled once the IP header is: the rest of a usual packet of `length` bytes.  Inline, for
 * then all offsets are constants and most stores merge.
 */
__attribute__((always_inline)) static inline bool usual_finish(const struct frame *frame,
	struct packet *p, uint32_t flags, uint16_t ethertype, uint8_t protocol, uint32_t header,
	uint32_t length)
{
	uint32_t room = frame->wirelen - ETHERNET_HEADER;

	if (length <= header || length > room ||
		(protocol == PROTOCOL_TCP && length < header + TCP_HEADER))
		return false;
	flags |= PACKET_IP | (length < room ? PACKET_PADDED : 0);
	frame_copy(frame, p);
	p->layer = LAYER_TRANSPORT;
	p->ip_version = ethertype == ETHERTYPE_IPV4 ? 4 : 6;
	p->reason = p->protocol = protocol;
	p->ethertype = ethertype;
	p->network_offset = ETHERNET_HEADER;
	p->transport_offset = (uint16_t)(ETHERNET_HEADER + header);
	p->ip_length = length;
	usual_clear(p);
	if (protocol == PROTOCOL_TCP)
		return tcp_decode(p, flags, ETHERNET_HEADER + header, ETHERNET_HEADER + length);
	transport_clear(p);
	p->flags = flags;
	decode_protocol(p, protocol, ETHERNET_HEADER + header, ETHERNET_HEADER + length);
	return true;
}

/* IPv4 without options, whole. */
static inline bool usual_ipv4(const struct frame *frame, struct packet *p)
{
	const uint8_t *h = frame->data + ETHERNET_HEADER;
	uint16_t fragment = bytes_be16(h + 6);

	if (h[0] != IPV4_NO_OPTIONS || fragment & IPV4_FRAGMENT)
		return false;
	p->tos = h[1];
	p->ip_id = bytes_be16(h + 4);
	p->ttl = h[8];
	uint32_t flags = fragment & IPV4_DF ? PACKET_DF : 0, length = bytes_be16(h + 2);

	if (h[9] == PROTOCOL_TCP)
		return usual_finish(
			frame, p, flags, ETHERTYPE_IPV4, PROTOCOL_TCP, IPV4_HEADER, length);
	return usual_finish(frame, p, flags, ETHERTYPE_IPV4, h[9], IPV4_HEADER, length);
}

/* IPv6 without extension headers. */
static inline bool usual_ipv6(const struct frame *frame, struct packet *p)
{
	const uint8_t *h = frame->data + ETHERNET_HEADER;

	if (frame->caplen < USUAL_MINIMUM + IPV6_HEADER - IPV4_HEADER || h[0] >> 4 != 6 ||
		(h[6] < 64 && IP_CHAIN_IPV6 >> h[6] & 1))
		return false;
	p->tos = (uint8_t)(bytes_be16(h) >> 4);
	p->ip_id = 0;
	p->ttl = h[7];
	return usual_finish(
		frame, p, 0, ETHERTYPE_IPV6, h[6], IPV6_HEADER, IPV6_HEADER + bytes_be16(h + 4));
}

static inline bool decode_usual(const struct frame *frame, struct packet *p)
{
	if (frame->linktype != LINKTYPE_ETHERNET || frame->caplen < USUAL_MINIMUM ||
		frame->wirelen < frame->caplen)
		return false;
	switch (bytes_be16(frame->data + ETHERTYPE_AT)) {
	case ETHERTYPE_IPV4:
		return usual_ipv4(frame, p);
	case ETHERTYPE_IPV6:
		return usual_ipv6(frame, p);
	default:
		return false;
	}
}

void decode_general(const struct frame *frame, struct packet *packet)
{
	memset(packet, 0, sizeof(*packet));
	packet->verdict = -1;
	frame_copy(frame, packet);
	if (packet->wirelen < packet->caplen)
		packet->wirelen = packet->caplen;
	decode_link(packet);
}

void decode_frame(const struct frame *frame, struct packet *packet)
{
	if (!decode_usual(frame, packet))
		decode_general(frame, packet);
}
