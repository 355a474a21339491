/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number has a frame below IP?  The redundancy tag of 802.1CB (7.8), the SecTAG of MACsec
 * (802.1AE 9), and the control word of a pseudowire behind MPLS labels (RFC 4385 3 and 4).
 */
#include "analyzers/profile_parts.h"

#define RTAG 6

#define SECTAG 6
#define SCI 8
#define SECTAG_VERSION 0x80
#define SECTAG_END_STATION 0x40
#define SECTAG_SCI 0x20
#define SECTAG_BROADCAST 0x10
#define SECTAG_ASSOCIATION 0x03
#define SHORT_LENGTH 48
#define ICV 16
#define LINKTYPE_ETHERNET 1
#define STATION 6
#define SOURCE_AT 6
#define PORT_END_STATION 1

#define CONTROL_WORD 4
#define CONTROL_LENGTH 0x3f
#define LABEL 4

static int rtag_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;

	if (view->present < RTAG)
		return -1;
	return profile_one(numbers, bytes_be16(h + 2), view->length - RTAG, h, 0);
}

/*
 * Association number and channel.  Without an SCI in the frame it is that of the only station that
 * may send on the link (802.1AE 9.9): its address does.
 */
static uint8_t macsec_key(const struct profile_view *view, uint8_t *key)
{
	const uint8_t *h = view->data;
	const struct packet *packet = view->packet;

	memset(key, 0, 1 + SCI);
	key[0] = h[0] & SECTAG_ASSOCIATION;
	if (h[0] & SECTAG_SCI) {
		memcpy(key + 1, h + SECTAG, SCI);
	} else if (packet->linktype == LINKTYPE_ETHERNET && packet->caplen >= SOURCE_AT + STATION) {
		memcpy(key + 1, packet->data + SOURCE_AT, STATION);
		key[1 + SCI - 1] = h[0] & SECTAG_BROADCAST ? 0 : PORT_END_STATION;
	}
	return 1 + SCI;
}

static int macsec_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;
	uint8_t key[1 + SCI];

	if (view->present < SECTAG)
		return -1;
	uint32_t header = SECTAG + (h[0] & SECTAG_SCI ? SCI : 0);
	uint32_t number = bytes_be32(h + 2);

	/* 9.5: version 0, no short form beside the SCI; 9.7: lengths from 48 on are told as 0. */
	if (h[0] & SECTAG_VERSION || h[1] >= SHORT_LENGTH ||
		(h[0] & SECTAG_SCI && h[0] & (SECTAG_END_STATION | SECTAG_BROADCAST)))
		return -1;
	if (view->present < header || view->length < header + (h[1] ? h[1] : SHORT_LENGTH) + ICV)
		return -1;
	return profile_one(numbers, number, h[1] ? h[1] : view->length - header - ICV, key,
		macsec_key(view, key));
}

static int pseudowire_read(const struct profile_view *view, struct profile_number *numbers)
{
	const uint8_t *h = view->data;
	uint32_t label = htobe32(view->packet->mpls_label);
	uint8_t key[LABEL];

	if (view->present < CONTROL_WORD || h[0] >> 4 != 0)
		return -1;
	uint32_t length = h[1] & CONTROL_LENGTH;
	uint16_t number = bytes_be16(h + 2);

	if (length > view->length || (length && length < CONTROL_WORD))
		return -1;
	/* 0 is for pseudowires that do not number: from 65535 on it is 1. */
	if (number == 0)
		return 0;
	memcpy(key, &label, LABEL);
	return profile_one(
		numbers, number - 1u, (length ? length : view->length) - CONTROL_WORD, key, LABEL);
}

/*
 * Copies of a frame over disjoint paths are what the tag is for; here they are repeats.  A recovery
 * function remembers 2 numbers unless told otherwise (frerSeqRcvyHistoryLength, 10.4.1).
 */
const struct profile profile_rtag = {
	.name = "rtag",
	.summary = "802.1CB redundancy tag: 16 bits, by stations and VLAN",
	.found_by = "EtherType 0xf1c1",
	.selector = { .ethertype = 0xf1c1 },
	.modulus = 1 << 16,
	.scope = SCOPE_STATIONS,
	.trust = TRUST_SELECTOR,
	.window = 2,
	.read = rtag_read,
};

/*
 * The usual replay window is 0: with protection on, whatever is late is dropped.  Of extended
 * packet numbers these are the lower half.
 */
const struct profile profile_macsec = {
	.name = "macsec",
	.key_name = "channel",
	.summary = "MACsec packet number, 802.1AE: 32 bits, by secure channel and association",
	.found_by = "EtherType 0x88e5",
	.selector = { .ethertype = 0x88e5 },
	.modulus = UINT64_C(1) << 32,
	.scope = SCOPE_KEY,
	.trust = TRUST_SELECTOR,
	.strict = true,
	.read = macsec_read,
};

const struct profile profile_pseudowire = {
	.name = "pseudowire",
	.key_name = "label",
	.summary =
		"MPLS pseudowire control word, RFC 4385: 16 bits without 0, by stations and label",
	.found_by = "an MPLS payload that begins with 4 zero bits, numbers that count",
	.selector = { .ethertype = 0x8847 },
	.modulus = 65535,
	.first = 1,
	.scope = SCOPE_STATIONS,
	.trust = TRUST_PROOF,
	.read = pseudowire_read,
};
