/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_VERDICT_H
#define PKTLINT_ANALYZERS_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "report/finding.h"

/* What a frame is, in the order from least to most wrong within a super-frame. */
#define LABELS(X) \
	X(OTHER, other) \
	X(IN_ORDER, in_order) \
	X(ACK, ack) \
	X(RST, rst) \
	X(ICMP, icmp) \
	X(KEEP_ALIVE, keep_alive) \
	X(WINDOW_PROBE, window_probe) \
	X(UNKNOWN, unknown) \
	X(CAPTURE_DUPLICATE, capture_duplicate) \
	X(DUPLICATE, duplicate) \
	X(SPURIOUS_RETRANSMISSION, spurious_retransmission) \
	X(RETRANSMISSION, retransmission) \
	X(REORDERED, reordered) \
	X(CORRUPT, corrupt)

/* Why something was sent again. */
#define CAUSES(X) \
	X(NONE, none) \
	X(UNKNOWN, unknown) \
	X(FAST, fast) \
	X(RACK, rack) \
	X(RTO, rto) \
	X(AFTER_RTO, after_rto) \
	X(TLP, tlp) \
	X(PMTU, pmtu) \
	X(SYN, syn) \
	X(FIN, fin)

/* What a verdict was read from: bits of verdict.evidence. */
#define EVIDENCES(X) \
	X(IP_ID, ip_id)       /* IPv4 identification order or equality */ \
	X(TSVAL, tsval)       /* TCP timestamp value order */ \
	X(SACK, sack)         /* selective acknowledgement */ \
	X(DSACK, dsack)       /* duplicate selective acknowledgement */ \
	X(ACK, ack)           /* cumulative acknowledgement */ \
	X(RTT, rtt)           /* too soon, or late enough, for a reaction of the sender */ \
	X(SEEN, seen)         /* these bytes had passed the capture point before */ \
	X(COPY, copy)         /* every header field equal to an earlier frame's */ \
	X(PATH, path)         /* copy with another TTL, MAC, VLAN or interface */ \
	X(TIMER, timer)       /* a pause as long as the retransmission timer's */ \
	X(ICMP, icmp)         /* an ICMP error named it */ \
	X(WINDOW, window)     /* the peer's window was closed */ \
	X(CHECKSUM, checksum) /* checksum computed over the whole packet */ \
	X(TIMING, timing)     /* nothing but time */ \
	X(NUMBER, number)     /* sequence number of the protocol's own or of a counter found */

enum label {
#define X(name, text) LABEL_##name,
	LABELS(X) LABEL_COUNT,
#undef X
};

/* Labels that say that something went wrong with the frame. */
#define LABELS_ANOMALY \
	(1u << LABEL_REORDERED | 1u << LABEL_RETRANSMISSION | \
		1u << LABEL_SPURIOUS_RETRANSMISSION | 1u << LABEL_DUPLICATE | \
		1u << LABEL_CAPTURE_DUPLICATE | 1u << LABEL_CORRUPT)

enum cause {
#define X(name, text) CAUSE_##name,
	CAUSES(X) CAUSE_COUNT,
#undef X
};

enum evidence_bit {
#define X(name, text) EVIDENCE_BIT_##name,
	EVIDENCES(X) EVIDENCE_COUNT,
#undef X
};

enum evidence {
#define X(name, text) EVIDENCE_##name = 1 << EVIDENCE_BIT_##name,
	EVIDENCES(X)
#undef X
};

/* Where lost bytes went missing, seen from the capture point. */
enum loss_place { LOSS_NONE, LOSS_UPSTREAM, LOSS_DOWNSTREAM, LOSS_UNKNOWN };

/* Texts as dump and JSON have them: "in_order", "after_rto", "ip_id", "upstream"; NONE: "none". */
const char *label_name(enum label label);
const char *cause_name(enum cause cause);
const char *evidence_name(enum evidence_bit bit);
const char *loss_place_name(enum loss_place place);

/* Finds a label by its name; returns it or -1. */
int label_find(const char *name);

#define VERDICT_MAX_PARTS 6
#define VERDICT_NO_FLOW UINT32_MAX /* verdict.flow of a packet that belongs to none */

/* What was decided about one packet, or, later, what replaces that. */
struct verdict {
	uint64_t frame; /* the frame judged */
	int32_t at;     /* packet of the batch that brought the decision, -1: the end of the run */
	uint32_t flow;  /* flow number, or VERDICT_NO_FLOW */
	bool amends;    /* replaces the earlier verdict on `frame` */
	uint8_t label;  /* enum label; of a super-frame the worst */
	uint8_t cause;  /* enum cause; CAUSE_NONE unless sent again */
	uint8_t confidence; /* enum confidence */
	uint8_t place;      /* enum loss_place */
	uint8_t part_count; /* 0: the frame is of one kind */
	uint16_t evidence;  /* EVIDENCE_ bits */
	struct verdict_part {
		uint8_t label;
		uint16_t segments;  /* wire segments, > 0 */
	} parts[VERDICT_MAX_PARTS]; /* in order of sequence number */
	uint32_t extent;            /* reordered: RFC 4737 4.2.1, in packets; 0 otherwise */
	uint32_t late_bytes;        /* reordered: RFC 4737 4.4 byte offset */
	int64_t late_ns;            /* reordered: RFC 4737 4.3 late time; negative: stamped first */
	uint32_t stream;            /* number of the numbered stream + 1, 0: of none */
	uint64_t number;            /* with stream: the packet's sequence number as it was sent */
	uint64_t reference; /* frame compared with (opener of the hole, original, twin), or 0 */
};

#endif
