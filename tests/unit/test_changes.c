/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What changed about the host becomes findings: which, how severe, about whom and from when on; a
 * flood of changes is counted; and changes pass through the pipeline to the report.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/changes.h"
#include "analyzers/pipeline.h"

#define S INT64_C(1000000000)
#define FIRST_NS (1700000000 * S)

/* Two live interfaces, frames from FIRST_NS on. */
static struct report *make_report(void)
{
	struct report *report = report_new("check");

	report->live = true;
	report->frames = 10;
	report->first_ns = FIRST_NS;
	for (uint32_t i = 0; i < 2; i++) {
		struct report_source *source = report_add_source(report, i ? "eth1" : "eth0");

		source->interfaces = 1;
		source->first_interface = i;
	}
	return report;
}

static struct report *report_of(const struct change *list, size_t count)
{
	struct report *report = make_report();
	struct changes changes = { 0 };

	for (size_t i = 0; i < count; i++)
		changes_note(&changes, &list[i]);
	changes_report(&changes, report);
	return report;
}

static double number(const struct finding *finding, const char *name)
{
	for (size_t i = 0; i < finding->number_count; i++)
		if (strcmp(finding->numbers[i].name, name) == 0)
			return finding->numbers[i].value;
	fail_msg("'%s' has no number '%s'", finding->what, name);
	return 0;
}

static void each_kind_is_told(void **state)
{
	static const struct {
		struct change change;
		enum finding_id id;
		enum severity severity;
		const char *subject, *what;
	} cases[] = {
		{ { CHANGE_CLOCK, CHANGE_OF_HOST, FIRST_NS + 5 * S, 0, 3 * S, NULL },
			FINDING_PL9010, SEVERITY_WARNING, "host",
			"the clock was set forward by 3 s, 2 s after the first frame" },
		{ { CHANGE_CLOCK, CHANGE_OF_HOST, FIRST_NS + 1 * S, 0, -1 * S, NULL },
			FINDING_PL9010, SEVERITY_WARNING, "host",
			"the clock was set back by 1 s, 2 s after the first frame" },
		{ { CHANGE_CLOCK, CHANGE_OF_HOST, FIRST_NS, 0, 6000000, NULL }, FINDING_PL9010,
			SEVERITY_INFO, "host",
			"the clock was set forward by 6 ms, 6 ms before the first frame" },
		{ { CHANGE_LINK_DOWN, 1, FIRST_NS + S, 0, 0, NULL }, FINDING_PL9012,
			SEVERITY_WARNING, "eth1",
			"the link went down 1 s after the first frame and did not come up again" },
		{ { CHANGE_LINK_UP, 0, FIRST_NS - S, 0, 0, NULL }, FINDING_PL9011, SEVERITY_INFO,
			"eth0", "the link came up 1 s before the first frame" },
		{ { CHANGE_MTU, 0, FIRST_NS, 1500, 9000, NULL }, FINDING_PL9011, SEVERITY_INFO,
			"eth0",
			"the MTU was changed from 1500 to 9000 bytes, 0 ns after the first "
			"frame" },
		{ { CHANGE_FEATURES, 0, FIRST_NS, 1, 0, "rx-gro" }, FINDING_PL9011, SEVERITY_INFO,
			"eth0",
			"the offload 'rx-gro' was switched off, 0 ns after the first frame" },
		{ { CHANGE_FEATURES, 0, FIRST_NS, 0, 0, NULL }, FINDING_PL9011, SEVERITY_INFO,
			"eth0",
			"some offload was switched, which one is not known, 0 ns after the first "
			"frame" },
		{ { CHANGE_SETTING, 7, FIRST_NS, 0, 3, "rps_cpus" }, FINDING_PL9011, SEVERITY_INFO,
			"interface 7",
			"'rps_cpus' was changed from 0 to 3, 0 ns after the first frame" },
		{ { CHANGE_GONE, 1, FIRST_NS + S, 0, 0, NULL }, FINDING_PL9013, SEVERITY_INFO,
			"eth1",
			"the interface vanished 1 s after the first frame; what followed is "
			"unknown" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report *report = report_of(&cases[i].change, 1);
		const struct finding *finding = report->findings;

		assert_int_equal(report->finding_count, 1);
		assert_int_equal(finding->id, cases[i].id);
		assert_int_equal(finding->severity, cases[i].severity);
		assert_int_equal(finding->time_ns, cases[i].change.time_ns);
		assert_string_equal(finding->subject, cases[i].subject);
		assert_string_equal(finding->what, cases[i].what);
		assert_int_equal(
			report->undecided_count, cases[i].change.kind == CHANGE_GONE ? 1 : 0);
		report_free(report);
	}
}

/* A link that comes up ends the time without one of its own interface, and of no other. */
static void a_link_that_comes_up_is_told_with_its_fall(void **state)
{
	static const struct change list[] = {
		{ CHANGE_LINK_DOWN, 0, FIRST_NS + 1 * S, 0, 0, NULL },
		{ CHANGE_LINK_DOWN, 1, FIRST_NS + 2 * S, 0, 0, NULL },
		{ CHANGE_LINK_UP, 0, FIRST_NS + 4 * S, 0, 0, NULL },
	};
	struct report *report = report_of(list, 3);

	assert_int_equal(report->finding_count, 2);
	assert_string_equal(report->findings[0].what,
		"the link was down for 3 s, from 1 s after the first frame");
	assert_true(number(&report->findings[0], "down_ns") == 3e9);
	assert_non_null(strstr(report->findings[1].what, "did not come up again"));
	report_free(report);
}

/* Once the clock was set, times before and after it are told by one clock. */
static void a_step_moves_no_later_change(void **state)
{
	static const struct change list[] = {
		{ CHANGE_CLOCK, CHANGE_OF_HOST, FIRST_NS + 3601 * S, 0, 3600 * S, NULL },
		{ CHANGE_MTU, 0, FIRST_NS + 3602 * S, 1500, 1400, NULL },
	};
	struct report *report = report_of(list, 2);

	assert_true(number(&report->findings[0], "step_ns") == 3600e9);
	assert_true(number(&report->findings[0], "after_first_frame_ns") == 1e9);
	assert_true(number(&report->findings[1], "after_first_frame_ns") == 2e9);
	assert_true(number(&report->findings[1], "before_bytes") == 1500);
	assert_true(number(&report->findings[1], "after_bytes") == 1400);
	report_free(report);
}

/* So many changes that not all can be kept, and numbers that no sum can hold. */
static void a_flood_is_counted(void **state)
{
	struct change change = { CHANGE_SETTING, 0, INT64_MIN, INT64_MIN, INT64_MAX, "x" };
	struct changes *changes = calloc(1, sizeof(*changes));
	struct report *report = make_report();
	char name[4096];

	assert_non_null(changes);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	change.what = name;
	for (int i = 0; i < 1000; i++)
		for (int kind = 0; kind <= CHANGE_KINDS; kind++) {
			change.kind = kind;
			change.interface = (uint32_t)i;
			change.time_ns = i % 2 ? INT64_MIN : INT64_MAX;
			changes_note(changes, &change);
		}
	changes_report(changes, report);
	assert_int_equal(report->finding_count, 6 * (CHANGES_KEPT + 1) + CHANGES_KEPT + 1);
	for (size_t i = 0; i < report->finding_count; i++)
		if (strcmp(report->findings[i].subject, "run") == 0 &&
			report->findings[i].id != FINDING_PL9011)
			assert_true(number(&report->findings[i], "changes") == 1000 - CHANGES_KEPT);
	assert_int_equal(report->undecided_count, 1);
	assert_string_equal(report->undecided[0], "'eth0' vanished during the capture");
	report_free(report);
	free(changes);
}

static void changes_pass_the_pipeline(void **state)
{
	static const struct analyzer_options options = { .max_flows = 64 };
	struct pipeline *pipeline = pipeline_new(&options);
	struct batch *batch = calloc(1, sizeof(*batch));
	struct report *report = report_new("check");

	assert_non_null(batch);
	pipeline_change(pipeline, &(struct change){ .kind = CHANGE_GONE, .time_ns = S });
	pipeline_end(pipeline, batch);
	pipeline_report(pipeline, report);
	assert_int_equal(report->finding_count, 1);
	assert_int_equal(report->findings[0].id, FINDING_PL9013);
	assert_string_equal(report->findings[0].subject, "interface 0");
	assert_non_null(strstr(report->findings[0].what, "before any frame"));
	report_free(report);
	pipeline_free(pipeline);
	free(batch->verdicts);
	free(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_told),
		cmocka_unit_test(a_link_that_comes_up_is_told_with_its_fall),
		cmocka_unit_test(a_step_moves_no_later_change),
		cmocka_unit_test(a_flood_is_counted),
		cmocka_unit_test(changes_pass_the_pipeline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
