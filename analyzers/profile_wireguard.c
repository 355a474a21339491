/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number has a packet of WireGuard?  A data message is 4, receiver's index and a counter of
 * 64 bits, all with the least byte first, then payload padded to 16 bytes and a tag of 16 (Linux,
 * drivers/net/wireguard/messages.h); the other three messages have lengths of their own.
 */
#include "analyzers/profile_parts.h"

#define DATA_MESSAGE 4
#define DATA_HEADER 16
#define TAG 16
#define INDEX 4
#define PORT 51820
/* 8192 bits less the word that is cleared ahead (drivers/net/wireguard/receive.c). */
#define WINDOW 8128

static const uint32_t handshake_lengths[DATA_MESSAGE] = { 0, 148, 92, 64 };

static int wireguard_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;
	uint8_t index[INDEX];

	if (view->present < 4)
		return -1;
	uint32_t message = bytes_le32(h);

	if (message > 0 && message < DATA_MESSAGE)
		return view->length == handshake_lengths[message] ? 0 : -1;
	if (message != DATA_MESSAGE || view->present < DATA_HEADER ||
		view->length < DATA_HEADER + TAG || view->length % 16 != 0)
		return -1;
	uint64_t counter = bytes_le32(h + 8) | (uint64_t)bytes_le32(h + 12) << 32;

	/* The index is shown as a number, and that has its least byte first here. */
	for (unsigned i = 0; i < INDEX; i++)
		index[i] = h[4 + INDEX - 1 - i];
	return profile_one(numbers, counter, view->length - DATA_HEADER - TAG, index, INDEX);
}

const struct profile profile_wireguard = {
	.name = "wireguard",
	.key_name = "receiver",
	.summary = "WireGuard data: 64 bits, by the receiver's index",
	.found_by = "heuristics, any UDP port (usual: 51820), numbers that count",
	.selector = { .ports = { PORT }, .any_udp = true },
	.scope = SCOPE_DESTINATION,
	.trust = TRUST_PROOF,
	.window = WINDOW,
	.read = wireguard_read,
};
