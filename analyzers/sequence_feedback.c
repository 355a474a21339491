/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does the receiver say of a stream (SCTP's selective acknowledgements)?  What it has was not
 * lost on its way here; what it reports missing three times is sent again (RFC 9260 7.2.4); what it
 * has already, or has twice, was sent again for nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzers/sequence.h"
#include "base/memory.h"

#define REPORTS 8
#define RESENT 16
#define MISS_INDICATIONS 3

/* The last reports of a stream's receiver, and the last packets sent again. */
struct sequence_reports {
	struct {
		uint64_t below, above; /* all below is there, and something below `above` */
	} report[REPORTS];
	struct {
		uint64_t number, frame;
	} resent[RESENT];
	uint32_t report_count, resent_count; /* ever */
};

/* Whether `a` lies before `b` the short way round. */
static bool is_before(const struct sequence_stream *stream, uint64_t a, uint64_t b)
{
	uint64_t modulus = stream->source->profile->modulus;
	uint64_t distance = modulus ? (b + modulus - a) % modulus : b - a;

	return distance && distance < (modulus ? modulus / 2 : UINT64_MAX / 2);
}

bool sequence_was_acknowledged(const struct sequence_stream *stream, uint64_t number)
{
	const struct sequence_reports *reports = stream->reports;

	return reports && reports->report_count &&
	       is_before(stream, number,
		       reports->report[(reports->report_count - 1) % REPORTS].below);
}

bool sequence_was_missed(const struct sequence_stream *stream, uint64_t number)
{
	const struct sequence_reports *reports = stream->reports;
	uint32_t misses = 0;

	for (uint32_t i = 0; reports && i < reports->report_count && i < REPORTS; i++)
		misses += !is_before(stream, number, reports->report[i].below) &&
			  is_before(stream, number, reports->report[i].above);
	return misses >= MISS_INDICATIONS;
}

void sequence_remember_resent(struct sequence_stream *stream, uint64_t number, uint64_t frame)
{
	struct sequence_reports *reports = stream->reports;
	uint32_t place;

	if (!reports)
		return;
	place = reports->resent_count++ % RESENT;
	reports->resent[place].number = number;
	reports->resent[place].frame = frame;
}

/* A number came twice: what was sent again was not needed. */
static void amend_needless(
	struct sighting *sighting, struct sequence_stream *stream, uint64_t number)
{
	struct sequence_reports *reports = stream->reports;
	struct verdict *verdict;

	for (uint32_t i = 0; i < reports->resent_count && i < RESENT; i++) {
		if (reports->resent[i].number != number || !reports->resent[i].frame)
			continue;
		verdict = batch_add_verdict(sighting->batch);
		verdict->frame = reports->resent[i].frame;
		verdict->at = sighting->at;
		verdict->flow = sighting->packet->flow ? sighting->packet->flow->number
						       : VERDICT_NO_FLOW;
		verdict->stream = stream->number + 1;
		verdict->number = number;
		verdict->amends = true;
		verdict->label = LABEL_SPURIOUS_RETRANSMISSION;
		verdict->confidence = CONFIDENCE_PROVEN;
		verdict->evidence = EVIDENCE_NUMBER | EVIDENCE_DSACK;
		stream->labels[LABEL_RETRANSMISSION] -= stream->labels[LABEL_RETRANSMISSION] > 0;
		stream->labels[LABEL_SPURIOUS_RETRANSMISSION]++;
		reports->resent[i].frame = 0;
		return;
	}
}

void sequence_take_feedback(struct sighting *sighting, struct sequence_stream *stream,
	const struct profile_feedback *feedback)
{
	struct sequence_reports *reports;
	uint64_t above = feedback->below;
	uint32_t place;

	if (!stream->reports)
		stream->reports = memory_alloc(1, sizeof(*stream->reports));
	reports = stream->reports;
	if (feedback->cumulative)
		track_acknowledge(stream->track, 0, feedback->below, true);
	for (uint32_t i = 0; i < feedback->range_count; i++) {
		const struct profile_range *range = &feedback->ranges[i];

		track_acknowledge(stream->track, range->from, range->to, false);
		if (is_before(stream, above, range->to))
			above = range->to;
	}
	for (uint32_t i = 0; i < feedback->repeat_count; i++)
		amend_needless(sighting, stream, feedback->repeats[i]);
	if (!feedback->cumulative)
		return;
	place = reports->report_count++ % REPORTS;
	reports->report[place].below = feedback->below;
	reports->report[place].above = above;
}
