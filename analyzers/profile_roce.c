/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number has a packet of RDMA over Ethernet?  A base transport header (InfiniBand
 * Architecture volume 1, 9.2) has a PSN of 24 bits: behind a global route header under an EtherType
 * of its own, or in UDP (RoCE v2).  Of requests it counts what the requester sends;
 * acknowledgements and read responses repeat the numbers of the other direction, so they are left
 * out.  A read request takes up as many numbers as its answer will have packets, which the path MTU
 * decides: at most its length in the least one.
 */
#include "analyzers/profile_parts.h"

#define BTH 12
#define ICRC 4
#define GRH 40
#define GRH_VERSION 6
#define GRH_NEXT_BTH 0x1b
#define TRANSPORT_VERSION 0x0f
#define PSN_MASK 0xffffff
#define QP_AT 5
#define QP 3
#define CONGESTION_NOTIFICATION 0x81
#define OPERATION 0x1f
#define READ_REQUEST 0x0c
#define DETH 8
#define XRCETH 4
#define RETH 16
#define RETH_LENGTH_AT 12
#define LEAST_MTU 256
#define LARGEST_MESSAGE (UINT32_C(1) << 31)
#define ROCE2_PORT 4791

/* From bits 1 << operation (linux/include/rdma/ib_pack.h). */
#define SENDS_AND_WRITES 0x00000fffu
#define READ_AND_ATOMICS 0x00181000u
#define SENDS_INVALIDATE 0x00c00000u
#define ANSWERS 0x0007e000u
#define SENDS_ONLY 0x00000030u

struct transport {
	uint32_t requests, answers;
	bool reliable, datagram, shared; /* shared: an XRC header comes before others */
};

/* By the upper three bits of the opcode; reliable datagrams were never built. */
static const struct transport transports[8] = {
	[0] = { SENDS_AND_WRITES | READ_AND_ATOMICS | SENDS_INVALIDATE, ANSWERS, .reliable = true },
	[1] = { SENDS_AND_WRITES, 0, .reliable = false },
	[3] = { SENDS_ONLY, 0, .datagram = true },
	[5] = { SENDS_AND_WRITES | READ_AND_ATOMICS | SENDS_INVALIDATE, ANSWERS, .reliable = true,
		.shared = true },
};

/* How many numbers beyond its own a read request may take up, by the header `at` a place. */
static uint32_t read_hidden(const uint8_t *h, uint32_t present, uint32_t at)
{
	uint32_t length = LARGEST_MESSAGE;

	if (at + RETH <= present && bytes_be32(h + at + RETH_LENGTH_AT) < length)
		length = bytes_be32(h + at + RETH_LENGTH_AT);
	return length ? (length - 1) / LEAST_MTU : 0;
}

/* Reads what begins with a base transport header. */
static int bth_read(
	const uint8_t *h, uint32_t present, uint32_t length, struct profile_number *numbers)
{
	if (present < BTH || length < BTH + ICRC || h[1] & TRANSPORT_VERSION)
		return -1;
	if (h[0] == CONGESTION_NOTIFICATION)
		return 0;
	const struct transport *transport = &transports[h[0] >> 5];
	uint32_t operation = 1u << (h[0] & OPERATION);
	uint8_t key[2 * QP] = { 0 };

	if (transport->answers & operation)
		return 0;
	if (!(transport->requests & operation))
		return -1;
	memcpy(key, h + QP_AT, QP);
	if (transport->datagram) {
		if (present < BTH + DETH || length < BTH + DETH + ICRC)
			return -1;
		memcpy(key + QP, h + BTH + QP_AT, QP);
	}
	profile_one(numbers, bytes_be32(h + 8) & PSN_MASK, length - BTH - ICRC, key, sizeof(key));
	numbers->once = !transport->reliable;
	if ((h[0] & OPERATION) == READ_REQUEST)
		numbers->hidden = read_hidden(h, present, BTH + (transport->shared ? XRCETH : 0));
	return 1;
}

static int roce1_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;

	if (view->present < GRH || h[0] >> 4 != GRH_VERSION || h[6] != GRH_NEXT_BTH)
		return -1;
	uint32_t length = bytes_be16(h + 4);

	if (length > view->length - GRH)
		return -1;
	uint32_t present = view->present - GRH;

	return bth_read(h + GRH, present < length ? present : length, length, numbers);
}

static int roce2_read(const struct profile_view *view, struct profile_number *numbers)
{
	return bth_read(view->data, view->present, view->length, numbers);
}

const struct profile profile_roce1 = {
	.name = "roce1",
	.key_name = "queue pair",
	.summary = "RoCE v1 requests: PSN of 24 bits, by stations and queue pair",
	.found_by = "EtherType 0x8915",
	.selector = { .ethertype = 0x8915 },
	.modulus = 1 << 24,
	.scope = SCOPE_STATIONS,
	.trust = TRUST_SELECTOR,
	.resends = true,
	.read = roce1_read,
};

/* By addresses without ports: the source port only spreads packets over paths. */
const struct profile profile_roce2 = {
	.name = "roce2",
	.key_name = "queue pair",
	.summary = "RoCE v2 requests: PSN of 24 bits, by addresses and queue pair",
	.found_by = "UDP port 4791, numbers that count",
	.selector = { .ports = { ROCE2_PORT } },
	.modulus = 1 << 24,
	.scope = SCOPE_ADDRESSES,
	.trust = TRUST_PROOF,
	.resends = true,
	.read = roce2_read,
};
