/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In which header facts do packets that fared badly differ from those that fared well?  Counted in
 * pairs, so that nothing is kept of the packets; the pair of values that makes up the majority, if
 * one does, is found with one counter (Misra and Gries 1982).
 */
#include "analyzers/contrast.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* Facts that differ between any two packets unless a baseline shows that they do not. */
#define RANDOM_BY_NATURE (1u << FACT_SIZE | 1u << FACT_HASH)

/* Counts `times` pairs of values towards the majority. */
static void vote(struct contrast_fact *fact, uint32_t bad, uint32_t good, uint64_t times)
{
	if (fact->bad == bad && fact->good == good) {
		fact->frequent += times;
	} else if (fact->frequent >= times) {
		fact->frequent -= times;
	} else {
		fact->bad = bad;
		fact->good = good;
		fact->frequent = times - fact->frequent;
	}
}

static bool both_know(const struct facts *one, const struct facts *other, enum fact fact)
{
	return one->known & other->known & 1u << fact;
}

void contrast_add(struct contrast *contrast, const struct facts *bad, const struct facts *good)
{
	if (!bad->known || !good->known)
		return;
	contrast->pairs++;
	for (enum fact i = 0; i < FACT_COUNT; i++) {
		struct contrast_fact *fact = &contrast->fact[i];

		if (!both_know(bad, good, i))
			continue;
		fact->known++;
		fact->larger += bad->value[i] > good->value[i];
		if (bad->value[i] == good->value[i])
			continue;
		fact->differs++;
		vote(fact, bad->value[i], good->value[i], 1);
	}
}

void contrast_add_baseline(
	struct contrast *contrast, const struct facts *one, const struct facts *next)
{
	for (enum fact i = 0; i < FACT_COUNT; i++) {
		if (!both_know(one, next, i))
			continue;
		contrast->fact[i].baseline_known++;
		contrast->fact[i].baseline_differs += one->value[i] != next->value[i];
	}
}

void contrast_merge(struct contrast *into, const struct contrast *from)
{
	into->pairs += from->pairs;
	for (enum fact i = 0; i < FACT_COUNT; i++) {
		const struct contrast_fact *fact = &from->fact[i];

		into->fact[i].known += fact->known;
		into->fact[i].differs += fact->differs;
		into->fact[i].larger += fact->larger;
		into->fact[i].baseline_known += fact->baseline_known;
		into->fact[i].baseline_differs += fact->baseline_differs;
		vote(&into->fact[i], fact->bad, fact->good, fact->frequent);
	}
}

/* Whether the difference is beyond what neighbours show anyway. */
static bool is_beyond_baseline(const struct contrast_fact *fact, enum fact id)
{
	double equal = 1 - (double)fact->differs / (double)fact->known;
	double usual = 1;

	if (fact->baseline_known >= CONTRAST_PAIRS)
		usual = 1 - (double)fact->baseline_differs / (double)fact->baseline_known;
	else if (RANDOM_BY_NATURE & 1u << id)
		return false;
	return usual * (double)fact->known >= CONTRAST_PAIRS && 4 * equal <= usual;
}

static bool is_share(uint64_t part, uint64_t whole)
{
	return (double)part >= CONTRAST_SHARE * (double)whole;
}

bool contrast_tells(const struct contrast *contrast, enum fact fact)
{
	const struct contrast_fact *counts = &contrast->fact[fact];

	if (counts->known < CONTRAST_PAIRS || !is_share(counts->differs, counts->known))
		return false;
	if (fact == FACT_SIZE && !is_share(counts->larger, counts->known) &&
		!is_share(counts->differs - counts->larger, counts->known))
		return false;
	return is_beyond_baseline(counts, fact);
}

const char *contrast_text(
	const struct contrast *contrast, const char *bad, const char *good, char *text, size_t size)
{
	size_t used = 0;

	if (size)
		text[0] = '\0';
	for (enum fact i = 0; i < FACT_COUNT && used < size; i++) {
		const struct contrast_fact *fact = &contrast->fact[i];
		char values[100] = "";

		if (!contrast_tells(contrast, i))
			continue;
		if (fact->frequent >= fact->differs - fact->frequent)
			snprintf(values, sizeof(values), " (%s %" PRIu32 ", %s %" PRIu32 ")", bad,
				fact->bad, good, fact->good);
		used += (size_t)snprintf(text + used, size - used,
			"%s%s differs in %" PRIu64 " of %" PRIu64 " pairs%s", used ? "; " : "",
			fact_text(i), fact->differs, fact->known, values);
	}
	return text;
}
