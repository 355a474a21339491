/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which settings that steer packets between CPUs, or that say when they are stamped, were changed?
 * The kernel tells nobody of them, so their files stay open and are read again.  Reference:
 * Documentation/networking/scaling.rst, Documentation/admin-guide/sysctl/net.rst.
 */
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/initial_net.h"
#include "capture/watch_parts.h"

#define SYSFS "/sys/class/net/"
#define SYSCTL "/proc/sys/net/core/"
#define TEXT_BYTES 4096 /* what sysfs gives at most; a mask takes 9 bytes for 32 CPUs */
#define MAX_QUEUES 4096
#define MAX_LOWER 64   /* of one device */
#define LOWER_DEPTH 2  /* a bridge, on bonds or VLANs, on hardware */
#define LOWER "lower_" /* in front of the name, of a link to what a device runs over */

/* The whole machine's: outside its first network namespace there are no such files. */
static const char *const host_files[] = {
	SYSCTL "netdev_tstamp_prequeue",
	SYSCTL "rps_sock_flow_entries",
	SYSCTL "netdev_max_backlog",
};

static const char *const device_files[] = {
	"gro_flush_timeout",
	"napi_defer_hard_irqs",
	"threaded",
};

static const struct {
	const char *queue, *name;
	bool mask;
} queue_files[] = {
	{ "rx", "rps_cpus", .mask = true },
	{ "rx", "rps_flow_cnt", .mask = false },
	{ "tx", "xps_cpus", .mask = true },
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int64_t mask_value(const char *text, size_t length)
{
	int64_t value = 0;

	for (size_t i = 0; i < length; i++) {
		int digit = watch_hexadecimal(text[i]);

		if (text[i] == ',')
			continue;
		if (digit < 0 || value >> 59)
			return 0;
		value = value << 4 | digit;
	}
	return value;
}

int64_t watch_setting_value(const char *text, size_t length, bool mask)
{
	uint64_t number;

	if (length && text[length - 1] == '\n')
		length--;
	if (mask)
		return mask_value(text, length);
	return watch_number(text, length, &number) && number <= INT64_MAX ? (int64_t)number : 0;
}

/* FNV-1a: masks of thousands of CPUs need not be kept. */
static uint64_t digest_of(const char *text, size_t length)
{
	uint64_t digest = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < length; i++)
		digest = (digest ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
	return digest;
}

static bool read_setting(const struct watch_setting *setting, uint64_t *digest, int64_t *value)
{
	char text[TEXT_BYTES];
	long got = watch_read_text(setting->descriptor, text, sizeof(text));

	if (got < 0)
		return false;
	*digest = digest_of(text, (size_t)got);
	*value = watch_setting_value(text, (size_t)got, setting->mask);
	return true;
}

/* Takes a file over.  One that cannot be read is not watched. */
static void add(struct watch *watch, const struct watch_device *device, int descriptor,
	const char *what, bool mask)
{
	struct watch_setting *setting;

	if (watch->setting_count == WATCH_MAX_SETTINGS) {
		watch->settings_unwatched++;
		close(descriptor);
		return;
	}
	setting = &watch->settings[watch->setting_count];
	*setting = (struct watch_setting){
		.descriptor = descriptor,
		.interface = device ? device->interface : CHANGE_OF_HOST,
		.device = device,
		.mask = mask,
	};
	snprintf(setting->what, sizeof(setting->what), "%s", what);
	if (read_setting(setting, &setting->digest, &setting->value))
		watch->setting_count++;
	else
		close(descriptor);
}

/* Returns false if there is no such file. */
static bool add_file(struct watch *watch, const struct watch_device *device, int directory,
	const char *path, bool mask)
{
	int descriptor = openat(directory, path, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0)
		return false;
	add(watch, device, descriptor, path, mask);
	return true;
}

void watch_settings_begin(struct watch *watch)
{
	int descriptors[LENGTH(host_files)];
	bool ours = false;
	char what[64];

	for (size_t i = 0; i < LENGTH(host_files); i++) {
		descriptors[i] = open(host_files[i], O_RDONLY | O_CLOEXEC);
		ours |= descriptors[i] >= 0;
	}
	if (!ours)
		initial_net_open(host_files, LENGTH(host_files), descriptors);
	for (size_t i = 0; i < LENGTH(host_files); i++) {
		if (descriptors[i] < 0)
			continue;
		snprintf(what, sizeof(what), "net.core.%s", host_files[i] + strlen(SYSCTL));
		add(watch, NULL, descriptors[i], what, false);
	}
}

static void add_steering(struct watch *watch, const struct watch_device *device, int directory,
	const char *below, int depth);

/* Where packets are steered to before they come to the device: what it runs over, its members. */
static void add_lower(struct watch *watch, const struct watch_device *device, int directory,
	const char *below, int depth)
{
	int copy = openat(directory, *below ? below : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	char path[64];

	for (int count = 0; list && count < MAX_LOWER && (entry = readdir(list));) {
		int length;

		if (strncmp(entry->d_name, LOWER, strlen(LOWER)) != 0)
			continue;
		count++;
		length = snprintf(path, sizeof(path), "%s%.24s/", below, entry->d_name);
		if (length < (int)sizeof(path))
			add_steering(watch, device, directory, path, depth);
	}
	if (list)
		closedir(list);
	else if (copy >= 0)
		close(copy);
}

static void add_steering(struct watch *watch, const struct watch_device *device, int directory,
	const char *below, int depth)
{
	char path[96];

	for (unsigned queue = 0; queue < MAX_QUEUES; queue++) {
		snprintf(path, sizeof(path), "%squeues/rx-%u/rps_cpus", below, queue);
		if (!add_file(watch, device, directory, path, true))
			break;
	}
	if (depth < LOWER_DEPTH)
		add_lower(watch, device, directory, below, depth + 1);
}

void watch_settings_add(struct watch *watch, const struct watch_device *device, int directory)
{
	char path[64];

	for (size_t i = 0; i < LENGTH(device_files); i++)
		add_file(watch, device, directory, device_files[i], false);
	for (size_t i = 0; i < LENGTH(queue_files); i++) {
		for (unsigned queue = 0; queue < MAX_QUEUES; queue++) {
			snprintf(path, sizeof(path), "queues/%s-%u/%s", queue_files[i].queue, queue,
				queue_files[i].name);
			if (!add_file(watch, device, directory, path, queue_files[i].mask))
				break;
		}
	}
	add_lower(watch, device, directory, "", 1);
}

void watch_settings_look(struct watch *watch)
{
	for (uint32_t i = 0; i < watch->setting_count; i++) {
		struct watch_setting *setting = &watch->settings[i];
		struct change change = {
			.kind = CHANGE_SETTING,
			.interface = setting->interface,
			.before = setting->value,
			.what = setting->what,
		};
		uint64_t digest;

		if (setting->device && setting->device->gone)
			continue;
		if (!read_setting(setting, &digest, &change.after) || digest == setting->digest)
			continue;
		if (!watch_tell_change(watch, &change))
			return;
		setting->digest = digest;
		setting->value = change.after;
	}
}

void watch_settings_close(struct watch *watch)
{
	for (uint32_t i = 0; i < watch->setting_count; i++)
		close(watch->settings[i].descriptor);
}

/* Reads file `name` of a directory.  Returns its bytes without the newline, or -1. */
static long read_at(int directory, const char *name, char *text, size_t size)
{
	int descriptor = openat(directory, name, O_RDONLY | O_CLOEXEC);
	long got;

	if (descriptor < 0)
		return -1;
	got = watch_read_text(descriptor, text, size);
	close(descriptor);
	return got > 0 && text[got - 1] == '\n' ? got - 1 : got;
}

static bool number_at(int directory, const char *name, uint64_t *number)
{
	char text[64];
	long got = read_at(directory, name, text, sizeof(text));

	return got > 0 && watch_number(text, (size_t)got, number);
}

static bool same_address(int directory, const struct watch_link *link)
{
	char text[128], ours[128] = "";
	long got = read_at(directory, "address", text, sizeof(text));
	size_t length = 0;

	for (int i = 0; i < link->address_bytes; i++)
		length += (size_t)snprintf(ours + length, sizeof(ours) - length,
			i ? ":%02x" : "%02x", link->address[i]);
	return got == (long)length && memcmp(text, ours, length) == 0;
}

/*
 * Two namespaces often hold an "eth0" of the same number, so that address and packets received have
 * to agree as well; the latter between two answers of rtnetlink, which is of our namespace.
 */
static bool is_ours(struct watch *watch, int directory, int ifindex)
{
	struct watch_link before, after;
	uint64_t index, packets;

	return watch_link_ask(watch, ifindex, &before) == 0 &&
	       number_at(directory, "ifindex", &index) && index == (uint64_t)ifindex &&
	       number_at(directory, "statistics/rx_packets", &packets) &&
	       watch_link_ask(watch, ifindex, &after) == 0 && before.has_counters &&
	       after.has_counters && before.counters.packets <= packets &&
	       packets <= after.counters.packets && same_address(directory, &after);
}

int watch_settings_directory(struct watch *watch, const struct watch_device *device)
{
	char name[IF_NAMESIZE], path[sizeof(SYSFS) + IF_NAMESIZE];
	int directory;

	if (!watch_features_name(watch, device->ifindex, name))
		return -1;
	snprintf(path, sizeof(path), SYSFS "%s", name);
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory >= 0 && !is_ours(watch, directory, device->ifindex)) {
		close(directory);
		return -1;
	}
	return directory;
}
