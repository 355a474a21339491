/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder: every link type, header, error path, and every header cut at every byte. */

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

#include "tests/unit/frames.h"

#include <cmocka.h>

static struct bytes b;
static struct packet p;

static void start(void)
{
	if (p.data)
		frame_free(&p);
	b.size = 0;
}

static void decode(unsigned linktype)
{
	frame_decode(&p, &b, linktype, b.size, b.size);
}

/* Decodes with `cut` bytes of the end not captured. */
static void decode_cut(unsigned linktype, uint32_t cut)
{
	frame_decode(&p, &b, linktype, b.size - cut, b.size);
}

static void assert_stop(enum packet_layer layer, unsigned reason)
{
	assert_int_equal(p.layer, layer);
	assert_int_equal(p.reason, reason);
}

static void assert_has(uint32_t flags)
{
	assert_int_equal(p.flags & flags, flags);
}

static void assert_not(uint32_t flags)
{
	assert_int_equal(p.flags & flags, 0);
}

/* An IPv4 or IPv6 TCP packet with `payload` bytes, no options. */
static void put_segment(unsigned version, unsigned payload)
{
	uint32_t ip = version == 4 ? put_ipv4(&b, 6) : put_ipv6(&b, 6);

	put_tcp(&b, TCP_ACK | TCP_PSH, 0);
	put_fill(&b, 'x', payload);
	ip_finish(&b, ip);
}

static void assert_segment(unsigned version, unsigned payload)
{
	assert_stop(LAYER_TRANSPORT, 6);
	assert_has(PACKET_IP | PACKET_PORTS | PACKET_TCP);
	assert_int_equal(p.ip_version, version);
	assert_int_equal(p.protocol, 6);
	assert_int_equal(p.source_port, 1000);
	assert_int_equal(p.destination_port, 80);
	assert_int_equal(p.tcp_seq, 0x01020304);
	assert_int_equal(p.tcp_ack, 0x05060708);
	assert_int_equal(p.tcp_window, 0x7210);
	assert_int_equal(p.checksum, 0xabcd);
	assert_int_equal(p.payload_length, payload);
}

static void test_every_field(void **state)
{
	start();
	put_ethernet(&b, 0x0800);
	put_segment(4, 100);
	decode(LINK_ETHERNET);
	assert_segment(4, 100);
	assert_int_equal(p.flags, PACKET_IP | PACKET_PORTS | PACKET_TCP | PACKET_DF);
	assert_int_equal(p.frame, 7);
	assert_int_equal(p.time_ns, 1234567890);
	assert_int_equal(p.caplen, 154);
	assert_int_equal(p.wirelen, 154);
	assert_int_equal(p.interface, 3);
	assert_int_equal(p.linktype, LINK_ETHERNET);
	assert_int_equal(p.frame_flags, FRAME_HAS_TIME);
	assert_int_equal(p.direction, DIRECTION_UNKNOWN);
	assert_int_equal(p.ethertype, 0x0800);
	assert_int_equal(p.ttl, 64);
	assert_int_equal(p.tos, 0);
	assert_int_equal(p.ip_id, 0x1234);
	assert_int_equal(p.ip_length, 140);
	assert_int_equal(p.network_offset, 14);
	assert_int_equal(p.transport_offset, 34);
	assert_int_equal(p.transport_header, 20);
	assert_int_equal(p.tcp_flags, TCP_ACK | TCP_PSH);
	assert_int_equal(bytes_be32(packet_source(&p)), 0x0a000001);
	assert_int_equal(bytes_be32(packet_destination(&p)), 0x0a000002);
	/* Everything that was not said is 0, whatever the memory held. */
	assert_int_equal(p.gso_size | p.vlan_id | p.vlan_inner | p.vlan_tags, 0);
	assert_int_equal(p.vni | p.outer_pair | p.tsval | p.tsecr | p.mss | p.wscale, 0);
	assert_int_equal(p.sack_count | p.sack_offset | p.icmp_type | p.icmp_code, 0);
	assert_int_equal(p.mpls_label | p.ah_offset | p.rtag_offset, 0);
	assert_int_equal(p.side | p.hash | p.label, 0);
	assert_null(p.flow);
	assert_int_equal(p.verdict, -1);
}

static void test_ipv6_fields(void **state)
{
	start();
	put_ethernet(&b, 0x86dd);
	put_segment(6, 33);
	decode(LINK_ETHERNET);
	assert_segment(6, 33);
	assert_int_equal(p.flags, PACKET_IP | PACKET_PORTS | PACKET_TCP);
	assert_int_equal(p.tos, 0xb8);
	assert_int_equal(p.ttl, 63);
	assert_int_equal(p.ip_id, 0);
	assert_int_equal(p.ip_length, 93);
	assert_int_equal(packet_source(&p)[15], 1);
	assert_int_equal(packet_destination(&p)[15], 2);
}

/* Link headers that carry a segment of the given version. */
static const struct {
	const char *name;
	unsigned linktype;
	unsigned version;
	unsigned size;
	uint8_t header[40];
} links[] = {
	{ "raw v4", 101, 4, 0, { 0 } },
	{ "raw v6", 101, 6, 0, { 0 } },
	{ "raw as 12", 12, 4, 0, { 0 } },
	{ "raw as 14", 14, 6, 0, { 0 } },
	{ "ipv4", 228, 4, 0, { 0 } },
	{ "ipv6", 229, 6, 0, { 0 } },
	{ "null le v4", LINK_NULL, 4, 4, { 2, 0, 0, 0 } },
	{ "null be v4", LINK_NULL, 4, 4, { 0, 0, 0, 2 } },
	{ "null Linux v6", LINK_NULL, 6, 4, { 10, 0, 0, 0 } },
	{ "null Windows v6", LINK_NULL, 6, 4, { 23, 0, 0, 0 } },
	{ "null OpenBSD v6", LINK_NULL, 6, 4, { 24, 0, 0, 0 } },
	{ "null FreeBSD v6", LINK_NULL, 6, 4, { 28, 0, 0, 0 } },
	{ "null Darwin v6", LINK_NULL, 6, 4, { 0, 0, 0, 30 } },
	{ "loop v4", LINK_LOOP, 4, 4, { 0, 0, 0, 2 } },
	{ "loop v6", LINK_LOOP, 6, 4, { 0, 0, 0, 24 } },
	{ "cooked", LINK_COOKED, 4, 16, { 0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0 } },
	{ "cooked vlan", LINK_COOKED, 6, 20,
		{ 0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x81, 0, 0, 9, 0x86, 0xdd } },
	{ "cooked 802.2", LINK_COOKED, 4, 24,
		{ 0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0, 4, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0 } },
	{ "cooked2", LINK_COOKED2, 6, 20,
		{ 0x86, 0xdd, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0 } },
	{ "SNAP", LINK_ETHERNET, 4, 22,
		{ 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0, 100, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0 } },
	{ "bridged SNAP", LINK_ETHERNET, 6, 22,
		{ 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 5, 0xdc, 0xaa, 0xaa, 3, 0, 0, 0xf8, 0x86,
			0xdd } },
	{ "SNAP in VLAN", LINK_ETHERNET, 4, 26,
		{ 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x81, 0, 0, 9, 0, 100, 0xaa, 0xaa, 3, 0, 0, 0,
			8, 0 } },
};

static void test_links(void **state)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		start();
		put(&b, links[i].header, links[i].size);
		put_segment(links[i].version, 5);
		decode(links[i].linktype);
		if (p.layer != LAYER_TRANSPORT)
			print_error("%s\n", links[i].name);
		assert_segment(links[i].version, 5);
		assert_int_equal(p.network_offset, links[i].size);
	}
}

/* A cut anywhere in a link header is named; without the bytes on the wire it is malformed. */
static void test_links_cut(void **state)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		for (uint32_t kept = 0; kept < links[i].size; kept++) {
			start();
			put(&b, links[i].header, links[i].size);
			put_segment(links[i].version, 5);
			frame_decode(&p, &b, links[i].linktype, kept, b.size);
			assert_int_equal(p.layer, LAYER_TRUNCATED);
			assert_true(p.reason == PART_LINK || p.reason == PART_VLAN);
			assert_int_equal(p.flags, 0);
			frame_free(&p);
			frame_decode(&p, &b, links[i].linktype, kept, kept);
			assert_int_equal(p.layer, LAYER_MALFORMED);
			assert_true(p.reason == PART_LINK || p.reason == PART_VLAN);
		}
	}
}

static void test_not_ip(void **state)
{
	static const struct {
		unsigned linktype;
		enum packet_layer layer;
		unsigned reason;
		unsigned size;
		uint8_t bytes[24];
	} frames[] = {
		{ LINK_ETHERNET, LAYER_NETWORK, 0x0806, 14, { [12] = 0x08, 0x06 } },
		{ LINK_ETHERNET, LAYER_NETWORK, 0x88e5, 14, { [12] = 0x88, 0xe5 } },
		{ LINK_ETHERNET, LAYER_MALFORMED, PART_MPLS, 14, { [12] = 0x88, 0x47 } },
		{ LINK_ETHERNET, LAYER_MALFORMED, PART_RTAG, 19, { [12] = 0xf1, 0xc1 } },
		{ LINK_ETHERNET, LAYER_NETWORK, 0x8864, 14, { [12] = 0x88, 0x64 } },
		{ LINK_ETHERNET, LAYER_NETWORK, 0x05dd, 14, { [12] = 0x05, 0xdd } },
		{ LINK_ETHERNET, LAYER_NETWORK, 0x0806, 18, { [12] = 0x81, 0, 0, 1, 0x08, 0x06 } },
		{ LINK_ETHERNET, LAYER_NETWORK, 0x42, 17, { [13] = 38, 0x42, 0x42, 3 } },
		{ LINK_ETHERNET, LAYER_NETWORK, 0xff, 17, { [13] = 38, 0xff, 0xff, 0 } },
		{ LINK_ETHERNET, LAYER_NETWORK, 0xaa, 22,
			{ [13] = 38, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0 } },
		{ LINK_ETHERNET, LAYER_NETWORK, 0xaa, 22,
			{ [13] = 38, 0xaa, 0xaa, 3, 0, 0, 0, 0, 5 } },
		{ LINK_ETHERNET, LAYER_NETWORK, 0x0806, 22,
			{ [13] = 38, 0xaa, 0xaa, 3, 0, 0, 0, 8, 6 } },
		{ LINK_COOKED, LAYER_NETWORK, 0x0806, 16, { [14] = 0x08, 0x06 } },
		{ LINK_COOKED, LAYER_NETWORK, 0xff, 16, { [14] = 0, 1 } },
		{ LINK_COOKED, LAYER_NETWORK, 0, 16, { [14] = 0, 0x0c } },
		{ LINK_COOKED2, LAYER_NETWORK, 0x88cc, 20, { 0x88, 0xcc } },
		{ LINK_NULL, LAYER_NETWORK, 0, 4, { 7, 0, 0, 0 } },
		{ LINK_NULL, LAYER_NETWORK, 0, 4, { 1, 2, 3, 4 } },
		{ LINK_RAW, LAYER_NETWORK, 0, 20, { 0x55 } },
		{ LINK_RAW, LAYER_MALFORMED, PART_LINK, 0, { 0 } },
		{ 105, LAYER_LINK, 105, 20, { 0 } },
		{ 65535, LAYER_LINK, 65535, 0, { 0 } },
	};

	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		start();
		put(&b, frames[i].bytes, frames[i].size);
		decode(frames[i].linktype);
		assert_stop(frames[i].layer, frames[i].reason);
		assert_int_equal(p.flags, 0);
		assert_int_equal(p.ip_version, 0);
	}
}

static void test_cooked_direction(void **state)
{
	static const uint8_t expected[] = { DIRECTION_IN, DIRECTION_IN, DIRECTION_IN,
		DIRECTION_OTHER, DIRECTION_OUT, DIRECTION_UNKNOWN, DIRECTION_UNKNOWN };

	for (unsigned type = 0; type < sizeof(expected); type++) {
		start();
		put16(&b, type);
		put_fill(&b, 0, 12);
		put16(&b, 0x0806);
		decode(LINK_COOKED);
		assert_int_equal(p.direction, expected[type]);
		start();
		put16(&b, 0x0806);
		put_fill(&b, 0, 8);
		put8(&b, type);
		put_fill(&b, 0, 9);
		decode(LINK_COOKED2);
		assert_int_equal(p.direction, expected[type]);
	}
}

/* What the source says of the direction goes before the cooked header. */
static void test_told_direction(void **state)
{
	static const uint8_t cooked[16] = { 0, 4, [14] = 0x08, 0x06 };
	struct frame frame = { .data = cooked, .caplen = 16, .wirelen = 16, .linktype = 113 };

	start();
	frame.direction = DIRECTION_IN;
	decode_frame(&frame, &p);
	assert_int_equal(p.direction, DIRECTION_IN);
	p.data = NULL;
}

static void test_vlan(void **state)
{
	static const unsigned types[] = { 0x8100, 0x88a8, 0x9100 };

	start();
	put_ethernet(&b, types[1]);
	for (unsigned i = 0; i < 8; i++) {
		put16(&b, 0xe000 | (100 + i));
		put16(&b, i == 7 ? 0x0800 : types[i % 3]);
	}
	put_segment(4, 1);
	decode(LINK_ETHERNET);
	assert_segment(4, 1);
	assert_int_equal(p.vlan_tags, 8);
	assert_int_equal(p.vlan_id, 100);
	assert_int_equal(p.vlan_inner, 101);
	assert_int_equal(p.ethertype, 0x0800);
}

static void test_vlan_bound(void **state)
{
	start();
	put_ethernet(&b, 0x8100);
	for (unsigned i = 0; i < 9; i++) {
		put16(&b, i);
		put16(&b, i == 8 ? 0x0800 : 0x8100);
	}
	put_segment(4, 1);
	decode(LINK_ETHERNET);
	assert_stop(LAYER_MALFORMED, PART_VLAN);
}

static void test_priority_tag(void **state)
{
	start();
	put_ethernet(&b, 0x8100);
	put16(&b, 0xe000);
	put16(&b, 0x86dd);
	put_segment(6, 1);
	decode(LINK_ETHERNET);
	assert_segment(6, 1);
	assert_int_equal(p.vlan_tags, 1);
	assert_int_equal(p.vlan_id, 0);
}

/* Where an EtherType's payload begins is known of frames without IP, too. */
static void test_payload_offset(void **state)
{
	start();
	put_ethernet(&b, 0x8100);
	put16(&b, 5);
	put16(&b, 0x88b5);
	put_fill(&b, 0, 40);
	decode(LINK_ETHERNET);
	assert_stop(LAYER_NETWORK, 0x88b5);
	assert_int_equal(p.network_offset, 18);
	start();
	put_ethernet(&b, 38);
	put_fill(&b, 0x42, 38);
	decode(LINK_ETHERNET);
	assert_stop(LAYER_NETWORK, 0x42);
	assert_int_equal(p.network_offset, 0);
}

static void put_rtag(unsigned number, unsigned type)
{
	put16(&b, 0);
	put16(&b, number);
	put16(&b, type);
}

static void test_rtag(void **state)
{
	start();
	put_ethernet(&b, 0x8100);
	put16(&b, 7);
	put16(&b, 0xf1c1);
	put_rtag(0x1234, 0x0800);
	put_segment(4, 9);
	decode(LINK_ETHERNET);
	assert_segment(4, 9);
	assert_int_equal(p.rtag_offset, 18);
	assert_int_equal(p.network_offset, 24);
	assert_int_equal(p.ethertype, 0x0800);
	assert_int_equal(p.vlan_id, 7);
	for (uint32_t kept = 18; kept < 24; kept++) {
		frame_free(&p);
		frame_decode(&p, &b, LINK_ETHERNET, kept, b.size);
		assert_stop(LAYER_TRUNCATED, PART_RTAG);
		assert_int_equal(p.rtag_offset, 0);
	}
}

/* A second one is not passed over; what it wraps may be tagged all the same. */
static void test_rtag_bound(void **state)
{
	start();
	put_ethernet(&b, 0xf1c1);
	put_rtag(1, 0x8100);
	put16(&b, 9);
	put16(&b, 0xf1c1);
	put_rtag(2, 0x0800);
	put_segment(4, 9);
	decode(LINK_ETHERNET);
	assert_stop(LAYER_NETWORK, 0xf1c1);
	assert_int_equal(p.rtag_offset, 14);
	assert_int_equal(p.network_offset, 24);
	assert_int_equal(p.vlan_id, 9);
}

/* `count` labels 100, 101, ..., the last one at the bottom of the stack. */
static void put_labels(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		put32(&b, (100 + i) << 12 | (i + 1 == count) << 8 | 64);
}

static void test_mpls(void **state)
{
	for (unsigned version = 4; version <= 6; version += 2) {
		for (unsigned count = 1; count <= 16; count += 5) {
			start();
			put_ethernet(&b, count == 1 ? 0x8848 : 0x8847);
			put_labels(count);
			put_segment(version, 30);
			decode(LINK_ETHERNET);
			assert_segment(version, 30);
			assert_has(PACKET_MPLS);
			assert_int_equal(p.mpls_label, 99 + count);
			assert_int_equal(p.network_offset, 14 + 4 * count);
			for (uint32_t kept = 14; kept < 14 + 4 * count; kept++) {
				frame_free(&p);
				frame_decode(&p, &b, LINK_ETHERNET, kept, b.size);
				assert_stop(LAYER_TRUNCATED, PART_MPLS);
				assert_not(PACKET_MPLS);
			}
			/* Of too little of an IP header it is not said that it is one. */
			for (uint32_t ip = 0; ip < (version == 4 ? 20 : 40); ip++) {
				frame_free(&p);
				frame_decode(&p, &b, LINK_ETHERNET, 14 + 4 * count + ip, b.size);
				assert_int_equal(p.layer, LAYER_NETWORK);
				assert_has(PACKET_MPLS);
			}
		}
	}
}

static void test_mpls_bound(void **state)
{
	start();
	put_ethernet(&b, 0x8847);
	put_labels(17);
	put_segment(4, 1);
	decode(LINK_ETHERNET);
	assert_stop(LAYER_MALFORMED, PART_MPLS);
	assert_not(PACKET_MPLS | PACKET_IP);
}

/* Whatever is not IP ends there, never as malformed, with the place of the payload known. */
static void test_mpls_payload(void **state)
{
	static const struct {
		const char *name;
		unsigned size;
		uint8_t bytes[24];
	} payloads[] = {
		{ "nothing", 0, { 0 } },
		{ "control word", 24, { 0, 0, 0, 1 } },
		{ "associated channel", 24, { 0x10, 0, 0, 0x21 } },
		{ "station 45:..", 24, { 0x45, 0, 0, 60, 1, 2, 0x45, 7, 8, 9, 10, 11, 8 } },
		{ "station 4a:..", 24, { 0x4a, 0, 0, 50, 1, 2, 0x45, 7, 8, 9, 10, 11, 8 } },
		{ "header of 16 bytes", 24, { 0x44, 0, 0, 24 } },
		{ "length below the header's", 24, { 0x46, 0, 0, 20 } },
		{ "options beyond the frame", 24, { 0x4f, 0, 0, 60 } },
		{ "length 0", 24, { 0x45 } },
		{ "station 60:..", 24, { 0x60, 0, 0, 0, 0, 60 } },
		{ "any other", 24, { 0xff } },
	};

	for (size_t i = 0; i < sizeof(payloads) / sizeof(*payloads); i++) {
		start();
		put_ethernet(&b, 0x8847);
		put_labels(2);
		put(&b, payloads[i].bytes, payloads[i].size);
		decode(LINK_ETHERNET);
		if (p.layer != LAYER_NETWORK)
			print_error("%s\n", payloads[i].name);
		assert_stop(LAYER_NETWORK, 0x8847);
		assert_int_equal(p.flags, PACKET_MPLS);
		assert_int_equal(p.mpls_label, 101);
		assert_int_equal(p.network_offset, 22);
	}
}

/* IP with bytes behind it, or cut on its way, is known by its sum; IPv6 has none. */
static void test_mpls_lengths(void **state)
{
	start();
	put_ethernet(&b, 0x8847);
	put_labels(1);
	put_segment(4, 1);
	put_fill(&b, 0, 3);
	decode(LINK_ETHERNET);
	assert_stop(LAYER_NETWORK, 0x8847);
	frame_free(&p);
	set16(&b, 28, 0x1499);
	decode(LINK_ETHERNET);
	assert_segment(4, 1);
	assert_has(PACKET_PADDED);
	frame_free(&p);
	frame_decode(&p, &b, LINK_ETHERNET, b.size - 4, b.size - 4);
	assert_segment(4, 0);
	assert_has(PACKET_LENGTH_SHORT);
	for (unsigned trailer = 8; trailer <= 9; trailer++) {
		start();
		put_ethernet(&b, 0x8847);
		put_labels(1);
		put_segment(6, 1);
		put_fill(&b, 0, trailer);
		decode(LINK_ETHERNET);
		if (trailer == 8)
			assert_segment(6, 1);
		else
			assert_stop(LAYER_NETWORK, 0x8847);
	}
}

/* Ethernet fills short frames up: that is no payload. */
static void test_padding(void **state)
{
	for (unsigned version = 4; version <= 6; version += 2) {
		start();
		put_ethernet(&b, version == 4 ? 0x0800 : 0x86dd);
		put_segment(version, 0);
		put_fill(&b, 0, 26);
		decode(LINK_ETHERNET);
		assert_segment(version, 0);
		assert_has(PACKET_PADDED);
		assert_int_equal(p.ip_length, version == 4 ? 40 : 60);
	}
}

/* Headers that announce more than the frame had do not make bytes. */
static void test_length_short(void **state)
{
	for (unsigned version = 4; version <= 6; version += 2) {
		start();
		put_ethernet(&b, version == 4 ? 0x0800 : 0x86dd);
		put_segment(version, 50);
		frame_decode(&p, &b, LINK_ETHERNET, b.size - 20, b.size - 20);
		assert_segment(version, 30);
		assert_has(PACKET_LENGTH_SHORT);
		assert_not(PACKET_PADDED);
	}
}

/* A frame cut by the capture keeps the lengths of its headers. */
static void test_snapped(void **state)
{
	for (unsigned version = 4; version <= 6; version += 2) {
		start();
		put_ethernet(&b, version == 4 ? 0x0800 : 0x86dd);
		put_segment(version, 500);
		decode_cut(LINK_ETHERNET, 500);
		assert_segment(version, 500);
		assert_not(PACKET_LENGTH_SHORT | PACKET_PADDED);
	}
}

/* A file that calls a frame shorter than its bytes is not believed. */
static void test_wirelen_lies(void **state)
{
	start();
	put_ethernet(&b, 0x0800);
	put_segment(4, 100);
	frame_decode(&p, &b, LINK_ETHERNET, b.size, 10);
	assert_segment(4, 100);
	assert_int_equal(p.wirelen, b.size);
}

/* Segmentation offload leaves a length of 0: the frame's counts, unless it may be padding. */
static void test_length_zero(void **state)
{
	for (unsigned version = 4; version <= 6; version += 2) {
		start();
		put_ethernet(&b, version == 4 ? 0x0800 : 0x86dd);
		put_segment(version, 2000);
		set16(&b, 12 + version, 0);
		decode_cut(LINK_ETHERNET, 1000);
		assert_segment(version, 2000);
		assert_has(PACKET_LENGTH_ZERO);
	}
	start();
	put_ethernet(&b, 0x0800);
	put_segment(4, 0);
	put_fill(&b, 0, 6);
	set16(&b, 16, 0);
	decode(LINK_ETHERNET);
	assert_stop(LAYER_MALFORMED, PART_IPV4);
	assert_not(PACKET_IP);
	start();
	put_ethernet(&b, 0x0800);
	put_segment(4, 100);
	set16(&b, 16, 0);
	frame_decode(&p, &b, LINK_ETHERNET, b.size, 0xffffffff);
	assert_stop(LAYER_MALFORMED, PART_IPV4);
}

static void test_ipv4_malformed(void **state)
{
	static const struct {
		uint32_t at;
		uint8_t value;
	} faults[] = {
		{ 14, 0x65 }, /* version 6 */
		{ 14, 0x44 }, /* header of 16 bytes */
		{ 14, 0x4f }, /* header of 60 bytes in a packet of 40 */
		{ 17, 19 },   /* total length below the header's */
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		start();
		put_ethernet(&b, 0x0800);
		put_segment(4, 0);
		b.data[faults[i].at] = faults[i].value;
		decode(LINK_ETHERNET);
		assert_stop(LAYER_MALFORMED, PART_IPV4);
		assert_not(PACKET_IP | PACKET_TCP | PACKET_PORTS);
	}
}

static void test_ipv6_malformed(void **state)
{
	start();
	put_ethernet(&b, 0x86dd);
	put_segment(6, 0);
	b.data[14] = 0x40;
	decode(LINK_ETHERNET);
	assert_stop(LAYER_MALFORMED, PART_IPV6);
	assert_not(PACKET_IP);
}

static void test_ipv4_options(void **state)
{
	start();
	uint32_t ip = put_ipv4(&b, 6);

	b.data[0] = 0x4f;
	put_fill(&b, 1, 40);
	put_tcp(&b, TCP_SYN, 0);
	ip_finish(&b, ip);
	decode(LINK_RAW);
	assert_segment(4, 0);
	assert_int_equal(p.transport_offset, 60);
	for (uint32_t kept = 20; kept < 60; kept++) {
		frame_free(&p);
		frame_decode(&p, &b, LINK_RAW, kept, b.size);
		assert_stop(LAYER_TRUNCATED, PART_IPV4);
		assert_has(PACKET_IP);
		assert_int_equal(p.protocol, 6);
	}
}

static void test_ipv4_fragments(void **state)
{
	start();
	put_segment(4, 60);
	b.data[6] = 0x20;
	decode(LINK_RAW);
	assert_segment(4, 60);
	assert_has(PACKET_FRAGMENT);
	assert_not(PACKET_DF);
	frame_free(&p);
	b.data[7] = 3;
	decode(LINK_RAW);
	assert_stop(LAYER_FRAGMENT, 6);
	assert_has(PACKET_IP);
	assert_not(PACKET_PORTS | PACKET_TCP | PACKET_FRAGMENT);
	assert_int_equal(p.payload_length, 80);
	assert_int_equal(p.transport_offset, 20);
	frame_free(&p);
	b.data[6] = 0x1f;
	b.data[7] = 0xff;
	decode(LINK_RAW);
	assert_stop(LAYER_FRAGMENT, 6);
}

/* A first fragment too small for the TCP header (RFC 3128). */
static void test_tiny_fragment(void **state)
{
	start();
	uint32_t ip = put_ipv4(&b, 6);

	put_tcp(&b, TCP_SYN, 0);
	b.size -= 4;
	ip_finish(&b, ip);
	b.data[6] = 0x20;
	decode(LINK_RAW);
	assert_stop(LAYER_MALFORMED, PART_TCP);
	assert_not(PACKET_TCP);
}

static void put_extension(unsigned next, unsigned units)
{
	put8(&b, next);
	put8(&b, units - 1);
	put_fill(&b, 0, units * 8 - 2);
}

static void put_fragment_header(unsigned next, unsigned offset, unsigned more)
{
	put8(&b, next);
	put8(&b, 0);
	put16(&b, offset << 3 | more);
	put32(&b, 0xdeadbeef);
}

static uint32_t put_long_chain(void)
{
	uint32_t ip = put_ipv6(&b, 0);

	put_extension(60, 1);
	put_extension(43, 2);
	put_extension(44, 3);
	put_fragment_header(51, 0, 0);
	put8(&b, 60);
	put8(&b, 4);
	put_fill(&b, 0, 22);
	put_extension(6, 1);
	return ip;
}

static void test_ipv6_chain(void **state)
{
	start();
	uint32_t ip = put_long_chain();
	uint32_t chain = b.size;

	put_tcp(&b, TCP_ACK, 0);
	put_fill(&b, 0, 9);
	ip_finish(&b, ip);
	decode(LINK_RAW);
	assert_segment(6, 9);
	assert_not(PACKET_FRAGMENT);
	assert_int_equal(p.transport_offset, chain);
	for (uint32_t kept = 40; kept < chain; kept++) {
		frame_free(&p);
		frame_decode(&p, &b, LINK_RAW, kept, b.size);
		assert_stop(LAYER_TRUNCATED, PART_IPV6_EXTENSION);
		assert_has(PACKET_IP);
	}
	for (uint32_t announced = 40; announced < chain; announced++) {
		frame_free(&p);
		set16(&b, 4, announced - 40 ? announced - 40 : 1);
		decode(LINK_RAW);
		assert_stop(LAYER_MALFORMED, PART_IPV6_EXTENSION);
	}
}

static void test_ipv6_chain_bound(void **state)
{
	for (unsigned count = 1; count <= 10; count++) {
		start();
		uint32_t ip = put_ipv6(&b, 60);

		for (unsigned i = 1; i < count; i++)
			put_extension(60, 1);
		put_extension(6, 1);
		put_tcp(&b, TCP_ACK, 0);
		ip_finish(&b, ip);
		decode(LINK_RAW);
		if (count <= 8)
			assert_segment(6, 0);
		else
			assert_stop(LAYER_MALFORMED, PART_IPV6_EXTENSION);
	}
}

static void test_ipv6_fragments(void **state)
{
	start();
	uint32_t ip = put_ipv6(&b, 44);

	put_fragment_header(6, 0, 1);
	put_tcp(&b, TCP_ACK, 0);
	put_fill(&b, 0, 12);
	ip_finish(&b, ip);
	decode(LINK_RAW);
	assert_segment(6, 12);
	assert_has(PACKET_FRAGMENT);
	frame_free(&p);
	set16(&b, 42, 4 << 3);
	decode(LINK_RAW);
	assert_stop(LAYER_FRAGMENT, 6);
	assert_int_equal(p.payload_length, 32);
	assert_int_equal(p.transport_offset, 48);
	assert_not(PACKET_PORTS | PACKET_TCP);
}

/* The hop-by-hop header with a jumbo payload option behind some padding. */
static uint32_t put_jumbo(uint32_t announced)
{
	uint32_t ip = put_ipv6(&b, 0);

	put8(&b, 6);
	put8(&b, 1);
	put8(&b, 0);
	put16(&b, 0x0103);
	put_fill(&b, 0, 3);
	put16(&b, 0xc204);
	put32(&b, announced);
	put16(&b, 0);
	put_tcp(&b, TCP_ACK, 0);
	return ip;
}

static void test_jumbo(void **state)
{
	start();
	put_jumbo(16 + 20 + 80000);
	frame_decode(&p, &b, LINK_RAW, b.size, 40 + 16 + 20 + 80000);
	assert_segment(6, 80000);
	assert_not(PACKET_LENGTH_ZERO | PACKET_LENGTH_SHORT);
	/* More than the frame had. */
	frame_free(&p);
	frame_decode(&p, &b, LINK_RAW, b.size, 1000);
	assert_segment(6, 1000 - 40 - 16 - 20);
	assert_has(PACKET_LENGTH_SHORT);
	/* Too small for the option, and too large for any kernel. */
	start();
	put_jumbo(65535);
	decode(LINK_RAW);
	assert_stop(LAYER_MALFORMED, PART_IPV6);
	start();
	put_jumbo(0xffffffff);
	decode(LINK_RAW);
	assert_stop(LAYER_MALFORMED, PART_IPV6);
}

/* Length 0 and a hop-by-hop header that does not say more: as without it. */
static void test_jumbo_absent(void **state)
{
	start();
	put_ipv6(&b, 0);
	put_extension(6, 1);
	put_tcp(&b, TCP_ACK, 0);
	put_fill(&b, 0, 100);
	decode(LINK_RAW);
	assert_segment(6, 100);
	assert_has(PACKET_LENGTH_ZERO);
}

/* Only an option of the hop-by-hop header itself, and of the right length, counts. */
static void test_jumbo_elsewhere(void **state)
{
	static const struct {
		const char *name;
		uint8_t first[8], second[8];
	} headers[] = {
		{ "within another option", { 6, 1, 0x1e, 12, 0xc2, 4, 0, 1 }, { 0 } },
		{ "of a wrong length", { 60, 0, 0xc2, 3, 0, 1, 0, 0 }, { 6, 0, 1, 4 } },
		{ "in the next header", { 60, 0, 1, 4 }, { 6, 0, 0xc2, 4, 0, 1, 0, 0 } },
		{ "across both", { 60, 0, 1, 2, 0, 0, 0xc2, 4 }, { 6, 1, 0, 0, 1, 2 } },
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		start();
		put_ipv6(&b, 0);
		put(&b, headers[i].first, 8);
		put(&b, headers[i].second, 8);
		put_fill(&b, 0, headers[i].second[1] * 8);
		put_tcp(&b, TCP_ACK, 0);
		put_fill(&b, 0, 100);
		decode(LINK_RAW);
		if (!(p.flags & PACKET_LENGTH_ZERO))
			print_error("%s\n", headers[i].name);
		assert_segment(6, 100);
		assert_has(PACKET_LENGTH_ZERO);
	}
}

static void test_protocols(void **state)
{
	static const struct {
		unsigned version;
		unsigned protocol;
	} named[] = {
		{ 4, 2 },
		{ 4, 4 },
		{ 4, 41 },
		{ 4, 47 },
		{ 4, 50 },
		{ 4, 132 },
		{ 4, 255 },
		{ 4, 0 },
		{ 4, 58 },
		{ 4, 60 },
		{ 6, 1 },
		{ 6, 4 },
		{ 6, 41 },
		{ 6, 47 },
		{ 6, 50 },
		{ 6, 132 },
		{ 6, 135 },
	};

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		start();
		uint32_t ip = named[i].version == 4 ? put_ipv4(&b, named[i].protocol)
						    : put_ipv6(&b, named[i].protocol);

		put_fill(&b, 0, 24);
		ip_finish(&b, ip);
		decode(LINK_RAW);
		assert_stop(LAYER_PROTOCOL, named[i].protocol);
		assert_int_equal(p.protocol, named[i].protocol);
		assert_int_equal(p.payload_length, 24);
		assert_int_equal(p.flags & ~PACKET_DF, PACKET_IP);
	}
}

static void test_no_next_header(void **state)
{
	start();
	put_ipv6(&b, 59);
	put_fill(&b, 0, 30);
	decode(LINK_RAW);
	assert_stop(LAYER_PROTOCOL, 59);
	assert_int_equal(p.ip_length, 40);
	assert_int_equal(p.payload_length, 0);
	assert_not(PACKET_LENGTH_ZERO);
}

static void test_authentication(void **state)
{
	start();
	uint32_t ip = put_ipv4(&b, 51);

	put8(&b, 6);
	put8(&b, 4);
	put_fill(&b, 0, 22);
	put_tcp(&b, TCP_ACK, 0);
	put_fill(&b, 0, 3);
	ip_finish(&b, ip);
	decode(LINK_RAW);
	assert_segment(4, 3);
	assert_int_equal(p.transport_offset, 44);
	assert_int_equal(p.ah_offset, 20);
	/* Its fixed part is enough to remember it. */
	for (uint32_t kept = 20; kept < 44; kept++) {
		frame_free(&p);
		frame_decode(&p, &b, LINK_RAW, kept, b.size);
		assert_stop(LAYER_TRUNCATED, PART_IPV4);
		assert_int_equal(p.ah_offset, kept >= 32 ? 20 : 0);
	}
	frame_free(&p);
	b.data[21] = 0;
	decode(LINK_RAW);
	assert_stop(LAYER_MALFORMED, PART_IPV4);
}

/* Of several in a chain it is the first. */
static void test_authentication_ipv6(void **state)
{
	start();
	uint32_t ip = put_ipv6(&b, 60);

	put_extension(51, 1);
	put8(&b, 51);
	put8(&b, 2);
	put_fill(&b, 0, 14);
	put8(&b, 6);
	put8(&b, 4);
	put_fill(&b, 0, 22);
	put_tcp(&b, TCP_ACK, 0);
	ip_finish(&b, ip);
	decode(LINK_RAW);
	assert_segment(6, 0);
	assert_int_equal(p.ah_offset, 48);
}

/* A header cut at every byte: TCP is claimed only for its 20 fixed bytes. */
static void test_tcp_cut(void **state)
{
	for (uint32_t kept = 0; kept <= 60; kept++) {
		start();
		put_ethernet(&b, 0x0800);
		uint32_t ip = put_ipv4(&b, 6);

		put_tcp(&b, TCP_ACK, 12);
		put32(&b, 0x0101080a);
		put32(&b, 11);
		put32(&b, 22);
		put_fill(&b, 0, 10);
		ip_finish(&b, ip);
		frame_decode(&p, &b, LINK_ETHERNET, kept, b.size);
		assert_int_equal(!!(p.flags & PACKET_IP), kept >= 34);
		assert_int_equal(!!(p.flags & PACKET_PORTS), kept >= 38);
		assert_int_equal(!!(p.flags & PACKET_TCP), kept >= 54);
		/* Two bytes of padding are read even where the rest is gone. */
		assert_int_equal(!!(p.flags & PACKET_OPTIONS_CUT), kept >= 54 && kept < 66);
		if (kept < 14)
			assert_stop(LAYER_TRUNCATED, PART_LINK);
		else if (kept < 34)
			assert_stop(LAYER_TRUNCATED, PART_IPV4);
		else if (kept < 54)
			assert_stop(LAYER_TRUNCATED, PART_TCP);
		else
			assert_segment(4, 10);
		assert_not(PACKET_OPTIONS_BAD);
	}
}

static void test_tcp_malformed(void **state)
{
	for (unsigned words = 0; words < 16; words++) {
		start();
		put_segment(4, 8);
		b.data[32] = (uint8_t)(words << 4);
		decode(LINK_RAW);
		if (words >= 5 && words <= 7) {
			assert_segment(4, 28 - words * 4);
			continue;
		}
		assert_stop(LAYER_MALFORMED, PART_TCP);
		assert_has(PACKET_PORTS);
		assert_not(PACKET_TCP);
	}
}

static void test_tcp_flags(void **state)
{
	for (unsigned bit = 0; bit < 12; bit++) {
		start();
		uint32_t ip = put_ipv4(&b, 6);

		put_tcp(&b, 1u << bit, 0);
		ip_finish(&b, ip);
		decode(LINK_RAW);
		assert_int_equal(p.tcp_flags, bit < 9 ? 1u << bit : 0);
	}
}

/* Decodes a segment with these options; `cut` bytes of them and all behind was not captured. */
static void decode_options(const uint8_t *options, unsigned size, unsigned cut)
{
	start();
	uint32_t ip = put_ipv4(&b, 6);

	put_tcp(&b, TCP_SYN, size);
	put(&b, options, size);
	put_fill(&b, 0, 7);
	ip_finish(&b, ip);
	decode_cut(LINK_RAW, cut ? cut + 7 : 0);
	assert_has(PACKET_TCP);
	assert_int_equal(p.payload_length, 7);
}

#define OPTION_FLAGS \
	(PACKET_OPTIONS_CUT | PACKET_OPTIONS_BAD | PACKET_TIMESTAMP | PACKET_MSS | PACKET_WSCALE | \
		PACKET_SACK_PERMITTED | PACKET_MPTCP | PACKET_FAST_OPEN)

static void test_tcp_options(void **state)
{
	static const struct {
		const char *name;
		uint32_t flags;
		unsigned size, cut;
		uint8_t bytes[40];
	} cases[] = {
		{ "none", 0, 0, 0, { 0 } },
		{ "syn", PACKET_MSS | PACKET_SACK_PERMITTED | PACKET_TIMESTAMP | PACKET_WSCALE, 20,
			0, { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 3, 3, 7 } },
		{ "syn, the same otherwise",
			PACKET_MSS | PACKET_SACK_PERMITTED | PACKET_TIMESTAMP | PACKET_WSCALE, 20,
			0, { 2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9 } },
		{ "syn without a scale", PACKET_MSS | PACKET_SACK_PERMITTED | PACKET_TIMESTAMP, 20,
			0, { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 1, 1, 1 } },
		{ "syn cut in the scale",
			PACKET_MSS | PACKET_SACK_PERMITTED | PACKET_TIMESTAMP | PACKET_OPTIONS_CUT,
			20, 1, { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 3, 3, 7 } },
		{ "end", PACKET_MSS, 8, 0, { 2, 4, 5, 0xb4, 0, 3, 3, 7 } },
		{ "mptcp", PACKET_MPTCP, 4, 0, { 30, 4, 0, 0 } },
		{ "fast open", PACKET_FAST_OPEN, 8, 0, { 34, 6, 1, 2, 3, 4, 1, 1 } },
		{ "fast open request", PACKET_FAST_OPEN, 4, 0, { 34, 2, 1, 1 } },
		{ "experimental fast open", PACKET_FAST_OPEN, 4, 0, { 254, 4, 0xf9, 0x89 } },
		{ "another experiment", 0, 4, 0, { 254, 4, 0xf9, 0x88 } },
		{ "experiment without room", 0, 8, 0, { 254, 3, 0xf9, 0x89, 4, 0, 0, 1 } },
		{ "unknown", 0, 4, 0, { 200, 4, 1, 2 } },
		{ "timestamp last", PACKET_TIMESTAMP, 12, 0,
			{ 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 1 } },
		{ "MSS of 3", PACKET_OPTIONS_BAD, 4, 0, { 2, 3, 5, 1 } },
		{ "MSS of 3, then window scale", PACKET_OPTIONS_BAD | PACKET_WSCALE, 8, 0,
			{ 2, 3, 5, 1, 3, 3, 7, 1 } },
		{ "SACK of 9", PACKET_OPTIONS_BAD, 12, 0, { 5, 9, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1 } },
		{ "SACK of 11", PACKET_OPTIONS_BAD, 12, 0,
			{ 5, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } },
		{ "SACK of none", PACKET_OPTIONS_BAD, 4, 0, { 5, 2, 1, 1 } },
		{ "length 0", PACKET_OPTIONS_BAD, 4, 0, { 200, 0, 1, 1 } },
		{ "length 1", PACKET_OPTIONS_BAD, 4, 0, { 200, 1, 1, 1 } },
		{ "beyond the header", PACKET_OPTIONS_BAD, 4, 0, { 1, 1, 2, 4 } },
		{ "no room for a length", PACKET_OPTIONS_BAD, 4, 0, { 1, 1, 1, 2 } },
		{ "all cut", PACKET_OPTIONS_CUT, 4, 4, { 2, 4, 5, 0xb4 } },
		{ "cut in the value", PACKET_OPTIONS_CUT, 4, 1, { 2, 4, 5, 0xb4 } },
		{ "cut before the length", PACKET_OPTIONS_CUT, 4, 3, { 2, 4, 5, 0xb4 } },
		{ "cut between", PACKET_OPTIONS_CUT | PACKET_MSS, 8, 4,
			{ 2, 4, 5, 0xb4, 3, 3, 7, 1 } },
		{ "bad before the cut", PACKET_OPTIONS_BAD, 8, 4, { 200, 1, 1, 1, 3, 3, 7, 1 } },
		{ "ended before the cut", PACKET_MSS, 8, 1, { 2, 4, 5, 0xb4, 0, 0, 0, 0 } },
		{ "too long, whatever is cut", PACKET_OPTIONS_BAD, 8, 4,
			{ 1, 1, 2, 9, 0, 0, 0, 0 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		decode_options(cases[i].bytes, cases[i].size, cases[i].cut);
		if ((p.flags & OPTION_FLAGS) != cases[i].flags)
			print_error("%s: 0x%x\n", cases[i].name, p.flags);
		assert_int_equal(p.flags & OPTION_FLAGS, cases[i].flags);
		assert_int_equal(p.mss, p.flags & PACKET_MSS ? 1460 : 0);
		assert_int_equal(p.wscale, p.flags & PACKET_WSCALE ? 7 : 0);
		assert_int_equal(p.tsval, p.flags & PACKET_TIMESTAMP ? 7 : 0);
		assert_int_equal(p.tsecr, p.flags & PACKET_TIMESTAMP ? 9 : 0);
		assert_int_equal(p.sack_count, 0);
	}
}

static void test_tcp_sack(void **state)
{
	for (unsigned count = 1; count <= 4; count++) {
		uint8_t options[40] = { 1, 1, 5, (uint8_t)(2 + 8 * count) };
		uint32_t left, right;

		for (unsigned i = 0; i < 8 * count; i++)
			options[4 + i] = (uint8_t)i;
		decode_options(options, 4 + 8 * count, 0);
		assert_int_equal(p.sack_count, count);
		assert_int_equal(p.sack_offset, 44);
		packet_sack(&p, count - 1, &left, &right);
		assert_int_equal(left, 0x00010203 + (count - 1) * 0x08080808);
		assert_int_equal(right, 0x04050607 + (count - 1) * 0x08080808);
		/* A cut within the blocks: none of them is claimed. */
		decode_options(options, 4 + 8 * count, 1);
		assert_int_equal(p.sack_count, 0);
		assert_has(PACKET_OPTIONS_CUT);
	}
}

/* Payload that looks like an option is none. */
static void test_tcp_payload_is_no_option(void **state)
{
	start();
	put_ethernet(&b, 0x0800);
	uint32_t ip = put_ipv4(&b, 6);

	put_tcp(&b, TCP_ACK, 0);
	put32(&b, 0x0101080a);
	put_fill(&b, 7, 8);
	ip_finish(&b, ip);
	decode(LINK_ETHERNET);
	assert_segment(4, 12);
	assert_not(PACKET_TIMESTAMP);
}

/* The usual shape of an acknowledgement with timestamps and SACK. */
static void test_tcp_timestamp_and_sack(void **state)
{
	static const uint8_t options[] = { 1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 1, 5, 10, 0, 0,
		0, 1, 0, 0, 0, 2 };
	uint32_t left, right;

	decode_options(options, sizeof(options), 0);
	assert_has(PACKET_TIMESTAMP);
	assert_int_equal(p.tsval, 7);
	assert_int_equal(p.tsecr, 9);
	assert_int_equal(p.sack_count, 1);
	packet_sack(&p, 0, &left, &right);
	assert_int_equal(left, 1);
	assert_int_equal(right, 2);
}

static void put_datagram(unsigned payload)
{
	uint32_t ip = put_ipv4(&b, 17);
	uint32_t udp = put_udp(&b);

	put_fill(&b, 'u', payload);
	udp_finish(&b, udp);
	ip_finish(&b, ip);
}

static void test_udp(void **state)
{
	start();
	put_datagram(12);
	decode(LINK_RAW);
	assert_stop(LAYER_TRANSPORT, 17);
	assert_int_equal(p.flags, PACKET_IP | PACKET_DF | PACKET_PORTS);
	assert_int_equal(p.source_port, 5000);
	assert_int_equal(p.destination_port, 53);
	assert_int_equal(p.checksum, 0x1111);
	assert_int_equal(p.transport_header, 8);
	assert_int_equal(p.payload_length, 12);
	for (uint32_t kept = 20; kept < 28; kept++) {
		frame_free(&p);
		frame_decode(&p, &b, LINK_RAW, kept, b.size);
		assert_stop(LAYER_TRUNCATED, PART_UDP);
		assert_int_equal(!!(p.flags & PACKET_PORTS), kept >= 24);
	}
}

static void test_udp_over_ethernet(void **state)
{
	start();
	put_ethernet(&b, 0x0800);
	put_datagram(60);
	decode(LINK_ETHERNET);
	assert_stop(LAYER_TRANSPORT, 17);
	assert_not(PACKET_TCP);
	assert_int_equal(p.payload_length, 60);
}

/* Whatever IP carries over Ethernet, whole, cut or padded: decoded in one step or by layers. */
static void test_every_protocol_both_ways(void **state)
{
	for (unsigned version = 4; version <= 6; version += 2)
		for (unsigned protocol = 0; protocol < 256; protocol++) {
			start();
			put_ethernet(&b, version == 4 ? 0x0800 : 0x86dd);
			uint32_t ip = version == 4 ? put_ipv4(&b, protocol)
						   : put_ipv6(&b, protocol);

			for (unsigned i = 0; i < 40; i++) /* as UDP: 12 bytes long */
				put8(&b, i == 5 ? 12 : i * protocol % 5);
			ip_finish(&b, ip);
			put_fill(&b, 0, protocol % 3);
			for (uint32_t cut = 0; cut <= 40; cut++) {
				decode_cut(LINK_ETHERNET, cut);
				assert_int_equal(p.ip_version, version);
				frame_free(&p);
			}
			for (unsigned length = 0; length <= 44; length++) {
				set16(&b, ip + (version == 4 ? 2 : 4), length);
				decode(LINK_ETHERNET);
				frame_free(&p);
			}
		}
}

static void test_udp_lengths(void **state)
{
	start();
	put_datagram(12);
	set16(&b, 24, 10);
	decode(LINK_RAW);
	assert_int_equal(p.payload_length, 2);
	assert_not(PACKET_LENGTH_SHORT);
	frame_free(&p);
	set16(&b, 24, 100);
	decode(LINK_RAW);
	assert_int_equal(p.payload_length, 12);
	assert_has(PACKET_LENGTH_SHORT);
	/* The first fragment announces the datagram. */
	frame_free(&p);
	b.data[6] = 0x20;
	decode(LINK_RAW);
	assert_int_equal(p.payload_length, 12);
	assert_has(PACKET_FRAGMENT);
	assert_not(PACKET_LENGTH_SHORT);
	for (unsigned length = 0; length < 8; length++) {
		frame_free(&p);
		set16(&b, 24, length);
		decode(LINK_RAW);
		assert_stop(LAYER_MALFORMED, PART_UDP);
	}
}

static void test_udp_jumbo(void **state)
{
	start();
	put_jumbo(16 + 8 + 70000);
	b.data[40] = 17;
	b.size = 56;
	put_udp(&b);
	frame_decode(&p, &b, LINK_RAW, b.size, 40 + 16 + 8 + 70000);
	assert_stop(LAYER_TRANSPORT, 17);
	assert_int_equal(p.payload_length, 70000);
}

static void test_icmp_echo(void **state)
{
	static const struct {
		unsigned version, type;
	} echoes[] = { { 4, 0 }, { 4, 8 }, { 4, 13 }, { 6, 128 }, { 6, 129 } };

	for (size_t i = 0; i < sizeof(echoes) / sizeof(*echoes); i++) {
		start();
		uint32_t ip = echoes[i].version == 4 ? put_ipv4(&b, 1) : put_ipv6(&b, 58);

		put8(&b, echoes[i].type);
		put8(&b, 5);
		put16(&b, 0x9999);
		put16(&b, 0x4321);
		put16(&b, 1);
		put_fill(&b, 0, 48);
		ip_finish(&b, ip);
		decode(LINK_RAW);
		assert_stop(LAYER_TRANSPORT, echoes[i].version == 4 ? 1 : 58);
		assert_not(PACKET_PORTS | PACKET_ICMP_QUOTE);
		assert_int_equal(p.icmp_type, echoes[i].type);
		assert_int_equal(p.icmp_code, 5);
		assert_int_equal(p.checksum, 0x9999);
		assert_int_equal(p.source_port, 0x4321);
		assert_int_equal(p.destination_port, 0x4321);
		assert_int_equal(p.payload_length, 48);
		for (uint32_t kept = b.size - 56; kept < b.size - 48; kept++) {
			frame_free(&p);
			frame_decode(&p, &b, LINK_RAW, kept, b.size);
			assert_stop(LAYER_TRUNCATED, PART_ICMP);
			assert_int_equal(p.source_port, 0);
		}
	}
}

/* An error of `version` that returns `size` bytes of a TCP packet of 1500. */
static void put_error(unsigned version, unsigned type, unsigned code, uint32_t rest)
{
	uint32_t ip = version == 4 ? put_ipv4(&b, 1) : put_ipv6(&b, 58);

	put8(&b, type);
	put8(&b, code);
	put16(&b, 0);
	put32(&b, rest);
	uint32_t quoted = b.size;

	if (version == 4) {
		put_ipv4(&b, 6);
		set16(&b, quoted + 2, 1500);
	} else {
		put_ipv6(&b, 60);
		set16(&b, quoted + 4, 1460);
		put_extension(6, 1);
	}
	put_tcp(&b, TCP_ACK, 0);
	ip_finish(&b, ip);
}

static void test_icmp_quote(void **state)
{
	for (unsigned version = 4; version <= 6; version += 2) {
		unsigned outer = (version == 4 ? 20 : 40) + 8;
		unsigned inner = version == 4 ? 20 : 40;
		unsigned ports = outer + (version == 4 ? 20 : 48) + 8;
		struct packet_quote quote;

		start();
		if (version == 4)
			put_error(4, 3, 4, 1400);
		else
			put_error(6, 2, 0, 1400);
		for (uint32_t kept = outer; kept <= b.size; kept++) {
			if (p.data)
				frame_free(&p);
			frame_decode(&p, &b, LINK_RAW, kept, b.size);
			assert_int_equal(!!(p.flags & PACKET_ICMP_QUOTE), kept >= outer + inner);
			if (kept < outer + inner) {
				assert_int_equal(packet_quote(&p, &quote), -1);
				continue;
			}
			assert_int_equal(packet_quote(&p, &quote), 0);
			assert_int_equal(quote.ip_version, version);
			assert_int_equal(quote.mtu, 1400);
			assert_int_equal(quote.ip_length, 1500);
			assert_int_equal(quote.ip_id, version == 4 ? 0x1234 : 0);
			assert_ptr_equal(quote.source, p.data + outer + (version == 4 ? 12 : 8));
			assert_ptr_equal(
				quote.destination, p.data + outer + (version == 4 ? 16 : 24));
			assert_int_equal(quote.has_ports, kept >= ports);
			assert_int_equal(quote.source_port, kept >= ports ? 1000 : 0);
			assert_int_equal(quote.destination_port, kept >= ports ? 80 : 0);
			assert_int_equal(quote.tcp_seq, kept >= ports ? 0x01020304 : 0);
			if (kept >= ports)
				assert_int_equal(quote.protocol, 6);
		}
	}
}

static void test_icmp_quote_refused(void **state)
{
	struct packet_quote quote;

	/* Not an error. */
	start();
	put_error(4, 9, 0, 0);
	decode(LINK_RAW);
	assert_not(PACKET_ICMP_QUOTE);
	assert_int_equal(packet_quote(&p, &quote), -1);
	/* Another version, and a header length that is none. */
	start();
	put_error(4, 11, 0, 0);
	b.data[28] = 0x65;
	decode(LINK_RAW);
	assert_not(PACKET_ICMP_QUOTE);
	frame_free(&p);
	b.data[28] = 0x44;
	decode(LINK_RAW);
	assert_not(PACKET_ICMP_QUOTE);
	/* Not ICMP at all. */
	start();
	put_segment(4, 100);
	decode(LINK_RAW);
	assert_int_equal(packet_quote(&p, &quote), -1);
}

/* What the quote announces but does not hold is not read, nor is padding behind it. */
static void test_icmp_quote_bounds(void **state)
{
	struct packet_quote quote;

	start();
	put_error(4, 3, 3, 0);
	b.data[28] = 0x4f;
	decode(LINK_RAW);
	assert_int_equal(packet_quote(&p, &quote), 0);
	assert_false(quote.has_ports);
	start();
	put_error(4, 3, 3, 0);
	set16(&b, 2, 20 + 8 + 20);
	decode(LINK_RAW);
	assert_has(PACKET_PADDED);
	assert_int_equal(packet_quote(&p, &quote), 0);
	assert_false(quote.has_ports);
}

/* Only "fragmentation needed" and "packet too big" tell an MTU. */
static void test_icmp_mtu(void **state)
{
	static const struct {
		unsigned version, type, code;
		uint32_t rest, mtu;
	} errors[] = {
		{ 4, 3, 4, 1400, 1400 },
		{ 4, 3, 4, 0, 0 },
		{ 4, 3, 1, 1400, 0 },
		{ 4, 11, 0, 1400, 0 },
		{ 6, 2, 0, 1280, 1280 },
		{ 6, 2, 0, 70000, 70000 },
		{ 6, 1, 4, 1400, 0 },
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		struct packet_quote quote;

		start();
		put_error(errors[i].version, errors[i].type, errors[i].code, errors[i].rest);
		decode(LINK_RAW);
		assert_has(PACKET_ICMP_QUOTE);
		assert_int_equal(packet_quote(&p, &quote), 0);
		assert_int_equal(quote.mtu, errors[i].mtu);
	}
}

static void test_icmp_quote_transports(void **state)
{
	struct packet_quote quote;

	/* UDP needs its ports only. */
	start();
	put_error(4, 3, 3, 0);
	b.data[28 + 9] = 17;
	decode_cut(LINK_RAW, 16);
	assert_int_equal(packet_quote(&p, &quote), 0);
	assert_true(quote.has_ports);
	assert_int_equal(quote.source_port, 1000);
	assert_int_equal(quote.tcp_seq, 0);
	/* Others have none, nor have later fragments. */
	frame_free(&p);
	b.data[28 + 9] = 47;
	decode(LINK_RAW);
	assert_int_equal(packet_quote(&p, &quote), 0);
	assert_false(quote.has_ports);
	frame_free(&p);
	b.data[28 + 9] = 6;
	b.data[28 + 7] = 9;
	decode(LINK_RAW);
	assert_int_equal(packet_quote(&p, &quote), 0);
	assert_false(quote.has_ports);
}

static void test_reasons(void **state)
{
	static const struct {
		enum packet_layer layer;
		unsigned reason;
		const char *text;
	} names[] = {
		{ LAYER_TRANSPORT, 6, "IP protocol 6 (TCP)" },
		{ LAYER_LINK, 105, "link type 105 (IEEE 802.11)" },
		{ LAYER_LINK, 4711, "link type 4711" },
		{ LAYER_NETWORK, 0x0806, "ARP" },
		{ LAYER_NETWORK, 0x88b5, "EtherType 0x88b5" },
		{ LAYER_NETWORK, 0xf1c1, "802.1CB R-TAG" },
		{ LAYER_NETWORK, 0x42, "802.2 spanning tree" },
		{ LAYER_NETWORK, 0x99, "802.2 DSAP 0x99" },
		{ LAYER_NETWORK, 0, "no network protocol" },
		{ LAYER_PROTOCOL, 47, "IP protocol 47 (GRE)" },
		{ LAYER_PROTOCOL, 132, "IP protocol 132 (SCTP)" },
		{ LAYER_PROTOCOL, 200, "IP protocol 200" },
		{ LAYER_FRAGMENT, 17, "later fragment of IP protocol 17 (UDP)" },
		{ LAYER_TRUNCATED, PART_TCP, "TCP header cut by the capture" },
		{ LAYER_TRUNCATED, PART_RTAG, "802.1CB R-TAG cut by the capture" },
		{ LAYER_MALFORMED, PART_MPLS, "MPLS label stack malformed" },
		{ LAYER_MALFORMED, PART_IPV6_EXTENSION, "IPv6 extension header malformed" },
	};
	char text[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_string_equal(
			decode_reason(names[i].layer, names[i].reason, text, sizeof(text)),
			names[i].text);
	/* Never more than there is room for, and a name for all there can be. */
	assert_string_equal(decode_reason(LAYER_NETWORK, 0x0806, text, 3), "AR");
	for (unsigned layer = 0; layer < LAYER_COUNT; layer++)
		for (unsigned reason = 0; reason < 65536; reason += reason < 300 ? 1 : 251)
			assert_true(strlen(decode_reason(layer, reason, text, sizeof(text))) > 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_ipv6_fields),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_links_cut),
		cmocka_unit_test(test_not_ip),
		cmocka_unit_test(test_cooked_direction),
		cmocka_unit_test(test_told_direction),
		cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_vlan_bound),
		cmocka_unit_test(test_priority_tag),
		cmocka_unit_test(test_payload_offset),
		cmocka_unit_test(test_rtag),
		cmocka_unit_test(test_rtag_bound),
		cmocka_unit_test(test_mpls),
		cmocka_unit_test(test_mpls_bound),
		cmocka_unit_test(test_mpls_payload),
		cmocka_unit_test(test_mpls_lengths),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_length_short),
		cmocka_unit_test(test_snapped),
		cmocka_unit_test(test_wirelen_lies),
		cmocka_unit_test(test_length_zero),
		cmocka_unit_test(test_ipv4_malformed),
		cmocka_unit_test(test_ipv6_malformed),
		cmocka_unit_test(test_ipv4_options),
		cmocka_unit_test(test_ipv4_fragments),
		cmocka_unit_test(test_tiny_fragment),
		cmocka_unit_test(test_ipv6_chain),
		cmocka_unit_test(test_ipv6_chain_bound),
		cmocka_unit_test(test_ipv6_fragments),
		cmocka_unit_test(test_jumbo),
		cmocka_unit_test(test_jumbo_absent),
		cmocka_unit_test(test_jumbo_elsewhere),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_no_next_header),
		cmocka_unit_test(test_authentication),
		cmocka_unit_test(test_authentication_ipv6),
		cmocka_unit_test(test_tcp_cut),
		cmocka_unit_test(test_tcp_malformed),
		cmocka_unit_test(test_tcp_flags),
		cmocka_unit_test(test_tcp_options),
		cmocka_unit_test(test_tcp_sack),
		cmocka_unit_test(test_tcp_payload_is_no_option),
		cmocka_unit_test(test_tcp_timestamp_and_sack),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_udp_over_ethernet),
		cmocka_unit_test(test_every_protocol_both_ways),
		cmocka_unit_test(test_udp_lengths),
		cmocka_unit_test(test_udp_jumbo),
		cmocka_unit_test(test_icmp_echo),
		cmocka_unit_test(test_icmp_quote),
		cmocka_unit_test(test_icmp_quote_refused),
		cmocka_unit_test(test_icmp_quote_bounds),
		cmocka_unit_test(test_icmp_mtu),
		cmocka_unit_test(test_icmp_quote_transports),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
