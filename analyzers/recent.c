/* SPDX-License-Identifier: BSD-2-Clause */
/* What passed lately?  One ring for the whole run, so that memory does not grow with traffic. */
#include "analyzers/recent.h"

#include <stdlib.h>

#include "base/memory.h"

struct recent *recent_new(bool now)
{
	struct recent *recent = memory_alloc(1, sizeof(*recent));

	recent->ring = memory_map(RECENT_SEGMENTS * sizeof(*recent->ring));
	if (now)
		memory_populate(recent->ring, RECENT_SEGMENTS * sizeof(*recent->ring));
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
