/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a message of rtnetlink say about an interface?  Takes nothing on trust: every length is
 * checked against what is there, an attribute of the wrong size is passed over, and what follows a
 * broken one too.  Reference: rtnetlink(7), linux/if_link.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if.h>
#include <linux/rtnetlink.h>

#include "capture/watch_parts.h"

static void take_mtu(struct watch_link *link, const uint8_t *bytes, size_t length)
{
	if (length != sizeof(link->mtu))
		return;
	memcpy(&link->mtu, bytes, length);
	link->has_mtu = true;
}

static void take_queues(struct watch_link *link, const uint8_t *bytes, size_t length)
{
	uint32_t queues;

	if (length != sizeof(queues))
		return;
	memcpy(&queues, bytes, length);
	if (queues > link->queues)
		link->queues = queues;
}

static void take_event(struct watch_link *link, const uint8_t *bytes, size_t length)
{
	uint32_t event;

	if (length != sizeof(event))
		return;
	memcpy(&event, bytes, length);
	link->features_event = event == IFLA_EVENT_FEATURES;
}

static void take_address(struct watch_link *link, const uint8_t *bytes, size_t length)
{
	if (length > sizeof(link->address))
		return;
	memcpy(link->address, bytes, length);
	link->address_bytes = (uint8_t)length;
}

/* The struct grows at its end from kernel to kernel. */
static void take_counters(struct watch_link *link, const uint8_t *bytes, size_t length)
{
	struct rtnl_link_stats64 counters;

	if (length < offsetof(struct rtnl_link_stats64, rx_missed_errors) + sizeof(uint64_t))
		return;
	memset(&counters, 0, sizeof(counters));
	memcpy(&counters, bytes, length < sizeof(counters) ? length : sizeof(counters));
	link->counters = (struct watch_counters){
		.packets = counters.rx_packets,
		.missed = counters.rx_missed_errors,
		.dropped = counters.rx_dropped,
	};
	link->has_counters = true;
}

static const struct {
	uint16_t type;
	void (*take)(struct watch_link *link, const uint8_t *bytes, size_t length);
} attributes[] = {
	{ IFLA_ADDRESS, take_address },
	{ IFLA_MTU, take_mtu },
	{ IFLA_NUM_TX_QUEUES, take_queues },
	{ IFLA_NUM_RX_QUEUES, take_queues },
	{ IFLA_STATS64, take_counters },
	{ IFLA_EVENT, take_event },
};

#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

static void parse_attributes(struct watch_link *link, const uint8_t *bytes, size_t length)
{
	struct rtattr attribute;

	while (length >= sizeof(attribute)) {
		size_t whole;

		memcpy(&attribute, bytes, sizeof(attribute));
		if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > length)
			return;
		for (size_t i = 0; i < ATTRIBUTES; i++) {
			if (attributes[i].type == (attribute.rta_type & NLA_TYPE_MASK))
				attributes[i].take(link, bytes + sizeof(attribute),
					attribute.rta_len - sizeof(attribute));
		}
		whole = RTA_ALIGN((size_t)attribute.rta_len);
		if (whole > length)
			return;
		bytes += whole;
		length -= whole;
	}
}

/*
 * A bridge tells about its ports in the same group, by AF_BRIDGE: there RTM_DELLINK only means
 * that the port left it.
 */
static void parse_link(struct watch_link *link, uint16_t type, const uint8_t *bytes, size_t length)
{
	const unsigned up = IFF_UP | IFF_LOWER_UP;
	struct ifinfomsg info;

	if (length < sizeof(info))
		return;
	memcpy(&info, bytes, sizeof(info));
	if (info.ifi_family != AF_UNSPEC || info.ifi_index <= 0)
		return;
	link->message = type == RTM_NEWLINK ? WATCH_STATE : WATCH_GONE;
	link->ifindex = info.ifi_index;
	link->up = (info.ifi_flags & up) == up;
	parse_attributes(link, bytes + sizeof(info), length - sizeof(info));
}

static void parse_error(struct watch_link *link, const uint8_t *bytes, size_t length)
{
	int32_t error;

	if (length < sizeof(error))
		return;
	memcpy(&error, bytes, sizeof(error));
	link->message = error == -ENODEV ? WATCH_GONE : WATCH_ERROR;
}

size_t watch_link_parse(const uint8_t *bytes, size_t length, struct watch_link *link)
{
	struct nlmsghdr header;
	const uint8_t *body = bytes + sizeof(header);
	size_t body_bytes, whole;

	memset(link, 0, sizeof(*link));
	if (length < sizeof(header))
		return 0;
	memcpy(&header, bytes, sizeof(header));
	if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > length)
		return 0;
	link->sequence = header.nlmsg_seq;
	body_bytes = header.nlmsg_len - sizeof(header);
	if (header.nlmsg_type == RTM_NEWLINK || header.nlmsg_type == RTM_DELLINK)
		parse_link(link, header.nlmsg_type, body, body_bytes);
	else if (header.nlmsg_type == NLMSG_ERROR)
		parse_error(link, body, body_bytes);
	whole = NLMSG_ALIGN((size_t)header.nlmsg_len);
	return whole < length ? whole : length;
}
