/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When is a pcapng time stamp?  Its resolution may be any power of ten or of two, down to far
 * below the nanosecond, and its range far beyond 64 bits of them: computed in 128 bits, clamped.
 */
#include "capture/ticks.h"

#define NS_PER_SECOND 1000000000
#define NS_DIGITS 9
#define BASE_TWO 0x80

/* From here on 10^N exceeds what the division needs: every count of ticks gives 0 ns. */
#define MAX_DIGITS 19

static uint64_t power_of_ten(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

void ticks_set(struct ticks *ticks, uint8_t resolution)
{
	unsigned exponent = resolution & ~BASE_TWO;

	ticks->multiply = NS_PER_SECOND;
	ticks->divide = 1;
	ticks->shift = 0;
	if (resolution & BASE_TWO) {
		ticks->shift = exponent;
	} else if (exponent <= NS_DIGITS) {
		ticks->multiply = power_of_ten(NS_DIGITS - exponent);
	} else if (exponent - NS_DIGITS <= MAX_DIGITS) {
		ticks->multiply = 1;
		ticks->divide = power_of_ten(exponent - NS_DIGITS);
	} else {
		ticks->multiply = 0;
	}
}

int64_t ticks_to_ns(const struct ticks *ticks, uint64_t count)
{
	__int128 ns = (__int128)((unsigned __int128)count * ticks->multiply >> ticks->shift);

	if (ticks->divide > 1) /* then ns <= count, and the costly 128-bit division is not needed */
		ns = (uint64_t)ns / ticks->divide;
	ns += (__int128)ticks->offset_seconds * NS_PER_SECOND;
	if (ns > TICKS_MAX_NS)
		return TICKS_MAX_NS;
	return ns < TICKS_MIN_NS ? TICKS_MIN_NS : (int64_t)ns;
}
