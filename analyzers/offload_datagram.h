/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_OFFLOAD_DATAGRAM_H
#define PKTLINT_ANALYZERS_OFFLOAD_DATAGRAM_H

#include "analyzers/analyzer.h"
#include "capture/packet.h"

/* What is remembered of long datagrams that came without the kernel's word. */
struct offload_datagrams;

/* `options` lends the machine and its interfaces, as long as this lives; freed with _free(). */
struct offload_datagrams *offload_datagrams_new(const struct analyzer_options *options);
void offload_datagrams_free(struct offload_datagrams *datagrams);

/* IP packets up to this many bytes need no look; longer ones are jumbo frames, or several. */
#define OFFLOAD_USUAL_BYTES 1500

/*
 * Judges an IP packet that is not TCP: marks it with PACKET_SUPER if it stands for several packets
 * on the wire, and sets packet->segments if it can be told for how many.
 */
void offload_judge_datagram(struct offload_datagrams *datagrams, struct packet *packet);

#endif
