/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does an SCTP association send over several pairs of addresses?  Its numbers go on from one to the
 * other (RFC 9260 6.4), while a stream is told by its addresses: what one lacks came by another.
 * Ports and verification tag name the association in one direction; the latest are remembered.
 */
#include "analyzers/sequence.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/memory.h"

#define ASSOCIATIONS 1024 /* remembered, each where its digest says */
#define COMMON_HEADER 8u  /* bytes of it: ports and tag */

struct associations {
	struct association {
		uint64_t name;   /* ports and tag */
		uint32_t stream; /* number + 1; 0: none */
		bool spread;
	} place[ASSOCIATIONS];
};

struct associations *sequence_associations_new(void)
{
	return memory_alloc(1, sizeof(struct associations));
}

bool sequence_is_spread(
	struct associations *associations, const struct packet *packet, uint32_t stream)
{
	const uint8_t *h = packet->data + packet->transport_offset;
	struct association *place;
	uint64_t name;

	if (packet->transport_offset + COMMON_HEADER > packet->caplen)
		return false;
	name = bytes_be64(h);
	place = &associations->place[hash_mix(name, UINT64_C(0x9e3779b97f4a7c15)) % ASSOCIATIONS];
	if (place->name != name || !place->stream)
		*place = (struct association){ .name = name, .stream = stream + 1 };
	place->spread |= place->stream != stream + 1;
	return place->spread;
}
