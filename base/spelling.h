/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_BASE_SPELLING_H
#define PKTLINT_BASE_SPELLING_H

#include <stddef.h>

/*
 * Returns the name that `word` was likely meant to be, or NULL if none is similar.  `table` is an
 * array of structs of `stride` bytes whose first member is a const char * name; NULL ends it.
 */
const char *spelling_nearest(const char *word, const void *table, size_t stride);

#endif
