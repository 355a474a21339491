/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of TCP's numbers deserve a line?  One table of rules: a counter, of how many, from which
 * count and share on it is a warning or an error, and what to say.  Below that it is information.
 */
#include "analyzers/tcp.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "report/units.h"

struct rule {
	enum finding_id id;
	enum tcp_counter counter;
	enum tcp_evidence_kind shows; /* TCP_EVIDENCE_KINDS: no frames */
	enum confidence confidence;   /* at most */
	bool by_verdict;              /* as far as proofs among its verdicts go */
	uint64_t least;               /* fewer are information */
	double warning; /* share of received segments from which it is as severe as its page says */
	double error;   /* share from which it is an error, 0: never */
	const char *noun_of_one; /* the same after "1 of 86", or after "1" where no share is told */
	const char *noun;        /* "segments arrived late" */
	const char *number;      /* name of the count among the finding's numbers */
	const char *where;
	const char *why;
	const char *is_not;
	const char *only;    /* labels for `pktlint dump --only`, NULL: none */
	const char *display; /* Wireshark's nearest field */
};

static const struct rule rules[] = {
	{
		.id = FINDING_PL1001,
		.counter = TCP_REORDERED,
		.shows = TCP_SHOWS_REORDERED,
		.confidence = CONFIDENCE_PROVEN,
		.by_verdict = true,
		.least = 3,
		.warning = 0.001,
		.error = 0.05,
		.noun = "segments arrived late",
		.noun_of_one = "segments arrived late",
		.number = "reordered_packets",
		.where = "upstream: between the sender and the capture point",
		.is_not = "sent again: identification, timestamp or time show originals",
		.only = "reordered",
		.display = "tcp.analysis.out_of_order",
	},
	{
		.id = FINDING_PL1002,
		.counter = TCP_REORDERED_DOWNSTREAM,
		.shows = TCP_EVIDENCE_KINDS,
		.confidence = CONFIDENCE_LIKELY,
		.least = 3,
		.warning = 0.001,
		.error = 0.05,
		.noun = "segments passed in order and reached the receiver late",
		.noun_of_one = "segments passed in order and reached the receiver late",
		.number = "reordered_downstream_packets",
		.where = "downstream: between the capture point and the receiver",
		.why = "the receiver's SACK blocks left holes that closed without a resend",
	},
	{
		.id = FINDING_PL1003,
		.counter = TCP_ACKS_REORDERED,
		.shows = TCP_EVIDENCE_KINDS,
		.confidence = CONFIDENCE_PROVEN,
		.least = UINT64_MAX,
		.noun = "pure acknowledgements arrived late",
		.noun_of_one = "pure acknowledgement arrived late",
		.number = "acks_reordered",
		.where = "upstream: between their sender and the capture point",
	},
	{
		.id = FINDING_PL2001,
		.counter = TCP_LOST_UPSTREAM,
		.shows = TCP_SHOWS_UPSTREAM,
		.confidence = CONFIDENCE_PROVEN,
		.by_verdict = true,
		.least = 3,
		.warning = 0.001,
		.error = 0.02,
		.noun = "segments were missing here and sent again",
		.noun_of_one = "segments was missing here and sent again",
		.number = "lost_upstream_packets",
		.where = "upstream: between the sender and the capture point",
		.is_not = "reordering: what filled the holes was sent later than what had "
			  "jumped them",
		.only = "retransmission",
		.display = "tcp.analysis.retransmission",
	},
	{
		.id = FINDING_PL2002,
		.counter = TCP_LOST_DOWNSTREAM,
		.shows = TCP_SHOWS_DOWNSTREAM,
		.confidence = CONFIDENCE_LIKELY,
		.least = 3,
		.warning = 0.001,
		.error = 0.02,
		.noun = "segments passed here and had to be sent again",
		.noun_of_one = "segments passed here and had to be sent again",
		.number = "lost_downstream_packets",
		.where = "downstream: between the capture point and the receiver, or their "
			 "acknowledgements on the way back",
		.is_not = "known to be needless: no DSACK, echo or earlier acknowledgement says so",
		.only = "retransmission",
		.display = "tcp.analysis.retransmission",
	},
	{
		.id = FINDING_PL2003,
		.counter = TCP_SPURIOUS,
		.shows = TCP_SHOWS_SPURIOUS,
		.confidence = CONFIDENCE_PROVEN,
		.by_verdict = true,
		.least = 3,
		.warning = 0.001,
		.noun = "segments were sent again although they had arrived",
		.noun_of_one = "segments was sent again although it had arrived",
		.number = "spurious_retransmissions",
		.why = "the sender took a delay for a loss: reordering, or a pause longer "
		       "than its timer",
		.only = "spurious_retransmission",
		.display = "tcp.analysis.spurious_retransmission",
	},
	{
		.id = FINDING_PL2004,
		.counter = TCP_DUPLICATES,
		.shows = TCP_SHOWS_DUPLICATE,
		.confidence = CONFIDENCE_PROVEN,
		.by_verdict = true,
		.least = 3,
		.warning = 0.001,
		.noun = "segments arrived twice",
		.noun_of_one = "segments arrived twice",
		.number = "duplicates",
		.where = "upstream: copied between the sender and the capture point",
		.is_not = "sent again: identification and headers are those of the first copy",
		.only = "duplicate",
		.display = "tcp.analysis.retransmission",
	},
	{
		.id = FINDING_PL2005,
		.counter = TCP_CAUSE_RTO,
		.shows = TCP_SHOWS_TIMEOUT,
		.confidence = CONFIDENCE_LIKELY,
		.least = 1,
		.noun = "segments were sent again only after the retransmission timer",
		.noun_of_one = "segment was sent again only after the retransmission timer",
		.number = "resent_rto",
		.why = "nothing came back that could have started a faster repair: the end "
		       "of a flight, or all of it, was lost",
		.only = "retransmission,spurious_retransmission",
		.display = "tcp.analysis.rto",
	},
	{
		.id = FINDING_PL2006,
		.counter = TCP_CAUSE_SYN,
		.shows = TCP_SHOWS_SYN,
		.confidence = CONFIDENCE_PROVEN,
		.least = 1,
		.noun = "SYN or SYN/ACK segments were sent again",
		.noun_of_one = "SYN or SYN/ACK segment was sent again",
		.number = "resent_syn",
		.only = "retransmission,spurious_retransmission",
		.display = "tcp.flags.syn == 1 && tcp.analysis.retransmission",
	},
	{
		.id = FINDING_PL2007,
		.counter = TCP_CORRUPT,
		.shows = TCP_SHOWS_CORRUPT,
		.confidence = CONFIDENCE_PROVEN,
		.least = 1,
		.noun = "segments had a wrong checksum",
		.noun_of_one = "segment had a wrong checksum",
		.number = "corrupt_packets",
		.where = "upstream: changed between the sender and the capture point",
		.is_not = "checksum offload: other segments of the same sender were right",
		.only = "corrupt",
		.display = "tcp.checksum.status == \"Bad\"",
	},
	{
		.id = FINDING_PL2008,
		.counter = TCP_ZERO_WINDOWS,
		.shows = TCP_EVIDENCE_KINDS,
		.confidence = CONFIDENCE_PROVEN,
		.least = UINT64_MAX,
		.noun = "times a receiver closed its window",
		.noun_of_one = "time a receiver closed its window",
		.number = "zero_windows",
		.why = "the application there reads more slowly than data arrives",
		.display = "tcp.analysis.zero_window",
	},
	{
		.id = FINDING_PL2009,
		.counter = TCP_UNDETERMINED,
		.shows = TCP_SHOWS_DOWNSTREAM,
		.confidence = CONFIDENCE_PROVEN,
		.least = 3,
		.warning = 0.001,
		.noun = "segments were sent again, and nothing tells whether they had to be",
		.noun_of_one = "segments was sent again, and nothing tells whether it had to be",
		.number = "undetermined_retransmissions",
		.why = "no acknowledgement of this direction's data was captured",
		.is_not = "loss by proof: it may lie behind the capture point, or not exist",
		.only = "retransmission",
		.display = "tcp.analysis.retransmission",
	},
	{
		.id = FINDING_PL9002,
		.counter = TCP_CAPTURE_DUPLICATES,
		.shows = TCP_SHOWS_CAPTURE_DUPLICATE,
		.confidence = CONFIDENCE_PROVEN,
		.by_verdict = true,
		.least = 3,
		.noun = "frames were captured more than once",
		.noun_of_one = "frame was captured more than once",
		.number = "capture_duplicates",
		.why = "a mirror port, several interfaces or both sides of a router are in "
		       "one capture",
		.is_not = "retransmissions or network duplicates: those are counted without them",
		.only = "capture_duplicate",
	},
	{
		.id = FINDING_PL9005,
		.counter = TCP_CAPTURE_MISSED,
		.shows = TCP_EVIDENCE_KINDS,
		.confidence = CONFIDENCE_PROVEN,
		.least = UINT64_MAX,
		.noun = "bytes were acknowledged that the capture never saw",
		.noun_of_one = "byte was acknowledged that the capture never saw",
		.number = "capture_missed_bytes",
		.is_not = "network loss: the receiver has them",
		.display = "tcp.analysis.ack_lost_segment",
	},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

void tcp_subject(const struct flow *flow, int side, char *text, size_t size)
{
	char from[64], to[64];

	flow_endpoint(&flow->key, (unsigned)side, from, sizeof(from));
	flow_endpoint(&flow->key, (unsigned)!side, to, sizeof(to));
	snprintf(text, size, "%s > %s", from, to);
}

void tcp_note_side(struct tcp *tcp, const struct flow *flow, int side)
{
	const struct tcp_trouble *trouble = tcp_trouble_of(tcp, &flow->tcp.side[side]);

	for (size_t i = 0; trouble && i < RULES; i++) {
		const struct rule *rule = &rules[i];
		struct tcp_worst *worst = &tcp->totals.worst[rule->counter];

		if (!trouble->count[rule->counter])
			continue;
		tcp->totals.flows_with[rule->counter]++;
		if (trouble->count[rule->counter] <= worst->count)
			continue;
		worst->count = trouble->count[rule->counter];
		worst->flow = flow->number + 1;
		tcp_subject(flow, side, worst->subject, sizeof(worst->subject));
		if (rule->shows < TCP_EVIDENCE_KINDS)
			memcpy(worst->frames, trouble->first_frames[rule->shows],
				sizeof(worst->frames));
	}
}

void tcp_note_flow(struct tcp *tcp, const struct flow *flow)
{
	const struct tcp_side *a = &flow->tcp.side[0], *b = &flow->tcp.side[1];

	tcp->totals.flows++;
	/* A side that only acknowledged is not missing; one that was never seen is. */
	tcp->totals.flows_one_way += (!a->frames && b->arrivals >= 2) ||
				     (!b->frames && a->arrivals >= 2);
	tcp->totals.flows_midstream += !((a->flags | b->flags) & SIDE_SYN);
	tcp->totals.flows_mptcp += !!(flow->tcp_notes & TCP_NOTE_MPTCP);
	tcp->totals.flows_coalesced += !!((a->flags | b->flags) & SIDE_COALESCED);
	tcp_note_side(tcp, flow, 0);
	tcp_note_side(tcp, flow, 1);
	for (int i = 0; i < 2 && (a->flags | b->flags) & SIDE_COALESCED; i++)
		tcp_note_super(tcp, flow, i);
}

static enum severity severity_of(const struct rule *rule, uint64_t count, uint64_t received)
{
	double share = received ? (double)count / (double)received : 1;

	if (count < rule->least || share < rule->warning)
		return SEVERITY_INFO;
	if (rule->error > 0 && share >= rule->error)
		return SEVERITY_ERROR;
	return finding_page(rule->id)->severity;
}

/* Lateness in the words of RFC 4737, behind the sentence of PL1001. */
static void describe_lateness(const struct tcp_totals *totals, struct finding *finding)
{
	size_t used = strlen(finding->what);
	uint64_t extent = histogram_percentile(&totals->extent, 0.95);
	uint64_t late = histogram_percentile(&totals->late_time, 0.95);

	if (!totals->extent.count)
		return;
	used += (size_t)snprintf(finding->what + used, sizeof(finding->what) - used,
		"; extent %s (p95), %s (max)", units_count(extent).text,
		units_count(totals->extent.max).text);
	finding_number(finding, "extent_p95_packets", (double)extent);
	finding_number(finding, "extent_max_packets", (double)totals->extent.max);
	if (!totals->late_time.count || used >= sizeof(finding->what))
		return;
	snprintf(finding->what + used, sizeof(finding->what) - used, "; late by %s (p95), %s (max)",
		units_duration((int64_t)late).text,
		units_duration((int64_t)totals->late_time.max).text);
	finding_number(finding, "late_time_p95_ns", (double)late);
	finding_number(finding, "late_time_max_ns", (double)totals->late_time.max);
}

static void describe(const struct tcp *tcp, const struct rule *rule, struct finding *finding)
{
	const struct tcp_totals *totals = &tcp->totals;
	const struct tcp_worst *worst = &totals->worst[rule->counter];
	uint64_t count = totals->count[rule->counter];
	uint64_t received = totals->base[4];
	uint64_t flows = totals->flows_with[rule->counter];
	bool bytes = rule->counter == TCP_CAPTURE_MISSED;
	const char *noun = count == 1 ? rule->noun_of_one : rule->noun;
	int used;

	if (rule->warning > 0)
		used = snprintf(finding->what, sizeof(finding->what), "%s of %s %s (%s)",
			units_count(count).text, units_count(received).text, noun,
			units_share(count, received).text);
	else
		used = snprintf(finding->what, sizeof(finding->what), "%s %s",
			units_count(count).text, noun);
	if (flows > 1 && used > 0 && (size_t)used < sizeof(finding->what))
		snprintf(finding->what + used, sizeof(finding->what) - (size_t)used,
			", in %s directions, %s of them in this one", units_count(flows).text,
			units_count(worst->count).text);
	snprintf(finding->subject, sizeof(finding->subject), "%s", worst->subject);
	finding->flow = worst->flow;
	finding_number(finding, rule->number, (double)count);
	finding_number(finding, "received_packets", (double)received);
	finding_number(finding, "directions", (double)flows);
	for (int i = 0; i < TCP_EVIDENCE_FRAMES; i++)
		if (worst->frames[i])
			finding_frame(finding, worst->frames[i]);
	/* With super-frames there are fewer frames than segments, how many was not counted. */
	finding->frame_total = bytes || totals->super.frames ? 0 : count;
}

static void point_to_proof(const struct rule *rule, struct finding *finding)
{
	snprintf(finding->where, sizeof(finding->where), "%s", rule->where ? rule->where : "");
	snprintf(finding->why, sizeof(finding->why), "%s", rule->why ? rule->why : "");
	snprintf(finding->is_not, sizeof(finding->is_not), "%s", rule->is_not ? rule->is_not : "");
	snprintf(finding->display_filter, sizeof(finding->display_filter), "%s",
		rule->display ? rule->display : "");
	if (rule->only && finding->flow)
		snprintf(finding->dump, sizeof(finding->dump), "--flow %u --only %s",
			finding->flow - 1, rule->only);
}

#define DUPLICATE_ACKS 3 /* that start a fast retransmit, RFC 5681 3.2 */

/*
 * Late originals count by the harm they do.  Those that made the sender resend are worth a warning
 * however few they are, and without any it is no error however many; where none was overtaken by
 * three, no receiver could have made a sender resend.
 */
static enum severity weigh_reordering(const struct tcp_totals *totals, enum severity severity)
{
	if (totals->count[TCP_SPURIOUS])
		return severity > SEVERITY_WARNING ? severity : SEVERITY_WARNING;
	if (totals->extent.max < DUPLICATE_ACKS)
		return SEVERITY_INFO;
	return severity < SEVERITY_WARNING ? severity : SEVERITY_WARNING;
}

/*
 * How many of the segments lost upstream may be what the capture dropped: in each input as many as
 * it dropped, of its own and of those at the seam to the next ones.
 */
static uint64_t doubtful_loss(const struct tcp *tcp, const struct report *report)
{
	size_t next = report->source_count;
	uint64_t doubtful = 0, seams = 0;

	for (size_t i = tcp->outages.inputs; i-- > 0;) {
		uint64_t lost = tcp->inputs[i].lost + seams;
		uint64_t dropped = 0;

		while (next > 0 && report->sources[next - 1].input >= i)
			dropped += report->sources[--next].dropped;
		doubtful += dropped < lost ? dropped : lost;
		seams += tcp->inputs[i].seam;
	}
	return doubtful;
}

/*
 * What the capture dropped was missing here too.  Files tell drops after the packets around them,
 * so which of the missing segments these were is not known, only how many they may be.
 */
static void doubt_loss(
	const struct tcp *tcp, const struct report *report, struct finding *finding, uint64_t count)
{
	uint64_t doubtful = doubtful_loss(tcp, report);
	size_t used = strlen(finding->why);

	if (!doubtful)
		return;
	finding->confidence = doubtful < count ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
	if (doubtful >= count)
		finding->severity = SEVERITY_INFO;
	snprintf(finding->why + used, sizeof(finding->why) - used,
		"%sin doubt: up to %s of them may be what the capture itself lost (PL9001)",
		used ? "; " : "", units_count(doubtful < count ? doubtful : count).text);
}

/* In what the segments that fared badly differ from those that fared better. */
static void tell_contrast(const struct tcp *tcp, const struct rule *rule, struct finding *finding)
{
	if (rule->counter == TCP_REORDERED)
		contrast_text(&tcp->late, "late", "overtaker", finding->why, sizeof(finding->why));
	if (rule->counter == TCP_LOST_UPSTREAM)
		contrast_text(&tcp->lost, "lost", "survivor", finding->why, sizeof(finding->why));
}

/*
 * A finding is as sure as at least half of what it counts; where only a part is proven, it says how
 * much.
 */
static void weigh_proof(
	const struct tcp *tcp, const struct rule *rule, struct finding *finding, uint64_t count)
{
	size_t used = strlen(finding->what);
	uint64_t unproven, possible;

	if (!rule->by_verdict)
		return;
	possible = tcp->totals.unproven[rule->shows][CONFIDENCE_NONE] +
		   tcp->totals.unproven[rule->shows][CONFIDENCE_POSSIBLE];
	unproven = possible + tcp->totals.unproven[rule->shows][CONFIDENCE_LIKELY];
	if (!unproven)
		return;
	if (unproven > count)
		unproven = count;
	if (2 * unproven > count)
		finding->confidence = CONFIDENCE_LIKELY;
	if (2 * possible > count)
		finding->confidence = CONFIDENCE_POSSIBLE;
	if (unproven < count)
		snprintf(finding->what + used, sizeof(finding->what) - used,
			"; proven for %s of %s", units_count(count - unproven).text,
			units_count(count).text);
	finding_number(finding, "unproven_packets", (double)unproven);
}

static void apply(const struct tcp *tcp, const struct rule *rule, struct report *report)
{
	uint64_t count = tcp->totals.count[rule->counter];
	struct finding *finding;

	if (!count)
		return;
	finding = report_add_finding(report, rule->id);
	finding->severity = severity_of(rule, count, tcp->totals.base[4]);
	finding->confidence = rule->confidence;
	if (rule->counter == TCP_REORDERED)
		finding->severity = weigh_reordering(&tcp->totals, finding->severity);
	describe(tcp, rule, finding);
	if (rule->id == FINDING_PL1001)
		describe_lateness(&tcp->totals, finding);
	weigh_proof(tcp, rule, finding, count);
	point_to_proof(rule, finding);
	tell_contrast(tcp, rule, finding);
	if (rule->counter == TCP_LOST_UPSTREAM)
		doubt_loss(tcp, report, finding, count);
}

static void add_unfinished(const struct tcp *tcp, struct report *report)
{
	const struct tcp_totals *totals = &tcp->totals;
	struct finding *finding;

	if (!totals->unfinished_checksums)
		return;
	finding = report_add_finding(report, FINDING_PL3002);
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->subject, sizeof(finding->subject), "run");
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s frames hold%s the sum of the pseudo-header only",
		units_count(totals->unfinished_checksums).text, units_count(totals->base[0]).text,
		totals->unfinished_checksums == 1 ? "s" : "");
	snprintf(finding->is_not, sizeof(finding->is_not),
		"corruption: the card fills the checksum in after the capture");
	finding_number(finding, "unfinished_checksums", (double)totals->unfinished_checksums);
	finding->frame_total = totals->unfinished_checksums;
}

static void add_one_way(const struct tcp *tcp, struct report *report)
{
	const struct tcp_totals *totals = &tcp->totals;
	struct finding *finding;

	if (!totals->flows_one_way)
		return;
	finding = report_add_finding(report, FINDING_PL9004);
	finding->confidence = CONFIDENCE_PROVEN;
	finding->severity = SEVERITY_INFO;
	snprintf(finding->subject, sizeof(finding->subject), "run");
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s TCP flows show%s one direction only",
		units_count(totals->flows_one_way).text, units_count(totals->flows).text,
		totals->flows_one_way == 1 ? "s" : "");
	snprintf(finding->why, sizeof(finding->why),
		"asymmetric routing, a mirror of one direction or a capture filter: need and "
		"cause of resends stay open there");
	finding_number(finding, "one_way_flows", (double)totals->flows_one_way);
	finding_number(finding, "flows", (double)totals->flows);
}

void tcp_add_findings(struct tcp *tcp, struct report *report)
{
	for (size_t i = 0; i < RULES; i++)
		apply(tcp, &rules[i], report);
	tcp_add_super(tcp, report);
	tcp_add_refusals(tcp, report);
	add_unfinished(tcp, report);
	add_one_way(tcp, report);
}
