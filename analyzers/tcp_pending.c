/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdicts that later evidence may amend: a ring for each direction in trouble.  An amendment moves
 * the counters with it.
 */
#include "analyzers/tcp.h"

#include <string.h>

/* Whether what the open input told of the capture's drops reaches into this time. */
static bool drops_reach(const struct tcp *tcp, int64_t from_ns, int64_t until_ns)
{
	return outages_are_own(&tcp->outages) &&
	       drops_overlap(&tcp->outages.drops, from_ns, until_ns);
}

static void settle(const struct tcp *tcp, struct tcp_trouble *trouble, struct tcp_pending *pending)
{
	int64_t window_ns = tcp_amend_window_ns(trouble->owner);
	int64_t until_ns = pending->covered_ns ? pending->covered_ns : pending->time_ns;

	if (!(pending->flags & PENDING_DOWNSTREAM) || pending->frame <= tcp->input_frame ||
		!drops_reach(tcp, pending->time_ns, until_ns + window_ns))
		return;
	if (pending->confidence < CONFIDENCE_PROVEN)
		trouble->unproven[TCP_SHOWS_DOWNSTREAM][pending->confidence] -= pending->segments;
	tcp_withdraw_evidence(trouble, TCP_SHOWS_DOWNSTREAM, pending->frame);
	trouble->count[TCP_LOST_DOWNSTREAM] -= pending->segments;
	trouble->count[TCP_WITHHELD] += pending->segments;
	pending->flags ^= PENDING_DOWNSTREAM | PENDING_WITHHELD;
}

static void withhold_forgotten(struct tcp_trouble *trouble, uint64_t segments)
{
	if (segments > trouble->forgotten.segments)
		segments = trouble->forgotten.segments;
	trouble->forgotten.segments -= segments;
	trouble->count[TCP_LOST_DOWNSTREAM] -= segments;
	trouble->count[TCP_WITHHELD] += segments;
}

static void settle_forgotten(const struct tcp *tcp, struct tcp_trouble *trouble)
{
	struct tcp_forgotten *forgotten = &trouble->forgotten;

	if (forgotten->segments && drops_reach(tcp, forgotten->from_ns, forgotten->until_ns))
		withhold_forgotten(trouble, forgotten->segments);
	forgotten->segments = 0;
}

/* Keeps of `pending`, which is to be overwritten at `now_ns`, what may have to be taken back. */
static void forget(const struct tcp *tcp, struct tcp_trouble *trouble, struct tcp_pending *pending,
	int64_t now_ns)
{
	struct tcp_forgotten *forgotten = &trouble->forgotten;
	int64_t until_ns = (pending->covered_ns ? pending->covered_ns : now_ns) +
			   tcp_amend_window_ns(trouble->owner);

	settle(tcp, trouble, pending);
	if (!(pending->flags & PENDING_DOWNSTREAM) || pending->flags & PENDING_DSACKED ||
		until_ns < now_ns)
		return;
	if (pending->time_ns > forgotten->until_ns)
		settle_forgotten(tcp, trouble);
	if (!forgotten->segments)
		*forgotten = (struct tcp_forgotten){
			.start = pending->start, .end = pending->end, .from_ns = pending->time_ns
		};
	if (pending->start < forgotten->start)
		forgotten->start = pending->start;
	if (pending->end > forgotten->end)
		forgotten->end = pending->end;
	forgotten->until_ns = until_ns;
	forgotten->segments += pending->segments;
}

bool tcp_pending_recall(struct tcp_trouble *trouble, uint64_t start, uint64_t end, int64_t time_ns)
{
	const struct tcp_forgotten *forgotten = &trouble->forgotten;
	uint32_t size = trouble->owner->segment_size ? trouble->owner->segment_size : 1448;

	if (!forgotten->segments || start < forgotten->start || end > forgotten->end ||
		time_ns > forgotten->until_ns)
		return false;
	withhold_forgotten(trouble, (end - start + size - 1) / size);
	return true;
}

void tcp_pending_settle(const struct tcp *tcp, struct tcp_trouble *trouble)
{
	for (int i = 0; i < TCP_PENDING; i++)
		settle(tcp, trouble, &trouble->pending[i]);
	settle_forgotten(tcp, trouble);
}

struct tcp_pending *tcp_pending_add(struct tcp_segment *segment, struct tcp_trouble *trouble)
{
	struct tcp_pending *pending = &trouble->pending[trouble->pending_next];

	forget(segment->tcp, trouble, pending, segment->packet->time_ns);
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
	if (pending->flags & PENDING_WITHHELD)
		trouble->count[TCP_WITHHELD] -= pending->segments;
	tcp_withdraw_evidence(trouble, TCP_SHOWS_UPSTREAM, pending->frame);
	tcp_withdraw_evidence(trouble, TCP_SHOWS_DOWNSTREAM, pending->frame);
	tcp_withdraw_evidence(trouble, TCP_SHOWS_DUPLICATE, pending->frame);
	tcp_withdraw_evidence(trouble, TCP_SHOWS_CAPTURE_DUPLICATE, pending->frame);
	tcp_withdraw_evidence(trouble, TCP_SHOWS_CORRUPT, pending->frame);
	pending->flags &= (uint8_t) ~(PENDING_UPSTREAM | PENDING_DOWNSTREAM | PENDING_WITHHELD);
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
