/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the events of a source to the sources of the report: interfaces of a live capture become
 * sources of their own with their frames and drops, a file stays one, ticks end no batch.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "capture/driver.h"
#include "cmd/engine.h"
#include "tests/unit/frames.h"

#define S INT64_C(1000000000)
#define FRAMES 8

/* What the source gives, once for each of its inputs. */
static struct capture capture;
static struct capture_interface interfaces[2];
static struct event events[16];
static int event_count, inputs;
static int batches; /* that came of them */

const char *__wrap_source_read(const struct source_options *options,
	const struct source_reader *reader, struct error *error);

const char *__wrap_source_read(const struct source_options *options,
	const struct source_reader *reader, struct error *error)
{
	for (int i = 0; i < inputs; i++) {
		struct source_place place = { .capture = &capture,
			.name = "made up",
			.first_frame = (uint64_t)i * FRAMES,
			.first_interface = (uint32_t)i * 2,
			.discarded = 3 };
		struct event copy[16];

		memcpy(copy, events, sizeof(copy));
		for (int j = 0; j < event_count; j++)
			if (copy[j].kind == EVENT_FRAME)
				copy[j].frame.interface += place.first_interface;
			else if (copy[j].kind == EVENT_DROP)
				copy[j].drop.interface += place.first_interface;
		assert_int_equal(
			reader->events(reader->state, &place, copy, event_count, error), 0);
		reader->end(reader->state, &place, NULL);
	}
	return "end";
}

static int count_batch(void *state, const struct source_place *place, const struct batch *batch,
	struct error *error)
{
	batches += batch->count > 0;
	return 0;
}

/* Eight frames, of which every fourth came by the second interface; drops, a tick, a change. */
static void make_source(const char *frontend)
{
	static struct bytes b;
	uint32_t ip;

	b.size = 0;
	ip = put_ipv4(&b, 1);
	put_fill(&b, 8, 16);
	ip_finish(&b, ip);
	event_count = 0;
	for (uint64_t i = 0; i < FRAMES; i++) {
		if (i == 4)
			events[event_count++] = (struct event){ .kind = EVENT_TICK };
		if (i == 6)
			events[event_count++] = (struct event){ .kind = EVENT_DROP,
				.drop = { .interface = 1,
					.packets = 5,
					.from_ns = 1,
					.to_ns = S,
					.where = "ring" } };
		if (i == 7)
			events[event_count++] = (struct event){ .kind = EVENT_CHANGE,
				.change = { .kind = CHANGE_LINK_DOWN,
					.interface = 1,
					.time_ns = 2 * S } };
		events[event_count++] = (struct event){ .kind = EVENT_FRAME,
			.frame = { .data = b.data,
				.number = i + 1,
				.time_ns = S,
				.caplen = b.size,
				.wirelen = b.size,
				.interface = i % 4 == 3,
				.flags = FRAME_HAS_TIME,
				.linktype = LINK_RAW } };
	}
	memset(interfaces, 0, sizeof(interfaces));
	for (int i = 0; i < 2; i++) {
		struct capture_interface *interface = &interfaces[i];

		snprintf(interface->name, sizeof(interface->name), "eth%d", i);
		interface->frontend = frontend;
		interface->received = 10;
		interface->has_received = i == 0;
		interface->dropped = 4;
		interface->has_dropped = i == 0;
		interface->dropped_interface = (uint64_t)(3 * i);
		interface->buffer_bytes = 4096;
	}
	strcpy(interfaces[1].why, "no ring");
	capture = (struct capture){ .interfaces = interfaces,
		.statistics = { .frames = FRAMES, .interfaces = 2, .passed_over = 1 } };
	batches = 0;
}

static struct report *run(bool live, int times)
{
	const struct engine_options options = ENGINE_DEFAULTS;
	const struct engine_sink sink = { .batch = count_batch };
	struct report *report = report_new("check");
	struct error error;

	report->live = live;
	inputs = times;
	make_source(live ? "raw" : NULL);
	assert_int_equal(engine_run(&options, &sink, report, &error), 0);
	assert_int_equal(report->frames, FRAMES * times);
	/* The drop and the change have their place between batches, the tick has none. */
	assert_int_equal(batches, 3 * times);
	return report;
}

static void a_file_is_one_source(void **state)
{
	struct report *report = run(false, 2);

	assert_int_equal(report->source_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct report_source *source = &report->sources[i];

		assert_string_equal(source->name, "made up");
		assert_int_equal(source->input, i);
		assert_int_equal(source->frames, FRAMES);
		assert_int_equal(source->passed_over, 4);
		assert_int_equal(source->interfaces, 2);
		assert_int_equal(source->first_interface, 2 * i);
		assert_int_equal(source->dropped, 5);
		assert_false(source->received_known);
		assert_null(source->frontend);
		assert_null(source->why);
		assert_int_equal(source->buffer_bytes, 0);
	}
	assert_null(report->tally);
	report_free(report);
}

static void each_live_interface_is_a_source(void **state)
{
	struct report *report = run(true, 1);
	const struct report_source *source = report->sources;

	assert_int_equal(report->source_count, 2);
	assert_string_equal(source[0].name, "eth0");
	assert_string_equal(source[1].name, "eth1");
	assert_int_equal(source[0].frames, 6);
	assert_int_equal(source[1].frames, 2);
	assert_int_equal(source[0].dropped, 4);
	assert_int_equal(source[1].dropped, 5);
	assert_true(source[0].dropped_known && source[1].dropped_known);
	assert_int_equal(source[0].received, 10);
	assert_true(source[0].received_known && !source[1].received_known);
	assert_int_equal(source[1].dropped_interface, 3);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(source[i].frontend, "raw");
		assert_true(source[i].fallback);
		assert_int_equal(source[i].input, 0);
		assert_int_equal(source[i].first_interface, i);
		assert_int_equal(source[i].interfaces, 1);
		assert_int_equal(source[i].buffer_bytes, 4096);
	}
	assert_int_equal(report->tally_count, 1);
	assert_int_equal(report->tally[0].frames, FRAMES);
	assert_int_equal(report->tally[0].dropped, 5);
	assert_null(source[0].why);
	assert_string_equal(source[1].why, "no ring");
	report_free(report);
}

/* A change finds the interface that it is about. */
static void changes_are_named(void **state)
{
	struct report *report = run(true, 1);
	const struct finding *finding = NULL;

	for (size_t i = 0; i < report->finding_count; i++)
		if (report->findings[i].id == FINDING_PL9012)
			finding = &report->findings[i];
	assert_non_null(finding);
	assert_string_equal(finding->subject, "eth1");
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_one_source),
		cmocka_unit_test(each_live_interface_is_a_source),
		cmocka_unit_test(changes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
