/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What do traffic control and the transmit queue throw away or delay? A queueing discipline that
 * emulates a bad network (sch_netem), policers (act_police), and queues that overflow.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_links.h"
#include "report/draft.h"
#include "report/units.h"

#define QDISC "tc -s qdisc show dev "
#define FILTER "tc -s filter show dev "
#define POLICED_SHARE 0.01   /* of the packets: more is worth a warning */
#define OVERFLOW_SHARE 0.001 /* of a queue that only drops when it is full */
#define SHAPED_SHARE 0.01    /* of one that drops to keep senders in check */
#define TX_DROPPED_SHARE 0.001

/* Whether the place of a qdisc or filter, "parent 1:a", means nothing more to a shell. */
static bool is_plain(const char *place)
{
	return strspn(place, "abcdefghijklmnopqrstuvwxyz0123456789: ") == strlen(place);
}

static void find_netem(
	struct audit *audit, const struct host_interface *interface, const char *where)
{
	struct finding *finding = audit_find(audit, FINDING_PL5204, interface);
	const char *name = interface->name;
	struct finding_command *command;
	uint64_t packets;

	finding->confidence = CONFIDENCE_PROVEN;
	if (host_rise(audit->host, &packets, QDISC "%s %s packets", name, where))
		snprintf(finding->what, sizeof(finding->what),
			"what %s sends passes netem (%s), an emulator of bad networks: %s "
			"packets in %.1f s",
			name, where, units_count(packets).text, audit->host->seconds);
	else
		snprintf(finding->what, sizeof(finding->what),
			"what %s sends passes netem (%s), an emulator of bad networks", name,
			where);
	audit_cite(audit, finding, QDISC "%s %s kind", name, where);
	audit_cite_rise(audit, finding, QDISC "%s %s packets", name, where);
	audit_cite_rise(audit, finding, QDISC "%s %s dropped", name, where);
	command = audit_command(audit, finding, RISK_BLIP, interface, "tc qdisc del dev %s %s",
		interface->word, where);
	snprintf(command->read, sizeof(command->read), "tc -s qdisc show dev %s", interface->word);
	snprintf(finding->cost, sizeof(finding->cost), "packets that it holds back are lost");
}

/* Whether what stands at the interface is known. */
static bool look_for_netem(
	struct audit *audit, const struct host_interface *interface, size_t *found)
{
	struct snapshot_walk walk;
	bool known = false;

	snapshot_walk(&walk, audit->host->snapshot, " kind", QDISC "%s ", interface->name);
	while (snapshot_next(&walk)) {
		if (!is_plain(walk.between))
			continue;
		known = true;
		if (strcmp(walk.value->text, "netem") != 0)
			continue;
		find_netem(audit, interface, walk.between);
		*found += 1;
	}
	return known;
}

static void judge_netem(struct audit *audit)
{
	size_t known = 0, found = 0;

	for (size_t i = 0; i < audit->interface_count; i++)
		known += look_for_netem(audit, audit->interfaces[i], &found);
	if (known && !found)
		report_add_fine(
			audit->report, "no netem on %zu interface%s", known, draft_plural(known));
}

/* Packets that the interface received or sent between both readings; 0 if not known. */
static uint64_t passed(
	const struct audit *audit, const struct host_interface *interface, bool received)
{
	uint64_t packets = 0;

	host_rise(audit->host, &packets, PATH_STATISTICS "%s", interface->name,
		received ? "rx_packets" : "tx_packets");
	return packets;
}

static void find_policer(
	struct audit *audit, const struct host_interface *interface, const char *place)
{
	bool received = strncmp(place, "ingress", 7) == 0;
	uint64_t dropped, packets = passed(audit, interface, received);
	struct finding *finding;

	if (!host_rise(audit->host, &dropped, FILTER "%s %s dropped", interface->name, place) ||
		dropped == 0)
		return;
	if (packets < dropped)
		packets = dropped;
	finding = audit_find(audit, FINDING_PL5205, interface);
	finding->confidence = CONFIDENCE_PROVEN;
	if (audit_reaches(dropped, packets, POLICED_SHARE))
		finding->severity = SEVERITY_WARNING;
	snprintf(finding->what, sizeof(finding->what),
		"the policer of filter %s dropped %s packets in %.1f s, of %s that %s %s", place,
		units_count(dropped).text, audit->host->seconds, units_count(packets).text,
		interface->name, received ? "received" : "sent");
	finding_number(finding, "dropped_packets", (double)dropped);
	finding_number(finding, "packets", (double)packets);
	audit_cite(audit, finding, FILTER "%s %s action", interface->name, place);
	audit_cite_rise(audit, finding, FILTER "%s %s dropped", interface->name, place);
	audit_cite_rise(audit, finding, PATH_STATISTICS "%s", interface->name,
		received ? "rx_packets" : "tx_packets");
	audit_command(audit, finding, RISK_NONE, interface, "tc -s filter show dev %s %.7s",
		interface->word, place);
}

static void judge_policers(struct audit *audit, const struct host_interface *interface)
{
	struct snapshot_walk walk;

	snapshot_walk(&walk, audit->host->snapshot, " action", FILTER "%s ", interface->name);
	while (snapshot_next(&walk)) {
		if (strstr(walk.value->text, "police") && is_plain(walk.between))
			find_policer(audit, interface, walk.between);
	}
}

/* Queues that drop on purpose, so that senders slow down, or at a rate that was asked for. */
static bool drops_on_purpose(const char *kind)
{
	static const char *const kinds[] = { "fq_codel", "fq", "sfq", "codel", "cake", "fq_pie",
		"pie", "red", "gred", "sfb", "choke", "dualpi2", "tbf", "htb", "hfsc", "netem" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

static bool is_multiqueue(const char *kind)
{
	return strcmp(kind, "mq") == 0 || strcmp(kind, "mqprio") == 0;
}

/* Likewise of the one at the root; mq only counts what those below it drop. */
static bool root_drops_on_purpose(
	const struct audit *audit, const struct host_interface *interface, const char *kind)
{
	struct snapshot_walk walk;
	bool found = false;

	if (!is_multiqueue(kind))
		return drops_on_purpose(kind);
	snapshot_walk(&walk, audit->host->snapshot, " kind", QDISC "%s ", interface->name);
	while (snapshot_next(&walk)) {
		uint64_t dropped;

		if (strcmp(walk.value->text, kind) == 0 ||
			!host_rise(audit->host, &dropped, QDISC "%s %s dropped", interface->name,
				walk.between) ||
			dropped == 0)
			continue;
		if (!drops_on_purpose(walk.value->text))
			return false;
		found = true;
	}
	return found;
}

/* A fair queue in place of one that is full; under mq one for each queue of the device. */
static void offer_fair_queue(const struct audit *audit, const struct host_interface *interface,
	const char *kind, struct finding *finding)
{
	struct finding_command *command;

	if (is_multiqueue(kind)) {
		snprintf(finding->fix, sizeof(finding->fix),
			"Send less than the link takes, or have a fair queue below each queue of "
			"the device: net.core.default_qdisc, then mq anew. One fair queue in place "
			"of mq would have one lock for all CPUs.");
		return;
	}
	command = audit_command(audit, finding, RISK_BLIP, interface,
		"tc qdisc replace dev %s root fq_codel", interface->word);
	snprintf(command->undo, sizeof(command->undo), "tc qdisc del dev %s root", interface->word);
	snprintf(command->read, sizeof(command->read), "tc -s qdisc show dev %s", interface->word);
	snprintf(finding->cost, sizeof(finding->cost),
		"packets in the old queue are lost; as many are dropped as before, but sooner "
		"and of the flows that fill the queue");
}

static void find_overflow(struct audit *audit, const struct host_interface *interface,
	const char *kind, uint64_t dropped, uint64_t packets)
{
	bool meant = root_drops_on_purpose(audit, interface, kind);
	struct finding *finding = audit_find(audit, FINDING_PL5206, interface);

	finding->severity = meant ? SEVERITY_INFO : SEVERITY_WARNING;
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->what, sizeof(finding->what),
		"the queue of %s (%.32s) dropped %s of %s packets to send in %.1f s",
		interface->name, kind, units_count(dropped).text,
		units_count(packets + dropped).text, audit->host->seconds);
	snprintf(finding->why, sizeof(finding->why), "%s",
		meant ? "it drops on purpose, to hold a rate or to slow senders down"
		      : "more was sent than the link took, and the queue is full");
	finding_number(finding, "dropped_packets", (double)dropped);
	finding_number(finding, "sent_packets", (double)packets);
	audit_cite(audit, finding, QDISC "%s root kind", interface->name);
	audit_cite_rise(audit, finding, QDISC "%s root dropped", interface->name);
	audit_cite_rise(audit, finding, QDISC "%s root packets", interface->name);
	if (!meant && interface->physical)
		offer_fair_queue(audit, interface, kind, finding);
}

static void find_device_drops(
	struct audit *audit, const struct host_interface *interface, uint64_t dropped)
{
	uint64_t packets = passed(audit, interface, false);
	struct finding *finding;

	if (!audit_reaches(dropped, packets + dropped, TX_DROPPED_SHARE))
		return;
	finding = audit_find(audit, FINDING_PL5206, interface);
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->what, sizeof(finding->what),
		"%s could not send %s of %s packets in %.1f s: dropped by the device",
		interface->name, units_count(dropped).text, units_count(packets + dropped).text,
		audit->host->seconds);
	if (link_is(interface, "veth"))
		snprintf(finding->why, sizeof(finding->why),
			"the far end of a veth takes them into the queue of a CPU, or of its "
			"NAPI, and that was full; or they are larger than its mtu takes");
	if (link_is(interface, "tun"))
		snprintf(finding->why, sizeof(finding->why),
			"the program, or the guest, that reads them is stopped or too slow");
	finding_number(finding, "dropped_packets", (double)dropped);
	finding_number(finding, "sent_packets", (double)packets);
	audit_cite_rise(audit, finding, PATH_STATISTICS "tx_dropped", interface->name);
	audit_cite_rise(audit, finding, PATH_STATISTICS "tx_packets", interface->name);
}

static void judge_transmit_drops(struct audit *audit, const struct host_interface *interface)
{
	const char *kind = host_text(audit->host, QDISC "%s root kind", interface->name);
	uint64_t dropped, packets;
	double share = kind && root_drops_on_purpose(audit, interface, kind) ? SHAPED_SHARE
									     : OVERFLOW_SHARE;

	if (kind && strcmp(kind, "netem") != 0 &&
		host_rise(audit->host, &dropped, QDISC "%s root dropped", interface->name) &&
		host_rise(audit->host, &packets, QDISC "%s root packets", interface->name) &&
		audit_reaches(dropped, packets + dropped, share))
		find_overflow(audit, interface, kind, dropped, packets);
	/* A bond repeats what its members count. */
	if (!link_is(interface, "bond") && !link_is(interface, "team") &&
		host_rise(audit->host, &dropped, PATH_STATISTICS "tx_dropped", interface->name))
		find_device_drops(audit, interface, dropped);
}

const struct audit_rule audit_qdisc_rules[] = {
	{ .name = "netem-left-behind", .machine = judge_netem },
	{ .name = "policer-drops", .interface = judge_policers },
	{ .name = "transmit-queue-drops", .interface = judge_transmit_drops },
	{ 0 },
};
