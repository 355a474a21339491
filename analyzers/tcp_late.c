/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A segment starts below the highest byte seen: is it a late original, a resend, or a copy?
 * Decided piece by piece, since a super-frame may be several of these at once; tcp_order.c tells
 * for each piece what was sent first, tcp_resend.c what a resend means, and this file measures
 * lateness (RFC 4737) and writes the verdict.
 */
#include "analyzers/tcp.h"

#include <string.h>

#define EXTENT_MISSES 8 /* so many earlier arrivals in a row were sent before: none will follow */

#define USUAL_STEPS 16 /* recent segments among which the highest one is looked for */

struct pieces {
	struct tcp_piece piece[VERDICT_MAX_PARTS];
	int count;
};

/* Whether the last segment of the side before a hole was seen in an input before the open one. */
static bool begins_before(const struct tcp *tcp, const struct recent_segment *last)
{
	return tcp->outages.inputs && (!last || last->frame <= tcp->input_frame);
}

/*
 * When the bytes behind the highest ones seen can have been sent first: after these, unless these
 * were sent again themselves, in one go with what the capture dropped the first time.
 */
static int64_t first_sent_ns(const struct tcp_segment *segment)
{
	const struct tcp_side *side = segment->side;
	const struct tcp_trouble *trouble = tcp_trouble_of(segment->tcp, side);
	int64_t window_ns = tcp_amend_window_ns(side);

	if (!trouble || !trouble->resend_ns || side->last_new_ns - trouble->resend_ns > window_ns)
		return side->last_new_ns;
	return side->last_new_ns - window_ns;
}

/*
 * Whether the capture told of a drop when the hole opened, where the missing ones would stand, or
 * had no link.
 */
static bool is_in_drop(const struct tcp_segment *segment, const struct reorder_hole *hole)
{
	const struct tcp *tcp = segment->tcp;

	if (outages_link_down(&tcp->outages, segment->packet->interface, segment->packet->time_ns))
		return true;
	return (outages_are_own(&tcp->outages) || hole->flags & HOLE_SEAM) &&
	       drops_overlap(&tcp->outages.drops, first_sent_ns(segment), segment->packet->time_ns);
}

/*
 * The opener and the highest segment before it were both in order: how their sizes differ shows how
 * much sizes differ anyway.
 */
static void note_usual_sizes(const struct tcp_segment *segment, const struct facts *opener)
{
	struct recent *recent = segment->tcp->recent;
	const struct recent_segment *entry = recent_get(recent, segment->side->recent);
	struct facts facts = { .known = 1u << FACT_SIZE };

	for (int i = 0; entry && i < USUAL_STEPS;
		i++, entry = recent_get(recent, entry->previous)) {
		if (!entry->length || entry->offset + entry->length != segment->side->next)
			continue;
		facts.value[FACT_SIZE] = opener->value[FACT_SIZE] - segment->length + entry->length;
		contrast_add_baseline(&segment->tcp->late, &facts, opener);
		contrast_add_baseline(&segment->tcp->lost, &facts, opener);
		return;
	}
}

void tcp_open_hole(struct tcp_segment *segment)
{
	const struct packet *packet = segment->packet;
	struct tcp_side *side = segment->side;
	struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, side);
	struct recent_segment *below = recent_get(segment->tcp->recent, side->recent);
	struct reorder_hole lost;
	struct reorder_hole hole = {
		.start = side->next,
		.end = segment->start,
		.time_ns = packet->time_ns,
		.frame = packet->frame,
		.arrival = side->arrivals,
		.tsval = packet->tsval,
		.ip_id = packet->ip_id,
		.ip_id_below = below ? below->ip_id : 0,
		.flags = (uint8_t)((packet->flags & PACKET_TIMESTAMP ? HOLE_TIMESTAMP : 0) |
				   (segment->has_id ? HOLE_ID : 0) |
				   (below && segment->has_id ? HOLE_ID_BELOW : 0) |
				   (begins_before(segment->tcp, below) ? HOLE_SEAM : 0)),
	};

	facts_read(&hole.facts, packet);
	note_usual_sizes(segment, &hole.facts);
	if (is_in_drop(segment, &hole))
		hole.flags |= HOLE_DROP;
	tcp_close_acked_holes(trouble, packet->time_ns, false);
	if (side->flags & SIDE_ACKED && side->una >= hole.end)
		hole.acked_ns = packet->time_ns;
	if (reorder_open(&trouble->holes, &hole, &lost))
		trouble->count[TCP_HOLE_OVERFLOWS]++;
}

/* Next boundary of [start, end): where a hole begins or ends, or new bytes begin. */
static struct tcp_piece next_piece(
	const struct tcp_segment *segment, const struct reorder_holes *holes, uint64_t start)
{
	struct tcp_piece piece = { .start = start, .end = segment->end };
	uint64_t next = segment->side->next;

	if (start >= next) {
		piece.label = LABEL_IN_ORDER;
		return piece;
	}
	if (piece.end > next)
		piece.end = next;
	for (uint32_t i = 0; holes && i < holes->count; i++) {
		const struct reorder_hole *hole = &holes->hole[i];

		if (hole->end <= start)
			continue;
		if (hole->start <= start) {
			piece.hole = hole;
			if (piece.end > hole->end)
				piece.end = hole->end;
		} else if (piece.end > hole->start) {
			piece.end = hole->start;
		}
		break;
	}
	return piece;
}

static void split(
	struct tcp_segment *segment, const struct reorder_holes *holes, struct pieces *pieces)
{
	uint64_t start = segment->start;

	while (start < segment->end && pieces->count < VERDICT_MAX_PARTS) {
		struct tcp_piece *piece = &pieces->piece[pieces->count++];

		*piece = next_piece(segment, holes, start);
		if (piece->hole)
			tcp_judge_hole(segment, piece);
		else if (piece->start < segment->side->next)
			tcp_judge_seen(segment, piece);
		start = piece->end;
	}
}

/*
 * The piece that decides for a segment that is one packet on the wire: late bytes before seen
 * ones.
 */
static struct tcp_piece *deciding_piece(struct pieces *pieces)
{
	struct tcp_piece *decides = &pieces->piece[0];

	for (int i = 0; i < pieces->count; i++)
		if (pieces->piece[i].hole && pieces->piece[i].label != LABEL_IN_ORDER)
			return &pieces->piece[i];
	return decides;
}

/*
 * RFC 4737 4.2.1 wants the earliest arrival that was sent later.  For new data that is the opener
 * of the hole; a resend of older bytes, sent later still, may have arrived before it, and knows no
 * hole.
 */
static void extend_by_order(struct tcp_segment *segment, struct reorder_late *late)
{
	struct recent *recent = segment->tcp->recent;
	const struct recent_segment *entry = recent_get(recent, segment->side->recent);
	uint32_t misses = 0;

	for (int i = 0; entry && i < TCP_SEARCH_STEPS && misses < EXTENT_MISSES;
		i++, entry = recent_get(recent, entry->previous)) {
		uint32_t extent = segment->side->arrivals - entry->arrival;

		if (extent <= late->extent)
			continue;
		if (!tcp_sent_later(segment, entry)) {
			misses++;
			continue;
		}
		misses = 0;
		late->extent = extent;
		late->late_ns = segment->packet->time_ns - entry->time_ns;
	}
}

static struct reorder_late measure_late(
	struct tcp_segment *segment, struct tcp_trouble *trouble, const struct tcp_piece *piece)
{
	struct reorder_late late = { 0 };

	if (piece->hole)
		late = reorder_measure(&trouble->holes, piece->start, piece->end,
			segment->side->next, segment->side->arrivals, segment->packet->time_ns);
	else
		late.late_bytes = segment->side->next - segment->end;
	extend_by_order(segment, &late);
	return late;
}

/* The resend that came before its late original had been needless, if it held nothing else. */
static void amend_overtaking_resend(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t frame)
{
	for (int i = 0; i < TCP_PENDING; i++) {
		struct tcp_pending *pending = &trouble->pending[i];

		if (pending->frame == frame && pending->label == LABEL_RETRANSMISSION &&
			segment->start <= pending->start && segment->end >= pending->end) {
			tcp_amend(segment, segment->side, pending, LABEL_SPURIOUS_RETRANSMISSION,
				CONFIDENCE_LIKELY, EVIDENCE_SEEN);
			return;
		}
	}
}

/* Late time goes by order of arrival, and stamps in another order do not tell of it. */
static void add_late_time(struct histogram *times, int64_t late_ns)
{
	if (late_ns >= 0)
		histogram_add(times, (uint64_t)late_ns);
}

static void count_lateness(
	struct tcp_segment *segment, struct tcp_trouble *trouble, const struct reorder_late *late)
{
	struct tcp_totals *totals = &segment->tcp->totals;
	struct tcp_lateness *lateness = tcp_lateness_start(segment->tcp, trouble);

	histogram_add(&totals->extent, late->extent);
	add_late_time(&totals->late_time, late->late_ns);
	histogram_add(&totals->late_bytes, late->late_bytes);
	if (!lateness)
		return;
	histogram_add(&lateness->extent, late->extent);
	add_late_time(&lateness->late_time, late->late_ns);
}

static void judge_reordered(struct tcp_segment *segment, struct tcp_trouble *trouble,
	struct tcp_piece *piece, struct verdict *verdict)
{
	uint32_t segments = tcp_piece_segments(segment, piece);
	struct reorder_late late = measure_late(segment, trouble, piece);

	verdict->extent = late.extent;
	verdict->late_ns = late.late_ns;
	verdict->late_bytes = (uint32_t)(late.late_bytes > UINT32_MAX ? UINT32_MAX
								      : late.late_bytes);
	if (late.extent)
		count_lateness(segment, trouble, &late);
	if (piece->hole) {
		struct facts facts;

		facts_read(&facts, segment->packet);
		contrast_add(&segment->tcp->late, &facts, &piece->hole->facts);
	}
	trouble->count[TCP_REORDERED] += segments;
	tcp_evidence(trouble, TCP_SHOWS_REORDERED, segment->packet->frame);
	tcp_doubt(trouble, TCP_SHOWS_REORDERED, piece->confidence, segments);
	if (!piece->hole && piece->before)
		amend_overtaking_resend(
			segment, trouble, recent_frame(piece->before, segment->packet->frame));
}

static void judge_piece(struct tcp_segment *segment, struct tcp_trouble *trouble,
	struct tcp_piece *piece, struct verdict *verdict, int64_t gap_ns)
{
	switch (piece->label) {
	case LABEL_RETRANSMISSION:
		tcp_judge_resend(segment, trouble, piece, verdict, gap_ns);
		break;
	case LABEL_REORDERED:
		judge_reordered(segment, trouble, piece, verdict);
		break;
	case LABEL_DUPLICATE:
		trouble->count[TCP_DUPLICATES]++;
		tcp_evidence(trouble, TCP_SHOWS_DUPLICATE, segment->packet->frame);
		tcp_doubt(trouble, TCP_SHOWS_DUPLICATE, piece->confidence, 1);
		break;
	case LABEL_UNKNOWN:
		trouble->count[TCP_UNKNOWN] += tcp_piece_segments(segment, piece);
		break;
	default:
		break;
	}
}

static void fill_parts(
	struct tcp_segment *segment, const struct pieces *pieces, struct verdict *verdict)
{
	for (int i = 0; i < pieces->count; i++) {
		uint32_t segments = tcp_piece_segments(segment, &pieces->piece[i]);
		struct verdict_part *last = verdict->part_count
						    ? &verdict->parts[verdict->part_count - 1]
						    : NULL;

		if (last && last->label == pieces->piece[i].label) {
			last->segments = (uint16_t)(last->segments + segments);
			continue;
		}
		verdict->parts[verdict->part_count].label = (uint8_t)pieces->piece[i].label;
		verdict->parts[verdict->part_count++].segments = (uint16_t)segments;
	}
	if (verdict->part_count < 2)
		verdict->part_count = 0;
}

/* The worst piece speaks for the whole frame; labels are listed from least to most wrong. */
static void judge_pieces(struct tcp_segment *segment, struct tcp_trouble *trouble,
	struct pieces *pieces, struct verdict *verdict, int64_t gap_ns)
{
	struct tcp_piece *worst = &pieces->piece[0];

	for (int i = 0; i < pieces->count; i++) {
		struct tcp_piece *piece = &pieces->piece[i];

		judge_piece(segment, trouble, piece, verdict, gap_ns);
		if (piece->label > worst->label)
			worst = piece;
	}
	verdict->label = (uint8_t)worst->label;
	verdict->confidence = (uint8_t)worst->confidence;
	verdict->evidence = worst->evidence;
	verdict->reference = worst->reference;
	if (segment->segments > 1)
		fill_parts(segment, pieces, verdict);
}

static void take_in(struct tcp_segment *segment, struct tcp_trouble *trouble, enum label label)
{
	struct tcp_side *side = segment->side;

	reorder_fill(&trouble->holes, segment->start, segment->end);
	tcp_remember(segment, label);
	side->arrivals++;
	if (segment->end > side->next) {
		side->next = segment->end;
		side->last_new_ns = segment->packet->time_ns;
	}
}

/* What was sent again measures no round trip (Karn's rule, RFC 6298 3). */
void tcp_stop_rtt(struct tcp_segment *segment)
{
	if ((int32_t)(segment->side->rtt_end - (uint32_t)segment->start) > 0)
		segment->side->flags &= (uint16_t)~SIDE_RTT_PENDING;
}

void tcp_judge_late(struct tcp_segment *segment)
{
	struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, segment->side);
	const struct recent_segment *last = recent_get(segment->tcp->recent, segment->side->recent);
	int64_t gap_ns = last ? segment->packet->time_ns - last->time_ns : -1;
	uint16_t evidence = 0;
	struct recent_segment *twin = tcp_find_copied(segment, &evidence);
	struct pieces pieces = { .count = 0 };
	struct verdict verdict;

	if (twin) {
		tcp_judge_copy(segment, twin, evidence);
		return;
	}
	split(segment, &trouble->holes, &pieces);
	if (segment->segments == 1) {
		pieces.piece[0] = *deciding_piece(&pieces);
		pieces.piece[0].start = segment->start;
		pieces.piece[0].end = segment->end;
		pieces.count = 1;
	}
	if (pieces.piece[0].label == LABEL_RETRANSMISSION || pieces.count > 1)
		tcp_stop_rtt(segment);
	/* Its place in the list comes first; amendments that it causes follow, and may move the
	 * list. */
	verdict = *tcp_verdict(segment, LABEL_OTHER, CONFIDENCE_NONE, 0);
	judge_pieces(segment, trouble, &pieces, &verdict, gap_ns);
	segment->batch->verdicts[segment->packet->verdict] = verdict;
	segment->packet->label = verdict.label;
	take_in(segment, trouble, verdict.label);
}
