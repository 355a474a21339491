/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number has a packet of an L2TP session?  In version 3 (RFC 3931 4.1, 4.6) one of 24 bits in
 * the sublayer, behind session id and a cookie of 0, 4 or 8 bytes whose length only the ends know:
 * one profile for each, of which the one that counts is right.  In version 2 (RFC 2661 3.1) Ns, of
 * 16 bits.  Control messages are numbered apart and left out.
 */
#include "analyzers/profile_parts.h"

#define L2TP_PORT 1701
#define PROTOCOL_UDP 17
#define TYPE_CONTROL 0x8000
#define HAS_LENGTH 0x4000
#define HAS_NUMBERS 0x0800
#define HAS_OFFSET 0x0200
#define L2TP_VERSION 0x000f
/* Bits that must be 0 in data messages of version 2. */
#define RESERVED 0x34f0

#define UDP_PREFIX 4
#define SESSION 4
#define SUBLAYER 4
#define SUBLAYER_NUMBERED 0x40
/* Connectivity verification (RFC 5085 6.1). */
#define SUBLAYER_CONTROL 0x80

/* Skips what only UDP has.  Returns where the session id is, or -1 if it is no data message. */
static int session_offset(const struct profile_view *view)
{
	if (view->packet->protocol != PROTOCOL_UDP)
		return 0;
	if (view->present < UDP_PREFIX ||
		(bytes_be16(view->data) & (L2TP_VERSION | TYPE_CONTROL)) != 3)
		return -1;
	return UDP_PREFIX;
}

static bool is_control(const struct profile_view *view)
{
	const uint8_t *h = view->data;

	if (view->packet->protocol != PROTOCOL_UDP)
		return view->present >= SESSION && bytes_be32(h) == 0;
	return view->present >= UDP_PREFIX &&
	       (bytes_be16(h) & (L2TP_VERSION | TYPE_CONTROL)) == (3 | TYPE_CONTROL);
}

static int l2tpv3_read_behind(
	const struct profile_view *view, uint32_t cookie, struct profile_number *numbers)
{
	int session = session_offset(view);

	if (is_control(view))
		return 0;
	if (session < 0)
		return -1;
	const uint8_t *h = view->data + session;
	uint32_t at = SESSION + cookie;
	uint32_t header = (uint32_t)session + at + SUBLAYER;

	if (view->present < header || bytes_be32(h) == 0)
		return -1;
	if (h[at] == 0 || h[at] & SUBLAYER_CONTROL)
		return 0;
	if (h[at] != SUBLAYER_NUMBERED)
		return -1;
	return profile_one(
		numbers, bytes_be32(h + at) & 0xffffff, view->length - header, h, SESSION);
}

static int l2tpv3_read(const struct profile_view *view, struct profile_number *numbers)
{
	return l2tpv3_read_behind(view, 0, numbers);
}

static int l2tpv3_cookie4_read(const struct profile_view *view, struct profile_number *numbers)
{
	return l2tpv3_read_behind(view, 4, numbers);
}

static int l2tpv3_cookie8_read(const struct profile_view *view, struct profile_number *numbers)
{
	return l2tpv3_read_behind(view, 8, numbers);
}

static int l2tpv2_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;
	uint32_t at = 2;

	if (view->present < 2 || (bytes_be16(h) & L2TP_VERSION) != 2)
		return -1;
	uint16_t flags = bytes_be16(h);
	uint32_t length = view->length;

	if (flags & TYPE_CONTROL)
		return 0;
	if (flags & RESERVED)
		return -1;
	if (flags & HAS_LENGTH) {
		if (view->present < at + 2 || bytes_be16(h + at) > length)
			return -1;
		length = bytes_be16(h + at);
		at += 2;
	}
	if (!(flags & HAS_NUMBERS))
		return view->present < at + 4 ? -1 : 0;
	uint32_t header = at + 8 + (flags & HAS_OFFSET ? 2 : 0);

	if (view->present < header || length < header)
		return -1;
	/* Tunnel and session id; Ns; Nr, which data messages leave at anything. */
	return profile_one(numbers, bytes_be16(h + at + 4), length - header, h + at, 4);
}

/* Linux drops what is late unless it was told to reorder (net/l2tp/l2tp_core.c). */
#define L2TPV3(text, reader) \
	.key_name = "session", \
	.summary = "L2TPv3 data, RFC 3931, " text ": 24 bits, by addresses and session", \
	.found_by = "IP protocol 115, UDP port 1701, numbers that count", \
	.selector = { .protocol = 115, .ports = { L2TP_PORT } }, .modulus = 1 << 24, \
	.scope = SCOPE_TUPLE, .trust = TRUST_PROOF, .strict = true, .read = reader

const struct profile profile_l2tpv3 = {
	.name = "l2tpv3",
	L2TPV3("no cookie", l2tpv3_read),
};

const struct profile profile_l2tpv3_cookie4 = {
	.name = "l2tpv3-cookie4",
	L2TPV3("cookie of 4 bytes", l2tpv3_cookie4_read),
};

const struct profile profile_l2tpv3_cookie8 = {
	.name = "l2tpv3-cookie8",
	L2TPV3("cookie of 8 bytes", l2tpv3_cookie8_read),
};

const struct profile profile_l2tpv2 = {
	.name = "l2tpv2",
	.key_name = "tunnel and session",
	.summary = "L2TPv2 data, RFC 2661: 16 bits, by addresses, tunnel and session",
	.found_by = "UDP port 1701, S bit, numbers that count",
	.selector = { .ports = { L2TP_PORT } },
	.modulus = 1 << 16,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.strict = true,
	.read = l2tpv2_read,
};
