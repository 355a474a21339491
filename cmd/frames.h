/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_FRAMES_H
#define PKTLINT_CMD_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Frames beyond this number are not kept in a set: 128 MiB of bits. */
#define FRAMES_MAX (UINT64_C(1) << 30)

/* A set of frame numbers, one bit each; zeroed: empty. */
struct frames {
	uint64_t *words;
	size_t room;     /* of words */
	uint64_t missed; /* additions of frames beyond FRAMES_MAX */
};

void frames_add(struct frames *frames, uint64_t frame);
void frames_remove(struct frames *frames, uint64_t frame);
bool frames_has(const struct frames *frames, uint64_t frame);

/* Frees what the set holds; it is empty then. */
void frames_clear(struct frames *frames);

#endif
