/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_AUDIT_H
#define PKTLINT_ANALYZERS_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "host/host.h"
#include "report/report.h"

/* What the machine is for: what is harmless in one role is a fault in another. */
enum audit_role {
	ROLE_NONE,      /* not told: a setting alone is information at most */
	ROLE_FORWARDER, /* a bump in the wire, router or bridge: frames go on as they came */
	ROLE_CAPTURE,   /* it captures or judges other hosts' packets */
	ROLE_LATENCY,
	ROLE_THROUGHPUT,
	ROLE_L2_IPC, /* programs speak raw Ethernet: order matters, nothing repairs it */
	ROLE_COUNT,
};

const char *audit_role_name(enum audit_role role); /* "none", "forwarder", "l2-ipc" ... */

struct audit_options {
	const struct host *host; /* borrowed */
	enum audit_role role;
	const char *const *names; /* of interfaces to judge, borrowed; none: all that are up */
	size_t name_count;
	bool all_counters; /* report all that rose, not only those that tell of trouble */
	bool pair;         /* the two of `names` are asked to reach each other at layer 2 */
	/*
	 * The address of this host that the login runs over (third word of SSH_CONNECTION), or
	 * NULL: commands that cut its device off are tagged so.
	 */
	const char *login_address;
};

/*
 * Judges the machine by all rules and adds report->host and findings to `report`, which may hold
 * already what was observed of its traffic (report->live): that raises what is harmful to it.
 * Returns 0, or -1 with `error` filled: the snapshot has no interface of a name.
 */
int audit_run(const struct audit_options *options, struct report *report, struct error *error);

#endif
