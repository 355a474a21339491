/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which limits that are no queue of this kernel are reached? What a cloud lets an instance send and
 * receive, as its driver counts it (ena: Documentation/networking/device_drivers/ethernet/amazon/
 * ena.rst), and the table of connections (net/netfilter/nf_conntrack_core.c:
 * __nf_conntrack_alloc()).
 */
#include "analyzers/audit_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/units.h"

#define CONNECTIONS "/proc/sys/net/netfilter/nf_conntrack_"
#define NEARLY_FULL 0.9 /* of the table */

/* What ran out, by the counter's name. */
static const struct allowance {
	const char *counter, *what;
} allowances[] = {
	{ "bw_in_allowance_exceeded", "received bandwidth" },
	{ "bw_out_allowance_exceeded", "sent bandwidth" },
	{ "pps_allowance_exceeded", "packets per second" },
	{ "conntrack_allowance_exceeded", "tracked connections" },
	{ "linklocal_allowance_exceeded", "packets to services of the cloud, as its DNS" },
};

static void judge_allowances(struct audit *audit, const struct host_interface *interface)
{
	struct finding *finding = NULL;
	uint64_t rise, sum = 0;

	for (size_t i = 0; i < sizeof(allowances) / sizeof(allowances[0]); i++) {
		const struct allowance *allowance = &allowances[i];
		size_t length;

		if (!host_rise(audit->host, &rise, "ethtool -S %s %s", interface->name,
			    allowance->counter) ||
			rise == 0)
			continue;
		if (!finding) {
			finding = audit_find(audit, FINDING_PL5207, interface);
			snprintf(finding->what, sizeof(finding->what),
				"the cloud held back or dropped, in %.1f s", audit->host->seconds);
		}
		length = strlen(finding->what);
		snprintf(finding->what + length, sizeof(finding->what) - length, "%s %s for %s",
			sum ? "," : ":", units_count(rise).text, allowance->what);
		sum += rise;
		audit_cite_rise(
			audit, finding, "ethtool -S %s %s", interface->name, allowance->counter);
	}
	if (!finding)
		return;
	finding->confidence = CONFIDENCE_PROVEN;
	finding_number(finding, "packets", (double)sum);
	audit_cite_rise(audit, finding, PATH_STATISTICS "rx_packets", interface->name);
	audit_cite_rise(audit, finding, PATH_STATISTICS "tx_packets", interface->name);
}

static void judge_connections(struct audit *audit)
{
	uint64_t count, most;
	struct finding *finding;

	if (!host_number(audit->host, &count, CONNECTIONS "count") ||
		!host_number(audit->host, &most, CONNECTIONS "max") || most == 0)
		return;
	if ((double)count < NEARLY_FULL * (double)most) {
		report_add_fine(audit->report, "%s of %s connections tracked",
			units_count(count).text, units_count(most).text);
		return;
	}
	finding = audit_find(audit, FINDING_PL5208, NULL);
	finding->confidence = CONFIDENCE_PROVEN;
	if (count < most)
		finding->severity = SEVERITY_INFO;
	snprintf(finding->what, sizeof(finding->what), "%s of %s connections are tracked: %s",
		units_count(count).text, units_count(most).text,
		count < most ? "soon packets of new ones are dropped"
			     : "packets of new ones are dropped");
	finding_number(finding, "connections", (double)count);
	finding_number(finding, "places", (double)most);
	audit_cite(audit, finding, CONNECTIONS "count");
	audit_cite(audit, finding, CONNECTIONS "max");
	audit_cite(audit, finding, CONNECTIONS "buckets");
	audit_cite(audit, finding, CONNECTIONS "tcp_timeout_established");
	audit_sysctl(
		audit, finding, CONNECTIONS "max", most, most <= UINT32_MAX / 4 ? 2 * most : most);
	snprintf(finding->cost, sizeof(finding->cost),
		"about 300 bytes of memory for each connection more, and a longer search where "
		"the buckets stay as many");
	snprintf(finding->lasting, sizeof(finding->lasting),
		"net.netfilter.nf_conntrack_max in a file of /etc/sysctl.d, read after the module "
		"was loaded");
}

const struct audit_rule audit_limit_rules[] = {
	{ .name = "cloud-allowance-exceeded", .interface = judge_allowances },
	{ .name = "connections-full", .machine = judge_connections },
	{ 0 },
};
