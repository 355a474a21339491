/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only directions in trouble need: a bounded pool, so that a clean flow stays small and
 * traffic cannot make memory grow.
 */
#include "analyzers/tcp.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define MAX_TROUBLE 8192u /* directions in trouble at a time: about 80 MB */

#define PROBES 32 /* troubles looked at to find one that was not needed for long */

static void clear(struct tcp *tcp, struct tcp_trouble *trouble)
{
	if (trouble->lateness) {
		free(trouble->lateness);
		tcp->lateness_count--;
	}
	memset(trouble, 0, sizeof(*trouble));
	reorder_init(&trouble->holes, trouble->hole, TCP_HOLES, TCP_HOLES);
}

/* Without an acknowledgement of the side's data nobody knows which of its resends were needed. */
static void settle_need(const struct tcp_side *side, struct tcp_trouble *trouble)
{
	if (side->flags & SIDE_ACKED)
		return;
	trouble->count[TCP_UNDETERMINED] += trouble->count[TCP_LOST_DOWNSTREAM];
	trouble->count[TCP_LOST_DOWNSTREAM] = 0;
}

/*
 * Where the capture missed segments it may have missed the resends that closed the receiver's
 * holes.
 */
static void withhold_downstream(struct tcp_trouble *trouble)
{
	if (!trouble->count[TCP_CAPTURE_MISSED])
		return;
	trouble->count[TCP_WITHHELD] += trouble->count[TCP_REORDERED_DOWNSTREAM];
	trouble->count[TCP_REORDERED_DOWNSTREAM] = 0;
}

void tcp_trouble_settle(struct tcp *tcp, const struct flow *flow, const struct tcp_side *side)
{
	struct tcp_trouble *trouble = tcp->trouble[side->trouble];

	tcp_close_acked_holes(trouble, INT64_MAX, true);
	if (flow->tcp_notes & TCP_NOTE_FRAGMENTS)
		trouble->count[TCP_CAPTURE_MISSED] = 0;
	tcp_pending_settle(tcp, trouble);
	settle_need(side, trouble);
	withhold_downstream(trouble);
}

void tcp_trouble_renew(const struct tcp *tcp, struct tcp_trouble *trouble)
{
	tcp_pending_settle(tcp, trouble);
	trouble->holes.count = 0;
	trouble->sack_count = 0;
	trouble->sack_highest = 0;
	trouble->recover = trouble->rto_recover = trouble->pmtu_recover = trouble->tlp_end = 0;
	trouble->duplicate_acks = 0;
	trouble->far_segments = 0;
	trouble->has_pending_isn = trouble->fast_open_rejected = false;
	memset(trouble->pending, 0, sizeof(trouble->pending));
}

/* The flow that a side is part of. */
static const struct flow *flow_of(const struct tcp_side *side)
{
	const struct tcp_side *first = side - !!(side->flags & SIDE_SECOND);

	return (const struct flow *)((const char *)first - offsetof(struct flow, tcp.side));
}

/*
 * Takes the trouble of a direction that did not need it for long, after adding what it counted to
 * the run's totals: the direction starts anew if it gets into trouble again.
 */
static uint32_t trouble_reclaim(struct tcp *tcp)
{
	uint32_t oldest = 1 + (uint32_t)(tcp->touches % MAX_TROUBLE) % (tcp->trouble_count - 1);
	struct tcp_trouble *trouble;

	for (uint32_t i = 0, probe = oldest; i < PROBES;
		i++, probe = 1 + probe % (tcp->trouble_count - 1))
		if (tcp->trouble[probe]->touched < tcp->trouble[oldest]->touched)
			oldest = probe;
	trouble = tcp->trouble[oldest];
	tcp_trouble_settle(tcp, flow_of(trouble->owner), trouble->owner);
	tcp_total_trouble(tcp, trouble);
	tcp_note_side(tcp, flow_of(trouble->owner), !!(trouble->owner->flags & SIDE_SECOND));
	trouble->owner->trouble = 0;
	clear(tcp, trouble);
	tcp->trouble_taken++;
	return oldest;
}

/* Index of a cleared trouble. */
static uint32_t trouble_take(struct tcp *tcp)
{
	struct tcp_trouble *trouble;

	if (tcp->free_count)
		return tcp->free_trouble[--tcp->free_count];
	if (tcp->trouble_count == MAX_TROUBLE)
		return trouble_reclaim(tcp);
	if (tcp->trouble_count >= tcp->trouble_capacity) {
		tcp->trouble_capacity = tcp->trouble_capacity ? 2 * tcp->trouble_capacity : 64;
		tcp->trouble = memory_grow(
			tcp->trouble, tcp->trouble_capacity, sizeof(*tcp->trouble));
	}
	trouble = memory_alloc(1, sizeof(*trouble));
	reorder_init(&trouble->holes, trouble->hole, TCP_HOLES, TCP_HOLES);
	tcp->trouble[tcp->trouble_count] = trouble;
	return tcp->trouble_count++;
}

struct tcp_trouble *tcp_trouble_start(struct tcp *tcp, struct tcp_side *side)
{
	struct tcp_trouble *trouble;

	if (!side->trouble) {
		side->trouble = trouble_take(tcp);
		tcp->trouble[side->trouble]->owner = side;
	}
	trouble = tcp->trouble[side->trouble];
	trouble->touched = ++tcp->touches;
	return trouble;
}

void tcp_trouble_release(struct tcp *tcp, struct tcp_side *side)
{
	if (!side->trouble)
		return;
	if (tcp->free_count == tcp->free_capacity) {
		tcp->free_capacity = tcp->free_capacity ? 2 * tcp->free_capacity : 64;
		tcp->free_trouble = memory_grow(
			tcp->free_trouble, tcp->free_capacity, sizeof(*tcp->free_trouble));
	}
	clear(tcp, tcp->trouble[side->trouble]);
	tcp->free_trouble[tcp->free_count++] = side->trouble;
	side->trouble = 0;
}

struct tcp_lateness *tcp_lateness_start(struct tcp *tcp, struct tcp_trouble *trouble)
{
	if (!trouble->lateness && tcp->lateness_count < TCP_LATENESS_POOL) {
		trouble->lateness = memory_alloc(1, sizeof(*trouble->lateness));
		tcp->lateness_count++;
	}
	return trouble->lateness;
}

void tcp_count(struct tcp *tcp, struct tcp_side *side, enum tcp_counter counter, uint64_t n)
{
	tcp_trouble_start(tcp, side)->count[counter] += n;
}

void tcp_evidence(struct tcp_trouble *trouble, enum tcp_evidence_kind kind, uint64_t frame)
{
	for (int i = 0; i < TCP_EVIDENCE_FRAMES; i++) {
		if (trouble->first_frames[kind][i] == frame)
			return;
		if (!trouble->first_frames[kind][i]) {
			trouble->first_frames[kind][i] = frame;
			return;
		}
	}
}

void tcp_withdraw_evidence(struct tcp_trouble *trouble, enum tcp_evidence_kind kind, uint64_t frame)
{
	uint64_t *frames = trouble->first_frames[kind];

	for (int i = 0; i < TCP_EVIDENCE_FRAMES; i++) {
		if (frames[i] != frame)
			continue;
		for (; i + 1 < TCP_EVIDENCE_FRAMES; i++)
			frames[i] = frames[i + 1];
		frames[i] = 0;
	}
}
