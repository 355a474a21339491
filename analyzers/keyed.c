/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which record belongs to a key?  Open addressing with a keyed hash, for whoever sends packets
 * chooses the keys.  When all records are taken, a hand goes round: of the few it passes the one
 * unused for longest makes room, which is nearly the oldest of all and costs no list.
 */
#include "analyzers/keyed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/hash.h"
#include "base/memory.h"

#define SLOTS_FOR_EACH 4
#define FIRST_ENTRIES 64u
#define HAND_STEPS 32 /* records looked at to find one that makes room */
#define WORD_BYTES sizeof(uint64_t)

struct entry {
	struct keyed_key key;
	uint64_t used; /* when last */
	uint32_t hash;
};

struct keyed {
	uint32_t *slots; /* record + 1, 0: free */
	uint32_t mask;
	struct entry *entries;
	uint32_t count, capacity, records;
	uint32_t hand;
	uint64_t evicted, secret;
	keyed_evict_function *evict;
	void *context;
};

struct keyed *keyed_new(uint32_t records, keyed_evict_function *evict, void *context)
{
	struct keyed *keyed = memory_alloc(1, sizeof(*keyed));

	keyed->records = records;
	keyed->evict = evict;
	keyed->context = context;
	/* Without entropy the hash is weaker, never wrong: results do not depend on it. */
	if (getrandom(&keyed->secret, sizeof(keyed->secret), GRND_NONBLOCK) < 0)
		keyed->secret = (uintptr_t)keyed;
	return keyed;
}

void keyed_free(struct keyed *keyed)
{
	if (!keyed)
		return;
	free(keyed->slots);
	free(keyed->entries);
	free(keyed);
}

void keyed_key_clear(struct keyed_key *key, uint32_t *length)
{
	key->words = key->bytes = 0;
	*length = 0;
}

void keyed_key_add(struct keyed_key *key, uint32_t *length, const void *bytes, uint32_t count)
{
	uint32_t words;

	if (count > sizeof(key->word) - *length)
		count = (uint32_t)sizeof(key->word) - *length;
	words = (uint32_t)((*length + count + WORD_BYTES - 1) / WORD_BYTES);
	for (uint32_t i = key->words; i < words; i++)
		key->word[i] = 0;
	memcpy((char *)key->word + *length, bytes, count);
	key->words = words;
	*length += count;
	key->bytes = *length;
}

static uint32_t hash_of(const struct keyed *keyed, const struct keyed_key *key)
{
	return (uint32_t)hash_words(key->word, key->words, keyed->secret);
}

static bool same_key(const struct keyed_key *a, const struct keyed_key *b)
{
	return a->bytes == b->bytes && memcmp(a->word, b->word, a->words * WORD_BYTES) == 0;
}

static void slots_put(struct keyed *keyed, uint32_t record)
{
	uint32_t i = keyed->entries[record].hash & keyed->mask;

	while (keyed->slots[i])
		i = (i + 1) & keyed->mask;
	keyed->slots[i] = record + 1;
}

/* Makes room for more entries, and slots enough for all of them. */
static void grow(struct keyed *keyed)
{
	uint32_t capacity = keyed->capacity ? 2 * keyed->capacity : FIRST_ENTRIES;

	keyed->entries = memory_grow(keyed->entries, capacity, sizeof(*keyed->entries));
	keyed->capacity = capacity;
	free(keyed->slots);
	keyed->slots = memory_alloc((size_t)capacity * SLOTS_FOR_EACH, sizeof(*keyed->slots));
	keyed->mask = capacity * SLOTS_FOR_EACH - 1;
	for (uint32_t i = 0; i < keyed->count; i++)
		slots_put(keyed, i);
}

/* Empties the record's slot by moving later members of its run back. */
static void slots_remove(struct keyed *keyed, uint32_t record)
{
	uint32_t hole = keyed->entries[record].hash & keyed->mask;

	while (keyed->slots[hole] != record + 1)
		hole = (hole + 1) & keyed->mask;
	for (uint32_t i = (hole + 1) & keyed->mask; keyed->slots[i]; i = (i + 1) & keyed->mask) {
		uint32_t home = keyed->entries[keyed->slots[i] - 1].hash & keyed->mask;

		if (((i - home) & keyed->mask) >= ((i - hole) & keyed->mask)) {
			keyed->slots[hole] = keyed->slots[i];
			hole = i;
		}
	}
	keyed->slots[hole] = 0;
}

static uint32_t evict(struct keyed *keyed)
{
	uint32_t oldest = keyed->hand;

	for (int i = 0; i < HAND_STEPS; i++) {
		if (keyed->entries[keyed->hand].used < keyed->entries[oldest].used)
			oldest = keyed->hand;
		keyed->hand = keyed->hand + 1 < keyed->count ? keyed->hand + 1 : 0;
	}
	keyed->evict(keyed->context, oldest);
	slots_remove(keyed, oldest);
	keyed->evicted++;
	return oldest;
}

static uint32_t take(struct keyed *keyed)
{
	if (keyed->count == keyed->records)
		return evict(keyed);
	if (keyed->count == keyed->capacity)
		grow(keyed);
	return keyed->count++;
}

static uint32_t look(const struct keyed *keyed, const struct keyed_key *key, uint32_t hash)
{
	for (uint32_t i = hash & keyed->mask; keyed->slots && keyed->slots[i];
		i = (i + 1) & keyed->mask) {
		const struct entry *entry = &keyed->entries[keyed->slots[i] - 1];

		if (entry->hash == hash && same_key(&entry->key, key))
			return keyed->slots[i] - 1;
	}
	return KEYED_NONE;
}

uint32_t keyed_look(const struct keyed *keyed, const struct keyed_key *key)
{
	return look(keyed, key, hash_of(keyed, key));
}

uint32_t keyed_find(struct keyed *keyed, const struct keyed_key *key, uint64_t now, bool *made)
{
	uint32_t hash = hash_of(keyed, key);
	uint32_t record = look(keyed, key, hash);

	*made = record == KEYED_NONE;
	if (!*made) {
		keyed->entries[record].used = now;
		return record;
	}
	record = take(keyed);
	keyed->entries[record] = (struct entry){ .key = *key, .used = now, .hash = hash };
	slots_put(keyed, record);
	return record;
}

void keyed_touch(struct keyed *keyed, uint32_t record, uint64_t now)
{
	keyed->entries[record].used = now;
}

uint32_t keyed_count(const struct keyed *keyed)
{
	return keyed->count;
}

uint64_t keyed_evicted(const struct keyed *keyed)
{
	return keyed->evicted;
}
