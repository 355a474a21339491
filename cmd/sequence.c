/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From where do relative sequence numbers count? The flow's own state cannot tell: it belongs to
 * the end of the batch, when the same ports may be another connection already.
 */
#include "cmd/sequence.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/flow.h"
#include "base/memory.h"

struct sequence {
	uint32_t first[2]; /* by side */
	bool known[2];
};

static void set(struct sequence *sequence, unsigned side, uint32_t number, bool again)
{
	if (sequence->known[side] && !again)
		return;
	sequence->known[side] = true;
	sequence->first[side] = number;
}

void sequences_note(struct sequences *sequences, const struct packet *packet)
{
	struct sequence *sequence;
	unsigned side = packet->side & 1;

	if (!packet->flow || !(packet->flags & PACKET_TCP) ||
		packet->flow->number >= SEQUENCE_MAX_FLOWS)
		return;
	if (packet->flow->number >= sequences->room) {
		size_t room = 2 * (size_t)packet->flow->number + 64;

		sequences->flows = memory_grow(sequences->flows, room, sizeof(*sequence));
		memset(sequences->flows + sequences->room, 0,
			(room - sequences->room) * sizeof(*sequence));
		sequences->room = room;
	}
	sequence = &sequences->flows[packet->flow->number];
	set(sequence, side, packet->tcp_seq, packet->tcp_flags & TCP_SYN);
	/* The peer's data begin behind its SYN, which may not have been seen. */
	if (packet->tcp_flags & TCP_ACK)
		set(sequence, !side, packet->tcp_ack - 1, packet->tcp_flags & TCP_SYN);
}

uint32_t sequences_first(
	const struct sequences *sequences, const struct packet *packet, unsigned side)
{
	const struct sequence *sequence;

	if (!packet->flow || packet->flow->number >= sequences->room)
		return 0;
	sequence = &sequences->flows[packet->flow->number];
	return sequence->known[side & 1] ? sequence->first[side & 1] : 0;
}

void sequences_clear(struct sequences *sequences)
{
	free(sequences->flows);
	*sequences = (struct sequences){ 0 };
}
