/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a box on the way merge segments and refuse to forward the result?  Its ICMP error
 * "fragmentation needed" (RFC 1191) or "packet too big" (RFC 8201) then quotes a packet that is
 * longer than any that was sent, though what was sent fits the MTU that it tells.
 */
#include <stdio.h>
#include <string.h>

#include "analyzers/tcp.h"
#include "report/units.h"

/* How far back the refused segment is looked for. */
#define REFUSED_SEARCH 256
#define TCP_OPTIONS_MAX 40 /* which the capture does not tell */

/* The newest transmission that starts at `offset`, or, if `ends`, ends there; NULL if forgotten. */
static const struct recent_segment *find_sent(
	struct tcp *tcp, const struct tcp_side *side, uint64_t offset, bool ends)
{
	const struct recent_segment *entry = recent_get(tcp->recent, side->recent);

	for (int i = 0; entry && i < REFUSED_SEARCH; i++) {
		if (entry->offset + (ends ? entry->length : 0) == offset && entry->length)
			return entry;
		entry = recent_get(tcp->recent, entry->previous);
	}
	return NULL;
}

/* IP and TCP headers of the refused packet; options but timestamps are rare beside data. */
static uint32_t header_bytes(const struct tcp_side *side, const struct packet_quote *quote)
{
	return (quote->ip_version == 4 ? 40u : 60u) + (side->flags & SIDE_TIMESTAMPS ? 12u : 0);
}

/* Payload of the longest wire segment that the transmission was. */
static uint32_t wire_payload(const struct tcp_side *side, const struct recent_segment *sent)
{
	uint32_t options = side->flags & SIDE_TIMESTAMPS ? 12u : 0;

	if (sent->segments < 2)
		return sent->length;
	return side->segment_size > options ? side->segment_size - options : sent->length;
}

static void note(struct tcp_refused *refused, const struct packet *packet,
	const struct packet_quote *quote, const struct flow *flow, uint8_t side)
{
	if (!refused->errors) {
		refused->quoted = quote->ip_length;
		refused->mtu = quote->mtu;
		refused->flow = flow->number + 1;
		tcp_subject(flow, side, refused->subject, sizeof(refused->subject));
	}
	if (refused->errors < TCP_EVIDENCE_FRAMES)
		refused->frames[refused->errors] = packet->frame;
	refused->errors++;
}

void tcp_judge_refusal(struct tcp *tcp, const struct packet *packet,
	const struct packet_quote *quote, const struct flow *flow, uint8_t side)
{
	struct tcp_refused *refused = &tcp->totals.refused;
	const struct tcp_side *sender = &flow->tcp.side[side];
	uint64_t offset = tcp_offset(sender->next, quote->tcp_seq);
	const struct recent_segment *sent = find_sent(tcp, sender, offset, false);
	uint32_t headers = header_bytes(sender, quote), length;
	bool shown;

	if (!sent || quote->ip_length <= headers || quote->ip_length <= quote->mtu)
		return;
	length = wire_payload(sender, sent) + headers;
	if (length > quote->mtu)
		return;
	/* Where the merged packet ends, another one that was sent does. */
	shown = find_sent(tcp, sender, offset + quote->ip_length - headers, true) != NULL;
	if (!shown && quote->ip_length <= length + TCP_OPTIONS_MAX)
		return;
	if (!refused->errors)
		refused->sent = length;
	refused->shown += shown;
	note(refused, packet, quote, flow, side);
}

void tcp_add_refusals(const struct tcp *tcp, struct report *report)
{
	const struct tcp_refused *refused = &tcp->totals.refused;
	uint64_t resent = tcp->totals.count[TCP_CAUSE_PMTU];
	struct finding *finding;
	int used;

	if (!refused->errors)
		return;
	finding = report_add_finding(report, FINDING_PL3103);
	finding->confidence = refused->shown ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY;
	snprintf(finding->subject, sizeof(finding->subject), "%s", refused->subject);
	finding->flow = refused->flow;
	used = snprintf(finding->what, sizeof(finding->what),
		"%s ICMP error%s refuse%s a packet that nobody sent: of %s bytes, where %s were "
		"sent, which fit the MTU told, %s",
		units_count(refused->errors).text, refused->errors == 1 ? "" : "s",
		refused->errors == 1 ? "s" : "", units_count(refused->quoted).text,
		units_count(refused->sent).text, units_count(refused->mtu).text);
	if (resent && used > 0 && (size_t)used < sizeof(finding->what))
		snprintf(finding->what + used, sizeof(finding->what) - (size_t)used,
			"; %s segment%s sent again after ICMP errors", units_count(resent).text,
			resent == 1 ? " was" : "s were");
	snprintf(finding->where, sizeof(finding->where),
		"downstream: at or before the box that sent the ICMP error");
	finding_number(finding, "refusals", (double)refused->errors);
	finding_number(finding, "quoted_bytes", refused->quoted);
	finding_number(finding, "sent_bytes", refused->sent);
	finding_number(finding, "mtu_bytes", refused->mtu);
	finding_number(finding, "resent_pmtu_packets", (double)resent);
	for (int i = 0; i < TCP_EVIDENCE_FRAMES; i++)
		if (refused->frames[i])
			finding_frame(finding, refused->frames[i]);
	finding->frame_total = refused->errors;
}
