/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long does the device wait before it interrupts? As ethtool -c prints it; by ioctl, in which
 * what the driver does not know is 0.  Reference: linux/ethtool.h, struct ethtool_coalesce.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <linux/ethtool.h>

#include "host/collect_ethtool.h"

static const struct {
	const char *word;
	size_t offset;
	bool flag;
} rows[] = {
	{ "adaptive-rx", offsetof(struct ethtool_coalesce, use_adaptive_rx_coalesce), true },
	{ "adaptive-tx", offsetof(struct ethtool_coalesce, use_adaptive_tx_coalesce), true },
	{ "stats-block-usecs", offsetof(struct ethtool_coalesce, stats_block_coalesce_usecs),
		false },
	{ "sample-interval", offsetof(struct ethtool_coalesce, rate_sample_interval), false },
	{ "pkt-rate-low", offsetof(struct ethtool_coalesce, pkt_rate_low), false },
	{ "pkt-rate-high", offsetof(struct ethtool_coalesce, pkt_rate_high), false },
	{ "rx-usecs", offsetof(struct ethtool_coalesce, rx_coalesce_usecs), false },
	{ "rx-frames", offsetof(struct ethtool_coalesce, rx_max_coalesced_frames), false },
	{ "rx-usecs-irq", offsetof(struct ethtool_coalesce, rx_coalesce_usecs_irq), false },
	{ "rx-frames-irq", offsetof(struct ethtool_coalesce, rx_max_coalesced_frames_irq), false },
	{ "tx-usecs", offsetof(struct ethtool_coalesce, tx_coalesce_usecs), false },
	{ "tx-frames", offsetof(struct ethtool_coalesce, tx_max_coalesced_frames), false },
	{ "tx-usecs-irq", offsetof(struct ethtool_coalesce, tx_coalesce_usecs_irq), false },
	{ "tx-frames-irq", offsetof(struct ethtool_coalesce, tx_max_coalesced_frames_irq), false },
	{ "rx-usecs-low", offsetof(struct ethtool_coalesce, rx_coalesce_usecs_low), false },
	{ "rx-frame-low", offsetof(struct ethtool_coalesce, rx_max_coalesced_frames_low), false },
	{ "tx-usecs-low", offsetof(struct ethtool_coalesce, tx_coalesce_usecs_low), false },
	{ "tx-frame-low", offsetof(struct ethtool_coalesce, tx_max_coalesced_frames_low), false },
	{ "rx-usecs-high", offsetof(struct ethtool_coalesce, rx_coalesce_usecs_high), false },
	{ "rx-frame-high", offsetof(struct ethtool_coalesce, rx_max_coalesced_frames_high), false },
	{ "tx-usecs-high", offsetof(struct ethtool_coalesce, tx_coalesce_usecs_high), false },
	{ "tx-frame-high", offsetof(struct ethtool_coalesce, tx_max_coalesced_frames_high), false },
};

void collect_ethtool_coalesce(const struct ethtool_device *device)
{
	struct ethtool_coalesce coalesce = { .cmd = ETHTOOL_GCOALESCE };
	int error = ethtool_ask(device, &coalesce);
	uint32_t value;
	char text[16];

	if (error) {
		ethtool_refused(device, "ethtool -c", error);
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(&value, (const uint8_t *)&coalesce + rows[i].offset, sizeof(value));
		snprintf(text, sizeof(text), "%" PRIu32, value);
		snapshot_setf(device->snapshot, rows[i].flag ? (value ? "on" : "off") : text,
			"ethtool -c %s %s", device->name, rows[i].word);
	}
}
