/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 5236's reorder buffer-occupancy density, against occupancies worked out by hand and against
 * its definition with every buffered packet kept; and RFC 3550's jitter.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "analyzers/density.h"
#include "analyzers/jitter.h"

static const struct {
	const char *name;
	uint64_t packet[16]; /* ends with 0; first arrivals only */
	uint64_t occupancy[16];
} examples[] = {
	{ "in order", { 1, 2, 3 }, { 0, 0, 0 } },
	{ "one late", { 1, 2, 4, 5, 3, 6 }, { 0, 0, 1, 2, 0, 0 } },
	{ "2 lost: the buffer never empties", { 1, 4, 3, 5, 8, 7, 6 }, { 0, 1, 2, 3, 4, 5, 6 } },
	{ "4 lost", { 1, 2, 5, 3, 6 }, { 0, 0, 1, 1, 2 } },
	{ "backwards", { 4, 3, 2, 1 }, { 1, 2, 3, 0 } },
};

static void examples_by_hand(void **state)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct density density;

		density_begin(&density, 1);
		for (int j = 0; examples[i].packet[j]; j++) {
			uint64_t count[DENSITY_BUFFER + 1] = { 0 };
			uint64_t packet = examples[i].packet[j];

			density_arrive(&density, packet, packet + 1, count);
			if (count[examples[i].occupancy[j]] != 1)
				fail_msg("%s: packet %d", examples[i].name, j);
		}
	}
}

/* The packet that is waited for is given up when the buffer is full. */
static void a_full_buffer_gives_up(void **state)
{
	uint64_t count[DENSITY_BUFFER + 1] = { 0 };
	struct density density;

	density_begin(&density, 1);
	for (uint64_t packet = 2; packet < 2 + DENSITY_BUFFER; packet++)
		density_arrive(&density, packet, packet + 1, count);
	for (int k = 1; k <= DENSITY_BUFFER; k++)
		assert_int_equal(count[k], 1);
	density_arrive(&density, 66, 67, count);
	assert_int_equal(count[0], 1);
	assert_int_equal(density.expected, 67);
	density_arrive(&density, 1, 2, count);
	assert_int_equal(count[0], 1);
}

static uint32_t random_below(uint64_t *state, uint32_t bound)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % bound;
}

/* RFC 5236 with a mark for each packet in the buffer; returns its occupancy, -1: too late. */
static int by_definition(bool *in_buffer, uint32_t *expected, uint32_t packet)
{
	int occupancy = 0;

	if (packet < *expected)
		return -1;
	in_buffer[packet] = true;
	for (uint32_t i = *expected; i < 1000; i++)
		occupancy += in_buffer[i];
	if (occupancy > DENSITY_BUFFER && !in_buffer[*expected])
		while (!in_buffer[*expected])
			++*expected;
	while (in_buffer[*expected])
		++*expected;
	occupancy = 0;
	for (uint32_t i = *expected; i < 1000; i++)
		occupancy += in_buffer[i];
	return occupancy;
}

static void random_arrivals(void **state)
{
	uint64_t random = 5236;

	for (int round = 0; round < 300; round++) {
		uint32_t packet[900], loss = random_below(&random, 8), depth = 200, expected = 0;
		bool in_buffer[1001] = { false };
		struct density density;

		density_begin(&density, 0);
		for (uint32_t i = 0; i < 900; i++)
			packet[i] = i;
		for (uint32_t i = 0; i + depth < 900; i++)
			if (!random_below(&random, 10)) {
				uint32_t other = i + random_below(&random, depth);
				uint32_t moved = packet[i];

				packet[i] = packet[other];
				packet[other] = moved;
			}
		for (uint32_t i = 0; i < 900; i++) {
			uint64_t count[DENSITY_BUFFER + 1] = { 0 };
			int occupancy;

			if (random_below(&random, 100) < loss)
				continue;
			occupancy = by_definition(in_buffer, &expected, packet[i]);
			density_arrive(&density, packet[i], packet[i] + 1, count);
			assert_int_equal(density.expected, expected);
			if (occupancy >= 0)
				assert_int_equal(count[occupancy], 1);
		}
	}
}

/* One difference of 16 ms, then none: 1 ms, and a sixteenth less each time. */
static void jitter_as_in_rfc_3550(void **state)
{
	struct jitter jitter = { 0 };

	assert_int_equal(jitter_add(&jitter, -5000000), 0);
	assert_int_equal(jitter_add(&jitter, 11000000), 1000000);
	assert_int_equal(jitter_add(&jitter, 11000000), 937500);
	assert_int_equal(jitter_add(&jitter, -5000000), 1878906);
	assert_true(jitter_add(&jitter, INT64_MAX) > 0);
	assert_true(jitter_add(&jitter, INT64_MIN) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_by_hand),
		cmocka_unit_test(a_full_buffer_gives_up),
		cmocka_unit_test(random_arrivals),
		cmocka_unit_test(jitter_as_in_rfc_3550),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
