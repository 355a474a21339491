/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many different things were there?  Open addressing with linear probing (Knuth, TAOCP 3, 6.4),
 * three quarters full at most, so that a look-up touches a few neighbours.
 */
#include "analyzers/digests.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

#define SLOTS 4096

_Static_assert(DIGESTS_MAX < SLOTS, "a search ends at an empty slot");

struct digests {
	uint32_t count;
	struct slot {
		uint64_t digest; /* plus 1 modulo 2^64; 0: empty */
		uint64_t word;
	} slots[SLOTS];
};

struct digests *digests_new(void)
{
	return memory_alloc(1, sizeof(struct digests));
}

void digests_free(struct digests *digests)
{
	free(digests);
}

/* The slot of the digest, or the empty one where it would stand. */
static struct slot *search(struct digests *digests, uint64_t stored)
{
	uint64_t at = hash_mix(stored, UINT64_C(0x9e3779b97f4a7c15));

	for (;; at++) {
		struct slot *slot = &digests->slots[at % SLOTS];

		if (slot->digest == stored || !slot->digest)
			return slot;
	}
}

/* The one digest that would look empty shares the place of another. */
static uint64_t stored_as(uint64_t digest)
{
	return digest + 1 ? digest + 1 : 1;
}

uint64_t *digests_at(struct digests *digests, uint64_t digest, bool *made)
{
	uint64_t stored = stored_as(digest);
	struct slot *slot = search(digests, stored);

	*made = !slot->digest && digests->count < DIGESTS_MAX;
	if (*made) {
		slot->digest = stored;
		digests->count++;
	}
	return slot->digest ? &slot->word : NULL;
}

uint64_t *digests_find(struct digests *digests, uint64_t digest)
{
	struct slot *slot = search(digests, stored_as(digest));

	return slot->digest ? &slot->word : NULL;
}

uint32_t digests_count(const struct digests *digests)
{
	return digests->count;
}
