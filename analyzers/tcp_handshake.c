/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How does a connection begin, begin again, or not begin?  SYN and SYN/ACK (RFC 9293 3.5), ports
 * used again with another initial sequence number (3.6.1), simultaneous open, data on the SYN (RFC
 * 7413), and SYNs that were sent again.
 */
#include "analyzers/tcp.h"

#define IDLE_REUSE_NS (60 * NS_PER_SECOND)
#define MAX_SCALE 14 /* of windows (RFC 7323 2.3) */

/* Forgets one side's past: a new connection begins between the same ports. */
static void reset_side(struct tcp *tcp, struct tcp_side *side)
{
	struct tcp_trouble *trouble = tcp_trouble_of(tcp, side);

	if (trouble)
		tcp_trouble_renew(tcp, trouble);
	side->next = side->una = side->start = 0;
	side->recent = 0;
	side->flags &= SIDE_COALESCED | SIDE_SECOND;
	side->id_steps = side->id_swapped = 0;
	side->segment_size = 0;
	side->size_source = side->size_seen = side->stride_score = side->stride_varied = 0;
	side->answer_min = side->srtt = 0;
}

static bool connection_over(const struct flow *flow, const struct packet *packet)
{
	const struct tcp_side *a = &flow->tcp.side[0], *b = &flow->tcp.side[1];

	return (a->flags | b->flags) & SIDE_RST || (a->flags & SIDE_FIN && b->flags & SIDE_FIN) ||
	       packet->time_ns - flow->last_ns > IDLE_REUSE_NS;
}

static void begin_side(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;
	const struct packet *packet = segment->packet;
	enum checksum checksum;

	if (!side->next)
		side->next = TCP_FIRST_OFFSET + packet->tcp_seq;
	segment->start = tcp_offset(side->next, packet->tcp_seq);
	segment->end = segment->start + segment->length;
	side->start = segment->start;
	side->next = segment->start;
	/*
	 * Right on the SYN, which no card leaves for later more than data: right ones are the
	 * rule.
	 */
	checksum = packet_checksum(packet);
	if (checksum == CHECKSUM_GOOD)
		side->checksums = TCP_TRUSTED_CHECKSUMS;
	side->unfinished = checksum == CHECKSUM_UNFINISHED;
	side->flags |= SIDE_STARTED | SIDE_SYN;
	if (packet->payload_length)
		side->flags |= SIDE_SYN_DATA;
	if (packet->flags & PACKET_SACK_PERMITTED)
		side->flags |= SIDE_SACK;
	if (packet->flags & PACKET_MPTCP)
		segment->flow->tcp_notes |= TCP_NOTE_MPTCP;
	offload_learn_mss(side, segment->peer, packet);
	side->wscale = packet->wscale < MAX_SCALE ? packet->wscale & 15 : MAX_SCALE;
	side->flags |= SIDE_WSCALE;
	tcp_accept(segment);
}

/*
 * A SYN/ACK for the SYN that was answered before, with a number of its own: another server behind
 * the same address, or one that forgot.
 */
static bool answers_same_syn(const struct tcp_segment *segment)
{
	const struct tcp_side *peer = segment->peer;

	return segment->packet->tcp_flags & TCP_ACK && segment->side->flags & SIDE_SYN &&
	       peer->flags & SIDE_SYN && segment->packet->tcp_ack == (uint32_t)peer->start + 1;
}

/*
 * A SYN with another initial sequence number: a new connection if the old one is over, or if the
 * number lies ahead (RFC 9293 3.6.1 reuse); in the middle of a live one it is an old duplicate
 * until somebody answers it.
 */
static bool begins_anew(const struct tcp_segment *segment)
{
	const struct tcp_side *side = segment->side;

	if (!(side->flags & SIDE_STARTED))
		return false;
	if (connection_over(segment->flow, segment->packet) ||
		!(segment->peer->flags & SIDE_STARTED))
		return true;
	return (int32_t)(segment->packet->tcp_seq - (uint32_t)side->next) > 0 &&
	       segment->packet->tcp_flags & TCP_ACK && !answers_same_syn(segment);
}

static bool answers_pending_syn(struct tcp_segment *segment)
{
	struct tcp_trouble *trouble = tcp_trouble_of(segment->tcp, segment->peer);

	return trouble && trouble->has_pending_isn &&
	       segment->packet->tcp_ack == trouble->pending_isn + 1;
}

static void restart_peer(struct tcp_segment *segment)
{
	struct tcp_side *peer = segment->peer;
	uint32_t isn = segment->packet->tcp_ack - 1;

	reset_side(segment->tcp, segment->side);
	reset_side(segment->tcp, peer);
	peer->start = TCP_FIRST_OFFSET + isn;
	peer->next = peer->start + 1;
	peer->flags |= SIDE_STARTED | SIDE_SYN;
}

void tcp_take_pending_syn(struct tcp_segment *segment)
{
	struct tcp_side *peer = segment->peer;
	uint16_t kept = peer->flags & (SIDE_SYN | SIDE_SACK | SIDE_WSCALE);

	reset_side(segment->tcp, peer);
	peer->start = TCP_FIRST_OFFSET + segment->packet->tcp_ack - 1;
	peer->next = peer->start + 1;
	peer->flags |= SIDE_STARTED | kept;
}

static void note_fast_open(struct tcp_segment *segment)
{
	struct tcp_side *peer = segment->peer;

	if (!(peer->flags & SIDE_SYN_DATA) ||
		tcp_offset(peer->next, segment->packet->tcp_ack) != peer->start + 1)
		return;
	tcp_trouble_start(segment->tcp, peer)->fast_open_rejected = true;
}

static void judge_syn_again(struct tcp_segment *segment)
{
	struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, segment->side);
	struct tcp_piece piece = {
		.start = segment->start, .end = segment->start + 1, .label = LABEL_RETRANSMISSION
	};
	uint16_t evidence = 0;
	struct recent_segment *twin = tcp_find_copied(segment, &evidence);
	struct verdict *verdict;

	if (twin) {
		tcp_judge_copy(segment, twin, evidence);
		return;
	}
	piece.confidence = CONFIDENCE_PROVEN;
	piece.before = tcp_carrier(segment, piece.start, piece.end);
	if (segment->packet->tcp_flags & TCP_ACK && piece.before &&
		!(piece.before->flags & RECENT_ACK)) {
		/* Both ends sent a SYN at once: this answers the other's (RFC 9293 3.5). */
		segment->packet->label = LABEL_ACK;
		tcp_acknowledge(segment);
		return;
	}
	verdict = tcp_verdict(segment, LABEL_RETRANSMISSION, piece.confidence, EVIDENCE_SEEN);
	tcp_stop_rtt(segment);
	piece.evidence = EVIDENCE_SEEN;
	tcp_judge_resend(segment, trouble, &piece, verdict, -1);
	verdict->label = (uint8_t)piece.label;
	verdict->confidence = (uint8_t)piece.confidence;
	verdict->evidence = piece.evidence;
	segment->packet->label = (uint8_t)piece.label;
	tcp_remember(segment, piece.label);
	segment->side->arrivals++;
}

/* Refused with a reset, some stacks try again with the same SYN: a new attempt, no resend. */
static bool tries_again(struct tcp_segment *segment)
{
	uint16_t evidence = 0;

	return segment->peer->flags & SIDE_RST && !(segment->packet->tcp_flags & TCP_ACK) &&
	       !tcp_find_copied(segment, &evidence);
}

/*
 * In the middle of a live connection a SYN is an old duplicate, until somebody answers it; a second
 * SYN/ACK is one unless its number is the one that gets acknowledged.
 */
static void judge_old_syn(struct tcp_segment *segment)
{
	struct tcp_trouble *trouble;

	tcp_verdict(segment, LABEL_OTHER, CONFIDENCE_NONE, 0);
	if (segment->packet->tcp_flags & TCP_ACK &&
		(segment->side->flags & SIDE_ACKED || !answers_same_syn(segment)))
		return;
	trouble = tcp_trouble_start(segment->tcp, segment->side);
	trouble->pending_isn = segment->packet->tcp_seq;
	trouble->has_pending_isn = true;
}

void tcp_judge_syn(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;
	const struct packet *packet = segment->packet;
	bool answer = packet->tcp_flags & TCP_ACK;

	if (answer && answers_pending_syn(segment)) {
		restart_peer(segment);
	} else if (side->flags & SIDE_STARTED) {
		segment->start = tcp_offset(side->next, packet->tcp_seq);
		segment->end = segment->start + segment->length;
		if (side->flags & SIDE_SYN && segment->start == side->start &&
			!tries_again(segment)) {
			judge_syn_again(segment);
			return;
		}
		if (begins_anew(segment)) {
			reset_side(segment->tcp, side);
			if (!answer)
				reset_side(segment->tcp, segment->peer);
		} else {
			judge_old_syn(segment);
			return;
		}
	}
	begin_side(segment);
	if (answer) {
		note_fast_open(segment);
		tcp_acknowledge(segment);
	}
}
