/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_HOST_H
#define PKTLINT_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpus.h"
#include "host/snapshot.h"

/*
 * What a machine is set to do to packets, as its snapshot tells: the same from the kernel and from
 * a file, whose texts may be anything.  What a text does not tell is 0, false, NULL or empty, with
 * a flag that says so where 0 means something; host_value() tells why.
 */

/* Sysfs below "queues/": the CPUs that packets of this queue are steered to or sent from. */
struct host_queue {
	unsigned number;
	bool has_cpus;
	struct cpus cpus; /* rps_cpus or xps_cpus */
	bool has_flow_count;
	uint64_t flow_count;     /* of a receive queue: rps_flow_cnt */
	bool has_receive_queues; /* of a transmit queue: xps_rxqs is there, not empty */
};

/* An interrupt of the interface's device. */
struct host_irq {
	unsigned number;
	const char *actions; /* "eth0-TxRx-0", "" if not told */
	bool has_effective;
	struct cpus effective; /* where it really lands */
	bool has_allowed;
	struct cpus allowed; /* smp_affinity_list */
	uint64_t count;      /* since boot, on all CPUs */
	int queue; /* receive queue by the name's last number, -1: not told, or of transmission */
};

struct host_interface {
	const char *name;
	const char *word; /* the name as a shell takes it, quoted if it must be */
	uint32_t ifindex;
	const char *kind;   /* IFLA_INFO_KIND: "veth", "bridge", "vxlan"; "": hardware or "lo" */
	const char *driver; /* "virtio_net", "" if not told */
	bool loopback, up, carrier, promiscuous;
	bool physical;      /* it has a device of its own below it: no kind, not loopback */
	bool elsewhere;     /* sysfs shows another namespace: its files are hidden */
	uint32_t mtu;       /* 0: not told */
	int32_t speed_mbps; /* -1: not told */
	uint32_t transmit_queues, receive_queues; /* as rtnetlink has them, 0: not told */

	/*
	 * The stack: indices of host->interfaces, -1: none, or not visible from here, or in a
	 * circle: whoever goes from one to what is below or above it comes to an end.
	 */
	int link;            /* what a VLAN, macvlan, vxlan runs over; the peer of a pair */
	int master;          /* its bridge or bond */
	bool link_elsewhere; /* the link is in another namespace */
	uint32_t peer_mtu;   /* of a pair: the peer's, wherever it is; 0: not told */

	struct host_queue *rx, *tx;
	size_t rx_count, tx_count;
	struct host_irq *irqs;
	size_t irq_count;
};

struct host {
	const struct snapshot *snapshot;
	const struct snapshot *before; /* an earlier reading, or NULL: no rates */
	double seconds;                /* between them; 0 without */
	struct cpus online, isolated;
	bool has_online; /* else nothing can be said of CPUs */
	bool has_isolated;
	bool initial_namespace;            /* of the network; false if not known */
	bool privileged;                   /* CAP_NET_ADMIN when it was taken */
	struct host_interface *interfaces; /* by ifindex */
	size_t interface_count;
	size_t *by_name; /* their indices, by name */
};

#define HOST_MAX_INTERFACES 4096
#define HOST_MAX_QUEUES 1024 /* of an interface and direction */
#define HOST_MAX_IRQS 2048   /* of an interface */

/*
 * Reads the snapshot, which is borrowed and sealed; `before` may be NULL.  Returns a host freed
 * with host_free(); never NULL.
 */
struct host *host_new(const struct snapshot *snapshot, const struct snapshot *before);
void host_free(struct host *host); /* NULL is allowed */

/* The interface of that name or index, or NULL. */
const struct host_interface *host_interface(const struct host *host, const char *name);
const struct host_interface *host_interface_at(const struct host *host, uint32_t ifindex);

/* Whether its link is its other end: veth, netkit, vxcan. */
bool host_is_pair(const struct host_interface *interface);

/*
 * What `interface` runs over (a member of a bond or bridge does not run over it), or NULL; and the
 * bridge or bond it belongs to, or NULL.
 */
const struct host_interface *host_lower(
	const struct host *host, const struct host_interface *interface);
const struct host_interface *host_master(
	const struct host *host, const struct host_interface *interface);

/* The value of a path that is formatted, or NULL if nobody asked. */
const struct snapshot_value *host_value(const struct host *host, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Its text, or NULL if it is not present. */
const char *host_text(const struct host *host, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Its first number, decimal or 0x; false if it is not present or no number of 64 bits. */
bool host_number(const struct host *host, uint64_t *number, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The number of a setting of the whole machine by its name in net.core, such as
 * "netdev_tstamp_prequeue": of this namespace's file, or of the first namespace's, which alone has
 * it.  False if neither is known.
 */
bool host_machine_number(const struct host *host, uint64_t *number, const char *name);

/*
 * By how much a counter rose between both readings; false without an earlier one, or if the counter
 * is unknown in either or went backwards, since then it began anew.
 */
bool host_rise(const struct host *host, uint64_t *rise, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A feature of an interface by the name that `ethtool -k` prints. */
enum feature { FEATURE_UNKNOWN, FEATURE_OFF, FEATURE_ON };
enum feature host_feature(
	const struct host *host, const struct host_interface *interface, const char *name);

/* Whether the feature cannot be changed ("[fixed]"). */
bool host_feature_fixed(
	const struct host *host, const struct host_interface *interface, const char *name);

#endif
