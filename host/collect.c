/* SPDX-License-Identifier: BSD-2-Clause */
/* What does this machine say of itself? Puts the parts of a snapshot together. */
#include "host/collect.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "host/collect_parts.h"

#define MAX_INTERFACES 1024 /* whose files and features are read */

static void set_taken(struct snapshot *snapshot)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snapshot_set_taken(snapshot, now.tv_sec * INT64_C(1000000000) + now.tv_nsec);
}

static void collect_interfaces(struct snapshot *snapshot)
{
	struct if_nameindex *list = if_nameindex();
	bool elsewhere = collect_sysfs_elsewhere();
	size_t left_out = 0;
	char text[32];

	for (size_t i = 0; list && list[i].if_index; i++) {
		if (i >= MAX_INTERFACES) {
			left_out++;
			continue;
		}
		collect_interface_files(
			snapshot, list[i].if_name, (int)list[i].if_index, elsewhere);
		collect_ethtool(snapshot, list[i].if_name);
	}
	snprintf(text, sizeof(text), "%zu", left_out);
	if (left_out)
		snapshot_set(snapshot, "pktlint interfaces-left-out", text);
	if (list)
		if_freenameindex(list);
	collect_shared_files(snapshot);
	collect_interrupts(snapshot);
}

struct snapshot *collect_snapshot(void)
{
	struct snapshot *snapshot = snapshot_new();

	set_taken(snapshot);
	collect_machine(snapshot);
	collect_counters(snapshot);
	collect_links(snapshot);
	collect_traffic_control(snapshot);
	collect_queue_statistics(snapshot);
	collect_sockets(snapshot);
	collect_interfaces(snapshot);
	snapshot_seal(snapshot);
	return snapshot;
}

/* The name of what the interface runs over, of a veth its peer; NULL if it is not to be seen. */
static const char *name_of_link(struct snapshot *snapshot, const char *name, char text[IF_NAMESIZE])
{
	const struct snapshot_value *value;
	char path[128];

	snapshot_seal(snapshot);
	snprintf(path, sizeof(path), "ip -d link show %s link-netnsid", name);
	value = snapshot_find(snapshot, path);
	if (value && value->state == VALUE_PRESENT)
		return NULL; /* the index is of another namespace */
	snprintf(path, sizeof(path), "ip -d link show %s link", name);
	value = snapshot_find(snapshot, path);
	if (!value || value->state != VALUE_PRESENT)
		return NULL;
	return if_indextoname((unsigned)strtoul(value->text, NULL, 10), text);
}

static void glance_at(struct snapshot *snapshot, const char *name, bool elsewhere)
{
	unsigned index = if_nametoindex(name);

	if (!index)
		return;
	collect_interface_files(snapshot, name, (int)index, elsewhere);
	collect_ethtool(snapshot, name);
}

struct snapshot *collect_glance(const char *const *names, size_t count)
{
	struct snapshot *snapshot = snapshot_new();
	bool elsewhere = collect_sysfs_elsewhere();

	set_taken(snapshot);
	collect_machine(snapshot);
	collect_links(snapshot);
	for (size_t i = 0; i < count; i++) {
		char text[IF_NAMESIZE];
		const char *lower = name_of_link(snapshot, names[i], text);

		glance_at(snapshot, names[i], elsewhere);
		if (lower)
			glance_at(snapshot, lower, elsewhere);
	}
	snapshot_seal(snapshot);
	return snapshot;
}
