/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_OFFLOAD_H
#define PKTLINT_ANALYZERS_OFFLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/recent.h"
#include "analyzers/tcp_state.h"
#include "capture/packet.h"
#include "report/finding.h"

/* What shows that a frame stands for several wire segments, and what a side's size rests on. */
enum offload_evidence {
	OFFLOAD_NONE,     /* of a size: tentative, the payload of frames without PSH */
	OFFLOAD_SIZE,     /* the kernel told the size of its segments */
	OFFLOAD_MSS,      /* longer than its receiver's MSS allows (RFC 9293 3.7.1) */
	OFFLOAD_OWN_MSS,  /* longer than the MSS that its sender announced: its own link's */
	OFFLOAD_STRIDE,   /* steps of the IPv4 identification give the size */
	OFFLOAD_MULTIPLE, /* a multiple of full segments of the flow, or of Ethernet's */
	OFFLOAD_LENGTH,   /* longer than any wire carries; its segments are a guess */
	OFFLOAD_FLAG,     /* the file marks it as a super-frame, of a size not told */
	OFFLOAD_ZERO,     /* IP length 0 (TSO, BIG TCP) */
	OFFLOAD_EVIDENCES,
};

/* How sure the evidence is. */
enum confidence offload_confidence(enum offload_evidence evidence);

/* The evidence in words: "by the kernel's word", "longer than the MSS". */
const char *offload_evidence_text(enum offload_evidence evidence);

/*
 * A SYN of `side` announces the largest segment that it takes: a limit for `peer`, and, since it
 * stands for the link of `side`, for both once both announced.
 */
void offload_learn_mss(struct tcp_side *side, struct tcp_side *peer, const struct packet *syn);

/*
 * How many wire segments a packet with payload is, at least 1, and what shows it (OFFLOAD_NONE for
 * one); learns meanwhile how long those of `side` are.  `last`: its segment before, NULL if
 * unknown; without a size the steps from it are taken as by offload_observe_step().
 */
uint32_t offload_judge(struct tcp_side *side, struct offload_stride *stride,
	const struct packet *packet, const struct recent_segment *last,
	enum offload_evidence *evidence);

/*
 * The identification moved on by `step` (not 0) from a frame with `bytes` of payload to the next
 * one of `side`, which is `packet`: the frame was so many segments, if the identification counts.
 */
void offload_observe_step(struct tcp_side *side, struct offload_stride *stride,
	const struct packet *packet, uint32_t bytes, uint32_t step);

/* Payload of a full wire segment of `side` that carries the options of `packet`; 0: unknown. */
uint32_t offload_segment_size(const struct tcp_side *side, const struct packet *packet);

/* How many wire segments the packet is by the kernel's word; 1 where there is none. */
uint32_t offload_told_segments(const struct packet *packet);

/* Whether the packet is larger than any wire carries, and no loopback device carried it. */
bool offload_exceeds_wires(const struct packet *packet);

/* How many wire segments `bytes` of payload are, with the options of `packet`; at least 1. */
uint32_t offload_segments(const struct tcp_side *side, const struct packet *packet, uint64_t bytes);

#endif
