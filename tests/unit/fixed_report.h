/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_FIXED_REPORT_H
#define PKTLINT_TESTS_FIXED_REPORT_H

/* A report made by hand that has something in every place: what each format must show of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/report.h"

enum fixed_row {
	FIXED_SEGMENTS,
	FIXED_LATE,
	FIXED_LATE_RATIO,
	FIXED_CORRUPT,
	FIXED_RTT_COUNT,
	FIXED_RTT_SUM,
	FIXED_RTT_MEAN,
	FIXED_RTT_MIN,
	FIXED_LATE_TIME,
	FIXED_EMPTY,
	FIXED_BYTES,
	FIXED_DURATION,
	FIXED_GOODPUT,
	FIXED_ROWS
};

static const struct metric fixed_rows[] = {
	[FIXED_SEGMENTS] = { .name = "segments",
		.unit = UNIT_PACKETS,
		.help = "Data segments.",
		.column = "segs",
		.headline = true },
	[FIXED_LATE] = { .name = "late_segments", .unit = UNIT_PACKETS, .help = "Late ones." },
	[FIXED_LATE_RATIO] = { .name = "late_ratio",
		.kind = METRIC_RATIO,
		.unit = UNIT_RATIO,
		.a = FIXED_LATE,
		.b = FIXED_SEGMENTS,
		.help = "Late of all.",
		.headline = true,
		.column = "late" },
	[FIXED_CORRUPT] = { .name = "corrupt_segments",
		.unit = UNIT_PACKETS,
		.help = "Bad sum.",
		.headline = true },
	[FIXED_RTT_COUNT] = { .name = "rtt_samples", .help = "Round trips measured." },
	[FIXED_RTT_SUM] = { .name = "rtt_sum_ns", .unit = UNIT_NS, .help = "Their sum." },
	[FIXED_RTT_MEAN] = { .name = "rtt_mean_ns",
		.kind = METRIC_MEAN,
		.unit = UNIT_NS,
		.a = FIXED_RTT_SUM,
		.b = FIXED_RTT_COUNT,
		.help = "Their mean.",
		.headline = true,
		.column = "rtt" },
	[FIXED_RTT_MIN] = { .name = "rtt_min_ns",
		.kind = METRIC_MIN,
		.unit = UNIT_NS,
		.when = FIXED_RTT_COUNT,
		.help = "The shortest." },
	[FIXED_LATE_TIME] = { .name = "late_time_ns",
		.kind = METRIC_HISTOGRAM,
		.unit = UNIT_NS,
		.help = "How late.",
		.headline = true },
	[FIXED_EMPTY] = { .name = "extent",
		.kind = METRIC_HISTOGRAM,
		.help = "Places late.",
		.headline = true },
	[FIXED_BYTES] = { .name = "payload_bytes",
		.unit = UNIT_BYTES,
		.help = "Payload.",
		.headline = true },
	[FIXED_DURATION] = { .name = "duration_ns", .unit = UNIT_NS, .help = "How long." },
	[FIXED_GOODPUT] = { .name = "goodput_bytes_per_second",
		.kind = METRIC_RATE,
		.unit = UNIT_BYTES_PER_SECOND,
		.a = FIXED_BYTES,
		.b = FIXED_DURATION,
		.help = "How fast.",
		.column = "goodput" },
};

static const struct metric_set fixed_set = { "tcp", fixed_rows, FIXED_ROWS };

static void fixed_values(union metric_value *values, uint64_t segments, uint64_t late)
{
	values[FIXED_SEGMENTS].number = segments;
	values[FIXED_LATE].number = late;
	values[FIXED_BYTES].number = segments * 1448;
	values[FIXED_DURATION].number = 1500000000;
	for (uint64_t i = 0; i < late; i++)
		histogram_add(values[FIXED_LATE_TIME].histogram, 340 * (i + 1) * (i + 1));
}

static void fixed_sources(struct report *report)
{
	struct report_source *source = report_add_source(report, "first one.pcap");

	source->frames = 1900;
	source->passed_over = 150;
	source->dropped_known = true;
	source->dropped = 2;
	source->interfaces = 2;
	source = report_add_source(report, "b\033[31m\xff\xe2\x80\xae.pcapng");
	source->frames = 50;
	source->interfaces = 1;
	source->truncated = true;
	source->error = memory_copy_text("ends within a record at byte 4,711");
}

static void fixed_finding(struct report *report)
{
	struct finding *finding = report_add_finding(report, FINDING_PL1001);

	finding->confidence = CONFIDENCE_PROVEN;
	finding->flow = 1;
	strcpy(finding->subject, "10.0.0.1:443 > 10.0.0.2:51724");
	strcpy(finding->what,
		"69 of 1,728 data segments came late (3.99 %), each by one place; 12 of them made "
		"the receiver answer with duplicate acknowledgements, and the sender sent 3 again");
	strcpy(finding->where, "before the capture point");
	strcpy(finding->why,
		"the identification of each late segment is older than its overtaker's");
	strcpy(finding->is_not, "retransmission: no segment was sent twice");
	strcpy(finding->display_filter, "tcp.stream == 0 && tcp.analysis.out_of_order");
	strcpy(finding->dump, "--flow 0 --only reordered");
	finding_number(finding, "late_segments", 69);
	finding_number(finding, "late_ratio", 69 / 1728.0);
	for (uint64_t i = 0; i < 69; i++)
		finding_frame(finding, 14 + 30 * i);
}

static void fixed_repetitions(struct report *report)
{
	for (int i = 0; i < 5; i++) {
		struct finding *finding = report_add_finding(report, FINDING_PL2005);

		finding->confidence = CONFIDENCE_LIKELY;
		finding->severity = SEVERITY_ERROR;
		snprintf(finding->subject, sizeof(finding->subject), "10.0.0.%d:80 > 10.0.0.9:4000",
			3 + i);
		strcpy(finding->what, "1 transfer of 1 stood still for 1.2 s");
		strcpy(finding->fix, "find the loss that the timer had to mend");
		strcpy(finding->commands[0].line, "nstat -az TcpTimeouts");
		finding->command_count = 1;
		finding_frame(finding, 100 + (uint64_t)i);
	}
}

/* What was measured of one overtaken in the queues of the CPUs. */
static void fixed_backlog(struct report_origin *origin)
{
	static const struct report_late late[] = {
		/* Before the CPU of each was asked for. */
		{ 5, 4, true, 3, 1700000000041929001, 1700000000041964001, -1, -1, 0, 0, 0x75975da2,
			0x75975da2 },
		{ 14, 13, true, 12, 1700000000101929001, 1700000000101964001, 0, 1, 0, 0,
			0x75975da2, 0x75975da2 },
		{ 44, 42, true, 41, 1700000000201929001, 1700000000203699001, 0, 1, 0, 0,
			0x75975da2, 0x75975da2 },
	};

	*origin = (struct report_origin){
		.origin = ORIGIN_HOST_BACKLOG,
		.confidence = CONFIDENCE_PROVEN,
		.counts = { .late = 69, .pairs = 69, .inside = 69, .cpus = 69, .cpus_differ = 69 },
		.reason = "stamps are in order, and in 69 of 69 the late frame sat on another CPU "
			  "than its overtaker; rps_cpus is 0",
		.late_count = sizeof(late) / sizeof(late[0]),
	};
	origin->counts.inside_cpus = origin->counts.inside_cpus_differ = 69;
	origin->counts.hashes = 69;
	origin->counts.cpus_seen = 2;
	origin->counts.queues_seen = origin->counts.hashes_seen = 1;
	memcpy(origin->late, late, sizeof(late));
	histogram_add_many(&origin->waited_ns, 35000, 68);
	histogram_add(&origin->waited_ns, 1770000);
}

/* What was measured of one that two causes reordered; of the frames not much is known. */
static void fixed_mixture(struct report_origin *origin)
{
	*origin = (struct report_origin){
		.origin = ORIGIN_MIXED,
		.confidence = CONFIDENCE_LIKELY,
		.inside = ORIGIN_RECEIVE_STEERING,
		.outside = ORIGIN_UNDETERMINED,
		.counts = { .late = 69, .pairs = 60, .inside = 27, .outside = 33 },
		.reason = "27 of 60 in this host: by receive steering; 33 of 60 before the stamp, "
			  "by what is not known; rps_cpus was changed meanwhile",
		.late_count = 1,
		.late[0] = { 30, 29, false, 0, 1700000000300000001, 1700000000200000001, -1, -1, 1,
			3, -1, 0xcafe },
	};
	histogram_add_many(&origin->waited_ns, 420000, 27);
}

/* What cannot be told, and why. */
static void fixed_riddle(struct report_origin *origin)
{
	*origin = (struct report_origin){
		.origin = ORIGIN_UNDETERMINED,
		.counts = { .late = 3, .pairs = 3, .unstamped = 3 },
		.reason = "TCP sent by a program of this machine over veth carries no stamp",
		.late_count = 1,
		.late[0] = { 7, 6, false, 0, -1, -1, -1, -1, -1, -1, -1, -1 },
	};
}

static void fixed_flows(struct report *report)
{
	struct report_flow *flow;

	for (uint32_t i = 0; i < 2; i++) {
		flow = report_add_flow(report, &fixed_set);
		flow->number = i;
		strcpy(flow->protocol, "tcp");
		strcpy(flow->endpoint[0], i ? "[2001:db8::1]:443" : "10.0.0.1:443");
		strcpy(flow->endpoint[1], i ? "[2001:db8::2]:51724" : "10.0.0.2:51724");
		strcpy(flow->community_id, "1:wCb3OG7yAFWelaUydu0D+125CLM=");
		flow->first_ns = 1700000000000000001 + i;
		flow->last_ns = 1700000009876543210;
		flow->vlan_id = (uint16_t)(i * 7);
		flow->trouble = 2 - i;
		flow->notes[0] = "mid-stream";
		fixed_values(flow->values[0], 1728, 69);
	}
	flow->values[1][FIXED_SEGMENTS].number = 3;
	flow->values[1][FIXED_RTT_COUNT].number = 2;
	flow->values[1][FIXED_RTT_SUM].number = 3000001;
	flow->values[1][FIXED_RTT_MIN].number = 1400000;
	flow->notes[1] = "one-way";
	flow->origin[1] = memory_alloc(1, sizeof(*flow->origin[1]));
	fixed_riddle(flow->origin[1]);
	report->flows[0].origin[0] = memory_alloc(1, sizeof(*report->flows[0].origin[0]));
	fixed_mixture(report->flows[0].origin[0]);
	report->flow_total = 12;
}

enum fixed_stream_row {
	FIXED_STREAM_PACKETS,
	FIXED_STREAM_LATE,
	FIXED_STREAM_LATE_RATIO,
	FIXED_STREAM_LOST,
	FIXED_STREAM_DUPLICATES,
	FIXED_STREAM_LAG,
	FIXED_STREAM_ROWS
};

static const struct metric fixed_stream_rows[] = {
	[FIXED_STREAM_PACKETS] = { .name = "packets",
		.unit = UNIT_PACKETS,
		.help = "Packets with a number.",
		.column = "packets" },
	[FIXED_STREAM_LATE] = { .name = "reordered_packets",
		.unit = UNIT_PACKETS,
		.help = "Late ones." },
	[FIXED_STREAM_LATE_RATIO] = { .name = "reordered_ratio",
		.kind = METRIC_RATIO,
		.unit = UNIT_RATIO,
		.a = FIXED_STREAM_LATE,
		.b = FIXED_STREAM_PACKETS,
		.help = "Late of all.",
		.headline = true,
		.column = "late" },
	[FIXED_STREAM_LOST] = { .name = "lost_packets",
		.unit = UNIT_PACKETS,
		.help = "Missing ones.",
		.headline = true,
		.column = "lost" },
	[FIXED_STREAM_DUPLICATES] = { .name = "duplicate_packets",
		.unit = UNIT_PACKETS,
		.help = "Second copies.",
		.headline = true,
		.column = "twice" },
	[FIXED_STREAM_LAG] = { .name = "lag_packets",
		.kind = METRIC_HISTOGRAM,
		.unit = UNIT_PACKETS,
		.help = "Behind the highest number.",
		.headline = true },
};

static const struct metric_set fixed_stream_set = { "sequence", fixed_stream_rows,
	FIXED_STREAM_ROWS };

static void fixed_stream_values(union metric_value *values, uint64_t packets, uint64_t late)
{
	values[FIXED_STREAM_PACKETS].number = packets;
	values[FIXED_STREAM_LATE].number = late;
	for (uint64_t i = 0; i < late; i++)
		histogram_add(values[FIXED_STREAM_LAG].histogram, 1 + i % 3);
}

/* A counter that was found, with late packets. */
static void fixed_late_stream(struct report_stream *stream)
{
	static const struct report_enough enough[] = {
		{ "buffer_packets", "buffer", UNIT_PACKETS, { 3, 5, 8, 11 } },
		{ "buffer_bytes", "buffer", UNIT_BYTES, { 900, 7000, 11000, 14000 } },
		{ "buffer_ns", "buffer", UNIT_NS, { 2100000, 3000000, 4200000, 7300000 } },
		{ "replay_window_packets", "replay window", UNIT_PACKETS, { 1, 1, 1, 1 } },
		{ "tolerance", "dupthresh", UNIT_COUNT, { 4, 6, 9, 1200 } },
	};

	strcpy(stream->profile, "counter");
	strcpy(stream->subject, "0x88b5 02:02:02:02:02:02 > ff:ff:ff:ff:ff:ff");
	strcpy(stream->specification, "eth.type=0x88b5 offset=14 width=4 stream=eth.src,eth.dst");
	stream->discovered = true;
	stream->confidence = CONFIDENCE_PROVEN;
	stream->vlan_id = 7;
	stream->flows = 4;
	stream->flow = 3;
	stream->trouble = 4;
	stream->notes[0] = "restarted";
	fixed_stream_values(stream->values, 1728, 69);
	memcpy(stream->enough, enough, sizeof(enough));
	stream->enough_count = sizeof(enough) / sizeof(enough[0]);
	stream->contrast[0] = (struct report_contrast){ "dscp", "DSCP", 69, 69, 0, 46 };
	stream->contrast[1] = (struct report_contrast){ "source_port", "source port", 69, 67, 40000,
		40001 };
	stream->contrast_count = 2;
	stream->origin = memory_alloc(1, sizeof(*stream->origin));
	fixed_backlog(stream->origin);
}

/* The numbered stream again, of which all is told, and two that nothing numbers. */
static void fixed_arrivals(struct report *report)
{
	struct report_arrival *arrival = report_add_arrival(report);

	strcpy(arrival->subject, "0x88b5 02:02:02:02:02:02 > ff:ff:ff:ff:ff:ff");
	arrival->stream = 1;
	arrival->vlan_id = 7;
	arrival->packets = 1728;
	arrival->late = 69;
	fixed_backlog(&arrival->origin);
	for (int i = 0; i < 2; i++) {
		arrival = report_add_arrival(report);
		snprintf(arrival->subject, sizeof(arrival->subject),
			"udp [2001:db8::%d]:443 > [2001:db8::9]:50000", i + 1);
		arrival->flow = (uint32_t)i + 4;
		arrival->packets = 1500;
		arrival->late = 12;
		fixed_backlog(&arrival->origin);
		arrival->origin.confidence = CONFIDENCE_LIKELY;
		strcpy(arrival->origin.reason, "12 of 12 sat on another CPU; rps_cpus is 0");
		for (size_t k = 0; k < arrival->origin.late_count; k++)
			arrival->origin.late[k].has_number = false;
	}
}

/* One with late packets and one without, of three. */
static void fixed_streams(struct report *report)
{
	struct report_section *section = report_add_section(report, &fixed_stream_set);
	struct report_stream *stream;

	fixed_stream_values(section->values, 1728 + 500 + 20, 70);
	for (uint32_t i = 0; i < 2; i++) {
		stream = report_add_stream(report, &fixed_stream_set);
		stream->number = 1 - i;
		stream->first_ns = 1700000000000000001 + i;
		stream->last_ns = 1700000009876543210;
	}
	strcpy(stream[-1].profile, "rtp");
	strcpy(stream[-1].subject, "10.0.0.1:5004 > 10.0.0.2:5006 ssrc 0x1f2e3d4c");
	stream[-1].flow = 1;
	stream[-1].flows = 1;
	fixed_stream_values(stream[-1].values, 500, 0);
	fixed_late_stream(stream);
	report->stream_total = 3;
}

/* Returns the report, finished; freed with report_free(). */
static inline struct report *fixed_report(void)
{
	struct report *report = report_new("check");
	struct report_section *section;
	struct report_expectation *expectation;

	report->filter = memory_copy_text("tcp or arp");
	report->first_ns = 1700000000000000001;
	report->last_ns = 1700000009876543210;
	report->frames = 1800;
	report->wire_bytes = 1802 * 1514;
	report->judged = 1728;
	report->withheld = 4;
	report->ended_by = "signal";
	fixed_sources(report);
	section = report_add_section(report, &fixed_set);
	fixed_values(section->values, 1728, 69);
	fixed_finding(report);
	fixed_repetitions(report);
	fixed_flows(report);
	fixed_streams(report);
	fixed_arrivals(report);
	report_add_unjudged(report, "ARP", 12);
	report_add_unjudged(report, "EtherType 0x88b5", 1056);
	expectation = report_add_expectation(report, "tcp.late_ratio < 0.1%");
	expectation->known = true;
	expectation->value = 69 / 1728.0;
	expectation->unit = UNIT_RATIO;
	expectation = report_add_expectation(report, "tcp.corrupt_ratio <= 0");
	expectation->known = expectation->met = true;
	expectation->bound = metric_zero_bound(1728);
	expectation->unit = UNIT_RATIO;
	report_add_expectation(report, "tcp.rtt_mean_ns < 3ms");
	report_add_undecided(report, "'b' ends within a record");
	report_finish(report);
	return report;
}

/* Returns a report of a live run of two interfaces, finished; freed with report_free(). */
static inline struct report *live_report(void)
{
	struct report *report = report_new("check");
	struct report_source *source = report_add_source(report, "eth0");
	struct report_section *section = report_add_section(report, &fixed_set);
	struct finding *finding;

	report->live = true;
	report->ended_by = "duration";
	report->first_ns = 1700000000000000000;
	report->last_ns = 1700000009999000000;
	report->frames = report->judged = 12400;
	report->wire_bytes = 12400 * 1514;
	source->frontend = "mmap";
	source->why = memory_copy_text("it is the best there is");
	source->frames = 12345;
	source->interfaces = 1;
	source->buffer_bytes = 64 << 20;
	source->received_in = 1728;
	source->stamped_in = 1700;
	source->received_known = source->dropped_known = true;
	source->received = 12352;
	source->dropped = 7;
	source->dropped_interface = 5;
	source = report_add_source(report, "a\nb");
	source->frontend = "raw";
	source->why = memory_copy_text("the kernel gives no ring for it; no segment sizes");
	source->fallback = source->dropped_known = true;
	source->first_interface = source->interfaces = 1;
	source->frames = 55;
	source->buffer_bytes = 212992;
	report->tally_count = 3;
	report->tally_step_ns = 4000000000;
	report->tally = memory_alloc(3, sizeof(*report->tally));
	for (int i = 0; i < 3; i++)
		report->tally[i] = (struct report_tally){
			.time_ns = 1700000000000000000 + i * report->tally_step_ns,
			.frames = 5000 - (uint64_t)i,
			.wire_bytes = 5000 * 1514,
			.dropped = i == 1 ? 7 : 0,
			.anomalies = (uint64_t)i,
		};
	fixed_values(section->values, 1728, 69);
	fixed_arrivals(report);
	fixed_finding(report);
	/* A reason that stands in a finding is not told again. */
	strcpy(report->findings[0].where, "in this host: ");
	strcat(report->findings[0].where, report->arrivals[0].origin.reason);
	finding = report_add_finding(report, FINDING_PL9012);
	finding->confidence = CONFIDENCE_PROVEN;
	finding->time_ns = 1700000003000000001;
	strcpy(finding->subject, "a\nb");
	strcpy(finding->what, "the link was down for 1.2 s, from 3 s after the first frame");
	finding_number(finding, "down_ns", 1.2e9);
	report_finish(report);
	return report;
}

/* Returns a report of a clean run, finished; freed with report_free(). */
static inline struct report *clean_report(void)
{
	struct report *report = report_new("check");
	struct report_source *source = report_add_source(report, "clean.pcap");
	struct report_section *section = report_add_section(report, &fixed_set);

	source->frames = report->frames = report->judged = 40;
	source->interfaces = 1;
	report->wire_bytes = 40 * 1514;
	report->first_ns = 1700000000000000000;
	report->last_ns = 1700000000250000000;
	report->flow_total = 1;
	fixed_values(section->values, 30, 0);
	report_finish(report);
	return report;
}

#endif
