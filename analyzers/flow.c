/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which conversation does a packet belong to?  Open addressing over 8-byte slots (tag and index)
 * apart from the flow records, which live in slabs that never move; keyed hash, because an attacker
 * chooses the ports; looked up a batch at a time so that cache misses overlap.  The table of
 * slots grows a little with every batch, never in one go.  A flow's record says when it was last
 * used; nothing is put in order before the table is full and somebody has to go.
 */
#include "analyzers/flow.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "analyzers/analyzer.h"
#include "base/hash.h"
#include "base/memory.h"

#define NONE UINT32_MAX
#define SLAB_BITS 18 /* 262,144 flows are a whole number of huge pages, filled as they come */
#define SLAB_FLOWS (1u << SLAB_BITS)
#define FIRST_SLOTS 4096u
#define SMALL_SLOTS 65536u /* up to here growth costs more than the room that it saves */
#define MOVE_SLOTS 256u    /* slots moved per batch while the table grows */
#define FEW_FLOWS 1024u    /* these are in the cache anyway */
#define CACHE_LINE 64u
#define EPOCH_PACKETS 1024u
/* So many that some flow was last used before this epoch, so not by the batch at hand. */
#define MIN_FLOWS (2 * EPOCH_PACKETS)

struct slot {
	uint32_t tag;   /* lower half of the hash; its low bits are the slot's place */
	uint32_t index; /* of the flow, plus 1; 0: free */
};

#define SLOT_MOVED UINT32_MAX /* index of a slot of the old table that is empty by now */

/* A flow that was not in use when the table was last found full. */
struct idler {
	uint32_t epoch, number; /* of its record then: when it was last used, and who it was */
	uint32_t index;
};

struct slots {
	struct slot *slot;
	uint32_t mask;
	uint32_t used;
};

struct flow_table {
	struct slots now, before; /* `before` is emptied slot by slot after growth */
	uint32_t moved;           /* slots of `before` that are done */
	struct flow **slabs;
	uint32_t slab_count;
	uint32_t flows, max_flows; /* records in use, cap */
	struct idler *idlers;      /* unused for longest first; NULL until the table is full */
	uint32_t idler_next, idler_count; /* the next to go, and the end of the queue */
	uint32_t epoch, packets;
	uint64_t seen, evicted;
	uint64_t secret[3];
	flow_end_function *end;
	void *context;
};

static struct flow *flow_at(const struct flow_table *table, uint32_t index)
{
	return &table->slabs[index >> SLAB_BITS][index & (SLAB_FLOWS - 1)];
}

static void slots_allocate(struct slots *slots, uint32_t count)
{
	slots->slot = memory_map((size_t)count * sizeof(struct slot));
	slots->mask = count - 1;
	slots->used = 0;
}

static void slots_release(struct slots *slots)
{
	if (slots->slot)
		memory_unmap(slots->slot, ((size_t)slots->mask + 1) * sizeof(struct slot));
	*slots = (struct slots){ 0 };
}

struct flow_table *flow_table_new(uint32_t max_flows, flow_end_function *end, void *context)
{
	struct flow_table *table = memory_alloc(1, sizeof(*table));

	table->max_flows = max_flows < MIN_FLOWS ? MIN_FLOWS : max_flows;
	table->end = end;
	table->context = context;
	table->epoch = 1;
	/* Without entropy the hash is weaker, never wrong: results do not depend on it. */
	if (getrandom(table->secret, sizeof(table->secret), GRND_NONBLOCK) < 0)
		table->secret[0] = (uintptr_t)table;
	slots_allocate(&table->now, FIRST_SLOTS);
	return table;
}

void flow_table_free(struct flow_table *table)
{
	if (!table)
		return;
	for (uint32_t i = 0; i < table->slab_count; i++)
		memory_unmap(table->slabs[i], SLAB_FLOWS * sizeof(struct flow));
	free(table->slabs);
	free(table->idlers);
	slots_release(&table->now);
	slots_release(&table->before);
	free(table);
}

#define KEY_WORDS (sizeof(struct flow_key) / sizeof(uint64_t))

/*
 * The bytes of a key, as words: stored and read in pieces of one size, because what was stored in
 * small ones can only be read in large ones after a while.
 */
struct key_words {
	uint64_t word[KEY_WORDS];
};

static inline uint32_t words_hash(const struct flow_table *table, const struct key_words *words)
{
	const uint64_t *word = words->word;
	uint64_t hash;

	hash = hash_mix(word[0] ^ table->secret[0], word[1] ^ 0x9e3779b97f4a7c15u);
	hash ^= hash_mix(word[2] ^ table->secret[1], word[3] ^ 0xd6e8feb86659fd93u);
	hash = hash_mix(hash ^ word[4], word[5] ^ table->secret[2]);
	return (uint32_t)hash_mix(hash ^ table->secret[1], 0xa0761d6478bd642fu);
}

static uint32_t key_hash(const struct flow_table *table, const struct flow_key *key)
{
	struct key_words words;

	memcpy(&words, key, sizeof(words));
	return words_hash(table, &words);
}

static inline bool key_equal(const struct flow_key *key, const struct key_words *words)
{
	uint64_t differs = 0;

#pragma GCC unroll 6
	for (size_t i = 0; i < KEY_WORDS; i++) {
		uint64_t word;

		memcpy(&word, (const char *)key + i * sizeof(word), sizeof(word));
		differs |= word ^ words->word[i];
	}
	return !differs;
}

static void slots_put(struct slots *slots, uint32_t tag, uint32_t index)
{
	uint32_t i = tag & slots->mask;

	while (slots->slot[i].index)
		i = (i + 1) & slots->mask;
	slots->slot[i] = (struct slot){ .tag = tag, .index = index + 1 };
	slots->used++;
}

/* Returns the flow, or NULL. */
static inline struct flow *slots_find(const struct flow_table *table, const struct slots *slots,
	uint32_t tag, const struct key_words *key)
{
	for (uint32_t i = tag & slots->mask; slots->slot[i].index; i = (i + 1) & slots->mask) {
		const struct slot *slot = &slots->slot[i];
		struct flow *flow;

		if (slot->tag != tag || slot->index == SLOT_MOVED)
			continue;
		flow = flow_at(table, slot->index - 1);
		if (key_equal(&flow->key, key))
			return flow;
	}
	return NULL;
}

/* Index of the first flow with this tag, or NONE. */
static inline uint32_t slots_find_tag(const struct slots *slots, uint32_t tag)
{
	for (uint32_t i = tag & slots->mask; slots->slot[i].index; i = (i + 1) & slots->mask)
		if (slots->slot[i].tag == tag && slots->slot[i].index != SLOT_MOVED)
			return slots->slot[i].index - 1;
	return NONE;
}

/* The place of the flow's slot, or NONE. */
static uint32_t slots_place(const struct slots *slots, uint32_t tag, uint32_t index)
{
	for (uint32_t i = tag & slots->mask; slots->slot[i].index; i = (i + 1) & slots->mask)
		if (slots->slot[i].index == index + 1)
			return i;
	return NONE;
}

/* Empties a slot by moving later members of its run back. */
static void slots_remove(struct slots *slots, uint32_t hole)
{
	for (uint32_t i = (hole + 1) & slots->mask; slots->slot[i].index;
		i = (i + 1) & slots->mask) {
		uint32_t home = slots->slot[i].tag & slots->mask;

		if (((i - home) & slots->mask) >= ((i - hole) & slots->mask)) {
			slots->slot[hole] = slots->slot[i];
			hole = i;
		}
	}
	slots->slot[hole].index = 0;
	slots->used--;
}

static void forget_slot(struct flow_table *table, uint32_t tag, uint32_t index)
{
	uint32_t place = slots_place(&table->now, tag, index);

	if (place != NONE) {
		slots_remove(&table->now, place);
		return;
	}
	place = slots_place(&table->before, tag, index);
	table->before.slot[place].index = SLOT_MOVED;
	table->before.used--;
}

static inline struct flow *table_find(
	const struct flow_table *table, uint32_t tag, const struct key_words *key)
{
	struct flow *flow = slots_find(table, &table->now, tag, key);

	if (!flow && table->before.slot)
		flow = slots_find(table, &table->before, tag, key);
	return flow;
}

/* While the table grows, moves a few slots of the old one, whose runs stay whole for look-ups. */
static void grow_a_little(struct flow_table *table)
{
	struct slots *before = &table->before;

	for (uint32_t n = 0; n < MOVE_SLOTS && before->used; n++) {
		struct slot *slot = &before->slot[table->moved++];

		if (!slot->index || slot->index == SLOT_MOVED)
			continue;
		slots_put(&table->now, slot->tag, slot->index - 1);
		slot->index = SLOT_MOVED;
		before->used--;
	}
	if (!before->used)
		slots_release(before);
}

static void grow_if_full(struct flow_table *table)
{
	uint32_t times;

	if (table->before.slot) {
		grow_a_little(table);
		return;
	}
	if (table->now.used <= table->now.mask / 2 + table->now.mask / 8)
		return;
	times = table->now.mask < SMALL_SLOTS ? 4 : 2;
	table->before = table->now;
	table->moved = 0;
	slots_allocate(&table->now, (table->before.mask + 1) * times);
}

static int by_last_use(const void *a, const void *b)
{
	const struct idler *first = a, *second = b;

	if (first->epoch != second->epoch)
		return first->epoch < second->epoch ? -1 : 1;
	return first->number < second->number ? -1 : 1;
}

/* Queues all flows that this epoch has not used; there are some, by MIN_FLOWS. */
static void queue_idlers(struct flow_table *table)
{
	if (!table->idlers)
		table->idlers = memory_alloc(table->max_flows, sizeof(*table->idlers));
	table->idler_next = table->idler_count = 0;
	for (uint32_t i = 0; i < table->flows; i++) {
		const struct flow *flow = flow_at(table, i);

		if (flow->epoch != table->epoch)
			table->idlers[table->idler_count++] = (struct idler){
				.epoch = flow->epoch, .number = flow->number, .index = i
			};
	}
	qsort(table->idlers, table->idler_count, sizeof(*table->idlers), by_last_use);
}

/*
 * Index of the flow unused for longest.  Whoever was used since the queue was made is passed over:
 * all that were not are older than all that were.
 */
static uint32_t find_oldest(struct flow_table *table)
{
	for (;;) {
		while (table->idler_next < table->idler_count) {
			const struct idler *idler = &table->idlers[table->idler_next++];

			if (flow_at(table, idler->index)->epoch == idler->epoch)
				return idler->index;
		}
		queue_idlers(table);
	}
}

static uint32_t evict_oldest(struct flow_table *table)
{
	uint32_t index = find_oldest(table);
	struct flow *flow = flow_at(table, index);

	table->end(table->context, flow);
	forget_slot(table, key_hash(table, &flow->key), index);
	memset(flow, 0, sizeof(*flow));
	table->evicted++;
	return index;
}

/* Index of a cleared record. */
static uint32_t take_record(struct flow_table *table)
{
	if (table->flows == table->max_flows)
		return evict_oldest(table);
	if (table->flows >> SLAB_BITS == table->slab_count) {
		table->slabs = memory_grow(
			table->slabs, table->slab_count + 1, sizeof(*table->slabs));
		table->slabs[table->slab_count++] = memory_map(SLAB_FLOWS * sizeof(struct flow));
	}
	return table->flows++;
}

static struct flow *table_insert(
	struct flow_table *table, const struct key_words *key, const struct packet *packet)
{
	uint32_t index = take_record(table);
	struct flow *flow = flow_at(table, index);

	memcpy(&flow->key, key, sizeof(flow->key));
	flow->number = (uint32_t)table->seen++;
	flow->epoch = table->epoch;
	flow->opener = packet->side;
	if (packet->protocol == IPPROTO_TCP)
		flow->tcp.side[1].flags = SIDE_SECOND;
	flow->icmp_type = packet->icmp_type;
	flow->icmp_code = packet->icmp_code;
	flow->first_ns = flow->last_ns = packet->time_ns;
	slots_put(&table->now, (uint32_t)packet->hash, index);
	if (table->now.used > table->now.mask / 2)
		grow_if_full(table);
	return flow;
}

/*
 * What a key holds beside addresses and tunnel, as neighbours: a packet has them in the same order,
 * but for its ports, of which the destination's comes first.
 */
struct key_tail {
	uint16_t destination_port, source_port;
	uint16_t vlan_id;
	uint8_t protocol, ip_version;
};

_Static_assert(
	offsetof(struct packet, source_port) - offsetof(struct packet, destination_port) ==
			offsetof(struct key_tail, source_port) &&
		offsetof(struct packet, vlan_id) - offsetof(struct packet, destination_port) ==
			offsetof(struct key_tail, vlan_id) &&
		offsetof(struct packet, protocol) - offsetof(struct packet, destination_port) ==
			offsetof(struct key_tail, protocol) &&
		offsetof(struct packet, ip_version) - offsetof(struct packet, destination_port) ==
			offsetof(struct key_tail, ip_version),
	"the tail of a packet's key is copied as a whole");

/*
 * Fills the words of the addresses, lower end first; returns 1 if the destination is that end.
 * Nobody can predict which end sends, so there is no branch: the difference's sign makes a mask.
 */
static inline uint8_t words_ipv4(struct key_words *words, const uint8_t *source,
	const uint8_t *destination, const struct key_tail *tail)
{
	uint64_t first, second;
	uint32_t from, to, change;
	uint8_t swapped;

	memcpy(&from, source, sizeof(from));
	memcpy(&to, destination, sizeof(to));
	first = (uint64_t)be32toh(from) << 16 | tail->source_port;
	second = (uint64_t)be32toh(to) << 16 | tail->destination_port;
	swapped = (uint8_t)((second - first) >> 63);
	change = (from ^ to) & -(uint32_t)swapped;
	words->word[0] = htole64(le32toh(from ^ change));
	words->word[1] = 0;
	words->word[2] = htole64(le32toh(to ^ change));
	words->word[3] = 0;
	return swapped;
}

static inline uint8_t words_ipv6(struct key_words *words, const uint8_t *source,
	const uint8_t *destination, const struct key_tail *tail)
{
	int order = memcmp(source, destination, 16);
	uint8_t swapped = order > 0 || (order == 0 && tail->source_port > tail->destination_port);

	memcpy(&words->word[0], swapped ? destination : source, 16);
	memcpy(&words->word[2], swapped ? source : destination, 16);
	return swapped;
}

static inline uint8_t words_fill(struct key_words *words, const uint8_t *source,
	const uint8_t *destination, const struct key_tail *tail, uint32_t vni, uint32_t outer_pair)
{
	uint8_t swapped = tail->ip_version == 4 ? words_ipv4(words, source, destination, tail)
						: words_ipv6(words, source, destination, tail);
	unsigned turn = 16 ^ (unsigned)swapped << 4;
	uint32_t ports, rest;

	memcpy(&ports, tail, sizeof(ports));
	memcpy(&rest, (const char *)tail + offsetof(struct key_tail, vlan_id), sizeof(rest));
	ports = ports << turn | ports >> (-turn & 31);
	words->word[4] = htole64(le32toh(ports) | (uint64_t)le32toh(rest) << 32);
	words->word[5] = htole64(le32toh(vni) | (uint64_t)le32toh(outer_pair) << 32);
	return swapped;
}

static inline void packet_key(
	const struct flow_table *table, struct packet *packet, struct key_words *words)
{
	struct key_tail tail;

	memcpy(&tail, (const char *)packet + offsetof(struct packet, destination_port),
		sizeof(tail));
	if (!tail.source_port &&
		(tail.protocol == IPPROTO_ICMP || tail.protocol == IPPROTO_ICMPV6)) {
		tail.source_port = packet->icmp_type;
		tail.destination_port = packet->icmp_code;
	}
	packet->side = words_fill(words, packet_source(packet), packet_destination(packet), &tail,
		packet->vni, packet->outer_pair);
	packet->hash = words_hash(table, words);
}

/* Fragments without ports and packets cut before them would make flows of their own. */
static inline bool has_flow(const struct packet *packet)
{
	return packet->flags & PACKET_IP && packet->layer < LAYER_FRAGMENT;
}

/* A packet of the batch on the way to its flow. */
struct request {
	struct packet *packet;
	struct key_words key;
	struct flow *flow; /* that the tag leads to, NULL: there is none */
};

/* Brings the rest of a record, for whoever analyses the packet. */
static inline void rest_prefetch(const struct flow *flow)
{
	for (size_t i = CACHE_LINE; i < sizeof(*flow); i += CACHE_LINE)
		__builtin_prefetch((const char *)flow + i, 1);
}

static inline void request_locate(const struct flow_table *table, struct request *request)
{
	uint32_t tag = (uint32_t)request->packet->hash;
	uint32_t index = slots_find_tag(&table->now, tag);

	if (index == NONE && table->before.slot)
		index = slots_find_tag(&table->before, tag);
	request->flow = index == NONE ? NULL : flow_at(table, index);
}

static inline struct flow *lookup_one(struct flow_table *table, const struct request *request)
{
	struct flow *flow = request->flow;

	/* New to the table, at least before this batch, or one of two flows with the same tag. */
	if (!flow || !key_equal(&flow->key, &request->key))
		flow = table_find(table, (uint32_t)request->packet->hash, &request->key);
	if (!flow)
		return table_insert(table, &request->key, request->packet);
	flow->epoch = table->epoch;
	rest_prefetch(flow);
	return flow;
}

void flow_table_lookup(struct flow_table *table, struct packet *packets, int count)
{
	struct request requests[BATCH_PACKETS], *end = requests;

	for (int i = 0; i < count; i++) {
		packets[i].flow = NULL;
		if (!has_flow(&packets[i]))
			continue;
		end->packet = &packets[i];
		packet_key(table, end->packet, &end->key);
		__builtin_prefetch(&table->now.slot[end->packet->hash & table->now.mask]);
		end++;
	}
	for (struct request *request = requests; request < end; request++) {
		request_locate(table, request);
		if (table->flows > FEW_FLOWS)
			__builtin_prefetch(request->flow, 1); /* of its key, to begin with */
	}
	table->packets += (uint32_t)count;
	if (table->packets >= EPOCH_PACKETS) {
		table->packets = 0;
		table->epoch++;
	}
	for (const struct request *request = requests; request < end; request++)
		request->packet->flow = lookup_one(table, request);
	if (table->before.slot)
		grow_a_little(table);
}

struct flow *flow_table_find_quoted(
	struct flow_table *table, const struct packet_quote *quote, uint16_t vlan_id, uint8_t *side)
{
	const struct key_tail tail = {
		.source_port = quote->source_port,
		.destination_port = quote->destination_port,
		.vlan_id = vlan_id,
		.protocol = quote->protocol,
		.ip_version = quote->ip_version,
	};
	struct key_words key;

	if (!quote->has_ports)
		return NULL;
	*side = words_fill(&key, quote->source, quote->destination, &tail, 0, 0);
	return table_find(table, words_hash(table, &key), &key);
}

static int by_number(const void *a, const void *b)
{
	const struct flow *const *first = a, *const *second = b;

	return (*first)->number < (*second)->number ? -1 : (*first)->number > (*second)->number;
}

void flow_table_visit(struct flow_table *table, flow_end_function *visit, void *context)
{
	struct flow **sorted;

	if (!table->evicted) { /* records were taken in order of number */
		for (uint32_t i = 0; i < table->flows; i++)
			visit(context, flow_at(table, i));
		return;
	}
	sorted = memory_alloc(table->flows, sizeof(struct flow *));
	for (uint32_t i = 0; i < table->flows; i++)
		sorted[i] = flow_at(table, i);
	qsort(sorted, table->flows, sizeof(struct flow *), by_number);
	for (uint32_t i = 0; i < table->flows; i++)
		visit(context, sorted[i]);
	free(sorted);
}

uint64_t flow_table_seen(const struct flow_table *table)
{
	return table->seen;
}

uint64_t flow_table_evicted(const struct flow_table *table)
{
	return table->evicted;
}

const char *flow_endpoint(const struct flow_key *key, unsigned end, char *text, size_t size)
{
	char address[INET6_ADDRSTRLEN];
	bool ports = key->protocol == IPPROTO_TCP || key->protocol == IPPROTO_UDP;

	inet_ntop(key->ip_version == 4 ? AF_INET : AF_INET6, key->address[end], address,
		sizeof(address));
	if (!ports)
		snprintf(text, size, "%s", address);
	else if (key->ip_version == 4)
		snprintf(text, size, "%s:%u", address, key->port[end]);
	else
		snprintf(text, size, "[%s]:%u", address, key->port[end]);
	return text;
}
