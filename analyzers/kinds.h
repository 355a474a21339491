/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_KINDS_H
#define PKTLINT_ANALYZERS_KINDS_H

#include "capture/packet.h"
#include "report/report.h"

#define KINDS_MAX 128 /* further ones are counted together */

/* Frames that nobody judges, by where their decoding ended and why.  Zeroed: none. */
struct kinds {
	struct kind {
		uint32_t key; /* layer and reason, plus 1 */
		uint64_t frames;
	} kind[KINDS_MAX];
	uint64_t other;
};

void kinds_count(struct kinds *kinds, const struct packet *packet);

/* Adds them to what the report tells as unjudged. */
void kinds_report(const struct kinds *kinds, struct report *report);

#endif
