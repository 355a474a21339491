/* SPDX-License-Identifier: BSD-2-Clause */
/* What passed lately?  One ring for the whole run, so that memory does not grow with traffic. */
#include "analyzers/recent.h"

#include <stdlib.h>

#include "base/memory.h"

struct recent {
	struct recent_segment *ring;
	uint32_t next; /* handle of the next entry; never 0 */
};

struct recent *recent_new(void)
{
	struct recent *recent = memory_alloc(1, sizeof(*recent));

	recent->ring = memory_map(RECENT_SEGMENTS * sizeof(*recent->ring));
	recent->next = 1;
	return recent;
}

void recent_free(struct recent *recent)
{
	if (!recent)
		return;
	memory_unmap(recent->ring, RECENT_SEGMENTS * sizeof(*recent->ring));
	free(recent);
}

struct recent_segment *recent_add(struct recent *recent, uint32_t *chain)
{
	struct recent_segment *entry = &recent->ring[recent->next & (RECENT_SEGMENTS - 1)];

	entry->previous = *chain;
	entry->handle = recent->next;
	*chain = recent->next++;
	if (!recent->next)
		recent->next = 1;
	return entry;
}

struct recent_segment *recent_get(struct recent *recent, uint32_t handle)
{
	struct recent_segment *entry = &recent->ring[handle & (RECENT_SEGMENTS - 1)];

	return handle && entry->handle == handle ? entry : NULL;
}
