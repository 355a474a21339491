/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much do transit times differ from packet to packet?  RFC 3550 6.4.1 with the integer
 * arithmetic of its appendix A.8: J += |D| - J / 16, scaled by 16.
 */
#include "analyzers/jitter.h"

/* Clocks of damaged files may be centuries apart. */
#define GREATEST_NS ((uint64_t)1 << 56)

int64_t jitter_add(struct jitter *jitter, int64_t transit_ns)
{
	uint64_t up = (uint64_t)transit_ns - (uint64_t)jitter->transit_ns;
	uint64_t difference = transit_ns < jitter->transit_ns ? 0 - up : up;

	if (difference > GREATEST_NS)
		difference = GREATEST_NS;
	if (jitter->started)
		jitter->sixteenths_ns += difference - (jitter->sixteenths_ns + 8) / 16;
	jitter->started = true;
	jitter->transit_ns = transit_ns;
	return (int64_t)(jitter->sixteenths_ns / 16);
}
