/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_COMPARE_H
#define PKTLINT_HOST_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/snapshot.h"

/* A path whose value is not the same in two snapshots. */
struct difference {
	const char *path;
	const struct snapshot_value *before; /* NULL: it appeared */
	const struct snapshot_value *after;  /* NULL: it vanished */
	bool counter;                        /* compare_is_counter() of the path */
	bool has_rise;                       /* both are numbers of 64 bits and `after` is higher */
	uint64_t rise;
};

/*
 * In order of the paths.  Paths and values are those of the snapshots, and valid as long as both.
 */
struct comparison {
	struct difference *differences;
	size_t count;
	size_t settings,
		counters; /* of them: what somebody set, and what counts or ages by itself */
};

/*
 * What differs between two sealed snapshots, of one machine or of two.  A value that is unknown in
 * either for another reason, or known in one only, differs.  Freed with compare_free(); never NULL.
 */
struct comparison *compare_snapshots(const struct snapshot *before, const struct snapshot *after);
void compare_free(struct comparison *comparison); /* NULL is allowed */

/*
 * Whether the value of `path` changes without anybody changing a setting: packets, losses, times,
 * the state of a neighbour.  Paths that are not known are settings.
 */
bool compare_is_counter(const char *path);

/* Whether such a value says how much there is now, so that its rise counts nothing. */
bool compare_is_gauge(const char *path);

#endif
