/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is this machine, and how is its network stack set? Files of sysfs and /proc/sys/net.  Some
 * settings are the whole machine's, and their files only in the network namespace it began with:
 * net/core/sysctl_net_core.c registers them for init_net.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/initial_net.h"
#include "host/collect_parts.h"
#include "host/state.h"

#define CORE "/proc/sys/net/core/"

static const char *const machine_files[] = {
	"/proc/sys/kernel/osrelease",
	"/proc/sys/kernel/random/boot_id",
	"/proc/sys/kernel/version",
	"/proc/uptime",
	"/sys/devices/system/cpu/isolated",
	"/sys/devices/system/cpu/nohz_full",
	"/sys/devices/system/cpu/online",
	"/sys/devices/system/cpu/possible",
	"/sys/devices/system/cpu/present",
	"/sys/kernel/realtime",
};

/* Of the machine: not to be seen from another namespace. */
static const char *const machine_settings[] = {
	CORE "bpf_jit_enable",
	CORE "busy_poll",
	CORE "busy_read",
	CORE "default_qdisc",
	CORE "dev_weight",
	CORE "dev_weight_rx_bias",
	CORE "dev_weight_tx_bias",
	CORE "flow_limit_cpu_bitmap",
	CORE "flow_limit_table_len",
	CORE "gro_normal_batch",
	CORE "high_order_alloc_disable",
	CORE "max_skb_frags",
	CORE "netdev_budget",
	CORE "netdev_budget_usecs",
	CORE "netdev_max_backlog",
	CORE "netdev_tstamp_prequeue",
	CORE "optmem_max",
	CORE "rmem_default",
	CORE "rmem_max",
	CORE "rps_sock_flow_entries",
	CORE "skb_defer_max",
	CORE "wmem_default",
	CORE "wmem_max",
	"/proc/sys/net/ipv4/neigh/default/gc_thresh1",
	"/proc/sys/net/ipv4/neigh/default/gc_thresh2",
	"/proc/sys/net/ipv4/neigh/default/gc_thresh3",
	"/proc/sys/net/ipv4/route/min_adv_mss",
	"/proc/sys/net/ipv4/route/min_pmtu",
	"/proc/sys/net/ipv4/route/mtu_expires",
	"/proc/sys/net/ipv4/tcp_mem",
	"/proc/sys/net/ipv4/udp_mem",
	"/proc/sys/net/ipv6/neigh/default/gc_thresh1",
	"/proc/sys/net/ipv6/neigh/default/gc_thresh2",
	"/proc/sys/net/ipv6/neigh/default/gc_thresh3",
};

/* Of these, what decides how packets are stamped and handed on. */
static const char *const initial_settings[] = {
	CORE "netdev_max_backlog",
	CORE "netdev_tstamp_prequeue",
	CORE "rps_sock_flow_entries",
};

/* Of each namespace. */
static const char *const settings[] = {
	"bridge/bridge-nf-call-arptables",
	"bridge/bridge-nf-call-ip6tables",
	"bridge/bridge-nf-call-iptables",
	"bridge/bridge-nf-filter-vlan-tagged",
	"bridge/bridge-nf-pass-vlan-input-dev",
	"core/rps_default_mask",
	"core/somaxconn",
	"core/txrehash",
	"ipv4/fib_multipath_hash_fields",
	"ipv4/fib_multipath_hash_policy",
	"ipv4/fib_multipath_use_neigh",
	"ipv4/icmp_msgs_burst",
	"ipv4/icmp_msgs_per_sec",
	"ipv4/icmp_ratelimit",
	"ipv4/icmp_ratemask",
	"ipv4/ip_default_ttl",
	"ipv4/ip_early_demux",
	"ipv4/ip_forward",
	"ipv4/ip_forward_use_pmtu",
	"ipv4/ip_local_port_range",
	"ipv4/ip_no_pmtu_disc",
	"ipv4/ipfrag_high_thresh",
	"ipv4/ipfrag_low_thresh",
	"ipv4/ipfrag_max_dist",
	"ipv4/ipfrag_time",
	"ipv4/tcp_adv_win_scale",
	"ipv4/tcp_autocorking",
	"ipv4/tcp_available_congestion_control",
	"ipv4/tcp_backlog_ack_defer",
	"ipv4/tcp_base_mss",
	"ipv4/tcp_comp_sack_delay_ns",
	"ipv4/tcp_comp_sack_nr",
	"ipv4/tcp_comp_sack_slack_ns",
	"ipv4/tcp_congestion_control",
	"ipv4/tcp_dsack",
	"ipv4/tcp_early_demux",
	"ipv4/tcp_early_retrans",
	"ipv4/tcp_ecn",
	"ipv4/tcp_ecn_fallback",
	"ipv4/tcp_fack",
	"ipv4/tcp_fastopen",
	"ipv4/tcp_frto",
	"ipv4/tcp_limit_output_bytes",
	"ipv4/tcp_max_reordering",
	"ipv4/tcp_max_syn_backlog",
	"ipv4/tcp_min_snd_mss",
	"ipv4/tcp_min_tso_segs",
	"ipv4/tcp_moderate_rcvbuf",
	"ipv4/tcp_mtu_probe_floor",
	"ipv4/tcp_mtu_probing",
	"ipv4/tcp_no_metrics_save",
	"ipv4/tcp_no_ssthresh_metrics_save",
	"ipv4/tcp_notsent_lowat",
	"ipv4/tcp_pacing_ca_ratio",
	"ipv4/tcp_pacing_ss_ratio",
	"ipv4/tcp_probe_interval",
	"ipv4/tcp_probe_threshold",
	"ipv4/tcp_recovery",
	"ipv4/tcp_reordering",
	"ipv4/tcp_retrans_collapse",
	"ipv4/tcp_retries1",
	"ipv4/tcp_retries2",
	"ipv4/tcp_rmem",
	"ipv4/tcp_rto_max_ms",
	"ipv4/tcp_rto_min_us",
	"ipv4/tcp_sack",
	"ipv4/tcp_shrink_window",
	"ipv4/tcp_slow_start_after_idle",
	"ipv4/tcp_syn_retries",
	"ipv4/tcp_synack_retries",
	"ipv4/tcp_syncookies",
	"ipv4/tcp_thin_linear_timeouts",
	"ipv4/tcp_timestamps",
	"ipv4/tcp_tso_rtt_log",
	"ipv4/tcp_tso_win_divisor",
	"ipv4/tcp_window_scaling",
	"ipv4/tcp_wmem",
	"ipv4/udp_early_demux",
	"ipv4/udp_rmem_min",
	"ipv4/udp_wmem_min",
	"ipv6/auto_flowlabels",
	"ipv6/fib_multipath_hash_fields",
	"ipv6/fib_multipath_hash_policy",
	"ipv6/flowlabel_reflect",
	"ipv6/icmp/ratelimit",
	"ipv6/ip6frag_high_thresh",
	"ipv6/ip6frag_low_thresh",
	"ipv6/ip6frag_time",
	"ipv6/route/min_adv_mss",
	"ipv6/route/mtu_expires",
	"netfilter/nf_conntrack_buckets",
	"netfilter/nf_conntrack_checksum",
	"netfilter/nf_conntrack_count",
	"netfilter/nf_conntrack_max",
	"netfilter/nf_conntrack_tcp_be_liberal",
	"netfilter/nf_conntrack_tcp_loose",
	"netfilter/nf_conntrack_tcp_timeout_established",
};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* The backlog's length is a file of the initial namespace alone, in every kernel so far. */
static void collect_namespace(struct snapshot *snapshot)
{
	static const char path[] = "pktlint namespace";

	if (collect_exists(CORE "netdev_max_backlog"))
		snapshot_set(snapshot, path, "initial");
	else if (collect_exists(CORE "somaxconn"))
		snapshot_set(snapshot, path, "other");
	else
		snapshot_set_unknown(snapshot, path, VALUE_HIDDEN);
}

static void collect_privilege(struct snapshot *snapshot)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capget, &header, data) < 0)
		snapshot_set_unknown(snapshot, "pktlint privileged", state_of_error(errno));
	else
		snapshot_set(snapshot, "pktlint privileged",
			data[0].effective & 1u << CAP_NET_ADMIN ? "yes" : "no");
}

/* Read there by a child, where that is allowed; not in place of the namespace's own. */
static void collect_initial_settings(struct snapshot *snapshot)
{
	char text[COLLECT_TEXT];
	int descriptors[LENGTH(initial_settings)];
	size_t opened = initial_net_open(initial_settings, LENGTH(initial_settings), descriptors);
	enum value_state why = opened ? VALUE_ABSENT : state_of_error(errno);

	if (!opened && why == VALUE_ABSENT)
		why = VALUE_HIDDEN;
	for (size_t i = 0; i < LENGTH(initial_settings); i++) {
		enum value_state state = why;

		if (descriptors[i] >= 0)
			state = collect_read_open(descriptors[i], text, sizeof(text));
		if (state == VALUE_PRESENT)
			snapshot_setf(snapshot, text, "initial %s", initial_settings[i]);
		else
			snapshot_set_unknownf(snapshot, state, "initial %s", initial_settings[i]);
	}
}

static void collect_machine_settings(struct snapshot *snapshot)
{
	bool other = !collect_exists(CORE "netdev_max_backlog");

	for (size_t i = 0; i < LENGTH(machine_settings); i++) {
		if (other && !collect_exists("%s", machine_settings[i]))
			snapshot_set_unknown(snapshot, machine_settings[i], VALUE_HIDDEN);
		else
			collect_file(snapshot, "%s", machine_settings[i]);
	}
	if (other)
		collect_initial_settings(snapshot);
}

static void collect_nodes(struct snapshot *snapshot)
{
	static const char directory[] = "/sys/devices/system/node";
	size_t count;
	char **names = collect_names(directory, "node", &count);

	for (size_t i = 0; i < count; i++)
		collect_file(snapshot, "%s/%s/cpulist", directory, names[i]);
	collect_free_names(names, count);
}

/* A daemon that moves interrupts; seen only where all processes are. */
static void collect_irqbalance(struct snapshot *snapshot)
{
	static const char path[] = "pktlint irqbalance";
	char name[COLLECT_PATH], text[64];
	bool running = false;
	size_t count;
	char **names = collect_names("/proc", "", &count);

	for (size_t i = 0; i < count && !running; i++) {
		snprintf(name, sizeof(name), "/proc/%s/comm", names[i]);
		running = names[i][0] >= '1' && names[i][0] <= '9' &&
			  collect_read(name, text, sizeof(text)) == VALUE_PRESENT &&
			  strcmp(text, "irqbalance") == 0;
	}
	collect_free_names(names, count);
	/* Process 2 is the kernel's in the first process namespace, and in no other. */
	if (running)
		snapshot_set(snapshot, path, "running");
	else if (count < COLLECT_MAX_ENTRIES &&
		 collect_read("/proc/2/comm", text, sizeof(text)) == VALUE_PRESENT &&
		 strcmp(text, "kthreadd") == 0)
		snapshot_set(snapshot, path, "not running");
	else
		snapshot_set_unknown(snapshot, path, VALUE_HIDDEN);
}

/* Of a process that has no /sys nothing is known of the machine's. */
static void collect_machine_files(struct snapshot *snapshot)
{
	bool mounted = collect_exists("/sys/kernel");

	for (size_t i = 0; i < LENGTH(machine_files); i++) {
		if (!mounted && strncmp(machine_files[i], "/sys/", 5) == 0)
			snapshot_set_unknown(snapshot, machine_files[i], VALUE_HIDDEN);
		else
			collect_file(snapshot, "%s", machine_files[i]);
	}
}

void collect_machine(struct snapshot *snapshot)
{
	collect_namespace(snapshot);
	collect_privilege(snapshot);
	collect_irqbalance(snapshot);
	collect_machine_files(snapshot);
	collect_nodes(snapshot);
	collect_machine_settings(snapshot);
	for (size_t i = 0; i < LENGTH(settings); i++)
		collect_file(snapshot, "/proc/sys/net/%s", settings[i]);
}
