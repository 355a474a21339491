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
#define AHEAD 16 /* places that are fetched before they are written */
#define DIGEST_FRAGMENT 0x80

struct passed {
	uint64_t count; /* ever remembered */
	uint64_t size;  /* places of the ring in use: a power of two */
	uint64_t first; /* those ever remembered before it are not there any more */
	struct passed_frame ring[PASSED_FRAMES];
};

struct passed *passed_new(bool few)
{
	struct passed *passed = memory_map(sizeof(struct passed));

	passed->size = few ? PASSED_FEW : PASSED_FRAMES;
	return passed;
}

/* The place of the `n`-th frame that was ever remembered. */
static inline struct passed_frame *place_of(struct passed *passed, uint64_t n)
{
	return &passed->ring[n & (passed->size - 1)];
}

void passed_extend(struct passed *passed)
{
	if (passed->size == PASSED_FRAMES)
		return;
	passed->first = passed->count > PASSED_FEW ? passed->count - PASSED_FEW : 0;
	passed->size = PASSED_FRAMES;
	/* A place keeps its frame or is beyond those that were in use: none is overwritten. */
	for (uint64_t n = passed->first; n < passed->count; n++)
		if (place_of(passed, n) != &passed->ring[n % PASSED_FEW])
			*place_of(passed, n) = passed->ring[n % PASSED_FEW];
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
	struct passed_frame *frame = place_of(passed, passed->count++);
	const struct flow *flow = packet->protocol == IPPROTO_TCP ? packet->flow : NULL;
	unsigned bits = (packet->direction == DIRECTION_OUT) * PASSED_OUT + own * PASSED_OWN;
	uint32_t owner = packet->stream;

	/* What is captured passes the cache, and pushes the oldest places out of it. */
	__builtin_prefetch(place_of(passed, passed->count + AHEAD), 1);
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

/* The oldest that is there, as they were ever remembered. */
static uint64_t oldest_of(const struct passed *passed)
{
	uint64_t oldest = passed->count > passed->size ? passed->count - passed->size : 0;

	return oldest > passed->first ? oldest : passed->first;
}

struct passed_frame *passed_find(struct passed *passed, uint64_t frame)
{
	uint64_t end = passed->count, start = oldest_of(passed);
	uint64_t newest = end ? place_of(passed, end - 1)->frame : 0;
	struct passed_frame *found;

	if (!end || frame > newest)
		return NULL;
	/* Numbers that a filter passed over leave fewer frames in between, never more. */
	if (newest - frame < end - 1 - start)
		start = end - 1 - (newest - frame);
	/* None of those before `start` is above it, nor is any from `end` on below. */
	for (uint64_t middle = start; start < end; middle = start + (end - start) / 2) {
		if (place_of(passed, middle)->frame < frame)
			start = middle + 1;
		else
			end = middle;
	}
	found = place_of(passed, start);
	return found->frame == frame ? found : NULL;
}

const struct passed_frame *passed_before(
	const struct passed *passed, const struct passed_frame *frame)
{
	uint64_t at = (uint64_t)(frame - passed->ring), newest = passed->count - 1;
	uint64_t age = (newest - at) & (passed->size - 1); /* frames behind it */

	if (age >= newest || newest - age <= oldest_of(passed))
		return NULL;
	return &passed->ring[(at - 1) & (passed->size - 1)];
}
