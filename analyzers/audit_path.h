/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_AUDIT_PATH_H
#define PKTLINT_ANALYZERS_AUDIT_PATH_H

#include "host/host.h"

enum path_answer {
	PATH_NONE,      /* nothing joins them */
	PATH_UNLIKELY,  /* nothing does that can be seen; one leads where it cannot be seen */
	PATH_UNKNOWN,   /* both lead to where something may join them */
	PATH_FORWARDED, /* what comes in by the one leaves by, or comes to, the other */
	PATH_JOINED,    /* what is sent on the one comes in on the other */
};

struct path {
	enum path_answer answer;
	char why[200]; /* a clause, ours but for names of interfaces, or "" */
	bool filtered; /* a bridge on the way filters VLANs, by a table that is not known */
};

/*
 * Whether an Ethernet frame that a program sends on `from`, or that comes in there, gets to `to`,
 * by what this machine has: veth pairs, bridges, VLANs, macvlans, bonds.
 */
struct path path_between(const struct host *host, const struct host_interface *from,
	const struct host_interface *to);

#endif
