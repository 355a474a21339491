/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_FIXED_HOST_H
#define PKTLINT_TESTS_FIXED_HOST_H

/* Reports of audits made by hand, with something in every place. */
#include <stdio.h>
#include <string.h>

#include "report/report.h"

static void fixed_settings(struct report *report, struct report_interface *interface)
{
	static const struct report_setting settings[] = {
		{ "ethtool -k eth0 generic-receive-offload", "off", "on", true, true },
		{ "/sys/class/net/eth0/tx_queue_len", "1000", "1000", true, false },
		{ "ethtool -g eth0", "denied", "", false, false },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		*report_add_setting(report, interface) = settings[i];
}

/* Of a card: an interrupt a queue, each on a CPU of its own, one steered on. */
static void fixed_card(struct report *report)
{
	struct report_interface *card = report_add_interface(report, "eth0");

	strcpy(card->about, "mlx5_core, 25 Gb/s, mtu 1500, 4 queues, carries flannel.1 (vxlan)");
	for (int i = 0; i < 4; i++) {
		struct report_queue *queue = report_add_queue(card);

		snprintf(queue->name, sizeof(queue->name), "q%d", i);
		queue->irq = 62 + i;
		queue->lands.known = queue->rps.known = queue->xps.known = true;
		queue->lands.set.words[0] = 1u << i;
		queue->rps.set.words[0] = i == 3 ? 0xf0 : 0;
		queue->xps.set.words[0] = 0x11u << i;
		queue->packets = i == 0 ? 61 : 13;
	}
	fixed_settings(report, card);
}

/* Without interrupts: where to received packets are steered is the picture. */
static void fixed_veth(struct report *report)
{
	struct report_interface *veth = report_add_interface(report, "a\033[31m\xff");

	strcpy(veth->about, "veth, peer in another namespace, mtu 1500, 3 queues");
	for (int i = 0; i < 3; i++) {
		struct report_queue *queue = report_add_queue(veth);

		snprintf(queue->name, sizeof(queue->name), "q%d", i);
		queue->rps.known = true;
		queue->rps.set.words[0] = i < 2 ? 3 : 4;
	}
}

static void fixed_advice(struct report *report)
{
	struct finding *finding = report_add_finding(report, FINDING_PL1001);
	struct finding_command *command;

	strcpy(finding->subject, "eth0");
	strcpy(finding->what, "flannel.1 mtu 1500 + 50 of VXLAN = 1550, above 1500 of eth0");
	finding->severity = SEVERITY_ERROR;
	finding->confidence = CONFIDENCE_PROVEN;
	finding_value(finding, "ip -d link show flannel.1 mtu", "1500");
	finding_value(finding, "/proc/net/snmp Ip.FragCreates", "+424 in 1.0 s (9001 in all)");
	command = finding_command(finding, RISK_HOT, "ip link set flannel.1 mtu 1450");
	strcpy(command->undo, "ip link set flannel.1 mtu 1500");
	strcpy(command->read, "ip link show flannel.1");
	command = finding_command(finding, RISK_CUTS_YOU, "ip link set eth0 mtu 1550");
	strcpy(command->undo, "ip link set eth0 mtu 1500");
	strcpy(command->read, "ip link show eth0");
	finding_command(finding, RISK_BLIP, "echo 'a b' > /sys/class/net/'it'\\''s'/mtu");
	finding_command(finding, RISK_NONE, "nstat -az IpFragCreates");
	strcpy(finding->cost, "packets carry 50 bytes less");
	strcpy(finding->lasting, "in the configuration of the overlay");
}

/* Returns the report of an audit with a finding, finished; freed with report_free(). */
static inline struct report *audit_report(void)
{
	struct report *report = report_new("audit");
	struct report_counter *counter;

	report->fail_on = SEVERITY_WARNING;
	report->host.present = true;
	report->host.cpus = 8;
	report->host.role = "forwarder";
	report->host.seconds = 1.04;
	report->host.taken_ns = 1700000000000000001;
	strcpy(report->host.kernel, "6.18.1");
	*report_add_setting(report, NULL) = (struct report_setting){
		"/proc/sys/net/ipv4/tcp_reordering", "10", "3", true, true
	};
	fixed_card(report);
	fixed_veth(report);
	fixed_advice(report);
	counter = report_add_counter(report);
	*counter = (struct report_counter){ "/proc/net/snmp Ip.FragCreates",
		"fragments made of packets that did not fit", 9001, 424 };
	counter = report_add_counter(report);
	*counter = (struct report_counter){ "ethtool -S eth0 rx_out_of_buffer", "", 7, 7 };
	for (int cpu = 0; cpu < 3; cpu++) {
		counter = report_add_counter(report);
		snprintf(counter->path, sizeof(counter->path),
			"/proc/net/softnet_stat cpu%d dropped", cpu);
		strcpy(counter->text, "packets dropped because the CPU's backlog was full");
		counter->total = counter->rise = 10;
	}
	report_add_fine(report, "%s", "eth0: missed +0");
	report_add_fine(report, "%s", "gro on (the kernel cuts again what it forwards)");
	report_add_fine(report, "%s", "no netem");
	report_add_fine(report, "%s", "eth1: missed +0");
	report_add_blind(report, "%s", "how the switches hash");
	report_finish(report);
	return report;
}

/* Returns one of a machine with many CPUs and nothing to say of it. */
static inline struct report *quiet_audit_report(void)
{
	struct report *report = report_new("audit");
	struct report_interface *card;

	report->fail_on = SEVERITY_WARNING;
	report->host.present = true;
	report->host.cpus = 128;
	card = report_add_interface(report, "a-longer-name");
	strcpy(card->about, "ice, 100 Gb/s, mtu 9000, 40 queues");
	for (int i = 0; i < 40; i++) {
		struct report_queue *queue = report_add_queue(card);

		snprintf(queue->name, sizeof(queue->name), "q%d", i);
		queue->irq = 162 + i;
		queue->lands.known = queue->xps.known = true;
		queue->lands.set.words[i % 2] = UINT64_C(5) << i;
		for (int word = 0; word < 2 && i > 0; word++)
			queue->xps.set.words[word] = 0x5555555555555555;
	}
	report_finish(report);
	return report;
}

#endif
