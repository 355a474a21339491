/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who decodes what comes next?  One decoder a layer, found in three tables: by link type, by
 * EtherType, by IP protocol.
 */
#include <stddef.h>

#include "capture/decode_layers.h"

struct layer_entry {
	uint16_t id;
	LAYER_DECODER((*decode));
};

/*
 * LINKTYPE_ values (pcap-linktype(7)).  12 and 14 are no LINKTYPE_ but what some systems call raw
 * IP in memory, and some programs write into files.
 */
static const struct layer_entry links[] = {
	{ 1, decode_ethernet },
	{ 113, decode_cooked },
	{ 276, decode_cooked2 },
	{ 101, decode_raw_ip },
	{ 12, decode_raw_ip },
	{ 14, decode_raw_ip },
	{ 228, decode_ipv4 },
	{ 229, decode_ipv6 },
	{ 0, decode_family },
	{ 108, decode_family },
};

static const struct layer_entry networks[] = {
	{ 0x0800, decode_ipv4 },
	{ 0x86dd, decode_ipv6 },
	{ 0x8100, decode_vlan },
	{ 0x88a8, decode_vlan },
	{ 0x9100, decode_vlan },
	{ 0x8847, decode_mpls },
	{ 0x8848, decode_mpls }, /* upstream-assigned labels (RFC 5332) */
	{ 0xf1c1, decode_rtag },
};

static LAYER_DECODER((*const protocols[256])) = {
	[1] = decode_icmp,
	[6] = decode_tcp,
	[17] = decode_udp,
	[51] = decode_authentication,
	[58] = decode_icmp,
};

void decode_ethertype(struct packet *p, uint16_t ethertype, uint32_t offset, uint32_t end)
{
	p->ethertype = ethertype;
	p->network_offset = (uint16_t)offset;
	for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++) {
		if (networks[i].id == ethertype) {
			networks[i].decode(p, offset, end);
			return;
		}
	}
	decode_stop(p, LAYER_NETWORK, ethertype);
}

void decode_protocol(struct packet *p, uint8_t protocol, uint32_t offset, uint32_t end)
{
	p->protocol = protocol;
	p->transport_offset = (uint16_t)offset;
	decode_stop(p, LAYER_TRANSPORT, protocol);
	if (protocols[protocol]) {
		protocols[protocol](p, offset, end);
		return;
	}
	p->payload_length = end - offset;
	decode_stop(p, LAYER_PROTOCOL, protocol);
}

void decode_link(struct packet *p)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		if (links[i].id == p->linktype) {
			links[i].decode(p, 0, p->wirelen);
			return;
		}
	}
	decode_stop(p, LAYER_LINK, p->linktype);
}
