/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many packets went through each queue? Since Linux 6.9 drivers, virtio_net among them, tell it
 * by generic netlink and no longer in "ethtool -S".  Reference:
 * Documentation/netlink/specs/netdev.yaml, qstats-get.
 */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "host/attributes.h"
#include "host/collect_parts.h"
#include "host/netlink.h"
#include "host/state.h"

#define PATH "ynl netdev qstats-get"
#define MAX_QUEUES 65536 /* of all interfaces */

/* linux/netdev.h, which is younger than some headers. */
#define FAMILY "netdev"
#define COMMAND_STATISTICS_GET 12
#define SCOPE_QUEUE 1u

enum {
	STATISTIC_IFINDEX = 1,
	STATISTIC_QUEUE_TYPE,
	STATISTIC_QUEUE,
	STATISTIC_SCOPE,
	STATISTIC_RX_PACKETS = 8,
	STATISTIC_TX_PACKETS = 10,
	STATISTIC_RX_ALLOC_FAIL = 12,
	STATISTIC_RX_HW_DROPS,
	STATISTIC_RX_HW_DROP_OVERRUNS,
	STATISTIC_RX_HW_GRO_PACKETS = 19,
	STATISTIC_RX_HW_GRO_WIRE_PACKETS = 21,
	STATISTIC_TX_HW_DROPS = 24,
	STATISTIC_TX_STOP = 33,
	STATISTIC_TX_WAKE,
};

static const struct attribute_row rows[] = {
	{ STATISTIC_RX_PACKETS, FORM_NUMBER, "rx-packets", NULL },
	{ STATISTIC_TX_PACKETS, FORM_NUMBER, "tx-packets", NULL },
	{ STATISTIC_RX_ALLOC_FAIL, FORM_NUMBER, "rx-alloc-fail", NULL },
	{ STATISTIC_RX_HW_DROPS, FORM_NUMBER, "rx-hw-drops", NULL },
	{ STATISTIC_RX_HW_DROP_OVERRUNS, FORM_NUMBER, "rx-hw-drop-overruns", NULL },
	{ STATISTIC_RX_HW_GRO_PACKETS, FORM_NUMBER, "rx-hw-gro-packets", NULL },
	{ STATISTIC_RX_HW_GRO_WIRE_PACKETS, FORM_NUMBER, "rx-hw-gro-wire-packets", NULL },
	{ STATISTIC_TX_HW_DROPS, FORM_NUMBER, "tx-hw-drops", NULL },
	{ STATISTIC_TX_STOP, FORM_NUMBER, "tx-stop", NULL },
	{ STATISTIC_TX_WAKE, FORM_NUMBER, "tx-wake", NULL },
};

struct collection {
	struct snapshot *snapshot;
	size_t count;
};

static bool find_number(const uint8_t *bytes, size_t length, uint16_t type, uint64_t *number)
{
	struct netlink_attribute attribute;

	return netlink_find(bytes, length, type, &attribute) &&
	       netlink_number(&attribute, number) && *number <= UINT32_MAX;
}

static void begin(void *context)
{
	struct collection *collection = context;

	collection->count = 0;
}

static bool take(void *context, const struct netlink_message *message)
{
	struct collection *collection = context;
	uint64_t ifindex, type, queue;
	char name[IF_NAMESIZE], prefix[128];
	const uint8_t *bytes = message->body + GENL_HDRLEN;
	size_t length;

	if (message->length < GENL_HDRLEN)
		return true;
	length = message->length - GENL_HDRLEN;
	if (!find_number(bytes, length, STATISTIC_IFINDEX, &ifindex) ||
		!find_number(bytes, length, STATISTIC_QUEUE_TYPE, &type) || type > 1 ||
		!find_number(bytes, length, STATISTIC_QUEUE, &queue) ||
		!if_indextoname((unsigned)ifindex, name))
		return true;
	snprintf(prefix, sizeof(prefix), PATH " %s %s-%" PRIu64, name, type ? "tx" : "rx", queue);
	attributes_tell(
		collection->snapshot, prefix, rows, sizeof(rows) / sizeof(rows[0]), bytes, length);
	return ++collection->count < MAX_QUEUES;
}

void collect_queue_statistics(struct snapshot *snapshot)
{
	const struct genlmsghdr header = { .cmd = COMMAND_STATISTICS_GET, .version = 1 };
	const uint32_t scope = SCOPE_QUEUE;
	struct collection collection = { .snapshot = snapshot };
	const struct netlink_taker taker = { &collection, begin, take };
	struct netlink *netlink = netlink_open(NETLINK_GENERIC);
	uint16_t family = netlink ? netlink_family(netlink, FAMILY) : 0;
	struct netlink_request request;
	int error = EOPNOTSUPP;

	if (family) {
		netlink_begin(&request, family, &header, sizeof(header));
		netlink_add(&request, STATISTIC_SCOPE, &scope, sizeof(scope));
		error = netlink_dump(netlink, &request, &taker);
	}
	if (error)
		snapshot_set_unknown(snapshot, PATH, state_of_error(error));
	netlink_close(netlink);
}
