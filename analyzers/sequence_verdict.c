/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a number's place in its stream say of the packet, in the words of a verdict?  And what
 * is kept as evidence, taken back later, or compared with the packet that overtook it?
 */
#include <stdlib.h>
#include <string.h>

#include "analyzers/sequence_observation.h"
#include "analyzers/sequence_trial.h"
#include "base/memory.h"

/* Packets in order from one that the contrast compares to the next; fewer at first. */
#define BASELINE_STEP 64
#define BASELINE_FIRST_STEP 4
#define BASELINE_FIRST (2 * CONTRAST_PAIRS)
#define PROVING_PACKETS 64

void sequence_show(struct sequence_stream *stream, enum sequence_shows kind, uint64_t frame)
{
	for (int i = 0; i < SEQUENCE_FRAMES; i++) {
		if (stream->frames[kind][i] == frame)
			return;
		if (!stream->frames[kind][i]) {
			stream->frames[kind][i] = frame;
			return;
		}
	}
}

static bool pairs(uint64_t packets, uint64_t copies)
{
	return packets >= SEQUENCE_PAIRED_AFTER && copies * 10 >= packets * 4;
}

/* Nearly every packet comes twice: it is the capture that sees them so. */
static bool is_paired(const struct observation *observation)
{
	const struct track_counts *counts = track_counts(observation->stream->track);

	return pairs(counts->packets, counts->repeats);
}

static enum label repeat_label(const struct observation *observation)
{
	const struct profile *profile = observation->source->profile;

	/* A number that comes again with something else is no copy, and perhaps no number. */
	if (observation->source->discovered && !observation->result->same_print)
		return LABEL_UNKNOWN;
	if (observation->result->other_path || is_paired(observation))
		return LABEL_CAPTURE_DUPLICATE;
	if (!profile || !profile->resends)
		return LABEL_DUPLICATE;
	/* Copied or sent again: only an identification that counts tells. */
	if (observation->result->same_print && observation->sample->has_id &&
		observation->sample->id)
		return LABEL_DUPLICATE;
	return observation->acknowledged ? LABEL_SPURIOUS_RETRANSMISSION : LABEL_RETRANSMISSION;
}

/* What each outcome is called, shown as, and read from. */
static const struct outcome {
	uint8_t label;
	uint8_t shows;
	uint16_t evidence;
} outcomes[] = {
	[TRACK_IN_ORDER] = { LABEL_IN_ORDER, SHOWS_FIRST, EVIDENCE_NUMBER },
	[TRACK_LATE] = { LABEL_REORDERED, SHOWS_LATE, EVIDENCE_NUMBER },
	[TRACK_REPEAT] = { LABEL_DUPLICATE, SHOWS_DUPLICATE, EVIDENCE_NUMBER },
	[TRACK_RESENT] = { LABEL_RETRANSMISSION, SHOWS_RESENT, EVIDENCE_NUMBER },
	[TRACK_UNKNOWN] = { LABEL_UNKNOWN, SHOWS_COUNT, 0 },
	[TRACK_MISFIT] = { LABEL_UNKNOWN, SHOWS_COUNT, 0 },
};

static enum label label_of(const struct observation *observation)
{
	if (observation->result->verdict != TRACK_IN_ORDER && !sequence_is_fit(observation->stream))
		return LABEL_UNKNOWN;
	if (observation->result->verdict == TRACK_REPEAT)
		return repeat_label(observation);
	return outcomes[observation->result->verdict].label;
}

/*
 * What counted so long has proved itself, whatever it was at first; but not that it counts this
 * stream alone.
 */
bool sequence_has_proved_itself(const struct sequence_stream *stream)
{
	if (stream->source->profile && stream->source->profile->shared)
		return false;
	return track_counts(stream->track)->received >= PROVING_PACKETS && sequence_is_fit(stream);
}

static enum confidence confidence_of(const struct observation *observation, enum label label)
{
	enum confidence source = sequence_has_proved_itself(observation->stream)
					 ? CONFIDENCE_PROVEN
					 : (enum confidence)observation->source->confidence;
	bool sure = observation->result->sure;

	if (!(LABELS_ANOMALY >> label & 1))
		return CONFIDENCE_NONE;
	if (observation->result->verdict == TRACK_REPEAT)
		sure = observation->result->same_print;
	if (sure)
		return source;
	return source < CONFIDENCE_LIKELY ? source : CONFIDENCE_LIKELY;
}

static uint16_t evidence_of(const struct observation *observation, enum label label)
{
	const struct track_result *result = observation->result;
	uint16_t evidence = outcomes[result->verdict].evidence;

	if (result->verdict == TRACK_REPEAT && result->same_print)
		evidence |= EVIDENCE_COPY;
	if (label == LABEL_CAPTURE_DUPLICATE && result->other_path)
		evidence |= EVIDENCE_PATH;
	if (result->verdict == TRACK_RESENT && observation->sample->has_id &&
		!observation->sample->resend_known && result->sure)
		evidence |= EVIDENCE_IP_ID;
	return evidence;
}

/* What a number lacks to be as it was sent. */
static uint64_t first_of(const struct sequence_source *source)
{
	return source->profile ? source->profile->first : 0;
}

static bool is_told(const struct observation *observation, enum label label)
{
	const struct sighting *sighting = observation->sighting;

	/* Of several numbers in one packet the first of the worst kind stands. */
	if (label <= sighting->packet->label && sighting->packet->label != LABEL_ICMP)
		return false;
	return label != LABEL_IN_ORDER || sighting->replay ||
	       sighting->sequences->options.each_number;
}

static void add_verdict(const struct observation *observation, enum label label)
{
	struct sighting *sighting = observation->sighting;
	const struct packet *packet = sighting->packet;
	const struct track_result *result = observation->result;
	struct verdict *verdict;

	if (!is_told(observation, label)) {
		sequence_set_label(sighting, label, packet->verdict);
		return;
	}
	verdict = batch_add_verdict(sighting->batch);
	verdict->frame = packet->frame;
	verdict->at = sighting->at;
	verdict->flow = packet->flow ? packet->flow->number : VERDICT_NO_FLOW;
	verdict->stream = observation->stream->number + 1;
	verdict->number = observation->sample->number + first_of(observation->source);
	verdict->amends = sighting->replay;
	verdict->label = (uint8_t)label;
	verdict->confidence = (uint8_t)confidence_of(observation, label);
	verdict->evidence = evidence_of(observation, label);
	verdict->extent = result->extent;
	verdict->late_ns = result->late_ns;
	verdict->late_bytes = result->late_bytes > UINT32_MAX ? UINT32_MAX
							      : (uint32_t)result->late_bytes;
	verdict->reference = result->reference;
	if (result->verdict == TRACK_RESENT)
		verdict->place = LOSS_UPSTREAM;
	sequence_set_label(sighting, label, sighting->batch->verdict_count - 1);
}

static void remember_repeat(
	struct sequence_stream *stream, uint64_t frame, enum label label, bool unlike)
{
	stream->repeats[stream->repeat_next++ % SEQUENCE_REPEATS] = (struct sequence_repeat){ frame,
		(uint8_t)label, unlike };
}

/* The frame is no evidence any more. */
static void withdraw(struct sequence_stream *stream, uint64_t frame)
{
	for (int kind = SHOWS_DUPLICATE; kind <= SHOWS_RESENT; kind++) {
		uint64_t *frames = stream->frames[kind];
		int kept = 0;

		for (int i = 0; i < SEQUENCE_FRAMES; i++)
			if (frames[i] != frame)
				frames[kept++] = frames[i];
		while (kept < SEQUENCE_FRAMES)
			frames[kept++] = 0;
	}
}

/*
 * What was called a repeat of some kind, or unknown, is in order after all.  Returns whether it was
 * unknown.
 */
static bool move_label(struct sequence_stream *stream, uint64_t frame)
{
	struct sequence_repeat was = { .frame = frame, .label = LABEL_UNKNOWN };

	for (int i = 0; i < SEQUENCE_REPEATS; i++)
		if (stream->repeats[i].frame == frame)
			was = stream->repeats[i];
	stream->labels[LABEL_IN_ORDER]++;
	stream->labels[was.label] -= stream->labels[was.label] > 0;
	stream->unlike -= was.unlike;
	withdraw(stream, frame);
	return was.label == LABEL_UNKNOWN;
}

/* Packets taken for copies, or for strays, that were the beginning of what follows. */
static void amend_earlier(const struct observation *observation)
{
	const struct track_result *result = observation->result;
	struct sighting *sighting = observation->sighting;

	if (result->restarted)
		sequence_show(observation->stream, SHOWS_RESTART,
			result->amended_count ? result->amended[0].frame : sighting->packet->frame);
	for (uint32_t i = 0; i < result->amended_count; i++) {
		const struct track_amended *amended = &result->amended[i];
		struct verdict *verdict = batch_add_verdict(sighting->batch);

		verdict->frame = amended->frame;
		verdict->at = sighting->at;
		verdict->flow = sighting->packet->flow ? sighting->packet->flow->number
						       : VERDICT_NO_FLOW;
		verdict->stream = observation->stream->number + 1;
		verdict->number = amended->number + first_of(observation->source);
		verdict->amends = true;
		verdict->label = LABEL_IN_ORDER;
		verdict->evidence = EVIDENCE_NUMBER;
		if (move_label(observation->stream, amended->frame) &&
			is_unjudged(sighting->packet))
			sighting->sequences->judged_later++;
	}
}

/* Now and then two packets in order, one behind the other: how much they differ anyway. */
static void feed_baseline(struct sequence_stream *stream, const struct packet *packet)
{
	struct facts facts;

	if (stream->until_baseline-- > 1)
		return;
	facts_read(&facts, packet);
	if (stream->until_baseline) {
		contrast_add_baseline(stream->contrast, &stream->before, &facts);
		stream->until_baseline = stream->contrast->fact[FACT_SIZE].baseline_known <
							 BASELINE_FIRST
						 ? BASELINE_FIRST_STEP
						 : BASELINE_STEP;
	}
	stream->before = facts;
}

/* Late packets against those that overtook them, and packets in order against each other. */
static void feed_contrast(const struct observation *observation)
{
	struct sequence_stream *stream = observation->stream;
	const struct packet *packet = observation->sighting->packet;
	struct facts facts;

	if (observation->result->verdict == TRACK_LATE) {
		if (!stream->contrast)
			stream->contrast = memory_alloc(1, sizeof(*stream->contrast));
		facts_read(&facts, packet);
		contrast_add(stream->contrast, &facts, &observation->result->opener);
	} else if (observation->result->verdict == TRACK_IN_ORDER && stream->contrast) {
		feed_baseline(stream, packet);
	}
}

void sequence_conclude(struct observation *observation)
{
	struct sequence_stream *stream = observation->stream;
	const struct track_result *result = observation->result;
	const struct profile *profile = observation->source->profile;
	enum label label = label_of(observation);
	uint64_t frame = observation->sighting->packet->frame;
	bool unlike = label == LABEL_DUPLICATE && result->reference && !result->same_print;

	stream->labels[label]++;
	stream->unlike += unlike;
	if (result->verdict == TRACK_REPEAT)
		remember_repeat(stream, frame, label, unlike);
	if (label == LABEL_RETRANSMISSION)
		sequence_remember_resent(stream, observation->sample->number, frame);
	if (result->restarted || result->amended_count)
		amend_earlier(observation);
	if (label == LABEL_CAPTURE_DUPLICATE)
		sequence_show(stream, SHOWS_CAPTURE_DUPLICATE, frame);
	else if (label == LABEL_RETRANSMISSION || label == LABEL_SPURIOUS_RETRANSMISSION)
		sequence_show(stream, SHOWS_RESENT, frame);
	else if (label != LABEL_UNKNOWN && outcomes[result->verdict].shows < SHOWS_COUNT)
		sequence_show(stream, outcomes[result->verdict].shows, frame);
	if (result->verdict == TRACK_LATE && profile &&
		(profile->strict || (profile->window && result->lag >= profile->window))) {
		stream->behind_window++;
		sequence_show(stream, SHOWS_BEHIND, frame);
	}
	feed_contrast(observation);
	add_verdict(observation, label);
}

/* Copies that came before it showed that all are captured twice are the capture's as well. */
void sequence_settle_copies(struct sequence_stream *stream)
{
	uint64_t *labels = stream->labels;
	uint64_t copies = labels[LABEL_DUPLICATE] + labels[LABEL_CAPTURE_DUPLICATE];

	if (labels[LABEL_CAPTURE_DUPLICATE] < labels[LABEL_DUPLICATE] ||
		!pairs(track_counts(stream->track)->packets, copies))
		return;
	labels[LABEL_CAPTURE_DUPLICATE] = copies;
	labels[LABEL_DUPLICATE] = 0;
}
