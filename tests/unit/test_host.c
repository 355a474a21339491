/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine that a snapshot describes, plain and contradictory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "host/irq_name.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define LINK "ip -d link show "
#define SYSFS "/sys/class/net/"
#define SECOND INT64_C(1000000000)

struct line {
	const char *path, *text;
};

static struct snapshot *snapshot_of(const struct line *lines, size_t count)
{
	struct snapshot *snapshot = snapshot_new();

	for (size_t i = 0; i < count; i++)
		snapshot_set(snapshot, lines[i].path, lines[i].text);
	snapshot_seal(snapshot);
	return snapshot;
}

static void add_link(struct snapshot *snapshot, const char *name, const char *ifindex,
	const char *kind, const char *link, const char *master)
{
	snapshot_setf(snapshot, ifindex, LINK "%s ifindex", name);
	snapshot_setf(snapshot, kind, LINK "%s kind", name);
	if (link)
		snapshot_setf(snapshot, link, LINK "%s link", name);
	if (master)
		snapshot_setf(snapshot, master, LINK "%s master", name);
}

static const struct line server[] = {
	{ "/sys/devices/system/cpu/online", "0-3" },
	{ "/sys/devices/system/cpu/isolated", "" },
	{ "pktlint namespace", "initial" },
	{ "pktlint privileged", "yes" },
	{ LINK "eth0 ifindex", "2" },
	{ LINK "eth0 flags", "BROADCAST,PROMISC,UP,LOWER_UP" },
	{ LINK "eth0 mtu", "1500" },
	{ LINK "eth0 master", "4" },
	{ LINK "bond0 ifindex", "4" },
	{ LINK "bond0 flags", "UPPER,LOWER_UPS,NO-CARRIER" },
	{ LINK "bond0 kind", "bond" },
	{ LINK "bond0.7 ifindex", "5" },
	{ LINK "bond0.7 kind", "vlan" },
	{ LINK "bond0.7 link", "4" },
	{ LINK "v0 ifindex", "6" },
	{ LINK "v0 kind", "veth" },
	{ LINK "v0 link", "7" },
	{ LINK "v1 ifindex", "7" },
	{ LINK "v1 kind", "veth" },
	{ LINK "v1 link", "6" },
	{ LINK "v1 mtu", "9000" },
	{ LINK "v2 ifindex", "8" },
	{ LINK "v2 kind", "veth" },
	{ LINK "v2 link", "2" },
	{ LINK "v2 link-netnsid", "0" },
	{ LINK "v2 peer mtu", "1400" },
	{ "ethtool -i eth0 driver", "ixgbe" },
	{ "ethtool eth0 speed", "10000" },
	{ "ethtool -k eth0 large-receive-offload", "off [fixed]" },
	{ "ethtool -k eth0 generic-receive-offload", "on" },
	{ SYSFS "eth0/device", "0000:01:00.0" },
	{ SYSFS "eth0/queues/rx-0/rps_cpus", "f" },
	{ SYSFS "eth0/queues/rx-0/rps_flow_cnt", "4096" },
	{ SYSFS "eth0/queues/rx-1/rps_cpus", "0" },
	{ SYSFS "eth0/queues/rx-10/rps_cpus", "3" },
	{ SYSFS "eth0/queues/tx-0/xps_cpus", "1" },
	{ SYSFS "eth0/queues/tx-0/xps_rxqs", "0" },
	{ SYSFS "eth0/queues/tx-2/xps_rxqs", "4" },
	{ SYSFS "eth0/device/msi_irqs/60", "msix" },
	{ SYSFS "eth0/device/msi_irqs/61", "msix" },
	{ "/sys/kernel/irq/60/actions", "eth0-TxRx-0" },
	{ "/sys/kernel/irq/61/actions", "eth0-tx-1" },
	{ "/sys/kernel/irq/9/actions", "acpi,eth0" },
	{ "/sys/kernel/irq/10/actions", "eth00" },
	{ "/proc/irq/60/effective_affinity_list", "2" },
	{ "/proc/irq/60/smp_affinity_list", "0-3" },
	{ "/proc/interrupts 60 total", "4711" },
};

static void test_server(void **state)
{
	struct snapshot *snapshot = snapshot_of(server, LENGTH(server));
	struct host *host = host_new(snapshot, NULL);
	const struct host_interface *eth0 = host_interface(host, "eth0"), *bond, *vlan;

	assert_true(host->has_online && host->has_isolated && host->initial_namespace);
	assert_int_equal(cpus_count(&host->online), 4);
	assert_int_equal(host->interface_count, 6);
	assert_non_null(eth0);
	assert_true(eth0->physical && eth0->up && eth0->carrier && eth0->promiscuous);
	assert_int_equal(eth0->speed_mbps, 10000);
	assert_int_equal(eth0->rx_count, 3);
	assert_int_equal(eth0->rx[2].number, 10);
	assert_int_equal(eth0->rx[0].flow_count, 4096);
	assert_int_equal(eth0->tx_count, 2);
	assert_false(eth0->tx[0].has_receive_queues);
	assert_true(eth0->tx[1].has_receive_queues && !eth0->tx[1].has_cpus);
	bond = host_master(host, eth0);
	assert_ptr_equal(bond, host_interface(host, "bond0"));
	assert_false(bond->up || bond->carrier || bond->physical);
	vlan = host_interface_at(host, 5);
	assert_ptr_equal(host_lower(host, vlan), bond);
	assert_null(host_lower(host, host_interface(host, "v0")));
	assert_int_equal(host_interface(host, "v0")->peer_mtu, 9000);
	assert_int_equal(host_interface(host, "v2")->peer_mtu, 1400);
	assert_int_equal(host_interface(host, "v2")->link, -1);
	assert_true(host_interface(host, "v2")->link_elsewhere);
	assert_int_equal(host_feature(host, eth0, "large-receive-offload"), FEATURE_OFF);
	assert_true(host_feature_fixed(host, eth0, "large-receive-offload"));
	assert_int_equal(host_feature(host, eth0, "generic-receive-offload"), FEATURE_ON);
	assert_int_equal(host_feature(host, eth0, "no-such-thing"), FEATURE_UNKNOWN);
	assert_null(host_interface(host, ""));
	assert_null(host_interface(host, "eth"));
	assert_null(host_interface_at(host, 3));
	host_free(host);
	snapshot_free(snapshot);
}

static void test_interrupts(void **state)
{
	struct snapshot *snapshot = snapshot_of(server, LENGTH(server));
	struct host *host = host_new(snapshot, NULL);
	const struct host_interface *eth0 = host_interface(host, "eth0");

	assert_int_equal(eth0->irq_count, 3);
	assert_int_equal(eth0->irqs[0].number, 9);
	assert_int_equal(eth0->irqs[0].queue, -1);
	assert_int_equal(eth0->irqs[1].number, 60);
	assert_int_equal(eth0->irqs[1].queue, 0);
	assert_int_equal(eth0->irqs[1].count, 4711);
	assert_true(eth0->irqs[1].has_effective && cpus_has(&eth0->irqs[1].effective, 2));
	assert_int_equal(eth0->irqs[2].number, 61);
	assert_int_equal(eth0->irqs[2].queue, -1);
	assert_false(eth0->irqs[2].has_effective);
	assert_int_equal(host_interface(host, "bond0")->irq_count, 0);
	host_free(host);
	snapshot_free(snapshot);
}

static const struct {
	const char *actions, *names;
} irq_names[] = {
	{ "", "" },
	{ "eth0", "eth0 " },
	{ "eth0-rx", "eth0 eth0-rx rx " },
	{ "0123456789abcdef", "" },
	{ "0123456789abcde", "0123456789abcde " },
	{ "--", "" },
};

static void test_irq_names(void **state)
{
	for (size_t i = 0; i < LENGTH(irq_names); i++) {
		struct irq_place place = { 0 };
		char name[IRQ_MAX_NAME], found[128] = "";

		while (irq_next_name(irq_names[i].actions, &place, name)) {
			strcat(found, name);
			strcat(found, " ");
		}
		assert_string_equal(found, irq_names[i].names);
	}
}

/* Names that are none, that the shell must not see, and that rtnetlink would not say. */
static const struct {
	const char *name, *word;
} names[] = {
	{ "eth0.5@x+-_", "eth0.5@x+-_" },
	{ "eth0:1", NULL },
	{ "a/b", NULL },
	{ "..", NULL },
	{ "-a", "'-a'" },
	{ "a'b", "'a'\\''b'" },
	{ "''", "''\\'''\\'''" },
	{ "$(reboot)", "'$(reboot)'" },
	{ "a;b&`c`", "'a;b&`c`'" },
	{ "\xc3\xbc\x1b", "'\xc3\xbc\x1b'" },
	{ "fifteen-letters", "fifteen-letters" },
	{ "sixteen--letters", NULL },
	{ "a b", NULL },
	{ "", NULL },
	{ " a", NULL },
};

static void test_names(void **state)
{
	for (size_t i = 0; i < LENGTH(names); i++) {
		struct snapshot *snapshot = snapshot_new();
		const struct host_interface *interface;
		struct host *host;

		snapshot_setf(snapshot, "1", LINK "%s ifindex", names[i].name);
		snapshot_seal(snapshot);
		host = host_new(snapshot, NULL);
		interface = host_interface(host, names[i].name);
		if (names[i].word)
			assert_string_equal(interface->word, names[i].word);
		else
			assert_int_equal(host->interface_count, 0);
		host_free(host);
		snapshot_free(snapshot);
	}
}

static const char *const no_indices[] = { "", "0", "-1", "x", "1x", "4294967296", "2147483648",
	"99999999999999999999", " 1" };

static void test_indices(void **state)
{
	for (size_t i = 0; i < LENGTH(no_indices); i++) {
		struct snapshot *snapshot = snapshot_new();
		struct host *host;

		snapshot_set(snapshot, LINK "a ifindex", no_indices[i]);
		snapshot_set_unknown(snapshot, LINK "b ifindex", VALUE_DENIED);
		snapshot_seal(snapshot);
		host = host_new(snapshot, NULL);
		assert_int_equal(host->interface_count, 0);
		host_free(host);
		snapshot_free(snapshot);
	}
}

/* Whatever is said of who is over whom, going down and going up end. */
static void expect_ends(const struct host *host)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *at = &host->interfaces[i];
		size_t steps = 0;

		for (; at; at = host_lower(host, at))
			assert_true(steps++ <= host->interface_count);
		steps = 0;
		for (at = &host->interfaces[i]; at; at = host_master(host, at))
			assert_true(steps++ <= host->interface_count);
	}
}

static void test_circles(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	struct host *host;

	add_link(snapshot, "itself", "1", "vlan", "1", NULL);
	add_link(snapshot, "own", "2", "bond", NULL, "2");
	add_link(snapshot, "a", "3", "vlan", "4", NULL);
	add_link(snapshot, "b", "4", "vlan", "3", NULL);
	add_link(snapshot, "over-b", "5", "vlan", "4", NULL);
	/* A bridge with a port that runs over the bridge. */
	add_link(snapshot, "br", "6", "bridge", NULL, NULL);
	add_link(snapshot, "br.5", "7", "vlan", "6", "6");
	/* What the kernel has: a pair, and a VLAN of a bond. */
	add_link(snapshot, "v0", "8", "veth", "9", "11");
	add_link(snapshot, "v1", "9", "veth", "8", NULL);
	add_link(snapshot, "bond", "11", "bond", NULL, NULL);
	add_link(snapshot, "bond.5", "10", "vlan", "11", NULL);
	add_link(snapshot, "n0", "12", "netkit", "13", NULL);
	add_link(snapshot, "n1", "13", "netkit", "12", NULL);
	add_link(snapshot, "nowhere", "14", "vlan", "99", "4294967297");
	snapshot_seal(snapshot);
	host = host_new(snapshot, NULL);
	assert_int_equal(host->interface_count, 14);
	expect_ends(host);
	for (uint32_t ifindex = 1; ifindex <= 7; ifindex++) {
		assert_null(host_lower(host, host_interface_at(host, ifindex)));
		assert_null(host_master(host, host_interface_at(host, ifindex)));
	}
	assert_ptr_equal(
		host_master(host, host_interface(host, "v0")), host_interface(host, "bond"));
	assert_int_equal(
		host_interface(host, "v0")->link, host_interface(host, "v1") - host->interfaces);
	assert_ptr_equal(
		host_lower(host, host_interface(host, "bond.5")), host_interface(host, "bond"));
	assert_null(host_lower(host, host_interface(host, "n0")));
	assert_null(host_lower(host, host_interface(host, "nowhere")));
	host_free(host);
	snapshot_free(snapshot);
}

static void test_twice(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	struct host *host;

	add_link(snapshot, "b", "3", "vlan", "3", NULL);
	add_link(snapshot, "a", "3", "", NULL, NULL);
	add_link(snapshot, "c", "4", "vlan", "3", NULL);
	snapshot_seal(snapshot);
	host = host_new(snapshot, NULL);
	assert_int_equal(host->interface_count, 3);
	assert_ptr_equal(host_interface_at(host, 3), host_interface(host, "a"));
	assert_ptr_equal(host_lower(host, host_interface(host, "c")), host_interface(host, "a"));
	expect_ends(host);
	host_free(host);
	snapshot_free(snapshot);
}

static void test_queues(void **state)
{
	static const char *const odd[] = { "", "-1", "+1", " 1", "01", "1024", "4294967297",
		"18446744073709551617", "1x", "0x1" };
	struct snapshot *snapshot = snapshot_new();
	char mask[4096 / 4 + 1];
	struct host *host;

	memset(mask, 'f', sizeof(mask) - 1);
	mask[sizeof(mask) - 1] = '\0';
	add_link(snapshot, "a", "1", "", NULL, NULL);
	for (int i = 0; i < 2000; i++)
		snapshot_setf(snapshot, i % 2 ? mask : "x", SYSFS "a/queues/rx-%d/rps_cpus", i);
	for (size_t i = 0; i < LENGTH(odd); i++)
		snapshot_setf(snapshot, "1", SYSFS "a/queues/tx-%s/xps_cpus", odd[i]);
	snapshot_set(snapshot, SYSFS "a/queues/tx-3", "1");
	snapshot_seal(snapshot);
	host = host_new(snapshot, NULL);
	assert_int_equal(host->interfaces[0].rx_count, HOST_MAX_QUEUES);
	for (unsigned i = 0; i < HOST_MAX_QUEUES; i++) {
		const struct host_queue *queue = &host->interfaces[0].rx[i];

		assert_int_equal(queue->number, i);
		assert_int_equal(queue->has_cpus, i % 2);
		assert_int_equal(cpus_count(&queue->cpus), i % 2 ? CPUS_MAX : 0);
	}
	assert_int_equal(host->interfaces[0].tx_count, 0);
	host_free(host);
	snapshot_free(snapshot);
}

/* The clock was set back by a minute between readings that lie two seconds apart. */
static void test_clock_set(void **state)
{
	static const struct line earlier[] = { { "/proc/uptime", "100.00 50.00" } };
	static const struct line later[] = { { "/proc/uptime", "102.00 51.00" } };
	struct snapshot *before = snapshot_of(earlier, LENGTH(earlier));
	struct snapshot *after = snapshot_of(later, LENGTH(later));
	struct host *host;

	snapshot_set_taken(before, 100 * SECOND);
	snapshot_set_taken(after, 42 * SECOND);
	host = host_new(after, before);
	assert_true(host->seconds > 1.99 && host->seconds < 2.01);
	assert_non_null(host->before);
	host_free(host);
	snapshot_free(before);
	snapshot_free(after);
	(void)state;
}

static void test_readings(void **state)
{
	static const struct line earlier[] = { { "up", "5" }, { "down", "9" }, { "no", "x" } };
	static const struct line later[] = { { "up", "7" }, { "down", "8" }, { "no", "9" },
		{ "hexadecimal", "0x10" }, { "large", "99999999999999999999" },
		{ "two", "4096\t8192" }, { "negative", "-1" }, { "word", "1st" } };
	struct snapshot *before = snapshot_of(earlier, LENGTH(earlier));
	struct snapshot *after = snapshot_of(later, LENGTH(later));
	uint64_t number = 0;
	struct host *host;

	snapshot_set_taken(before, 10 * SECOND);
	snapshot_set_taken(after, 12 * SECOND);
	host = host_new(after, before);
	assert_true(host->seconds > 1.99 && host->seconds < 2.01);
	assert_true(host_rise(host, &number, "up"));
	assert_int_equal(number, 2);
	assert_false(host_rise(host, &number, "down"));
	assert_false(host_rise(host, &number, "no"));
	assert_false(host_rise(host, &number, "nothing"));
	assert_true(host_number(host, &number, "hexadecimal"));
	assert_int_equal(number, 16);
	assert_true(host_number(host, &number, "two"));
	assert_int_equal(number, 4096);
	assert_false(host_number(host, &number, "large"));
	assert_false(host_number(host, &number, "negative"));
	assert_false(host_number(host, &number, "word"));
	host_free(host);
	/* In the wrong order there are no rates. */
	host = host_new(before, after);
	assert_null(host->before);
	assert_false(host_rise(host, &number, "up"));
	host_free(host);
	snapshot_free(before);
	snapshot_free(after);
}

/*
 * As many as there may be, each over the one before it, and interrupts that bear all their names:
 * what takes this long would be seen.
 */
static void test_many(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	char actions[4096] = "";
	struct host *host;

	for (int i = 1; i <= 5000; i++) {
		char name[16], ifindex[16], link[16];

		snprintf(name, sizeof(name), "i%d", i);
		snprintf(ifindex, sizeof(ifindex), "%d", 5001 - i);
		snprintf(link, sizeof(link), "%d", 5002 - i);
		add_link(snapshot, name, ifindex, i % 2 ? "vlan" : "", link, NULL);
		snapshot_setf(snapshot, "x", SYSFS "%s/device", name);
		for (int queue = 0; queue < 64; queue++)
			snapshot_setf(snapshot, "3", SYSFS "%s/queues/rx-%d/rps_cpus", name, queue);
	}
	for (int i = 1; i < 900; i++)
		sprintf(actions + strlen(actions), "i%d-", i % 90);
	for (int i = 0; i < 10000; i++)
		snapshot_setf(snapshot, actions, "/sys/kernel/irq/%d/actions", i);
	snapshot_seal(snapshot);
	host = host_new(snapshot, NULL);
	assert_int_equal(host->interface_count, HOST_MAX_INTERFACES);
	expect_ends(host);
	host_free(host);
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_irq_names),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_indices),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_queues),
		cmocka_unit_test(test_readings),
		cmocka_unit_test(test_clock_set),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
