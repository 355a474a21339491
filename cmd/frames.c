/* SPDX-License-Identifier: BSD-2-Clause */
/* Which frames were chosen?  A bit for each, so that order of choosing and amendments are free. */
#include "cmd/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void grow(struct frames *frames, size_t word)
{
	size_t room = frames->room ? frames->room : 1024;

	while (room <= word)
		room *= 2;
	frames->words = memory_grow(frames->words, room, sizeof(*frames->words));
	memset(frames->words + frames->room, 0, (room - frames->room) * sizeof(*frames->words));
	frames->room = room;
}

void frames_add(struct frames *frames, uint64_t frame)
{
	if (frame >= FRAMES_MAX) {
		frames->missed++;
		return;
	}
	if (frame / 64 >= frames->room)
		grow(frames, frame / 64);
	frames->words[frame / 64] |= UINT64_C(1) << frame % 64;
}

void frames_remove(struct frames *frames, uint64_t frame)
{
	if (frame / 64 < frames->room)
		frames->words[frame / 64] &= ~(UINT64_C(1) << frame % 64);
}

bool frames_has(const struct frames *frames, uint64_t frame)
{
	return frame / 64 < frames->room && frames->words[frame / 64] >> frame % 64 & 1;
}

void frames_clear(struct frames *frames)
{
	free(frames->words);
	*frames = (struct frames){ 0 };
}
