/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which record of the side belongs to this frame?  A hash table of buckets of a few entries, in
 * which one that is older than what may still be asked for gives way.  Frames that follow one
 * another have buckets side by side, since they are added and asked for in nearly that order: what
 * is worked on fits the nearest cache.
 */
#include "capture/steering_table.h"

#include "base/memory.h"

#define BUCKETS 16384 /* 3 MiB in all; a power of two */
#define WAYS 8

/* Frames of one window of time share so many buckets; what is stamped in a row falls in many. */
#define WINDOW_BITS 13 /* 8 us */
#define SPREAD_BITS 3
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)

struct entry {
	uint32_t length, device;
	uint32_t rxhash;
	uint16_t number; /* the sum of the digits told */
	uint8_t told;    /* bit n: digit n is */
	bool untold : 1; /* some digit could not be told, or was told twice and differs */
	bool hash_differs : 1;
};

struct bucket {
	int64_t stamps_ns[WAYS]; /* 0: free */
	struct entry entries[WAYS];
};

struct steering_table {
	struct bucket buckets[BUCKETS];
	struct steering_space space;
	int64_t forgotten_ns; /* entries stamped before are free */
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
	uint64_t stamp = (uint64_t)key->stamp_ns;

	return ((stamp >> WINDOW_BITS) << SPREAD_BITS | (stamp * SPREAD) >> (64 - SPREAD_BITS)) %
	       BUCKETS;
}

static bool is_of(const struct bucket *bucket, int way, const struct steering_key *key)
{
	const struct entry *entry = &bucket->entries[way];

	return bucket->stamps_ns[way] == key->stamp_ns && entry->length == key->length &&
	       entry->device == key->device;
}

static const struct entry *find(const struct steering_table *table, const struct steering_key *key)
{
	const struct bucket *bucket = &table->buckets[bucket_of(key)];

	for (int way = 0; way < WAYS; way++)
		if (is_of(bucket, way, key))
			return &bucket->entries[way];
	return NULL;
}

/* The entry of `key`, or room for it with nothing told; NULL if there is none. */
static struct entry *make(struct steering_table *table, const struct steering_key *key)
{
	struct bucket *bucket = &table->buckets[bucket_of(key)];
	int64_t oldest_ns = table->forgotten_ns;
	int room = -1;

	for (int way = 0; way < WAYS; way++) {
		if (is_of(bucket, way, key))
			return &bucket->entries[way];
		if (bucket->stamps_ns[way] < oldest_ns) {
			oldest_ns = bucket->stamps_ns[way];
			room = way;
		}
	}
	if (room < 0)
		return NULL;
	bucket->stamps_ns[room] = key->stamp_ns;
	bucket->entries[room] = (struct entry){ .length = key->length, .device = key->device };
	return &bucket->entries[room];
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
