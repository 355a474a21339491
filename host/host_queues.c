/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which queues and interrupts has each interface, and which CPUs are theirs? Of sysfs's files below
 * "queues/", and of the interrupts that its device lists or that bear its name.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/host_parts.h"
#include "host/irq_name.h"

#define IRQS "/sys/kernel/irq/"
#define MAX_NAMED_IRQS 8192 /* whose names are looked at */
#define MAX_ALL_IRQS 65536  /* of all interfaces */

/* Reads a number as sysfs has it in a name, without signs, blanks and zeros in front. */
static bool read_index(const char *text, const char **end, unsigned long *number)
{
	char *rest;

	if (!isdigit((unsigned char)*text) || (*text == '0' && isdigit((unsigned char)text[1])))
		return false;
	*number = strtoul(text, &rest, 10);
	*end = rest;
	return true;
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
		queue->has_flow_count = host_read_number(value, &queue->flow_count);
	else if (strcmp(file, "xps_rxqs") == 0)
		queue->has_receive_queues = cpus_from_mask(&none, value->text) && cpus_count(&none);
}

static struct host_queue *read_queues(const struct host *host,
	const struct host_interface *interface, const char *direction, size_t *count)
{
	const struct snapshot_value *value;
	struct host_queue *queues = NULL;
	char prefix[HOST_PATH];
	size_t values, length;

	length = (size_t)snprintf(
		prefix, sizeof(prefix), HOST_SYSFS "%s/queues/%s-", interface->name, direction);
	values = snapshot_below(host->snapshot, prefix, &value);
	for (; values > 0; values--, value++) {
		const char *file;
		unsigned long number;

		if (!read_index(value->path + length, &file, &number) || *file != '/' ||
			number >= HOST_MAX_QUEUES)
			continue;
		/* The files of one queue follow one another: they share their beginning. */
		if (*count == 0 || queues[*count - 1].number != number) {
			queues = memory_append(queues, count, sizeof(*queues));
			queues[*count - 1].number = (unsigned)number;
		}
		read_queue_file(&queues[*count - 1], file + 1, value);
	}
	if (*count > 1)
		qsort(queues, *count, sizeof(*queues), compare_queues);
	return queues;
}

void host_read_queues(struct host *host)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		struct host_interface *interface = &host->interfaces[i];

		interface->rx = read_queues(host, interface, "rx", &interface->rx_count);
		interface->tx = read_queues(host, interface, "tx", &interface->tx_count);
	}
}

/* Whether `text` has `word`, in letters of any case. */
static bool has(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

/*
 * The last number of a name such as "eth0-TxRx-3", "virtio2-input.0" or, its device behind it,
 * "mlx5_comp3@pci:0000:03:00.0"; -1 without one, if it is the interface's own, and if the name is
 * that of a transmit queue alone.
 */
static int receive_queue(const char *actions, const char *interface)
{
	size_t length = strcspn(actions, "@"), own = strlen(interface), digits = 0;

	while (digits < length && isdigit((unsigned char)actions[length - 1 - digits]))
		digits++;
	if (digits == 0 || digits > 4 || digits == length)
		return -1;
	if (length >= own && strncmp(actions + length - own, interface, own) == 0)
		return -1;
	if (has(actions, "output") || (has(actions, "tx") && !has(actions, "rx")))
		return -1;
	return atoi(actions + length - digits);
}

struct irqs {
	struct host *host;
	size_t count; /* of all interfaces */
};

static void add_irq(struct irqs *irqs, struct host_interface *interface, unsigned long number)
{
	struct host_irq *irq;

	if (number >= IRQ_MAX || interface->irq_count == HOST_MAX_IRQS ||
		irqs->count == MAX_ALL_IRQS)
		return;
	interface->irqs = memory_append(
		interface->irqs, &interface->irq_count, sizeof(*interface->irqs));
	irqs->count++;
	irq = &interface->irqs[interface->irq_count - 1];
	irq->number = (unsigned)number;
}

/* Of the device: those that it lists in sysfs. */
static void add_listed(struct irqs *irqs, struct host_interface *interface, const char *list)
{
	const struct snapshot_value *value;
	char prefix[HOST_PATH];
	size_t values, length = (size_t)snprintf(
			       prefix, sizeof(prefix), HOST_SYSFS "%s/%s", interface->name, list);

	values = snapshot_below(irqs->host->snapshot, prefix, &value);
	for (; values > 0; values--, value++) {
		const char *end;
		unsigned long number;

		if (read_index(value->path + length, &end, &number) && *end == '\0')
			add_irq(irqs, interface, number);
	}
}

/* To the interfaces that the interrupt's name has in it. */
static void add_to_named(struct irqs *irqs, unsigned long number, const char *actions)
{
	struct irq_place place = { 0 };
	char name[IRQ_MAX_NAME];

	while (irq_next_name(actions, &place, name)) {
		const struct host_interface *found = host_interface(irqs->host, name);

		if (found && found->physical)
			add_irq(irqs, &irqs->host->interfaces[found - irqs->host->interfaces],
				number);
	}
}

/* Of devices without a list, as on most boards: those that are named after the interface. */
static void add_named(struct irqs *irqs)
{
	const struct snapshot_value *value;
	size_t values = snapshot_below(irqs->host->snapshot, IRQS, &value), seen = 0;

	for (; values > 0 && seen < MAX_NAMED_IRQS; values--, value++) {
		const char *end;
		unsigned long number;

		if (!read_index(value->path + strlen(IRQS), &end, &number) ||
			strcmp(end, "/actions") != 0)
			continue;
		seen++;
		add_to_named(irqs, number, value->text);
	}
}

static int compare_irqs(const void *left, const void *right)
{
	const struct host_irq *a = left, *b = right;

	return (a->number > b->number) - (a->number < b->number);
}

static void sort_irqs(struct host_interface *interface)
{
	size_t kept = 0;

	if (interface->irq_count == 0)
		return;
	qsort(interface->irqs, interface->irq_count, sizeof(*interface->irqs), compare_irqs);
	for (size_t i = 0; i < interface->irq_count; i++) {
		if (kept == 0 || interface->irqs[kept - 1].number != interface->irqs[i].number)
			interface->irqs[kept++] = interface->irqs[i];
	}
	interface->irq_count = kept;
}

static void read_irq(const struct host *host, const char *name, struct host_irq *irq)
{
	const char *text = host_text(host, IRQS "%u/actions", irq->number);

	irq->actions = text ? text : "";
	irq->queue = receive_queue(irq->actions, name);
	text = host_text(host, "/proc/irq/%u/effective_affinity_list", irq->number);
	irq->has_effective = text && cpus_from_list(&irq->effective, text);
	text = host_text(host, "/proc/irq/%u/smp_affinity_list", irq->number);
	irq->has_allowed = text && cpus_from_list(&irq->allowed, text);
	host_number(host, &irq->count, "/proc/interrupts %u total", irq->number);
}

void host_read_irqs(struct host *host)
{
	struct irqs irqs = { .host = host };

	for (size_t i = 0; i < host->interface_count; i++) {
		add_listed(&irqs, &host->interfaces[i], "device/msi_irqs/");
		add_listed(&irqs, &host->interfaces[i], "device/../msi_irqs/");
	}
	add_named(&irqs);
	for (size_t i = 0; i < host->interface_count; i++) {
		struct host_interface *interface = &host->interfaces[i];

		sort_irqs(interface);
		for (size_t j = 0; j < interface->irq_count; j++)
			read_irq(host, interface->name, &interface->irqs[j]);
	}
}
