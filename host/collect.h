/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_COLLECT_H
#define PKTLINT_HOST_COLLECT_H

#include "host/snapshot.h"

/*
 * Takes a snapshot of this machine as this process sees it, by reading and asking only.  Returns
 * it sealed, freed with snapshot_free(); never NULL: what cannot be read is in it with the reason.
 * Stays within SNAPSHOT_MAX_VALUES and about a thousand interfaces.
 */
struct snapshot *host_collect(void);

/*
 * The parts of it, each adding its values.  `name` is an interface's; one whose sysfs shows another
 * namespace has its files VALUE_HIDDEN.
 */
void collect_machine(struct snapshot *snapshot); /* CPUs, kernel, sysctls, counters */
void collect_interface_files(struct snapshot *snapshot, const char *name, int ifindex);
void collect_links(struct snapshot *snapshot);           /* rtnetlink: links, addresses, routes */
void collect_traffic_control(struct snapshot *snapshot); /* qdiscs, filters, policers */
void collect_ethtool(struct snapshot *snapshot, const char *name);
void collect_sockets(struct snapshot *snapshot); /* who takes or copies packets */

#endif
