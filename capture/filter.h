/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_FILTER_H
#define PKTLINT_CAPTURE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "capture/capture.h"

/* A pcap-filter(7) expression, compiled once for each link type that meets it. */
struct filter;

/*
 * Returns a filter for `expression` (copied), freed with filter_free(), or NULL with `error`
 * filled when it is wrong for Ethernet and for raw IP alike.  Link types are compiled when their
 * first frame comes.
 */
struct filter *filter_new(const char *expression, struct error *error);

/*
 * Whether `frame` matches.  An expression that cannot be compiled for the frame's link type
 * matches nothing of it, and is counted: filter_unusable().
 */
bool filter_match(struct filter *filter, const struct frame *frame);

/* Frames passed over because the expression means nothing for their link type. */
uint64_t filter_unusable(const struct filter *filter);

/* NULL is allowed. */
void filter_free(struct filter *filter);

#endif
