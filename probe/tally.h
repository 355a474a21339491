/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_PROBE_TALLY_H
#define PKTLINT_PROBE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/packet.h"

#define PROBE_TALLIES 256                /* streams that are counted, at most */
#define PROBE_WINDOW (UINT64_C(1) << 20) /* numbers behind the highest that are remembered */

/* What came of one stream. */
struct probe_tally {
	uint32_t run;
	uint16_t stream, streams;
	uint64_t received;   /* intact or cut, copies included */
	uint64_t duplicates; /* of `received`: the number had come before */
	uint64_t beyond;     /* of `received`: too far behind to tell whether it had */
	uint64_t highest;    /* number; meaningful if received > 0 */
	bool ended;          /* the sender said how many there were */
	uint64_t total;      /* numbers used up, with `ended` */
	uint64_t failed;     /* of them never sent, with `ended` */
	uint64_t *seen;      /* owned: a bit for each number of the window */
};

/* All streams. */
struct probe_tallies {
	struct probe_tally *streams; /* owned; in order of first probe */
	uint32_t count;
	uint64_t corrupt;  /* of whatever stream */
	uint64_t left_out; /* of more streams than are counted */
};

/* Counts a probe that came; `state` is not PROBE_NONE. */
void probe_tally(struct probe_tallies *tallies, enum probe_state state, const struct probe *probe);

/* Numbers of the stream that were sent, as far as it is known. */
uint64_t probe_tally_expected(const struct probe_tally *tally);

/* Of these, how many have not come intact. */
uint64_t probe_tally_missing(const struct probe_tally *tally);

/* Whether the first run is over: the end of each of its streams came. */
bool probe_tally_is_over(const struct probe_tallies *tallies);

void probe_tally_free(struct probe_tallies *tallies);

#endif
