/* SPDX-License-Identifier: BSD-2-Clause */
/* Expectations: what is understood, what is refused with which words, and what comes of them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <math.h>
#include <cmocka.h>

#include "report/expect.h"
#include "tests/unit/fixed_report.h"

static const struct metric_set *const sets[] = { &fixed_set, NULL };

enum outcome { MET, FAILED, UNDECIDED };

static void outcomes(void **state)
{
	/* Of clean_report(), with 10 late segments of 1000, each 1 to 10 ms late. */
	static const struct {
		const char *text;
		enum outcome outcome;
	} cases[] = {
		{ "tcp.late_ratio < 0.02", MET },
		{ "tcp.late_ratio<2%", MET },
		{ "  tcp.late_ratio   <=   1 %  ", MET },
		{ "tcp.late_ratio < 9999ppm", FAILED },
		{ "tcp.late_ratio == 0.01", MET },
		{ "tcp.late_ratio != 0.01", FAILED },
		{ "tcp.late_segments >= 10", MET },
		{ "tcp.late_segments > 10", FAILED },
		{ "tcp.payload_bytes > 1MB", MET },
		{ "tcp.payload_bytes > 1.4MiB", FAILED },
		{ "tcp.payload_bytes >= 1448 kB", MET },
		{ "tcp.late_time_ns.count == 10", MET },
		{ "tcp.late_time_ns.max == 10ms", MET },
		{ "tcp.late_time_ns.min == 1000000", MET },
		{ "tcp.late_time_ns.mean == 5500us", MET },
		{ "tcp.late_time_ns.p50 < 6ms", MET },
		{ "tcp.late_time_ns.p90 < 10ms", MET },
		{ "tcp.late_time_ns.p99 <= 0.01s", MET },
		{ "tcp.late_time_ns.p999 == 10ms", MET },
		{ "tcp.extent.count == 0", MET },
		{ "tcp.extent.p50 < 3", UNDECIDED },
		{ "tcp.rtt_mean_ns < 1s", UNDECIDED },
		{ "tcp.rtt_min_ns < 1s", UNDECIDED },
		{ "PL1001 == 1", MET },
		{ "tcp-reordering == 0", FAILED },
		{ "pl2001 == 0", MET },
		{ "PL2001 > 0", FAILED },
	};
	struct report *report = clean_report();
	union metric_value *values = report->sections[0].values;

	fixed_values(values, 970, 0);
	values[FIXED_SEGMENTS].number = 1000;
	values[FIXED_LATE].number = 10;
	values[FIXED_BYTES].number = 1448000;
	for (uint64_t i = 1; i <= 10; i++)
		histogram_add(values[FIXED_LATE_TIME].histogram, i * 1000000);
	report_add_finding(report, FINDING_PL1001);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct expect expect;
		struct error error = { "" };
		const struct report_expectation *result;

		if (expect_parse(&expect, cases[i].text, sets, &error) < 0)
			fail_msg("%s: %s", cases[i].text, error.text);
		expect_judge(&expect, report);
		result = &report->expectations[i];
		assert_string_equal(result->text, cases[i].text);
		if (result->known != (cases[i].outcome != UNDECIDED) ||
			result->met != (cases[i].outcome == MET))
			fail_msg("%s: known %d met %d", result->text, result->known, result->met);
	}
	report_free(report);
}

static void refusals(void **state)
{
	static const struct {
		const char *text, *error; /* a part of the message */
	} cases[] = {
		{ "", "a name is missing" },
		{ "< 5", "a name is missing" },
		{ "tcp.late_ratio < 0.00000000000000000000000000000000000000000000000000000000000"
		  "000000000000000000000000000000000000000000000000000000000000000000000000001",
			"it is longer than 127 letters" },
		{ "tcp.late_ratio", "a comparison is missing" },
		{ "tcp.late_ratio <", "a number is missing" },
		{ "tcp.late_ratio =< 5", "'=<' is no comparison" },
		{ "tcp.late_ratio below 5", "'below 5' is no comparison" },
		{ "tcp.late_ratio < nan", "'nan' is no number" },
		{ "tcp.late_ratio < -1", "'-1' is no number" },
		{ "tcp.late_ratio < 0x10", "'0x10' is no number" },
		{ "tcp.late_ratio < 5 parsecs", "'parsecs' is no unit" },
		{ "tcp.late_ratio < 5 ms", "'ms' does not fit what is compared: ratio" },
		{ "tcp.late_segments < 5 %", "'%' does not fit what is compared: packets" },
		{ "tcp.late_time_ns.count < 5 ms", "'ms' does not fit what is compared: a count" },
		{ "PL1001 < 5 %", "a count" },
		{ "tcp.late_ratio < 5 % x", "'% x' is no unit" },
		{ "tcp.late_ratoi < 5", "'tcp.late_ratoi' is no metric and no finding: did you "
					"mean 'tcp.late_ratio'" },
		{ "late_ratio < 5", "'tcp.late_ratio'" },
		{ "zzzzzzzzzz == 0", "see 'pktlint list metrics'" },
		{ "PL0000 == 0", "'PL0000' is no metric" },
		{ "tcp.late_time_ns < 5ms", "'tcp.late_time_ns' is a histogram" },
		{ "tcp.late_time_ns.p75 < 5ms", "'p75' is no part of" },
		{ "tcp.late_ratio.p50 < 5", "is one number: it has no part 'p50'" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct expect expect;
		struct error error = { "" };

		if (expect_parse(&expect, cases[i].text, sets, &error) == 0)
			fail_msg("'%s' was understood", cases[i].text);
		if (!strstr(error.text, cases[i].error))
			fail_msg("'%s': %s", cases[i].text, error.text);
	}
}

static void judge(struct report *report, const char *text)
{
	struct expect expect;
	struct error error;

	assert_int_equal(expect_parse(&expect, text, sets, &error), 0);
	expect_judge(&expect, report);
}

static void zero_of_nothing_meets_nothing(void **state)
{
	struct report *report = report_new("check");

	report_add_section(report, &fixed_set);
	judge(report, "tcp.late_segments == 0");
	judge(report, "PL1001 == 0");
	judge(report, "tcp.segments > 100");
	assert_false(report->expectations[0].known);
	assert_false(report->expectations[1].known);
	assert_true(report->expectations[2].known);
	assert_false(report->expectations[2].met);
	report_finish(report);
	assert_int_equal(report->status, STATUS_FINDING);
	report_free(report);
}

static void zero_of_few_is_bounded(void **state)
{
	struct report *report = clean_report();

	judge(report, "tcp.late_ratio < 1%");
	assert_true(report->expectations[0].met);
	assert_true(fabs(report->expectations[0].bound - 0.1) < 1e-12);
	report_free(report);
}

static void without_the_section_nothing_is_decided(void **state)
{
	struct report *report = report_new("check");

	judge(report, "tcp.segments > 100");
	assert_false(report->expectations[0].known);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes),
		cmocka_unit_test(refusals),
		cmocka_unit_test(zero_of_nothing_meets_nothing),
		cmocka_unit_test(zero_of_few_is_bounded),
		cmocka_unit_test(without_the_section_nothing_is_decided),
	};

	return cmocka_run_group_tests_name("expect", tests, NULL, NULL);
}
