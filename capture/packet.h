/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_PACKET_H
#define PKTLINT_CAPTURE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/capture.h"

/*
 * Where decoding ended, and with packet.reason the name and the counter of whatever is not
 * analysed: nothing is skipped in silence.
 */
enum packet_layer {
	LAYER_TRANSPORT, /* decoded as far as we go: reason is the IP protocol number */
	LAYER_LINK,      /* link type not known: reason is the LINKTYPE_ */
	LAYER_NETWORK,   /* no IP in it: reason is the EtherType, or below 256 the 802.2 DSAP;
			     network_offset is where that one's payload begins, 0 for 802.2 */
	LAYER_PROTOCOL,  /* IP protocol that is named only: reason is the protocol number */
	/* From here on it cannot be told which conversation a packet belongs to. */
	LAYER_FRAGMENT,  /* later fragment of a datagram: reason is the IP protocol number */
	LAYER_TRUNCATED, /* the capture cut the frame within a header: reason is enum packet_part */
	LAYER_MALFORMED, /* a header contradicts itself or its room: reason is enum packet_part */
	LAYER_COUNT,
};

/* Which header was cut or wrong. */
enum packet_part {
	PART_LINK,
	PART_VLAN,
	PART_RTAG,
	PART_MPLS,
	PART_IPV4,
	PART_IPV6,
	PART_IPV6_EXTENSION,
	PART_TCP,
	PART_UDP,
	PART_ICMP,
	PART_COUNT,
};

/* Bits of packet.flags. */
#define PACKET_IP (1u << 0)          /* addresses, ip_* are meaningful */
#define PACKET_PORTS (1u << 1)       /* ports are meaningful (TCP, UDP; also of a cut header) */
#define PACKET_TCP (1u << 2)         /* TCP header complete: tcp_* are meaningful */
#define PACKET_FRAGMENT (1u << 3)    /* first fragment: payload_length is what it carries */
#define PACKET_DF (1u << 4)          /* IPv4 don't fragment */
#define PACKET_OPTIONS_CUT (1u << 5) /* TCP options partly missing: absence proves nothing */
#define PACKET_OPTIONS_BAD (1u << 6) /* some TCP option has a wrong length and was passed over */
#define PACKET_LENGTH_ZERO (1u << 7) /* IP length 0 (TSO, BIG TCP): frame length used */
#define PACKET_TIMESTAMP (1u << 8)   /* tsval, tsecr present (RFC 7323) */
#define PACKET_MSS (1u << 9)
#define PACKET_WSCALE (1u << 10)
#define PACKET_SACK_PERMITTED (1u << 11)
#define PACKET_MPTCP (1u << 12)
#define PACKET_FAST_OPEN (1u << 13)
#define PACKET_ICMP_QUOTE (1u << 14)   /* packet_quote() succeeds */
#define PACKET_LENGTH_SHORT (1u << 15) /* headers announce more bytes than the frame had */
#define PACKET_PADDED (1u << 16)       /* frame had bytes behind what the headers announce */
#define PACKET_SUPER (1u << 17)        /* by an analyzer: stands for several wire segments */
#define PACKET_MPLS (1u << 18)         /* a label stack (RFC 3032): mpls_label is meaningful */
#define PACKET_ON_TRIAL (1u << 19)     /* by an analyzer: it is judged, if at all, later */

/* TCP header flags (RFC 9293, RFC 3168; AE: RFC 9768), bits of packet.tcp_flags. */
#define TCP_FIN 0x001
#define TCP_SYN 0x002
#define TCP_RST 0x004
#define TCP_PSH 0x008
#define TCP_ACK 0x010
#define TCP_URG 0x020
#define TCP_ECE 0x040
#define TCP_CWR 0x080
#define TCP_AE 0x100

#define PACKET_MAX_SACK 4

/*
 * Names what `layer` (below LAYER_COUNT) and `reason` of a packet stand for, such as "ARP",
 * "EtherType 0x88b5", "IP protocol 132 (SCTP)", "TCP header cut by the capture".  Returns `text`.
 */
const char *decode_reason(enum packet_layer layer, unsigned reason, char *text, size_t size);

/* Whether the EtherType is that of a protocol that has a name here. */
bool decode_ethertype_is_known(uint16_t ethertype);

struct flow;

/*
 * One frame, decoded: the same compact descriptor for every source.  `data` is borrowed like
 * frame.data.  Numbers are in host byte order.  Fields without their flag are 0.  Neighbours on the
 * wire stand in reverse order here, so that one swap of bytes fills both.
 */
struct packet {
	const uint8_t *data;
	/* These stand as in struct passed_frame. */
	uint64_t frame;      /* place in the run's input, from 1 */
	int64_t time_ns;     /* since 1970-01-01 UTC */
	uint32_t rxhash;     /* with FRAME_HAS_HASH */
	uint32_t interface;  /* run-wide index */
	uint16_t cpu, queue; /* with FRAME_HAS_CPU, FRAME_HAS_QUEUE; see struct frame */
	uint16_t gso_size;
	uint8_t direction;   /* enum direction */
	uint8_t frame_flags; /* FRAME_ bits */

	uint32_t caplen, wirelen; /* wirelen is never below caplen */
	uint32_t device;          /* see struct frame */
	uint16_t linktype;
	uint8_t layer;      /* enum packet_layer */
	uint8_t vlan_tags;  /* how many tags */
	uint16_t reason;    /* see enum packet_layer */
	uint16_t ethertype; /* of the innermost header before the network layer, 0 without one */

	/*
	 * Of the IP header in data; without PACKET_IP of what `ethertype` names, behind tags and
	 * label stack, captured or not; 0 if there is no EtherType.
	 */
	uint16_t network_offset;
	uint16_t transport_offset; /* of what `protocol` names in data */
	uint16_t transport_header; /* length of the TCP, UDP, ICMP header, options included */
	uint16_t ip_id;            /* IPv4 identification; 0 for IPv6 */
	uint16_t checksum;         /* layer 4 checksum as found */
	uint8_t ttl;               /* or hop limit */
	uint8_t tos;               /* DSCP and ECN */
	uint32_t flags;            /* PACKET_ bits */

	/* As the headers announce, captured or not, never more than the frame had on the wire. */
	uint32_t ip_length;      /* bytes of the IP packet (of this fragment), header included */
	uint32_t payload_length; /* bytes above the transport header; all of a named protocol's */

	/* These stand as in the key of a flow. */
	uint16_t destination_port, source_port; /* ICMP echo: identifier in both */
	uint16_t vlan_id;   /* outermost tag's VLAN id, 0: untagged or priority-tagged */
	uint8_t protocol;   /* IP protocol above all extension headers and AH */
	uint8_t ip_version; /* 4, 6 or 0 */

	uint32_t tcp_ack, tcp_seq;
	uint32_t tsecr, tsval;
	uint16_t tcp_window; /* unscaled */
	uint16_t tcp_flags;

	uint16_t mss;
	uint16_t sack_offset; /* of the first block in data */
	uint8_t sack_count;   /* blocks present, 0..PACKET_MAX_SACK */
	uint8_t wscale;       /* as found: above 14 counts as 14 (RFC 7323 2.3) */
	uint16_t vlan_inner;  /* second tag's VLAN id */
	uint32_t vni;         /* tunnel network identifier, 0 without tunnel */
	uint32_t outer_pair;  /* keyless digest of the unordered outer addresses, 0 without */
	uint32_t segments;    /* with PACKET_SUPER: how many wire segments, 0: not known */
	uint32_t mpls_label;  /* the last one of the stack */
	/* In data, 0 without: of the first AH's 12 fixed bytes, of the 6 behind R-TAG's type. */
	uint16_t ah_offset, rtag_offset;
	uint8_t icmp_type, icmp_code;

	/* Filled by flow table and analyzers, as PACKET_SUPER and segments. */
	uint8_t side;      /* end of the flow's key that sent it; flow->opener sent the first one */
	uint8_t label;     /* enum label, LABEL_OTHER until somebody judges */
	uint32_t stream;   /* number of the numbered stream that it is of + 1, 0: of none so far */
	int32_t verdict;   /* index in the batch's verdicts, -1: nothing beyond the label */
	uint64_t hash;     /* keyed, same for both sides */
	struct flow *flow; /* NULL: belongs to none */
};

/* Addresses of a PACKET_IP packet: 4 or 16 bytes in network order, by ip_version; borrowed. */
static inline const uint8_t *packet_source(const struct packet *p)
{
	return p->data + p->network_offset + (p->ip_version == 4 ? 12 : 8);
}

static inline const uint8_t *packet_destination(const struct packet *p)
{
	return p->data + p->network_offset + (p->ip_version == 4 ? 16 : 24);
}

/* Edges of SACK block `i` (below sack_count), RFC 2018. */
void packet_sack(const struct packet *p, unsigned i, uint32_t *left, uint32_t *right);

/* The start of the packet that an ICMP error returns, as far as it was there (RFC 792, 4443). */
struct packet_quote {
	uint8_t ip_version, protocol;
	bool has_ports; /* ports and, for TCP, tcp_seq are meaningful */
	uint16_t source_port, destination_port;
	uint32_t tcp_seq;
	uint32_t ip_length; /* of the returned packet by its header */
	uint16_t ip_id;
	uint32_t mtu;                        /* next-hop MTU told by the error, 0 without */
	const uint8_t *source, *destination; /* borrowed, 4 or 16 bytes */
};

/*
 * Decodes the quote of an ICMP packet.  Returns 0, or -1 if it has none or too little of one to
 * use: so for every packet without PACKET_ICMP_QUOTE.
 */
int packet_quote(const struct packet *p, struct packet_quote *quote);

/* What the layer 4 checksum of a TCP or UDP packet proves. */
enum checksum {
	CHECKSUM_UNKNOWN, /* cut, fragment, absent (UDP 0), or the kernel's word decides */
	CHECKSUM_GOOD,
	CHECKSUM_BAD,
	CHECKSUM_UNFINISHED, /* pseudo-header sum only: left to the card (CHECKSUM_PARTIAL) */
};

/*
 * Computes it over the whole captured payload: O(bytes).  Headers between IP and layer 4 or IPv4
 * options may hold the address that really counts (RFC 791 3.1, RFC 8200 8.1), so behind them a sum
 * that does not fit proves nothing.
 */
enum checksum packet_checksum(const struct packet *p);

#endif
