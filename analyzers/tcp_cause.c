/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why was a segment sent again?  What loss recovery looks like from outside: RFC 6675 and RFC 8985
 * (SACK, RACK), RFC 5681 (duplicate acknowledgements), RFC 6298 (timer), RFC 8985 7 (tail loss
 * probe), RFC 1191 and RFC 8201 (path MTU).  Rules stand in a table, first match wins.
 */
#include "analyzers/tcp.h"

/* What the rules look at. */
struct resend {
	struct tcp_segment *segment;
	struct tcp_trouble *trouble;
	const struct recent_segment *before; /* earlier transmission of these bytes, or NULL */
	int64_t gap_ns;                      /* since the side last sent data, -1: unknown */
	int64_t idle_ns;                     /* since it sent data or had some acknowledged */
	int64_t timer_ns;                    /* since the retransmission timer was started */
	bool sack_above, tail, first, one_way;
	bool asked; /* duplicate acknowledgements or SACK asked for a resend, now or just before */
};

static bool is_after_icmp(const struct resend *resend)
{
	return resend->trouble->pmtu_recover > resend->segment->start &&
	       (!resend->before || resend->segment->length < resend->before->length ||
		       resend->segment->packet->ip_length <= resend->trouble->pmtu);
}

static bool is_handshake(const struct resend *resend)
{
	const struct tcp_side *side = resend->segment->side;

	return resend->segment->packet->tcp_flags & TCP_SYN ||
	       (resend->trouble->fast_open_rejected && resend->segment->start <= side->start + 1);
}

/*
 * The sender's round trip: near the receiver, most of it lies on the other side of the capture
 * point.
 */
static int64_t round_trip_ns(const struct resend *resend)
{
	int64_t smoothed = tcp_ticks_ns(resend->segment->side->srtt);
	int64_t whole = tcp_round_trip_min_ns(resend->segment);

	return smoothed > whole ? smoothed : whole;
}

/*
 * As long as a retransmission timer: a round trip and the minimum that Linux adds to it (RFC 6298
 * 2).
 */
static bool timer_ran_out(const struct resend *resend, int64_t timer_ns)
{
	int64_t round_trip = round_trip_ns(resend);

	return timer_ns >= TCP_RTO_MIN_NS + round_trip - round_trip / 4;
}

static bool is_timeout_again(const struct resend *resend)
{
	return resend->trouble->rto_recover > resend->segment->start && resend->first &&
	       timer_ran_out(resend, resend->timer_ns);
}

static bool is_after_timeout(const struct resend *resend)
{
	return resend->trouble->rto_recover > resend->segment->start;
}

/* A probe repeats the tail, once, while nothing is known to be lost; the timer repeats the head. */
static bool is_tail_probe(const struct resend *resend)
{
	const struct tcp_trouble *trouble = resend->trouble;
	int64_t round_trip = round_trip_ns(resend);

	if (!resend->tail || resend->sack_above || trouble->sack_count || trouble->duplicate_acks ||
		trouble->recover || resend->one_way)
		return false;
	if (!(resend->segment->peer->flags & SIDE_SACK) && resend->segment->peer->flags & SIDE_SYN)
		return false;
	if (trouble->tlp_end == resend->segment->end)
		return false;
	return resend->idle_ns >= round_trip + round_trip / 4 && resend->idle_ns >= NS_PER_MS;
}

static bool is_timeout(const struct resend *resend)
{
	if (resend->one_way)
		return timer_ran_out(resend, resend->gap_ns);
	return resend->first && timer_ran_out(resend, resend->timer_ns);
}

static bool is_rack(const struct resend *resend)
{
	return resend->sack_above && resend->trouble->duplicate_acks < 3;
}

static bool is_fast(const struct resend *resend)
{
	return resend->sack_above || resend->trouble->duplicate_acks >= 3 ||
	       resend->trouble->recover > resend->segment->start;
}

/*
 * Neither a pause nor a word of the receiver: in the middle of a flight only loss recovery
 * resends.
 */
static bool is_in_flight(const struct resend *resend)
{
	return resend->gap_ns >= 0 && resend->gap_ns < TCP_RTO_MIN_NS &&
	       (resend->one_way || resend->asked);
}

static bool is_bare_fin(const struct resend *resend)
{
	return resend->segment->packet->tcp_flags & TCP_FIN && resend->segment->length == 1;
}

/* What rests on silence proves nothing where the capture may have dropped what was said. */
static bool may_have_missed_answers(const struct resend *resend)
{
	const struct tcp *tcp = resend->segment->tcp;
	int64_t now_ns = resend->segment->packet->time_ns;
	int64_t silent_ns = resend->timer_ns > resend->gap_ns ? resend->timer_ns : resend->gap_ns;

	return outages_are_own(&tcp->outages) &&
	       drops_overlap(&tcp->outages.drops, now_ns - silent_ns, now_ns);
}

static const struct rule {
	bool (*applies)(const struct resend *resend);
	enum cause cause;
	uint16_t evidence;
} rules[] = {
	{ is_handshake, CAUSE_SYN, 0 },
	{ is_after_icmp, CAUSE_PMTU, EVIDENCE_ICMP },
	{ is_timeout_again, CAUSE_RTO, EVIDENCE_TIMER },
	{ is_after_timeout, CAUSE_AFTER_RTO, EVIDENCE_TIMER },
	{ is_tail_probe, CAUSE_TLP, EVIDENCE_TIMER },
	{ is_timeout, CAUSE_RTO, EVIDENCE_TIMER },
	{ is_rack, CAUSE_RACK, EVIDENCE_SACK },
	{ is_fast, CAUSE_FAST, EVIDENCE_ACK },
	{ is_in_flight, CAUSE_FAST, EVIDENCE_TIMING },
	{ is_bare_fin, CAUSE_FIN, 0 },
};

static void enter_recovery(const struct resend *resend, enum cause cause)
{
	struct tcp_trouble *trouble = resend->trouble;
	uint64_t next = resend->segment->side->next;

	if (cause == CAUSE_RTO) {
		trouble->rto_recover = next;
		trouble->recover = 0;
	} else if (cause == CAUSE_TLP) {
		trouble->tlp_end = resend->segment->end;
	} else if ((cause == CAUSE_FAST || cause == CAUSE_RACK) && !trouble->recover) {
		trouble->recover = next;
	}
}

/*
 * How long the timer had been running (RFC 6298 5): it starts anew when new data is acknowledged,
 * and when the segment at the head is sent.
 */
static int64_t timer_ns(const struct tcp_trouble *trouble, const struct recent_segment *before,
	int64_t now_ns, int64_t gap_ns)
{
	int64_t armed_ns = trouble->progress_ns;

	if (before && before->time_ns > armed_ns)
		armed_ns = before->time_ns;
	if (trouble->resend_ns > armed_ns)
		armed_ns = trouble->resend_ns;
	return armed_ns ? now_ns - armed_ns : gap_ns;
}

enum cause tcp_resend_cause(struct tcp_segment *segment, struct tcp_trouble *trouble,
	const struct recent_segment *before, int64_t gap_ns, uint16_t *evidence)
{
	int64_t now_ns = segment->packet->time_ns;
	int64_t progress_ns = now_ns - trouble->progress_ns;
	struct resend resend = {
		.segment = segment,
		.trouble = trouble,
		.before = before,
		.gap_ns = gap_ns,
		.idle_ns = trouble->progress_ns && progress_ns < gap_ns ? progress_ns : gap_ns,
		.timer_ns = timer_ns(trouble, before, now_ns, gap_ns),
		.sack_above = trouble->sack_count &&
			      trouble->sack[trouble->sack_count - 1].end > segment->start,
		.tail = segment->end >= segment->side->next,
		.first = segment->start <= segment->side->una ||
			 !(segment->side->flags & SIDE_ACKED),
		.one_way = !(segment->side->flags & SIDE_ACKED),
		.asked = trouble->duplicate_acks ||
			 (trouble->duplicate_ack_ns &&
				 now_ns - trouble->duplicate_ack_ns < TCP_RTO_MIN_NS),
	};

	trouble->resend_ns = now_ns;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].applies(&resend) &&
			!(rules[i].evidence & EVIDENCE_TIMER && may_have_missed_answers(&resend))) {
			enter_recovery(&resend, rules[i].cause);
			*evidence |= rules[i].evidence;
			return rules[i].cause;
		}
	return CAUSE_UNKNOWN;
}
