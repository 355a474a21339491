/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_ARRIVALS_H
#define PKTLINT_ANALYZERS_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/overtaken.h"
#include "analyzers/passed.h"
#include "capture/packet.h"

/*
 * The stamp that the kernel takes as a packet comes in numbers every protocol's packets: those of
 * one direction of a conversation, on one interface, that are handed on behind one with a later
 * stamp.  Conversations are forgotten for new ones, so some late packets are missed, none is made
 * up.
 */
struct arrivals;

#define ARRIVALS_CASES 1024 /* conversations with late packets; those of others are counted */

/* Late packets of one direction of a conversation on one interface. */
struct arrivals_case {
	char subject[160]; /* as in struct report_arrival */
	uint32_t flow;     /* number + 1, 0: of none */
	uint32_t stream;   /* number + 1, 0: of none, or of several */
	uint16_t vlan_id;
	bool tcp, several; /* several: streams */
	uint32_t place;    /* in order of the first late packets */
	uint64_t packets;
	struct overtaken_case late;
};

/* Returns one that has seen nothing, freed with arrivals_free(); `steering` is borrowed. */
struct arrivals *arrivals_new(const struct overtaken_steering *steering);
void arrivals_free(struct arrivals *arrivals); /* NULL is allowed */

/*
 * Takes the next packet of the run, in the order of the hand-over, and what passed_note() made of
 * it; what did not come in by an
 * interface, or has no stamp of the kernel's, is passed over.  Returns whether it was late.
 */
bool arrivals_take(
	struct arrivals *arrivals, const struct packet *packet, const struct passed_frame *frame);

/* Brings what arrivals_take() of the packet will need: for a batch, so that misses overlap. */
void arrivals_prefetch(const struct arrivals *arrivals, const struct packet *packet);

/* The clock was set: stamps before cannot be compared with those that follow. */
void arrivals_restart(struct arrivals *arrivals);

/* The cases, in order of their first late packet; borrowed.  NULL beyond the last. */
struct arrivals_case *arrivals_case(struct arrivals *arrivals, uint32_t index);

/*
 * All late packets so far; of these, those of conversations beyond ARRIVALS_CASES; and how many
 * conversations made room for others.
 */
struct arrivals_totals {
	uint64_t late, beyond, forgotten;
};
struct arrivals_totals arrivals_totals(const struct arrivals *arrivals);

#endif
