/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is happening on this machine right now? Counters that rose between both readings: those that
 * tell of trouble, in words, or all. What they were before both readings says nothing of today.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_parts.h"
#include "host/compare.h"

#define MAX_COUNTERS 4096 /* that a report holds; no machine has so many that rise */

/* What a path begins and ends with; words for people. */
static const struct counter_row {
	const char *start, *end, *text;
} rows[] = {
#define SOFTNET "/proc/net/softnet_stat "
#define NETSTAT "/proc/net/netstat "
#define SNMP "/proc/net/snmp "
#define SNMP6 "/proc/net/snmp6 "
#define SYSFS "/sys/class/net/"
	{ SOFTNET, " dropped", "packets dropped because the CPU's backlog was full" },
	{ SOFTNET, " time_squeeze", "turns that ended with packets left to receive" },
	{ SOFTNET, " flow_limit", "packets of large flows dropped early" },
	{ NETSTAT, "TcpExt.TCPSACKReorder", "reordering that SACK told a sender" },
	{ NETSTAT, "TcpExt.TCPTSReorder", "reordering that a timestamp told a sender" },
	{ NETSTAT, "TcpExt.TCPRenoReorder", "reordering that a sender without SACK saw" },
	{ NETSTAT, "TcpExt.TCPOFOQueue", "segments that arrived before an earlier one" },
	{ NETSTAT, "TcpExt.TCPOFODrop", "segments that came early and found no memory" },
	{ NETSTAT, "TcpExt.TCPLostRetransmit", "resends that were lost again" },
	{ NETSTAT, "TcpExt.TCPTimeouts", "retransmission timers that fired" },
	{ NETSTAT, "TcpExt.TCPSpuriousRTOs", "retransmission timers that fired for nothing" },
	{ NETSTAT, "TcpExt.TCPDSACKRecv", "resends that the peer did not need" },
	{ NETSTAT, "TcpExt.TCPDSACKOldSent", "resends that came here unneeded" },
	{ NETSTAT, "TcpExt.TCPDSACKUndo", "window cuts taken back" },
	{ NETSTAT, "TcpExt.TCPFastRetrans", "segments resent before a timer fired" },
	{ NETSTAT, "TcpExt.TCPBacklogDrop", "segments dropped at a busy socket" },
	{ NETSTAT, "TcpExt.TCPRcvQDrop", "segments dropped for want of receive memory" },
	{ NETSTAT, "TcpExt.TCPMTUPFail", "black holes that MTU probing met" },
	{ NETSTAT, "TcpExt.ListenDrops", "connections dropped at a full listener" },
	{ SNMP, "Tcp.RetransSegs", "segments sent again" },
	{ SNMP, "Tcp.InErrs", "segments that were damaged" },
	{ SNMP, "Udp.RcvbufErrors", "datagrams dropped at a full socket" },
	{ SNMP, "Udp.InCsumErrors", "datagrams that were damaged" },
	{ SNMP, "Ip.InDiscards", "packets dropped though nothing was wrong with them" },
	{ SNMP, "Ip.OutDiscards", "packets dropped before they were sent" },
	{ SNMP, "Ip.OutNoRoutes", "packets without a route" },
	{ SNMP, "Ip.ReasmFails", "packets that could not be put together" },
	{ SNMP, "Ip.ReasmReqds", "fragments that came" },
	{ SNMP, "Ip.FragCreates", "fragments made of packets that did not fit" },
	{ SNMP, "Ip.FragFails", "packets that did not fit and must not be cut" },
	{ SNMP, "Icmp.InDestUnreachs", "ICMP answers: cannot be reached, or too large" },
	{ SNMP6, "Ip6ReasmFails", "packets that could not be put together" },
	{ SNMP6, "Ip6ReasmReqds", "fragments that came" },
	{ SNMP6, "Ip6FragCreates", "fragments made of packets that did not fit" },
	{ SNMP6, "Ip6FragFails", "packets that did not fit" },
	{ SNMP6, "Ip6InTooBigErrors", "packets too large to be forwarded" },
	{ SNMP6, "Icmp6InPktTooBigs", "ICMPv6 answers: too large" },
	{ SNMP6, "Udp6RcvbufErrors", "datagrams dropped at a full socket" },
	{ "/proc/net/xfrm_stat ", "", "packets that IPsec refused" },
	{ SYSFS, "/statistics/rx_missed_errors", "packets lost for want of room in the ring" },
	{ SYSFS, "/statistics/rx_over_errors", "packets lost to an overrun" },
	{ SYSFS, "/statistics/rx_fifo_errors", "packets lost to a full FIFO" },
	{ SYSFS, "/statistics/rx_crc_errors", "frames damaged on the cable" },
	{ SYSFS, "/statistics/rx_length_errors", "frames of a wrong length" },
	{ SYSFS, "/statistics/rx_errors", "frames that were received with an error" },
	{ SYSFS, "/statistics/rx_dropped", "packets dropped or wanted by nobody" },
	{ SYSFS, "/statistics/rx_nohandler", "packets that came by an idle member" },
	{ SYSFS, "/statistics/tx_errors", "packets that could not be sent" },
	{ SYSFS, "/statistics/tx_dropped", "packets dropped before they were sent" },
	{ SYSFS, "/statistics/tx_carrier_errors", "packets without a link to send them by" },
	{ SYSFS, "/carrier_changes", "times the link went or came" },
	{ "tc -s qdisc ", " dropped", "packets that the queue discipline dropped" },
	{ "tc -s qdisc ", " requeues", "packets that the driver handed back" },
	{ "tc -s filter ", " dropped", "packets that a filter's action dropped" },
};

/* Words in the names of a driver's counters that tell of losses. */
static const char *const driver_words[] = { "drop", "discard", "err", "exceeded", "miss", "no_buf",
	"out_of_buffer", "nobuf", "overrun", "timeout" };

/* What a counter counts, "" if only its driver knows, NULL if it tells of no trouble. */
static const char *describe(const char *path)
{
	static const char driver[] = "ethtool -S ";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(path, rows[i].start, strlen(rows[i].start)) == 0 &&
			snapshot_path_ends(path, rows[i].end))
			return rows[i].text;
	if (strncmp(path, driver, sizeof(driver) - 1) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(driver_words) / sizeof(driver_words[0]); i++)
		if (strstr(strrchr(path, ' '), driver_words[i]))
			return "";
	return NULL;
}

/* Whether a path is of an interface that is not judged. */
static bool is_foreign(const struct audit *audit, const char *path)
{
	static const char *const starts[] = { SYSFS, "ethtool -S ", "tc -s qdisc show dev ",
		"tc -s filter show dev " };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		const char *name = path + strlen(starts[i]);

		if (strncmp(path, starts[i], strlen(starts[i])) != 0)
			continue;
		for (size_t k = 0; k < audit->interface_count; k++) {
			const char *judged = audit->interfaces[k]->name;

			if (strncmp(name, judged, strlen(judged)) == 0 &&
				strchr(" /", name[strlen(judged)]))
				return false;
		}
		return true;
	}
	return false;
}

static void add(struct audit *audit, const char *path, const char *text, uint64_t rise)
{
	struct report_counter *counter = report_add_counter(audit->report);

	snprintf(counter->path, sizeof(counter->path), "%s", path);
	snprintf(counter->text, sizeof(counter->text), "%s", text);
	counter->rise = rise;
	host_number(audit->host, &counter->total, "%s", path);
}

void audit_rates(struct audit *audit)
{
	const struct snapshot_value *value;
	size_t count = snapshot_below(audit->host->snapshot, "", &value);
	bool all = audit->options->all_counters;

	for (; audit->host->before && count > 0 && audit->report->host.counter_count < MAX_COUNTERS;
		count--, value++) {
		const char *text = describe(value->path);
		uint64_t rise;

		if (!compare_is_counter(value->path) || compare_is_gauge(value->path) ||
			(!text && !all))
			continue;
		if (host_rise(audit->host, &rise, "%s", value->path) && rise > 0 &&
			!is_foreign(audit, value->path))
			add(audit, value->path, text ? text : "", rise);
	}
}
