/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_COLLECT_TC_H
#define PKTLINT_HOST_COLLECT_TC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/netlink.h"
#include "host/snapshot.h"

#define QDISC_WHERE_BYTES 32

/* What the rest of the collection needs to know of a qdisc. */
struct qdisc {
	uint32_t ifindex, handle;
	char where[QDISC_WHERE_BYTES]; /* "root", "clsact", "parent 1:a" */
};

#define FILTER_MAX_ACTIONS 32

struct filter {
	uint32_t ifindex;
	char kind[16];
	char action[128]; /* "police", "drop,mirred redirect"; "" if it has none */
	bool has_hardware, in_hardware;
	bool has_counters;
	uint64_t dropped, overlimits; /* of all its actions */
};

/*
 * Read the body of RTM_NEWQDISC and RTM_NEWTFILTER, which may be anything.  Return false if it
 * tells of none; a filter's message that only opens a table is none.
 */
bool qdisc_parse(const uint8_t *body, size_t length, struct qdisc *qdisc);
bool filter_parse(const uint8_t *body, size_t length, struct filter *filter);

/* Adds what such a body tells of the qdisc; `name` is its interface's. */
void qdisc_tell(struct snapshot *snapshot, const char *name, const struct qdisc *qdisc,
	const uint8_t *body, size_t length);

/* Adds the `number`-th filter of "ingress", "egress" or "root". */
void filter_tell(struct snapshot *snapshot, const char *name, const char *where, unsigned number,
	const struct filter *filter);

#endif
