/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What do traffic control and the transmit queue throw away or delay? A queueing discipline that
 * emulates a bad network (sch_netem), policers (act_police), and queues that overflow.
 */
#include "analyzers/audit_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/draft.h"
#include "report/units.h"

#define QDISC "tc -s qdisc show dev "
#define FILTER "tc -s filter show dev "
#define STATISTICS "/sys/class/net/%s/statistics/"
#define WHERE_BYTES 48
#define POLICED_SHARE 0.01 /* of the packets: more is worth a warning */
#define FEWEST_DROPS 10
#define OVERFLOW_SHARE 0.001 /* of a queue that only drops when it is full */
#define SHAPED_SHARE 0.01    /* of one that drops to keep senders in check */
#define TX_DROPPED_SHARE 0.001

/*
 * Takes what stands between `prefix` and `suffix` of a path, cut out of the interface's name and a
 * blank.  False if the path is not so, or if it holds what no shell should see.
 */
static bool take_place(const char *path, size_t prefix, const char *suffix, char *place)
{
	size_t length = strlen(path), end = strlen(suffix);

	if (length < prefix + end || strcmp(path + length - end, suffix) != 0)
		return false;
	length -= prefix + end;
	if (length == 0 || length >= WHERE_BYTES)
		return false;
	memcpy(place, path + prefix, length);
	place[length] = '\0';
	return strspn(place, "abcdefghijklmnopqrstuvwxyz0123456789: ") == length;
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
	const struct snapshot_value *value;
	char prefix[256], where[WHERE_BYTES];
	size_t length, values;
	bool known = false;

	length = (size_t)snprintf(prefix, sizeof(prefix), QDISC "%s ", interface->name);
	if (length >= sizeof(prefix))
		return false;
	values = snapshot_below(audit->host->snapshot, prefix, &value);
	for (; values > 0; values--, value++) {
		if (value->state != VALUE_PRESENT ||
			!take_place(value->path, length, " kind", where))
			continue;
		known = true;
		if (strcmp(value->text, "netem") != 0)
			continue;
		find_netem(audit, interface, where);
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

	host_rise(audit->host, &packets, STATISTICS "%s", interface->name,
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
	if (dropped >= FEWEST_DROPS && (double)dropped >= POLICED_SHARE * (double)packets)
		finding->severity = SEVERITY_WARNING;
	snprintf(finding->what, sizeof(finding->what),
		"the policer of filter %s dropped %s packets in %.1f s, of %s that %s %s", place,
		units_count(dropped).text, audit->host->seconds, units_count(packets).text,
		interface->name, received ? "received" : "sent");
	finding_number(finding, "dropped_packets", (double)dropped);
	finding_number(finding, "packets", (double)packets);
	audit_cite(audit, finding, FILTER "%s %s action", interface->name, place);
	audit_cite_rise(audit, finding, FILTER "%s %s dropped", interface->name, place);
	audit_cite_rise(audit, finding, STATISTICS "%s", interface->name,
		received ? "rx_packets" : "tx_packets");
	audit_command(audit, finding, RISK_NONE, interface, "tc -s filter show dev %s %.7s",
		interface->word, place);
}

static void judge_policers(struct audit *audit, const struct host_interface *interface)
{
	const struct snapshot_value *value;
	char prefix[256], place[WHERE_BYTES];
	size_t length, values;

	length = (size_t)snprintf(prefix, sizeof(prefix), FILTER "%s ", interface->name);
	if (length >= sizeof(prefix))
		return;
	values = snapshot_below(audit->host->snapshot, prefix, &value);
	for (; values > 0; values--, value++) {
		if (value->state == VALUE_PRESENT && strstr(value->text, "police") &&
			take_place(value->path, length, " action", place))
			find_policer(audit, interface, place);
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
	const struct snapshot_value *value;
	char prefix[256], where[WHERE_BYTES];
	size_t length, values;
	bool found = false;

	length = (size_t)snprintf(prefix, sizeof(prefix), QDISC "%s ", interface->name);
	if (!is_multiqueue(kind) || length >= sizeof(prefix))
		return drops_on_purpose(kind);
	values = snapshot_below(audit->host->snapshot, prefix, &value);
	for (; values > 0; values--, value++) {
		uint64_t dropped;

		if (value->state != VALUE_PRESENT || strcmp(value->text, kind) == 0 ||
			!take_place(value->path, length, " kind", where) ||
			!host_rise(audit->host, &dropped, QDISC "%s %s dropped", interface->name,
				where) ||
			dropped == 0)
			continue;
		if (!drops_on_purpose(value->text))
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

	if (dropped < FEWEST_DROPS ||
		(double)dropped < TX_DROPPED_SHARE * (double)(packets + dropped))
		return;
	finding = audit_find(audit, FINDING_PL5206, interface);
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->what, sizeof(finding->what),
		"%s could not send %s of %s packets in %.1f s: dropped by the device",
		interface->name, units_count(dropped).text, units_count(packets + dropped).text,
		audit->host->seconds);
	if (strcmp(interface->kind, "veth") == 0)
		snprintf(finding->why, sizeof(finding->why),
			"the far end of a veth takes them into the queue of a CPU, or of its "
			"NAPI, and that was full; or they are larger than its mtu takes");
	if (strcmp(interface->kind, "tun") == 0)
		snprintf(finding->why, sizeof(finding->why),
			"the program, or the guest, that reads them is stopped or too slow");
	finding_number(finding, "dropped_packets", (double)dropped);
	finding_number(finding, "sent_packets", (double)packets);
	audit_cite_rise(audit, finding, STATISTICS "tx_dropped", interface->name);
	audit_cite_rise(audit, finding, STATISTICS "tx_packets", interface->name);
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
		dropped >= FEWEST_DROPS && (double)dropped >= share * (double)(packets + dropped))
		find_overflow(audit, interface, kind, dropped, packets);
	/* A bond repeats what its members count. */
	if (strcmp(interface->kind, "bond") != 0 && strcmp(interface->kind, "team") != 0 &&
		host_rise(audit->host, &dropped, STATISTICS "tx_dropped", interface->name))
		find_device_drops(audit, interface, dropped);
}

const struct audit_rule audit_qdisc_rules[] = {
	{ "netem-left-behind", .machine = judge_netem },
	{ "policer-drops", .interface = judge_policers },
	{ "transmit-queue-drops", .interface = judge_transmit_drops },
	{ 0 },
};
