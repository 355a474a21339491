/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which record of the side belongs to this frame?  A hash table of buckets of a few entries: one
 * memory access finds an entry, and one that is older than what may still be asked for gives way.
 */
#include "capture/steering_table.h"

#include "base/hash.h"
#include "base/memory.h"

#define BUCKETS 16384 /* 3 MiB in all; a power of two */
#define WAYS 8
#define KEY UINT64_C(0x9e3779b97f4a7c15) /* stamps are no attacker's choice to the nanosecond */

struct entry {
	int64_t stamp_ns; /* 0: free */
	uint32_t length, device;
	uint32_t rxhash;
	uint16_t number; /* the sum of the digits told */
	uint8_t told;    /* bit n: digit n is */
	bool untold : 1; /* some digit could not be told, or was told twice and differs */
	bool hash_differs : 1;
};

struct steering_table {
	struct steering_space space;
	int64_t forgotten_ns; /* entries stamped before are free */
	struct entry entries[BUCKETS][WAYS];
};

struct steering_table *steering_table_new(const struct steering_space *space)
{
	struct steering_table *table = memory_map(sizeof(*table));

	table->space = *space;
	table->forgotten_ns = 1;
	return table;
}

void steering_table_free(struct steering_table *table)
{
	if (table)
		memory_unmap(table, sizeof(*table));
}

void steering_table_forget(struct steering_table *table, int64_t before_ns)
{
	if (before_ns > 0)
		table->forgotten_ns = before_ns;
}

static size_t bucket_of(const struct steering_key *key)
{
	uint64_t other = (uint64_t)key->length << 44 ^ (uint64_t)key->device << 32;

	return hash_mix((uint64_t)key->stamp_ns ^ other, KEY) % BUCKETS;
}

static bool is_of(const struct entry *entry, const struct steering_key *key)
{
	return entry->stamp_ns == key->stamp_ns && entry->length == key->length &&
	       entry->device == key->device;
}

static const struct entry *find(const struct steering_table *table, const struct steering_key *key)
{
	const struct entry *bucket = table->entries[bucket_of(key)];

	for (int i = 0; i < WAYS; i++)
		if (is_of(&bucket[i], key))
			return &bucket[i];
	return NULL;
}

/* The entry of `key`, or room for it with nothing told; NULL if there is none. */
static struct entry *make(struct steering_table *table, const struct steering_key *key)
{
	struct entry *bucket = table->entries[bucket_of(key)], *room = NULL;

	for (int i = 0; i < WAYS; i++) {
		if (is_of(&bucket[i], key))
			return &bucket[i];
		if (bucket[i].stamp_ns < table->forgotten_ns &&
			(!room || bucket[i].stamp_ns < room->stamp_ns))
			room = &bucket[i];
	}
	if (room)
		*room = (struct entry){
			.stamp_ns = key->stamp_ns,
			.length = key->length,
			.device = key->device,
		};
	return room;
}

static uint32_t weight_of(uint32_t digit)
{
	uint32_t weight = 1;

	while (digit-- > 0)
		weight *= STEERING_BASE;
	return weight;
}

void steering_table_add(struct steering_table *table, const struct steering_key *key,
	uint32_t digit, int value, uint32_t rxhash)
{
	struct entry *entry = make(table, key);
	uint32_t weight = weight_of(digit);

	if (!entry)
		return;
	if (!entry->told)
		entry->rxhash = rxhash;
	entry->hash_differs |= entry->rxhash != rxhash;
	if (value < 0)
		entry->untold = true;
	else if (entry->told & 1u << digit)
		entry->untold |= entry->number / weight % STEERING_BASE != (uint32_t)value;
	else
		entry->number = (uint16_t)(entry->number + weight * (uint32_t)value);
	entry->told |= (uint8_t)(1u << digit);
}

static bool is_complete(const struct steering_table *table, const struct entry *entry)
{
	return entry && entry->told == (1u << table->space.digits) - 1;
}

bool steering_table_has(const struct steering_table *table, const struct steering_key *key)
{
	return is_complete(table, find(table, key));
}

void steering_table_fill(
	const struct steering_table *table, const struct steering_key *key, struct frame *frame)
{
	const struct entry *entry = find(table, key);
	uint32_t queue;

	if (!is_complete(table, entry))
		return;
	if (entry->rxhash && !entry->hash_differs) {
		frame->rxhash = entry->rxhash;
		frame->flags |= FRAME_HAS_HASH;
	}
	if (entry->untold)
		return;
	frame->cpu = (uint16_t)(entry->number % table->space.cpus);
	frame->flags |= FRAME_HAS_CPU;
	queue = entry->number / table->space.cpus;
	if (queue >= table->space.queues)
		return;
	frame->queue = (uint16_t)queue;
	frame->flags |= FRAME_HAS_QUEUE;
}
