/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does ethtool print under names that kernel and driver choose: features (-k), counters (-S),
 * private flags?  Features come in the groups of ethtool(8), which reads the kernel's names by
 * patterns: a group of one takes the group's name.  Reference: net/ethtool/ioctl.c,
 * net/ethtool/common.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ethtool.h>

#include "base/memory.h"
#include "host/collect_ethtool.h"

#define MAX_COUNTERS 2048 /* told of an interface */
#define MAX_FEATURES 1024
#define FEATURE_WORDS (MAX_FEATURES / 32)

/* The kernel's names of a group begin and end so. */
static const struct {
	const char *group, *begin, *end;
} groups[] = {
	{ "rx-checksumming", "rx-checksum", NULL },
	{ "tx-checksumming", "tx-checksum-", "" },
	{ "scatter-gather", "tx-scatter-gather", "" },
	{ "tcp-segmentation-offload", "tx-tcp", "-segmentation" },
	{ "generic-segmentation-offload", "tx-generic-segmentation", NULL },
	{ "generic-receive-offload", "rx-gro", NULL },
	{ "large-receive-offload", "rx-lro", NULL },
	{ "rx-vlan-offload", "rx-vlan-hw-parse", NULL },
	{ "tx-vlan-offload", "tx-vlan-hw-insert", NULL },
	{ "ntuple-filters", "rx-ntuple-filter", NULL },
	{ "receive-hashing", "rx-hashing", NULL },
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/* Without an end the whole name must be equal. */
static bool matches(const char *name, size_t group)
{
	const char *begin = groups[group].begin, *end = groups[group].end;
	size_t length = strlen(name);

	if (!end)
		return strcmp(name, begin) == 0;
	return length >= strlen(begin) + strlen(end) && strncmp(name, begin, strlen(begin)) == 0 &&
	       strcmp(name + length - strlen(end), end) == 0;
}

static size_t group_of(const char *name)
{
	size_t group = 0;

	while (group < GROUPS && !matches(name, group))
		group++;
	return group;
}

static bool is_on(const uint32_t *bits, uint32_t bit)
{
	return bits[bit / 32] >> bit % 32 & 1;
}

static const char *feature_text(const struct ethtool_feature_bits *bits, uint32_t bit)
{
	bool active = is_on(bits->active, bit), requested = is_on(bits->requested, bit);

	if (!is_on(bits->available, bit) || is_on(bits->never_changed, bit))
		return active ? "on [fixed]" : "off [fixed]";
	if (active == requested)
		return active ? "on" : "off";
	return active ? "on [requested off]" : "off [requested on]";
}

void ethtool_features_tell(struct snapshot *snapshot, const char *name,
	const struct ethtool_names *names, const struct ethtool_feature_bits *bits)
{
	struct {
		uint32_t members, first;
		bool on;
	} found[GROUPS + 1] = { 0 };

	for (uint32_t i = 0; i < names->count; i++) {
		size_t group = group_of(names->names[i]);

		if (found[group].members++ == 0)
			found[group].first = i;
		found[group].on |= is_on(bits->active, i);
	}
	for (uint32_t i = 0; i < names->count; i++) {
		size_t group = group_of(names->names[i]);

		if (*names->names[i] && (group == GROUPS || found[group].members > 1))
			snapshot_setf(snapshot, feature_text(bits, i), "ethtool -k %s %s", name,
				names->names[i]);
	}
	for (size_t group = 0; group < GROUPS; group++) {
		const char *text = found[group].on ? "on" : "off";

		if (found[group].members == 1)
			text = feature_text(bits, found[group].first);
		snapshot_setf(snapshot, text, "ethtool -k %s %s", name, groups[group].group);
	}
}

static void tell_answer(const struct ethtool_device *device, const struct ethtool_names *names,
	const struct ethtool_gfeatures *answer)
{
	uint32_t words[4][FEATURE_WORDS] = { 0 };
	const struct ethtool_feature_bits bits = {
		.available = words[0],
		.requested = words[1],
		.active = words[2],
		.never_changed = words[3],
	};

	for (uint32_t i = 0; i < answer->size && i < FEATURE_WORDS; i++) {
		words[0][i] = answer->features[i].available;
		words[1][i] = answer->features[i].requested;
		words[2][i] = answer->features[i].active;
		words[3][i] = answer->features[i].never_changed;
	}
	ethtool_features_tell(device->snapshot, device->name, names, &bits);
}

void collect_ethtool_features(const struct ethtool_device *device)
{
	union {
		struct ethtool_gfeatures answer;
		uint8_t room[sizeof(struct ethtool_gfeatures) +
			     FEATURE_WORDS * sizeof(struct ethtool_get_features_block)];
	} features;
	struct ethtool_names names;
	int error = ethtool_names_read(device, ETH_SS_FEATURES, &names);

	memset(&features, 0, sizeof(features));
	features.answer.cmd = ETHTOOL_GFEATURES;
	features.answer.size = FEATURE_WORDS;
	if (!error)
		error = ethtool_ask(device, &features);
	if (error)
		ethtool_refused(device, "ethtool -k", error);
	else if (names.count && names.count <= MAX_FEATURES)
		tell_answer(device, &names, &features.answer);
	free(names.names);
}

/* Drivers agree on little more than these parts of names. */
bool ethtool_counter_wanted(const char *name)
{
	static const char *const parts[] = { "drop", "err", "exceeded", "miss", "discard", "no_buf",
		"nobuf", "no_buff", "nodesc", "no_desc", "alloc_fail", "fifo", "over", "full",
		"timeout", "crc", "lost", "fail", "xdp", "lro", "gro", "packets", "pkt", "_cnt",
		"pause", "bad", "out_of", "outof", "exhaust", "busy", "stop", "wake", "csum",
		"peer_ifindex" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcasestr(name, parts[i]))
			return true;
	}
	return false;
}

static void tell_counters(const struct ethtool_device *device, const struct ethtool_names *names,
	const struct ethtool_stats *stats)
{
	uint32_t told = 0;
	char text[24];

	for (uint32_t i = 0; i < names->count && i < stats->n_stats && told < MAX_COUNTERS; i++) {
		uint64_t value;

		if (!ethtool_counter_wanted(names->names[i]))
			continue;
		memcpy(&value, &stats->data[i], sizeof(value));
		snprintf(text, sizeof(text), "%" PRIu64, value);
		snapshot_setf(
			device->snapshot, text, "ethtool -S %s %s", device->name, names->names[i]);
		told++;
	}
}

/* Twice the room, as for names. */
void collect_ethtool_statistics(const struct ethtool_device *device)
{
	struct ethtool_stats *stats;
	struct ethtool_names names;
	int error = ethtool_names_read(device, ETH_SS_STATS, &names);

	if (!error && names.count) {
		stats = memory_alloc(1, sizeof(*stats) + 2 * names.count * sizeof(uint64_t));
		stats->cmd = ETHTOOL_GSTATS;
		stats->n_stats = names.count;
		error = ethtool_ask(device, stats);
		if (!error && stats->n_stats == names.count)
			tell_counters(device, &names, stats);
		free(stats);
	}
	if (error || !names.count)
		ethtool_refused(device, "ethtool -S", error ? error : EOPNOTSUPP);
	free(names.names);
}

void collect_ethtool_private_flags(const struct ethtool_device *device)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GPFLAGS };
	struct ethtool_names names;
	int error = ethtool_names_read(device, ETH_SS_PRIV_FLAGS, &names);

	if (!error && names.count)
		error = ethtool_ask(device, &flags);
	for (uint32_t i = 0; !error && i < names.count && i < 32; i++)
		snapshot_setf(device->snapshot, flags.data >> i & 1 ? "on" : "off",
			"ethtool --show-priv-flags %s %s", device->name, names.names[i]);
	if (error || !names.count)
		ethtool_refused(device, "ethtool --show-priv-flags", error ? error : EOPNOTSUPP);
	free(names.names);
}
