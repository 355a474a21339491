/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audited machine for programs: its interfaces with their queues and settings, counters that
 * rose, and what is fine or cannot be known.
 */
#include "report/json_parts.h"

static struct json_value *cpus_json(const struct report_cpus *cpus)
{
	struct json_value *array;

	if (!cpus->known)
		return NULL;
	array = json_value_array();
	for (int cpu = -1; (cpu = cpus_next(&cpus->set, (unsigned)(cpu + 1))) >= 0;)
		json_value_append(array, json_value_integer((uint64_t)cpu));
	return array;
}

static struct json_value *queue_json(const struct report_queue *queue)
{
	struct json_value *object = json_value_object();

	json_value_set(object, "name", json_value_text(queue->name));
	json_value_set(
		object, "irq", queue->irq >= 0 ? json_value_integer((uint64_t)queue->irq) : NULL);
	json_value_set(object, "irq_cpus", cpus_json(&queue->lands));
	json_value_set(object, "rps_cpus", cpus_json(&queue->rps));
	json_value_set(object, "xps_cpus", cpus_json(&queue->xps));
	json_value_set(object, "packets",
		queue->packets >= 0 ? json_value_integer((uint64_t)queue->packets) : NULL);
	return object;
}

static struct json_value *settings_json(const struct report_setting *settings, size_t count)
{
	struct json_value *array = json_value_array();

	for (size_t i = 0; i < count; i++) {
		const struct report_setting *setting = &settings[i];
		struct json_value *object = json_value_object();

		json_value_set(object, "path", json_value_text(setting->path));
		json_value_set(
			object, "value", setting->known ? json_value_text(setting->text) : NULL);
		json_value_set(
			object, "unknown", setting->known ? NULL : json_value_text(setting->text));
		json_value_set(object, "usual", json_value_text(setting->usual));
		json_value_set(object, "changed", json_value_bool(setting->changed));
		json_value_append(array, object);
	}
	return array;
}

static struct json_value *interface_json(const struct report_interface *interface)
{
	struct json_value *object = json_value_object(), *queues = json_value_array();

	for (size_t i = 0; i < interface->queue_count; i++)
		json_value_append(queues, queue_json(&interface->queues[i]));
	json_value_set(object, "name", json_value_text(interface->name));
	json_value_set(object, "about", json_value_text(interface->about));
	json_value_set(object, "queues", queues);
	json_value_set(
		object, "settings", settings_json(interface->settings, interface->setting_count));
	return object;
}

static struct json_value *counters_json(const struct report_host *host)
{
	struct json_value *array = json_value_array();

	for (size_t i = 0; i < host->counter_count; i++) {
		const struct report_counter *counter = &host->counters[i];
		struct json_value *object = json_value_object();
		double rise = (double)counter->rise;

		json_value_set(object, "path", json_value_text(counter->path));
		json_value_set(object, "text", json_value_text(counter->text));
		json_value_set(object, "total", json_value_integer(counter->total));
		json_value_set(object, "rise", json_value_integer(counter->rise));
		json_value_set(object, "per_second",
			host->seconds > 0 ? json_value_number(rise / host->seconds) : NULL);
		json_value_append(array, object);
	}
	return array;
}

static struct json_value *clauses_json(char (*clauses)[FINDING_TEXT], size_t count)
{
	struct json_value *array = json_value_array();

	for (size_t i = 0; i < count; i++)
		json_value_append(array, json_value_text(clauses[i]));
	return array;
}

struct json_value *json_host(const struct report_host *host)
{
	struct json_value *object, *interfaces;

	if (!host->present)
		return NULL;
	object = json_value_object();
	interfaces = json_value_array();
	for (size_t i = 0; i < host->interface_count; i++)
		json_value_append(interfaces, interface_json(&host->interfaces[i]));
	json_value_set(object, "kernel", json_value_text(host->kernel));
	json_value_set(object, "taken", host->taken_ns ? json_value_time(host->taken_ns) : NULL);
	json_value_set(
		object, "seconds", host->seconds > 0 ? json_value_number(host->seconds) : NULL);
	json_value_set(object, "cpus", host->cpus ? json_value_integer(host->cpus) : NULL);
	json_value_set(object, "role", json_value_text(host->role));
	json_value_set(object, "interfaces", interfaces);
	json_value_set(object, "settings", settings_json(host->settings, host->setting_count));
	json_value_set(object, "counters", counters_json(host));
	json_value_set(object, "fine", clauses_json(host->fine, host->fine_count));
	json_value_set(object, "blind", clauses_json(host->blind, host->blind_count));
	return object;
}
