/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the collection makes of a kernel that is interrupted, silent, refuses, talks too long or
 * says anything: its answers are made up here, where the program calls send(2) and recvfrom(2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "host/collect_parts.h"
#include "tests/unit/expect_told.h"
#include "tests/unit/messages.h"

#define TALK_BYTES 65536
#define LONG_BYTES 60000 /* an attribute that no first buffer holds */
#define FAMILY 33
#define CROWD 1100 /* entries of a vxlan, more than are kept */
#define FAR "192.0.2.7"
#define GATEWAY "198.51.100.1"

/* How the kernel behaves. */
static struct behaviour {
	unsigned interruptions; /* of the dump of links */
	bool silent, strange_first, long_first, endless, crowded;
	int error;
	bool mutate;
	uint32_t random;
} behaviour;

/* What it has to say, and what it was asked. */
static struct talk {
	_Alignas(8) uint8_t bytes[2 * TALK_BYTES];
	size_t length;
	bool told, ended;
	uint32_t sequence;
	unsigned link_dumps;
} talk;

static void say(unsigned type, unsigned flags, uint32_t sequence, const void *body, size_t length)
{
	struct nlmsghdr header = { .nlmsg_len = (uint32_t)(sizeof(header) + length),
		.nlmsg_type = (uint16_t)type,
		.nlmsg_flags = (uint16_t)flags,
		.nlmsg_seq = sequence };

	memcpy(talk.bytes + talk.length, &header, sizeof(header));
	memcpy(talk.bytes + talk.length + sizeof(header), body, length);
	talk.length += NLMSG_ALIGN(sizeof(header) + length);
}

static void say_image(unsigned type, unsigned flags, const struct image *image)
{
	size_t length = image->length;
	uint8_t *copy;

	if (!behaviour.mutate) {
		say(type, flags, talk.sequence, image->bytes, image->length);
		return;
	}
	copy = mutated(image, &behaviour.random, &length);
	say(type, flags, talk.sequence, copy, length);
	free(copy);
}

static void put_address(struct image *image, unsigned type, const char *text)
{
	uint8_t address[4];

	assert_int_equal(inet_pton(AF_INET, text, address), 1);
	put(image, type, address, sizeof(address));
}

static struct image link_image(const char *name, int ifindex, const char *kind)
{
	const struct ifinfomsg info = { .ifi_index = ifindex, .ifi_flags = IFF_UP | IFF_RUNNING };
	struct image image = { .length = 0 };
	size_t nest, data;

	put_raw(&image, &info, sizeof(info));
	put_text(&image, IFLA_IFNAME, name);
	put_u32(&image, IFLA_LINK, 1);
	put_u32(&image, IFLA_MTU, 1400);
	nest = begin_nest(&image, IFLA_LINKINFO);
	put_text(&image, IFLA_INFO_KIND, kind);
	data = begin_nest(&image, IFLA_INFO_DATA);
	if (strcmp(kind, "vxlan") == 0)
		put_address(&image, IFLA_VXLAN_GROUP, FAR);
	end_nest(&image, data);
	end_nest(&image, nest);
	return image;
}

static void say_links(unsigned flags)
{
	struct image veth = link_image("v0", 5, "veth"), vxlan = link_image("vx0", 6, "vxlan");

	say_image(RTM_NEWLINK, flags, &veth);
	if (flags)
		say_image(RTM_NEWLINK, flags, &vxlan);
}

static void say_address(void)
{
	const struct ifaddrmsg info = {
		.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 5
	};
	struct image image = { .length = 0 };

	put_raw(&image, &info, sizeof(info));
	put_address(&image, IFA_LOCAL, "198.51.100.2");
	say_image(RTM_NEWADDR, NLM_F_MULTI, &image);
}

/* The default over two next hops, the way to the far end over one. */
static void say_route(bool dump)
{
	const struct rtmsg info = {
		.rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST
	};
	struct rtnexthop hop = { .rtnh_len = sizeof(hop), .rtnh_ifindex = 6 };
	struct image image = { .length = 0 };
	size_t nest;

	put_raw(&image, &info, sizeof(info));
	put_address(&image, RTA_GATEWAY, GATEWAY);
	put_u32(&image, RTA_OIF, 5);
	nest = begin_nest(&image, dump ? RTA_MULTIPATH : RTA_METRICS);
	if (dump)
		put_raw(&image, &hop, sizeof(hop));
	else
		put_u32(&image, RTAX_MTU, 1380);
	end_nest(&image, nest);
	say_image(RTM_NEWROUTE, dump ? NLM_F_MULTI : 0, &image);
}

static void say_neighbour(uint8_t family)
{
	const struct ndmsg info = { .ndm_family = family,
		.ndm_ifindex = family == AF_BRIDGE ? 6 : 5,
		.ndm_state = NUD_FAILED };
	struct image image = { .length = 0 };

	put_raw(&image, &info, sizeof(info));
	put(&image, NDA_LLADDR, "\0\0\0\0\0\0", 6);
	put_address(&image, NDA_DST, family == AF_BRIDGE ? "192.0.2.8" : GATEWAY);
	say_image(RTM_NEWNEIGH, NLM_F_MULTI, &image);
}

/* The family netdev; then queue 3 of lo, as the kernel numbers attributes. */
static void say_generic(unsigned type)
{
	const struct genlmsghdr header = { .cmd = type == FAMILY ? 12 : CTRL_CMD_NEWFAMILY };
	struct image image = { .length = 0 };

	put_raw(&image, &header, sizeof(header));
	if (type == GENL_ID_CTRL) {
		put_u16(&image, CTRL_ATTR_FAMILY_ID, FAMILY);
	} else {
		put_u32(&image, 1, 1);
		put_u32(&image, 2, 0);
		put_u32(&image, 3, 3);
		put_u32(&image, 8, 4711);
	}
	say_image(type, type == FAMILY ? NLM_F_MULTI : 0, &image);
}

static void answer(unsigned type, bool dump, const uint8_t *body)
{
	unsigned flags = dump ? NLM_F_MULTI : 0;

	if (type == RTM_GETLINK && dump && talk.link_dumps++ < behaviour.interruptions)
		flags |= NLM_F_DUMP_INTR;
	if (type == RTM_GETLINK)
		say_links(flags);
	else if (type == RTM_GETADDR)
		say_address();
	else if (type == GENL_ID_CTRL || type == FAMILY)
		say_generic(type);
	else if (type == RTM_GETROUTE)
		say_route(dump);
	for (unsigned i = 0; type == RTM_GETNEIGH && i < (behaviour.crowded ? CROWD : 1); i++)
		say_neighbour(*body);
}

/* Of another question, whose answer comes late. */
static void say_strange(void)
{
	struct image strange = link_image("strange", 77, "veth");

	say(RTM_NEWLINK, NLM_F_MULTI, talk.sequence + 1000, strange.bytes, strange.length);
}

static void say_long(void)
{
	static uint8_t body[sizeof(struct ifinfomsg) + LONG_BYTES];
	const struct nlattr header = { .nla_len = LONG_BYTES, .nla_type = 999 };

	memcpy(body + sizeof(struct ifinfomsg), &header, sizeof(header));
	say(RTM_NEWLINK, NLM_F_MULTI, talk.sequence, body, sizeof(body));
}

ssize_t __wrap_send(int descriptor, const void *bytes, size_t length, int flags);
ssize_t __wrap_send(int descriptor, const void *bytes, size_t length, int flags)
{
	const int32_t done = 0, refused = -behaviour.error;
	struct nlmsghdr header;
	bool dump;

	(void)descriptor;
	(void)flags;
	assert_true(length >= sizeof(header));
	memcpy(&header, bytes, sizeof(header));
	assert_int_equal(header.nlmsg_len, length);
	dump = (header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	talk.length = 0;
	talk.sequence = header.nlmsg_seq;
	if (behaviour.silent)
		return (ssize_t)length;
	if (behaviour.strange_first)
		say_strange();
	if (behaviour.long_first && dump)
		say_long();
	if (behaviour.error)
		say(NLMSG_ERROR, 0, talk.sequence, &refused, sizeof(refused));
	else
		answer(header.nlmsg_type, dump, (const uint8_t *)bytes + sizeof(header));
	if (dump)
		say(NLMSG_DONE, NLM_F_MULTI, talk.sequence, &done, sizeof(done));
	return (ssize_t)length;
}

ssize_t __wrap_recvfrom(int descriptor, void *bytes, size_t size, int flags,
	struct sockaddr *address, socklen_t *address_size);
ssize_t __wrap_recvfrom(int descriptor, void *bytes, size_t size, int flags,
	struct sockaddr *address, socklen_t *address_size)
{
	size_t length = talk.length;

	(void)descriptor;
	memset(address, 0, *address_size);
	if (length == 0) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(bytes, talk.bytes, length < size ? length : size);
	if (!(flags & MSG_PEEK))
		talk.length = 0;
	return behaviour.endless ? 64 << 20 : (ssize_t)length;
}

static struct snapshot *collect(struct behaviour wanted)
{
	struct snapshot *snapshot = snapshot_new();

	behaviour = wanted;
	memset(&talk, 0, sizeof(talk));
	collect_links(snapshot);
	collect_queue_statistics(snapshot);
	snapshot_seal(snapshot);
	return snapshot;
}

static void expect_all(const struct snapshot *snapshot)
{
	expect_text(snapshot, "ip -d link show v0 mtu", "1400");
	expect_text(snapshot, "ip -d link show v0 peer mtu", "1400");
	expect_text(snapshot, "ip -d link show vx0 vxlan remote", FAR);
	expect_text(snapshot, "ip address show dev v0 198.51.100.2", "24");
	expect_text(snapshot, "ip route show default dev v0", GATEWAY);
	expect_text(snapshot, "ip route show default dev vx0", "");
	expect_text(snapshot, "ip route get " FAR, "v0");
	expect_text(snapshot, "ip route get " FAR " via", GATEWAY);
	expect_text(snapshot, "ip route get " FAR " mtu", "1380");
	expect_text(snapshot, "ip route get 192.0.2.8", "v0");
	expect_text(snapshot, "ip neigh show " GATEWAY " dev v0", "FAILED");
	expect_text(snapshot, "bridge fdb show dev vx0 00:00:00:00:00:00", "192.0.2.8");
	expect_text(snapshot, "ynl netdev qstats-get lo rx-3 rx-packets", "4711");
	assert_null(snapshot_find(snapshot, "ip -d link show strange mtu"));
}

static void takes_answers(void **state)
{
	struct snapshot *snapshot = collect((struct behaviour){ .silent = false });

	(void)state;
	expect_all(snapshot);
	assert_int_equal(talk.link_dumps, 1);
	snapshot_free(snapshot);
}

static void asks_again_when_interrupted(void **state)
{
	struct snapshot *snapshot = collect((struct behaviour){ .interruptions = 2 });

	(void)state;
	expect_all(snapshot);
	assert_int_equal(talk.link_dumps, 3);
	snapshot_free(snapshot);

	snapshot = collect((struct behaviour){ .interruptions = 1000 });
	expect_all(snapshot);
	assert_int_equal(talk.link_dumps, 4);
	snapshot_free(snapshot);
}

static void passes_over_other_answers(void **state)
{
	struct snapshot *snapshot = collect((struct behaviour){ .strange_first = true });

	(void)state;
	expect_all(snapshot);
	snapshot_free(snapshot);
}

static void takes_long_messages(void **state)
{
	struct snapshot *snapshot = collect((struct behaviour){ .long_first = true });

	(void)state;
	expect_all(snapshot);
	snapshot_free(snapshot);
}

static void says_why_there_is_nothing(void **state)
{
	static const struct {
		struct behaviour behaviour;
		enum value_state wanted;
	} cases[] = {
		{ { .silent = true }, VALUE_FAILED },
		{ { .endless = true }, VALUE_FAILED },
		{ { .error = EPERM }, VALUE_DENIED },
		{ { .error = EOPNOTSUPP }, VALUE_UNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct snapshot *snapshot = collect(cases[i].behaviour);
		const struct snapshot_value *value = snapshot_find(snapshot, "ip -d link show");

		assert_non_null(value);
		assert_int_equal(value->state, cases[i].wanted);
		snapshot_free(snapshot);
	}
}

/* What there is of a crowd is told, and that it is not all. */
static void says_what_is_cut(void **state)
{
	struct snapshot *snapshot = collect((struct behaviour){ .crowded = true });
	const struct snapshot_value *value = snapshot_find(snapshot, "bridge fdb show dev vx0");

	(void)state;
	assert_non_null(value);
	assert_int_equal(value->state, VALUE_FAILED);
	assert_non_null(snapshot_find(snapshot, "bridge fdb show dev vx0 00:00:00:00:00:00"));
	expect_text(snapshot, "ip neigh show " GATEWAY " dev v0", "FAILED");
	snapshot_free(snapshot);
}

static void survives_any_answer(void **state)
{
	struct behaviour wanted = { .mutate = true, .random = 1 };

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		snapshot_free(collect(wanted));
		wanted.random = behaviour.random;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_answers),
		cmocka_unit_test(asks_again_when_interrupted),
		cmocka_unit_test(passes_over_other_answers),
		cmocka_unit_test(takes_long_messages),
		cmocka_unit_test(says_why_there_is_nothing),
		cmocka_unit_test(says_what_is_cut),
		cmocka_unit_test(survives_any_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
