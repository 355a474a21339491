/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does /sys show the network namespace of this process? It shows that of whoever mounted it, which
 * is another after setns(2): then an "eth0" in it may be somebody else's.  So the same interfaces
 * have to be in both, and to have received and sent as many packets.
 */
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_link.h>
#include <netpacket/packet.h>

#include "host/collect_parts.h"

#define SYSFS "/sys/class/net"
#define TRIES 3 /* interfaces come and go */
#define MAX_COMPARED 64

/* Whether the directory has the interfaces of the list, and no others. */
static bool lists_agree(const struct if_nameindex *list)
{
	char path[COLLECT_PATH], text[32], index[32];
	size_t count, listed = 0, shown = 0;
	char **names = collect_names(SYSFS, "", &count);

	/* A bonding_masters is among them, but is no interface. */
	for (size_t i = 0; i < count; i++)
		shown += collect_exists(SYSFS "/%s/ifindex", names[i]);
	collect_free_names(names, count);
	for (; list[listed].if_index; listed++) {
		snprintf(path, sizeof(path), SYSFS "/%s/ifindex", list[listed].if_name);
		snprintf(index, sizeof(index), "%u", list[listed].if_index);
		if (collect_read(path, text, sizeof(text)) != VALUE_PRESENT ||
			strcmp(text, index) != 0)
			return false;
	}
	return listed == shown || count == COLLECT_MAX_ENTRIES;
}

/* Of the files of an interface, read between two answers of the kernel. */
struct reading {
	const struct ifaddrs *link; /* as the kernel had it before */
	bool same_address;
	uint32_t received, sent; /* packets: of 64 bits those that the kernel tells, too */
};

static bool is_link(const struct ifaddrs *entry)
{
	return entry->ifa_addr && entry->ifa_addr->sa_family == AF_PACKET && entry->ifa_data;
}

static uint32_t read_packets(const char *name, const char *file)
{
	char path[COLLECT_PATH], text[32];

	snprintf(path, sizeof(path), SYSFS "/%s/statistics/%s", name, file);
	collect_read(path, text, sizeof(text));
	return (uint32_t)strtoull(text, NULL, 10);
}

static bool has_address(const struct ifaddrs *link)
{
	const struct sockaddr_ll *address = (const void *)link->ifa_addr;
	char path[COLLECT_PATH], text[128], ours[32] = "";
	size_t length = 0;

	for (size_t i = 0; i < address->sll_halen && i < sizeof(address->sll_addr); i++)
		length += (size_t)snprintf(ours + length, sizeof(ours) - length,
			i ? ":%02x" : "%02x", address->sll_addr[i]);
	snprintf(path, sizeof(path), SYSFS "/%s/address", link->ifa_name);
	return collect_read(path, text, sizeof(text)) == VALUE_PRESENT &&
	       strncmp(text, ours, length) == 0;
}

static size_t read_links(const struct ifaddrs *list, struct reading readings[MAX_COMPARED])
{
	size_t count = 0;

	for (; list && count < MAX_COMPARED; list = list->ifa_next) {
		if (is_link(list))
			readings[count++] = (struct reading){
				.link = list,
				.same_address = has_address(list),
				.received = read_packets(list->ifa_name, "rx_packets"),
				.sent = read_packets(list->ifa_name, "tx_packets"),
			};
	}
	return count;
}

static bool agrees(const struct reading *reading, const struct ifaddrs *after)
{
	const struct rtnl_link_stats *first = reading->link->ifa_data, *last;

	while (after && (!is_link(after) || strcmp(after->ifa_name, reading->link->ifa_name) != 0))
		after = after->ifa_next;
	if (!after)
		return false;
	last = after->ifa_data;
	return reading->same_address &&
	       reading->received - first->rx_packets <= last->rx_packets - first->rx_packets &&
	       reading->sent - first->tx_packets <= last->tx_packets - first->tx_packets;
}

static bool links_agree(void)
{
	struct reading readings[MAX_COMPARED];
	struct ifaddrs *before = NULL, *after = NULL;
	bool agree = getifaddrs(&before) == 0;
	size_t count = read_links(before, readings);

	agree = agree && getifaddrs(&after) == 0;
	for (size_t i = 0; i < count && agree; i++)
		agree = agrees(&readings[i], after);
	freeifaddrs(before);
	freeifaddrs(after);
	return agree;
}

bool collect_sysfs_elsewhere(void)
{
	for (int i = 0; i < TRIES; i++) {
		struct if_nameindex *list = if_nameindex();
		bool agree = list && lists_agree(list) && links_agree();

		if (list)
			if_freenameindex(list);
		if (agree)
			return false;
	}
	return true;
}
