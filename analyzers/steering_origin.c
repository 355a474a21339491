/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Brings together what was seen of late packets and how the machine is set, has it decided who
 * reordered them, and puts that where streams, flows and arrivals are told.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzers/origin.h"
#include "analyzers/steering.h"
#include "base/memory.h"

/*
 * Who tells of each stamp whether the kernel took it as the frame came in, says so by a flag; where
 * nobody does, a missing flag says nothing.
 */
static void settle_stamps(const struct origin_setting *setting, struct origin_counts *counts)
{
	if (setting->stamps_told)
		return;
	counts->untold = counts->unstamped;
	counts->unstamped = 0;
}

static void decide(const struct steering *steering, const struct report *report,
	const struct overtaken_case *late, bool tcp, struct report_origin *result)
{
	struct origin_setting setting;

	*result = late->result;
	origin_settings_fill(steering->settings, report, result->interface, &setting);
	setting.tcp = tcp;
	settle_stamps(&setting, &result->counts);
	origin_decide(&setting, result);
}

/* Returns what is decided, owned by the caller; NULL: none came late. */
static struct report_origin *decided(const struct steering *steering, const struct report *report,
	const struct overtaken_case *late, bool tcp)
{
	struct report_origin *result;

	if (!late || !late->result.counts.late)
		return NULL;
	result = memory_alloc(1, sizeof(*result));
	decide(steering, report, late, tcp, result);
	return result;
}

static void decide_streams(struct steering *steering, struct report *report)
{
	for (size_t i = 0; i < report->stream_count; i++) {
		struct report_stream *stream = &report->streams[i];

		stream->origin = decided(steering, report,
			overtaken_of_stream(steering->overtaken, stream->number), false);
	}
}

static void decide_flows(struct steering *steering, struct report *report)
{
	for (size_t i = 0; i < report->flow_count; i++) {
		struct report_flow *flow = &report->flows[i];

		for (int side = 0; side < 2; side++)
			flow->origin[side] = decided(steering, report,
				overtaken_of_flow(steering->overtaken, flow->number, side), true);
	}
}

/* Most late packets first; of as many the one that began first. */
static int compare(const void *a, const void *b)
{
	const struct arrivals_case *const *left = a, *const *right = b;
	uint64_t more = (*left)->late.result.counts.late, less = (*right)->late.result.counts.late;

	if (more != less)
		return more > less ? -1 : 1;
	return (*left)->place < (*right)->place ? -1 : 1;
}

static void add_arrival(
	const struct steering *steering, const struct arrivals_case *entry, struct report *report)
{
	struct report_arrival *arrival = report_add_arrival(report);

	memcpy(arrival->subject, entry->subject, sizeof(arrival->subject));
	arrival->flow = entry->flow;
	arrival->stream = entry->several ? 0 : entry->stream;
	arrival->vlan_id = entry->vlan_id;
	arrival->packets = entry->packets;
	arrival->late = entry->late.result.counts.late;
	decide(steering, report, &entry->late, entry->tcp, &arrival->origin);
}

static void decide_arrivals(struct steering *steering, struct report *report)
{
	const struct arrivals_case **worst;
	uint32_t count = 0;

	/* After that, what looks late may be as it came. */
	if (!steering->arrivals || origin_settings_clock_back(steering->settings))
		return;
	worst = memory_alloc(ARRIVALS_CASES + 1, sizeof(*worst));
	while ((worst[count] = arrivals_case(steering->arrivals, count)))
		count++;
	qsort(worst, count, sizeof(*worst), compare);
	for (uint32_t i = 0; i < count && i < REPORT_ARRIVALS; i++)
		add_arrival(steering, worst[i], report);
	free(worst);
}

void steering_decide(struct steering *steering, struct report *report)
{
	decide_streams(steering, report);
	decide_flows(steering, report);
	decide_arrivals(steering, report);
}
