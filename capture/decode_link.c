/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does the link layer say of a frame, and what does it carry?  Ethernet with 802.2 and SNAP
 * (RFC 1042), any stack of VLAN tags up to a bound (IEEE 802.1Q), a redundancy tag (IEEE 802.1CB
 * 7.8), both Linux cooked headers, the BSD loopback header, and none at all (pcap-linktype(7)).
 */
#include "base/bytes.h"
#include "capture/decode_layers.h"

#define ETHERNET_HEADER 14
#define VLAN_TAG 4
#define MAX_VLAN_TAGS 8
#define ETHERTYPE_RTAG 0xf1c1
#define RTAG 6
#define MAX_8023_LENGTH 1500
#define MIN_ETHERTYPE 1536
#define LLC_HEADER 3
#define SNAP_HEADER 8
#define LSAP_SNAP 0xaa
#define LSAP_GLOBAL 0xff
#define COOKED_HEADER 16
#define COOKED2_HEADER 20
#define FAMILY_HEADER 4

/* Protocols of a cooked header that are no EtherType (linux/if_ether.h). */
#define COOKED_8023_RAW 0x0001
#define COOKED_8022 0x0004

static LAYER_DECODER(decode_llc)
{
	const uint8_t *h = p->data + offset;

	if (!layer_present(p, offset, end, LLC_HEADER)) {
		decode_missing(p, PART_LINK, offset, end, LLC_HEADER);
		return;
	}
	if (h[0] != LSAP_SNAP || h[1] != LSAP_SNAP) {
		decode_stop(p, LAYER_NETWORK, h[0]);
		return;
	}
	if (!layer_present(p, offset, end, SNAP_HEADER)) {
		decode_missing(p, PART_LINK, offset, end, SNAP_HEADER);
		return;
	}
	/* Only under these two organizations is what follows an EtherType (RFC 1042, 802.1H). */
	uint32_t organization = bytes_be32(h + 2) & 0xffffff;
	uint16_t type = bytes_be16(h + 6);

	if ((organization == 0 || organization == 0x0000f8) && type >= MIN_ETHERTYPE)
		decode_ethertype(p, type, offset + SNAP_HEADER, end);
	else
		decode_stop(p, LAYER_NETWORK, LSAP_SNAP);
}

/* The field behind addresses or a tag: an EtherType, or the length of an 802.3 frame. */
static inline void decode_type_or_length(
	struct packet *p, uint16_t value, uint32_t offset, uint32_t end)
{
	if (value > MAX_8023_LENGTH)
		decode_ethertype(p, value, offset, end);
	else
		decode_llc(p, offset, end);
}

LAYER_DECODER(decode_ethernet)
{
	if (!layer_present(p, offset, end, ETHERNET_HEADER)) {
		decode_missing(p, PART_LINK, offset, end, ETHERNET_HEADER);
		return;
	}
	decode_type_or_length(p, bytes_be16(p->data + offset + 12), offset + ETHERNET_HEADER, end);
}

/* Called behind the tag's EtherType: the identifier and the type of what it wraps. */
LAYER_DECODER(decode_vlan)
{
	const uint8_t *h = p->data + offset;

	if (!layer_present(p, offset, end, VLAN_TAG)) {
		decode_missing(p, PART_VLAN, offset, end, VLAN_TAG);
		return;
	}
	if (p->vlan_tags == MAX_VLAN_TAGS) {
		decode_stop(p, LAYER_MALFORMED, PART_VLAN);
		return;
	}
	if (p->vlan_tags == 0)
		p->vlan_id = bytes_be16(h) & 0xfff;
	else if (p->vlan_tags == 1)
		p->vlan_inner = bytes_be16(h) & 0xfff;
	p->vlan_tags++;
	decode_type_or_length(p, bytes_be16(h + 2), offset + VLAN_TAG, end);
}

/* Called behind the tag's EtherType: 2 reserved bytes, number, and the type of what it wraps. */
LAYER_DECODER(decode_rtag)
{
	if (!layer_present(p, offset, end, RTAG)) {
		decode_missing(p, PART_RTAG, offset, end, RTAG);
		return;
	}
	/* A stream within a stream is not looked into. */
	if (p->rtag_offset != 0) {
		decode_stop(p, LAYER_NETWORK, ETHERTYPE_RTAG);
		return;
	}
	p->rtag_offset = (uint16_t)offset;
	decode_type_or_length(p, bytes_be16(p->data + offset + 4), offset + RTAG, end);
}

/* `type` is the packet type of a cooked header (linux/if_packet.h), which knows the direction. */
static void cooked_direction(struct packet *p, unsigned type)
{
	static const uint8_t directions[] = {
		DIRECTION_IN, /* to us */
		DIRECTION_IN, /* broadcast */
		DIRECTION_IN, /* multicast */
		DIRECTION_OTHER,
		DIRECTION_OUT,
	};

	if (p->direction == DIRECTION_UNKNOWN && type < sizeof(directions))
		p->direction = directions[type];
}

static void cooked_protocol(struct packet *p, uint16_t protocol, uint32_t offset, uint32_t end)
{
	if (protocol >= MIN_ETHERTYPE)
		decode_ethertype(p, protocol, offset, end);
	else if (protocol == COOKED_8022)
		decode_llc(p, offset, end);
	else
		decode_stop(p, LAYER_NETWORK, protocol == COOKED_8023_RAW ? LSAP_GLOBAL : 0);
}

LAYER_DECODER(decode_cooked)
{
	const uint8_t *h = p->data + offset;

	if (!layer_present(p, offset, end, COOKED_HEADER)) {
		decode_missing(p, PART_LINK, offset, end, COOKED_HEADER);
		return;
	}
	cooked_direction(p, bytes_be16(h));
	cooked_protocol(p, bytes_be16(h + 14), offset + COOKED_HEADER, end);
}

LAYER_DECODER(decode_cooked2)
{
	const uint8_t *h = p->data + offset;

	if (!layer_present(p, offset, end, COOKED2_HEADER)) {
		decode_missing(p, PART_LINK, offset, end, COOKED2_HEADER);
		return;
	}
	cooked_direction(p, h[10]);
	cooked_protocol(p, bytes_be16(h), offset + COOKED2_HEADER, end);
}

LAYER_DECODER(decode_family)
{
	if (!layer_present(p, offset, end, FAMILY_HEADER)) {
		decode_missing(p, PART_LINK, offset, end, FAMILY_HEADER);
		return;
	}
	/* In the byte order of the machine that captured: families are small, so it shows. */
	uint32_t family = bytes_be32(p->data + offset);

	if (family > 0xffff)
		family = bytes_le32(p->data + offset);
	switch (family) {
	case 2:
		decode_ipv4(p, offset + FAMILY_HEADER, end);
		break;
	case 10: /* Linux */
	case 23: /* Windows */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* Darwin */
		decode_ipv6(p, offset + FAMILY_HEADER, end);
		break;
	default:
		decode_stop(p, LAYER_NETWORK, 0);
	}
}

LAYER_DECODER(decode_raw_ip)
{
	if (!layer_present(p, offset, end, 1)) {
		decode_missing(p, PART_LINK, offset, end, 1);
		return;
	}
	switch (p->data[offset] >> 4) {
	case 4:
		decode_ipv4(p, offset, end);
		break;
	case 6:
		decode_ipv6(p, offset, end);
		break;
	default:
		decode_stop(p, LAYER_NETWORK, 0);
	}
}
