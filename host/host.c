/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a snapshot say of each interface, its queues, interrupts and place in the stack? Reads
 * texts that may be anything, for they may come from a file; what it cannot read stays unknown.
 */
#include "host/host.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define PATH_BYTES 512
#define LINK "ip -d link show "
#define SYSFS "/sys/class/net/"
#define IRQS "/sys/kernel/irq/"
#define MAX_IRQ (1u << 20)

static const struct snapshot_value *find(
	const struct snapshot *snapshot, const char *format, va_list arguments)
{
	char path[PATH_BYTES];

	vsnprintf(path, sizeof(path), format, arguments);
	return snapshot ? snapshot_find(snapshot, path) : NULL;
}

static bool read_number(const struct snapshot_value *value, uint64_t *number)
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
	return read_number(value, number);
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
	if (!read_number(now, &later) || !read_number(before, &earlier) || later < earlier)
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
	for (size_t i = 0; i < host->interface_count; i++) {
		if (strcmp(host->interfaces[i].name, name) == 0)
			return &host->interfaces[i];
	}
	return NULL;
}

static int index_of(const struct host *host, uint64_t ifindex)
{
	for (size_t i = 0; ifindex && i < host->interface_count; i++) {
		if (host->interfaces[i].ifindex == ifindex)
			return (int)i;
	}
	return -1;
}

const struct host_interface *host_interface_at(const struct host *host, uint32_t ifindex)
{
	int index = index_of(host, ifindex);

	return index < 0 ? NULL : &host->interfaces[index];
}

const struct host_interface *host_lower(
	const struct host *host, const struct host_interface *interface)
{
	if (interface->link < 0 || strcmp(interface->kind, "veth") == 0)
		return NULL;
	return &host->interfaces[interface->link];
}

const struct host_interface *host_master(
	const struct host *host, const struct host_interface *interface)
{
	return interface->master < 0 ? NULL : &host->interfaces[interface->master];
}

/* A word of the shell: as it is where nothing in it means anything, else in single quotes. */
static const char *quote(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-@+:";
	char *word, *end;

	if (*name && *name != '-' && strspn(name, plain) == strlen(name))
		return memory_copy_text(name);
	end = word = memory_alloc(1, 4 * strlen(name) + 3);
	*end++ = '\'';
	for (; *name; name++) {
		if (*name == '\'')
			end = stpcpy(end, "'\\'");
		*end++ = *name;
	}
	*end = '\'';
	return word;
}

/* Whether one of the words of `text`, separated by commas, is `flag`. */
static bool has_flag(const char *text, const char *flag)
{
	size_t length = strlen(flag);

	while (text && *text) {
		size_t word = strcspn(text, ",");

		if (word == length && strncasecmp(text, flag, length) == 0)
			return true;
		text += word + (text[word] == ',');
	}
	return false;
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static void read_link(const struct host *host, struct host_interface *interface)
{
	const char *name = interface->name, *flags = host_text(host, LINK "%s flags", name);
	uint64_t number;

	interface->kind = text_or_empty(host_text(host, LINK "%s kind", name));
	interface->driver = text_or_empty(host_text(host, "ethtool -i %s driver", name));
	interface->loopback = has_flag(flags, "LOOPBACK");
	interface->up = has_flag(flags, "UP");
	interface->carrier = has_flag(flags, "LOWER_UP");
	interface->promiscuous = has_flag(flags, "PROMISC");
	interface->physical = !*interface->kind && !interface->loopback &&
			      host_text(host, SYSFS "%s/device", name);
	if (host_number(host, &number, LINK "%s mtu", name) && number <= UINT32_MAX)
		interface->mtu = (uint32_t)number;
	if (host_number(host, &number, LINK "%s numtxqueues", name) && number <= UINT32_MAX)
		interface->transmit_queues = (uint32_t)number;
	if (host_number(host, &number, LINK "%s numrxqueues", name) && number <= UINT32_MAX)
		interface->receive_queues = (uint32_t)number;
	interface->speed_mbps = -1;
	if (host_number(host, &number, "ethtool %s speed", name) && number < INT32_MAX)
		interface->speed_mbps = (int32_t)number;
}

static void read_stack(const struct host *host, struct host_interface *interface)
{
	const struct snapshot_value *mtu = host_value(host, SYSFS "%s/mtu", interface->name);
	uint64_t number;

	interface->elsewhere = mtu && mtu->state == VALUE_HIDDEN;
	interface->link_elsewhere = host_text(host, LINK "%s link-netnsid", interface->name);
	interface->link = interface->master = -1;
	if (!interface->link_elsewhere &&
		host_number(host, &number, LINK "%s link", interface->name))
		interface->link = index_of(host, number);
	if (host_number(host, &number, LINK "%s master", interface->name))
		interface->master = index_of(host, number);
	if (host_number(host, &number, LINK "%s peer mtu", interface->name) && number <= UINT32_MAX)
		interface->peer_mtu = (uint32_t)number;
	else if (interface->link >= 0 && strcmp(interface->kind, "veth") == 0)
		interface->peer_mtu = host->interfaces[interface->link].mtu;
}

static int compare_queues(const void *left, const void *right)
{
	const struct host_queue *a = left, *b = right;

	return (a->number > b->number) - (a->number < b->number);
}

/* Takes what a file of one queue, "rx-0/rps_cpus", says. */
static void read_queue_file(
	struct host_queue *queue, const char *file, const struct snapshot_value *value)
{
	struct cpus none;

	if (value->state != VALUE_PRESENT)
		return;
	if (strcmp(file, "rps_cpus") == 0 || strcmp(file, "xps_cpus") == 0)
		queue->has_cpus = cpus_from_mask(&queue->cpus, value->text);
	else if (strcmp(file, "rps_flow_cnt") == 0)
		queue->has_flow_count = read_number(value, &queue->flow_count);
	else if (strcmp(file, "xps_rxqs") == 0)
		queue->has_receive_queues = cpus_from_mask(&none, value->text) && cpus_count(&none);
}

static struct host_queue *read_queues(const struct host *host,
	const struct host_interface *interface, const char *direction, size_t *count)
{
	const struct snapshot_value *value;
	struct host_queue *queues = NULL;
	char prefix[PATH_BYTES];
	size_t values, length;

	*count = 0;
	length = (size_t)snprintf(
		prefix, sizeof(prefix), SYSFS "%s/queues/%s-", interface->name, direction);
	if (length >= sizeof(prefix))
		return NULL;
	values = snapshot_below(host->snapshot, prefix, &value);
	for (; values > 0; values--, value++) {
		char *file;
		unsigned long number = strtoul(value->path + length, &file, 10);

		if (*file != '/' || number >= HOST_MAX_QUEUES)
			continue;
		/* The files of one queue follow one another: they share their beginning. */
		if (*count == 0 || queues[*count - 1].number != number) {
			if (*count == HOST_MAX_QUEUES)
				break;
			queues = memory_grow(queues, *count + 1, sizeof(*queues));
			memset(&queues[*count], 0, sizeof(*queues));
			queues[(*count)++].number = (unsigned)number;
		}
		read_queue_file(&queues[*count - 1], file + 1, value);
	}
	if (*count > 1)
		qsort(queues, *count, sizeof(*queues), compare_queues);
	return queues;
}

/* Whether the kernel lets an interface have this name: see dev_valid_name() in net/core/dev.c. */
static bool is_name(const char *name, size_t length)
{
	if (length == 0 || length >= IFNAMSIZ || strncmp(name, ".", length) == 0 ||
		strncmp(name, "..", length) == 0)
		return false;
	for (size_t i = 0; i < length; i++)
		if (name[i] == '/' || name[i] == ':' || isspace((unsigned char)name[i]))
			return false;
	return true;
}

/*
 * The last number of a name such as "eth0-TxRx-3", "virtio2-input.0" or, the device behind it,
 * "mlx5_comp3@pci:0000:03:00.0"; -1 without one.  That of an interface is none: "eth1".
 */
static int last_number(const char *text, const char *interface)
{
	size_t length = strcspn(text, "@"), digits = 0;

	while (digits < length && isdigit((unsigned char)text[length - 1 - digits]))
		digits++;
	if (digits == 0 || digits > 4 || digits == length || strcmp(text, interface) == 0)
		return -1;
	return atoi(text + length - digits);
}

static void add_irq(const struct host *host, struct host_interface *interface, unsigned number)
{
	struct host_irq *irq;
	const char *text;

	for (size_t i = 0; i < interface->irq_count; i++) {
		if (interface->irqs[i].number == number)
			return;
	}
	if (interface->irq_count == HOST_MAX_IRQS)
		return;
	interface->irqs = memory_grow(
		interface->irqs, interface->irq_count + 1, sizeof(*interface->irqs));
	irq = &interface->irqs[interface->irq_count++];
	memset(irq, 0, sizeof(*irq));
	irq->number = number;
	irq->actions = text_or_empty(host_text(host, "/sys/kernel/irq/%u/actions", number));
	irq->queue = last_number(irq->actions, interface->name);
	text = host_text(host, "/proc/irq/%u/effective_affinity_list", number);
	irq->has_effective = text && cpus_from_list(&irq->effective, text);
	text = host_text(host, "/proc/irq/%u/smp_affinity_list", number);
	irq->has_allowed = text && cpus_from_list(&irq->allowed, text);
	host_number(host, &irq->count, "/proc/interrupts %u total", number);
}

/* Whether `name` stands in `text` as a word of its own: "eth1" in "eth1-rx-0", not in "eth10". */
static bool names(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
		if ((at == text || !isalnum((unsigned char)at[-1])) &&
			!isalnum((unsigned char)at[length]))
			return true;
	}
	return false;
}

/* Of the device: those that it lists in sysfs. */
static void read_listed_irqs(
	const struct host *host, struct host_interface *interface, const char *list)
{
	const struct snapshot_value *value;
	char prefix[PATH_BYTES];
	size_t values, length = (size_t)snprintf(
			       prefix, sizeof(prefix), SYSFS "%s/%s", interface->name, list);

	if (length >= sizeof(prefix))
		return;
	values = snapshot_below(host->snapshot, prefix, &value);
	for (; values > 0; values--, value++) {
		char *end;
		unsigned long number = strtoul(value->path + length, &end, 10);

		if (end != value->path + length && *end == '\0' && number < MAX_IRQ)
			add_irq(host, interface, (unsigned)number);
	}
}

/* Of a device without such a list, as on most boards: those that are named after it. */
static void read_named_irqs(const struct host *host, struct host_interface *interface)
{
	const struct snapshot_value *value;
	size_t values = snapshot_below(host->snapshot, IRQS, &value);

	for (; values > 0; values--, value++) {
		char *end;
		unsigned long number = strtoul(value->path + strlen(IRQS), &end, 10);

		if (strcmp(end, "/actions") == 0 && number < MAX_IRQ &&
			names(value->text, interface->name))
			add_irq(host, interface, (unsigned)number);
	}
}

static int compare_interfaces(const void *left, const void *right)
{
	const struct host_interface *a = left, *b = right;

	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* An interface is whatever has "ip -d link show NAME ifindex". */
static void read_interfaces(struct host *host)
{
	const struct snapshot_value *value;
	size_t values = snapshot_below(host->snapshot, LINK, &value);

	for (; values > 0 && host->interface_count < HOST_MAX_INTERFACES; values--, value++) {
		const char *name = value->path + strlen(LINK), *blank = strchr(name, ' ');
		struct host_interface *interface;
		uint64_t ifindex;

		if (!blank || !is_name(name, (size_t)(blank - name)) ||
			strcmp(blank, " ifindex") != 0 || !read_number(value, &ifindex) ||
			ifindex == 0 || ifindex > INT32_MAX)
			continue;
		host->interfaces = memory_grow(
			host->interfaces, host->interface_count + 1, sizeof(*host->interfaces));
		interface = &host->interfaces[host->interface_count++];
		memset(interface, 0, sizeof(*interface));
		interface->ifindex = (uint32_t)ifindex;
		interface->name = strndup(name, (size_t)(blank - name));
		interface->word = quote(text_or_empty(interface->name));
	}
	if (host->interface_count > 1)
		qsort(host->interfaces, host->interface_count, sizeof(*host->interfaces),
			compare_interfaces);
	for (size_t i = 0; i < host->interface_count; i++)
		read_link(host, &host->interfaces[i]);
	for (size_t i = 0; i < host->interface_count; i++) {
		struct host_interface *interface = &host->interfaces[i];

		read_stack(host, interface);
		interface->rx = read_queues(host, interface, "rx", &interface->rx_count);
		interface->tx = read_queues(host, interface, "tx", &interface->tx_count);
		read_listed_irqs(host, interface, "device/msi_irqs/");
		read_listed_irqs(host, interface, "device/../msi_irqs/");
		read_named_irqs(host, interface);
	}
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

struct host *host_new(const struct snapshot *snapshot, const struct snapshot *before)
{
	struct host *host = memory_alloc(1, sizeof(*host));
	int64_t elapsed_ns;

	host->snapshot = snapshot;
	host->before = before;
	if (before) {
		elapsed_ns = snapshot_taken_ns(snapshot) - snapshot_taken_ns(before);
		host->seconds = elapsed_ns > 0 ? (double)elapsed_ns / 1e9 : 0;
	}
	if (host->seconds <= 0)
		host->before = NULL;
	read_machine(host);
	read_interfaces(host);
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
	free(host);
}
