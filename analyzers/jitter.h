/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_JITTER_H
#define PKTLINT_ANALYZERS_JITTER_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 3550 6.4.1: the smoothed difference of transit times between packets.  Zeroed: none yet. */
struct jitter {
	bool started;           /* `transit_ns` is that of the packet before */
	int64_t transit_ns;     /* arrival minus sending, by two clocks: only differences count */
	uint64_t sixteenths_ns; /* the estimate, scaled as in appendix A.8 */
};

/* Takes the next packet into account.  Returns the estimate in nanoseconds. */
int64_t jitter_add(struct jitter *jitter, int64_t transit_ns);

#endif
