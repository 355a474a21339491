/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which interfaces reach each other at layer 2? Machines in a line an interface, and pairs of them
 * with the answer, both ways.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_path.h"

/* Numbers are indices, 0: none; `extra` is a word of ip-link(8) and its value. */
struct line {
	const char *name, *kind;
	int link, master;
	const char *extra[3][2];
};

static void add(struct snapshot *snapshot, const struct line *line, int ifindex)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", ifindex);
	snapshot_setf(snapshot, text, "ip -d link show %s ifindex", line->name);
	snapshot_setf(snapshot, "UP,LOWER_UP", "ip -d link show %s flags", line->name);
	if (*line->kind)
		snapshot_setf(snapshot, line->kind, "ip -d link show %s kind", line->name);
	snprintf(text, sizeof(text), "%d", line->link);
	if (line->link)
		snapshot_setf(snapshot, text, "ip -d link show %s link", line->name);
	snprintf(text, sizeof(text), "%d", line->master);
	if (line->master)
		snapshot_setf(snapshot, text, "ip -d link show %s master", line->name);
	for (size_t i = 0; i < 3 && line->extra[i][0]; i++)
		snapshot_setf(snapshot, line->extra[i][1], "ip -d link show %s %s", line->name,
			line->extra[i][0]);
}

static void expect(
	const struct host *host, const char *from, const char *to, enum path_answer answer)
{
	const struct host_interface *a = host_interface(host, from), *b = host_interface(host, to);

	assert_non_null(a);
	assert_non_null(b);
	if (path_between(host, a, b).answer != answer || path_between(host, b, a).answer != answer)
		fail_msg("%s - %s: %d, %d, not %d", from, to, path_between(host, a, b).answer,
			path_between(host, b, a).answer, answer);
}

static void pairs_are_followed(void **state)
{
	/* In order of index, from 1. */
	static const struct line lines[] = {
		{ .name = "eth0", .kind = "" },
		{ .name = "eth1", .kind = "", .master = 3 },
		{ .name = "br0", .kind = "bridge" },
		{ .name = "va", .kind = "veth", .link = 5, .master = 3 },
		{ .name = "vb", .kind = "veth", .link = 4 },
		{ .name = "vc", .kind = "veth", .link = 7, .master = 3 },
		{ .name = "vd", .kind = "veth", .link = 6 },
		{ .name = "vd.5", .kind = "vlan", .link = 7, .extra = { { "vlan id", "5" } } },
		{ .name = "vb.5", .kind = "vlan", .link = 5, .extra = { { "vlan id", "5" } } },
		{ .name = "vb.6", .kind = "vlan", .link = 5, .extra = { { "vlan id", "6" } } },
		{ .name = "m0",
			.kind = "macvlan",
			.link = 1,
			.extra = { { "macvlan mode", "vepa" } } },
		{ .name = "m1",
			.kind = "macvlan",
			.link = 1,
			.extra = { { "macvlan mode", "vepa" } } },
		{ .name = "t0",
			.kind = "macvtap",
			.link = 1,
			.extra = { { "macvtap mode", "bridge" } } },
		{ .name = "m2",
			.kind = "macvlan",
			.link = 1,
			.extra = { { "macvlan mode", "bridge" } } },
		{ .name = "dummy0", .kind = "dummy" },
		{ .name = "far", .kind = "veth", .extra = { { "link-netnsid", "0" } } },
		{ .name = "bond0", .kind = "bond" },
		{ .name = "eth2", .kind = "", .master = 17 },
		{ .name = "tap0", .kind = "tun" },
	};
	struct snapshot *snapshot = snapshot_new();
	struct host *host;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		add(snapshot, &lines[i], (int)i + 1);
	snapshot_seal(snapshot);
	host = host_new(snapshot, NULL);
	expect(host, "va", "vb", PATH_JOINED);
	expect(host, "vb", "vd", PATH_JOINED);
	expect(host, "vb.5", "vd.5", PATH_JOINED);
	expect(host, "vb", "br0", PATH_JOINED);
	expect(host, "t0", "m2", PATH_JOINED);
	expect(host, "eth1", "va", PATH_FORWARDED);
	expect(host, "eth1", "br0", PATH_FORWARDED);
	expect(host, "vb.5", "vb.6", PATH_UNKNOWN); /* a switch behind eth1 may do anything */
	expect(host, "m0", "m1", PATH_UNKNOWN);     /* if the switch sends it back */
	expect(host, "eth0", "bond0", PATH_UNKNOWN);
	expect(host, "eth0", "eth1", PATH_UNKNOWN);
	expect(host, "eth0", "far", PATH_UNLIKELY);
	expect(host, "tap0", "eth2", PATH_UNLIKELY);
	expect(host, "eth0", "m2", PATH_NONE);
	expect(host, "bond0", "eth2", PATH_NONE);
	expect(host, "dummy0", "eth0", PATH_NONE);
	expect(host, "eth0", "eth0", PATH_NONE);
	host_free(host);
	snapshot_free(snapshot);
}

/* A file may say that everything runs over everything; it ends all the same. */
static void circles_end(void **state)
{
	static const char *const kinds[] = { "veth", "vlan", "bridge", "bond", "macvlan", "" };
	struct snapshot *snapshot = snapshot_new();
	struct host *host;

	(void)state;
	for (int i = 1; i <= 60; i++) {
		char name[16], id[16];
		const struct line line = { .name = name,
			.kind = kinds[i % 6],
			.link = i % 60 + 1,
			.master = i * 7 % 60 + 1,
			.extra = { { "vlan id", id }, { "macvlan mode", "bridge" } } };

		snprintf(name, sizeof(name), "i%d", i);
		snprintf(id, sizeof(id), "%d", i);
		add(snapshot, &line, i);
	}
	snapshot_seal(snapshot);
	host = host_new(snapshot, NULL);
	for (size_t i = 0; i < host->interface_count; i++)
		path_between(host, &host->interfaces[i], &host->interfaces[(i * 11) % 60]);
	host_free(host);
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_followed),
		cmocka_unit_test(circles_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
