/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number has a packet of a GRE tunnel?  One of 32 bits if the S bit is set, behind checksum
 * and key as far as their bits are (RFC 2784 2.1, RFC 2890 2); PPTP has a GRE of its own, where the
 * key is a length and the call's id (RFC 2637 4.1).  Receivers drop what is late.
 */
#include "analyzers/profile_parts.h"

#define GRE_FIXED 4
#define GRE_CHECKSUM 0x8000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
/* Source routes, which would move all that follows, and recursion: of RFC 1701 only. */
#define GRE_REFUSED 0x4c00
#define GRE_VERSION 0x0007

#define PPTP_FIXED 8
#define PPTP_PROTOCOL 0x880b
#define PPTP_ACKNOWLEDGEMENT 0x0080
/* All bits but S and A are given: K and version 1. */
#define PPTP_MASK 0xef7f
#define PPTP_BITS 0x2001

static int gre_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;
	uint32_t at = GRE_FIXED;
	uint8_t key = 0;

	if (view->present < GRE_FIXED)
		return -1;
	uint16_t flags = bytes_be16(h);

	if (flags & (GRE_REFUSED | GRE_VERSION))
		return -1;
	if (!(flags & GRE_SEQUENCE))
		return 0;
	if (flags & GRE_CHECKSUM)
		at += 4;
	if (flags & GRE_KEY)
		key = 4;
	if (view->present < at + key + 4)
		return -1;
	return profile_one(
		numbers, bytes_be32(h + at + key), view->length - at - key - 4, h + at, key);
}

static int pptp_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;
	uint32_t header = PPTP_FIXED;

	if (view->present < PPTP_FIXED)
		return -1;
	uint16_t flags = bytes_be16(h);
	uint32_t payload = bytes_be16(h + 4);

	if ((flags & PPTP_MASK) != PPTP_BITS || bytes_be16(h + 2) != PPTP_PROTOCOL)
		return -1;
	header += flags & GRE_SEQUENCE ? 4 : 0;
	header += flags & PPTP_ACKNOWLEDGEMENT ? 4 : 0;
	if (header + payload > view->length)
		return -1;
	if (!(flags & GRE_SEQUENCE))
		return 0;
	if (view->present < PPTP_FIXED + 4)
		return -1;
	return profile_one(numbers, bytes_be32(h + PPTP_FIXED), payload, h + 6, 2);
}

const struct profile profile_gre = {
	.name = "gre",
	.key_name = "key",
	.summary = "GRE with sequence numbers, RFC 2890: 32 bits, by addresses and key",
	.found_by = "IP protocol 47, S bit",
	.selector = { .protocol = 47 },
	.modulus = UINT64_C(1) << 32,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_SELECTOR,
	.strict = true,
	.read = gre_read,
};

const struct profile profile_pptp = {
	.name = "pptp",
	.key_name = "call",
	.summary = "PPTP's enhanced GRE, RFC 2637: 32 bits, by addresses and call id",
	.found_by = "IP protocol 47, version 1",
	.selector = { .protocol = 47 },
	.modulus = UINT64_C(1) << 32,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_SELECTOR,
	.strict = true,
	.read = pptp_read,
};
