/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this the same packet once more?  A copy has the identification, timestamp and checksum of its
 * original, which a resend has not. Who made it shows in its way (another TTL, MAC address or
 * interface: the capture saw it at two places) and in its regularity: a mirror port doubles
 * everything, a network some.
 */
#include "analyzers/tcp.h"

#define TIMER_NS NS_PER_MS /* no sender's timer is as short (Linux: TCP_TIMEOUT_MIN, 2 ticks) */
#define COARSE_NS (2 * NS_PER_MS) /* a resend after less may carry the same timestamp */
#define COPY_NS (2 * NS_PER_MS)   /* a mirror port delivers its copies within this */
#define COPY_JITTER_NS 50000      /* and about as far apart as the others, give or take */
#define SYSTEMATIC_COPIES \
	4 /* so many, and every third frame: the capture doubles, not the network */

int64_t tcp_round_trip_min_ns(const struct tcp_segment *segment)
{
	if (!segment->side->answer_min || !segment->peer->answer_min)
		return 0;
	return tcp_ticks_ns(segment->side->answer_min) + tcp_ticks_ns(segment->peer->answer_min);
}

/* Whether two transmissions are one: all that a resend would change is equal. */
static uint16_t same_transmission(
	const struct tcp_segment *segment, const struct recent_segment *entry)
{
	const struct packet *packet = segment->packet;

	if (entry->offset != segment->start || entry->length != segment->length)
		return 0;
	if (entry->flags & RECENT_TIMESTAMP && packet->flags & PACKET_TIMESTAMP &&
		entry->tsval != packet->tsval)
		return 0;
	if (segment->has_id && entry->flags & RECENT_IP_ID && (packet->ip_id || entry->ip_id)) {
		if (packet->ip_id != entry->ip_id)
			return 0;
		if (entry->checksum == packet->checksum)
			return EVIDENCE_IP_ID | EVIDENCE_COPY;
		return tcp_id_counts(segment->side) ? EVIDENCE_IP_ID : 0;
	}
	return entry->checksum == packet->checksum ? EVIDENCE_COPY : 0;
}

/*
 * A super-frame and its segments, or segments and what they were merged into, captured at two
 * places of one host: the same bytes with the same timestamp and the identifications of the
 * super-frame's segments.
 */
static uint16_t same_in_part(const struct tcp_segment *segment, const struct recent_segment *entry)
{
	const struct packet *packet = segment->packet;
	bool within = entry->segments > 1 && segment->segments == 1 &&
		      segment->start >= entry->offset &&
		      segment->end <= entry->offset + entry->length;
	bool merged = segment->segments > 1 && entry->segments == 1 &&
		      segment->start == entry->offset && segment->end <= segment->side->next;

	if ((!within && !merged) || packet->time_ns - entry->time_ns >= COPY_NS)
		return 0;
	if (entry->flags & RECENT_TIMESTAMP && packet->flags & PACKET_TIMESTAMP &&
		entry->tsval != packet->tsval)
		return 0;
	if (!segment->has_id || !(entry->flags & RECENT_IP_ID) || !(packet->ip_id || entry->ip_id))
		return EVIDENCE_COPY;
	return (uint16_t)(packet->ip_id - entry->ip_id) < entry->segments
		       ? EVIDENCE_IP_ID | EVIDENCE_COPY
		       : 0;
}

/*
 * Without an identification, equal headers prove a copy only where a resend could not look the
 * same: a timestamp that would have ticked, or a time too short for any reaction of the sender.
 */
static bool is_too_soon_for_resend(
	const struct tcp_segment *segment, const struct recent_segment *original)
{
	int64_t age = segment->packet->time_ns - original->time_ns;
	int64_t round_trip = tcp_round_trip_min_ns(segment);

	if (!tcp_is_age(age))
		return false;
	/* Nothing was sent behind it that could have been acknowledged: only a timer resends. */
	if (age < TIMER_NS && segment->end == segment->side->next &&
		original == recent_get(segment->tcp->recent, segment->side->recent))
		return true;
	if (segment->packet->flags & PACKET_TIMESTAMP && (!round_trip || round_trip >= COARSE_NS))
		return age < 100 * NS_PER_MS;
	return round_trip ? age < round_trip / 2 : age < NS_PER_MS;
}

/* An identification that counts comes round again, one that does not may be the same always. */
static bool is_young_enough(
	const struct tcp_segment *segment, const struct recent_segment *original, uint16_t shows)
{
	int64_t age = segment->packet->time_ns - original->time_ns;

	if (!(shows & EVIDENCE_IP_ID))
		return is_too_soon_for_resend(segment, original);
	return age < (tcp_id_counts(segment->side) ? 2 * NS_PER_SECOND : TCP_RTO_MIN_NS);
}

struct recent_segment *tcp_find_copied(struct tcp_segment *segment, uint16_t *evidence)
{
	struct recent *recent = segment->tcp->recent;
	struct recent_segment *entry = recent_get(recent, segment->side->recent);

	for (int i = 0; entry && i < TCP_SEARCH_STEPS;
		i++, entry = recent_get(recent, entry->previous)) {
		uint16_t shows = same_transmission(segment, entry) | same_in_part(segment, entry);

		if (!shows && tcp_ends_search(entry, segment->start))
			return NULL;
		if (!shows)
			continue;
		if (!is_young_enough(segment, entry, shows))
			return NULL;
		*evidence = shows;
		return entry;
	}
	return NULL;
}

static bool another_path(const struct tcp_segment *segment, const struct recent_segment *original)
{
	return original->ttl != segment->packet->ttl ||
	       original->path != tcp_path_digest(segment->packet);
}

/* Every third frame or more is a copy: the capture doubles everything. */
static bool doubles_all(const struct tcp_side *side, const struct tcp_trouble *trouble)
{
	uint64_t copies = trouble->count[TCP_CAPTURE_DUPLICATES] + trouble->count[TCP_DUPLICATES];

	return copies >= SYSTEMATIC_COPIES && copies * 3 >= side->frames;
}

/* Copies as a matter of course, about as far apart as usual: the capture sees everything twice. */
static bool is_systematic(
	const struct tcp_side *side, const struct tcp_trouble *trouble, int64_t age)
{
	return doubles_all(side, trouble) && age < COPY_NS &&
	       age <= 8 * trouble->copy_age_ns + COPY_JITTER_NS;
}

static void learn_copy_age(struct tcp_trouble *trouble, int64_t age)
{
	if (age < 0 || age >= COPY_NS)
		return;
	if (!trouble->copy_age_ns)
		trouble->copy_age_ns = age;
	else
		trouble->copy_age_ns += (age - trouble->copy_age_ns) / 8;
}

/*
 * The identification proves that it is one transmission; whose copy it is shows in the way or in
 * the pattern.
 */
static enum confidence copy_confidence(uint16_t evidence)
{
	return evidence & EVIDENCE_IP_ID ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY;
}

/* Duplicates judged before the pattern showed were the capture's too, in both directions. */
static void amend_copies(struct tcp_segment *segment, struct tcp_side *side, int64_t usual_ns)
{
	struct tcp_trouble *trouble = tcp_trouble_of(segment->tcp, side);

	for (int i = 0; trouble && i < TCP_PENDING; i++) {
		struct tcp_pending *pending = &trouble->pending[i];

		if (pending->frame && pending->label == LABEL_DUPLICATE &&
			pending->gap_ns <= 8 * usual_ns + COPY_JITTER_NS)
			tcp_amend(segment, side, pending, LABEL_CAPTURE_DUPLICATE,
				copy_confidence(pending->evidence), EVIDENCE_COPY);
	}
}

static void await_amendment(struct tcp_segment *segment, struct tcp_trouble *trouble, int64_t age,
	const struct verdict *verdict)
{
	struct tcp_pending *pending = tcp_pending_add(segment, trouble);

	pending->start = segment->start;
	pending->end = segment->end;
	pending->frame = segment->packet->frame;
	pending->time_ns = segment->packet->time_ns;
	pending->gap_ns = age;
	pending->segments = 1;
	pending->label = verdict->label;
	pending->evidence = verdict->evidence;
	pending->confidence = verdict->confidence;
}

void tcp_judge_copy(struct tcp_segment *segment, struct recent_segment *original, uint16_t evidence)
{
	struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, segment->side);
	int64_t age = segment->packet->time_ns - original->time_ns;
	bool path = another_path(segment, original);
	bool captured = path || is_systematic(segment->side, trouble, age);
	enum tcp_evidence_kind kind = captured ? TCP_SHOWS_CAPTURE_DUPLICATE : TCP_SHOWS_DUPLICATE;
	struct verdict *verdict;

	if (path)
		evidence |= EVIDENCE_PATH;
	verdict = tcp_verdict(segment, captured ? LABEL_CAPTURE_DUPLICATE : LABEL_DUPLICATE,
		copy_confidence(evidence), evidence);
	verdict->reference = recent_frame(original, segment->packet->frame);
	trouble->count[captured ? TCP_CAPTURE_DUPLICATES : TCP_DUPLICATES]++;
	if (captured)
		segment->flow->tcp_notes |= TCP_NOTE_DOUBLED;
	tcp_evidence(trouble, kind, segment->packet->frame);
	tcp_doubt(trouble, kind, verdict->confidence, 1);
	if (!captured || !path)
		if (captured || trouble->count[TCP_CAPTURE_DUPLICATES] == 0)
			learn_copy_age(trouble, age);
	if (captured && !doubles_all(segment->side, trouble))
		await_amendment(segment, trouble, age, verdict);
	if (!captured) {
		await_amendment(segment, trouble, age, verdict);
		tcp_remember(segment, LABEL_DUPLICATE);
		segment->side->arrivals++;
	} else {
		amend_copies(segment, segment->side, trouble->copy_age_ns);
		amend_copies(segment, segment->peer, trouble->copy_age_ns);
	}
}

/* Whether this flow is known to be captured more than once. */
static bool flow_is_doubled(const struct tcp_segment *segment)
{
	return segment->flow->tcp_notes & TCP_NOTE_DOUBLED;
}

static void mark_copied_ack(struct tcp_segment *segment, uint64_t original, uint16_t evidence)
{
	struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, segment->side);
	struct verdict *verdict = tcp_verdict(
		segment, LABEL_CAPTURE_DUPLICATE, CONFIDENCE_LIKELY, evidence);

	verdict->reference = original;
	verdict->confidence = (uint8_t)copy_confidence(evidence);
	trouble->count[TCP_CAPTURE_DUPLICATES]++;
	tcp_doubt(trouble, TCP_SHOWS_CAPTURE_DUPLICATE, verdict->confidence, 1);
}

/*
 * Acknowledgements are remembered only where the flow is known to be doubled, with the
 * acknowledged number in place of the arrival index.  Out of line, for few flows are.
 */
__attribute__((noinline)) static bool judge_doubled_ack(struct tcp_segment *segment)
{
	struct recent *recent = segment->tcp->recent;
	const struct packet *packet = segment->packet;
	struct recent_segment *entry = recent_get(recent, segment->side->recent);

	for (int i = 0; entry && i < 64; i++, entry = recent_get(recent, entry->previous)) {
		uint16_t shows = same_transmission(segment, entry);

		if (!shows || entry->arrival != packet->tcp_ack ||
			packet->time_ns - entry->time_ns >= 20 * COPY_NS)
			continue;
		mark_copied_ack(segment, recent_frame(entry, packet->frame), shows);
		return true;
	}
	tcp_remember(segment, LABEL_ACK)->arrival = packet->tcp_ack;
	return false;
}

/* Where nothing is remembered, the identification of its predecessor tells. */
bool tcp_judge_copied_ack(struct tcp_segment *segment)
{
	const struct tcp_side *side = segment->side;
	const struct packet *packet = segment->packet;

	if (packet->ip_id == side->id_max && packet->ip_id && segment->has_id &&
		side->flags & SIDE_ID && side->id_steps & 1) {
		/* A lone copy may be the network's: nothing is claimed, but it is no second
		 * answer. */
		segment->packet->label = LABEL_ACK;
		if (flow_is_doubled(segment))
			mark_copied_ack(segment, 0, EVIDENCE_IP_ID | EVIDENCE_COPY);
		return true;
	}
	return flow_is_doubled(segment) && judge_doubled_ack(segment);
}
