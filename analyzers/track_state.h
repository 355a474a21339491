/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_TRACK_STATE_H
#define PKTLINT_ANALYZERS_TRACK_STATE_H

#include "analyzers/jitter.h"
#include "analyzers/reorder.h"
#include "analyzers/track.h"

/* What the files of a track share; for nobody else. */

/* Positions begin in the middle, so that numbers before the first one have positions, too. */
#define TRACK_BASE ((uint64_t)1 << 63)

#define TRACK_HOLES 1024 /* open at a time */
#define TRACK_RECENT 64  /* arrivals remembered */
#define TRACK_RUN 4      /* so many old numbers in a row are a restart */

/* Flags of a struct reorder_hole. */
enum {
	HOLE_BEFORE = 1, /* below the first packet: nobody knows whether anything was sent there */
	HOLE_ID = 2,     /* the opener's `ip_id` is known */
	/*
	 * The capture of an input that ended may have dropped it, nobody captured between two
	 * inputs, or it was never this stream's.
	 */
	HOLE_DOUBTED = 4,
};

/* A packet that came for the first time. */
struct track_arrival {
	uint64_t position;
	int64_t time_ns;
	uint64_t frame;
	uint32_t print;
	uint16_t span; /* as in the sample, at most UINT16_MAX of it */
	uint8_t path;
};

/* A packet of which one does not know yet what it is. */
struct track_doubt {
	struct track_sample sample; /* without packet */
	uint64_t position;
	enum track_verdict verdict; /* as which it is counted meanwhile */
};

/* What only a stream in trouble needs. */
struct track_trouble {
	struct reorder_holes holes;
	struct density density;
	uint64_t forgotten; /* below, outside open holes: nobody knows what came and what did not */
	/* A far number, which the next packet may confirm. */
	bool is_held, is_outage; /* is_outage: the time that passed explains the jump */
	struct track_doubt held;
	/* Old numbers in a row: the beginning of a new epoch if it goes on. */
	struct track_doubt run[TRACK_RUN - 1];
	uint32_t run_count;
	uint64_t run_next;
	/* RFC 4737 4.5: the discontinuity of the last reordered packet */
	bool has_gap;
	uint32_t gap_arrival;
	int64_t gap_ns;
	/* Behind the last number lost. */
	bool has_loss;
	uint64_t loss_end;
};

struct track {
	struct track_rules rules; /* the increment is at least 1 */
	bool started;
	bool withhold;    /* nothing is called lost */
	bool steady;      /* a packet with `next_number` is in order, whatever came before */
	uint8_t id_steps; /* of the last 8 packets in order: whether the identification counted */
	uint16_t last_id;
	uint32_t hidden; /* perhaps inside the highest packet */
	uint64_t next;   /* RFC 4737's NextExp: position above the highest number seen */
	uint64_t next_number;
	uint64_t plain_below; /* to numbers below the increment is added without a wrap */
	uint64_t arrivals;    /* RFC 4737's index i: first arrivals, without what was sent again */
	uint64_t bytes;       /* in these */
	uint64_t run;         /* RFC 4737 4.6: packets in order since the last reordered one */
	int64_t front_ns;     /* when `next` last moved */
	uint64_t seam;        /* `next` when the last input ended, 0: none did in this epoch */
	struct track_arrival *recent; /* a ring that grows to TRACK_RECENT */
	uint32_t recent_mask;
	uint64_t recent_grows; /* when `recent_count` gets there */
	uint64_t recent_count; /* of this epoch */
	struct jitter jitter;
	struct jitter jitter_in_order; /* if `jitters_differ`, else equal to the other */
	bool jitters_differ;
	bool has_fastest;
	int64_t fastest_ns; /* the shortest transit of this epoch */
	/* The first packet of this epoch. */
	struct {
		uint64_t position, frame, arrival, bytes;
		uint32_t repeats;
		int64_t time_ns;
		uint16_t id;
		bool has_id, opened_before; /* the hole below it was opened */
		struct facts facts;
	} first;
	struct track_trouble *trouble;   /* NULL: none so far */
	struct track_sizes *sizes;       /* NULL: nothing to put in so far */
	struct histogram *delay_ns;      /* likewise */
	bool shares_sizes, shares_delay; /* they are the pool's */
	struct track_counts counts;
};

static inline uint32_t track_span(const struct track_sample *sample)
{
	return sample->span ? sample->span : 1;
}

/* The identification of `sample` seems to be a counter of the sender. */
static inline bool track_id_counts(const struct track *track)
{
	return __builtin_popcount(track->id_steps) >= 7;
}

/* Copies so far, those apart that the capture made: as many more places in order of arrival. */
static inline uint32_t track_repeats(const struct track *track)
{
	return (uint32_t)(track->counts.repeats - track->counts.copies);
}

struct track_trouble *track_trouble_start(struct track *track);
struct track_sizes *track_sizes_start(struct track *track);

/* track.c */

/*
 * How many packets `number` is above (or, negative, below) `from` the short way round.  False if it
 * is no whole number of them.
 */
bool track_distance(const struct track *track, uint64_t number, uint64_t from, int64_t *packets);

/*
 * Takes a packet that ends above `next` as in order; any hole was opened before.  What is between
 * `from` and `start` is taken as seen.
 */
void track_advance(
	struct track *track, const struct track_sample *sample, uint64_t from, uint64_t start);

/* The highest number is the last one of `sample` at `position` now. */
void track_move_front(struct track *track, const struct track_sample *sample, uint64_t position);

/* Begins a new epoch with `sample`, which is not taken into account yet. */
void track_restart(
	struct track *track, const struct track_sample *sample, struct track_result *result);

/* A late packet came for the first time: it is remembered, and its transit measured. */
void track_arrive(struct track *track, const struct track_sample *sample, uint64_t position);

/* track_loss.c */

/* `sample` at `position` jumped over what is below it. */
void track_jump(struct track *track, const struct track_sample *sample, uint64_t position,
	struct track_result *result);

/* What is before the first packet of the epoch becomes a hole, if it is still early enough. */
void track_open_before_first(struct track *track, uint64_t position);

/* Takes [start, end) out of the holes.  Returns how much of it was counted as missing. */
uint64_t track_fill(struct track *track, uint64_t start, uint64_t end);

/* The stream's holes are about to be freed. */
void track_give_back_holes(struct track *track);

/* All open holes are lost, or withheld. */
void track_close_all(struct track *track);

/* track_late.c: a packet below the highest. */
void track_behind(struct track *track, const struct track_sample *sample, uint64_t position,
	struct track_result *result);

#endif
