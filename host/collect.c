/* SPDX-License-Identifier: BSD-2-Clause */
/* What does this machine say of itself? Puts the parts of a snapshot together. */
#include "host/collect.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/collect_parts.h"
#include "host/host.h"

#define MAX_INTERFACES 1024 /* whose files and features are read */
#define MAX_WAY 64          /* the same at a glance */

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

static void glance_at(struct snapshot *snapshot, const char *name, bool elsewhere)
{
	unsigned index = if_nametoindex(name);

	if (!index)
		return;
	collect_interface_files(snapshot, name, (int)index, elsewhere);
	collect_ethtool(snapshot, name);
}

/* Names, each once; those of the ones below follow those that are looked at. */
struct way {
	char names[MAX_WAY][IF_NAMESIZE];
	size_t count;
};

static void add_name(struct way *way, const char *name)
{
	for (size_t i = 0; i < way->count; i++)
		if (strcmp(way->names[i], name) == 0)
			return;
	if (way->count < MAX_WAY && strlen(name) < IF_NAMESIZE)
		strcpy(way->names[way->count++], name);
}

/* What it runs over, of a veth its peer, and its members. */
static void add_below(struct way *way, const struct host *host, const char *name)
{
	const struct host_interface *interface = host_interface(host, name);

	if (!interface)
		return;
	if (interface->link >= 0)
		add_name(way, host->interfaces[interface->link].name);
	for (size_t i = 0; i < host->interface_count; i++)
		if (host_master(host, &host->interfaces[i]) == interface)
			add_name(way, host->interfaces[i].name);
}

struct snapshot *collect_glance(const char *const *names, size_t count)
{
	struct snapshot *snapshot = snapshot_new();
	bool elsewhere = collect_sysfs_elsewhere();
	struct way way = { .count = 0 };
	struct host *host;

	set_taken(snapshot);
	collect_machine(snapshot);
	collect_links(snapshot);
	collect_qdiscs(snapshot);
	snapshot_seal(snapshot);
	host = host_new(snapshot, NULL);
	for (size_t i = 0; i < count; i++)
		add_name(&way, names[i]);
	for (size_t i = 0; i < way.count; i++)
		add_below(&way, host, way.names[i]);
	host_free(host);
	for (size_t i = 0; i < way.count; i++)
		glance_at(snapshot, way.names[i], elsewhere);
	snapshot_seal(snapshot);
	return snapshot;
}
