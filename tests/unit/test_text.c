/* SPDX-License-Identifier: BSD-2-Clause */
/* The report for people: the whole of it, its width, and that nothing in it steers a terminal. */
#include "report/report.h"
#include "report/escape.h"
#include "tests/unit/fixed_host.h"
#include "tests/unit/fixed_report.h"
#include "tests/unit/golden.h"

static const struct writer_options plain = { .columns = 100, .version = "0" };

static void everything(void **state)
{
	struct report *report = fixed_report();
	char *text = written(&writer_text, report, &plain);

	assert_golden("report.txt", text);
	free(text);
	report_free(report);
}

static void everything_narrow(void **state)
{
	static const struct writer_options narrow = { .columns = 60, .version = "0" };
	struct report *report = fixed_report();
	char *text = written(&writer_text, report, &narrow);

	assert_golden("narrow.txt", text);
	free(text);
	report_free(report);
}

static void live(void **state)
{
	struct report *report = live_report();
	char *text = written(&writer_text, report, &plain);

	assert_golden("live.txt", text);
	free(text);
	report_free(report);
}

static void clean(void **state)
{
	struct report *report = clean_report();
	char *text = written(&writer_text, report, &plain);

	assert_golden("clean.txt", text);
	free(text);
	report_free(report);
}

static void audit(void **state)
{
	static const struct writer_options narrow = { .columns = 60, .verbose = true };
	struct report *report = audit_report();
	char *text = written(&writer_text, report, &plain);

	assert_golden("audit.txt", text);
	free(text);
	text = written(&writer_text, report, &narrow);
	assert_golden("audit-narrow.txt", text);
	free(text);
	report_free(report);
}

/* Nothing is wrong with it, and what no one asked for is not told. */
static void quiet_audit(void **state)
{
	struct report *report = quiet_audit_report();
	char *text = written(&writer_text, report, &plain);

	assert_golden("audit-quiet.txt", text);
	assert_null(strstr(text, "frame"));
	free(text);
	report_free(report);
}

/* Traffic that was observed as well is told as in any report. */
static void audit_with_traffic(void **state)
{
	struct report *report = fixed_report();
	char *text;

	report->host.present = true;
	text = written(&writer_text, report, &plain);
	assert_non_null(strstr(text, "1,800 frames analysed"));
	assert_non_null(strstr(text, "Looked at 0 interfaces. Judged 1,728 of"));
	free(text);
	report_free(report);
}

static void nothing_read(void **state)
{
	struct report *report = report_new("check");
	char *text;

	report_add_section(report, &fixed_set);
	report_finish(report);
	text = written(&writer_text, report, &plain);
	assert_non_null(strstr(text, "UNDECIDED"));
	assert_null(strstr(text, "OK "));
	/* Zeros of nothing are not told. */
	assert_null(strstr(text, "none:"));
	assert_null(strstr(text, "limit"));
	free(text);
	report_free(report);
}

/* A command repeats what decided which frames there were, so that flows have the same numbers. */
static void command_repeats_the_window(void **state)
{
	struct report *report = fixed_report();
	char *text;

	report->start_ns = 1700000000000000000;
	report->end_ns = 1700000001500000000;
	text = written(&writer_text, report, &plain);
	assert_non_null(strstr(text, " 2023-11-14T22:13:20.000000000Z"));
	assert_non_null(strstr(text, " 2023-11-14T22:13:21.500000000Z"));
	free(text);
	report_free(report);
}

static unsigned count_of(const char *text, const char *piece)
{
	unsigned count = 0;

	for (; (text = strstr(text, piece)); text++)
		count++;
	return count;
}

/* Of many inputs the first are named, and those with which something is wrong. */
static void many_inputs(void **state)
{
	struct report *report = fixed_report();
	char *text;

	for (int i = 0; i < 190; i++) {
		char name[16];

		snprintf(name, sizeof(name), "part-%d", i);
		report_add_source(report, name)->frames = 100;
	}
	report->sources[150].truncated = true;
	text = written(&writer_text, report, &plain);
	assert_int_equal(count_of(text, "\npart-"), 7);
	assert_int_equal(count_of(text, "TRUNCATED"), 2);
	assert_non_null(strstr(text, "and 183 inputs more: 18,300 frames\n"));
	assert_non_null(strstr(text, "$ pktlint dump -r FILE... --flow 0"));
	assert_null(strstr(text, "-r part-"));
	free(text);
	report_free(report);
}

/* Of many streams the worst ten are shown; those that nobody asked about only with trouble. */
static void many_streams(void **state)
{
	struct report *report = fixed_report();
	char *text;

	for (uint32_t i = 0; i < 30; i++) {
		struct report_stream *stream = report_add_stream(report, &fixed_stream_set);

		stream->number = 100 + i;
		strcpy(stream->profile, "esp");
		snprintf(stream->subject, sizeof(stream->subject), "10.0.0.2 spi 0x%08x", i);
		stream->trouble = i < 15 ? 1 : 0;
		if (i == 29)
			strcpy(stream->specification, "udp port=9 offset=0 width=2");
	}
	report->stream_total = report->stream_count;
	text = written(&writer_text, report, &plain);
	assert_int_equal(count_of(text, " esp 10.0.0.2 spi "), 9);
	assert_int_equal(count_of(text, " rtp "), 0);
	assert_non_null(strstr(text, "\n      and 7 more in --json\n"));
	assert_int_equal(count_of(text, "enough "), 2);
	report_free(report);
	free(text);
}

/* Lines are narrow, and what came from outside cannot steer the terminal. */
static void assert_tame(const char *text, unsigned columns)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		char copy[1024] = "";

		assert_true(length < sizeof(copy));
		memcpy(copy, line, length);
		assert_true(escape_columns(copy) <= columns);
		for (size_t i = 0; i < length; i++)
			assert_true((unsigned char)copy[i] >= 0x20 && copy[i] != 0x7f);
		line += length + (line[length] == '\n');
	}
}

static void assert_narrow_and_tame(const struct report *report)
{
	for (unsigned columns = 0; columns < 200; columns += 7) {
		struct writer_options options = { .columns = columns, .version = "0" };
		char *text = written(&writer_text, report, &options);

		assert_tame(text, columns < 60 ? 60 : columns > 100 ? 100 : columns);
		free(text);
	}
}

static void narrow_and_tame(void **state)
{
	struct report *report = fixed_report(), *audited = audit_report();

	assert_narrow_and_tame(report);
	assert_narrow_and_tame(audited);
	report_free(report);
	report_free(audited);
}

static void colour_only_adds(void **state)
{
	struct writer_options colored = { .columns = 100, .color = true, .version = "0" };
	struct report *report = fixed_report();
	char *bare = written(&writer_text, report, &plain);
	char *text = written(&writer_text, report, &colored);
	char *to = text;

	assert_null(strchr(bare, '\033'));
	assert_non_null(strchr(text, '\033'));
	for (char *from = text; *from; from++) {
		if (*from == '\033')
			from += strcspn(from, "m");
		else
			*to++ = *from;
	}
	*to = '\0';
	assert_string_equal(text, bare);
	free(bare);
	free(text);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(everything_narrow),
		cmocka_unit_test(live),
		cmocka_unit_test(clean),
		cmocka_unit_test(audit),
		cmocka_unit_test(quiet_audit),
		cmocka_unit_test(audit_with_traffic),
		cmocka_unit_test(nothing_read),
		cmocka_unit_test(command_repeats_the_window),
		cmocka_unit_test(many_inputs),
		cmocka_unit_test(many_streams),
		cmocka_unit_test(narrow_and_tame),
		cmocka_unit_test(colour_only_adds),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
