/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is it that was not analysed?  Names for link types (pcap-linktype(7)), EtherTypes and 802.2
 * service access points (IEEE), and IP protocols (IANA); whatever has none goes by its number.
 */
#include <stdio.h>

#include "capture/decode.h"

struct name {
	unsigned id;
	const char *text;
};

static const struct name links[] = {
	{ 3, "AX.25" },
	{ 6, "Token Ring" },
	{ 7, "ARCNET" },
	{ 8, "SLIP" },
	{ 9, "PPP" },
	{ 10, "FDDI" },
	{ 50, "PPP in HDLC framing" },
	{ 51, "PPPoE" },
	{ 100, "ATM" },
	{ 104, "Cisco HDLC" },
	{ 105, "IEEE 802.11" },
	{ 106, "classical IP over ATM" },
	{ 107, "Frame Relay" },
	{ 117, "OpenBSD pflog" },
	{ 119, "IEEE 802.11 with Prism header" },
	{ 122, "IP over Fibre Channel" },
	{ 127, "IEEE 802.11 with radiotap header" },
	{ 138, "IP over IEEE 1394" },
	{ 143, "DOCSIS" },
	{ 147, "private use 0" },
	{ 148, "private use 1" },
	{ 149, "private use 2" },
	{ 150, "private use 3" },
	{ 163, "IEEE 802.11 with AVS header" },
	{ 166, "PPP with direction" },
	{ 187, "Bluetooth HCI" },
	{ 189, "USB" },
	{ 192, "per-packet information" },
	{ 195, "IEEE 802.15.4" },
	{ 201, "Bluetooth HCI with direction" },
	{ 204, "PPP with direction byte" },
	{ 220, "USB" },
	{ 226, "Solaris IPNET" },
	{ 227, "CAN" },
	{ 230, "IEEE 802.15.4" },
	{ 239, "netfilter log" },
	{ 240, "Hilscher netANALYZER" },
	{ 242, "IP over InfiniBand" },
	{ 247, "InfiniBand" },
	{ 249, "USBPcap" },
	{ 252, "Wireshark upper PDU" },
	{ 253, "netlink" },
	{ 272, "Nordic BLE" },
	{ 274, "Ethernet with preamble" },
	{ 278, "OpenVizsla" },
	{ 281, "Ethernet with Broadcom tag" },
	{ 282, "Ethernet with leading Broadcom tag" },
	{ 284, "Ethernet with DSA tag" },
	{ 285, "Ethernet with extended DSA tag" },
};

static const struct name networks[] = {
	{ 0x0000, "no network protocol" },
	{ 0x0042, "802.2 spanning tree" },
	{ 0x00aa, "802.2 SNAP, private protocol" },
	{ 0x00e0, "802.2 IPX" },
	{ 0x00f0, "802.2 NetBIOS" },
	{ 0x00fe, "802.2 ISO network layer" },
	{ 0x00ff, "802.3 IPX" },
	{ 0x0806, "ARP" },
	{ 0x0842, "Wake-on-LAN" },
	{ 0x22ea, "SRP" },
	{ 0x22f0, "AVTP" },
	{ 0x22f3, "TRILL" },
	{ 0x6000, "DEC" },
	{ 0x6002, "DEC remote console" },
	{ 0x6003, "DECnet" },
	{ 0x6004, "DEC LAT" },
	{ 0x6558, "Ethernet in Ethernet" },
	{ 0x8035, "RARP" },
	{ 0x809b, "AppleTalk" },
	{ 0x80f3, "AppleTalk ARP" },
	{ 0x8137, "IPX" },
	{ 0x876b, "TCP/IP compression" },
	{ 0x8808, "Ethernet flow control" },
	{ 0x8809, "Ethernet slow protocols" },
	{ 0x880b, "PPP" },
	{ 0x8847, "MPLS" },
	{ 0x8848, "MPLS, upstream label" },
	{ 0x8863, "PPPoE discovery" },
	{ 0x8864, "PPPoE session" },
	{ 0x887b, "HomePlug" },
	{ 0x888e, "EAPOL" },
	{ 0x8892, "PROFINET" },
	{ 0x8899, "Realtek protocols" },
	{ 0x88a2, "ATA over Ethernet" },
	{ 0x88a4, "EtherCAT" },
	{ 0x88b8, "GOOSE" },
	{ 0x88ba, "IEC 61850 sampled values" },
	{ 0x88be, "ERSPAN type II" },
	{ 0x88cc, "LLDP" },
	{ 0x88e1, "HomePlug AV" },
	{ 0x88e5, "MACsec" },
	{ 0x88e7, "provider backbone bridge" },
	{ 0x88f7, "PTP" },
	{ 0x8902, "Ethernet OAM" },
	{ 0x8906, "FCoE" },
	{ 0x8914, "FCoE initialization" },
	{ 0x8915, "RoCE" },
	{ 0x891d, "TTEthernet" },
	{ 0x892f, "HSR" },
	{ 0x893a, "IEEE 1905" },
	{ 0x894f, "network service header" },
	{ 0x9000, "Ethernet loopback" },
	{ 0x9003, "Broadcom tag" },
	{ 0x99fe, "batman-adv" },
	{ 0xf1c1, "802.1CB R-TAG" },
};

static const struct name protocols[] = {
	{ 0, "hop-by-hop options" },
	{ 1, "ICMP" },
	{ 2, "IGMP" },
	{ 3, "GGP" },
	{ 4, "IPv4" },
	{ 6, "TCP" },
	{ 8, "EGP" },
	{ 9, "IGP" },
	{ 17, "UDP" },
	{ 27, "RDP" },
	{ 29, "ISO TP4" },
	{ 33, "DCCP" },
	{ 41, "IPv6" },
	{ 43, "routing header" },
	{ 44, "fragment header" },
	{ 46, "RSVP" },
	{ 47, "GRE" },
	{ 50, "ESP" },
	{ 51, "AH" },
	{ 54, "NARP" },
	{ 55, "minimal encapsulation" },
	{ 58, "ICMPv6" },
	{ 59, "no next header" },
	{ 60, "destination options" },
	{ 69, "SAT monitoring" },
	{ 80, "ISO IP" },
	{ 83, "VINES" },
	{ 88, "EIGRP" },
	{ 89, "OSPF" },
	{ 92, "MTP" },
	{ 94, "IP in IP" },
	{ 97, "EtherIP" },
	{ 98, "encapsulation header" },
	{ 103, "PIM" },
	{ 108, "IPComp" },
	{ 112, "VRRP" },
	{ 113, "PGM" },
	{ 115, "L2TP" },
	{ 124, "IS-IS over IPv4" },
	{ 132, "SCTP" },
	{ 133, "Fibre Channel" },
	{ 135, "mobility header" },
	{ 136, "UDP-Lite" },
	{ 137, "MPLS" },
	{ 139, "HIP" },
	{ 140, "Shim6" },
	{ 142, "ROHC" },
	{ 143, "Ethernet" },
	{ 144, "AGGFRAG" },
	{ 253, "experiment" },
	{ 254, "experiment" },
};

static const char *const parts[PART_COUNT] = {
	[PART_LINK] = "link header",
	[PART_VLAN] = "VLAN tag",
	[PART_RTAG] = "802.1CB R-TAG",
	[PART_MPLS] = "MPLS label stack",
	[PART_IPV4] = "IPv4 header",
	[PART_IPV6] = "IPv6 header",
	[PART_IPV6_EXTENSION] = "IPv6 extension header",
	[PART_TCP] = "TCP header",
	[PART_UDP] = "UDP header",
	[PART_ICMP] = "ICMP header",
};

#define FIND(table, id) find(table, sizeof(table) / sizeof(*(table)), id)

static const char *find(const struct name *table, size_t count, unsigned id)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].id == id)
			return table[i].text;
	return NULL;
}

static void name_number(
	char *text, size_t size, const char *kind, unsigned number, const char *name)
{
	if (name)
		snprintf(text, size, "%s %u (%s)", kind, number, name);
	else
		snprintf(text, size, "%s %u", kind, number);
}

static void name_link(char *text, size_t size, unsigned reason)
{
	name_number(text, size, "link type", reason, FIND(links, reason));
}

static void name_network(char *text, size_t size, unsigned reason)
{
	const char *name = FIND(networks, reason);

	if (name)
		snprintf(text, size, "%s", name);
	else if (reason < 256)
		snprintf(text, size, "802.2 DSAP 0x%02x", reason);
	else
		snprintf(text, size, "EtherType 0x%04x", reason);
}

static void name_protocol(char *text, size_t size, unsigned reason)
{
	name_number(text, size, "IP protocol", reason, FIND(protocols, reason));
}

static void name_fragment(char *text, size_t size, unsigned reason)
{
	name_number(text, size, "later fragment of IP protocol", reason, FIND(protocols, reason));
}

static void name_truncated(char *text, size_t size, unsigned reason)
{
	snprintf(text, size, "%s cut by the capture", parts[reason % PART_COUNT]);
}

static void name_malformed(char *text, size_t size, unsigned reason)
{
	snprintf(text, size, "%s malformed", parts[reason % PART_COUNT]);
}

static void (*const layers[LAYER_COUNT])(char *text, size_t size, unsigned reason) = {
	[LAYER_TRANSPORT] = name_protocol,
	[LAYER_LINK] = name_link,
	[LAYER_NETWORK] = name_network,
	[LAYER_PROTOCOL] = name_protocol,
	[LAYER_FRAGMENT] = name_fragment,
	[LAYER_TRUNCATED] = name_truncated,
	[LAYER_MALFORMED] = name_malformed,
};

bool decode_ethertype_is_known(uint16_t ethertype)
{
	return FIND(networks, ethertype) != NULL;
}

const char *decode_reason(enum packet_layer layer, unsigned reason, char *text, size_t size)
{
	layers[layer](text, size, reason);
	return text;
}
