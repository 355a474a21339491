/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do bonds and tunnels keep packets together, and do they arrive?  A bond in mode balance-rr sends
 * one flow's packets by turns; one that hashes ports sends fragments, which show none, another way
 * than whole packets.  Documentation/networking/bonding.rst; drivers/net/bonding/bond_main.c,
 * bond_flow_ip().
 */
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_links.h"
#include "analyzers/audit_path.h"
#include "analyzers/audit_tunnel.h"
#include "report/draft.h"

#define BOND_COMMAND_MEMBERS 2 /* for more the commands are too many to type */
#define FEWEST_FRAGMENTS 10
#define LEAST_SHARE 0.001   /* of the packets that the bond sends: fewer are nobody's trouble */
#define FRAGMENT_SHARE 0.01 /* of the packets that the bond sends: from there a warning */

static bool bond_says(const struct host *host, const struct host_interface *bond, const char *word,
	const char *const *values)
{
	const char *text = host_text(host, "ip -d link show %s bond %s", bond->name, word);

	for (; text && *values; values++) {
		if (strcmp(text, *values) == 0)
			return true;
	}
	return false;
}

static size_t members_up(const struct host *host, const struct host_interface *bond)
{
	size_t count = 0;

	for (const struct host_interface *at = link_member(host, bond, NULL); at;
		at = link_member(host, bond, at))
		count += at->up && at->carrier;
	return count;
}

/* Appends a step that interrupts the bond, and the step back. */
static void step(const struct audit *audit, struct finding *finding,
	const struct host_interface *bond, const char *word, const char *change, const char *back)
{
	struct finding_command *command = audit_command(
		audit, finding, RISK_BLIP, bond, "ip link set dev %s %s", word, change);

	audit_undo(command, "ip link set dev %s %s", word, back);
}

/* A bond takes another mode only when it is down and has no members. */
static void change_mode(
	struct audit *audit, struct finding *finding, const struct host_interface *bond)
{
	const struct host *host = audit->host;
	const struct host_interface *at;
	char join[96], join_down[128];
	size_t count = 0;

	for (at = link_member(host, bond, NULL); at; at = link_member(host, bond, at))
		count++;
	if (count > BOND_COMMAND_MEMBERS)
		return;
	snprintf(join, sizeof(join), "master %s", bond->word);
	snprintf(join_down, sizeof(join_down), "down %s", join);
	step(audit, finding, bond, bond->word, "down", "up");
	for (at = link_member(host, bond, NULL); at; at = link_member(host, bond, at))
		step(audit, finding, bond, at->word, "down nomaster", join_down);
	step(audit, finding, bond, bond->word, "type bond mode balance-xor",
		"type bond mode balance-rr");
	for (at = link_member(host, bond, NULL); at; at = link_member(host, bond, at))
		step(audit, finding, bond, at->word, join, "down nomaster");
	step(audit, finding, bond, bond->word, "up", "down");
	if (finding->command_count > 0)
		snprintf(finding->commands[finding->command_count - 1].read,
			sizeof(finding->commands[0].read), "cat /sys/class/net/%s/bonding/mode",
			bond->word);
}

static void judge_round_robin(struct audit *audit, const struct host_interface *interface)
{
	static const char *const turns[] = { "balance-rr", NULL };
	static const char reorders[] = "/proc/net/netstat TcpExt.TCPSACKReorder";
	const struct host_interface *bond = link_group(audit, interface, "bond");
	struct finding *finding;
	double per_second;
	size_t members;

	if (!bond || !bond_says(audit->host, bond, "mode", turns))
		return;
	members = members_up(audit->host, bond);
	if (members < 2)
		return;
	finding = audit_find(audit, FINDING_PL5401, bond);
	finding->confidence = CONFIDENCE_PROVEN;
	if (audit->role == ROLE_L2_IPC)
		finding->severity = SEVERITY_ERROR;
	snprintf(finding->what, sizeof(finding->what),
		"mode balance-rr sends the packets of one flow by turns over %zu members: they "
		"overtake one another",
		members);
	finding_number(finding, "members", (double)members);
	audit_cite(audit, finding, "ip -d link show %s bond mode", bond->name);
	if (audit_rate(audit, &per_second, "%s", reorders) && per_second > 0)
		audit_cite_rise(audit, finding, "%s", reorders);
	change_mode(audit, finding, bond);
	snprintf(finding->cost, sizeof(finding->cost),
		"the bond is down meanwhile, and loses its routes and IPv6 addresses; one flow "
		"gets the speed of one member afterwards");
}

/* Fragments made here between both readings; 0: none, or not known. */
static uint64_t fragments(struct audit *audit, struct finding *finding)
{
	static const char *const paths[] = {
		"/proc/net/snmp Ip.FragCreates",
		"/proc/net/snmp6 Ip6FragCreates",
	};
	uint64_t sum = 0, number;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!host_rise(audit->host, &number, "%s", paths[i]) || number == 0)
			continue;
		sum += number;
		if (finding)
			audit_cite_rise(audit, finding, "%s", paths[i]);
	}
	return sum;
}

static void judge_port_hash(struct audit *audit, const struct host_interface *interface)
{
	static const char *const modes[] = { "balance-xor", "802.3ad", "balance-tlb", NULL };
	static const char *const hashes[] = { "layer3+4", "encap3+4", NULL };
	const struct host_interface *bond = link_group(audit, interface, "bond");
	struct finding_command *command;
	struct finding *finding;
	const char *policy;
	uint64_t made, sent = 0;

	if (!bond || !bond_says(audit->host, bond, "mode", modes) ||
		!bond_says(audit->host, bond, "xmit_hash_policy", hashes) ||
		members_up(audit->host, bond) < 2)
		return;
	made = fragments(audit, NULL);
	host_rise(audit->host, &sent, "/sys/class/net/%s/statistics/tx_packets", bond->name);
	policy = host_text(audit->host, "ip -d link show %s bond xmit_hash_policy", bond->name);
	if (made < FEWEST_FRAGMENTS || (double)made < LEAST_SHARE * (double)sent) {
		report_add_fine(audit->report, "%s hashes %s, and %s fragments are made",
			bond->name, strcmp(policy, hashes[0]) == 0 ? hashes[0] : hashes[1],
			made ? "few" : "no");
		return;
	}
	finding = audit_find(audit, FINDING_PL5402, bond);
	finding->confidence = CONFIDENCE_LIKELY;
	if ((double)made < FRAGMENT_SHARE * (double)sent)
		finding->severity = SEVERITY_INFO;
	snprintf(finding->what, sizeof(finding->what),
		"hashes ports (%s) while %.0f fragments/s are made: they show no ports, so they "
		"may leave by another of %zu members than whole packets of their flow",
		policy, (double)made / audit->host->seconds, members_up(audit->host, bond));
	audit_cite(audit, finding, "ip -d link show %s bond xmit_hash_policy", bond->name);
	audit_cite_rise(audit, finding, "/sys/class/net/%s/statistics/tx_packets", bond->name);
	fragments(audit, finding);
	command = audit_command(audit, finding, RISK_HOT, bond,
		"echo layer2+3 > /sys/class/net/%s/bonding/xmit_hash_policy", bond->word);
	snprintf(command->undo, sizeof(command->undo),
		"echo %s > /sys/class/net/%s/bonding/xmit_hash_policy", policy, bond->word);
	snprintf(command->read, sizeof(command->read),
		"cat /sys/class/net/%s/bonding/xmit_hash_policy", bond->word);
	strcpy(command->wanted, "layer2+3 2"); /* bonding_show_xmit_hash(): name and number */
	snprintf(finding->cost, sizeof(finding->cost),
		"all flows between two addresses share one member; flows move once");
}

/* Formats the path of the neighbour entry of who is asked first: the end, or the gateway to it. */
static bool neighbour_path(const struct tunnel_end *end, char *path, size_t size)
{
	if (!end->out)
		return false;
	snprintf(path, size, "ip neigh show %.64s dev %s",
		end->gateway ? end->gateway : end->address, end->out->name);
	return true;
}

/* Whether nobody answers: asked in vain, or still being asked at both readings. */
static bool unanswered(const struct host *host, const struct tunnel_end *end)
{
	const struct snapshot_value *before;
	const char *state;
	char path[256];

	if (!neighbour_path(end, path, sizeof(path)))
		return false;
	state = host_text(host, "%s", path);
	if (!state || strcmp(state, "INCOMPLETE") != 0)
		return state && strcmp(state, "FAILED") == 0;
	before = host->before ? snapshot_find(host->before, path) : NULL;
	return before && before->state == VALUE_PRESENT && strcmp(before->text, state) == 0;
}

static void judge_ends(struct audit *audit, const struct host_interface *interface)
{
	struct tunnel_end ends[TUNNEL_MAX_ENDS];
	struct finding *finding = NULL;
	size_t count, silent = 0;

	if (!tunnel_is(interface))
		return;
	count = tunnel_ends(audit->host, interface, ends);
	for (size_t i = 0; i < count; i++) {
		char path[256];

		if (!unanswered(audit->host, &ends[i]))
			continue;
		if (silent++ == 0)
			finding = audit_find(audit, FINDING_PL5404, interface);
		neighbour_path(&ends[i], path, sizeof(path));
		audit_cite(audit, finding, "%s", path);
	}
	if (silent == 0)
		return;
	finding->confidence = CONFIDENCE_LIKELY;
	snprintf(finding->what, sizeof(finding->what),
		"%zu of %zu far end%s cannot be reached at layer 2: packets for %s are dropped "
		"here",
		silent, count, draft_plural(count), silent == 1 ? "it" : "them");
	finding_number(finding, "far_ends", (double)count);
	finding_number(finding, "silent", (double)silent);
}

static void judge_pair(struct audit *audit)
{
	const struct host_interface *a, *b;
	struct finding *finding;
	struct path path;
	char reason[320];

	if (!audit->options->pair || audit->interface_count < 2)
		return;
	a = audit->interfaces[0];
	b = audit->interfaces[1];
	path = path_between(audit->host, a, b);
	if (path.answer >= PATH_FORWARDED) {
		report_add_fine(audit->report, "frames %s %s get to %s%s%s",
			path.answer == PATH_JOINED ? "sent on" : "that come in on", a->name,
			b->name, *path.why ? ", " : "", path.why);
		if (path.filtered)
			report_add_blind(audit->report,
				"which VLANs the bridge between %s and %s lets pass: bridge vlan "
				"show",
				a->name, b->name);
		return;
	}
	if (path.answer == PATH_UNKNOWN) {
		snprintf(reason, sizeof(reason), "whether %.40s and %.40s are joined: %s", a->name,
			b->name, path.why);
		report_add_undecided(audit->report, reason);
		return;
	}
	finding = audit_find(audit, FINDING_PL5403, a);
	snprintf(finding->subject, sizeof(finding->subject), "%s > %s", a->name, b->name);
	finding->confidence = path.answer == PATH_NONE ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY;
	snprintf(finding->what, sizeof(finding->what),
		"nothing joins them at layer 2: a frame sent on %s is never received by %s",
		a->name, b->name);
	snprintf(finding->why, sizeof(finding->why), "%s", path.why);
	snprintf(finding->is_not, sizeof(finding->is_not),
		"IP routing, which joins networks and takes no frames on; copies that a packet "
		"socket shows as outgoing: they were sent, not received");
	audit_cite(audit, finding, "ip -d link show %s kind", a->name);
	audit_cite(audit, finding, "ip -d link show %s master", a->name);
	audit_cite(audit, finding, "ip -d link show %s kind", b->name);
	audit_cite(audit, finding, "ip -d link show %s master", b->name);
}

const struct audit_rule audit_stack_rules[] = {
	{ .name = "bond-round-robin", .interface = judge_round_robin },
	{ .name = "bond-hashes-ports", .interface = judge_port_hash },
	{ .name = "no-layer2-path", .machine = judge_pair },
	{ .name = "vtep-without-answer", .interface = judge_ends },
	{ 0 },
};
