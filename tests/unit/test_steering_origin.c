/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is seen of late packets gets to where streams, flows and arrivals are told, by number;
 * whether more is wanted to be seen; what a missing flag of a stamp means, by the front end.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "analyzers/analyzer.h"
#include "analyzers/flow.h"

extern const struct analyzer steering_analyzer;

#define STAMPED (FRAME_HAS_TIME | FRAME_STAMP_INGRESS)

struct run {
	void *state;
	struct batch batch;
	struct report *report;
	uint64_t frames;
};

static struct flow tcp = { .number = 5, .opener = 1, .key = { .protocol = IPPROTO_TCP } };

static struct run begin(bool live, const char *frontend)
{
	const struct analyzer_options options = { .live = live };
	struct run run = { .state = steering_analyzer.create(&options, NULL) };
	struct report_source *source;

	run.report = report_new("check");
	source = report_add_source(run.report, "eth0");
	source->interfaces = 1;
	source->frontend = frontend;
	return run;
}

static void end(struct run *run)
{
	steering_analyzer.destroy(run->state);
	free(run->batch.verdicts);
	report_free(run->report);
}

static uint64_t add(struct run *run, struct packet packet)
{
	packet.frame = ++run->frames;
	run->batch.packets[run->batch.count++] = packet;
	return packet.frame;
}

static void judge(struct run *run, uint64_t frame, enum label label, uint64_t reference,
	uint32_t stream, bool amends)
{
	struct verdict *verdict = batch_add_verdict(&run->batch);

	verdict->frame = frame;
	verdict->label = (uint8_t)label;
	verdict->reference = reference;
	verdict->stream = stream;
	verdict->flow = stream ? VERDICT_NO_FLOW : tcp.number;
	verdict->amends = amends;
}

/* The batch as it stands, and a new one. */
static void see(struct run *run)
{
	steering_analyzer.batch(run->state, &run->batch);
	run->batch.count = run->batch.verdict_count = 0;
}

static bool wants(const struct run *run)
{
	return steering_analyzer.wants_trace(run->state);
}

/* Stream `number` has one packet late, in by an interface. */
static void see_late(struct run *run, uint32_t number, struct packet packet)
{
	uint64_t overtaker;

	packet.stream = number + 1;
	packet.time_ns = 100;
	overtaker = add(run, packet);
	packet.time_ns = 90;
	judge(run, add(run, packet), LABEL_REORDERED, overtaker, number + 1, false);
	see(run);
}

static void trace(void **state)
{
	const struct packet in = { .direction = DIRECTION_IN, .frame_flags = FRAME_HAS_TIME };
	const struct packet out = { .direction = DIRECTION_OUT, .frame_flags = FRAME_HAS_TIME };
	struct packet stamped = { .layer = LAYER_NETWORK,
		.linktype = 1,
		.caplen = 14,
		.data = (const uint8_t[14]){ 0 },
		.frame_flags = STAMPED,
		.time_ns = 50 };
	struct run run = begin(true, "mmap");

	(void)state;
	add(&run, in);
	see(&run);
	see_late(&run, 0, out);
	assert_false(wants(&run));
	see_late(&run, 1, in);
	assert_true(wants(&run));
	end(&run);
	run = begin(true, "mmap");
	add(&run, stamped);
	stamped.time_ns = 40;
	see(&run);
	assert_false(wants(&run));
	add(&run, stamped);
	see(&run);
	assert_true(wants(&run));
	end(&run);
	run = begin(false, NULL);
	see_late(&run, 1, in);
	assert_false(wants(&run));
	end(&run);
}

static struct report_stream *list(struct run *run, uint32_t number)
{
	struct report_stream *stream = report_add_stream(run->report, steering_analyzer.metrics);

	stream->number = number;
	return stream;
}

static void by_number(void **state)
{
	struct run run = begin(true, "mmap");
	struct packet packet = {
		.flow = &tcp, .protocol = IPPROTO_TCP, .frame_flags = STAMPED, .time_ns = 10
	};
	struct report_flow *flow;
	uint64_t first;

	(void)state;
	see_late(&run, 3, (struct packet){ .frame_flags = STAMPED });
	see_late(&run, 3, (struct packet){ .frame_flags = STAMPED });
	see_late(&run, 8, (struct packet){ .frame_flags = STAMPED });
	/* From its opener, amended at the end of the run. */
	packet.side = 1;
	first = add(&run, packet);
	add(&run, packet);
	see(&run);
	judge(&run, first + 1, LABEL_REORDERED, first, 0, true);
	steering_analyzer.run_end(run.state, &run.batch);
	list(&run, 3);
	list(&run, 4);
	flow = report_add_flow(run.report, NULL);
	flow->number = tcp.number;
	steering_analyzer.report(run.state, run.report);
	assert_int_equal(run.report->streams[0].origin->counts.late, 2);
	assert_int_equal(run.report->streams[0].origin->counts.inside, 2);
	assert_int_not_equal(run.report->streams[0].origin->origin, ORIGIN_NONE);
	assert_null(run.report->streams[1].origin);
	assert_int_equal(flow->origin[0]->counts.equal, 1);
	assert_null(flow->origin[1]);
	end(&run);
}

static void stamps(void **state)
{
	static const struct {
		bool live;
		const char *frontend;
		uint64_t unstamped, untold;
	} cases[] = {
		{ true, "mmap", 1, 0 },
		{ true, "raw", 0, 1 },
		{ true, "pcap", 0, 1 },
		{ false, NULL, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run run = begin(cases[i].live, cases[i].frontend);
		const struct origin_counts *counts;

		see_late(&run, 0, (struct packet){ .frame_flags = STAMPED });
		see_late(&run, 0, (struct packet){ .frame_flags = FRAME_HAS_TIME });
		list(&run, 0);
		steering_analyzer.report(run.state, run.report);
		counts = &run.report->streams[0].origin->counts;
		assert_int_equal(counts->pairs, 2);
		assert_int_equal(counts->unstamped, cases[i].unstamped);
		assert_int_equal(counts->untold, cases[i].untold);
		end(&run);
	}
}

/* `late` packets of conversation `number`, of as many and one. */
static void see_arrivals(struct run *run, uint64_t number, int late)
{
	static struct flow flow = { .key = { .protocol = IPPROTO_UDP, .ip_version = 4 } };
	struct packet packet = { .flow = &flow,
		.hash = number * UINT64_C(0x9e3779b97f4a7c15),
		.protocol = IPPROTO_UDP,
		.ip_version = 4,
		.frame_flags = STAMPED,
		.time_ns = 1000 };

	add(run, packet);
	for (packet.time_ns = 999; late > 0; late--)
		add(run, packet);
	see(run);
}

static void arrivals(void **state)
{
	struct run run = begin(true, "mmap");

	(void)state;
	for (uint64_t i = 1; i <= 150; i++)
		see_arrivals(&run, i, 1 + (i == 120));
	steering_analyzer.report(run.state, run.report);
	assert_int_equal(run.report->arrival_count, REPORT_ARRIVALS);
	assert_int_equal(run.report->arrivals[0].late, 2);
	assert_int_equal(run.report->arrivals[0].packets, 3);
	assert_int_equal(run.report->arrivals[0].origin.counts.inside, 2);
	assert_int_equal(run.report->arrivals[1].late, 1);
	assert_int_equal(run.report->arrivals[1].origin.late[0].frame, 2);
	end(&run);
}

/* After that the stamps of what came in order are not. */
static void clock_set_back(void **state)
{
	struct run run = begin(true, "mmap");

	(void)state;
	see_arrivals(&run, 1, 1);
	steering_analyzer.change(
		run.state, &(struct change){ .kind = CHANGE_CLOCK, .before = 100, .after = 50 });
	steering_analyzer.report(run.state, run.report);
	assert_int_equal(run.report->arrival_count, 0);
	end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trace),
		cmocka_unit_test(by_number),
		cmocka_unit_test(stamps),
		cmocka_unit_test(arrivals),
		cmocka_unit_test(clock_set_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
