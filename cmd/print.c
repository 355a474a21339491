/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in the packet? One line in tcpdump's words, from the decoded descriptor. */
#include "cmd/print.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stddef.h>

#include "base/bytes.h"
#include "capture/decode.h"

#define LINKTYPE_ETHERNET 1
#define ETHERNET_ADDRESSES 12

static void print_address(
	FILE *out, const struct packet *packet, const uint8_t *address, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];
	bool v6 = packet->ip_version == 6;
	bool ports = packet->flags & PACKET_PORTS;

	inet_ntop(v6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
	fprintf(out, v6 && ports ? "[%s]" : "%s", text);
	if (ports)
		fprintf(out, ":%u", port);
}

static void print_mac(FILE *out, const uint8_t *mac)
{
	fprintf(out, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		mac[5]);
}

void print_link(FILE *out, const struct packet *packet)
{
	if (packet->linktype == LINKTYPE_ETHERNET && packet->caplen >= ETHERNET_ADDRESSES) {
		print_mac(out, packet->data + 6);
		fputs(" > ", out);
		print_mac(out, packet->data);
	} else {
		fprintf(out, "link type %u", packet->linktype);
	}
	if (packet->vlan_tags)
		fprintf(out, ", vlan %u", packet->vlan_id);
	if (packet->vlan_tags > 1)
		fprintf(out, " inner %u", packet->vlan_inner);
	if (packet->ethertype)
		fprintf(out, ", type 0x%04x", packet->ethertype);
	fprintf(out, ", length %" PRIu32 ": ", packet->wirelen);
}

void print_ip(FILE *out, const struct packet *packet)
{
	fprintf(out, " (tos 0x%x, %s %u", packet->tos,
		packet->ip_version == 6 ? "hop limit" : "ttl", packet->ttl);
	if (packet->ip_version == 4)
		fprintf(out, ", id %u, flags [%s%s]", packet->ip_id,
			packet->flags & PACKET_DF ? "DF" : "",
			packet->flags & PACKET_FRAGMENT ? "+" : "");
	fprintf(out, ", proto %u, length %" PRIu32 ")", packet->protocol, packet->ip_length);
}

void print_steering(FILE *out, const struct packet *packet)
{
	const char *gap = " (";

	if (packet->frame_flags & FRAME_HAS_CPU) {
		fprintf(out, "%sCPU %u", gap, packet->cpu);
		gap = ", ";
	}
	if (packet->frame_flags & FRAME_HAS_QUEUE) {
		fprintf(out, "%squeue tag %u", gap, packet->queue);
		gap = ", ";
	}
	if (packet->frame_flags & FRAME_HAS_HASH) {
		fprintf(out, "%shash %08" PRIx32, gap, packet->rxhash);
		gap = ", ";
	}
	if (*gap == ',')
		fputc(')', out);
}

static void print_tcp_flags(FILE *out, unsigned flags)
{
	static const char letters[] = "FSRP.UEWe"; /* from TCP_FIN on */

	fputs("Flags [", out);
	for (int bit = 0; letters[bit]; bit++)
		if (flags >> bit & 1)
			fputc(letters[bit], out);
	fputs(flags ? "]" : "none]", out);
}

static void print_tcp(
	FILE *out, const struct packet *packet, const struct sequences *sequences, bool brief)
{
	uint32_t length = packet->payload_length;
	bool relative = sequences && !(packet->tcp_flags & TCP_SYN);
	uint32_t own = relative ? sequences_first(sequences, packet, packet->side) : 0;
	uint32_t peer = relative ? sequences_first(sequences, packet, !packet->side) : 0;

	if (brief) {
		fprintf(out, "tcp %" PRIu32, length);
		return;
	}
	print_tcp_flags(out, packet->tcp_flags);
	if (length)
		fprintf(out, ", seq %" PRIu32 ":%" PRIu32, packet->tcp_seq - own,
			packet->tcp_seq - own + length);
	else if (packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST))
		fprintf(out, ", seq %" PRIu32, packet->tcp_seq - own);
	if (packet->tcp_flags & TCP_ACK)
		fprintf(out, ", ack %" PRIu32, packet->tcp_ack - peer);
	fprintf(out, ", win %u", packet->tcp_window);
	if (packet->transport_header > 20) {
		fputs(", options [", out);
		print_tcp_options(out, packet, peer);
		fputc(']', out);
	}
	fprintf(out, ", length %" PRIu32, length);
}

static void print_icmp(FILE *out, const struct packet *packet)
{
	const char *name = print_icmp_name(
		packet->ip_version, packet->icmp_type, packet->icmp_code);
	struct packet_quote quote;

	fprintf(out, "%s ", packet->ip_version == 6 ? "ICMPv6" : "ICMP");
	if (name)
		fputs(name, out);
	else
		fprintf(out, "type %u code %u", packet->icmp_type, packet->icmp_code);
	if (packet_quote(packet, &quote) == 0) {
		char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];
		int family = quote.ip_version == 6 ? AF_INET6 : AF_INET;

		if (quote.mtu)
			fprintf(out, ", mtu %" PRIu32, quote.mtu);
		fprintf(out, ", returns %s > %s proto %u",
			inet_ntop(family, quote.source, source, sizeof(source)),
			inet_ntop(family, quote.destination, destination, sizeof(destination)),
			quote.protocol);
		if (quote.has_ports)
			fprintf(out, " ports %u > %u", quote.source_port, quote.destination_port);
	}
	fprintf(out, ", length %" PRIu32, packet->transport_header + packet->payload_length);
}

void print_packet(
	FILE *out, const struct packet *packet, const struct sequences *sequences, bool brief)
{
	char reason[64];

	if (packet->flags & PACKET_IP) {
		print_address(out, packet, packet_source(packet), packet->source_port);
		fputs(" > ", out);
		print_address(out, packet, packet_destination(packet), packet->destination_port);
		fputs(": ", out);
	}
	if (packet->flags & PACKET_TCP) {
		print_tcp(out, packet, sequences, brief);
	} else if (packet->layer == LAYER_TRANSPORT && packet->protocol == IPPROTO_UDP) {
		fprintf(out, "UDP, length %" PRIu32, packet->payload_length);
	} else if (packet->layer == LAYER_TRANSPORT &&
		   (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6)) {
		print_icmp(out, packet);
	} else {
		fputs(decode_reason(packet->layer, packet->reason, reason, sizeof(reason)), out);
		fprintf(out, ", length %" PRIu32,
			packet->flags & PACKET_IP ? packet->ip_length : packet->wirelen);
	}
}
