/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_DECODE_H
#define PKTLINT_CAPTURE_DECODE_H

#include <stddef.h>

#include "capture/capture.h"
#include "capture/packet.h"

/*
 * Turns bytes into a packet: pure (no state, no allocation, no I/O) and total (any bytes give a
 * packet; what cannot be decoded says so in layer and reason).  Fills every field of `packet`
 * but those of flow table and analyzers, which it clears; packet->frame = frame->number.
 */
void decode_frame(const struct frame *frame, struct packet *packet);

#endif
