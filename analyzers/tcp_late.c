/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A segment starts below the highest byte seen: is it a late original, a resend, or a copy?  Decided piece by piece, since a
 * super-frame may be several of these at once.  Bytes that were jumped over are compared with the segment that
 * opened the hole, bytes seen before with the segment that carried them: identity first, then order of sending by identification
 * and timestamp (both conclusive), then what acknowledgements say, then time.
 */
#include "analyzers/tcp.h"

#include <string.h>

#define REORDER_GUESS_NS \
	(3 * NS_PER_MS) /* nothing but time to judge by: late by less is reordering */

#define EXTENT_MISSES 8 /* so many earlier arrivals in a row were sent before: none will follow */

/* What one piece of the segment turned out to be. */
struct piece {
	uint64_t start, end;
	uint64_t reference;
	const struct reorder_hole *hole; /* NULL: the bytes were seen before, or are new */
	struct recent_segment *before;   /* the segment that carried them before, NULL if unknown */
	enum label label;
	enum confidence confidence;
	uint16_t evidence;
};

struct pieces {
	struct piece piece[VERDICT_MAX_PARTS];
	int count;
};

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
				   (below && segment->has_id ? HOLE_ID_BELOW : 0)),
	};

	if (!trouble)
		return;
	if (side->last_new_ns <= segment->tcp->drop_to_ns &&
		packet->time_ns >= segment->tcp->drop_from_ns)
		hole.flags |= HOLE_DROP;
	tcp_close_acked_holes(segment->tcp, side, trouble, packet->time_ns, false);
	if (side->flags & SIDE_ACKED && side->una >= hole.end)
		hole.acked_ns = packet->time_ns;
	if (reorder_open(&trouble->holes, &hole, &lost))
		trouble->count[TCP_HOLE_OVERFLOWS]++;
}

/* The newest earlier segment that shares bytes with [start, end), NULL if none is remembered. */
static struct recent_segment *carrier(struct tcp_segment *segment, uint64_t start, uint64_t end)
{
	struct recent *recent = segment->tcp->recent;
	struct recent_segment *entry = recent_get(recent, segment->side->recent);

	for (int i = 0; entry && i < TCP_SEARCH_STEPS;
		i++, entry = recent_get(recent, entry->previous))
		if (entry->length && entry->offset < end && entry->offset + entry->length > start)
			return entry;
	return NULL;
}

/* What is known of another transmission of the same side. */
struct transmission {
	uint32_t tsval, arrival;
	uint16_t ip_id;
	bool has_id, has_tsval;
};

static struct transmission transmission_of(const struct recent_segment *entry)
{
	return (struct transmission){
		.tsval = entry->tsval,
		.arrival = entry->arrival,
		.ip_id = entry->ip_id,
		.has_id = entry->flags & RECENT_IP_ID,
		.has_tsval = entry->flags & RECENT_TIMESTAMP,
	};
}

/*
 * A counter moves on with every packet, so two packets cannot be much further apart in it than packets were sent: those that
 * arrived meanwhile, those in flight, and as many again for acknowledgements and for what was lost.
 */
static int order_by_id(const struct tcp_segment *segment, const struct transmission *other)
{
	const struct tcp_side *side = segment->side;
	uint32_t size = side->segment_size ? side->segment_size : 536;
	uint64_t flight = side->next > segment->start ? (side->next - segment->start) / size : 0;
	uint64_t limit = 64 + 16 * (uint64_t)(side->arrivals - other->arrival) + 16 * flight;
	int order = tcp_id_order(side, segment->packet->ip_id, other->ip_id);

	if (!order || tcp_id_distance(side, segment->packet->ip_id, other->ip_id) > limit)
		return 0;
	return order;
}

/* Order of sending against another transmission: -1 earlier, 1 later, 0 unknown; adds what told. */
static int sending_order(struct tcp_segment *segment, struct transmission other, uint16_t *evidence)
{
	const struct packet *packet = segment->packet;
	int by_id = other.has_id && segment->has_id ? order_by_id(segment, &other) : 0;
	int by_time = 0;

	if (other.has_tsval && packet->flags & PACKET_TIMESTAMP && packet->tsval != other.tsval)
		by_time = (int32_t)(packet->tsval - other.tsval) < 0 ? -1 : 1;
	if (by_id && by_time && by_id != by_time) {
		struct tcp_trouble *trouble = tcp_trouble_of(segment->tcp, segment->side);

		/* Rewritten on the way: learn anew. */
		if (trouble && ++trouble->id_contradictions >= 2)
			segment->side->id_steps = segment->side->id_swapped = 0;
		by_id = 0;
	}
	if (by_id)
		*evidence |= EVIDENCE_IP_ID;
	if (by_time)
		*evidence |= EVIDENCE_TSVAL;
	return by_id ? by_id : by_time;
}

static bool reverse_seen(const struct tcp_segment *segment)
{
	return segment->side->flags & SIDE_ACKED;
}

/* A few round trips may all have been slow ones; what is late by so much is hardly reordering. */
static bool trusts_round_trip(const struct tcp_segment *segment, int64_t age)
{
	return age < 100 * NS_PER_MS ||
	       (segment->side->rtt_count >= 4 && segment->peer->rtt_count >= 4);
}

/*
 * A hole is filled and no header tells the order: a reaction of the sender takes a round trip (or a timer), so
 * sooner is reordering; an older duplicate acknowledgement or SACK asked for a resend.
 */
static void judge_hole_by_time(struct tcp_segment *segment, struct piece *piece)
{
	const struct tcp_trouble *trouble = tcp_trouble_of(segment->tcp, segment->side);
	int64_t age = segment->packet->time_ns - piece->hole->time_ns;
	int64_t round_trip = tcp_round_trip_min_ns(segment);
	bool asked = trouble && (trouble->duplicate_acks || trouble->sack_count) &&
		     trouble->duplicate_ack_ns >= piece->hole->time_ns;

	piece->label = LABEL_REORDERED;
	piece->confidence = CONFIDENCE_LIKELY;
	if (round_trip && age < round_trip - round_trip / 10 && trusts_round_trip(segment, age)) {
		piece->evidence |= EVIDENCE_RTT;
		return;
	}
	if (asked) {
		piece->label = LABEL_RETRANSMISSION;
		piece->evidence |= (uint16_t)((trouble->sack_count ? EVIDENCE_SACK : EVIDENCE_ACK) |
					      (round_trip ? EVIDENCE_RTT : EVIDENCE_TIMING));
		return;
	}
	piece->evidence |= EVIDENCE_TIMING;
	if (!round_trip && age < REORDER_GUESS_NS) {
		piece->confidence = CONFIDENCE_POSSIBLE;
		return;
	}
	if (age >= TCP_RTO_MIN_NS) {
		piece->label = LABEL_RETRANSMISSION;
		return;
	}
	piece->label = reverse_seen(segment) ? LABEL_RETRANSMISSION : LABEL_UNKNOWN;
	piece->confidence = reverse_seen(segment) ? CONFIDENCE_POSSIBLE : CONFIDENCE_NONE;
}

#define FINE_TICK_NS (2 * NS_PER_MS) /* Linux counts milliseconds */
#define TICK_STEPS 16 /* of the timestamp value that make one measurement of its rate */

/* How long one step of the sender's timestamps lasts at least, 0 if too few were seen. */
static int64_t tick_ns(struct tcp_segment *segment)
{
	struct recent *recent = segment->tcp->recent;
	const struct recent_segment *later = recent_get(recent, segment->side->recent);
	const struct recent_segment *entry = later;
	int64_t shortest = 0;

	for (int i = 0; entry && i < TCP_SEARCH_STEPS;
		i++, entry = recent_get(recent, entry->previous)) {
		int32_t steps = (int32_t)(later->tsval - entry->tsval);
		int64_t tick = later->time_ns - entry->time_ns;

		if (steps < TICK_STEPS)
			continue;
		tick /= steps;
		/* The clock of the capture may have jumped meanwhile: the shortest measurement counts. */
		if (tick > 0 && (!shortest || tick < shortest))
			shortest = tick;
		later = entry;
	}
	return shortest;
}

/*
 * Sent within the same step of the sender's clock as the segment that overtook it: a resend takes a round trip, so it is none if that
 * lasts longer than a step; with a fine clock it is hardly one even then.
 */
static enum confidence sent_together(struct tcp_segment *segment, const struct reorder_hole *hole)
{
	int64_t round_trip = tcp_round_trip_min_ns(segment);
	int64_t tick;

	if (!(hole->flags & HOLE_TIMESTAMP) || !(segment->packet->flags & PACKET_TIMESTAMP) ||
		hole->tsval != segment->packet->tsval)
		return CONFIDENCE_NONE;
	tick = tick_ns(segment);
	if (!tick)
		return CONFIDENCE_NONE;
	if (round_trip > tick + tick / 2)
		return CONFIDENCE_PROVEN;
	return tick <= FINE_TICK_NS ? CONFIDENCE_LIKELY : CONFIDENCE_NONE;
}

static void judge_hole_piece(struct tcp_segment *segment, struct piece *piece)
{
	const struct reorder_hole *hole = piece->hole;
	uint16_t near;
	int order;

	piece->reference = hole->frame;
	if (hole->flags &
		HOLE_BY_ACK) { /* seen after its acknowledgement: the capture's order, not the network's */
		piece->label = LABEL_IN_ORDER;
		return;
	}
	order = sending_order(segment,
		(struct transmission){ .tsval = hole->tsval,
			.arrival = hole->arrival,
			.ip_id = hole->ip_id,
			.has_id = hole->flags & HOLE_ID,
			.has_tsval = hole->flags & HOLE_TIMESTAMP },
		&piece->evidence);
	if (order) {
		piece->label = order < 0 ? LABEL_REORDERED : LABEL_RETRANSMISSION;
		piece->confidence = CONFIDENCE_PROVEN;
		return;
	}
	piece->confidence = sent_together(segment, hole);
	if (piece->confidence) {
		piece->label = LABEL_REORDERED;
		piece->evidence |= EVIDENCE_TSVAL;
		return;
	}
	/* A counter shared with other connections: still close below the opener's if sent just before. */
	near = (uint16_t)(hole->ip_id - segment->packet->ip_id);
	if (hole->flags & HOLE_ID && segment->has_id && near >= 1 && near <= 255 &&
		hole->flags & HOLE_ID_BELOW &&
		(uint16_t)(segment->packet->ip_id - hole->ip_id_below) <= 255) {
		piece->label = LABEL_REORDERED;
		piece->confidence = CONFIDENCE_LIKELY;
		piece->evidence |= EVIDENCE_IP_ID;
		return;
	}
	judge_hole_by_time(segment, piece);
}

/* The first segment of this side that is still remembered, NULL if none is. */
static const struct recent_segment *first_remembered(struct tcp_segment *segment)
{
	struct recent *recent = segment->tcp->recent;
	const struct recent_segment *entry = recent_get(recent, segment->side->recent);
	const struct recent_segment *first = NULL;

	for (int i = 0; entry && i < TCP_SEARCH_STEPS;
		i++, entry = recent_get(recent, entry->previous))
		if (entry->length)
			first = entry;
	return first;
}

/*
 * Bytes that nobody remembers passing: from before the capture began, or from long ago.  Sent before the first segment
 * remembered they are late, sent after all others they are repeated.
 */
static void judge_unremembered(struct tcp_segment *segment, struct piece *piece)
{
	const struct recent_segment *first = first_remembered(segment);
	bool unseen = segment->start < segment->side->start;
	uint16_t evidence = 0;
	int order = first ? sending_order(segment, transmission_of(first), &evidence) : 0;

	if (unseen)
		piece->evidence &= (uint16_t)~EVIDENCE_SEEN;
	piece->evidence |= evidence;
	if (order < 0 && unseen) {
		piece->label = LABEL_REORDERED;
		piece->confidence = CONFIDENCE_LIKELY;
	} else if (order > 0) {
		piece->confidence = unseen ? CONFIDENCE_LIKELY : CONFIDENCE_PROVEN;
	} else if (unseen) {
		piece->confidence = CONFIDENCE_POSSIBLE;
	}
}

/* Two packets with identifications of their own are no copies of each other, whatever these count. */
static bool ids_differ(const struct tcp_segment *segment, const struct recent_segment *other)
{
	return segment->has_id && other->flags & RECENT_IP_ID &&
	       segment->packet->ip_id != other->ip_id;
}

/* Bytes seen before: sent again, or the original of something that was sent again and came first. */
static void judge_seen_piece(struct tcp_segment *segment, struct piece *piece)
{
	struct recent_segment *before = carrier(segment, piece->start, piece->end);
	int64_t round_trip = tcp_round_trip_min_ns(segment);
	int order = 0;

	piece->before = before;
	piece->label = LABEL_RETRANSMISSION;
	piece->confidence = CONFIDENCE_LIKELY;
	piece->evidence |= EVIDENCE_SEEN;
	if (!before) {
		judge_unremembered(segment, piece);
		return;
	}
	piece->reference = before->frame;
	order = sending_order(segment, transmission_of(before), &piece->evidence);
	if (order > 0) {
		piece->confidence = CONFIDENCE_PROVEN;
	} else if (order < 0) {
		piece->label = LABEL_REORDERED;
		piece->confidence = CONFIDENCE_PROVEN;
	} else if (round_trip && segment->packet->time_ns - before->time_ns < round_trip / 2 &&
		   before->length == segment->length && !ids_differ(segment, before)) {
		piece->label = LABEL_DUPLICATE;
		piece->confidence = CONFIDENCE_POSSIBLE;
		piece->evidence |= EVIDENCE_RTT;
	}
}

/* Next boundary of [start, end): where a hole begins or ends, or new bytes begin. */
static struct piece next_piece(
	const struct tcp_segment *segment, const struct reorder_holes *holes, uint64_t start)
{
	struct piece piece = { .start = start, .end = segment->end };
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
		struct piece *piece = &pieces->piece[pieces->count++];

		*piece = next_piece(segment, holes, start);
		if (piece->hole)
			judge_hole_piece(segment, piece);
		else if (piece->start < segment->side->next)
			judge_seen_piece(segment, piece);
		start = piece->end;
	}
}

/* The piece that decides for a segment that is one packet on the wire: late bytes before seen ones. */
static struct piece *deciding_piece(struct pieces *pieces)
{
	struct piece *decides = &pieces->piece[0];

	for (int i = 0; i < pieces->count; i++)
		if (pieces->piece[i].hole && pieces->piece[i].label != LABEL_IN_ORDER)
			return &pieces->piece[i];
	return decides;
}

/*
 * Seen here before: had the receiver got it?  Near the receiver what passed has arrived, unless it went on asking
 * for it long after.
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
	return !reverse_seen(segment) &&
	       trouble->count[TCP_LOST_UPSTREAM] + trouble->count[TCP_REORDERED] > 0;
}

/* Whether the receiver had acknowledged all of [start, end), one way or the other. */
static uint16_t acknowledged(const struct tcp_segment *segment, const struct tcp_trouble *trouble,
	uint64_t start, uint64_t end)
{
	if (segment->side->flags & SIDE_ACKED && end <= segment->una)
		return EVIDENCE_ACK;
	for (uint32_t i = 0; i < trouble->sack_count; i++)
		if (trouble->sack[i].start <= start && trouble->sack[i].end >= end)
			return EVIDENCE_SACK;
	return 0;
}

static uint32_t piece_segments(const struct tcp_segment *segment, const struct piece *piece)
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

/* Where what was sent again had gone missing, counted; withheld where the capture itself lost packets. */
static enum loss_place place_loss(struct tcp_trouble *trouble, const struct piece *piece,
	uint32_t segments, struct tcp_pending *pending)
{
	if (piece->hole && piece->hole->flags & HOLE_DROP) {
		trouble->count[TCP_WITHHELD] += segments;
		return LOSS_UNKNOWN;
	}
	if (pending->cause == CAUSE_SYN) /* the SYN or its answer: which one nobody knows */
		return LOSS_UNKNOWN;
	trouble->count[piece->hole ? TCP_LOST_UPSTREAM : TCP_LOST_DOWNSTREAM] += segments;
	pending->flags |= piece->hole ? PENDING_UPSTREAM : PENDING_DOWNSTREAM;
	return piece->hole ? LOSS_UPSTREAM : LOSS_DOWNSTREAM;
}

static void judge_resend(struct tcp_segment *segment, struct tcp_trouble *trouble,
	struct piece *piece, struct verdict *verdict, int64_t gap_ns)
{
	uint16_t known = acknowledged(segment, trouble, piece->start, piece->end);
	uint32_t segments = piece_segments(segment, piece);
	struct tcp_pending *pending;

	piece->evidence |= known;
	verdict->cause = (uint8_t)tcp_resend_cause(
		segment, trouble, piece->before, gap_ns, &piece->evidence);
	count_cause(trouble, verdict->cause, segment->packet->frame, segments);
	if (known) {
		piece->label = LABEL_SPURIOUS_RETRANSMISSION;
		piece->confidence = piece->evidence & (EVIDENCE_IP_ID | EVIDENCE_TSVAL) ||
						    !piece->before
					    ? CONFIDENCE_PROVEN
					    : CONFIDENCE_LIKELY;
	} else if (piece->before && piece->end <= segment->side->next &&
		   receiver_has_it(segment, trouble, piece->before)) {
		piece->label = LABEL_SPURIOUS_RETRANSMISSION;
		if (piece->confidence == CONFIDENCE_PROVEN &&
			!(piece->evidence & (EVIDENCE_IP_ID | EVIDENCE_TSVAL)))
			piece->confidence = CONFIDENCE_LIKELY;
	}
	pending = tcp_pending_add(trouble);
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
		return;
	}
	trouble->count[TCP_RETRANSMITTED] += segments;
	tcp_evidence(trouble, TCP_SHOWS_RESENT, segment->packet->frame);
	if (trouble->fast_open_rejected &&
		piece->start < segment->side->una + segment->side->segment_size &&
		verdict->cause == CAUSE_SYN)
		return;
	verdict->place = (uint8_t)place_loss(trouble, piece, segments, pending);
}

/* Whether a remembered segment was sent after this one: its bytes lie above, or its header says so. */
static bool sent_later(struct tcp_segment *segment, const struct recent_segment *entry)
{
	uint16_t evidence = 0;

	if (!entry->length)
		return false;
	if (entry->offset >= segment->end)
		return true;
	return sending_order(segment, transmission_of(entry), &evidence) < 0;
}

/*
 * RFC 4737 4.2.1 wants the earliest arrival that was sent later.  For new data that is the opener of the hole; a resend of older
 * bytes, sent later still, may have arrived before it, and knows no hole.
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
		if (!sent_later(segment, entry)) {
			misses++;
			continue;
		}
		misses = 0;
		late->extent = extent;
		late->late_ns = segment->packet->time_ns - entry->time_ns;
	}
}

static struct reorder_late measure_late(
	struct tcp_segment *segment, struct tcp_trouble *trouble, const struct piece *piece)
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

/* The resend that came before its late original had been needless. */
static void amend_overtaking_resend(
	struct tcp_segment *segment, struct tcp_trouble *trouble, uint64_t frame)
{
	for (int i = 0; i < TCP_PENDING; i++) {
		struct tcp_pending *pending = &trouble->pending[i];

		if (pending->frame == frame && pending->label == LABEL_RETRANSMISSION) {
			tcp_amend(segment->tcp, segment->batch, segment->at, segment->flow,
				segment->side, pending, LABEL_SPURIOUS_RETRANSMISSION,
				CONFIDENCE_PROVEN, EVIDENCE_SEEN);
			return;
		}
	}
}

static void judge_reordered(struct tcp_segment *segment, struct tcp_trouble *trouble,
	struct piece *piece, struct verdict *verdict)
{
	struct tcp_totals *totals = &segment->tcp->totals;
	uint32_t segments = piece_segments(segment, piece);
	struct reorder_late late = measure_late(segment, trouble, piece);

	verdict->extent = late.extent;
	verdict->late_ns = late.late_ns;
	verdict->late_bytes = (uint32_t)(late.late_bytes > UINT32_MAX ? UINT32_MAX
								      : late.late_bytes);
	if (late.extent) {
		histogram_add(&totals->extent, late.extent);
		histogram_add(&totals->late_time, late.late_ns > 0 ? (uint64_t)late.late_ns : 0);
		histogram_add(&totals->late_bytes, late.late_bytes);
	}
	trouble->count[TCP_REORDERED] += segments;
	tcp_evidence(trouble, TCP_SHOWS_REORDERED, segment->packet->frame);
	if (!piece->hole && piece->before)
		amend_overtaking_resend(segment, trouble, piece->before->frame);
}

static void judge_piece(struct tcp_segment *segment, struct tcp_trouble *trouble,
	struct piece *piece, struct verdict *verdict, int64_t gap_ns)
{
	switch (piece->label) {
	case LABEL_RETRANSMISSION:
		judge_resend(segment, trouble, piece, verdict, gap_ns);
		break;
	case LABEL_REORDERED:
		judge_reordered(segment, trouble, piece, verdict);
		break;
	case LABEL_DUPLICATE:
		trouble->count[TCP_DUPLICATES]++;
		tcp_evidence(trouble, TCP_SHOWS_DUPLICATE, segment->packet->frame);
		break;
	case LABEL_UNKNOWN:
		trouble->count[TCP_UNKNOWN] += piece_segments(segment, piece);
		break;
	default:
		break;
	}
}

static void fill_parts(
	struct tcp_segment *segment, const struct pieces *pieces, struct verdict *verdict)
{
	for (int i = 0; i < pieces->count; i++) {
		uint32_t segments = piece_segments(segment, &pieces->piece[i]);
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
	struct piece *worst = &pieces->piece[0];

	for (int i = 0; i < pieces->count; i++) {
		struct piece *piece = &pieces->piece[i];

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
static void stop_rtt(struct tcp_segment *segment)
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
	if (!trouble) { /* no room to judge: say so */
		tcp_verdict(segment, LABEL_UNKNOWN, CONFIDENCE_NONE, 0);
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
		stop_rtt(segment);
	/* Its place in the list comes first; amendments that it causes follow, and may move the list. */
	verdict = *tcp_verdict(segment, LABEL_OTHER, CONFIDENCE_NONE, 0);
	judge_pieces(segment, trouble, &pieces, &verdict, gap_ns);
	segment->batch->verdicts[segment->packet->verdict] = verdict;
	segment->packet->label = verdict.label;
	take_in(segment, trouble, verdict.label);
}

void tcp_judge_syn_again(struct tcp_segment *segment)
{
	struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, segment->side);
	struct piece piece = {
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
	piece.before = carrier(segment, piece.start, piece.end);
	if (segment->packet->tcp_flags & TCP_ACK && piece.before &&
		!(piece.before->flags & RECENT_ACK)) {
		/* Both ends sent a SYN at once: this answers the other's (RFC 9293 3.5). */
		segment->packet->label = LABEL_ACK;
		tcp_acknowledge(segment);
		return;
	}
	verdict = tcp_verdict(segment, LABEL_RETRANSMISSION, piece.confidence, EVIDENCE_SEEN);
	if (!trouble)
		return;
	stop_rtt(segment);
	piece.evidence = EVIDENCE_SEEN;
	judge_resend(segment, trouble, &piece, verdict, -1);
	verdict->label = (uint8_t)piece.label;
	verdict->confidence = (uint8_t)piece.confidence;
	verdict->evidence = piece.evidence;
	segment->packet->label = (uint8_t)piece.label;
	tcp_remember(segment, piece.label);
	segment->side->arrivals++;
}
