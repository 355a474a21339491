/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever probes say of themselves, what is read is within bounds and what is counted adds up.
 * Input: a length (1 byte) and the bytes of a packet of it, one after the other.  Each is read as
 * it is, and once more with its CRC put right, since no fuzzer finds one.
 */

#include <stdlib.h>
#include <string.h>

#include "probe/packet.h"
#include "probe/tally.h"

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct probe_tallies *tallies, const uint8_t *bytes, uint32_t count)
{
	struct probe probe;
	enum probe_state state = probe_read(bytes, count, count, &probe);

	if (state == PROBE_NONE)
		return;
	probe_tally(tallies, state, &probe);
	if (state == PROBE_INTACT)
		REQUIRE(probe.length >= PROBE_HEADER && probe.length <= count);
}

/* What it says, as a sender would have said it. */
static void take_mended(struct probe_tallies *tallies, const uint8_t *bytes, uint32_t count)
{
	uint8_t mended[UINT8_MAX];
	struct probe probe;

	if (probe_read(bytes, count, count, &probe) != PROBE_CORRUPT)
		return;
	if (probe.length > count || probe.length < (probe.end ? PROBE_END : PROBE_HEADER))
		return;
	memcpy(mended, bytes, count);
	probe_write(mended, &probe);
	REQUIRE(probe_read(mended, count, count, &probe) == PROBE_INTACT);
	take(tallies, mended, count);
}

static void check(struct probe_tallies *tallies)
{
	uint64_t placed = 0;

	probe_tally_is_over(tallies);
	probe_tallies_settle(tallies);
	REQUIRE(tallies->count <= PROBE_TALLIES);
	for (uint32_t i = 0; i < tallies->count; i++) {
		const struct probe_tally *tally = &tallies->streams[i];

		REQUIRE(tally->duplicates + tally->beyond <= tally->received);
		REQUIRE(tally->damaged <= probe_tally_missing(tally));
		REQUIRE(probe_tally_missing(tally) <= probe_tally_expected(tally));
		REQUIRE(!tally->received || tally->lowest <= tally->highest);
		placed += tally->damaged;
	}
	REQUIRE(placed + tallies->unplaced <= tallies->corrupt);
	REQUIRE(!probe_tally_is_over(tallies) || probe_tallies_absent(tallies) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe_tallies tallies = { 0 };

	while (size > 1) {
		uint32_t count = data[0] < size - 1 ? data[0] : (uint32_t)size - 1;

		take(&tallies, data + 1, count);
		take_mended(&tallies, data + 1, count);
		data += 1 + count;
		size -= 1 + count;
	}
	check(&tallies);
	probe_tally_free(&tallies);
	return 0;
}
