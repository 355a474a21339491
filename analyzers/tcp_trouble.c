/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only directions in trouble need: a bounded pool, so that a clean flow stays small and
 * traffic cannot make memory grow.
 */
#include "analyzers/tcp.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define MAX_TROUBLE 8192u /* directions in trouble at a time: about 60 MB */

/* Index of a cleared trouble, 0 when the cap is reached. */
static uint32_t trouble_take(struct tcp *tcp)
{
	if (tcp->free_count) {
		uint32_t index = tcp->free_trouble[--tcp->free_count];

		memset(tcp->trouble[index], 0, sizeof(struct tcp_trouble));
		return index;
	}
	if (tcp->trouble_count == MAX_TROUBLE)
		return 0;
	if (tcp->trouble_count >= tcp->trouble_capacity) {
		tcp->trouble_capacity = tcp->trouble_capacity ? 2 * tcp->trouble_capacity : 64;
		tcp->trouble = memory_grow(
			tcp->trouble, tcp->trouble_capacity, sizeof(*tcp->trouble));
	}
	tcp->trouble[tcp->trouble_count] = memory_alloc(1, sizeof(struct tcp_trouble));
	return tcp->trouble_count++;
}

struct tcp_trouble *tcp_trouble_start(struct tcp *tcp, struct tcp_side *side)
{
	if (!side->trouble) {
		side->trouble = trouble_take(tcp);
		if (!side->trouble) {
			tcp->trouble_full++;
			return NULL;
		}
	}
	return tcp->trouble[side->trouble];
}

void tcp_trouble_release(struct tcp *tcp, struct tcp_side *side)
{
	if (!side->trouble)
		return;
	if (tcp->free_count == tcp->free_capacity) {
		tcp->free_capacity = tcp->free_capacity ? 2 * tcp->free_capacity : 64;
		tcp->free_trouble = memory_grow(
			tcp->free_trouble, tcp->free_capacity, sizeof(*tcp->free_trouble));
	}
	tcp->free_trouble[tcp->free_count++] = side->trouble;
	side->trouble = 0;
}

void tcp_count(struct tcp *tcp, struct tcp_side *side, enum tcp_counter counter, uint64_t n)
{
	struct tcp_trouble *trouble = tcp_trouble_start(tcp, side);

	if (trouble)
		trouble->count[counter] += n;
}

void tcp_evidence(struct tcp_trouble *trouble, enum tcp_evidence_kind kind, uint64_t frame)
{
	for (int i = 0; trouble && i < TCP_EVIDENCE_FRAMES; i++)
		if (!trouble->first_frames[kind][i]) {
			trouble->first_frames[kind][i] = frame;
			return;
		}
}
