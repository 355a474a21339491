/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_KEYED_H
#define PKTLINT_ANALYZERS_KEYED_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A bounded table from keys of any bytes to records 0, 1, 2, ... that its owner keeps: one that has
 * not been used for long makes room when all are taken.
 */
struct keyed;

#define KEYED_WORDS 20 /* of a key, at most */

/* A key: whole words, the last one filled up with zeros, of which so many bytes count. */
struct keyed_key {
	uint32_t words, bytes;
	uint64_t word[KEYED_WORDS];
};

/* Called with a record that is about to be given to another key. */
typedef void keyed_evict_function(void *context, uint32_t record);

/* Returns an empty table for `records` keys, freed with keyed_free(). */
struct keyed *keyed_new(uint32_t records, keyed_evict_function *evict, void *context);
void keyed_free(struct keyed *keyed);

/* Starts a key without bytes, and appends bytes to it; what no longer fits is left out. */
void keyed_key_clear(struct keyed_key *key, uint32_t *length);
void keyed_key_add(struct keyed_key *key, uint32_t *length, const void *bytes, uint32_t count);

/* The record of `key`; `*made` tells whether it is new.  `now` counts up, in any unit. */
uint32_t keyed_find(struct keyed *keyed, const struct keyed_key *key, uint64_t now, bool *made);

#define KEYED_NONE UINT32_MAX

/* The record of `key`, KEYED_NONE if it has none; nothing changes. */
uint32_t keyed_look(const struct keyed *keyed, const struct keyed_key *key);

/* `record`, which the owner found by itself, counts as used. */
void keyed_touch(struct keyed *keyed, uint32_t record, uint64_t now);

/* Records in use, and how often one was taken from another key. */
uint32_t keyed_count(const struct keyed *keyed);
uint64_t keyed_evicted(const struct keyed *keyed);

#endif
