/* SPDX-License-Identifier: BSD-2-Clause */
/* How many wire segments a frame stands for: by the kernel, the handshake, the identification. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzers/offload.h"

#define ETHERNET_MSS 1460

#define PUSH TCP_PSH

/* Frames of one side in turn, until one without payload. */
struct run {
	const char *name;
	uint16_t announced; /* by the receiver, 0: no handshake */
	uint16_t own;       /* by the sender */
	uint8_t version;
	bool stamped, counts; /* timestamps; the identification counts segments */
	struct {
		uint32_t bytes;
		uint16_t tcp_flags, id, gso_size;
		uint8_t frame_flags;
		bool zero;
		uint32_t segments;
		enum offload_evidence evidence;
	} frames[8];
};

#define ONE 1, OFFLOAD_NONE

static const struct run runs[] = {
	{ "the kernel's word, the kernel's silence", 0, 0, 4, true, false,
		{ { 14480, 0, 0, 1448, 0, 0, 10, OFFLOAD_SIZE }, { 1448, 0, 0, 0, 0, 0, ONE },
			{ 8948, 0, 0, 0, 0, 0, ONE },
			{ 1449, 0, 0, 1448, 0, 0, 2, OFFLOAD_SIZE } } },
	{ "the receiver's MSS", 1460, 1460, 4, true, false,
		{ { 1448, 0, 0, 0, 0, 0, ONE }, { 1449, 0, 0, 0, 0, 0, 2, OFFLOAD_MSS },
			{ 65160, 0, 0, 0, 0, 0, 45, OFFLOAD_MSS } } },
	{ "a small MSS: super-frames shorter than Ethernet's", 536, 1460, 4, false, false,
		{ { 536, 0, 0, 0, 0, 0, ONE }, { 1072, PUSH, 0, 0, 0, 0, 2, OFFLOAD_MSS } } },
	{ "the sender's own MSS", 8960, 1460, 4, true, false,
		{ { 1448, 0, 0, 0, 0, 0, ONE }, { 4344, 0, 0, 0, 0, 0, 3, OFFLOAD_OWN_MSS } } },
	{ "a sender that announces little", 1460, 700, 4, true, false,
		{ { 688, 0, 0, 0, 0, 0, ONE }, { 1448, 0, 0, 0, 0, 0, ONE },
			{ 1449, 0, 0, 0, 0, 0, 3, OFFLOAD_OWN_MSS } } },
	{ "a sender with jumbo frames and a receiver without", 1460, 8960, 4, true, false,
		{ { 2896, 0, 0, 0, 0, 0, 2, OFFLOAD_MSS } } },
	{ "jumbo frames by the handshake", 8960, 8960, 4, true, false,
		{ { 8948, 0, 0, 0, 0, 0, ONE }, { 17896, 0, 0, 0, 0, 0, 2, OFFLOAD_MSS } } },
	{ "the identification, no handshake", 0, 0, 4, true, true,
		{ { 5800, PUSH, 100, 0, 0, 0, ONE }, { 3000, PUSH, 105, 0, 0, 0, ONE },
			{ 4000, PUSH, 108, 0, 0, 0, 3, OFFLOAD_STRIDE },
			{ 1448, PUSH, 111, 0, 0, 0, ONE } } },
	{ "the identification wraps", 0, 0, 4, false, true,
		{ { 1461, PUSH, 65533, 0, 0, 0, ONE }, { 2921, PUSH, 65535, 0, 0, 0, ONE },
			{ 1461, PUSH, 2, 0, 0, 0, 2, OFFLOAD_STRIDE } } },
	{ "jumbo frames of seven flows that share a counter", 0, 0, 4, true, true,
		{ { 8948, PUSH, 10, 0, 0, 0, ONE }, { 8948, PUSH, 17, 0, 0, 0, ONE },
			{ 8948, PUSH, 24, 0, 0, 0, ONE }, { 8948, PUSH, 31, 0, 0, 0, ONE } } },
	{ "the identification against the MSS: 700 bytes a segment", 1460, 1460, 4, false, true,
		{ { 1400, 0, 10, 0, 0, 0, ONE }, { 2100, 0, 12, 0, 0, 0, 2, OFFLOAD_MSS },
			{ 1400, 0, 15, 0, 0, 0, ONE }, { 1400, 0, 17, 0, 0, 0, ONE },
			{ 700, 0, 19, 0, 0, 0, ONE },
			{ 1399, 0, 20, 0, 0, 0, 2, OFFLOAD_STRIDE } } },
	{ "full segments that share a counter with another flow", 1460, 1460, 4, false, true,
		{ { 1460, 0, 10, 0, 0, 0, ONE }, { 1460, 0, 12, 0, 0, 0, ONE },
			{ 1460, 0, 14, 0, 0, 0, ONE }, { 1460, 0, 16, 0, 0, 0, ONE },
			{ 1460, 0, 18, 0, 0, 0, ONE }, { 1460, 0, 20, 0, 0, 0, ONE } } },
	{ "jumbo frames by the identification", 0, 0, 4, true, true,
		{ { 8948, 0, 10, 0, 0, 0, ONE }, { 8948, 0, 11, 0, 0, 0, ONE },
			{ 8948, 0, 12, 0, 0, 0, ONE },
			{ 17896, 0, 13, 0, 0, 0, 2, OFFLOAD_MULTIPLE } } },
	{ "jumbo frames of any length by the identification", 8960, 1460, 4, true, true,
		{ { 5000, PUSH, 10, 0, 0, 0, 4, OFFLOAD_OWN_MSS },
			{ 8948, PUSH, 11, 0, 0, 0, 7, OFFLOAD_OWN_MSS },
			{ 3000, PUSH, 12, 0, 0, 0, ONE }, { 8948, PUSH, 13, 0, 0, 0, ONE } } },
	{ "jumbo frames that share a counter", 0, 0, 4, true, true,
		{ { 8948, PUSH, 10, 0, 0, 0, ONE }, { 8948, PUSH, 12, 0, 0, 0, ONE },
			{ 8948, PUSH, 14, 0, 0, 0, ONE }, { 8948, PUSH, 16, 0, 0, 0, ONE },
			{ 8948, PUSH, 18, 0, 0, 0, ONE } } },
	{ "a step of none and one too far tell nothing", 0, 0, 4, true, true,
		{ { 5000, PUSH, 10, 0, 0, 0, ONE }, { 5000, PUSH, 10, 0, 0, 0, ONE },
			{ 5000, PUSH, 510, 0, 0, 0, ONE }, { 5000, PUSH, 9, 0, 0, 0, ONE } } },
	{ "Ethernet's multiples, IPv6", 0, 0, 6, true, false,
		{ { 2856, 0, 0, 0, 0, 0, 2, OFFLOAD_MULTIPLE }, { 1428, 0, 0, 0, 0, 0, ONE },
			{ 3000, PUSH, 0, 0, 0, 0, 3, OFFLOAD_MULTIPLE } } },
	{ "a pushed multiple between other records", 0, 0, 6, true, false,
		{ { 5000, PUSH, 0, 0, 0, 0, ONE }, { 2856, PUSH, 0, 0, 0, 0, ONE },
			{ 2000, PUSH, 0, 0, 0, 0, ONE }, { 2856, PUSH, 0, 0, 0, 0, ONE },
			{ 4284, PUSH, 0, 0, 0, 0, 3, OFFLOAD_MULTIPLE },
			{ 2000, PUSH, 0, 0, 0, 0, 2, OFFLOAD_MULTIPLE } } },
	{ "a pushed multiple comes first", 0, 0, 6, true, false,
		{ { 2856, PUSH, 0, 0, 0, 0, 2, OFFLOAD_MULTIPLE }, { 5000, PUSH, 0, 0, 0, 0, ONE },
			{ 2856, PUSH, 0, 0, 0, 0, ONE }, { 8928, 0, 0, 0, 0, 0, ONE } } },
	{ "jumbo frames, IPv6", 0, 0, 6, true, false,
		{ { 8928, 0, 0, 0, 0, 0, ONE }, { 8928, 0, 0, 0, 0, 0, ONE },
			{ 8928, 0, 0, 0, 0, 0, ONE }, { 500, PUSH, 0, 0, 0, 0, ONE },
			{ 17856, 0, 0, 0, 0, 0, 2, OFFLOAD_MULTIPLE } } },
	{ "multiples of the full segments of a tunnel", 0, 0, 6, true, false,
		{ { 1348, 0, 0, 0, 0, 0, ONE }, { 4044, 0, 0, 0, 0, 0, 3, OFFLOAD_MULTIPLE },
			{ 1400, PUSH, 0, 0, 0, 0, 2, OFFLOAD_MULTIPLE } } },
	{ "three full segments of 700 bytes", 0, 0, 6, false, false,
		{ { 700, 0, 0, 0, 0, 0, ONE }, { 700, 0, 0, 0, 0, 0, ONE },
			{ 700, 0, 0, 0, 0, 0, ONE },
			{ 1300, PUSH, 0, 0, 0, 0, 2, OFFLOAD_MULTIPLE } } },
	{ "records that are pushed tell nothing", 0, 0, 4, false, false,
		{ { 1024, PUSH, 0, 0, 0, 0, ONE }, { 1024, PUSH, 0, 0, 0, 0, ONE },
			{ 1024, PUSH, 0, 0, 0, 0, ONE }, { 8192, PUSH, 0, 0, 0, 0, ONE } } },
	{ "longer than any wire carries", 0, 0, 4, false, false,
		{ { 40000, PUSH, 0, 0, 0, 0, 28, OFFLOAD_LENGTH }, { 9000, PUSH, 0, 0, 0, 0, ONE },
			{ 9176, PUSH, 0, 0, 0, 0, ONE },
			{ 9177, PUSH, 0, 0, 0, 0, 7, OFFLOAD_LENGTH } } },
	{ "so many jumbo frames", 0, 0, 4, true, false,
		{ { 62636, PUSH, 0, 0, 0, 0, 7, OFFLOAD_MULTIPLE },
			{ 8948, 0, 0, 0, 0, 0, ONE } } },
	{ "length 0", 0, 0, 4, false, false,
		{ { 3000, PUSH, 0, 0, 0, true, 3, OFFLOAD_ZERO },
			{ 1460, 0, 0, 0, 0, true, ONE } } },
	{ "marked by the file, however short", 1460, 1460, 4, false, false,
		{ { 1400, 0, 0, 0, FRAME_GSO_TCP, 0, 2, OFFLOAD_FLAG },
			{ 14600, 0, 0, 0, FRAME_GSO_TCP, 0, 10, OFFLOAD_FLAG },
			{ 1400, 0, 0, 0, 0, 0, ONE } } },
};

static struct packet packet_of(const struct run *run, size_t i)
{
	return (struct packet){
		.ip_version = run->version,
		.payload_length = run->frames[i].bytes,
		.ip_length = run->frames[i].bytes + (run->version == 4 ? 40u : 60u) +
			     (run->stamped ? 12u : 0u),
		.ip_id = run->frames[i].id,
		.gso_size = run->frames[i].gso_size,
		.tcp_flags = run->frames[i].tcp_flags,
		.frame_flags = run->frames[i].frame_flags,
		.flags = (run->stamped ? PACKET_TIMESTAMP : 0) |
			 (run->frames[i].zero ? PACKET_LENGTH_ZERO : 0),
	};
}

static void check_run(const struct run *run)
{
	struct tcp_side side = { 0 }, peer = { 0 };
	struct offload_stride stride = { 0 };
	struct recent_segment last = { 0 };
	const struct packet syn = { .flags = PACKET_MSS, .mss = run->own };
	const struct packet answer = { .flags = PACKET_MSS, .mss = run->announced };

	if (run->announced) {
		offload_learn_mss(&side, &peer, &syn);
		offload_learn_mss(&peer, &side, &answer);
	}
	for (size_t i = 0; i < 8 && run->frames[i].bytes; i++) {
		struct packet packet = packet_of(run, i);
		enum offload_evidence evidence;
		bool known = side.size_source;
		uint32_t segments = offload_judge(
			&side, &stride, &packet, i ? &last : NULL, &evidence);

		if (segments != run->frames[i].segments || evidence != run->frames[i].evidence)
			fail_msg("%s, frame %zu: %u segments, %s", run->name, i, segments,
				offload_evidence_text(evidence));
		if (known && run->counts && i)
			offload_observe_step(&side, &stride, &packet, last.length,
				(uint16_t)(packet.ip_id - last.ip_id));
		last = (struct recent_segment){ .ip_id = packet.ip_id,
			.length = packet.payload_length,
			.flags = run->counts ? RECENT_IP_ID : 0 };
	}
}

static void super_frames_are_told_from_jumbo_frames(void **state)
{
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		check_run(&runs[i]);
}

static void loopback_carries_what_no_wire_does(void **state)
{
	struct tcp_side side = { 0 };
	struct offload_stride stride = { 0 };
	enum offload_evidence evidence;
	uint8_t frame[64] = { 0 };
	struct packet packet = {
		.data = frame, .caplen = 64, .network_offset = 14, .ip_length = 60000
	};

	assert_false(offload_exceeds_wires(&packet));
	frame[0] = 2;
	assert_true(offload_exceeds_wires(&packet));
	packet.network_offset = 4;
	assert_false(offload_exceeds_wires(&packet));
	packet.network_offset = 0;
	assert_true(offload_exceeds_wires(&packet));
	packet.ip_length = 9216;
	assert_false(offload_exceeds_wires(&packet));
	packet = (struct packet){ .ip_version = 4,
		.network_offset = 4,
		.ip_length = 45 * 1460 + 40,
		.payload_length = 45 * 1460 };
	assert_int_equal(offload_judge(&side, &stride, &packet, NULL, &evidence), 1);
	assert_int_equal(evidence, OFFLOAD_NONE);
}

static void the_handshake_tells_the_peers_size(void **state)
{
	const struct packet syn = { .flags = PACKET_MSS, .mss = ETHERNET_MSS };
	const struct packet tiny = { .flags = PACKET_MSS, .mss = 87 };
	const struct packet least = { .flags = PACKET_MSS, .mss = 88 };
	const struct packet silent = { .mss = 0 };
	struct tcp_side side = { 0 }, peer = { 0 };

	offload_learn_mss(&peer, &side, &silent);
	assert_int_equal(side.segment_size, 0);
	offload_learn_mss(&peer, &side, &tiny);
	assert_int_equal(side.segment_size, 0);
	offload_learn_mss(&peer, &side, &least);
	assert_int_equal(side.segment_size, 88);
	offload_learn_mss(&peer, &side, &syn);
	assert_int_equal(side.segment_size, ETHERNET_MSS);
	assert_int_equal(peer.segment_size, 0);
}

/* A frame that was taken for several and was one on the wire: the size is not known then. */
static void a_single_step_corrects(void **state)
{
	const struct packet packet = { .ip_version = 4, .payload_length = 5000, .ip_length = 5040 };
	static const struct {
		enum offload_evidence source;
		enum offload_evidence left;
	} cases[] = { { OFFLOAD_SIZE, OFFLOAD_SIZE }, { OFFLOAD_MSS, OFFLOAD_MSS },
		{ OFFLOAD_OWN_MSS, OFFLOAD_NONE }, { OFFLOAD_STRIDE, OFFLOAD_NONE },
		{ OFFLOAD_MULTIPLE, OFFLOAD_NONE }, { OFFLOAD_LENGTH, OFFLOAD_LENGTH } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tcp_side side = { .segment_size = 1460,
			.size_source = (uint8_t)cases[i].source & 7 };
		struct offload_stride stride = { 0 };

		offload_observe_step(&side, &stride, &packet, 5000, 1);
		assert_int_equal(side.size_source, cases[i].left);
	}
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

/* Extension headers may fill what a wire carries: then a frame is no segments of a byte each. */
static void headers_leave_room(void **state)
{
	static const uint32_t headers[] = { 1279, 1280, 1499, 1500, 2100 };

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct packet packet = { .ip_version = 6,
			.ip_length = 8999 + headers[i],
			.payload_length = 8999,
			.data = (const uint8_t[]){ 1 } };
		struct offload_stride stride = { 0 };
		struct tcp_side side = { 0 };
		enum offload_evidence evidence;

		assert_in_range(
			offload_judge(&side, &stride, &packet, NULL, &evidence), 1, 8999 / 88 + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(super_frames_are_told_from_jumbo_frames),
		cmocka_unit_test(loopback_carries_what_no_wire_does),
		cmocka_unit_test(the_handshake_tells_the_peers_size),
		cmocka_unit_test(a_single_step_corrects),
		cmocka_unit_test(options_take_their_room),
		cmocka_unit_test(segments_are_counted),
		cmocka_unit_test(headers_leave_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
