/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel's answers become in a snapshot: messages made by hand, then the same cut and
 * mutated at random, of which nothing is asked but that they end the reading.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/packet_diag.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/xdp_diag.h>

#include "host/attributes.h"
#include "host/collect_ethtool.h"
#include "host/collect_link.h"
#include "host/collect_sockets.h"
#include "host/collect_tc.h"
#include "host/state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IMAGE_BYTES 2048

struct image {
	uint8_t bytes[IMAGE_BYTES];
	size_t length;
};

static void put_raw(struct image *image, const void *bytes, size_t length)
{
	assert_true(image->length + NLA_ALIGN(length) <= IMAGE_BYTES);
	memcpy(image->bytes + image->length, bytes, length);
	image->length += NLA_ALIGN(length);
}

static void put(struct image *image, unsigned type, const void *bytes, size_t length)
{
	struct nlattr header = { .nla_len = (uint16_t)(sizeof(header) + length),
		.nla_type = (uint16_t)type };

	put_raw(image, &header, sizeof(header));
	if (length)
		put_raw(image, bytes, length);
}

static void put_text(struct image *image, unsigned type, const char *text)
{
	put(image, type, text, strlen(text) + 1);
}

static void put_u8(struct image *image, unsigned type, uint8_t number)
{
	put(image, type, &number, sizeof(number));
}

static void put_u16(struct image *image, unsigned type, uint16_t number)
{
	put(image, type, &number, sizeof(number));
}

static void put_u32(struct image *image, unsigned type, uint32_t number)
{
	put(image, type, &number, sizeof(number));
}

static size_t begin_nest(struct image *image, unsigned type)
{
	size_t at = image->length;

	put(image, type | NLA_F_NESTED, NULL, 0);
	return at;
}

static void end_nest(struct image *image, size_t at)
{
	uint16_t length = (uint16_t)(image->length - at);

	memcpy(image->bytes + at, &length, sizeof(length));
}

static struct image begin_link(const char *name, int ifindex, unsigned flags)
{
	const struct ifinfomsg info = { .ifi_index = ifindex, .ifi_flags = flags };
	struct image image = { .length = 0 };

	put_raw(&image, &info, sizeof(info));
	put_text(&image, IFLA_IFNAME, name);
	return image;
}

static struct image veth_image(void)
{
	struct image image = begin_link(
		"v0", 7, IFF_UP | IFF_RUNNING | IFF_BROADCAST | IFF_LOWER_UP);
	size_t info;

	put_u32(&image, IFLA_MTU, 1500);
	put_u8(&image, IFLA_OPERSTATE, 6);
	put_text(&image, IFLA_QDISC, "noqueue");
	put(&image, IFLA_ADDRESS, "\x02\0\0\0\0\xff", 6);
	put_u32(&image, IFLA_LINK, 9);
	put_u32(&image, IFLA_LINK_NETNSID, 3);
	put_u32(&image, IFLA_MASTER, 12);
	put_u32(&image, IFLA_TARGET_NETNSID, 3);
	info = begin_nest(&image, IFLA_LINKINFO);
	put_text(&image, IFLA_INFO_KIND, "veth");
	put_text(&image, IFLA_INFO_SLAVE_KIND, "bridge");
	size_t data = begin_nest(&image, IFLA_INFO_SLAVE_DATA);
	put_u8(&image, IFLA_BRPORT_STATE, 3);
	put_u8(&image, IFLA_BRPORT_ISOLATED, 1);
	end_nest(&image, data);
	end_nest(&image, info);
	data = begin_nest(&image, IFLA_XDP);
	put_u8(&image, IFLA_XDP_ATTACHED, XDP_ATTACHED_SKB);
	put_u32(&image, IFLA_XDP_PROG_ID, 42);
	end_nest(&image, data);
	return image;
}

static struct image tunnel_image(const char *kind, const char *far)
{
	struct image image = begin_link("t0", 8, IFF_UP);
	size_t info = begin_nest(&image, IFLA_LINKINFO), data;
	uint8_t address[16] = { 0 };
	uint16_t port = htons(4789);

	put_text(&image, IFLA_INFO_KIND, kind);
	data = begin_nest(&image, IFLA_INFO_DATA);
	if (strcmp(kind, "vxlan") == 0) {
		put_u32(&image, IFLA_VXLAN_ID, 5);
		put(&image, IFLA_VXLAN_PORT, &port, sizeof(port));
		inet_pton(AF_INET, far, address);
		put(&image, IFLA_VXLAN_GROUP, address, 4);
	} else {
		inet_pton(AF_INET6, far, address);
		put(&image, IFLA_GRE_REMOTE, address, 16);
		put_u16(&image, IFLA_GRE_OFLAGS, htons(0x1000));
		put_u16(&image, IFLA_GRE_IFLAGS, 0);
	}
	end_nest(&image, data);
	end_nest(&image, info);
	return image;
}

static struct image bond_image(void)
{
	struct image image = begin_link("bond0", 11, IFF_UP | IFF_MASTER);
	size_t info = begin_nest(&image, IFLA_LINKINFO), data;

	put_text(&image, IFLA_INFO_KIND, "bond");
	data = begin_nest(&image, IFLA_INFO_DATA);
	put_u8(&image, IFLA_BOND_MODE, 0);
	put_u8(&image, IFLA_BOND_XMIT_HASH_POLICY, 1);
	put_u8(&image, IFLA_BOND_AD_LACP_RATE, 77);
	end_nest(&image, data);
	end_nest(&image, info);
	return image;
}

static struct image qdisc_image(uint32_t parent, const char *kind)
{
	const struct tcmsg head = {
		.tcm_ifindex = 4, .tcm_handle = 0x80010000, .tcm_parent = parent
	};
	const struct gnet_stats_basic basic = { .bytes = 1000, .packets = 10 };
	const struct gnet_stats_queue queue = {
		.qlen = 1, .backlog = 1514, .drops = 3, .requeues = 4, .overlimits = 5
	};
	struct image image = { .length = 0 };
	size_t stats;

	put_raw(&image, &head, sizeof(head));
	put_text(&image, TCA_KIND, kind);
	stats = begin_nest(&image, TCA_STATS2);
	put(&image, TCA_STATS_BASIC, &basic, sizeof(basic));
	put(&image, TCA_STATS_QUEUE, &queue, sizeof(queue));
	end_nest(&image, stats);
	return image;
}

static void put_action(struct image *image, unsigned number, const char *kind, unsigned parameter,
	const void *bytes, size_t length)
{
	const struct gnet_stats_queue queue = { .drops = 7, .overlimits = 8 };
	size_t action = begin_nest(image, number), nest;

	put_text(image, TCA_ACT_KIND, kind);
	nest = begin_nest(image, TCA_ACT_STATS);
	put(image, TCA_STATS_QUEUE, &queue, sizeof(queue));
	end_nest(image, nest);
	nest = begin_nest(image, TCA_ACT_OPTIONS);
	put(image, parameter, bytes, length);
	end_nest(image, nest);
	end_nest(image, action);
}

/* A mirror, then a drop; of u32 without a selector it is but a table. */
static struct image filter_image(const char *kind, unsigned place, unsigned flags)
{
	const struct tcmsg head = { .tcm_ifindex = 4 };
	const struct tc_mirred mirred = { .eaction = TCA_EGRESS_MIRROR };
	const struct tc_gact gact = { .action = TC_ACT_SHOT };
	struct image image = { .length = 0 };
	size_t options, actions;

	put_raw(&image, &head, sizeof(head));
	put_text(&image, TCA_KIND, kind);
	options = begin_nest(&image, TCA_OPTIONS);
	put_u32(&image, flags, TCA_CLS_FLAGS_IN_HW);
	actions = begin_nest(&image, place);
	put_action(&image, 1, "mirred", TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
	put_action(&image, 2, "gact", TCA_GACT_PARMS, &gact, sizeof(gact));
	end_nest(&image, actions);
	end_nest(&image, options);
	return image;
}

static struct image packet_image(void)
{
	const struct packet_diag_msg message = {
		.pdiag_type = 3, .pdiag_num = 0x88b5, .pdiag_ino = 4711
	};
	const struct packet_diag_info info = { .pdi_flags = PDI_VNETHDR | PDI_RUNNING };
	const struct packet_diag_ring ring = { .pdr_block_nr = 1 };
	struct image image = { .length = 0 };

	put_raw(&image, &message, sizeof(message));
	put(&image, PACKET_DIAG_INFO, &info, sizeof(info));
	put(&image, PACKET_DIAG_RX_RING, &ring, sizeof(ring));
	put_u32(&image, PACKET_DIAG_FANOUT, 5u << 16 | 9);
	return image;
}

static struct image xdp_image(void)
{
	const struct xdp_diag_msg message = { .xdiag_ino = 4712 };
	const struct xdp_diag_info info = { .queue_id = 2 };
	const struct xdp_diag_umem memory = { .flags = XDP_DU_F_ZEROCOPY };
	struct image image = { .length = 0 };

	put_raw(&image, &message, sizeof(message));
	put(&image, XDP_DIAG_INFO, &info, sizeof(info));
	put(&image, XDP_DIAG_UMEM, &memory, sizeof(memory));
	return image;
}

static void expect_text(const struct snapshot *snapshot, const char *path, const char *text)
{
	const struct snapshot_value *value = snapshot_find(snapshot, path);

	if (!value)
		fail_msg("'%s' is missing", path);
	assert_int_equal(value->state, VALUE_PRESENT);
	assert_string_equal(value->text, text);
}

static void expect_state(const struct snapshot *snapshot, const char *path, enum value_state state)
{
	const struct snapshot_value *value = snapshot_find(snapshot, path);

	if (!value)
		fail_msg("'%s' is missing", path);
	assert_int_equal(value->state, state);
}

static struct snapshot *told(const struct image *image, struct link *link)
{
	struct snapshot *snapshot = snapshot_new();

	assert_true(link_tell(snapshot, image->bytes, image->length, link));
	snapshot_seal(snapshot);
	return snapshot;
}

static void tells_a_link(void **state)
{
	struct image image = veth_image();
	struct link link;
	struct snapshot *snapshot = told(&image, &link);

	(void)state;
	assert_int_equal(link.ifindex, 7);
	assert_string_equal(link.kind, "veth");
	assert_true(link.elsewhere);
	assert_int_equal(link.namespace_id, 3);
	assert_int_equal(link.link, 9);
	assert_int_equal(link.far.length, 0);
	expect_text(snapshot, "ip -d link show v0 ifindex", "7");
	expect_text(snapshot, "ip -d link show v0 flags", "BROADCAST,UP,LOWER_UP");
	expect_text(snapshot, "ip -d link show v0 state", "UP");
	expect_text(snapshot, "ip -d link show v0 mtu", "1500");
	expect_text(snapshot, "ip -d link show v0 address", "02:00:00:00:00:ff");
	expect_text(snapshot, "ip -d link show v0 link-netnsid", "3");
	expect_text(snapshot, "ip -d link show v0 bridge_slave state", "forwarding");
	expect_text(snapshot, "ip -d link show v0 bridge_slave isolated", "on");
	expect_text(snapshot, "ip -d link show v0 xdp mode", "xdpgeneric");
	expect_text(snapshot, "ip -d link show v0 xdp prog", "42");
	snapshot_free(snapshot);
}

static void tells_a_peer(void **state)
{
	struct image image = veth_image();
	struct snapshot *snapshot = snapshot_new();

	(void)state;
	link_peer_tell(snapshot, "v1", image.bytes, image.length);
	snapshot_seal(snapshot);
	expect_text(snapshot, "ip -d link show v1 peer name", "v0");
	expect_text(snapshot, "ip -d link show v1 peer mtu", "1500");
	expect_text(snapshot, "ip -d link show v1 peer flags", "BROADCAST,UP,LOWER_UP");
	snapshot_free(snapshot);
}

static void tells_tunnels(void **state)
{
	struct image image = tunnel_image("vxlan", "192.0.2.7");
	struct links links = { 0 };
	struct link link;
	struct snapshot *snapshot = told(&image, &link);

	(void)state;
	expect_text(snapshot, "ip -d link show t0 flags", "NO-CARRIER,UP");
	expect_text(snapshot, "ip -d link show t0 vxlan remote", "192.0.2.7");
	expect_text(snapshot, "ip -d link show t0 vxlan dstport", "4789");
	links_add_far(&links, &link.far);
	links_add_far(&links, &link.far);
	assert_int_equal(links.far_count, 1);
	snapshot_free(snapshot);

	image = tunnel_image("ip6gretap", "2001:db8::7");
	snapshot = told(&image, &link);
	expect_text(snapshot, "ip -d link show t0 ip6gretap remote", "2001:db8::7");
	expect_text(snapshot, "ip -d link show t0 ip6gretap oseq", "on");
	expect_text(snapshot, "ip -d link show t0 ip6gretap iseq", "off");
	assert_int_equal(link.far.length, 16);
	snapshot_free(snapshot);

	image = tunnel_image("vxlan", "239.1.1.1");
	snapshot = told(&image, &link);
	links_add_far(&links, &link.far);
	link.far = (struct link_address){ .length = 4 };
	links_add_far(&links, &link.far);
	assert_int_equal(links.far_count, 1);
	snapshot_free(snapshot);
}

/* A number that has no name yet stays a number. */
static void tells_a_bond(void **state)
{
	struct image image = bond_image();
	struct link link;
	struct snapshot *snapshot = told(&image, &link);

	(void)state;
	expect_text(snapshot, "ip -d link show bond0 bond mode", "balance-rr");
	expect_text(snapshot, "ip -d link show bond0 bond xmit_hash_policy", "layer3+4");
	expect_text(snapshot, "ip -d link show bond0 bond lacp_rate", "77");
	snapshot_free(snapshot);
}

static void refuses_what_has_no_name(void **state)
{
	static const char *const names[] = { "", "a b", "a\nb", "sixteen-bytes-xx" };
	struct snapshot *snapshot = snapshot_new();
	struct image image;
	struct link link;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		image = begin_link(names[i], 7, 0);
		assert_false(link_tell(snapshot, image.bytes, image.length, &link));
	}
	image = begin_link("v0", 0, 0);
	assert_false(link_tell(snapshot, image.bytes, image.length, &link));
	assert_false(link_tell(snapshot, image.bytes, 3, &link));
	snapshot_free(snapshot);
}

static void tells_qdiscs(void **state)
{
	static const struct {
		uint32_t parent;
		const char *kind, *where;
	} places[] = {
		{ TC_H_ROOT, "fq_codel", "root" },
		{ TC_H_INGRESS, "ingress", "ingress" },
		{ TC_H_INGRESS, "clsact", "clsact" },
		{ 0x8001000a, "fq", "parent 8001:a" },
		{ 0x00000003, "fq", "parent :3" },
	};
	struct snapshot *snapshot = snapshot_new();
	struct qdisc qdisc;

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		struct image image = qdisc_image(places[i].parent, places[i].kind);

		assert_true(qdisc_parse(image.bytes, image.length, &qdisc));
		assert_string_equal(qdisc.where, places[i].where);
		qdisc_tell(snapshot, "e0", &qdisc, image.bytes, image.length);
	}
	snapshot_seal(snapshot);
	expect_text(snapshot, "tc -s qdisc show dev e0 root kind", "fq_codel");
	expect_text(snapshot, "tc -s qdisc show dev e0 root handle", "8001:");
	expect_text(snapshot, "tc -s qdisc show dev e0 parent 8001:a dropped", "3");
	expect_text(snapshot, "tc -s qdisc show dev e0 parent 8001:a backlog", "1514");
	expect_text(snapshot, "tc -s qdisc show dev e0 parent 8001:a packets", "10");
	snapshot_free(snapshot);
}

static void tells_filters(void **state)
{
	struct image image = filter_image("matchall", TCA_MATCHALL_ACT, TCA_MATCHALL_FLAGS);
	struct snapshot *snapshot = snapshot_new();
	struct filter filter;

	(void)state;
	assert_true(filter_parse(image.bytes, image.length, &filter));
	filter_tell(snapshot, "e0", "ingress", 1, &filter);
	snapshot_seal(snapshot);
	expect_text(snapshot, "tc -s filter show dev e0 ingress 1 kind", "matchall");
	expect_text(snapshot, "tc -s filter show dev e0 ingress 1 action", "mirred mirror,drop");
	expect_text(snapshot, "tc -s filter show dev e0 ingress 1 dropped", "14");
	expect_text(snapshot, "tc -s filter show dev e0 ingress 1 in_hw", "on");
	snapshot_free(snapshot);

	image = filter_image("u32", TCA_U32_ACT, TCA_U32_FLAGS);
	assert_false(filter_parse(image.bytes, image.length, &filter));
}

static void tells_sockets(void **state)
{
	static const char line[] = "0000000000000000 3      2    88b5   0     1 0      0      99\n";
	struct image packet = packet_image(), xdp = xdp_image();
	struct snapshot *snapshot = snapshot_new();
	struct held_socket socket;

	(void)state;
	assert_true(packet_socket_tell(snapshot, packet.bytes, packet.length, &socket));
	assert_int_equal(socket.inode, 4711);
	assert_true(xdp_socket_tell(snapshot, xdp.bytes, xdp.length, &socket));
	assert_true(packet_line_tell(snapshot, line, &socket));
	assert_false(packet_line_tell(snapshot, "sk RefCnt Type Proto Iface", &socket));
	snapshot_seal(snapshot);
	expect_text(snapshot, "ss -0 packet 4711 interface", "*");
	expect_text(snapshot, "ss -0 packet 4711 protocol", "0x88b5");
	expect_text(snapshot, "ss -0 packet 4711 type", "raw");
	expect_text(snapshot, "ss -0 packet 4711 vnet-header", "on");
	expect_text(snapshot, "ss -0 packet 4711 ring", "on");
	expect_text(snapshot, "ss -0 packet 4711 fanout", "qm");
	expect_text(snapshot, "ss -0 packet 4711 fanout-group", "9");
	expect_text(snapshot, "ss --xdp 4712 queue", "2");
	expect_text(snapshot, "ss --xdp 4712 mode", "zerocopy");
	expect_text(snapshot, "ss -0 packet 99 type", "dgram");
	expect_state(snapshot, "ss -0 packet 99 ring", VALUE_UNSUPPORTED);
	snapshot_free(snapshot);
}

/* A group of one takes the group's name; a group is on if one of it is. */
static void tells_features(void **state)
{
	static char names[][ETHTOOL_NAME_BYTES] = { "tx-scatter-gather", "tx-checksum-ipv4",
		"tx-checksum-ipv6", "rx-gro", "rx-gro-list", "", "tx-tcp6-segmentation" };
	const struct ethtool_names all = { names, COUNT(names) };
	const uint32_t available = 0x7b, requested = 0x49, active = 0x0c, never = 0x10;
	const struct ethtool_feature_bits bits = { &available, &requested, &active, &never };
	struct snapshot *snapshot = snapshot_new();

	(void)state;
	ethtool_features_tell(snapshot, "e0", &all, &bits);
	snapshot_seal(snapshot);
	expect_text(snapshot, "ethtool -k e0 scatter-gather", "off [requested on]");
	expect_text(snapshot, "ethtool -k e0 tx-checksumming", "on");
	expect_text(snapshot, "ethtool -k e0 tx-checksum-ipv4", "off");
	expect_text(snapshot, "ethtool -k e0 tx-checksum-ipv6", "on [fixed]");
	expect_text(snapshot, "ethtool -k e0 generic-receive-offload", "on");
	expect_text(snapshot, "ethtool -k e0 rx-gro-list", "off [fixed]");
	expect_text(snapshot, "ethtool -k e0 tcp-segmentation-offload", "off [requested on]");
	expect_text(snapshot, "ethtool -k e0 large-receive-offload", "off");
	assert_null(snapshot_find(snapshot, "ethtool -k e0 rx-gro"));
	snapshot_free(snapshot);
}

static void knows_counters_and_errors(void **state)
{
	(void)state;
	assert_true(ethtool_counter_wanted("rx_missed_errors"));
	assert_true(ethtool_counter_wanted("rx0_xdp_drops"));
	assert_true(ethtool_counter_wanted("port.rx_discards"));
	assert_false(ethtool_counter_wanted("tx0_kicks"));
	assert_int_equal(state_of_error(EOPNOTSUPP), VALUE_UNSUPPORTED);
	assert_int_equal(state_of_error(EPERM), VALUE_DENIED);
	assert_int_equal(state_of_error(ENODEV), VALUE_ABSENT);
	assert_int_equal(state_of_error(EIO), VALUE_FAILED);
}

static void ends_where_attributes_are_cut(void **state)
{
	static const uint8_t shorter[] = { 3, 0, 1, 0 }, longer[] = { 12, 0, 1, 0, 1, 2, 3, 4 };
	struct netlink_reader reader = { shorter, sizeof(shorter) };
	struct netlink_attribute attribute;

	(void)state;
	assert_false(netlink_next(&reader, &attribute));
	reader = (struct netlink_reader){ longer, sizeof(longer) };
	assert_false(netlink_next(&reader, &attribute));
	reader = (struct netlink_reader){ longer, 2 };
	assert_false(netlink_next(&reader, &attribute));
}

static void read_as_everything(const uint8_t *bytes, size_t length)
{
	struct snapshot *snapshot = snapshot_new();
	struct held_socket socket;
	struct filter filter;
	struct qdisc qdisc;
	struct link link;

	link_tell(snapshot, bytes, length, &link);
	link_peer_tell(snapshot, "v1", bytes, length);
	if (qdisc_parse(bytes, length, &qdisc))
		qdisc_tell(snapshot, "e0", &qdisc, bytes, length);
	if (filter_parse(bytes, length, &filter))
		filter_tell(snapshot, "e0", "egress", 3, &filter);
	packet_socket_tell(snapshot, bytes, length, &socket);
	xdp_socket_tell(snapshot, bytes, length, &socket);
	snapshot_free(snapshot);
}

/* Copies end where their memory ends, so that a sanitizer sees a byte too many. */
static void survives_mutations(void **state)
{
	const struct image images[] = { veth_image(), bond_image(),
		tunnel_image("vxlan", "192.0.2.7"), tunnel_image("gre", "2001:db8::7"),
		qdisc_image(TC_H_ROOT, "fq"),
		filter_image("flower", TCA_FLOWER_ACT, TCA_FLOWER_FLAGS), packet_image(),
		xdp_image() };
	uint32_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		const struct image *image = &images[round % COUNT(images)];
		size_t length = round % 3 ? image->length : random % (image->length + 1);
		uint8_t *copy = malloc(length ? length : 1);

		memcpy(copy, image->bytes, length);
		for (unsigned i = 0; length && i < round % 5; i++) {
			random = random * 1664525 + 1013904223;
			copy[(random >> 8) % length] = (uint8_t)(random >> 24);
		}
		random = random * 1664525 + 1013904223;
		read_as_everything(copy, length);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_a_link),
		cmocka_unit_test(tells_a_peer),
		cmocka_unit_test(tells_tunnels),
		cmocka_unit_test(tells_a_bond),
		cmocka_unit_test(refuses_what_has_no_name),
		cmocka_unit_test(tells_qdiscs),
		cmocka_unit_test(tells_filters),
		cmocka_unit_test(tells_sockets),
		cmocka_unit_test(tells_features),
		cmocka_unit_test(knows_counters_and_errors),
		cmocka_unit_test(ends_where_attributes_are_cut),
		cmocka_unit_test(survives_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
