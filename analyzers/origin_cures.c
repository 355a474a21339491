/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ends the reordering that was found?  The commands of the audit, which judges the same
 * settings without having seen a packet: one CPU for what is received, one queue for what is sent.
 */
#include "analyzers/origin_cures.h"

#include <stdio.h>

#include "analyzers/audit_links.h"
#include "analyzers/audit_offers.h"

#define DEPTH 8 /* devices on top of each other that are looked at */
#define VERIFY \
	"the same command then proves it, if as busy as now: a quiet host shows nothing either way"

struct cure {
	enum finding_id id;
	const char *fix, *fix_of_file;
	void (*offer)(const struct audit *audit, const struct origin_patient *patient,
		const struct host_interface *interface, struct finding *finding);
};

static struct cpus online(const struct host *host)
{
	return host->has_online ? host->online : (struct cpus){ 0 };
}

static void end_backlog(const struct audit *audit, const struct origin_patient *patient,
	const struct host_interface *interface, struct finding *finding)
{
	struct cpus cpus = online(patient->host);

	audit_cite_masks(audit, interface, "rx", "rps_cpus", finding);
	audit_cite(audit, finding, "/sys/devices/system/cpu/online");
	if (patient->many && cpus_count(&cpus))
		audit_offer_cpus(audit, interface, &cpus, finding);
	else
		audit_offer_one_cpu(
			audit, interface, &cpus, patient->quick_cpu, patient->per_second, finding);
}

/* One of the CPUs that it is steered to now; where none is known, of all. */
static struct cpus steered_to(const struct host *host, const struct host_interface *interface)
{
	struct cpus all = { 0 }, there = online(host);

	for (size_t i = 0; i < interface->rx_count; i++)
		all = cpus_or(&all, &interface->rx[i].cpus);
	all = cpus_and(&all, &there);
	return cpus_count(&all) ? all : there;
}

static bool steers(const struct host_interface *interface)
{
	for (size_t i = 0; i < interface->rx_count; i++)
		if (cpus_count(&interface->rx[i].cpus))
			return true;
	return false;
}

static bool follows_readers(const struct host_interface *interface)
{
	for (size_t i = 0; i < interface->rx_count; i++)
		if (interface->rx[i].flow_count)
			return true;
	return false;
}

static void end_steering(const struct audit *audit, const struct origin_patient *patient,
	const struct host_interface *interface, struct finding *finding)
{
	struct cpus cpus = steered_to(patient->host, interface);

	audit_cite_masks(audit, interface, "rx", "rps_cpus", finding);
	if (follows_readers(interface)) {
		audit_cite(audit, finding, "/proc/sys/net/core/rps_sock_flow_entries");
		audit_offer_each(audit, interface, finding, "0", "rx", "rps_flow_cnt");
	}
	audit_offer_one_cpu(
		audit, interface, &cpus, patient->quick_cpu, patient->per_second, finding);
}

/* Sends by the hash of a flow instead of by CPU. */
static void send_by_hash(
	const struct audit *audit, const struct host_interface *interface, struct finding *finding)
{
	if (interface->tx_count < 2)
		return;
	audit_cite_masks(audit, interface, "tx", "xps_cpus", finding);
	audit_offer_each(audit, interface, finding, "0", "tx", "xps_cpus");
}

/* `kind` of channels, "rx" or "combined"; whether there are several to be made one. */
static bool offer_one_queue(const struct audit *audit, const struct host_interface *interface,
	const char *kind, struct finding *finding)
{
	struct finding_command *command;
	uint64_t count;

	if (!host_number(audit->host, &count, "ethtool -l %s %s", interface->name, kind) ||
		count < 2)
		return false;
	audit_cite(audit, finding, "ethtool -l %s %s", interface->name, kind);
	command = audit_command(
		audit, finding, RISK_BLIP, interface, "ethtool -L %s %s 1", interface->word, kind);
	audit_undo(command, "ethtool -L %s %s %u", interface->word, kind, (unsigned)count);
	snprintf(command->read, sizeof(command->read), "ethtool -l %s", interface->word);
	return true;
}

static void join_queues(const struct audit *audit, const struct origin_patient *patient,
	const struct host_interface *interface, struct finding *finding)
{
	const struct host_interface *peer = link_peer(patient->host, interface);

	if (peer)
		send_by_hash(audit, peer, finding);
	if (!offer_one_queue(audit, interface, "combined", finding))
		offer_one_queue(audit, interface, "rx", finding);
	if (!finding->command_count)
		return;
	snprintf(finding->cost, sizeof(finding->cost),
		"with one queue one CPU does all receive work of %s; setting queues up anew loses "
		"packets, and a login over it may be cut for a moment",
		interface->name);
	snprintf(finding->lasting, sizeof(finding->lasting),
		"the same commands from a unit or script that runs when %s comes up",
		interface->name);
}

static void send_by_one_way(const struct audit *audit, const struct origin_patient *patient,
	const struct host_interface *interface, struct finding *finding)
{
	(void)patient;
	audit_cite(audit, finding, "tc -s qdisc show dev %s root kind", interface->name);
	finding_command(finding, RISK_NONE, "tc -s qdisc show dev %s", interface->word);
	finding_command(finding, RISK_NONE, "tc -s class show dev %s", interface->word);
	send_by_hash(audit, interface, finding);
	if (interface->tx_count > 1)
		snprintf(finding->cost, sizeof(finding->cost),
			"the hash of a flow picks the queue: CPUs share queues and their locks, "
			"which costs throughput");
}

static const struct cure cures[] = {
	{
		.id = FINDING_PL1103,
		.fix = "Capture in the host's own namespace, where its settings can be read: it "
		       "then tells which of them does it",
		.fix_of_file =
			"If the file was put together from several, sort it by stamp (reordercap); "
			"else capture on that host, live: it then tells which setting does it",
	},
	{
		.id = FINDING_PL1104,
		.fix = "Steer what is received to one CPU, here, and end whatever sets the mask "
		       "anew; " VERIFY,
		.offer = end_steering,
	},
	{
		.id = FINDING_PL1105,
		.fix = "Switch receive steering on, here, at the receiving end; " VERIFY,
		.offer = end_backlog,
	},
	{
		.id = FINDING_PL1106,
		.fix = "Let one queue take the stream: where it is sent by its hash, xps_cpus 0, "
		       "or here by having one; " VERIFY,
		.offer = join_queues,
	},
	{
		.id = FINDING_PL1107,
		.fix = "Give one stream one class of the queueing discipline, one transmit queue "
		       "and one thread that sends; " VERIFY,
		.offer = send_by_one_way,
	},
};

/* Its only member, or the only one that steers; NULL: there are several, or none. */
static const struct host_interface *member_of(
	const struct host *host, const struct host_interface *interface, size_t *count)
{
	const struct host_interface *found = NULL, *steering = NULL;
	size_t steer = 0;

	*count = 0;
	for (size_t i = 0; i < host->interface_count; i++) {
		if (host_master(host, &host->interfaces[i]) != interface)
			continue;
		found = &host->interfaces[i];
		++*count;
		if (!steers(found))
			continue;
		steering = found;
		steer++;
	}
	if (steer)
		return steer == 1 ? steering : NULL;
	return *count == 1 ? found : NULL;
}

/* A VLAN or bridge hands on what another device received and steered; NULL: which is not known. */
static const struct host_interface *lowest(
	const struct host *host, const struct host_interface *interface, bool sends)
{
	const struct host_interface *below;
	size_t members;

	for (int depth = 0; interface && depth < DEPTH; depth++) {
		below = host_lower(host, interface);
		if (!below && sends)
			return interface;
		if (!below) {
			below = member_of(host, interface, &members);
			if (!members)
				return interface;
		}
		interface = below;
	}
	return interface;
}

/* Instead of a command. */
static void point_to_ports(struct finding *finding, const struct host_interface *interface)
{
	snprintf(finding->fix, sizeof(finding->fix),
		"Capture on the devices that %s is made of: the one that reorders is known then, "
		"and what to set there",
		interface->name);
}

void origin_cure(const struct origin_patient *patient, struct finding *finding)
{
	const struct audit audit = { .host = patient->host, .report = patient->report };
	const struct host_interface *interface = NULL;

	if (patient->host && patient->interface)
		interface = lowest(
			patient->host, patient->interface, finding->id == FINDING_PL1107);
	for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++) {
		if (cures[i].id != finding->id)
			continue;
		snprintf(finding->fix, sizeof(finding->fix), "%s",
			cures[i].fix_of_file && !patient->host ? cures[i].fix_of_file
							       : cures[i].fix);
		if (cures[i].offer && interface)
			cures[i].offer(&audit, patient, interface, finding);
		if (cures[i].offer && patient->host && patient->interface && !interface)
			point_to_ports(finding, patient->interface);
	}
}
