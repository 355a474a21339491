/* SPDX-License-Identifier: BSD-2-Clause */
/* What dump tells of packets of numbered streams: which stream, which number, in both forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analyzers/flow.h"
#include "cmd/stream.h"

static const struct flow flow = { .number = 3 };

/* One line, of a packet or of an amendment. */
struct line {
	bool amends;
	const struct flow *flow;
	struct verdict verdict;
	const char *text; /* some of it */
	const char *json; /* likewise */
};

static const struct line lines[] = {
	{ false, &flow,
		{ .label = LABEL_REORDERED,
			.confidence = CONFIDENCE_PROVEN,
			.evidence = EVIDENCE_NUMBER,
			.extent = 2,
			.late_ns = 1200000,
			.late_bytes = 100,
			.stream = 1,
			.number = 4711,
			.reference = 9 },
		"=> reordered, extent 2, late 1.20 ms, 100 bytes, seq 4711 of stream 0, "
		"proven by number; see frame 9\n",
		"\"flow\":3,\"stream\":0,\"sequence\":4711,\"direction\":\"unknown\","
		"\"label\":\"reordered\",\"cause\":null,\"confidence\":\"proven\","
		"\"evidence\":[\"number\"],\"extent\":2,\"late_ns\":1200000,\"late_bytes\":100,"
		"\"loss\":null,\"reference\":9}\n" },
	{ false, NULL,
		{ .label = LABEL_IN_ORDER,
			.stream = UINT32_MAX,
			.number = UINT64_MAX,
			.flow = VERDICT_NO_FLOW },
		"=> in_order, seq 18446744073709551615 of stream 4294967294\n",
		"\"flow\":null,\"stream\":4294967294,\"sequence\":18446744073709551615,"
		"\"direction\":\"unknown\",\"label\":\"in_order\"" },
	{ false, &flow, { .label = LABEL_DUPLICATE, .number = 5 }, "=> duplicate\n",
		"\"flow\":3,\"stream\":null,\"sequence\":null,\"direction\"" },
	{ true, NULL,
		{ .label = LABEL_IN_ORDER,
			.frame = 12,
			.amends = true,
			.stream = 8,
			.number = 0,
			.flow = VERDICT_NO_FLOW,
			.confidence = CONFIDENCE_LIKELY,
			.evidence = EVIDENCE_NUMBER },
		"frame 12 is now in_order, seq 0 of stream 7, likely by number\n",
		"{\"amends\":12,\"flow\":null,\"stream\":7,\"sequence\":0,\"label\":\"in_order\"" },
	{ true, NULL, { .label = LABEL_RETRANSMISSION, .frame = 12, .amends = true, .flow = 0 },
		"frame 12 is now retransmission\n",
		"{\"amends\":12,\"flow\":0,\"stream\":null,\"sequence\":null,\"label\"" },
};

static void assert_written(
	const struct stream_writer *writer, const struct line *line, const char *expected)
{
	struct packet packet = {
		.frame = 12, .label = line->verdict.label, .flow = (struct flow *)line->flow
	};
	struct stream stream = { .time_form = 1 };
	char *text = NULL;
	size_t size;

	stream.out = open_memstream(&text, &size);
	assert_non_null(stream.out);
	if (line->amends)
		writer->amendment(&stream, &line->verdict);
	else
		writer->packet(&stream, &packet, &line->verdict);
	fclose(stream.out);
	if (!strstr(text, expected))
		fail_msg("%s: not in it: %s", text, expected);
	sequences_clear(&stream.sequences);
	free(text);
}

static void as_text(void **state)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_written(&stream_text, &lines[i], lines[i].text);
}

static void as_json(void **state)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_written(&stream_json, &lines[i], lines[i].json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_text),
		cmocka_unit_test(as_json),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
