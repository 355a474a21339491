/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any packet may be offered to any profile: what it reads is within bounds.  Input: how many bytes
 * the capture cut off (2 bytes), then what was captured of an Ethernet frame.
 */

#include <stdlib.h>
#include <string.h>

#include "analyzers/profile.h"
#include "base/bytes.h"
#include "capture/decode.h"

#define PREFIX 2
#define LINKTYPE_ETHERNET 1

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_numbers(const struct profile *profile, const struct profile_view *view)
{
	struct profile_number numbers[PROFILE_NUMBERS];
	int count = profile->read(view, numbers);

	REQUIRE(count >= -1 && count <= (profile->blind ? 0 : PROFILE_NUMBERS));
	for (int i = 0; i < count; i++) {
		REQUIRE(profile->modulus == 0 || numbers[i].number < profile->modulus);
		REQUIRE(numbers[i].key_length <= PROFILE_KEY);
		REQUIRE(numbers[i].bytes <= view->length);
	}
}

static void check_feedback(const struct profile *profile, const struct profile_view *view)
{
	struct profile_feedback feedback;

	if (!profile->feedback || profile->feedback(view, &feedback) <= 0)
		return;
	REQUIRE(feedback.below < profile->modulus);
	REQUIRE(feedback.range_count <= PROFILE_RANGES);
	REQUIRE(feedback.repeat_count <= PROFILE_REPEATS);
	for (uint32_t i = 0; i < feedback.range_count; i++)
		REQUIRE(feedback.ranges[i].from < profile->modulus &&
			feedback.ranges[i].to < profile->modulus);
	for (uint32_t i = 0; i < feedback.repeat_count; i++)
		REQUIRE(feedback.repeats[i] < profile->modulus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct profile *found[64];
	struct profile_view view;
	struct packet packet;

	if (size < PREFIX)
		return 0;
	uint32_t captured = (uint32_t)(size - PREFIX);
	/* A heap block of its own, so that reads before and behind the frame are seen. */
	uint8_t *bytes = malloc(captured ? captured : 1);
	struct frame frame = {
		.data = bytes,
		.number = 1,
		.caplen = captured,
		.wirelen = captured + bytes_be16(data),
		.linktype = LINKTYPE_ETHERNET,
	};

	REQUIRE(bytes);
	memcpy(bytes, data + PREFIX, captured);
	decode_frame(&frame, &packet);
	unsigned count = profile_candidates(&packet, true, found, 64);

	for (unsigned i = 0; i < count; i++) {
		REQUIRE(profile_view(found[i], &packet, &view));
		REQUIRE(view.present <= view.length);
		REQUIRE(view.data >= bytes && view.data + view.present <= bytes + captured);
		check_numbers(found[i], &view);
		check_feedback(found[i], &view);
	}
	free(bytes);
	return 0;
}
