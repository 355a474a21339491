/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is particular to the kind of an interface, and to a member of a bond or bridge? Tables of
 * what "ip -d link show" prints after the kind's name.  Reference: linux/if_link.h,
 * linux/if_tunnel.h, linux/if_tun.h.
 */
#include <stdio.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/if_tunnel.h>

#include "host/attributes.h"
#include "host/collect_link.h"

#define GRE_SEQUENCE 0x10 /* GRE_SEQ, in the first byte of the flags */

static const struct attribute_name bond_modes[] = {
	{ 0, "balance-rr" },
	{ 1, "active-backup" },
	{ 2, "balance-xor" },
	{ 3, "broadcast" },
	{ 4, "802.3ad" },
	{ 5, "balance-tlb" },
	{ 6, "balance-alb" },
	{ 0, NULL },
};

static const struct attribute_name hash_policies[] = {
	{ 0, "layer2" },
	{ 1, "layer3+4" },
	{ 2, "layer2+3" },
	{ 3, "encap2+3" },
	{ 4, "encap3+4" },
	{ 5, "vlan+srcmac" },
	{ 0, NULL },
};

static const struct attribute_name lacp_rates[] = { { 0, "slow" }, { 1, "fast" }, { 0, NULL } };
static const struct attribute_name member_states[] = { { 0, "ACTIVE" }, { 1, "BACKUP" },
	{ 0, NULL } };
static const struct attribute_name mii_states[] = { { 0, "UP" }, { 1, "GOING_DOWN" }, { 2, "DOWN" },
	{ 3, "GOING_BACK" }, { 0, NULL } };
static const struct attribute_name port_states[] = { { 0, "disabled" }, { 1, "listening" },
	{ 2, "learning" }, { 3, "forwarding" }, { 4, "blocking" }, { 0, NULL } };
static const struct attribute_name macvlan_modes[] = { { 1, "private" }, { 2, "vepa" },
	{ 4, "bridge" }, { 8, "passthru" }, { 16, "source" }, { 0, NULL } };
static const struct attribute_name ipvlan_modes[] = { { 0, "l2" }, { 1, "l3" }, { 2, "l3s" },
	{ 0, NULL } };
static const struct attribute_name fragment_modes[] = { { 0, "unset" }, { 1, "set" },
	{ 2, "inherit" }, { 0, NULL } };
static const struct attribute_name tun_types[] = { { 1, "tun" }, { 2, "tap" }, { 0, NULL } };

static const struct attribute_row bond[] = {
	{ IFLA_BOND_MODE, FORM_NAME, "mode", bond_modes },
	{ IFLA_BOND_XMIT_HASH_POLICY, FORM_NAME, "xmit_hash_policy", hash_policies },
	{ IFLA_BOND_MIIMON, FORM_NUMBER, "miimon", NULL },
	{ IFLA_BOND_ACTIVE_SLAVE, FORM_NUMBER, "active_slave", NULL },
	{ IFLA_BOND_PACKETS_PER_SLAVE, FORM_NUMBER, "packets_per_slave", NULL },
	{ IFLA_BOND_AD_LACP_RATE, FORM_NAME, "lacp_rate", lacp_rates },
	{ IFLA_BOND_TLB_DYNAMIC_LB, FORM_NUMBER, "tlb_dynamic_lb", NULL },
};

static const struct attribute_row bond_member[] = {
	{ IFLA_BOND_SLAVE_STATE, FORM_NAME, "state", member_states },
	{ IFLA_BOND_SLAVE_MII_STATUS, FORM_NAME, "mii_status", mii_states },
	{ IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, FORM_NUMBER, "link_failure_count", NULL },
	{ IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, FORM_NUMBER, "ad_aggregator_id", NULL },
};

static const struct attribute_row bridge[] = {
	{ IFLA_BR_VLAN_FILTERING, FORM_NUMBER, "vlan_filtering", NULL },
	{ IFLA_BR_VLAN_PROTOCOL, FORM_PROTOCOL, "vlan_protocol", NULL },
	{ IFLA_BR_STP_STATE, FORM_NUMBER, "stp_state", NULL },
	{ IFLA_BR_MCAST_SNOOPING, FORM_NUMBER, "mcast_snooping", NULL },
	{ IFLA_BR_NF_CALL_IPTABLES, FORM_NUMBER, "nf_call_iptables", NULL },
	{ IFLA_BR_NF_CALL_IP6TABLES, FORM_NUMBER, "nf_call_ip6tables", NULL },
};

static const struct attribute_row bridge_port[] = {
	{ IFLA_BRPORT_STATE, FORM_NAME, "state", port_states },
	{ IFLA_BRPORT_MODE, FORM_SWITCH, "hairpin", NULL },
	{ IFLA_BRPORT_LEARNING, FORM_SWITCH, "learning", NULL },
	{ IFLA_BRPORT_UNICAST_FLOOD, FORM_SWITCH, "flood", NULL },
	{ IFLA_BRPORT_NEIGH_SUPPRESS, FORM_SWITCH, "neigh_suppress", NULL },
	{ IFLA_BRPORT_ISOLATED, FORM_SWITCH, "isolated", NULL },
};

static const struct attribute_row vlan[] = {
	{ IFLA_VLAN_ID, FORM_NUMBER, "id", NULL },
	{ IFLA_VLAN_PROTOCOL, FORM_PROTOCOL, "protocol", NULL },
};

static const struct attribute_row macvlan[] = {
	{ IFLA_MACVLAN_MODE, FORM_NAME, "mode", macvlan_modes },
};

static const struct attribute_row ipvlan[] = {
	{ IFLA_IPVLAN_MODE, FORM_NAME, "mode", ipvlan_modes },
};

static const struct attribute_row vxlan[] = {
	{ IFLA_VXLAN_ID, FORM_NUMBER, "id", NULL },
	{ IFLA_VXLAN_GROUP, FORM_ADDRESS, "remote", NULL },
	{ IFLA_VXLAN_GROUP6, FORM_ADDRESS, "remote", NULL },
	{ IFLA_VXLAN_LOCAL, FORM_ADDRESS, "local", NULL },
	{ IFLA_VXLAN_LOCAL6, FORM_ADDRESS, "local", NULL },
	{ IFLA_VXLAN_LINK, FORM_NUMBER, "link", NULL },
	{ IFLA_VXLAN_PORT, FORM_BIG_ENDIAN, "dstport", NULL },
	{ IFLA_VXLAN_LEARNING, FORM_SWITCH, "learning", NULL },
	{ IFLA_VXLAN_COLLECT_METADATA, FORM_SWITCH, "external", NULL },
	{ IFLA_VXLAN_DF, FORM_NAME, "df", fragment_modes },
};

static const struct attribute_row geneve[] = {
	{ IFLA_GENEVE_ID, FORM_NUMBER, "id", NULL },
	{ IFLA_GENEVE_REMOTE, FORM_ADDRESS, "remote", NULL },
	{ IFLA_GENEVE_REMOTE6, FORM_ADDRESS, "remote", NULL },
	{ IFLA_GENEVE_PORT, FORM_BIG_ENDIAN, "dstport", NULL },
	{ IFLA_GENEVE_COLLECT_METADATA, FORM_SWITCH, "external", NULL },
	{ IFLA_GENEVE_DF, FORM_NAME, "df", fragment_modes },
};

static const struct attribute_row gre[] = {
	{ IFLA_GRE_LINK, FORM_NUMBER, "link", NULL },
	{ IFLA_GRE_LOCAL, FORM_ADDRESS, "local", NULL },
	{ IFLA_GRE_REMOTE, FORM_ADDRESS, "remote", NULL },
	{ IFLA_GRE_IKEY, FORM_BIG_ENDIAN, "ikey", NULL },
	{ IFLA_GRE_OKEY, FORM_BIG_ENDIAN, "okey", NULL },
	{ IFLA_GRE_PMTUDISC, FORM_SWITCH, "pmtudisc", NULL },
	{ IFLA_GRE_IGNORE_DF, FORM_SWITCH, "ignore-df", NULL },
	{ IFLA_GRE_COLLECT_METADATA, FORM_SWITCH, "external", NULL },
};

static const struct attribute_row ip_tunnel[] = {
	{ IFLA_IPTUN_LINK, FORM_NUMBER, "link", NULL },
	{ IFLA_IPTUN_LOCAL, FORM_ADDRESS, "local", NULL },
	{ IFLA_IPTUN_REMOTE, FORM_ADDRESS, "remote", NULL },
	{ IFLA_IPTUN_PMTUDISC, FORM_SWITCH, "pmtudisc", NULL },
	{ IFLA_IPTUN_COLLECT_METADATA, FORM_SWITCH, "external", NULL },
};

static const struct attribute_row tun[] = {
	{ IFLA_TUN_TYPE, FORM_NAME, "type", tun_types },
	{ IFLA_TUN_PI, FORM_SWITCH, "pi", NULL },
	{ IFLA_TUN_VNET_HDR, FORM_SWITCH, "vnet_hdr", NULL },
	{ IFLA_TUN_MULTI_QUEUE, FORM_SWITCH, "multi_queue", NULL },
	{ IFLA_TUN_NUM_QUEUES, FORM_NUMBER, "numqueues", NULL },
	{ IFLA_TUN_PERSIST, FORM_SWITCH, "persist", NULL },
};

#define ROWS(table) table, sizeof(table) / sizeof((table)[0])

struct kind {
	const char *name;
	const struct attribute_row *rows;
	size_t count;
	uint16_t far[2]; /* attributes of a tunnel's far end */
};

static const struct kind kinds[] = {
	{ "bond", ROWS(bond), { 0 } },
	{ "bridge", ROWS(bridge), { 0 } },
	{ "vlan", ROWS(vlan), { 0 } },
	{ "macvlan", ROWS(macvlan), { 0 } },
	{ "macvtap", ROWS(macvlan), { 0 } },
	{ "ipvlan", ROWS(ipvlan), { 0 } },
	{ "ipvtap", ROWS(ipvlan), { 0 } },
	{ "vxlan", ROWS(vxlan), { IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6 } },
	{ "geneve", ROWS(geneve), { IFLA_GENEVE_REMOTE, IFLA_GENEVE_REMOTE6 } },
	{ "gre", ROWS(gre), { IFLA_GRE_REMOTE } },
	{ "gretap", ROWS(gre), { IFLA_GRE_REMOTE } },
	{ "erspan", ROWS(gre), { IFLA_GRE_REMOTE } },
	{ "ip6gre", ROWS(gre), { IFLA_GRE_REMOTE } },
	{ "ip6gretap", ROWS(gre), { IFLA_GRE_REMOTE } },
	{ "ip6erspan", ROWS(gre), { IFLA_GRE_REMOTE } },
	{ "ipip", ROWS(ip_tunnel), { IFLA_IPTUN_REMOTE } },
	{ "sit", ROWS(ip_tunnel), { IFLA_IPTUN_REMOTE } },
	{ "ip6tnl", ROWS(ip_tunnel), { IFLA_IPTUN_REMOTE } },
	{ "tun", ROWS(tun), { 0 } },
};

static const struct kind member_kinds[] = {
	{ "bond", ROWS(bond_member), { 0 } },
	{ "bridge", ROWS(bridge_port), { 0 } },
};

static const struct kind *find_kind(const struct kind *table, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

/* Finds one attribute of the kind's name and its data. */
static const struct kind *read_kind(const struct netlink_attribute *info, uint16_t name_type,
	const struct kind *table, size_t count, char name[static LINK_KIND_BYTES])
{
	struct netlink_attribute attribute;

	*name = '\0';
	if (netlink_find(info->bytes, info->length, name_type, &attribute))
		netlink_text(&attribute, name, LINK_KIND_BYTES);
	return find_kind(table, count, name);
}

static void take_far(
	struct link *link, const struct kind *kind, const struct netlink_attribute *data)
{
	struct netlink_attribute attribute;

	for (size_t i = 0; i < 2 && kind->far[i]; i++) {
		if (netlink_find(data->bytes, data->length, kind->far[i], &attribute))
			link_address_take(&link->far, &attribute);
	}
}

/* GRE with a sequence number drops what comes late. */
static void tell_gre_sequence(
	struct snapshot *snapshot, const char *prefix, const struct netlink_attribute *data)
{
	static const struct {
		uint16_t type;
		const char *word;
	} flags[] = { { IFLA_GRE_IFLAGS, "iseq" }, { IFLA_GRE_OFLAGS, "oseq" } };
	struct netlink_attribute attribute;

	for (size_t i = 0; i < 2; i++) {
		if (netlink_find(data->bytes, data->length, flags[i].type, &attribute) &&
			attribute.length == 2)
			snapshot_setf(snapshot, attribute.bytes[0] & GRE_SEQUENCE ? "on" : "off",
				"%s %s", prefix, flags[i].word);
	}
}

static void tell_member(
	struct snapshot *snapshot, const char *name, const struct netlink_attribute *info)
{
	char kind_name[LINK_KIND_BYTES], prefix[96];
	struct netlink_attribute data;
	const struct kind *kind = read_kind(
		info, IFLA_INFO_SLAVE_KIND, ROWS(member_kinds), kind_name);

	if (!kind || !netlink_find(info->bytes, info->length, IFLA_INFO_SLAVE_DATA, &data))
		return;
	snprintf(prefix, sizeof(prefix), "ip -d link show %s %s_slave", name, kind->name);
	attributes_tell(snapshot, prefix, kind->rows, kind->count, data.bytes, data.length);
}

void link_kind_tell(struct snapshot *snapshot, const char *name,
	const struct netlink_attribute *info, struct link *link)
{
	const struct kind *kind = read_kind(info, IFLA_INFO_KIND, ROWS(kinds), link->kind);
	struct netlink_attribute data;
	char prefix[96];

	if (*link->kind)
		snapshot_setf(snapshot, link->kind, "ip -d link show %s kind", name);
	tell_member(snapshot, name, info);
	if (!kind || !netlink_find(info->bytes, info->length, IFLA_INFO_DATA, &data))
		return;
	snprintf(prefix, sizeof(prefix), "ip -d link show %s %s", name, kind->name);
	attributes_tell(snapshot, prefix, kind->rows, kind->count, data.bytes, data.length);
	take_far(link, kind, &data);
	if (kind->rows == gre)
		tell_gre_sequence(snapshot, prefix, &data);
}
