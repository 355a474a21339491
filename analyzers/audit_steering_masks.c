/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do masks of CPUs name CPUs that are there and meant, on devices where they steer? The kernel
 * asks for a CPU where a packet first enters the stack and where it enters it anew (net/core/
 * dev.c: get_rps_cpu()), not where a device over another takes it in the same round
 * (__netif_receive_skb_core(): another_round).
 */
#include "analyzers/audit_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/draft.h"
#include "report/units.h"

#define QUEUE "/sys/class/net/%s/queues/rx-%u/"
#define LIST_BYTES 64
#define MASKS_CITED 4 /* of one interface: more prove nothing */
#define SOCK_FLOWS "/proc/sys/net/core/rps_sock_flow_entries"
#define DEFAULT_MASK "/proc/sys/net/core/rps_default_mask"
#define FLOW_ENTRIES 32768 /* Documentation/networking/scaling.rst, "RFS Configuration" */

/* CPUs of the masks of all receive queues. */
static struct cpus steered(const struct host_interface *interface)
{
	struct cpus all = { 0 };

	for (size_t i = 0; i < interface->rx_count; i++)
		all = cpus_or(&all, &interface->rx[i].cpus);
	return all;
}

/* Offers to take `wrong` out of the masks of the receive queues. */
static void offer_without(const struct audit *audit, const struct host_interface *interface,
	const struct cpus *wrong, struct finding *finding)
{
	struct audit_file_set set = { .tail = "/rps_cpus", .shown = "/rps_cpus" };

	snprintf(set.head, sizeof(set.head), "/sys/class/net/%s/queues/rx-", interface->word);
	set.files = memory_alloc(interface->rx_count + 1, sizeof(*set.files));
	for (size_t i = 0; i < interface->rx_count; i++) {
		const struct host_queue *queue = &interface->rx[i];
		struct cpus common = cpus_and(&queue->cpus, wrong);
		struct cpus rest = cpus_without(&queue->cpus, wrong);
		struct audit_file *file = &set.files[set.count];

		if (cpus_count(&common) == 0)
			continue;
		set.count++;
		file->number = queue->number;
		file->before = host_text(
			audit->host, QUEUE "rps_cpus", interface->name, queue->number);
		cpus_mask(&rest, file->value, sizeof(file->value));
		if (set.count <= MASKS_CITED)
			audit_cite(
				audit, finding, QUEUE "rps_cpus", interface->name, queue->number);
	}
	set.whole = set.count == interface->rx_count;
	audit_write_files(finding, &set);
	free(set.files);
	snprintf(finding->cost, sizeof(finding->cost),
		"the CPUs that are left take these packets; some may swap once");
}

static void find_offline(
	struct audit *audit, const struct host_interface *interface, const struct cpus *offline)
{
	struct finding *finding = audit_find(audit, FINDING_PL5104, interface);
	char list[LIST_BYTES];

	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->what, sizeof(finding->what),
		"rps_cpus names CPUs that are offline (%s): what is hashed to them stays on the "
		"CPU that received it",
		cpus_list(offline, list, sizeof(list)));
	audit_cite(audit, finding, "/sys/devices/system/cpu/online");
	offer_without(audit, interface, offline, finding);
}

static void find_isolated(
	struct audit *audit, const struct host_interface *interface, const struct cpus *isolated)
{
	struct finding *finding = audit_find(audit, FINDING_PL5104, interface);
	char list[LIST_BYTES];

	finding->confidence = CONFIDENCE_PROVEN;
	if (audit->role == ROLE_LATENCY)
		finding->severity = SEVERITY_WARNING;
	snprintf(finding->what, sizeof(finding->what),
		"rps_cpus steers received packets to isolated CPUs (%s), which were to be left "
		"alone",
		cpus_list(isolated, list, sizeof(list)));
	audit_cite(audit, finding, "/sys/devices/system/cpu/isolated");
	offer_without(audit, interface, isolated, finding);
}

static void judge_masks(struct audit *audit, const struct host_interface *interface)
{
	const struct host *host = audit->host;
	struct cpus all = steered(interface), wrong;

	if (host->has_online) {
		wrong = cpus_without(&all, &host->online);
		if (cpus_count(&wrong))
			find_offline(audit, interface, &wrong);
	}
	wrong = cpus_and(&all, &host->isolated);
	if (cpus_count(&wrong))
		find_isolated(audit, interface, &wrong);
}

/* Offers to move the interrupts that land on `wrong` to the CPUs that are not isolated. */
static void offer_interrupts(const struct audit *audit, const struct host_interface *interface,
	const struct cpus *wrong, struct finding *finding)
{
	struct cpus usable = cpus_without(&audit->host->online, &audit->host->isolated);
	char target[CPUS_LIST_BYTES];
	struct audit_file_set set = { .head = "/proc/irq/",
		.tail = "/smp_affinity_list",
		.shown = "/effective_affinity_list" };

	cpus_list(&usable, target, sizeof(target));
	set.files = memory_alloc(interface->irq_count + 1, sizeof(*set.files));
	for (size_t i = 0; i < interface->irq_count; i++) {
		const struct host_irq *irq = &interface->irqs[i];
		struct cpus common = cpus_and(&irq->effective, wrong);
		struct audit_file *file = &set.files[set.count];

		if (cpus_count(&common) == 0)
			continue;
		if (set.count++ < MASKS_CITED)
			audit_cite(audit, finding, "/proc/irq/%u/effective_affinity_list",
				irq->number);
		file->number = irq->number;
		file->before = host_text(
			audit->host, "/proc/irq/%u/smp_affinity_list", irq->number);
		snprintf(file->value, sizeof(file->value), "%.287s", target);
	}
	if (*target && strlen(target) < sizeof(set.files->value))
		audit_write_files(finding, &set);
	free(set.files);
}

static void find_isolated_irqs(struct audit *audit, const struct host_interface *interface,
	const struct cpus *cpus, unsigned irqs, uint64_t times)
{
	struct finding *finding = audit_find(audit, FINDING_PL5104, interface);
	char list[LIST_BYTES];

	finding->confidence = CONFIDENCE_PROVEN;
	if (audit->role == ROLE_LATENCY)
		finding->severity = SEVERITY_WARNING;
	snprintf(finding->what, sizeof(finding->what),
		"%u interrupt%s of %s land%s on isolated CPUs (%s): %s time%s in %.1f s", irqs,
		draft_plural(irqs), interface->name, irqs == 1 ? "s" : "",
		cpus_list(cpus, list, sizeof(list)), units_count(times).text, draft_plural(times),
		audit->host->seconds);
	audit_cite(audit, finding, "/sys/devices/system/cpu/isolated");
	offer_interrupts(audit, interface, cpus, finding);
	snprintf(finding->cost, sizeof(finding->cost),
		"the other CPUs take them; one that the kernel manages refuses with EIO");
}

/* Interrupts disturb an isolated CPU only when they come. */
static void judge_isolated_irqs(struct audit *audit, const struct host_interface *interface)
{
	struct cpus disturbed = { 0 };
	unsigned irqs = 0;
	uint64_t rise, times = 0;

	for (size_t i = 0; i < interface->irq_count; i++) {
		const struct host_irq *irq = &interface->irqs[i];
		struct cpus common = cpus_and(&irq->effective, &audit->host->isolated);

		if (cpus_count(&common) == 0 ||
			!host_rise(audit->host, &rise, "/proc/interrupts %u total", irq->number) ||
			rise == 0)
			continue;
		disturbed = cpus_or(&disturbed, &common);
		irqs++;
		times += rise;
	}
	if (irqs)
		find_isolated_irqs(audit, interface, &disturbed, irqs, times);
}

/* Kinds whose packets were steered, if at all, at the device below: these take the next round. */
static bool is_passed_through(const struct host_interface *interface)
{
	static const char *const kinds[] = { "vlan", "macvlan", "macvtap", "ipvlan", "ipvtap",
		"bond", "team" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(interface->kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

/* Names the devices that steer what `interface` receives; "" if they are not seen from here. */
static void name_steering(
	const struct host *host, const struct host_interface *interface, char *text, size_t size)
{
	const struct host_interface *at = interface, *lower;
	size_t used = 0;

	while (is_passed_through(at) && (lower = host_lower(host, at)))
		at = lower;
	*text = '\0';
	if (at != interface && !is_passed_through(at)) {
		snprintf(text, size, "%s", at->name);
		return;
	}
	for (size_t i = 0; i < host->interface_count && used < size; i++) {
		if (host_master(host, &host->interfaces[i]) == at)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
				used ? ", "
				       ""
				     : "",
				host->interfaces[i].name);
	}
}

static void judge_stacked(struct audit *audit, const struct host_interface *interface)
{
	const char *by_default = host_text(audit->host, DEFAULT_MASK);
	struct cpus all = steered(interface), common;
	struct finding *finding;
	char steering[128];

	if (!is_passed_through(interface) || cpus_count(&all) == 0)
		return;
	/* The kernel wrote it, and nobody expects anything from it. */
	if (by_default && cpus_from_mask(&common, by_default) && cpus_equal(&common, &all))
		return;
	name_steering(audit->host, interface, steering, sizeof(steering));
	finding = audit_find(audit, FINDING_PL5105, interface);
	finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->what, sizeof(finding->what),
		"rps_cpus of %s, a %s, steers nothing that comes from below: the CPU was chosen "
		"at %s",
		interface->name, interface->kind, *steering ? steering : "the device under it");
	offer_without(audit, interface, &all, finding);
	snprintf(finding->cost, sizeof(finding->cost), "none: what it says is not used");
}

static bool has_flow_table(const struct host_interface *interface)
{
	for (size_t i = 0; i < interface->rx_count; i++) {
		if (interface->rx[i].flow_count)
			return true;
	}
	return false;
}

/* RFS needs a table of the machine and one of the queue. */
static void judge_flow_tables(struct audit *audit, const struct host_interface *interface)
{
	const struct snapshot_value *entries = host_value(audit->host, SOCK_FLOWS);
	struct finding *finding;
	uint64_t number;

	if (!has_flow_table(interface))
		return;
	if (!host_number(audit->host, &number, SOCK_FLOWS)) {
		report_add_blind(audit->report,
			"whether rps_flow_cnt of %s has an effect: "
			"net.core.rps_sock_flow_entries is %s",
			interface->name,
			entries ? value_state_name(entries->state) : "not in the snapshot");
		return;
	}
	if (number)
		return;
	finding = audit_find(audit, FINDING_PL5106, interface);
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->what, sizeof(finding->what),
		"rps_flow_cnt is set and net.core.rps_sock_flow_entries is 0: packets do not "
		"follow their program to its CPU");
	audit_cite(audit, finding, SOCK_FLOWS);
	audit_cite(audit, finding, QUEUE "rps_flow_cnt", interface->name, interface->rx[0].number);
	audit_cite(audit, finding, QUEUE "rps_cpus", interface->name, interface->rx[0].number);
	audit_sysctl(audit, finding, SOCK_FLOWS, number, FLOW_ENTRIES);
	snprintf(finding->cost, sizeof(finding->cost),
		"a flow may swap packets when its program moves to another CPU");
}

/* The other half: a table of the machine that no queue uses. */
static void judge_unused_table(struct audit *audit)
{
	const struct host *host = audit->host;
	struct finding *finding;
	uint64_t entries;
	size_t known = 0;

	if (!host_number(host, &entries, SOCK_FLOWS) || entries == 0)
		return;
	for (size_t i = 0; i < host->interface_count; i++) {
		if (has_flow_table(&host->interfaces[i]))
			return;
		for (size_t q = 0; q < host->interfaces[i].rx_count; q++)
			known += host->interfaces[i].rx[q].has_flow_count;
	}
	if (known == 0)
		return;
	finding = audit_find(audit, FINDING_PL5106, NULL);
	finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->what, sizeof(finding->what),
		"net.core.rps_sock_flow_entries is %" PRIu64
		" and rps_flow_cnt is 0 on each of %zu queue%s: packets do not "
		"follow their program",
		entries, known, draft_plural(known));
	snprintf(finding->is_not, sizeof(finding->is_not),
		"queues of devices in other namespaces, which cannot be seen from here");
	audit_cite(audit, finding, SOCK_FLOWS);
}

const struct audit_rule audit_mask_rules[] = {
	{ .name = "mask-without-cpus", .interface = judge_masks },
	{ .name = "irqs-on-isolated-cpus", .interface = judge_isolated_irqs },
	{ .name = "mask-steers-nothing", .interface = judge_stacked },
	{ .name = "rfs-half-configured",
		.interface = judge_flow_tables,
		.machine = judge_unused_table },
	{ 0 },
};
