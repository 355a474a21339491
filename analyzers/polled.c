/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does an interface take packets into rings that NAPI polls, or do they wait in the backlog of the
 * CPU that brought them (netif_rx())?  Hardware has rings; a veth if somebody asked for them, see
 * veth_xmit() in drivers/net/veth.c; what only adds a tag or an address is as what it runs over.
 */
#include "analyzers/polled.h"

#include <string.h>

static enum origin_known veth_is_polled(
	const struct host *host, const struct host_interface *interface)
{
	const char *xdp = host_text(host, "ip -d link show %s xdp mode", interface->name);
	enum feature coalesces = host_feature(host, interface, "generic-receive-offload");
	enum feature super = FEATURE_UNKNOWN;

	if (xdp && strcmp(xdp, "xdp") == 0)
		return ORIGIN_YES;
	if (coalesces != FEATURE_ON)
		return coalesces == FEATURE_OFF ? ORIGIN_NO : ORIGIN_UNKNOWN;
	/* What no super-frame can be made of is not worth it, unless one of a socket's may be. */
	if (host_feature(host, interface, "rx-gro-list") == FEATURE_ON ||
		host_feature(host, interface, "rx-udp-gro-forwarding") == FEATURE_ON)
		return ORIGIN_YES;
	if (interface->link >= 0)
		super = host_feature(
			host, &host->interfaces[interface->link], "tx-tcp-segmentation");
	if (super == FEATURE_UNKNOWN)
		return ORIGIN_UNKNOWN;
	return super == FEATURE_OFF ? ORIGIN_YES : ORIGIN_NO;
}

static enum origin_known never(const struct host *host, const struct host_interface *interface)
{
	(void)host;
	(void)interface;
	return ORIGIN_NO;
}

static enum origin_known as_below(const struct host *host, const struct host_interface *interface)
{
	const struct host_interface *lower = host_lower(host, interface);

	return lower ? interface_is_polled(host, lower) : ORIGIN_UNKNOWN;
}

static const struct {
	const char *kind;
	enum origin_known (*is_polled)(
		const struct host *host, const struct host_interface *interface);
} kinds[] = {
	{ "veth", veth_is_polled },
	{ "netkit", never },
	{ "vlan", as_below },
	{ "macvlan", as_below },
	{ "macvtap", as_below },
	{ "ipvlan", as_below },
};

enum origin_known interface_is_polled(
	const struct host *host, const struct host_interface *interface)
{
	if (interface->loopback)
		return ORIGIN_NO;
	if (interface->physical)
		return ORIGIN_YES;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(interface->kind, kinds[i].kind) == 0)
			return kinds[i].is_polled(host, interface);
	return ORIGIN_UNKNOWN;
}
