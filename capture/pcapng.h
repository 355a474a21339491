/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_PCAPNG_H
#define PKTLINT_CAPTURE_PCAPNG_H

#include <string.h>

#include "capture/file.h"
#include "capture/ticks.h"

/* Between pcapng_file.c, which finds blocks, and pcapng_blocks.c, which understands them. */

#define PCAPNG_SECTION_HEADER 0x0a0d0d0au /* the same in either byte order */

enum { PCAPNG_ENHANCED = 6 };

/* What an interface needs beyond what capture_interface() tells. */
struct port {
	struct ticks ticks;
	uint64_t plain_limit; /* below it, ns are ticks * ticks.multiply; 0: never */
	int64_t last_ns;      /* of the last frame, INT64_MIN: none yet */
	int64_t statistic_ns; /* of the last statistics block, 0: none yet */
	uint64_t lost;        /* packets whose loss has been told */
};

struct pcapng_state {
	struct port *ports; /* one for each interface of the source */
	uint32_t ports_room;
	uint32_t section_first; /* the source's index of the section's interface 0 */
	uint64_t blocks;        /* consumed */
	bool swapped;           /* the section has the other byte order */
	bool loss_told;         /* of the next block: its frame is still to come */
};

/* A complete block. */
struct block {
	const uint8_t *body;
	uint32_t size; /* of the body */
	uint32_t type;
};

/* What became of a block. */
enum outcome {
	OUTCOME_BAD = -1, /* error filled */
	OUTCOME_NOTHING,  /* done, no event */
	OUTCOME_EVENT,    /* done, one event */
	OUTCOME_AGAIN,    /* one event, and the block has more to tell */
};

/* Unaligned numbers in the byte order of the section.  No bounds are checked. */
static inline uint16_t number16(const struct pcapng_state *state, const uint8_t *p)
{
	uint16_t value;

	memcpy(&value, p, sizeof(value));
	return state->swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t number32(const struct pcapng_state *state, const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return state->swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t number64(const struct pcapng_state *state, const uint8_t *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return state->swapped ? __builtin_bswap64(value) : value;
}

/* Time stamps are two words, the upper one first in either byte order. */
static inline uint64_t ticks_at(const struct pcapng_state *state, const uint8_t *p)
{
	return (uint64_t)number32(state, p) << 32 | number32(state, p + 4);
}

/* `length` with the padding to the next multiple of four. */
static inline uint32_t padded(uint32_t length)
{
	return (length + 3) & ~3u;
}

/*
 * Understands a complete block, of whatever type.  Changes nothing when it is bad, and consumes
 * no bytes.
 */
enum outcome pcapng_take(
	struct file *file, const struct block *block, struct event *event, struct error *error);

/* Says that the next block is damaged: "... WHAT VALUE".  Returns OUTCOME_BAD. */
enum outcome pcapng_bad(struct file *file, struct error *error, const char *what, uint64_t value);

/*
 * Gives out the frame of `event`, which is complete but for its number and kind, if the caller
 * wants it.
 */
static inline enum outcome pcapng_give_frame(struct file *file, struct event *event)
{
	struct pcapng_state *state = file->state;
	struct frame *frame = &event->frame;
	struct port *port = &state->ports[frame->interface];

	event->kind = EVENT_FRAME;
	frame->number = ++file->capture.statistics.frames;
	if (frame->flags & FRAME_HAS_TIME) {
		file->capture.statistics.time_backwards |= frame->time_ns < port->last_ns;
		port->last_ns = frame->time_ns;
	}
	state->loss_told = false;
	if (file->capture.selective && !capture_wants(&file->capture, frame))
		return OUTCOME_NOTHING;
	return OUTCOME_EVENT;
}

#endif
