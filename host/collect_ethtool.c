/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What do drivers answer? By ioctl(SIOCETHTOOL), in the words that ethtool(8) prints.  Whatever the
 * driver leaves zero where ethtool prints "n/a" is unsupported.  Reference: linux/ethtool.h,
 * net/ethtool/ioctl.c.
 */
#include "host/collect_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>

#include "base/memory.h"
#include "host/collect_ethtool.h"
#include "host/state.h"

#define MAX_NAMES 16384
#define MAX_MODE_WORDS 64

int ethtool_ask(const struct ethtool_device *device, void *command)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	strncpy(request.ifr_name, device->name, sizeof(request.ifr_name) - 1);
	request.ifr_data = command;
	return ioctl(device->socket, SIOCETHTOOL, &request) < 0 ? errno : 0;
}

void ethtool_refused(const struct ethtool_device *device, const char *command, int error)
{
	snapshot_set_unknownf(
		device->snapshot, state_of_error(error), "%s %s", command, device->name);
}

/* Paths are printable, whatever a driver calls its counters. */
static void take_name(char *name, const uint8_t *bytes)
{
	size_t i;

	for (i = 0; i < ETH_GSTRING_LEN && bytes[i]; i++)
		name[i] = (char)(bytes[i] > ' ' && bytes[i] < 0x7f ? bytes[i] : '_');
	name[i] = '\0';
}

static int count_names(const struct ethtool_device *device, uint32_t set, uint32_t *count)
{
	union {
		struct ethtool_sset_info answer;
		uint8_t room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} info;
	int error;

	memset(&info, 0, sizeof(info));
	info.answer.cmd = ETHTOOL_GSSET_INFO;
	info.answer.sset_mask = UINT64_C(1) << set;
	error = ethtool_ask(device, &info);
	*count = !error && info.answer.sset_mask ? info.answer.data[0] : 0;
	if (*count > MAX_NAMES)
		*count = 0;
	return error;
}

/*
 * The kernel writes as many as there are at that moment, whatever room it is told: twice as much
 * is there, since a driver may get more queues between both questions.
 */
int ethtool_names_read(
	const struct ethtool_device *device, uint32_t set, struct ethtool_names *names)
{
	struct ethtool_gstrings *strings;
	uint32_t count;
	int error = count_names(device, set, &count);

	_Static_assert(ETHTOOL_NAME_BYTES == ETH_GSTRING_LEN + 1, "names fit");
	memset(names, 0, sizeof(*names));
	if (error || count == 0)
		return error;
	strings = memory_alloc(1, sizeof(*strings) + 2 * (size_t)count * ETH_GSTRING_LEN);
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = set;
	strings->len = count;
	error = ethtool_ask(device, strings);
	if (!error && strings->len <= 2 * count) {
		names->count = strings->len;
		names->names = memory_alloc(names->count + 1, sizeof(*names->names));
		for (uint32_t i = 0; i < names->count; i++)
			take_name(names->names[i], strings->data + (size_t)i * ETH_GSTRING_LEN);
	}
	free(strings);
	return error;
}

static void collect_driver(const struct ethtool_device *device)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int error = ethtool_ask(device, &info);
	const struct {
		const char *word, *text;
		size_t size;
	} texts[] = {
		{ "driver", info.driver, sizeof(info.driver) },
		{ "version", info.version, sizeof(info.version) },
		{ "firmware-version", info.fw_version, sizeof(info.fw_version) },
		{ "bus-info", info.bus_info, sizeof(info.bus_info) },
	};
	char text[ETHTOOL_BUSINFO_LEN + 1];

	if (error) {
		ethtool_refused(device, "ethtool -i", error);
		return;
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(text, sizeof(text), "%.*s", (int)texts[i].size, texts[i].text);
		snapshot_setf(
			device->snapshot, text, "ethtool -i %s %s", device->name, texts[i].word);
	}
}

static void tell_speed(
	const struct ethtool_device *device, const struct ethtool_link_settings *settings)
{
	static const char *const duplexes[] = { [DUPLEX_HALF] = "Half", [DUPLEX_FULL] = "Full" };
	char text[32];

	if (settings->speed == 0 || settings->speed == UINT16_MAX ||
		settings->speed == (uint32_t)SPEED_UNKNOWN)
		strcpy(text, "Unknown!");
	else
		snprintf(text, sizeof(text), "%" PRIu32, settings->speed);
	snapshot_setf(device->snapshot, text, "ethtool %s speed", device->name);
	if (settings->duplex <= DUPLEX_FULL)
		strcpy(text, duplexes[settings->duplex]);
	else
		snprintf(text, sizeof(text), "Unknown! (%u)", settings->duplex);
	snapshot_setf(device->snapshot, text, "ethtool %s duplex", device->name);
}

/* Asked twice: the first answer is, as a negative number, how many words a mask takes. */
static void collect_speed(const struct ethtool_device *device)
{
	union {
		struct ethtool_link_settings answer;
		uint8_t room[sizeof(struct ethtool_link_settings) +
			     3 * MAX_MODE_WORDS * sizeof(uint32_t)];
	} settings;
	int error, words;

	memset(&settings, 0, sizeof(settings));
	settings.answer.cmd = ETHTOOL_GLINKSETTINGS;
	error = ethtool_ask(device, &settings);
	words = -settings.answer.link_mode_masks_nwords;
	if (!error && words > 0 && words <= MAX_MODE_WORDS) {
		memset(&settings, 0, sizeof(settings));
		settings.answer.cmd = ETHTOOL_GLINKSETTINGS;
		settings.answer.link_mode_masks_nwords = (int8_t)words;
		error = ethtool_ask(device, &settings);
	}
	if (error)
		ethtool_refused(device, "ethtool", error);
	else
		tell_speed(device, &settings.answer);
}

struct number_row {
	const char *word;
	uint32_t value, maximum;
};

/* Of rings and channels: what has no maximum, the driver has not. */
static void tell_numbers(const struct ethtool_device *device, const char *command,
	const struct number_row *rows, size_t count)
{
	char text[16];

	for (size_t i = 0; i < count; i++) {
		const struct number_row *row = &rows[i];

		if (row->maximum == 0) {
			snapshot_set_unknownf(device->snapshot, VALUE_UNSUPPORTED, "%s %s %s",
				command, device->name, row->word);
			continue;
		}
		snprintf(text, sizeof(text), "%" PRIu32, row->value);
		snapshot_setf(device->snapshot, text, "%s %s %s", command, device->name, row->word);
		snprintf(text, sizeof(text), "%" PRIu32, row->maximum);
		snapshot_setf(
			device->snapshot, text, "%s %s %s max", command, device->name, row->word);
	}
}

static void collect_rings(const struct ethtool_device *device)
{
	struct ethtool_ringparam rings = { .cmd = ETHTOOL_GRINGPARAM };
	int error = ethtool_ask(device, &rings);
	const struct number_row rows[] = {
		{ "rx", rings.rx_pending, rings.rx_max_pending },
		{ "rx-mini", rings.rx_mini_pending, rings.rx_mini_max_pending },
		{ "rx-jumbo", rings.rx_jumbo_pending, rings.rx_jumbo_max_pending },
		{ "tx", rings.tx_pending, rings.tx_max_pending },
	};

	if (error)
		ethtool_refused(device, "ethtool -g", error);
	else
		tell_numbers(device, "ethtool -g", rows, sizeof(rows) / sizeof(rows[0]));
}

static void collect_channels(const struct ethtool_device *device)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	int error = ethtool_ask(device, &channels);
	const struct number_row rows[] = {
		{ "rx", channels.rx_count, channels.max_rx },
		{ "tx", channels.tx_count, channels.max_tx },
		{ "other", channels.other_count, channels.max_other },
		{ "combined", channels.combined_count, channels.max_combined },
	};

	if (error)
		ethtool_refused(device, "ethtool -l", error);
	else
		tell_numbers(device, "ethtool -l", rows, sizeof(rows) / sizeof(rows[0]));
}

/* linux/net_tstamp.h, in the order of its bits; those above are options of sockets. */
static const char *const stampings[] = {
	"hardware-transmit",
	"software-transmit",
	"hardware-receive",
	"software-receive",
	"software-system-clock",
	"hardware-legacy-clock",
	"hardware-raw-clock",
};

static void collect_stamping(const struct ethtool_device *device)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	int error = ethtool_ask(device, &info);
	char text[256] = "";
	size_t used = 0;

	if (error) {
		ethtool_refused(device, "ethtool -T", error);
		return;
	}
	for (size_t i = 0; i < sizeof(stampings) / sizeof(stampings[0]); i++) {
		if (info.so_timestamping >> i & 1)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
				used ? "," : "", stampings[i]);
	}
	snapshot_setf(device->snapshot, text, "ethtool -T %s capabilities", device->name);
	snprintf(text, sizeof(text), info.phc_index < 0 ? "none" : "%" PRId32, info.phc_index);
	snapshot_setf(device->snapshot, text, "ethtool -T %s phc", device->name);
}

void collect_ethtool(struct snapshot *snapshot, const char *name)
{
	const struct ethtool_device device = {
		.snapshot = snapshot,
		.name = name,
		.socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	};

	collect_driver(&device);
	collect_speed(&device);
	collect_ethtool_features(&device);
	collect_rings(&device);
	collect_channels(&device);
	collect_ethtool_coalesce(&device);
	collect_ethtool_hash(&device);
	collect_stamping(&device);
	collect_ethtool_statistics(&device);
	collect_ethtool_private_flags(&device);
	if (device.socket >= 0)
		close(device.socket);
}
