/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is it RTP, and which number has it (RFC 3550 5.1)?  Version, payload type, sources, extension and
 * padding must fit the datagram.  On its port there may be more: RTCP, told by its packet type (RFC
 * 5761 4), and STUN, DTLS and ZRTP, told by the first byte (RFC 7983 7); they carry no number.
 */
#include "analyzers/profile_parts.h"

#define RTP_HEADER 12
#define VERSION_2 2
#define HAS_PADDING 0x20
#define HAS_EXTENSION 0x10
#define SOURCES 0x0f
#define PAYLOAD_TYPE 0x7f
/* Where the marker bit makes a payload type look like the packet type of RTCP (RFC 3551 6). */
#define RESERVED_FIRST 72
#define RESERVED_LAST 76
#define RTCP_FIRST 192
#define RTCP_LAST 223
#define RTCP_HEADER 8
#define SSRC 4
#define STUN_HEADER 20
#define STUN_COOKIE 0x2112a442
#define ZRTP_COOKIE 0x5a525450
#define DTLS_HEADER 13

static bool is_stun(const struct profile_view *view)
{
	const uint8_t *h = view->data;

	return view->present >= STUN_HEADER && h[0] <= 3 && bytes_be32(h + 4) == STUN_COOKIE &&
	       STUN_HEADER + (uint32_t)bytes_be16(h + 2) <= view->length;
}

static bool is_zrtp(const struct profile_view *view)
{
	return view->present >= 8 && view->data[0] >= 16 && view->data[0] <= 19 &&
	       bytes_be32(view->data + 4) == ZRTP_COOKIE;
}

static bool is_dtls(const struct profile_view *view)
{
	const uint8_t *h = view->data;

	return view->present >= DTLS_HEADER && h[0] >= 20 && h[0] <= 25 && h[1] == 0xfe &&
	       DTLS_HEADER + (uint32_t)bytes_be16(h + 11) <= view->length;
}

/* The first packet of a compound; its length is in words, less one (RFC 3550 6.4.1). */
static bool is_rtcp(const struct profile_view *view)
{
	const uint8_t *h = view->data;

	return view->present >= RTCP_HEADER && h[0] >> 6 == VERSION_2 && h[1] >= RTCP_FIRST &&
	       h[1] <= RTCP_LAST && (bytes_be16(h + 2) + 1u) * 4 <= view->length;
}

/* Length of all that is before the payload; 0 if it does not fit. */
static uint32_t rtp_header(const struct profile_view *view)
{
	const uint8_t *h = view->data;
	uint32_t header = RTP_HEADER + 4u * (h[0] & SOURCES);

	if (h[0] & HAS_EXTENSION) {
		/* Cut: it may or may not fit, and the number was captured. */
		if (header + 4 <= view->present)
			header += 4u * bytes_be16(view->data + header + 2);
		header += 4;
	}
	return header <= view->length ? header : 0;
}

/* How many bytes at the end are padding; more than there are if that cannot be. */
static uint32_t rtp_padding(const struct profile_view *view)
{
	if (!(view->data[0] & HAS_PADDING) || view->present < view->length)
		return 0;
	uint32_t padding = view->data[view->length - 1];

	return padding ? padding : UINT32_MAX;
}

/* The clock of the static payload types (RFC 3551 6); 0: what it is, a session description says. */
static uint32_t rate_of(uint32_t type)
{
	static const struct {
		uint8_t first, last;
		uint32_t rate_hz;
	} rates[] = { { 0, 5, 8000 }, { 6, 6, 16000 }, { 7, 9, 8000 }, { 10, 11, 44100 },
		{ 12, 13, 8000 }, { 14, 14, 90000 }, { 15, 15, 8000 }, { 16, 16, 11025 },
		{ 17, 17, 22050 }, { 18, 18, 8000 }, { 25, 34, 90000 } };

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (type >= rates[i].first && type <= rates[i].last)
			return rates[i].rate_hz;
	return 0;
}

static int rtp_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;

	if (view->present < RTP_HEADER || h[0] >> 6 != VERSION_2)
		return is_rtcp(view) || is_stun(view) || is_zrtp(view) || is_dtls(view) ? 0 : -1;
	if (h[1] >= RTCP_FIRST && h[1] <= RTCP_LAST)
		return is_rtcp(view) ? 0 : -1;
	uint32_t type = h[1] & PAYLOAD_TYPE;
	uint32_t header = rtp_header(view);
	uint32_t padding = rtp_padding(view);

	if (type >= RESERVED_FIRST && type <= RESERVED_LAST)
		return -1;
	if (header == 0 || padding > view->length - header)
		return -1;
	profile_one(numbers, bytes_be16(h + 2), view->length - header - padding, h + 8, SSRC);
	numbers->clocked = true;
	numbers->media = bytes_be32(h + 4);
	numbers->rate_hz = rate_of(type);
	return 1;
}

const struct profile profile_rtp = {
	.name = "rtp",
	.key_name = "SSRC",
	.summary = "RTP media, RFC 3550: 16 bits, by addresses, ports and SSRC",
	.found_by = "heuristics, any UDP port, numbers that count",
	.selector = { .any_udp = true },
	.modulus = 1 << 16,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.read = rtp_read,
};
