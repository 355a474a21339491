/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_OUTAGES_H
#define PKTLINT_ANALYZERS_OUTAGES_H

#include <stdbool.h>

#include "analyzers/drops.h"
#include "capture/packet.h"

/*
 * When the capture saw nothing or not all: its own drops, and times without a link.  What the
 * inputs before dropped says nothing of the open one.
 */
struct outages {
	struct drops drops;
	size_t inputs;                          /* that have ended */
	size_t drop_input;                      /* the one whose drops are told */
	int64_t link_down_ns[CAPTURE_MAX_LIVE]; /* since when it has none, INT64_MAX: it has one */
};

void outages_init(struct outages *outages);

void outages_drop(struct outages *outages, const struct drop *drop);

/* Without a link nothing can arrive, so that what is missing then is not known to be lost. */
void outages_change(struct outages *outages, const struct change *change);

/* The open input ends. */
void outages_input_end(struct outages *outages);

/* Whether the drops told are those of the open input. */
static inline bool outages_are_own(const struct outages *outages)
{
	return outages->drop_input == outages->inputs;
}

/* Whether the interface is without a link at that time. */
static inline bool outages_link_down(
	const struct outages *outages, uint32_t interface, int64_t time_ns)
{
	return interface < CAPTURE_MAX_LIVE && time_ns >= outages->link_down_ns[interface];
}

#endif
