/* SPDX-License-Identifier: BSD-2-Clause */
/* What was there that nobody judged? */
#include "analyzers/kinds.h"

void kinds_count(struct kinds *kinds, const struct packet *packet)
{
	uint32_t key = ((uint32_t)packet->layer << 16 | packet->reason) + 1;

	for (uint32_t i = key % KINDS_MAX, n = 0; n < KINDS_MAX; i = (i + 1) % KINDS_MAX, n++) {
		struct kind *kind = &kinds->kind[i];

		if (kind->key && kind->key != key)
			continue;
		kind->key = key;
		kind->frames++;
		return;
	}
	kinds->other++;
}

void kinds_report(const struct kinds *kinds, struct report *report)
{
	char name[64];

	for (int i = 0; i < KINDS_MAX; i++) {
		const struct kind *kind = &kinds->kind[i];

		if (!kind->key)
			continue;
		report_add_unjudged(report,
			decode_reason((kind->key - 1) >> 16, (kind->key - 1) & 0xffff, name,
				sizeof(name)),
			kind->frames);
	}
	if (kinds->other)
		report_add_unjudged(report, "other kinds", kinds->other);
}
