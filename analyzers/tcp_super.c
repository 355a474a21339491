/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which frames stand for several wire segments, by what evidence, and on which side of the host's
 * stack were they captured?  The direction tells, where the capture knows it; else the checksums of
 * the flow's single segments do: a sender that has its frames cut leaves those to the card as well,
 * while the kernel writes an unfinished sum into a merged frame only (tcp_gro_complete() of Linux).
 */
#include <stdio.h>

#include "analyzers/offload_host.h"
#include "analyzers/tcp.h"
#include "report/units.h"

static enum tcp_super_side side_of(const struct tcp_segment *segment)
{
	const struct packet *packet = segment->packet;
	const struct tcp_side *side = segment->side;

	if (packet->direction == DIRECTION_OUT)
		return TCP_SUPER_SENT;
	if (packet->direction != DIRECTION_UNKNOWN)
		return TCP_SUPER_RECEIVED;
	if (side->unfinished)
		return TCP_SUPER_SENT;
	return side->checksums || packet->frame_flags & FRAME_CSUM_VALID ? TCP_SUPER_RECEIVED
									 : TCP_SUPER_UNTOLD;
}

__attribute__((noinline)) void tcp_count_super(struct tcp_segment *segment)
{
	struct tcp_super *super = &segment->tcp->totals.super;
	struct packet *packet = segment->packet;
	enum tcp_super_side at = side_of(segment);

	segment->side->flags |= SIDE_COALESCED;
	if (packet->label != LABEL_CAPTURE_DUPLICATE)
		segment->side->extra_segments += segment->segments - 1;
	packet->flags |= PACKET_SUPER;
	packet->segments = segment->segments;
	super->frames++;
	super->segments += segment->segments;
	super->by[segment->coalesced]++;
	if (!super->at[at]++)
		super->interface[at] = packet->interface;
	if (packet->ip_length > super->largest) {
		super->largest = packet->ip_length;
		super->largest_frame = packet->frame;
	}
}

void tcp_note_super(struct tcp *tcp, const struct flow *flow, int side)
{
	struct tcp_super *super = &tcp->totals.super;
	uint64_t extra = flow->tcp.side[side].extra_segments;

	super->directions += extra > 0;
	if (extra <= super->most.count)
		return;
	super->most.count = extra;
	super->most.flow = flow->number + 1;
	tcp_subject(flow, side, super->most.subject, sizeof(super->most.subject));
}

/* The evidence that most of them have. */
static enum offload_evidence main_evidence(const struct tcp_super *super)
{
	enum offload_evidence most = OFFLOAD_NONE;

	for (int i = OFFLOAD_SIZE; i < OFFLOAD_EVIDENCES; i++)
		if (super->by[i] > (most ? super->by[most] : 0))
			most = (enum offload_evidence)i;
	return most;
}

/* As sure as at least half of them are. */
static enum confidence weigh(const struct tcp_super *super)
{
	uint64_t proven = 0;

	for (int i = OFFLOAD_SIZE; i < OFFLOAD_EVIDENCES; i++)
		if (offload_confidence((enum offload_evidence)i) == CONFIDENCE_PROVEN)
			proven += super->by[i];
	return 2 * proven >= super->frames ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY;
}

static void tell_evidence(const struct tcp_super *super, char *text, size_t size)
{
	enum offload_evidence most = main_evidence(super);

	if (super->by[most] == super->frames)
		snprintf(text, size, "%s", offload_evidence_text(most));
	else
		snprintf(text, size, "%s of them %s", units_count(super->by[most]).text,
			offload_evidence_text(most));
}

static const char *place_text(const struct tcp_super *super)
{
	if (super->at[TCP_SUPER_SENT] && super->at[TCP_SUPER_RECEIVED])
		return "on both sides of the capturing host: sent before they are cut, and "
		       "received";
	if (super->at[TCP_SUPER_SENT])
		return "transmit side: captured before they are cut, at the sender, or on a "
		       "virtual link that hands them over whole";
	if (super->at[TCP_SUPER_RECEIVED])
		return "receive side: captured after they were merged, or handed over whole";
	return "";
}

static void explain(const struct tcp *tcp, struct finding *finding)
{
	static const enum offload_way ways[TCP_SUPER_SIDES] = {
		[TCP_SUPER_SENT] = OFFLOAD_SENT, [TCP_SUPER_RECEIVED] = OFFLOAD_RECEIVED
	};
	const struct analyzer_options *options = tcp->options;
	const struct tcp_super *super = &tcp->totals.super;
	size_t used = 0;

	for (int i = TCP_SUPER_SENT; options->host && i < TCP_SUPER_SIDES; i++) {
		char text[160];
		int written;

		if (!super->at[i] || super->interface[i] >= options->interface_count ||
			!offload_explain(options->host, options->interfaces[super->interface[i]],
				ways[i], text, sizeof(text)))
			continue;
		written = snprintf(finding->why + used, sizeof(finding->why) - used, "%s%s",
			used ? "; " : "", text);
		used += written > 0 ? (size_t)written : 0;
	}
	if (!used)
		snprintf(finding->why, sizeof(finding->why),
			"segmentation or receive offload: the capture sees frames before they are "
			"cut, or after they are merged");
}

/* How to read the numbers.  A live capture hands these frames to other programs, too. */
static void tell_reading(const struct tcp *tcp, struct finding *finding)
{
	const struct tcp_super *super = &tcp->totals.super;
	uint64_t frames = tcp->totals.base[0];
	bool forwards = tcp->options->live && super->at[TCP_SUPER_RECEIVED];

	snprintf(finding->fix, sizeof(finding->fix),
		"Nothing is wrong, %snumbers so: loss and order are counted in wire segments, "
		"%.20s frames for %.20s; extents count frames; one time stamp stands for all of a "
		"frame, so late time is as coarse as the merging; segments that changed places "
		"within one frame cannot be seen.",
		forwards ? "unless a program forwards what a packet socket gives it: see below. "
			   "Read the "
			 : "but read the ",
		units_count(frames).text,
		units_count(frames + super->segments - super->frames).text);
	if (forwards)
		finding_command(finding, RISK_NONE, "pktlint audit --role forwarder");
}

void tcp_add_super(const struct tcp *tcp, struct report *report)
{
	const struct tcp_super *super = &tcp->totals.super;
	uint64_t frames = tcp->totals.base[0];
	struct finding *finding;
	char evidence[128];
	int used;

	if (!super->frames)
		return;
	finding = report_add_finding(report, FINDING_PL3001);
	finding->confidence = weigh(super);
	tell_evidence(super, evidence, sizeof(evidence));
	snprintf(finding->subject, sizeof(finding->subject), "%s", super->most.subject);
	finding->flow = super->most.flow;
	used = snprintf(finding->what, sizeof(finding->what),
		"%s of %s frames stand%s for %s wire segments (%s direction%s), %s",
		units_count(super->frames).text, units_count(frames).text,
		super->frames == 1 ? "s" : "", units_count(super->segments).text,
		units_count(super->directions).text, super->directions == 1 ? "" : "s", evidence);
	if (used > 0 && (size_t)used < sizeof(finding->what))
		snprintf(finding->what + used, sizeof(finding->what) - (size_t)used,
			"; the longest IP packet has %s bytes", units_count(super->largest).text);
	snprintf(finding->where, sizeof(finding->where), "%s", place_text(super));
	explain(tcp, finding);
	tell_reading(tcp, finding);
	finding_number(finding, "super_frames", (double)super->frames);
	finding_number(finding, "super_frames_inferred",
		(double)(super->frames - super->by[OFFLOAD_SIZE]));
	finding_number(finding, "super_frame_packets", (double)super->segments);
	finding_number(finding, "super_frames_sent", (double)super->at[TCP_SUPER_SENT]);
	finding_number(finding, "super_frames_received", (double)super->at[TCP_SUPER_RECEIVED]);
	finding_number(finding, "largest_bytes", super->largest);
	finding_frame(finding, super->largest_frame);
	finding->frame_total = super->frames;
}
