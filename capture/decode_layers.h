/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_DECODE_LAYERS_H
#define PKTLINT_CAPTURE_DECODE_LAYERS_H

/* What the decoders of the layers share among themselves. */

#include <stdbool.h>
#include <stdint.h>

#include "capture/packet.h"

/*
 * The decoder of a layer.  Its header begins at p->data + `offset`; `end` is where the bytes end
 * that the frame and the headers below account for: offset <= end <= p->wirelen, while p->caplen
 * may lie on either side of both.  It fills the fields of its layer, then either hands on to the
 * decoder of the next one or leaves p->layer and p->reason telling why it went no further.
 *
 * A tunnel is such a decoder too: it has its line in one of the tables of decode_tables.c
 * and hands on what it carries.
 */
#define LAYER_DECODER(name) void name(struct packet *p, uint32_t offset, uint32_t end)

/* Link layers. */
LAYER_DECODER(decode_ethernet);
LAYER_DECODER(decode_cooked);  /* LINKTYPE_LINUX_SLL */
LAYER_DECODER(decode_cooked2); /* LINKTYPE_LINUX_SLL2 */
LAYER_DECODER(decode_family);  /* LINKTYPE_NULL, LINKTYPE_LOOP */
LAYER_DECODER(decode_raw_ip);  /* IPv4 or IPv6 by the version */

/* What an EtherType names. */
LAYER_DECODER(decode_vlan);
LAYER_DECODER(decode_rtag);
LAYER_DECODER(decode_mpls);
LAYER_DECODER(decode_ipv4);
LAYER_DECODER(decode_ipv6);

/* What an IP protocol number names. */
LAYER_DECODER(decode_authentication);
LAYER_DECODER(decode_tcp);
LAYER_DECODER(decode_udp);
LAYER_DECODER(decode_icmp);

/* Hand on by the tables of decode_tables.c; what they do not hold ends, named by its number. */
void decode_link(struct packet *p);
void decode_ethertype(struct packet *p, uint16_t ethertype, uint32_t offset, uint32_t end);
void decode_protocol(struct packet *p, uint8_t protocol, uint32_t offset, uint32_t end);

/* What decode_frame() does, always layer by layer. */
void decode_general(const struct frame *frame, struct packet *packet);

/* Ends decoding for `reason`. */
static inline void decode_stop(struct packet *p, enum packet_layer layer, unsigned reason)
{
	p->layer = (uint8_t)layer;
	p->reason = (uint16_t)reason;
}

/* Whether `bytes` of header at `offset` were captured and lie before `end`. */
static inline bool layer_present(
	const struct packet *p, uint32_t offset, uint32_t end, uint32_t bytes)
{
	return offset + bytes <= p->caplen && bytes <= end - offset;
}

/* Ends decoding where layer_present() said no: cut by the capture, or no room for it ever. */
static inline void decode_missing(
	struct packet *p, enum packet_part part, uint32_t offset, uint32_t end, uint32_t bytes)
{
	decode_stop(p, bytes <= end - offset ? LAYER_TRUNCATED : LAYER_MALFORMED, part);
}

/*
 * A walk over the headers that may stand between IP and the layer above: set `offset` and
 * `protocol` to the first one.
 */
struct ip_chain {
	uint32_t offset;     /* of what `protocol` names */
	uint8_t protocol;    /* not one of those walked over, unless later_fragment */
	uint32_t ah_offset;  /* of the first authentication header, 0 without: as it was captured,
				the walk may have ended within its integrity check value */
	bool first_fragment; /* more of the datagram follows in other packets */
	bool later_fragment; /* the walk ended there: what follows is not a header */
};

enum ip_chain_end {
	IP_CHAIN_DONE,
	IP_CHAIN_CUT, /* the next header was not captured to its end */
	IP_CHAIN_BAD, /* the next header does not fit before `end`, or there are too many */
};

/* The headers that ip_chain_walk() is to pass, as bits 1 << protocol. */
#define IP_CHAIN_AH (UINT64_C(1) << 51)
#define IP_CHAIN_IPV6 \
	(UINT64_C(1) << 0 | UINT64_C(1) << 43 | UINT64_C(1) << 44 | UINT64_C(1) << 60 | IP_CHAIN_AH)

/* Walks over `kinds` within the first `end` bytes at `data`, of which `present` were captured. */
enum ip_chain_end ip_chain_walk(struct ip_chain *chain, uint64_t kinds, const uint8_t *data,
	uint32_t present, uint32_t end);

#endif
