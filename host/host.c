/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a snapshot say of the machine? Looks its texts up and reads them as what they are; they
 * may be anything, for they may come from a file, and what cannot be read stays unknown.
 */
#include "host/host.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/host_parts.h"

#define MAX_UPTIME 1e10 /* seconds; more is nonsense */
#define CLOCK_SET 0.5   /* seconds that both clocks may differ by: one is read after the other */

static const struct snapshot_value *find(
	const struct snapshot *snapshot, const char *format, va_list arguments)
{
	char path[HOST_PATH];

	vsnprintf(path, sizeof(path), format, arguments);
	return snapshot ? snapshot_find(snapshot, path) : NULL;
}

bool host_read_number(const struct snapshot_value *value, uint64_t *number)
{
	char *end;

	if (!value || value->state != VALUE_PRESENT || !isdigit((unsigned char)*value->text))
		return false;
	errno = 0;
	*number = strtoull(value->text, &end, strncmp(value->text, "0x", 2) == 0 ? 16 : 10);
	return errno == 0 && (*end == '\0' || isspace((unsigned char)*end));
}

const struct snapshot_value *host_value(const struct host *host, const char *format, ...)
{
	const struct snapshot_value *value;
	va_list arguments;

	va_start(arguments, format);
	value = find(host->snapshot, format, arguments);
	va_end(arguments);
	return value;
}

const char *host_text(const struct host *host, const char *format, ...)
{
	const struct snapshot_value *value;
	va_list arguments;

	va_start(arguments, format);
	value = find(host->snapshot, format, arguments);
	va_end(arguments);
	return value && value->state == VALUE_PRESENT ? value->text : NULL;
}

bool host_number(const struct host *host, uint64_t *number, const char *format, ...)
{
	const struct snapshot_value *value;
	va_list arguments;

	va_start(arguments, format);
	value = find(host->snapshot, format, arguments);
	va_end(arguments);
	return host_read_number(value, number);
}

bool host_machine_number(const struct host *host, uint64_t *number, const char *name)
{
	return host_number(host, number, "/proc/sys/net/core/%s", name) ||
	       host_number(host, number, "initial /proc/sys/net/core/%s", name);
}

bool host_rise(const struct host *host, uint64_t *rise, const char *format, ...)
{
	const struct snapshot_value *now, *before;
	uint64_t later, earlier;
	va_list arguments;

	va_start(arguments, format);
	now = find(host->snapshot, format, arguments);
	va_end(arguments);
	va_start(arguments, format);
	before = find(host->before, format, arguments);
	va_end(arguments);
	if (!host_read_number(now, &later) || !host_read_number(before, &earlier) ||
		later < earlier)
		return false;
	*rise = later - earlier;
	return true;
}

enum feature host_feature(
	const struct host *host, const struct host_interface *interface, const char *name)
{
	const char *text = host_text(host, "ethtool -k %s %s", interface->name, name);

	if (!text)
		return FEATURE_UNKNOWN;
	if (strncmp(text, "on", 2) == 0)
		return FEATURE_ON;
	return strncmp(text, "off", 3) == 0 ? FEATURE_OFF : FEATURE_UNKNOWN;
}

bool host_feature_fixed(
	const struct host *host, const struct host_interface *interface, const char *name)
{
	const char *text = host_text(host, "ethtool -k %s %s", interface->name, name);

	return text && strstr(text, "[fixed]");
}

const struct host_interface *host_interface(const struct host *host, const char *name)
{
	size_t low = 0, high = host->interface_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct host_interface *interface = &host->interfaces[host->by_name[middle]];
		int order = strcmp(interface->name, name);

		if (order == 0)
			return interface;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct host_interface *host_interface_at(const struct host *host, uint32_t ifindex)
{
	size_t low = 0, high = host->interface_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (host->interfaces[middle].ifindex < ifindex)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == host->interface_count || host->interfaces[low].ifindex != ifindex)
		return NULL;
	return &host->interfaces[low];
}

bool host_is_pair(const struct host_interface *interface)
{
	return strcmp(interface->kind, "veth") == 0 || strcmp(interface->kind, "netkit") == 0 ||
	       strcmp(interface->kind, "vxcan") == 0;
}

const struct host_interface *host_lower(
	const struct host *host, const struct host_interface *interface)
{
	if (interface->link < 0 || host_is_pair(interface))
		return NULL;
	return &host->interfaces[interface->link];
}

const struct host_interface *host_master(
	const struct host *host, const struct host_interface *interface)
{
	return interface->master < 0 ? NULL : &host->interfaces[interface->master];
}

static void read_machine(struct host *host)
{
	const char *text = host_text(host, "/sys/devices/system/cpu/online");

	host->has_online = text && cpus_from_list(&host->online, text);
	text = host_text(host, "/sys/devices/system/cpu/isolated");
	host->has_isolated = text && cpus_from_list(&host->isolated, text);
	text = host_text(host, "pktlint namespace");
	host->initial_namespace = text && strcmp(text, "initial") == 0;
	text = host_text(host, "pktlint privileged");
	host->privileged = text && strcmp(text, "yes") == 0;
}

/* Seconds since the machine was started, from /proc/uptime; negative if it is not told. */
static double uptime(const struct snapshot *snapshot)
{
	const struct snapshot_value *value = snapshot_find(snapshot, "/proc/uptime");
	double seconds;

	if (!value || value->state != VALUE_PRESENT || sscanf(value->text, "%lf", &seconds) != 1 ||
		!(seconds >= 0 && seconds < MAX_UPTIME))
		return -1;
	return seconds;
}

/*
 * Seconds between both readings.  By their times, which are finer, unless the clock was set
 * meanwhile: then by the uptime, of hundredths.
 */
static double seconds_between(const struct snapshot *before, const struct snapshot *after)
{
	double by_time = (double)(snapshot_taken_ns(after) - snapshot_taken_ns(before)) / 1e9;
	double from = uptime(before), to = uptime(after);

	if (from >= 0 && to > from && fabs(to - from - by_time) > CLOCK_SET)
		return to - from;
	return by_time > 0 ? by_time : 0;
}

struct host *host_new(const struct snapshot *snapshot, const struct snapshot *before)
{
	struct host *host = memory_alloc(1, sizeof(*host));

	host->snapshot = snapshot;
	host->before = before;
	if (before)
		host->seconds = seconds_between(before, snapshot);
	if (host->seconds <= 0)
		host->before = NULL;
	read_machine(host);
	host_read_interfaces(host);
	host_read_queues(host);
	host_read_irqs(host);
	return host;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	for (size_t i = 0; i < host->interface_count; i++) {
		struct host_interface *interface = &host->interfaces[i];

		free((char *)interface->name);
		free((char *)interface->word);
		free(interface->rx);
		free(interface->tx);
		free(interface->irqs);
	}
	free(host->interfaces);
	free(host->by_name);
	free(host);
}
