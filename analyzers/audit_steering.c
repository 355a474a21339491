/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which CPU and which queue do packets of one sequence take? More than one may reorder them. RPS
 * picks a CPU by the hash of a flow (net/core/dev.c: get_rps_cpu()); without it a packet waits on
 * the CPU that handed it on (netif_rx()); a packet socket takes a transmit queue for each packet
 * (netdev_pick_tx()).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/audit_links.h"
#include "analyzers/audit_offers.h"
#include "analyzers/polled.h"
#include "base/memory.h"

#define QUEUES "/sys/class/net/%s/queues/"
#define LIST_BYTES 64
#define MAX_SENDERS 1024 /* packet sockets that only send; further ones are left out */

static double late_packets(const struct report_stream *stream)
{
	int row = metric_find(stream->set, "reordered_packets");
	double late;

	if (row < 0 || metric_read(stream->set, stream->values, (size_t)row, &late) < 0)
		return 0;
	return late;
}

/* Whether the run-wide index is that of the interface's capture. */
static bool is_capture_of(
	const struct audit *audit, uint32_t index, const struct host_interface *interface)
{
	const struct report *report = audit->report;

	for (size_t i = 0; i < report->source_count; i++) {
		const struct report_source *source = &report->sources[i];

		if (source->frontend && index - source->first_interface < source->interfaces)
			return strcmp(source->name, interface->name) == 0;
	}
	return false;
}

/*
 * Whether packets of the interface were seen to be reordered there, as far as `id` is about it:
 * then that finding says of the setting what it has done, with the same commands.
 */
static bool is_told(
	const struct audit *audit, enum finding_id id, const struct host_interface *interface)
{
	const struct report *report = audit->report;

	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (finding->id == id && finding->has_interface &&
			is_capture_of(audit, finding->interface, interface))
			return true;
	}
	return false;
}

/*
 * The observed stream with the most late packets, of those that span several flows or, if not
 * `spanning`, of all; NULL: none was observed on the interface.
 */
static const struct report_stream *observed_stream(
	const struct audit *audit, const struct host_interface *interface, bool spanning)
{
	const struct report_stream *worst = NULL;

	if (!audit_captured(audit, interface))
		return NULL;
	for (size_t i = 0; i < audit->report->stream_count; i++) {
		const struct report_stream *stream = &audit->report->streams[i];

		if (spanning && stream->flows < 2)
			continue;
		if (!worst || late_packets(stream) > late_packets(worst))
			worst = stream;
	}
	return worst;
}

/* CPUs of a mask that are online, as far as that is known. */
static struct cpus online_of(const struct host *host, const struct cpus *cpus)
{
	return host->has_online ? cpus_and(cpus, &host->online) : *cpus;
}

/* RPS by hash: harmless to a flow, not to numbers that go over several. */
static void judge_spread(struct audit *audit, const struct host_interface *interface)
{
	const struct report_stream *stream = observed_stream(audit, interface, true);
	struct cpus all = { 0 };
	struct finding *finding;
	char list[LIST_BYTES];

	for (size_t i = 0; i < interface->rx_count; i++)
		all = cpus_or(&all, &interface->rx[i].cpus);
	all = online_of(audit->host, &all);
	if (cpus_count(&all) < 2 || is_told(audit, FINDING_PL1104, interface))
		return;
	cpus_list(&all, list, sizeof(list));
	if (!stream && audit->role != ROLE_L2_IPC && audit->role != ROLE_CAPTURE) {
		report_add_fine(audit->report, "%s: rps_cpus %s (a flow has one hash, one CPU)",
			interface->name, list);
		return;
	}
	finding = audit_find(audit, FINDING_PL5101, interface);
	finding->severity = stream ? SEVERITY_WARNING : SEVERITY_INFO;
	finding->confidence = stream && late_packets(stream) > 0 ? CONFIDENCE_LIKELY
								 : CONFIDENCE_POSSIBLE;
	if (stream)
		snprintf(finding->what, sizeof(finding->what),
			"received packets are spread by hash over CPUs %s, and stream %u goes "
			"over %u flows: %.0f of its packets came late",
			list, stream->number, stream->flows, late_packets(stream));
	else
		snprintf(finding->what, sizeof(finding->what),
			"received packets are spread by hash over CPUs %s: one flow keeps its "
			"order, numbers that go over several flows may not",
			list);
	audit_cite_masks(audit, interface, "rx", "rps_cpus", finding);
	audit_offer_one_cpu(audit, interface, &all, -1, -1, finding);
}

/* Whether all receive queues are known to steer nothing. */
static bool steers_nothing(const struct host_interface *interface)
{
	for (size_t i = 0; i < interface->rx_count; i++) {
		if (!interface->rx[i].has_cpus || cpus_count(&interface->rx[i].cpus))
			return false;
	}
	return interface->rx_count > 0;
}

static void tell_unknown_mask(struct audit *audit, const struct host_interface *interface)
{
	const struct snapshot_value *mask = host_value(
		audit->host, QUEUES "rx-0/rps_cpus", interface->name);

	if (audit->role == ROLE_L2_IPC && !interface->elsewhere &&
		(!mask || mask->state != VALUE_PRESENT))
		report_add_blind(audit->report,
			"%s: whether received packets are steered to one CPU (rps_cpus is %s)",
			interface->name,
			mask ? value_state_name(mask->state) : "not in the snapshot");
}

/* A packet to a veth or netkit waits on the CPU that sent it: those of two CPUs may swap. */
static void judge_backlog_order(struct audit *audit, const struct host_interface *interface)
{
	const struct report_stream *stream = observed_stream(audit, interface, false);
	bool late = stream && late_packets(stream) > 0;
	struct finding *finding;

	if ((!link_is(interface, "veth") && !link_is(interface, "netkit")) ||
		cpus_count(&audit->host->online) == 1)
		return;
	tell_unknown_mask(audit, interface);
	if (is_told(audit, FINDING_PL1105, interface) || !audit->host->has_online ||
		!steers_nothing(interface) ||
		interface_is_polled(audit->host, interface) == ORIGIN_YES)
		return;
	if (!late && audit->role != ROLE_L2_IPC && !(stream && stream->flow == 0))
		return;
	finding = audit_find(audit, FINDING_PL5102, interface);
	if (!late && audit->role != ROLE_L2_IPC)
		finding->severity = SEVERITY_INFO;
	finding->confidence = late ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
	snprintf(finding->what, sizeof(finding->what),
		"packets to %s wait in the queue of the CPU that sent them, one of %u, and "
		"rps_cpus is 0: nothing brings one sender's packets to one CPU",
		interface->name, cpus_count(&audit->host->online));
	if (late)
		snprintf(finding->why, sizeof(finding->why),
			"%.0f packets of stream %u came late: a busy CPU is overtaken by the "
			"others",
			late_packets(stream), stream->number);
	audit_cite_masks(audit, interface, "rx", "rps_cpus", finding);
	audit_cite(audit, finding, "ethtool -k %s generic-receive-offload", interface->name);
	audit_cite(audit, finding, "/sys/devices/system/cpu/online");
	audit_offer_one_cpu(audit, interface, &audit->host->online, -1, -1, finding);
}

/* Whether the queue that a packet takes depends on the CPU that sends it. */
static bool spreads_by_cpu(const struct host_interface *interface)
{
	for (size_t i = 1; i < interface->tx_count; i++) {
		if (!cpus_equal(&interface->tx[i].cpus, &interface->tx[0].cpus))
			return true;
	}
	return false;
}

/* A packet socket that does not receive, so it sends. */
struct sender {
	const char *interface;
	const char *protocol; /* the path that says so */
};

/* Returns the senders of all interfaces, to be freed. */
static struct sender *read_senders(const struct audit *audit, size_t *count)
{
	struct sender *senders = memory_alloc(MAX_SENDERS, sizeof(*senders));
	struct snapshot_walk walk;

	*count = 0;
	snapshot_walk(&walk, audit->host->snapshot, " protocol", PATH_SOCKETS);
	while (*count < MAX_SENDERS && snapshot_next(&walk)) {
		const char *interface = host_text(
			audit->host, PATH_SOCKETS "%s interface", walk.between);

		if (interface && strcmp(walk.value->text, "0x0000") == 0)
			senders[(*count)++] = (struct sender){ interface, walk.value->path };
	}
	return senders;
}

static const struct sender *sender_of(
	const struct host_interface *interface, const struct sender *senders, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(senders[i].interface, interface->name) == 0)
			return &senders[i];
	}
	return NULL;
}

static void find_transmit_spread(
	struct audit *audit, const struct host_interface *interface, const struct sender *sender)
{
	struct finding *finding = audit_find(audit, FINDING_PL5103, interface);

	finding->severity = audit->role == ROLE_L2_IPC ? SEVERITY_WARNING : SEVERITY_INFO;
	finding->confidence = CONFIDENCE_POSSIBLE;
	snprintf(finding->what, sizeof(finding->what),
		"the CPU that sends picks one of %zu transmit queues (xps_cpus): a packet socket "
		"whose program moves between CPUs sends over several",
		interface->tx_count);
	if (link_is(interface, "veth"))
		snprintf(finding->why, sizeof(finding->why),
			"at the far end of a veth with gro or XDP each queue is a ring of its own, "
			"emptied apart from the others");
	if (sender)
		audit_cite(audit, finding, "%s", sender->protocol);
	audit_cite_masks(audit, interface, "tx", "xps_cpus", finding);
	audit_offer_each(audit, interface, finding, "0", "tx", "xps_cpus");
	snprintf(finding->cost, sizeof(finding->cost),
		"the hash of a flow picks the queue: CPUs share queues and their locks, which "
		"costs throughput");
	snprintf(finding->lasting, sizeof(finding->lasting),
		"a udev rule for net devices with ATTR{queues/tx-0/xps_cpus}=\"0\", for "
		"each queue");
}

/* XPS gives a socket without a connection another queue whenever it sends from another CPU. */
static void judge_transmit_spread(struct audit *audit)
{
	size_t count;
	struct sender *senders = read_senders(audit, &count);

	for (size_t i = 0; i < audit->interface_count; i++) {
		const struct host_interface *interface = audit->interfaces[i];
		const struct sender *sender = sender_of(interface, senders, count);

		if (!spreads_by_cpu(interface))
			continue;
		if (sender || audit->role == ROLE_L2_IPC)
			find_transmit_spread(audit, interface, sender);
		else
			report_add_fine(audit->report,
				"%s: xps_cpus by CPU (TCP changes queue only when nothing of it "
				"waits)",
				interface->name);
	}
	free(senders);
}

const struct audit_rule audit_steering_rules[] = {
	{ .name = "rps-spreads-sequence", .interface = judge_spread },
	{ .name = "no-receive-steering", .interface = judge_backlog_order },
	{ .name = "transmit-spread", .machine = judge_transmit_spread },
	{ 0 },
};
