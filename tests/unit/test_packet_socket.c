/* SPDX-License-Identifier: BSD-2-Clause */
/* What a packet socket tells beside a frame: direction, offloads, status, and the VLAN tag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture/packet_socket.h"

static void packet_types_are_directions(void **state)
{
	static const struct {
		unsigned char type;
		enum direction direction;
	} cases[] = {
		{ PACKET_HOST, DIRECTION_IN },
		{ PACKET_BROADCAST, DIRECTION_IN },
		{ PACKET_MULTICAST, DIRECTION_IN },
		{ PACKET_OTHERHOST, DIRECTION_OTHER },
		{ PACKET_OUTGOING, DIRECTION_OUT },
		{ PACKET_OUTGOING + 1, DIRECTION_UNKNOWN },
		{ 255, DIRECTION_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(packet_socket_direction(cases[i].type), cases[i].direction);
}

static void offloads_tell_segments(void **state)
{
	static const struct {
		uint8_t flags, type;
		uint16_t gso_size;
		uint8_t frame_flags;
	} cases[] = {
		{ 0, VIRTIO_NET_HDR_GSO_NONE, 0, 0 },
		{ VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_NONE, 0, FRAME_CSUM_NOT_READY },
		{ VIRTIO_NET_HDR_F_DATA_VALID, VIRTIO_NET_HDR_GSO_NONE, 0, FRAME_CSUM_VALID },
		{ 0, VIRTIO_NET_HDR_GSO_TCPV4, 1448, FRAME_GSO_TCP },
		{ 0, VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN, 1448, FRAME_GSO_TCP },
		{ 0, 5, 1448, 0 },                   /* UDP_L4 */
		{ 0, VIRTIO_NET_HDR_GSO_UDP, 0, 0 }, /* is fragmented, not cut in datagrams */
		{ 0, 77, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct virtio_net_hdr header = {
			.flags = cases[i].flags, .gso_type = cases[i].type, .gso_size = 1448
		};
		struct frame frame = { .flags = 0 };

		packet_socket_offload(&frame, &header);
		assert_int_equal(frame.gso_size, cases[i].gso_size);
		assert_int_equal(frame.flags, cases[i].frame_flags);
	}
}

static void kernels_that_describe_udp(void **state)
{
	static const struct {
		const char *release;
		bool does;
	} cases[] = {
		{ "6.1.0-28-amd64", false },
		{ "6.2.0", true },
		{ "6.18.44-x", true },
		{ "5.19.0", false },
		{ "7.0-rc1", true },
		{ "10.0.1", true },
		{ "", false },
		{ "linux", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(packet_socket_describes_udp(cases[i].release), cases[i].does);
}

static void status_bits_become_flags(void **state)
{
	struct frame frame = { .flags = FRAME_HAS_TIME };

	packet_socket_status(&frame, TP_STATUS_USER);
	assert_int_equal(frame.flags, FRAME_HAS_TIME);
	packet_socket_status(&frame, TP_STATUS_CSUMNOTREADY | TP_STATUS_GSO_TCP);
	assert_int_equal(frame.flags, FRAME_HAS_TIME | FRAME_CSUM_NOT_READY | FRAME_GSO_TCP);
	frame.flags = 0;
	packet_socket_status(&frame, TP_STATUS_CSUM_VALID | TP_STATUS_TS_SOFTWARE);
	assert_int_equal(frame.flags, FRAME_CSUM_VALID | FRAME_STAMP_INGRESS);
}

static void vlan_tags_are_put_back(void **state)
{
	static const uint8_t wanted[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xa8, 0x20,
		77, 0x88, 0xb5 };
	uint8_t bytes[] = { 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xb5 };
	struct frame frame = { .data = bytes + 4, .caplen = 14, .wirelen = 60 };

	packet_socket_put_vlan(&frame, TP_STATUS_USER, 0x88a8, 0x204d);
	assert_int_equal(frame.caplen, 14);
	packet_socket_put_vlan(
		&frame, TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID, 0x88a8, 0x204d);
	assert_int_equal(frame.caplen, 18);
	assert_int_equal(frame.wirelen, 64);
	assert_memory_equal(frame.data, wanted, sizeof(wanted));
}

static void a_tag_without_type_is_8021q(void **state)
{
	uint8_t bytes[18] = { 0 };
	struct frame frame = { .data = bytes + 4, .caplen = 14, .wirelen = 14 };

	packet_socket_put_vlan(&frame, TP_STATUS_VLAN_VALID, 0, 5);
	assert_int_equal(frame.data[12] << 8 | frame.data[13], 0x8100);
	assert_int_equal(frame.data[15], 5);
}

/* Nothing stands between addresses that are not whole. */
static void a_frame_cut_within_its_addresses_stays(void **state)
{
	uint8_t bytes[15] = { 0 };
	struct frame frame = { .data = bytes + 4, .caplen = 11, .wirelen = 60 };

	packet_socket_put_vlan(&frame, TP_STATUS_VLAN_VALID, 0, 5);
	assert_int_equal(frame.caplen, 11);
	assert_ptr_equal(frame.data, bytes + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_types_are_directions),
		cmocka_unit_test(offloads_tell_segments),
		cmocka_unit_test(kernels_that_describe_udp),
		cmocka_unit_test(status_bits_become_flags),
		cmocka_unit_test(vlan_tags_are_put_back),
		cmocka_unit_test(a_tag_without_type_is_8021q),
		cmocka_unit_test(a_frame_cut_within_its_addresses_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
