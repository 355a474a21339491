/* SPDX-License-Identifier: BSD-2-Clause */
/* What does this machine say of itself? Puts the parts of a snapshot together. */
#include "host/collect.h"

#include <net/if.h>
#include <time.h>

static void collect_interfaces(struct snapshot *snapshot)
{
	struct if_nameindex *list = if_nameindex();
	bool elsewhere = collect_sysfs_elsewhere();

	for (size_t i = 0; list && list[i].if_index && i < 1024; i++) {
		collect_interface_files(
			snapshot, list[i].if_name, (int)list[i].if_index, elsewhere);
		collect_ethtool(snapshot, list[i].if_name);
	}
	if (list)
		if_freenameindex(list);
	collect_shared_files(snapshot);
	collect_interrupts(snapshot);
}

struct snapshot *host_collect(void)
{
	struct snapshot *snapshot = snapshot_new();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snapshot_set_taken(snapshot, now.tv_sec * INT64_C(1000000000) + now.tv_nsec);
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
