/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do the sizes along the stack fit into one another?  A tunnel's packets must fit, with what is put
 * around them, into what they leave by; both ends of a veth, the ports of a bridge and the members
 * of a bond must take what the others send.  net/core/dev.c, is_skb_forwardable(): a frame larger
 * than the receiver's MTU and a VLAN tag is dropped, and nobody is told.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_links.h"
#include "analyzers/audit_tunnel.h"

#define ODD_MIN_PMTU 1280  /* above it real paths are smaller */
#define USUAL_MIN_PMTU 552 /* Documentation/networking/ip-sysctl.rst, min_pmtu */
#define LEAST_MTU 68       /* RFC 791 */
#define SPARE_BYTES 4      /* for a VLAN tag: so much more is taken, too */

static void command_mtu(const struct audit *audit, struct finding *finding,
	const struct host_interface *interface, unsigned mtu)
{
	struct finding_command *command = audit_command(audit, finding,
		interface->physical ? RISK_BLIP : RISK_HOT, interface, "ip link set dev %s mtu %u",
		interface->word, mtu);

	snprintf(command->undo, sizeof(command->undo), "ip link set dev %s mtu %u", interface->word,
		interface->mtu);
	snprintf(command->read, sizeof(command->read), "ip link show dev %s", interface->word);
}

/* Whether packets are cut or found too large for it meanwhile: then it is no matter of settings. */
static bool cutting_now(const struct audit *audit, struct finding *finding, bool ipv6)
{
	static const char *const paths[2][2] = {
		{ "/proc/net/snmp Ip.FragCreates", "/proc/net/snmp Ip.FragFails" },
		{ "/proc/net/snmp6 Ip6FragCreates", "/proc/net/snmp6 Ip6FragFails" },
	};
	bool cutting = false;

	for (size_t i = 0; i < 2; i++) {
		double per_second;

		if (!audit_rate(audit, &per_second, "%s", paths[ipv6][i]) || per_second <= 0)
			continue;
		audit_cite_rise(audit, finding, "%s", paths[ipv6][i]);
		cutting = true;
	}
	return cutting;
}

static void tell_tunnel(struct audit *audit, const struct host_interface *tunnel,
	const struct tunnel_end *end, unsigned overhead)
{
	struct finding *finding = audit_find(audit, FINDING_PL4106, tunnel);
	unsigned room = end->mtu - overhead;
	bool path = end->mtu < end->out->mtu;

	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->what, sizeof(finding->what),
		"mtu %u + %u bytes of %s over IPv%c = %" PRIu64 ", more than %u of %s%s%s",
		tunnel->mtu, overhead, tunnel->kind, end->ipv6 ? '6' : '4',
		(uint64_t)tunnel->mtu + overhead, end->mtu, path ? "the path to " : end->out->name,
		path ? end->address : "", path ? ", as the kernel has learnt" : "");
	snprintf(finding->why, sizeof(finding->why),
		"packets of more than %u bytes do not fit: they are cut, refused or dropped", room);
	audit_cite(audit, finding, "ip -d link show %s mtu", tunnel->name);
	audit_cite(audit, finding, "ip -d link show %s mtu", end->out->name);
	audit_cite(audit, finding, "ip route get %s", end->address);
	audit_cite(audit, finding, "ip route get %s mtu", end->address);
	if (cutting_now(audit, finding, end->ipv6))
		finding->severity = SEVERITY_ERROR;
	finding_number(finding, "overhead_bytes", overhead);
	finding_number(finding, "room_bytes", room);
	if (room >= LEAST_MTU)
		command_mtu(audit, finding, tunnel, room);
	snprintf(finding->cost, sizeof(finding->cost), "packets of at most %u bytes%s", room,
		host_master(audit->host, tunnel)
			? "; what is bridged to it needs that mtu, too: frames are not cut"
			: "");
}

/* Of all interfaces that the tunnel's packets may leave by, the roomiest. */
static const struct host_interface *roomiest(
	const struct host *host, const struct host_interface *tunnel)
{
	const struct host_interface *best = NULL;

	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *other = &host->interfaces[i];

		if (other == tunnel || other->loopback || !other->up || other->mtu == 0 ||
			tunnel_is(other))
			continue;
		if (!best || other->mtu > best->mtu)
			best = other;
	}
	return best;
}

/* Finds the far end that the least room is left for.  Returns its overhead, 0: none is known. */
static unsigned tightest(
	const struct host *host, const struct host_interface *tunnel, struct tunnel_end *tight)
{
	struct tunnel_end ends[TUNNEL_MAX_ENDS] = { 0 };
	size_t count = tunnel_ends(host, tunnel, ends);
	unsigned least = UINT32_MAX, overhead = 0;

	if (count == 0 && link_is(tunnel, "wireguard")) {
		/* Its peers are not in the snapshot: whichever way they are, it must fit. */
		ends[0].out = roomiest(host, tunnel);
		ends[0].mtu = ends[0].out ? ends[0].out->mtu : 0;
		count = 1;
	}
	for (size_t i = 0; i < count; i++) {
		unsigned bytes = tunnel_overhead_bytes(host, tunnel, ends[i].ipv6);

		if (bytes == 0 || ends[i].mtu <= bytes || ends[i].mtu - bytes >= least ||
			ends[i].out->loopback)
			continue;
		least = ends[i].mtu - bytes;
		overhead = bytes;
		*tight = ends[i];
	}
	return overhead;
}

/*
 * Whether it is unknown if a wireguard fits, whose peers are not in the snapshot: it fits some way
 * out, but not one that a default route takes.  That is noted.
 */
static bool note_default_ways(struct audit *audit, const struct host_interface *tunnel)
{
	const struct host *host = audit->host;
	bool noted = false;

	for (size_t i = 0; link_is(tunnel, "wireguard") && i < 2 * host->interface_count; i++) {
		const struct host_interface *way = &host->interfaces[i / 2];
		bool ipv6 = i % 2;
		unsigned bytes = tunnel_overhead_bytes(host, tunnel, ipv6);

		if (way == tunnel || !way->up || way->mtu == 0 || tunnel_is(way) ||
			(uint64_t)tunnel->mtu + bytes <= way->mtu ||
			!host_text(host, "ip %sroute show default dev %s", ipv6 ? "-6 " : "",
				way->name))
			continue;
		report_add_blind(audit->report,
			"whether %s has peers by the default route over IPv%c: its mtu %u + %u "
			"does not fit %u of %s",
			tunnel->name, ipv6 ? '6' : '4', tunnel->mtu, bytes, way->mtu, way->name);
		noted = true;
	}
	return noted;
}

static void judge_tunnel(struct audit *audit, const struct host_interface *interface)
{
	struct tunnel_end end;
	unsigned overhead;

	if (!tunnel_is(interface) || interface->mtu == 0)
		return;
	overhead = tightest(audit->host, interface, &end);
	if (overhead == 0) {
		report_add_blind(audit->report,
			"%s: which way its packets leave, so whether mtu %u fits", interface->name,
			interface->mtu);
		return;
	}
	if (interface->mtu > end.mtu - overhead)
		tell_tunnel(audit, interface, &end, overhead);
	else if (!note_default_ways(audit, interface))
		report_add_fine(audit->report, "%s mtu %u + %u of %s fits %u of %s",
			interface->name, interface->mtu, overhead, interface->kind, end.mtu,
			end.out->name);
}

/* A finding that of `larger` and `smaller` bytes only what fits the second arrives. */
static struct finding *find_mismatch(struct audit *audit, const struct host_interface *interface,
	unsigned larger, unsigned smaller)
{
	struct finding *finding = audit_find(audit, FINDING_PL5301, interface);

	finding->confidence = CONFIDENCE_PROVEN;
	finding_number(finding, "larger_bytes", larger);
	finding_number(finding, "smaller_bytes", smaller);
	audit_cite(audit, finding, "ip -d link show %s mtu", interface->name);
	return finding;
}

/* Whether packets of `large` bytes are dropped by what takes `small`. */
static bool exceeds(unsigned large, unsigned small)
{
	return large > small && large - small > SPARE_BYTES;
}

/* Cites the counter, if it rose: other drops are in it, too. */
static void cite_drops(const struct audit *audit, struct finding *finding,
	const struct host_interface *interface, const char *counter)
{
	double per_second;

	if (audit_rate(audit, &per_second, PATH_STATISTICS "%s", interface->name, counter) &&
		per_second > 0)
		audit_cite_rise(audit, finding, PATH_STATISTICS "%s", interface->name, counter);
}

/* Of a pair that is judged on both ends one finding is enough: at the larger. */
static bool told_at_peer(const struct audit *audit, const struct host_interface *interface,
	const struct host_interface *peer)
{
	return peer && link_judged(audit, peer) && peer->peer_mtu == interface->mtu &&
	       peer->mtu > interface->mtu;
}

static void judge_veth(struct audit *audit, const struct host_interface *interface)
{
	const struct host_interface *peer = link_peer(audit->host, interface);
	bool at_own = interface->mtu > interface->peer_mtu;
	const char *name = host_text(audit->host, "ip -d link show %s peer name", interface->name);
	unsigned large = at_own ? interface->mtu : interface->peer_mtu,
		 small = at_own ? interface->peer_mtu : interface->mtu;
	struct finding *finding;

	if (!link_is(interface, "veth") || interface->mtu == 0)
		return;
	if (interface->link_elsewhere && interface->peer_mtu == 0)
		report_add_blind(audit->report, "%s: the mtu of the peer, in another namespace",
			interface->name);
	if (interface->peer_mtu == 0 || !exceeds(large, small) ||
		told_at_peer(audit, interface, peer))
		return;
	finding = find_mismatch(audit, interface, large, small);
	snprintf(finding->what, sizeof(finding->what),
		"mtu %u, its peer%s%s %u: packets of %u to %u bytes from %s vanish", interface->mtu,
		peer ? " " : "", peer ? peer->name : "", interface->peer_mtu,
		small + SPARE_BYTES + 1, large, at_own ? "here" : "the peer");
	audit_cite(audit, finding, "ip -d link show %s %smtu", peer ? peer->name : interface->name,
		peer ? "" : "peer ");
	cite_drops(audit, finding, interface, at_own ? "tx_dropped" : "rx_dropped");
	if (at_own || peer)
		command_mtu(audit, finding, at_own ? interface : peer, small);
	else
		snprintf(finding->fix, sizeof(finding->fix),
			"Give both ends one MTU: in the peer's namespace, ip link set dev %.64s "
			"mtu %u.",
			name ? name : "PEER", small);
}

/* The member with the smallest or largest MTU, the first of several. */
static const struct host_interface *extreme(
	const struct host *host, const struct host_interface *master, bool largest)
{
	const struct host_interface *best = NULL;

	for (const struct host_interface *at = link_member(host, master, NULL); at;
		at = link_member(host, master, at)) {
		if (at->mtu == 0 || !at->up)
			continue;
		if (!best || (largest ? at->mtu > best->mtu : at->mtu < best->mtu))
			best = at;
	}
	return best;
}

/* A veth of the bridge whose peer is known to send what a port of `bytes` does not take. */
static const struct host_interface *sending_port(
	const struct host *host, const struct host_interface *bridge, unsigned bytes)
{
	for (const struct host_interface *at = link_member(host, bridge, NULL); at;
		at = link_member(host, bridge, at)) {
		if (link_is(at, "veth") && at->up && exceeds(at->mtu, bytes) &&
			exceeds(at->peer_mtu, bytes))
			return at;
	}
	return NULL;
}

/* What the bridge itself sends is too large for a port. */
static void tell_bridge(struct audit *audit, const struct host_interface *bridge,
	const struct host_interface *small)
{
	struct finding *finding = find_mismatch(audit, bridge, bridge->mtu, small->mtu);

	snprintf(finding->what, sizeof(finding->what),
		"mtu %u, its port %s %u: packets of %u to %u bytes to that port vanish",
		bridge->mtu, small->name, small->mtu, small->mtu + SPARE_BYTES + 1, bridge->mtu);
	audit_cite(audit, finding, "ip -d link show %s mtu", small->name);
	command_mtu(audit, finding, bridge, small->mtu);
}

/* What one port takes is too large for another; `sends`: somebody behind it is known to send so. */
static void tell_ports(struct audit *audit, const struct host_interface *bridge,
	const struct host_interface *small, const struct host_interface *large, bool sends)
{
	struct finding *finding = find_mismatch(audit, bridge, large->mtu, small->mtu);

	if (!sends && audit->role != ROLE_FORWARDER && audit->role != ROLE_L2_IPC)
		finding->severity = SEVERITY_INFO;
	snprintf(finding->what, sizeof(finding->what),
		"port %s takes %u bytes, port %s %u%s: packets of %u bytes and more from %s to %s "
		"vanish",
		small->name, small->mtu, large->name, large->mtu,
		sends ? ", and its peer sends as much" : "", small->mtu + SPARE_BYTES + 1,
		large->name, small->name);
	audit_cite(audit, finding, "ip -d link show %s mtu", small->name);
	audit_cite(audit, finding, "ip -d link show %s mtu", large->name);
}

static void judge_bridge(struct audit *audit, const struct host_interface *interface)
{
	const struct host_interface *bridge = link_group(audit, interface, "bridge");
	const struct host_interface *small, *large, *sender;

	if (!bridge)
		return;
	small = extreme(audit->host, bridge, false);
	large = extreme(audit->host, bridge, true);
	if (!small)
		return;
	sender = sending_port(audit->host, bridge, small->mtu);
	if (exceeds(bridge->mtu, small->mtu))
		tell_bridge(audit, bridge, small);
	else if (sender || exceeds(large->mtu, small->mtu))
		tell_ports(audit, bridge, small, sender ? sender : large, sender);
}

static void judge_bond(struct audit *audit, const struct host_interface *interface)
{
	const struct host_interface *bond = link_group(audit, interface, "bond"), *small;
	struct finding *finding;

	if (!bond)
		return;
	small = extreme(audit->host, bond, false);
	if (!small || bond->mtu <= small->mtu)
		return;
	finding = find_mismatch(audit, bond, bond->mtu, small->mtu);
	snprintf(finding->what, sizeof(finding->what),
		"mtu %u, its member %s %u: packets of %u to %u bytes do not fit where they leave "
		"by that member",
		bond->mtu, small->name, small->mtu, small->mtu + 1, bond->mtu);
	audit_cite(audit, finding, "ip -d link show %s mtu", small->name);
	command_mtu(audit, finding, small, bond->mtu);
}

static void note_setting(
	struct audit *audit, const char *path, uint64_t number, uint64_t usual, const char *what)
{
	struct finding *finding = audit_find(audit, FINDING_PL5302, NULL);
	const char *name = strrchr(path, '/') + 1;

	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->what, sizeof(finding->what), "%s is %" PRIu64 ": %s", name, number, what);
	audit_cite(audit, finding, "%s", path);
	audit_sysctl(audit, finding, path, number, usual);
	snprintf(finding->lasting, sizeof(finding->lasting),
		"take it out of /etc/sysctl.conf and /etc/sysctl.d");
}

static void judge_discovery(struct audit *audit)
{
	static const char *const meanings[] = {
		NULL,
		"path MTU discovery is off, packets go out without DF and are cut on the way",
		"ICMP that tells of a smaller path is ignored, packets go out without DF",
		"ICMP that tells of a smaller path is believed for TCP, SCTP and DCCP only, not "
		"for UDP",
	};
	static const char discovery[] = "/proc/sys/net/ipv4/ip_no_pmtu_disc";
	static const char least[] = "/proc/sys/net/ipv4/route/min_pmtu";
	uint64_t number;

	if (host_number(audit->host, &number, "%s", discovery) && number >= 1 && number <= 3)
		note_setting(audit, discovery, number, 0, meanings[number]);
	if (host_number(audit->host, &number, "%s", least) && number > ODD_MIN_PMTU)
		note_setting(audit, least, number, USUAL_MIN_PMTU,
			"a path that is smaller is taken for this size: what is larger is cut "
			"here, goes out without DF, and is cut again on the way");
}

const struct audit_rule audit_mtu_rules[] = {
	{ .name = "tunnel-over-mtu", .interface = judge_tunnel },
	{ .name = "veth-mtu-mismatch", .interface = judge_veth },
	{ .name = "bridge-mtu-mismatch", .interface = judge_bridge },
	{ .name = "bond-mtu-mismatch", .interface = judge_bond },
	{ .name = "pmtu-discovery-off", .machine = judge_discovery },
	{ 0 },
};
