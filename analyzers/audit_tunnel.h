/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_AUDIT_TUNNEL_H
#define PKTLINT_ANALYZERS_AUDIT_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/host.h"

#define TUNNEL_MAX_ENDS 64

#define TUNNEL_ADDRESS 46 /* bytes of the longest IPv6 address */

/* A far end of a tunnel. */
struct tunnel_end {
	char address[TUNNEL_ADDRESS]; /* numeric, IPv4 or IPv6 */
	bool ipv6;
	const struct host_interface *out; /* what its packets leave by, NULL: not told */
	const char *gateway;              /* the snapshot's, NULL: none, or not told */
	uint32_t mtu; /* of `out`, or what the kernel has learnt of the path if that is less */
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
