/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many wire segments is a frame?  UDP by the kernel's word over both versions of IP, lengths
 * that no wire carries, and what dump says of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/pipeline.h"
#include "cmd/stream.h"
#include "tests/unit/frames.h"

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

struct sample {
	unsigned version, protocol;
	uint32_t payload;
	uint16_t gso_size;
	uint8_t flags;
	uint32_t segments; /* expected of packet->segments */
	bool super;
	const char *text, *json; /* parts of what dump says */
};

static struct bytes bytes;

/* Builds headers of a datagram or segment, of which only these are captured. */
static void build(const struct sample *sample)
{
	uint32_t ip, length = sample->payload;

	bytes.size = 0;
	ip = sample->version == 4 ? put_ipv4(&bytes, sample->protocol)
				  : put_ipv6(&bytes, sample->protocol);
	if (sample->protocol == PROTOCOL_UDP)
		set16(&bytes, put_udp(&bytes) + 4, 8 + length);
	else
		put_tcp(&bytes, TCP_ACK, 0);
	if (sample->version == 4)
		set16(&bytes, ip + 2, bytes.size + length);
	else
		set16(&bytes, ip + 4, bytes.size - 40 + length);
}

static void take_from(struct pipeline *pipeline, struct batch *batch, const struct sample *sample,
	enum direction direction)
{
	struct frame frame = { .data = bytes.data,
		.number = 1,
		.time_ns = 1000000000,
		.caplen = bytes.size,
		.wirelen = bytes.size + sample->payload,
		.gso_size = sample->gso_size,
		.direction = (uint8_t)direction,
		.linktype = LINK_RAW,
		.flags = (uint8_t)(FRAME_HAS_TIME | sample->flags),
		.rxhash = 4000000000u,
		.cpu = 3 };

	decode_frame(&frame, &batch->packets[0]);
	batch->count = 1;
	pipeline_batch(pipeline, batch);
}

static void take(struct pipeline *pipeline, struct batch *batch, const struct sample *sample)
{
	take_from(pipeline, batch, sample, DIRECTION_UNKNOWN);
}

static void assert_line(
	const struct stream_writer *writer, const struct packet *packet, const char *expected)
{
	struct stream stream = { .time_form = 1 };
	char *text = NULL;
	size_t size;

	stream.out = open_memstream(&text, &size);
	assert_non_null(stream.out);
	writer->packet(&stream, packet, NULL);
	fclose(stream.out);
	if (!strstr(text, expected))
		fail_msg("no '%s' in %s", expected, text);
	sequences_clear(&stream.sequences);
	free(text);
}

static uint64_t counted(const struct report *report, const char *name)
{
	for (size_t i = 0; i < report->section_count; i++) {
		const struct metric_set *set = report->sections[i].set;

		if (strcmp(set->prefix, "capture") == 0)
			return report->sections[i].values[metric_find(set, name)].number;
	}
	fail_msg("there is no capture.%s", name);
	return 0;
}

static const struct sample samples[] = {
	{ 4, PROTOCOL_UDP, 20000, 1000, 0, 20, true, "=> other (20 segments of 1000)\n",
		"\"segment_size\":1000,\"label\":\"other\"" },
	{ 6, PROTOCOL_UDP, 20001, 1000, 0, 21, true, "=> other (21 segments of 1000)\n",
		"\"labels\":[\"other\"],\"parts\":[[\"other\",21]]}" },
	{ 4, PROTOCOL_UDP, 1000, 1000, 0, 0, false, "=> other\n", "\"reference\":null}" },
	{ 6, PROTOCOL_UDP, 999, 1000, 0, 0, false, "=> other\n", "\"reference\":null}" },
	{ 4, PROTOCOL_UDP, 65507, 1, 0, 65507, true, "(65507 segments of 1)",
		"[[\"other\",65507]]" },
	{ 4, PROTOCOL_UDP, 0, 1, 0, 0, false, "=> other\n", "\"reference\":null}" },
	{ 4, PROTOCOL_UDP, 9188, 0, 0, 0, false, "=> other\n", "\"reference\":null}" },
	{ 4, PROTOCOL_UDP, 9189, 0, 0, 0, true, "=> other\n", "\"reference\":null}" },
	{ 4, PROTOCOL_TCP, 14480, 1448, FRAME_GSO_TCP, 10, true,
		"=> in_order (10 segments of 1448)\n",
		"\"segment_size\":1448,\"label\":\"in_order\"" },
	{ 6, PROTOCOL_TCP, 14400, 0, 0, 10, true, "=> in_order (10 segments, inferred)\n",
		"\"segments_inferred\":true,\"label\":\"in_order\"" },
	{ 4, PROTOCOL_UDP, 100, 0, FRAME_HAS_HASH, 0, false, "=> other\n",
		"\"rxhash\":4000000000,\"label\"" },
	{ 4, PROTOCOL_UDP, 100, 0, FRAME_HAS_CPU | FRAME_HAS_QUEUE, 0, false, "=> other\n",
		"\"direction\":\"unknown\",\"cpu\":3,\"queue\":0,\"label\"" },
	{ 4, PROTOCOL_UDP, 100, 0, FRAME_STAMP_INGRESS, 0, false, "=> other\n",
		"\"direction\":\"unknown\",\"stamp\":\"ingress\",\"label\"" },
	{ 4, PROTOCOL_UDP, 100, 0, 0, 0, false, "=> other\n",
		"\"direction\":\"unknown\",\"label\"" },
};

static void each_frame_is_so_many_segments(void **state)
{
	static const struct analyzer_options options = { .max_flows = 64 };

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *sample = &samples[i];
		struct pipeline *pipeline = pipeline_new(&options);
		struct batch *batch = calloc(1, sizeof(*batch));
		const struct packet *packet;
		struct report *report = report_new("check");
		bool told = sample->super && sample->gso_size;

		assert_non_null(batch);
		build(sample);
		take(pipeline, batch, sample);
		packet = &batch->packets[0];
		assert_int_equal(packet->segments, sample->segments);
		assert_int_equal(!!(packet->flags & PACKET_SUPER), sample->super);
		assert_line(&stream_text, packet, sample->text);
		assert_line(&stream_json, packet, sample->json);
		pipeline_end(pipeline, batch);
		pipeline_report(pipeline, report);
		assert_int_equal(
			counted(report, "wire_packets"), sample->segments ? sample->segments : 1);
		assert_int_equal(counted(report, "super_frames"), told);
		assert_int_equal(counted(report, "super_frames_inferred"), sample->super && !told);
		report_free(report);
		pipeline_free(pipeline);
		free(batch->verdicts);
		free(batch);
	}
}

/* What a packet socket hands over whole, a program may have to forward: told where it is read. */
static void forwarders_are_warned(void **state)
{
	static const struct {
		bool live;
		enum direction direction;
		bool told;
	} cases[] = {
		{ true, DIRECTION_IN, true },
		{ true, DIRECTION_OUT, false },
		{ false, DIRECTION_IN, false },
	};
	static const struct sample sample = { 4, PROTOCOL_TCP, 4344, 1448, 0, 3, true, NULL, NULL };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct analyzer_options options = { .max_flows = 64, .live = cases[i].live };
		struct pipeline *pipeline = pipeline_new(&options);
		struct batch *batch = calloc(1, sizeof(*batch));
		struct report *report = report_new("check");
		const struct finding *finding = NULL;

		assert_non_null(batch);
		build(&sample);
		take_from(pipeline, batch, &sample, cases[i].direction);
		pipeline_end(pipeline, batch);
		pipeline_report(pipeline, report);
		for (size_t k = 0; k < report->finding_count; k++)
			if (report->findings[k].id == FINDING_PL3001)
				finding = &report->findings[k];
		assert_non_null(finding);
		assert_int_equal(finding->command_count, cases[i].told);
		if (cases[i].told) {
			assert_string_equal(
				finding->commands[0].line, "pktlint audit --role forwarder");
			assert_non_null(strstr(finding->fix, "unless a program forwards"));
		}
		report_free(report);
		pipeline_free(pipeline);
		free(batch->verdicts);
		free(batch);
	}
}

/* Pieces of several kinds come before their number; an amendment knows its pieces only. */
static void parts_are_told_with_their_source(void **state)
{
	static const struct verdict verdict = { .label = LABEL_RETRANSMISSION,
		.part_count = 2,
		.parts = { { LABEL_RETRANSMISSION, 2 }, { LABEL_IN_ORDER, 3 } } };
	struct packet packet = {
		.label = LABEL_RETRANSMISSION, .flags = PACKET_SUPER, .segments = 5
	};

	for (int told = 0; told < 2; told++) {
		struct stream stream = { .time_form = 1 };
		char *text = NULL;
		size_t size;

		packet.gso_size = told ? 1448 : 0;
		stream.out = open_memstream(&text, &size);
		assert_non_null(stream.out);
		stream_text.packet(&stream, &packet, &verdict);
		stream_text.amendment(&stream, &verdict);
		fclose(stream.out);
		assert_non_null(strstr(text,
			told ? "=> retransmission (2 retransmission, then 3 in_order)"
			     : "=> retransmission (2 retransmission, then 3 in_order, inferred)"));
		assert_non_null(
			strstr(text, "is now retransmission (2 retransmission, then 3 in_order)"));
		sequences_clear(&stream.sequences);
		free(text);
	}
}

/* The name of a live interface is foreign text. */
static void an_interface_is_named(void **state)
{
	static const struct {
		const char *interface, *expected;
	} cases[] = {
		{ NULL, "\"direction\":\"in\",\"label\"" },
		{ "eth0", "\"direction\":\"in\",\"interface\":\"eth0\",\"label\"" },
		{ "a\"\x1b", ",\"interface\":\"a\\\"\\\\x1b\",\"label\"" },
	};
	const struct packet packet = { .direction = DIRECTION_IN };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stream stream = { .interface = cases[i].interface };
		char *text = NULL;
		size_t size;

		stream.out = open_memstream(&text, &size);
		assert_non_null(stream.out);
		stream_json.packet(&stream, &packet, NULL);
		fclose(stream.out);
		assert_non_null(strstr(text, cases[i].expected));
		free(text);
	}
}

/* Of what is not known nothing is said. */
static void verbose_lines_tell_how_it_came(void **state)
{
	static const struct {
		uint8_t flags;
		const char *expected;
	} cases[] = {
		{ 0, " => other\n" },
		{ FRAME_HAS_CPU, " (CPU 3) => other\n" },
		{ FRAME_HAS_QUEUE | FRAME_HAS_HASH, " (queue tag 0, hash 0000cafe) => other\n" },
		{ FRAME_HAS_CPU | FRAME_HAS_QUEUE | FRAME_HAS_HASH,
			" (CPU 3, queue tag 0, hash 0000cafe) => other\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct packet packet = {
			.frame_flags = cases[i].flags,
			.cpu = 3,
			.rxhash = 0xcafe,
			.label = LABEL_OTHER,
		};
		struct stream stream = { .time_form = 1, .verbose = true };
		char *text = NULL;
		size_t size;

		stream.out = open_memstream(&text, &size);
		assert_non_null(stream.out);
		stream_text.packet(&stream, &packet, NULL);
		fclose(stream.out);
		assert_string_equal(strstr(text, cases[i].expected), cases[i].expected);
		if (!cases[i].flags)
			assert_null(strstr(text, " (CPU"));
		sequences_clear(&stream.sequences);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_is_so_many_segments),
		cmocka_unit_test(forwarders_are_warned),
		cmocka_unit_test(parts_are_told_with_their_source),
		cmocka_unit_test(an_interface_is_named),
		cmocka_unit_test(verbose_lines_tell_how_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
