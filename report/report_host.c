/* SPDX-License-Identifier: BSD-2-Clause */
/* What is the audited machine like? The lists of report->host, filled by the audit. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/report.h"

void report_free_host(struct report_host *host)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		free(host->interfaces[i].queues);
		free(host->interfaces[i].settings);
	}
	free(host->interfaces);
	free(host->settings);
	free(host->counters);
	free(host->fine);
	free(host->blind);
}

struct report_interface *report_add_interface(struct report *report, const char *name)
{
	struct report_host *host = &report->host;
	struct report_interface *interface;

	host->interfaces = memory_append(
		host->interfaces, &host->interface_count, sizeof(*interface));
	interface = &host->interfaces[host->interface_count - 1];
	snprintf(interface->name, sizeof(interface->name), "%s", name);
	return interface;
}

struct report_queue *report_add_queue(struct report_interface *interface)
{
	struct report_queue *queue;

	interface->queues = memory_append(
		interface->queues, &interface->queue_count, sizeof(*queue));
	queue = &interface->queues[interface->queue_count - 1];
	queue->irq = queue->packets = -1;
	return queue;
}

struct report_setting *report_add_setting(struct report *report, struct report_interface *interface)
{
	struct report_setting **list = interface ? &interface->settings : &report->host.settings;
	size_t *count = interface ? &interface->setting_count : &report->host.setting_count;

	*list = memory_append(*list, count, sizeof(**list));
	return &(*list)[*count - 1];
}

struct report_counter *report_add_counter(struct report *report)
{
	struct report_host *host = &report->host;

	host->counters = memory_append(
		host->counters, &host->counter_count, sizeof(*host->counters));
	return &host->counters[host->counter_count - 1];
}

static void add_clause(
	char (**list)[FINDING_TEXT], size_t *count, const char *format, va_list arguments)
{
	char clause[FINDING_TEXT];

	vsnprintf(clause, sizeof(clause), format, arguments);
	for (size_t i = 0; i < *count; i++) {
		if (strcmp((*list)[i], clause) == 0)
			return;
	}
	*list = memory_append(*list, count, sizeof(**list));
	memcpy((*list)[*count - 1], clause, sizeof(clause));
}

void report_add_fine(struct report *report, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_clause(&report->host.fine, &report->host.fine_count, format, arguments);
	va_end(arguments);
}

void report_add_blind(struct report *report, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_clause(&report->host.blind, &report->host.blind_count, format, arguments);
	va_end(arguments);
}
