/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_PROBE_TALLY_H
#define PKTLINT_PROBE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/packet.h"

#define PROBE_TALLIES 256                /* streams that are counted, at most */
#define PROBE_WINDOW (UINT64_C(1) << 20) /* numbers behind the highest that are remembered */
#define PROBE_CLAIMS 16384               /* damaged probes of which the number is remembered */

/* What came of one stream. */
struct probe_tally {
	uint32_t run;
	uint16_t stream, streams;
	uint64_t received;   /* intact or cut, copies included */
	uint64_t duplicates; /* of `received`: the number had come before */
	uint64_t beyond;     /* of `received`: too far behind to tell whether it had */
	uint64_t lowest;     /* number; meaningful if received > 0 */
	uint64_t highest;    /* the same */
	uint64_t damaged;    /* numbers that came damaged only: see probe_tallies_settle() */
	bool ended;          /* the sender said how many there were */
	uint64_t total;      /* numbers used up, with `ended` */
	uint64_t failed;     /* of them never sent, with `ended` */
	uint64_t *seen;      /* owned: a bit for each number of the window */
};

/* Which one a damaged probe says it is. */
struct probe_claim {
	uint32_t run;
	uint16_t stream;
	uint64_t number;
};

/* All streams. */
struct probe_tallies {
	struct probe_tally *streams; /* owned; in order of first probe */
	uint32_t count;
	uint64_t corrupt;           /* of whatever stream, ends among them */
	uint64_t unplaced;          /* of `corrupt`: no end, and none that is missing */
	uint64_t left_out;          /* of more streams than are counted */
	struct probe_claim *claims; /* owned: of `corrupt` */
	uint32_t claim_count;
};

/* Counts a probe that came; `state` is not PROBE_NONE. */
void probe_tally(struct probe_tallies *tallies, enum probe_state state, const struct probe *probe);

/* Numbers of the stream that were sent, as far as it is known. */
uint64_t probe_tally_expected(const struct probe_tally *tally);

/* Of these, how many have not come intact. */
uint64_t probe_tally_missing(const struct probe_tally *tally);

/*
 * Tells damaged probes from damaged copies, once nothing more comes: what such a one says of itself
 * is believed only if the number it names is missing.
 */
void probe_tallies_settle(struct probe_tallies *tallies);

/* Streams of which nothing came at all, neither probe nor end, though others of their run tell. */
uint64_t probe_tallies_absent(const struct probe_tallies *tallies);

/* Whether all runs are over: the end of each of their streams came. */
bool probe_tally_is_over(const struct probe_tallies *tallies);

void probe_tally_free(struct probe_tallies *tallies);

#endif
