/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does the card bring packets to queues and CPUs as they need? Fragments have no ports, so a hash
 * of ports parts them from the whole packets of their flow; and several queues are no use while
 * one CPU empties them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/audit_links.h"
#include "base/memory.h"
#include "report/units.h"

#define MISSED PATH_STATISTICS "rx_missed_errors"
#define FEWEST_MISSED 10
#define FEWEST_INTERRUPTS 100. /* a second; what comes more rarely is no queue at work */
#define LEAST_SHARE 0.001      /* of the packets received: fewer fragments are nobody's trouble */
#define FRAGMENT_SHARE 0.01    /* of the packets received: from there a warning */

/* What is hashed, and the counters of fragments that come to be put together. */
static const struct family {
	const char *flow;                /* as ethtool -n names it */
	const char *fragments, *packets; /* counters */
} families[] = {
	{ "udp4", "/proc/net/snmp Ip.ReasmReqds", "/proc/net/snmp Ip.InReceives" },
	{ "udp6", "/proc/net/snmp6 Ip6ReasmReqds", "/proc/net/snmp6 Ip6InReceives" },
};

/* A VXLAN or Geneve device over `interface`, whose fix is another than that of plain UDP. */
static const struct host_interface *tunnel_over(
	const struct host *host, const struct host_interface *interface)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *upper = &host->interfaces[i];

		if ((link_is(upper, "vxlan") || link_is(upper, "geneve")) &&
			host_lower(host, upper) == interface)
			return upper;
	}
	return NULL;
}

static void offer_addresses_only(const struct audit *audit, const struct host_interface *interface,
	const struct family *family, const char *letters, struct finding *finding)
{
	const struct host_interface *tunnel = tunnel_over(audit->host, interface);
	struct finding_command *command;

	if (tunnel) {
		snprintf(finding->fix, sizeof(finding->fix),
			"Lower the MTU of %s, so that its packets need no fragments. Hashing by "
			"addresses alone would put all of a pair of tunnel ends on one queue.",
			tunnel->name);
		return;
	}
	command = audit_command(audit, finding, RISK_HOT, interface,
		"ethtool -N %s rx-flow-hash %s sd", interface->word, family->flow);
	if (strspn(letters, "abcdefghijklmnopqrstuvwxyz") == strlen(letters))
		snprintf(command->undo, sizeof(command->undo),
			"ethtool -N %s rx-flow-hash %s %.16s", interface->word, family->flow,
			letters);
	snprintf(command->read, sizeof(command->read), "ethtool -n %s rx-flow-hash %s",
		interface->word, family->flow);
	snprintf(finding->cost, sizeof(finding->cost),
		"all UDP between one pair of addresses takes one queue, so one CPU");
	snprintf(finding->lasting, sizeof(finding->lasting),
		"the same command from a unit or script that runs when %s comes up",
		interface->name);
}

/* Fragments of how many packets, and where they were counted. */
struct share {
	uint64_t fragments, packets;
	char when[48];
};

static void find_parted(struct audit *audit, const struct host_interface *interface,
	const struct family *family, const struct share *share)
{
	const char *letters = host_text(
		audit->host, "ethtool -n %s rx-flow-hash %s", interface->name, family->flow);
	struct finding *finding = audit_find(audit, FINDING_PL5107, interface);

	finding->confidence = CONFIDENCE_POSSIBLE;
	if ((double)share->fragments < FRAGMENT_SHARE * (double)share->packets)
		finding->severity = SEVERITY_INFO;
	snprintf(finding->what, sizeof(finding->what),
		"%s is hashed by ports (%.16s) to %zu queues and fragments have none: %s of %s "
		"packets %s were fragments",
		family->flow, letters, interface->rx_count, units_count(share->fragments).text,
		units_count(share->packets).text, share->when);
	finding_number(finding, "fragments", (double)share->fragments);
	finding_number(finding, "packets", (double)share->packets);
	audit_cite(audit, finding, "ethtool -n %s rx-flow-hash %s", interface->name, family->flow);
	audit_cite_rise(audit, finding, "%s", family->fragments);
	audit_cite_rise(audit, finding, "%s", family->packets);
	offer_addresses_only(audit, interface, family, letters, finding);
}

/* Fragments that this machine put together, by its counters; false if none are known of. */
static bool count_fragments(
	const struct audit *audit, const struct family *family, struct share *share)
{
	const struct host *host = audit->host;

	snprintf(share->when, sizeof(share->when), "received in %.1f s", host->seconds);
	return host_rise(host, &share->fragments, "%s", family->fragments) && share->fragments &&
	       host_rise(host, &share->packets, "%s", family->packets);
}

/* Or those that a capture on the interface saw, of whichever version of IP. */
static bool see_fragments(
	const struct audit *audit, const struct host_interface *interface, struct share *share)
{
	double fragments;

	if (!audit_captured(audit, interface) ||
		!audit_observed(audit, &fragments, "capture.fragments") || fragments < 1)
		return false;
	share->fragments = (uint64_t)fragments;
	share->packets = audit->report->frames;
	snprintf(share->when, sizeof(share->when), "captured");
	return true;
}

static void judge_fragments(struct audit *audit, const struct host_interface *interface)
{
	uint64_t received = 1;

	host_rise(audit->host, &received, PATH_STATISTICS "rx_packets", interface->name);
	/* What receives nothing brings no fragments. */
	if (interface->rx_count < 2 || received == 0)
		return;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const char *letters = host_text(audit->host, "ethtool -n %s rx-flow-hash %s",
			interface->name, families[i].flow);
		struct share share;

		if (!letters || !strpbrk(letters, "fn"))
			continue;
		if ((see_fragments(audit, interface, &share) ||
			    count_fragments(audit, &families[i], &share)) &&
			audit_reaches(share.fragments, share.packets, LEAST_SHARE))
			find_parted(audit, interface, &families[i], &share);
	}
}

/* Interrupts that came at a rate that matters. */
struct load {
	unsigned irqs;
	uint64_t times;
	struct cpus cpus, queues; /* where they land; the numbers of their queues, as a set */
};

static struct load read_load(const struct host *host, const struct host_interface *interface)
{
	struct load load = { 0 };
	uint64_t rise;

	for (size_t i = 0; i < interface->irq_count; i++) {
		const struct host_irq *irq = &interface->irqs[i];

		if (!irq->has_effective || irq->queue < 0 ||
			!host_rise(host, &rise, "/proc/interrupts %u total", irq->number) ||
			(double)rise < FEWEST_INTERRUPTS * host->seconds)
			continue;
		load.irqs++;
		load.times += rise;
		load.cpus = cpus_or(&load.cpus, &irq->effective);
		cpus_add(&load.queues, (unsigned)irq->queue);
	}
	return load;
}

/* How a CPU falls behind, and with it the rings that it empties. */
struct overload {
	uint64_t squeezed, dropped, missed;
};

/*
 * Whether a CPU drops, lets the rings of `interface` overflow, or ends its runs with work left more
 * often than is usual under load.
 */
static bool is_overloaded(const struct audit *audit, const struct host_interface *interface,
	unsigned cpu, struct overload *overload)
{
	const struct host *host = audit->host;

	memset(overload, 0, sizeof(*overload));
	host_rise(host, &overload->squeezed, PATH_SOFTNET "time_squeeze", cpu);
	host_rise(host, &overload->dropped, PATH_SOFTNET "dropped", cpu);
	host_rise(host, &overload->missed, MISSED, interface->name);
	return overload->dropped || overload->missed >= FEWEST_MISSED ||
	       (double)overload->squeezed >= USUAL_SQUEEZES * host->seconds;
}

/* Spreads the interrupts over the CPUs that are not isolated, in turn. */
static void offer_turns(const struct audit *audit, const struct host_interface *interface,
	const struct cpus *usable, struct finding *finding)
{
	struct audit_file_set set = { .head = "/proc/irq/",
		.tail = "/smp_affinity_list",
		.shown = "/effective_affinity_list" };
	int cpu = -1;

	set.files = memory_alloc(interface->irq_count + 1, sizeof(*set.files));
	for (size_t i = 0; i < interface->irq_count; i++) {
		const struct host_irq *irq = &interface->irqs[i];
		struct audit_file *file = &set.files[set.count];

		if (!irq->has_effective)
			continue;
		if (set.count++ < 2)
			audit_cite(audit, finding, "/proc/irq/%u/effective_affinity_list",
				irq->number);
		cpu = cpus_next(usable, (unsigned)(cpu + 1));
		if (cpu < 0)
			cpu = cpus_next(usable, 0);
		file->number = irq->number;
		file->before = host_text(
			audit->host, "/proc/irq/%u/smp_affinity_list", irq->number);
		snprintf(file->value, sizeof(file->value), "%d", cpu);
	}
	audit_write_files(finding, &set);
	free(set.files);
}

/* Only where that CPU does not keep up: else one may be what somebody wants. */
static void judge_interrupts(struct audit *audit, const struct host_interface *interface)
{
	const struct host *host = audit->host;
	struct cpus usable = cpus_without(&host->online, &host->isolated);
	struct load load = read_load(host, interface);
	struct overload overload;
	struct finding *finding;
	unsigned cpu;

	if (host->seconds <= 0 || cpus_count(&load.cpus) != 1 || cpus_count(&load.queues) < 2 ||
		cpus_count(&usable) < 2)
		return;
	cpu = (unsigned)cpus_next(&load.cpus, 0);
	if (!is_overloaded(audit, interface, cpu, &overload))
		return;
	finding = audit_find(audit, FINDING_PL5108, interface);
	finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->what, sizeof(finding->what),
		"%u interrupts of %u queues all land on CPU %u, of %u that could take them, and "
		"it does not keep up: squeezed +%s, dropped +%s, missed by the rings +%s in %.1f s",
		load.irqs, cpus_count(&load.queues), cpu, cpus_count(&usable),
		units_count(overload.squeezed).text, units_count(overload.dropped).text,
		units_count(overload.missed).text, host->seconds);
	finding_number(finding, "interrupts", (double)load.times);
	audit_cite_rise(audit, finding, PATH_SOFTNET "time_squeeze", cpu);
	audit_cite_rise(audit, finding, PATH_SOFTNET "dropped", cpu);
	audit_cite_rise(audit, finding, MISSED, interface->name);
	offer_turns(audit, interface, &usable, finding);
	snprintf(finding->cost, sizeof(finding->cost),
		"packets of one flow may swap while its interrupt moves; irqbalance, if it runs, "
		"moves them again");
	snprintf(finding->lasting, sizeof(finding->lasting),
		"irqbalance, or a script that runs when %s comes up", interface->name);
}

const struct audit_rule audit_spread_rules[] = {
	{ .name = "fragments-by-another-queue", .interface = judge_fragments },
	{ .name = "irqs-on-one-cpu", .interface = judge_interrupts },
	{ 0 },
};
