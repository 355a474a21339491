/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does rtnetlink say of interfaces? As "ip -d link show" prints it, and of the peers of veths,
 * also in other namespaces, where we may ask (IFLA_TARGET_NETNSID).  Reference: rtnetlink(7),
 * linux/if_link.h, net/core/rtnetlink.c.
 */
#include "host/collect_link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/memory.h"
#include "host/attributes.h"
#include "host/collect_parts.h"
#include "host/state.h"

#define PATH "ip -d link show"
#define FLAGS_BYTES 256

/* Younger than some headers. */
#define ATTRIBUTE_GSO_IPV4_MAX_SIZE 63
#define ATTRIBUTE_GRO_IPV4_MAX_SIZE 64

static const struct attribute_name states[] = {
	{ 0, "UNKNOWN" },
	{ 1, "NOTPRESENT" },
	{ 2, "DOWN" },
	{ 3, "LOWERLAYERDOWN" },
	{ 4, "TESTING" },
	{ 5, "DORMANT" },
	{ 6, "UP" },
	{ 0, NULL },
};

static const struct attribute_row rows[] = {
	{ IFLA_MTU, FORM_NUMBER, "mtu", NULL },
	{ IFLA_MIN_MTU, FORM_NUMBER, "minmtu", NULL },
	{ IFLA_MAX_MTU, FORM_NUMBER, "maxmtu", NULL },
	{ IFLA_OPERSTATE, FORM_NAME, "state", states },
	{ IFLA_QDISC, FORM_TEXT, "qdisc", NULL },
	{ IFLA_TXQLEN, FORM_NUMBER, "qlen", NULL },
	{ IFLA_NUM_TX_QUEUES, FORM_NUMBER, "numtxqueues", NULL },
	{ IFLA_NUM_RX_QUEUES, FORM_NUMBER, "numrxqueues", NULL },
	{ IFLA_GSO_MAX_SIZE, FORM_NUMBER, "gso_max_size", NULL },
	{ IFLA_GRO_MAX_SIZE, FORM_NUMBER, "gro_max_size", NULL },
	{ IFLA_TSO_MAX_SIZE, FORM_NUMBER, "tso_max_size", NULL },
	{ ATTRIBUTE_GSO_IPV4_MAX_SIZE, FORM_NUMBER, "gso_ipv4_max_size", NULL },
	{ ATTRIBUTE_GRO_IPV4_MAX_SIZE, FORM_NUMBER, "gro_ipv4_max_size", NULL },
	{ IFLA_PROMISCUITY, FORM_NUMBER, "promiscuity", NULL },
	{ IFLA_ALLMULTI, FORM_NUMBER, "allmulti", NULL },
	{ IFLA_ADDRESS, FORM_MAC, "address", NULL },
	{ IFLA_LINK, FORM_NUMBER, "link", NULL },
	{ IFLA_LINK_NETNSID, FORM_NUMBER, "link-netnsid", NULL },
	{ IFLA_MASTER, FORM_NUMBER, "master", NULL },
};

static const struct attribute_row peer_rows[] = {
	{ IFLA_MTU, FORM_NUMBER, "peer mtu", NULL },
	{ IFLA_IFNAME, FORM_TEXT, "peer name", NULL },
	{ IFLA_NUM_TX_QUEUES, FORM_NUMBER, "peer numtxqueues", NULL },
};

static const struct attribute_name xdp_modes[] = {
	{ XDP_ATTACHED_DRV, "xdp" },
	{ XDP_ATTACHED_SKB, "xdpgeneric" },
	{ XDP_ATTACHED_HW, "xdpoffload" },
	{ XDP_ATTACHED_MULTI, "xdpmulti" },
	{ 0, NULL },
};

static const struct attribute_row xdp_rows[] = {
	{ IFLA_XDP_ATTACHED, FORM_NAME, "mode", xdp_modes },
	{ IFLA_XDP_PROG_ID, FORM_NUMBER, "prog", NULL },
	{ IFLA_XDP_DRV_PROG_ID, FORM_NUMBER, "prog xdp", NULL },
	{ IFLA_XDP_SKB_PROG_ID, FORM_NUMBER, "prog xdpgeneric", NULL },
	{ IFLA_XDP_HW_PROG_ID, FORM_NUMBER, "prog xdpoffload", NULL },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* In the order in which ip prints them. */
static const struct {
	uint32_t flag;
	const char *name;
} flag_names[] = {
	{ IFF_LOOPBACK, "LOOPBACK" },
	{ IFF_BROADCAST, "BROADCAST" },
	{ IFF_POINTOPOINT, "POINTOPOINT" },
	{ IFF_MULTICAST, "MULTICAST" },
	{ IFF_NOARP, "NOARP" },
	{ IFF_ALLMULTI, "ALLMULTI" },
	{ IFF_PROMISC, "PROMISC" },
	{ IFF_MASTER, "MASTER" },
	{ IFF_SLAVE, "SLAVE" },
	{ IFF_DEBUG, "DEBUG" },
	{ IFF_DYNAMIC, "DYNAMIC" },
	{ IFF_AUTOMEDIA, "AUTOMEDIA" },
	{ IFF_PORTSEL, "PORTSEL" },
	{ IFF_NOTRAILERS, "NOTRAILERS" },
	{ IFF_UP, "UP" },
	{ IFF_LOWER_UP, "LOWER_UP" },
	{ IFF_DORMANT, "DORMANT" },
	{ IFF_ECHO, "ECHO" },
};

static char *flags_text(uint32_t flags, char text[static FLAGS_BYTES])
{
	bool no_carrier = flags & IFF_UP && !(flags & IFF_RUNNING);
	size_t used = (size_t)sprintf(text, "%s", no_carrier ? "NO-CARRIER" : "");

	for (size_t i = 0; i < COUNT(flag_names); i++) {
		if (flags & flag_names[i].flag)
			used += (size_t)snprintf(text + used, FLAGS_BYTES - used, "%s%s",
				used ? "," : "", flag_names[i].name);
	}
	return text;
}

/* A name is a word of a path. */
static bool take_name(char name[static LINK_NAME_BYTES], const struct netlink_attribute *attribute)
{
	size_t length = strnlen((const char *)attribute->bytes, attribute->length);

	if (length == 0 || length >= LINK_NAME_BYTES)
		return false;
	memcpy(name, attribute->bytes, length);
	name[length] = '\0';
	for (size_t i = 0; i < length; i++) {
		if ((uint8_t)name[i] <= ' ' || name[i] == 0x7f)
			return false;
	}
	return true;
}

/* Fills `link` but its kind and far end. */
static bool read_link(const uint8_t *body, size_t length, struct link *link, uint32_t *flags)
{
	struct netlink_attribute attribute;
	struct ifinfomsg info;
	uint64_t number;

	memset(link, 0, sizeof(*link));
	if (length < sizeof(info))
		return false;
	memcpy(&info, body, sizeof(info));
	body += sizeof(info);
	length -= sizeof(info);
	if (info.ifi_index <= 0 || !netlink_find(body, length, IFLA_IFNAME, &attribute) ||
		!take_name(link->name, &attribute))
		return false;
	link->ifindex = (uint32_t)info.ifi_index;
	*flags = info.ifi_flags;
	if (netlink_find(body, length, IFLA_LINK, &attribute) &&
		netlink_number(&attribute, &number) && number <= INT32_MAX)
		link->link = (uint32_t)number;
	if (netlink_find(body, length, IFLA_LINK_NETNSID, &attribute) &&
		netlink_number(&attribute, &number) && number <= INT32_MAX) {
		link->elsewhere = true;
		link->namespace_id = (uint32_t)number;
	}
	return true;
}

/* Without a program there is nothing to tell. */
static void tell_xdp(
	struct snapshot *snapshot, const char *name, const struct netlink_attribute *xdp)
{
	struct netlink_attribute attached;
	char prefix[64];
	uint64_t mode;

	if (!netlink_find(xdp->bytes, xdp->length, IFLA_XDP_ATTACHED, &attached) ||
		!netlink_number(&attached, &mode) || mode == XDP_ATTACHED_NONE)
		return;
	snprintf(prefix, sizeof(prefix), PATH " %s xdp", name);
	attributes_tell(snapshot, prefix, xdp_rows, COUNT(xdp_rows), xdp->bytes, xdp->length);
}

bool link_tell(struct snapshot *snapshot, const uint8_t *body, size_t length, struct link *link)
{
	char prefix[64], text[FLAGS_BYTES];
	struct netlink_attribute attribute;
	uint32_t flags;

	if (!read_link(body, length, link, &flags))
		return false;
	body += sizeof(struct ifinfomsg);
	length -= sizeof(struct ifinfomsg);
	snprintf(prefix, sizeof(prefix), PATH " %s", link->name);
	snprintf(text, sizeof(text), "%" PRIu32, link->ifindex);
	snapshot_setf(snapshot, text, "%s ifindex", prefix);
	snapshot_setf(snapshot, flags_text(flags, text), "%s flags", prefix);
	attributes_tell(snapshot, prefix, rows, COUNT(rows), body, length);
	if (netlink_find(body, length, IFLA_XDP, &attribute))
		tell_xdp(snapshot, link->name, &attribute);
	if (netlink_find(body, length, IFLA_LINKINFO, &attribute))
		link_kind_tell(snapshot, link->name, &attribute, link);
	return true;
}

void link_peer_tell(struct snapshot *snapshot, const char *name, const uint8_t *body, size_t length)
{
	char prefix[64], text[FLAGS_BYTES];
	struct ifinfomsg info;

	if (length < sizeof(info))
		return;
	memcpy(&info, body, sizeof(info));
	snprintf(prefix, sizeof(prefix), PATH " %s", name);
	snapshot_setf(snapshot, flags_text(info.ifi_flags, text), "%s peer flags", prefix);
	attributes_tell(snapshot, prefix, peer_rows, COUNT(peer_rows), body + sizeof(info),
		length - sizeof(info));
}

const char *links_name(const struct links *links, uint64_t ifindex)
{
	for (size_t i = 0; i < links->count; i++) {
		if (links->links[i].ifindex == ifindex)
			return links->links[i].name;
	}
	return NULL;
}

bool link_address_take(struct link_address *address, const struct netlink_attribute *attribute)
{
	if (attribute->length != 4 && attribute->length != sizeof(address->bytes))
		return false;
	memset(address, 0, sizeof(*address));
	address->length = attribute->length;
	memcpy(address->bytes, attribute->bytes, attribute->length);
	return true;
}

bool link_address_equal(const struct link_address *a, const struct link_address *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool is_unicast(const struct link_address *address)
{
	static const uint8_t zero[sizeof(address->bytes)];
	uint8_t first = address->bytes[0];

	if (address->length == 0 || memcmp(address->bytes, zero, address->length) == 0)
		return false;
	return address->length == 4 ? first < 224 : first != 0xff;
}

void links_add_far(struct links *links, const struct link_address *address)
{
	if (!is_unicast(address) || links->far_count == LINKS_MAX_FAR)
		return;
	for (size_t i = 0; i < links->far_count; i++) {
		if (link_address_equal(&links->far[i], address))
			return;
	}
	links->far[links->far_count++] = *address;
}

struct collection {
	struct snapshot *snapshot;
	struct links *links;
	const struct link *link; /* the veth whose peer is asked for */
};

static void begin_links(void *context)
{
	struct collection *collection = context;

	collection->links->count = 0;
}

static bool take_link(void *context, const struct netlink_message *message)
{
	struct collection *collection = context;
	struct links *links = collection->links;
	struct link link;

	if (message->type != RTM_NEWLINK ||
		!link_tell(collection->snapshot, message->body, message->length, &link))
		return true;
	if (links->count == LINKS_MAX)
		return false;
	links->links = memory_append(links->links, &links->count, sizeof(link));
	links->links[links->count - 1] = link;
	return true;
}

/* A kernel that does not know the attribute answers about an interface of ours. */
static bool is_of_namespace(const struct netlink_message *message, uint32_t namespace_id)
{
	struct netlink_attribute attribute;
	uint64_t number;

	return message->length >= sizeof(struct ifinfomsg) &&
	       netlink_find(message->body + sizeof(struct ifinfomsg),
		       message->length - sizeof(struct ifinfomsg), IFLA_TARGET_NETNSID,
		       &attribute) &&
	       netlink_number(&attribute, &number) && number == namespace_id;
}

static bool take_peer(void *context, const struct netlink_message *message)
{
	struct collection *collection = context;
	const struct link *link = collection->link;

	if (message->type == RTM_NEWLINK &&
		(!link->elsewhere || is_of_namespace(message, link->namespace_id)))
		link_peer_tell(collection->snapshot, link->name, message->body, message->length);
	return false;
}

static void tell_refused(struct snapshot *snapshot, const char *name, int error)
{
	static const char *const words[] = { "mtu", "name", "flags", "numtxqueues" };

	for (size_t i = 0; i < COUNT(words); i++)
		snapshot_set_unknownf(
			snapshot, state_of_error(error), PATH " %s peer %s", name, words[i]);
}

static void collect_peer(
	struct snapshot *snapshot, struct netlink *netlink, const struct link *link)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = (int)link->link };
	const uint32_t mask = RTEXT_FILTER_SKIP_STATS;
	struct collection collection = { .snapshot = snapshot, .link = link };
	const struct netlink_taker taker = { .context = &collection, .take = take_peer };
	struct netlink_request request;
	int error;

	netlink_begin(&request, RTM_GETLINK, &info, sizeof(info));
	netlink_add(&request, IFLA_EXT_MASK, &mask, sizeof(mask));
	if (link->elsewhere)
		netlink_add(&request, IFLA_TARGET_NETNSID, &link->namespace_id,
			sizeof(link->namespace_id));
	error = netlink_ask(netlink, &request, &taker);
	if (error)
		tell_refused(snapshot, link->name, error);
}

static void collect_all(struct snapshot *snapshot, struct netlink *netlink, struct links *links)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	const uint32_t mask = RTEXT_FILTER_SKIP_STATS;
	struct collection collection = { .snapshot = snapshot, .links = links };
	const struct netlink_taker taker = { &collection, begin_links, take_link };
	struct netlink_request request;
	int error;

	netlink_begin(&request, RTM_GETLINK, &info, sizeof(info));
	netlink_add(&request, IFLA_EXT_MASK, &mask, sizeof(mask));
	error = netlink_dump(netlink, &request, &taker);
	if (error)
		snapshot_set_unknown(snapshot, PATH, state_of_error(error));
	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->links[i];

		if (link->link && strcmp(link->kind, "veth") == 0)
			collect_peer(snapshot, netlink, link);
		links_add_far(links, &link->far);
	}
}

void collect_links(struct snapshot *snapshot)
{
	struct netlink *netlink = netlink_open(NETLINK_ROUTE);
	struct links links = { 0 };

	if (!netlink) {
		snapshot_set_unknown(snapshot, PATH, state_of_error(errno));
		return;
	}
	collect_all(snapshot, netlink, &links);
	collect_fdb(snapshot, netlink, &links);
	collect_addresses(snapshot, netlink, &links);
	collect_routes(snapshot, netlink, &links);
	free(links.links);
	netlink_close(netlink);
}
