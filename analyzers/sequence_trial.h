/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_SEQUENCE_TRIAL_H
#define PKTLINT_ANALYZERS_SEQUENCE_TRIAL_H

#include "analyzers/sequence.h"

/* Shared by the files that settle a conversation: sequence_conversation.c, _trial.c, _jury.c. */

#define TRIAL_BYTES 192       /* kept of a frame: headers and what discovery looks at */
#define TRIAL_CANDIDATES 16   /* profiles that are tried, at most */
#define TRIAL_LEAST_CERTAIN 3 /* packets that settle a byte order */
#define TRIAL_LEAST_BLIND 2   /* packets that no other protocol has, by which one is recognised */

/* A packet as it came, with the bytes that it borrowed. */
struct kept {
	struct packet packet; /* but for its data */
	uint8_t bytes[TRIAL_BYTES];
};

struct trial {
	struct conversation *conversation;
	struct trial *older, *newer;
	uint32_t count, capacity;
	struct kept kept[];
};

/* The packet that was kept; it borrows `kept`. */
static inline struct packet kept_packet(const struct kept *kept)
{
	struct packet packet = kept->packet;

	packet.data = kept->bytes;
	return packet;
}

/* Whether no analyzer has spoken. */
static inline bool is_unjudged(const struct packet *packet)
{
	return packet->label == LABEL_OTHER || packet->label == LABEL_ICMP;
}

/* sequence_trial.c: begins a trial with room for one packet; many conversations have no more. */
struct trial *sequence_trial_begin(struct sequences *sequences, struct conversation *conversation);

/* sequence_trial.c: keeps the packet.  Returns where the trial is now. */
struct trial *sequence_trial_keep(
	struct sequences *sequences, struct trial *trial, struct packet *packet);

/* sequence_trial.c: ends a trial; what was kept goes, told as unjudged unless `judged`. */
void sequence_trial_end(struct sequences *sequences, struct trial *trial, bool judged);

/*
 * sequence_trial.c: the conversation no longer asks for its sender's identifications; packets cost
 * less if nobody does.
 */
void sequence_stop_watching(struct sequences *sequences, struct conversation *conversation);

/* sequence_jury.c: decides by what was kept; if something counts, the trial has ended. */
void sequence_decide(struct sequences *sequences, struct trial *trial);

/*
 * sequence_jury.c: a protocol that hides its numbers is recognised by some of its packets, such as
 * those of a handshake; the others look like nothing.
 */
void sequence_recognise_blind(struct sequences *sequences, struct trial *trial);

/*
 * sequence_jury.c: profiles that may fit the packet, but for those of headers that the decoder
 * passes over; `found` has TRIAL_CANDIDATES places.  Returns how many.
 */
unsigned sequence_candidates(const struct sequences *sequences, const struct packet *packet,
	bool trial, const struct profile **found);

#endif
