/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which setting may be why packets came late, where what was seen of them does not decide who
 * reordered them?
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/steering.h"
#include "report/units.h"

/* Appends to a text of a finding, behind what stands there. */
static void append(char text[FINDING_TEXT], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char text[FINDING_TEXT], const char *format, ...)
{
	char more[FINDING_TEXT];
	size_t used;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(more, sizeof(more), format, arguments);
	va_end(arguments);
	if (strncmp(text, "not known", strlen("not known")) == 0)
		*text = '\0'; /* now something is */
	used = strlen(text);
	if (used + strlen(more) + 3 < FINDING_TEXT)
		snprintf(text + used, FINDING_TEXT - used, "%s%s", used ? "; " : "", more);
}

/* Several flows of one sequence, each by its own hash. */
static bool blame_spreading(
	const struct entrance *entrance, uint32_t flows, struct finding *finding)
{
	const char *name = entrance->interface->name;
	const struct cpus *reached = entrance->hashed ? &entrance->reached : &entrance->cpus;
	char list[48], mask[48];

	if (flows < 2 || cpus_count(reached) < 2 || entrance->follows)
		return false;
	cpus_list(reached, list, sizeof(list));
	cpus_mask(&entrance->cpus, mask, sizeof(mask));
	if (entrance->hashed)
		append(finding->why,
			"likely: the stream spans %s flows, and the %s receive hashes seen on "
			"%.60s go to CPUs %s (rps_cpus %s)",
			units_count(flows).text, units_count(digests_count(entrance->hashes)).text,
			name, list, mask);
	else
		append(finding->why,
			"likely: the stream spans %s flows, and rps_cpus %s of %.60s spreads flows "
			"over CPUs %s",
			units_count(flows).text, mask, name, list);
	return true;
}

/*
 * Packets of a virtual link come by the queue that they were sent by, each of its own, or, where
 * nothing steers, wait for the CPU that sent them.
 */
static bool blame_sender(
	const struct steering *steering, const struct entrance *entrance, struct finding *finding)
{
	const struct host_interface *interface = entrance->interface;

	if (strcmp(interface->kind, "veth") != 0 || cpus_count(&steering->host->online) < 2)
		return false;
	if (interface->rx_count > 1)
		append(finding->why,
			"possible: %.60s has %zu receive queues, and frames that its peer sends by "
			"several of them overtake each other",
			interface->name, interface->rx_count);
	else if (entrance->unsteered)
		append(finding->why,
			"possible: rps_cpus of %.60s is 0, so each frame waits for the CPU that "
			"sent it; where several send, a busy one is overtaken",
			interface->name);
	else
		return false;
	return true;
}

/* Adds to the finding what the settings of the interface have to do with it; whether anything. */
static bool explain(const struct steering *steering, const struct entrance *entrance,
	uint32_t flows, struct finding *finding)
{
	const struct host_interface *interface = entrance->interface;

	if (!interface || !entrance->received)
		return false;
	if (entrance->changed) {
		append(finding->why,
			"possible: rps_cpus of %.60s was changed meanwhile, which lets later "
			"packets overtake those on their way",
			interface->name);
		return true;
	}
	if (blame_spreading(entrance, flows, finding))
		return true;
	if (entrance->cpu_count > 1 && steering->mixed_pairs && !entrance->follows) {
		append(finding->why,
			"possible: fragments differ in hash from whole packets of their flow, and "
			"rps_cpus of %.60s takes hashes to %u CPUs",
			interface->name, entrance->cpu_count);
		return true;
	}
	return finding->id == FINDING_PL1101 && flows == 0 &&
	       blame_sender(steering, entrance, finding);
}

/* One flow has one hash: the folk wisdom that several CPUs are bad is told to be wrong. */
static void acquit(const struct steering *steering, struct finding *finding)
{
	const struct entrance *entrance = &steering->entrances[0];
	char mask[48];

	if (steering->count != 1 || !entrance->interface || entrance->cpu_count < 2 ||
		entrance->follows || steering->mixed_pairs)
		return;
	append(finding->is_not, "rps_cpus %s of %.60s: a flow has one hash, so one CPU",
		cpus_mask(&entrance->cpus, mask, sizeof(mask)), entrance->interface->name);
}

/* Five-tuples that the finding's stream spans. */
static uint32_t flows_of(const struct report *report, const struct finding *finding)
{
	for (size_t i = 0; finding->stream && i < report->stream_count; i++)
		if (report->streams[i].number == finding->stream - 1)
			return report->streams[i].flows;
	return 1;
}

static bool decides(const struct report_origin *origin)
{
	return origin && origin->origin != ORIGIN_NONE && origin->origin != ORIGIN_UNDETERMINED;
}

/* Whether what was seen of its packets says who reordered them: then settings alone say less. */
static bool is_decided(const struct report *report, const struct finding *finding)
{
	for (size_t i = 0; finding->id == FINDING_PL1101 && i < report->stream_count; i++)
		if (report->streams[i].number + 1 == finding->stream)
			return decides(report->streams[i].origin);
	for (size_t i = 0; finding->id == FINDING_PL1001 && i < report->flow_count; i++)
		if (decides(report->flows[i].origin[0]) || decides(report->flows[i].origin[1]))
			return true;
	return false;
}

void steering_explain(const struct steering *steering, struct report *report)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		struct finding *finding = &report->findings[i];
		uint32_t flows;
		bool told = false;

		if (finding->id != FINDING_PL1001 && finding->id != FINDING_PL1101)
			continue;
		if (is_decided(report, finding))
			continue;
		flows = flows_of(report, finding);
		for (size_t n = 0; n < steering->count && !told; n++)
			told = explain(steering, &steering->entrances[n], flows, finding);
		if (!told && flows == 1)
			acquit(steering, finding);
	}
}
