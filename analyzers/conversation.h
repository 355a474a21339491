/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_CONVERSATION_H
#define PKTLINT_ANALYZERS_CONVERSATION_H

#include <stdbool.h>
#include <stdint.h>

/* What the sequence analyzer keeps with a flow, for each direction: small, for there are many. */

struct sequence_source;
struct trial;

/* A stream that is probably the next packet's as well. */
struct sequence_memo {
	uint32_t record; /* + 1, 0: none */
	uint32_t number; /* of the stream that had the record */
};

/* What becomes of a conversation's packets. */
enum conversation_state {
	CONVERSATION_NEW,
	CONVERSATION_TRIAL,   /* its first packets are kept */
	CONVERSATION_SETTLED, /* `source` reads it */
	CONVERSATION_SILENT,  /* nothing in it counts */
};

/* One direction of a flow, or the frames of one EtherType between two stations.  Zeroed: new. */
struct conversation {
	struct sequence_source *source; /* settled */
	struct sequence_source *blind;  /* what it is, though its numbers cannot be read */
	struct trial *trial;            /* owned */
	struct sequence_memo memo;      /* stream of the last packet */
	uint32_t packets;               /* since the last trial */
	uint8_t state;                  /* enum conversation_state */
	uint8_t trials;
	bool watches; /* its sender's identifications */
};

#endif
