/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the decision on who reordered is told of the machine: settings from the rings up to the tap,
 * what changed or was dropped meanwhile, and who made what this host sends.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/flow.h"
#include "analyzers/origin_setting.h"
#include "analyzers/own.h"
#include "analyzers/polled.h"
#include "host/host.h"

#define LINK "ip -d link show "
#define QUEUES "/sys/class/net/%s/queues/rx-%d/"

#define CONNECTIONS "/proc/sys/net/netfilter/nf_conntrack_count"
#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101

struct machine {
	struct snapshot *snapshot;
	struct host *host;
};

static void add_link(struct machine *machine, const char *name, const char *index, const char *kind)
{
	snapshot_setf(machine->snapshot, index, LINK "%s ifindex", name);
	snapshot_setf(machine->snapshot, kind, LINK "%s kind", name);
	snapshot_setf(machine->snapshot, "02:00:00:00:00:0a", LINK "%s address", name);
	if (!*kind)
		snapshot_setf(machine->snapshot, "..", "/sys/class/net/%s/device", name);
}

static void add_queue(struct machine *machine, const char *name, int queue, const char *mask)
{
	snapshot_setf(machine->snapshot, mask, QUEUES "rps_cpus", name, queue);
	snapshot_setf(machine->snapshot, "0", QUEUES "rps_flow_cnt", name, queue);
}

/* eth0 is hardware of two queues, eth0.5 a VLAN on it, v0 a veth with a peer v1. */
static struct machine begin(void)
{
	struct machine machine = { .snapshot = snapshot_new() };

	snapshot_set(machine.snapshot, "/sys/devices/system/cpu/online", "0-3");
	snapshot_set(machine.snapshot, "/proc/sys/net/core/netdev_tstamp_prequeue", "1");
	snapshot_set(machine.snapshot, "/proc/sys/net/core/rps_sock_flow_entries", "0");
	snapshot_set(machine.snapshot, "/proc/sys/net/ipv4/ip_forward", "0");
	snapshot_set(machine.snapshot, "/proc/sys/net/ipv6/conf/all/forwarding", "0");
	snapshot_set(machine.snapshot, "ip address show dev eth0 192.0.2.1", "24");
	snapshot_set(machine.snapshot, "ip address show dev eth0 2001:db8::1", "64");
	add_link(&machine, "eth0", "2", "");
	add_link(&machine, "eth0.5", "3", "vlan");
	snapshot_set(machine.snapshot, LINK "eth0.5 link", "2");
	add_link(&machine, "v0", "4", "veth");
	snapshot_set(machine.snapshot, LINK "v0 link", "5");
	add_link(&machine, "v1", "5", "veth");
	snapshot_set(machine.snapshot, LINK "v1 link", "4");
	add_queue(&machine, "eth0", 0, "0");
	add_queue(&machine, "eth0", 1, "0");
	add_queue(&machine, "eth0.5", 0, "0");
	add_queue(&machine, "v0", 0, "0");
	snapshot_set(machine.snapshot, "ethtool -k eth0 ntuple-filters", "off");
	snapshot_set(machine.snapshot, "ethtool -k v0 generic-receive-offload", "off");
	return machine;
}

static void seal(struct machine *machine)
{
	snapshot_seal(machine->snapshot);
	machine->host = host_new(machine->snapshot, NULL);
}

static void end(struct machine *machine)
{
	host_free(machine->host);
	snapshot_free(machine->snapshot);
}

/* What an interface's setting is, captured by "mmap". */
static struct origin_setting setting_of(struct machine *machine, const char *name)
{
	const char *const names[] = { name };
	struct analyzer_options options = {
		.live = true, .host = machine->host, .interfaces = names, .interface_count = 1
	};
	struct origin_settings *settings = origin_settings_new(&options);
	struct report *report = report_new("check");
	struct report_source *source = report_add_source(report, name);
	struct origin_setting setting;

	source->frontend = "mmap";
	source->interfaces = 1;
	origin_settings_fill(settings, report, 0, &setting);
	origin_settings_free(settings);
	report_free(report);
	return setting;
}

static void as_usual(void **state)
{
	struct machine machine = begin();
	struct origin_setting setting;

	(void)state;
	seal(&machine);
	setting = setting_of(&machine, "eth0");
	assert_true(setting.live);
	assert_true(setting.stamps_told);
	assert_string_equal(setting.name, "eth0");
	assert_int_equal(setting.prequeue, ORIGIN_YES);
	assert_int_equal(setting.steers, ORIGIN_NO);
	assert_int_equal(setting.follows, ORIGIN_NO);
	assert_int_equal(setting.polled, ORIGIN_YES);
	assert_int_equal(setting.virtual_pair, ORIGIN_NO);
	assert_int_equal(setting.hardware_steers, ORIGIN_NO);
	assert_int_equal(setting.receive_queues, 2);
	assert_int_equal(setting.cpus, 4);
	assert_int_equal(setting.steering_cpus, 0);
	setting = setting_of(&machine, "v0");
	assert_int_equal(setting.polled, ORIGIN_NO);
	assert_int_equal(setting.virtual_pair, ORIGIN_YES);
	assert_int_equal(setting.receive_queues, 1);
	setting = setting_of(&machine, "gone");
	assert_null(setting.name);
	assert_int_equal(setting.steers, ORIGIN_UNKNOWN);
	assert_int_equal(setting.receive_queues, 0);
	end(&machine);
}

/* What is below steers what comes in above. */
static void stacked(void **state)
{
	struct machine machine = begin();
	struct origin_setting setting;

	(void)state;
	add_queue(&machine, "eth0", 1, "c6"); /* CPUs 6 and 7 are not online */
	snapshot_set(machine.snapshot, "ethtool -k eth0 ntuple-filters", "on");
	seal(&machine);
	setting = setting_of(&machine, "eth0.5");
	assert_string_equal(setting.steered_at, "eth0");
	assert_int_equal(setting.coalesces, ORIGIN_UNKNOWN);
	assert_int_equal(setting_of(&machine, "v0").coalesces, ORIGIN_NO);
	assert_int_equal(setting.steers, ORIGIN_YES);
	assert_int_equal(setting.steering_cpus, 2);
	assert_int_equal(setting.hardware_steers, ORIGIN_YES);
	assert_int_equal(setting.polled, ORIGIN_YES);
	assert_int_equal(setting.receive_queues, 2);
	end(&machine);
}

/* A bridge's frames come by its ports. */
static void bridged(void **state)
{
	struct machine machine = begin();
	struct origin_setting setting;

	(void)state;
	add_link(&machine, "br0", "9", "bridge");
	add_queue(&machine, "br0", 0, "0");
	snapshot_set(machine.snapshot, LINK "eth0 master", "9");
	snapshot_set(machine.snapshot, LINK "v1 master", "9");
	seal(&machine);
	setting = setting_of(&machine, "br0");
	assert_int_equal(setting.steers, ORIGIN_UNKNOWN); /* nobody looked at v1 */
	assert_int_equal(setting.receive_queues, 0);
	assert_int_equal(setting.polled, ORIGIN_UNKNOWN);
	end(&machine);
}

static void unknown(void **state)
{
	struct machine machine = begin();
	struct origin_setting setting;

	(void)state;
	for (int queue = 0; queue < 2; queue++)
		snapshot_set_unknownf(
			machine.snapshot, VALUE_DENIED, QUEUES "rps_cpus", "eth0", queue);
	snapshot_set_unknown(
		machine.snapshot, "/proc/sys/net/core/netdev_tstamp_prequeue", VALUE_HIDDEN);
	snapshot_set_unknown(
		machine.snapshot, "/proc/sys/net/core/rps_sock_flow_entries", VALUE_HIDDEN);
	snapshot_set(machine.snapshot, "/sys/class/net/eth0/queues/rx-0/rps_flow_cnt", "512");
	snapshot_set(machine.snapshot, "ethtool -i eth0 driver", "ixgbe");
	seal(&machine);
	setting = setting_of(&machine, "eth0");
	assert_int_equal(setting.prequeue, ORIGIN_UNKNOWN);
	assert_int_equal(setting.steers, ORIGIN_UNKNOWN);
	assert_int_equal(setting.follows, ORIGIN_UNKNOWN);
	assert_int_equal(setting.hardware_steers, ORIGIN_UNKNOWN);
	end(&machine);
}

static void follows(void **state)
{
	struct machine machine = begin();

	(void)state;
	snapshot_set(machine.snapshot, "/proc/sys/net/core/rps_sock_flow_entries", "32768");
	snapshot_set(machine.snapshot, "/sys/class/net/eth0/queues/rx-0/rps_flow_cnt", "512");
	seal(&machine);
	assert_int_equal(setting_of(&machine, "eth0").follows, ORIGIN_YES);
	assert_int_equal(setting_of(&machine, "v0").follows, ORIGIN_NO);
	end(&machine);
}

static void veth_rings(void **state)
{
	static const struct {
		const char *coalesces, *lists, *peer_super, *xdp;
		enum origin_known polled;
	} cases[] = {
		{ "off", NULL, "off", NULL, ORIGIN_NO },
		{ "on", NULL, "off", NULL, ORIGIN_YES },
		{ "on", NULL, "on", NULL, ORIGIN_NO },
		{ "on", "on", "on", NULL, ORIGIN_YES },
		{ "on", NULL, NULL, NULL, ORIGIN_UNKNOWN },
		{ NULL, NULL, "on", NULL, ORIGIN_UNKNOWN },
		{ "off", NULL, "on", "xdp", ORIGIN_YES },
		{ "off", NULL, "on", "xdpgeneric", ORIGIN_NO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine machine = begin();

		if (cases[i].coalesces)
			snapshot_set(machine.snapshot, "ethtool -k v0 generic-receive-offload",
				cases[i].coalesces);
		else
			snapshot_set_unknown(machine.snapshot,
				"ethtool -k v0 generic-receive-offload", VALUE_UNSUPPORTED);
		if (cases[i].lists)
			snapshot_set(machine.snapshot, "ethtool -k v0 rx-gro-list", cases[i].lists);
		if (cases[i].peer_super)
			snapshot_set(machine.snapshot, "ethtool -k v1 tx-tcp-segmentation",
				cases[i].peer_super);
		if (cases[i].xdp)
			snapshot_set(machine.snapshot, LINK "v0 xdp mode", cases[i].xdp);
		seal(&machine);
		if (interface_is_polled(machine.host, host_interface(machine.host, "v0")) !=
			cases[i].polled)
			fail_msg("row %zu", i);
		end(&machine);
	}
}

static void setting_changes(struct origin_settings *settings, uint32_t interface, const char *what)
{
	const struct change change = {
		.kind = CHANGE_SETTING, .interface = interface, .what = what
	};

	origin_settings_change(settings, &change);
}

static void meanwhile(void **state)
{
	struct analyzer_options options = { .live = true };
	struct origin_settings *settings = origin_settings_new(&options);
	struct report *report = report_new("check");
	struct change clock = { .kind = CHANGE_CLOCK, .before = 50, .after = 70 };
	struct origin_setting setting;

	(void)state;
	origin_settings_drop(settings, &(struct drop){ .packets = 3, .where = "ring" });
	origin_settings_drop(settings, &(struct drop){ .packets = 5, .where = "interface" });
	origin_settings_drop(
		settings, &(struct drop){ .interface = 1, .packets = 7, .where = "socket" });
	setting_changes(settings, 0, "queues/rx-0/rps_cpus");
	setting_changes(settings, CHANGE_OF_HOST, "net.core.netdev_max_backlog");
	setting_changes(settings, 1, "queues/rx-0/rps_flow_cnt");
	setting_changes(settings, 1, "threaded");
	origin_settings_fill(settings, report, 0, &setting);
	assert_int_equal(setting.dropped, 3);
	assert_true(setting.masks_changed);
	assert_null(setting.changed);
	assert_int_equal(setting.clock_step_ns, 0);
	assert_false(setting.stamps_told);
	origin_settings_change(settings, &clock);
	assert_false(origin_settings_clock_back(settings));
	clock.after = 10;
	origin_settings_change(settings, &clock);
	assert_true(origin_settings_clock_back(settings));
	origin_settings_fill(settings, report, 1, &setting);
	assert_int_equal(setting.dropped, 7);
	assert_false(setting.masks_changed);
	assert_string_equal(setting.changed, "queues/rx-0/rps_flow_cnt");
	assert_null(setting.steered_at);
	setting_changes(settings, 1, "lower_bond0/lower_eth1/queues/rx-0/rps_cpus");
	origin_settings_fill(settings, report, 1, &setting);
	assert_true(setting.masks_changed);
	assert_string_equal(setting.steered_at, "eth1");
	assert_int_equal(setting.clock_step_ns, -40);
	/* The last counters know more than the events. */
	report_add_source(report, "a")->interfaces = 1;
	report->sources[0].dropped_known = true;
	report->sources[0].dropped = 20;
	report->sources[0].dropped_interface = 6;
	report->sources[0].frontend = "raw";
	origin_settings_fill(settings, report, 0, &setting);
	assert_int_equal(setting.dropped, 14);
	assert_string_equal(setting.frontend, "raw");
	assert_false(setting.stamps_told);
	origin_settings_free(settings);
	report_free(report);
}

/* What else of this machine has packets before they are stamped. */
static void unseen(void **state)
{
	static const struct {
		const char *paths[3][2]; /* and what they say */
		const char *name;
		enum origin_unseen unseen;
	} cases[] = {
		{ { { NULL } }, "eth0", UNSEEN_NOTHING },
		{ { { NULL } }, "v0", UNSEEN_NOTHING },
		{ { { NULL } }, "eth0.5", UNSEEN_NOTHING },
		{ { { NULL } }, "gone", UNSEEN_INTERFACE },
		{ { { LINK "eth0 xdp mode", "xdp" } }, "eth0", UNSEEN_XDP },
		{ { { LINK "eth0 xdp mode", "xdpgeneric" } }, "eth0.5", UNSEEN_XDP },
		{ { { "tc -s qdisc show dev eth0 ingress kind", "ingress" } }, "eth0",
			UNSEEN_NOTHING },
		{ { { "tc -s qdisc show dev eth0 ingress kind", "ingress" } }, "eth0.5",
			UNSEEN_REDIRECTION },
		{ { { "tc -s qdisc show dev eth0 clsact kind", "clsact" } }, "eth0.5",
			UNSEEN_REDIRECTION },
		{ { { LINK "eth0.5 link-netnsid", "3" } }, "eth0.5", UNSEEN_LOWER },
		{ { { NULL } }, "x0", UNSEEN_TUNNEL },
		{ { { LINK "x0 kind", "tun" } }, "x0", UNSEEN_PROGRAM },
		{ { { LINK "x0 kind", "wireguard" } }, "x0", UNSEEN_TUNNEL },
		{ { { LINK "x0 kind", "macvlan" }, { LINK "x0 link", "2" } }, "x0",
			UNSEEN_NOTHING },
		{ { { LINK "x0 kind", "macvlan" } }, "x0", UNSEEN_LOWER },
		{ { { LINK "x0 kind", "bridge" } }, "x0", UNSEEN_LOWER },
		{ { { LINK "x0 kind", "bridge" }, { LINK "eth0 master", "9" },
			  { LINK "v0 master", "9" } },
			"x0", UNSEEN_NOTHING },
		{ { { LINK "x0 kind", "bond" }, { LINK "eth0 master", "9" } }, "x0",
			UNSEEN_NOTHING },
		{ { { LINK "x0 kind", "bond" }, { LINK "eth0 master", "9" },
			  { LINK "v0 master", "9" } },
			"x0", UNSEEN_LINKS },
		{ { { LINK "v0 kind", "vxlan" }, { LINK "x0 kind", "bridge" },
			  { LINK "v0 master", "9" } },
			"x0", UNSEEN_TUNNEL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine machine = begin();
		struct origin_setting setting;

		add_link(&machine, "x0", "9", "vxlan");
		for (size_t j = 0; j < 3 && cases[i].paths[j][0]; j++)
			snapshot_set(machine.snapshot, cases[i].paths[j][0], cases[i].paths[j][1]);
		seal(&machine);
		setting = setting_of(&machine, cases[i].name);
		if (setting.unseen != cases[i].unseen)
			fail_msg("row %zu: %d", i, setting.unseen);
		if (setting.unseen == UNSEEN_TUNNEL)
			assert_int_equal(setting.steers, ORIGIN_UNKNOWN);
		end(&machine);
	}
}

static void own(void **state)
{
	static const struct {
		uint8_t from[6], address[4];
		const char *routes;
		uint16_t linktype;
		bool ip, own;
		const char *connections; /* tracked, NULL: nothing tracks */
	} cases[] = {
		{ { 2, 0, 0, 0, 0, 0xa }, { 192, 0, 2, 1 }, "0", LINKTYPE_ETHERNET, true, true,
			NULL },
		{ { 2, 0, 0, 0, 0, 0xa }, { 192, 0, 2, 9 }, "0", LINKTYPE_ETHERNET, true, true,
			NULL },
		{ { 2, 0, 0, 0, 0, 0xb }, { 192, 0, 2, 1 }, "0", LINKTYPE_ETHERNET, true, false,
			NULL },
		{ { 2, 0, 0, 0, 0, 0xa }, { 192, 0, 2, 1 }, "1", LINKTYPE_ETHERNET, true, true,
			NULL },
		{ { 2, 0, 0, 0, 0, 0xa }, { 192, 0, 2, 9 }, "1", LINKTYPE_ETHERNET, true, false,
			NULL },
		{ { 2, 0, 0, 0, 0, 0xa }, { 0 }, "1", LINKTYPE_ETHERNET, false, true, NULL },
		{ { 2, 0, 0, 0, 0, 0xb }, { 0 }, "1", LINKTYPE_ETHERNET, false, false, NULL },
		{ { 0 }, { 192, 0, 2, 1 }, "1", LINKTYPE_RAW, true, true, NULL },
		{ { 0 }, { 192, 0, 2, 9 }, "1", LINKTYPE_RAW, true, false, NULL },
		{ { 0 }, { 0 }, "0", LINKTYPE_RAW, false, false, NULL },
		/* It may have given what it forwards its own address. */
		{ { 2, 0, 0, 0, 0, 0xa }, { 192, 0, 2, 1 }, "1", LINKTYPE_ETHERNET, true, false,
			"1" },
		{ { 2, 0, 0, 0, 0, 0xa }, { 192, 0, 2, 1 }, "1", LINKTYPE_ETHERNET, true, true,
			"0" },
		{ { 2, 0, 0, 0, 0, 0xa }, { 192, 0, 2, 1 }, "0", LINKTYPE_ETHERNET, true, true,
			"1" },
		{ { 2, 0, 0, 0, 0, 0xa }, { 192, 0, 2, 1 }, "1", LINKTYPE_ETHERNET, true, false,
			"denied" },
	};
	static const char *const names[] = { "eth0" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine machine = begin();
		uint8_t bytes[34] = { 0 };
		struct packet packet = { .data = bytes,
			.caplen = sizeof(bytes),
			.network_offset = 14,
			.linktype = cases[i].linktype,
			.flags = cases[i].ip ? PACKET_IP : 0,
			.ip_version = 4 };
		struct own *own;

		memcpy(bytes + 6, cases[i].from, 6);
		memcpy(bytes + 26, cases[i].address, 4);
		snapshot_set(machine.snapshot, "/proc/sys/net/ipv4/ip_forward", cases[i].routes);
		if (cases[i].connections && strcmp(cases[i].connections, "denied") == 0)
			snapshot_set_unknown(machine.snapshot, CONNECTIONS, VALUE_DENIED);
		else if (cases[i].connections)
			snapshot_set(machine.snapshot, CONNECTIONS, cases[i].connections);
		seal(&machine);
		own = own_new(machine.host, names, 1);
		if (own_sent(own, &packet) != cases[i].own)
			fail_msg("row %zu", i);
		packet.caplen = 11;
		if (cases[i].linktype == LINKTYPE_ETHERNET)
			assert_false(own_sent(own, &packet));
		own_free(own);
		end(&machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_usual),
		cmocka_unit_test(stacked),
		cmocka_unit_test(bridged),
		cmocka_unit_test(unknown),
		cmocka_unit_test(follows),
		cmocka_unit_test(veth_rings),
		cmocka_unit_test(meanwhile),
		cmocka_unit_test(unseen),
		cmocka_unit_test(own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
