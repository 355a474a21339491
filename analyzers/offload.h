/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_OFFLOAD_H
#define PKTLINT_ANALYZERS_OFFLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/recent.h"
#include "analyzers/tcp_state.h"
#include "capture/packet.h"

/* A SYN announces the largest segment that its sender takes: a limit for `peer`, who sends it. */
void offload_learn_mss(struct tcp_side *peer, const struct packet *syn);

/*
 * Without a handshake, learns the segment size of `side` from the kernel's word or from how far the
 * identification moved on since `last` (its segment before, NULL if unknown); else guesses it
 * from a frame larger than any wire carries.
 */
void offload_learn_size(
	struct tcp_side *side, const struct packet *packet, const struct recent_segment *last);

/* Payload of a full wire segment of `side` that carries the options of `packet`; 0: unknown. */
uint32_t offload_segment_size(const struct tcp_side *side, const struct packet *packet);

/* How many wire segments the packet is by the kernel's word; 1 where there is none. */
uint32_t offload_told_segments(const struct packet *packet);

/* Whether the packet is larger than any wire carries. */
bool offload_exceeds_wires(const struct packet *packet);

/* How many wire segments `bytes` of payload are, with the options of `packet`; at least 1. */
uint32_t offload_segments(const struct tcp_side *side, const struct packet *packet, uint64_t bytes);

#endif
