/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_UNIT_FRAMES_H
#define PKTLINT_TESTS_UNIT_FRAMES_H

/* Builds frames for tests, byte by byte, and decodes them. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "capture/decode.h"
#include "capture/decode_layers.h"

#define LINK_NULL 0
#define LINK_ETHERNET 1
#define LINK_RAW 101
#define LINK_LOOP 108
#define LINK_COOKED 113
#define LINK_COOKED2 276

/* Bytes under construction. */
struct bytes {
	uint8_t data[4096];
	uint32_t size;
};

static inline void put(struct bytes *b, const void *data, size_t size)
{
	memcpy(b->data + b->size, data, size);
	b->size += (uint32_t)size;
}

static inline void put8(struct bytes *b, unsigned value)
{
	b->data[b->size++] = (uint8_t)value;
}

static inline void put16(struct bytes *b, unsigned value)
{
	put8(b, value >> 8);
	put8(b, value);
}

static inline void put32(struct bytes *b, uint32_t value)
{
	put16(b, value >> 16);
	put16(b, value);
}

static inline void put_fill(struct bytes *b, unsigned value, size_t count)
{
	memset(b->data + b->size, (int)value, count);
	b->size += (uint32_t)count;
}

static inline void set16(struct bytes *b, uint32_t at, unsigned value)
{
	b->data[at] = (uint8_t)(value >> 8);
	b->data[at + 1] = (uint8_t)value;
}

/* Headers.  Lengths are filled in by ip_finish() and udp_finish(), given where the header began. */

static inline void put_ethernet(struct bytes *b, unsigned type)
{
	put_fill(b, 0x02, 6);
	put_fill(b, 0x04, 6);
	put16(b, type);
}

/* From 10.0.0.1 to 10.0.0.2, identification 0x1234, TTL 64, don't fragment, no options. */
static inline uint32_t put_ipv4(struct bytes *b, unsigned protocol)
{
	uint32_t start = b->size;

	put16(b, 0x4500);
	put16(b, 0);
	put16(b, 0x1234);
	put16(b, 0x4000);
	put8(b, 64);
	put8(b, protocol);
	put16(b, 0);
	put32(b, 0x0a000001);
	put32(b, 0x0a000002);
	return start;
}

/* From 2001:db8::1 to 2001:db8::2, traffic class 0xb8, hop limit 63. */
static inline uint32_t put_ipv6(struct bytes *b, unsigned next)
{
	uint32_t start = b->size;

	put32(b, 0x6b800000);
	put16(b, 0);
	put8(b, next);
	put8(b, 63);
	for (unsigned host = 1; host <= 2; host++) {
		put32(b, 0x20010db8);
		put_fill(b, 0, 8);
		put32(b, host);
	}
	return start;
}

/* Makes the IP header that begins at `start` announce all bytes up to now. */
static inline void ip_finish(struct bytes *b, uint32_t start)
{
	if (b->data[start] >> 4 == 4)
		set16(b, start + 2, b->size - start);
	else
		set16(b, start + 4, b->size - start - 40);
}

/* From port 1000 to 80; `options` bytes of options (a multiple of 4) are to follow. */
static inline uint32_t put_tcp(struct bytes *b, unsigned flags, unsigned options)
{
	uint32_t start = b->size;

	put16(b, 1000);
	put16(b, 80);
	put32(b, 0x01020304);
	put32(b, 0x05060708);
	put16(b, ((20 + options) / 4) << 12 | flags);
	put16(b, 0x7210);
	put16(b, 0xabcd);
	put16(b, 0);
	return start;
}

static inline uint32_t put_udp(struct bytes *b)
{
	uint32_t start = b->size;

	put16(b, 5000);
	put16(b, 53);
	put16(b, 0);
	put16(b, 0x1111);
	return start;
}

static inline void udp_finish(struct bytes *b, uint32_t start)
{
	set16(b, start + 4, b->size - start);
}

/*
 * Decodes `caplen` of the bytes as a frame of `wirelen`, from a heap copy of exactly that size, so
 * that the address sanitizer sees a read beyond it.  p->data is that copy: free with frame_free().
 * Ends the test if decoding layer by layer gives anything else.
 */
static inline void frame_decode(struct packet *p, const struct bytes *b, unsigned linktype,
	uint32_t caplen, uint32_t wirelen)
{
	uint8_t *copy = malloc(caplen ? caplen : 1);
	struct frame frame = {
		.data = copy,
		.number = 7,
		.time_ns = 1234567890,
		.caplen = caplen,
		.wirelen = wirelen,
		.interface = 3,
		.linktype = (uint16_t)linktype,
		.flags = FRAME_HAS_TIME,
		.rxhash = 0x12345678,
		.device = 5,
	};
	struct packet general;

	if (!copy)
		abort();
	memcpy(copy, b->data, caplen);
	memset(p, 0x5a, sizeof(*p));
	decode_frame(&frame, p);
	decode_general(&frame, &general);
	if (memcmp(p, &general, sizeof(*p)) != 0)
		abort();
}

static inline void frame_free(struct packet *p)
{
	free((uint8_t *)(uintptr_t)p->data);
	p->data = NULL;
}

#endif
