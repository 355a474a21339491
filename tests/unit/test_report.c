/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of a report, their order once it is finished, and the status that it comes to. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "report/report.h"

static struct report *judged_report(void)
{
	struct report *report = report_new("check");

	report->frames = report->judged = 10;
	return report;
}

static void worst_findings_first(void **state)
{
	static const struct {
		enum finding_id id;
		enum severity severity;
		enum confidence confidence;
		uint64_t frames;
		const char *subject;
		int place;
	} cases[] = {
		{ FINDING_PL1001, SEVERITY_INFO, CONFIDENCE_PROVEN, 99, "a", 6 },
		{ FINDING_PL2001, SEVERITY_WARNING, CONFIDENCE_LIKELY, 9, "a", 2 },
		{ FINDING_PL1001, SEVERITY_WARNING, CONFIDENCE_LIKELY, 9, "b", 1 },
		{ FINDING_PL1001, SEVERITY_WARNING, CONFIDENCE_LIKELY, 9, "a", 0 },
		{ FINDING_PL1001, SEVERITY_WARNING, CONFIDENCE_POSSIBLE, 999, "a", 4 },
		{ FINDING_PL1001, SEVERITY_WARNING, CONFIDENCE_POSSIBLE, 999, "a", 5 },
		{ FINDING_PL1001, SEVERITY_WARNING, CONFIDENCE_LIKELY, 8, "a", 3 },
	};
	struct report *report = judged_report();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct finding *finding = report_add_finding(report, cases[i].id);

		finding->severity = cases[i].severity;
		finding->confidence = cases[i].confidence;
		finding->frame_total = cases[i].frames;
		snprintf(finding->subject, sizeof(finding->subject), "%s", cases[i].subject);
		finding_number(finding, "place", cases[i].place);
	}
	report_finish(report);
	for (size_t i = 0; i < report->finding_count; i++)
		assert_int_equal(report->findings[i].numbers[0].value, i);
	assert_int_equal(report_count_findings(report, SEVERITY_WARNING), 6);
	report_free(report);
}

static void sickest_flow_first(void **state)
{
	static const double troubles[] = { 0, 2.5, 0, 7, 2.5 };
	static const uint32_t expected[] = { 3, 1, 4, 0, 2 };
	struct report *report = judged_report();

	for (uint32_t i = 0; i < 5; i++) {
		struct report_flow *flow = report_add_flow(report, NULL);

		flow->number = i;
		flow->trouble = troubles[i];
	}
	report_finish(report);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(report->flows[i].number, expected[i]);
	report_free(report);
}

static void sickest_stream_first(void **state)
{
	static const struct metric rows[] = { { .name = "lag", .kind = METRIC_HISTOGRAM } };
	static const struct metric_set set = { "sequence", rows, 1 };
	static const double troubles[] = { 0, 2.5, 0, 7, 2.5 };
	static const uint32_t expected[] = { 3, 1, 4, 0, 2 };
	struct report *report = judged_report();

	for (uint32_t i = 0; i < 5; i++) {
		struct report_stream *stream = report_add_stream(report, &set);

		stream->number = i;
		stream->trouble = troubles[i];
		histogram_add(stream->values[0].histogram, i);
	}
	report_finish(report);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(report->streams[i].number, expected[i]);
		assert_int_equal(report->streams[i].values[0].histogram->max, expected[i]);
	}
	report_free(report);
}

static void kinds_not_judged_are_few(void **state)
{
	struct report *report = judged_report();
	uint64_t frames = 0;
	char name[32];

	report_add_unjudged(report, "ARP", 5);
	report_add_unjudged(report, "nothing", 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "EtherType 0x%04x", i);
		report_add_unjudged(report, name, 1);
	}
	report_add_unjudged(report, "ARP", 5);
	report_finish(report);
	assert_int_equal(report->unjudged_count, REPORT_MAX_UNJUDGED);
	assert_string_equal(report->unjudged[0].name, "other kinds");
	assert_string_equal(report->unjudged[1].name, "ARP");
	assert_int_equal(report->unjudged[1].frames, 10);
	for (size_t i = 0; i < report->unjudged_count; i++)
		frames += report->unjudged[i].frames;
	assert_int_equal(frames, 1010);
	report_free(report);
}

static void long_kinds_are_cut_once(void **state)
{
	struct report *report = judged_report();
	char name[200];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	report_add_unjudged(report, name, 1);
	report_add_unjudged(report, name, 1);
	assert_int_equal(report->unjudged_count, 1);
	assert_int_equal(strlen(report->unjudged[0].name), sizeof(report->unjudged[0].name) - 1);
	report_free(report);
}

/* Discovery is named where nothing was judged, unless it was on or a finding tells why not. */
static void what_is_not_known_can_be_searched(void **state)
{
	static const struct {
		bool searched, finding, named;
	} cases[] = {
		{ false, false, true },
		{ true, false, false },
		{ false, true, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report *report = judged_report();

		report->judged = 0;
		report->searched = cases[i].searched;
		if (cases[i].finding)
			report_add_finding(report, FINDING_PL9014);
		report_finish(report);
		assert_int_equal(report->undecided_count, 1);
		assert_int_equal(strstr(report->undecided[0], "--discover-sequence") != NULL,
			cases[i].named);
		report_free(report);
	}
}

struct status_case {
	uint64_t frames, judged;
	int severity; /* of a finding, -1: none */
	int fail_on;
	const char *expectation; /* NULL: none; "met", "failed", "null" */
	const char *undecided;
	enum report_status status;
	size_t reasons;
};

static void status_of(const struct status_case *c)
{
	struct report *report = report_new("check");

	report->frames = c->frames;
	report->judged = c->judged;
	report->fail_on = (enum severity)c->fail_on;
	if (c->severity >= 0)
		report_add_finding(report, FINDING_PL1001)->severity = (enum severity)c->severity;
	if (c->expectation) {
		struct report_expectation *e = report_add_expectation(report, "tcp.x < 1");

		e->known = strcmp(c->expectation, "null") != 0;
		e->met = strcmp(c->expectation, "met") == 0;
	}
	if (c->undecided)
		report_add_undecided(report, c->undecided);
	report_finish(report);
	assert_int_equal(report->status, c->status);
	assert_int_equal(report->undecided_count, c->reasons);
	report_free(report);
}

static void statuses(void **state)
{
	enum { NONE = -1, INFO = SEVERITY_INFO, WARN = SEVERITY_WARNING, ERROR = SEVERITY_ERROR };
	enum { NEVER = SEVERITY_ERROR + 1 };
	static const struct status_case cases[] = {
		{ 10, 10, NONE, WARN, NULL, NULL, STATUS_OK, 0 },
		{ 10, 10, INFO, WARN, NULL, NULL, STATUS_OK, 0 },
		{ 10, 10, WARN, WARN, NULL, NULL, STATUS_FINDING, 0 },
		{ 10, 10, WARN, ERROR, NULL, NULL, STATUS_OK, 0 },
		{ 10, 10, ERROR, ERROR, NULL, NULL, STATUS_FINDING, 0 },
		{ 10, 10, ERROR, NEVER, NULL, NULL, STATUS_OK, 0 },
		{ 10, 10, INFO, INFO, NULL, NULL, STATUS_FINDING, 0 },
		{ 10, 10, NONE, WARN, "met", NULL, STATUS_OK, 0 },
		{ 10, 10, NONE, NEVER, "failed", NULL, STATUS_FINDING, 0 },
		{ 10, 10, NONE, WARN, "null", NULL, STATUS_UNDECIDED, 1 },
		{ 10, 10, NONE, WARN, NULL, "truncated", STATUS_UNDECIDED, 1 },
		{ 10, 10, WARN, WARN, NULL, "truncated", STATUS_FINDING, 1 },
		{ 10, 10, NONE, WARN, "failed", "truncated", STATUS_FINDING, 1 },
		{ 10, 0, NONE, WARN, NULL, NULL, STATUS_UNDECIDED, 1 },
		{ 0, 0, NONE, WARN, NULL, NULL, STATUS_UNDECIDED, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		status_of(&cases[i]);
}

/* An audit can judge without a packet, but says that none came. */
static void an_audit_needs_no_traffic(void **state)
{
	for (int sources = 0; sources < 2; sources++) {
		struct report *report = report_new("audit");

		report->host.present = true;
		for (int i = 0; i < sources; i++)
			report_add_source(report, "eth0");
		report_finish(report);
		assert_int_equal(report->status, STATUS_OK);
		assert_int_equal(report->undecided_count, 0);
		assert_int_equal(report->host.blind_count, sources);
		report_free(report);
	}
}

static void the_catalogue_is_in_order(void **state)
{
	for (int i = 0; i < FINDING_COUNT; i++) {
		const struct finding_page *page = finding_page((enum finding_id)i);

		assert_int_equal(finding_find(page->id), i);
		assert_int_equal(finding_find(page->slug), i);
		assert_int_equal(strlen(page->id), 6);
		if (i > 0)
			assert_true(
				strcmp(finding_page((enum finding_id)(i - 1))->id, page->id) < 0);
	}
	assert_int_equal(finding_find("pl1001"), FINDING_PL1001);
	assert_int_equal(finding_find("TCP-Reordering"), FINDING_PL1001);
	assert_int_equal(finding_find(""), -1);
}

/*
 * As struct finding_page promises: printable, in paragraphs, none empty, none longer than a
 * screen.
 */
static void check_text(const char *id, const char *text, size_t longest)
{
	if (!*text || strlen(text) > longest)
		fail_msg("%s: a text of %zu letters", id, strlen(text));
	if (strstr(text, "\n\n") || strstr(text, "  ") || strstr(text, " \n") ||
		strstr(text, "\n "))
		fail_msg("%s: an empty paragraph or a blank too many: %s", id, text);
	for (const char *p = text; *p; p++)
		if (*p != '\n' && (*p < ' ' || *p > '~'))
			fail_msg("%s: a letter that is not ASCII: %s", id, text);
}

static void every_page_is_complete(void **state)
{
	for (int i = 0; i < FINDING_COUNT; i++) {
		const struct finding_page *page = finding_page((enum finding_id)i);

		check_text(page->id, page->slug, 32);
		check_text(page->id, page->title, 70);
		check_text(page->id, page->means, 900);
		check_text(page->id, page->measured, 1100);
		check_text(page->id, page->is_not, 700);
		check_text(page->id, page->check, 700);
		check_text(page->id, page->fix, 1200);
		/* One line of a report takes severity, id, slug, title and confidence. */
		assert_true(strlen(page->slug) + strlen(page->title) <= 74);
		assert_null(strchr(page->title, '\n'));
		/* The short answer is printed in reports. */
		assert_true(strcspn(page->fix, "\n") <= 200);
		assert_memory_not_equal(page->fix, "$ ", 2);
		if (!strstr(page->measured, "arning") && !strstr(page->measured, "nformation") &&
			!strstr(page->measured, "Always an error"))
			fail_msg("%s: does not say how severe it is", page->id);
	}
}

static void evidence_is_capped_but_counted(void **state)
{
	struct finding finding = { 0 };

	for (uint64_t i = 1; i <= 100; i++) {
		finding_frame(&finding, i);
		finding_number(&finding, "frame", (double)i);
	}
	assert_int_equal(finding.frame_count, FINDING_MAX_FRAMES);
	assert_int_equal(finding.frame_total, 100);
	assert_int_equal(finding.number_count, FINDING_MAX_NUMBERS);
	assert_int_equal(finding.frames[FINDING_MAX_FRAMES - 1], FINDING_MAX_FRAMES);
}

static void evidence_is_in_order(void **state)
{
	static const uint64_t frames[] = { 173, 128, 5 };
	struct report *report = judged_report();
	struct finding *finding = report_add_finding(report, FINDING_PL2003);

	for (size_t i = 0; i < 3; i++)
		finding_frame(finding, frames[i]);
	report_finish(report);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(report->findings[0].frames[i], frames[2 - i]);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worst_findings_first),
		cmocka_unit_test(sickest_flow_first),
		cmocka_unit_test(sickest_stream_first),
		cmocka_unit_test(kinds_not_judged_are_few),
		cmocka_unit_test(long_kinds_are_cut_once),
		cmocka_unit_test(what_is_not_known_can_be_searched),
		cmocka_unit_test(statuses),
		cmocka_unit_test(an_audit_needs_no_traffic),
		cmocka_unit_test(the_catalogue_is_in_order),
		cmocka_unit_test(every_page_is_complete),
		cmocka_unit_test(evidence_is_capped_but_counted),
		cmocka_unit_test(evidence_is_in_order),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
