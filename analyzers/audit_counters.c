/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which counters say that it is happening now? Those of /proc/net/netstat, snmp and xfrm_stat, by
 * how much they rose between two readings, each of how many.
 */
#include "analyzers/audit_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/units.h"

#define EXT "/proc/net/netstat TcpExt."
#define SNMP "/proc/net/snmp "
#define XFRM "/proc/net/xfrm_stat "
#define FEWEST_EVENTS 10 /* fewer say little */

/* Shares from which a counter deserves a line, and from which it is a warning. */
struct limits {
	double info, warning;
};

static const struct limits reordered = { 0.001, 0.01 }, resent = { 0.01, 0.03 },
			   unassembled = { 0.01, 0.1 }, unread = { 0.001, 0.01 };
static const double needless_share = 0.001; /* resends for nothing: worth a warning */

/* By how much a counter rose, 0 if that is not known. */
static uint64_t rise_of(const struct audit *audit, const char *path)
{
	uint64_t rise = 0;

	host_rise(audit->host, &rise, "%s", path);
	return rise;
}

static bool reaches(uint64_t part, uint64_t whole, double share)
{
	return part >= FEWEST_EVENTS && whole > 0 && (double)part >= share * (double)whole;
}

/* A finding about the machine, as severe as the share makes it. */
static struct finding *find_share(struct audit *audit, enum finding_id id, uint64_t part,
	uint64_t whole, const struct limits *limits)
{
	struct finding *finding = audit_find(audit, id, NULL);

	finding->severity = reaches(part, whole, limits->warning) ? SEVERITY_WARNING
								  : SEVERITY_INFO;
	finding->confidence = CONFIDENCE_PROVEN;
	return finding;
}

static void judge_tcp_order(struct audit *audit)
{
	static const char *const counters[] = { EXT "TCPSACKReorder", EXT "TCPTSReorder",
		EXT "TCPRenoReorder" };
	const size_t count = sizeof(counters) / sizeof(counters[0]);
	uint64_t late = 0, sent = rise_of(audit, SNMP "Tcp.OutSegs");
	uint64_t needless = rise_of(audit, EXT "TCPDSACKRecv");
	uint64_t resends = rise_of(audit, SNMP "Tcp.RetransSegs");
	struct finding *finding;

	for (size_t i = 0; i < count; i++)
		late += rise_of(audit, counters[i]);
	if (!reaches(late, sent, reordered.info))
		return;
	finding = find_share(audit, FINDING_PL5601, late, sent, &reordered);
	finding->confidence = CONFIDENCE_LIKELY;
	if (needless > resends)
		needless = resends;
	if (reaches(needless, sent, needless_share))
		finding->severity = SEVERITY_WARNING;
	snprintf(finding->what, sizeof(finding->what),
		"receivers got segments of this machine out of order %s times in %.1f s, of %s "
		"sent (%s); %s were sent again for nothing",
		units_count(late).text, audit->host->seconds, units_count(sent).text,
		units_share(late, sent).text, units_count(needless).text);
	snprintf(finding->where, sizeof(finding->where), "between this machine and its receivers");
	finding_number(finding, "reordering_events", (double)late);
	finding_number(finding, "sent_segments", (double)sent);
	for (size_t i = 0; i < count; i++)
		audit_cite_rise(audit, finding, "%s", counters[i]);
	audit_cite_rise(audit, finding, EXT "TCPDSACKRecv");
	audit_cite_rise(audit, finding, SNMP "Tcp.RetransSegs");
	audit_cite_rise(audit, finding, SNMP "Tcp.OutSegs");
}

static bool is_off(const struct audit *audit, const char *setting)
{
	uint64_t value;

	return host_number(audit->host, &value, "/proc/sys/net/ipv4/%s", setting) && value == 0;
}

/*
 * Segments sent again, but for SYN and SYN-ACK: these tell of hosts that do not answer, of scans
 * and floods as well.
 */
static uint64_t resends_of_data(const struct audit *audit)
{
	uint64_t all = rise_of(audit, SNMP "Tcp.RetransSegs");
	uint64_t setup = rise_of(audit, EXT "TCPSynRetrans");

	return setup < all ? all - setup : 0;
}

static void judge_tcp_resends(struct audit *audit)
{
	uint64_t resends = resends_of_data(audit);
	uint64_t sent = rise_of(audit, SNMP "Tcp.OutSegs");
	uint64_t needless = rise_of(audit, EXT "TCPDSACKRecv");
	struct finding *finding;

	if (sent >= 1000 && !reaches(resends, sent, resent.info))
		report_add_fine(audit->report, "TCP sent %s segments, %s of them again",
			units_count(sent).text, units_share(resends, sent).text);
	if (!reaches(resends, sent, resent.info))
		return;
	finding = find_share(audit, FINDING_PL5602, resends, sent, &resent);
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s segments sent in %.1f s were sent again (%s)", units_count(resends).text,
		units_count(sent).text, audit->host->seconds, units_share(resends, sent).text);
	if (needless >= FEWEST_EVENTS && needless >= resends / 2)
		snprintf(finding->why, sizeof(finding->why),
			"receivers had %s of them already (DSACK): delayed or reordered, not "
			"lost",
			units_count(needless < resends ? needless : resends).text);
	else if (is_off(audit, "tcp_sack") || is_off(audit, "tcp_dsack"))
		snprintf(finding->why, sizeof(finding->why),
			"lost or needless: without SACK and DSACK, which are off here, nothing "
			"tells");
	else
		snprintf(finding->why, sizeof(finding->why),
			"receivers say of %s that they had them already (DSACK): the rest was most "
			"likely lost",
			units_count(needless).text);
	finding_number(finding, "resent_segments", (double)resends);
	finding_number(finding, "sent_segments", (double)sent);
	audit_cite_rise(audit, finding, SNMP "Tcp.RetransSegs");
	audit_cite_rise(audit, finding, EXT "TCPSynRetrans");
	audit_cite_rise(audit, finding, SNMP "Tcp.OutSegs");
	audit_cite_rise(audit, finding, EXT "TCPDSACKRecv");
	audit_cite_rise(audit, finding, EXT "TCPTimeouts");
	audit_cite_rise(audit, finding, EXT "TCPLostRetransmit");
}

static const struct assembly {
	const char *name, *failed, *wanted, *time_out;
} assemblies[] = {
	{ "IPv4", SNMP "Ip.ReasmFails", SNMP "Ip.ReasmReqds", SNMP "Ip.ReasmTimeout" },
	{ "IPv6", "/proc/net/snmp6 Ip6ReasmFails", "/proc/net/snmp6 Ip6ReasmReqds",
		"/proc/net/snmp6 Ip6ReasmTimeout" },
};

static void judge_fragments(struct audit *audit)
{
	for (size_t i = 0; i < sizeof(assemblies) / sizeof(assemblies[0]); i++) {
		const struct assembly *assembly = &assemblies[i];
		uint64_t failed = rise_of(audit, assembly->failed);
		uint64_t wanted = rise_of(audit, assembly->wanted);
		struct finding *finding;

		if (!reaches(failed, wanted, unassembled.info))
			continue;
		finding = find_share(audit, FINDING_PL5603, failed, wanted, &unassembled);
		snprintf(finding->what, sizeof(finding->what),
			"%s packets could not be put together again in %.1f s: %s failures of %s "
			"fragments received",
			assembly->name, audit->host->seconds, units_count(failed).text,
			units_count(wanted).text);
		finding_number(finding, "failures", (double)failed);
		finding_number(finding, "fragments", (double)wanted);
		audit_cite_rise(audit, finding, "%s", assembly->failed);
		audit_cite_rise(audit, finding, "%s", assembly->wanted);
		audit_cite_rise(audit, finding, "%s", assembly->time_out);
		audit_cite(audit, finding, "/proc/sys/net/ipv4/ipfrag_high_thresh");
	}
}

/* Counters of net/xfrm; of those that a mistake in the set-up makes rise, any rise is told. */
static const struct trouble {
	const char *path;
	const char *text;
	bool order; /* packets were late or copied, not wrong */
} troubles[] = {
	{ XFRM "XfrmInStateSeqError", "came behind the replay window, or twice", true },
	{ XFRM "XfrmInNoStates", "belonged to no association", false },
	{ XFRM "XfrmInStateProtoError", "could not be authenticated or decrypted", false },
	{ XFRM "XfrmInStateMismatch", "did not fit their association", false },
	{ XFRM "XfrmInStateExpired", "came for an expired association", false },
	{ XFRM "XfrmInTmplMismatch", "did not fit the policy", false },
	{ XFRM "XfrmOutStateSeqError", "could not be sent: the sequence numbers ran out", false },
	{ XFRM "XfrmOutNoStates", "could not be sent: there was no association", false },
};

static void judge_xfrm(struct audit *audit)
{
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
		uint64_t rise = rise_of(audit, troubles[i].path);
		struct finding *finding;

		if (rise < FEWEST_EVENTS)
			continue;
		finding = audit_find(audit, FINDING_PL5604, NULL);
		finding->confidence = CONFIDENCE_PROVEN;
		snprintf(finding->what, sizeof(finding->what),
			"%s IPsec packets %s in %.1f s, and were dropped", units_count(rise).text,
			troubles[i].text, audit->host->seconds);
		if (troubles[i].order)
			snprintf(finding->why, sizeof(finding->why),
				"packets of one association overtake each other farther than its "
				"replay window reaches: by queues, CPUs, QoS classes or paths");
		finding_number(finding, "dropped_packets", (double)rise);
		audit_cite_rise(audit, finding, "%s", troubles[i].path);
	}
}

/* With tcp_mtu_probing 1 TCP probes only where it met a black hole. */
static void judge_probing(struct audit *audit)
{
	uint64_t failed = rise_of(audit, EXT "TCPMTUPFail");
	uint64_t passed = rise_of(audit, EXT "TCPMTUPSuccess"), mode;
	struct finding *finding;

	if (!host_number(audit->host, &mode, "/proc/sys/net/ipv4/tcp_mtu_probing") || mode != 1 ||
		failed + passed == 0)
		return;
	finding = audit_find(audit, FINDING_PL5605, NULL);
	finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->what, sizeof(finding->what),
		"TCP met paths that swallow large packets and probes their MTU: %s probes "
		"failed, %s passed in %.1f s",
		units_count(failed).text, units_count(passed).text, audit->host->seconds);
	audit_cite_rise(audit, finding, EXT "TCPMTUPFail");
	audit_cite_rise(audit, finding, EXT "TCPMTUPSuccess");
	audit_cite(audit, finding, "/proc/sys/net/ipv4/tcp_mtu_probing");
	audit_command(audit, finding, RISK_NONE, NULL, "ss -tino state established");
}

static const struct unread_kind {
	const char *name, *failed, *received, *full;
} unread_kinds[] = {
	{ "UDP", SNMP "Udp.RcvbufErrors", SNMP "Udp.InDatagrams", SNMP "Udp.InErrors" },
	{ "UDP over IPv6", "/proc/net/snmp6 Udp6RcvbufErrors", "/proc/net/snmp6 Udp6InDatagrams",
		"/proc/net/snmp6 Udp6InErrors" },
};

/* Lost in the last place there is: the socket's buffer. */
static void judge_unread(struct audit *audit)
{
	for (size_t i = 0; i < sizeof(unread_kinds) / sizeof(unread_kinds[0]); i++) {
		const struct unread_kind *kind = &unread_kinds[i];
		uint64_t failed = rise_of(audit, kind->failed);
		uint64_t all = rise_of(audit, kind->received) + failed;
		struct finding *finding;

		if (!reaches(failed, all, unread.info))
			continue;
		finding = find_share(audit, FINDING_PL5606, failed, all, &unread);
		snprintf(finding->what, sizeof(finding->what),
			"%s of %s datagrams (%s) were dropped in %.1f s: the buffer of their "
			"socket was full",
			units_count(failed).text, units_count(all).text, kind->name,
			audit->host->seconds);
		finding_number(finding, "dropped_datagrams", (double)failed);
		finding_number(finding, "datagrams", (double)all);
		audit_cite_rise(audit, finding, "%s", kind->failed);
		audit_cite_rise(audit, finding, "%s", kind->received);
		audit_cite(audit, finding, "/proc/sys/net/core/rmem_default");
		audit_cite(audit, finding, "/proc/sys/net/core/rmem_max");
		audit_command(audit, finding, RISK_NONE, NULL, "ss -uampn");
	}
}

const struct audit_rule audit_counter_rules[] = {
	{ "tcp-reorders-now", .machine = judge_tcp_order },
	{ "tcp-resends-now", .machine = judge_tcp_resends },
	{ "fragments-fail", .machine = judge_fragments },
	{ "xfrm-errors", .machine = judge_xfrm },
	{ "mtu-probing-now", .machine = judge_probing },
	{ "udp-buffer-full", .machine = judge_unread },
	{ 0 },
};
