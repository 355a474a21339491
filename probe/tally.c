/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many of the probes came, and how many should have?  A bit for each number tells the first one
 * from its copies; the sender says at the end how many numbers there were, so that what is missing
 * before the first and behind the last one counts, too.
 */
#include "probe/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BITS 64

static struct probe_tally *find(const struct probe_tallies *tallies, uint32_t run, uint16_t stream)
{
	for (uint32_t i = 0; i < tallies->count; i++)
		if (tallies->streams[i].run == run && tallies->streams[i].stream == stream)
			return &tallies->streams[i];
	return NULL;
}

static struct probe_tally *find_or_add(struct probe_tallies *tallies, const struct probe *probe)
{
	struct probe_tally *tally = find(tallies, probe->run, probe->stream);

	if (tally)
		return tally;
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

static uint64_t bit_of(uint64_t number)
{
	return UINT64_C(1) << number % BITS;
}

static uint64_t *word_of(const struct probe_tally *tally, uint64_t number)
{
	return &tally->seen[number % PROBE_WINDOW / BITS];
}

/* The window moves up to `number`: what it moves over has not come. */
static void move_up(struct probe_tally *tally, uint64_t number)
{
	uint64_t left = number - tally->highest, n = tally->highest + 1;

	tally->highest = number;
	if (left >= PROBE_WINDOW) {
		memset(tally->seen, 0, PROBE_WINDOW / 8);
		return;
	}
	while (left) {
		uint64_t step = n % BITS == 0 && left >= BITS ? BITS : 1;

		if (step == BITS)
			*word_of(tally, n) = 0;
		else
			*word_of(tally, n) &= ~bit_of(n);
		n += step;
		left -= step;
	}
}

static void take_number(struct probe_tally *tally, uint64_t number)
{
	if (!tally->received)
		tally->lowest = tally->highest = number;
	else if (number > tally->highest)
		move_up(tally, number);
	if (number < tally->lowest)
		tally->lowest = number;
	tally->received++;
	if (tally->highest - number >= PROBE_WINDOW)
		tally->beyond++;
	else if (*word_of(tally, number) & bit_of(number))
		tally->duplicates++;
	else
		*word_of(tally, number) |= bit_of(number);
}

static void take_damaged(struct probe_tallies *tallies, const struct probe *probe)
{
	tallies->corrupt++;
	if (probe->end)
		return;
	if (tallies->claim_count == PROBE_CLAIMS) {
		tallies->unplaced++;
		return;
	}
	if (!tallies->claims)
		tallies->claims = memory_alloc(PROBE_CLAIMS, sizeof(*tallies->claims));
	tallies->claims[tallies->claim_count++] = (struct probe_claim){ probe->run, probe->stream,
		probe->number };
}

void probe_tally(struct probe_tallies *tallies, enum probe_state state, const struct probe *probe)
{
	struct probe_tally *tally;

	if (state == PROBE_CORRUPT) {
		take_damaged(tallies, probe);
		return;
	}
	tally = find_or_add(tallies, probe);
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
	uint64_t total = tally->received ? tally->highest : 0;

	/* Whatever an end says: what came was sent. */
	total += tally->received && total < UINT64_MAX;
	if (tally->ended && tally->total > total)
		total = tally->total;
	return tally->failed < total ? total - tally->failed : 0;
}

uint64_t probe_tally_missing(const struct probe_tally *tally)
{
	uint64_t expected = probe_tally_expected(tally);
	uint64_t distinct = tally->received - tally->duplicates;

	return expected > distinct ? expected - distinct : 0;
}

/* Whether the number has not come and none of its damaged ones was counted for it. */
static bool is_missing(const struct probe_tally *tally, uint64_t number)
{
	if (tally->damaged >= probe_tally_missing(tally))
		return false;
	if (!tally->received || number > tally->highest)
		return tally->ended && number < tally->total;
	return tally->highest - number < PROBE_WINDOW &&
	       !(*word_of(tally, number) & bit_of(number));
}

/* Whether the number has come: this is a damaged copy of it. */
static bool has_come(const struct probe_tally *tally, uint64_t number)
{
	return tally->received && number <= tally->highest &&
	       tally->highest - number < PROBE_WINDOW && *word_of(tally, number) & bit_of(number);
}

static int compare_claims(const void *left, const void *right)
{
	const struct probe_claim *a = left, *b = right;

	if (a->run != b->run)
		return a->run < b->run ? -1 : 1;
	if (a->stream != b->stream)
		return a->stream < b->stream ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

void probe_tallies_settle(struct probe_tallies *tallies)
{
	const struct probe_claim *claims = tallies->claims;

	if (tallies->claim_count)
		qsort(tallies->claims, tallies->claim_count, sizeof(*claims), compare_claims);
	for (uint32_t i = 0; i < tallies->claim_count; i++) {
		struct probe_tally *tally = find(tallies, claims[i].run, claims[i].stream);

		/* Once for each number. */
		if (i && compare_claims(&claims[i - 1], &claims[i]) == 0)
			continue;
		if (tally && is_missing(tally, claims[i].number))
			tally->damaged++;
		else if (!tally || !has_come(tally, claims[i].number))
			tallies->unplaced++;
	}
	tallies->claim_count = 0;
}

/* Streams of the run of `streams[i]` that are known, and whether it is the first of them. */
static uint32_t count_streams(const struct probe_tallies *tallies, uint32_t i, bool *first)
{
	uint32_t known = 0;

	for (uint32_t j = 0; j < tallies->count; j++) {
		if (tallies->streams[j].run != tallies->streams[i].run)
			continue;
		if (known++ == 0)
			*first = j == i;
	}
	return known;
}

uint64_t probe_tallies_absent(const struct probe_tallies *tallies)
{
	uint64_t absent = 0;

	for (uint32_t i = 0; i < tallies->count; i++) {
		bool first = false;
		uint32_t known = count_streams(tallies, i, &first);

		if (first && tallies->streams[i].streams > known)
			absent += tallies->streams[i].streams - known;
	}
	return absent;
}

bool probe_tally_is_over(const struct probe_tallies *tallies)
{
	for (uint32_t i = 0; i < tallies->count; i++)
		if (!tallies->streams[i].ended)
			return false;
	return tallies->count && probe_tallies_absent(tallies) == 0;
}

void probe_tally_free(struct probe_tallies *tallies)
{
	for (uint32_t i = 0; i < tallies->count; i++)
		free(tallies->streams[i].seen);
	free(tallies->streams);
	free(tallies->claims);
	*tallies = (struct probe_tallies){ 0 };
}
