/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_TCP_H
#define PKTLINT_ANALYZERS_TCP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/contrast.h"
#include "analyzers/flow.h"
#include "analyzers/offload.h"
#include "analyzers/outages.h"
#include "analyzers/recent.h"
#include "analyzers/reorder.h"
#include "analyzers/tcp_metrics.h"

/* Shared by the parts of the TCP analyzer only: tcp.c and tcp_*.c. */

#define TCP_SACK_RANGES 32
#define TCP_PENDING 64
#define TCP_SEARCH_STEPS 2048 /* recent segments of a direction that are looked at */

/* Offsets start here, so that bytes before the first one seen stay positive. */
#define TCP_FIRST_OFFSET (UINT64_C(1) << 32)

/* So many right checksums of a side make a wrong one its own fault, not the card's. */
#define TCP_TRUSTED_CHECKSUMS 3

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_SECOND INT64_C(1000000000)
/*
 * Shortest retransmission timeout of Linux (TCP_RTO_MIN, include/net/tcp.h), less 10 % for a tap
 * on the way.
 */
#define TCP_RTO_MIN_NS (180 * NS_PER_MS)

/* Flags of reorder_hole.flags. */
#define HOLE_BY_ACK \
	1u /* known from an acknowledgement only: the capture missed it, or sees it later */
#define HOLE_TIMESTAMP 2u /* tsval is meaningful */
#define HOLE_ID 4u        /* ip_id is meaningful */
#define HOLE_ID_BELOW 8u  /* ip_id_below is meaningful */
#define HOLE_DROP 16u     /* the capture itself dropped packets at that time */
#define HOLE_SEAM 32u     /* it may lie in an input before the one that showed it */

/* A stretch that the receiver has selectively acknowledged. */
struct tcp_sack_range {
	uint64_t start, end;
};

/* Flags of tcp_pending.flags. */
#define PENDING_DSACKED 1u  /* a DSACK was explained by it */
#define PENDING_UPSTREAM 2u /* counted as lost upstream */
#define PENDING_DOWNSTREAM 4u
#define PENDING_TIMESTAMP 8u
#define PENDING_WITHHELD 16u /* would be counted as lost, had the capture dropped nothing */

/* A verdict that later evidence may still amend. */
struct tcp_pending {
	uint64_t start, end; /* offsets */
	uint64_t frame;
	int64_t time_ns;
	int64_t gap_ns;     /* since the transmission before it */
	int64_t covered_ns; /* when its bytes were acknowledged, 0: not yet */
	uint32_t tsval;
	uint16_t evidence;
	uint16_t segments;
	uint8_t label, cause, confidence, flags;
};

/*
 * Losses behind the capture point whose verdicts made room for newer ones while a DSACK might still
 * come: no verdict can be amended any more, but the loss can be taken back.
 */
struct tcp_forgotten {
	uint64_t start, end; /* offsets they lie between */
	uint64_t segments;
	int64_t from_ns, until_ns; /* when they were sent again, and when the last DSACK is due */
};

/* How late the late segments of one direction were; kept for the first so many directions. */
#define TCP_LATENESS_POOL 256
struct tcp_lateness {
	struct histogram extent, late_time;
};

#define TCP_HOLES 32

/* What only a direction in trouble needs; allocated when its trouble starts. */
struct tcp_trouble {
	struct tcp_side *owner;
	struct tcp_lateness *lateness; /* owned; NULL: nothing late, or the pool was exhausted */
	uint64_t touched;              /* tcp.touches when last needed */
	struct reorder_holes holes;
	struct reorder_hole hole[TCP_HOLES];         /* their store */
	struct tcp_sack_range sack[TCP_SACK_RANGES]; /* above una, in order */
	uint32_t sack_count;
	uint64_t sack_highest; /* highest offset ever selectively acknowledged */
	uint64_t before_end;   /* bytes below may have passed before the capture */
	struct tcp_pending pending[TCP_PENDING]; /* a ring, oldest overwritten */
	struct tcp_forgotten forgotten;
	uint32_t pending_next;
	uint32_t pending_open;    /* at most so many of them are not covered yet */
	uint32_t duplicate_acks;  /* since una last moved */
	int64_t duplicate_ack_ns; /* the last of them */
	int64_t progress_ns;      /* when una last moved */
	int64_t resend_ns;        /* when anything was last sent again */
	int64_t copy_age_ns;      /* how far apart the capture's copies usually are */
	uint64_t recover;         /* loss recovery lasts until una reaches it (RFC 6675), 0: none */
	uint64_t rto_recover;     /* recovery after a timeout, likewise */
	uint64_t tlp_end;         /* tail that was probed already (RFC 8985 7) */
	uint64_t pmtu_recover;    /* below this, smaller pieces answer an ICMP error */
	uint32_t pmtu;            /* that it named */
	uint32_t far_segments;    /* consecutive segments far outside the window */
	uint32_t far_seq;
	uint32_t id_contradictions;
	uint32_t pending_isn; /* of a SYN that nobody answered yet */
	bool has_pending_isn, fast_open_rejected;
	uint64_t first_frames[TCP_EVIDENCE_KINDS][TCP_EVIDENCE_FRAMES]; /* evidence for findings */
	/* Segments of the kind, by verdicts short of proof, by their confidence. */
	uint64_t unproven[TCP_EVIDENCE_KINDS][CONFIDENCE_PROVEN];
	uint64_t count[TCP_COUNTERS]; /* enum tcp_counter */
};

/* An input that was read: drops of another one explain nothing of what was lost in it. */
struct tcp_input {
	uint64_t lost; /* upstream, so far as was known at its end */
	uint64_t seam; /* of these, segments that an input before may have dropped */
};

/* The analyzer's state of a run. */
struct tcp {
	struct flow_table *flows;
	const struct analyzer_options *options; /* borrowed */
	struct recent *recent;
	struct tcp_trouble **trouble; /* by index; [0] unused */
	uint32_t trouble_count, trouble_capacity;
	uint32_t *free_trouble; /* indexes given back by evicted flows */
	uint32_t free_count, free_capacity;
	uint64_t touches; /* how often a trouble was needed */
	uint32_t lateness_count;
	uint64_t trouble_taken;     /* troubles given to another direction */
	struct tcp_input *inputs;   /* the ones that ended, outages.inputs of them; owned */
	uint64_t input_frame;       /* frames above it are the open input's */
	uint64_t input_lost;        /* upstream, before the open input */
	uint64_t input_seam;        /* of the open input */
	struct outages outages;     /* when the capture missed packets */
	struct contrast late, lost; /* against the openers of the holes that they left */
	struct tcp_totals totals;
};

/* One TCP packet being judged. */
struct tcp_segment {
	struct tcp *tcp;
	struct batch *batch;
	struct packet *packet;
	struct flow *flow;
	struct tcp_side *side, *peer;    /* who sent it, who gets it */
	uint64_t start, end;             /* offsets it covers */
	uint32_t length;                 /* in sequence space */
	uint32_t segments;               /* wire segments it stands for, >= 1 */
	enum offload_evidence coalesced; /* what shows that they are several */
	bool has_id;                     /* IPv4 */
};

/* The segment's place in its batch. */
static inline int32_t tcp_place(const struct tcp_segment *segment)
{
	return (int32_t)(segment->packet - segment->batch->packets);
}

/* Whether all segments remembered before `entry` end at or below `offset`: none can matter then. */
static inline bool tcp_ends_search(const struct recent_segment *entry, uint64_t offset)
{
	return entry->flags & RECENT_HIGHEST && entry->offset <= offset;
}

/* Time in ticks of 1,024 ns; wraps after 73 minutes, so only differences mean something. */
static inline uint32_t tcp_tick(int64_t time_ns)
{
	return (uint32_t)(time_ns >> 10);
}

static inline int64_t tcp_ticks_ns(uint32_t ticks)
{
	return (int64_t)ticks << 10;
}

/*
 * Whether the time between two frames tells anything: several receive queues stamp a little out of
 * order, a clock that goes back by more was set.
 */
static inline bool tcp_is_age(int64_t age_ns)
{
	return age_ns > -2 * NS_PER_MS;
}

/* Offset of sequence number `seq` nearest to `reference`. */
static inline uint64_t tcp_offset(uint64_t reference, uint32_t seq)
{
	return reference + (uint64_t)(int64_t)(int32_t)(seq - (uint32_t)reference);
}

/* Whether the peer was seen to acknowledge anything of this side. */
static inline bool tcp_is_acked(const struct tcp_side *side)
{
	return side->flags & SIDE_ACKED;
}

/* The trouble of `side`, NULL if it has none so far. */
static inline struct tcp_trouble *tcp_trouble_of(const struct tcp *tcp, const struct tcp_side *side)
{
	return side->trouble ? tcp->trouble[side->trouble] : NULL;
}

/*
 * The trouble of `side`, made if need be; when the pool is exhausted, the one that was needed
 * least recently among some is totalled and taken from its direction (counted). Never NULL.
 */
struct tcp_trouble *tcp_trouble_start(struct tcp *tcp, struct tcp_side *side);

/*
 * Makes the counts of a side's trouble final: what was never captured, what stayed undetermined.
 * `side->trouble` is not 0.
 */
void tcp_trouble_settle(struct tcp *tcp, const struct flow *flow, const struct tcp_side *side);

/* Another stream begins in the same direction: all is forgotten but counts and evidence. */
void tcp_trouble_renew(const struct tcp *tcp, struct tcp_trouble *trouble);

/* Gives the trouble of a flow that is forgotten back to the pool. */
void tcp_trouble_release(struct tcp *tcp, struct tcp_side *side);

/* Counts `n` of `counter` for the side's direction, if its trouble can be had. */
void tcp_count(struct tcp *tcp, struct tcp_side *side, enum tcp_counter counter, uint64_t n);

/* Counts `segments` of a kind as unproven unless the verdict on them is a proof. */
static inline void tcp_doubt(struct tcp_trouble *trouble, enum tcp_evidence_kind kind,
	enum confidence confidence, uint32_t segments)
{
	if (confidence < CONFIDENCE_PROVEN)
		trouble->unproven[kind][confidence] += segments;
}

/* Remembers `frame` as evidence of a kind, once, the first few of each. */
void tcp_evidence(struct tcp_trouble *trouble, enum tcp_evidence_kind kind, uint64_t frame);

/* Forgets `frame` as evidence of a kind if it was: an amendment took its verdict back. */
void tcp_withdraw_evidence(
	struct tcp_trouble *trouble, enum tcp_evidence_kind kind, uint64_t frame);

/*
 * Whether the identification of `side` counts its packets, so that it tells their order of
 * sending.
 */
bool tcp_id_counts(const struct tcp_side *side);

/*
 * Order of sending by identification: -1 if `id` was sent before `other`, 1 after, 0 unknown or
 * equal.
 */
int tcp_id_order(const struct tcp_side *side, uint16_t id, uint16_t other);

/* How many packets apart `id` and `other` were sent, if the identification counts. */
uint32_t tcp_id_distance(const struct tcp_side *side, uint16_t id, uint16_t other);

/*
 * Order of sending against the side's newest packet so far, by timestamp and identification: -1
 * the segment was sent before it, 1 after, 0 unknown.
 */
int tcp_header_order(const struct tcp_segment *segment);

/* What one piece of the segment turned out to be. */
struct tcp_piece {
	uint64_t start, end;
	uint64_t reference;
	const struct reorder_hole *hole; /* NULL: the bytes were seen before, or are new */
	struct recent_segment *before;   /* the segment that carried them before, NULL if unknown */
	enum label label;
	enum confidence confidence;
	uint16_t evidence;
};

/*
 * tcp_order.c: the newest earlier segment that shares bytes with [start, end), NULL if none is
 * remembered.
 */
struct recent_segment *tcp_carrier(struct tcp_segment *segment, uint64_t start, uint64_t end);

/* tcp_order.c: judges a piece that fills a hole: fills label, confidence, evidence, reference. */
void tcp_judge_hole(struct tcp_segment *segment, struct tcp_piece *piece);

/*
 * tcp_order.c: judges a piece whose bytes had been seen, or lie below the first one seen; as
 * tcp_judge_hole().
 */
void tcp_judge_seen(struct tcp_segment *segment, struct tcp_piece *piece);

/*
 * tcp_order.c: whether a remembered segment was sent after this one: its bytes lie above, or its
 * header says so.
 */
bool tcp_sent_later(struct tcp_segment *segment, const struct recent_segment *entry);

/* tcp_resend.c: how many wire segments a piece is. */
uint32_t tcp_piece_segments(const struct tcp_segment *segment, const struct tcp_piece *piece);

/*
 * tcp_resend.c: a piece was sent again: decides need and cause, counts them, may make the piece's
 * label spurious_retransmission, and keeps it pending.  `gap_ns`: since the side's last segment,
 * -1: unknown.
 */
void tcp_judge_resend(struct tcp_segment *segment, struct tcp_trouble *trouble,
	struct tcp_piece *piece, struct verdict *verdict, int64_t gap_ns);

/*
 * tcp_late.c: judges a segment that starts below the highest byte seen; also files it among the
 * recent ones.
 */
void tcp_judge_late(struct tcp_segment *segment);

/* tcp_late.c: opens a hole between the highest byte seen and the segment. */
void tcp_open_hole(struct tcp_segment *segment);

/*
 * tcp_late.c: gives up the round trip being measured if the segment covers its bytes (RFC 6298 3).
 */
void tcp_stop_rtt(struct tcp_segment *segment);

/* tcp_super.c: counts a packet that stands for several wire segments, and marks it. */
void tcp_count_super(struct tcp_segment *segment);

/* tcp_super.c: takes in the super-frames of a direction that ends. */
void tcp_note_super(struct tcp *tcp, const struct flow *flow, int side);

/* tcp_super.c: PL3001. */
void tcp_add_super(const struct tcp *tcp, struct report *report);

/*
 * tcp_refused.c: an ICMP error (`packet`) tells a segment on its way, which `side` of the flow
 * sent, that it is too long: whether the one that was refused is longer than any that was sent.
 */
void tcp_judge_refusal(struct tcp *tcp, const struct packet *packet,
	const struct packet_quote *quote, const struct flow *flow, uint8_t side);

/* tcp_refused.c: PL3103. */
void tcp_add_refusals(const struct tcp *tcp, struct report *report);

/* tcp_findings.c: "10.0.0.1:443 > 10.0.0.2:5000" of what `side` of the flow sends. */
void tcp_subject(const struct flow *flow, int side, char *text, size_t size);

/* tcp_handshake.c: a SYN or SYN/ACK. */
void tcp_judge_syn(struct tcp_segment *segment);

/*
 * tcp_handshake.c: the segment acknowledges the initial sequence number that `pending_isn` of its
 * peer's trouble keeps: the peer's stream begins there.
 */
void tcp_take_pending_syn(struct tcp_segment *segment);

/* tcp.c: takes in new bytes, the next expected ones or (behind a hole) further ones. */
void tcp_accept(struct tcp_segment *segment);

/* tcp_learn.c: takes in what the packet's header tells of its side, after it was judged. */
void tcp_learn_header(struct tcp_segment *segment);

/* tcp_sack.c: reads the SACK blocks of a packet that acknowledges `ack`. */
void tcp_read_sack(struct tcp_segment *segment, uint64_t ack);

/* tcp_sack.c: forgets ranges below `ack`; the gaps between them that it closes arrived late. */
void tcp_sack_advance(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t una, uint64_t ack);

/*
 * tcp_sack.c: how long after its bytes were acknowledged the verdict on a resend may still change,
 * ns.
 */
int64_t tcp_amend_window_ns(const struct tcp_side *owner);

/* tcp_pending.c: whether an enum label is one of a copy. */
bool tcp_is_copy(uint8_t label);

/*
 * tcp_copy.c: the earlier transmission of which the segment is a copy, NULL if it is none; adds
 * what shows it.
 */
struct recent_segment *tcp_find_copied(struct tcp_segment *segment, uint16_t *evidence);

/* tcp_copy.c: labels a copy of `original`, made by the network or by the capture. */
void tcp_judge_copy(
	struct tcp_segment *segment, struct recent_segment *original, uint16_t evidence);

/*
 * tcp_copy.c: whether a pure acknowledgement is a copy; then it is labelled and says nothing new.
 */
bool tcp_judge_copied_ack(struct tcp_segment *segment);

/* tcp_copy.c: the shortest time from one end to the other and back that was seen, 0 if unknown. */
int64_t tcp_round_trip_min_ns(const struct tcp_segment *segment);

/* tcp_ack.c: what the segment's acknowledgement says of the peer's data. */
void tcp_acknowledge(struct tcp_segment *segment);

/*
 * tcp_ack.c: closes holes whose bytes the receiver has had for long at `now_ns` (`final`: at all):
 * nobody but the capture missed them; counts their bytes.
 */
void tcp_close_acked_holes(struct tcp_trouble *trouble, int64_t now_ns, bool final);

/*
 * tcp_cause.c: why the segment was sent again; updates the recovery state.  `gap_ns`: since the
 * side's last segment.
 */
enum cause tcp_resend_cause(struct tcp_segment *segment, struct tcp_trouble *trouble,
	const struct recent_segment *before, int64_t gap_ns, uint16_t *evidence);

/* Remembers a verdict on `segment` that may be amended. */
struct tcp_pending *tcp_pending_add(struct tcp_segment *segment, struct tcp_trouble *trouble);

/*
 * A DSACK of [start, end) is about none of the pending verdicts: if one that made room may be
 * meant, takes back that it was lost and returns true.
 */
bool tcp_pending_recall(struct tcp_trouble *trouble, uint64_t start, uint64_t end, int64_t time_ns);

/*
 * Withholds what the pending verdicts say of loss behind the capture point as far as the capture
 * may have dropped the DSACK that would have amended them.  Call it before they, or what is known
 * of the drops, are forgotten.
 */
void tcp_pending_settle(const struct tcp *tcp, struct tcp_trouble *trouble);

/*
 * Replaces a pending verdict on what `side` sent by `label`, because of `segment`: counters move,
 * the amendment goes into the batch.
 */
void tcp_amend(struct tcp_segment *segment, struct tcp_side *side, struct tcp_pending *pending,
	enum label label, enum confidence confidence, uint16_t evidence);

/* Digest of MAC addresses and interface: differs where a packet was captured at another place. */
static inline uint8_t tcp_path_digest(const struct packet *packet)
{
	uint64_t macs = 0;

	if (packet->network_offset >= 8)
		memcpy(&macs, packet->data, sizeof(macs));
	return (uint8_t)((macs * UINT64_C(0x9e3779b97f4a7c15)) >> 56) ^ (uint8_t)packet->interface;
}

/* Files the segment among the recent ones of its side. */
struct recent_segment *tcp_remember(struct tcp_segment *segment, enum label label);

/* Gives the packet its label with a verdict to be filled by the caller. */
struct verdict *tcp_verdict(struct tcp_segment *segment, enum label label,
	enum confidence confidence, uint16_t evidence);

/* tcp_findings.c */
void tcp_add_findings(struct tcp *tcp, struct report *report);

/*
 * tcp_findings.c: takes what the findings need of one direction before its trouble is given away.
 */
void tcp_note_side(struct tcp *tcp, const struct flow *flow, int side);

/* tcp_trouble.c: the histograms of a direction's late segments, NULL when the pool is exhausted. */
struct tcp_lateness *tcp_lateness_start(struct tcp *tcp, struct tcp_trouble *trouble);

/* tcp_findings.c: takes what a flow's findings need before it is forgotten. */
void tcp_note_flow(struct tcp *tcp, const struct flow *flow);

#endif
