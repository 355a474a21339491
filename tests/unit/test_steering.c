/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is counted of received hashes, fragments and senders; the CPUs that hashes go to, by the
 * kernel's formula; and what is said of late packets, and when nothing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/digests.h"
#include "analyzers/flow.h"
#include "host/host.h"

extern const struct analyzer steering_analyzer;

#define QUEUE "/sys/class/net/eth0/queues/rx-0/"

/* A machine of eight CPUs and a run on its eth0. */
struct run {
	struct snapshot *snapshot;
	struct host *host;
	void *state;
	struct report *report;
	struct batch batch;
	uint8_t frame[40];
	struct flow flows[2];
};

static const char *const captured[] = { "eth0" };

static struct run *run_new(const char *kind, const char *rps_cpus)
{
	static struct run run;
	struct analyzer_options options = { .interfaces = captured, .interface_count = 1 };

	memset(&run, 0, sizeof(run));
	run.snapshot = snapshot_new();
	snapshot_set(run.snapshot, "/sys/devices/system/cpu/online", "0-7");
	snapshot_set(run.snapshot, "/proc/sys/net/core/rps_sock_flow_entries", "0");
	snapshot_set(run.snapshot, "ip -d link show eth0 ifindex", "2");
	snapshot_set(run.snapshot, "ip -d link show eth0 kind", kind);
	if (rps_cpus)
		snapshot_set(run.snapshot, QUEUE "rps_cpus", rps_cpus);
	for (int i = 0; i < 2 && !rps_cpus; i++) /* unknown, of two queues */
		snapshot_set_unknownf(
			run.snapshot, VALUE_DENIED, "/sys/class/net/eth0/queues/rx-%d/rps_cpus", i);
	snapshot_seal(run.snapshot);
	run.host = host_new(run.snapshot, NULL);
	options.host = run.host;
	run.state = steering_analyzer.create(&options, NULL);
	run.report = report_new("check");
	return &run;
}

static void run_free(struct run *run)
{
	steering_analyzer.destroy(run->state);
	report_free(run->report);
	host_free(run->host);
	snapshot_free(run->snapshot);
}

/* A UDP packet that came in: as a batch of its own. */
static struct packet *packet_of(struct run *run)
{
	struct packet *packet = &run->batch.packets[0];

	memset(packet, 0, sizeof(*packet));
	run->batch.count = 1;
	packet->data = run->frame;
	packet->network_offset = 14;
	packet->flags = PACKET_IP | PACKET_PORTS;
	packet->ip_version = 4;
	packet->protocol = IPPROTO_UDP;
	packet->direction = DIRECTION_IN;
	return packet;
}

static void see(struct run *run)
{
	steering_analyzer.batch(run->state, &run->batch);
}

static void see_hash(struct run *run, uint32_t hash)
{
	struct packet *packet = packet_of(run);

	packet->rxhash = hash;
	packet->frame_flags = FRAME_HAS_HASH;
	see(run);
}

/* The run's number of that name, -1: none. */
static double number(const struct run *run, const char *name)
{
	const struct report_section *section = &run->report->sections[0];
	int row = metric_find(section->set, name);
	double value;

	assert_int_equal(run->report->section_count, 1);
	assert_true(row >= 0);
	return metric_read(section->set, section->values, (size_t)row, &value) < 0 ? -1 : value;
}

/* Late packets of a stream that spans so many flows. */
static struct finding *late(struct run *run, enum finding_id id, uint32_t flows)
{
	struct report_stream *stream = report_add_stream(run->report, steering_analyzer.metrics);
	struct finding *finding;

	stream->number = 4;
	stream->flows = flows;
	finding = report_add_finding(run->report, id);
	finding->stream = id == FINDING_PL1101 ? 5 : 0;
	return finding;
}

/* How many of the frames that came in a proof by stamps may rest on; told once one was late. */
static void stamped_on_arrival(void **state)
{
	for (int is_late = 0; is_late < 2; is_late++) {
		struct run *run = run_new("", "f");
		struct report_source *source = report_add_source(run->report, "eth0");

		source->interfaces = 1;
		report_add_source(run->report, "eth1")->first_interface = 1;
		for (uint64_t i = 1; i <= 10; i++) {
			struct packet *packet = packet_of(run);

			packet->frame = i;
			packet->frame_flags = i < 4 ? FRAME_HAS_TIME
						    : FRAME_HAS_TIME | FRAME_STAMP_INGRESS;
			if (i == 10 && is_late) {
				struct verdict *verdict = batch_add_verdict(&run->batch);

				verdict->frame = i;
				verdict->label = LABEL_REORDERED;
				verdict->reference = i - 1;
				verdict->stream = 1;
				verdict->flow = VERDICT_NO_FLOW;
			}
			see(run);
			run->batch.verdict_count = 0;
		}
		steering_analyzer.report(run->state, run->report);
		assert_int_equal(number(run, "stamped_frames"), 7);
		assert_int_equal(run->report->sources[0].stamped_in, is_late ? 7 : 0);
		assert_int_equal(run->report->sources[0].received_in, is_late ? 10 : 0);
		assert_int_equal(run->report->sources[1].received_in, 0);
		free(run->batch.verdicts);
		run_free(run);
	}
	(void)state;
}

static void counts(void **state)
{
	struct run *run = run_new("", "f");

	for (uint32_t i = 0; i < 100; i++)
		see_hash(run, (i % 4) << 30);
	packet_of(run)->direction = DIRECTION_OUT;
	see(run);
	steering_analyzer.report(run->state, run->report);
	assert_int_equal(number(run, "received_frames"), 100);
	assert_int_equal(number(run, "hashed_frames"), 100);
	assert_int_equal(number(run, "receive_hashes"), 4);
	/* 0 is no hash, the other three are of CPUs 1, 2 and 3. */
	assert_int_equal(number(run, "predicted_cpus"), 3);
	run_free(run);
}

/* cpus[(hash * n) >> 32]: 2, 5 and 7 share the hashes in thirds. */
static void formula(void **state)
{
	static const struct {
		const char *mask;
		uint32_t hash[3];
		const char *text;
	} cases[] = {
		{ "a4", { 1, 0x55555555, 0x55555550 }, "CPUs 2 " },
		{ "a4", { 0x55555556, 0xaaaaaaaa, 0xaaaaaaa0 }, "CPUs 5 " },
		{ "a4", { 0xaaaaaaab, 0xffffffff, 0xf0000000 }, "CPUs 7 " },
		{ "1a4", { 1, 0x55555556, 0xffffffff }, "CPUs 2,5,7 " }, /* 8 is not online */
		{ "a4", { 1, 0x55555556, 0xffffffff }, "CPUs 2,5,7 (rps_cpus a4)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new("", cases[i].mask);
		struct finding *finding = late(run, FINDING_PL1101, 3);
		int one = !strchr(cases[i].text, ',');

		for (int n = 0; n < 3; n++)
			see_hash(run, cases[i].hash[n]);
		steering_analyzer.report(run->state, run->report);
		assert_int_equal(number(run, "predicted_cpus"), one ? 1 : 3);
		if (one) /* one CPU reorders nothing */
			assert_string_equal(finding->why, "");
		else
			assert_non_null(strstr(finding->why, cases[i].text));
		run_free(run);
	}
}

static void fragments(void **state)
{
	struct run *run = run_new("", "3");
	struct finding *finding = late(run, FINDING_PL1001, 0);

	for (int i = 0; i < 6; i++) {
		struct packet *packet = packet_of(run);

		run->frame[14 + 12] = (uint8_t)(i / 2 % 2); /* two senders, one without whole */
		if (i % 2 == 0)
			packet->layer = LAYER_FRAGMENT;
		if (i % 2 == 0 || i / 2 % 2)
			see(run);
	}
	steering_analyzer.report(run->state, run->report);
	assert_int_equal(number(run, "mixed_pairs"), 1);
	assert_non_null(strstr(finding->why, "possible: fragments"));
	assert_non_null(strstr(finding->why, "2 CPUs"));
	run_free(run);
}

static void senders(void **state)
{
	struct run *run = run_new("", "0");

	for (int i = 0; i < 8; i++) {
		struct packet *packet = packet_of(run);

		packet->direction = DIRECTION_OUT;
		packet->flow = &run->flows[i % 2];
		packet->source_port = (uint16_t)(1 + i / 4); /* 1: to two, 2: always to one */
		packet->destination_port = (uint16_t)(i < 4 ? i : 9);
		see(run);
	}
	steering_analyzer.report(run->state, run->report);
	assert_int_equal(number(run, "unconnected_senders"), 1);
	assert_int_equal(number(run, "received_frames"), 0);
	assert_int_equal(number(run, "predicted_cpus"), -1);
	run_free(run);
}

/* What is said of late packets of a kind, on an interface of a kind and a mask. */
static void sentences(void **state)
{
	static const struct {
		const char *kind, *mask;
		enum finding_id id;
		uint32_t flows;
		bool changed;
		const char *why, *is_not;
	} cases[] = {
		{ "", "3", FINDING_PL1001, 1, false, "",
			"rps_cpus 3 of eth0: a flow has one hash" },
		{ "", "0", FINDING_PL1001, 1, false, "", "" },
		{ "", NULL, FINDING_PL1101, 64, false, "", "" },
		{ "", "0", FINDING_PL1101, 64, false, "", "" },
		{ "", "1", FINDING_PL1101, 64, false, "", "" },
		{ "", "f", FINDING_PL1101, 64, false,
			"likely: the stream spans 64 flows, and rps_cpus f of eth0 spreads flows "
			"over CPUs 0-3",
			"" },
		{ "", "f", FINDING_PL1101, 0, false, "", "" },
		{ "veth", "0", FINDING_PL1101, 0, false, "possible: rps_cpus of eth0 is 0", "" },
		{ "veth", "0", FINDING_PL1001, 1, false, "", "" },
		{ "veth", NULL, FINDING_PL1101, 0, false, "possible: eth0 has 2 receive queues",
			"" },
		{ "veth", "1", FINDING_PL1101, 0, false, "", "" },
		{ "", "1", FINDING_PL1001, 1, true, "possible: rps_cpus of eth0 was changed", "" },
		{ "", "f", FINDING_PL2101, 64, false, "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new(cases[i].kind, cases[i].mask);
		struct finding *finding = late(run, cases[i].id, cases[i].flows);
		const struct change change = { .kind = CHANGE_SETTING,
			.what = "queues/rx-0/rps_cpus" };

		if (cases[i].changed)
			steering_analyzer.change(run->state, &change);
		packet_of(run);
		see(run);
		steering_analyzer.report(run->state, run->report);
		assert_memory_equal(finding->why, cases[i].why, strlen(cases[i].why));
		assert_memory_equal(finding->is_not, cases[i].is_not, strlen(cases[i].is_not));
		assert_int_equal(!*cases[i].why, !*finding->why);
		assert_int_equal(!*cases[i].is_not, !*finding->is_not);
		run_free(run);
	}
}

/* Known causes stay, what was not known makes room; a text that is full is left alone. */
static void appended(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "DSCP differs", "DSCP differs; likely: " },
		{ "not known, but the stream spans 64 flows", "likely: " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new("", "f");
		struct finding *finding = late(run, FINDING_PL1101, 64);

		snprintf(finding->why, sizeof(finding->why), "%s", cases[i].before);
		packet_of(run);
		see(run);
		steering_analyzer.report(run->state, run->report);
		assert_memory_equal(finding->why, cases[i].after, strlen(cases[i].after));
		run_free(run);
	}
}

static void without_a_machine(void **state)
{
	const struct analyzer_options options = { .live = false };
	void *analyzer = steering_analyzer.create(&options, NULL);
	struct report *report = report_new("check");
	static struct batch batch = { .count = 1 };

	steering_analyzer.batch(analyzer, &batch);
	steering_analyzer.report(analyzer, report);
	assert_int_equal(report->section_count, 0);
	report_free(report);
	steering_analyzer.destroy(analyzer);
}

static void digests(void **state)
{
	struct digests *digests = digests_new();
	bool made;

	for (int pass = 0; pass < 2; pass++)
		for (uint64_t i = 0; i < DIGESTS_MAX; i++) {
			uint64_t *word = digests_at(digests, i - 1, &made);

			assert_non_null(word);
			/* The last of all shares the place of the first. */
			assert_int_equal(made, pass == 0 && i != 1);
			*word = i;
		}
	assert_int_equal(digests_count(digests), DIGESTS_MAX - 1);
	assert_int_equal(*digests_find(digests, 7), 8);
	assert_null(digests_find(digests, DIGESTS_MAX + 7));
	assert_non_null(digests_at(digests, DIGESTS_MAX + 7, &made));
	assert_null(digests_at(digests, DIGESTS_MAX + 8, &made));
	assert_false(made);
	digests_free(digests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamped_on_arrival),
		cmocka_unit_test(counts),
		cmocka_unit_test(formula),
		cmocka_unit_test(fragments),
		cmocka_unit_test(senders),
		cmocka_unit_test(sentences),
		cmocka_unit_test(appended),
		cmocka_unit_test(without_a_machine),
		cmocka_unit_test(digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
