/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_AUDIT_PATH_H
#define PKTLINT_ANALYZERS_AUDIT_PATH_H

#include "host/host.h"

enum path_answer {
	PATH_NONE,     /* nothing joins them */
	PATH_UNLIKELY, /* nothing does that can be seen; one leads where it cannot be seen */
	PATH_UNKNOWN,  /* both lead to where something may join them */
	PATH_JOINED,
};

struct path {
	enum path_answer answer;
	char why[200]; /* a clause, ours but for names of interfaces */
};

/*
 * Whether an Ethernet frame that a program sends on `from` comes in on `to`, by what this machine
 * has: veth pairs, bridges, VLANs, macvlans, bonds.
 */
struct path path_between(const struct host *host, const struct host_interface *from,
	const struct host_interface *to);

#endif
