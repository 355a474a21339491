/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sequence analyzer on its way through the pipeline: what it says when the capture drops, when
 * flows and trials make room for others, of super-frames, and of frames that were on trial.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "analyzers/pipeline.h"
#include "tests/unit/frames.h"

#define MS 1000000
#define ESP 50
#define LEAST_FLOWS 2048u
#define FRAMES 1024

struct run {
	struct pipeline *pipeline;
	struct batch batch;
	uint8_t data[2048];
	uint64_t frame;
	int64_t time_ns;
	uint16_t gso_size;
	uint32_t caplen;             /* 0: all */
	struct verdict last[FRAMES]; /* by frame, after amendments */
	uint32_t amended[FRAMES];    /* how often */
	uint8_t label[FRAMES];       /* of the packet, as it passed */
};

static void start(struct run *run, struct analyzer_options options)
{
	memset(run, 0, sizeof(*run));
	run->time_ns = 1000 * (int64_t)MS;
	options.each_number = true;
	if (!options.max_flows)
		options.max_flows = LEAST_FLOWS;
	run->pipeline = pipeline_new(&options);
}

static void note(struct run *run)
{
	for (int i = 0; i < run->batch.verdict_count; i++) {
		const struct verdict *verdict = &run->batch.verdicts[i];

		assert_in_range(verdict->frame, 1, run->frame);
		assert_true(verdict->at < run->batch.count);
		if (verdict->frame >= FRAMES)
			continue;
		run->last[verdict->frame] = *verdict;
		run->amended[verdict->frame] += verdict->amends;
	}
}

/* Passes one frame, a batch of its own, a millisecond after the one before. */
static void pass(struct run *run, const struct bytes *b, uint16_t linktype)
{
	struct frame frame = {
		.data = run->data,
		.number = ++run->frame,
		.time_ns = run->time_ns,
		.caplen = run->caplen && run->caplen < b->size ? run->caplen : b->size,
		.wirelen = b->size,
		.linktype = linktype,
		.flags = FRAME_HAS_TIME,
		.gso_size = run->gso_size,
	};

	run->time_ns += MS;
	memcpy(run->data, b->data, b->size);
	decode_frame(&frame, &run->batch.packets[0]);
	run->batch.count = 1;
	pipeline_batch(run->pipeline, &run->batch);
	if (run->frame < FRAMES)
		run->label[run->frame] = run->batch.packets[0].label;
	note(run);
}

static void pass_marked_esp(struct run *run, uint32_t spi, uint32_t number, uint8_t dscp)
{
	struct bytes b = { .size = 0 };
	uint32_t ip = put_ipv4(&b, ESP);

	put32(&b, spi);
	put32(&b, number);
	put_fill(&b, 0x5a, 40);
	b.data[ip + 1] = (uint8_t)(dscp << 2);
	ip_finish(&b, ip);
	pass(run, &b, LINK_RAW);
}

static void pass_esp(struct run *run, uint32_t spi, uint32_t number)
{
	pass_marked_esp(run, spi, number, 0);
}

static void put_rtp(struct bytes *b, uint16_t number)
{
	put16(b, 0x8000);
	put16(b, number);
	put32(b, number * 160u);
	put32(b, 0x1f2e3d4c);
	put_fill(b, number * 7, 20);
}

/* `count` RTP packets, as one frame if more than one. */
static void pass_rtp(struct run *run, uint16_t port, uint16_t number, uint32_t count)
{
	struct bytes b = { .size = 0 };
	uint32_t ip = put_ipv4(&b, 17), udp = put_udp(&b);

	set16(&b, udp, port);
	set16(&b, udp + 2, 5004);
	for (uint32_t i = 0; i < count; i++)
		put_rtp(&b, (uint16_t)(number + i));
	udp_finish(&b, udp);
	ip_finish(&b, ip);
	run->gso_size = count > 1 ? 32 : 0;
	pass(run, &b, LINK_RAW);
	run->gso_size = 0;
}

/* UDP without anything that counts. */
static void pass_noise(struct run *run, uint32_t flow, uint32_t value)
{
	struct bytes b = { .size = 0 };
	uint32_t ip = put_ipv4(&b, 17), udp = put_udp(&b);

	set16(&b, ip + 12, 0x0a00 + (flow >> 16));
	set16(&b, ip + 14, flow);
	for (uint32_t i = 0; i < 5; i++)
		put32(&b, (value + i) * 2654435761u);
	udp_finish(&b, udp);
	ip_finish(&b, ip);
	pass(run, &b, LINK_RAW);
}

static void pass_salted(struct run *run, unsigned station, uint32_t number, uint32_t salt)
{
	struct bytes b = { .size = 0 };

	put_ethernet(&b, 0x88b5);
	b.data[11] = (uint8_t)station;
	put32(&b, number);
	for (uint32_t i = 0; i < 8; i++)
		put32(&b, (number + salt + i) * 2654435761u);
	pass(run, &b, LINK_ETHERNET);
}

static void pass_counter(struct run *run, unsigned station, uint32_t number)
{
	pass_salted(run, station, number, 0);
}

static struct report *finish(struct run *run)
{
	struct report *report = report_new("check");

	pipeline_end(run->pipeline, &run->batch);
	note(run);
	pipeline_report(run->pipeline, report);
	pipeline_free(run->pipeline);
	free(run->batch.verdicts);
	return report;
}

static uint64_t counted(const struct report *report, const char *name)
{
	for (size_t i = 0; i < report->section_count; i++) {
		const struct metric_set *set = report->sections[i].set;

		if (strcmp(set->prefix, "sequence") == 0)
			return report->sections[i].values[metric_find(set, name)].number;
	}
	fail_msg("there is no sequence.%s", name);
	return 0;
}

static const struct finding *find(const struct report *report, enum finding_id id)
{
	for (size_t i = 0; i < report->finding_count; i++)
		if (report->findings[i].id == id)
			return &report->findings[i];
	return NULL;
}

static uint64_t unjudged(const struct report *report)
{
	uint64_t frames = 0;

	for (size_t i = 0; i < report->unjudged_count; i++)
		frames += report->unjudged[i].frames;
	return frames;
}

/* Numbers 1 to 20 of a stream, but for three; when it was, in ms since the first one's. */
static void pass_with_hole(struct run *run, uint32_t first)
{
	for (uint32_t i = 0; i < 20; i++) {
		if (i < 10 || i > 12)
			pass_esp(run, 1, first + i);
		else
			run->time_ns += MS;
	}
}

static void drop(struct run *run, int64_t from_ms, int64_t to_ms)
{
	pipeline_drop(run->pipeline, &(struct drop){ .packets = 3,
					     .from_ns = (1000 + from_ms) * MS,
					     .to_ns = (1000 + to_ms) * MS,
					     .where = "ring" });
}

static void what_the_capture_dropped_is_withheld(void **state)
{
	static const struct {
		int64_t from_ms, to_ms; /* 0: nothing is dropped */
		uint64_t lost, withheld;
	} cases[] = { { 0, 0, 3, 0 }, { 10, 12, 0, 3 }, { 0, 100, 0, 3 }, { 15, 17, 3, 0 } };

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		bool told_before = i & 1;
		struct report *report;
		struct run run;

		start(&run, (struct analyzer_options){ .list_flows = 1 });
		if (cases[i / 2].to_ms && told_before)
			drop(&run, cases[i / 2].from_ms, cases[i / 2].to_ms);
		pass_with_hole(&run, 1);
		if (cases[i / 2].to_ms && !told_before)
			drop(&run, cases[i / 2].from_ms, cases[i / 2].to_ms);
		report = finish(&run);
		assert_int_equal(counted(report, "lost_packets"), cases[i / 2].lost);
		assert_int_equal(counted(report, "withheld_packets"), cases[i / 2].withheld);
		assert_int_equal(!!find(report, FINDING_PL2101), cases[i / 2].lost > 0);
		report_free(report);
	}
}

/* What the second input drops does not make what the first one dropped a loss. */
static void drops_of_each_input_are_its_own(void **state)
{
	struct report *report;
	struct run run;

	start(&run, (struct analyzer_options){ .list_flows = 1 });
	pass_with_hole(&run, 1);
	drop(&run, 10, 12);
	pipeline_input_end(run.pipeline, run.frame);
	pass_with_hole(&run, 21);
	drop(&run, 500, 600);
	pipeline_input_end(run.pipeline, run.frame);
	report = finish(&run);
	assert_int_equal(counted(report, "withheld_packets"), 3);
	assert_int_equal(counted(report, "lost_packets"), 3);
	assert_int_equal(find(report, FINDING_PL2101)->confidence, CONFIDENCE_PROVEN);
	report_free(report);
}

static void without_a_link_nothing_is_lost(void **state)
{
	struct report *report;
	struct run run;

	start(&run, (struct analyzer_options){ .list_flows = 1 });
	pipeline_change(run.pipeline,
		&(struct change){ .kind = CHANGE_LINK_DOWN, .time_ns = 1010 * (int64_t)MS });
	pass_with_hole(&run, 1);
	pipeline_change(run.pipeline,
		&(struct change){ .kind = CHANGE_LINK_UP, .time_ns = 1012 * (int64_t)MS });
	report = finish(&run);
	assert_int_equal(counted(report, "lost_packets"), 0);
	assert_int_equal(counted(report, "withheld_packets"), 3);
	report_free(report);
}

/* A sender that begins anew: its first packets are amended once, and are of the same stream. */
static void a_restart_amends(void **state)
{
	struct report *report;
	struct run run;

	start(&run, (struct analyzer_options){ .list_flows = 1 });
	for (uint32_t i = 0; i < 30; i++)
		pass_esp(&run, 1, 5000 + i);
	for (uint32_t i = 0; i < 30; i++)
		pass_esp(&run, 1, 1 + i);
	report = finish(&run);
	assert_int_equal(counted(report, "restarts"), 1);
	assert_int_equal(counted(report, "in_order_packets"), 60);
	assert_int_equal(report->judged, 60);
	assert_int_equal(report->withheld, 0);
	for (uint32_t i = 1; i <= 60; i++) {
		assert_int_equal(run.last[i].label, LABEL_IN_ORDER);
		assert_int_equal(run.last[i].stream, 1);
		assert_int_equal(run.last[i].number, i <= 30 ? 4999 + i : i - 30);
		assert_in_range(run.amended[i], 0, 1);
	}
	assert_int_equal(run.amended[31], 1);
	report_free(report);
}

/* What a restart takes back was a copy, or unknown: other copies stay, counted and as evidence. */
static void a_restart_leaves_copies_alone(void **state)
{
	for (uint32_t salt = 0; salt <= 1000; salt += 1000) {
		const struct finding *finding;
		struct report *report;
		struct run run;

		start(&run, (struct analyzer_options){ .list_flows = 1 });
		for (uint32_t i = 0; i < 80; i++)
			pass_counter(&run, 1, 100 + i);
		pass_counter(&run, 1, 179);
		run.time_ns += 1000 * (int64_t)MS;
		for (uint32_t i = 0; i < 30; i++)
			pass_salted(&run, 1, 110 + i, salt);
		report = finish(&run);
		assert_int_equal(counted(report, "restarts"), 1);
		assert_int_equal(counted(report, "duplicate_packets"), 1);
		assert_int_equal(counted(report, "unknown_packets"), 0);
		assert_int_equal(counted(report, "in_order_packets"), 110);
		assert_int_equal(report->judged, 111);
		finding = find(report, FINDING_PL2102);
		assert_non_null(finding);
		assert_int_equal(finding->frame_count, 1);
		assert_int_equal(finding->frames[0], 81);
		report_free(report);
	}
}

/* Two counters in turn, both found on trial: each frame is amended once, by its own stream. */
static void what_was_on_trial_is_amended_once(void **state)
{
	struct report *report;
	struct run run;

	start(&run, (struct analyzer_options){ .list_flows = 2 });
	for (uint32_t i = 0; i < 40; i++) {
		pass_counter(&run, 1, 100 + (i == 3 ? 4 : i == 4 ? 3 : i));
		pass_counter(&run, 2, 9000 + i);
	}
	report = finish(&run);
	assert_int_equal(report->stream_total, 2);
	assert_int_equal(report->judged, 80);
	assert_int_equal(counted(report, "reordered_packets"), 1);
	for (uint32_t i = 1; i <= 80; i++) {
		bool late = i == 9;

		assert_int_equal(run.last[i].label, late ? LABEL_REORDERED : LABEL_IN_ORDER);
		/* Which was found first has number 0. */
		assert_int_equal(run.last[i].stream, run.last[i & 1 ? 1 : 2].stream);
		assert_int_equal(run.amended[i], run.label[i] == LABEL_OTHER);
		assert_int_equal(run.last[i].flow, VERDICT_NO_FLOW);
	}
	assert_int_not_equal(run.last[1].stream, run.last[2].stream);
	assert_int_equal(run.last[9].extent, 1);
	assert_int_equal(run.last[9].reference, 7);
	report_free(report);
}

/* Among three that are none, ten RTP packets: too few at eight, enough at the end. */
static void a_trial_may_be_decided_at_the_end(void **state)
{
	struct report *report;
	uint16_t number = 700;
	struct run run;

	start(&run, (struct analyzer_options){ .list_flows = 1 });
	for (uint32_t i = 0; i < 13; i++) {
		if (i % 3 == 1 && i < 9) {
			struct bytes b = { .size = 0 };
			uint32_t ip = put_ipv4(&b, 17), udp = put_udp(&b);

			set16(&b, udp, 40000);
			set16(&b, udp + 2, 5004);
			put_fill(&b, (int)i, 30);
			udp_finish(&b, udp);
			ip_finish(&b, ip);
			pass(&run, &b, LINK_RAW);
		} else {
			pass_rtp(&run, 40000, number++, 1);
		}
	}
	report = finish(&run);
	assert_int_equal(counted(report, "packets"), 10);
	assert_int_equal(run.amended[1], 1);
	assert_int_equal(run.last[1].at, -1);
	assert_int_equal(unjudged(report), 3);
	report_free(report);
}

/* Ten datagrams in one frame: each has a number of its own, captured or not. */
static void super_frames_lose_nothing(void **state)
{
	for (uint32_t cut = 0; cut < 3; cut++) {
		struct report *report;
		struct run run;

		start(&run, (struct analyzer_options){ .list_flows = 1 });
		for (uint32_t i = 0; i < 16; i++)
			pass_rtp(&run, 40000, (uint16_t)i, 1);
		run.caplen = cut == 0 ? 0 : cut == 1 ? 60 : 28 + 5 * 32 + 6;
		for (uint32_t i = 0; i < 20; i++)
			pass_rtp(&run, 40000, (uint16_t)(16 + 10 * i), 10);
		report = finish(&run);
		assert_int_equal(report->stream_total, 1);
		assert_int_equal(counted(report, "lost_packets"), 0);
		assert_int_equal(counted(report, "reordered_packets"), 0);
		assert_int_equal(counted(report, "unknown_packets"), 0);
		assert_int_equal(
			report->finding_count > 0 && find(report, FINDING_PL2101) != NULL, 0);
		report_free(report);
	}
}

/* Flows make room in the middle of a trial; all is told that nobody judged. */
static void flows_make_room_for_others(void **state)
{
	struct report *report;
	struct run run;

	start(&run, (struct analyzer_options){ .list_flows = 0 });
	for (uint32_t i = 0; i < 3; i++)
		pass_rtp(&run, 40000, (uint16_t)i, 1);
	for (uint32_t i = 0; i < 3 * LEAST_FLOWS; i++)
		pass_noise(&run, i, i);
	for (uint32_t i = 0; i < 20; i++)
		pass_rtp(&run, 40000, (uint16_t)(3 + i), 1);
	report = finish(&run);
	assert_int_equal(report->stream_total, 1);
	assert_int_equal(report->stream_count, 0);
	assert_int_equal(counted(report, "packets"), 20);
	assert_int_equal(report->judged, 20);
	assert_int_equal(unjudged(report), 3 * LEAST_FLOWS + 3);
	report_free(report);
}

/* More conversations on trial than there is memory for: the first ones are given up, and told. */
static void trials_make_room_for_others(void **state)
{
	struct report *report;
	struct run run;
	uint32_t flows = 0;

	start(&run, (struct analyzer_options){ .list_flows = 1, .max_flows = 1u << 18 });
	for (uint32_t i = 0; i < 60000; i++, flows++)
		pass_noise(&run, i, i);
	for (uint32_t i = 0; i < 3; i++)
		pass_noise(&run, 0, 77 * i);
	report = finish(&run);
	assert_int_not_equal(counted(report, "trials_given_up"), 0);
	assert_int_equal(unjudged(report), flows + 3);
	assert_int_equal(report->stream_total, 0);
	report_free(report);
}

static void streams_make_room_for_others(void **state)
{
	struct report *report;
	struct run run;

	start(&run, (struct analyzer_options){ .list_flows = 3 });
	for (uint32_t i = 0; i < 16384 + 50; i++)
		pass_esp(&run, 0x1000 + i, 1);
	pass_esp(&run, 0x1000 + 16384 + 49, 2);
	report = finish(&run);
	assert_int_equal(counted(report, "streams"), 16384 + 50);
	assert_int_equal(counted(report, "evicted_streams"), 50);
	assert_int_equal(counted(report, "packets"), 16384 + 51);
	assert_non_null(find(report, FINDING_PL9016));
	assert_int_equal(report->stream_count, 3);
	report_free(report);
}

/* A field in TCP's payload: both speak, and the packet's label is TCP's. */
static void a_field_within_tcp(void **state)
{
	struct field field = FIELD_DEFAULTS;
	struct report *report;
	struct run run;

	field.protocol = 6;
	field.start = FIELD_PAYLOAD;
	field.width = 4;
	start(&run,
		(struct analyzer_options){ .list_flows = 1, .fields = &field, .field_count = 1 });
	for (uint32_t i = 0; i < 20; i++) {
		struct bytes b = { .size = 0 };
		uint32_t ip = put_ipv4(&b, 6), tcp = put_tcp(&b, TCP_ACK, 0);
		uint32_t seq = 1000 + 40 * i;

		set16(&b, ip + 4, i + 1);
		set16(&b, tcp + 4, seq >> 16);
		set16(&b, tcp + 6, seq);
		put32(&b, i == 10 ? 9 : i); /* comes twice, though TCP's bytes are new */
		put_fill(&b, i, 36);
		ip_finish(&b, ip);
		pass(&run, &b, LINK_RAW);
		assert_int_equal(run.label[i + 1], LABEL_IN_ORDER);
	}
	report = finish(&run);
	assert_int_equal(report->stream_total, 1);
	assert_int_equal(counted(report, "packets"), 20);
	assert_int_equal(counted(report, "duplicate_packets"), 1);
	report_free(report);
}

/* A word that nothing fits is told, one that something fits is not. */
static void what_was_asked_for_and_did_not_come(void **state)
{
	static const char *const asked[] = { "esp", "rtp", "offset=0 width=4" };
	struct field field = FIELD_DEFAULTS;
	struct report *report;
	struct run run;
	uint32_t unused = 0;

	field.ethertype = 0x88b6;
	field.width = 4;
	start(&run, (struct analyzer_options){ .list_flows = 1,
			    .fields = &field,
			    .field_count = 1,
			    .asked = asked,
			    .asked_count = 3 });
	for (uint32_t i = 0; i < 5; i++)
		pass_esp(&run, 1, i);
	report = finish(&run);
	for (size_t i = 0; i < report->finding_count; i++) {
		if (report->findings[i].id != FINDING_PL9017)
			continue;
		unused++;
		assert_string_not_equal(report->findings[i].subject, "esp");
	}
	assert_int_equal(unused, 2);
	assert_int_equal(report->undecided_count, 2);
	report_free(report);
}

/* Where late packets were marked otherwise, the marks are what to mend first. */
static void what_differs_says_what_to_do(void **state)
{
	for (uint8_t late_dscp = 0; late_dscp <= 46; late_dscp += 46) {
		const struct finding *finding;
		struct report *report;
		struct run run;

		start(&run, (struct analyzer_options){ .list_flows = 1 });
		for (uint32_t i = 0; i < 400; i++) {
			bool late = i % 10 == 5, early = i % 10 == 4;

			pass_marked_esp(&run, 1,
				late    ? i - 1
				: early ? i + 1
					: i,
				late ? late_dscp : 46);
		}
		report = finish(&run);
		finding = find(report, FINDING_PL1101);
		assert_non_null(finding);
		assert_int_equal(finding->stream, 1);
		assert_int_equal(strstr(finding->why, "DSCP") != NULL, late_dscp == 0);
		assert_int_equal(strstr(finding->fix, "mark") != NULL, late_dscp == 0);
		report_free(report);
	}
}

/* The name of a stream has what tells it from others, and no port of those that it spans. */
static void a_stream_is_named_by_its_key(void **state)
{
	struct field field = FIELD_DEFAULTS;
	struct report *report;
	struct run run;

	field.ethertype = 0x88b5;
	field.offset = 14;
	field.width = 4;
	field.keys = 1u << FIELD_KEY_ETH_DST;
	field.bytes[field.byte_count++] = (struct field_bytes){ .offset = 11, .width = 1 };
	field.bytes[field.byte_count++] = (struct field_bytes){ .offset = 12, .width = 2 };
	start(&run,
		(struct analyzer_options){ .list_flows = 1, .fields = &field, .field_count = 1 });
	for (uint32_t i = 0; i < 20; i++)
		pass_counter(&run, 7, i);
	report = finish(&run);
	assert_int_equal(report->stream_count, 1);
	assert_non_null(strstr(report->streams[0].subject, " [11:1] 0x07 [12:2] 0x88b5"));
	report_free(report);
}

/* A run that is given up leaves nothing behind; what says so is the leak sanitizer. */
static void a_run_may_be_given_up(void **state)
{
	struct run run;

	start(&run, (struct analyzer_options){ .list_flows = 1 });
	for (uint32_t i = 0; i < 5; i++) {
		pass_counter(&run, 1, i);
		pass_rtp(&run, 40000, (uint16_t)i, 1);
		pass_esp(&run, 1, i == 3 ? 1 : i);
	}
	pipeline_free(run.pipeline);
	free(run.batch.verdicts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_capture_dropped_is_withheld),
		cmocka_unit_test(drops_of_each_input_are_its_own),
		cmocka_unit_test(without_a_link_nothing_is_lost),
		cmocka_unit_test(a_restart_amends),
		cmocka_unit_test(a_restart_leaves_copies_alone),
		cmocka_unit_test(what_was_on_trial_is_amended_once),
		cmocka_unit_test(a_trial_may_be_decided_at_the_end),
		cmocka_unit_test(super_frames_lose_nothing),
		cmocka_unit_test(flows_make_room_for_others),
		cmocka_unit_test(trials_make_room_for_others),
		cmocka_unit_test(streams_make_room_for_others),
		cmocka_unit_test(a_field_within_tcp),
		cmocka_unit_test(what_was_asked_for_and_did_not_come),
		cmocka_unit_test(what_differs_says_what_to_do),
		cmocka_unit_test(a_stream_is_named_by_its_key),
		cmocka_unit_test(a_run_may_be_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
