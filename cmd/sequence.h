/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_SEQUENCE_H
#define PKTLINT_CMD_SEQUENCE_H

#include <stddef.h>
#include <stdint.h>

#include "capture/packet.h"

/* Flows with a higher number are printed with absolute sequence numbers: 12 MiB. */
#define SEQUENCE_MAX_FLOWS (1u << 20)

/* From where the sequence numbers of each flow's sides are counted; zeroed: nothing known. */
struct sequences {
	struct sequence *flows; /* by flow number */
	size_t room;
};

/*
 * Learns from a packet, all of which must pass here in their order: a SYN sets the side's first
 * number (also that of a later connection with the same ports), else the first number seen does.
 */
void sequences_note(struct sequences *sequences, const struct packet *packet);

/* The first number of `side` of the packet's flow; 0 if it is not known. */
uint32_t sequences_first(
	const struct sequences *sequences, const struct packet *packet, unsigned side);

void sequences_clear(struct sequences *sequences);

#endif
