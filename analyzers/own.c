/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Did this host make what it sends, or does it come from elsewhere?  A bridge leaves the sender's
 * MAC address, a router the sender's IP address.  What a router gives its own address (NAT) looks
 * like its own, so nothing that a router of that kind sends is surely its own.
 */
#include "analyzers/own.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define LINKTYPE_ETHERNET 1
#define INTERFACES 64 /* captured at once, at most */
#define ADDRESSES 4096
#define ADDRESSES_SHOWN "ip address show dev "
#define CONNECTIONS "/proc/sys/net/netfilter/nf_conntrack_count"
#define MAC_BYTES 6
#define MACS_BYTES (2 * MAC_BYTES) /* both of an Ethernet header, the sender's second */

struct address {
	uint8_t bytes[16];
};

struct own {
	struct {
		bool known;
		uint8_t bytes[MAC_BYTES];
	} macs[INTERFACES];
	size_t interface_count;
	bool routes, translates;
	struct address *addresses; /* in order */
	size_t address_count;
	/* The conversation of the packet before. */
	bool has_last, last_own;
	uint64_t last_hash;
	uint8_t last_side;
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct address));
}

static void read_addresses(struct own *own, const struct host *host)
{
	const struct snapshot_value *value;
	size_t count = snapshot_below(host->snapshot, ADDRESSES_SHOWN, &value);

	own->addresses = memory_alloc(ADDRESSES, sizeof(*own->addresses));
	for (; count > 0 && own->address_count < ADDRESSES; count--, value++) {
		struct address *address = &own->addresses[own->address_count];
		const char *text = strrchr(value->path, ' ') + 1;

		if (inet_pton(AF_INET, text, address->bytes) == 1 ||
			inet_pton(AF_INET6, text, address->bytes) == 1)
			own->address_count++;
	}
	qsort(own->addresses, own->address_count, sizeof(*own->addresses), compare);
}

static void read_mac(struct own *own, const struct host *host, size_t interface, const char *name)
{
	const char *text = host_text(host, "ip -d link show %s address", name);
	unsigned bytes[MAC_BYTES];

	if (!text || sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &bytes[0], &bytes[1], &bytes[2],
			     &bytes[3], &bytes[4], &bytes[5]) != MAC_BYTES)
		return;
	own->macs[interface].known = true;
	for (int i = 0; i < MAC_BYTES; i++)
		own->macs[interface].bytes[i] = (uint8_t)bytes[i];
}

/* Whether it routes anything from one interface to another, or that is not known. */
static bool routes(const struct host *host)
{
	static const char *const files[] = { "ipv4/conf/", "ipv6/conf/" };
	uint64_t number;

	if (!host_number(host, &number, "/proc/sys/net/ipv4/ip_forward") || number)
		return true;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct snapshot_walk walk;

		snapshot_walk(&walk, host->snapshot, "/forwarding", "/proc/sys/net/%s", files[i]);
		while (snapshot_next(&walk))
			if (strcmp(walk.value->text, "0") != 0)
				return true;
	}
	return false;
}

/* Whether it may give what it routes an address of its own: Netfilter does so by connections. */
static bool translates(const struct host *host)
{
	const struct snapshot_value *value = host_value(host, CONNECTIONS);
	uint64_t count;

	if (!value || value->state == VALUE_ABSENT)
		return false;
	return !host_number(host, &count, CONNECTIONS) || count;
}

struct own *own_new(const struct host *host, const char *const *interfaces, size_t count)
{
	struct own *own = memory_alloc(1, sizeof(*own));

	own->interface_count = count < INTERFACES ? count : INTERFACES;
	for (size_t i = 0; i < own->interface_count; i++)
		read_mac(own, host, i, interfaces[i]);
	own->routes = routes(host);
	own->translates = own->routes && translates(host);
	read_addresses(own, host);
	return own;
}

void own_free(struct own *own)
{
	if (!own)
		return;
	free(own->addresses);
	free(own);
}

static bool has_own_mac(const struct own *own, const struct packet *packet)
{
	if (packet->linktype != LINKTYPE_ETHERNET)
		return packet->flags & PACKET_IP;
	return packet->interface < own->interface_count && packet->caplen >= MACS_BYTES &&
	       own->macs[packet->interface].known &&
	       memcmp(packet->data + MAC_BYTES, own->macs[packet->interface].bytes, MAC_BYTES) == 0;
}

static bool has_own_address(const struct own *own, const struct packet *packet)
{
	struct address address = { 0 };

	memcpy(address.bytes, packet_source(packet), packet->ip_version == 4 ? 4 : 16);
	return bsearch(&address, own->addresses, own->address_count, sizeof(address), compare);
}

bool own_sent(struct own *own, const struct packet *packet)
{
	if (!has_own_mac(own, packet))
		return false;
	if (!own->routes || !(packet->flags & PACKET_IP))
		return true;
	if (own->translates)
		return false;
	if (!packet->flow)
		return has_own_address(own, packet);
	if (!own->has_last || packet->hash != own->last_hash || packet->side != own->last_side) {
		own->has_last = true;
		own->last_hash = packet->hash;
		own->last_side = packet->side;
		own->last_own = has_own_address(own, packet);
	}
	return own->last_own;
}
