/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which frames were handed on lately, and what was known of each?  A ring that is written in a row;
 * frame numbers only rise, so a look-up starts where the frame stands if none is missing, and
 * halves what is left.
 */
#include "analyzers/passed.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "analyzers/flow.h"
#include "base/memory.h"

#define DIGEST_BITS 0x7f
#define DIGEST_FRAGMENT 0x80

struct passed {
	uint64_t count; /* ever remembered */
	struct passed_frame ring[PASSED_FRAMES];
};

struct passed *passed_new(void)
{
	return memory_map(sizeof(struct passed));
}

void passed_free(struct passed *passed)
{
	if (passed)
		memory_unmap(passed, sizeof(*passed));
}

void passed_populate(struct passed *passed)
{
	memory_populate(passed, sizeof(*passed));
}

/* Bytes that a packet has in the same order. */
#define SHARED offsetof(struct passed_frame, owner)
#define STANDS_AS(member, of_packet) \
	_Static_assert( \
		offsetof(struct passed_frame, member) == \
			offsetof(struct packet, of_packet) - offsetof(struct packet, frame), \
		"copied in one piece")

STANDS_AS(time_ns, time_ns);
STANDS_AS(hash, rxhash);
STANDS_AS(interface, interface);
STANDS_AS(cpu, cpu);
STANDS_AS(queue, queue);
STANDS_AS(gso_size, gso_size);
STANDS_AS(direction, direction);
STANDS_AS(frame_flags, frame_flags);

struct passed_frame *passed_note(struct passed *passed, const struct packet *packet, bool own)
{
	struct passed_frame *frame = &passed->ring[passed->count++ % PASSED_FRAMES];
	const struct flow *flow = packet->protocol == IPPROTO_TCP ? packet->flow : NULL;
	unsigned bits = (packet->direction == DIRECTION_OUT) * PASSED_OUT + own * PASSED_OWN;
	uint32_t owner = packet->stream;

	memcpy(frame, (const char *)packet + offsetof(struct packet, frame), SHARED);
	if (flow) {
		bits |= (packet->side != flow->opener) * PASSED_BACK;
		bits |= owner ? 0 : PASSED_TCP;
		owner = owner ? owner : flow->number + 1;
	}
	frame->owner = owner;
	frame->counted = 0;
	frame->bits = (uint8_t)bits;
	frame->label = packet->label;
	frame->digest = (uint8_t)((packet->flow ? packet->hash & DIGEST_BITS : 0) |
				  (packet->flags & PACKET_FRAGMENT ? DIGEST_FRAGMENT : 0));
	return frame;
}

struct passed_frame *passed_find(struct passed *passed, uint64_t frame)
{
	uint64_t end = passed->count, start = end > PASSED_FRAMES ? end - PASSED_FRAMES : 0;
	uint64_t newest = end ? passed->ring[(end - 1) % PASSED_FRAMES].frame : 0;
	struct passed_frame *found;

	if (!end || frame > newest)
		return NULL;
	/* Numbers that a filter passed over leave fewer frames in between, never more. */
	if (newest - frame < end - 1 - start)
		start = end - 1 - (newest - frame);
	/* None of those before `start` is above it, nor is any from `end` on below. */
	for (uint64_t middle = start; start < end; middle = start + (end - start) / 2) {
		if (passed->ring[middle % PASSED_FRAMES].frame < frame)
			start = middle + 1;
		else
			end = middle;
	}
	found = &passed->ring[start % PASSED_FRAMES];
	return found->frame == frame ? found : NULL;
}

const struct passed_frame *passed_before(
	const struct passed *passed, const struct passed_frame *frame)
{
	uint64_t at = (uint64_t)(frame - passed->ring);
	uint64_t newest = (passed->count - 1) % PASSED_FRAMES;
	uint64_t age = (newest - at) % PASSED_FRAMES; /* frames behind it */

	if (age + 1 >= PASSED_FRAMES || age + 1 >= passed->count)
		return NULL;
	return &passed->ring[(at - 1) % PASSED_FRAMES];
}
