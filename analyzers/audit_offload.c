/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do super-frames reach a program that takes them for packets?  The kernel cuts what it forwards
 * itself; a program that takes frames from a packet socket without PACKET_VNET_HDR, or from a TAP
 * without IFF_VNET_HDR, is handed what GRO merged or what a peer's TSO left whole.  net/packet/
 * af_packet.c, drivers/net/veth.c, drivers/net/tun.c.
 */
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_links.h"

#define MAX_SOCKETS 512
#define STACK_DEPTH 4           /* a VLAN of a bond in a bridge, and one to spare */
#define EVERY_PROTOCOL "0x0003" /* ETH_P_ALL */

/* A packet socket, as far as it matters. */
struct relay_socket {
	const char *interface, *program, *pid; /* the snapshot's */
	const char *path;                      /* of the value that names the interface */
};

/* Merging of received packets, by the names of ethtool(8), and what switching it off does. */
static const struct merging {
	const char *feature, *word;
	enum command_risk risk;
} mergings[] = {
	{ "generic-receive-offload", "gro", RISK_HOT },
	{ "rx-gro-list", "rx-gro-list", RISK_HOT },
	{ "rx-gro-hw", "rx-gro-hw", RISK_BLIP },
	{ "large-receive-offload", "lro", RISK_BLIP },
};
#define MERGINGS (sizeof(mergings) / sizeof(mergings[0]))

/* What a veth's sender leaves to hardware that is not there; off with the first, all are off. */
static const struct merging crossings[] = {
	{ "tx-checksumming", "tx", RISK_HOT },
	{ "tx-tcp-segmentation", "tso", RISK_HOT },
	{ "tx-udp-segmentation", "tx-udp-segmentation", RISK_HOT },
};
#define CROSSINGS (sizeof(crossings) / sizeof(crossings[0]))

/* Programs that take packets and hand none on. */
static const char *const listeners[] = { "NetworkManager", "arpwatch", "dhclient", "dhcpcd",
	"dhcpd", "dhcrelay", "dumpcap", "hostapd", "iftop", "isisd", "kea-dhcp4", "lldpad", "lldpd",
	"ntopng", "pktlint", "pmacctd", "ptp4l", "snort", "softflowd", "systemd-network", "tcpdump",
	"tshark", "udhcpc", "wpa_supplicant", "zeek" };

static bool only_listens(const char *program)
{
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		if (strcmp(listeners[i], program) == 0)
			return true;
	}
	return false;
}

static const char *socket_text(const struct host *host, const char *inode, const char *word)
{
	const char *text = host_text(host, PATH_SOCKETS "%s %s", inode, word);

	return text ? text : "";
}

/* Fills `sockets` with those that take whole packets of every protocol of one interface. */
static size_t read_sockets(const struct host *host, struct relay_socket sockets[MAX_SOCKETS])
{
	struct snapshot_walk walk;
	size_t count = 0;

	snapshot_walk(&walk, host->snapshot, " interface", PATH_SOCKETS);
	while (count < MAX_SOCKETS && snapshot_next(&walk)) {
		const char *inode = walk.between, *program = socket_text(host, inode, "program");

		if (strcmp(walk.value->text, "*") == 0 || only_listens(program) ||
			strcmp(socket_text(host, inode, "running"), "off") == 0 ||
			strcmp(socket_text(host, inode, "vnet-header"), "off") != 0 ||
			strcmp(socket_text(host, inode, "protocol"), EVERY_PROTOCOL) != 0)
			continue;
		sockets[count++] = (struct relay_socket){ walk.value->text, program,
			socket_text(host, inode, "pid"), walk.value->path };
	}
	return count;
}

/*
 * Whether a program holds such sockets on this interface and on another, `pair`; a program that
 * cannot be seen is taken for one and the same.
 */
static bool relayed(const struct host *host, const struct host_interface *interface,
	struct relay_socket pair[2])
{
	struct relay_socket sockets[MAX_SOCKETS];
	size_t count = read_sockets(host, sockets);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(sockets[i].interface, interface->name) != 0)
			continue;
		for (size_t j = 0; j < count; j++) {
			if (strcmp(sockets[j].interface, interface->name) == 0 ||
				strcmp(sockets[j].program, sockets[i].program) != 0 ||
				strcmp(sockets[j].pid, sockets[i].pid) != 0)
				continue;
			pair[0] = sockets[i];
			pair[1] = sockets[j];
			return true;
		}
	}
	return false;
}

/* Collects the words of what is on, " and " between them. */
static bool list_on(const struct host *host, const struct host_interface *interface,
	const struct merging *list, size_t count, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (host_feature(host, interface, list[i].feature) != FEATURE_ON || length >= size)
			continue;
		length += (size_t)snprintf(
			text + length, size - length, "%s%s", length ? " and " : "", list[i].word);
	}
	return length > 0;
}

static void switch_off(struct audit *audit, struct finding *finding,
	const struct host_interface *interface, const struct merging *merging)
{
	struct finding_command *command;

	if (host_feature_fixed(audit->host, interface, merging->feature))
		return;
	command = audit_command(audit, finding, merging->risk, interface, "ethtool -K %s %s off",
		interface->word, merging->word);
	snprintf(command->undo, sizeof(command->undo), "ethtool -K %s %s on", interface->word,
		merging->word);
	snprintf(command->read, sizeof(command->read), "ethtool -k %s | grep %s", interface->word,
		merging->feature);
}

/* Cites what is on, and switches it off, at most `most` of it. */
static void switch_all_off(struct audit *audit, struct finding *finding,
	const struct host_interface *interface, const struct merging *list, size_t count,
	size_t most)
{
	for (size_t i = 0; i < count; i++) {
		if (host_feature(audit->host, interface, list[i].feature) != FEATURE_ON)
			continue;
		audit_cite(audit, finding, "ethtool -k %s %s", interface->name, list[i].feature);
		if (most > 0) {
			switch_off(audit, finding, interface, &list[i]);
			most--;
		}
	}
}

static bool super_frames_seen(const struct audit *audit)
{
	double frames;

	return audit->report->live && audit_observed(audit, &frames, "capture.super_frames") &&
	       frames > 0;
}

/* The role says that frames must go on as they came, or super-frames were seen. */
static bool matters(const struct audit *audit)
{
	return audit->role == ROLE_FORWARDER || super_frames_seen(audit);
}

static struct finding *find_relay(struct audit *audit, const struct host_interface *interface,
	const struct relay_socket pair[2], const char *why)
{
	struct finding *finding = audit_find(audit, FINDING_PL3101, interface);

	finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->what, sizeof(finding->what),
		"%s takes its frames from a packet socket without vnet header and has another on "
		"%s: it is handed super-frames",
		*pair[0].program ? pair[0].program : "a program", pair[1].interface);
	snprintf(finding->why, sizeof(finding->why), "%s", why);
	snprintf(finding->is_not, sizeof(finding->is_not),
		"a bridge or router of the kernel: that cuts what it forwards");
	audit_cite(audit, finding, "%s", pair[0].path);
	audit_cite(audit, finding, "%s", pair[1].path);
	snprintf(finding->cost, sizeof(finding->cost),
		"each packet passes the stack by itself: several times the CPU time of a "
		"bulk flow");
	return finding;
}

static void judge_reach(struct audit *audit, const struct host_interface *interface,
	const struct relay_socket pair[2])
{
	const struct host_interface *peer = link_peer(audit->host, interface);
	char own[64], across[64] = "", why[FINDING_TEXT];
	bool merges = list_on(audit->host, interface, mergings, MERGINGS, own, sizeof(own));
	const char *whose = "";
	struct finding *finding;

	if (peer && list_on(audit->host, peer, crossings, CROSSINGS, across, sizeof(across)))
		whose = peer->name;
	if (!merges && !*whose) {
		report_add_fine(audit->report, "%s merges nothing of what its reader gets",
			interface->name);
		return;
	}
	snprintf(why, sizeof(why), "on: %s%s%s%s%s%s", own, merges && *whose ? "; " : "", across,
		*whose ? " of its peer " : "", whose,
		*whose ? ", which leaves checksums and cutting to hardware that is not there" : "");
	finding = find_relay(audit, interface, pair, why);
	switch_all_off(audit, finding, interface, mergings, MERGINGS, MERGINGS);
	if (peer)
		switch_all_off(audit, finding, peer, crossings, CROSSINGS, 1);
}

/* The peer's settings are out of sight: only what was seen tells. */
static void judge_unseen_peer(struct audit *audit, const struct host_interface *interface,
	const struct relay_socket pair[2])
{
	const char *peer = host_text(audit->host, "ip -d link show %s peer name", interface->name);
	struct finding *finding;

	if (!super_frames_seen(audit)) {
		report_add_blind(audit->report,
			"%s: whether its peer, in another namespace, sends super-frames: ethtool "
			"-k %s there",
			interface->name, peer ? peer : "PEER");
		return;
	}
	finding = find_relay(audit, interface, pair,
		"its own gro is off and super-frames were seen: its peer, in another namespace, "
		"sends them so");
	audit_cite(audit, finding, "ethtool -k %s generic-receive-offload", interface->name);
	snprintf(finding->fix, sizeof(finding->fix),
		"PACKET_VNET_HDR on both of the program's sockets; or, in the peer's namespace, "
		"ethtool -K %s tx off, which ends tso, too.",
		peer ? peer : "PEER");
}

static void judge_relay(struct audit *audit, const struct host_interface *interface)
{
	struct relay_socket pair[2];
	char text[64];

	if (!matters(audit) || !relayed(audit->host, interface, pair))
		return;
	if (link_is(interface, "veth") && !link_peer(audit->host, interface) &&
		!list_on(audit->host, interface, mergings, MERGINGS, text, sizeof(text)))
		judge_unseen_peer(audit, interface, pair);
	else
		judge_reach(audit, interface, pair);
}

/* A TAP's reader gets what its owner said with TUNSETOFFLOAD that it understands. */
static void judge_tap(struct audit *audit, const struct host_interface *interface)
{
	const struct host *host = audit->host;
	const char *type = host_text(host, "ip -d link show %s tun type", interface->name);
	const char *header = host_text(host, "ip -d link show %s tun vnet_hdr", interface->name);
	struct finding *finding;

	if (!link_is(interface, "tun") || !type || strcmp(type, "tap") != 0 || !header ||
		strcmp(header, "off") != 0 || !matters(audit) ||
		host_feature(host, interface, "tx-tcp-segmentation") != FEATURE_ON)
		return;
	finding = audit_find(audit, FINDING_PL3101, interface);
	finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->what, sizeof(finding->what),
		"a TAP without vnet header whose program said that it takes segmentation over: it "
		"is handed super-frames, and not told where to cut them");
	snprintf(finding->fix, sizeof(finding->fix),
		"Best in the program: open the TAP with IFF_VNET_HDR, which tells it where to cut. "
		"Without that it must not take segmentation over (TUNSETOFFLOAD), or that is "
		"switched off here.");
	audit_cite(audit, finding, "ip -d link show %s tun vnet_hdr", interface->name);
	switch_all_off(audit, finding, interface, crossings + 1, CROSSINGS - 1, CROSSINGS);
}

/* What sends on what is received here, the kernel or a guest behind a macvtap; NULL: nothing. */
static const struct host_interface *sender_on(
	const struct host *host, const struct host_interface *interface, int depth)
{
	const struct host_interface *master = host_master(host, interface), *sender = NULL;

	if (link_forwards(host, interface) || link_is(interface, "macvtap"))
		return interface;
	if (depth == 0)
		return NULL;
	if (master && link_is(master, "bond"))
		sender = sender_on(host, master, depth - 1);
	for (size_t i = 0; i < host->interface_count && !sender; i++) {
		if (host_lower(host, &host->interfaces[i]) == interface)
			sender = sender_on(host, &host->interfaces[i], depth - 1);
	}
	return sender;
}

static void judge_lro(struct audit *audit, const struct host_interface *interface)
{
	bool lro = host_feature(audit->host, interface, "large-receive-offload") == FEATURE_ON;
	const struct host_interface *sender = NULL;
	struct finding *finding;

	if (!lro && link_forwards(audit->host, interface) &&
		host_feature(audit->host, interface, "generic-receive-offload") == FEATURE_ON)
		report_add_fine(audit->report, "gro on (the kernel re-cuts what it forwards)");
	/* What it calls lro before Linux 5.15 keeps the boundaries, and is rx-gro-hw since then. */
	if (lro && strcmp(interface->driver, "virtio_net") != 0)
		sender = sender_on(audit->host, interface, STACK_DEPTH);
	if (!sender)
		return;
	finding = audit_find(audit, FINDING_PL3102, interface);
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->what, sizeof(finding->what),
		"lro is on, and what is received here is forwarded%s%s",
		sender == interface ? "" : " by ", sender == interface ? "" : sender->name);
	audit_cite(audit, finding, "/proc/sys/net/ipv4/conf/%s/forwarding", sender->name);
	audit_cite(audit, finding, "ip -d link show %s master", interface->name);
	audit_cite(audit, finding, "ethtool -k %s large-receive-offload", interface->name);
	switch_off(audit, finding, interface, &mergings[MERGINGS - 1]);
}

const struct audit_rule audit_offload_rules[] = {
	{ .name = "super-frames-reach-program", .interface = judge_relay },
	{ .name = "super-frames-reach-tap", .interface = judge_tap },
	{ .name = "lro-under-forwarding", .interface = judge_lro },
	{ 0 },
};
