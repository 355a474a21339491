/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is different now? Walks two sorted snapshots side by side, and tells what somebody set from
 * what counts or ages by itself, by a table of paths as pktlint-host(5) has them.
 */
#include "host/compare.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* What paths of counters begin with, and what follows somewhere or, after a blank, ends them. */
static const struct {
	const char *start, *inside, *end;
} counters[] = {
	{ .start = "/proc/interrupts " },
	{ .start = "/proc/net/" },
	{ .start = "/proc/sys/net/netfilter/nf_conntrack_count" },
	{ .start = "/proc/uptime" },
	{ .start = "/sys/class/infiniband/", .inside = "counters/" },
	{ .start = "/sys/class/net/", .inside = "/carrier_changes" },
	{ .start = "/sys/class/net/", .inside = "/statistics/" },
	{ .start = "/sys/class/net/", .inside = "/tx_timeout" },
	{ .start = "ethtool -S " },
	{ .start = "ip neigh show " },
	{ .start = "tc -s ", .end = " backlog" },
	{ .start = "tc -s ", .end = " bytes" },
	{ .start = "tc -s ", .end = " dropped" },
	{ .start = "tc -s ", .end = " overlimits" },
	{ .start = "tc -s ", .end = " packets" },
	{ .start = "tc -s ", .end = " qlen" },
	{ .start = "tc -s ", .end = " requeues" },
};

/* Of what counts or ages by itself, these stand for how much there is now. */
static const char *const gauges[] = { " backlog", " qlen", "nf_conntrack_count" };

bool compare_is_counter(const char *path)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		if (strncmp(path, counters[i].start, strlen(counters[i].start)) == 0 &&
			(!counters[i].inside || strstr(path, counters[i].inside)) &&
			(!counters[i].end || snapshot_path_ends(path, counters[i].end)))
			return true;
	}
	return false;
}

bool compare_is_gauge(const char *path)
{
	for (size_t i = 0; i < sizeof(gauges) / sizeof(*gauges); i++) {
		if (snapshot_path_ends(path, gauges[i]))
			return true;
	}
	return false;
}

static bool read_number(const struct snapshot_value *value, uint64_t *number)
{
	char *end;

	if (!value || value->state != VALUE_PRESENT || !isdigit((unsigned char)*value->text))
		return false;
	errno = 0;
	*number = strtoull(value->text, &end, 10);
	return errno == 0 && *end == '\0';
}

static void add(struct comparison *comparison, const char *path,
	const struct snapshot_value *before, const struct snapshot_value *after)
{
	struct difference *difference;
	uint64_t earlier, later;

	comparison->differences = memory_append(
		comparison->differences, &comparison->count, sizeof(*comparison->differences));
	difference = &comparison->differences[comparison->count - 1];
	difference->path = path;
	difference->before = before;
	difference->after = after;
	difference->counter = compare_is_counter(path);
	if (read_number(before, &earlier) && read_number(after, &later) && later > earlier) {
		difference->has_rise = true;
		difference->rise = later - earlier;
	}
	if (difference->counter)
		comparison->counters++;
	else
		comparison->settings++;
}

static bool same(const struct snapshot_value *a, const struct snapshot_value *b)
{
	return a->state == b->state && strcmp(a->text, b->text) == 0;
}

struct comparison *compare_snapshots(const struct snapshot *before, const struct snapshot *after)
{
	struct comparison *comparison = memory_alloc(1, sizeof(*comparison));
	const struct snapshot_value *a, *b;
	size_t a_left = snapshot_below(before, "", &a), b_left = snapshot_below(after, "", &b);

	while (a_left > 0 || b_left > 0) {
		int order = a_left == 0 ? 1 : b_left == 0 ? -1 : strcmp(a->path, b->path);

		if (order < 0)
			add(comparison, a->path, a, NULL);
		else if (order > 0)
			add(comparison, b->path, NULL, b);
		else if (!same(a, b))
			add(comparison, b->path, a, b);
		if (order <= 0)
			a++, a_left--;
		if (order >= 0)
			b++, b_left--;
	}
	return comparison;
}

void compare_free(struct comparison *comparison)
{
	if (!comparison)
		return;
	free(comparison->differences);
	free(comparison);
}
