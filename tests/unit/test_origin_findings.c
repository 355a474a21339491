/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is raised for which origin, with how much weight and which commands; what is told of late
 * packets instead; and that nothing is said twice.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/origin_findings.h"
#include "base/memory.h"

#define RPS "/sys/class/net/%s/queues/rx-%d/rps_cpus"
#define XPS "/sys/class/net/%s/queues/tx-%d/xps_cpus"

static const struct metric rows[] = {
	{ "received_packets", METRIC_COUNT, UNIT_PACKETS, .help = "all" },
	{ "reordered_packets", METRIC_COUNT, UNIT_PACKETS, .help = "late" },
	{ "extent", METRIC_HISTOGRAM, UNIT_PACKETS, .help = "extent" },
};
static const struct metric_set set = { .prefix = "stream", .rows = rows, .count = 3 };

/* A machine of four CPUs, with a veth eth0 and its peer of two queues each, and what it saw. */
struct run {
	struct snapshot *snapshot;
	struct host *host;
	struct report *report;
	struct origin_machine machine;
};

static const char *const names[] = { "eth0", "eth1" };

static struct run *run_new(const char *mask, bool file)
{
	static struct run run;

	memset(&run, 0, sizeof(run));
	run.report = report_new("check");
	if (file)
		return &run;
	run.snapshot = snapshot_new();
	snapshot_set(run.snapshot, "/sys/devices/system/cpu/online", "0-3");
	snapshot_set(run.snapshot, "ip -d link show eth0 ifindex", "2");
	snapshot_set(run.snapshot, "ip -d link show eth0 kind", "veth");
	snapshot_set(run.snapshot, "ip -d link show eth0 link", "3");
	snapshot_set(run.snapshot, "ip -d link show peer ifindex", "3");
	snapshot_set(run.snapshot, "ip -d link show peer kind", "veth");
	snapshot_set(run.snapshot, "ip -d link show peer link", "2");
	snapshot_set(run.snapshot, "ip -d link show eth1 ifindex", "4");
	snapshot_set(run.snapshot, "ethtool -l eth0 rx", "2");
	snapshot_setf(run.snapshot, mask, RPS, "eth0", 0);
	snapshot_setf(run.snapshot, mask, RPS, "eth0", 1);
	snapshot_setf(run.snapshot, "0", RPS, "eth1", 0);
	snapshot_setf(run.snapshot, "1", XPS, "peer", 0);
	snapshot_setf(run.snapshot, "2", XPS, "peer", 1);
	snapshot_seal(run.snapshot);
	run.host = host_new(run.snapshot, NULL);
	run.machine = (struct origin_machine){ run.host, names, 2 };
	run.report->live = true;
	run.report->frames = 2000;
	run.report->last_ns = 1000000000;
	report_add_source(run.report, "eth0");
	return &run;
}

static void run_free(struct run *run)
{
	report_free(run->report);
	host_free(run->host);
	snapshot_free(run->snapshot);
}

static struct report_origin *origin_new(enum origin origin, uint64_t late)
{
	struct report_origin *result = memory_alloc(1, sizeof(*result));

	result->origin = origin;
	result->confidence = origin == ORIGIN_UNDETERMINED ? CONFIDENCE_NONE : CONFIDENCE_PROVEN;
	result->counts.late = result->counts.pairs = late;
	result->counts.hashes_seen = 1;
	histogram_add_many(&result->waited_ns, 34000, late);
	snprintf(result->reason, sizeof(result->reason), "because of %s", origin_name(origin));
	result->late_count = 2;
	result->late[0].frame = 14;
	result->late[1].frame = 44;
	return result;
}

/* A stream that came so, of its own number and subject. */
static struct report_origin *stream_of(
	struct run *run, enum origin origin, uint64_t late, uint64_t received)
{
	struct report_stream *stream = report_add_stream(run->report, &set);

	stream->number = (uint32_t)run->report->stream_count - 1;
	snprintf(stream->subject, sizeof(stream->subject), "stream %u", stream->number);
	stream->flow = 10 + stream->number;
	stream->values[0].number = received;
	stream->values[1].number = late;
	return stream->origin = origin_new(origin, late);
}

static struct report_origin *flow_of(struct run *run, enum origin origin, uint64_t late)
{
	struct report_flow *flow = report_add_flow(run->report, NULL);

	flow->number = 70;
	snprintf(flow->endpoint[0], sizeof(flow->endpoint[0]), "10.0.0.1:5");
	snprintf(flow->endpoint[1], sizeof(flow->endpoint[1]), "10.0.0.2:6");
	return flow->origin[1] = origin_new(origin, late);
}

static struct report_arrival *arrival_of(struct run *run, enum origin origin, uint64_t late)
{
	struct report_arrival *arrival = report_add_arrival(run->report);
	struct report_origin *made = origin_new(origin, late);

	arrival->origin = *made;
	free(made);
	arrival->packets = 1000;
	arrival->late = late;
	snprintf(arrival->subject, sizeof(arrival->subject), "udp somewhere");
	return arrival;
}

/* What the analyzer of the packets said of them. */
static void said(struct run *run, enum finding_id id, uint64_t late, uint64_t received,
	enum severity severity)
{
	struct finding *finding = report_add_finding(run->report, id);

	finding->severity = severity;
	snprintf(finding->where, sizeof(finding->where), "upstream");
	finding_number(finding, "reordered_packets", (double)late);
	finding_number(finding, "received_packets", (double)received);
}

static const struct finding *found(const struct run *run, enum finding_id id)
{
	for (size_t i = 0; i < run->report->finding_count; i++)
		if (run->report->findings[i].id == id)
			return &run->report->findings[i];
	return NULL;
}

static void each_origin(void **state)
{
	static const struct {
		enum origin origin;
		int id; /* -1: none, PL1101 stays */
		const char *what, *command, *undo, *where;
	} cases[] = {
		{ ORIGIN_NONE, -1, NULL, NULL, NULL, "upstream" },
		{ ORIGIN_UNDETERMINED, -1, NULL, NULL, NULL,
			"not known, 69 of 69: because of undetermined" },
		{ ORIGIN_BEFORE_HOST, -1, NULL, NULL, NULL,
			"before this host (proven), 69 of 69: because of before_host" },
		{ ORIGIN_HOST, FINDING_PL1103, "handed on in another order than stamped", NULL,
			NULL,
			"in the host that captured, or where the file was put together; each" },
		{ ORIGIN_RECEIVE_STEERING, FINDING_PL1104, "overtaken by receive steering",
			"echo 1 > /sys/class/net/eth0/queues/rx-0/rps_cpus",
			"echo 0 > /sys/class/net/eth0/queues/rx-0/rps_cpus", "in this host" },
		{ ORIGIN_HOST_BACKLOG, FINDING_PL1105,
			"eth0: 69 of 1,728 packets (3.99 %) were overtaken in the queues of CPUs",
			"echo 1 > /sys/class/net/eth0/queues/rx-0/rps_cpus",
			"echo 0 > /sys/class/net/eth0/queues/rx-0/rps_cpus",
			"in the queues of its CPUs; each had waited at least 34 us" },
		{ ORIGIN_MULTIPLE_QUEUES, FINDING_PL1106, "overtaken between receive queues",
			"echo 0 > /sys/class/net/peer/queues/tx-0/xps_cpus",
			"echo 1 > /sys/class/net/peer/queues/tx-0/xps_cpus", "in this host" },
		{ ORIGIN_SENDER, FINDING_PL1107, "left in another order than numbered",
			"tc -s qdisc show dev eth0", "", "it sends them so" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new("0", cases[i].origin == ORIGIN_HOST);
		const struct finding *finding;

		stream_of(run, cases[i].origin, 69, 1728);
		said(run, FINDING_PL1101, 69, 1728, SEVERITY_WARNING);
		origin_findings(&run->machine, run->report);
		assert_int_equal(run->report->finding_count, 1);
		finding = &run->report->findings[0];
		assert_int_equal(finding->id, cases[i].id < 0 ? FINDING_PL1101 : cases[i].id);
		if (!strstr(finding->where, cases[i].where))
			fail_msg("%zu: %s", i, finding->where);
		if (cases[i].id >= 0) {
			if (!strstr(finding->what, cases[i].what))
				fail_msg("%zu: %s", i, finding->what);
			assert_string_equal(finding->subject, "stream 0");
			assert_string_equal(finding->dump, "--stream 0 --only reordered");
			assert_int_equal(finding->severity, SEVERITY_WARNING);
			assert_int_equal(finding->confidence, CONFIDENCE_PROVEN);
			assert_int_equal(finding->frame_count, 2);
			assert_int_equal(finding->stream, 1);
			assert_int_equal(finding->frame_total, 69);
			assert_int_equal(!finding->command_count, !cases[i].command);
			assert_true(*finding->fix && *finding->is_not);
		}
		if (cases[i].command) {
			assert_string_equal(finding->commands[0].line, cases[i].command);
			assert_string_equal(finding->commands[0].undo, cases[i].undo);
		}
		run_free(run);
	}
}

/* The claim of the first page, in all its parts. */
static void backlog(void **state)
{
	struct run *run = run_new("0", false);
	const struct finding *finding;

	stream_of(run, ORIGIN_HOST_BACKLOG, 69, 1728);
	origin_findings(&run->machine, run->report);
	finding = found(run, FINDING_PL1105);
	assert_non_null(finding);
	assert_int_equal(finding->command_count, 2);
	assert_int_equal(finding->commands[1].risk, RISK_HOT);
	assert_string_equal(
		finding->commands[1].read, "cat /sys/class/net/eth0/queues/rx-1/rps_cpus");
	assert_string_equal(finding->commands[1].wanted, "1");
	assert_non_null(strstr(finding->cost, "CPU 0 then does all receive work of eth0 (now "
					      "2,000 packets/s)"));
	assert_non_null(strstr(finding->lasting, "udev"));
	assert_non_null(strstr(finding->fix, "a quiet host shows nothing"));
	assert_string_equal(finding->is_not,
		"the network or the sender, a resend, receive steering (off), our own capture "
		"(dropped 0)");
	assert_string_equal(finding->values[0].path, "/sys/class/net/eth0/queues/rx-0/rps_cpus");
	assert_string_equal(finding->why, "because of host_backlog");
	run_free(run);
}

/* Not the busy CPU, on which packets wait: the one where those were that overtook them. */
static void cpu_of_the_cure(void **state)
{
	static const struct {
		int32_t cpu[2], overtaker_cpu[2];
		const char *command, *cost;
	} cases[] = {
		{ { 0, 0 }, { 2, 2 }, "echo 4 >", "CPU 2 (what came by it overtook) then" },
		{ { 0, -1 }, { 1, -1 }, "echo 2 >", "CPU 1 (what came by it overtook) then" },
		{ { -1, -1 }, { -1, -1 }, "echo 8 >", "CPU 3 (it received least since boot) then" },
		{ { 0, 1 }, { 1, 0 }, "echo 8 >", "CPU 3 (it received least since boot) then" },
		{ { 0, 0 }, { 9, 9 }, "echo 8 >", "CPU 3 " }, /* not online */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new("0", false);
		struct report_origin *origin = stream_of(run, ORIGIN_HOST_BACKLOG, 69, 1728);
		struct snapshot *counted = run->snapshot;
		const struct finding *finding;

		host_free(run->host);
		for (int cpu = 0; cpu < 4; cpu++)
			snapshot_setf(counted, cpu == 3 ? "1000" : "90000",
				"/proc/net/softnet_stat cpu%d processed", cpu);
		snapshot_seal(counted);
		run->host = host_new(counted, NULL);
		run->machine.host = run->host;
		for (int k = 0; k < 2; k++) {
			origin->late[k].cpu = cases[i].cpu[k];
			origin->late[k].overtaker_cpu = cases[i].overtaker_cpu[k];
		}
		origin_findings(&run->machine, run->report);
		finding = found(run, FINDING_PL1105);
		assert_non_null(finding);
		if (strncmp(finding->commands[0].line, cases[i].command, 8) != 0)
			fail_msg("%zu: %s", i, finding->commands[0].line);
		if (!strstr(finding->cost, cases[i].cost))
			fail_msg("%zu: %s", i, finding->cost);
		run_free(run);
	}
}

/* Streams of one hash each may go to several CPUs; one of several hashes may not. */
static void masks(void **state)
{
	static const struct {
		size_t streams;
		uint32_t flows, hashes;
		const char *mask;
	} cases[] = {
		{ 1, 1, 1, "echo 1 >" }, { 1, 3, 1, "echo 1 >" }, { 2, 1, 1, "echo f >" },
		{ 2, 3, 1, "echo 1 >" }, { 2, 1, 2, "echo 1 >" },
		{ 2, 1, 0, "echo 1 >" }, /* not known */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new("0", false);
		const struct finding *finding;

		for (size_t n = 0; n < cases[i].streams; n++) {
			stream_of(run, ORIGIN_HOST_BACKLOG, 50 + n, 1000)
				->counts.hashes_seen = cases[i].hashes;
			run->report->streams[n].flows = cases[i].flows;
		}
		origin_findings(&run->machine, run->report);
		assert_int_equal(run->report->finding_count, 1);
		finding = found(run, FINDING_PL1105);
		assert_non_null(finding);
		assert_memory_equal(
			finding->commands[0].line, cases[i].mask, strlen(cases[i].mask));
		if (cases[i].streams == 2) {
			assert_string_equal(finding->subject, "stream 1");
			assert_non_null(strstr(finding->what, "101 of 2,000 packets"));
			assert_non_null(strstr(finding->what, "in 2 streams, 51 of them in this"));
		}
		run_free(run);
	}
}

static void severities(void **state)
{
	static const struct {
		uint64_t late, received;
		enum severity said, expected; /* of PL1101, of PL1105 */
	} cases[] = {
		{ 2, 20, SEVERITY_INFO, SEVERITY_INFO }, { 3, 3001, SEVERITY_INFO, SEVERITY_INFO },
		{ 3, 3000, SEVERITY_WARNING, SEVERITY_WARNING },
		{ 49, 1000, SEVERITY_WARNING, SEVERITY_WARNING },
		{ 50, 1000, SEVERITY_ERROR, SEVERITY_ERROR },
		{ 3, 0, SEVERITY_ERROR, SEVERITY_ERROR },
		{ 3, 3001, SEVERITY_WARNING, SEVERITY_WARNING }, /* no less than what it replaces */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new("0", false);

		stream_of(run, ORIGIN_HOST_BACKLOG, cases[i].late, cases[i].received);
		said(run, FINDING_PL1101, cases[i].late, cases[i].received, cases[i].said);
		origin_findings(&run->machine, run->report);
		assert_int_equal(run->report->finding_count, 1);
		assert_int_equal(run->report->findings[0].severity, cases[i].expected);
		run_free(run);
	}
}

/* Nearly all: then PL1101 says nothing new. */
static void shares(void **state)
{
	for (uint64_t here = 94; here <= 95; here++) {
		struct run *run = run_new("0", false);

		stream_of(run, ORIGIN_HOST_BACKLOG, here, 10000);
		stream_of(run, ORIGIN_BEFORE_HOST, 100 - here, 10000);
		said(run, FINDING_PL1101, 100, 20000, SEVERITY_WARNING);
		origin_findings(&run->machine, run->report);
		assert_non_null(found(run, FINDING_PL1105));
		assert_int_equal(found(run, FINDING_PL1101) == NULL, here == 95);
		if (here == 94)
			assert_string_equal(found(run, FINDING_PL1101)->where,
				"before this host (proven), 6 of 100: because of before_host; 94 "
				"of 100 in this host, see PL1105");
		run_free(run);
	}
}

static void mixed(void **state)
{
	struct run *run = run_new("3", false);
	struct report_origin *origin = stream_of(run, ORIGIN_MIXED, 1223, 30000);
	const struct finding *finding;

	origin->counts.inside = 227;
	origin->counts.outside = 996;
	origin->inside = ORIGIN_RECEIVE_STEERING;
	origin->outside = ORIGIN_BEFORE_HOST;
	said(run, FINDING_PL1101, 1223, 30000, SEVERITY_WARNING);
	origin_findings(&run->machine, run->report);
	assert_int_equal(run->report->finding_count, 2);
	finding = found(run, FINDING_PL1104);
	assert_non_null(finding);
	assert_non_null(strstr(finding->what, "227 of 30,000 packets"));
	assert_null(strstr(finding->is_not, "receive steering"));
	finding = found(run, FINDING_PL1101);
	assert_non_null(finding);
	assert_non_null(strstr(finding->where, "before this host (proven), 996 of 1,223: "));
	assert_non_null(strstr(finding->where, "227 of 1,223 in this host, see PL1104"));
	assert_memory_equal(finding->fix, "For those in this host do as PL1104 says. For the ", 50);
	assert_non_null(strstr(finding->fix, "others: Find where packets of one stream take two"));
	run_free(run);
}

/* Paths are not looked for where it is not known that it was the network. */
static void fixes(void **state)
{
	static const struct {
		enum origin others;
		bool here, file;
		const char *own, *fix;
	} cases[] = {
		{ ORIGIN_BEFORE_HOST, false, false, "", "" },
		{ ORIGIN_BEFORE_HOST, false, false, "Mark all alike.", "Mark all alike." },
		{ ORIGIN_BEFORE_HOST, true, false, "Mark all alike.",
			"For those in this host do as PL1105 says. For the others: Mark all "
			"alike." },
		{ ORIGIN_UNDETERMINED, true, false, "Mark all alike.",
			"For those in this host do as PL1105 says. Find out where the others came "
			"late, as 'where' tells; if before this host: Mark all alike." },
		{ ORIGIN_UNDETERMINED, false, false, "Mark all alike.",
			"Find out where they came late, as 'where' tells; if before this host: "
			"Mark all alike." },
		{ ORIGIN_UNDETERMINED, false, true, "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new("0", cases[i].file);

		if (cases[i].here)
			stream_of(run, ORIGIN_HOST_BACKLOG, 50, 1000);
		stream_of(run, cases[i].others, 50, 1000);
		said(run, FINDING_PL1101, cases[i].here ? 100 : 50, 2000, SEVERITY_WARNING);
		snprintf(run->report->findings[0].fix, FINDING_TEXT, "%s", cases[i].own);
		origin_findings(&run->machine, run->report);
		assert_string_equal(found(run, FINDING_PL1101)->fix, cases[i].fix);
		run_free(run);
	}
}

/* What PL1101 told and the finding in its place does not: extents, and headers that differ. */
static void told_on(void **state)
{
	static const struct {
		uint64_t extent[2];
		const char *what;
	} cases[] = {
		{ { 1, 1 }, "in the queues of CPUs, each by one place (extent 1)" },
		{ { 3, 3 }, "in the queues of CPUs, each by 3 places (extent 3)" },
		{ { 2, 5 }, "in the queues of CPUs; extent 5 (p95), 5 (max)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new("0", false);
		const struct finding *finding;

		stream_of(run, ORIGIN_HOST_BACKLOG, 2, 1000);
		for (int k = 0; k < 2; k++)
			histogram_add(
				run->report->streams[0].values[2].histogram, cases[i].extent[k]);
		said(run, FINDING_PL1101, 2, 1000, SEVERITY_WARNING);
		snprintf(run->report->findings[0].why, FINDING_TEXT,
			"DSCP differs in 9 of 9 pairs (late 0, overtaker 46); CPU differs in 9 of "
			"9 pairs; size differs in 8 of 8 pairs");
		origin_findings(&run->machine, run->report);
		assert_int_equal(run->report->finding_count, 1);
		finding = found(run, FINDING_PL1105);
		assert_string_equal(finding->why,
			"because of host_backlog; DSCP differs in 9 of 9 pairs (late 0, overtaker "
			"46); size differs in 8 of 8 pairs");
		if (!strstr(finding->what, cases[i].what))
			fail_msg("%zu: %s", i, finding->what);
		run_free(run);
	}
}

/* Stamps go back where packets are handed on in another order: that is not said twice. */
static void stamps_back(void **state)
{
	static const struct {
		enum origin origin;
		uint64_t steps;
		const char *why; /* NULL: it is not told */
	} cases[] = {
		{ ORIGIN_HOST_BACKLOG, 69, NULL },
		{ ORIGIN_RECEIVE_STEERING, 72, NULL },
		{ ORIGIN_HOST_BACKLOG, 73, "than stamped (PL1105), 69 at least; merged" },
		{ ORIGIN_BEFORE_HOST, 69, "as it was" },
		{ ORIGIN_MULTIPLE_QUEUES, 69, "as it was" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new("0", false);
		struct finding *said = report_add_finding(run->report, FINDING_PL9006);
		const struct finding *finding;

		finding_number(said, "time_backwards", (double)cases[i].steps);
		snprintf(said->why, sizeof(said->why), "as it was");
		stream_of(run, cases[i].origin, 69, 1728);
		origin_findings(&run->machine, run->report);
		finding = found(run, FINDING_PL9006);
		assert_int_equal(finding == NULL, cases[i].why == NULL);
		if (finding && !strstr(finding->why, cases[i].why))
			fail_msg("%zu: %s", i, finding->why);
		run_free(run);
	}
}

/* Segments of TCP weigh by harm, and are told of in place of PL1001. */
static void tcp(void **state)
{
	struct run *run = run_new("0", false);
	const struct finding *finding;

	flow_of(run, ORIGIN_HOST_BACKLOG, 100);
	said(run, FINDING_PL1001, 100, 1000, SEVERITY_INFO);
	said(run, FINDING_PL1101, 5, 1000, SEVERITY_WARNING);
	origin_findings(&run->machine, run->report);
	assert_int_equal(run->report->finding_count, 2);
	assert_non_null(found(run, FINDING_PL1101));
	finding = found(run, FINDING_PL1105);
	assert_non_null(finding);
	assert_int_equal(finding->severity, SEVERITY_INFO);
	assert_string_equal(finding->subject, "10.0.0.2:6 > 10.0.0.1:5");
	assert_string_equal(finding->dump, "--flow 70 --only reordered");
	assert_non_null(strstr(finding->what, "100 of 1,000 TCP segments (10 %)"));
	run_free(run);
}

/* Unnumbered traffic is told of by its stamps, numbered traffic once. */
static void stamps(void **state)
{
	static const struct {
		uint32_t stream, flow;
		bool told;
	} cases[] = {
		{ 0, 0, true },
		{ 1, 0, false }, /* a stream that was late */
		{ 2, 0, true },  /* one that was not */
		{ 0, 10, false },
		{ 0, 71, false }, /* TCP that was late */
		{ 0, 99, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_new("0", false);
		struct report_arrival *arrival = arrival_of(run, ORIGIN_HOST_BACKLOG, 40);
		const struct finding *finding;

		arrival->stream = cases[i].stream;
		arrival->flow = cases[i].flow;
		stream_of(run, ORIGIN_BEFORE_HOST, 5, 1000);
		stream_of(run, ORIGIN_NONE, 0, 1000);
		flow_of(run, ORIGIN_UNDETERMINED, 5);
		origin_findings(&run->machine, run->report);
		finding = found(run, FINDING_PL1105);
		assert_int_equal(finding != NULL, cases[i].told);
		assert_int_equal(run->report->finding_count, cases[i].told);
		if (finding) {
			assert_string_equal(finding->subject, "udp somewhere");
			assert_non_null(strstr(finding->what, "40 of 1,000 packets (4 %)"));
			assert_null(strstr(finding->is_not, "resend"));
		}
		run_free(run);
	}
}

static void undetermined_stamps(void **state)
{
	struct run *run = run_new("0", false);

	arrival_of(run, ORIGIN_UNDETERMINED, 40);
	origin_findings(&run->machine, run->report);
	assert_int_equal(run->report->finding_count, 0);
	run_free(run);
}

static void interfaces(void **state)
{
	struct run *run = run_new("0", false);
	struct report_source *second = report_add_source(run->report, "eth1");

	second->interfaces = second->first_interface = 1;
	second->received_in = 300;

	stream_of(run, ORIGIN_HOST_BACKLOG, 40, 1000);
	stream_of(run, ORIGIN_HOST_BACKLOG, 60, 1000)->interface = 1;
	stream_of(run, ORIGIN_HOST_BACKLOG, 70, 1000)->interface = 9; /* nobody knows it */
	origin_findings(&run->machine, run->report);
	assert_int_equal(run->report->finding_count, 3);
	assert_true(run->report->findings[1].has_interface);
	assert_int_equal(run->report->findings[1].interface, 1);
	assert_string_equal(run->report->findings[1].commands[0].line,
		"echo 1 > /sys/class/net/eth1/queues/rx-0/rps_cpus");
	assert_int_equal(run->report->findings[2].command_count, 0);
	assert_non_null(strstr(run->report->findings[0].cost, "rate is not known"));
	assert_non_null(strstr(run->report->findings[1].cost, "eth1 (now 300 packets/s)"));
	run_free(run);
}

/* Receive queues are made one, which is not hot. */
static void queues(void **state)
{
	struct run *run = run_new("0", false);
	const struct finding *finding;
	const struct finding_command *last;

	stream_of(run, ORIGIN_MULTIPLE_QUEUES, 40, 1000);
	origin_findings(&run->machine, run->report);
	finding = found(run, FINDING_PL1106);
	assert_non_null(finding);
	last = &finding->commands[finding->command_count - 1];
	assert_string_equal(last->line, "ethtool -L eth0 rx 1");
	assert_string_equal(last->undo, "ethtool -L eth0 rx 2");
	assert_int_equal(last->risk, RISK_BLIP);
	run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_origin),
		cmocka_unit_test(backlog),
		cmocka_unit_test(cpu_of_the_cure),
		cmocka_unit_test(masks),
		cmocka_unit_test(severities),
		cmocka_unit_test(shares),
		cmocka_unit_test(mixed),
		cmocka_unit_test(fixes),
		cmocka_unit_test(told_on),
		cmocka_unit_test(stamps_back),
		cmocka_unit_test(tcp),
		cmocka_unit_test(stamps),
		cmocka_unit_test(undetermined_stamps),
		cmocka_unit_test(interfaces),
		cmocka_unit_test(queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
