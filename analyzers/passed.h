/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_PASSED_H
#define PKTLINT_ANALYZERS_PASSED_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/packet.h"

#define PASSED_FRAMES 65536u /* remembered */
#define PASSED_FEW 2048u     /* at first, where nothing is late and time is short */

/* Bits of passed_frame.bits. */
#define PASSED_OUT 1  /* it left this host */
#define PASSED_OWN 2  /* of PASSED_OUT: by an address of this host's own */
#define PASSED_TCP 4  /* `owner` is a TCP flow, not a numbered stream */
#define PASSED_BACK 8 /* of TCP: sent by the end that did not open the flow */

/* What is remembered of a frame that was handed on. */
struct passed_frame {
	uint64_t frame; /* place in the run's input; these as in struct packet */
	int64_t time_ns;
	uint32_t hash;      /* as frame_flags says, as are cpu and queue */
	uint32_t interface; /* run-wide index */
	uint16_t cpu, queue;
	uint16_t gso_size;
	uint8_t direction;   /* enum direction */
	uint8_t frame_flags; /* FRAME_ bits */
	uint32_t owner;      /* number of the stream or TCP flow + 1, 0: of none */
	uint32_t counted;    /* by overtaken.c: as what, 0: not */
	uint8_t bits;        /* PASSED_ bits */
	uint8_t label;       /* enum label, as it was judged last */
	uint8_t digest;      /* if they differ, of different conversations, or one a fragment */
};

/* The last frames in the order in which they were handed on.  Memory is touched as they come. */
struct passed;

/*
 * Returns an empty memory, freed with passed_free().  `few`: of PASSED_FEW frames until
 * passed_extend(), which stay in the processor's cache; else of PASSED_FRAMES.
 */
struct passed *passed_new(bool few);
void passed_free(struct passed *passed); /* NULL is allowed */

/* Remembers PASSED_FRAMES from now on.  Frames found before are to be found again. */
void passed_extend(struct passed *passed);

/* Has its memory backed now, before packets come that cannot wait. */
void passed_populate(struct passed *passed);

/*
 * Remembers a packet that all have judged; `own`: it leaves by an address of this host's own.
 * Frames come in order of packet->frame.  Valid until the next call.
 */
struct passed_frame *passed_note(struct passed *passed, const struct packet *packet, bool own);

/* The frame of that number, or NULL: it is forgotten.  Valid until the next passed_note(). */
struct passed_frame *passed_find(struct passed *passed, uint64_t frame);

/*
 * The one handed on before `frame`, which is one of passed_find(), or NULL: there is none, or it is
 * forgotten.
 */
const struct passed_frame *passed_before(
	const struct passed *passed, const struct passed_frame *frame);

/* What `owner` is: 0 for a stream, else the flow and which of its directions. */
static inline uint8_t passed_kind(const struct passed_frame *frame)
{
	return frame->bits & PASSED_TCP ? frame->bits & (PASSED_TCP | PASSED_BACK) : 0;
}

/* Whether both are of one stream, or of one direction of one TCP flow. */
static inline bool passed_together(const struct passed_frame *a, const struct passed_frame *b)
{
	return a->owner && a->owner == b->owner && passed_kind(a) == passed_kind(b);
}

#endif
