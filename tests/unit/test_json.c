/* SPDX-License-Identifier: BSD-2-Clause */
/* The report for programs: the whole of it, and the values that the library must not see. */
#include <float.h>
#include <math.h>

#include "report/json_value.h"
#include "report/report.h"
#include "tests/unit/fixed_host.h"
#include "tests/unit/fixed_report.h"
#include "tests/unit/golden.h"

static const struct writer_options options = { .version = "0" };

static void everything(void **state)
{
	struct report *report = fixed_report();
	char *text = written(&writer_json, report, &options);

	assert_golden("report.json", text);
	free(text);
	report_free(report);
}

static void live(void **state)
{
	struct report *report = live_report();
	char *text = written(&writer_json, report, &options);

	assert_golden("live.json", text);
	free(text);
	report_free(report);
}

static void clean(void **state)
{
	struct report *report = clean_report();
	char *text = written(&writer_json, report, &options);

	assert_golden("clean.json", text);
	free(text);
	report_free(report);
}

static void audit(void **state)
{
	struct report *report = audit_report();
	char *text = written(&writer_json, report, &options);

	assert_golden("audit.json", text);
	free(text);
	report_free(report);
}

static void empty(void **state)
{
	struct report *report = report_new("check");
	char *text;

	report_finish(report);
	text = written(&writer_json, report, &options);
	assert_golden("empty.json", text);
	free(text);
	report_free(report);
}

static void assert_written(struct json_value *value, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	json_value_write(out, value);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void numbers(void **state)
{
	static const struct {
		double number;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "0" },
		{ 0.1, "0.1" },
		{ 1 / 3.0, "0.333333333" },
		{ 69, "69" },
		{ -3, "-3" },
		{ 1234567890123, "1234567890123" },
		{ 9007199254740991.0, "9007199254740991" },
		{ 1e300, "1e+300" },
		{ 1e-9, "1e-09" },
		{ NAN, "null" },
		{ INFINITY, "null" },
		{ -INFINITY, "null" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_written(json_value_number(cases[i].number), cases[i].text);
	assert_written(json_value_integer(UINT64_MAX), "18446744073709551615");
}

static void texts(void **state)
{
	assert_written(json_value_text(NULL), "null");
	assert_written(json_value_text(""), "null");
	assert_written(json_value_text("a \"b\" c"), "\"a \\\"b\\\" c\"");
	assert_written(json_value_text("\x7f\x1b[0m"), "\"\\\\x7f\\\\x1b[0m\"");
	assert_written(json_value_text("bad \xc3("), "\"bad \\\\xc3(\"");
	assert_written(json_value_page("a\nb"), "\"a\\nb\"");
	assert_written(json_value_time(1700000000000000001), "\"2023-11-14T22:13:20.000000001Z\"");
	assert_written(json_value_time(-1), "\"1969-12-31T23:59:59.999999999Z\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(live),
		cmocka_unit_test(clean),
		cmocka_unit_test(audit),
		cmocka_unit_test(empty),
		cmocka_unit_test(numbers),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
