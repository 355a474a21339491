/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_UNIT_MESSAGES_H
#define PKTLINT_TESTS_UNIT_MESSAGES_H

/* Builds messages of netlink for tests: a fixed part, then attributes. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#define IMAGE_BYTES 2048

/* A body under construction. */
struct image {
	uint8_t bytes[IMAGE_BYTES];
	size_t length;
};

static inline void put_raw(struct image *image, const void *bytes, size_t length)
{
	assert_true(image->length + NLA_ALIGN(length) <= IMAGE_BYTES);
	memcpy(image->bytes + image->length, bytes, length);
	image->length += NLA_ALIGN(length);
}

static inline void put(struct image *image, unsigned type, const void *bytes, size_t length)
{
	struct nlattr header = { .nla_len = (uint16_t)(sizeof(header) + length),
		.nla_type = (uint16_t)type };

	put_raw(image, &header, sizeof(header));
	if (length)
		put_raw(image, bytes, length);
}

static inline void put_text(struct image *image, unsigned type, const char *text)
{
	put(image, type, text, strlen(text) + 1);
}

static inline void put_u8(struct image *image, unsigned type, uint8_t number)
{
	put(image, type, &number, sizeof(number));
}

static inline void put_u16(struct image *image, unsigned type, uint16_t number)
{
	put(image, type, &number, sizeof(number));
}

static inline void put_u32(struct image *image, unsigned type, uint32_t number)
{
	put(image, type, &number, sizeof(number));
}

static inline size_t begin_nest(struct image *image, unsigned type)
{
	size_t at = image->length;

	put(image, type | NLA_F_NESTED, NULL, 0);
	return at;
}

static inline void end_nest(struct image *image, size_t at)
{
	uint16_t length = (uint16_t)(image->length - at);

	memcpy(image->bytes + at, &length, sizeof(length));
}

/*
 * A copy, one of three cut, with up to four bytes changed at random; freed by the caller.  It ends
 * where its memory ends, so that a sanitizer sees a byte too many.
 */
static inline uint8_t *mutated(const struct image *image, uint32_t *random, size_t *length)
{
	uint8_t *copy = malloc(image->length + 1);
	uint32_t changes;

	*random = *random * 1664525 + 1013904223;
	changes = *random >> 24;
	*length = changes % 3 ? image->length : (*random >> 8) % (image->length + 1);
	copy = realloc(copy, *length ? *length : 1);
	memcpy(copy, image->bytes, *length);
	for (unsigned i = 0; *length && i < changes % 5; i++) {
		*random = *random * 1664525 + 1013904223;
		copy[(*random >> 8) % *length] = (uint8_t)(*random >> 24);
	}
	return copy;
}

#endif
