/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this machine set up for what its packets need? Asks each rule about each interface and about
 * the machine. A rule joins what is set with what happened between two readings, with the role the
 * machine is said to have, and with the traffic if some was observed.
 */
#include "analyzers/audit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/audit_parts.h"
#include "base/memory.h"

#define FEWEST_EVENTS 10 /* that a share is made of */

static const char *const role_names[ROLE_COUNT] = {
	[ROLE_NONE] = "none",
	[ROLE_FORWARDER] = "forwarder",
	[ROLE_CAPTURE] = "capture",
	[ROLE_LATENCY] = "latency",
	[ROLE_THROUGHPUT] = "throughput",
	[ROLE_L2_IPC] = "l2-ipc",
};

static const struct audit_rule *const tables[] = {
	audit_steering_rules,
	audit_mask_rules,
	audit_spread_rules,
	audit_queue_rules,
	audit_qdisc_rules,
	audit_limit_rules,
	audit_offload_rules,
	audit_mtu_rules,
	audit_stack_rules,
	audit_hidden_rules,
	audit_counter_rules,
	audit_protocol_rules,
	NULL,
};

const char *audit_role_name(enum audit_role role)
{
	return role_names[role];
}

struct finding *audit_find(
	struct audit *audit, enum finding_id id, const struct host_interface *interface)
{
	struct finding *finding = report_add_finding(audit->report, id);

	snprintf(finding->subject, sizeof(finding->subject), "%s",
		interface ? interface->name : "this machine");
	return finding;
}

void audit_cite(const struct audit *audit, struct finding *finding, const char *format, ...)
{
	const struct snapshot_value *value;
	char path[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	value = host_value(audit->host, "%s", path);
	if (!value)
		return;
	finding_value(finding, path,
		value->state == VALUE_PRESENT ? value->text : value_state_name(value->state));
}

void audit_cite_rise(const struct audit *audit, struct finding *finding, const char *format, ...)
{
	char path[512], text[96];
	const char *total;
	uint64_t rise;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	total = host_text(audit->host, "%s", path);
	if (!total)
		return;
	if (host_rise(audit->host, &rise, "%s", path))
		snprintf(text, sizeof(text), "+%" PRIu64 " in %.1f s (%s in all)", rise,
			audit->host->seconds, total);
	else
		snprintf(text, sizeof(text), "%s in all", total);
	finding_value(finding, path, text);
}

bool audit_carries_login(const struct audit *audit, const struct host_interface *interface)
{
	const struct host_interface *at = audit->login;

	while (at && at != interface && host_master(audit->host, interface) != at)
		at = host_lower(audit->host, at);
	return at;
}

struct finding_command *audit_command(const struct audit *audit, struct finding *finding,
	enum command_risk risk, const struct host_interface *interface, const char *format, ...)
{
	char line[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (risk == RISK_BLIP && interface && audit_carries_login(audit, interface))
		risk = RISK_CUTS_YOU;
	return finding_command(finding, risk, "%s", line);
}

void audit_undo(struct finding_command *command, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(command->undo, sizeof(command->undo), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(command->undo))
		*command->undo = '\0';
}

void audit_sysctl(const struct audit *audit, struct finding *finding, const char *path,
	uint64_t before, uint64_t value)
{
	struct finding_command *command;
	char name[96], others[240];

	snprintf(name, sizeof(name), "%s", path + strlen("/proc/sys/"));
	for (char *slash = name; (slash = strchr(slash, '/'));)
		*slash = '.';
	command = audit_command(
		audit, finding, RISK_HOT, NULL, "sysctl -w %s=%" PRIu64, name, value);
	snprintf(command->undo, sizeof(command->undo), "sysctl -w %s=%" PRIu64, name, before);
	snprintf(command->read, sizeof(command->read), "sysctl %s", name);
	snprintf(command->wanted, sizeof(command->wanted), "%s = %" PRIu64, name, value);
	snprintf(others, sizeof(others), "%.*s", (int)sizeof(others) - 1, finding->lasting);
	snprintf(finding->lasting, sizeof(finding->lasting), "%s = %" PRIu64 "%s%s", name, value,
		*others ? ", " : " in a file of /etc/sysctl.d", others);
}

bool audit_rate(const struct audit *audit, double *per_second, const char *format, ...)
{
	char path[512];
	uint64_t rise;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	if (!host_rise(audit->host, &rise, "%s", path))
		return false;
	*per_second = (double)rise / audit->host->seconds;
	return true;
}

bool audit_reaches(uint64_t part, uint64_t whole, double share)
{
	return part >= FEWEST_EVENTS && whole > 0 && (double)part >= share * (double)whole;
}

bool audit_captured(const struct audit *audit, const struct host_interface *interface)
{
	const struct report *report = audit->report;

	for (size_t i = 0; i < report->source_count; i++) {
		if (report->sources[i].frontend &&
			strcmp(report->sources[i].name, interface->name) == 0)
			return true;
	}
	return false;
}

bool audit_observed(const struct audit *audit, double *value, const char *metric)
{
	const struct report *report = audit->report;

	for (size_t i = 0; i < report->section_count; i++) {
		const struct metric_set *set = report->sections[i].set;
		size_t length = strlen(set->prefix);
		int row;

		if (strncmp(metric, set->prefix, length) != 0 || metric[length] != '.')
			continue;
		row = metric_find(set, metric + length + 1);
		if (row >= 0 &&
			metric_read(set, report->sections[i].values, (size_t)row, value) == 0)
			return true;
	}
	return false;
}

static void judge_one(struct audit *audit, const struct host_interface *interface)
{
	audit->interfaces[audit->interface_count++] = interface;
}

/* Fills audit->interfaces.  Returns 0, or -1 with `error` filled. */
static int choose(struct audit *audit, struct error *error)
{
	const struct audit_options *options = audit->options;
	const struct host *host = audit->host;

	audit->interfaces = memory_alloc(
		host->interface_count + options->name_count + 1, sizeof(*audit->interfaces));
	for (size_t i = 0; i < options->name_count; i++) {
		const struct host_interface *interface = host_interface(host, options->names[i]);

		if (!interface)
			return error_set(error, "no interface '%s'", options->names[i]);
		judge_one(audit, interface);
	}
	for (size_t i = 0; options->name_count == 0 && i < host->interface_count; i++) {
		if (host->interfaces[i].up)
			judge_one(audit, &host->interfaces[i]);
	}
	return 0;
}

static void find_login(struct audit *audit)
{
	const char *address = audit->options->login_address;

	for (size_t i = 0; address && i < audit->host->interface_count; i++) {
		const struct host_interface *interface = &audit->host->interfaces[i];

		if (host_value(audit->host, "ip address show dev %s %s", interface->name, address))
			audit->login = interface;
	}
}

/* Interfaces come and go: what is in one reading only has no rates, or nothing at all. */
static void tell_vanished(struct audit *audit)
{
	static const char link[] = "ip -d link show ", end[] = " ifindex";
	const struct snapshot *before = audit->host->before;
	struct snapshot_walk walk;

	if (!before)
		return;
	snapshot_walk(&walk, before, end, link);
	while (snapshot_next(&walk)) {
		if (!strchr(walk.between, ' ') && !host_value(audit->host, "%s", walk.value->path))
			report_add_blind(audit->report, "%s: it vanished between both readings",
				walk.between);
	}
	for (size_t i = 0; i < audit->interface_count; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s%s%s", link, audit->interfaces[i]->name, end);
		if (!snapshot_find(before, path))
			report_add_blind(audit->report,
				"the rates of %s: it appeared between both readings",
				audit->interfaces[i]->name);
	}
}

/* What there is too much of to be read or judged. */
static void tell_left_out(const struct audit *audit)
{
	const struct host *host = audit->host;
	uint64_t interfaces, values = snapshot_dropped(host->snapshot);

	if (host_number(host, &interfaces, "pktlint interfaces-left-out") && interfaces > 0)
		report_add_blind(audit->report,
			"files, features and queues of %" PRIu64
			" interfaces, which are too many to read",
			interfaces);
	if (host->interface_count == HOST_MAX_INTERFACES)
		report_add_blind(
			audit->report, "interfaces beyond the first %d", HOST_MAX_INTERFACES);
	if (values > 0)
		report_add_blind(audit->report, "%" PRIu64 " values beyond the first %d", values,
			SNAPSHOT_MAX_VALUES);
}

/* Without its files nothing is known of queues, masks and counters of an interface. */
static void tell_hidden_files(struct audit *audit)
{
	for (size_t i = 0; i < audit->interface_count; i++)
		if (audit->interfaces[i]->elsewhere)
			report_add_blind(audit->report,
				"%s: queues and statistics, since /sys shows another namespace "
				"(pktlint-audit(8), EXAMPLES)",
				audit->interfaces[i]->name);
}

static void describe(struct audit *audit)
{
	struct report_host *told = &audit->report->host;
	const struct host *host = audit->host;
	const char *kernel = host_text(host, "/proc/sys/kernel/osrelease");

	told->present = true;
	told->role = audit->role == ROLE_NONE ? NULL : audit_role_name(audit->role);
	told->watched = audit->options->all_counters;
	told->seconds = host->seconds;
	told->taken_ns = snapshot_taken_ns(host->snapshot);
	snprintf(told->kernel, sizeof(told->kernel), "%s", kernel ? kernel : "");
	for (int cpu = 0; (cpu = cpus_next(&host->online, (unsigned)cpu)) >= 0; cpu++)
		told->cpus = (unsigned)cpu + 1;
	audit_machine_settings(audit);
	for (size_t i = 0; i < audit->interface_count; i++) {
		const struct host_interface *interface = audit->interfaces[i];
		struct report_interface *entry = report_add_interface(
			audit->report, interface->name);

		audit_picture(audit, interface, entry);
		audit_interface_settings(audit, interface, entry);
	}
	audit_rates(audit);
	tell_vanished(audit);
	tell_left_out(audit);
	tell_hidden_files(audit);
}

int audit_run(const struct audit_options *options, struct report *report, struct error *error)
{
	struct audit audit = {
		.options = options,
		.host = options->host,
		.role = options->role,
		.report = report,
	};
	int status = choose(&audit, error);

	if (status == 0)
		describe(&audit);
	find_login(&audit);
	for (size_t table = 0; status == 0 && tables[table]; table++) {
		for (const struct audit_rule *rule = tables[table]; rule->name; rule++) {
			for (size_t i = 0; rule->interface && i < audit.interface_count; i++)
				rule->interface(&audit, audit.interfaces[i]);
			if (rule->machine)
				rule->machine(&audit);
		}
	}
	free(audit.interfaces);
	return status;
}
