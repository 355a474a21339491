/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of two transmissions was sent first?  Bytes that were jumped over are compared with the
 * segment that opened the hole, bytes seen before with the segment that carried them: by
 * identification and timestamp, which are conclusive, then by what acknowledgements say, then by
 * time, which is not.
 */
#include "analyzers/tcp.h"

#define REORDER_GUESS_NS \
	(3 * NS_PER_MS)              /* nothing but time to judge by: late by less is reordering */
#define FINE_TICK_NS (2 * NS_PER_MS) /* Linux counts milliseconds */
#define TICK_MEASUREMENTS 4
#define TICK_STEPS 4 /* of the timestamp value that make one measurement of its rate */

/* The newest earlier segment that shares bytes with [start, end), NULL if none is remembered. */
struct recent_segment *tcp_carrier(struct tcp_segment *segment, uint64_t start, uint64_t end)
{
	struct recent *recent = segment->tcp->recent;
	struct recent_segment *entry = recent_get(recent, segment->side->recent);

	for (int i = 0; entry && i < TCP_SEARCH_STEPS;
		i++, entry = recent_get(recent, entry->previous)) {
		if (entry->length && entry->offset < end && entry->offset + entry->length > start)
			return entry;
		if (tcp_ends_search(entry, start))
			break;
	}
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
 * A counter moves on with every packet, so two packets cannot be much further apart in it than
 * packets were sent: those that arrived meanwhile, those in flight, and as many again for
 * acknowledgements and for what was lost.
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

/* A few round trips may all have been slow ones; what is late by so much is hardly reordering. */
static bool trusts_round_trip(const struct tcp_segment *segment, int64_t age)
{
	return age < 100 * NS_PER_MS ||
	       (segment->side->rtt_count >= 4 && segment->peer->rtt_count >= 4);
}

/* Whether the segment carries the same timestamp value as the opener of the hole. */
static bool same_step(const struct tcp_segment *segment, const struct reorder_hole *hole)
{
	return hole->flags & HOLE_TIMESTAMP && segment->packet->flags & PACKET_TIMESTAMP &&
	       hole->tsval == segment->packet->tsval;
}

/* Whether the receiver has asked for what is missing since the hole opened. */
static bool asked_for(const struct tcp_trouble *trouble, const struct reorder_hole *hole)
{
	return trouble && (trouble->duplicate_acks || trouble->sack_count) &&
	       trouble->duplicate_ack_ns >= hole->time_ns;
}

/*
 * A hole is filled and no header tells the order: a reaction of the sender takes a round trip (or
 * a timer), so sooner is reordering; an older duplicate acknowledgement or SACK asked for a
 * resend.
 */
static void judge_hole_by_time(struct tcp_segment *segment, struct tcp_piece *piece)
{
	const struct tcp_trouble *trouble = tcp_trouble_of(segment->tcp, segment->side);
	int64_t age = segment->packet->time_ns - piece->hole->time_ns;
	int64_t round_trip = tcp_round_trip_min_ns(segment);
	bool asked = asked_for(trouble, piece->hole);

	if (!tcp_is_age(age)) {
		piece->label = LABEL_UNKNOWN;
		return;
	}
	piece->label = LABEL_REORDERED;
	piece->confidence = CONFIDENCE_LIKELY;
	if (round_trip && age < round_trip - round_trip / 10 && trusts_round_trip(segment, age)) {
		piece->evidence |= EVIDENCE_RTT;
		return;
	}
	if (asked) {
		piece->label = LABEL_RETRANSMISSION;
		if (same_step(segment, piece->hole)) /* a clock too coarse to tell */
			piece->confidence = CONFIDENCE_POSSIBLE;
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
	piece->label = tcp_is_acked(segment->side) ? LABEL_RETRANSMISSION : LABEL_UNKNOWN;
	piece->confidence = tcp_is_acked(segment->side) ? CONFIDENCE_POSSIBLE : CONFIDENCE_NONE;
}

/* How long one step of the sender's timestamps lasts at least, 0 if too few were seen. */
static int64_t tick_ns(struct tcp_segment *segment)
{
	struct recent *recent = segment->tcp->recent;
	const struct recent_segment *later = recent_get(recent, segment->side->recent);
	const struct recent_segment *entry = later;
	int64_t shortest = 0;
	int measurements = 0;

	for (int i = 0; entry && i < TCP_SEARCH_STEPS && measurements < TICK_MEASUREMENTS;
		i++, entry = recent_get(recent, entry->previous)) {
		int32_t steps = (int32_t)(later->tsval - entry->tsval);
		int64_t tick = later->time_ns - entry->time_ns;

		if (steps < TICK_STEPS)
			continue;
		tick /= steps;
		/* The clock of the capture may have jumped meanwhile: the shortest measurement
		 * counts. */
		if (tick > 0 && (!shortest || tick < shortest))
			shortest = tick;
		later = entry;
		measurements++;
	}
	return shortest;
}

/*
 * Sent within the same step of the sender's clock as the segment that overtook it: a resend takes
 * a round trip, so it is none if that lasts longer than a step; with a fine clock it is hardly one
 * even then.
 */
static enum confidence sent_together(struct tcp_segment *segment, const struct reorder_hole *hole)
{
	int64_t round_trip = tcp_round_trip_min_ns(segment);
	int64_t tick;

	if (!same_step(segment, hole))
		return CONFIDENCE_NONE;
	tick = tick_ns(segment);
	if (!tick)
		return CONFIDENCE_NONE;
	if (round_trip > tick + tick / 2)
		return CONFIDENCE_PROVEN;
	if (round_trip && asked_for(tcp_trouble_of(segment->tcp, segment->side), hole))
		return CONFIDENCE_NONE; /* a reaction within one step is possible */
	return tick <= FINE_TICK_NS ? CONFIDENCE_LIKELY : CONFIDENCE_NONE;
}

void tcp_judge_hole(struct tcp_segment *segment, struct tcp_piece *piece)
{
	const struct reorder_hole *hole = piece->hole;
	uint16_t near;
	int order;

	piece->reference = hole->frame;
	if (hole->flags & HOLE_BY_ACK) { /* acknowledged before seen: the capture's order */
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
	/* A counter shared with other connections: still close below the opener's if sent just
	 * before. */
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
 * Bytes that nobody remembers passing: from before the capture began, or from long ago.  Sent
 * before the first segment remembered they are late, sent after all others they are repeated.
 */
static void judge_unremembered(struct tcp_segment *segment, struct tcp_piece *piece)
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

/*
 * Two packets with identifications of their own are no copies of each other, whatever these count.
 */
static bool ids_differ(const struct tcp_segment *segment, const struct recent_segment *other)
{
	return segment->has_id && other->flags & RECENT_IP_ID &&
	       segment->packet->ip_id != other->ip_id;
}

/*
 * Bytes seen before: sent again, or the original of something that was sent again and came first.
 */
void tcp_judge_seen(struct tcp_segment *segment, struct tcp_piece *piece)
{
	struct recent_segment *before = tcp_carrier(segment, piece->start, piece->end);
	int64_t age, round_trip = tcp_round_trip_min_ns(segment);
	int order = 0;

	piece->before = before;
	piece->label = LABEL_RETRANSMISSION;
	piece->confidence = CONFIDENCE_LIKELY;
	piece->evidence |= EVIDENCE_SEEN;
	if (!before) {
		judge_unremembered(segment, piece);
		return;
	}
	piece->reference = recent_frame(before, segment->packet->frame);
	age = segment->packet->time_ns - before->time_ns;
	order = sending_order(segment, transmission_of(before), &piece->evidence);
	if (order > 0) {
		piece->confidence = CONFIDENCE_PROVEN;
	} else if (order < 0) {
		piece->label = LABEL_REORDERED;
		piece->confidence = CONFIDENCE_PROVEN;
	} else if (round_trip && tcp_is_age(age) && age < round_trip / 2 &&
		   before->length == segment->length && !ids_differ(segment, before)) {
		piece->label = LABEL_DUPLICATE;
		piece->confidence = CONFIDENCE_POSSIBLE;
		piece->evidence |= EVIDENCE_RTT;
	}
}

/*
 * Whether a remembered segment was sent after this one: its bytes lie above, or its header says
 * so.
 */
bool tcp_sent_later(struct tcp_segment *segment, const struct recent_segment *entry)
{
	uint16_t evidence = 0;

	if (!entry->length)
		return false;
	if (entry->offset >= segment->end)
		return true;
	return sending_order(segment, transmission_of(entry), &evidence) < 0;
}
