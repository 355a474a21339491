/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is remembered of frames, and how long; what a late one and its overtaker count as: once,
 * and not if the verdict is taken back; whose they are; what is bounded.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

#include "analyzers/flow.h"
#include "analyzers/overtaken.h"

#define STAMPED (FRAME_HAS_TIME | FRAME_STAMP_INGRESS)
#define TRACED (STAMPED | FRAME_HAS_CPU | FRAME_HAS_QUEUE | FRAME_HAS_HASH)
#define STREAM 7 /* number + 1 */

struct run {
	struct passed *passed;
	struct overtaken *overtaken;
	uint64_t frame;
};

static int predicted_cpu = -1;

static int predict(const void *context, uint32_t interface, uint32_t hash)
{
	(void)context;
	(void)interface;
	(void)hash;
	return predicted_cpu;
}

static const struct overtaken_steering steering = { predict, NULL };

static struct run begin(void)
{
	struct run run = { .passed = passed_new(false) };

	run.overtaken = overtaken_new(run.passed, &steering);
	predicted_cpu = -1;
	return run;
}

static void end(struct run *run)
{
	overtaken_free(run->overtaken);
	passed_free(run->passed);
}

/* A frame is handed on; returns its number. */
static uint64_t pass(struct run *run, struct packet packet)
{
	packet.frame = ++run->frame;
	if (!packet.stream && !packet.flow)
		packet.stream = STREAM;
	if (!packet.label)
		packet.label = LABEL_IN_ORDER;
	passed_note(run->passed, &packet, packet.direction == DIRECTION_OUT);
	return run->frame;
}

static bool judge(struct run *run, uint64_t frame, enum label label, uint64_t reference)
{
	struct verdict verdict = { .frame = frame,
		.label = (uint8_t)label,
		.stream = STREAM,
		.number = 100 + frame,
		.reference = reference };

	return overtaken_take(run->overtaken, &verdict);
}

static struct report_origin *result(struct run *run)
{
	struct overtaken_case *found = overtaken_of_stream(run->overtaken, STREAM - 1);

	assert_non_null(found);
	return &found->result;
}

static void remembered(void **state)
{
	struct run run = begin();
	struct packet packet = { .stream = STREAM };

	(void)state;
	assert_null(passed_find(run.passed, 1));
	/* A filter passes over two of three, and seven once. */
	for (uint64_t i = 1; i <= 2 * (uint64_t)PASSED_FRAMES; i++) {
		packet.frame = 3 * i + (i > 100000 ? 7 : 0);
		packet.time_ns = (int64_t)i;
		passed_note(run.passed, &packet, false);
	}
	for (uint64_t i = PASSED_FRAMES - 10; i <= 2 * (uint64_t)PASSED_FRAMES; i++) {
		const struct passed_frame *found = passed_find(
			run.passed, 3 * i + (i > 100000 ? 7 : 0));

		assert_null(passed_find(run.passed, 3 * i + (i > 100000 ? 8 : 1)));
		if (i <= PASSED_FRAMES) {
			assert_null(found);
			continue;
		}
		assert_int_equal(found->time_ns, i);
		if (i == PASSED_FRAMES + 1)
			assert_null(passed_before(run.passed, found));
		else
			assert_int_equal(passed_before(run.passed, found)->time_ns, i - 1);
	}
	assert_null(passed_find(run.passed, 0));
	assert_null(passed_find(run.passed, UINT64_MAX));
	end(&run);
}

/* Each pair, and the counts that it must move; all others stay 0. */
static void pairs(void **state)
{
	static const struct {
		const char *name;
		struct packet overtaker, late;
		int predicted;
		struct origin_counts counts;
	} cases[] = {
		{ "inside", { .time_ns = 20, .frame_flags = STAMPED },
			{ .time_ns = 10, .frame_flags = STAMPED }, -1, { .inside = 1 } },
		{ "outside", { .time_ns = 20, .frame_flags = STAMPED },
			{ .time_ns = 30, .frame_flags = STAMPED }, -1, { .outside = 1 } },
		{ "equal", { .time_ns = 20, .frame_flags = STAMPED },
			{ .time_ns = 20, .frame_flags = STAMPED }, -1, { .equal = 1 } },
		{ "one without the kernel's stamp",
			{ .time_ns = 20, .frame_flags = FRAME_HAS_TIME },
			{ .time_ns = 10, .frame_flags = STAMPED }, -1,
			{ .inside = 1, .unstamped = 1 } },
		{ "without time", { .time_ns = 0 }, { .time_ns = 0 }, -1, { .unstamped = 1 } },
		{ "sent",
			{ .time_ns = 20,
				.frame_flags = FRAME_HAS_TIME,
				.direction = DIRECTION_OUT },
			{ .time_ns = 30,
				.frame_flags = FRAME_HAS_TIME,
				.direction = DIRECTION_OUT },
			-1, { .outside = 1, .unstamped = 1, .sent = 1 } },
		{ "other CPU",
			{ .time_ns = 20, .frame_flags = TRACED, .cpu = 1, .queue = 1, .rxhash = 5 },
			{ .time_ns = 10, .frame_flags = TRACED, .cpu = 0, .queue = 1, .rxhash = 5 },
			-1,
			{ .inside = 1,
				.cpus = 1,
				.cpus_differ = 1,
				.queues = 1,
				.hashes = 1,
				.inside_cpus = 1,
				.inside_cpus_differ = 1,
				.queue_judged = 1,
				.cpu_judged = 1,
				.cpu_in_order = 1,
				.cpus_seen = 2,
				.queues_seen = 1,
				.hashes_seen = 1 } },
		{ "other queue and hash",
			{ .time_ns = 20, .frame_flags = TRACED, .cpu = 1, .queue = 1, .rxhash = 5 },
			{ .time_ns = 30, .frame_flags = TRACED, .cpu = 1, .queue = 2, .rxhash = 6 },
			1,
			{ .outside = 1,
				.cpus = 1,
				.queues = 1,
				.queues_differ = 1,
				.hashes = 1,
				.hashes_differ = 1,
				.outside_queues = 1,
				.outside_queues_differ = 1,
				.outside_cpus = 1,
				.queue_judged = 1,
				.queue_in_order = 1,
				.cpu_judged = 1,
				.predicted = 1,
				.predicted_right = 1,
				.cpus_seen = 1,
				.queues_seen = 2,
				.hashes_seen = 2 } },
		{ "other CPU than predicted", { .time_ns = 20, .frame_flags = STAMPED },
			{ .time_ns = 30, .frame_flags = TRACED, .cpu = 1 }, 0,
			{ .outside = 1,
				.predicted = 1,
				.cpus_seen = 1,
				.queues_seen = 1,
				.hashes_seen = 1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run run = begin();
		struct origin_counts expected = cases[i].counts;
		uint64_t overtaker = pass(&run, cases[i].overtaker);
		uint64_t late = pass(&run, cases[i].late);

		expected.late = expected.pairs = 1;
		predicted_cpu = cases[i].predicted;
		assert_int_equal(judge(&run, late, LABEL_REORDERED, overtaker), !expected.sent);
		if (memcmp(&result(&run)->counts, &expected, sizeof(expected)) != 0)
			fail_msg("%s", cases[i].name);
		assert_int_equal(result(&run)->waited_ns.count, expected.inside);
		assert_int_equal(result(&run)->late[0].frame, late);
		assert_int_equal(result(&run)->late[0].number, 100 + late);
		end(&run);
	}
}

static void forwarded(void **state)
{
	struct run run = begin();
	struct packet packet = { .frame = 1, .direction = DIRECTION_OUT, .stream = STREAM };

	(void)state;
	passed_note(run.passed, &packet, false);
	packet.frame = 2;
	passed_note(run.passed, &packet, true);
	judge(&run, 2, LABEL_REORDERED, 1);
	assert_int_equal(result(&run)->counts.sent, 1);
	assert_int_equal(result(&run)->counts.forwarded, 1);
	end(&run);
}

static void examples(void **state)
{
	struct run run = begin();
	uint64_t overtaker = pass(
		&run, (struct packet){
			      .time_ns = 500, .frame_flags = STAMPED | FRAME_HAS_CPU, .cpu = 3 });
	const struct report_late *late;

	(void)state;
	for (int i = 0; i < 12; i++)
		judge(&run,
			pass(&run, (struct packet){ .time_ns = 100 + i, .frame_flags = STAMPED }),
			LABEL_REORDERED, overtaker);
	assert_int_equal(result(&run)->late_count, REPORT_LATE);
	late = &result(&run)->late[1];
	assert_int_equal(late->frame, 3);
	assert_int_equal(late->overtaker, overtaker);
	assert_int_equal(late->time_ns, 101);
	assert_int_equal(late->overtaker_ns, 500);
	assert_int_equal(late->cpu, -1);
	assert_int_equal(late->overtaker_cpu, 3);
	assert_int_equal(late->queue, -1);
	assert_int_equal(late->hash, -1);
	assert_int_equal(result(&run)->waited_ns.count, 12);
	assert_int_equal(result(&run)->waited_ns.max, 400);
	end(&run);
}

/* What tells most is shown: examples with CPUs take the places of those without, in order. */
static void examples_with_cpus(void **state)
{
	struct run run = begin();
	const struct packet plain = { .time_ns = 100, .frame_flags = STAMPED };
	const struct packet traced = {
		.time_ns = 100, .frame_flags = STAMPED | FRAME_HAS_CPU, .cpu = 1
	};
	uint64_t overtaker = pass(
		&run, (struct packet){
			      .time_ns = 500, .frame_flags = STAMPED | FRAME_HAS_CPU, .cpu = 3 });
	const struct report_late *late;

	(void)state;
	for (int i = 0; i < REPORT_LATE + 2; i++)
		judge(&run, pass(&run, plain), LABEL_REORDERED, overtaker);
	for (int i = 0; i < 3; i++)
		judge(&run, pass(&run, traced), LABEL_REORDERED, overtaker);
	late = result(&run)->late;
	assert_int_equal(result(&run)->late_count, REPORT_LATE);
	for (uint64_t i = 0; i < REPORT_LATE; i++) {
		bool has_cpu = i >= REPORT_LATE - 3;

		assert_int_equal(late[i].cpu, has_cpu ? 1 : -1);
		assert_int_equal(late[i].frame, i + 2 + (has_cpu ? 5 : 0));
	}
	/* Once all have some the first ones stay. */
	for (int i = 0; i < 2 * REPORT_LATE; i++)
		judge(&run, pass(&run, traced), LABEL_REORDERED, overtaker);
	assert_int_equal(late[0].frame, REPORT_LATE + 4);
	assert_int_equal(late[REPORT_LATE - 1].frame, 2 * REPORT_LATE + 3);
	end(&run);
}

static void counted_once(void **state)
{
	struct run run = begin();
	uint64_t overtaker = pass(&run, (struct packet){ .time_ns = 20, .frame_flags = STAMPED });
	uint64_t late = pass(&run, (struct packet){ .time_ns = 10, .frame_flags = STAMPED });
	struct origin_counts none = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		judge(&run, late, LABEL_REORDERED, overtaker);
	assert_int_equal(result(&run)->counts.late, 1);
	assert_int_equal(result(&run)->counts.inside, 1);
	/* It was sent again, after all. */
	assert_false(judge(&run, late, LABEL_RETRANSMISSION, overtaker));
	assert_memory_equal(&result(&run)->counts, &none, sizeof(none));
	assert_int_equal(result(&run)->late_count, 0);
	/* Nothing to take back any more. */
	judge(&run, late, LABEL_RETRANSMISSION, overtaker);
	assert_int_equal(result(&run)->counts.late, 0);
	judge(&run, late, LABEL_REORDERED, overtaker);
	assert_int_equal(result(&run)->counts.late, 1);
	end(&run);
}

/* Late, and yet nothing to compare it with. */
static void alone(void **state)
{
	struct run run = begin();
	uint64_t elsewhere = pass(&run, (struct packet){ .interface = 1 });
	uint64_t late = pass(&run, (struct packet){ .interface = 0 });

	(void)state;
	judge(&run, late, LABEL_REORDERED, 0);
	judge(&run, pass(&run, (struct packet){ .interface = 0 }), LABEL_REORDERED, elsewhere);
	judge(&run, pass(&run, (struct packet){ .interface = 1 }), LABEL_REORDERED, elsewhere);
	late = pass(&run, (struct packet){ .interface = 0 });
	judge(&run, late, LABEL_REORDERED, late);
	judge(&run, pass(&run, (struct packet){ .interface = 0 }), LABEL_REORDERED, 1000);
	late = pass(&run, (struct packet){ .direction = DIRECTION_OUT });
	judge(&run, late, LABEL_REORDERED, late - 1);
	assert_int_equal(result(&run)->counts.late, 6);
	assert_int_equal(result(&run)->counts.pairs, 0);
	assert_int_equal(result(&run)->interface, 0);
	/* A frame that nobody remembers. */
	assert_false(judge(&run, 4000, LABEL_REORDERED, 1));
	assert_int_equal(result(&run)->counts.late, 6);
	end(&run);
}

/* Between overtaker and late one: what is in order, of the same queue, and of this stream? */
static void within_queue(void **state)
{
	static const struct {
		struct packet between;
		uint64_t judged, in_order;
	} cases[] = {
		{ { .frame_flags = TRACED, .queue = 1 }, 1, 1 },
		{ { .frame_flags = TRACED, .queue = 2 }, 1, 0 },
		{ { .frame_flags = TRACED, .queue = 2, .label = LABEL_DUPLICATE }, 1, 1 },
		{ { .frame_flags = TRACED, .queue = 2, .stream = STREAM + 1 }, 1, 1 },
		{ { .frame_flags = TRACED, .queue = 2, .interface = 1 }, 1, 1 },
		{ { .frame_flags = STAMPED }, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run run = begin();
		struct packet first = { .frame_flags = TRACED, .queue = 1 };
		struct packet last = { .frame_flags = TRACED, .queue = 2 };
		uint64_t overtaker;

		pass(&run, last); /* before the overtaker: it does not count */
		overtaker = pass(&run, first);
		pass(&run, cases[i].between);
		judge(&run, pass(&run, last), LABEL_REORDERED, overtaker);
		assert_int_equal(result(&run)->counts.queue_judged, cases[i].judged);
		assert_int_equal(result(&run)->counts.queue_in_order, cases[i].in_order);
		end(&run);
	}
}

/* Too far to look back; and of many pairs only some are looked at. */
static void within_bounds(void **state)
{
	struct run run = begin();
	struct packet one = { .frame_flags = TRACED, .queue = 1 };
	struct packet two = { .frame_flags = TRACED, .queue = 2 };
	uint64_t overtaker = pass(&run, one);

	(void)state;
	for (int i = 0; i < 5000; i++)
		pass(&run, one);
	judge(&run, pass(&run, two), LABEL_REORDERED, overtaker);
	assert_int_equal(result(&run)->counts.pairs, 1);
	assert_int_equal(result(&run)->counts.queue_judged, 0);
	for (int i = 0; i < 5000; i++) {
		overtaker = pass(&run, one);
		judge(&run, pass(&run, two), LABEL_REORDERED, overtaker);
	}
	assert_in_range(result(&run)->counts.queue_judged, 1023, 1300);
	assert_int_equal(result(&run)->counts.queue_in_order, result(&run)->counts.queue_judged);
	end(&run);
}

/* Packets on trial are of no stream until they are judged together, by amendments. */
static void on_trial(void **state)
{
	struct run run = begin();
	struct packet packet = {
		.stream = 1, .label = LABEL_UNKNOWN, .frame_flags = TRACED, .queue = 1
	};
	uint64_t overtaker = pass(&run, packet), between = pass(&run, packet), late;

	(void)state;
	late = pass(&run, packet);
	judge(&run, overtaker, LABEL_IN_ORDER, 0);
	judge(&run, between, LABEL_IN_ORDER, 0);
	judge(&run, late, LABEL_REORDERED, overtaker);
	assert_int_equal(result(&run)->counts.late, 1);
	assert_int_equal(result(&run)->counts.queue_judged, 1);
	assert_int_equal(result(&run)->counts.queue_in_order, 0);
	end(&run);
}

static void of_flows(void **state)
{
	struct run run = begin();
	struct flow flow = { .number = 3, .opener = 1 };
	struct packet packet = { .flow = &flow, .protocol = IPPROTO_TCP };
	uint64_t first[2];

	(void)state;
	for (uint8_t side = 0; side < 2; side++) {
		packet.side = side;
		first[side] = pass(&run, packet);
	}
	for (int i = 0; i < 3; i++) {
		struct verdict verdict = { .label = LABEL_REORDERED, .flow = 3 };

		packet.side = i > 0;
		packet.stream = i == 2 ? 9 : 0; /* of a header around it */
		verdict.frame = pass(&run, packet);
		verdict.reference = first[packet.side];
		overtaken_take(run.overtaken, &verdict);
	}
	assert_int_equal(overtaken_of_flow(run.overtaken, 3, true)->result.counts.pairs, 1);
	assert_int_equal(overtaken_of_flow(run.overtaken, 3, false)->result.counts.pairs, 2);
	assert_null(overtaken_of_flow(run.overtaken, 4, false));
	assert_null(overtaken_of_stream(run.overtaken, 3));
	end(&run);
}

static void bounded(void **state)
{
	struct run run = begin();
	struct overtaken_totals totals;

	(void)state;
	for (uint32_t i = 1; i <= OVERTAKEN_CASES + 10; i++) {
		struct packet packet = { .stream = i, .frame_flags = STAMPED, .time_ns = 5 };
		struct verdict verdict = { .label = LABEL_REORDERED, .stream = i };

		verdict.reference = pass(&run, packet);
		packet.time_ns = 4;
		verdict.frame = pass(&run, packet);
		overtaken_take(run.overtaken, &verdict);
	}
	overtaken_totals(run.overtaken, &totals);
	assert_int_equal(totals.pairs, OVERTAKEN_CASES);
	assert_int_equal(totals.inside, OVERTAKEN_CASES);
	assert_int_equal(totals.beyond, 10);
	assert_non_null(overtaken_of_stream(run.overtaken, OVERTAKEN_CASES - 1));
	assert_null(overtaken_of_stream(run.overtaken, OVERTAKEN_CASES));
	end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembered),
		cmocka_unit_test(pairs),
		cmocka_unit_test(forwarded),
		cmocka_unit_test(examples),
		cmocka_unit_test(examples_with_cpus),
		cmocka_unit_test(counted_once),
		cmocka_unit_test(alone),
		cmocka_unit_test(within_queue),
		cmocka_unit_test(within_bounds),
		cmocka_unit_test(on_trial),
		cmocka_unit_test(of_flows),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
