/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is it QUIC?  A long header (RFC 8999 5.1, RFC 9000 17.2) with a version that is known and
 * connection ids that fit says so; short headers of the same conversation show nothing of their
 * own. Packet numbers are encrypted (RFC 9001 5.4), so there is nothing to measure.
 */
#include "analyzers/profile_parts.h"

#define LONG_FORM 0x80
#define FIXED_BIT 0x40
#define VERSION_AT 1
#define IDS_AT 5
#define ID_MAXIMUM 20
#define QUIC_PORT 443

/* RFC 9000, RFC 9369, drafts 23 to 34, and the last of Google's own with this header. */
static bool is_version(uint32_t version)
{
	return version == 1 || version == 0x6b3343cf ||
	       (version >= 0xff000017 && version <= 0xff000022) || version == 0x51303436 ||
	       version == 0x51303530 || version == 0x54303531;
}

/* Where both connection ids end, or 0. */
static uint32_t ids_end(const struct profile_view *view)
{
	uint32_t at = IDS_AT;

	for (int i = 0; i < 2; i++) {
		if (at >= view->present || view->data[at] > ID_MAXIMUM)
			return 0;
		at += 1u + view->data[at];
	}
	return at <= view->length ? at : 0;
}

static int quic_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;

	(void)numbers;
	if (view->present < IDS_AT || !(h[0] & LONG_FORM))
		return -1;
	uint32_t version = bytes_be32(h + VERSION_AT);
	uint32_t end = ids_end(view);

	if (end == 0)
		return -1;
	/* Version negotiation: a list of them (RFC 9000 17.2.1). */
	if (version == 0)
		return view->length > end && (view->length - end) % 4 == 0 ? 0 : -1;
	return h[0] & FIXED_BIT && is_version(version) ? 0 : -1;
}

const struct profile profile_quic = {
	.name = "quic",
	.summary = "QUIC, RFC 9000: cannot be measured",
	.found_by = "long headers on any UDP port (usual: 443)",
	.blind = "packet numbers are encrypted (RFC 9001 5.4); the next best: "
		 "the spin bit for round trips (RFC 9000 17.4), gaps of time, "
		 "and the IPv4 identification if it counts",
	.selector = { .ports = { QUIC_PORT }, .any_udp = true },
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.read = quic_read,
};
