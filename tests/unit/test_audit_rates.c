/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the audit makes of shares and of traffic that was observed, which no snapshot holds: from
 * where on a rise is information or a warning, and what a stream that was seen late changes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/audit.h"
#include "analyzers/sequence.h"
#include "host/host.h"

#define SECOND INT64_C(1000000000)

/* A machine by two readings; `pairs` are path, before, after; before NULL: the same. */
static struct snapshot *reading(const char *const (*pairs)[3], bool later, int64_t taken_ns)
{
	struct snapshot *snapshot = snapshot_new();

	for (; (*pairs)[0]; pairs++)
		snapshot_set(
			snapshot, (*pairs)[0], later || !(*pairs)[1] ? (*pairs)[2] : (*pairs)[1]);
	snapshot_set_taken(snapshot, taken_ns);
	snapshot_seal(snapshot);
	return snapshot;
}

/* Audits it; `report` may hold what was observed. */
static void judge(const char *const (*pairs)[3], int64_t elapsed_ns, enum audit_role role,
	struct report *report)
{
	struct snapshot *now = reading(pairs, true, 100 * SECOND + elapsed_ns);
	struct snapshot *before = reading(pairs, false, 100 * SECOND);
	struct host *host = host_new(now, elapsed_ns ? before : NULL);
	const struct audit_options options = { .host = host, .role = role };
	struct error error;

	assert_int_equal(audit_run(&options, report, &error), 0);
	host_free(host);
	snapshot_free(now);
	snapshot_free(before);
}

static const struct finding *find(const struct report *report, enum finding_id id)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		if (report->findings[i].id == id)
			return &report->findings[i];
	}
	return NULL;
}

static void shares_decide(void **state)
{
	enum { NOTHING = -1 };
	static const struct {
		const char *part_before, *part, *whole_before, *whole;
		int severity;
	} cases[] = {
		{ "0", "299", "0", "10000", SEVERITY_INFO },
		{ "0", "300", "0", "10000", SEVERITY_WARNING },
		{ "0", "100", "0", "10000", SEVERITY_INFO },
		{ "0", "99", "0", "10000", NOTHING },
		/* Ten at least, whatever the share. */
		{ "0", "9", "0", "20", NOTHING },
		{ "0", "10", "0", "20", SEVERITY_WARNING },
		/* The total since boot is not a rise; a counter that began anew is not known. */
		{ "5000", "5099", "100000", "110000", NOTHING },
		{ "5000", "4000", "0", "10000", NOTHING },
		{ "0", "300", "20000", "10000", NOTHING },
		{ "0", "300", "0", "0", NOTHING },
		{ "x", "300", "0", "10000", NOTHING },
		{ "0", "18446744073709551615", "0", "18446744073709551615", SEVERITY_WARNING },
		{ "0", "99999999999999999999999", "0", "10000", NOTHING },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const pairs[][3] = {
			{ "/proc/net/snmp Tcp.RetransSegs", cases[i].part_before, cases[i].part },
			{ "/proc/net/snmp Tcp.OutSegs", cases[i].whole_before, cases[i].whole },
			{ NULL, NULL, NULL },
		};
		struct report *report = report_new("audit");
		const struct finding *finding;

		judge(pairs, SECOND, ROLE_NONE, report);
		finding = find(report, FINDING_PL5602);
		if (cases[i].severity == NOTHING)
			assert_null(finding);
		else
			assert_int_equal(finding->severity, cases[i].severity);
		report_free(report);
	}
}

/* The same rise is 23 a second, or 2.3 a second, or of no known time. */
static void rates_are_by_time(void **state)
{
	static const char *const pairs[][3] = {
		{ "/sys/devices/system/cpu/online", NULL, "0-1" },
		{ "/proc/net/softnet_stat cpu1 processed", "0", "40000" },
		{ "/proc/net/softnet_stat cpu1 dropped", "5", "5" },
		{ "/proc/net/softnet_stat cpu1 time_squeeze", "40", "63" },
		{ NULL, NULL, NULL },
	};
	static const struct {
		int64_t elapsed_ns;
		bool found;
	} cases[] = { { SECOND, true }, { 2 * SECOND, true }, { 10 * SECOND, false }, { 0, false },
		{ -SECOND, false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report *report = report_new("audit");

		judge(pairs, cases[i].elapsed_ns, ROLE_NONE, report);
		assert_int_equal(find(report, FINDING_PL5202) != NULL, cases[i].found);
		report_free(report);
	}
}

/* A report of a capture on `interface` with one stream. */
static struct report *observed(const char *interface, uint32_t flow, uint32_t flows, uint64_t late)
{
	struct report *report = report_new("audit");
	struct report_stream *stream = report_add_stream(report, &sequence_stream_metrics);

	report_add_source(report, interface)->frontend = "mmap";
	stream->flow = flow;
	stream->flows = flows;
	stream->values[metric_find(stream->set, "reordered_packets")].number = late;
	return report;
}

static void observed_streams_decide(void **state)
{
	enum { NOTHING = -1 };
	static const char *const veth[][3] = {
		{ "/sys/devices/system/cpu/online", NULL, "0-3" },
		{ "ip -d link show veth0 ifindex", NULL, "5" },
		{ "ip -d link show veth0 flags", NULL, "UP,LOWER_UP" },
		{ "ip -d link show veth0 kind", NULL, "veth" },
		{ "/sys/class/net/veth0/queues/rx-0/rps_cpus", NULL, "0" },
		{ NULL, NULL, NULL },
	};
	static const char *const card[][3] = {
		{ "/sys/devices/system/cpu/online", NULL, "0-3" },
		{ "ip -d link show eth0 ifindex", NULL, "2" },
		{ "ip -d link show eth0 flags", NULL, "UP,LOWER_UP" },
		{ "/sys/class/net/eth0/queues/rx-0/rps_cpus", NULL, "f" },
		{ NULL, NULL, NULL },
	};
	static const struct {
		const char *const (*pairs)[3];
		enum finding_id id;
		const char *on;
		uint32_t flow, flows;
		uint64_t late;
		int severity;
		enum confidence confidence;
	} cases[] = {
		{ card, FINDING_PL5101, "eth0", 1, 4, 7, SEVERITY_WARNING, CONFIDENCE_LIKELY },
		{ card, FINDING_PL5101, "eth0", 1, 4, 0, SEVERITY_WARNING, CONFIDENCE_POSSIBLE },
		{ card, FINDING_PL5101, "eth0", 1, 1, 7, NOTHING, CONFIDENCE_NONE },
		{ card, FINDING_PL5101, "eth1", 1, 4, 7, NOTHING, CONFIDENCE_NONE },
		{ card, FINDING_PL5102, "eth0", 0, 0, 7, NOTHING, CONFIDENCE_NONE },
		{ veth, FINDING_PL5102, "veth0", 0, 0, 7, SEVERITY_WARNING, CONFIDENCE_LIKELY },
		{ veth, FINDING_PL5102, "veth0", 1, 1, 7, SEVERITY_WARNING, CONFIDENCE_LIKELY },
		{ veth, FINDING_PL5102, "veth0", 0, 0, 0, SEVERITY_INFO, CONFIDENCE_POSSIBLE },
		{ veth, FINDING_PL5102, "veth0", 1, 1, 0, NOTHING, CONFIDENCE_NONE },
		{ veth, FINDING_PL5102, "eth0", 0, 0, 7, NOTHING, CONFIDENCE_NONE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report *report = observed(
			cases[i].on, cases[i].flow, cases[i].flows, cases[i].late);
		const struct finding *finding;

		judge(cases[i].pairs, 0, ROLE_NONE, report);
		finding = find(report, cases[i].id);
		if (cases[i].severity == NOTHING) {
			assert_null(finding);
		} else {
			assert_non_null(finding);
			assert_int_equal(finding->severity, cases[i].severity);
			assert_int_equal(finding->confidence, cases[i].confidence);
		}
		report_free(report);
	}
}

/* Names that a shell would take apart are quoted, and what stood there before is the undo. */
static void commands_are_whole(void **state)
{
	static const char *const pairs[][3] = {
		{ "/sys/devices/system/cpu/online", NULL, "0-3" },
		{ "ip -d link show a;b ifindex", NULL, "2" },
		{ "ip -d link show a;b flags", NULL, "UP,LOWER_UP" },
		{ "/sys/class/net/a;b/queues/rx-0/rps_cpus", NULL, "0000,0000000e" },
		{ "/sys/class/net/a;b/statistics/rx_packets", "1000", "174000" },
		{ NULL, NULL, NULL },
	};
	struct report *report = report_new("audit");
	const struct finding *finding;

	judge(pairs, SECOND, ROLE_L2_IPC, report);
	finding = find(report, FINDING_PL5101);
	assert_non_null(finding);
	assert_int_equal(finding->command_count, 1);
	assert_string_equal(
		finding->commands[0].line, "echo 2 > /sys/class/net/'a;b'/queues/rx-0/rps_cpus");
	assert_string_equal(finding->commands[0].undo,
		"echo 0000,0000000e > /sys/class/net/'a;b'/queues/rx-0/rps_cpus");
	assert_int_equal(finding->commands[0].risk, RISK_HOT);
	assert_non_null(strstr(finding->cost, "CPU 1"));
	assert_non_null(strstr(finding->cost, "173,000 packets/s"));
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_decide),
		cmocka_unit_test(rates_are_by_time),
		cmocka_unit_test(observed_streams_decide),
		cmocka_unit_test(commands_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
