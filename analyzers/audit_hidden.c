/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What passes this machine without any capture seeing it?  XDP runs before packet sockets, AF_XDP
 * takes frames away, filters in hardware and RDMA never show them to the kernel.  And what of the
 * capture's own traces is left: promiscuous mode, stamps that are taken late.
 * Documentation/networking/af_xdp.rst; net/core/dev.c, __netif_receive_skb_core().
 */
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_links.h"
#include "report/draft.h"

#define RDMA_PORTS "/sys/class/infiniband/%s/ports/"
#define ARPHRD_INFINIBAND "32" /* include/uapi/linux/if_arp.h */
#define SUBNET_BYTES 65536     /* of an InfiniBand network's own management, at most */

/*
 * A finding that packets of the interface pass unseen; `carrier` is what they pass by, and the
 * audit is undecided about them.
 */
static struct finding *hide(
	struct audit *audit, const struct host_interface *interface, const char *carrier)
{
	struct finding *finding = audit_find(audit, FINDING_PL9101, interface);
	char reason[160];

	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(reason, sizeof(reason), "what passes %.64s by %s cannot be judged from here",
		interface->name, carrier);
	report_add_undecided(audit->report, reason);
	return finding;
}

static void judge_xdp(struct audit *audit, const struct host_interface *interface)
{
	const char *mode = host_text(audit->host, "ip -d link show %s xdp mode", interface->name);
	struct finding *finding;

	if (!mode || !*mode)
		return;
	finding = hide(audit, interface, "XDP");
	snprintf(finding->what, sizeof(finding->what),
		"an XDP program (%s) runs before any packet socket: what it drops or redirects is "
		"in no capture",
		mode);
	audit_cite(audit, finding, "ip -d link show %s xdp mode", interface->name);
	audit_cite(audit, finding, "ip -d link show %s xdp prog", interface->name);
}

/* How many AF_XDP sockets take frames from the interface; the first in `*path`. */
static size_t xdp_sockets(
	const struct host *host, const struct host_interface *interface, const char **path)
{
	struct snapshot_walk walk;
	size_t count = 0;

	snapshot_walk(&walk, host->snapshot, " interface", "ss --xdp ");
	while (snapshot_next(&walk)) {
		if (strcmp(walk.value->text, interface->name) == 0 && count++ == 0)
			*path = walk.value->path;
	}
	return count;
}

static void judge_xdp_sockets(struct audit *audit, const struct host_interface *interface)
{
	const char *path = NULL;
	size_t count = xdp_sockets(audit->host, interface, &path);
	struct finding *finding;

	if (count == 0)
		return;
	finding = hide(audit, interface, "AF_XDP");
	snprintf(finding->what, sizeof(finding->what),
		"%zu AF_XDP socket%s take%s frames from the driver: they are in no capture", count,
		count == 1 ? "" : "s", count == 1 ? "s" : "");
	audit_cite(audit, finding, "%s", path);
}

/* Filters that run in the device, in `*path` the first. */
static size_t offloaded_filters(
	const struct host *host, const struct host_interface *interface, const char **path)
{
	struct snapshot_walk walk;
	size_t count = 0;

	snapshot_walk(
		&walk, host->snapshot, " in_hw", "tc -s filter show dev %s ", interface->name);
	while (snapshot_next(&walk)) {
		const char *text = walk.value->text;

		if (strcmp(text, "off") == 0 || strcmp(text, "0") == 0 || strcmp(text, "no") == 0)
			continue;
		if (count++ == 0)
			*path = walk.value->path;
	}
	return count;
}

static void judge_filters(struct audit *audit, const struct host_interface *interface)
{
	const char *path = NULL;
	size_t count = offloaded_filters(audit->host, interface, &path);
	struct finding *finding;

	if (count == 0)
		return;
	finding = hide(audit, interface, "filters in hardware");
	snprintf(finding->what, sizeof(finding->what),
		"%zu filter%s of traffic control run%s in the device: packets that it forwards or "
		"drops never come to this kernel",
		count, draft_plural(count), count == 1 ? "s" : "");
	audit_cite(audit, finding, "%s", path);
	audit_cite(audit, finding, "ethtool -k %s hw-tc-offload", interface->name);
}

/* Rises of what the ports of an RDMA device counted, in bytes; the counters are of 4. */
static uint64_t rdma_bytes(const struct host *host, const char *name)
{
	static const char *const counters[] = { "/port_rcv_data", "/port_xmit_data" };
	struct snapshot_walk walk;
	uint64_t rise, sum = 0;

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		snapshot_walk(&walk, host->snapshot, counters[i], RDMA_PORTS, name);
		while (snapshot_next(&walk)) {
			if (host_rise(host, &rise, "%s", walk.value->path))
				sum += 4 * rise;
		}
	}
	return sum;
}

/* Whether IP over InfiniBand, which its ports count, too, may be all that they carried. */
static bool may_be_ipoib(
	const struct host *host, const struct host_interface *interface, const char *name)
{
	static const char *const counters[] = { "rx_bytes", "tx_bytes" };
	const char *type = host_text(host, "/sys/class/net/%s/type", interface->name);
	uint64_t rise, sum = 0;

	if (!type || strcmp(type, ARPHRD_INFINIBAND) != 0)
		return false;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		if (host_rise(host, &rise, PATH_STATISTICS "%s", interface->name, counters[i]))
			sum += rise;
	}
	return rdma_bytes(host, name) <= 2 * sum + SUBNET_BYTES;
}

/*
 * The RDMA device of an interface; false without one.  Fills in its name, and by how much what it
 * carries rose, 0 if that is not known.
 */
static bool rdma_device(const struct host *host, const struct host_interface *interface, char *name,
	size_t size, uint64_t *rise, const char **counter)
{
	const struct snapshot_value *value;
	char prefix[192];
	size_t values;

	snprintf(prefix, sizeof(prefix), "/sys/class/net/%s/device/infiniband/", interface->name);
	if (snapshot_below(host->snapshot, prefix, &value) == 0)
		return false;
	snprintf(name, size, "%.*s", (int)strcspn(value->path + strlen(prefix), "/"),
		value->path + strlen(prefix));
	snprintf(prefix, sizeof(prefix), RDMA_PORTS, name);
	values = snapshot_below(host->snapshot, prefix, &value);
	for (*rise = 0; values > 0 && *rise == 0; values--, value++) {
		if (!strstr(value->path, "/port_rcv_packets") &&
			!strstr(value->path, "/port_xmit_packets") &&
			!strstr(value->path, "/port_rcv_data") &&
			!strstr(value->path, "/port_xmit_data"))
			continue;
		if (host_rise(host, rise, "%s", value->path))
			*counter = value->path;
	}
	return true;
}

static void judge_rdma(struct audit *audit, const struct host_interface *interface)
{
	char name[64];
	const char *counter = NULL;
	struct finding *finding;
	uint64_t rise = 0;

	if (!rdma_device(audit->host, interface, name, sizeof(name), &rise, &counter))
		return;
	if (rise == 0 || may_be_ipoib(audit->host, interface, name)) {
		report_add_blind(audit->report,
			"what RDMA (%s) carries on %s: no capture sees it; its counters rose by %s",
			name, interface->name, rise ? "no more than IP tells" : "0");
		return;
	}
	finding = hide(audit, interface, "RDMA");
	snprintf(finding->what, sizeof(finding->what),
		"RDMA traffic passes by %s beside the kernel: it is in no capture", name);
	audit_cite_rise(audit, finding, "%s", counter);
}

/* A port of Open vSwitch: the datapath takes its frames behind the packet sockets, not before. */
static void judge_switch(struct audit *audit, const struct host_interface *interface)
{
	const struct host_interface *master = host_master(audit->host, interface);

	if (master && link_is(master, "openvswitch"))
		report_add_blind(audit->report,
			"what Open vSwitch does with packets of %s: ovs-appctl dpctl/dump-flows -m",
			interface->name);
}

/* Whether a switch of this machine takes all frames of the interface anyway. */
static bool is_port(const struct audit *audit, const struct host_interface *interface)
{
	const struct host_interface *master = host_master(audit->host, interface);

	return master && (link_is(master, "bridge") || link_is(master, "openvswitch"));
}

static void judge_promiscuous(struct audit *audit, const struct host_interface *interface)
{
	struct finding_command *command;
	struct finding *finding;

	if (!interface->promiscuous || audit->role == ROLE_CAPTURE || is_port(audit, interface))
		return;
	finding = audit_find(audit, FINDING_PL5501, interface);
	finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->what, sizeof(finding->what),
		"promiscuous mode was switched on by hand, and stays until it is switched off");
	snprintf(finding->is_not, sizeof(finding->is_not),
		"a capture, a bridge or a bond: these do not set the flag PROMISC that ip-link(8) "
		"shows");
	audit_cite(audit, finding, "ip -d link show %s flags", interface->name);
	audit_cite(audit, finding, "ip -d link show %s promiscuity", interface->name);
	command = audit_command(audit, finding, RISK_HOT, interface,
		"ip link set dev %s promisc off", interface->word);
	snprintf(command->undo, sizeof(command->undo), "ip link set dev %s promisc on",
		interface->word);
	snprintf(command->read, sizeof(command->read), "ip link show dev %s", interface->word);
}

static void judge_stamps(struct audit *audit)
{
	static const char path[] = "/proc/sys/net/core/netdev_tstamp_prequeue";
	bool here = host_text(audit->host, "%s", path) != NULL;
	struct finding *finding;
	uint64_t number;

	if (!host_machine_number(audit->host, &number, "netdev_tstamp_prequeue") || number)
		return;
	finding = audit_find(audit, FINDING_PL9102, NULL);
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->what, sizeof(finding->what),
		"netdev_tstamp_prequeue is 0: packets are stamped after they waited for a CPU%s",
		here ? "" : "; it is the machine's, and set in its first network namespace");
	audit_cite(audit, finding, "%s%s", here ? "" : "initial ", path);
	if (here)
		audit_sysctl(audit, finding, path, 0, 1);
}

const struct audit_rule audit_hidden_rules[] = {
	{ .name = "hidden-by-xdp", .interface = judge_xdp },
	{ .name = "taken-by-af-xdp", .interface = judge_xdp_sockets },
	{ .name = "offloaded-filters", .interface = judge_filters },
	{ .name = "rdma", .interface = judge_rdma },
	{ .name = "open-vswitch", .interface = judge_switch },
	{ .name = "promiscuous-left-set", .interface = judge_promiscuous },
	{ .name = "stamps-after-queue", .machine = judge_stamps },
	{ 0 },
};
