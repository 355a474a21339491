/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which numbers of a stream are missing, and which are lost for good?  A hole is open until a late
 * packet fills it; it is lost when the stream ends or its counter restarts, when more than 1,024
 * are open, or when it is more than half the counter's range behind, where no number leads back.
 * What the capture may have dropped itself, or nobody sent, is withheld from the loss.
 */
#include "analyzers/track_state.h"

#include <string.h>

/* Numbers before the first one are late packets rather than old ones if they are so near. */
#define BEFORE_FIRST 64

static void count_lost(struct track *track, const struct reorder_hole *hole)
{
	struct track_trouble *trouble = track->trouble;
	struct track_sizes *sizes = track_sizes_start(track);
	uint64_t numbers = hole->end - hole->start;

	if (track->counts.loss_bursts < TRACK_FRAMES)
		track->counts.lost_frames[track->counts.loss_bursts] = hole->frame;
	track->counts.lost += numbers;
	track->counts.loss_bursts++;
	histogram_add(&sizes->loss_burst, numbers);
	if (trouble->has_loss)
		histogram_add(&sizes->loss_gap, hole->start - trouble->loss_end);
	trouble->has_loss = true;
	trouble->loss_end = hole->end;
}

static bool may_be_dropped(const struct track *track, const struct reorder_hole *hole)
{
	const struct drops *drops = track->rules.drops;

	return drops && drops_overlap(drops, hole->before_ns, hole->time_ns);
}

void track_seam(struct track *track)
{
	track->seam = track->next;
}

void track_input_end(struct track *track)
{
	struct reorder_holes *holes;

	if (!track->trouble)
		return;
	holes = &track->trouble->holes;
	for (uint32_t i = 0; i < holes->count; i++)
		if (may_be_dropped(track, &holes->hole[i]))
			holes->hole[i].flags |= HOLE_DOUBTED;
}

/* Nothing will fill `hole` any more.  Called in order of position. */
static void settle(struct track *track, const struct reorder_hole *hole)
{
	if (hole->flags & HOLE_BEFORE)
		return;
	track->counts.missing -= hole->end - hole->start;
	if (track->withhold || hole->flags & HOLE_DOUBTED || may_be_dropped(track, hole))
		track->counts.withheld += hole->end - hole->start;
	else
		count_lost(track, hole);
}

void track_withhold(struct track *track)
{
	track->withhold = true;
	track->counts.withheld += track->counts.lost;
	track->counts.lost = track->counts.loss_bursts = 0;
	if (!track->sizes)
		return;
	memset(&track->sizes->loss_burst, 0, sizeof(track->sizes->loss_burst));
	memset(&track->sizes->loss_gap, 0, sizeof(track->sizes->loss_gap));
}

void track_close_all(struct track *track)
{
	struct reorder_holes *holes;

	if (!track->trouble)
		return;
	holes = &track->trouble->holes;
	for (uint32_t i = 0; i < holes->count; i++)
		settle(track, &holes->hole[i]);
	holes->count = 0;
}

static void give_up(struct track *track, const struct reorder_hole *hole)
{
	track->counts.forgotten_holes++;
	track->trouble->forgotten = hole->end;
	settle(track, hole);
}

/* Numbers so far behind that the same number now means one ahead. */
static void close_unreachable(struct track *track)
{
	struct reorder_holes *holes = &track->trouble->holes;
	uint64_t half = (track->rules.modulus ? track->rules.modulus / 2 : TRACK_BASE) /
			track->rules.increment;

	while (holes->count && track->next - holes->hole[0].end > half) {
		settle(track, &holes->hole[0]);
		reorder_close(holes, 0);
	}
}

/* Of the holes that there is room for, those that the pool has to give. */
static uint32_t pooled(const struct track *track)
{
	uint32_t limit = track->trouble->holes.limit;

	return track->rules.pool && limit > TRACK_FEW_HOLES ? limit - TRACK_FEW_HOLES : 0;
}

void track_give_back_holes(struct track *track)
{
	if (track->rules.pool)
		track->rules.pool->holes_taken -= pooled(track);
}

/* Makes room for one more hole, if there may be one. */
static void reserve_hole(struct track *track)
{
	struct reorder_holes *holes = &track->trouble->holes;
	struct track_pool *pool = track->rules.pool;
	uint32_t before = pooled(track);

	/* Room doubles. */
	if (pool && holes->count == holes->limit && holes->limit >= TRACK_FEW_HOLES &&
		pool->holes_taken + holes->limit > TRACK_POOL_HOLES)
		return;
	reorder_reserve(holes, TRACK_HOLES);
	if (pool)
		pool->holes_taken += pooled(track) - before;
}

static void open_hole(struct track *track, const struct reorder_hole *hole)
{
	struct reorder_holes *holes = &track->trouble->holes;
	struct reorder_hole lost;

	close_unreachable(track);
	reserve_hole(track);
	if (reorder_open(holes, hole, &lost))
		give_up(track, &lost);
}

/* Nobody says that the capture went on between two inputs. */
static bool is_in_doubt(const struct track *track, const struct track_sample *sample)
{
	return sample->jump_doubted || track->next == track->seam;
}

void track_jump(struct track *track, const struct track_sample *sample, uint64_t position,
	struct track_result *result)
{
	struct reorder_hole hole = {
		.start = track->next + track->hidden,
		.end = position,
		.time_ns = sample->time_ns,
		.before_ns = track->front_ns,
		.frame = sample->frame,
		.bytes_below = track->bytes,
		.packets_below = track->arrivals,
		.arrival = (uint32_t)track->arrivals,
		.repeats = track_repeats(track),
		.ip_id = sample->id,
		.flags = (uint8_t)((sample->has_id ? HOLE_ID : 0) |
				   (is_in_doubt(track, sample) ? HOLE_DOUBTED : 0)),
	};

	if (sample->packet)
		facts_read(&hole.facts, sample->packet);
	density_extend(&track_trouble_start(track)->density, track->next, hole.start);
	open_hole(track, &hole);
	track->counts.missing += hole.end - hole.start;
	track->counts.discontinuities++;
	result->jump += hole.end - hole.start;
}

void track_open_before_first(struct track *track, uint64_t position)
{
	struct reorder_holes *holes = &track_trouble_start(track)->holes;
	uint64_t first = track->first.position;
	struct reorder_hole hole = {
		.start = first - BEFORE_FIRST,
		.end = first,
		.time_ns = track->first.time_ns,
		.frame = track->first.frame,
		.bytes_below = track->first.bytes,
		.packets_below = track->first.arrival,
		.arrival = (uint32_t)track->first.arrival,
		.repeats = track->first.repeats,
		.ip_id = track->first.id,
		.flags = (uint8_t)(HOLE_BEFORE | (track->first.has_id ? HOLE_ID : 0)),
		.facts = track->first.facts,
	};

	if (position < hole.start || track->arrivals - track->first.arrival > BEFORE_FIRST ||
		track->first.opened_before)
		return;
	reserve_hole(track);
	if (holes->count == holes->limit)
		return;
	track->first.opened_before = true;
	reorder_insert(holes, &hole);
}

/* A hole that falls in two needs room: the lowest is given up, or what is below in this one. */
static void make_room(struct track *track, uint64_t start, uint64_t end)
{
	struct reorder_holes *holes = &track->trouble->holes;
	uint32_t at = reorder_find(holes, start);
	struct reorder_hole lost;

	if (at == holes->count || holes->hole[at].start >= start || holes->hole[at].end <= end)
		return;
	reserve_hole(track);
	if (holes->count < holes->limit)
		return;
	lost = holes->hole[0];
	if (at == 0) {
		lost.end = start;
		holes->hole[0].start = start;
	} else {
		reorder_close(holes, 0);
	}
	give_up(track, &lost);
}

uint64_t track_fill(struct track *track, uint64_t start, uint64_t end)
{
	uint64_t first = track->first.position, filled = 0;

	make_room(track, start, end);
	if (start < first) {
		reorder_fill(&track->trouble->holes, start, end < first ? end : first);
		start = first;
	}
	if (start < end)
		filled = reorder_fill(&track->trouble->holes, start, end);
	track->counts.missing -= filled;
	return filled;
}

void track_acknowledge(struct track *track, uint64_t from, uint64_t to, bool cumulative)
{
	uint64_t start = track->first.position, end;
	int64_t packets;

	if (!track->trouble || !track->trouble->holes.count ||
		!track_distance(track, to, track->next_number, &packets))
		return;
	end = packets > 0 ? track->next : track->next + (uint64_t)packets;
	if (cumulative)
		density_skip(&track->trouble->density, end);
	else {
		if (!track_distance(track, from, track->next_number, &packets) || packets >= 0)
			return;
		start = track->next + (uint64_t)packets;
	}
	if (start < end)
		track->counts.capture_missed += track_fill(track, start, end);
}
