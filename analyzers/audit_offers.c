/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What cures packets that go by several CPUs or queues: one CPU for all that an interface receives,
 * or a value for the file of each of its queues.  What one CPU then has to do is told as its cost.
 */
#include "analyzers/audit_offers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/units.h"

#define QUEUES "/sys/class/net/%s/queues/"
#define SOFTNET "/proc/net/softnet_stat"
#define MASK_BYTES 288 /* of CPUS_MAX CPUs, in hexadecimal, with commas */
#define MASKS_CITED 4  /* of one interface: more prove nothing */

void audit_offer_each(const struct audit *audit, const struct host_interface *interface,
	struct finding *finding, const char *value, const char *direction, const char *file)
{
	bool receive = strcmp(direction, "rx") == 0;
	const struct host_queue *queues = receive ? interface->rx : interface->tx;
	struct audit_file_set set = { .whole = true,
		.count = receive ? interface->rx_count : interface->tx_count };
	char tail[32];

	snprintf(set.head, sizeof(set.head), "/sys/class/net/%s/queues/%s-", interface->word,
		direction);
	snprintf(tail, sizeof(tail), "/%s", file);
	set.tail = set.shown = tail;
	set.files = memory_alloc(set.count + 1, sizeof(*set.files));
	for (size_t i = 0; i < set.count; i++) {
		set.files[i].number = queues[i].number;
		snprintf(set.files[i].value, sizeof(set.files[i].value), "%s", value);
		set.files[i].before = host_text(audit->host, QUEUES "%s-%u/%s", interface->name,
			direction, queues[i].number, file);
	}
	audit_write_files(finding, &set);
	free(set.files);
}

/* What a CPU received, as far as it is known: between both readings, else since boot. */
static bool received_by(const struct audit *audit, unsigned cpu, uint64_t *packets)
{
	if (audit->host->before)
		return host_rise(audit->host, packets, SOFTNET " cpu%u processed", cpu);
	return host_number(audit->host, packets, SOFTNET " cpu%u processed", cpu);
}

/* The one that received least; of as many, and where that is not known of all, the lowest. */
static int least_busy(const struct audit *audit, const struct cpus *cpus, bool *known)
{
	uint64_t least = UINT64_MAX, packets;
	int best = -1;

	*known = cpus_count(cpus) > 1;
	for (int cpu = 0; (cpu = cpus_next(cpus, (unsigned)cpu)) >= 0; cpu++) {
		if (!received_by(audit, (unsigned)cpu, &packets)) {
			*known = false;
			return cpus_next(cpus, 0);
		}
		if (packets < least) {
			least = packets;
			best = cpu;
		}
	}
	return best;
}

/* Chooses the CPU that is to do all receive work, -1: none; `*reason` says why that one, or "". */
static int choose_cpu(
	const struct audit *audit, const struct cpus *cpus, int quick, const char **reason)
{
	struct cpus usable = cpus_without(cpus, &audit->host->isolated);
	bool known;
	int cpu;

	*reason = "";
	if (!cpus_count(&usable))
		usable = *cpus;
	if (quick >= 0 && cpus_has(&usable, (unsigned)quick)) {
		*reason = " (what came by it overtook)";
		return quick;
	}
	cpu = least_busy(audit, &usable, &known);
	if (known)
		*reason = audit->host->before ? " (it receives least now)"
					      : " (it received least since boot)";
	return cpu;
}

/* What one CPU will have to do when all packets of the interface are steered to it. */
static void tell_load(const struct audit *audit, const struct host_interface *interface, int cpu,
	const char *reason, double observed, struct finding *finding)
{
	double per_second;

	if (!audit_rate(audit, &per_second, PATH_STATISTICS "rx_packets", interface->name))
		per_second = observed;
	if (per_second >= 0)
		snprintf(finding->cost, sizeof(finding->cost),
			"CPU %d%s then does all receive work of %s (now %s); packets "
			"under way may swap once",
			cpu, reason, interface->name, units_packet_rate(per_second).text);
	else
		snprintf(finding->cost, sizeof(finding->cost),
			"CPU %d%s then does all receive work of %s, whose rate is not known from "
			"one reading; packets under way may swap once",
			cpu, reason, interface->name);
}

void audit_offer_one_cpu(const struct audit *audit, const struct host_interface *interface,
	const struct cpus *cpus, int quick, double observed, struct finding *finding)
{
	const char *reason;
	struct cpus one = { 0 };
	int cpu = choose_cpu(audit, cpus, quick, &reason);
	char mask[MASK_BYTES];

	if (cpu < 0)
		return;
	cpus_add(&one, (unsigned)cpu);
	audit_offer_each(
		audit, interface, finding, cpus_mask(&one, mask, sizeof(mask)), "rx", "rps_cpus");
	tell_load(audit, interface, cpu, reason, observed, finding);
	snprintf(finding->lasting, sizeof(finding->lasting),
		"a udev rule for net devices with ATTR{queues/rx-0/rps_cpus}=\"%s\", for each "
		"queue",
		mask);
}

void audit_offer_cpus(const struct audit *audit, const struct host_interface *interface,
	const struct cpus *cpus, struct finding *finding)
{
	struct cpus usable = cpus_without(cpus, &audit->host->isolated);
	char mask[MASK_BYTES];

	if (!cpus_count(&usable))
		usable = *cpus;
	cpus_mask(&usable, mask, sizeof(mask));
	audit_offer_each(audit, interface, finding, mask, "rx", "rps_cpus");
	snprintf(finding->cost, sizeof(finding->cost),
		"each flow's receive work is then done by the CPU of its hash; packets under way "
		"may swap once");
	snprintf(finding->lasting, sizeof(finding->lasting),
		"a udev rule for net devices with ATTR{queues/rx-0/rps_cpus}=\"%s\", for each "
		"queue",
		mask);
}

void audit_cite_masks(const struct audit *audit, const struct host_interface *interface,
	const char *direction, const char *file, struct finding *finding)
{
	bool receive = strcmp(direction, "rx") == 0;
	size_t count = receive ? interface->rx_count : interface->tx_count, cited = 0;
	const struct host_queue *queues = receive ? interface->rx : interface->tx;

	for (size_t i = 0; i < count && cited < MASKS_CITED; i++) {
		if (i > 0 && cpus_equal(&queues[i].cpus, &queues[0].cpus))
			continue;
		audit_cite(audit, finding, QUEUES "%s-%u/%s", interface->name, direction,
			queues[i].number, file);
		cited++;
	}
}
