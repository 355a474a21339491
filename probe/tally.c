/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many of the probes came, and how many should have?  A bit for each number tells the first one
 * from its copies; the sender says at the end how many numbers there were, so that what is missing
 * before the first and behind the last one counts, too.
 */
#include "probe/tally.h"

#include <stdlib.h>

#include "base/memory.h"

#define BITS 64

static struct probe_tally *find(struct probe_tallies *tallies, const struct probe *probe)
{
	struct probe_tally *tally;

	for (uint32_t i = 0; i < tallies->count; i++)
		if (tallies->streams[i].run == probe->run &&
			tallies->streams[i].stream == probe->stream)
			return &tallies->streams[i];
	if (tallies->count == PROBE_TALLIES)
		return NULL;
	if (!tallies->streams)
		tallies->streams = memory_alloc(PROBE_TALLIES, sizeof(*tallies->streams));
	tally = &tallies->streams[tallies->count++];
	tally->run = probe->run;
	tally->stream = probe->stream;
	tally->streams = probe->streams;
	tally->seen = memory_alloc(PROBE_WINDOW / BITS, sizeof(*tally->seen));
	return tally;
}

static uint64_t *word_of(const struct probe_tally *tally, uint64_t number)
{
	return &tally->seen[number % PROBE_WINDOW / BITS];
}

/* The window moves up to `number`: what it moves over has not come. */
static void move_up(struct probe_tally *tally, uint64_t number)
{
	uint64_t first = tally->received ? tally->highest + 1 : 0;

	if (number - first >= PROBE_WINDOW)
		first = number - PROBE_WINDOW + 1;
	for (uint64_t n = first; n <= number && n >= first; n++)
		*word_of(tally, n) &= ~(UINT64_C(1) << n % BITS);
	tally->highest = number;
}

static void take_number(struct probe_tally *tally, uint64_t number)
{
	uint64_t bit = UINT64_C(1) << number % BITS;

	if (!tally->received || number > tally->highest)
		move_up(tally, number);
	tally->received++;
	if (tally->highest - number >= PROBE_WINDOW)
		tally->beyond++;
	else if (*word_of(tally, number) & bit)
		tally->duplicates++;
	else
		*word_of(tally, number) |= bit;
}

void probe_tally(struct probe_tallies *tallies, enum probe_state state, const struct probe *probe)
{
	struct probe_tally *tally;

	if (state == PROBE_CORRUPT) {
		tallies->corrupt++;
		return;
	}
	tally = find(tallies, probe);
	if (!tally) {
		tallies->left_out++;
	} else if (probe->end) {
		tally->ended = true;
		tally->total = probe->number;
		tally->failed = probe->failed < probe->number ? probe->failed : probe->number;
	} else {
		take_number(tally, probe->number);
	}
}

uint64_t probe_tally_expected(const struct probe_tally *tally)
{
	if (tally->ended)
		return tally->total - tally->failed;
	return tally->received ? tally->highest + 1 : 0;
}

uint64_t probe_tally_missing(const struct probe_tally *tally)
{
	uint64_t expected = probe_tally_expected(tally);
	uint64_t distinct = tally->received - tally->duplicates;

	return expected > distinct ? expected - distinct : 0;
}

bool probe_tally_is_over(const struct probe_tallies *tallies)
{
	uint32_t ended = 0;

	for (uint32_t i = 0; i < tallies->count; i++)
		ended += tallies->streams[i].run == tallies->streams[0].run &&
			 tallies->streams[i].ended;
	return ended && ended >= tallies->streams[0].streams;
}

void probe_tally_free(struct probe_tallies *tallies)
{
	for (uint32_t i = 0; i < tallies->count; i++)
		free(tallies->streams[i].seen);
	free(tallies->streams);
	*tallies = (struct probe_tallies){ 0 };
}
