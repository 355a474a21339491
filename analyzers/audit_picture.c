/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is an interface, in a line, and which CPU does what for each of its queues? Drivers name
 * interrupts and counters of queues each in a way of their own: tables know the usual ones.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/audit_links.h"
#include "report/draft.h"
#include "report/units.h"

#define CARRIED 3 /* interfaces over one, named at most */

/* Appends to the line, a comma before it, cut to fit. */
static void put(struct report_interface *entry, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put(struct report_interface *entry, const char *format, ...)
{
	size_t length = strlen(entry->about), room = sizeof(entry->about) - length;
	va_list arguments;

	if (length > 0 && room > 3) {
		strcpy(entry->about + length, ", ");
		length += 2;
		room -= 2;
	}
	va_start(arguments, format);
	vsnprintf(entry->about + length, room, format, arguments);
	va_end(arguments);
}

static void put_kind(const struct audit *audit, const struct host_interface *interface,
	struct report_interface *entry)
{
	const struct host_interface *lower = host_lower(audit->host, interface);
	bool veth = link_is(interface, "veth");

	if (interface->loopback)
		put(entry, "loopback");
	else if (*interface->kind)
		put(entry, "%s", interface->kind);
	else
		put(entry, "%s", *interface->driver ? interface->driver : "hardware");
	if (veth && interface->link >= 0)
		put(entry, "peer %s", audit->host->interfaces[interface->link].name);
	else if (interface->link_elsewhere)
		put(entry, veth ? "peer in another namespace" : "over one of another namespace");
	else if (lower)
		put(entry, "over %s", lower->name);
}

static void put_speed(const struct host_interface *interface, struct report_interface *entry)
{
	if (!interface->physical)
		return; /* others have one in name only */
	if (interface->speed_mbps >= 1000)
		put(entry, "%.3g Gb/s", interface->speed_mbps / 1e3);
	else if (interface->speed_mbps > 0)
		put(entry, "%" PRId32 " Mb/s", interface->speed_mbps);
}

static void put_queues(const struct host_interface *interface, struct report_interface *entry)
{
	uint64_t rx = interface->rx_count ? interface->rx_count : interface->receive_queues;
	uint64_t tx = interface->tx_count ? interface->tx_count : interface->transmit_queues;

	if (rx == tx && rx > 0)
		put(entry, "%" PRIu64 " queue%s", rx, draft_plural(rx));
	else if (rx > 0 || tx > 0)
		put(entry, "%" PRIu64 " receive and %" PRIu64 " transmit queue%s", rx, tx,
			draft_plural(tx));
}

/* What runs over it; members of a bridge or bond name that themselves. */
static void put_carried(const struct audit *audit, const struct host_interface *interface,
	struct report_interface *entry)
{
	const struct host *host = audit->host;
	unsigned carried = 0;

	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *upper = &host->interfaces[i];

		if (host_lower(host, upper) == interface && carried++ < CARRIED)
			put(entry, "%s%s (%s)", carried == 1 ? "carries " : "", upper->name,
				upper->kind);
	}
	if (carried > CARRIED)
		put(entry, "and %u more", carried - CARRIED);
}

static void put_state(const struct audit *audit, const struct host_interface *interface,
	struct report_interface *entry)
{
	const struct host_interface *master = host_master(audit->host, interface);
	const char *statistics = PATH_STATISTICS "%s";
	double in, out;

	if (master)
		put(entry, "in %s (%s)", master->name,
			*master->kind ? master->kind : master->driver);
	if (!interface->up)
		put(entry, "down");
	else if (!interface->carrier)
		put(entry, "no carrier");
	if (interface->promiscuous)
		put(entry, "promiscuous");
	if (audit_rate(audit, &in, statistics, interface->name, "rx_packets") &&
		audit_rate(audit, &out, statistics, interface->name, "tx_packets") &&
		(in > 0 || out > 0))
		put(entry, "%s in, %s out", units_packet_rate(in).text, units_round(out).text);
}

/* Whether an interrupt is named as one that only sends, or that serves no queue. */
static bool is_other(const struct host_irq *irq)
{
	static const char *const words[] = { "output", "-tx-", "config", "async", "mgmnt", "misc" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(irq->actions, words[i]))
			return true;
	return false;
}

/* The interrupt that receives for a queue, NULL if there is none, or none is told. */
static const struct host_irq *find_irq(const struct host_interface *interface, unsigned number)
{
	const struct host_irq *found = NULL;

	if (interface->irq_count == 1 && interface->rx_count <= 1)
		return &interface->irqs[0];
	for (size_t i = 0; i < interface->irq_count; i++) {
		const struct host_irq *irq = &interface->irqs[i];

		if (irq->queue == (int)number && (!found || is_other(found)) && !is_other(irq))
			found = irq;
	}
	return found;
}

/* How drivers name the packets received by a queue: its number stands in the middle. */
static const struct {
	const char *start, *end;
} counters[] = {
	{ "rx_queue_", "_packets" }, /* virtio_net, igb, ixgbe, ice */
	{ "rx", "_packets" },        /* mlx4, mlx5 */
	{ "rx-", ".packets" },       /* i40e */
	{ "queue_", "_rx_cnt" },     /* ena */
	{ "rvec_", "_rx_pkts" },     /* nfp */
	{ "q", "_rx_pkt_n" },        /* stmmac */
};

static int64_t received(
	const struct audit *audit, const struct host_interface *interface, unsigned number)
{
	const char *name = interface->name;
	uint64_t rise;

	if (host_rise(
		    audit->host, &rise, "ynl netdev qstats-get %s rx-%u rx-packets", name, number))
		return rise > INT64_MAX ? -1 : (int64_t)rise;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (host_rise(audit->host, &rise, "ethtool -S %s %s%u%s", name, counters[i].start,
			    number, counters[i].end))
			return rise > INT64_MAX ? -1 : (int64_t)rise;
	return -1;
}

static struct report_cpus take(bool known, const struct cpus *cpus)
{
	return known ? (struct report_cpus){ true, *cpus } : (struct report_cpus){ 0 };
}

/* Of queues in order of their numbers the one with a number, NULL if there is none. */
static const struct host_queue *find_queue(
	const struct host_queue *queues, size_t count, unsigned number)
{
	for (size_t i = 0; i < count && queues[i].number <= number; i++)
		if (queues[i].number == number)
			return &queues[i];
	return NULL;
}

static void add_queue(const struct audit *audit, const struct host_interface *interface,
	struct report_interface *entry, unsigned number)
{
	const struct host_queue *rx = find_queue(interface->rx, interface->rx_count, number);
	const struct host_queue *tx = find_queue(interface->tx, interface->tx_count, number);
	const struct host_irq *irq = rx ? find_irq(interface, number) : NULL;
	struct report_queue *queue;

	if (!rx && !tx)
		return;
	queue = report_add_queue(entry);
	snprintf(queue->name, sizeof(queue->name), "%s%u",
		rx && tx ? "q"
		: rx     ? "rx-"
			 : "tx-",
		number);
	if (irq) {
		queue->irq = irq->number;
		queue->lands = take(irq->has_effective, &irq->effective);
	}
	if (rx) {
		queue->rps = take(rx->has_cpus, &rx->cpus);
		queue->packets = received(audit, interface, number);
	}
	if (tx)
		queue->xps = take(tx->has_cpus, &tx->cpus);
}

void audit_picture(const struct audit *audit, const struct host_interface *interface,
	struct report_interface *entry)
{
	put_kind(audit, interface, entry);
	put_speed(interface, entry);
	if (interface->mtu > 0)
		put(entry, "mtu %" PRIu32, interface->mtu);
	put_queues(interface, entry);
	put_carried(audit, interface, entry);
	put_state(audit, interface, entry);
	for (unsigned number = 0; number < HOST_MAX_QUEUES; number++)
		add_queue(audit, interface, entry, number);
}
