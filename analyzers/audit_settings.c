/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which settings of the machine matter to packets, and which of them did somebody change? Tables of
 * paths with what a kernel has by default; where that depends on memory, driver or distribution,
 * nothing is said to be usual. Defaults after Documentation/networking/ip-sysctl.rst,
 * admin-guide/sysctl/net.rst and net/core/dev.c of Linux 6.x.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_links.h"

/* A setting of the machine. */
struct machine_row {
	const char *path, *usual;
};

#define NET "/proc/sys/net/"

static const struct machine_row machine_rows[] = {
	{ NET "core/netdev_max_backlog", "1000" },
	{ NET "core/netdev_budget", "300" },
	{ NET "core/netdev_budget_usecs", "" }, /* two ticks, so it depends on CONFIG_HZ */
	{ NET "core/dev_weight", "64" },
	{ NET "core/rps_sock_flow_entries", "0" },
	{ NET "core/flow_limit_cpu_bitmap", "" },
	{ NET "core/flow_limit_table_len", "4096" },
	{ NET "core/gro_normal_batch", "8" },
	{ NET "core/netdev_tstamp_prequeue", "1" },
	{ NET "core/busy_poll", "0" },
	{ NET "core/busy_read", "0" },
	{ NET "core/default_qdisc", "" },
	{ NET "core/rmem_default", "" },
	{ NET "core/rmem_max", "" }, /* 212992, or 4 MiB in newer kernels */
	{ NET "core/wmem_default", "" },
	{ NET "core/wmem_max", "" },
	{ NET "ipv4/ip_forward", "0" },
	{ NET "ipv4/ip_forward_use_pmtu", "0" },
	{ NET "ipv4/ip_no_pmtu_disc", "0" },
	{ NET "ipv4/route/min_pmtu", "552" },
	{ NET "ipv4/ipfrag_high_thresh", "4194304" },
	{ NET "ipv4/ipfrag_time", "30" },
	{ NET "ipv4/ipfrag_max_dist", "64" },
	{ NET "ipv4/fib_multipath_hash_policy", "0" },
	{ NET "ipv4/tcp_congestion_control", "" },
	{ NET "ipv4/tcp_sack", "1" },
	{ NET "ipv4/tcp_dsack", "1" },
	{ NET "ipv4/tcp_timestamps", "1" },
	{ NET "ipv4/tcp_window_scaling", "1" },
	{ NET "ipv4/tcp_recovery", "1" },
	{ NET "ipv4/tcp_reordering", "3" },
	{ NET "ipv4/tcp_max_reordering", "300" },
	{ NET "ipv4/tcp_early_retrans", "3" },
	{ NET "ipv4/tcp_frto", "2" },
	{ NET "ipv4/tcp_mtu_probing", "0" },
	{ NET "ipv4/tcp_base_mss", "1024" },
	{ NET "ipv4/tcp_rmem", "" },
	{ NET "ipv4/tcp_wmem", "" },
	{ NET "ipv4/tcp_moderate_rcvbuf", "1" },
	{ NET "ipv4/tcp_no_metrics_save", "0" },
	{ NET "ipv6/conf/all/forwarding", "0" },
	{ NET "ipv6/ip6frag_high_thresh", "4194304" },
	{ NET "ipv6/ip6frag_time", "60" },
	{ NET "ipv6/fib_multipath_hash_policy", "0" },
};

/* Interfaces by what is usual of them. */
enum interface_sort { SORT_HARDWARE, SORT_VETH, SORT_OTHER, SORTS };

/* A setting of an interface, whose name stands in the middle of the path. */
struct interface_row {
	const char *start, *end;
	const char *usual[SORTS]; /* NULL: it depends */
};

#define SYSFS "/sys/class/net/"
#define LINK "ip -d link show "
#define FEATURE "ethtool -k "
#define EVERYWHERE(text) \
	{ \
		text, text, text \
	}

static const struct interface_row interface_rows[] = {
	{ SYSFS, "/tx_queue_len", { "1000" } },
	{ SYSFS, "/threaded", { "0", "0" } },                /* WireGuard has it on since 6.16 */
	{ SYSFS, "/gro_flush_timeout", { NULL, "0", "0" } }, /* r8169 and others have their own */
	{ SYSFS, "/napi_defer_hard_irqs", { NULL, "0", "0" } },
	{ LINK, " qdisc", { NULL } },
	{ LINK, " promiscuity", { NULL } },
	{ LINK, " gso_max_size", { NULL } },
	{ LINK, " gro_max_size", { NULL } },
	{ FEATURE, "", { NULL } },
	{ FEATURE, " rx-checksumming", { NULL, "on" } }, /* e1000 has it off */
	{ FEATURE, " tx-checksumming", { NULL, "on" } },
	{ FEATURE, " scatter-gather", { NULL, "on" } }, /* r8169 has it off, and tso */
	{ FEATURE, " tcp-segmentation-offload", { NULL, "on" } },
	{ FEATURE, " tx-udp-segmentation", { NULL } },
	{ FEATURE, " generic-segmentation-offload", { "on", "on" } },
	{ FEATURE, " generic-receive-offload", { "on", NULL } }, /* of a veth on before 5.13 */
	{ FEATURE, " large-receive-offload", { NULL, "off", "off" } }, /* vmxnet3 has it on */
	{ FEATURE, " rx-gro-hw", { NULL } },
	{ FEATURE, " rx-gro-list", EVERYWHERE("off") },
	{ FEATURE, " rx-udp-gro-forwarding", EVERYWHERE("off") },
	{ FEATURE, " rx-vlan-offload", { NULL } },
	{ FEATURE, " tx-vlan-offload", { NULL } },
	{ FEATURE, " ntuple-filters", { NULL } },
	{ FEATURE, " receive-hashing", { NULL } },
	{ FEATURE, " hw-tc-offload", { NULL, "off", "off" } }, /* i40e has it on */
	{ "ethtool -g ", "", { NULL } },
	{ "ethtool -g ", " rx", { NULL } },
	{ "ethtool -g ", " rx max", { NULL } },
	{ "ethtool -g ", " tx", { NULL } },
	{ "ethtool -g ", " tx max", { NULL } },
	{ "ethtool -l ", "", { NULL } },
	{ "ethtool -l ", " combined", { NULL } },
	{ "ethtool -l ", " combined max", { NULL } },
	{ "ethtool -c ", "", { NULL } },
	{ "ethtool -c ", " adaptive-rx", { NULL } },
	{ "ethtool -c ", " rx-usecs", { NULL } },
	{ "ethtool -c ", " rx-frames", { NULL } },
	{ "ethtool -x ", "", { NULL } },
	{ "ethtool -x ", " indirection", { NULL } },
	{ "ethtool -x ", " hash-function", { NULL } },
	{ "ethtool -n ", " rx-flow-hash udp4", { NULL } },
	{ "ethtool -n ", " rx-flow-hash tcp4", { NULL } },
	{ "ethtool -T ", " capabilities", { NULL } },
};

/*
 * Whether `text` is not what is usual; what cannot be changed was changed by nobody, and what could
 * not be switched as it was asked for, as it was asked for.
 */
static bool is_changed(const char *text, const char *usual)
{
	static const char requested[] = "[requested ";
	const char *wanted = strstr(text, requested);
	size_t length;

	if (!*usual || strstr(text, "[fixed]"))
		return false;
	if (wanted)
		text = wanted + sizeof(requested) - 1;
	length = strcspn(text, " ]");
	return length != strlen(usual) || strncmp(text, usual, length) != 0;
}

static void add(struct audit *audit, struct report_interface *interface, const char *path,
	const char *usual)
{
	const struct snapshot_value *value = host_value(audit->host, "%s", path);
	struct report_setting *setting;

	if (!value)
		return;
	setting = report_add_setting(audit->report, interface);
	setting->known = value->state == VALUE_PRESENT;
	setting->changed = setting->known && is_changed(value->text, usual);
	snprintf(setting->path, sizeof(setting->path), "%s", path);
	snprintf(setting->usual, sizeof(setting->usual), "%s", usual);
	snprintf(setting->text, sizeof(setting->text), "%s",
		setting->known ? value->text : value_state_name(value->state));
	/* Settings of several numbers have tabs between them. */
	for (char *tab = setting->text; (tab = strchr(tab, '\t'));)
		*tab = ' ';
}

void audit_machine_settings(struct audit *audit)
{
	for (size_t i = 0; i < sizeof(machine_rows) / sizeof(machine_rows[0]); i++)
		add(audit, NULL, machine_rows[i].path, machine_rows[i].usual);
}

static enum interface_sort sort_of(const struct host_interface *interface)
{
	if (interface->physical)
		return SORT_HARDWARE;
	return link_is(interface, "veth") ? SORT_VETH : SORT_OTHER;
}

void audit_interface_settings(
	struct audit *audit, const struct host_interface *interface, struct report_interface *entry)
{
	for (size_t i = 0; i < sizeof(interface_rows) / sizeof(interface_rows[0]); i++) {
		const struct interface_row *row = &interface_rows[i];
		const char *usual = row->usual[sort_of(interface)];
		char path[256];

		snprintf(path, sizeof(path), "%s%s%s", row->start, interface->name, row->end);
		add(audit, entry, path, usual ? usual : "");
	}
}
