/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a label stack carry (RFC 3032)?  Nothing in it tells: the first four bits behind the
 * stack do for IP and for pseudowires with a control word (RFC 4385 3, RFC 4928 3).  A pseudowire
 * without one may begin with any bits, so only a header that is IP's in length, too, is taken for
 * one; all else ends here, with the place remembered.
 */
#include "base/bytes.h"
#include "capture/decode_layers.h"

#define MPLS_LABEL 4
#define MPLS_BOTTOM 0x100
#define MPLS_LABEL_SHIFT 12
#define MAX_LABELS 16
#define IPV4_HEADER 20
#define IPV6_HEADER 40
/* What may stand behind a packet that is not padded to Ethernet's least size. */
#define TRAILER 8
#define MINIMUM_FRAME 60

static bool ipv4_sum_right(const uint8_t *h, uint32_t header)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < header; i += 2)
		sum += bytes_be16(h + i);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

/* A station's address may look like version and length, hardly like the sum or just as long. */
static bool ipv4_plausible(const struct packet *p, uint32_t offset, uint32_t end)
{
	const uint8_t *h = p->data + offset;

	if (!layer_present(p, offset, end, IPV4_HEADER))
		return false;
	uint32_t header = (h[0] & 0xfu) * 4;
	uint32_t length = bytes_be16(h + 2);

	if (header < IPV4_HEADER || length < header)
		return false;
	return length == end - offset ||
	       (layer_present(p, offset, end, header) && ipv4_sum_right(h, header));
}

static bool ipv6_plausible(const struct packet *p, uint32_t offset, uint32_t end)
{
	const uint8_t *h = p->data + offset;
	uint32_t room = end - offset;

	if (!layer_present(p, offset, end, IPV6_HEADER))
		return false;
	uint32_t length = IPV6_HEADER + bytes_be16(h + 4);

	return length <= room && (room - length <= TRAILER || p->wirelen <= MINIMUM_FRAME);
}

static void decode_labelled(struct packet *p, uint32_t offset, uint32_t end)
{
	unsigned first = layer_present(p, offset, end, 1) ? p->data[offset] >> 4 : 0;

	p->network_offset = (uint16_t)offset;
	if (first == 4 && ipv4_plausible(p, offset, end))
		decode_ipv4(p, offset, end);
	else if (first == 6 && ipv6_plausible(p, offset, end))
		decode_ipv6(p, offset, end);
	else
		decode_stop(p, LAYER_NETWORK, p->ethertype);
}

LAYER_DECODER(decode_mpls)
{
	for (int i = 0; i < MAX_LABELS; i++) {
		if (!layer_present(p, offset, end, MPLS_LABEL)) {
			decode_missing(p, PART_MPLS, offset, end, MPLS_LABEL);
			return;
		}
		uint32_t entry = bytes_be32(p->data + offset);

		offset += MPLS_LABEL;
		if (entry & MPLS_BOTTOM) {
			p->flags |= PACKET_MPLS;
			p->mpls_label = entry >> MPLS_LABEL_SHIFT;
			decode_labelled(p, offset, end);
			return;
		}
	}
	decode_stop(p, LAYER_MALFORMED, PART_MPLS);
}
