/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which protocols that number their packets may a packet be of, and where in it do they begin?  A
 * table of constant descriptors; what is tried on any UDP port comes behind what a port, an IP
 * protocol or an EtherType names, and what can only be recognised comes last.
 */
#include <stddef.h>

#include "analyzers/profile_parts.h"

#define PROTOCOL_UDP 17
#define PROTOCOL_AH 51
#define ETHERTYPE_RTAG 0xf1c1
#define ETHERTYPE_MPLS 0x8847
#define UDP_LENGTH_AT 4
#define UDP_HEADER 8

const struct profile *const profiles[] = {
	&profile_rtag,
	&profile_macsec,
	&profile_pseudowire,
	&profile_roce1,
	&profile_ah,
	&profile_esp,
	&profile_sctp,
	&profile_gre,
	&profile_pptp,
	&profile_l2tpv3,
	&profile_l2tpv3_cookie4,
	&profile_l2tpv3_cookie8,
	&profile_probe,
	&profile_icmp_echo,
	&profile_icmp_echo_le,
	&profile_icmpv6_echo,
	&profile_icmpv6_echo_le,
	&profile_esp_udp,
	&profile_gtpu,
	&profile_roce2,
	&profile_sctp_udp,
	&profile_l2tpv2,
	&profile_stamp,
	&profile_wireguard,
	&profile_dtls,
	&profile_openvpn,
	&profile_openvpn_epoch,
	&profile_rtp,
	&profile_ip_id,
	&profile_quic,
	&profile_dtls13,
	&profile_openvpn_cbc,
	NULL,
};

const struct profile *profile_find(const char *name)
{
	for (const struct profile *const *profile = profiles; *profile; profile++)
		if (strcmp((*profile)->name, name) == 0)
			return *profile;
	return NULL;
}

static bool is_udp(const struct packet *packet)
{
	return packet->protocol == PROTOCOL_UDP && packet->layer == LAYER_TRANSPORT;
}

static bool has_ethertype(const struct packet *packet, uint16_t ethertype)
{
	if (ethertype == ETHERTYPE_RTAG)
		return packet->rtag_offset != 0;
	if (ethertype == ETHERTYPE_MPLS)
		return packet->flags & PACKET_MPLS && !(packet->flags & PACKET_IP);
	return packet->ethertype == ethertype && packet->layer == LAYER_NETWORK;
}

static bool has_unknown_ethertype(const struct packet *packet)
{
	return packet->layer == LAYER_NETWORK && packet->ethertype &&
	       !decode_ethertype_is_known(packet->ethertype);
}

static bool has_protocol(const struct packet *packet, uint8_t protocol)
{
	if (protocol == PROTOCOL_AH)
		return packet->ah_offset != 0;
	return packet->protocol == protocol && packet->flags & PACKET_IP &&
	       (packet->layer == LAYER_PROTOCOL || packet->layer == LAYER_TRANSPORT);
}

static bool has_port(const struct packet *packet, const uint16_t ports[4])
{
	for (int i = 0; i < 4 && ports[i]; i++)
		if (packet->source_port == ports[i] || packet->destination_port == ports[i])
			return true;
	return false;
}

static bool selects(const struct profile_selector *selector, const struct packet *packet)
{
	return (selector->ethertype && has_ethertype(packet, selector->ethertype)) ||
	       (selector->any_ethertype && has_unknown_ethertype(packet)) ||
	       (selector->protocol && has_protocol(packet, selector->protocol)) ||
	       (is_udp(packet) && has_port(packet, selector->ports));
}

unsigned profile_candidates(
	const struct packet *packet, bool trial, const struct profile **found, unsigned size)
{
	const struct profile *const *profile;
	unsigned count = 0;

	for (profile = profiles; *profile && count < size; profile++)
		if (selects(&(*profile)->selector, packet))
			found[count++] = *profile;
	if (!trial || !is_udp(packet))
		return count;
	for (profile = profiles; *profile && count < size; profile++)
		if ((*profile)->selector.any_udp && !selects(&(*profile)->selector, packet))
			found[count++] = *profile;
	return count;
}

static bool view_set(
	struct profile_view *view, const struct packet *packet, uint32_t offset, uint32_t length)
{
	uint32_t captured = packet->caplen > offset ? packet->caplen - offset : 0;

	view->packet = packet;
	view->data = packet->data + (captured ? offset : packet->caplen);
	view->length = length;
	view->present = captured < length ? captured : length;
	return true;
}

/* Behind the UDP header; of a first fragment as long as the whole datagram is. */
static bool view_udp(struct profile_view *view, const struct packet *packet)
{
	uint32_t length = packet->payload_length;

	if (packet->flags & PACKET_FRAGMENT) {
		uint32_t told = bytes_be16(packet->data + packet->transport_offset + UDP_LENGTH_AT);

		if (told > length + UDP_HEADER)
			length = told - UDP_HEADER;
	}
	return view_set(view, packet, packet->transport_offset + UDP_HEADER, length);
}

/* What names nothing, as the IPv4 identification, is for UDP, too. */
static bool reads_udp(const struct profile_selector *selector)
{
	return selector->ports[0] || selector->any_udp ||
	       !(selector->ethertype || selector->protocol);
}

bool profile_view(
	const struct profile *profile, const struct packet *packet, struct profile_view *view)
{
	const struct profile_selector *selector = &profile->selector;
	uint32_t offset;

	if (selector->ethertype && has_ethertype(packet, selector->ethertype)) {
		offset = selector->ethertype == ETHERTYPE_RTAG ? packet->rtag_offset
							       : packet->network_offset;
		return view_set(view, packet, offset, packet->wirelen - offset);
	}
	if (selector->any_ethertype && has_unknown_ethertype(packet))
		return view_set(view, packet, packet->network_offset,
			packet->wirelen - packet->network_offset);
	if (selector->protocol == PROTOCOL_AH && packet->ah_offset) {
		offset = packet->ah_offset;
		return view_set(
			view, packet, offset, packet->network_offset + packet->ip_length - offset);
	}
	if (selector->protocol && has_protocol(packet, selector->protocol))
		return view_set(view, packet, packet->transport_offset,
			packet->transport_header + packet->payload_length);
	if (reads_udp(selector) && is_udp(packet))
		return view_udp(view, packet);
	return false;
}
