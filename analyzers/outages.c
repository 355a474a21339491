/* SPDX-License-Identifier: BSD-2-Clause */
/* When may packets have been missed rather than lost? */
#include "analyzers/outages.h"

#include <stdint.h>

void outages_init(struct outages *outages)
{
	*outages = (struct outages){ 0 };
	for (size_t i = 0; i < CAPTURE_MAX_LIVE; i++)
		outages->link_down_ns[i] = INT64_MAX;
}

static void add(struct outages *outages, int64_t from_ns, int64_t to_ns, uint64_t packets)
{
	if (!outages_are_own(outages))
		drops_clear(&outages->drops);
	outages->drop_input = outages->inputs;
	drops_add(&outages->drops, from_ns, to_ns, packets);
}

void outages_drop(struct outages *outages, const struct drop *drop)
{
	add(outages, drop->from_ns, drop->to_ns, drop->packets);
}

void outages_change(struct outages *outages, const struct change *change)
{
	int64_t *down_ns;

	if (change->interface >= CAPTURE_MAX_LIVE)
		return;
	down_ns = &outages->link_down_ns[change->interface];
	if (change->kind == CHANGE_LINK_DOWN && *down_ns == INT64_MAX) {
		*down_ns = change->time_ns;
	} else if (change->kind == CHANGE_LINK_UP && *down_ns != INT64_MAX) {
		add(outages, *down_ns, change->time_ns, 0);
		*down_ns = INT64_MAX;
	}
}

void outages_input_end(struct outages *outages)
{
	outages->inputs++;
}
