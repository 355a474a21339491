/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When did the capture itself lose packets?  A short list of intervals in order of time.  It is
 * asked where something is missing only, and then mostly holds nothing.
 */
#include "analyzers/drops.h"

#include <string.h>

/* Puts `added` in the place of the intervals [first, behind). */
static void replace(
	struct drops *drops, uint32_t first, uint32_t behind, const struct drops_interval *added)
{
	memmove(&drops->list[first + 1], &drops->list[behind],
		(drops->count - behind) * sizeof(drops->list[0]));
	drops->count = drops->count - (behind - first) + 1;
	drops->list[first] = *added;
}

/* Makes one of the two neighbours with the shortest time between them. */
static void join_nearest(struct drops *drops)
{
	uint64_t nearest = UINT64_MAX;
	struct drops_interval joined;
	uint32_t at = 0;

	for (uint32_t i = 0; i + 1 < drops->count; i++) {
		uint64_t gap = (uint64_t)drops->list[i + 1].from_ns -
			       (uint64_t)drops->list[i].to_ns;

		if (gap < nearest) {
			nearest = gap;
			at = i;
		}
	}
	joined = drops->list[at];
	joined.to_ns = drops->list[at + 1].to_ns;
	joined.packets += drops->list[at + 1].packets;
	replace(drops, at, at + 2, &joined);
}

void drops_add(struct drops *drops, int64_t from_ns, int64_t to_ns, uint64_t packets)
{
	struct drops_interval added = { from_ns, to_ns, packets };
	uint32_t first = 0, behind;

	if (to_ns < from_ns) {
		added.from_ns = to_ns;
		added.to_ns = from_ns;
	}
	while (first < drops->count && drops->list[first].to_ns < added.from_ns)
		first++;
	for (behind = first; behind < drops->count; behind++) {
		const struct drops_interval *met = &drops->list[behind];

		if (met->from_ns > added.to_ns)
			break;
		if (met->from_ns < added.from_ns)
			added.from_ns = met->from_ns;
		if (met->to_ns > added.to_ns)
			added.to_ns = met->to_ns;
		added.packets += met->packets;
	}
	replace(drops, first, behind, &added);
	if (drops->count > DROPS_MAX)
		join_nearest(drops);
}

bool drops_overlap(const struct drops *drops, int64_t from_ns, int64_t to_ns)
{
	int64_t earlier_ns = from_ns < to_ns ? from_ns : to_ns;
	int64_t later_ns = from_ns < to_ns ? to_ns : from_ns;

	/* Mostly the newest is asked for. */
	for (uint32_t i = drops->count; i-- > 0;)
		if (drops->list[i].to_ns < earlier_ns)
			return false;
		else if (drops->list[i].from_ns <= later_ns)
			return true;
	return false;
}
