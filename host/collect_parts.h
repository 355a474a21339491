/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_COLLECT_PARTS_H
#define PKTLINT_HOST_COLLECT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "host/snapshot.h"

/*
 * The parts of collect_snapshot(), and what those that read files share.  What each reads is at
 * the top of its .c; pktlint-host(5) lists the paths it adds.
 */

/*
 * Each adds its values.  `name` is an interface's; where sysfs is `elsewhere`, and where it shows
 * another interface of that name or none, its files are VALUE_HIDDEN.
 */
void collect_machine(struct snapshot *snapshot);  /* CPUs, kernel, settings */
void collect_counters(struct snapshot *snapshot); /* /proc/net */
void collect_interface_files(
	struct snapshot *snapshot, const char *name, int ifindex, bool elsewhere);
void collect_queue_statistics(struct snapshot *snapshot); /* netdev, of generic netlink */
void collect_shared_files(struct snapshot *snapshot);     /* of all interfaces; RDMA devices */

/* The interrupts of the devices that collect_interface_files() has added; seals the snapshot. */
void collect_interrupts(struct snapshot *snapshot);

void collect_links(struct snapshot *snapshot);           /* rtnetlink: links, addresses, routes */
void collect_traffic_control(struct snapshot *snapshot); /* qdiscs, filters, policers */
void collect_qdiscs(struct snapshot *snapshot);          /* these alone */
void collect_ethtool(struct snapshot *snapshot, const char *name);
void collect_sockets(struct snapshot *snapshot); /* who takes or copies packets */

/* Whether /sys shows another network namespace than this process is in, or is not there. */
bool collect_sysfs_elsewhere(void);

#define COLLECT_PATH 512         /* bytes of a path */
#define COLLECT_TEXT 16384       /* bytes of a value: sysfs gives 4096 at most, a mask a fifth */
#define COLLECT_MAX_QUEUES 4096  /* of an interface and direction */
#define COLLECT_MAX_ENTRIES 8192 /* read of a directory */

/*
 * Reads a regular file into `text`, without the last newline; other newlines become blanks, and
 * bytes that no setting has become "?".  Never waits.
 */
enum value_state collect_read(const char *path, char *text, size_t size);

/* The same of an open file, which it closes. */
enum value_state collect_read_open(int descriptor, char *text, size_t size);

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

/* Compares two elements of such a list, for qsort(3) and bsearch(3). */
int collect_compare_names(const void *left, const void *right);

#endif
