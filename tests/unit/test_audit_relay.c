/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that relays between two veths whose peers are in other namespaces: their settings are
 * not known, so only super-frames that were seen tell of them, and only of a live capture.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "analyzers/audit.h"
#include "host/host.h"

static const struct metric rows[] = {
	{ .name = "super_frames", .kind = METRIC_COUNT, .unit = UNIT_FRAMES },
};
static const struct metric_set capture = { "capture", rows, 1 };

static void add_interface(
	struct snapshot *snapshot, const char *name, const char *ifindex, const char *gro)
{
	snapshot_setf(snapshot, ifindex, "ip -d link show %s ifindex", name);
	snapshot_setf(snapshot, "UP,LOWER_UP", "ip -d link show %s flags", name);
	snapshot_setf(snapshot, "veth", "ip -d link show %s kind", name);
	snapshot_setf(snapshot, "0", "ip -d link show %s link-netnsid", name);
	snapshot_setf(snapshot, "1500", "ip -d link show %s peer mtu", name);
	snapshot_setf(snapshot, "1500", "ip -d link show %s mtu", name);
	snapshot_setf(snapshot, gro, "ethtool -k %s generic-receive-offload", name);
	snapshot_setf(snapshot, name, "ss -0 packet 7%s interface", ifindex);
	snapshot_setf(snapshot, "0x0003", "ss -0 packet 7%s protocol", ifindex);
	snapshot_setf(snapshot, "off", "ss -0 packet 7%s vnet-header", ifindex);
	snapshot_setf(snapshot, "relay", "ss -0 packet 7%s program", ifindex);
}

static unsigned count(const struct report *report)
{
	unsigned found = 0;

	for (size_t i = 0; i < report->finding_count; i++)
		found += report->findings[i].id == FINDING_PL3101;
	return found;
}

static void what_was_seen_tells(void **state)
{
	static const struct {
		enum audit_role role;
		const char *gro;
		bool live;
		uint64_t super_frames;
		unsigned found, blind;
	} cases[] = {
		{ ROLE_NONE, "off", true, 0, 0, 0 },
		{ ROLE_NONE, "off", true, 12, 2, 0 },
		{ ROLE_NONE, "off", false, 12, 0, 0 },
		{ ROLE_NONE, "on", true, 12, 2, 0 },
		{ ROLE_NONE, "on", true, 0, 0, 0 },
		{ ROLE_FORWARDER, "off", true, 0, 0, 2 },
		{ ROLE_FORWARDER, "off", true, 12, 2, 0 },
		{ ROLE_FORWARDER, "on", false, 0, 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct snapshot *snapshot = snapshot_new();
		struct report *report = report_new("audit");
		struct host *host;
		struct audit_options options = { .role = cases[i].role };
		struct error error;

		add_interface(snapshot, "w0", "2", cases[i].gro);
		add_interface(snapshot, "w1", "3", cases[i].gro);
		snapshot_seal(snapshot);
		options.host = host = host_new(snapshot, NULL);
		report->live = cases[i].live;
		report_add_section(report, &capture)->values[0].number = cases[i].super_frames;
		assert_int_equal(audit_run(&options, report, &error), 0);
		assert_int_equal(count(report), cases[i].found);
		assert_int_equal(report->host.blind_count, cases[i].blind);
		report_free(report);
		host_free(host);
		snapshot_free(snapshot);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_was_seen_tells) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
