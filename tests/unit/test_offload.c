/* SPDX-License-Identifier: BSD-2-Clause */
/* How many wire segments a frame stands for: by the kernel, the handshake, the identification. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzers/offload.h"

#define ETHERNET_MSS 1460

struct learned {
	const char *name;
	struct packet packet;
	struct recent_segment last;
	bool first;    /* no segment before */
	uint16_t size; /* payload and options; 0: stays unknown */
};

static const struct learned cases[] = {
	{ "the kernel's word, without options", { .gso_size = 1460, .ip_version = 4 },
		.first = true, .size = 1460 },
	{ "the kernel's word, with timestamps",
		{ .gso_size = 1448, .ip_version = 4, .flags = PACKET_TIMESTAMP }, .first = true,
		.size = 1460 },
	{ "four identifications for 5792 bytes",
		{ .ip_id = 104, .ip_version = 4, .flags = PACKET_TIMESTAMP },
		.last = { .ip_id = 100, .length = 5792, .flags = RECENT_IP_ID }, .size = 1460 },
	{ "identifications that wrap", { .ip_id = 1, .ip_version = 4 },
		.last = { .ip_id = 65535, .length = 2920, .flags = RECENT_IP_ID }, .size = 1460 },
	{ "a frame of one segment tells nothing", { .ip_id = 101, .ip_version = 4 },
		.last = { .ip_id = 100, .length = 1460, .flags = RECENT_IP_ID } },
	{ "a jumbo frame of one segment", { .ip_id = 101, .ip_version = 4 },
		.last = { .ip_id = 100, .length = 8960, .flags = RECENT_IP_ID }, .size = 8960 },
	{ "the largest size that wires carry", { .ip_id = 101, .ip_version = 4 },
		.last = { .ip_id = 100, .length = 9216, .flags = RECENT_IP_ID }, .size = 9216 },
	{ "larger than that tells nothing", { .ip_id = 101, .ip_version = 4 },
		.last = { .ip_id = 100, .length = 9217, .flags = RECENT_IP_ID } },
	{ "the smallest size that TCP uses", { .ip_id = 120, .ip_version = 4 },
		.last = { .ip_id = 100, .length = 1760, .flags = RECENT_IP_ID }, .size = 88 },
	{ "the longest stride", { .ip_id = 164, .ip_version = 4 },
		.last = { .ip_id = 100, .length = 64000, .flags = RECENT_IP_ID }, .size = 1000 },
	{ "a step of none tells nothing", { .ip_id = 100, .ip_version = 4 },
		.last = { .ip_id = 100, .length = 5840, .flags = RECENT_IP_ID } },
	{ "a step too far tells nothing", { .ip_id = 500, .ip_version = 4 },
		.last = { .ip_id = 100, .length = 60000, .flags = RECENT_IP_ID } },
	{ "segments too small for TCP tell nothing", { .ip_id = 150, .ip_version = 4 },
		.last = { .ip_id = 100, .length = 1500, .flags = RECENT_IP_ID } },
	{ "no identification before", { .ip_id = 104, .ip_version = 4 },
		.last = { .ip_id = 100, .length = 5840 } },
	{ "nothing before", { .ip_id = 104, .ip_version = 4 }, .first = true },
	{ "larger than any wire carries", { .ip_length = 40040, .ip_version = 4 }, .first = true,
		.size = 1460 },
	{ "larger than any wire carries, IPv6", { .ip_length = 40040, .ip_version = 6 },
		.first = true, .size = 1440 },
	{ "length 0", { .ip_length = 3000, .ip_version = 4, .flags = PACKET_LENGTH_ZERO },
		.first = true, .size = 1460 },
	{ "a jumbo frame may be one segment", { .ip_length = 9000, .ip_version = 4 },
		.first = true },
};

static void sizes_are_learned(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tcp_side side = { 0 };

		offload_learn_size(&side, &cases[i].packet, cases[i].first ? NULL : &cases[i].last);
		if (side.segment_size != cases[i].size)
			fail_msg("%s: %u", cases[i].name, side.segment_size);
	}
}

static void the_handshake_tells_the_peers_size(void **state)
{
	const struct packet syn = { .flags = PACKET_MSS, .mss = ETHERNET_MSS };
	const struct packet tiny = { .flags = PACKET_MSS, .mss = 87 };
	const struct packet least = { .flags = PACKET_MSS, .mss = 88 };
	const struct packet silent = { .mss = 0 };
	struct tcp_side side = { 0 };

	offload_learn_mss(&side, &silent);
	assert_int_equal(side.segment_size, 0);
	offload_learn_mss(&side, &tiny);
	assert_int_equal(side.segment_size, 0);
	offload_learn_mss(&side, &least);
	assert_int_equal(side.segment_size, 88);
	offload_learn_mss(&side, &syn);
	assert_int_equal(side.segment_size, ETHERNET_MSS);
}

static void options_take_their_room(void **state)
{
	const struct packet plain = { .ip_version = 4 };
	const struct packet stamped = { .ip_version = 4, .flags = PACKET_TIMESTAMP };
	const struct packet told = { .ip_version = 4, .flags = PACKET_TIMESTAMP, .gso_size = 700 };
	struct tcp_side side = { .segment_size = ETHERNET_MSS };

	assert_int_equal(offload_segment_size(&side, &plain), 1460);
	assert_int_equal(offload_segment_size(&side, &stamped), 1448);
	assert_int_equal(offload_segment_size(&side, &told), 700);
	side.segment_size = 10;
	assert_int_equal(offload_segment_size(&side, &stamped), 0);
}

static void segments_are_counted(void **state)
{
	const struct packet stamped = { .ip_version = 4, .flags = PACKET_TIMESTAMP };
	const struct packet told = { .ip_version = 4, .gso_size = 100 };
	struct tcp_side side = { .segment_size = ETHERNET_MSS };
	struct tcp_side unknown = { 0 };

	assert_int_equal(offload_segments(&side, &stamped, 0), 1);
	assert_int_equal(offload_segments(&side, &stamped, 1448), 1);
	assert_int_equal(offload_segments(&side, &stamped, 1449), 2);
	assert_int_equal(offload_segments(&side, &stamped, 65160), 45);
	assert_int_equal(offload_segments(&side, &told, 65160), 652);
	assert_int_equal(offload_segments(&unknown, &stamped, 65160), 1);
	assert_int_equal(offload_segments(&unknown, &told, 1000), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_learned),
		cmocka_unit_test(the_handshake_tells_the_peers_size),
		cmocka_unit_test(options_take_their_room),
		cmocka_unit_test(segments_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
