/* SPDX-License-Identifier: BSD-2-Clause */
/* What the capturing machine tells of super-frames: why they pass an interface, and its MTU. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/flow.h"
#include "analyzers/offload_datagram.h"
#include "analyzers/offload_host.h"

/* Path and text, in turn: two veths that see each other, one that does not, a VLAN, a guest. */
static const char *const values[][2] = {
	{ "ip -d link show eth0 ifindex", "2" },
	{ "ip -d link show eth0 mtu", "1500" },
	{ "ethtool -k eth0 tx-tcp-segmentation", "on" },
	{ "ethtool -k eth0 generic-receive-offload", "on" },
	{ "ip -d link show eth1 ifindex", "3" },
	{ "ethtool -k eth1 large-receive-offload", "on" },
	{ "ethtool -k eth1 generic-receive-offload", "on" },
	{ "ip -d link show va ifindex", "4" },
	{ "ip -d link show va kind", "veth" },
	{ "ip -d link show va link", "5" },
	{ "ethtool -k va tx-tcp-segmentation", "on" },
	{ "ethtool -k va generic-receive-offload", "off" },
	{ "ip -d link show vb ifindex", "5" },
	{ "ip -d link show vb kind", "veth" },
	{ "ip -d link show vb link", "4" },
	{ "ethtool -k vb tx-tcp-segmentation", "off" },
	{ "ethtool -k vb generic-segmentation-offload", "on" },
	{ "ethtool -k vb generic-receive-offload", "on" },
	{ "ip -d link show vc ifindex", "6" },
	{ "ip -d link show vc kind", "veth" },
	{ "ip -d link show vc link", "2" },
	{ "ip -d link show vc link-netnsid", "0" },
	{ "ethtool -k vc generic-receive-offload", "on" },
	{ "ip -d link show eth0.7 ifindex", "7" },
	{ "ip -d link show eth0.7 kind", "vlan" },
	{ "ip -d link show eth0.7 link", "2" },
	{ "ip -d link show round ifindex", "8" },
	{ "ip -d link show round kind", "vlan" },
	{ "ip -d link show round link", "8" },
	{ "ip -d link show tap0 ifindex", "9" },
	{ "ip -d link show tap0 kind", "tun" },
	{ "ethtool -k tap0 generic-receive-offload", "off" },
	{ "ip -d link show ens3 ifindex", "10" },
	{ "ethtool -i ens3 driver", "virtio_net" },
	{ "ethtool -k ens3 rx-gro-hw", "on [fixed]" },
	{ "ip -d link show bare ifindex", "11" },
	{ "ip -d link show bare kind", "veth" },
	{ "ip -d link show lo ifindex", "1" },
	{ "ip -d link show lo flags", "LOOPBACK,UP,LOWER_UP" },
	{ "ip -d link show lo mtu", "1500" },
};

static struct snapshot *snapshot;
static struct host *host;

static int make_host(void **state)
{
	snapshot = snapshot_new();
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		snapshot_set(snapshot, values[i][0], values[i][1]);
	snapshot_seal(snapshot);
	host = host_new(snapshot, NULL);
	return 0;
}

static int free_host(void **state)
{
	host_free(host);
	snapshot_free(snapshot);
	return 0;
}

static void settings_explain(void **state)
{
	static const struct {
		const char *name;
		enum offload_way way;
		const char *text;
	} cases[] = {
		{ "eth0", OFFLOAD_SENT, "sent: tso is on at eth0" },
		{ "eth0", OFFLOAD_RECEIVED, "received: gro is on at eth0" },
		{ "eth1", OFFLOAD_RECEIVED, "received: lro is on at eth1" },
		{ "eth1", OFFLOAD_SENT, "" },
		{ "va", OFFLOAD_SENT, "sent: tso is on at va" },
		{ "va", OFFLOAD_RECEIVED,
			"received on va, a veth whose gro is off: the peer's tso crosses it "
			"whole" },
		{ "vb", OFFLOAD_SENT, "sent: gso is on at vb" },
		{ "vb", OFFLOAD_RECEIVED,
			"received on vb, a veth: the peer's tso crosses it whole, and gro is on" },
		{ "vc", OFFLOAD_RECEIVED,
			"received on vc, a veth: gro is on, or the peer's tso crosses it whole" },
		{ "eth0.7", OFFLOAD_RECEIVED, "received: gro is on at eth0" },
		{ "round", OFFLOAD_RECEIVED, "" },
		{ "tap0", OFFLOAD_RECEIVED,
			"received on tap0, whose gro is off: its other end hands them over "
			"whole" },
		{ "ens3", OFFLOAD_RECEIVED, "received: the card merges, rx-gro-hw is on at ens3" },
		{ "bare", OFFLOAD_RECEIVED, "" },
		{ "lo", OFFLOAD_RECEIVED, "received on lo: loopback never cuts" },
		{ "gone", OFFLOAD_SENT, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[160] = "unset";
		bool told = offload_explain(host, cases[i].name, cases[i].way, text, sizeof(text));

		assert_string_equal(text, cases[i].text);
		assert_int_equal(told, *cases[i].text != '\0');
	}
}

static struct packet datagram(struct flow *flow, uint32_t payload, uint16_t id)
{
	return (struct packet){ .flags = PACKET_IP,
		.protocol = 17,
		.ip_version = 4,
		.ip_id = id,
		.ip_length = payload + 28,
		.payload_length = payload,
		.flow = flow };
}

/* Judges datagrams of that length, each `step` identifications on; returns segments of the last. */
static uint32_t judge_steps(
	struct offload_datagrams *datagrams, uint32_t payload, const uint32_t *steps, int count)
{
	struct flow flow = { .number = 70 };
	struct packet packet = { 0 };
	uint16_t id = 65000;

	for (int i = 0; i < count; i++) {
		packet = datagram(&flow, payload, id);
		offload_judge_datagram(datagrams, &packet);
		id = (uint16_t)(id + steps[i]);
	}
	assert_int_equal(!!(packet.flags & PACKET_SUPER), packet.segments > 1);
	return packet.segments;
}

static void strides_count_datagrams(void **state)
{
	static const struct {
		const char *name;
		uint32_t payload, steps[6];
		int count;
		uint32_t segments;
	} cases[] = {
		{ "four steps of five", 5555, { 5, 5, 5, 5, 5 }, 5, 5 },
		{ "three steps are too few", 5555, { 5, 5, 5, 5, 5 }, 4, 0 },
		{ "jumbo frames", 8000, { 1, 1, 1, 1, 1, 1 }, 6, 0 },
		{ "jumbo frames of two flows that share a counter", 8000, { 2, 2, 2, 2, 2, 2 }, 6,
			0 },
		{ "a counter that stands still", 5555, { 0, 0, 0, 0, 0, 0 }, 6, 0 },
		{ "a counter of many", 5555, { 5, 9, 5, 70, 5, 5 }, 6, 0 },
		{ "Ethernet's packets tell nothing", 1472, { 2, 2, 2, 2, 2, 2 }, 6, 0 },
	};
	static const struct analyzer_options options = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct offload_datagrams *datagrams = offload_datagrams_new(&options);
		uint32_t segments = judge_steps(
			datagrams, cases[i].payload, cases[i].steps, cases[i].count);

		if (segments != cases[i].segments)
			fail_msg("%s: %u", cases[i].name, segments);
		offload_datagrams_free(datagrams);
	}
}

static void the_mtu_tells(void **state)
{
	static const char *const names[] = { "eth0", "lo", "gone", "eth1" };
	const struct analyzer_options options = {
		.host = host, .interfaces = names, .interface_count = 4
	};
	static const struct {
		uint32_t interface, payload;
		bool fragment, super;
	} cases[] = { { 0, 1477, false, true }, { 0, 1476, false, false }, { 0, 3000, true, false },
		{ 1, 3000, false, false }, { 2, 3000, false, false }, { 3, 3000, false, false },
		{ 4, 3000, false, false } };
	struct offload_datagrams *datagrams = offload_datagrams_new(&options);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct packet packet = datagram(NULL, cases[i].payload, 0);

		packet.interface = cases[i].interface;
		packet.flags |= cases[i].fragment ? PACKET_FRAGMENT : 0;
		offload_judge_datagram(datagrams, &packet);
		assert_int_equal(!!(packet.flags & PACKET_SUPER), cases[i].super);
		assert_int_equal(packet.segments, 0);
	}
	offload_datagrams_free(datagrams);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_explain),
		cmocka_unit_test(strides_count_datagrams),
		cmocka_unit_test(the_mtu_tells),
	};

	return cmocka_run_group_tests(tests, make_host, free_host);
}
