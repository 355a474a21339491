/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What answers of rtnetlink about interfaces become in a snapshot: messages made by hand, then the
 * same cut and mutated at random, of which nothing is asked but that they end the reading.
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
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>

#include "host/collect_link.h"
#include "tests/unit/expect_told.h"
#include "tests/unit/messages.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
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

/* Copies end where their memory ends, so that a sanitizer sees a byte too many. */
static void survives_mutations(void **state)
{
	const struct image images[] = { veth_image(), bond_image(),
		tunnel_image("vxlan", "192.0.2.7"), tunnel_image("gre", "2001:db8::7") };
	uint32_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct snapshot *snapshot = snapshot_new();
		size_t length;
		uint8_t *copy = mutated(&images[round % COUNT(images)], &random, &length);
		struct link link;

		link_tell(snapshot, copy, length, &link);
		link_peer_tell(snapshot, "v1", copy, length);
		snapshot_free(snapshot);
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
		cmocka_unit_test(ends_where_attributes_are_cut),
		cmocka_unit_test(survives_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
