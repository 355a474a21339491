/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_BENCH_BYTES_H
#define PKTLINT_TESTS_BENCH_BYTES_H

/* Numbers and checksums in network order, for programs that make packets. */

#include <stddef.h>
#include <stdint.h>

static inline void put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

/* The sum of RFC 1071 before it is folded. */
static inline uint32_t sum16(const uint8_t *p, size_t bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < bytes; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (bytes & 1)
		sum += (uint32_t)p[bytes - 1] << 8;
	return sum;
}

/* Folds such sums; returns what stands in the header. */
static inline unsigned checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

#endif
