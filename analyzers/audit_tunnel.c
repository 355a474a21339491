/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where does a tunnel end, which way do its packets leave, and how many bytes does it add?
 * RFC 7348 (VXLAN), RFC 8926 (Geneve), RFC 2784 and 2890 (GRE), RFC 2003, 4213 and 2473 (IP in
 * IP); of WireGuard its data message, whose padding never exceeds the MTU.
 */
#include "analyzers/audit_tunnel.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define GRE_OPTION_BYTES 4 /* a key; a sequence number */

/* Over IPv4 and IPv6; with Ethernet inside its 14 bytes count too. 0: not over that family. */
static const struct overhead {
	const char *kind;
	unsigned ipv4, ipv6;
	bool gre;   /* its header may have options */
	bool table; /* it has a forwarding table with far ends */
} overheads[] = {
	{ "vxlan", 20 + 8 + 8 + 14, 40 + 8 + 8 + 14, false, true },
	{ "geneve", 20 + 8 + 8 + 14, 40 + 8 + 8 + 14, false, false },
	{ "gre", 20 + 4, 0, true, false },
	{ "gretap", 20 + 4 + 14, 0, true, false },
	{ "ip6gre", 0, 40 + 4, true, false },
	{ "ip6gretap", 0, 40 + 4 + 14, true, false },
	{ "ipip", 20, 0, false, false },
	{ "sit", 20, 0, false, false },
	{ "ip6tnl", 0, 40, false, false },
	{ "wireguard", 20 + 8 + 32, 40 + 8 + 32, false, false },
};

static const struct overhead *find_overhead(const struct host_interface *interface)
{
	for (size_t i = 0; i < sizeof(overheads) / sizeof(overheads[0]); i++) {
		if (strcmp(overheads[i].kind, interface->kind) == 0)
			return &overheads[i];
	}
	return NULL;
}

bool tunnel_is(const struct host_interface *interface)
{
	return find_overhead(interface);
}

/* Whether a number or switch of the tunnel is there, and neither 0 nor off. */
static bool has(const struct host *host, const struct host_interface *interface, const char *word)
{
	const char *text = host_text(
		host, "ip -d link show %s %s %s", interface->name, interface->kind, word);

	return text && strcmp(text, "0") != 0 && strcmp(text, "off") != 0;
}

unsigned tunnel_overhead_bytes(
	const struct host *host, const struct host_interface *interface, bool ipv6)
{
	const struct overhead *overhead = find_overhead(interface);
	unsigned bytes = !overhead ? 0 : ipv6 ? overhead->ipv6 : overhead->ipv4;

	if (bytes && overhead->gre)
		bytes += GRE_OPTION_BYTES *
			 (has(host, interface, "okey") + has(host, interface, "oseq"));
	return bytes;
}

/* The interface that packets to the end leave by, and how large they may be. */
static void find_way(
	const struct host *host, const struct host_interface *tunnel, struct tunnel_end *end)
{
	const char *text = host_text(host, "ip route get %s", end->address);
	char name[64];
	uint64_t learnt;

	snprintf(name, sizeof(name), "%.*s", text ? (int)strcspn(text, " ") : 0, text ? text : "");
	end->out = text ? host_interface(host, name) : NULL;
	if (!end->out)
		end->out = host_lower(host, tunnel);
	end->gateway = host_text(host, "ip route get %s via", end->address);
	end->mtu = end->out ? end->out->mtu : 0;
	if (host_number(host, &learnt, "ip route get %s mtu", end->address) && learnt > 0 &&
		learnt < end->mtu)
		end->mtu = (uint32_t)learnt;
}

static void add_end(const struct host *host, const struct host_interface *tunnel, const char *text,
	size_t length, struct tunnel_end *ends, size_t *count)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	struct tunnel_end *end = &ends[*count];

	if (*count == TUNNEL_MAX_ENDS || length >= sizeof(end->address))
		return;
	snprintf(end->address, sizeof(end->address), "%.*s", (int)length, text);
	end->ipv6 = inet_pton(AF_INET6, end->address, bytes) == 1;
	if ((!end->ipv6 && inet_pton(AF_INET, end->address, bytes) != 1) ||
		strcmp(end->address, "0.0.0.0") == 0 || strcmp(end->address, "::") == 0)
		return;
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(ends[i].address, end->address) == 0)
			return;
	}
	find_way(host, tunnel, end);
	(*count)++;
}

/* Adds each of the addresses in `text`, blanks between. */
static void add_ends(const struct host *host, const struct host_interface *tunnel, const char *text,
	struct tunnel_end *ends, size_t *count)
{
	while (text && *text) {
		size_t length = strcspn(text, " ");

		add_end(host, tunnel, text, length, ends, count);
		text += length;
		text += strspn(text, " ");
	}
}

size_t tunnel_ends(const struct host *host, const struct host_interface *interface,
	struct tunnel_end ends[TUNNEL_MAX_ENDS])
{
	const struct overhead *overhead = find_overhead(interface);
	const struct snapshot_value *value;
	char prefix[128];
	size_t count = 0, values;
	int length;

	add_ends(host, interface,
		host_text(host, "ip -d link show %s %s remote", interface->name, interface->kind),
		ends, &count);
	length = snprintf(prefix, sizeof(prefix), "bridge fdb show dev %s ", interface->name);
	if (!overhead || !overhead->table || length < 0 || (size_t)length >= sizeof(prefix))
		return count;
	values = snapshot_below(host->snapshot, prefix, &value);
	for (; values > 0 && count < TUNNEL_MAX_ENDS; values--, value++) {
		if (value->state == VALUE_PRESENT)
			add_ends(host, interface, value->text, ends, &count);
	}
	return count;
}
