/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What do qdiscs, filters and policers do? One dump tells of all qdiscs; filters are asked for
 * where a qdisc may have them: ingress and egress, and the root.  Reference: rtnetlink(7), tc(8),
 * net/sched/cls_api.c.
 */
#include "host/collect_tc.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "base/memory.h"
#include "host/collect_parts.h"
#include "host/state.h"

#define MAX_QDISCS 16384
#define MAX_FILTERS 256 /* told of one place */

struct collection {
	struct snapshot *snapshot;
	struct qdisc *qdiscs;
	size_t count;

	uint32_t ifindex; /* of the filters asked for */
	const char *name, *where;
	unsigned number;
};

static void begin_qdiscs(void *context)
{
	struct collection *collection = context;

	collection->count = 0;
}

static bool take_qdisc(void *context, const struct netlink_message *message)
{
	struct collection *collection = context;
	char name[IF_NAMESIZE];
	struct qdisc qdisc;

	if (message->type != RTM_NEWQDISC || !qdisc_parse(message->body, message->length, &qdisc) ||
		!if_indextoname(qdisc.ifindex, name))
		return true;
	qdisc_tell(collection->snapshot, name, &qdisc, message->body, message->length);
	collection->qdiscs = memory_append(collection->qdiscs, &collection->count, sizeof(qdisc));
	collection->qdiscs[collection->count - 1] = qdisc;
	return collection->count < MAX_QDISCS;
}

static void begin_filters(void *context)
{
	struct collection *collection = context;

	collection->number = 0;
}

static bool take_filter(void *context, const struct netlink_message *message)
{
	struct collection *collection = context;
	struct filter filter;

	if (message->type != RTM_NEWTFILTER ||
		!filter_parse(message->body, message->length, &filter) ||
		filter.ifindex != collection->ifindex)
		return true;
	filter_tell(collection->snapshot, collection->name, collection->where, ++collection->number,
		&filter);
	return collection->number < MAX_FILTERS;
}

/* A qdisc that takes no filters refuses, which says nothing. */
static void collect_filters(struct collection *collection, struct netlink *netlink,
	const struct qdisc *qdisc, const char *where, uint32_t parent)
{
	const struct tcmsg head = {
		.tcm_family = AF_UNSPEC, .tcm_ifindex = (int)qdisc->ifindex, .tcm_parent = parent
	};
	const struct netlink_taker taker = { collection, begin_filters, take_filter };
	struct netlink_request request;
	char name[IF_NAMESIZE];

	if (!if_indextoname(qdisc->ifindex, name))
		return;
	collection->ifindex = qdisc->ifindex;
	collection->name = name;
	collection->where = where;
	netlink_begin(&request, RTM_GETTFILTER, &head, sizeof(head));
	netlink_dump(netlink, &request, &taker);
}

static void collect_filters_of(
	struct collection *collection, struct netlink *netlink, const struct qdisc *qdisc)
{
	bool both = strcmp(qdisc->where, "clsact") == 0;

	if (both || strcmp(qdisc->where, "ingress") == 0)
		collect_filters(collection, netlink, qdisc, "ingress",
			TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS));
	if (both)
		collect_filters(collection, netlink, qdisc, "egress",
			TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS));
	if (strcmp(qdisc->where, "root") == 0 && qdisc->handle)
		collect_filters(collection, netlink, qdisc, "root", 0);
}

static void collect(struct snapshot *snapshot, bool with_filters)
{
	const struct tcmsg head = { .tcm_family = AF_UNSPEC };
	struct collection collection = { .snapshot = snapshot };
	const struct netlink_taker taker = { &collection, begin_qdiscs, take_qdisc };
	struct netlink *netlink = netlink_open(NETLINK_ROUTE);
	int error = netlink ? 0 : errno;
	struct netlink_request request;

	netlink_begin(&request, RTM_GETQDISC, &head, sizeof(head));
	if (netlink)
		error = netlink_dump(netlink, &request, &taker);
	if (error)
		snapshot_set_unknown(snapshot, "tc -s qdisc show", state_of_error(error));
	for (size_t i = 0; with_filters && i < collection.count; i++)
		collect_filters_of(&collection, netlink, &collection.qdiscs[i]);
	free(collection.qdiscs);
	netlink_close(netlink);
}

void collect_traffic_control(struct snapshot *snapshot)
{
	collect(snapshot, true);
}

void collect_qdiscs(struct snapshot *snapshot)
{
	collect(snapshot, false);
}
