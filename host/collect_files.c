/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What do the files of an interface say? Those of /sys/class/net, unless the mount shows another
 * network namespace, and those of /proc/sys/net, which always are this namespace's.  Reference:
 * Documentation/ABI/testing/sysfs-class-net*.
 */
#include <limits.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "host/collect_parts.h"

#define SYSFS "/sys/class/net/"
#define RDMA "/sys/class/infiniband"
#define MAX_PORTS 64

static const char *const interface_files[] = {
	"carrier",
	"carrier_changes",
	"duplex",
	"gro_flush_timeout",
	"ifindex",
	"iflink",
	"mtu",
	"napi_defer_hard_irqs",
	"operstate",
	"speed",
	"threaded",
	"tx_queue_len",
	"type",
};

/* Each stands for all that is in it. */
static const char *const directories[] = { "device", "queues", "statistics" };

static const struct {
	const char *prefix, *file;
} queue_files[] = {
	{ "rx-", "rps_cpus" },
	{ "rx-", "rps_flow_cnt" },
	{ "tx-", "tx_maxrate" },
	{ "tx-", "tx_timeout" },
	{ "tx-", "xps_cpus" },
	{ "tx-", "xps_rxqs" },
};

static const char *const settings[] = {
	"ipv4/conf/%s/accept_local",
	"ipv4/conf/%s/arp_announce",
	"ipv4/conf/%s/arp_filter",
	"ipv4/conf/%s/arp_ignore",
	"ipv4/conf/%s/forwarding",
	"ipv4/conf/%s/rp_filter",
	"ipv6/conf/%s/accept_ra_mtu",
	"ipv6/conf/%s/disable_ipv6",
	"ipv6/conf/%s/forwarding",
	"ipv6/conf/%s/mtu",
};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* Adds the files that each queue of one direction has. */
static void collect_queues(struct snapshot *snapshot, const char *name, const char *prefix)
{
	char directory[COLLECT_PATH];
	size_t count;
	char **queues;

	snprintf(directory, sizeof(directory), SYSFS "%s/queues", name);
	queues = collect_names(directory, prefix, &count);
	for (size_t i = 0; i < count && i < COLLECT_MAX_QUEUES; i++) {
		for (size_t j = 0; j < LENGTH(queue_files); j++) {
			if (strcmp(queue_files[j].prefix, prefix) == 0)
				collect_file(snapshot, "%s/%s/%s", directory, queues[i],
					queue_files[j].file);
		}
	}
	collect_free_names(queues, count);
}

/* Adds every file of a directory. */
static void collect_directory(struct snapshot *snapshot, const char *directory)
{
	size_t count;
	char **names = collect_names(directory, "", &count);

	for (size_t i = 0; i < count; i++)
		collect_file(snapshot, "%s/%s", directory, names[i]);
	collect_free_names(names, count);
}

/* Adds the last part of what a link points to as the link's value. */
static bool collect_link(struct snapshot *snapshot, const char *path, char *text, size_t size)
{
	ssize_t length = readlink(path, text, size - 1);
	const char *last;

	if (length <= 0)
		return false;
	text[length] = '\0';
	last = strrchr(text, '/');
	if (last)
		memmove(text, last + 1, strlen(last));
	if (snapshot)
		snapshot_set(snapshot, path, text);
	return true;
}

/*
 * Interrupts: of the device itself or, of one that is only a part of a PCI function (virtio), of
 * that.  What is above a PCI device is a bridge, whose interrupts are its own.
 */
static void collect_device_above(struct snapshot *snapshot, const char *name)
{
	char path[COLLECT_PATH], bus[PATH_MAX];

	snprintf(path, sizeof(path), SYSFS "%s/device/msi_irqs", name);
	if (collect_exists("%s", path)) {
		collect_directory(snapshot, path);
		return;
	}
	snprintf(path, sizeof(path), SYSFS "%s/device/subsystem", name);
	if (!collect_link(NULL, path, bus, sizeof(bus)) || strcmp(bus, "pci") == 0)
		return;
	snprintf(path, sizeof(path), SYSFS "%s/device/../msi_irqs", name);
	collect_directory(snapshot, path);
	if (collect_exists(SYSFS "%s/device/../numa_node", name))
		collect_file(snapshot, SYSFS "%s/device/../numa_node", name);
}

static void collect_device(struct snapshot *snapshot, const char *name)
{
	char path[COLLECT_PATH], text[PATH_MAX];
	size_t count;
	char **devices;

	snprintf(path, sizeof(path), SYSFS "%s/device", name);
	if (!collect_link(snapshot, path, text, sizeof(text))) {
		snapshot_set_unknown(snapshot, path, VALUE_ABSENT);
		return;
	}
	collect_file(snapshot, SYSFS "%s/device/numa_node", name);
	collect_device_above(snapshot, name);
	snprintf(path, sizeof(path), SYSFS "%s/device/infiniband", name);
	devices = collect_names(path, "", &count);
	for (size_t i = 0; i < count; i++)
		snapshot_setf(snapshot, devices[i], "%s/%s", path, devices[i]);
	collect_free_names(devices, count);
}

static void collect_hidden(struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < LENGTH(interface_files); i++)
		snapshot_set_unknownf(
			snapshot, VALUE_HIDDEN, SYSFS "%s/%s", name, interface_files[i]);
	for (size_t i = 0; i < LENGTH(directories); i++)
		snapshot_set_unknownf(snapshot, VALUE_HIDDEN, SYSFS "%s/%s", name, directories[i]);
}

static void collect_shown(struct snapshot *snapshot, const char *name)
{
	char directory[COLLECT_PATH];

	for (size_t i = 0; i < LENGTH(interface_files); i++)
		collect_file(snapshot, SYSFS "%s/%s", name, interface_files[i]);
	collect_queues(snapshot, name, "rx-");
	collect_queues(snapshot, name, "tx-");
	snprintf(directory, sizeof(directory), SYSFS "%s/statistics", name);
	collect_directory(snapshot, directory);
	collect_device(snapshot, name);
}

/* Settings of an interface, or of "all" and "default". */
static void collect_settings(struct snapshot *snapshot, const char *name)
{
	char path[COLLECT_PATH];

	for (size_t i = 0; i < LENGTH(settings); i++) {
		size_t before = (size_t)(strchr(settings[i], '%') - settings[i]);

		snprintf(path, sizeof(path), "/proc/sys/net/%.*s%s%s", (int)before, settings[i],
			name, settings[i] + before + 2);
		collect_file(snapshot, "%s", path);
	}
}

void collect_interface_files(
	struct snapshot *snapshot, const char *name, int ifindex, bool elsewhere)
{
	char path[COLLECT_PATH], text[32], index[32];
	bool shown;

	if (snapshot_dropped(snapshot))
		return;
	snprintf(path, sizeof(path), SYSFS "%s/ifindex", name);
	snprintf(index, sizeof(index), "%d", ifindex);
	shown = collect_read(path, text, sizeof(text)) == VALUE_PRESENT && strcmp(text, index) == 0;
	/* One that has just gone or been renamed is in no list at all. */
	if (!shown && !elsewhere && if_nametoindex(name) != (unsigned)ifindex)
		return;
	if (elsewhere || !shown)
		collect_hidden(snapshot, name);
	else
		collect_shown(snapshot, name);
	collect_settings(snapshot, name);
}

static void collect_port(struct snapshot *snapshot, const char *device, const char *port)
{
	static const char *const counters[] = { "counters", "hw_counters" };
	char path[COLLECT_PATH];

	for (size_t i = 0; i < LENGTH(counters); i++) {
		snprintf(path, sizeof(path), RDMA "/%s/ports/%s/%s", device, port, counters[i]);
		collect_directory(snapshot, path);
	}
	collect_file(snapshot, RDMA "/%s/ports/%s/gid_attrs/ndevs/0", device, port);
	collect_file(snapshot, RDMA "/%s/ports/%s/link_layer", device, port);
}

/* An RDMA device need not hang below an interface's device: those in software do not. */
static void collect_rdma(struct snapshot *snapshot)
{
	char path[COLLECT_PATH];
	size_t devices, ports;
	char **device = collect_names(RDMA, "", &devices);

	for (size_t i = 0; i < devices; i++) {
		char **port;

		snprintf(path, sizeof(path), RDMA "/%s/ports", device[i]);
		port = collect_names(path, "", &ports);
		for (size_t j = 0; j < ports && j < MAX_PORTS; j++)
			collect_port(snapshot, device[i], port[j]);
		collect_free_names(port, ports);
	}
	collect_free_names(device, devices);
}

void collect_shared_files(struct snapshot *snapshot)
{
	collect_settings(snapshot, "all");
	collect_settings(snapshot, "default");
	collect_rdma(snapshot);
}
