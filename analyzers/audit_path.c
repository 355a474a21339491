/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a frame that is sent on one interface come in on another?  Follows it: a veth hands it to
 * its peer, a bridge from port to port, a VLAN puts a tag on it and takes it off, macvlans of mode
 * bridge reach one another.  What leaves by hardware, a tunnel, a program or another namespace is
 * out of sight, and noted as such.
 */
#include "analyzers/audit_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/audit_links.h"
#include "base/memory.h"

/* Where the frame went out of sight. */
enum exits {
	EXIT_WIRE = 1,      /* hardware, or a tunnel: a network */
	EXIT_NAMESPACE = 2, /* another namespace */
	EXIT_PROGRAM = 4,   /* a program that owns a TAP, a switch that this knows nothing of */
};

#define UNTAGGED 0
#define NEVER 0xffff /* no VLAN has it */
#define MAX_STEPS 8192

/* A frame at an interface, going out or coming in. */
struct step {
	const struct host_interface *at;
	bool in;
	uint16_t tag;
};

struct walk {
	const struct host *host;
	struct step *steps; /* seen, and up to `done` followed */
	size_t count, done;
	unsigned exits;
	bool filtered; /* a bridge that filters VLANs was passed */
};

static void go(struct walk *walk, const struct host_interface *at, bool in, uint16_t tag)
{
	if (!at || walk->count == MAX_STEPS)
		return;
	for (size_t i = 0; i < walk->count; i++) {
		const struct step *step = &walk->steps[i];

		if (step->at == at && step->in == in && step->tag == tag)
			return;
	}
	walk->steps = memory_grow(walk->steps, walk->count + 1, sizeof(*walk->steps));
	walk->steps[walk->count++] = (struct step){ at, in, tag };
}

static const char *says(const struct host *host, const struct host_interface *at, const char *word)
{
	const char *text = host_text(host, "ip -d link show %s %s", at->name, word);

	return text ? text : "";
}

static bool macvlan_is(const struct host *host, const struct host_interface *at, const char *mode)
{
	const char *text = host_text(host, "ip -d link show %s %s mode", at->name, at->kind);

	return (link_is(at, "macvlan") || link_is(at, "macvtap")) && text &&
	       strcmp(text, mode) == 0;
}

static uint16_t vlan_tag(const struct host *host, const struct host_interface *vlan)
{
	uint64_t id;

	if (!host_number(host, &id, "ip -d link show %s vlan id", vlan->name) || id >= 4096)
		return NEVER;
	return (uint16_t)id;
}

static bool isolated(const struct host *host, const struct host_interface *port)
{
	return strcmp(says(host, port, "bridge_slave isolated"), "on") == 0;
}

static bool forwards(const struct host *host, const struct host_interface *port)
{
	const char *state = says(host, port, "bridge_slave state");

	return port->up && (!*state || strcmp(state, "forwarding") == 0);
}

/* From a port, or from the bridge itself, to all other ports. */
static void flood(struct walk *walk, const struct host_interface *bridge,
	const struct host_interface *from, uint16_t tag)
{
	const struct host *host = walk->host;

	walk->filtered |= strcmp(says(host, bridge, "bridge vlan_filtering"), "1") == 0 ||
			  strcmp(says(host, bridge, "bridge vlan_filtering"), "on") == 0;
	for (const struct host_interface *port = link_member(host, bridge, NULL); port;
		port = link_member(host, bridge, port)) {
		if (port != from && forwards(host, port) &&
			!(from && isolated(host, from) && isolated(host, port)))
			go(walk, port, false, tag);
	}
}

static void send_macvlan(struct walk *walk, const struct host_interface *at, uint16_t tag)
{
	const struct host *host = walk->host;

	go(walk, host_lower(host, at), false, tag);
	if (!macvlan_is(host, at, "bridge"))
		return;
	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *other = &host->interfaces[i];

		if (other != at && other->link >= 0 && other->link == at->link &&
			macvlan_is(host, other, "bridge"))
			go(walk, other, true, tag);
	}
}

static void send_virtual(struct walk *walk, const struct host_interface *at, uint16_t tag)
{
	const struct host *host = walk->host;

	if (link_is(at, "veth")) {
		if (at->link_elsewhere || at->link < 0)
			walk->exits |= EXIT_NAMESPACE;
		go(walk, link_peer(host, at), true, tag);
	} else if (link_is(at, "bridge")) {
		flood(walk, at, NULL, tag);
	} else if (link_is(at, "vlan")) {
		if (tag == UNTAGGED)
			go(walk, host_lower(host, at), false, vlan_tag(host, at));
		else
			walk->exits |= EXIT_WIRE;
	} else if (link_is(at, "macvlan") || link_is(at, "macvtap")) {
		send_macvlan(walk, at, tag);
	} else if (link_is(at, "bond") || link_is(at, "team")) {
		for (const struct host_interface *member = link_member(host, at, NULL); member;
			member = link_member(host, at, member))
			go(walk, member, false, tag);
	} else if (!link_is(at, "dummy")) {
		walk->exits |= link_is(at, "tun") || link_is(at, "openvswitch") ? EXIT_PROGRAM
										: EXIT_WIRE;
	}
	if (at->link_elsewhere)
		walk->exits |= EXIT_NAMESPACE;
}

static void send_out(struct walk *walk, const struct host_interface *at, uint16_t tag)
{
	if (at->loopback)
		go(walk, at, true, tag);
	else if (!*at->kind)
		walk->exits |= EXIT_WIRE;
	else
		send_virtual(walk, at, tag);
}

/* A bridge takes what comes in by a port; what else runs over it takes what is meant for it. */
static void take_in(struct walk *walk, const struct host_interface *at, uint16_t tag)
{
	const struct host *host = walk->host;
	const struct host_interface *master = host_master(host, at);

	if (master && link_is(master, "bridge") && forwards(host, at)) {
		go(walk, master, true, tag);
		flood(walk, master, at, tag);
	} else if (master && link_is(master, "openvswitch")) {
		walk->exits |= EXIT_PROGRAM;
	} else if (master && !link_is(master, "bridge")) {
		go(walk, master, true, tag);
	}
	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *over = &host->interfaces[i];

		if (host_lower(host, over) != at)
			continue;
		if (link_is(over, "macvlan") || link_is(over, "macvtap"))
			go(walk, over, true, tag);
		else if (link_is(over, "vlan") && tag != UNTAGGED && vlan_tag(host, over) == tag)
			go(walk, over, true, UNTAGGED);
	}
}

/*
 * Follows a frame that is sent on `from`, or comes in there (`in`).  Returns whether it comes in on
 * `to`, or, of one that came in, goes out there.
 */
static bool follow(struct walk *walk, const struct host_interface *from, bool in,
	const struct host_interface *to)
{
	bool found = false;

	go(walk, from, in, UNTAGGED);
	for (; walk->done < walk->count && !found; walk->done++) {
		const struct step step = walk->steps[walk->done];

		found = step.at == to && walk->done > 0 && (step.in || in);
		if (step.in)
			take_in(walk, step.at, step.tag);
		else
			send_out(walk, step.at, step.tag);
	}
	free(walk->steps);
	return found;
}

/* Whether one runs over the other, or is a member of it: one station to the outside. */
static bool one_stack(
	const struct host *host, const struct host_interface *a, const struct host_interface *b)
{
	return a == b || host_lower(host, a) == b || host_lower(host, b) == a ||
	       host_master(host, a) == b || host_master(host, b) == a;
}

/* Whether what comes in on `from` gets to `to`, as by a bridge; not within one station. */
static bool passed_on(
	struct walk *through, const struct host_interface *from, const struct host_interface *to)
{
	bool bridged = link_is(from, "bridge") || link_is(to, "bridge");

	return follow(through, from, true, to) && from != to &&
	       (bridged || !one_stack(through->host, from, to));
}

/* Macvlans of one parent, one of which takes nothing from the others, nor from a switch's echo. */
static bool kept_apart(
	const struct host *host, const struct host_interface *a, const struct host_interface *b)
{
	return a->link >= 0 && a->link == b->link &&
	       (macvlan_is(host, a, "private") || macvlan_is(host, b, "private"));
}

static const char *exit_name(unsigned exits)
{
	if (exits & EXIT_WIRE)
		return "the network outside";
	return exits & EXIT_NAMESPACE ? "another namespace" : "a program";
}

/* Nothing here joins them: what may, where it cannot be seen? */
static void tell_apart(const struct host_interface *from, unsigned out,
	const struct host_interface *to, unsigned back, struct path *path)
{
	if (out & back) {
		path->answer = PATH_UNKNOWN;
		snprintf(path->why, sizeof(path->why), "both lead to %s, which may join them",
			exit_name(out & back));
		return;
	}
	path->answer = out && back ? PATH_UNLIKELY : PATH_NONE;
	snprintf(path->why, sizeof(path->why), "%s leads to %s, %s to %s", from->name,
		out ? exit_name(out) : "nothing outside", to->name,
		back ? exit_name(back) : "nothing outside");
}

struct path path_between(
	const struct host *host, const struct host_interface *from, const struct host_interface *to)
{
	struct walk out = { .host = host }, back = out, out_through = out, back_through = out;
	struct path path = { 0 };
	bool joined = follow(&out, from, false, to);
	bool passed = passed_on(&out_through, from, to);

	follow(&back, to, false, from);
	passed |= passed_on(&back_through, to, from);
	if (joined) {
		path.answer = PATH_JOINED;
	} else if (passed) {
		path.answer = PATH_FORWARDED;
		snprintf(path.why, sizeof(path.why),
			"but what a program here sends on one of them leaves by that one");
	} else if (one_stack(host, from, to)) {
		snprintf(path.why, sizeof(path.why),
			"they are one station: what is sent on either leaves by the same way, and "
			"comes in on neither");
	} else if (kept_apart(host, from, to)) {
		snprintf(path.why, sizeof(path.why),
			"macvlans of mode private take nothing from one another");
	} else {
		tell_apart(from, out.exits | out_through.exits, to, back.exits | back_through.exits,
			&path);
	}
	path.filtered = out.filtered | out_through.filtered;
	return path;
}
