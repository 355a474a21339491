/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which packets are late by the stamp of their arrival: of the same conversation, direction and
 * interface, in by it, and with a stamp of the kernel's; and what is bounded.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

#include "analyzers/arrivals.h"
#include "analyzers/flow.h"

#define LINKTYPE_ETHERNET 1

static int predict(const void *context, uint32_t interface, uint32_t hash)
{
	(void)context;
	(void)interface;
	(void)hash;
	return -1;
}

static const struct overtaken_steering steering = { predict, NULL };

static struct flow flow = { .number = 4,
	.key = { .address = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } },
		.port = { 443, 5000 },
		.protocol = IPPROTO_UDP,
		.ip_version = 4 } };

/* A datagram that came in at that time. */
static struct packet datagram(int64_t time_ns)
{
	return (struct packet){ .time_ns = time_ns,
		.frame_flags = FRAME_HAS_TIME | FRAME_STAMP_INGRESS,
		.flags = PACKET_IP | PACKET_PORTS,
		.protocol = IPPROTO_UDP,
		.direction = DIRECTION_IN,
		.ip_version = 4,
		.hash = 1234,
		.flow = &flow };
}

static bool take(struct arrivals *arrivals, struct packet packet)
{
	static uint64_t frames;
	struct passed *passed = passed_new(true);
	bool late;

	packet.frame = ++frames;
	late = arrivals_take(arrivals, &packet, passed_note(passed, &packet, false));
	passed_free(passed);
	return late;
}

static void late(void **state)
{
	struct arrivals *arrivals = arrivals_new(&steering);
	const struct arrivals_case *found;
	struct packet packet = datagram(100);

	(void)state;
	assert_false(take(arrivals, packet));
	assert_false(take(arrivals, packet)); /* at the same time */
	packet.time_ns = 300;
	packet.frame_flags |= FRAME_HAS_CPU;
	packet.cpu = 1;
	packet.stream = 9;
	assert_false(take(arrivals, packet));
	assert_null(arrivals_case(arrivals, 0));
	packet.time_ns = 250;
	packet.cpu = 0;
	assert_true(take(arrivals, packet));
	packet.time_ns = 200;
	assert_true(take(arrivals, packet));
	packet.time_ns = 300;
	assert_false(take(arrivals, packet));
	found = arrivals_case(arrivals, 0);
	assert_string_equal(found->subject, "udp 10.0.0.1:443 > 10.0.0.2:5000");
	assert_int_equal(found->flow, 5);
	assert_int_equal(found->stream, 9);
	assert_int_equal(found->packets, 6);
	assert_int_equal(found->late.result.counts.late, 2);
	assert_int_equal(found->late.result.counts.inside, 2);
	assert_int_equal(found->late.result.counts.inside_cpus_differ, 2);
	assert_int_equal(found->late.result.waited_ns.min, 50);
	assert_int_equal(found->late.result.waited_ns.max, 100);
	assert_int_equal(found->late.result.late[0].overtaker_cpu, 1);
	assert_int_equal(arrivals_totals(arrivals).late, 2);
	assert_int_equal(arrivals_totals(arrivals).forgotten, 0);
	assert_null(arrivals_case(arrivals, 1));
	arrivals_free(arrivals);
}

/* Between two packets of the one, one of another: each is judged by its own kind. */
static void apart(void **state)
{
	struct packet others[6];
	size_t count = 0;

	(void)state;
	others[count] = datagram(50);
	others[count++].side = 1;
	others[count] = datagram(50);
	others[count++].interface = 1;
	others[count] = datagram(50);
	others[count++].hash = 77;
	others[count] = datagram(50);
	others[count++].frame_flags = FRAME_HAS_TIME;
	others[count] = datagram(50);
	others[count++].direction = DIRECTION_OUT;
	others[count] = datagram(50);
	others[count].flow = NULL;
	others[count++].layer = LAYER_TRUNCATED;
	for (size_t i = 0; i < count; i++) {
		struct arrivals *arrivals = arrivals_new(&steering);

		assert_false(take(arrivals, datagram(100)));
		assert_false(take(arrivals, others[i]));
		assert_false(take(arrivals, others[i]));
		assert_true(take(arrivals, datagram(99)));
		arrivals_free(arrivals);
	}
}

/* Frames without IP go by stations, EtherType and VLAN. */
static void stations(void **state)
{
	static const uint8_t frames[2][14] = { { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5 },
		{ 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 0x88, 0xb5 } };
	struct arrivals *arrivals = arrivals_new(&steering);
	struct packet packet = datagram(100), other;

	(void)state;
	packet.flow = NULL;
	packet.flags = 0;
	packet.protocol = 0;
	packet.layer = LAYER_NETWORK;
	packet.linktype = LINKTYPE_ETHERNET;
	packet.caplen = sizeof(frames[0]);
	packet.ethertype = 0x88b5;
	packet.data = frames[0];
	assert_false(take(arrivals, packet));
	other = packet;
	other.time_ns = 50;
	other.data = frames[1];
	assert_false(take(arrivals, other));
	other.data = frames[0];
	other.vlan_id = 5;
	assert_false(take(arrivals, other));
	other.vlan_id = 0;
	other.ethertype = 0x88b6;
	assert_false(take(arrivals, other));
	other.ethertype = 0x88b5;
	other.caplen = 11;
	assert_false(take(arrivals, other));
	packet.time_ns = 60;
	assert_true(take(arrivals, packet));
	assert_string_equal(arrivals_case(arrivals, 0)->subject,
		"0x88b5 02:00:00:00:00:02 > 02:00:00:00:00:01");
	assert_int_equal(arrivals_case(arrivals, 0)->flow, 0);
	arrivals_free(arrivals);
}

/* Later fragments have no ports: those of two addresses are one conversation. */
static void fragments(void **state)
{
	static const uint8_t header[20] = { 0x45, [12] = 10, 0, 0, 1, 10, 0, 0, 2 };
	struct arrivals *arrivals = arrivals_new(&steering);
	struct packet packet = datagram(100);

	(void)state;
	packet.flow = NULL;
	packet.layer = LAYER_FRAGMENT;
	packet.reason = IPPROTO_UDP;
	packet.data = header;
	packet.caplen = sizeof(header);
	assert_false(take(arrivals, packet));
	assert_false(take(arrivals, datagram(50)));
	packet.time_ns = 60;
	assert_true(take(arrivals, packet));
	assert_string_equal(arrivals_case(arrivals, 0)->subject, "fragments 10.0.0.1 > 10.0.0.2");
	arrivals_free(arrivals);
}

static void several_streams(void **state)
{
	struct arrivals *arrivals = arrivals_new(&steering);
	struct packet packet = datagram(100);

	(void)state;
	take(arrivals, packet);
	packet.time_ns = 50;
	packet.stream = 3;
	take(arrivals, packet);
	take(arrivals, packet);
	assert_false(arrivals_case(arrivals, 0)->several);
	packet.stream = 4;
	take(arrivals, packet);
	assert_true(arrivals_case(arrivals, 0)->several);
	arrivals_free(arrivals);
}

static void clock_set(void **state)
{
	struct arrivals *arrivals = arrivals_new(&steering);

	(void)state;
	assert_false(take(arrivals, datagram(1000)));
	arrivals_restart(arrivals);
	assert_false(take(arrivals, datagram(10)));
	assert_true(take(arrivals, datagram(9)));
	arrivals_free(arrivals);
}

/* More conversations than there is room for: some are forgotten, none is made up. */
static void bounded(void **state)
{
	struct arrivals *arrivals = arrivals_new(&steering);
	struct arrivals_totals totals;
	struct packet packet;

	(void)state;
	for (uint64_t i = 0; i < 300000; i++) {
		packet = datagram((int64_t)(1000 + i));
		packet.hash = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
		assert_false(take(arrivals, packet));
	}
	for (uint64_t i = 299999; i > 290000; i--) {
		packet = datagram(500);
		packet.hash = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
		take(arrivals, packet);
	}
	totals = arrivals_totals(arrivals);
	assert_true(totals.late > ARRIVALS_CASES);
	assert_int_equal(totals.beyond, totals.late - ARRIVALS_CASES);
	assert_true(totals.forgotten >= 300000 - 65536);
	assert_non_null(arrivals_case(arrivals, ARRIVALS_CASES - 1));
	assert_null(arrivals_case(arrivals, ARRIVALS_CASES));
	arrivals_free(arrivals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late),
		cmocka_unit_test(apart),
		cmocka_unit_test(stations),
		cmocka_unit_test(fragments),
		cmocka_unit_test(several_streams),
		cmocka_unit_test(clock_set),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
