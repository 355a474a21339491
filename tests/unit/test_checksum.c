/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums of TCP and UDP, against a sum made 16 bits at a time. */

#include <setjmp.h>
#include <stdbool.h>

#include "analyzers/pipeline.h"
#include "tests/unit/frames.h"

#include <cmocka.h>

static struct bytes b;
static struct packet p;

static uint32_t add16(uint32_t sum, const uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t fold16(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The pseudo-header's sum for the packet that begins at `ip`, its layer 4 at `transport`. */
static uint32_t pseudo(uint32_t ip, uint32_t transport, uint32_t length)
{
	bool v4 = b.data[ip] >> 4 == 4;
	uint32_t sum = add16(0, b.data + ip + (v4 ? 12 : 8), v4 ? 8 : 32);

	return sum + b.data[ip + (v4 ? 9 : 6)] + length;
}

/* Builds a packet of either version and transport with a right checksum; returns where that is. */
static uint32_t build(unsigned version, unsigned protocol, unsigned payload)
{
	b.size = 0;
	uint32_t ip = version == 4 ? put_ipv4(&b, protocol) : put_ipv6(&b, protocol);
	uint32_t transport = b.size;

	if (protocol == 6)
		put_tcp(&b, TCP_ACK, 0);
	else
		put_udp(&b);
	for (unsigned i = 0; i < payload; i++)
		put8(&b, i * 7 + payload);
	if (protocol == 17)
		udp_finish(&b, transport);
	ip_finish(&b, ip);

	uint32_t field = transport + (protocol == 6 ? 16 : 6);
	uint32_t length = b.size - transport;

	set16(&b, field, 0);
	set16(&b, field,
		fold16(add16(pseudo(ip, transport, length), b.data + transport, length)) ^ 0xffff);
	return field;
}

static void decode_flags(uint32_t caplen, uint8_t flags)
{
	if (p.data)
		frame_free(&p);
	frame_decode(&p, &b, LINK_RAW, caplen, b.size);
	p.frame_flags |= flags;
}

static void decode(void)
{
	decode_flags(b.size, 0);
}

static const struct {
	unsigned version, protocol;
} kinds[] = { { 4, 6 }, { 4, 17 }, { 6, 6 }, { 6, 17 } };

#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* All short lengths, then some that are summed in wide steps, with every remainder of 32. */
static unsigned longer(unsigned payload)
{
	return payload + (payload < 300 ? 1 : 31);
}

static void test_good_and_bad(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		for (unsigned payload = 0; payload < 1400; payload = longer(payload)) {
			build(kinds[i].version, kinds[i].protocol, payload);
			decode();
			assert_int_equal(packet_checksum(&p), CHECKSUM_GOOD);
			b.data[b.size - 1] ^= 0x40;
			decode();
			assert_int_equal(packet_checksum(&p), CHECKSUM_BAD);
		}
	}
}

/* Sums that carry out of every word. */
static void test_carries(void **state)
{
	for (unsigned payload = 0; payload < 1400; payload = longer(payload)) {
		uint32_t field = build(4, 6, 0);

		put_fill(&b, 0xff, payload);
		ip_finish(&b, 0);
		set16(&b, field, 0);
		uint32_t length = b.size - 20;
		uint16_t sum = fold16(add16(pseudo(0, 20, length), b.data + 20, length));

		set16(&b, field, sum ^ 0xffff);
		decode();
		assert_int_equal(packet_checksum(&p), CHECKSUM_GOOD);
	}
}

/* Padding behind the packet is not summed. */
static void test_padding(void **state)
{
	build(4, 6, 3);
	put_fill(&b, 0x77, 9);
	decode();
	assert_int_equal(packet_checksum(&p), CHECKSUM_GOOD);
}

/* Left to the card: the sum of the pseudo-header, with the length or without. */
static void test_unfinished(void **state)
{
	for (size_t i = 0; i < KINDS; i++) {
		uint32_t field = build(kinds[i].version, kinds[i].protocol, 33);
		uint32_t transport = kinds[i].version == 4 ? 20 : 40;

		set16(&b, field, fold16(pseudo(0, transport, b.size - transport)));
		decode();
		assert_int_equal(packet_checksum(&p), CHECKSUM_UNFINISHED);
		set16(&b, field, fold16(pseudo(0, transport, 0)));
		decode();
		assert_int_equal(packet_checksum(&p), CHECKSUM_UNFINISHED);
		set16(&b, field, fold16(pseudo(0, transport, 1)));
		decode();
		assert_int_equal(packet_checksum(&p), CHECKSUM_BAD);
	}
}

static void test_unknown(void **state)
{
	/* Cut by a byte, or sent short of what it announces. */
	build(4, 6, 10);
	decode_flags(b.size - 1, 0);
	assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
	b.size--;
	decode();
	assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
	/* The kernel's word decides. */
	build(4, 6, 10);
	decode_flags(b.size, FRAME_CSUM_NOT_READY);
	assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
	decode_flags(b.size, FRAME_CSUM_VALID);
	assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
	/* A fragment. */
	b.data[6] = 0x20;
	decode();
	assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
	/* UDP without a checksum. */
	set16(&b, build(4, 17, 10), 0);
	decode();
	assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
	/* Neither TCP nor UDP, and no header at all. */
	build(4, 6, 10);
	b.data[9] = 47;
	decode();
	assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
	build(4, 6, 10);
	decode_flags(30, 0);
	assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
}

/* A route in the headers means that another destination may have been summed. */
static void test_doubtful_addresses(void **state)
{
	b.size = 0;
	uint32_t ip = put_ipv6(&b, 43);

	put16(&b, 0x0600);
	put_fill(&b, 0, 6);
	put_tcp(&b, TCP_ACK, 0);
	ip_finish(&b, ip);
	decode();
	assert_int_equal(packet_checksum(&p), CHECKSUM_UNKNOWN);
	uint32_t sum = add16(6 + 20, b.data + 8, 32);

	set16(&b, 48 + 16, 0);
	set16(&b, 48 + 16, fold16(add16(sum, b.data + 48, 20)) ^ 0xffff);
	decode();
	assert_int_equal(packet_checksum(&p), CHECKSUM_GOOD);
}

/* The label of a segment behind good ones, with its sum changed by `wrong`, or left to the card. */
static uint8_t label_behind_good_ones(uint8_t flags, unsigned wrong, bool unfinished)
{
	static const struct analyzer_options options = { .max_flows = 64 };
	struct pipeline *pipeline = pipeline_new(&options);
	struct batch *batch = calloc(1, sizeof(*batch));
	uint8_t label;

	assert_non_null(batch);
	for (unsigned i = 0; i < 5; i++) {
		uint32_t field = build(4, 6, 20);
		struct frame frame = { .data = b.data,
			.number = i + 1,
			.time_ns = 1 + i,
			.caplen = b.size,
			.wirelen = b.size,
			.linktype = LINK_RAW,
			.flags = FRAME_HAS_TIME };
		unsigned sum = b.data[field] << 8 | b.data[field + 1];

		/* What the number grows by, the sum loses. */
		b.data[27] = (uint8_t)(b.data[27] + 20 * i);
		sum = fold16(sum + 0xffff - 20 * i);
		if (i == 4) {
			frame.flags |= flags;
			sum = unfinished ? fold16(pseudo(0, 20, b.size - 20)) : sum ^ wrong;
		}
		set16(&b, field, sum);
		decode_frame(&frame, &batch->packets[0]);
		batch->count = 1;
		pipeline_batch(pipeline, batch);
		if (i < 4)
			assert_int_equal(packet_checksum(&batch->packets[0]), CHECKSUM_GOOD);
	}
	label = batch->packets[0].label;
	pipeline_free(pipeline);
	free(batch->verdicts);
	free(batch);
	return label;
}

/* A sum that the card has yet to make, or the kernel vouches for, accuses nobody. */
static void test_label(void **state)
{
	assert_int_equal(label_behind_good_ones(0, 0, false), LABEL_IN_ORDER);
	assert_int_equal(label_behind_good_ones(0, 0x40, false), LABEL_CORRUPT);
	assert_int_equal(label_behind_good_ones(0, 0, true), LABEL_IN_ORDER);
	assert_int_equal(label_behind_good_ones(FRAME_CSUM_NOT_READY, 0x40, false), LABEL_IN_ORDER);
	assert_int_equal(label_behind_good_ones(FRAME_CSUM_VALID, 0x40, false), LABEL_IN_ORDER);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_and_bad),
		cmocka_unit_test(test_carries),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_label),
		cmocka_unit_test(test_doubtful_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
