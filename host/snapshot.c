/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What did the machine say, under which path? A sorted list of texts: so a live machine and a file
 * are read by the same code, two readings are compared by walking both, and nothing that could not
 * be read is mistaken for zero.
 */
#include "host/snapshot.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BLOCK_BYTES 65536

/* Texts are packed into blocks, freed all at once. */
struct block {
	struct block *next;
	size_t used, size;
	char bytes[];
};

struct snapshot {
	struct snapshot_value *values;
	size_t count, capacity;
	bool sealed;
	uint64_t dropped;
	int64_t taken_ns;
	struct block *blocks;
};

static const char *const state_names[VALUE_STATES] = {
	[VALUE_PRESENT] = "present",
	[VALUE_ABSENT] = "absent",
	[VALUE_UNSUPPORTED] = "unsupported",
	[VALUE_DENIED] = "denied",
	[VALUE_HIDDEN] = "not visible from this namespace",
	[VALUE_FAILED] = "failed",
};

const char *value_state_name(enum value_state state)
{
	return state_names[state];
}

struct snapshot *snapshot_new(void)
{
	return memory_alloc(1, sizeof(struct snapshot));
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	while (snapshot->blocks) {
		struct block *next = snapshot->blocks->next;

		free(snapshot->blocks);
		snapshot->blocks = next;
	}
	free(snapshot->values);
	free(snapshot);
}

static const char *keep(struct snapshot *snapshot, const char *text)
{
	size_t length = strnlen(text, SNAPSHOT_MAX_TEXT - 1);
	struct block *block = snapshot->blocks;
	char *copy;

	if (!block || block->size - block->used < length + 1) {
		size_t size = length + 1 > BLOCK_BYTES ? length + 1 : BLOCK_BYTES;

		block = memory_alloc(1, sizeof(*block) + size);
		block->size = size;
		block->next = snapshot->blocks;
		snapshot->blocks = block;
	}
	copy = block->bytes + block->used;
	memcpy(copy, text, length);
	copy[length] = '\0';
	block->used += length + 1;
	return copy;
}

static void add(
	struct snapshot *snapshot, const char *path, const char *text, enum value_state state)
{
	if (snapshot->count == SNAPSHOT_MAX_VALUES) {
		snapshot->dropped++;
		return;
	}
	if (snapshot->count == snapshot->capacity) {
		snapshot->capacity = snapshot->capacity ? 2 * snapshot->capacity : 1024;
		snapshot->values = memory_grow(
			snapshot->values, snapshot->capacity, sizeof(*snapshot->values));
	}
	snapshot->values[snapshot->count++] = (struct snapshot_value){
		.path = keep(snapshot, path),
		.text = *text ? keep(snapshot, text) : "",
		.state = state,
	};
	snapshot->sealed = false;
}

void snapshot_set(struct snapshot *snapshot, const char *path, const char *text)
{
	add(snapshot, path, text, VALUE_PRESENT);
}

void snapshot_set_unknown(struct snapshot *snapshot, const char *path, enum value_state state)
{
	add(snapshot, path, "", state);
}

void snapshot_setf(struct snapshot *snapshot, const char *text, const char *format, ...)
{
	char path[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	snapshot_set(snapshot, path, text);
}

void snapshot_set_unknownf(
	struct snapshot *snapshot, enum value_state state, const char *format, ...)
{
	char path[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	snapshot_set_unknown(snapshot, path, state);
}

/* Texts of one snapshot: of equal paths the one added later lies later in the unsorted list. */
static int compare_values(const void *left, const void *right, void *context)
{
	const size_t *a = left, *b = right;
	const struct snapshot_value *values = context;
	int order = strcmp(values[*a].path, values[*b].path);

	return order ? order : (*a > *b) - (*a < *b);
}

void snapshot_seal(struct snapshot *snapshot)
{
	struct snapshot_value *sorted;
	size_t *order, kept = 0;

	if (snapshot->sealed || snapshot->count == 0) {
		snapshot->sealed = true;
		return;
	}
	order = memory_alloc(snapshot->count, sizeof(*order));
	for (size_t i = 0; i < snapshot->count; i++)
		order[i] = i;
	qsort_r(order, snapshot->count, sizeof(*order), compare_values, snapshot->values);
	sorted = memory_alloc(snapshot->count, sizeof(*sorted));
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_value *value = &snapshot->values[order[i]];

		if (kept && strcmp(sorted[kept - 1].path, value->path) == 0)
			kept--;
		sorted[kept++] = *value;
	}
	free(order);
	free(snapshot->values);
	snapshot->values = sorted;
	snapshot->capacity = snapshot->count;
	snapshot->count = kept;
	snapshot->sealed = true;
}

/* The first value that is not before `path`. */
static size_t lower_bound(const struct snapshot *snapshot, const char *path)
{
	size_t low = 0, high = snapshot->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(snapshot->values[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct snapshot_value *snapshot_find(const struct snapshot *snapshot, const char *path)
{
	size_t at = lower_bound(snapshot, path);

	if (at == snapshot->count || strcmp(snapshot->values[at].path, path) != 0)
		return NULL;
	return &snapshot->values[at];
}

size_t snapshot_below(
	const struct snapshot *snapshot, const char *prefix, const struct snapshot_value **first)
{
	size_t from = lower_bound(snapshot, prefix), length = strlen(prefix), end = from;

	while (end < snapshot->count && strncmp(snapshot->values[end].path, prefix, length) == 0)
		end++;
	*first = snapshot->values ? snapshot->values + from : NULL;
	return end - from;
}

void snapshot_walk(struct snapshot_walk *walk, const struct snapshot *snapshot, const char *end,
	const char *format, ...)
{
	char start[512];
	va_list arguments;

	va_start(arguments, format);
	walk->start_length = (size_t)vsnprintf(start, sizeof(start), format, arguments);
	va_end(arguments);
	walk->end = end;
	walk->left = 0;
	if (walk->start_length < sizeof(start))
		walk->left = snapshot_below(snapshot, start, &walk->next);
}

bool snapshot_next(struct snapshot_walk *walk)
{
	size_t end = strlen(walk->end);

	while (walk->left > 0) {
		const char *rest = walk->next->path + walk->start_length;
		size_t length = strlen(rest);

		walk->value = walk->next++;
		walk->left--;
		if (walk->value->state != VALUE_PRESENT || length <= end ||
			length - end >= sizeof(walk->between) ||
			strcmp(rest + length - end, walk->end) != 0)
			continue;
		memcpy(walk->between, rest, length - end);
		walk->between[length - end] = '\0';
		return true;
	}
	return false;
}

bool snapshot_path_ends(const char *path, const char *end)
{
	size_t length = strlen(path), wanted = strlen(end);

	return length >= wanted && strcmp(path + length - wanted, end) == 0;
}

uint64_t snapshot_dropped(const struct snapshot *snapshot)
{
	return snapshot->dropped;
}

int64_t snapshot_taken_ns(const struct snapshot *snapshot)
{
	return snapshot->taken_ns;
}

void snapshot_set_taken(struct snapshot *snapshot, int64_t taken_ns)
{
	snapshot->taken_ns = taken_ns;
}
