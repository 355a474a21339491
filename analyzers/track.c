/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where does a packet stand in its stream?  Numbers of any width become 64-bit positions, counted
 * in packets.  A jump of up to 3,000 is believed at once, as RFC 3550 A.1 does; a farther one is
 * held until the next packet follows it, and then is an outage if the time that passed explains
 * it at the rate so far, else a restart of the sender's counter.  So a number that is alone, be it
 * corrupt or forged, changes nothing.  Of a counter with few bits less can be told: a burst of
 * losses longer than half its range looks like a step back.
 */
#include "analyzers/track_state.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define DROPOUT 3000      /* RFC 3550 A.1's MAX_DROPOUT */
#define OUTAGE_SLACK 16   /* a sender may be so much faster than it was on average */
#define OUTAGE_MAX 0x1p40 /* numbers; more is nobody's outage */
#define CONFIRM_WITHIN 16 /* a far number is followed by one of the next so many */
#define FIRST_RECENT 8    /* arrivals remembered before the ring grows */

static void set_plain(struct track *track)
{
	uint64_t modulus = track->rules.modulus, increment = track->rules.increment;

	track->plain_below = modulus && modulus <= increment ? 0 : modulus - increment;
}

struct track *track_new(const struct track_rules *rules)
{
	struct track *track = memory_alloc(1, sizeof(*track));

	track->rules = *rules;
	if (!track->rules.increment)
		track->rules.increment = 1;
	set_plain(track);
	return track;
}

/* What is the stream's own goes, and makes room in the pool. */
static void free_spreads(struct track *track)
{
	struct track_pool *pool = track->rules.pool;

	if (pool && track->sizes && !track->shares_sizes)
		pool->sizes_taken--;
	if (!track->shares_sizes)
		free(track->sizes);
	if (pool && track->delay_ns && !track->shares_delay)
		pool->delays_taken--;
	if (!track->shares_delay)
		free(track->delay_ns);
}

void track_pool_free(struct track_pool *pool)
{
	free(pool->sizes);
	free(pool->delay_ns);
}

void track_free(struct track *track)
{
	if (!track)
		return;
	if (track->trouble) {
		track_give_back_holes(track);
		free(track->trouble->holes.store);
	}
	free(track->trouble);
	free_spreads(track);
	free(track->recent);
	free(track);
}

struct track_trouble *track_trouble_start(struct track *track)
{
	if (!track->trouble) {
		track->trouble = memory_alloc(1, sizeof(*track->trouble));
		density_begin(&track->trouble->density, track->next);
	}
	return track->trouble;
}

struct track_sizes *track_sizes_start(struct track *track)
{
	struct track_pool *pool = track->rules.pool;

	if (track->sizes)
		return track->sizes;
	track->shares_sizes = pool && pool->sizes_taken == TRACK_OWN_SIZES;
	if (track->shares_sizes && pool->sizes)
		return track->sizes = pool->sizes;
	track->sizes = memory_alloc(1, sizeof(*track->sizes));
	if (track->shares_sizes)
		pool->sizes = track->sizes;
	else if (pool)
		pool->sizes_taken++;
	return track->sizes;
}

static struct histogram *delay_start(struct track *track)
{
	struct track_pool *pool = track->rules.pool;

	if (track->delay_ns)
		return track->delay_ns;
	track->shares_delay = pool && pool->delays_taken == TRACK_OWN_DELAYS;
	if (track->shares_delay && pool->delay_ns)
		return track->delay_ns = pool->delay_ns;
	track->delay_ns = memory_alloc(1, sizeof(*track->delay_ns));
	if (track->shares_delay)
		pool->delay_ns = track->delay_ns;
	else if (pool)
		pool->delays_taken++;
	return track->delay_ns;
}

bool track_distance(const struct track *track, uint64_t number, uint64_t from, int64_t *packets)
{
	uint64_t modulus = track->rules.modulus, increment = track->rules.increment;
	uint64_t up = number - from + (number < from ? modulus : 0);
	uint64_t down = modulus - up;
	bool is_up = up < down;
	uint64_t numbers = is_up ? up : down;

	*packets = (int64_t)(is_up ? numbers / increment : 0 - numbers / increment);
	return numbers % increment == 0;
}

/* The number of the packet `count` after the one with `number`. */
static uint64_t number_after(const struct track *track, uint64_t number, uint32_t count)
{
	uint64_t modulus = track->rules.modulus, step = (uint64_t)track->rules.increment * count;

	if (modulus == 0)
		return number + step;
	if (step >= modulus)
		step %= modulus;
	return step < modulus - number ? number + step : number - (modulus - step);
}

__attribute__((noinline)) static void grow_recent(struct track *track)
{
	uint32_t room = track->recent ? 2 * (track->recent_mask + 1) : FIRST_RECENT;

	track->recent = memory_grow(track->recent, room, sizeof(*track->recent));
	track->recent_mask = room - 1;
	track->recent_grows = room < TRACK_RECENT ? room : UINT64_MAX;
}

static inline void remember(
	struct track *track, const struct track_sample *sample, uint64_t position)
{
	struct track_arrival *arrival;

	if (track->recent_count == track->recent_grows)
		grow_recent(track);
	arrival = &track->recent[track->recent_count++ & track->recent_mask];
	arrival->position = position;
	arrival->time_ns = sample->time_ns;
	arrival->frame = sample->frame;
	arrival->print = sample->print;
	arrival->span = (uint16_t)(sample->span < UINT16_MAX ? sample->span : UINT16_MAX);
	arrival->path = sample->path;
}

static void note_greatest(int64_t now, int64_t *value, int64_t *greatest)
{
	*value = now;
	if (now > *greatest)
		*greatest = now;
}

/* As long as no late packet is timed the estimate without those is the same one. */
static void measure_jitter(struct track *track, int64_t transit_ns, bool in_order)
{
	struct track_counts *counts = &track->counts;

	if (!in_order && !track->jitters_differ) {
		track->jitters_differ = true;
		track->jitter_in_order = track->jitter;
	}
	note_greatest(
		jitter_add(&track->jitter, transit_ns), &counts->jitter_ns, &counts->jitter_max_ns);
	if (!track->jitters_differ) {
		counts->jitter_in_order_ns = counts->jitter_ns;
		counts->jitter_in_order_max_ns = counts->jitter_max_ns;
	} else if (in_order) {
		note_greatest(jitter_add(&track->jitter_in_order, transit_ns),
			&counts->jitter_in_order_ns, &counts->jitter_in_order_max_ns);
	}
}

__attribute__((noinline)) static void measure_transit(
	struct track *track, const struct track_sample *sample, bool in_order)
{
	int64_t transit_ns = (int64_t)((uint64_t)sample->time_ns - (uint64_t)sample->sent_ns);

	track->counts.timed = true;
	measure_jitter(track, transit_ns, in_order);
	if (!track->has_fastest || transit_ns < track->fastest_ns)
		track->fastest_ns = transit_ns;
	track->has_fastest = true;
	histogram_add(delay_start(track), (uint64_t)transit_ns - (uint64_t)track->fastest_ns);
}

static inline void arrive(
	struct track *track, const struct track_sample *sample, uint64_t position, bool in_order)
{
	track->counts.received++;
	track->arrivals++;
	track->bytes += sample->bytes;
	remember(track, sample, position);
	if (sample->timed)
		measure_transit(track, sample, in_order);
}

void track_arrive(struct track *track, const struct track_sample *sample, uint64_t position)
{
	arrive(track, sample, position, false);
}

static void learn_id(struct track *track, const struct track_sample *sample)
{
	uint16_t step = (uint16_t)(sample->id - track->last_id);

	if (!sample->has_id)
		return;
	track->id_steps = (uint8_t)(track->id_steps << 1 | (step >= 1 && step <= 8));
	track->last_id = sample->id;
}

static inline void move_front(
	struct track *track, const struct track_sample *sample, uint64_t position)
{
	uint32_t span = track_span(sample);

	track->next = position + span;
	track->front_ns = sample->time_ns;
	track->hidden = sample->hidden;
	if (span == 1 && sample->number < track->plain_below) {
		track->counts.highest_number = sample->number;
		track->next_number = sample->number + track->rules.increment;
		return;
	}
	track->counts.highest_number = number_after(track, sample->number, span - 1);
	track->next_number = number_after(track, sample->number, span);
}

void track_move_front(struct track *track, const struct track_sample *sample, uint64_t position)
{
	move_front(track, sample, position);
}

static inline void advance(
	struct track *track, const struct track_sample *sample, uint64_t from, uint64_t start)
{
	struct track_counts *counts = &track->counts;

	arrive(track, sample, start, true);
	counts->in_order++;
	counts->run_packets++;
	track->run++;
	move_front(track, sample, start);
	if (track->rules.resends)
		learn_id(track, sample);
	if (!track->trouble) {
		counts->buffered[0]++;
		return;
	}
	track->trouble->run_count = 0;
	density_arrive(&track->trouble->density, from, track->next, counts->buffered);
}

void track_advance(
	struct track *track, const struct track_sample *sample, uint64_t from, uint64_t start)
{
	advance(track, sample, from, start);
}

static void begin_epoch(struct track *track, const struct track_sample *sample)
{
	track->started = track->steady = true;
	track->next = TRACK_BASE;
	track->seam = 0;
	track->next_number = sample->number;
	track->hidden = 0;
	track->front_ns = sample->time_ns;
	track->recent_count = 0;
	track->jitter.started = track->jitter_in_order.started = track->has_fastest = false;
	memset(&track->first, 0, sizeof(track->first));
	track->first.position = TRACK_BASE;
	track->first.frame = sample->frame;
	track->first.arrival = track->arrivals;
	track->first.repeats = track_repeats(track);
	track->first.bytes = track->bytes;
	track->first.time_ns = sample->time_ns;
	track->first.id = sample->id;
	track->first.has_id = sample->has_id;
	track->first.facts = (struct facts){ 0 };
	if (sample->packet)
		facts_read(&track->first.facts, sample->packet);
	track->counts.first_number = sample->number;
}

void track_restart(
	struct track *track, const struct track_sample *sample, struct track_result *result)
{
	struct track_trouble *trouble = track_trouble_start(track);

	track_close_all(track);
	trouble->forgotten = 0;
	trouble->run_count = 0;
	trouble->has_loss = false;
	trouble->is_held = false;
	density_begin(&trouble->density, TRACK_BASE);
	begin_epoch(track, sample);
	track->counts.restarts++;
	result->restarted = true;
}

/* At the rate so far, could so many have been sent since the highest came? */
static bool is_outage(const struct track *track, const struct track_sample *sample, int64_t packets)
{
	double elapsed_ns = (double)sample->time_ns - (double)track->front_ns;
	double seen_ns = (double)track->front_ns - (double)track->first.time_ns;
	double seen = (double)(track->next - track->first.position);

	return elapsed_ns > 0 && seen_ns > 0 && (double)packets < OUTAGE_MAX &&
	       track->next < UINT64_MAX / 4 * 3 &&
	       (double)packets <= DROPOUT + OUTAGE_SLACK * seen * (elapsed_ns / seen_ns);
}

/* Nobody knows what `sample` is unless the next one follows it. */
static void hold(struct track *track, const struct track_sample *sample, int64_t packets,
	enum track_verdict verdict, struct track_result *result)
{
	struct track_trouble *trouble = track_trouble_start(track);

	trouble->is_held = true;
	trouble->is_outage = verdict == TRACK_UNKNOWN && is_outage(track, sample, packets);
	trouble->held = (struct track_doubt){ *sample, track->next + (uint64_t)packets, verdict };
	trouble->held.sample.packet = NULL;
	track->steady = false;
	result->verdict = verdict;
	if (verdict == TRACK_MISFIT)
		track->counts.misfits++;
	else
		track->counts.unknown++;
}

/* The packet that was held is in order after all. */
static void believe_held(struct track *track, struct track_result *result)
{
	struct track_trouble *trouble = track->trouble;
	const struct track_doubt held = trouble->held;

	if (held.verdict == TRACK_MISFIT)
		track->counts.misfits--;
	else
		track->counts.unknown--;
	if (trouble->is_outage)
		track_jump(track, &held.sample, held.position, result);
	else
		track_restart(track, &held.sample, result);
	track_advance(track, &held.sample, trouble->is_outage ? held.position : track->next,
		trouble->is_outage ? held.position : track->next);
	result->amended[result->amended_count++] = (struct track_amended){ held.sample.frame,
		held.sample.number, held.verdict };
}

/* Decides on the held packet by the next one.  Returns false if that is a copy of it. */
static bool settle_held(
	struct track *track, const struct track_sample *sample, struct track_result *result)
{
	struct track_trouble *trouble = track->trouble;
	int64_t beyond, within = trouble->is_outage ? DROPOUT : CONFIRM_WITHIN;
	bool fits = track_distance(track, sample->number, trouble->held.sample.number, &beyond);

	if (fits && beyond == 0)
		return false;
	if (fits && beyond > 0 && beyond < (int64_t)track_span(&trouble->held.sample) + within)
		believe_held(track, result);
	trouble->is_held = false;
	track->steady = true;
	return true;
}

/* A packet above the highest, `packets` more than it had to be. */
static void observe_ahead(struct track *track, const struct track_sample *sample, int64_t packets,
	struct track_result *result)
{
	uint64_t position = track->next + (uint64_t)packets;

	if (packets > DROPOUT && packets > track->hidden) {
		hold(track, sample, packets, TRACK_UNKNOWN, result);
		return;
	}
	result->verdict = TRACK_IN_ORDER;
	result->sure = true;
	if (packets <= track->hidden) {
		/* What is below may be inside the super-frame or not, which nobody can tell. */
		if (packets)
			track_trouble_start(track)->forgotten = position;
		track_advance(track, sample, track->next, position);
		return;
	}
	track_jump(track, sample, position, result);
	track_advance(track, sample, position, position);
}

static void observe_first(
	struct track *track, const struct track_sample *sample, struct track_result *result)
{
	track->counts.first_ns = sample->time_ns;
	begin_epoch(track, sample);
	track_advance(track, sample, track->next, track->next);
	result->sure = true;
}

/* Not inline, so that packets in order need not save its registers. */
__attribute__((noinline)) static void observe_any(
	struct track *track, const struct track_sample *sample, struct track_result *result)
{
	int64_t packets;

	if (track->rules.modulus && sample->number >= track->rules.modulus) {
		result->verdict = TRACK_MISFIT;
		track->counts.misfits++;
		return;
	}
	if (!track->started) {
		observe_first(track, sample, result);
		return;
	}
	if (!track->steady && !settle_held(track, sample, result)) {
		result->verdict = TRACK_UNKNOWN;
		track->counts.unknown++;
		return;
	}
	if (!track_distance(track, sample->number, track->next_number, &packets))
		hold(track, sample, 0, TRACK_MISFIT, result);
	else if (packets >= 0)
		observe_ahead(track, sample, packets, result);
	else
		track_behind(track, sample, track->next + (uint64_t)packets, result);
}

void track_observe(
	struct track *track, const struct track_sample *sample, struct track_result *result)
{
	static const struct track_result nothing;

	memcpy(result, &nothing, offsetof(struct track_result, amended));
	track->counts.packets++;
	track->counts.last_ns = sample->time_ns;
	if (!track->steady || sample->number != track->next_number) {
		observe_any(track, sample, result);
		return;
	}
	result->sure = true;
	advance(track, sample, track->next, track->next);
}

void track_narrow(struct track *track, uint64_t modulus)
{
	track->rules.modulus = modulus;
	set_plain(track);
	if (!modulus)
		return;
	track->next_number %= modulus;
	track->counts.highest_number %= modulus;
	if (track->trouble) {
		track->trouble->held.sample.number %= modulus;
		track->trouble->run_count = 0;
	}
}

void track_end(struct track *track)
{
	track_close_all(track);
}

const struct track_counts *track_counts(const struct track *track)
{
	return &track->counts;
}

const struct track_sizes *track_sizes(const struct track *track)
{
	return track->shares_sizes ? NULL : track->sizes;
}

const struct histogram *track_delay(const struct track *track)
{
	return track->shares_delay ? NULL : track->delay_ns;
}

bool track_shares(const struct track *track)
{
	return track->shares_sizes || track->shares_delay;
}
