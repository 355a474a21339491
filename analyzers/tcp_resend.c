/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a resend mean: was it needed, where had the first transmission gone missing, and why
 * was it sent?  What cannot be known yet stays pending for later acknowledgements to amend.
 */
#include "analyzers/tcp.h"

/*
 * Seen here before: had the receiver got it?  Near the receiver what passed has arrived, unless it
 * went on asking for it long after.
 */
static bool receiver_has_it(const struct tcp_segment *segment, const struct tcp_trouble *trouble,
	const struct recent_segment *before)
{
	const struct tcp_side *side = segment->side;
	int64_t age = segment->packet->time_ns - before->time_ns;
	int64_t answer = tcp_ticks_ns(side->answer_min);

	if (before->label == LABEL_CORRUPT)
		return false;
	if (trouble->duplicate_acks && trouble->duplicate_ack_ns > before->time_ns + 2 * answer &&
		side->una >= segment->start && side->una < segment->end)
		return false;
	if (trouble->sack_count && trouble->sack_highest > segment->end &&
		trouble->duplicate_ack_ns > before->time_ns + 2 * answer)
		return false;
	if (side->answer_min && segment->peer->answer_min)
		return side->answer_min < segment->peer->answer_min / 3 && age > answer;
	return !tcp_is_acked(segment->side) &&
	       trouble->count[TCP_LOST_UPSTREAM] + trouble->count[TCP_REORDERED] > 0;
}

/* Whether the receiver had acknowledged all of [start, end), one way or the other. */
static uint16_t acknowledged(const struct tcp_segment *segment, const struct tcp_trouble *trouble,
	uint64_t start, uint64_t end)
{
	if (segment->side->flags & SIDE_ACKED && end <= segment->side->una)
		return EVIDENCE_ACK;
	for (uint32_t i = 0; i < trouble->sack_count; i++)
		if (trouble->sack[i].start <= start && trouble->sack[i].end >= end)
			return EVIDENCE_SACK;
	return 0;
}

/*
 * Whether bytes that were acknowledged before came again for certain: a header of its own shows
 * that the piece is no copy.  Where no earlier transmission was seen, the acknowledgement may be
 * the answer to this one, captured in the wrong order.
 */
static bool is_shown_resend(const struct tcp_piece *piece)
{
	return piece->confidence == CONFIDENCE_PROVEN && !piece->hole &&
	       piece->evidence & (EVIDENCE_IP_ID | EVIDENCE_TSVAL);
}

uint32_t tcp_piece_segments(const struct tcp_segment *segment, const struct tcp_piece *piece)
{
	if (segment->segments == 1)
		return 1;
	return offload_segments(segment->side, segment->packet, piece->end - piece->start);
}

static const enum tcp_counter cause_counters[CAUSE_COUNT] = {
	[CAUSE_UNKNOWN] = TCP_CAUSE_UNKNOWN,
	[CAUSE_FAST] = TCP_CAUSE_FAST,
	[CAUSE_RACK] = TCP_CAUSE_FAST,
	[CAUSE_RTO] = TCP_CAUSE_RTO,
	[CAUSE_AFTER_RTO] = TCP_CAUSE_AFTER_RTO,
	[CAUSE_TLP] = TCP_CAUSE_TLP,
	[CAUSE_PMTU] = TCP_CAUSE_PMTU,
	[CAUSE_SYN] = TCP_CAUSE_SYN,
	[CAUSE_FIN] = TCP_CAUSE_UNKNOWN,
};

static void count_cause(
	struct tcp_trouble *trouble, enum cause cause, uint64_t frame, uint32_t segments)
{
	if (cause == CAUSE_NONE)
		return;
	trouble->count[cause_counters[cause]] += segments;
	if (cause == CAUSE_RTO)
		tcp_evidence(trouble, TCP_SHOWS_TIMEOUT, frame);
	if (cause == CAUSE_SYN)
		tcp_evidence(trouble, TCP_SHOWS_SYN, frame);
}

/*
 * Whether the receiver asks for these bytes: it reported higher ones and not these (RFC 2018), or
 * repeated its acknowledgement of the byte before them (RFC 5681).  Without that nobody knows yet
 * whether the first transmission was lost or is only late.
 */
static bool receiver_lacks_it(const struct tcp_segment *segment, const struct tcp_trouble *trouble,
	const struct tcp_piece *piece)
{
	if (trouble->sack_count && trouble->sack[trouble->sack_count - 1].end > piece->end)
		return true;
	return trouble->duplicate_acks >= 3 && segment->side->una == piece->start;
}

/* What a resend has in common with the transmission that was lost. */
#define FACTS_OF_RESENDS \
	(1u << FACT_DSCP | 1u << FACT_PRIORITY | 1u << FACT_SIZE | 1u << FACT_SOURCE_PORT | \
		1u << FACT_DESTINATION_PORT | 1u << FACT_OUTER_PORT | 1u << FACT_VLAN)

static void contrast_loss(const struct tcp_segment *segment, const struct reorder_hole *hole)
{
	struct facts facts;

	facts_read(&facts, segment->packet);
	facts.known &= FACTS_OF_RESENDS;
	contrast_add(&segment->tcp->lost, &facts, &hole->facts);
}

/*
 * Where what was sent again had gone missing, counted; withheld where the capture itself lost
 * packets, or began after they had passed.
 */
static enum loss_place place_loss(const struct tcp_segment *segment, struct tcp_trouble *trouble,
	const struct tcp_piece *piece, uint32_t segments, struct tcp_pending *pending)
{
	enum tcp_evidence_kind kind = piece->hole ? TCP_SHOWS_UPSTREAM : TCP_SHOWS_DOWNSTREAM;

	if (piece->hole && (piece->hole->flags & HOLE_DROP || piece->start < trouble->before_end)) {
		trouble->count[TCP_WITHHELD] += segments;
		return LOSS_UNKNOWN;
	}
	if (pending->cause == CAUSE_SYN) /* the SYN or its answer: which one nobody knows */
		return LOSS_UNKNOWN;
	trouble->count[piece->hole ? TCP_LOST_UPSTREAM : TCP_LOST_DOWNSTREAM] += segments;
	if (piece->hole &&
		(piece->hole->flags & HOLE_SEAM || piece->hole->frame <= segment->tcp->input_frame))
		segment->tcp->input_seam += segments;
	tcp_evidence(trouble, kind, segment->packet->frame);
	tcp_doubt(trouble, kind, piece->confidence, segments);
	pending->flags |= piece->hole ? PENDING_UPSTREAM : PENDING_DOWNSTREAM;
	if (piece->hole) {
		contrast_loss(segment, piece->hole);
		return LOSS_UPSTREAM;
	}
	return receiver_lacks_it(segment, trouble, piece) ? LOSS_DOWNSTREAM : LOSS_UNKNOWN;
}

void tcp_judge_resend(struct tcp_segment *segment, struct tcp_trouble *trouble,
	struct tcp_piece *piece, struct verdict *verdict, int64_t gap_ns)
{
	uint16_t known = acknowledged(segment, trouble, piece->start, piece->end);
	uint32_t segments = tcp_piece_segments(segment, piece);
	struct tcp_pending *pending;

	piece->evidence |= known;
	verdict->cause = (uint8_t)tcp_resend_cause(
		segment, trouble, piece->before, gap_ns, &piece->evidence);
	count_cause(trouble, verdict->cause, segment->packet->frame, segments);
	if (known) {
		piece->label = LABEL_SPURIOUS_RETRANSMISSION;
		piece->confidence = is_shown_resend(piece) ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY;
	} else if (piece->before && piece->end <= segment->side->next &&
		   receiver_has_it(segment, trouble, piece->before)) {
		piece->label = LABEL_SPURIOUS_RETRANSMISSION;
		/* What passed here the receiver itself may have dropped: its word is missing. */
		piece->confidence = CONFIDENCE_LIKELY;
	}
	pending = tcp_pending_add(segment, trouble);
	pending->start = piece->start;
	pending->end = piece->end;
	pending->frame = segment->packet->frame;
	pending->time_ns = segment->packet->time_ns;
	pending->gap_ns = gap_ns;
	pending->tsval = segment->packet->tsval;
	pending->flags = segment->packet->flags & PACKET_TIMESTAMP ? PENDING_TIMESTAMP : 0;
	pending->segments = (uint16_t)segments;
	pending->label = (uint8_t)piece->label;
	pending->cause = verdict->cause;
	pending->confidence = (uint8_t)piece->confidence;
	pending->evidence = piece->evidence;
	if (piece->label == LABEL_SPURIOUS_RETRANSMISSION) {
		trouble->count[TCP_SPURIOUS] += segments;
		tcp_evidence(trouble, TCP_SHOWS_SPURIOUS, segment->packet->frame);
		tcp_doubt(trouble, TCP_SHOWS_SPURIOUS, piece->confidence, segments);
		return;
	}
	trouble->count[TCP_RETRANSMITTED] += segments;
	if (trouble->fast_open_rejected &&
		piece->start < segment->side->una + segment->side->segment_size &&
		verdict->cause == CAUSE_SYN)
		return;
	verdict->place = (uint8_t)place_loss(segment, trouble, piece, segments, pending);
}
