/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_COLLECT_H
#define PKTLINT_HOST_COLLECT_H

#include <stdbool.h>

#include "host/snapshot.h"

/*
 * Takes a snapshot of this machine as this process sees it, by reading and asking only.  Returns
 * it sealed, freed with snapshot_free(); never NULL: what cannot be read is in it with the reason.
 * Stays within SNAPSHOT_MAX_VALUES and about a thousand interfaces.
 */
struct snapshot *host_collect(void);

/*
 * The same for somebody in a hurry: the machine's settings, links, addresses and routes, but files
 * and drivers' answers only of the interfaces of `names` and of what they run over; no counters,
 * no sockets, no traffic control.
 */
struct snapshot *host_glance(const char *const *names, size_t count);

/* Whether /sys shows another network namespace than this process is in, or is not there. */
bool collect_sysfs_elsewhere(void);

/*
 * The parts of it, each adding its values.  `name` is an interface's; where sysfs is `elsewhere`,
 * and where it shows another interface of that name or none, its files are VALUE_HIDDEN.
 */
void collect_machine(struct snapshot *snapshot);  /* CPUs, kernel, settings */
void collect_counters(struct snapshot *snapshot); /* /proc/net */
void collect_interface_files(
	struct snapshot *snapshot, const char *name, int ifindex, bool elsewhere);
void collect_queue_statistics(struct snapshot *snapshot); /* netdev, of generic netlink */
void collect_shared_files(struct snapshot *snapshot);     /* of all interfaces; RDMA devices */

/* The interrupts of the devices that collect_interface_files() has added; seals the snapshot. */
void collect_interrupts(struct snapshot *snapshot);

void collect_links(struct snapshot *snapshot);           /* rtnetlink: links, addresses, routes */
void collect_traffic_control(struct snapshot *snapshot); /* qdiscs, filters, policers */
void collect_ethtool(struct snapshot *snapshot, const char *name);
void collect_sockets(struct snapshot *snapshot); /* who takes or copies packets */

#endif
