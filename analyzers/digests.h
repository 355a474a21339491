/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_DIGESTS_H
#define PKTLINT_ANALYZERS_DIGESTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A bounded set of digests, each with a word of its owner's: for counting what differs.  When it
 * is full, new ones are turned away.
 */
struct digests;

#define DIGESTS_MAX 3072

/* Returns an empty set of 64 KiB, freed with digests_free(). */
struct digests *digests_new(void);
void digests_free(struct digests *digests); /* NULL is allowed */

/*
 * The word of `digest`, 0 if it is new, which `*made` tells; NULL if it is new and the set full.
 * Valid as long as the set.
 */
uint64_t *digests_at(struct digests *digests, uint64_t digest, bool *made);

/* The same if it is in the set, else NULL. */
uint64_t *digests_find(struct digests *digests, uint64_t digest);

/* How many there are. */
uint32_t digests_count(const struct digests *digests);

#endif
