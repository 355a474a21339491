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

#define FIRST_OFFSET (UINT64_C(1) << 32) /* so that bytes before the first one seen stay positive */
#define FAR_BYTES (INT64_C(1) << 30)     /* beyond any window (RFC 7323 2.2) */
#define FAR_SEGMENTS 3                   /* so many of them in a row are a new truth */
#define MAX_TROUBLE 8192u                /* directions in trouble at a time: about 60 MB */
#define IDLE_REUSE_NS (60 * NS_PER_SECOND)
#define JUMBO_BYTES 9216u /* the largest IP packet on a wire */
#define ID_STEP_MAX 16 /* a counter of this flow steps by 1, more only where frames are missing */

static void *tcp_create(const struct analyzer_options *options, struct flow_table *flows)
{
	struct tcp *tcp = memory_alloc(1, sizeof(*tcp));

	(void)options;
	tcp->flows = flows;
	tcp->recent = recent_new();
	tcp->trouble_count = 1;
	tcp->drop_from_ns = INT64_MAX;
	tcp->drop_to_ns = INT64_MIN;
	return tcp;
}

static void tcp_destroy(void *state)
{
	struct tcp *tcp = state;

	for (uint32_t i = 1; i < tcp->trouble_count; i++)
		free(tcp->trouble[i]);
	free(tcp->trouble);
	free(tcp->free_trouble);
	recent_free(tcp->recent);
	free(tcp);
}

/* Index of a cleared trouble, 0 when the cap is reached. */
static uint32_t trouble_take(struct tcp *tcp)
{
	if (tcp->free_count) {
		uint32_t index = tcp->free_trouble[--tcp->free_count];

		memset(tcp->trouble[index], 0, sizeof(struct tcp_trouble));
		return index;
	}
	if (tcp->trouble_count == MAX_TROUBLE)
		return 0;
	if (tcp->trouble_count >= tcp->trouble_capacity) {
		tcp->trouble_capacity = tcp->trouble_capacity ? 2 * tcp->trouble_capacity : 64;
		tcp->trouble = memory_grow(
			tcp->trouble, tcp->trouble_capacity, sizeof(*tcp->trouble));
	}
	tcp->trouble[tcp->trouble_count] = memory_alloc(1, sizeof(struct tcp_trouble));
	return tcp->trouble_count++;
}

struct tcp_trouble *tcp_trouble_start(struct tcp *tcp, struct tcp_side *side)
{
	if (!side->trouble) {
		side->trouble = trouble_take(tcp);
		if (!side->trouble) {
			tcp->trouble_full++;
			return NULL;
		}
	}
	return tcp->trouble[side->trouble];
}

static void trouble_release(struct tcp *tcp, struct tcp_side *side)
{
	if (!side->trouble)
		return;
	if (tcp->free_count == tcp->free_capacity) {
		tcp->free_capacity = tcp->free_capacity ? 2 * tcp->free_capacity : 64;
		tcp->free_trouble = memory_grow(
			tcp->free_trouble, tcp->free_capacity, sizeof(*tcp->free_trouble));
	}
	tcp->free_trouble[tcp->free_count++] = side->trouble;
	side->trouble = 0;
}

void tcp_count(struct tcp *tcp, struct tcp_side *side, enum tcp_counter counter, uint64_t n)
{
	struct tcp_trouble *trouble = tcp_trouble_start(tcp, side);

	if (trouble)
		trouble->count[counter] += n;
}

void tcp_evidence(struct tcp_trouble *trouble, enum tcp_evidence_kind kind, uint64_t frame)
{
	for (int i = 0; trouble && i < TCP_EVIDENCE_FRAMES; i++)
		if (!trouble->first_frames[kind][i]) {
			trouble->first_frames[kind][i] = frame;
			return;
		}
}

/* Five of the last eight steps, or the first three in a row, cannot be chance (16 in 65,536 each). */
static bool steps_count(uint8_t steps)
{
	return (steps & 7) == 7 || __builtin_popcount(steps) >= 5;
}

bool tcp_id_counts(const struct tcp_side *side)
{
	return steps_count(side->id_steps) || steps_count(side->id_swapped);
}

int tcp_id_order(const struct tcp_side *side, uint16_t id, uint16_t other)
{
	int16_t distance;

	if (!steps_count(side->id_steps) && !steps_count(side->id_swapped))
		return 0;
	if (!steps_count(side->id_steps)) { /* a counter written in the other byte order */
		id = __builtin_bswap16(id);
		other = __builtin_bswap16(other);
	}
	distance = (int16_t)(id - other);
	/* A counter says nothing of what is a quarter of its range away: it may have wrapped. */
	if (distance == 0 || distance > 16384 || distance < -16384)
		return 0;
	return distance < 0 ? -1 : 1;
}

uint32_t tcp_id_distance(const struct tcp_side *side, uint16_t id, uint16_t other)
{
	int16_t distance = (int16_t)(id - other);

	if (!steps_count(side->id_steps))
		distance = (int16_t)(__builtin_bswap16(id) - __builtin_bswap16(other));
	return (uint32_t)(distance < 0 ? -distance : distance);
}

/* Learns how the identification steps; late packets (a little lower) teach nothing. */
static void learn_id(struct tcp_side *side, uint16_t id, uint32_t segments)
{
	uint16_t step = (uint16_t)(id - side->id_max);
	uint16_t swapped = (uint16_t)(__builtin_bswap16(id) - __builtin_bswap16(side->id_max));

	if (!(side->flags & SIDE_ID)) {
		side->flags |= SIDE_ID;
		side->id_max = (uint16_t)(id + segments - 1);
		return;
	}
	if (step > UINT16_MAX - 1024 && tcp_id_counts(side))
		return;
	side->id_steps = (uint8_t)(side->id_steps << 1 | (step >= 1 && step <= ID_STEP_MAX));
	side->id_swapped = (uint8_t)(side->id_swapped << 1 |
				     (swapped >= 1 && swapped <= ID_STEP_MAX));
	side->id_max = (uint16_t)(id + segments - 1);
}

static void learn_header(struct tcp_segment *segment)
{
	const struct packet *packet = segment->packet;
	struct tcp_side *side = segment->side;
	bool fresh;

	/* The answer of a listener carries no identification of the connection's own counter. */
	if (segment->has_id && (packet->ip_id || !(packet->tcp_flags & TCP_SYN)))
		learn_id(side, packet->ip_id, segment->segments);
	side->window = packet->tcp_window;
	side->flags |= SIDE_WINDOW;
	if (!(packet->flags & PACKET_TIMESTAMP))
		return;
	fresh = !(side->flags & SIDE_TIMESTAMPS) || (int32_t)(packet->tsval - side->tsval_max) > 0;
	if (fresh)
		side->tsval_max = packet->tsval;
	side->flags |= SIDE_TIMESTAMPS;
	/* Only the first packet with a value can be the one whose value comes back. */
	if (fresh && !(side->flags & SIDE_ECHO_PENDING)) {
		side->flags |= SIDE_ECHO_PENDING;
		side->echo_tsval = packet->tsval;
		side->echo_tick = tcp_tick(packet->time_ns);
	}
}

uint8_t tcp_path_digest(const struct packet *packet)
{
	uint64_t macs = 0;

	if (packet->network_offset >= 8)
		memcpy(&macs, packet->data, sizeof(macs));
	return (uint8_t)((macs * UINT64_C(0x9e3779b97f4a7c15)) >> 56) ^ (uint8_t)packet->interface;
}

struct recent_segment *tcp_remember(struct tcp_segment *segment, enum label label)
{
	const struct packet *packet = segment->packet;
	struct tcp_side *side = segment->side;
	struct recent_segment *entry = recent_add(segment->tcp->recent, &side->recent);

	entry->offset = segment->start;
	entry->frame = packet->frame;
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

struct verdict *tcp_verdict(struct tcp_segment *segment, enum label label,
	enum confidence confidence, uint16_t evidence)
{
	struct verdict *verdict = batch_add_verdict(segment->batch);

	verdict->frame = segment->packet->frame;
	verdict->at = segment->at;
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
static void accept_new(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;

	segment->packet->label = LABEL_IN_ORDER;
	tcp_remember(segment, LABEL_IN_ORDER);
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
		side->next = FIRST_OFFSET + segment->packet->tcp_seq;
	segment->start = tcp_offset(side->next, segment->packet->tcp_seq);
	segment->end = segment->start + segment->length;
	side->next = side->start = segment->start;
	side->flags |= SIDE_STARTED;
}

/* Three segments in a row that agree with each other and not with us: we were wrong. */
static void judge_far(struct tcp_segment *segment)
{
	struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, segment->side);
	uint32_t seq = segment->packet->tcp_seq;

	mark_unknown(segment);
	if (!trouble)
		return;
	trouble->far_segments = seq - trouble->far_seq < (1u << 20) ? trouble->far_segments + 1 : 1;
	trouble->far_seq = seq + segment->length;
	if (trouble->far_segments < FAR_SEGMENTS)
		return;
	trouble->far_segments = 0;
	trouble->holes.count = 0;
	trouble->sack_count = 0;
	segment->side->next = 0;
	segment->side->una = 0;
	segment->side->flags &= (uint16_t) ~(SIDE_ACKED | SIDE_RTT_PENDING);
	start_side(segment);
	segment->side->next = segment->end;
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
 * A byte (or none) just below the next one: a keep-alive if all is acknowledged (RFC 9293 3.8.4), a window probe if the peer's window
 * is closed; one byte still unacknowledged is a resend.
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

/* A wrong checksum counts only where right ones were seen: else the card had yet to fill them in. */
static bool judge_checksum(struct tcp_segment *segment)
{
	enum checksum checksum = packet_checksum(segment->packet);
	struct tcp_side *side = segment->side;
	struct tcp_trouble *trouble;
	struct tcp_pending *pending;

	if (checksum == CHECKSUM_GOOD && side->checksums < 255)
		side->checksums++;
	if (checksum == CHECKSUM_UNFINISHED)
		segment->tcp->totals.unfinished_checksums++;
	if (checksum != CHECKSUM_BAD || side->checksums < 3)
		return false;
	tcp_verdict(segment, LABEL_CORRUPT, CONFIDENCE_PROVEN, EVIDENCE_CHECKSUM);
	trouble = tcp_trouble_start(segment->tcp, side);
	if (!trouble)
		return true;
	trouble->count[TCP_CORRUPT] += segment->segments;
	tcp_evidence(trouble, TCP_SHOWS_CORRUPT, segment->packet->frame);
	pending = tcp_pending_add(trouble);
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
		accept_new(segment);
	} else if (distance < 0) {
		tcp_judge_late(segment);
	} else {
		tcp_open_hole(segment);
		accept_new(segment);
	}
}

static void judge_pure_ack(struct tcp_segment *segment)
{
	struct packet *packet = segment->packet;
	struct tcp_side *side = segment->side;

	packet->label = LABEL_ACK;
	if (!(side->flags & SIDE_STARTED))
		return;
	if (segment->start < side->next)
		judge_probe(segment);
}

/* Forgets one side's past: a new connection begins between the same ports. */
static void reset_side(struct tcp *tcp, struct tcp_side *side)
{
	struct tcp_trouble *trouble = tcp_trouble_of(tcp, side);

	if (trouble) {
		trouble->holes.count = 0;
		trouble->sack_count = 0;
		trouble->sack_highest = 0;
		trouble->recover = trouble->rto_recover = trouble->pmtu_recover = trouble->tlp_end =
			0;
		trouble->duplicate_acks = 0;
		trouble->has_pending_isn = trouble->fast_open_rejected = false;
		memset(trouble->pending, 0, sizeof(trouble->pending));
	}
	side->next = side->una = side->start = 0;
	side->recent = 0;
	side->flags &= SIDE_COALESCED;
	side->id_steps = side->id_swapped = 0;
	side->segment_size = 0;
	side->answer_min = side->srtt = 0;
}

static bool connection_over(const struct flow *flow, const struct packet *packet)
{
	const struct tcp_side *a = &flow->tcp.side[0], *b = &flow->tcp.side[1];

	return (a->flags | b->flags) & SIDE_RST || (a->flags & SIDE_FIN && b->flags & SIDE_FIN) ||
	       packet->time_ns - flow->last_ns > IDLE_REUSE_NS;
}

static void begin_side(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;
	const struct packet *packet = segment->packet;

	if (!side->next)
		side->next = FIRST_OFFSET + packet->tcp_seq;
	segment->start = tcp_offset(side->next, packet->tcp_seq);
	segment->end = segment->start + segment->length;
	side->start = segment->start;
	side->next = segment->start;
	side->flags |= SIDE_STARTED | SIDE_SYN;
	if (packet->payload_length)
		side->flags |= SIDE_SYN_DATA;
	if (packet->flags & PACKET_SACK_PERMITTED)
		side->flags |= SIDE_SACK;
	if (packet->flags & PACKET_MPTCP)
		segment->flow->tcp.notes |= TCP_NOTE_MPTCP;
	offload_learn_mss(segment->peer, packet);
	side->wscale = packet->flags & PACKET_WSCALE ? packet->wscale : 0;
	side->flags |= SIDE_WSCALE;
	accept_new(segment);
}

/*
 * A SYN with another initial sequence number: a new connection if the old one is over, or if the number lies ahead
 * (RFC 9293 3.6.1 reuse); in the middle of a live one it is an old duplicate until somebody answers it.
 */
static bool begins_anew(const struct tcp_segment *segment)
{
	const struct tcp_side *side = segment->side;

	if (!(side->flags & SIDE_STARTED))
		return false;
	if (connection_over(segment->flow, segment->packet) ||
		!(segment->peer->flags & SIDE_STARTED))
		return true;
	return (int32_t)(segment->packet->tcp_seq - (uint32_t)side->next) > 0 &&
	       segment->packet->tcp_flags & TCP_ACK;
}

static bool answers_pending_syn(struct tcp_segment *segment)
{
	struct tcp_trouble *trouble = tcp_trouble_of(segment->tcp, segment->peer);

	return trouble && trouble->has_pending_isn &&
	       segment->packet->tcp_ack == trouble->pending_isn + 1;
}

static void restart_peer(struct tcp_segment *segment)
{
	struct tcp_side *peer = segment->peer;
	uint32_t isn = segment->packet->tcp_ack - 1;

	reset_side(segment->tcp, segment->side);
	reset_side(segment->tcp, peer);
	peer->start = FIRST_OFFSET + isn;
	peer->next = peer->start + 1;
	peer->flags |= SIDE_STARTED | SIDE_SYN;
}

static void note_fast_open(struct tcp_segment *segment)
{
	struct tcp_side *peer = segment->peer;
	struct tcp_trouble *trouble;

	if (!(peer->flags & SIDE_SYN_DATA) ||
		tcp_offset(peer->next, segment->packet->tcp_ack) != peer->start + 1)
		return;
	trouble = tcp_trouble_start(segment->tcp, peer);
	if (trouble)
		trouble->fast_open_rejected = true;
}

/* Refused with a reset, some stacks try again with the same SYN: a new attempt, no resend. */
static bool tries_again(struct tcp_segment *segment)
{
	uint16_t evidence = 0;

	return segment->peer->flags & SIDE_RST && !(segment->packet->tcp_flags & TCP_ACK) &&
	       !tcp_find_copied(segment, &evidence);
}

static void judge_syn(struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;
	const struct packet *packet = segment->packet;
	bool answer = packet->tcp_flags & TCP_ACK;

	if (answer && answers_pending_syn(segment)) {
		restart_peer(segment);
	} else if (side->flags & SIDE_STARTED) {
		segment->start = tcp_offset(side->next, packet->tcp_seq);
		segment->end = segment->start + segment->length;
		if (side->flags & SIDE_SYN && segment->start == side->start &&
			!tries_again(segment)) {
			tcp_judge_syn_again(segment);
			return;
		}
		if (begins_anew(segment)) {
			reset_side(segment->tcp, side);
			if (!answer)
				reset_side(segment->tcp, segment->peer);
		} else {
			struct tcp_trouble *trouble = tcp_trouble_start(segment->tcp, side);

			tcp_verdict(segment, LABEL_OTHER, CONFIDENCE_NONE, 0);
			if (trouble && !answer) {
				trouble->pending_isn = packet->tcp_seq;
				trouble->has_pending_isn = true;
			}
			return;
		}
	}
	begin_side(segment);
	if (answer) {
		note_fast_open(segment);
		tcp_acknowledge(segment);
	}
}

/*
 * A reset counts if its number is one that the receiver expects or has in its window (RFC 5961 3.2); others draw a challenge
 * acknowledgement and end nothing.
 */
static bool reset_is_valid(const struct tcp_segment *segment)
{
	const struct tcp_side *side = segment->side, *peer = segment->peer;
	uint64_t window = (uint64_t)peer->window
			  << (peer->flags & SIDE_WSCALE ? peer->wscale & 15 : 0);
	uint64_t expected = side->flags & SIDE_ACKED ? side->una : side->next;
	uint64_t offset = tcp_offset(side->next, segment->packet->tcp_seq);

	if (!(side->flags & SIDE_STARTED) || !(peer->flags & SIDE_WINDOW))
		return true;
	return offset + 1 >= expected && offset <= side->next + window;
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

/* Everything but SYN and RST. */
static void judge_established(struct tcp_segment *segment)
{
	struct packet *packet = segment->packet;
	struct tcp_side *side = segment->side;

	if (packet->gso_size || (!side->segment_size && packet->payload_length))
		offload_learn_size(side, packet, recent_get(segment->tcp->recent, side->recent));
	segment->segments = offload_segments(side, packet, packet->payload_length);
	segment->start = tcp_offset(side->next, packet->tcp_seq);
	segment->end = segment->start + segment->length;
	if (!segment->length && side->flags & SIDE_STARTED && tcp_judge_copied_ack(segment))
		return;
	if (packet->tcp_flags & TCP_ACK)
		tcp_acknowledge(segment);
	note_zero_window(segment);
	if (packet->flags & PACKET_FRAGMENT)
		segment->flow->tcp.notes |= TCP_NOTE_FRAGMENTS;
	if (!segment->length)
		judge_pure_ack(segment);
	else if (packet->payload_length && judge_checksum(segment))
		return;
	else if ((side->flags | segment->peer->flags) & SIDE_RST && segment->start != side->next)
		packet->label = LABEL_OTHER; /* after a reset late data means nothing */
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
	if (segment->segments > 1) {
		side->flags |= SIDE_COALESCED;
		if (segment->packet->label != LABEL_CAPTURE_DUPLICATE)
			side->extra_segments += segment->segments - 1;
		segment->tcp->totals.super_frames++;
		segment->tcp->totals.super_segments += segment->segments;
	}
}

/*
 * Sequence space is what the headers say, even where the frame is shorter: captures are cut by programs that forget to keep the
 * length on the wire.  Beyond what any wire carries it is a lie, and the frame decides.
 */
static uint32_t announced_payload(const struct packet *packet)
{
	const uint8_t *ip = packet->data + packet->network_offset;
	uint32_t headers = (uint32_t)(packet->transport_offset - packet->network_offset) +
			   packet->transport_header;
	uint32_t length = packet->ip_version == 4 ? bytes_be16(ip + 2) : bytes_be16(ip + 4) + 40u;

	if (!(packet->flags & PACKET_LENGTH_SHORT) || length > JUMBO_BYTES || length < headers)
		return packet->payload_length;
	return length - headers;
}

static void judge_segment(struct tcp *tcp, struct batch *batch, struct packet *packet)
{
	struct flow *flow = packet->flow;
	struct tcp_segment segment = {
		.tcp = tcp,
		.batch = batch,
		.packet = packet,
		.flow = flow,
		.side = &flow->tcp.side[packet->side],
		.peer = &flow->tcp.side[!packet->side],
		.at = (int32_t)(packet - batch->packets),
		.length = announced_payload(packet) + !!(packet->tcp_flags & TCP_SYN) +
			  !!(packet->tcp_flags & TCP_FIN),
		.segments = 1,
		.has_id = packet->ip_version == 4,
	};

	segment.una = segment.side->una;
	if (packet->tcp_flags & TCP_RST)
		judge_reset(&segment);
	else if (packet->tcp_flags & TCP_SYN)
		judge_syn(&segment);
	else
		judge_established(&segment);
	count_frame(&segment);
	if (packet->label != LABEL_CAPTURE_DUPLICATE && packet->label != LABEL_CORRUPT &&
		packet->label != LABEL_RST)
		learn_header(&segment);
}

/* An ICMP error about a segment: what is resent smaller afterwards answers it (RFC 1191, RFC 8201). */
static void note_icmp(struct tcp *tcp, const struct packet *packet)
{
	struct packet_quote quote;
	struct tcp_trouble *trouble;
	struct flow *flow;
	uint8_t side;

	if (packet_quote(packet, &quote) || quote.protocol != IPPROTO_TCP || !quote.mtu)
		return;
	flow = flow_table_find_quoted(tcp->flows, &quote, packet->vlan_id, &side);
	if (!flow)
		return;
	trouble = tcp_trouble_start(tcp, &flow->tcp.side[side]);
	if (trouble) {
		trouble->pmtu_recover = flow->tcp.side[side].next;
		trouble->pmtu = quote.mtu;
	}
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

	tcp->drop_from_ns = drop->from_ns;
	tcp->drop_to_ns = drop->to_ns;
}

/* Without an acknowledgement of the side's data nobody knows which of its resends were needed. */
static void settle_need(const struct tcp_side *side, struct tcp_trouble *trouble)
{
	if (side->flags & SIDE_ACKED)
		return;
	trouble->count[TCP_UNDETERMINED] += trouble->count[TCP_LOST_DOWNSTREAM];
	trouble->count[TCP_LOST_DOWNSTREAM] = 0;
}

/* Where the capture missed segments it may have missed the resends that closed the receiver's holes. */
static void withhold_downstream(struct tcp_trouble *trouble)
{
	if (!trouble->count[TCP_CAPTURE_MISSED])
		return;
	trouble->count[TCP_WITHHELD] += trouble->count[TCP_REORDERED_DOWNSTREAM];
	trouble->count[TCP_REORDERED_DOWNSTREAM] = 0;
}

static void tcp_flow_end(void *state, struct batch *batch, struct flow *flow)
{
	struct tcp *tcp = state;

	(void)batch;
	if (flow->key.protocol != IPPROTO_TCP)
		return;
	for (int i = 0; i < 2; i++) {
		struct tcp_side *side = &flow->tcp.side[i];
		struct tcp_trouble *trouble = tcp_trouble_of(tcp, side);

		if (trouble) {
			tcp_close_acked_holes(tcp, side, trouble, INT64_MAX, true);
			if (flow->tcp.notes & TCP_NOTE_FRAGMENTS)
				trouble->count[TCP_CAPTURE_MISSED] = 0;
			settle_need(side, trouble);
			withhold_downstream(trouble);
		}
		tcp_total_side(tcp, side);
	}
	tcp_note_flow(tcp, flow);
}

static void tcp_flow_forget(void *state, struct flow *flow)
{
	for (int i = 0; i < 2; i++)
		trouble_release(state, &flow->tcp.side[i]);
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
	.flow_end = tcp_flow_end,
	.flow_forget = tcp_flow_forget,
	.flow_trouble = tcp_flow_trouble,
	.flow_report = tcp_report_flow,
	.report = tcp_report,
	.destroy = tcp_destroy,
};
