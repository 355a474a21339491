/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdicts that later evidence may amend: a ring for each direction in trouble.  An amendment moves
 * the counters with it.
 */
#include "analyzers/tcp.h"

#include <string.h>

struct tcp_pending *tcp_pending_add(struct tcp_trouble *trouble)
{
	struct tcp_pending *pending = &trouble->pending[trouble->pending_next];

	trouble->pending_next = (trouble->pending_next + 1) % TCP_PENDING;
	trouble->pending_open++;
	memset(pending, 0, sizeof(*pending));
	return pending;
}

bool tcp_is_copy(uint8_t label)
{
	return label == LABEL_DUPLICATE || label == LABEL_CAPTURE_DUPLICATE;
}

/* Which kind of evidence `pending` is, were its label `label`; TCP_EVIDENCE_KINDS: none. */
static enum tcp_evidence_kind kind_of(const struct tcp_pending *pending, enum label label)
{
	switch (label) {
	case LABEL_RETRANSMISSION:
		if (pending->flags & PENDING_UPSTREAM)
			return TCP_SHOWS_UPSTREAM;
		return pending->flags & PENDING_DOWNSTREAM ? TCP_SHOWS_DOWNSTREAM
							   : TCP_EVIDENCE_KINDS;
	case LABEL_SPURIOUS_RETRANSMISSION:
		return TCP_SHOWS_SPURIOUS;
	case LABEL_DUPLICATE:
		return TCP_SHOWS_DUPLICATE;
	case LABEL_CAPTURE_DUPLICATE:
		return TCP_SHOWS_CAPTURE_DUPLICATE;
	default:
		return TCP_EVIDENCE_KINDS;
	}
}

/* Moves the doubt in `pending`, if any, to what it is going to be. */
static void move_doubt(struct tcp_trouble *trouble, const struct tcp_pending *pending,
	enum label label, enum confidence confidence)
{
	enum tcp_evidence_kind old = kind_of(pending, pending->label);
	enum tcp_evidence_kind new = kind_of(pending, label);

	if (old != TCP_EVIDENCE_KINDS && pending->confidence < CONFIDENCE_PROVEN)
		trouble->unproven[old][pending->confidence] -= pending->segments;
	if (new != TCP_EVIDENCE_KINDS)
		tcp_doubt(trouble, new, confidence, pending->segments);
}

/* Moves what was counted for `pending` to its new label. */
static void recount(struct tcp_trouble *trouble, struct tcp_pending *pending, enum label label)
{
	if (pending->label == label) /* better proven now */
		return;
	if (pending->label == LABEL_RETRANSMISSION)
		trouble->count[TCP_RETRANSMITTED] -= pending->segments;
	else if (pending->label == LABEL_DUPLICATE)
		trouble->count[TCP_DUPLICATES] -= pending->segments;
	else if (pending->label == LABEL_CORRUPT)
		trouble->count[TCP_CORRUPT] -= pending->segments;
	else if (pending->label == LABEL_CAPTURE_DUPLICATE)
		trouble->count[TCP_CAPTURE_DUPLICATES] -= pending->segments;
	if (pending->flags & PENDING_UPSTREAM)
		trouble->count[TCP_LOST_UPSTREAM] -= pending->segments;
	if (pending->flags & PENDING_DOWNSTREAM)
		trouble->count[TCP_LOST_DOWNSTREAM] -= pending->segments;
	tcp_withdraw_evidence(trouble, TCP_SHOWS_UPSTREAM, pending->frame);
	tcp_withdraw_evidence(trouble, TCP_SHOWS_DOWNSTREAM, pending->frame);
	tcp_withdraw_evidence(trouble, TCP_SHOWS_DUPLICATE, pending->frame);
	tcp_withdraw_evidence(trouble, TCP_SHOWS_CAPTURE_DUPLICATE, pending->frame);
	tcp_withdraw_evidence(trouble, TCP_SHOWS_CORRUPT, pending->frame);
	pending->flags &= (uint8_t) ~(PENDING_UPSTREAM | PENDING_DOWNSTREAM);
	if (label == LABEL_SPURIOUS_RETRANSMISSION) {
		trouble->count[TCP_SPURIOUS] += pending->segments;
		tcp_evidence(trouble, TCP_SHOWS_SPURIOUS, pending->frame);
	} else if (label == LABEL_DUPLICATE) {
		trouble->count[TCP_DUPLICATES] += pending->segments;
		tcp_evidence(trouble, TCP_SHOWS_DUPLICATE, pending->frame);
	} else if (label == LABEL_CAPTURE_DUPLICATE) {
		trouble->count[TCP_CAPTURE_DUPLICATES] += pending->segments;
		tcp_evidence(trouble, TCP_SHOWS_CAPTURE_DUPLICATE, pending->frame);
	}
}

void tcp_amend(struct tcp_segment *segment, struct tcp_side *side, struct tcp_pending *pending,
	enum label label, enum confidence confidence, uint16_t evidence)
{
	struct tcp_trouble *trouble = tcp_trouble_of(segment->tcp, side);
	struct verdict *verdict = batch_add_verdict(segment->batch);

	move_doubt(trouble, pending, label, confidence);
	recount(trouble, pending, label);
	if (pending->label == LABEL_DUPLICATE && label == LABEL_CAPTURE_DUPLICATE)
		side->arrivals--;
	else if (pending->label == LABEL_CAPTURE_DUPLICATE && label == LABEL_DUPLICATE)
		side->arrivals++;
	pending->label = (uint8_t)label;
	pending->confidence = (uint8_t)confidence;
	pending->evidence |= evidence;
	verdict->frame = pending->frame;
	verdict->at = tcp_place(segment);
	verdict->flow = segment->flow->number;
	verdict->amends = true;
	verdict->label = (uint8_t)label;
	verdict->cause = pending->cause;
	verdict->confidence = (uint8_t)confidence;
	verdict->evidence = pending->evidence;
}
