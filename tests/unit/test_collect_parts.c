/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What answers about qdiscs, filters, sockets and features become in a snapshot: messages made by
 * hand, then the same cut and mutated at random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/packet_diag.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/xdp_diag.h>

#include "host/collect_ethtool.h"
#include "host/collect_sockets.h"
#include "host/collect_tc.h"
#include "host/state.h"
#include "tests/unit/expect_told.h"
#include "tests/unit/messages.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

static void read_as_everything(const uint8_t *bytes, size_t length)
{
	struct snapshot *snapshot = snapshot_new();
	struct held_socket socket;
	struct filter filter;
	struct qdisc qdisc;

	if (qdisc_parse(bytes, length, &qdisc))
		qdisc_tell(snapshot, "e0", &qdisc, bytes, length);
	if (filter_parse(bytes, length, &filter))
		filter_tell(snapshot, "e0", "egress", 3, &filter);
	packet_socket_tell(snapshot, bytes, length, &socket);
	xdp_socket_tell(snapshot, bytes, length, &socket);
	snapshot_free(snapshot);
}

static void survives_mutations(void **state)
{
	const struct image images[] = { qdisc_image(TC_H_ROOT, "fq"),
		filter_image("flower", TCA_FLOWER_ACT, TCA_FLOWER_FLAGS), packet_image(),
		xdp_image() };
	uint32_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t length;
		uint8_t *copy = mutated(&images[round % COUNT(images)], &random, &length);

		read_as_everything(copy, length);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_qdiscs),
		cmocka_unit_test(tells_filters),
		cmocka_unit_test(tells_sockets),
		cmocka_unit_test(tells_features),
		cmocka_unit_test(knows_counters_and_errors),
		cmocka_unit_test(survives_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
