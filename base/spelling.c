/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of the known names was meant by a word that is none of them?  The one that fewest letters
 * put in, left out, exchanged or swapped with their neighbour turn into the word: the distance of
 * optimal string alignment, by dynamic programming.
 */
#include "base/spelling.h"

#include <stdint.h>
#include <string.h>

#define LENGTH_MAX 31 /* longer words are like no other */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, const char *b)
{
	size_t cost[LENGTH_MAX + 1][LENGTH_MAX + 1];
	size_t height = strlen(a), width = strlen(b);

	if (height > LENGTH_MAX || width > LENGTH_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= height; i++)
		cost[i][0] = i;
	for (size_t j = 0; j <= width; j++)
		cost[0][j] = j;
	for (size_t i = 1; i <= height; i++)
		for (size_t j = 1; j <= width; j++) {
			cost[i][j] = least(cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
				least(cost[i - 1][j], cost[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
		}
	return cost[height][width];
}

const char *spelling_nearest(const char *word, const void *table, size_t stride)
{
	const char *nearest = NULL, *name;
	size_t limit = (strlen(word) + 1) / 3 + 1; /* what is farther was hardly meant */

	for (const char *row = table;; row += stride) {
		memcpy(&name, row, sizeof(name));
		if (!name)
			return nearest;

		size_t d = distance(word, name);

		if (d < limit) {
			limit = d;
			nearest = name;
		}
	}
}
