/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does the sender count its datagrams in the IPv4 identification?  Linux does for each connected
 * socket, and where it proves so the order of datagrams shows that have no number of their own.
 * RFC 6864 lets senders write there what they like, so it is never assumed.
 */
#include "analyzers/profile_parts.h"

static int ip_id_read(const struct profile_view *view, struct profile_number *numbers)
{
	const struct packet *packet = view->packet;

	if (packet->ip_version != 4)
		return -1;
	profile_one(numbers, packet->ip_id, packet->payload_length, view->data, 0);
	numbers->span = packet->segments;
	return 1;
}

const struct profile profile_ip_id = {
	.name = "ip-id",
	.summary = "IPv4 identification of UDP: 16 bits, by addresses and ports",
	.found_by = "identifications that count, on any UDP port, where nothing better fits",
	.modulus = 1 << 16,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.shared = true,
	.read = ip_id_read,
};
