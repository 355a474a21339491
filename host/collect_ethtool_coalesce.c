/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long does the device wait before it interrupts? As ethtool -c prints it.  The ioctl says 0
 * also for what the driver does not know; ethtool's netlink leaves that out, so it is asked which
 * 0 is one, where the kernel has it (5.7).  Reference: linux/ethtool.h, struct ethtool_coalesce;
 * net/ethtool/coalesce.c.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "host/collect_ethtool.h"
#include "host/netlink.h"

struct row {
	const char *word;
	size_t offset;
	uint16_t attribute;
	bool flag;
};

#define NUMBER(word, member, attribute) \
	{ \
		word, offsetof(struct ethtool_coalesce, member), ETHTOOL_A_COALESCE_##attribute, \
			false \
	}
#define FLAG(word, member, attribute) \
	{ \
		word, offsetof(struct ethtool_coalesce, member), ETHTOOL_A_COALESCE_##attribute, \
			true \
	}

static const struct row rows[] = {
	FLAG("adaptive-rx", use_adaptive_rx_coalesce, USE_ADAPTIVE_RX),
	FLAG("adaptive-tx", use_adaptive_tx_coalesce, USE_ADAPTIVE_TX),
	NUMBER("stats-block-usecs", stats_block_coalesce_usecs, STATS_BLOCK_USECS),
	NUMBER("sample-interval", rate_sample_interval, RATE_SAMPLE_INTERVAL),
	NUMBER("pkt-rate-low", pkt_rate_low, PKT_RATE_LOW),
	NUMBER("pkt-rate-high", pkt_rate_high, PKT_RATE_HIGH),
	NUMBER("rx-usecs", rx_coalesce_usecs, RX_USECS),
	NUMBER("rx-frames", rx_max_coalesced_frames, RX_MAX_FRAMES),
	NUMBER("rx-usecs-irq", rx_coalesce_usecs_irq, RX_USECS_IRQ),
	NUMBER("rx-frames-irq", rx_max_coalesced_frames_irq, RX_MAX_FRAMES_IRQ),
	NUMBER("tx-usecs", tx_coalesce_usecs, TX_USECS),
	NUMBER("tx-frames", tx_max_coalesced_frames, TX_MAX_FRAMES),
	NUMBER("tx-usecs-irq", tx_coalesce_usecs_irq, TX_USECS_IRQ),
	NUMBER("tx-frames-irq", tx_max_coalesced_frames_irq, TX_MAX_FRAMES_IRQ),
	NUMBER("rx-usecs-low", rx_coalesce_usecs_low, RX_USECS_LOW),
	NUMBER("rx-frame-low", rx_max_coalesced_frames_low, RX_MAX_FRAMES_LOW),
	NUMBER("tx-usecs-low", tx_coalesce_usecs_low, TX_USECS_LOW),
	NUMBER("tx-frame-low", tx_max_coalesced_frames_low, TX_MAX_FRAMES_LOW),
	NUMBER("rx-usecs-high", rx_coalesce_usecs_high, RX_USECS_HIGH),
	NUMBER("rx-frame-high", rx_max_coalesced_frames_high, RX_MAX_FRAMES_HIGH),
	NUMBER("tx-usecs-high", tx_coalesce_usecs_high, TX_USECS_HIGH),
	NUMBER("tx-frame-high", tx_max_coalesced_frames_high, TX_MAX_FRAMES_HIGH),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct known {
	bool asked;
	bool rows[ROWS];
};

static bool take_known(void *context, const struct netlink_message *message)
{
	struct known *known = context;
	struct netlink_attribute attribute;

	if (message->length < GENL_HDRLEN)
		return false;
	known->asked = true;
	for (size_t i = 0; i < ROWS; i++)
		known->rows[i] = netlink_find(message->body + GENL_HDRLEN,
			message->length - GENL_HDRLEN, rows[i].attribute, &attribute);
	return false;
}

static void ask_known(struct netlink *netlink, const char *name, struct known *known)
{
	const struct genlmsghdr header = { .cmd = ETHTOOL_MSG_COALESCE_GET,
		.version = ETHTOOL_GENL_VERSION };
	const struct netlink_taker taker = { .context = known, .take = take_known };
	struct {
		struct nlattr header;
		char name[28];
	} device = { .header = { .nla_type = ETHTOOL_A_HEADER_DEV_NAME } };
	struct netlink_request request;
	uint16_t family = netlink_family(netlink, ETHTOOL_GENL_NAME);

	if (!family)
		return;
	snprintf(device.name, sizeof(device.name), "%s", name);
	device.header.nla_len = (uint16_t)(sizeof(device.header) + strlen(device.name) + 1);
	netlink_begin(&request, family, &header, sizeof(header));
	netlink_add(&request, ETHTOOL_A_COALESCE_HEADER | NLA_F_NESTED, &device,
		NLA_ALIGN((size_t)device.header.nla_len));
	netlink_ask(netlink, &request, &taker);
}

static void tell(const struct ethtool_device *device, const struct row *row, uint32_t value)
{
	char text[16];

	if (row->flag)
		strcpy(text, value ? "on" : "off");
	else
		snprintf(text, sizeof(text), "%" PRIu32, value);
	snapshot_setf(device->snapshot, text, "ethtool -c %s %s", device->name, row->word);
}

void collect_ethtool_coalesce(const struct ethtool_device *device)
{
	struct ethtool_coalesce coalesce = { .cmd = ETHTOOL_GCOALESCE };
	int error = ethtool_ask(device, &coalesce);
	struct known known = { 0 };
	struct netlink *netlink;

	if (error) {
		ethtool_refused(device, "ethtool -c", error);
		return;
	}
	netlink = netlink_open(NETLINK_GENERIC);
	if (netlink)
		ask_known(netlink, device->name, &known);
	netlink_close(netlink);
	for (size_t i = 0; i < ROWS; i++) {
		uint32_t value;

		memcpy(&value, (const uint8_t *)&coalesce + rows[i].offset, sizeof(value));
		if (value == 0 && known.asked && !known.rows[i])
			snapshot_set_unknownf(device->snapshot, VALUE_UNSUPPORTED,
				"ethtool -c %s %s", device->name, rows[i].word);
		else
			tell(device, &rows[i], value);
	}
}
