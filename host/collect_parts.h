/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_COLLECT_PARTS_H
#define PKTLINT_HOST_COLLECT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "host/snapshot.h"

/* What the parts that read files share. */

#define COLLECT_PATH 512         /* bytes of a path */
#define COLLECT_TEXT 16384       /* bytes of a value: sysfs gives 4096 at most, a mask a fifth */
#define COLLECT_MAX_QUEUES 4096  /* of an interface and direction */
#define COLLECT_MAX_ENTRIES 8192 /* read of a directory */

/*
 * Reads a regular file into `text`, without the last newline; other newlines become blanks, and
 * bytes that no setting has become "?".  Never waits.
 */
enum value_state collect_read(const char *path, char *text, size_t size);

/* Adds a file as the value of its path, or why not. */
void collect_file(struct snapshot *snapshot, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Opens a regular file to be read by lines; NULL with `*state` set. */
FILE *collect_open(const char *path, enum value_state *state);

/* Whether the file or directory is there. */
bool collect_exists(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The names in a directory that start with `prefix`, without those with a dot in front, sorted, at
 * most COLLECT_MAX_ENTRIES.  Returns them, freed with collect_free_names(); NULL if there are none.
 */
char **collect_names(const char *directory, const char *prefix, size_t *count);
void collect_free_names(char **names, size_t count);

#endif
