/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What do a side's headers tell of the order of sending?  Learns whether the IPv4 identification
 * counts packets (RFC 6864 lets it be anything), keeps the highest TCP timestamp, and starts the
 * measurement of its echo.
 */
#include "analyzers/tcp.h"

#define STEP_NEAR 512u /* hardly any super-frame has more segments */
#define ID_STEP_MAX 16 /* a counter of this flow steps by 1, more only where frames are missing */

/*
 * Five of the last eight steps, or the first three in a row, cannot be chance (16 in 65,536 each).
 */
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

int tcp_header_order(const struct tcp_segment *segment)
{
	const struct packet *packet = segment->packet;
	const struct tcp_side *side = segment->side;
	int by_id = segment->has_id && side->flags & SIDE_ID
			    ? tcp_id_order(side, packet->ip_id, side->id_max)
			    : 0;

	if (packet->flags & PACKET_TIMESTAMP && side->flags & SIDE_TIMESTAMPS &&
		(int32_t)(packet->tsval - side->tsval_max) < 0)
		return -1;
	return by_id;
}

static bool is_small(uint16_t step)
{
	return step >= 1 && step <= ID_STEP_MAX;
}

/*
 * Learns how the identification steps; late packets (a little lower) teach nothing.  Out of line,
 * so that the usual step saves no registers for it.
 */
__attribute__((noinline)) static void learn_step(
	struct tcp_side *side, uint16_t id, uint32_t segments)
{
	uint16_t step = (uint16_t)(id - side->id_max);
	uint16_t last = side->id_max;

	if (step > UINT16_MAX - 1024 && side->flags & SIDE_ID && tcp_id_counts(side))
		return;
	side->id_max = (uint16_t)(id + segments - 1);
	if (!(side->flags & SIDE_ID)) {
		side->flags |= SIDE_ID;
		return;
	}
	side->id_steps = (uint8_t)(side->id_steps << 1);
	step = (uint16_t)(__builtin_bswap16(id) - __builtin_bswap16(last));
	side->id_swapped = (uint8_t)(side->id_swapped << 1 | is_small(step));
}

/*
 * The data in order right before this packet, from which its identification moved on by another
 * step than was expected; NULL if there was another packet, or something missing, between them.
 */
static const struct recent_segment *stepped_from(const struct tcp_segment *segment)
{
	struct recent *recent = segment->tcp->recent;
	const struct recent_segment *before = recent_get(recent, segment->side->recent);

	if (before && before->frame == (uint32_t)segment->packet->frame)
		before = recent_get(recent, before->previous);
	if (!before || !(before->flags & RECENT_IP_ID) || before->label != LABEL_IN_ORDER ||
		before->offset + before->length != segment->start ||
		(uint16_t)(before->ip_id + before->segments - 1) != segment->side->id_max)
		return NULL;
	return before;
}

/* Not one further than what was captured last: it was more segments, or fewer, than thought. */
__attribute__((noinline)) static void learn_odd_step(const struct tcp_segment *segment)
{
	const struct packet *packet = segment->packet;
	struct tcp_side *side = segment->side;
	const struct recent_segment *before = side->size_source ? stepped_from(segment) : NULL;

	if (before && before->ip_id != packet->ip_id)
		offload_observe_step(side, &segment->flow->stride[packet->side], packet,
			before->length, (uint16_t)(packet->ip_id - before->ip_id));
	if (!is_small((uint16_t)(packet->ip_id - side->id_max))) {
		learn_step(side, packet->ip_id, segment->segments);
		return;
	}
	side->id_max = (uint16_t)(packet->ip_id + segment->segments - 1);
	side->id_steps = (uint8_t)(side->id_steps << 1 | 1);
}

static void learn_id(const struct tcp_segment *segment)
{
	struct tcp_side *side = segment->side;
	uint16_t id = segment->packet->ip_id;
	uint16_t step = (uint16_t)(id - side->id_max);

	if (side->flags & SIDE_ID && step == 1) {
		side->id_max = (uint16_t)(id + segment->segments - 1);
		side->id_steps = (uint8_t)(side->id_steps << 1 | 1);
	} else if (side->flags & SIDE_ID && (uint16_t)(step + STEP_NEAR) <= 2 * STEP_NEAR) {
		learn_odd_step(segment);
	} else {
		learn_step(side, id, segment->segments);
	}
}

static void learn_timestamp(struct tcp_side *side, const struct packet *packet)
{
	bool fresh = !(side->flags & SIDE_TIMESTAMPS) ||
		     (int32_t)(packet->tsval - side->tsval_max) > 0;

	side->flags |= SIDE_TIMESTAMPS;
	if (!fresh)
		return;
	side->tsval_max = packet->tsval;
	/* Only the first packet with a value can be the one whose value comes back. */
	if (!(side->flags & SIDE_ECHO_PENDING)) {
		side->flags |= SIDE_ECHO_PENDING;
		side->echo_tsval = packet->tsval;
		side->echo_tick = tcp_tick(packet->time_ns);
	}
}

void tcp_learn_header(struct tcp_segment *segment)
{
	const struct packet *packet = segment->packet;
	struct tcp_side *side = segment->side;

	side->window = packet->tcp_window;
	side->flags |= SIDE_WINDOW;
	if (packet->flags & PACKET_TIMESTAMP)
		learn_timestamp(side, packet);
	/* The answer of a listener carries no identification of the connection's own counter. */
	if (segment->has_id && (packet->ip_id || !(packet->tcp_flags & TCP_SYN)))
		learn_id(segment);
}
