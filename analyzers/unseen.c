/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stamp is the time at which a packet came to the machine only where nothing of the machine had
 * it before.  Tunnels and redirection give up the stamp that a packet had (skb_scrub_packet(),
 * skb_set_redirected() in include/linux/skbuff.h), and a program writes as it likes; what adds a
 * tag or an address leaves it (net/8021q/vlan_core.c, drivers/net/macvlan.c).
 */
#include "analyzers/unseen.h"

#include <string.h>

#define DEPTH 8 /* devices on top of each other that are looked at */

static enum origin_unseen look(
	const struct host *host, const struct host_interface *interface, int depth);

/* A qdisc there may redirect, behind the tap of that device but before those above. */
static bool redirects(const struct host *host, const struct host_interface *lower)
{
	return host_text(host, "tc -s qdisc show dev %s ingress kind", lower->name) ||
	       host_text(host, "tc -s qdisc show dev %s clsact kind", lower->name);
}

static enum origin_unseen look_below(
	const struct host *host, const struct host_interface *lower, int depth)
{
	if (redirects(host, lower))
		return UNSEEN_REDIRECTION;
	return depth < DEPTH ? look(host, lower, depth + 1) : UNSEEN_LOWER;
}

static enum origin_unseen nothing(
	const struct host *host, const struct host_interface *interface, int depth)
{
	(void)host;
	(void)interface;
	(void)depth;
	return UNSEEN_NOTHING;
}

static enum origin_unseen program(
	const struct host *host, const struct host_interface *interface, int depth)
{
	(void)host;
	(void)interface;
	(void)depth;
	return UNSEEN_PROGRAM;
}

static enum origin_unseen as_lower(
	const struct host *host, const struct host_interface *interface, int depth)
{
	const struct host_interface *lower = interface->link_elsewhere
						     ? NULL
						     : host_lower(host, interface);

	return lower ? look_below(host, lower, depth) : UNSEEN_LOWER;
}

/* As the member that hides most; `*count` of them. */
static enum origin_unseen as_members(
	const struct host *host, const struct host_interface *interface, int depth, size_t *count)
{
	enum origin_unseen most = UNSEEN_NOTHING;

	*count = 0;
	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *member = &host->interfaces[i];
		enum origin_unseen unseen;

		if (host_master(host, member) != interface)
			continue;
		++*count;
		unseen = look_below(host, member, depth);
		if (unseen > most)
			most = unseen;
	}
	return *count ? most : UNSEEN_LOWER;
}

static enum origin_unseen as_ports(
	const struct host *host, const struct host_interface *interface, int depth)
{
	size_t count;

	return as_members(host, interface, depth, &count);
}

/* One stream may come by several of them. */
static enum origin_unseen as_links(
	const struct host *host, const struct host_interface *interface, int depth)
{
	size_t count;
	enum origin_unseen unseen = as_members(host, interface, depth, &count);

	return unseen == UNSEEN_NOTHING && count > 1 ? UNSEEN_LINKS : unseen;
}

static const struct {
	const char *kind;
	enum origin_unseen (*look)(
		const struct host *host, const struct host_interface *interface, int depth);
} kinds[] = {
	{ "veth", nothing },
	{ "netkit", nothing },
	{ "tun", program },
	{ "vlan", as_lower },
	{ "macvlan", as_lower },
	{ "macvtap", as_lower },
	{ "ipvlan", as_lower },
	{ "ipvtap", as_lower },
	{ "bridge", as_ports },
	{ "vrf", as_ports },
	{ "bond", as_links },
	{ "team", as_links },
};

static enum origin_unseen look(
	const struct host *host, const struct host_interface *interface, int depth)
{
	if (interface->loopback)
		return UNSEEN_SELF;
	if (host_text(host, "ip -d link show %s xdp mode", interface->name))
		return UNSEEN_XDP;
	if (interface->physical)
		return UNSEEN_NOTHING;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(interface->kind, kinds[i].kind) == 0)
			return kinds[i].look(host, interface, depth);
	return UNSEEN_TUNNEL;
}

enum origin_unseen interface_unseen(const struct host *host, const struct host_interface *interface)
{
	return look(host, interface, 0);
}
