/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which offloads of an interface were switched?  Reads those that change what a capture sees: sizes
 * of frames, checksums, VLAN tags.  By ioctl(SIOCETHTOOL), on the rtnetlink socket, since any
 * socket will do.  Reference: linux/ethtool.h, ETHTOOL_GFEATURES; netdev_features_strings of
 * net/ethtool/common.c, which are the same for all interfaces.
 */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "base/memory.h"
#include "capture/watch_parts.h"

#define MAX_STRINGS 512
#define WORDS (MAX_STRINGS / 32)

/* How the names begin. */
static const char *const wanted[] = {
	"rx-checksum",
	"rx-gro",
	"rx-lro",
	"rx-udp-gro",
	"rx-vlan-hw-parse",
	"tx-checksum",
	"tx-generic-segmentation",
	"tx-tcp",
	"tx-udp-segmentation",
};

#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

bool watch_features_name(const struct watch *watch, int ifindex, char *name)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	request.ifr_ifindex = ifindex;
	if (ioctl(watch->answers, SIOCGIFNAME, &request) < 0)
		return false;
	memcpy(name, request.ifr_name, IF_NAMESIZE);
	name[IF_NAMESIZE - 1] = '\0';
	return true;
}

/* By the name of now: interfaces are renamed, and SIOCETHTOOL knows no numbers. */
static int ask(const struct watch *watch, int ifindex, void *command)
{
	struct ifreq request;
	char name[IF_NAMESIZE];

	if (!watch_features_name(watch, ifindex, name))
		return -1;
	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, name, sizeof(name));
	request.ifr_data = command;
	return ioctl(watch->answers, SIOCETHTOOL, &request);
}

static bool is_wanted(const char *name)
{
	for (size_t i = 0; i < WANTED; i++) {
		if (strncmp(name, wanted[i], strlen(wanted[i])) == 0)
			return true;
	}
	return false;
}

/* ETHTOOL_GSTRINGS writes all there are, whatever room it is told. */
static uint32_t count_strings(const struct watch *watch, int ifindex)
{
	union {
		struct ethtool_sset_info answer;
		uint8_t room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} count;

	memset(&count, 0, sizeof(count));
	count.answer.cmd = ETHTOOL_GSSET_INFO;
	count.answer.sset_mask = UINT64_C(1) << ETH_SS_FEATURES;
	if (ask(watch, ifindex, &count) < 0 || !count.answer.sset_mask)
		return 0;
	return count.answer.data[0];
}

static void learn_names(struct watch *watch, int ifindex)
{
	uint32_t count = count_strings(watch, ifindex);
	struct ethtool_gstrings *strings;

	_Static_assert(WATCH_FEATURE_BYTES == ETH_GSTRING_LEN, "names fit");
	if (count == 0 || count > MAX_STRINGS)
		return;
	strings = memory_alloc(1, sizeof(*strings) + (size_t)count * ETH_GSTRING_LEN);
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_FEATURES;
	strings->len = count;
	if (ask(watch, ifindex, strings) < 0)
		count = 0;
	for (uint32_t i = 0; i < count && watch->feature_count < WATCH_MAX_FEATURES; i++) {
		char *name = watch->feature_names[watch->feature_count];

		memcpy(name, strings->data + (size_t)i * ETH_GSTRING_LEN, ETH_GSTRING_LEN - 1);
		if (is_wanted(name))
			watch->feature_bits[watch->feature_count++] = (uint16_t)i;
	}
	free(strings);
}

static bool read_active(const struct watch *watch, int ifindex, uint32_t *active)
{
	union {
		struct ethtool_gfeatures answer;
		uint8_t room[sizeof(struct ethtool_gfeatures) +
			     WORDS * sizeof(struct ethtool_get_features_block)];
	} features;

	memset(&features, 0, sizeof(features));
	features.answer.cmd = ETHTOOL_GFEATURES;
	features.answer.size = WORDS;
	if (!watch->feature_count || ask(watch, ifindex, &features) < 0)
		return false;
	*active = 0;
	for (uint32_t i = 0; i < watch->feature_count; i++) {
		uint32_t bit = watch->feature_bits[i];

		if (features.answer.features[bit / 32].active >> bit % 32 & 1)
			*active |= UINT32_C(1) << i;
	}
	return true;
}

void watch_features_add(struct watch *watch, struct watch_device *device)
{
	if (!watch->feature_count)
		learn_names(watch, device->ifindex);
	device->has_features = read_active(watch, device->ifindex, &device->features);
	device->look = device->features_event = false;
}

/* Returns false if there was no room for all. */
static bool compare(struct watch *watch, struct watch_device *device, uint32_t active)
{
	for (uint32_t i = 0; i < watch->feature_count; i++) {
		uint32_t bit = UINT32_C(1) << i;
		struct change change = {
			.kind = CHANGE_FEATURES,
			.interface = device->interface,
			.before = (device->features & bit) != 0,
			.after = (active & bit) != 0,
			.what = watch->feature_names[i],
		};

		if (change.before == change.after)
			continue;
		if (!watch_tell_change(watch, &change))
			return false;
		device->features ^= bit;
	}
	return true;
}

static bool look_at(struct watch *watch, struct watch_device *device)
{
	struct change unknown = { .kind = CHANGE_FEATURES, .interface = device->interface };
	uint32_t active;

	if (!device->has_features)
		return !device->features_event || watch_tell_change(watch, &unknown);
	if (!read_active(watch, device->ifindex, &active))
		return true; /* it is going away */
	return compare(watch, device, active);
}

void watch_features_look(struct watch *watch)
{
	for (uint32_t i = 0; i < watch->device_count; i++) {
		struct watch_device *device = &watch->devices[i];

		if (!device->look || device->gone || !look_at(watch, device))
			continue;
		device->look = device->features_event = false;
	}
}
