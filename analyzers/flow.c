/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which conversation does a packet belong to?  Open addressing over 8-byte slots (tag and index)
 * apart from the flow records, which live in slabs that never move; keyed hash, because an attacker
 * chooses the ports; looked up a batch at a time so that cache misses overlap.  The table of
 * slots grows a little with every batch, never in one go.
 */
#include "analyzers/flow.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "analyzers/analyzer.h"
#include "base/memory.h"

#define NONE UINT32_MAX
#define SLAB_BITS 13 /* flows in a slab: about 3 MB of address space, touched as it is used */
#define SLAB_FLOWS (1u << SLAB_BITS)
#define FIRST_SLOTS 4096u
#define MOVE_SLOTS 256u /* slots moved per batch while the table grows */
#define EPOCH_PACKETS 1024u
/* So many that the oldest flow was last used before this epoch, hence never by the batch at hand. */
#define MIN_FLOWS (2 * EPOCH_PACKETS)

struct slot {
	uint32_t tag;   /* upper half of the hash */
	uint32_t index; /* of the flow, plus 1; 0: free */
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
	uint32_t newest, oldest;
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
	table->newest = table->oldest = NONE;
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
	slots_release(&table->now);
	slots_release(&table->before);
	free(table);
}

/* Folded 64 x 64 bit multiplication: each result bit depends on all bits of both. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t key_hash(const struct flow_table *table, const struct flow_key *key)
{
	uint64_t word[sizeof(*key) / 8];
	uint64_t hash;

	memcpy(word, key, sizeof(word));
	hash = mix(word[0] ^ table->secret[0], word[1] ^ 0x9e3779b97f4a7c15u);
	hash ^= mix(word[2] ^ table->secret[1], word[3] ^ 0xd6e8feb86659fd93u);
	hash = mix(hash ^ word[4], word[5] ^ table->secret[2]);
	return mix(hash ^ table->secret[1], 0xa0761d6478bd642fu);
}

static void slots_put(struct slots *slots, uint64_t hash, uint32_t index)
{
	uint32_t i = (uint32_t)hash & slots->mask;

	while (slots->slot[i].index)
		i = (i + 1) & slots->mask;
	slots->slot[i] = (struct slot){ .tag = (uint32_t)(hash >> 32), .index = index + 1 };
	slots->used++;
}

static struct flow *slots_find(const struct flow_table *table, const struct slots *slots,
	uint64_t hash, const struct flow_key *key)
{
	uint32_t tag = (uint32_t)(hash >> 32);

	for (uint32_t i = (uint32_t)hash & slots->mask; slots->slot[i].index;
		i = (i + 1) & slots->mask) {
		struct flow *flow;

		if (slots->slot[i].tag != tag)
			continue;
		flow = flow_at(table, slots->slot[i].index - 1);
		if (flow->hash == hash && !memcmp(&flow->key, key, sizeof(*key)))
			return flow;
	}
	return NULL;
}

/* Takes a flow out of the slots by moving later members of its run back (no tombstones). */
static void slots_remove(
	const struct flow_table *table, struct slots *slots, uint64_t hash, uint32_t index)
{
	uint32_t hole = (uint32_t)hash & slots->mask;

	while (slots->slot[hole].index && slots->slot[hole].index != index + 1)
		hole = (hole + 1) & slots->mask;
	if (!slots->slot[hole].index)
		return;
	for (uint32_t i = (hole + 1) & slots->mask; slots->slot[i].index;
		i = (i + 1) & slots->mask) {
		uint32_t home = (uint32_t)flow_at(table, slots->slot[i].index - 1)->hash &
				slots->mask;

		if (((i - home) & slots->mask) >= ((i - hole) & slots->mask)) {
			slots->slot[hole] = slots->slot[i];
			hole = i;
		}
	}
	slots->slot[hole].index = 0;
	slots->used--;
}

static struct flow *table_find(
	const struct flow_table *table, uint64_t hash, const struct flow_key *key)
{
	struct flow *flow = slots_find(table, &table->now, hash, key);

	if (!flow && table->before.slot)
		flow = slots_find(table, &table->before, hash, key);
	return flow;
}

/*
 * While the table grows, moves a few slots of the old one.  The old table is drained from its end by
 * removal, so its runs stay whole and look-ups in it stay right.
 */
static void grow_a_little(struct flow_table *table)
{
	struct slots *before = &table->before;

	for (uint32_t n = 0; n < MOVE_SLOTS && before->used; n++) {
		uint32_t i = table->moved & before->mask;

		if (before->slot[i].index) {
			uint32_t index = before->slot[i].index - 1;
			uint64_t hash = flow_at(table, index)->hash;

			slots_remove(table, before, hash, index);
			slots_put(&table->now, hash, index);
		} else {
			table->moved++;
		}
	}
	if (!before->used)
		slots_release(before);
}

static void grow_if_full(struct flow_table *table)
{
	if (table->before.slot) {
		grow_a_little(table);
		return;
	}
	if (table->now.used <= table->now.mask / 2 + table->now.mask / 8)
		return;
	table->before = table->now;
	table->moved = 0;
	slots_allocate(&table->now, (table->before.mask + 1) * 2);
}

static void lru_unlink(struct flow_table *table, struct flow *flow)
{
	if (flow->newer != NONE)
		flow_at(table, flow->newer)->older = flow->older;
	else
		table->newest = flow->older;
	if (flow->older != NONE)
		flow_at(table, flow->older)->newer = flow->newer;
	else
		table->oldest = flow->newer;
}

static void lru_push(struct flow_table *table, struct flow *flow, uint32_t index)
{
	flow->newer = NONE;
	flow->older = table->newest;
	if (table->newest != NONE)
		flow_at(table, table->newest)->newer = index;
	else
		table->oldest = index;
	table->newest = index;
	flow->epoch = table->epoch;
}

static uint32_t evict_oldest(struct flow_table *table)
{
	uint32_t index = table->oldest;
	struct flow *flow = flow_at(table, index);

	table->end(table->context, flow);
	slots_remove(table, &table->now, flow->hash, index);
	if (table->before.slot)
		slots_remove(table, &table->before, flow->hash, index);
	lru_unlink(table, flow);
	table->evicted++;
	return index;
}

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

static struct flow *table_insert(struct flow_table *table, uint64_t hash,
	const struct flow_key *key, const struct packet *packet)
{
	uint32_t index = take_record(table);
	struct flow *flow = flow_at(table, index);

	memset(flow, 0, sizeof(*flow));
	flow->key = *key;
	flow->hash = hash;
	flow->number = (uint32_t)table->seen++;
	flow->opener = packet->side;
	flow->icmp_type = packet->icmp_type;
	flow->icmp_code = packet->icmp_code;
	flow->first_ns = flow->last_ns = packet->time_ns;
	slots_put(&table->now, hash, index);
	lru_push(table, flow, index);
	return flow;
}

/* Orders two ends: by address, then by port.  Returns 1 if they must change places. */
static int ends_swapped(
	const uint8_t *a, const uint8_t *b, size_t length, uint16_t port_a, uint16_t port_b)
{
	int order = memcmp(a, b, length);

	return order > 0 || (order == 0 && port_a > port_b);
}

static uint8_t key_fill(struct flow_key *key, const uint8_t *source, const uint8_t *destination,
	uint8_t ip_version, const uint16_t port[2])
{
	size_t length = ip_version == 4 ? 4 : 16;
	uint8_t swapped = (uint8_t)ends_swapped(source, destination, length, port[0], port[1]);

	memcpy(key->address[swapped], source, length);
	memcpy(key->address[!swapped], destination, length);
	key->port[swapped] = port[0];
	key->port[!swapped] = port[1];
	key->ip_version = ip_version;
	return swapped;
}

static void packet_key(struct packet *packet, struct flow_key *key)
{
	uint16_t port[2] = { packet->source_port, packet->destination_port };

	if ((packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) && !port[0]) {
		port[0] = packet->icmp_type;
		port[1] = packet->icmp_code;
	}
	memset(key, 0, sizeof(*key));
	packet->side = key_fill(
		key, packet_source(packet), packet_destination(packet), packet->ip_version, port);
	key->protocol = packet->protocol;
	key->vlan_id = packet->vlan_id;
	key->vni = packet->vni;
	key->outer_pair = packet->outer_pair;
}

/* Fragments without ports and packets cut before them would make flows of their own. */
static bool has_flow(const struct packet *packet)
{
	return packet->flags & PACKET_IP && packet->layer != LAYER_FRAGMENT &&
	       packet->layer != LAYER_TRUNCATED && packet->layer != LAYER_MALFORMED;
}

static void flow_prefetch(const struct flow_table *table, uint64_t hash)
{
	const struct slots *slots = &table->now;
	const struct slot *slot = &slots->slot[(uint32_t)hash & slots->mask];

	if (slot->index && slot->tag == (uint32_t)(hash >> 32)) {
		const char *record = (const char *)flow_at(table, slot->index - 1);

		for (size_t i = 0; i < sizeof(struct flow); i += 64)
			__builtin_prefetch(record + i, 1);
	}
}

static void flow_use(struct flow_table *table, struct flow *flow, uint32_t index)
{
	if (flow->epoch == table->epoch)
		return;
	lru_unlink(table, flow);
	lru_push(table, flow, index);
}

/* Index of a record, from its older neighbour's or newer neighbour's link. */
static uint32_t flow_index(const struct flow_table *table, const struct flow *flow)
{
	if (flow->newer != NONE)
		return flow_at(table, flow->newer)->older;
	return table->newest;
}

static void lookup_one(struct flow_table *table, struct packet *packet, const struct flow_key *key)
{
	struct flow *flow = table_find(table, packet->hash, key);

	if (!flow) {
		flow = table_insert(table, packet->hash, key, packet);
	} else if (flow->epoch != table->epoch) {
		flow_use(table, flow, flow_index(table, flow));
	}
	packet->flow = flow;
}

void flow_table_lookup(struct flow_table *table, struct packet *packets, int count)
{
	struct flow_key keys[BATCH_PACKETS];

	for (int i = 0; i < count; i++) {
		struct packet *packet = &packets[i];

		if (!has_flow(packet))
			continue;
		packet_key(packet, &keys[i]);
		packet->hash = key_hash(table, &keys[i]);
		__builtin_prefetch(&table->now.slot[(uint32_t)packet->hash & table->now.mask]);
	}
	if (table->flows > SLAB_FLOWS / 8)
		for (int i = 0; i < count; i++)
			if (has_flow(&packets[i]))
				flow_prefetch(table, packets[i].hash);
	table->packets += (uint32_t)count;
	if (table->packets >= EPOCH_PACKETS) {
		table->packets = 0;
		table->epoch++;
	}
	for (int i = 0; i < count; i++) {
		if (!has_flow(&packets[i])) {
			packets[i].flow = NULL;
			continue;
		}
		lookup_one(table, &packets[i], &keys[i]);
		if (table->now.used > table->now.mask / 2)
			grow_if_full(table);
	}
	if (table->before.slot)
		grow_a_little(table);
}

struct flow *flow_table_find_quoted(
	struct flow_table *table, const struct packet_quote *quote, uint16_t vlan_id, uint8_t *side)
{
	const uint16_t port[2] = { quote->source_port, quote->destination_port };
	struct flow_key key;

	if (!quote->has_ports)
		return NULL;
	memset(&key, 0, sizeof(key));
	*side = key_fill(&key, quote->source, quote->destination, quote->ip_version, port);
	key.protocol = quote->protocol;
	key.vlan_id = vlan_id;
	return table_find(table, key_hash(table, &key), &key);
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
