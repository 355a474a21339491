/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_TICKS_H
#define PKTLINT_CAPTURE_TICKS_H

#include <stdint.h>

/* The clock of an interface: nanoseconds = (ticks * multiply >> shift) / divide + offset. */
struct ticks {
	uint64_t multiply, divide;
	unsigned shift;
	int64_t offset_seconds;
};

/*
 * Sets the resolution by the octet of pcapng's option if_tsresol: with bit 7 clear, ticks of
 * 10^-N seconds, with it set, of 2^-N, N being the lower bits.  6 is the default of the format.
 */
void ticks_set(struct ticks *ticks, uint8_t resolution);

/* Moments from 1933 to 2116: so no difference of two, nor a few seconds more, overflows. */
#define TICKS_MIN_NS (-(INT64_C(1) << 60))
#define TICKS_MAX_NS (INT64_C(1) << 62)

/* Returns nanoseconds since 1970 of `count` ticks; what lies beyond becomes the nearest limit. */
int64_t ticks_to_ns(const struct ticks *ticks, uint64_t count);

#endif
