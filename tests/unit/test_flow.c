/* SPDX-License-Identifier: BSD-2-Clause */
/* The flow table: sides, what keys tell apart, growth without losing a flow, who makes room. */
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
#define CROWD 300000u
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

/* Pointers stay good while slots and slabs grow by five doublings and more. */
static void a_crowd(void **state)
{
	struct flow_table *table = table_new(CROWD);
	struct flow *early = look_up(table, 0, false);

	for (uint32_t n = 1; n < CROWD; n++)
		look_up(table, n, n & 1);
	assert_int_equal(flow_table_seen(table), CROWD);
	assert_int_equal(flow_table_evicted(table), 0);
	for (uint32_t n = 0; n < CROWD; n += 7)
		assert_int_equal(look_up(table, n, true)->number, n);
	assert_ptr_equal(look_up(table, 0, true), early);
	assert_int_equal(flow_table_seen(table), CROWD);
	/* One more than fits: one goes, nothing else changes. */
	look_up(table, CROWD, false);
	assert_int_equal(flow_table_evicted(table), 1);
	assert_int_equal(ended_count, 1);
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

/*
 * Whoever ends was unused for longer than anybody who stays, to within the promised packets: some
 * conversations are busy, some wake up now and then.
 */
static void none_ends_that_was_used_later(void **state)
{
	static uint32_t used[2 * MANY]; /* round of last use by flow number, 0: over */
	struct flow_table *table = table_new(CAP);
	uint32_t told = 0;
	uint64_t random = 3;

	memset(used, 0, sizeof(used));
	for (uint32_t round = 1; round < MANY; round++) {
		uint32_t n, oldest = UINT32_MAX;

		random = random * 6364136223846793005u + 1442695040888963407u;
		n = random >> 62 ? (uint32_t)(random >> 33) % (2 * CAP)
				 : (uint32_t)(random >> 33) % 64;
		used[look_up(table, n, false)->number] = round;
		if (told == ended_count)
			continue;
		for (uint32_t i = 0; i < flow_table_seen(table); i++)
			if (used[i] && used[i] < oldest)
				oldest = used[i];
		for (; told < ended_count; told++) {
			assert_true(used[ended[told]] <= oldest + 1024 + BATCH_PACKETS);
			used[ended[told]] = 0;
		}
	}
	assert_true(flow_table_evicted(table) > CAP / 4);
	flow_table_free(table);
}

/* Each table hashes with a secret of its own; who ends and who is who must not show it. */
static void results_do_not_depend_on_the_secret(void **state)
{
	static uint32_t first_ended[4 * CAP];
	uint32_t first_count = 0;

	for (int run = 0; run < 2; run++) {
		struct flow_table *table = table_new(CAP);
		uint64_t random = 7;

		for (unsigned i = 0; i < 3 * CAP; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			look_up(table, (uint32_t)(random >> 33) % (2 * CAP), random >> 63);
		}
		assert_true(flow_table_evicted(table) > 0);
		flow_table_visit(table, note_end, NULL);
		if (run == 0) {
			first_count = ended_count;
			memcpy(first_ended, ended, ended_count * sizeof(*ended));
		}
		assert_int_equal(ended_count, first_count);
		assert_memory_equal(ended, first_ended, ended_count * sizeof(*ended));
		flow_table_free(table);
	}
}

static struct packet_quote make_quote(const struct packet *packet)
{
	return (struct packet_quote){
		.ip_version = packet->ip_version,
		.protocol = packet->protocol,
		.has_ports = true,
		.source_port = packet->source_port,
		.destination_port = packet->destination_port,
		.source = packet_source(packet),
		.destination = packet_destination(packet),
	};
}

static void what_an_icmp_error_returns_is_found(void **state)
{
	struct flow_table *table = table_new(CAP);
	struct packet there = make(0, 7, false), back = make(1, 7, true), other = make(2, 8, false);
	struct packet_quote quote;
	uint8_t side = 9;

	there.vlan_id = 5;
	flow_table_lookup(table, &there, 1);
	quote = make_quote(&there);
	assert_ptr_equal(flow_table_find_quoted(table, &quote, 5, &side), there.flow);
	assert_int_equal(side, there.side);
	quote = make_quote(&back);
	assert_ptr_equal(flow_table_find_quoted(table, &quote, 5, &side), there.flow);
	assert_int_equal(side, !there.side);
	/* Another VLAN, another conversation or no ports: no flow, and none is made. */
	assert_null(flow_table_find_quoted(table, &quote, 6, &side));
	quote.has_ports = false;
	assert_null(flow_table_find_quoted(table, &quote, 5, &side));
	quote = make_quote(&other);
	assert_null(flow_table_find_quoted(table, &quote, 5, &side));
	assert_int_equal(flow_table_seen(table), 1);
	flow_table_free(table);
}

static void ends_are_written_as_people_know_them(void **state)
{
	struct flow_key key = { .address = { { 10, 0, 0, 1 }, { 192, 0, 2, 9 } },
		.port = { 443, 65535 },
		.protocol = PROTOCOL_TCP,
		.ip_version = 4 };
	char text[64];

	assert_string_equal(flow_endpoint(&key, 0, text, sizeof(text)), "10.0.0.1:443");
	assert_string_equal(flow_endpoint(&key, 1, text, sizeof(text)), "192.0.2.9:65535");
	key.protocol = 1;
	assert_string_equal(flow_endpoint(&key, 1, text, sizeof(text)), "192.0.2.9");
	key = (struct flow_key){ .address = { { 0x20, 1, 0x0d, 0xb8, [15] = 1 } },
		.port = { 53 },
		.protocol = 17,
		.ip_version = 6 };
	assert_string_equal(flow_endpoint(&key, 0, text, sizeof(text)), "[2001:db8::1]:53");
	key.protocol = 58;
	assert_string_equal(flow_endpoint(&key, 0, text, sizeof(text)), "2001:db8::1");
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
		cmocka_unit_test(a_crowd),
		cmocka_unit_test(growth_loses_nobody),
		cmocka_unit_test(the_oldest_make_room),
		cmocka_unit_test(random_use),
		cmocka_unit_test(none_ends_that_was_used_later),
		cmocka_unit_test(results_do_not_depend_on_the_secret),
		cmocka_unit_test(what_an_icmp_error_returns_is_found),
		cmocka_unit_test(ends_are_written_as_people_know_them),
		cmocka_unit_test(eviction_in_the_midst_of_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
