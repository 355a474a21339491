/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a message of rtnetlink say of a qdisc or a filter? Counters are those of "tc -s"; of a
 * filter what counts is what it does to packets, its actions.  Reference: linux/rtnetlink.h,
 * linux/pkt_cls.h, linux/gen_stats.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/gen_stats.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>

#include "host/collect_tc.h"

struct counters {
	uint64_t bytes, packets;
	struct gnet_stats_queue queue;
};

/* Structs grow at their ends; of those that are shorter, what is there is taken. */
static bool take_struct(const struct netlink_attribute *nest, uint16_t type, void *out, size_t size)
{
	struct netlink_attribute attribute;

	memset(out, 0, size);
	if (!netlink_find(nest->bytes, nest->length, type, &attribute))
		return false;
	memcpy(out, attribute.bytes, attribute.length < size ? attribute.length : size);
	return true;
}

/* Beyond 32 bits packets have an attribute of their own. */
static void read_counters(const struct netlink_attribute *nest, struct counters *counters)
{
	struct gnet_stats_basic basic;
	struct netlink_attribute attribute;

	memset(counters, 0, sizeof(*counters));
	if (take_struct(nest, TCA_STATS_BASIC, &basic, sizeof(basic))) {
		counters->bytes = basic.bytes;
		counters->packets = basic.packets;
	}
	if (netlink_find(nest->bytes, nest->length, TCA_STATS_PKT64, &attribute))
		netlink_number(&attribute, &counters->packets);
	take_struct(nest, TCA_STATS_QUEUE, &counters->queue, sizeof(counters->queue));
}

/* As tc prints a number of a class: "1:", "1:a", ":a". */
static char *handle_text(uint32_t handle, char text[static QDISC_WHERE_BYTES])
{
	unsigned major = handle >> 16, minor = handle & 0xffff;
	size_t used = 0;

	if (major)
		used = (size_t)snprintf(text, QDISC_WHERE_BYTES, "%x", major);
	if (minor)
		snprintf(text + used, QDISC_WHERE_BYTES - used, ":%x", minor);
	else
		snprintf(text + used, QDISC_WHERE_BYTES - used, ":");
	return text;
}

static void find_kind(const uint8_t *bytes, size_t length, char *kind, size_t size)
{
	struct netlink_attribute attribute;

	*kind = '\0';
	if (netlink_find(bytes, length, TCA_KIND, &attribute))
		netlink_text(&attribute, kind, size);
}

static bool read_head(const uint8_t *body, size_t length, struct tcmsg *head)
{
	if (length < sizeof(*head))
		return false;
	memcpy(head, body, sizeof(*head));
	return head->tcm_ifindex > 0;
}

bool qdisc_parse(const uint8_t *body, size_t length, struct qdisc *qdisc)
{
	char kind[16], handle[QDISC_WHERE_BYTES];
	struct tcmsg head;

	memset(qdisc, 0, sizeof(*qdisc));
	if (!read_head(body, length, &head))
		return false;
	find_kind(body + sizeof(head), length - sizeof(head), kind, sizeof(kind));
	qdisc->ifindex = (uint32_t)head.tcm_ifindex;
	qdisc->handle = head.tcm_handle;
	if (head.tcm_parent == TC_H_ROOT)
		strcpy(qdisc->where, "root");
	else if (head.tcm_parent == TC_H_INGRESS)
		strcpy(qdisc->where, strcmp(kind, "clsact") == 0 ? "clsact" : "ingress");
	else
		snprintf(qdisc->where, sizeof(qdisc->where), "parent %.20s",
			handle_text(head.tcm_parent, handle));
	return true;
}

static void tell_number(
	struct snapshot *snapshot, const char *prefix, const char *word, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	snapshot_setf(snapshot, text, "%s %s", prefix, word);
}

static void tell_counters(
	struct snapshot *snapshot, const char *prefix, const struct netlink_attribute *nest)
{
	struct counters counters;

	read_counters(nest, &counters);
	tell_number(snapshot, prefix, "bytes", counters.bytes);
	tell_number(snapshot, prefix, "packets", counters.packets);
	tell_number(snapshot, prefix, "dropped", counters.queue.drops);
	tell_number(snapshot, prefix, "overlimits", counters.queue.overlimits);
	tell_number(snapshot, prefix, "requeues", counters.queue.requeues);
	tell_number(snapshot, prefix, "backlog", counters.queue.backlog);
	tell_number(snapshot, prefix, "qlen", counters.queue.qlen);
}

void qdisc_tell(struct snapshot *snapshot, const char *name, const struct qdisc *qdisc,
	const uint8_t *body, size_t length)
{
	char prefix[96], kind[32], handle[QDISC_WHERE_BYTES];
	struct netlink_attribute attribute;

	if (length < sizeof(struct tcmsg))
		return;
	body += sizeof(struct tcmsg);
	length -= sizeof(struct tcmsg);
	snprintf(prefix, sizeof(prefix), "tc -s qdisc show dev %s %s", name, qdisc->where);
	find_kind(body, length, kind, sizeof(kind));
	snapshot_setf(snapshot, kind, "%s kind", prefix);
	snprintf(handle, sizeof(handle), "%x:", qdisc->handle >> 16);
	snapshot_setf(snapshot, handle, "%s handle", prefix);
	if (netlink_find(body, length, TCA_STATS2, &attribute))
		tell_counters(snapshot, prefix, &attribute);
	if (netlink_find(body, length, TCA_HW_OFFLOAD, &attribute) && attribute.length == 1)
		snapshot_setf(snapshot, attribute.bytes[0] ? "on" : "off", "%s offloaded", prefix);
}

/* Where a kind of filter has its actions and flags; 0: nowhere. */
static const struct {
	const char *kind;
	uint16_t actions, police, flags;
} places[] = {
	{ "u32", TCA_U32_ACT, TCA_U32_POLICE, TCA_U32_FLAGS },
	{ "flower", TCA_FLOWER_ACT, 0, TCA_FLOWER_FLAGS },
	{ "matchall", TCA_MATCHALL_ACT, 0, TCA_MATCHALL_FLAGS },
	{ "bpf", TCA_BPF_ACT, TCA_BPF_POLICE, TCA_BPF_FLAGS_GEN },
	{ "basic", TCA_BASIC_ACT, TCA_BASIC_POLICE, 0 },
	{ "fw", TCA_FW_ACT, TCA_FW_POLICE, 0 },
	{ "flow", TCA_FLOW_ACT, TCA_FLOW_POLICE, 0 },
	{ "cgroup", TCA_CGROUP_ACT, TCA_CGROUP_POLICE, 0 },
	{ "route", TCA_ROUTE4_ACT, TCA_ROUTE4_POLICE, 0 },
};

#define PLACES (sizeof(places) / sizeof(places[0]))

static void add_action(struct filter *filter, const char *word)
{
	size_t used = strlen(filter->action);

	snprintf(filter->action + used, sizeof(filter->action) - used, "%s%s", used ? "," : "",
		word);
}

/* The word for what an action does. */
static void name_action(
	struct filter *filter, const char *kind, const struct netlink_attribute *options)
{
	struct tc_gact general;
	struct tc_mirred mirred;

	if (strcmp(kind, "gact") == 0 &&
		take_struct(options, TCA_GACT_PARMS, &general, sizeof(general))) {
		add_action(filter, general.action == TC_ACT_SHOT ? "drop" : "gact");
	} else if (strcmp(kind, "mirred") == 0 &&
		   take_struct(options, TCA_MIRRED_PARMS, &mirred, sizeof(mirred))) {
		bool mirror = mirred.eaction == TCA_EGRESS_MIRROR ||
			      mirred.eaction == TCA_INGRESS_MIRROR;

		add_action(filter, mirror ? "mirred mirror" : "mirred redirect");
	} else {
		add_action(filter, kind);
	}
}

static void read_action(struct filter *filter, const struct netlink_attribute *action)
{
	struct netlink_attribute attribute, options = { 0, action->bytes, 0 };
	struct counters counters;
	char kind[32] = "";

	if (netlink_find(action->bytes, action->length, TCA_ACT_KIND, &attribute))
		netlink_text(&attribute, kind, sizeof(kind));
	if (!*kind)
		return;
	netlink_find(action->bytes, action->length, TCA_ACT_OPTIONS, &options);
	name_action(filter, kind, &options);
	if (!netlink_find(action->bytes, action->length, TCA_ACT_STATS, &attribute))
		return;
	read_counters(&attribute, &counters);
	filter->has_counters = true;
	filter->dropped += counters.queue.drops;
	filter->overlimits += counters.queue.overlimits;
}

static void read_actions(struct filter *filter, const struct netlink_attribute *actions)
{
	struct netlink_reader reader = { actions->bytes, actions->length };
	struct netlink_attribute action;

	for (int i = 0; i < FILTER_MAX_ACTIONS && netlink_next(&reader, &action); i++)
		read_action(filter, &action);
}

static bool is_table(const struct filter *filter, const struct netlink_attribute *options)
{
	struct netlink_attribute attribute;

	return strcmp(filter->kind, "u32") == 0 &&
	       !netlink_find(options->bytes, options->length, TCA_U32_SEL, &attribute);
}

/* A program may decide itself. */
static bool is_direct(const struct filter *filter, const struct netlink_attribute *options)
{
	struct netlink_attribute attribute;
	uint64_t flags;

	return strcmp(filter->kind, "bpf") == 0 &&
	       netlink_find(options->bytes, options->length, TCA_BPF_FLAGS, &attribute) &&
	       netlink_number(&attribute, &flags) && flags & TCA_BPF_FLAG_ACT_DIRECT;
}

static void read_options(struct filter *filter, const struct netlink_attribute *options)
{
	struct netlink_attribute attribute;
	uint64_t flags;
	size_t i = 0;

	while (i < PLACES && strcmp(places[i].kind, filter->kind) != 0)
		i++;
	if (i == PLACES)
		return;
	if (is_direct(filter, options))
		add_action(filter, "direct-action");
	if (netlink_find(options->bytes, options->length, places[i].actions, &attribute))
		read_actions(filter, &attribute);
	if (places[i].police &&
		netlink_find(options->bytes, options->length, places[i].police, &attribute))
		add_action(filter, "police");
	if (places[i].flags &&
		netlink_find(options->bytes, options->length, places[i].flags, &attribute) &&
		netlink_number(&attribute, &flags)) {
		filter->has_hardware = true;
		filter->in_hardware = flags & TCA_CLS_FLAGS_IN_HW;
	}
}

bool filter_parse(const uint8_t *body, size_t length, struct filter *filter)
{
	struct netlink_attribute options;
	struct tcmsg head;

	memset(filter, 0, sizeof(*filter));
	if (!read_head(body, length, &head))
		return false;
	body += sizeof(head);
	length -= sizeof(head);
	filter->ifindex = (uint32_t)head.tcm_ifindex;
	find_kind(body, length, filter->kind, sizeof(filter->kind));
	if (!*filter->kind || !netlink_find(body, length, TCA_OPTIONS, &options) ||
		is_table(filter, &options))
		return false;
	read_options(filter, &options);
	return true;
}

void filter_tell(struct snapshot *snapshot, const char *name, const char *where, unsigned number,
	const struct filter *filter)
{
	char prefix[96];

	snprintf(prefix, sizeof(prefix), "tc -s filter show dev %s %s %u", name, where, number);
	snapshot_setf(snapshot, filter->kind, "%s kind", prefix);
	snapshot_setf(snapshot, filter->action, "%s action", prefix);
	if (filter->has_counters) {
		tell_number(snapshot, prefix, "dropped", filter->dropped);
		tell_number(snapshot, prefix, "overlimits", filter->overlimits);
	}
	if (filter->has_hardware)
		snapshot_setf(snapshot, filter->in_hardware ? "on" : "off", "%s in_hw", prefix);
}
