/* SPDX-License-Identifier: BSD-2-Clause */
/* The flow table: sides, what keys tell apart, growth without losing a flow, and who makes room. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/flow.h"

#define MANY 20000u
#define CAP 5000u
#define CAP_WHILE_GROWING 2564u /* five flows after the slots begin to move */
#define PROTOCOL_TCP 6
#define NOBODY UINT32_MAX

/* Headers of the packets of one batch: as much of IP as the table reads. */
static uint8_t headers[BATCH_PACKETS][40];

/* Flow numbers in the order in which they ended. */
static uint32_t ended[2 * MANY];
static uint32_t ended_count;

static void note_end(void *context, struct flow *flow)
{
	ended[ended_count++] = flow->number;
}

static struct flow_table *table_new(uint32_t max_flows)
{
	ended_count = 0;
	return flow_table_new(max_flows, note_end, NULL);
}

/* Packet `i` of a batch, of conversation `n`: from its client, or to it. */
static struct packet make(unsigned i, uint32_t n, bool back)
{
	struct packet packet = {
		.data = headers[i],
		.flags = PACKET_IP | PACKET_PORTS | PACKET_TCP,
		.layer = LAYER_TRANSPORT,
		.protocol = PROTOCOL_TCP,
		.ip_version = 4,
		.source_port = back ? 443 : (uint16_t)(1024 + n % 50000),
		.destination_port = back ? (uint16_t)(1024 + n % 50000) : 443,
	};
	uint8_t client[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	uint8_t server[4] = { 192, 0, 2, 1 };

	memcpy(headers[i] + 12, back ? server : client, 4);
	memcpy(headers[i] + 16, back ? client : server, 4);
	return packet;
}

static struct flow *look_up(struct flow_table *table, uint32_t n, bool back)
{
	struct packet packet = make(0, n, back);

	flow_table_lookup(table, &packet, 1);
	return packet.flow;
}

static void both_ways_are_one_flow(void **state)
{
	struct flow_table *table = table_new(CAP);
	struct packet there = make(0, 7, false), back = make(1, 7, true);

	flow_table_lookup(table, &there, 1);
	flow_table_lookup(table, &back, 1);
	assert_non_null(there.flow);
	assert_ptr_equal(there.flow, back.flow);
	assert_int_equal(there.side, !back.side);
	assert_int_equal(there.flow->opener, there.side);
	assert_int_equal(flow_table_seen(table), 1);
	flow_table_free(table);
}

static void equal_addresses_are_told_apart_by_port(void **state)
{
	struct flow_table *table = table_new(CAP);
	struct packet there = make(0, 7, false), back = make(1, 7, true);

	memcpy(headers[0] + 16, headers[0] + 12, 4);
	memcpy(headers[1] + 12, headers[0] + 12, 4);
	memcpy(headers[1] + 16, headers[0] + 12, 4);
	flow_table_lookup(table, &there, 1);
	flow_table_lookup(table, &back, 1);
	assert_ptr_equal(there.flow, back.flow);
	assert_int_equal(there.side, !back.side);
	flow_table_free(table);
}

static void keys_differ_in_every_field(void **state)
{
	struct flow_table *table = table_new(CAP);
	struct packet packets[7];

	for (unsigned i = 0; i < 7; i++)
		packets[i] = make(i, 7, false);
	packets[1].vlan_id = 5;
	packets[2].vni = 5;
	packets[3].outer_pair = 5;
	packets[4].protocol = 17;
	packets[5].source_port++;
	packets[6].ip_version = 6;
	flow_table_lookup(table, packets, 7);
	assert_int_equal(flow_table_seen(table), 7);
	flow_table_free(table);
}

static void ipv6_ends_are_ordered_by_all_their_bytes(void **state)
{
	struct flow_table *table = table_new(CAP);
	struct packet there = make(0, 7, false), back = make(1, 7, true);

	there.ip_version = back.ip_version = 6;
	memset(headers[0] + 8, 0x20, 32);
	memset(headers[1] + 8, 0x20, 32);
	headers[0][23] = headers[1][39] = 0x21;
	flow_table_lookup(table, &there, 1);
	flow_table_lookup(table, &back, 1);
	assert_ptr_equal(there.flow, back.flow);
	assert_int_equal(there.side, !back.side);
	flow_table_free(table);
}

static void fragments_and_cut_packets_have_none(void **state)
{
	static const uint8_t layers[] = { LAYER_FRAGMENT, LAYER_TRUNCATED, LAYER_MALFORMED };
	struct flow_table *table = table_new(CAP);
	struct packet packets[3];

	for (unsigned i = 0; i < 3; i++) {
		packets[i] = make(i, 7, false);
		packets[i].layer = layers[i];
	}
	flow_table_lookup(table, packets, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_null(packets[i].flow);
	assert_int_equal(flow_table_seen(table), 0);
	flow_table_free(table);
}

static void growth_loses_nobody(void **state)
{
	struct flow_table *table = table_new(2 * MANY);

	for (uint32_t n = 0; n < MANY; n += BATCH_PACKETS) {
		struct packet packets[BATCH_PACKETS];
		uint32_t old = n / 2;

		for (unsigned i = 0; i < BATCH_PACKETS; i++)
			packets[i] = make(i, n + i, false);
		flow_table_lookup(table, packets, BATCH_PACKETS);
		for (unsigned i = 0; i < BATCH_PACKETS; i++)
			assert_int_equal(packets[i].flow->number, n + i);
		/* Some are found while the slots are on the move. */
		assert_int_equal(look_up(table, old, true)->number, old);
	}
	for (uint32_t n = 0; n < MANY; n++)
		assert_int_equal(look_up(table, n, true)->number, n);
	assert_int_equal(flow_table_evicted(table), 0);
	flow_table_visit(table, note_end, NULL);
	for (uint32_t i = 0; i < ended_count; i++)
		assert_int_equal(ended[i], i);
	flow_table_free(table);
}

/* One conversation goes on all the time; the others pass once. */
static void the_oldest_make_room(void **state)
{
	struct flow_table *table = table_new(CAP);
	uint32_t pinned = look_up(table, MANY, false)->number;
	uint32_t out_of_place = 0;

	for (uint32_t n = 0; n < MANY; n++) {
		look_up(table, n, n & 1);
		assert_int_equal(look_up(table, MANY, false)->number, pinned);
	}
	assert_int_equal(flow_table_seen(table), MANY + 1);
	assert_int_equal(flow_table_evicted(table), MANY + 1 - CAP);
	assert_int_equal(ended_count, MANY + 1 - CAP);
	for (uint32_t i = 0; i < ended_count; i++) {
		assert_int_not_equal(ended[i], pinned);
		out_of_place += i && ended[i] < ended[i - 1];
	}
	assert_int_equal(out_of_place, 0);
	/* The youngest are still there, the oldest begin anew. */
	assert_int_equal(look_up(table, MANY - 1, false)->number, MANY);
	assert_int_equal(look_up(table, 0, false)->number, MANY + 1);
	flow_table_visit(table, note_end, NULL);
	for (uint32_t i = MANY + 2 - CAP + 1; i < ended_count; i++)
		assert_true(ended[i] > ended[i - 1]);
	flow_table_free(table);
}

/* Random use of three times as many conversations as fit: look-ups agree with what ended. */
static void random_use(void **state)
{
	struct flow_table *table = table_new(CAP);
	uint32_t number[3 * CAP], told = 0;
	uint64_t random = 1;
	uint8_t *over = calloc(2 * MANY, 1);

	memset(number, 0xff, sizeof(number));
	for (unsigned round = 0; round < MANY; round++) {
		uint32_t n;
		uint64_t seen = flow_table_seen(table);
		struct flow *flow;

		random = random * 6364136223846793005u + 1442695040888963407u;
		n = (uint32_t)(random >> 33) % (3 * CAP);
		flow = look_up(table, n, random >> 63);
		for (; told < ended_count; told++)
			over[ended[told]] = 1;
		if (number[n] != NOBODY && !over[number[n]])
			assert_int_equal(flow->number, number[n]);
		else
			assert_int_equal(flow->number, seen);
		number[n] = flow->number;
	}
	assert_true(flow_table_evicted(table) > CAP / 4);
	free(over);
	flow_table_free(table);
}

/* While the slots move, the oldest half of the flows ends and the younger one is looked up. */
static void eviction_in_the_midst_of_growth(void **state)
{
	for (unsigned round = 0; round < 20; round++) {
		struct flow_table *table = table_new(CAP_WHILE_GROWING);
		uint32_t next = 0;

		while (next < CAP_WHILE_GROWING)
			look_up(table, next++, false);
		for (uint32_t old = CAP_WHILE_GROWING / 2; old + 32 < CAP_WHILE_GROWING;
			old += 32) {
			struct packet packets[BATCH_PACKETS];

			for (unsigned i = 0; i < 32; i++) {
				packets[i] = make(i, next++, false);
				packets[32 + i] = make(32 + i, old + i, true);
			}
			flow_table_lookup(table, packets, BATCH_PACKETS);
			for (unsigned i = 0; i < 32; i++)
				assert_int_equal(packets[32 + i].flow->number, old + i);
		}
		flow_table_free(table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_are_one_flow),
		cmocka_unit_test(equal_addresses_are_told_apart_by_port),
		cmocka_unit_test(keys_differ_in_every_field),
		cmocka_unit_test(ipv6_ends_are_ordered_by_all_their_bytes),
		cmocka_unit_test(fragments_and_cut_packets_have_none),
		cmocka_unit_test(growth_loses_nobody),
		cmocka_unit_test(the_oldest_make_room),
		cmocka_unit_test(random_use),
		cmocka_unit_test(eviction_in_the_midst_of_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
