/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does the way back say?  Cumulative and selective acknowledgements (RFC 9293, RFC 2018) tell
 * what the receiver has, so they measure round trips, unmask what the capture missed, show
 * reordering behind the capture point, and amend verdicts: DSACK (RFC 2883) and the timestamp
 * echoed for a resend (RFC 3522) prove it needless.
 */
#include "analyzers/tcp.h"

#include <string.h>

#define ACK_GRACE_NS \
	(10 * NS_PER_MS)         /* data may be captured so much later than its acknowledgement */
#define MISSED_MAX (64u << 20)   /* an acknowledgement further ahead waits for data to tell */
#define HISTORY_BYTES (1u << 30) /* beyond any window (RFC 7323 2.2): of another connection */

static void sample_rtt(struct tcp *tcp, struct tcp_side *side, uint32_t ticks)
{
	side->rtt_count++;
	side->rtt_sum += ticks;
	if (side->rtt_count == 1 || ticks < side->rtt_min)
		side->rtt_min = ticks;
	if (ticks > side->rtt_max)
		side->rtt_max = ticks;
	/* RFC 6298 2: alpha = 1/8. */
	side->srtt = side->srtt ? side->srtt + (ticks >> 3) - (side->srtt >> 3) : ticks;
	if (!side->answer_min || ticks < side->answer_min)
		side->answer_min = ticks ? ticks : 1;
	histogram_add(&tcp->totals.rtt, (uint64_t)ticks << 10);
}

/*
 * Ticks since `tick`.  Returns false if the clock of the capture went back meanwhile, or if the
 * flow was idle for so long that ticks come round again.
 */
static bool ticks_since(const struct tcp_segment *segment, uint32_t tick, uint32_t *ticks)
{
	int64_t now_ns = segment->packet->time_ns;

	*ticks = tcp_tick(now_ns) - tick;
	return (int32_t)*ticks >= 0 && now_ns - segment->flow->last_ns < tcp_ticks_ns(INT32_MAX);
}

/* An echoed timestamp bounds the peer's answering time even when it only sends data. */
static void sample_echo(struct tcp_segment *segment)
{
	struct tcp_side *owner = segment->peer;
	const struct packet *packet = segment->packet;
	uint32_t ticks;

	if (!(owner->flags & SIDE_ECHO_PENDING) || !(packet->flags & PACKET_TIMESTAMP))
		return;
	if ((int32_t)(packet->tsecr - owner->echo_tsval) < 0)
		return;
	owner->flags &= (uint16_t)~SIDE_ECHO_PENDING;
	if (packet->tsecr != owner->echo_tsval || !ticks_since(segment, owner->echo_tick, &ticks))
		return;
	if (!owner->answer_min || ticks < owner->answer_min)
		owner->answer_min = ticks ? ticks : 1;
}

void tcp_close_acked_holes(struct tcp_trouble *trouble, int64_t now_ns, bool final)
{
	for (uint32_t i = 0; i < trouble->holes.count;) {
		struct reorder_hole *hole = &trouble->holes.hole[i];

		if (!hole->acked_ns || (!final && now_ns - hole->acked_ns < ACK_GRACE_NS)) {
			i++;
			continue;
		}
		/* A SYN or FIN alone is no data that anybody misses. */
		if (hole->end - hole->start > 1)
			trouble->count[TCP_CAPTURE_MISSED] += hole->end - hole->start;
		reorder_close(&trouble->holes, i);
	}
}

/*
 * The receiver acknowledges bytes that were seen only with a wrong checksum: it was right for the
 * receiver, and what the capture holds was changed afterwards or never finished.
 */
static void forgive_checksums(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t ack)
{
	struct tcp_side *owner = segment->peer;

	for (uint32_t i = 0; i < TCP_PENDING; i++) {
		struct tcp_pending
			*pending = &trouble->pending[(trouble->pending_next + i) % TCP_PENDING];

		if (!pending->frame || pending->label != LABEL_CORRUPT || pending->end > ack)
			continue;
		if (pending->start < owner->next &&
			!reorder_missing(&trouble->holes, pending->start, pending->end, NULL))
			continue;
		tcp_amend(segment, owner, pending, LABEL_IN_ORDER, CONFIDENCE_LIKELY, EVIDENCE_ACK);
		reorder_fill(&trouble->holes, pending->start, pending->end);
		if (pending->start == owner->next)
			owner->next = pending->end;
		owner->arrivals++;
		owner->checksums = 0;
	}
}

/* Acknowledged and never seen: the capture missed it, or will see it in a moment. */
static void open_acked_hole(struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t ack)
{
	struct tcp_side *owner = segment->peer;
	struct reorder_hole hole = {
		.start = owner->next,
		.end = ack,
		.time_ns = segment->packet->time_ns,
		.acked_ns = segment->packet->time_ns,
		.frame = segment->packet->frame,
		.arrival = owner->arrivals,
		.flags = HOLE_BY_ACK,
	};

	reorder_open(&trouble->holes, &hole, NULL);
	owner->next = ack;
}

/*
 * RFC 3522 (Eifel): the first acknowledgement that covers a resend echoes a timestamp older than
 * it, so the original had arrived.  Only where nothing below was outstanding, else the echo may
 * stem from a delayed acknowledgement.
 */
static void detect_by_echo(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t una, uint64_t ack)
{
	const struct packet *packet = segment->packet;

	/* With data both ways the receiver may keep the timestamp of before the resend. */
	if (!(packet->flags & PACKET_TIMESTAMP) || segment->length)
		return;
	for (int i = 0; i < TCP_PENDING; i++) {
		struct tcp_pending *pending = &trouble->pending[i];

		if (!pending->frame || pending->label != LABEL_RETRANSMISSION ||
			!(pending->flags & PENDING_TIMESTAMP))
			continue;
		if (pending->start != una || pending->end > ack ||
			segment->side->last_new_ns >
				pending->time_ns - tcp_amend_window_ns(segment->peer) ||
			(int32_t)(packet->tsecr - pending->tsval) >= 0)
			continue;
		tcp_amend(segment, segment->peer, pending, LABEL_SPURIOUS_RETRANSMISSION,
			CONFIDENCE_LIKELY, EVIDENCE_ACK | EVIDENCE_TSVAL);
	}
}

static void note_covered(struct tcp_trouble *trouble, uint64_t ack, int64_t now_ns)
{
	uint32_t open = 0;

	for (int i = 0; i < TCP_PENDING; i++) {
		struct tcp_pending *pending = &trouble->pending[i];

		if (pending->end <= ack && !pending->covered_ns)
			pending->covered_ns = now_ns;
		open += pending->frame && !pending->covered_ns;
	}
	trouble->pending_open = open;
}

static void advance_trouble(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t una, uint64_t ack)
{
	int64_t now = segment->packet->time_ns;

	tcp_sack_advance(segment, trouble, una, ack);
	/* What was covered before cannot begin at the byte that was expected until now. */
	if (trouble->pending_open) {
		detect_by_echo(segment, trouble, una, ack);
		note_covered(trouble, ack, now);
	}
	trouble->duplicate_acks = 0;
	trouble->progress_ns = now;
	if (ack >= trouble->recover)
		trouble->recover = 0;
	if (ack >= trouble->rto_recover)
		trouble->rto_recover = 0;
	if (ack >= trouble->pmtu_recover)
		trouble->pmtu_recover = 0;
	for (uint32_t i = 0; i < trouble->holes.count; i++)
		if (trouble->holes.hole[i].end <= ack && !trouble->holes.hole[i].acked_ns)
			trouble->holes.hole[i].acked_ns = now;
	tcp_close_acked_holes(trouble, now, false);
}

static void note_duplicate_ack(struct tcp_segment *segment)
{
	const struct packet *packet = segment->packet;
	struct tcp_side *owner = segment->peer;
	struct tcp_trouble *trouble;

	/* RFC 5681 2: no data, same window, something outstanding; a new SACK block counts as
	 * well. */
	if (segment->length || owner->next <= owner->una)
		return;
	/* Of a closed window the repeated ones answer probes, and ask for nothing. */
	if (!packet->sack_count &&
		(segment->side->window != packet->tcp_window || !packet->tcp_window))
		return;
	if (segment->has_id && segment->side->flags & SIDE_ID &&
		tcp_id_order(segment->side, packet->ip_id, segment->side->id_max) < 0)
		return; /* late, or a copy */
	trouble = tcp_trouble_start(segment->tcp, owner);
	trouble->duplicate_acks++;
	trouble->duplicate_ack_ns = packet->time_ns;
	trouble->count[TCP_DUPLICATE_ACKS]++;
}

/*
 * An acknowledgement below the highest: overtaken, if its header is older, or has nothing to tell
 * its age.
 */
static void note_old_ack(struct tcp_segment *segment)
{
	const struct tcp_side *side = segment->side;
	bool stamped = segment->packet->flags & PACKET_TIMESTAMP && side->flags & SIDE_TIMESTAMPS;
	bool counted = segment->has_id && side->flags & SIDE_ID && tcp_id_counts(side);

	if (segment->length)
		return;
	if (tcp_header_order(segment) < 0 || (!stamped && !counted))
		tcp_count(segment->tcp, segment->side, TCP_ACKS_REORDERED, 1);
}

/*
 * The first word of the way back where the data began before the capture: everything below is
 * history.
 */
static void start_by_ack(struct tcp_side *owner, uint32_t ack)
{
	owner->next = (UINT64_C(1) << 32) + ack;
	owner->una = owner->next;
	owner->flags |= SIDE_ACKED;
}

/* New bytes are acknowledged: their round trip ends here. */
static inline void end_rtt(struct tcp_segment *segment, uint64_t ack)
{
	struct tcp_side *owner = segment->peer;
	uint32_t ticks;

	if (!(owner->flags & SIDE_RTT_PENDING) || (int32_t)((uint32_t)ack - owner->rtt_end) < 0)
		return;
	owner->flags &= (uint16_t)~SIDE_RTT_PENDING;
	if (ticks_since(segment, owner->rtt_tick, &ticks))
		sample_rtt(segment->tcp, owner, ticks);
}

/*
 * Compares an acknowledged offset with the highest so far; `trouble` is its owner's, or NULL, which
 * is a constant for most.
 */
__attribute__((always_inline)) static inline void take_ack(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t ack)
{
	struct tcp_side *owner = segment->peer;
	uint64_t una = owner->una;

	if (!(owner->flags & SIDE_ACKED) || ack > una) {
		owner->una = ack;
		owner->flags |= SIDE_ACKED;
		end_rtt(segment, ack);
		if (trouble)
			advance_trouble(segment, trouble, una ? una : owner->start, ack);
	} else if (ack == una) {
		note_duplicate_ack(segment);
	} else {
		note_old_ack(segment);
	}
}

/*
 * Where there is trouble, SACK, or more acknowledged than was seen.  Out of line, so that the
 * common acknowledgement saves no registers for it.
 */
__attribute__((noinline)) static void acknowledge_in_trouble(struct tcp_segment *segment)
{
	const struct packet *packet = segment->packet;
	struct tcp_side *owner = segment->peer;
	struct tcp_trouble *trouble = tcp_trouble_of(segment->tcp, owner);
	uint64_t ack;

	if (trouble && trouble->has_pending_isn && !(owner->flags & SIDE_ACKED) &&
		packet->tcp_ack == trouble->pending_isn + 1)
		tcp_take_pending_syn(segment);
	ack = tcp_offset(owner->next, packet->tcp_ack);
	sample_echo(segment);
	if (ack > owner->next + MISSED_MAX || ack + HISTORY_BYTES < owner->next)
		return;
	if (trouble && trouble->count[TCP_CORRUPT])
		forgive_checksums(segment, trouble, ack);
	if (ack > owner->next)
		open_acked_hole(segment, tcp_trouble_start(segment->tcp, owner), ack);
	if (packet->sack_count)
		tcp_read_sack(segment, ack);
	trouble = tcp_trouble_of(segment->tcp, owner);
	take_ack(segment, trouble, ack);
	if (packet->sack_count && trouble)
		trouble->duplicate_ack_ns = packet->time_ns;
}

void tcp_acknowledge(struct tcp_segment *segment)
{
	const struct packet *packet = segment->packet;
	struct tcp_side *owner = segment->peer;
	uint64_t ack;

	if (!(owner->flags & SIDE_STARTED)) {
		if (!(owner->flags & SIDE_ACKED) ||
			(int32_t)(packet->tcp_ack - (uint32_t)owner->una) > 0)
			start_by_ack(owner, packet->tcp_ack);
		return;
	}
	ack = tcp_offset(owner->next, packet->tcp_ack);
	if (owner->trouble || packet->sack_count || ack > owner->next) {
		acknowledge_in_trouble(segment);
		return;
	}
	sample_echo(segment);
	if (ack + HISTORY_BYTES >= owner->next)
		take_ack(segment, NULL, ack);
}
