/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where does a tunnel end, which way do its packets leave, and how many bytes does it add?  RFC 7348
 * (VXLAN), RFC 8926 (Geneve), RFC 2784 and 2890 (GRE), RFC 2003, 4213 and 2473 (IP in IP); of
 * WireGuard its data message, whose padding never exceeds the MTU.
 */
#include "analyzers/audit_tunnel.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define GRE_KEY_BYTES 4

/* Over IPv4 and IPv6; with Ethernet inside its 14 bytes count too. 0: not over that family. */
static const struct overhead {
	const char *kind;
	unsigned ipv4, ipv6;
	bool keyed; /* a GRE header, which a key makes longer */
} overheads[] = {
	{ "vxlan", 20 + 8 + 8 + 14, 40 + 8 + 8 + 14, false },
	{ "geneve", 20 + 8 + 8 + 14, 40 + 8 + 8 + 14, false },
	{ "gre", 20 + 4, 0, true },
	{ "gretap", 20 + 4 + 14, 0, true },
	{ "ip6gre", 0, 40 + 4, true },
	{ "ip6gretap", 0, 40 + 4 + 14, true },
	{ "ipip", 20, 0, false },
	{ "sit", 20, 0, false },
	{ "ip6tnl", 0, 40, false },
	{ "wireguard", 20 + 8 + 32, 40 + 8 + 32, false },
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

unsigned tunnel_overhead_bytes(
	const struct host *host, const struct host_interface *interface, bool ipv6)
{
	const struct overhead *overhead = find_overhead(interface);
	unsigned bytes = !overhead ? 0 : ipv6 ? overhead->ipv6 : overhead->ipv4;

	if (bytes && overhead->keyed &&
		host_text(host, "ip -d link show %s %s okey", interface->name, interface->kind))
		bytes += GRE_KEY_BYTES;
	return bytes;
}

/* The interface that packets to `address` leave by. */
static const struct host_interface *way_out(const struct host *host, const char *address)
{
	const char *text = host_text(host, "ip route get %s", address);
	char name[64];

	if (!text)
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, " "), text);
	return host_interface(host, name);
}

static void add_end(const struct host *host, const struct host_interface *interface,
	const char *address, struct tunnel_end *ends, size_t *count)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	bool ipv6;

	if (!address || *count == TUNNEL_MAX_ENDS)
		return;
	ipv6 = inet_pton(AF_INET6, address, bytes) == 1;
	if ((!ipv6 && inet_pton(AF_INET, address, bytes) != 1) || strcmp(address, "0.0.0.0") == 0 ||
		strcmp(address, "::") == 0)
		return;
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(ends[i].address, address) == 0)
			return;
	}
	ends[*count].address = address;
	ends[*count].ipv6 = ipv6;
	ends[*count].out = way_out(host, address);
	if (!ends[*count].out)
		ends[*count].out = host_lower(host, interface);
	(*count)++;
}

size_t tunnel_ends(const struct host *host, const struct host_interface *interface,
	struct tunnel_end ends[TUNNEL_MAX_ENDS])
{
	const struct snapshot_value *value;
	char prefix[128];
	size_t count = 0, values;
	int length;

	add_end(host, interface,
		host_text(host, "ip -d link show %s %s remote", interface->name, interface->kind),
		ends, &count);
	length = snprintf(prefix, sizeof(prefix), "bridge fdb show dev %s ", interface->name);
	if (strcmp(interface->kind, "vxlan") != 0 || length < 0 || (size_t)length >= sizeof(prefix))
		return count;
	values = snapshot_below(host->snapshot, prefix, &value);
	for (; values > 0 && count < TUNNEL_MAX_ENDS; values--, value++) {
		if (value->state == VALUE_PRESENT)
			add_end(host, interface, value->text, ends, &count);
	}
	return count;
}
