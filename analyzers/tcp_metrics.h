/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_TCP_METRICS_H
#define PKTLINT_ANALYZERS_TCP_METRICS_H

#include "analyzers/flow.h"
#include "analyzers/offload.h"
#include "report/report.h"

/*
 * Numbers of one direction, and, added up, of the run: X(NAME, name, unit, help), with
 * more members of struct metric behind if there are.  The first ones come from what every flow
 * keeps, the rest from a direction's trouble.
 */
#define TCP_BASE_ROWS(X) \
	X(FRAMES, frames, UNIT_FRAMES, "Frames captured") \
	X(WIRE_PACKETS, wire_packets, UNIT_PACKETS, "Wire segments these frames stand for") \
	X(WIRE_BYTES, wire_bytes, UNIT_BYTES, "Bytes of the frames as they were on the wire") \
	X(UNIQUE_BYTES, unique_bytes, UNIT_BYTES, "Sequence space covered, repeats not counted") \
	X(RECEIVED, received_packets, UNIT_PACKETS, \
		"Data segments captured, resends included, copies excluded", .column = "segs")

#define TCP_COUNTER_ROWS(X) \
	X(REORDERED, reordered_packets, UNIT_PACKETS, "Originals that arrived late (RFC 4737)") \
	X(RETRANSMITTED, retransmissions, UNIT_PACKETS, \
		"Segments sent again and not known to be needless") \
	X(SPURIOUS, spurious_retransmissions, UNIT_PACKETS, \
		"Segments sent again although their bytes had arrived", .headline = true) \
	X(DUPLICATES, duplicates, UNIT_PACKETS, "Second copies made by the network", \
		.headline = true) \
	X(CAPTURE_DUPLICATES, capture_duplicates, UNIT_FRAMES, \
		"The same packet captured more than once", .headline = true) \
	X(CORRUPT, corrupt_packets, UNIT_PACKETS, "Segments whose checksum is wrong", \
		.headline = true) \
	X(UNKNOWN, unknown_packets, UNIT_PACKETS, "Segments without evidence for any verdict", \
		.headline = true) \
	X(KEEP_ALIVES, keep_alives, UNIT_PACKETS, "Keep-alive probes") \
	X(WINDOW_PROBES, window_probes, UNIT_PACKETS, "Probes of a closed window") \
	X(RESETS, resets, UNIT_PACKETS, "Segments with RST") \
	X(LOST_UPSTREAM, lost_upstream_packets, UNIT_PACKETS, \
		"Segments missing at the capture point and sent again: lost before it") \
	X(LOST_DOWNSTREAM, lost_downstream_packets, UNIT_PACKETS, \
		"Segments seen here, sent again and not known to be needless: lost behind it") \
	X(UNDETERMINED, undetermined_retransmissions, UNIT_PACKETS, \
		"Segments seen here and sent again, with no acknowledgement captured that " \
		"tells why", \
		.headline = true) \
	X(REORDERED_DOWNSTREAM, reordered_downstream_packets, UNIT_PACKETS, \
		"Segments that the receiver got late although they passed here in order", \
		.headline = true) \
	X(DUPLICATED_DOWNSTREAM, duplicated_downstream_packets, UNIT_PACKETS, \
		"Duplicates that only the receiver's DSACK tells of") \
	X(CAPTURE_MISSED, capture_missed_bytes, UNIT_BYTES, \
		"Bytes that were acknowledged and never captured", .headline = true) \
	X(ACKS_REORDERED, acks_reordered, UNIT_PACKETS, "Pure acknowledgements that came late") \
	X(DUPLICATE_ACKS, duplicate_acks, UNIT_PACKETS, "Duplicate acknowledgements of this data") \
	X(ZERO_WINDOWS, zero_windows, UNIT_COUNT, "Times this side closed its receive window", \
		.headline = true) \
	X(CAUSE_FAST, resent_fast, UNIT_PACKETS, "Sent again in loss recovery") \
	X(CAUSE_RTO, resent_rto, UNIT_PACKETS, "Sent again by the retransmission timer", \
		.headline = true) \
	X(CAUSE_AFTER_RTO, resent_after_rto, UNIT_PACKETS, "Sent again while recovering from it") \
	X(CAUSE_TLP, resent_tlp, UNIT_PACKETS, "Tail loss probes") \
	X(CAUSE_PMTU, resent_pmtu, UNIT_PACKETS, "Sent again smaller after an ICMP error") \
	X(CAUSE_SYN, resent_syn, UNIT_PACKETS, "SYN or SYN/ACK sent again", .headline = true) \
	X(CAUSE_UNKNOWN, resent_unknown, UNIT_PACKETS, "Sent again, cause unknown") \
	X(HOLE_OVERFLOWS, holes_given_up, UNIT_COUNT, \
		"Holes forgotten because there were too many") \
	X(WITHHELD, withheld_packets, UNIT_PACKETS, \
		"Verdicts on place withheld because the capture lost packets or had no link", \
		.headline = true)

enum tcp_counter {
#define X(id, ...) TCP_##id,
	TCP_COUNTER_ROWS(X)
#undef X
		TCP_COUNTERS,
};

/* Kinds of frames kept as evidence, the first few of each a direction. */
enum tcp_evidence_kind {
	TCP_SHOWS_REORDERED,
	TCP_SHOWS_UPSTREAM,
	TCP_SHOWS_DOWNSTREAM,
	TCP_SHOWS_SPURIOUS,
	TCP_SHOWS_DUPLICATE,
	TCP_SHOWS_CAPTURE_DUPLICATE,
	TCP_SHOWS_TIMEOUT,
	TCP_SHOWS_SYN,
	TCP_SHOWS_CORRUPT,
	TCP_EVIDENCE_KINDS,
};
#define TCP_EVIDENCE_FRAMES 4

#define TCP_WORST_FLOWS 8

/* What a finding says of the flow that shows it most. */
struct tcp_worst {
	uint64_t count;
	uint32_t flow; /* number + 1 */
	char subject[160];
	uint64_t frames[TCP_EVIDENCE_FRAMES];
};

/* On which side of the host's stack a super-frame was captured. */
enum tcp_super_side {
	TCP_SUPER_UNTOLD,
	TCP_SUPER_SENT,     /* before it was cut */
	TCP_SUPER_RECEIVED, /* after it was merged, or as a virtual link handed it over */
	TCP_SUPER_SIDES,
};

/* Frames that stand for several wire segments, and how many these are. */
struct tcp_super {
	uint64_t frames, segments;
	uint64_t by[OFFLOAD_EVIDENCES];
	uint64_t at[TCP_SUPER_SIDES];
	uint32_t interface[TCP_SUPER_SIDES]; /* of the first of them */
	uint64_t directions;                 /* that had any and ended */
	uint32_t largest;                    /* bytes of an IP packet */
	uint64_t largest_frame;
	struct tcp_worst most; /* count: wire segments beyond one a frame */
};

/* Answers of ICMP that what does not fit is longer than anything that was sent. */
struct tcp_refused {
	uint64_t errors;
	uint64_t shown;             /* of these, all segments that were merged were captured */
	uint32_t quoted, sent, mtu; /* of the first: IP lengths and the MTU that it told */
	uint64_t frames[TCP_EVIDENCE_FRAMES];
	uint32_t flow; /* of the first, number + 1 */
	char subject[160];
};

/* Sums over all directions that have ended. */
struct tcp_totals {
	uint64_t flows, flows_one_way, flows_midstream, flows_mptcp, flows_coalesced;
	uint64_t base[5]; /* rows of TCP_BASE_ROWS */
	uint64_t count[TCP_COUNTERS];
	uint64_t rtt_count, rtt_sum;
	uint64_t rtt_min, rtt_max; /* ns */
	struct histogram extent, late_time, late_bytes, rtt;
	uint64_t unproven[TCP_EVIDENCE_KINDS][CONFIDENCE_PROVEN]; /* as tcp_trouble.unproven */
	uint64_t unfinished_checksums;
	struct tcp_super super;
	struct tcp_refused refused;
	uint64_t flows_with[TCP_COUNTERS];
	struct tcp_worst worst[TCP_COUNTERS];
};

extern const struct metric_set tcp_run_metrics, tcp_side_metrics;

struct tcp;
struct tcp_side;
struct tcp_trouble;

/* Adds what a direction's trouble counted to the run's numbers, once, when it ends. */
void tcp_total_trouble(struct tcp *tcp, const struct tcp_trouble *trouble);

/* Adds the numbers of a direction that ends to the run's. */
void tcp_total_side(struct tcp *tcp, const struct tcp_side *side);

/* Fills the run's section of the report. */
void tcp_report_totals(struct tcp *tcp, struct report *report);

/* Fills one flow's entry of the report. */
void tcp_report_flow(void *state, const struct flow *flow, struct report_flow *entry);

/* How sick a flow is: share of troubled segments, weighted by how many there are. */
double tcp_flow_trouble(void *state, const struct flow *flow);

#endif
