/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Can the capture be trusted, and what was in it that nobody judged?  Counts what the decoder could
 * not take further by layer and reason, cut and malformed headers, time that goes backwards, and
 * the capture's own losses; a measurement that lost packets itself never blames the network for it.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzers/analyzer.h"
#include "analyzers/changes.h"
#include "analyzers/flow.h"
#include "analyzers/kinds.h"
#include "analyzers/offload_datagram.h"
#include "base/memory.h"
#include "report/units.h"

#define INTERFACES 64  /* whose time is watched */
#define FEW_FRAMES 300 /* judged: fewer cannot rule out 1 % by the rule of three */

struct health {
	struct flow_table *flows;
	struct kinds kinds; /* of frames that nobody judges */
	struct offload_datagrams *datagrams;
	uint64_t cut, malformed, fragments, dropped, backwards;
	uint64_t short_frames, options_cut;
	uint64_t super_frames, super_inferred, extra_segments;
	struct {
		uint64_t frames, inferred, segments, uncounted, frame;
		uint32_t largest;
	} datagrams_super; /* of these, those that are not TCP */
	int64_t backwards_max_ns;
	uint64_t backwards_frame, cut_frame;
	int64_t last_ns[INTERFACES];
	struct changes changes;
};

enum health_row {
	ROW_FRAMES,
	ROW_BYTES,
	ROW_WIRE_PACKETS,
	ROW_SUPER_FRAMES,
	ROW_SUPER_INFERRED,
	ROW_UNJUDGED,
	ROW_FRAGMENTS,
	ROW_CUT,
	ROW_OPTIONS_CUT,
	ROW_MALFORMED,
	ROW_SHORT,
	ROW_DROPPED,
	ROW_BACKWARDS,
	ROW_BACKWARDS_MAX,
	ROW_FLOWS,
	ROW_EVICTED,
	HEALTH_ROWS,
};

static const struct metric rows[] = {
	[ROW_FRAMES] = { "frames", METRIC_COUNT, UNIT_FRAMES, .help = "Frames analysed" },
	[ROW_BYTES] = { "wire_bytes", METRIC_COUNT, UNIT_BYTES, .help = "Their bytes on the wire" },
	[ROW_WIRE_PACKETS] = { "wire_packets", METRIC_COUNT, UNIT_PACKETS,
		.help = "Wire segments these frames stand for, as far as that is known" },
	[ROW_SUPER_FRAMES] = { "super_frames", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames that stand for several wire segments by the kernel's word" },
	[ROW_SUPER_INFERRED] = { "super_frames_inferred", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames that do so by their length only" },
	[ROW_UNJUDGED] = { "unjudged_frames", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames of a kind that no analyzer judges" },
	[ROW_FRAGMENTS] = { "fragments", METRIC_COUNT, UNIT_FRAMES,
		.help = "Later fragments of IP datagrams: counted, not analysed",
		.headline = true },
	[ROW_CUT] = { "cut_headers", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames that the capture cut within their headers", .headline = true },
	[ROW_OPTIONS_CUT] = { "cut_options", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames cut within the TCP options" },
	[ROW_MALFORMED] = { "malformed", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames whose headers contradict themselves", .headline = true },
	[ROW_SHORT] = { "short_frames", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames shorter than their headers announce" },
	[ROW_DROPPED] = { "dropped_packets", METRIC_COUNT, UNIT_PACKETS,
		.help = "Packets that the capture itself lost, as far as it says",
		.headline = true },
	[ROW_BACKWARDS] = { "time_backwards", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames stamped before their predecessor on one interface",
		.headline = true },
	[ROW_BACKWARDS_MAX] = { "time_backwards_max_ns", METRIC_MAX, UNIT_NS, .when = ROW_BACKWARDS,
		.help = "The largest such step" },
	[ROW_FLOWS] = { "flows", METRIC_COUNT, UNIT_FLOWS,
		.help = "Conversations of any IP protocol" },
	[ROW_EVICTED] = { "evicted_flows", METRIC_COUNT, UNIT_FLOWS,
		.help = "Of these, forgotten early because the flow table was full",
		.headline = true },
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == HEALTH_ROWS, "a row without its constant");

static const struct metric_set health_metrics = {
	.prefix = "capture", .rows = rows, .count = HEALTH_ROWS
};

static void *health_create(const struct analyzer_options *options, struct flow_table *flows)
{
	struct health *health = memory_alloc(1, sizeof(*health));

	health->flows = flows;
	health->datagrams = offload_datagrams_new(options);
	return health;
}

static void health_destroy(void *state)
{
	struct health *health = state;

	offload_datagrams_free(health->datagrams);
	free(health);
}

static void watch_time(struct health *health, const struct packet *packet)
{
	int64_t *last = &health->last_ns[packet->interface % INTERFACES];
	int64_t step = packet->time_ns - *last;

	*last = packet->time_ns;
	if (step >= 0)
		return;
	if (-step > health->backwards_max_ns)
		health->backwards_max_ns = -step;
	if (!health->backwards++)
		health->backwards_frame = packet->frame;
}

static void count_super(struct health *health, const struct packet *packet)
{
	health->super_frames += packet->gso_size > 0;
	health->super_inferred += packet->gso_size == 0;
	health->extra_segments += packet->segments ? packet->segments - 1 : 0;
	if (packet->flags & PACKET_TCP)
		return;
	health->datagrams_super.inferred += packet->gso_size == 0;
	health->datagrams_super.segments += packet->segments;
	health->datagrams_super.uncounted += packet->segments == 0;
	if (!health->datagrams_super.frames++)
		health->datagrams_super.frame = packet->frame;
	if (packet->ip_length > health->datagrams_super.largest)
		health->datagrams_super.largest = packet->ip_length;
}

/* Labels of packets that no analyzer came to judge. */
#define UNJUDGED_LABELS (1u << LABEL_OTHER | 1u << LABEL_ICMP)

static void count_broken(struct health *health, const struct packet *packet)
{
	health->fragments += packet->layer == LAYER_FRAGMENT;
	health->malformed += packet->layer == LAYER_MALFORMED;
	if (packet->layer == LAYER_TRUNCATED && !health->cut++)
		health->cut_frame = packet->frame;
}

static void count_oddities(struct health *health, struct packet *packet)
{
	offload_judge_datagram(health->datagrams, packet);
	if (packet->layer >= LAYER_FRAGMENT)
		count_broken(health, packet);
	if (UNJUDGED_LABELS >> packet->label & 1 && !(packet->flags & PACKET_ON_TRIAL))
		kinds_count(&health->kinds, packet);
}

/* What needs a look in a packet that TCP judges, or another analyzer. */
#define UNUSUAL_FLAGS (PACKET_LENGTH_SHORT | PACKET_OPTIONS_CUT | PACKET_SUPER)

/* Judged and whole, and one packet on the wire, though not of TCP. */
static bool is_usual(const struct packet *packet)
{
	return !(UNJUDGED_LABELS >> packet->label & 1) && packet->layer < LAYER_FRAGMENT &&
	       !(packet->flags & (UNUSUAL_FLAGS | PACKET_TCP)) && !packet->gso_size &&
	       packet->ip_length <= OFFLOAD_USUAL_BYTES;
}

/* Out of line, so that the usual packet saves no register for it. */
__attribute__((noinline)) static void count_unusual(struct health *health, struct packet *packet)
{
	if (is_usual(packet))
		return;
	if (!(packet->flags & PACKET_TCP))
		count_oddities(health, packet);
	health->short_frames += !!(packet->flags & PACKET_LENGTH_SHORT);
	health->options_cut += !!(packet->flags & PACKET_OPTIONS_CUT);
	if (packet->flags & PACKET_SUPER)
		count_super(health, packet);
}

static void health_packet(void *state, struct batch *batch, struct packet *packet)
{
	struct health *health = state;

	(void)batch;
	watch_time(health, packet);
	if ((packet->flags & (UNUSUAL_FLAGS | PACKET_TCP)) != PACKET_TCP)
		count_unusual(health, packet);
}

static void health_drop(void *state, const struct drop *drop)
{
	struct health *health = state;

	health->dropped += drop->packets;
}

static void health_change(void *state, const struct change *change)
{
	struct health *health = state;

	changes_note(&health->changes, change);
}

/* Returns how many frames nobody judged, those included that others told of. */
static uint64_t add_unjudged(const struct health *health, struct report *report)
{
	uint64_t frames = 0;

	kinds_report(&health->kinds, report);
	for (size_t i = 0; i < report->unjudged_count; i++)
		frames += report->unjudged[i].frames;
	return frames;
}

static struct finding *add_finding(
	struct report *report, enum finding_id id, const char *name, uint64_t count, uint64_t frame)
{
	struct finding *finding = report_add_finding(report, id);

	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->subject, sizeof(finding->subject), "run");
	finding_number(finding, name, (double)count);
	if (frame)
		finding_frame(finding, frame);
	finding->frame_total = count;
	return finding;
}

/* Whether the capture can be blamed for all of it. */
static void blame_interface(const struct report *report, struct finding *finding)
{
	uint64_t missed = 0;

	for (size_t i = 0; i < report->source_count; i++)
		missed += report->sources[i].dropped_interface;
	if (!missed)
		return;
	finding_number(finding, "dropped_interface_packets", (double)missed);
	snprintf(finding->why, sizeof(finding->why),
		"%s of them were lost by the interface or the host's queues, before any capture "
		"could see them",
		units_count(missed).text);
}

static uint64_t add_drops(const struct health *health, struct report *report)
{
	uint64_t dropped = report_dropped(report);
	struct finding *finding;

	if (dropped < health->dropped)
		dropped = health->dropped;
	if (!dropped)
		return 0;
	finding = add_finding(report, FINDING_PL9001, "dropped_packets", dropped, 0);
	finding->frame_total = 0;
	finding->severity = SEVERITY_INFO; /* how much is too much, --max-drop-ratio tells */
	snprintf(finding->what, sizeof(finding->what),
		"%s packet%s lost by the capture, %s frame%s kept (%s)", units_count(dropped).text,
		dropped == 1 ? "" : "s", units_count(report->frames).text,
		report->frames == 1 ? "" : "s",
		units_share(dropped, dropped + report->frames).text);
	snprintf(finding->where, sizeof(finding->where),
		"in the capturing host, behind the network");
	blame_interface(report, finding);
	return dropped;
}

static void add_truncated(struct report *report)
{
	uint64_t truncated = 0;
	struct finding *finding;

	for (size_t i = 0; i < report->source_count; i++)
		truncated += report->sources[i].truncated;
	if (!truncated)
		return;
	finding = add_finding(report, FINDING_PL9003, "truncated_inputs", truncated, 0);
	finding->frame_total = 0;
	finding->severity = SEVERITY_INFO;
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s inputs end%s in the middle of a record; what came before was analysed",
		units_count(truncated).text, units_count(report->source_count).text,
		truncated == 1 ? "s" : "");
	report_add_undecided(report, "the input is cut short");
}

static void add_cut(const struct health *health, struct report *report)
{
	struct finding *finding;

	if (!health->cut)
		return;
	finding = add_finding(
		report, FINDING_PL9007, "cut_headers", health->cut, health->cut_frame);
	if (health->cut * 100 < report->frames)
		finding->severity = SEVERITY_INFO;
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s frames %s cut within the headers (%s)", units_count(health->cut).text,
		units_count(report->frames).text, health->cut == 1 ? "was" : "were",
		units_share(health->cut, report->frames).text);
	snprintf(finding->why, sizeof(finding->why),
		"the snapshot length of the capture is too small: 128 bytes hold all TCP headers");
}

static void add_backwards(const struct health *health, struct report *report)
{
	struct finding *finding;

	if (!health->backwards)
		return;
	finding = add_finding(report, FINDING_PL9006, "time_backwards", health->backwards,
		health->backwards_frame);
	finding->severity = SEVERITY_INFO;
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s frames %s stamped before the one ahead, by up to %s",
		units_count(health->backwards).text, units_count(report->frames).text,
		health->backwards == 1 ? "is" : "are",
		units_duration(health->backwards_max_ns).text);
	snprintf(finding->why, sizeof(finding->why),
		"merged captures, several receive queues, or a clock that was set");
	finding_number(finding, "time_backwards_max_ns", (double)health->backwards_max_ns);
}

static void add_evicted(const struct health *health, struct report *report)
{
	uint64_t evicted = flow_table_evicted(health->flows), seen = flow_table_seen(health->flows);
	struct finding *finding;

	if (!evicted)
		return;
	finding = add_finding(report, FINDING_PL9008, "evicted_flows", evicted, 0);
	finding->frame_total = 0;
	finding->severity = SEVERITY_INFO;
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s flows %s forgotten early, the longest unused first",
		units_count(evicted).text, units_count(seen).text, evicted == 1 ? "was" : "were");
	snprintf(finding->fix, sizeof(finding->fix),
		"A larger --max-flows; each flow takes about 0.4 kB.");
}

/* Those of TCP are told by its analyzer. */
static void add_super(const struct health *health, struct report *report)
{
	uint64_t frames = health->datagrams_super.frames;
	uint64_t uncounted = health->datagrams_super.uncounted;
	struct finding *finding;
	int used;

	if (!frames)
		return;
	finding = add_finding(
		report, FINDING_PL3001, "super_frames", frames, health->datagrams_super.frame);
	if (2 * health->datagrams_super.inferred > frames)
		finding->confidence = CONFIDENCE_LIKELY;
	used = snprintf(finding->what, sizeof(finding->what),
		"%s frame%s that are not TCP stand%s for several packets, up to %s bytes of IP",
		units_count(frames).text, frames == 1 ? "" : "s", frames == 1 ? "s" : "",
		units_count(health->datagrams_super.largest).text);
	if (frames > uncounted)
		snprintf(finding->what + used, sizeof(finding->what) - (size_t)used,
			"; %s of them for %s", units_count(frames - uncounted).text,
			units_count(health->datagrams_super.segments).text);
	finding_number(finding, "super_frame_packets", (double)health->datagrams_super.segments);
	finding_number(finding, "super_frames_inferred", (double)health->datagrams_super.inferred);
	snprintf(finding->why, sizeof(finding->why),
		"UDP_SEGMENT at the sender or UDP GRO: captured before they are cut, or after they "
		"were merged");
}

static void add_few(struct report *report)
{
	struct finding *finding;

	if (report->judged == 0 || report->judged >= FEW_FRAMES)
		return;
	finding = add_finding(report, FINDING_PL9009, "judged_frames", report->judged, 0);
	finding->frame_total = 0;
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s frames judged: what befalls fewer than %s of them may go unseen",
		units_count(report->judged).text, units_count(report->frames).text,
		units_ratio(metric_zero_bound(report->judged)).text);
	finding_number(finding, "zero_bound_ratio", metric_zero_bound(report->judged));
}

static void health_report(void *state, struct report *report)
{
	const struct health *health = state;
	uint64_t unjudged = add_unjudged(health, report);
	union metric_value *values = report_add_section(report, &health_metrics)->values;

	values[ROW_FRAMES].number = report->frames;
	values[ROW_BYTES].number = report->wire_bytes;
	values[ROW_WIRE_PACKETS].number = report->frames + health->extra_segments;
	values[ROW_SUPER_FRAMES].number = health->super_frames;
	values[ROW_SUPER_INFERRED].number = health->super_inferred;
	values[ROW_UNJUDGED].number = unjudged;
	values[ROW_FRAGMENTS].number = health->fragments;
	values[ROW_CUT].number = health->cut;
	values[ROW_OPTIONS_CUT].number = health->options_cut;
	values[ROW_MALFORMED].number = health->malformed;
	values[ROW_SHORT].number = health->short_frames;
	values[ROW_DROPPED].number = add_drops(health, report);
	values[ROW_BACKWARDS].number = health->backwards;
	values[ROW_BACKWARDS_MAX].number = (uint64_t)health->backwards_max_ns;
	values[ROW_FLOWS].number = flow_table_seen(health->flows);
	values[ROW_EVICTED].number = flow_table_evicted(health->flows);
	add_truncated(report);
	add_cut(health, report);
	add_backwards(health, report);
	add_evicted(health, report);
	add_few(report);
	add_super(health, report);
	changes_report(&health->changes, report);
}

const struct analyzer capture_analyzer = {
	.name = "capture",
	.summary = "what was captured, what nobody judges, and whether the capture can be trusted",
	.metrics = &health_metrics,
	.create = health_create,
	.packet = health_packet,
	.drop = health_drop,
	.change = health_change,
	.report = health_report,
	.destroy = health_destroy,
};
