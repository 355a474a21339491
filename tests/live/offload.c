/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does an interface hand over packets as they are on the wire? Switches the features that join,
 * cut or finish packets outside the stack, by their names in the kernel's own list
 * (net/ethtool/common.c, netdev_features_strings), with the ioctls of linux/ethtool.h.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tests/live/tool.h"
#include "tests/live/traffic.h"

/* What is switched if nothing is named. Segmentation needs scatter-gather, and that checksums. */
static const char *const usual_features[] = {
	"tx-checksum-ip-generic",
	"tx-checksum-ipv4",
	"tx-checksum-ipv6",
	"tx-scatter-gather",
	"tx-scatter-gather-fraglist",
	"tx-tcp-segmentation",
	"tx-tcp-ecn-segmentation",
	"tx-tcp-mangleid-segmentation",
	"tx-tcp6-segmentation",
	"tx-tcp-accecn-segmentation",
	"tx-udp-segmentation",
	"tx-generic-segmentation",
	"tx-gso-list",
	"rx-gro",
	"rx-gro-list",
	"rx-udp-gro-forwarding",
	NULL,
};

struct features {
	const char *interface;
	int fd;
	uint32_t count;
	struct ethtool_gstrings *names;
	struct ethtool_sfeatures *set;
};

static int ask(const struct features *features, void *data)
{
	struct ifreq request = { .ifr_data = data };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", features->interface);
	return ioctl(features->fd, SIOCETHTOOL, &request);
}

/* A request of the kernel's, which ends with an array. */
static void *allocate(size_t bytes)
{
	void *memory = calloc(1, bytes);

	if (!memory)
		die("out of memory");
	return memory;
}

static void read_names(struct features *features)
{
	struct ethtool_sset_info *info = allocate(sizeof(*info) + sizeof(*info->data));

	info->cmd = ETHTOOL_GSSET_INFO;
	info->sset_mask = 1u << ETH_SS_FEATURES;
	if (ask(features, info) < 0)
		die("cannot ask '%s' for its features: %s", features->interface, strerror(errno));
	features->count = info->data[0];
	free(info);
	features->names = allocate(
		sizeof(*features->names) + (size_t)features->count * ETH_GSTRING_LEN);
	features->names->cmd = ETHTOOL_GSTRINGS;
	features->names->string_set = ETH_SS_FEATURES;
	features->names->len = features->count;
	if (ask(features, features->names) < 0)
		die("cannot read the features of '%s': %s", features->interface, strerror(errno));
}

/* Prepares a request that switches nothing yet. */
static void prepare_set(struct features *features)
{
	uint32_t blocks = (features->count + 31) / 32;

	features->set = allocate(
		sizeof(*features->set) + blocks * sizeof(*features->set->features));
	features->set->cmd = ETHTOOL_SFEATURES;
	features->set->size = blocks;
}

/* Returns whether this kernel knows the feature. */
static bool choose(struct features *features, const char *name, bool on)
{
	for (uint32_t i = 0; i < features->count; i++) {
		struct ethtool_set_features_block *block = &features->set->features[i / 32];

		if (strncmp((char *)features->names->data + (size_t)i * ETH_GSTRING_LEN, name,
			    ETH_GSTRING_LEN))
			continue;
		block->valid |= 1u << i % 32;
		if (on)
			block->requested |= 1u << i % 32;
		return true;
	}
	return false;
}

/* Those that the device does not have, or has for good, do not matter unless they are named. */
int set_offload(const struct request *request)
{
	static struct features features;
	char *const *words = request->words;
	const char *const *names = usual_features;
	bool named, on;
	int result;

	if (!words[0] || !words[1] || (strcmp(words[1], "on") && strcmp(words[1], "off")))
		die("offload needs an interface and 'on' or 'off'");
	on = !strcmp(words[1], "on");
	named = words[2];
	if (named)
		names = (const char *const *)words + 2;
	features.interface = words[0];
	features.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (features.fd < 0)
		die("cannot open a socket: %s", strerror(errno));
	read_names(&features);
	prepare_set(&features);
	for (; *names; names++)
		if (!choose(&features, *names, on) && named)
			die("there is no feature '%s'", *names);
	result = ask(&features, features.set);
	if (result < 0)
		die("cannot switch the features of '%s': %s", features.interface, strerror(errno));
	free(features.names);
	free(features.set);
	if (named && result & ETHTOOL_F_UNSUPPORTED)
		die("'%s' cannot switch '%s'", features.interface, words[2]);
	return 0;
}
