/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_BASE_BYTES_H
#define PKTLINT_BASE_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* Reads unaligned numbers in network (be) or little-endian (le) order.  Checks no bounds. */

static inline uint16_t bytes_be16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline uint32_t bytes_be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline uint64_t bytes_be64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static inline uint16_t bytes_le16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline uint32_t bytes_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

#endif
