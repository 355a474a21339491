/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number has a data packet of OpenVPN?  With an AEAD cipher, the default since 2.4, the
 * packet id is the visible part of the nonce: 32 bits behind opcode and peer id, before the tag
 * (Linux, drivers/net/ovpn/proto.h); with epoch keys 16 bits of epoch and 48 that count, the tag at
 * the end. With CBC it is encrypted: such packets can only be recognised.
 */
#include "analyzers/profile_parts.h"

#define OPENVPN_PORT 1194
#define OPCODE_SHIFT 3
#define DATA_V1 6
#define DATA_V2 9
#define PEER 3
#define PACKET_ID 4
#define EPOCH 2
#define EPOCH_PACKET_ID 8
#define TAG 16
#define CBC_BLOCK 16
#define CONTROL_MINIMUM 14
/* Bits 1 << opcode: resets, control and acknowledgements, of a session id and a packet id each. */
#define CONTROLS 0x0dbeu

/* Bytes before what is protected, or 0 if it is no data packet. */
static uint32_t data_header(const struct profile_view *view)
{
	if (view->present < 1)
		return 0;
	switch (view->data[0] >> OPCODE_SHIFT) {
	case DATA_V1:
		return 1;
	case DATA_V2:
		return 1 + PEER;
	default:
		return 0;
	}
}

static int other_read(const struct profile_view *view)
{
	return view->present >= CONTROL_MINIMUM && CONTROLS >> (view->data[0] >> OPCODE_SHIFT) & 1
		       ? 0
		       : -1;
}

static int openvpn_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;
	uint32_t header = data_header(view);

	if (header == 0)
		return other_read(view);
	if (view->present < header + PACKET_ID || view->length <= header + PACKET_ID + TAG)
		return -1;
	/* The key id in the first byte: a new key begins with 1. */
	return profile_one(numbers, bytes_be32(h + header), view->length - header - PACKET_ID - TAG,
		h, (uint8_t)header);
}

static int epoch_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;
	uint32_t header = data_header(view);

	if (header != 1 + PEER)
		return header ? -1 : other_read(view);
	if (view->present < header + EPOCH_PACKET_ID ||
		view->length <= header + EPOCH_PACKET_ID + TAG)
		return -1;
	uint64_t number = bytes_be64(h + header) & 0xffffffffffff;

	return profile_one(numbers, number, view->length - header - EPOCH_PACKET_ID - TAG, h,
		(uint8_t)(header + EPOCH));
}

/* Sum (20 or 32 bytes), initialization vector and whole blocks. */
static int cbc_read(const struct profile_view *view, struct profile_number *numbers)
{
	uint32_t header = data_header(view);

	(void)numbers;
	if (header == 0)
		return other_read(view);
	uint32_t rest = view->length - header;

	return rest >= 20 + 2 * CBC_BLOCK && (rest % CBC_BLOCK == 0 || rest % CBC_BLOCK == 4) ? 0
											      : -1;
}

const struct profile profile_openvpn = {
	.name = "openvpn",
	.key_name = "key and peer",
	.summary = "OpenVPN data with AEAD: 32 bits, by addresses, ports, key and peer",
	.found_by = "heuristics, any UDP port (usual: 1194), numbers that count",
	.selector = { .ports = { OPENVPN_PORT }, .any_udp = true },
	.modulus = UINT64_C(1) << 32,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.window = 64,
	.read = openvpn_read,
};

const struct profile profile_openvpn_epoch = {
	.name = "openvpn-epoch",
	.key_name = "key, peer and epoch",
	.summary =
		"OpenVPN data with epoch keys: 48 bits, by addresses, ports, key, peer and epoch",
	.found_by = "heuristics, any UDP port (usual: 1194), numbers that count",
	.selector = { .ports = { OPENVPN_PORT }, .any_udp = true },
	.modulus = UINT64_C(1) << 48,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.window = 64,
	.read = epoch_read,
};

const struct profile profile_openvpn_cbc = {
	.name = "openvpn-cbc",
	.summary = "OpenVPN data without AEAD: cannot be measured",
	.found_by = "UDP port 1194, data packets whose numbers do not count",
	.blind = "packet ids are encrypted in CBC mode; the next best: "
		 "gaps of time, and the IPv4 identification if it counts",
	.selector = { .ports = { OPENVPN_PORT } },
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.read = cbc_read,
};
