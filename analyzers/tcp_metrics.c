/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of TCP: one table for a direction, one for the run, from the same list of rows.
 */
#include "analyzers/tcp_metrics.h"

#include <netinet/in.h>
#include <string.h>

#include "analyzers/tcp.h"

#define X_ROW(id, ...) ROW_##id,
enum base_row { TCP_BASE_ROWS(X_ROW) BASE_ROWS };

/* Rows both tables begin with, in this order. */
enum row {
	SIDE_BASE = 0,
	SIDE_COUNTERS = BASE_ROWS,
	ROW_ACKS = BASE_ROWS + TCP_COUNTERS,
	ROW_IN_ORDER,
	ROW_RESENT,
	ROW_REORDERED_RATIO,
	ROW_RETRANSMITTED_RATIO,
	ROW_LOST_RATIO,
	ROW_LOST,
	ROW_RTT_COUNT,
	ROW_RTT_SUM,
	ROW_RTT_MIN,
	ROW_RTT_MEAN,
	ROW_RTT_MAX,
	COMMON_ROWS,
	ROW_DURATION = COMMON_ROWS,
	ROW_ACKED_TIME,
	ROW_ACKED_BYTES,
	ROW_GOODPUT,
	ROW_SIDE_EXTENT,
	ROW_SIDE_LATE_TIME,
	SIDE_ROWS,
	ROW_FLOWS = COMMON_ROWS,
	ROW_ONE_WAY,
	ROW_MIDSTREAM,
	ROW_MPTCP,
	ROW_COALESCED,
	ROW_SUPER_FRAMES,
	ROW_SUPER_SEGMENTS,
	ROW_SUPER_SIZE,
	ROW_SUPER_MSS,
	ROW_SUPER_OWN_MSS,
	ROW_SUPER_STRIDE,
	ROW_SUPER_MULTIPLE,
	ROW_SUPER_LENGTH,
	ROW_SUPER_FLAG,
	ROW_SUPER_ZERO,
	ROW_SUPER_SENT,
	ROW_SUPER_RECEIVED,
	ROW_SUPER_LARGEST,
	ROW_UNFINISHED,
	ROW_UNTRACKED,
	ROW_EXTENT,
	ROW_LATE_TIME,
	ROW_LATE_BYTES,
	ROW_RTT,
	RUN_ROWS,
};

#define X_METRIC(id, text, unit_, ...) \
	{ .name = #text, .kind = METRIC_COUNT, .unit = unit_, .help = __VA_ARGS__ },
#define COMMON \
	TCP_BASE_ROWS(X_METRIC) \
	TCP_COUNTER_ROWS(X_METRIC){ .name = "pure_acks", \
		.kind = METRIC_COUNT, \
		.unit = UNIT_FRAMES, \
		.help = "Frames without data, SYN, FIN or RST" }, \
		{ .name = "in_order_packets", \
			.kind = METRIC_COUNT, \
			.unit = UNIT_PACKETS, \
			.help = "Data segments in the order in which they were sent" }, \
		{ .name = "resent_packets", \
			.kind = METRIC_COUNT, \
			.unit = UNIT_PACKETS, \
			.help = "Segments sent again, needed or not" }, \
		{ .name = "reordered_ratio", \
			.kind = METRIC_RATIO, \
			.unit = UNIT_RATIO, \
			.a = BASE_ROWS + TCP_REORDERED, \
			.b = ROW_RECEIVED, \
			.help = "Reordered segments of those received (RFC 4737 4.1)", \
			.column = "late", \
			.headline = true }, \
		{ .name = "retransmitted_ratio", \
			.kind = METRIC_RATIO, \
			.unit = UNIT_RATIO, \
			.a = ROW_RESENT, \
			.b = ROW_RECEIVED, \
			.help = "Segments sent again, needed or not, of those received", \
			.column = "resent", \
			.headline = true }, \
		{ .name = "loss_ratio", \
			.kind = METRIC_RATIO, \
			.unit = UNIT_RATIO, \
			.a = ROW_LOST, \
			.b = ROW_RECEIVED, \
			.help = "Segments lost up- or downstream, of those received", \
			.column = "lost", \
			.headline = true }, \
		{ .name = "lost_packets", \
			.kind = METRIC_COUNT, \
			.unit = UNIT_PACKETS, \
			.help = "Segments lost up- or downstream of the capture point" }, \
		{ .name = "rtt_count", \
			.kind = METRIC_COUNT, \
			.unit = UNIT_COUNT, \
			.help = "Round trips measured: data to its acknowledgement, resends " \
				"left out" }, \
		{ .name = "rtt_sum_ns", \
			.kind = METRIC_COUNT, \
			.unit = UNIT_NS, \
			.help = "Sum of the round trips" }, \
		{ .name = "rtt_min_ns", \
			.kind = METRIC_MIN, \
			.unit = UNIT_NS, \
			.when = ROW_RTT_COUNT, \
			.help = "Shortest round trip from the capture point to the receiver " \
				"and back" }, \
		{ .name = "rtt_mean_ns", \
			.kind = METRIC_MEAN, \
			.unit = UNIT_NS, \
			.a = ROW_RTT_SUM, \
			.b = ROW_RTT_COUNT, \
			.help = "Mean round trip", \
			.column = "rtt" }, \
	{ \
		.name = "rtt_max_ns", .kind = METRIC_MAX, .unit = UNIT_NS, .when = ROW_RTT_COUNT, \
		.help = "Longest round trip" \
	}

static const struct metric side_rows[] = {
	COMMON,
	{ .name = "duration_ns",
		.kind = METRIC_COUNT,
		.unit = UNIT_NS,
		.help = "From the flow's first frame to its last" },
	{ .name = "acked_time_ns",
		.kind = METRIC_COUNT,
		.unit = UNIT_NS,
		.help = "The flow's duration if acknowledgements were captured, else 0" },
	{ .name = "acked_bytes",
		.kind = METRIC_COUNT,
		.unit = UNIT_BYTES,
		.help = "Sequence space that the receiver acknowledged" },
	{ .name = "goodput_bytes_per_second",
		.kind = METRIC_RATE,
		.unit = UNIT_BYTES_PER_SECOND,
		.a = ROW_ACKED_BYTES,
		.b = ROW_ACKED_TIME,
		.help = "Acknowledged bytes over the flow's duration",
		.column = "goodput" },
	{ .name = "extent",
		.kind = METRIC_HISTOGRAM,
		.unit = UNIT_PACKETS,
		.help = "Reordering extent (RFC 4737 4.2.1); of the first late directions only" },
	{ .name = "late_time_ns",
		.kind = METRIC_HISTOGRAM,
		.unit = UNIT_NS,
		.help = "Late time (RFC 4737 4.3), where stamps tell it; of the first late "
			"directions only" },
};

static const struct metric run_rows[] = {
	COMMON,
	{ .name = "flows", .kind = METRIC_COUNT, .unit = UNIT_FLOWS, .help = "TCP conversations" },
	{ .name = "one_way_flows",
		.kind = METRIC_COUNT,
		.unit = UNIT_FLOWS,
		.help = "Of these, with data captured in one direction only" },
	{ .name = "mid_stream_flows",
		.kind = METRIC_COUNT,
		.unit = UNIT_FLOWS,
		.help = "Of these, without the handshake" },
	{ .name = "mptcp_flows",
		.kind = METRIC_COUNT,
		.unit = UNIT_FLOWS,
		.help = "Of these, subflows of MPTCP: judged as plain TCP" },
	{ .name = "coalesced_flows",
		.kind = METRIC_COUNT,
		.unit = UNIT_FLOWS,
		.help = "Of these, with super-frames" },
	{ .name = "super_frames",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Frames that stand for several wire segments" },
	{ .name = "super_frame_packets",
		.kind = METRIC_COUNT,
		.unit = UNIT_PACKETS,
		.help = "Wire segments that they stand for" },
	{ .name = "super_frames_by_size",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Of these, those whose segment size the kernel told" },
	{ .name = "super_frames_by_mss",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Of these, longer than the MSS of their receiver" },
	{ .name = "super_frames_by_own_mss",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Of these, longer than the MSS that their sender announced" },
	{ .name = "super_frames_by_stride",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Of these, by the step of the IPv4 identification" },
	{ .name = "super_frames_by_multiple",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Of these, by the size of the flow's full segments" },
	{ .name = "super_frames_by_length",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Of these, longer than any wire carries: their segments are a guess" },
	{ .name = "super_frames_by_flag",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Of these, marked by the file" },
	{ .name = "super_frames_by_zero",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Of these, with an IP length of 0" },
	{ .name = "super_frames_sent",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Of these, captured before they were cut" },
	{ .name = "super_frames_received",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Of these, captured after they were merged, or handed over whole by a "
			"virtual link" },
	{ .name = "super_frame_largest_bytes",
		.kind = METRIC_MAX,
		.unit = UNIT_BYTES,
		.when = ROW_SUPER_FRAMES,
		.help = "The longest of them, as an IP packet" },
	{ .name = "unfinished_checksums",
		.kind = METRIC_COUNT,
		.unit = UNIT_FRAMES,
		.help = "Frames whose checksum was left to the network card" },
	{ .name = "untracked_directions",
		.kind = METRIC_COUNT,
		.unit = UNIT_COUNT,
		.help = "Times a direction lost its record of trouble to another: "
			"too many had one" },
	{ .name = "extent",
		.kind = METRIC_HISTOGRAM,
		.unit = UNIT_PACKETS,
		.help = "Reordering extent (RFC 4737 4.2.1)",
		.headline = true },
	{ .name = "late_time_ns",
		.kind = METRIC_HISTOGRAM,
		.unit = UNIT_NS,
		.help = "Late time of reordered segments (RFC 4737 4.3), where stamps tell it",
		.headline = true },
	{ .name = "late_bytes",
		.kind = METRIC_HISTOGRAM,
		.unit = UNIT_BYTES,
		.help = "Byte offset of reordered segments (RFC 4737 4.4)" },
	{ .name = "rtt_ns",
		.kind = METRIC_HISTOGRAM,
		.unit = UNIT_NS,
		.help = "Round trips from the capture point to the receiver and back",
		.headline = true },
};

_Static_assert(sizeof(side_rows) / sizeof(side_rows[0]) == SIDE_ROWS, "a row without its constant");
_Static_assert(sizeof(run_rows) / sizeof(run_rows[0]) == RUN_ROWS, "a row without its constant");

const struct metric_set tcp_side_metrics = {
	.prefix = "tcp", .rows = side_rows, .count = SIDE_ROWS
};
const struct metric_set tcp_run_metrics = { .prefix = "tcp", .rows = run_rows, .count = RUN_ROWS };

/*
 * Data segments that are no copies; of a super-frame each wire segment counts.  Resends are among
 * them: they were on the wire too, and no ratio exceeds 1.
 */
static uint64_t received_segments(const struct tcp *tcp, const struct tcp_side *side)
{
	const struct tcp_trouble *trouble = tcp_trouble_of(tcp, side);
	uint64_t arrived = (uint64_t)side->arrivals + side->extra_segments;
	uint64_t copies = trouble ? trouble->count[TCP_DUPLICATES] : 0;

	return arrived > copies ? arrived - copies : 0;
}

static void base_values(
	const struct tcp *tcp, const struct tcp_side *side, uint64_t base[BASE_ROWS])
{
	base[ROW_FRAMES] = side->frames;
	base[ROW_WIRE_PACKETS] = (uint64_t)side->frames + side->extra_segments;
	base[ROW_WIRE_BYTES] = side->wire_bytes;
	base[ROW_UNIQUE_BYTES] = side->flags & SIDE_STARTED ? side->next - side->start : 0;
	base[ROW_RECEIVED] = received_segments(tcp, side);
}

/* Rows that follow from others. */
static void derive(union metric_value *values, const uint64_t *count)
{
	uint64_t resent = count[TCP_RETRANSMITTED] + count[TCP_SPURIOUS];
	uint64_t not_acks = values[ROW_RECEIVED].number + count[TCP_DUPLICATES] +
			    count[TCP_CAPTURE_DUPLICATES] + count[TCP_CORRUPT] +
			    count[TCP_KEEP_ALIVES] + count[TCP_WINDOW_PROBES] + count[TCP_RESETS];
	uint64_t not_in_order = resent + count[TCP_REORDERED] + count[TCP_UNKNOWN];

	values[ROW_ACKS].number = values[ROW_WIRE_PACKETS].number > not_acks
					  ? values[ROW_WIRE_PACKETS].number - not_acks
					  : 0;
	values[ROW_IN_ORDER].number = values[ROW_RECEIVED].number > not_in_order
					      ? values[ROW_RECEIVED].number - not_in_order
					      : 0;
	values[ROW_RESENT].number = resent;
	values[ROW_LOST].number = count[TCP_LOST_UPSTREAM] + count[TCP_LOST_DOWNSTREAM];
}

static void put_rows(union metric_value *values, const uint64_t *base, const uint64_t *count)
{
	for (int i = 0; i < BASE_ROWS; i++)
		values[SIDE_BASE + i].number = base[i];
	for (int i = 0; i < TCP_COUNTERS; i++)
		values[SIDE_COUNTERS + i].number = count[i];
	derive(values, count);
}

static const uint64_t no_counts[TCP_COUNTERS];

static const uint64_t *counts_of(const struct tcp *tcp, const struct tcp_side *side)
{
	const struct tcp_trouble *trouble = tcp_trouble_of(tcp, side);

	return trouble ? trouble->count : no_counts;
}

void tcp_total_trouble(struct tcp *tcp, const struct tcp_trouble *trouble)
{
	for (int i = 0; i < TCP_COUNTERS; i++)
		tcp->totals.count[i] += trouble->count[i];
	for (int i = 0; i < TCP_EVIDENCE_KINDS; i++)
		for (int j = 0; j < CONFIDENCE_PROVEN; j++)
			tcp->totals.unproven[i][j] += trouble->unproven[i][j];
}

void tcp_total_side(struct tcp *tcp, const struct tcp_side *side)
{
	struct tcp_totals *totals = &tcp->totals;
	uint64_t base[BASE_ROWS];

	base_values(tcp, side, base);
	for (int i = 0; i < BASE_ROWS; i++)
		totals->base[i] += base[i];
	if (side->trouble)
		tcp_total_trouble(tcp, tcp_trouble_of(tcp, side));
	if (!side->rtt_count)
		return;
	if (!totals->rtt_count || (uint64_t)side->rtt_min << 10 < totals->rtt_min)
		totals->rtt_min = (uint64_t)side->rtt_min << 10;
	if ((uint64_t)side->rtt_max << 10 > totals->rtt_max)
		totals->rtt_max = (uint64_t)side->rtt_max << 10;
	totals->rtt_count += side->rtt_count;
	totals->rtt_sum += side->rtt_sum << 10;
}

static void put_super(union metric_value *values, const struct tcp_super *super)
{
	values[ROW_SUPER_FRAMES].number = super->frames;
	values[ROW_SUPER_SEGMENTS].number = super->segments;
	for (int i = OFFLOAD_SIZE; i < OFFLOAD_EVIDENCES; i++)
		values[ROW_SUPER_SIZE + i - OFFLOAD_SIZE].number = super->by[i];
	values[ROW_SUPER_SENT].number = super->at[TCP_SUPER_SENT];
	values[ROW_SUPER_RECEIVED].number = super->at[TCP_SUPER_RECEIVED];
	values[ROW_SUPER_LARGEST].number = super->largest;
}

void tcp_report_totals(struct tcp *tcp, struct report *report)
{
	const struct tcp_totals *totals = &tcp->totals;
	union metric_value *values = report_add_section(report, &tcp_run_metrics)->values;

	put_rows(values, totals->base, totals->count);
	values[ROW_RTT_COUNT].number = totals->rtt_count;
	values[ROW_RTT_SUM].number = totals->rtt_sum;
	values[ROW_RTT_MIN].number = totals->rtt_min;
	values[ROW_RTT_MAX].number = totals->rtt_max;
	values[ROW_FLOWS].number = totals->flows;
	values[ROW_ONE_WAY].number = totals->flows_one_way;
	values[ROW_MIDSTREAM].number = totals->flows_midstream;
	values[ROW_MPTCP].number = totals->flows_mptcp;
	values[ROW_COALESCED].number = totals->flows_coalesced;
	put_super(values, &totals->super);
	values[ROW_UNFINISHED].number = totals->unfinished_checksums;
	values[ROW_UNTRACKED].number = tcp->trouble_taken;
	*values[ROW_EXTENT].histogram = totals->extent;
	*values[ROW_LATE_TIME].histogram = totals->late_time;
	*values[ROW_LATE_BYTES].histogram = totals->late_bytes;
	*values[ROW_RTT].histogram = totals->rtt;
	report->withheld += totals->count[TCP_WITHHELD] + totals->count[TCP_UNKNOWN];
}

static void put_side(const struct tcp *tcp, const struct flow *flow, const struct tcp_side *side,
	union metric_value *values)
{
	const struct tcp_trouble *trouble = tcp_trouble_of(tcp, side);
	uint64_t base[BASE_ROWS];

	base_values(tcp, side, base);
	put_rows(values, base, counts_of(tcp, side));
	values[ROW_RTT_COUNT].number = side->rtt_count;
	values[ROW_RTT_SUM].number = side->rtt_sum << 10;
	values[ROW_RTT_MIN].number = (uint64_t)side->rtt_min << 10;
	values[ROW_RTT_MAX].number = (uint64_t)side->rtt_max << 10;
	values[ROW_DURATION].number = flow->last_ns > flow->first_ns
					      ? (uint64_t)(flow->last_ns - flow->first_ns)
					      : 0;
	if (side->flags & SIDE_STARTED && side->flags & SIDE_ACKED && side->una > side->start)
		values[ROW_ACKED_BYTES].number = side->una - side->start;
	if (side->flags & SIDE_ACKED)
		values[ROW_ACKED_TIME].number = values[ROW_DURATION].number;
	if (trouble && trouble->lateness) {
		*values[ROW_SIDE_EXTENT].histogram = trouble->lateness->extent;
		*values[ROW_SIDE_LATE_TIME].histogram = trouble->lateness->late_time;
	}
}

static void note(struct report_flow *entry, const char *text)
{
	for (size_t i = 0; i + 1 < sizeof(entry->notes) / sizeof(entry->notes[0]); i++)
		if (!entry->notes[i]) {
			entry->notes[i] = text;
			return;
		}
}

void tcp_report_flow(void *state, const struct flow *flow, struct report_flow *entry)
{
	const struct tcp_side *a = &flow->tcp.side[flow->opener],
			      *b = &flow->tcp.side[!flow->opener];

	put_side(state, flow, a, entry->values[0]);
	put_side(state, flow, b, entry->values[1]);
	if (!((a->flags | b->flags) & SIDE_SYN))
		note(entry, "mid-stream");
	if (!a->frames || !b->frames)
		note(entry, "one-way");
	if ((a->flags | b->flags) & SIDE_COALESCED)
		note(entry, "coalesced");
	if (flow->tcp_notes & TCP_NOTE_MPTCP)
		note(entry, "MPTCP subflow");
	if ((a->flags | b->flags) & SIDE_RST)
		note(entry, "reset");
}

double tcp_flow_trouble(void *state, const struct flow *flow)
{
	static const enum tcp_counter bad[] = { TCP_REORDERED, TCP_RETRANSMITTED, TCP_SPURIOUS,
		TCP_DUPLICATES, TCP_CORRUPT, TCP_UNKNOWN, TCP_REORDERED_DOWNSTREAM };
	uint64_t trouble = 0;

	if (flow->key.protocol != IPPROTO_TCP)
		return 0;
	for (int i = 0; i < 2; i++) {
		const uint64_t *count = counts_of(state, &flow->tcp.side[i]);

		if (count == no_counts)
			continue;
		for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++)
			trouble += count[bad[j]];
	}
	return (double)trouble;
}
