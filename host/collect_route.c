/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where do packets go? The addresses of interfaces, the default routes, and for the far end of each
 * tunnel the interface that its packets leave by and the neighbour they go to.  Reference:
 * rtnetlink(7), linux/neighbour.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "host/attributes.h"
#include "host/collect_link.h"
#include "host/state.h"

#define MAX_ADDRESSES 16384
#define MAX_ROUTES 262144 /* looked at, of a family */
#define MAX_NEIGHBOURS 65536
#define MAX_FDB 1024 /* of an interface */
#define MAX_DEFAULTS 64
#define MAX_NEXT_HOPS 64
#define ADDRESS_BYTES INET6_ADDRSTRLEN

struct collection {
	struct snapshot *snapshot;
	const struct links *links;
	size_t looked_at;
};

static char *address_text(const struct link_address *address, char text[static ADDRESS_BYTES])
{
	*text = '\0';
	inet_ntop(address->length == 4 ? AF_INET : AF_INET6, address->bytes, text, ADDRESS_BYTES);
	return text;
}

static bool find_address(
	const uint8_t *bytes, size_t length, uint16_t type, struct link_address *address)
{
	struct netlink_attribute attribute;

	address->length = 0;
	return netlink_find(bytes, length, type, &attribute) &&
	       link_address_take(address, &attribute);
}

static const char *find_interface(
	const struct links *links, const uint8_t *bytes, size_t length, uint16_t type)
{
	struct netlink_attribute attribute;
	uint64_t ifindex;

	if (!netlink_find(bytes, length, type, &attribute) || !netlink_number(&attribute, &ifindex))
		return NULL;
	return links_name(links, ifindex);
}

/* Of a point-to-point interface IFA_ADDRESS is the other end's. */
static bool take_address(void *context, const struct netlink_message *message)
{
	struct collection *collection = context;
	char text[ADDRESS_BYTES], length[8];
	struct link_address address;
	struct ifaddrmsg info;
	const char *name;

	if (message->type != RTM_NEWADDR || message->length < sizeof(info))
		return true;
	memcpy(&info, message->body, sizeof(info));
	name = links_name(collection->links, info.ifa_index);
	if (name && (find_address(message->body + sizeof(info), message->length - sizeof(info),
			     IFA_LOCAL, &address) ||
			    find_address(message->body + sizeof(info),
				    message->length - sizeof(info), IFA_ADDRESS, &address))) {
		snprintf(length, sizeof(length), "%u", info.ifa_prefixlen);
		snapshot_setf(collection->snapshot, length, "ip address show dev %s %s", name,
			address_text(&address, text));
	}
	return ++collection->looked_at < MAX_ADDRESSES;
}

void collect_addresses(
	struct snapshot *snapshot, struct netlink *netlink, const struct links *links)
{
	const struct ifaddrmsg info = { .ifa_family = AF_UNSPEC };
	struct collection collection = { .snapshot = snapshot, .links = links };
	const struct netlink_taker taker = { .context = &collection, .take = take_address };
	struct netlink_request request;
	int error;

	netlink_begin(&request, RTM_GETADDR, &info, sizeof(info));
	error = netlink_dump(netlink, &request, &taker);
	if (error)
		snapshot_set_unknown(snapshot, "ip address show", state_of_error(error));
}

/* The default routes of a family, of each interface the one that is preferred. */
struct defaults {
	const struct links *links;
	size_t count, looked_at;
	struct {
		const char *name;
		uint32_t metric;
		struct link_address gateway;
	} routes[MAX_DEFAULTS];
};

static void begin_defaults(void *context)
{
	struct defaults *defaults = context;

	defaults->count = defaults->looked_at = 0;
}

static void add_default(struct defaults *defaults, const char *name, uint32_t metric,
	const struct link_address *gateway)
{
	size_t i = 0;

	while (i < defaults->count && defaults->routes[i].name != name)
		i++;
	if (i == MAX_DEFAULTS || !name)
		return;
	if (i < defaults->count && defaults->routes[i].metric <= metric)
		return;
	defaults->count = i == defaults->count ? i + 1 : defaults->count;
	defaults->routes[i].name = name;
	defaults->routes[i].metric = metric;
	defaults->routes[i].gateway = *gateway;
}

/* RTA_VIA is the gateway of another family: its number, then the address. */
static void find_gateway(const uint8_t *bytes, size_t length, struct link_address *gateway)
{
	struct netlink_attribute attribute;

	if (find_address(bytes, length, RTA_GATEWAY, gateway) ||
		!netlink_find(bytes, length, RTA_VIA, &attribute) || attribute.length < 2)
		return;
	attribute.bytes += 2;
	attribute.length -= 2;
	link_address_take(gateway, &attribute);
}

/* Next hops are structs with attributes of their own, each with its length. */
static void add_next_hops(
	struct defaults *defaults, const struct netlink_attribute *hops, uint32_t metric)
{
	const uint8_t *bytes = hops->bytes;
	size_t length = hops->length;
	struct rtnexthop hop;

	for (int i = 0; i < MAX_NEXT_HOPS && length >= sizeof(hop); i++) {
		struct link_address gateway = { 0 };
		size_t whole;

		memcpy(&hop, bytes, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > length)
			return;
		find_gateway(bytes + sizeof(hop), hop.rtnh_len - sizeof(hop), &gateway);
		add_default(defaults, links_name(defaults->links, (uint64_t)hop.rtnh_ifindex),
			metric, &gateway);
		whole = RTNH_ALIGN((size_t)hop.rtnh_len);
		if (whole > length)
			return;
		bytes += whole;
		length -= whole;
	}
}

static bool take_route(void *context, const struct netlink_message *message)
{
	struct defaults *defaults = context;
	const uint8_t *bytes = message->body + sizeof(struct rtmsg);
	struct netlink_attribute attribute;
	struct link_address gateway = { 0 };
	uint64_t metric = 0;
	struct rtmsg info;
	size_t length;

	if (++defaults->looked_at > MAX_ROUTES)
		return false;
	if (message->type != RTM_NEWROUTE || message->length < sizeof(info))
		return true;
	memcpy(&info, message->body, sizeof(info));
	if (info.rtm_dst_len != 0 || info.rtm_type != RTN_UNICAST ||
		info.rtm_table != RT_TABLE_MAIN || info.rtm_flags & RTM_F_CLONED)
		return true;
	length = message->length - sizeof(info);
	if (netlink_find(bytes, length, RTA_PRIORITY, &attribute))
		netlink_number(&attribute, &metric);
	find_gateway(bytes, length, &gateway);
	add_default(defaults, find_interface(defaults->links, bytes, length, RTA_OIF),
		(uint32_t)metric, &gateway);
	if (netlink_find(bytes, length, RTA_MULTIPATH, &attribute))
		add_next_hops(defaults, &attribute, (uint32_t)metric);
	return true;
}

static void collect_defaults(struct snapshot *snapshot, struct netlink *netlink,
	const struct links *links, uint8_t family, const char *path)
{
	const struct rtmsg info = { .rtm_family = family, .rtm_table = RT_TABLE_MAIN };
	struct defaults defaults = { .links = links };
	const struct netlink_taker taker = { &defaults, begin_defaults, take_route };
	struct netlink_request request;
	char text[ADDRESS_BYTES];
	int error;

	netlink_begin(&request, RTM_GETROUTE, &info, sizeof(info));
	error = netlink_dump(netlink, &request, &taker);
	/* A kernel without IPv6 has no such family, one without routes no such table. */
	if (error && error != ENOENT)
		snapshot_set_unknown(snapshot, path, state_of_error(error));
	for (size_t i = 0; i < defaults.count; i++) {
		*text = '\0';
		if (defaults.routes[i].gateway.length)
			address_text(&defaults.routes[i].gateway, text);
		snapshot_setf(snapshot, text, "%s dev %s", path, defaults.routes[i].name);
	}
}

/* The way to a far end. */
struct way {
	struct snapshot *snapshot;
	const struct links *links;
	const char *address;
	struct link_address gateway;
};

static void tell_route_mtu(const struct way *way, const struct netlink_attribute *metrics)
{
	struct netlink_attribute attribute;
	char text[24];
	uint64_t mtu;

	if (!netlink_find(metrics->bytes, metrics->length, RTAX_MTU, &attribute) ||
		!netlink_number(&attribute, &mtu))
		return;
	snprintf(text, sizeof(text), "%" PRIu64, mtu);
	snapshot_setf(way->snapshot, text, "ip route get %s mtu", way->address);
}

static bool take_way(void *context, const struct netlink_message *message)
{
	struct way *way = context;
	const uint8_t *bytes = message->body + sizeof(struct rtmsg);
	struct netlink_attribute attribute;
	char text[ADDRESS_BYTES];
	const char *name;
	size_t length;

	if (message->type != RTM_NEWROUTE || message->length < sizeof(struct rtmsg))
		return false;
	length = message->length - sizeof(struct rtmsg);
	name = find_interface(way->links, bytes, length, RTA_OIF);
	if (name)
		snapshot_setf(way->snapshot, name, "ip route get %s", way->address);
	find_gateway(bytes, length, &way->gateway);
	if (way->gateway.length)
		snapshot_setf(way->snapshot, address_text(&way->gateway, text),
			"ip route get %s via", way->address);
	if (netlink_find(bytes, length, RTA_METRICS, &attribute))
		tell_route_mtu(way, &attribute);
	return false;
}

/* Adds the gateway, if there is one, to the neighbours that are asked for. */
static void collect_way(struct snapshot *snapshot, struct netlink *netlink,
	const struct links *links, const struct link_address *far, struct links *neighbours)
{
	const struct rtmsg info = { .rtm_family = far->length == 4 ? AF_INET : AF_INET6,
		.rtm_dst_len = (uint8_t)(8 * far->length) };
	char text[ADDRESS_BYTES];
	struct way way = { snapshot, links, address_text(far, text), { 0 } };
	const struct netlink_taker taker = { .context = &way, .take = take_way };
	struct netlink_request request;
	int error;

	netlink_begin(&request, RTM_GETROUTE, &info, sizeof(info));
	netlink_add(&request, RTA_DST, far->bytes, far->length);
	error = netlink_ask(netlink, &request, &taker);
	if (error == ENETUNREACH || error == EHOSTUNREACH)
		snapshot_set_unknownf(snapshot, VALUE_ABSENT, "ip route get %s", way.address);
	else if (error)
		snapshot_set_unknownf(
			snapshot, state_of_error(error), "ip route get %s", way.address);
	links_add_far(neighbours, far);
	links_add_far(neighbours, &way.gateway);
}

/* In the words of ip(8); more than one bit never is. */
static const struct attribute_name neighbour_states[] = {
	{ NUD_NONE, "NONE" },
	{ NUD_INCOMPLETE, "INCOMPLETE" },
	{ NUD_REACHABLE, "REACHABLE" },
	{ NUD_STALE, "STALE" },
	{ NUD_DELAY, "DELAY" },
	{ NUD_PROBE, "PROBE" },
	{ NUD_FAILED, "FAILED" },
	{ NUD_NOARP, "NOARP" },
	{ NUD_PERMANENT, "PERMANENT" },
	{ 0, NULL },
};

static const char *state_text(uint16_t state)
{
	for (size_t i = 0; neighbour_states[i].name; i++) {
		if (neighbour_states[i].number == state)
			return neighbour_states[i].name;
	}
	return "NONE";
}

static bool take_neighbour(void *context, const struct netlink_message *message)
{
	struct collection *collection = context;
	const struct links *links = collection->links;
	char text[ADDRESS_BYTES];
	struct link_address address;
	const char *name;
	struct ndmsg info;

	if (++collection->looked_at > MAX_NEIGHBOURS)
		return false;
	if (message->type != RTM_NEWNEIGH || message->length < sizeof(info))
		return true;
	memcpy(&info, message->body, sizeof(info));
	name = links_name(links, (uint64_t)info.ndm_ifindex);
	if (!name || !find_address(message->body + sizeof(info), message->length - sizeof(info),
			     NDA_DST, &address))
		return true;
	for (size_t i = 0; i < links->far_count; i++) {
		if (link_address_equal(&links->far[i], &address))
			snapshot_setf(collection->snapshot, state_text(info.ndm_state),
				"ip neigh show %s dev %s", address_text(&address, text), name);
	}
	return true;
}

void collect_routes(struct snapshot *snapshot, struct netlink *netlink, const struct links *links)
{
	const struct ndmsg info = { .ndm_family = AF_UNSPEC };
	struct links neighbours = { .links = links->links, .count = links->count };
	struct collection collection = { .snapshot = snapshot, .links = &neighbours };
	const struct netlink_taker taker = { .context = &collection, .take = take_neighbour };
	struct netlink_request request;

	collect_defaults(snapshot, netlink, links, AF_INET, "ip route show default");
	collect_defaults(snapshot, netlink, links, AF_INET6, "ip -6 route show default");
	for (size_t i = 0; i < links->far_count; i++)
		collect_way(snapshot, netlink, links, &links->far[i], &neighbours);
	if (!neighbours.far_count)
		return;
	netlink_begin(&request, RTM_GETNEIGH, &info, sizeof(info));
	netlink_dump(netlink, &request, &taker);
}

/* A vxlan may know several far ends behind one address: they follow one another. */
struct fdb {
	struct snapshot *snapshot;
	struct links *links;
	const struct link *link;
	size_t looked_at, used;
	char mac[ATTRIBUTE_TEXT_BYTES];
	char text[4096];
};

static void begin_fdb(void *context)
{
	struct fdb *fdb = context;

	fdb->looked_at = fdb->used = 0;
	*fdb->mac = '\0';
}

static void flush_fdb(struct fdb *fdb)
{
	if (*fdb->mac)
		snapshot_setf(fdb->snapshot, fdb->text, "bridge fdb show dev %s %s",
			fdb->link->name, fdb->mac);
	fdb->used = 0;
}

static void add_entry(struct fdb *fdb, const char *mac, const struct link_address *far)
{
	char text[ADDRESS_BYTES];

	if (strcmp(mac, fdb->mac) != 0)
		flush_fdb(fdb);
	snprintf(fdb->mac, sizeof(fdb->mac), "%.*s", ATTRIBUTE_TEXT_BYTES - 1, mac);
	if (sizeof(fdb->text) - fdb->used > ADDRESS_BYTES + 1)
		fdb->used += (size_t)sprintf(fdb->text + fdb->used, "%s%s", fdb->used ? " " : "",
			address_text(far, text));
	links_add_far(fdb->links, far);
}

static bool take_fdb(void *context, const struct netlink_message *message)
{
	static const struct attribute_row row = { NDA_LLADDR, FORM_MAC, "mac", NULL };
	struct fdb *fdb = context;
	const uint8_t *bytes = message->body + sizeof(struct ndmsg);
	struct netlink_attribute attribute;
	char mac[ATTRIBUTE_TEXT_BYTES];
	struct link_address far;
	struct ndmsg info;
	size_t length;

	if (message->type != RTM_NEWNEIGH || message->length < sizeof(info))
		return true;
	memcpy(&info, message->body, sizeof(info));
	length = message->length - sizeof(info);
	if ((uint32_t)info.ndm_ifindex == fdb->link->ifindex &&
		netlink_find(bytes, length, NDA_LLADDR, &attribute) && attribute.length == 6 &&
		attribute_text(&row, &attribute, mac) && find_address(bytes, length, NDA_DST, &far))
		add_entry(fdb, mac, &far);
	return ++fdb->looked_at < MAX_FDB;
}

void collect_fdb(struct snapshot *snapshot, struct netlink *netlink, struct links *links)
{
	struct fdb fdb = { .snapshot = snapshot, .links = links };
	const struct netlink_taker taker = { &fdb, begin_fdb, take_fdb };
	struct netlink_request request;

	for (size_t i = 0; i < links->count; i++) {
		const struct ndmsg info = { .ndm_family = AF_BRIDGE,
			.ndm_ifindex = (int)links->links[i].ifindex };
		int error;

		if (strcmp(links->links[i].kind, "vxlan") != 0)
			continue;
		fdb.link = &links->links[i];
		netlink_begin(&request, RTM_GETNEIGH, &info, sizeof(info));
		error = netlink_dump(netlink, &request, &taker);
		flush_fdb(&fdb);
		if (error)
			snapshot_set_unknownf(snapshot, state_of_error(error),
				"bridge fdb show dev %s", fdb.link->name);
	}
}
