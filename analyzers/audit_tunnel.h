/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_AUDIT_TUNNEL_H
#define PKTLINT_ANALYZERS_AUDIT_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "host/host.h"

#define TUNNEL_MAX_ENDS 64

/* A far end of a tunnel. */
struct tunnel_end {
	const char *address; /* numeric, IPv4 or IPv6; the snapshot's */
	bool ipv6;
	const struct host_interface *out; /* what its packets leave by, NULL: not told */
};

/* Whether the interface puts packets into others and is of a kind with a known overhead. */
bool tunnel_is(const struct host_interface *interface);

/*
 * The bytes by which an IP packet has grown when it leaves for an end of that family: headers that
 * are always there, so that what comes on top is left out.  0: unknown.
 */
unsigned tunnel_overhead_bytes(
	const struct host *host, const struct host_interface *interface, bool ipv6);

/*
 * Fills `ends` with the far ends that are set or, of a vxlan, in its forwarding table, each once;
 * at most TUNNEL_MAX_ENDS.  Returns how many.
 */
size_t tunnel_ends(const struct host *host, const struct host_interface *interface,
	struct tunnel_end ends[TUNNEL_MAX_ENDS]);

#endif
