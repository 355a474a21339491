/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of a batch: verdicts and amendments in their order, the capture's own drops, flows that
 * make room and the ones that the report still lists.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "analyzers/pipeline.h"
#include "report/community_id.h"
#include "tests/unit/frames.h"

#define MS 1000000
#define MTU_PAYLOAD 1000u
#define CLIENT 0
#define SERVER 1
#define LEAST_FLOWS 2048u /* the flow table holds no fewer */

/* One segment of conversation `flow`, as much of it as matters here. */
struct segment {
	uint32_t flow;
	int from;
	int64_t time_ms;
	uint16_t flags;
	uint32_t seq, ack;
	uint32_t length;
	uint16_t ip_id;
};

struct run {
	struct pipeline *pipeline;
	struct batch batch;
	uint8_t headers[BATCH_PACKETS][64];
	uint64_t frame;
	struct verdict last[512]; /* by frame, after amendments */
};

static void start(struct run *run, uint32_t list_flows)
{
	memset(run, 0, sizeof(*run));
	run->pipeline = pipeline_new(
		&(struct analyzer_options){ .max_flows = LEAST_FLOWS, .list_flows = list_flows });
}

static void put_frame(struct run *run, const struct segment *is)
{
	struct bytes b = { .size = 0 };
	uint32_t ip = put_ipv4(&b, 6), tcp = put_tcp(&b, is->flags, 0);
	uint32_t ends[2] = { 0x0a000000 + 2 * is->flow, 0x0a000001 + 2 * is->flow };
	struct frame frame = { .number = ++run->frame,
		.time_ns = (1000 + is->time_ms) * MS,
		.linktype = LINK_RAW,
		.flags = FRAME_HAS_TIME };

	set16(&b, ip + 2, 40 + is->length);
	set16(&b, ip + 4, is->ip_id);
	for (int end = 0; end < 2; end++) {
		set16(&b, ip + 12 + 4 * (unsigned)(end ^ is->from), ends[end] >> 16);
		set16(&b, ip + 14 + 4 * (unsigned)(end ^ is->from), ends[end]);
		set16(&b, tcp + 2 * (unsigned)(end ^ is->from), end == CLIENT ? 40000 : 80);
	}
	set16(&b, tcp + 4, is->seq >> 16);
	set16(&b, tcp + 6, is->seq);
	set16(&b, tcp + 8, is->ack >> 16);
	set16(&b, tcp + 10, is->ack);
	memcpy(run->headers[run->batch.count], b.data, b.size);
	frame.data = run->headers[run->batch.count];
	frame.caplen = b.size;
	frame.wirelen = b.size + is->length;
	decode_frame(&frame, &run->batch.packets[run->batch.count++]);
}

/* Notes what was decided; what amends must amend a frame that was there. */
static void note(struct run *run)
{
	for (int i = 0; i < run->batch.verdict_count; i++) {
		const struct verdict *verdict = &run->batch.verdicts[i];

		assert_in_range(verdict->frame, 1, run->frame);
		assert_true(verdict->at < run->batch.count);
		if (verdict->frame < 512)
			run->last[verdict->frame] = *verdict;
	}
}

static void flush(struct run *run)
{
	pipeline_batch(run->pipeline, &run->batch);
	note(run);
	run->batch.count = 0;
}

static void pass(struct run *run, const struct segment *segments, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put_frame(run, &segments[i]);
		if (run->batch.count == BATCH_PACKETS || i + 1 == count)
			flush(run);
	}
}

static struct report *finish_report(struct run *run)
{
	struct report *report = report_new("check");

	pipeline_report(run->pipeline, report);
	pipeline_free(run->pipeline);
	free(run->batch.verdicts);
	return report;
}

static struct report *finish(struct run *run)
{
	pipeline_end(run->pipeline, &run->batch);
	note(run);
	return finish_report(run);
}

/* Handshake and `count` segments of data from the client, 1 ms apart, all acknowledged. */
static uint32_t make_flow(struct segment *out, uint32_t flow, int64_t time_ms, uint32_t count)
{
	uint32_t n = 0;
	uint16_t id = 100;

	out[n++] = (struct segment){ flow, CLIENT, time_ms, TCP_SYN, 0, 0, 0, id++ };
	out[n++] = (struct segment){ flow, SERVER, time_ms + 10, TCP_SYN | TCP_ACK, 0, 1, 0, 0 };
	out[n++] = (struct segment){ flow, CLIENT, time_ms + 10, TCP_ACK, 1, 1, 0, id++ };
	for (uint32_t i = 0; i < count; i++)
		out[n++] = (struct segment){ flow, CLIENT, time_ms + 20 + i, TCP_ACK,
			1 + i * MTU_PAYLOAD, 1, MTU_PAYLOAD, id++ };
	out[n++] = (struct segment){ flow, SERVER, time_ms + 30 + count, TCP_ACK, 1,
		1 + count * MTU_PAYLOAD, 0, 500 };
	return n;
}

/* Moves segment `at` behind the `by` next ones, and arrival times with the places. */
static void delay(struct segment *segments, uint32_t at, uint32_t by)
{
	struct segment late = segments[at];

	for (uint32_t i = at; i < at + by; i++) {
		int64_t time_ms = segments[i].time_ms;

		segments[i] = segments[i + 1];
		segments[i].time_ms = time_ms;
	}
	late.time_ms = segments[at + by - 1].time_ms + 1;
	segments[at + by] = late;
}

static const struct finding *find(const struct report *report, enum finding_id id)
{
	for (size_t i = 0; i < report->finding_count; i++)
		if (report->findings[i].id == id)
			return &report->findings[i];
	return NULL;
}

static uint64_t counted(const struct report *report, const char *prefix, const char *name)
{
	for (size_t i = 0; i < report->section_count; i++) {
		const struct metric_set *set = report->sections[i].set;

		if (strcmp(set->prefix, prefix) == 0)
			return report->sections[i].values[metric_find(set, name)].number;
	}
	fail_msg("there is no %s.%s", prefix, name);
	return 0;
}

static void a_late_segment_is_judged(void **state)
{
	struct segment segments[64];
	uint32_t count = make_flow(segments, 0, 0, 20);
	struct run run;
	struct report *report;

	delay(segments, 10, 3);
	start(&run, 10);
	pass(&run, segments, count);
	report = finish(&run);
	assert_int_equal(run.last[14].label, LABEL_REORDERED);
	assert_int_equal(run.last[14].extent, 3);
	assert_int_equal(run.last[14].late_bytes, 3 * MTU_PAYLOAD);
	assert_int_equal(run.last[14].reference, 11);
	assert_int_equal(run.last[14].confidence, CONFIDENCE_PROVEN);
	assert_true(run.last[14].evidence & EVIDENCE_IP_ID);
	assert_int_equal(counted(report, "tcp", "reordered_packets"), 1);
	assert_int_equal(report->frames, count);
	assert_int_equal(report->judged, count);
	assert_int_equal(report->flow_total, 1);
	assert_int_equal(report->first_ns, 1000 * (int64_t)MS);
	report_free(report);
}

/* Sizes of batches are the reader's affair: verdicts are the same one by one. */
static void batches_do_not_matter(void **state)
{
	struct segment segments[64];
	uint32_t count = make_flow(segments, 0, 0, 40);
	struct run whole, single;

	delay(segments, 10, 3);
	delay(segments, 20, 5);
	start(&whole, 10);
	pass(&whole, segments, count);
	start(&single, 10);
	for (uint32_t i = 0; i < count; i++)
		pass(&single, &segments[i], 1);
	report_free(finish(&whole));
	report_free(finish(&single));
	for (int i = 0; i < 64; i++) {
		whole.last[i].at = single.last[i].at = 0;
		assert_int_equal(whole.last[i].label, single.last[i].label);
		assert_int_equal(whole.last[i].extent, single.last[i].extent);
		assert_int_equal(whole.last[i].evidence, single.last[i].evidence);
	}
}

/* The same hole, with and without a drop of the capture where it opened. */
static void a_drop_takes_the_blame(void **state)
{
	for (int dropped = 0; dropped < 2; dropped++) {
		struct segment segments[64];
		uint32_t count = make_flow(segments, 0, 0, 20);
		struct run run;
		struct report *report;

		/* Segment 10 is missing, and the peer acknowledges it all the same. */
		memmove(&segments[10], &segments[11], (count - 11) * sizeof(segments[0]));
		start(&run, 10);
		pass(&run, segments, 10);
		if (dropped)
			pipeline_drop(run.pipeline, &(struct drop){ .packets = 1,
							    .from_ns = 1026 * (int64_t)MS,
							    .to_ns = 1028 * (int64_t)MS,
							    .where = "interface" });
		pass(&run, segments + 10, count - 11);
		report = finish(&run);
		assert_int_equal(counted(report, "capture", "dropped_packets"), dropped);
		assert_int_equal(!!find(report, FINDING_PL9001), dropped);
		assert_null(find(report, FINDING_PL2001));
		assert_non_null(find(report, FINDING_PL9005));
		report_free(report);
	}
}

/* A flow whose segment 10 was lost and sent again 100 ms later; returns how many frames. */
static uint32_t make_loss(struct segment *segments, uint32_t flow, int64_t time_ms)
{
	uint32_t count = make_flow(segments, flow, time_ms, 20);

	segments[count] = segments[10];
	segments[count].time_ms = time_ms + 150;
	segments[count].ip_id = 130;
	segments[count - 1].ack = segments[10].seq;
	memmove(&segments[10], &segments[11], (count - 10) * sizeof(segments[0]));
	return count;
}

/* Where the capture itself lost packets, a resend that fills the hole does not blame the path. */
static void a_drop_withholds_the_place_of_loss(void **state)
{
	uint8_t place[2] = { 0 }, label[2] = { 0 };

	for (int dropped = 0; dropped < 2; dropped++) {
		struct segment segments[64];
		uint32_t count = make_loss(segments, 0, 0);
		struct run run;

		start(&run, 10);
		pass(&run, segments, 10);
		if (dropped)
			pipeline_drop(run.pipeline, &(struct drop){ .packets = 1,
							    .from_ns = 1026 * (int64_t)MS,
							    .to_ns = 1028 * (int64_t)MS,
							    .where = "interface" });
		pass(&run, segments + 10, count - 10);
		report_free(finish(&run));
		label[dropped] = run.last[count].label;
		place[dropped] = run.last[count].place;
	}
	assert_int_equal(label[0], LABEL_RETRANSMISSION);
	assert_int_equal(label[1], LABEL_RETRANSMISSION);
	assert_int_equal(place[0], LOSS_UPSTREAM);
	assert_int_not_equal(place[1], LOSS_UPSTREAM);
}

/* Only a DSACK tells that a resend was needless, and that may be what the capture dropped. */
static void a_drop_may_have_held_the_dsack(void **state)
{
	static const struct {
		int64_t from_ms; /* of the drop, 0: none */
		uint64_t lost, withheld;
	} cases[] = {
		{ 0, 1, 0 },
		{ 1046, 0, 1 },
		{ 1030, 1, 0 },
		{ 5000, 1, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment segments[64];
		uint32_t count = make_flow(segments, 0, 0, 20);
		struct report *report;
		struct run run;

		segments[count] = segments[count - 1];
		segments[count - 1] = segments[10];
		segments[count - 1].time_ms = 45;
		segments[count - 1].ip_id = 130;
		start(&run, 10);
		pass(&run, segments, count);
		if (cases[i].from_ms)
			pipeline_drop(run.pipeline, &(struct drop){ .packets = 1,
							    .from_ns = cases[i].from_ms * MS,
							    .to_ns = (cases[i].from_ms + 1) * MS,
							    .where = "ring" });
		pass(&run, segments + count, 1);
		report = finish(&run);
		assert_int_equal(counted(report, "tcp", "lost_packets"), cases[i].lost);
		assert_int_equal(counted(report, "tcp", "withheld_packets"), cases[i].withheld);
		assert_int_equal(!!find(report, FINDING_PL2002), cases[i].lost);
		report_free(report);
	}
}

/*
 * What a drop took is sent again in one go: the first of it closes up to what was seen, as if it
 * were new, and the rest was missing since the drop all the same.
 */
static void a_resend_hides_no_drop(void **state)
{
	static const uint32_t resent[] = { 3, 4, 5, 6, 10, 7, 8, 9 };
	struct segment segments[64];
	struct report *report;
	struct run run;

	make_flow(segments, 0, 0, 20);
	for (uint32_t i = 0; i < 8; i++) {
		segments[8 + i] = segments[3];
		segments[8 + i].time_ms = 60 + i;
		segments[8 + i].seq = 1 + resent[i] * MTU_PAYLOAD;
		segments[8 + i].ip_id = (uint16_t)(120 + i);
	}
	start(&run, 10);
	pass(&run, segments, 8);
	pipeline_drop(run.pipeline, &(struct drop){ .packets = 5,
					    .from_ns = 1025 * (int64_t)MS,
					    .to_ns = 1030 * (int64_t)MS,
					    .where = "ring" });
	pass(&run, segments + 8, 8);
	report = finish(&run);
	assert_int_equal(counted(report, "tcp", "lost_upstream_packets"), 0);
	assert_int_equal(counted(report, "tcp", "withheld_packets"), 3);
	report_free(report);
}

/* Silence, and then the head is sent again: the timer, unless the capture missed what was said. */
static void a_drop_may_have_held_the_answers(void **state)
{
	for (int dropped = 0; dropped < 2; dropped++) {
		struct segment segments[64];
		uint32_t count = make_flow(segments, 0, 0, 4);
		struct report *report;
		struct run run;

		segments[count - 1] = segments[3];
		segments[count - 1].time_ms = 400;
		segments[count - 1].ip_id = 130;
		start(&run, 10);
		if (dropped)
			pipeline_drop(run.pipeline, &(struct drop){ .packets = 3,
							    .from_ns = 1040 * (int64_t)MS,
							    .to_ns = 1060 * (int64_t)MS,
							    .where = "ring" });
		pass(&run, segments, count);
		report = finish(&run);
		assert_int_equal(counted(report, "tcp", "resent_rto"), !dropped);
		assert_int_equal(counted(report, "tcp", "resent_unknown"), dropped);
		assert_int_equal(!!find(report, FINDING_PL2005), !dropped);
		report_free(report);
	}
}

/*
 * With a ring between, drops are told before the frames of that time: two of them, and then losses
 * in the first, the second, and between them.
 */
static void drops_come_before_their_frames(void **state)
{
	static const int64_t time_ms[] = { 0, 1000, 2000 };
	struct segment segments[64];
	struct report *report;
	struct run run;

	start(&run, 10);
	for (int i = 0; i < 3; i += 2)
		pipeline_drop(run.pipeline, &(struct drop){ .packets = 1,
						    .from_ns = (1026 + time_ms[i]) * MS,
						    .to_ns = (1028 + time_ms[i]) * MS,
						    .where = "ring" });
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t count = make_loss(segments, i, time_ms[i]);

		pass(&run, segments, count);
		assert_int_equal(run.last[run.frame].label, LABEL_RETRANSMISSION);
		assert_int_equal(run.last[run.frame].place, i == 1 ? LOSS_UPSTREAM : LOSS_UNKNOWN);
	}
	report = finish(&run);
	assert_int_equal(counted(report, "tcp", "withheld_packets"), 2);
	assert_int_equal(counted(report, "capture", "dropped_packets"), 2);
	report_free(report);
}

static void change_link(struct run *run, bool up, uint32_t interface, int64_t time_ms)
{
	pipeline_change(
		run->pipeline, &(struct change){ .kind = up ? CHANGE_LINK_UP : CHANGE_LINK_DOWN,
				       .interface = interface,
				       .time_ns = (1000 + time_ms) * MS });
}

/* What is missing because there was no link is no loss of the path, whenever the end is told. */
static void without_a_link_no_loss_is_placed(void **state)
{
	static const struct {
		int64_t down_ms, up_ms;
		uint32_t interface;
		bool told_late; /* that it is up: after the frames */
		enum loss_place place;
	} cases[] = {
		{ 26, 28, 0, false, LOSS_UNKNOWN },
		{ 26, 28, 0, true, LOSS_UNKNOWN },
		{ 26, 28, 1, true, LOSS_UPSTREAM },
		{ 26, 28, 64, true, LOSS_UPSTREAM },
		{ 126, 128, 0, true, LOSS_UPSTREAM },
		{ 16, 18, 0, false, LOSS_UPSTREAM },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment segments[64];
		uint32_t count = make_loss(segments, 0, 0);
		struct run run;

		start(&run, 10);
		change_link(&run, false, cases[i].interface, cases[i].down_ms);
		if (!cases[i].told_late)
			change_link(&run, true, cases[i].interface, cases[i].up_ms);
		pass(&run, segments, count);
		if (cases[i].told_late)
			change_link(&run, true, cases[i].interface, cases[i].up_ms);
		report_free(finish(&run));
		assert_int_equal(run.last[count].place, cases[i].place);
	}
}

/* Takes what was passed so far for an input. */
static void end_input(struct run *run)
{
	pipeline_input_end(run->pipeline, run->frame);
}

/* Drops of one input are no losses of another: of three, the second and third hold one each. */
static void drops_doubt_their_own_input(void **state)
{
	static const struct {
		uint64_t dropped[3];
		enum confidence confidence;
	} cases[] = {
		{ { 0, 0, 0 }, CONFIDENCE_PROVEN },
		{ { 9, 0, 0 }, CONFIDENCE_PROVEN },
		{ { 0, 9, 0 }, CONFIDENCE_LIKELY },
		{ { 9, 0, 1 }, CONFIDENCE_LIKELY },
		{ { 0, 1, 1 }, CONFIDENCE_POSSIBLE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segment segments[64];
		struct run run;
		struct report *report;
		const struct finding *loss;

		start(&run, 10);
		pass(&run, segments, make_flow(segments, 0, 0, 20));
		end_input(&run);
		for (uint32_t flow = 1; flow < 3; flow++) {
			pass(&run, segments, make_loss(segments, flow, 0));
			end_input(&run);
		}
		pipeline_end(run.pipeline, &run.batch);
		report = report_new("check");
		for (int j = 0; j < 3; j++)
			report_add_source(report, "")->dropped = cases[i].dropped[j];
		pipeline_report(run.pipeline, report);
		loss = find(report, FINDING_PL2001);
		assert_int_equal(counted(report, "tcp", "lost_upstream_packets"), 2);
		assert_non_null(loss);
		assert_int_equal(loss->confidence, cases[i].confidence);
		report_free(report);
		pipeline_free(run.pipeline);
		free(run.batch.verdicts);
	}
}

/* Interfaces of one live capture are sources of the one input in which all their frames are. */
static void drops_of_all_interfaces_doubt_the_capture(void **state)
{
	for (uint64_t dropped = 0; dropped < 2; dropped++) {
		struct segment segments[64];
		struct run run;
		struct report *report;

		start(&run, 10);
		pass(&run, segments, make_loss(segments, 0, 0));
		end_input(&run);
		pipeline_end(run.pipeline, &run.batch);
		report = report_new("check");
		for (int i = 0; i < 3; i++)
			report_add_source(report, "eth")->input = 0;
		report->sources[2].dropped = dropped;
		report->sources[2].dropped_interface = dropped;
		pipeline_report(run.pipeline, report);
		assert_int_equal(find(report, FINDING_PL2001)->confidence,
			dropped ? CONFIDENCE_POSSIBLE : CONFIDENCE_PROVEN);
		if (dropped)
			assert_non_null(strstr(find(report, FINDING_PL9001)->why, "1 of them"));
		report_free(report);
		pipeline_free(run.pipeline);
		free(run.batch.verdicts);
	}
}

/* One input may have dropped what is missing where another one goes on with the flow. */
static void drops_doubt_what_follows(void **state)
{
	for (uint32_t seam = 8; seam < 13; seam++) {
		struct segment segments[64];
		uint32_t count = make_loss(segments, 0, 0);
		struct run run;
		struct report *report;
		bool in_doubt = seam >= 10; /* the hole lies between frames 10 and 11 */

		start(&run, 10);
		pass(&run, segments, seam);
		end_input(&run);
		pass(&run, segments + seam, count - seam);
		end_input(&run);
		pipeline_end(run.pipeline, &run.batch);
		report = report_new("check");
		report_add_source(report, "")->dropped = 1;
		report_add_source(report, "");
		pipeline_report(run.pipeline, report);
		assert_int_equal(find(report, FINDING_PL2001)->confidence,
			in_doubt ? CONFIDENCE_POSSIBLE : CONFIDENCE_PROVEN);
		report_free(report);
		pipeline_free(run.pipeline);
		free(run.batch.verdicts);
	}
}

/* A drop told by the input before stands for packets of that one only, whatever the clock says. */
static void a_drop_of_another_input_withholds_nothing(void **state)
{
	for (int other = 0; other < 2; other++) {
		struct segment segments[64];
		uint32_t count = make_loss(segments, 1, 0);
		struct drop drop = { .packets = 1,
			.from_ns = 1026 * (int64_t)MS,
			.to_ns = 1028 * (int64_t)MS,
			.where = "interface" };
		struct run run;

		start(&run, 10);
		pipeline_drop(run.pipeline, &drop);
		if (other)
			end_input(&run);
		pass(&run, segments, count);
		report_free(finish(&run));
		assert_int_equal(run.last[count].label, LABEL_RETRANSMISSION);
		assert_int_equal(run.last[count].place, other ? LOSS_UPSTREAM : LOSS_UNKNOWN);
	}
}

/* Far more flows than are kept: the sick ones of the beginning are listed, worst first. */
static void the_sickest_stay_listed(void **state)
{
	static struct segment segments[64];
	static struct run run;
	struct report *report;

	start(&run, 3);
	for (uint32_t flow = 0; flow < 3 * LEAST_FLOWS; flow++) {
		uint32_t count = make_flow(segments, flow, flow * 100, 8);

		for (uint32_t late = 0; flow < 3 && late <= flow; late++)
			delay(segments, 4 + 2 * late, 1);
		pass(&run, segments, count);
	}
	report = finish(&run);
	report_finish(report);
	assert_int_equal(report->flow_total, 3 * LEAST_FLOWS);
	assert_int_equal(counted(report, "capture", "evicted_flows"), 2 * LEAST_FLOWS);
	assert_int_equal(report->flow_count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(report->flows[i].number, 2 - i);
	assert_true(report->flows[0].trouble > report->flows[1].trouble);
	assert_true(report->flows[2].trouble > 0);
	assert_int_equal(counted(report, "tcp", "reordered_packets"), 6);
	report_free(report);
}

/* Passes flow after flow, the first `count` of them with so many late segments. */
static struct report *list_of_late(uint32_t list_flows, const uint32_t *late, uint32_t count)
{
	struct segment segments[64];
	struct run run;
	struct report *report;

	start(&run, list_flows);
	for (uint32_t flow = 0; flow < LEAST_FLOWS + count; flow++) {
		uint32_t frames = make_flow(segments, flow, flow * 100, 12);

		for (uint32_t i = 0; flow < count && i < late[flow]; i++)
			delay(segments, 4 + 2 * i, 1);
		pass(&run, segments, frames);
	}
	report = finish(&run);
	report_finish(report);
	return report;
}

/* Once the list is full, who is less sick stays out, and of equals the latest makes room. */
static void the_list_prefers_the_earlier(void **state)
{
	static const struct {
		uint32_t late[7], list_flows, listed[4];
	} cases[] = {
		{ { 2, 2, 2, 1, 2, 3, 1 }, 3, { 5, 0, 1 } },
		{ { 1, 2, 2, 2, 2, 3, 3 }, 4, { 5, 6, 1, 2 } },
		{ { 1, 1, 2, 1, 3, 2, 4 }, 4, { 6, 4, 2, 5 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report *report = list_of_late(cases[i].list_flows, cases[i].late, 7);

		assert_int_equal(report->flow_count, cases[i].list_flows);
		for (uint32_t j = 0; j < cases[i].list_flows; j++)
			assert_int_equal(report->flows[j].number, cases[i].listed[j]);
		report_free(report);
	}
}

/* A long list, filled in no order: the sickest of many more, of equals the earlier ones. */
static void a_long_list_holds_the_sickest(void **state)
{
	uint32_t late[400], number[400];
	struct report *report;

	for (uint32_t i = 0; i < 400; i++)
		late[i] = (i * 7919 + i * i * 31) % 5;
	report = list_of_late(150, late, 400);
	assert_int_equal(report->flow_count, 150);
	for (uint32_t i = 0, count = 0; i < 5; i++)
		for (uint32_t flow = 0; flow < 400; flow++)
			if (late[flow] == 4 - i)
				number[count++] = flow;
	for (uint32_t i = 0; i < 150; i++)
		assert_int_equal(report->flows[i].number, number[i]);
	report_free(report);
}

/* One frame of another protocol: UDP and ICMP with their ports or type, others bare. */
static void put_other(struct run *run, unsigned protocol)
{
	struct bytes b = { .size = 0 };
	uint32_t ip = put_ipv4(&b, protocol), udp;
	struct frame frame = {
		.number = ++run->frame, .time_ns = MS, .linktype = LINK_RAW, .flags = FRAME_HAS_TIME
	};

	if (protocol == 17) {
		udp = put_udp(&b);
		udp_finish(&b, udp);
	} else {
		put_fill(&b, protocol == 1 ? 8 : 0, 1); /* echo request */
		put_fill(&b, 0, 15);
	}
	ip_finish(&b, ip);
	memcpy(run->headers[run->batch.count], b.data, b.size);
	frame.data = run->headers[run->batch.count];
	frame.caplen = frame.wirelen = b.size;
	decode_frame(&frame, &run->batch.packets[run->batch.count++]);
}

static void what_is_not_tcp_has_flows_and_names(void **state)
{
	static const struct {
		unsigned protocol;
		enum label label;
		const char *name, *endpoint;
		uint16_t port[2]; /* or ICMP type and code */
	} others[] = {
		{ 17, LABEL_OTHER, "udp", "10.0.0.1:5000", { 5000, 53 } },
		{ 1, LABEL_ICMP, "icmp", "10.0.0.1", { 8, 0 } },
		{ 47, LABEL_OTHER, "ip-47", "10.0.0.1", { 0, 0 } },
	};
	static const uint8_t ends[2][4] = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } };
	char id[COMMUNITY_ID_BYTES];
	struct run run;
	struct report *report;

	start(&run, 3);
	for (int i = 0; i < 3; i++)
		put_other(&run, others[i].protocol);
	pipeline_batch(run.pipeline, &run.batch);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(run.batch.packets[i].label, others[i].label);
		assert_int_equal(run.batch.packets[i].verdict, -1);
	}
	report = finish(&run);
	report_finish(report);
	assert_int_equal(report->frames, 3);
	assert_int_equal(report->judged, 0);
	assert_int_equal(report->wire_bytes, 28 + 36 + 36);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(report->flows[i].protocol, others[i].name);
		assert_string_equal(report->flows[i].endpoint[0], others[i].endpoint);
		community_id(id, (uint8_t)others[i].protocol, ends[0], ends[1], 4,
			others[i].port[0], others[i].port[1]);
		assert_string_equal(report->flows[i].community_id, id);
		assert_null(report->flows[i].values[0]);
	}
	report_free(report);
}

/* Of equally healthy flows the first ones are listed; without a list there is none. */
static void equals_are_listed_in_order(void **state)
{
	struct segment segments[64];

	for (uint32_t list = 0; list < 4; list += 3) {
		struct run run;
		struct report *report;

		start(&run, list);
		for (uint32_t flow = 0; flow < 10; flow++)
			pass(&run, segments, make_flow(segments, flow, flow * 100, 8));
		report = finish(&run);
		report_finish(report);
		assert_int_equal(report->flow_count, list);
		for (uint32_t i = 0; i < list; i++)
			assert_int_equal(report->flows[i].number, i);
		assert_string_equal(
			list ? report->flows[0].endpoint[0] : "10.0.0.0:40000", "10.0.0.0:40000");
		report_free(report);
	}
}

/* What is open when the input ends counts like what ended before; the last batch is gone. */
static void the_end_takes_what_is_open(void **state)
{
	struct segment segments[64];
	struct run run;
	struct report *report;

	start(&run, 10);
	for (uint32_t flow = 0; flow < 5; flow++) {
		uint32_t count = make_flow(segments, flow, flow * 1000, 8);

		/* Resent by the timer, and nobody answers any more. */
		segments[count] = segments[count - 2];
		segments[count].time_ms += 400;
		segments[count].ip_id = 300;
		segments[count - 1].ack -= MTU_PAYLOAD;
		pass(&run, segments, count + 1);
	}
	assert_true(run.batch.verdict_count > 0);
	for (uint64_t frame = 13; frame <= run.frame; frame += 13)
		assert_int_equal(run.last[frame].label, LABEL_RETRANSMISSION);
	run.batch.count = 1;
	pipeline_end(run.pipeline, &run.batch);
	assert_int_equal(run.batch.count, 0);
	for (int i = 0; i < run.batch.verdict_count; i++)
		assert_int_equal(run.batch.verdicts[i].at, -1);
	report = finish_report(&run);
	assert_int_equal(counted(report, "tcp", "resent_packets"), 5);
	report_finish(report);
	assert_int_equal(report->flow_count, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(report->flows[i].number, i);
	report_free(report);
}

/* A run that is given up leaves nothing behind; what says so is the leak sanitizer. */
static void a_run_may_be_given_up(void **state)
{
	struct segment segments[64];
	uint32_t count = make_flow(segments, 0, 0, 20);
	struct run run;

	delay(segments, 10, 3);
	start(&run, 10);
	pass(&run, segments, count);
	pipeline_free(run.pipeline);
	free(run.batch.verdicts);
	pipeline_free(NULL);
}

static void progress_is_told(void **state)
{
	struct segment segments[64];
	uint64_t frames = 9, flows = 9;
	struct run run;

	start(&run, 1);
	pipeline_progress(run.pipeline, &frames, &flows);
	assert_int_equal(frames, 0);
	assert_int_equal(flows, 0);
	pass(&run, segments, make_flow(segments, 1, 0, 8));
	pipeline_progress(run.pipeline, &frames, &flows);
	assert_int_equal(frames, 12);
	assert_int_equal(flows, 1);
	report_free(finish(&run));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_segment_is_judged),
		cmocka_unit_test(batches_do_not_matter),
		cmocka_unit_test(a_drop_takes_the_blame),
		cmocka_unit_test(a_drop_withholds_the_place_of_loss),
		cmocka_unit_test(a_drop_may_have_held_the_dsack),
		cmocka_unit_test(a_resend_hides_no_drop),
		cmocka_unit_test(a_drop_may_have_held_the_answers),
		cmocka_unit_test(drops_come_before_their_frames),
		cmocka_unit_test(without_a_link_no_loss_is_placed),
		cmocka_unit_test(drops_doubt_their_own_input),
		cmocka_unit_test(drops_of_all_interfaces_doubt_the_capture),
		cmocka_unit_test(drops_doubt_what_follows),
		cmocka_unit_test(a_drop_of_another_input_withholds_nothing),
		cmocka_unit_test(the_sickest_stay_listed),
		cmocka_unit_test(the_list_prefers_the_earlier),
		cmocka_unit_test(a_long_list_holds_the_sickest),
		cmocka_unit_test(what_is_not_tcp_has_flows_and_names),
		cmocka_unit_test(equals_are_listed_in_order),
		cmocka_unit_test(the_end_takes_what_is_open),
		cmocka_unit_test(a_run_may_be_given_up),
		cmocka_unit_test(progress_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
