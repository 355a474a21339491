/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_MEDIA_CLOCK_H
#define PKTLINT_ANALYZERS_MEDIA_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The clock of a media stream's 32-bit time stamps (RFC 3550 5.1), whose rate the packets do not
 * tell: it is the usual rate nearest to what the arrivals show, or the one that is known.
 */
struct media_clock {
	uint32_t rate_hz; /* 0: not known yet */
	uint32_t last;
	int64_t units; /* since the first packet */
	int64_t first_ns;
	uint32_t packets;
	bool started;
};

/*
 * Takes a packet's time stamp; `rate_hz` is the rate if its payload type tells it, else 0.  Returns
 * true with `*sent_ns` (from the first packet on) once the rate is known.
 */
bool media_clock_read(struct media_clock *clock, uint32_t stamp, uint32_t rate_hz, int64_t time_ns,
	int64_t *sent_ns);

#endif
