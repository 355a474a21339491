/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is a packet below the highest number?  If it fills a hole it is late, and the hole's opener
 * is the "j" of RFC 4737's extent (4.2.1), late time (4.3) and discontinuity (3.4); what came since
 * and does not belong above is kept with the hole, which gives the byte offset (4.4).  If it fills
 * none it was here before: a copy, or, with others in a row, a counter that began anew.
 */
#include "analyzers/track_state.h"

/* Without better signs a packet that comes again does so after SCTP's RTO.Min (RFC 9260 16). */
#define RESEND_AFTER_NS 1000000000

/* No network keeps a copy for so long. */
#define COPY_WITHIN_NS 3000000000

/* Where lost packets are sent again, going back so far is no restart yet (go-back-N). */
#define RESEND_WINDOW 65536

static uint64_t not_negative(int64_t ns)
{
	return ns > 0 ? (uint64_t)ns : 0;
}

/* Stamps may be any. */
static int64_t since(int64_t now_ns, int64_t then_ns)
{
	return (int64_t)((uint64_t)now_ns - (uint64_t)then_ns);
}

static bool is_resent(const struct track *track, const struct track_sample *sample,
	const struct reorder_hole *hole, bool *sure)
{
	*sure = true;
	if (sample->resend_known)
		return sample->resend;
	if (sample->has_id && hole->flags & HOLE_ID && track_id_counts(track) &&
		sample->id != hole->ip_id)
		return (int16_t)(uint16_t)(sample->id - hole->ip_id) > 0;
	*sure = false;
	return since(sample->time_ns, hole->time_ns) > RESEND_AFTER_NS;
}

/* RFC 4737 5: how many packets right before this one are all above it; at most TRACK_RECENT. */
static uint32_t count_above(const struct track *track, uint64_t position)
{
	uint64_t oldest = track->recent_count > TRACK_RECENT ? track->recent_count - TRACK_RECENT
							     : 0;
	uint64_t i = track->recent_count;

	while (i > oldest && track->recent[(i - 1) & track->recent_mask].position > position)
		i--;
	return (uint32_t)(track->recent_count - i);
}

/* RFC 4737 4.5: how far this packet's discontinuity is from the last one's. */
static void measure_gap(struct track *track, const struct reorder_hole *hole)
{
	struct track_trouble *trouble = track->trouble;
	struct track_sizes *sizes = track_sizes_start(track);

	if (trouble->has_gap && (int32_t)(hole->arrival - trouble->gap_arrival) <= 0)
		return;
	if (trouble->has_gap) {
		histogram_add(&sizes->gap, hole->arrival - trouble->gap_arrival);
		histogram_add(&sizes->gap_ns, not_negative(since(hole->time_ns, trouble->gap_ns)));
	}
	trouble->has_gap = true;
	trouble->gap_arrival = hole->arrival;
	trouble->gap_ns = hole->time_ns;
}

static void measure_late(const struct track *track, uint64_t position,
	const struct reorder_hole *hole, struct track_result *result)
{
	result->extent = (uint32_t)track->arrivals - hole->arrival + track_repeats(track) -
			 hole->repeats;
	result->late_bytes = track->bytes - hole->bytes_below;
	result->late_packets = track->arrivals - hole->packets_below;
	result->n = count_above(track, position);
}

static void count_late(
	struct track *track, const struct reorder_hole *hole, const struct track_result *result)
{
	struct track_counts *counts = &track->counts;
	struct track_sizes *sizes = track_sizes_start(track);

	counts->reordered++;
	counts->reordered_by_3 += result->n >= 3;
	counts->runs++;
	counts->run_squares += track->run * track->run;
	histogram_add(&sizes->extent, result->extent);
	/* RFC 4737 4.3 goes by order of arrival, and stamps in another order do not tell of it. */
	if (result->late_ns >= 0)
		histogram_add(&sizes->late_ns, (uint64_t)result->late_ns);
	histogram_add(&sizes->late_bytes, result->late_bytes);
	histogram_add(&sizes->late_packets, result->late_packets);
	histogram_add(&sizes->lag, result->lag);
	histogram_add(&sizes->n, result->n);
	histogram_add(&sizes->run, track->run);
	track->run = 0;
	measure_gap(track, hole);
}

/* To those who are above, what came now belongs below. */
static void add_below(struct track *track, uint64_t end, uint32_t bytes)
{
	struct reorder_holes *holes = &track->trouble->holes;

	for (uint32_t i = reorder_find(holes, end); i < holes->count; i++) {
		holes->hole[i].bytes_below += bytes;
		holes->hole[i].packets_below++;
	}
}

/* A packet of which something belongs into `hole`. */
static void fill_late(struct track *track, const struct track_sample *sample, uint64_t position,
	const struct reorder_hole *hole, struct track_result *result)
{
	uint64_t end = position + track_span(sample);

	result->sure = true;
	result->verdict = TRACK_LATE;
	if (track->rules.resends && is_resent(track, sample, hole, &result->sure))
		result->verdict = TRACK_RESENT;
	result->late_ns = since(sample->time_ns, hole->time_ns);
	result->lag = track->next - 1 - position;
	result->reference = hole->frame;
	result->opener = hole->facts;
	track_fill(track, position, end);
	density_arrive(&track->trouble->density, position, end, track->counts.buffered);
	if (result->verdict == TRACK_RESENT) {
		track->counts.resent++;
		track->counts.received++;
	} else {
		measure_late(track, position, hole, result);
		count_late(track, hole, result);
		add_below(track, end, sample->bytes);
		track_arrive(track, sample, position);
	}
	if (end > track->next)
		track_move_front(track, sample, position);
}

/* The first packet with that number, as long as it is remembered. */
static const struct track_arrival *find_first(const struct track *track, uint64_t position)
{
	uint64_t oldest = track->recent_count > TRACK_RECENT ? track->recent_count - TRACK_RECENT
							     : 0;

	for (uint64_t i = track->recent_count; i-- > oldest;) {
		const struct track_arrival *arrival = &track->recent[i & track->recent_mask];

		if (position - arrival->position < (arrival->span ? arrival->span : 1u))
			return arrival;
	}
	return NULL;
}

static void compare_with_first(const struct track_arrival *first, const struct track_sample *sample,
	struct track_result *result)
{
	result->same_print = first->print && first->print == sample->print;
	result->other_path = first->path != sample->path;
	result->since_ns = since(sample->time_ns, first->time_ns);
	result->reference = first->frame;
}

/* Captured elsewhere than what came last of the stream. */
static bool leaves_path(const struct track *track, const struct track_sample *sample)
{
	return track->recent[(track->recent_count - 1) & track->recent_mask].path != sample->path;
}

/*
 * An old number that says nothing of a restart: a copy, soon after its first or by another path
 * than the stream's, or what is sent again from the lost one on (go-back-N).
 */
static bool is_copy(const struct track *track, const struct track_sample *sample, uint64_t position,
	const struct track_result *result)
{
	if (track->rules.resends && track->next - position <= RESEND_WINDOW)
		return true;
	if (leaves_path(track, sample))
		return true;
	return (result->same_print || result->other_path) && result->since_ns < COPY_WITHIN_NS;
}

/* Whether the old numbers in a row, with this one, are too many for copies. */
static bool is_restart(struct track *track, const struct track_sample *sample, uint64_t position,
	const struct track_result *result)
{
	struct track_trouble *trouble = track->trouble;

	if (is_copy(track, sample, position, result))
		return false;
	if (trouble->run_count && position == trouble->run[trouble->run_count - 1].position)
		return false;
	if (trouble->run_count && position != trouble->run_next)
		trouble->run_count = 0;
	if (trouble->run_count == TRACK_RUN - 1)
		return true;
	trouble->run[trouble->run_count] = (struct track_doubt){ *sample, position,
		result->verdict };
	trouble->run[trouble->run_count++].sample.packet = NULL;
	trouble->run_next = position + track_span(sample);
	return false;
}

/* What was called old, and `sample` behind it, is the beginning of a new epoch. */
static void restart_with_run(struct track *track, const struct track_sample *sample,
	uint64_t position, struct track_result *result)
{
	struct track_trouble *trouble = track->trouble;
	uint64_t oldest = trouble->run[0].position;

	result->verdict = TRACK_IN_ORDER;
	result->sure = true;
	result->same_print = result->other_path = false;
	result->since_ns = 0;
	result->reference = 0;
	track_restart(track, &trouble->run[0].sample, result);
	for (int i = 0; i < TRACK_RUN - 1; i++) {
		const struct track_doubt *old = &trouble->run[i];

		if (old->verdict == TRACK_REPEAT)
			track->counts.repeats--;
		else
			track->counts.unknown--;
		track_advance(
			track, &old->sample, track->next, TRACK_BASE + (old->position - oldest));
		result->amended[result->amended_count++] = (struct track_amended){
			old->sample.frame, old->sample.number, old->verdict
		};
	}
	track_advance(track, sample, track->next, TRACK_BASE + (position - oldest));
}

static void observe_old(struct track *track, const struct track_sample *sample, uint64_t position,
	struct track_result *result)
{
	struct track_trouble *trouble = track_trouble_start(track);
	const struct track_arrival *first = find_first(track, position);

	result->verdict = TRACK_REPEAT;
	if (!first && (position < trouble->forgotten || position < track->first.position))
		result->verdict = TRACK_UNKNOWN;
	result->sure = result->verdict == TRACK_REPEAT;
	if (first)
		compare_with_first(first, sample, result);
	else if (result->sure)
		result->other_path = leaves_path(track, sample);
	if (is_restart(track, sample, position, result)) {
		restart_with_run(track, sample, position, result);
		return;
	}
	if (result->verdict == TRACK_UNKNOWN) {
		track->counts.unknown++;
		return;
	}
	track->counts.repeats++;
	track->counts.copies += result->other_path && (result->same_print || !sample->print);
}

void track_behind(struct track *track, const struct track_sample *sample, uint64_t position,
	struct track_result *result)
{
	uint64_t end = position + track_span(sample);
	struct reorder_holes *holes;
	struct reorder_hole hole;
	uint32_t at;

	if (position < track->first.position)
		track_open_before_first(track, position);
	holes = &track_trouble_start(track)->holes;
	at = reorder_find(holes, position);
	if (at == holes->count || holes->hole[at].start >= end) {
		if (end <= track->next) {
			observe_old(track, sample, position, result);
			return;
		}
		result->sure = true;
		track_advance(track, sample, position, position);
		return;
	}
	if (track->trouble->run_count && track->trouble->run_next == position)
		track->trouble->run_next = end;
	hole = holes->hole[at];
	fill_late(track, sample, position, &hole, result);
}
