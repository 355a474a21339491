/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which setting lets super-frames pass an interface of the capturing machine?  A capture sees what
 * is sent before the card cuts it (TSO), and what is received after GRO or LRO merged it; a veth
 * hands over whole what its peer sent uncut, whatever its own gro says (drivers/net/veth.c), and so
 * does a TAP or virtio device whose other end is a program or hypervisor.
 */
#include "analyzers/offload_host.h"

#include <stdio.h>
#include <string.h>

struct question {
	const struct host *host;
	const struct host_interface *interface;
	char *text;
	size_t size;
};

static bool is_on(const struct question *q, const char *feature)
{
	return host_feature(q->host, q->interface, feature) == FEATURE_ON;
}

static bool say(const struct question *q, const char *before, const char *after)
{
	snprintf(q->text, q->size, "%s%s%s", before, q->interface->name, after);
	return true;
}

static bool explain_sent(const struct question *q)
{
	if (is_on(q, "tx-tcp-segmentation"))
		return say(q, "sent: tso is on at ", "");
	if (is_on(q, "generic-segmentation-offload"))
		return say(q, "sent: gso is on at ", "");
	return false;
}

/* Whether the peer of a veth is known to cut what it sends: 1 no, 0 yes, -1 not visible. */
static int peer_sends_whole(const struct question *q)
{
	enum feature tso;

	if (q->interface->link < 0)
		return -1;
	tso = host_feature(
		q->host, &q->host->interfaces[q->interface->link], "tx-tcp-segmentation");
	return tso == FEATURE_UNKNOWN ? -1 : tso == FEATURE_ON;
}

static bool explain_veth(const struct question *q)
{
	int whole = peer_sends_whole(q);
	enum feature gro = host_feature(q->host, q->interface, "generic-receive-offload");

	if (gro == FEATURE_UNKNOWN)
		return false;
	if (gro == FEATURE_OFF)
		return say(q, "received on ",
			", a veth whose gro is off: the peer's tso crosses it whole");
	if (whole > 0)
		return say(q, "received on ",
			", a veth: the peer's tso crosses it whole, and gro is on");
	if (whole == 0)
		return say(q, "received: gro is on at ", ", a veth whose peer has tso off");
	return say(q, "received on ", ", a veth: gro is on, or the peer's tso crosses it whole");
}

static bool explain_received(const struct question *q)
{
	if (!strcmp(q->interface->kind, "veth"))
		return explain_veth(q);
	if (q->interface->loopback)
		return say(q, "received on ", ": loopback never cuts");
	if (is_on(q, "large-receive-offload"))
		return say(q, "received: lro is on at ", "");
	if (is_on(q, "rx-gro-hw"))
		return say(q, "received: the card merges, rx-gro-hw is on at ", "");
	if (is_on(q, "generic-receive-offload"))
		return say(q, "received: gro is on at ", "");
	if (!strcmp(q->interface->kind, "tun") || !strcmp(q->interface->driver, "virtio_net"))
		return say(q, "received on ",
			", whose gro is off: its other end hands them over whole");
	return false;
}

/* Frames that a VLAN or macvlan receives were merged at what it runs over. */
static const struct host_interface *receiver_of(
	const struct host *host, const struct host_interface *interface)
{
	static const char *const stacked[] = { "vlan", "macvlan", "ipvlan" };

	const struct host_interface *lower = NULL;

	for (size_t i = 0; i < sizeof(stacked) / sizeof(stacked[0]); i++)
		if (!strcmp(interface->kind, stacked[i]))
			lower = host_lower(host, interface);
	return lower ? receiver_of(host, lower) : interface;
}

bool offload_explain(
	const struct host *host, const char *name, enum offload_way way, char *text, size_t size)
{
	struct question q = { host, host_interface(host, name), text, size };

	if (size)
		*text = '\0';
	if (!q.interface)
		return false;
	if (way == OFFLOAD_SENT)
		return explain_sent(&q);
	q.interface = receiver_of(host, q.interface);
	return explain_received(&q);
}
