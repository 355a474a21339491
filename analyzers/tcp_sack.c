/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does the receiver hold beyond the next byte it waits for?  SACK (RFC 2018) shows holes that
 * close without a resend: reordering behind the capture point.  DSACK (RFC 2883) names bytes that
 * came twice, which proves a resend needless or a copy real.
 */
#include "analyzers/tcp.h"

#include <string.h>

#define AMEND_NS \
	(200 * NS_PER_MS) /* beyond two round trips: a delayed acknowledgement (RFC 1122 4.2.3.2) */

/* Whether [start, end) was sent more than once. */
static bool was_resent(const struct tcp_trouble *trouble, uint64_t start, uint64_t end)
{
	for (int i = 0; i < TCP_PENDING; i++) {
		const struct tcp_pending *pending = &trouble->pending[i];

		if (pending->frame && pending->start < end && pending->end > start &&
			!tcp_is_copy(pending->label) && pending->label != LABEL_CORRUPT)
			return true;
	}
	return false;
}

/*
 * Whether [start, end) passed here once, in order, so that only the way behind the capture point
 * can have delayed it.
 */
static bool passed_in_order(struct tcp_segment *segment, const struct tcp_trouble *trouble,
	uint64_t start, uint64_t end)
{
	const struct tcp_side *owner = segment->peer;
	struct recent_segment *entry = recent_get(segment->tcp->recent, owner->recent);
	bool seen = false;

	if (end > owner->next || reorder_missing(&trouble->holes, start, end, NULL))
		return false;
	for (int i = 0; entry && i < 1024;
		i++, entry = recent_get(segment->tcp->recent, entry->previous)) {
		if (entry->offset >= end || entry->offset + entry->length <= start)
			continue;
		if (entry->label != LABEL_IN_ORDER)
			return false;
		seen = true;
		if (entry->offset <= start)
			return true;
	}
	return seen;
}

/*
 * Bytes that the receiver reports only now although it had reported higher ones: they came late,
 * and if nobody sent them twice they were reordered behind the capture point.
 */
static void note_late_at_receiver(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t start, uint64_t end)
{
	const struct tcp_side *owner = segment->peer;
	uint32_t size = owner->segment_size ? owner->segment_size : 1448;

	if (end <= start || was_resent(trouble, start, end) ||
		!passed_in_order(segment, trouble, start, end))
		return;
	trouble->count[TCP_REORDERED_DOWNSTREAM] += (end - start + size - 1) / size;
}

/*
 * Adds [start, end) to the ranges; what it newly covers below `told` came late: that is the highest
 * byte that earlier acknowledgements told of, for one that answers several segments tells no order.
 */
static void sack_add(struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t told,
	uint64_t start, uint64_t end)
{
	struct tcp_sack_range merged = { start, end };
	uint64_t covered = start;
	uint32_t first = 0, last;

	while (first < trouble->sack_count && trouble->sack[first].end < start)
		first++;
	for (last = first; last < trouble->sack_count && trouble->sack[last].start <= end; last++) {
		if (trouble->sack[last].start > covered && trouble->sack[last].start <= told)
			note_late_at_receiver(segment, trouble, covered, trouble->sack[last].start);
		if (trouble->sack[last].end > covered)
			covered = trouble->sack[last].end;
		if (trouble->sack[last].start < merged.start)
			merged.start = trouble->sack[last].start;
		if (trouble->sack[last].end > merged.end)
			merged.end = trouble->sack[last].end;
	}
	if (covered < end && end < told)
		note_late_at_receiver(segment, trouble, covered, end);
	if (first == last && trouble->sack_count == TCP_SACK_RANGES)
		return;
	memmove(&trouble->sack[first + 1], &trouble->sack[last],
		(trouble->sack_count - last) * sizeof(merged));
	trouble->sack[first] = merged;
	trouble->sack_count = trouble->sack_count - (last - first) + 1;
	if (end > trouble->sack_highest)
		trouble->sack_highest = end;
}

/* Forgets ranges below `ack`; the gaps between them that it closes arrived late. */
void tcp_sack_advance(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t una, uint64_t ack)
{
	uint64_t from = una;
	uint32_t gone = 0;

	while (gone < trouble->sack_count && trouble->sack[gone].start < ack) {
		note_late_at_receiver(segment, trouble, from, trouble->sack[gone].start);
		from = trouble->sack[gone].end;
		if (trouble->sack[gone].end > ack) {
			trouble->sack[gone].start = ack;
			break;
		}
		gone++;
	}
	if (gone && from < ack && ack <= trouble->sack_highest)
		note_late_at_receiver(segment, trouble, from, ack);
	trouble->sack_count -= gone;
	memmove(trouble->sack, trouble->sack + gone,
		trouble->sack_count * sizeof(trouble->sack[0]));
}

/* How long after its bytes were acknowledged the verdict on a resend may still change. */
int64_t tcp_amend_window_ns(const struct tcp_side *owner)
{
	return 2 * tcp_ticks_ns(owner->rtt_max) + AMEND_NS;
}

/* Whether a DSACK of [start, end) is about `pending`: all of it, or one of its wire segments. */
static bool is_reported(const struct tcp_pending *pending, uint64_t start, uint64_t end)
{
	if (pending->segments > 1)
		return pending->start < end && pending->end > start;
	return pending->start >= start && pending->end <= end;
}

/* The newest transmission that explains a DSACK of [start, end). */
static struct tcp_pending *explains_dsack(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t start, uint64_t end)
{
	int64_t now = segment->packet->time_ns;
	int64_t answer = tcp_ticks_ns(segment->peer->answer_min);

	for (uint32_t n = 1; n <= TCP_PENDING; n++) {
		struct tcp_pending *pending =
			&trouble->pending[(trouble->pending_next + TCP_PENDING - n) % TCP_PENDING];
		int64_t age = now - pending->time_ns;
		int64_t settled = pending->covered_ns ? now - pending->covered_ns : 0;

		if (!pending->frame || !is_reported(pending, start, end) ||
			pending->flags & PENDING_DSACKED)
			continue;
		if ((!tcp_is_copy(pending->label) && age < answer / 8) ||
			settled > tcp_amend_window_ns(segment->peer))
			continue;
		return pending;
	}
	return NULL;
}

/*
 * Whether a DSACK proves what was likely: that it came twice, where its header shows that it is no
 * copy.  A super-frame of several verdicts keeps them.
 */
static bool becomes_proven(const struct tcp_trouble *trouble, const struct tcp_pending *pending)
{
	if (pending->label != LABEL_SPURIOUS_RETRANSMISSION ||
		pending->confidence == CONFIDENCE_PROVEN ||
		!(pending->evidence & (EVIDENCE_IP_ID | EVIDENCE_TSVAL)))
		return false;
	for (int i = 0; i < TCP_PENDING; i++)
		if (&trouble->pending[i] != pending && trouble->pending[i].frame == pending->frame)
			return false;
	return true;
}

static void credit(
	struct tcp_segment *segment, struct tcp_trouble *trouble, struct tcp_pending *pending)
{
	pending->flags |= PENDING_DSACKED;
	if (pending->label == LABEL_CAPTURE_DUPLICATE) /* it arrived twice: the network's doing */
		tcp_amend(segment, segment->peer, pending, LABEL_DUPLICATE, CONFIDENCE_PROVEN,
			EVIDENCE_DSACK);
	if (pending->label == LABEL_RETRANSMISSION || becomes_proven(trouble, pending))
		tcp_amend(segment, segment->peer, pending, LABEL_SPURIOUS_RETRANSMISSION,
			CONFIDENCE_PROVEN, EVIDENCE_DSACK);
}

/* Several segments may be told at once, where the receiver had joined them. */
static void credit_dsack(struct tcp_segment *segment, uint64_t start, uint64_t end)
{
	struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, segment->peer);
	struct tcp_pending *pending = explains_dsack(segment, trouble, start, end);
	uint64_t told = 0;

	if (!pending && !tcp_pending_recall(trouble, start, end, segment->packet->time_ns))
		trouble->count[TCP_DUPLICATED_DOWNSTREAM]++;
	while (pending) {
		credit(segment, trouble, pending);
		told += pending->end - pending->start;
		pending = told < end - start ? explains_dsack(segment, trouble, start, end) : NULL;
	}
}

/*
 * RFC 2883 4: the first block reports a duplicate if it lies below the acknowledgement or within
 * the second block.
 */
static bool is_dsack(
	const struct packet *packet, uint64_t reference, uint64_t ack, uint64_t start, uint64_t end)
{
	uint32_t left, right;

	if (end <= ack)
		return true;
	if (packet->sack_count < 2)
		return false;
	packet_sack(packet, 1, &left, &right);
	return start >= tcp_offset(reference, left) && end <= tcp_offset(reference, right);
}

/*
 * A capture that begins in the middle of a flight: what the receiver has and the capture never saw
 * was sent before, and so was all below it.
 */
static void note_before(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t start, uint64_t end)
{
	const struct tcp_side *owner = segment->peer;

	if ((owner->flags | segment->side->flags) & SIDE_SYN || end <= trouble->before_end)
		return;
	if (end > owner->next || reorder_missing(&trouble->holes, start, end, NULL))
		trouble->before_end = end;
}

void tcp_read_sack(struct tcp_segment *segment, uint64_t ack)
{
	const struct packet *packet = segment->packet;
	struct tcp_side *owner = segment->peer;
	struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, owner);
	uint64_t told;

	segment->side->flags |= SIDE_SACK;
	told = trouble->sack_highest;
	for (unsigned i = 0; i < packet->sack_count; i++) {
		uint32_t left, right;
		uint64_t start, end;

		packet_sack(packet, i, &left, &right);
		start = tcp_offset(owner->next, left);
		end = tcp_offset(owner->next, right);
		if (end <= start || end - start > UINT32_MAX / 2)
			continue;
		if (i == 0 && is_dsack(packet, owner->next, ack, start, end)) {
			credit_dsack(segment, start, end);
		} else if (start >= ack && ack >= owner->una) { /* an old one is no news */
			note_before(segment, trouble, start, end);
			sack_add(segment, trouble, told, start, end);
		}
	}
}
