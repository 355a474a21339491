/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is each TCP segment: in order, late, sent again, a copy?  This file keeps what a healthy
 * connection needs (RFC 9293: offsets, handshake, port reuse) and decides all that is at or above
 * the highest byte seen; tcp_late.c judges what starts below it, tcp_ack.c reads the way back.
 * Order of evidence: identity, order of sending (IPv4 identification, RFC 7323 timestamps),
 * acknowledgements, and time last.
 */
#include "analyzers/tcp.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"

#define FAR_BYTES (INT64_C(1) << 30) /* beyond any window (RFC 7323 2.2) */
#define FAR_SEGMENTS 3               /* so many of them that agree are a new truth */
#define OPTION_BYTES 12u             /* what timestamps take of a segment (RFC 7323) */
#define JUMBO_BYTES 9216u            /* the largest IP packet on a wire */
#define FLIGHT_BYTES (16u << 20)     /* hardly more than this is on its way at a time */

static void *tcp_create(const struct analyzer_options *options, struct flow_table *flows)
{
	struct tcp *tcp = memory_alloc(1, sizeof(*tcp));

	tcp->flows = flows;
	tcp->options = options;
	tcp->recent = recent_new(options->live);
	tcp->trouble_count = 1;
	outages_init(&tcp->outages);
	return tcp;
}

static void tcp_destroy(void *state)
{
	struct tcp *tcp = state;

	for (uint32_t i = 1; i < tcp->trouble_count; i++) {
		free(tcp->trouble[i]->lateness);
		free(tcp->trouble[i]);
	}
	free(tcp->trouble);
	free(tcp->inputs);
	free(tcp->free_trouble);
	recent_free(tcp->recent);
	free(tcp);
}

__attribute__((always_inline)) static inline struct recent_segment *remember(
	struct tcp_segment *segment, enum label label)
{
	const struct packet *packet = segment->packet;
	struct tcp_side *side = segment->side;
	struct recent_segment *entry = recent_add(segment->tcp->recent, &side->recent);

	entry->offset = segment->start;
	entry->frame = (uint32_t)packet->frame;
	entry->time_ns = packet->time_ns;
	entry->length = segment->length;
	entry->tsval = packet->tsval;
	entry->arrival = side->arrivals;
	entry->ip_id = packet->ip_id;
	entry->checksum = packet->checksum;
	entry->segments = (uint16_t)(segment->segments > UINT16_MAX ? UINT16_MAX
								    : segment->segments);
	entry->label = (uint8_t)label;
	entry->ttl = packet->ttl;
	entry->path = tcp_path_digest(packet);
	entry->flags = (uint8_t)((packet->flags & PACKET_TIMESTAMP ? RECENT_TIMESTAMP : 0) |
				 (segment->has_id ? RECENT_IP_ID : 0) |
				 (packet->tcp_flags & TCP_ACK ? RECENT_ACK : 0));
	return entry;
}

struct recent_segment *tcp_remember(struct tcp_segment *segment, enum label label)
{
	return remember(segment, label);
}

struct verdict *tcp_verdict(struct tcp_segment *segment, enum label label,
	enum confidence confidence, uint16_t evidence)
{
	struct verdict *verdict = batch_add_verdict(segment->batch);

	verdict->frame = segment->packet->frame;
	verdict->at = tcp_place(segment);
	verdict->flow = segment->flow->number;
	verdict->label = (uint8_t)label;
	verdict->confidence = (uint8_t)confidence;
	verdict->evidence = evidence;
	segment->packet->label = (uint8_t)label;
	segment->packet->verdict = segment->batch->verdict_count - 1;
	return verdict;
}

static void mark_unknown(struct tcp_segment *segment)
{
	tcp_verdict(segment, LABEL_UNKNOWN, CONFIDENCE_NONE, 0);
	tcp_count(segment->tcp, segment->side, TCP_UNKNOWN, segment->segments);
}

/* Starts a round-trip measurement unless one is under way. */
static void start_rtt(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;

	if (side->flags & SIDE_RTT_PENDING)
		return;
	side->flags |= SIDE_RTT_PENDING;
	side->rtt_end = (uint32_t)segment->end;
	side->rtt_tick = tcp_tick(segment->packet->time_ns);
}

/* New bytes, the next expected ones or (behind a hole) further ones. */
void tcp_accept(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;

	segment->packet->label = LABEL_IN_ORDER;
	remember(segment, LABEL_IN_ORDER)->flags |= RECENT_HIGHEST;
	side->arrivals++;
	side->next = segment->end;
	side->last_new_ns = segment->packet->time_ns;
	start_rtt(segment);
}

/* Without the beginning of a connection: everything starts with the first segment seen. */
static void start_side(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;

	if (!side->next)
		side->next = TCP_FIRST_OFFSET + segment->packet->tcp_seq;
	segment->start = tcp_offset(side->next, segment->packet->tcp_seq);
	segment->end = segment->start + segment->length;
	side->next = side->start = segment->start;
	side->flags |= SIDE_STARTED;
}

/* How many segments far away agree with each other by now, this one included. */
static uint32_t count_far(struct tcp_segment *segment, struct tcp_trouble *trouble)
{
	uint32_t seq = segment->packet->tcp_seq;

	trouble->far_segments = seq - trouble->far_seq < (1u << 20) ? trouble->far_segments + 1 : 1;
	trouble->far_seq = seq + segment->length;
	return trouble->far_segments;
}

/* Three segments that agree with each other and not with us: we were wrong. */
static void judge_far(struct tcp_segment *segment)
{
	struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, segment->side);
	struct tcp_side *side = segment->side;

	mark_unknown(segment);
	if (count_far(segment, trouble) < FAR_SEGMENTS)
		return;
	tcp_trouble_renew(segment->tcp, trouble);
	side->next = side->una = 0;
	side->recent = 0;
	side->flags &= (uint16_t) ~(SIDE_ACKED | SIDE_RTT_PENDING);
	start_side(segment);
	side->next = segment->end;
}

/*
 * Whether so many bytes beyond the highest seen are more than the receiver can ever have offered,
 * by the scale of its own SYN (RFC 7323 2.3).
 */
static bool is_beyond_window(const struct tcp_side *receiver, int64_t distance)
{
	return receiver->flags & SIDE_WSCALE && distance > (int64_t)UINT16_MAX << receiver->wscale;
}

/*
 * No receiver takes it, so it moves nothing: forged, or damaged.  A second one behind it shows that
 * the capture missed what lies between.
 */
static void judge_beyond_window(struct tcp_segment *segment)
{
	if (count_far(segment, tcp_trouble_start(segment->tcp, segment->side)) < 2) {
		mark_unknown(segment);
		return;
	}
	tcp_open_hole(segment);
	tcp_accept(segment);
}

static bool peer_window_closed(const struct tcp_segment *segment)
{
	return segment->peer->flags & SIDE_WINDOW && segment->peer->window == 0;
}

static void mark_probe(
	struct tcp_segment *segment, enum label label, enum tcp_counter counter, uint16_t evidence)
{
	tcp_verdict(segment, label, CONFIDENCE_LIKELY, evidence);
	tcp_count(segment->tcp, segment->side, counter, 1);
}

/*
 * The last byte of a longer segment, alone and after a pause: a timer would have sent the segment.
 * Tells a keep-alive where the acknowledgements were not captured.
 */
static bool is_tail_alone(struct tcp_segment *segment)
{
	const struct tcp_side *side = segment->side;
	const struct recent_segment *carrier;

	if (side->flags & SIDE_ACKED || segment->start + 1 != side->next ||
		segment->packet->time_ns - side->last_new_ns < NS_PER_SECOND)
		return false;
	carrier = tcp_carrier(segment, segment->start, segment->end);
	return carrier && carrier->length > 1;
}

/*
 * A byte (or none) just below the next one: a keep-alive if all is acknowledged (RFC 9293 3.8.4),
 * a window probe if the peer's window is closed; one byte still unacknowledged is a resend.
 */
static bool judge_probe(struct tcp_segment *segment)
{
	const struct tcp_side *side = segment->side;
	uint32_t length = segment->packet->payload_length;
	uint16_t evidence = 0;

	if (segment->packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST) || length > 1 ||
		!(side->flags & SIDE_STARTED))
		return false;
	if (length == 1 && segment->start == side->next && peer_window_closed(segment)) {
		mark_probe(segment, LABEL_WINDOW_PROBE, TCP_WINDOW_PROBES, EVIDENCE_WINDOW);
		return true;
	}
	if (segment->start + 1 != side->next && segment->start + 1 != side->una)
		return false;
	if (length == 1 && is_tail_alone(segment)) {
		mark_probe(segment, LABEL_KEEP_ALIVE, TCP_KEEP_ALIVES, EVIDENCE_TIMING);
		return true;
	}
	if (length == 1 && (side->una != side->next || tcp_find_copied(segment, &evidence)))
		return false;
	if (peer_window_closed(segment) && side->flags & SIDE_ACKED)
		mark_probe(segment, LABEL_WINDOW_PROBE, TCP_WINDOW_PROBES, EVIDENCE_WINDOW);
	else if (segment->start + 1 == side->next && (side->una == side->next || length == 0))
		mark_probe(segment, LABEL_KEEP_ALIVE, TCP_KEEP_ALIVES,
			side->flags & SIDE_ACKED ? EVIDENCE_ACK : 0);
	else
		return false;
	return true;
}

/*
 * A wrong checksum counts only where right ones were seen: else the card had yet to fill them in.
 */
static bool judge_checksum(struct tcp_segment *segment)
{
	enum checksum checksum = packet_checksum(segment->packet);
	struct tcp_side *side = segment->side;
	struct tcp_trouble *trouble;
	struct tcp_pending *pending;

	if (checksum == CHECKSUM_GOOD && side->checksums < TCP_TRUSTED_CHECKSUMS)
		side->checksums++;
	if (checksum == CHECKSUM_UNFINISHED) {
		segment->tcp->totals.unfinished_checksums++;
		side->unfinished |= segment->segments == 1;
	}
	if (checksum != CHECKSUM_BAD || side->checksums < TCP_TRUSTED_CHECKSUMS)
		return false;
	tcp_verdict(segment, LABEL_CORRUPT, CONFIDENCE_PROVEN, EVIDENCE_CHECKSUM);
	trouble = tcp_trouble_start(segment->tcp, side);
	trouble->count[TCP_CORRUPT] += segment->segments;
	tcp_evidence(trouble, TCP_SHOWS_CORRUPT, segment->packet->frame);
	pending = tcp_pending_add(segment, trouble);
	pending->start = segment->start;
	pending->end = segment->end;
	pending->frame = segment->packet->frame;
	pending->time_ns = segment->packet->time_ns;
	pending->segments = (uint16_t)segment->segments;
	pending->label = LABEL_CORRUPT;
	pending->confidence = CONFIDENCE_PROVEN;
	pending->evidence = EVIDENCE_CHECKSUM;
	return true;
}

static void judge_data(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;
	int64_t distance;

	if (!(side->flags & SIDE_STARTED))
		start_side(segment);
	distance = (int64_t)(segment->start - side->next);
	if (distance > FAR_BYTES || distance < -FAR_BYTES) {
		judge_far(segment);
	} else if (segment->packet->payload_length <= 1 && distance <= 0 && judge_probe(segment)) {
		return;
	} else if (distance == 0) {
		tcp_accept(segment);
	} else if (distance < 0) {
		tcp_judge_late(segment);
	} else if (is_beyond_window(segment->peer, distance)) {
		judge_beyond_window(segment);
	} else {
		tcp_open_hole(segment);
		tcp_accept(segment);
	}
}

/*
 * An acknowledgement that the segment behind it overtook has the number of a probe; but a probe
 * follows a pause, with a newer header.
 */
static bool is_overtaken(const struct tcp_segment *segment)
{
	return segment->packet->time_ns - segment->side->last_new_ns < TCP_RTO_MIN_NS ||
	       tcp_header_order(segment) < 0;
}

static void judge_pure_ack(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;

	segment->packet->label = LABEL_ACK;
	if (side->flags & SIDE_STARTED && segment->start < side->next && !is_overtaken(segment))
		judge_probe(segment);
}

/*
 * A reset counts if the receiver may expect just its number (RFC 5961 3.2); others, in the window
 * or not, draw a challenge acknowledgement and end nothing.
 */
static bool reset_is_valid(const struct tcp_segment *segment)
{
	const struct tcp_side *side = segment->side;
	uint64_t expected = side->flags & SIDE_ACKED ? side->una : side->next;
	uint64_t offset = tcp_offset(side->next, segment->packet->tcp_seq);

	if (!(side->flags & SIDE_STARTED))
		return true;
	return offset + 1 >= expected && offset <= side->next;
}

static void judge_reset(struct tcp_segment *segment)
{
	segment->packet->label = LABEL_RST;
	if (reset_is_valid(segment))
		segment->side->flags |= SIDE_RST;
	tcp_count(segment->tcp, segment->side, TCP_RESETS, 1);
}

static void note_zero_window(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;

	if (segment->packet->tcp_window) {
		side->flags &= (uint16_t)~SIDE_ZERO_WINDOW;
	} else if (!(side->flags & SIDE_ZERO_WINDOW)) {
		side->flags |= SIDE_ZERO_WINDOW;
		tcp_count(segment->tcp, side, TCP_ZERO_WINDOWS, 1);
	}
}

/* After a reset late data means nothing; a copy still is one. */
static void judge_after_reset(struct tcp_segment *segment)
{
	uint16_t evidence = 0;
	struct recent_segment *original = tcp_find_copied(segment, &evidence);

	segment->packet->label = LABEL_OTHER;
	if (original)
		tcp_judge_copy(segment, original, evidence);
}

/* Out of line: few packets are longer than what is known to be one segment. */
__attribute__((noinline)) static void judge_size(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;

	segment->segments = offload_judge(side, &segment->flow->stride[segment->packet->side],
		segment->packet, recent_get(segment->tcp->recent, side->recent),
		&segment->coalesced);
}

/* Everything but SYN and RST. */
static void judge_established(struct tcp_segment *segment)
{
	struct packet *packet = segment->packet;
	struct tcp_side *side = segment->side;

	if (packet->gso_size || packet->frame_flags & FRAME_GSO_TCP ||
		packet->payload_length + OPTION_BYTES > side->segment_size)
		judge_size(segment);
	segment->start = tcp_offset(side->next, packet->tcp_seq);
	segment->end = segment->start + segment->length;
	if (!segment->length && side->flags & SIDE_STARTED && tcp_judge_copied_ack(segment))
		return;
	if (packet->tcp_flags & TCP_ACK)
		tcp_acknowledge(segment);
	note_zero_window(segment);
	if (packet->flags & PACKET_FRAGMENT)
		segment->flow->tcp_notes |= TCP_NOTE_FRAGMENTS;
	if (!segment->length)
		judge_pure_ack(segment);
	else if (packet->payload_length && judge_checksum(segment))
		return;
	else if ((side->flags | segment->peer->flags) & SIDE_RST && segment->start != side->next)
		judge_after_reset(segment);
	else
		judge_data(segment);
	if (packet->tcp_flags & TCP_FIN)
		side->flags |= SIDE_FIN;
}

static void count_frame(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;

	side->frames++;
	side->wire_bytes += segment->packet->wirelen;
	if (segment->segments > 1)
		tcp_count_super(segment);
}

/*
 * Sequence space is what the headers say, even where the frame is shorter: captures are cut by
 * programs that forget to keep the length on the wire.  Beyond what any wire carries it is a lie,
 * and the frame decides.
 */
static uint32_t announced_payload(const struct packet *packet)
{
	const uint8_t *ip = packet->data + packet->network_offset;
	uint32_t headers, length;

	if (!(packet->flags & PACKET_LENGTH_SHORT))
		return packet->payload_length;
	headers = (uint32_t)(packet->transport_offset - packet->network_offset) +
		  packet->transport_header;
	length = packet->ip_version == 4 ? bytes_be16(ip + 2) : bytes_be16(ip + 4) + 40u;
	if (length > JUMBO_BYTES || length < headers)
		return packet->payload_length;
	return length - headers;
}

/* Labels of packets whose header is no news of their sender. */
#define TEACHES_NOTHING (1u << LABEL_CAPTURE_DUPLICATE | 1u << LABEL_CORRUPT | 1u << LABEL_RST)

/* Out of line, so that packets of others save no register for it. */
__attribute__((noinline)) static void judge_segment(
	struct tcp *tcp, struct batch *batch, struct packet *packet)
{
	struct flow *flow = packet->flow;
	struct tcp_segment segment = {
		.tcp = tcp,
		.batch = batch,
		.packet = packet,
		.flow = flow,
		.side = &flow->tcp.side[packet->side],
		.peer = &flow->tcp.side[!packet->side],
		.length = announced_payload(packet) + !!(packet->tcp_flags & TCP_SYN) +
			  !!(packet->tcp_flags & TCP_FIN),
		.segments = 1,
		.has_id = packet->ip_version == 4,
	};

	if (packet->tcp_flags & TCP_RST)
		judge_reset(&segment);
	else if (packet->tcp_flags & TCP_SYN)
		tcp_judge_syn(&segment);
	else
		judge_established(&segment);
	count_frame(&segment);
	if (!(TEACHES_NOTHING >> packet->label & 1))
		tcp_learn_header(&segment);
}

/*
 * Whether the segment with that number may be on its way.  Anybody can make up an error, so senders
 * believe none about another (RFC 5927 4.1; tcp_v4_err() of Linux).
 */
static bool is_in_flight(const struct tcp_side *side, uint32_t seq)
{
	uint64_t offset = tcp_offset(side->next, seq);

	if (!(side->flags & SIDE_STARTED) || offset > side->next)
		return false;
	return tcp_is_acked(side) ? offset >= side->una : side->next - offset <= FLIGHT_BYTES;
}

/*
 * An ICMP error about a segment on its way: what is resent smaller afterwards answers it (RFC 1191,
 * RFC 8201).
 */
__attribute__((noinline)) static void note_icmp(struct tcp *tcp, const struct packet *packet)
{
	struct packet_quote quote;
	struct tcp_trouble *trouble;
	struct tcp_side *sender;
	struct flow *flow;
	uint8_t side;

	if (packet_quote(packet, &quote) || quote.protocol != IPPROTO_TCP || !quote.mtu)
		return;
	flow = flow_table_find_quoted(tcp->flows, &quote, packet->vlan_id, &side);
	if (!flow)
		return;
	sender = &flow->tcp.side[side];
	if (!is_in_flight(sender, quote.tcp_seq))
		return;
	trouble = tcp_trouble_start(tcp, sender);
	trouble->pmtu_recover = sender->next;
	trouble->pmtu = quote.mtu;
	tcp_judge_refusal(tcp, packet, &quote, flow, side);
}

static void tcp_packet(void *state, struct batch *batch, struct packet *packet)
{
	if (packet->flags & PACKET_TCP && packet->flow)
		judge_segment(state, batch, packet);
	else if (packet->flags & PACKET_ICMP_QUOTE)
		note_icmp(state, packet);
}

static void tcp_drop(void *state, const struct drop *drop)
{
	struct tcp *tcp = state;

	outages_drop(&tcp->outages, drop);
}

static void tcp_change(void *state, const struct change *change)
{
	struct tcp *tcp = state;

	outages_change(&tcp->outages, change);
}

/* Segments lost upstream so far, of all flows. */
static uint64_t lost_upstream(const struct tcp *tcp)
{
	uint64_t lost = tcp->totals.count[TCP_LOST_UPSTREAM];

	for (uint32_t i = 1; i < tcp->trouble_count; i++)
		lost += tcp->trouble[i]->count[TCP_LOST_UPSTREAM];
	return lost;
}

static void tcp_input_end(void *state, uint64_t frame)
{
	struct tcp *tcp = state;
	uint64_t lost = lost_upstream(tcp);

	for (uint32_t i = 1; i < tcp->trouble_count; i++)
		if (tcp->trouble[i]->owner)
			tcp_pending_settle(tcp, tcp->trouble[i]);
	tcp->inputs = memory_grow(tcp->inputs, tcp->outages.inputs + 1, sizeof(*tcp->inputs));
	tcp->inputs[tcp->outages.inputs] = (struct tcp_input){
		/* What was amended meanwhile may have been counted before. */
		.lost = lost > tcp->input_lost ? lost - tcp->input_lost : 0,
		.seam = tcp->input_seam,
	};
	outages_input_end(&tcp->outages);
	tcp->input_lost = lost;
	tcp->input_seam = 0;
	tcp->input_frame = frame;
}

static void tcp_flow_end(void *state, struct batch *batch, struct flow *flow)
{
	struct tcp *tcp = state;

	(void)batch;
	if (flow->key.protocol != IPPROTO_TCP)
		return;
	for (int i = 0; i < 2; i++) {
		struct tcp_side *side = &flow->tcp.side[i];

		if (side->trouble)
			tcp_trouble_settle(tcp, flow, side);
		tcp_total_side(tcp, side);
	}
	tcp_note_flow(tcp, flow);
}

static void tcp_flow_forget(void *state, struct flow *flow)
{
	if (flow->key.protocol != IPPROTO_TCP)
		return;
	for (int i = 0; i < 2; i++)
		tcp_trouble_release(state, &flow->tcp.side[i]);
}

static void tcp_report(void *state, struct report *report)
{
	tcp_report_totals(state, report);
	tcp_add_findings(state, report);
}

const struct analyzer tcp_analyzer = {
	.name = "tcp",
	.summary = "order, loss, duplication and retransmission of TCP segments",
	.metrics = &tcp_run_metrics,
	.flow_metrics = &tcp_side_metrics,
	.flow_protocol = IPPROTO_TCP,
	.create = tcp_create,
	.packet = tcp_packet,
	.drop = tcp_drop,
	.change = tcp_change,
	.input_end = tcp_input_end,
	.flow_end = tcp_flow_end,
	.flow_forget = tcp_flow_forget,
	.flow_trouble = tcp_flow_trouble,
	.flow_report = tcp_report_flow,
	.report = tcp_report,
	.destroy = tcp_destroy,
};
