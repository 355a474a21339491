/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number has a packet of a GTP-U tunnel (3GPP TS 29.281 5.1)?  One of 16 bits if the S flag
 * is set; it counts the packets of a tunnel in G-PDUs only: echo requests and their like are
 * numbered by request, and answers repeat that.
 */
#include "analyzers/profile_parts.h"

#define GTP_HEADER 8
#define GTP_OPTIONAL 4
#define GTP_VERSION_AND_TYPE 0xf0
#define GTP_USER_PLANE 0x30 /* version 1, GTP and not GTP' */
#define GTP_S 0x02
#define GTP_ANY_OPTIONAL 0x07
#define GTP_G_PDU 255
#define GTP_PORT 2152

/* Echo request and response, error indication, extension headers, tunnel status, end marker. */
static const uint8_t others[] = { 1, 2, 26, 31, 253, 254 };

static int gtpu_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;

	if (view->present < GTP_HEADER || (h[0] & GTP_VERSION_AND_TYPE) != GTP_USER_PLANE)
		return -1;
	uint32_t length = bytes_be16(h + 2);

	if (GTP_HEADER + length > view->length)
		return -1;
	if (h[1] != GTP_G_PDU)
		return memchr(others, h[1], sizeof(others)) ? 0 : -1;
	if (h[0] & GTP_ANY_OPTIONAL && length < GTP_OPTIONAL)
		return -1;
	if (!(h[0] & GTP_S))
		return 0;
	if (view->present < GTP_HEADER + 2)
		return -1;
	return profile_one(numbers, bytes_be16(h + GTP_HEADER), length - GTP_OPTIONAL, h + 4, 4);
}

const struct profile profile_gtpu = {
	.name = "gtpu",
	.key_name = "TEID",
	.summary = "GTP-U with sequence numbers, TS 29.281: 16 bits, by destination and tunnel",
	.found_by = "UDP port 2152, S flag, numbers that count",
	.selector = { .ports = { GTP_PORT } },
	.modulus = 1 << 16,
	.scope = SCOPE_DESTINATION,
	.trust = TRUST_PROOF,
	.read = gtpu_read,
};
