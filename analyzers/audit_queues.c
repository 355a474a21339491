/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where does this machine drop what it received? In the queue of a CPU (softnet_stat, net/core/
 * dev.c: enqueue_to_backlog(), net_rx_action()) or in the card, for want of room or as damaged.
 * Rates between two readings, never totals since boot.
 */
#include "analyzers/audit_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/draft.h"
#include "report/units.h"

#define MAX_BACKLOG "/proc/sys/net/core/netdev_max_backlog"
#define BUDGET "/proc/sys/net/core/netdev_budget"
#define ERROR_SHARE 0.01      /* of the packets: lost so often it is an error */
#define LARGEST_BACKLOG 16384 /* a longer queue delays more than it saves */
#define LARGEST_BUDGET 2400   /* packets of one run */
#define FEWEST_DAMAGED 10     /* frames */

/* What a CPU did between both readings. */
struct softnet {
	unsigned cpu;
	uint64_t processed, dropped, squeezed, flow_limit;
};

struct softnets {
	size_t known;                          /* CPUs of which both readings are there */
	struct softnet all, dropper, squeezed; /* the sum, and the CPUs that have the most */
};

static bool read_softnet(const struct audit *audit, unsigned cpu, struct softnet *rise)
{
	const struct host *host = audit->host;

	memset(rise, 0, sizeof(*rise));
	rise->cpu = cpu;
	host_rise(host, &rise->flow_limit, PATH_SOFTNET "flow_limit", cpu);
	return host_rise(host, &rise->processed, PATH_SOFTNET "processed", cpu) &&
	       host_rise(host, &rise->dropped, PATH_SOFTNET "dropped", cpu) &&
	       host_rise(host, &rise->squeezed, PATH_SOFTNET "time_squeeze", cpu);
}

static struct softnets read_softnets(const struct audit *audit)
{
	const struct cpus *online = &audit->host->online;
	struct softnets softnets = { 0 };
	struct softnet rise;

	for (int cpu = cpus_next(online, 0); cpu >= 0; cpu = cpus_next(online, (unsigned)cpu + 1)) {
		if (!read_softnet(audit, (unsigned)cpu, &rise))
			continue;
		softnets.known++;
		softnets.all.processed += rise.processed;
		softnets.all.dropped += rise.dropped;
		softnets.all.squeezed += rise.squeezed;
		softnets.all.flow_limit += rise.flow_limit;
		if (rise.dropped > softnets.dropper.dropped)
			softnets.dropper = rise;
		if (rise.squeezed > softnets.squeezed.squeezed)
			softnets.squeezed = rise;
	}
	return softnets;
}

/* An interface whose packets all go to `cpu` by its masks, or NULL. */
static const struct host_interface *steered_to(const struct host *host, unsigned cpu)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		for (size_t q = 0; q < host->interfaces[i].rx_count; q++) {
			const struct cpus *cpus = &host->interfaces[i].rx[q].cpus;

			if (cpus_count(cpus) == 1 && cpus_has(cpus, cpu))
				return &host->interfaces[i];
		}
	}
	return NULL;
}

static void explain_drops(
	const struct audit *audit, const struct softnets *softnets, struct finding *finding)
{
	const struct host_interface *steered = steered_to(audit->host, softnets->dropper.cpu);
	const char *length = host_text(audit->host, MAX_BACKLOG);

	if (softnets->all.flow_limit)
		snprintf(finding->why, sizeof(finding->why),
			"%s of them by the flow limit, which takes from the largest flow once "
			"the queue is half full",
			units_count(softnets->all.flow_limit).text);
	else if (steered)
		snprintf(finding->why, sizeof(finding->why),
			"rps_cpus of %s steers to CPU %u alone, which does not keep up",
			steered->name, softnets->dropper.cpu);
	else
		snprintf(finding->why, sizeof(finding->why),
			"packets came faster to the queue of this CPU than it took them%s%.20s%s",
			length ? "; the queue holds " : "", length ? length : "",
			length ? " (netdev_max_backlog)" : "");
}

static void offer_backlog(const struct audit *audit, struct finding *finding)
{
	uint64_t length;

	if (!host_number(audit->host, &length, MAX_BACKLOG)) {
		snprintf(finding->fix, sizeof(finding->fix),
			"Spread the work over CPUs, or lengthen the queue: "
			"net.core.netdev_max_backlog, which is the machine's and cannot be read "
			"from here.");
		return;
	}
	if (length > 0 && length <= LARGEST_BACKLOG / 4) {
		audit_sysctl(audit, finding, MAX_BACKLOG, length, length * 4);
		snprintf(finding->cost, sizeof(finding->cost),
			"a packet may wait behind %" PRIu64 " others: it helps against bursts, "
			"not against a CPU that never keeps up",
			length * 4);
	}
}

static void judge_backlog(struct audit *audit)
{
	struct softnets softnets = read_softnets(audit);
	const struct softnet *all = &softnets.all, *worst = &softnets.dropper;
	struct finding *finding;

	if (all->dropped == 0)
		return;
	finding = audit_find(audit, FINDING_PL5201, NULL);
	finding->confidence = CONFIDENCE_PROVEN;
	if ((double)worst->dropped >= ERROR_SHARE * (double)(worst->processed + worst->dropped))
		finding->severity = SEVERITY_ERROR;
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s packets were dropped in %.1f s before the stack saw them; %s on CPU %u",
		units_count(all->dropped).text, units_count(all->processed + all->dropped).text,
		audit->host->seconds, units_count(worst->dropped).text, worst->cpu);
	explain_drops(audit, &softnets, finding);
	finding_number(finding, "dropped_packets", (double)all->dropped);
	finding_number(finding, "processed_packets", (double)all->processed);
	audit_cite_rise(audit, finding, PATH_SOFTNET "dropped", worst->cpu);
	audit_cite_rise(audit, finding, PATH_SOFTNET "processed", worst->cpu);
	audit_cite(audit, finding, MAX_BACKLOG);
	offer_backlog(audit, finding);
}

static void offer_budget(const struct audit *audit, struct finding *finding)
{
	uint64_t packets;

	if (!host_number(audit->host, &packets, BUDGET))
		return;
	if (packets > 0 && packets <= LARGEST_BUDGET / 2) {
		audit_sysctl(audit, finding, BUDGET, packets, packets * 2);
		snprintf(finding->cost, sizeof(finding->cost),
			"programs on that CPU wait longer for their turn; netdev_budget_usecs "
			"ends a run, too, and may have to be doubled as well");
	}
}

static void judge_squeezes(struct audit *audit)
{
	struct softnets softnets = read_softnets(audit);
	const struct softnet *worst = &softnets.squeezed;
	double least = audit->role == ROLE_LATENCY ? 1 : USUAL_SQUEEZES, per_second;
	struct finding *finding;

	if (softnets.known && softnets.all.dropped == 0)
		report_add_fine(audit->report,
			"%s packet%s taken by %zu CPU%s in %.1f s, 0 dropped, %s time%s squeezed",
			units_count(softnets.all.processed).text,
			draft_plural(softnets.all.processed), softnets.known,
			draft_plural(softnets.known), audit->host->seconds,
			units_count(softnets.all.squeezed).text,
			draft_plural(softnets.all.squeezed));
	if (worst->squeezed == 0)
		return;
	per_second = (double)worst->squeezed / audit->host->seconds;
	if (per_second < least)
		return;
	finding = audit_find(audit, FINDING_PL5202, NULL);
	finding->confidence = CONFIDENCE_PROVEN;
	if (worst->dropped)
		finding->severity = SEVERITY_WARNING;
	snprintf(finding->what, sizeof(finding->what),
		"CPU %u stopped receiving with packets left %s time%s in %.1f s (all CPUs: %s)%s",
		worst->cpu, units_count(worst->squeezed).text, draft_plural(worst->squeezed),
		audit->host->seconds, units_count(softnets.all.squeezed).text,
		worst->dropped ? ", and its queue overflowed" : "");
	finding_number(finding, "squeezes_per_second", per_second);
	audit_cite_rise(audit, finding, PATH_SOFTNET "time_squeeze", worst->cpu);
	audit_cite_rise(audit, finding, PATH_SOFTNET "processed", worst->cpu);
	audit_cite(audit, finding, BUDGET);
	audit_cite(audit, finding, BUDGET "_usecs");
	offer_budget(audit, finding);
}

/* Counters of packets that found no place in the ring; several may count the same ones. */
static const struct {
	const char *before, *after; /* the interface's name */
} overruns[] = {
	{ "/sys/class/net/", "/statistics/rx_missed_errors" },
	{ "/sys/class/net/", "/statistics/rx_fifo_errors" },
	{ "ethtool -S ", " rx_out_of_buffer" },
	{ "ethtool -S ", " rx_no_dma_resources" },
};

#define OVERRUNS (sizeof(overruns) / sizeof(overruns[0]))

/* The largest rise among them and its place in the table; false if none is known. */
static bool read_overruns(const struct audit *audit, const struct host_interface *interface,
	uint64_t *missed, size_t *which)
{
	bool known = false;
	uint64_t rise;

	*missed = 0;
	*which = 0;
	for (size_t i = 0; i < OVERRUNS; i++) {
		if (!host_rise(audit->host, &rise, "%s%s%s", overruns[i].before, interface->name,
			    overruns[i].after))
			continue;
		known = true;
		if (rise > *missed) {
			*missed = rise;
			*which = i;
		}
	}
	return known;
}

static void offer_ring(
	const struct audit *audit, const struct host_interface *interface, struct finding *finding)
{
	const char *name = interface->name;
	struct finding_command *command;
	uint64_t ring, most, wanted;

	if (!host_number(audit->host, &ring, "ethtool -g %s rx", name) || ring == 0 ||
		!host_number(audit->host, &most, "ethtool -g %s rx max", name)) {
		snprintf(finding->fix, sizeof(finding->fix),
			"The driver does not tell the size of its ring: let more CPUs, or a "
			"faster one, empty it.");
		return;
	}
	if (ring >= most) {
		snprintf(finding->fix, sizeof(finding->fix),
			"The ring is as large as it gets (%" PRIu64 "): more queues, interrupts "
			"on more CPUs, or a CPU with less to do must empty it sooner.",
			ring);
		return;
	}
	wanted = most / 4 < ring ? most : ring * 4;
	command = audit_command(audit, finding, RISK_BLIP, interface, "ethtool -G %s rx %" PRIu64,
		interface->word, wanted);
	snprintf(command->undo, sizeof(command->undo), "ethtool -G %s rx %" PRIu64, interface->word,
		ring);
	snprintf(command->read, sizeof(command->read), "ethtool -g %s", interface->word);
	snprintf(finding->cost, sizeof(finding->cost),
		"the link may go down for a moment; about 2 kB of memory for each of the %" PRIu64
		" places of each queue, and a burst may wait longer",
		wanted);
	snprintf(finding->lasting, sizeof(finding->lasting),
		"RxBufferSize=%" PRIu64 " under [Link] of the interface's systemd.link(5) file",
		wanted);
}

static void ring_is_fine(const struct audit *audit, const struct host_interface *interface)
{
	const char *ring = host_text(audit->host, "ethtool -g %s rx", interface->name);
	const char *most = host_text(audit->host, "ethtool -g %s rx max", interface->name);

	if (ring && most)
		report_add_fine(audit->report, "%s: receive ring %.20s of %.20s, 0 missed",
			interface->name, ring, most);
}

static void judge_ring(struct audit *audit, const struct host_interface *interface)
{
	const char *name = interface->name;
	uint64_t missed, received = 0;
	struct finding *finding;
	size_t which;

	/* A bond or VLAN repeats what its card counts. */
	if (*interface->kind || interface->loopback ||
		!read_overruns(audit, interface, &missed, &which))
		return;
	if (missed == 0) {
		ring_is_fine(audit, interface);
		return;
	}
	host_rise(audit->host, &received, PATH_STATISTICS "rx_packets", name);
	finding = audit_find(audit, FINDING_PL5203, interface);
	finding->confidence = CONFIDENCE_PROVEN;
	if ((double)missed >= ERROR_SHARE * (double)(received + missed))
		finding->severity = SEVERITY_ERROR;
	snprintf(finding->what, sizeof(finding->what),
		"%s packets found no place in the receive ring in %.1f s, of %s that came",
		units_count(missed).text, audit->host->seconds,
		units_count(received + missed).text);
	finding_number(finding, "missed_packets", (double)missed);
	finding_number(finding, "received_packets", (double)received);
	audit_cite_rise(
		audit, finding, "%s%s%s", overruns[which].before, name, overruns[which].after);
	audit_cite_rise(audit, finding, PATH_STATISTICS "rx_packets", name);
	audit_cite(audit, finding, "ethtool -g %s rx", name);
	audit_cite(audit, finding, "ethtool -g %s rx max", name);
	offer_ring(audit, interface, finding);
}

/* Frames whose check sum is wrong: the card throws them away. */
static void judge_damage(struct audit *audit, const struct host_interface *interface)
{
	const char *name = interface->name;
	const char *duplex = host_text(audit->host, "ethtool %s duplex", name);
	uint64_t damaged, received = 0;
	struct finding *finding;

	if (!interface->physical ||
		!host_rise(audit->host, &damaged, PATH_STATISTICS "rx_crc_errors", name) ||
		damaged < FEWEST_DAMAGED)
		return;
	host_rise(audit->host, &received, PATH_STATISTICS "rx_packets", name);
	finding = audit_find(audit, FINDING_PL5209, interface);
	finding->confidence = CONFIDENCE_PROVEN;
	if ((double)damaged >= ERROR_SHARE * (double)(received + damaged))
		finding->severity = SEVERITY_ERROR;
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s frames came damaged in %.1f s, and were dropped by the card",
		units_count(damaged).text, units_count(received + damaged).text,
		audit->host->seconds);
	if (duplex && strcmp(duplex, "Half") == 0)
		snprintf(finding->why, sizeof(finding->why),
			"the link is half duplex: if the other end is not, their frames collide");
	finding_number(finding, "damaged_frames", (double)damaged);
	finding_number(finding, "received_packets", (double)received);
	audit_cite_rise(audit, finding, PATH_STATISTICS "rx_crc_errors", name);
	audit_cite_rise(audit, finding, PATH_STATISTICS "rx_packets", name);
	audit_cite(audit, finding, "ethtool %s speed", name);
	audit_cite(audit, finding, "ethtool %s duplex", name);
}

const struct audit_rule audit_queue_rules[] = {
	{ .name = "backlog-dropping", .machine = judge_backlog },
	{ .name = "budget-squeezed", .machine = judge_squeezes },
	{ .name = "receive-ring-overrun", .interface = judge_ring },
	{ .name = "frames-damaged", .interface = judge_damage },
	{ 0 },
};
