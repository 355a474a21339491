/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_COLLECT_H
#define PKTLINT_HOST_COLLECT_H

#include <stddef.h>

#include "host/snapshot.h"

/*
 * Takes a snapshot of this machine as this process sees it, by reading and asking only.  Returns
 * it sealed, freed with snapshot_free(); never NULL: what cannot be read is in it with the reason.
 * Stays within SNAPSHOT_MAX_VALUES and about a thousand interfaces.
 */
struct snapshot *collect_snapshot(void);

/*
 * The same for somebody in a hurry: the machine's settings, links, addresses, routes and qdiscs,
 * but files and drivers' answers only of the interfaces of `names` and of what they run over or
 * are made of, 64 at most; no counters, no sockets, no filters.
 */
struct snapshot *collect_glance(const char *const *names, size_t count);

#endif
