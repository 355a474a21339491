/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_AUDIT_LINKS_H
#define PKTLINT_ANALYZERS_AUDIT_LINKS_H

/* How interfaces hang together, as several rules ask it. */

#include "analyzers/audit_parts.h"

bool link_is(const struct host_interface *interface, const char *kind);

/* Whether the interface is one of those to judge. */
bool link_judged(const struct audit *audit, const struct host_interface *interface);

/* The peer of a veth, if it can be seen from here, or NULL. */
const struct host_interface *link_peer(
	const struct host *host, const struct host_interface *interface);

/*
 * The bridge or bond (`kind`) to judge when it is the turn of `interface`: itself, or its master
 * if only members are judged, once; else NULL.
 */
const struct host_interface *link_group(
	const struct audit *audit, const struct host_interface *interface, const char *kind);

/* The member of `master` behind `member`, the first for NULL; NULL: there is no other. */
const struct host_interface *link_member(const struct host *host,
	const struct host_interface *master, const struct host_interface *member);

/*
 * Whether the kernel forwards what it receives by the interface: it is a port of a bridge, or
 * routing is on.
 */
bool link_forwards(const struct host *host, const struct host_interface *interface);

#endif
