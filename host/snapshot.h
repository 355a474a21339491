/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_SNAPSHOT_H
#define PKTLINT_HOST_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/*
 * One reading of a machine: what files of sysfs and procfs held and what the kernel answered, as
 * texts, each under a path by which a person reads it again:
 *
 *   "/sys/class/net/eth0/queues/rx-0/rps_cpus"            a file
 *   "/proc/net/netstat TcpExt.TCPSACKReorder"             one number of a file with many
 *   "/proc/net/softnet_stat cpu0 dropped"                 a column, by the CPU's number
 *   "ethtool -k eth0 generic-receive-offload"             "on", "off", "off [fixed]", as printed
 *   "ethtool -g eth0 rx", "ethtool -g eth0 rx max"        likewise
 *   "ip -d link show eth0 kind"                           rtnetlink
 *   "tc -s qdisc show dev eth0 root kind"                 rtnetlink
 *
 * A command, the interface's name (which has no blanks), what of its answer.  pktlint-host(5)
 * lists all there are.  What could not be read is in it, too, with the reason: it is never taken
 * for 0.
 */
enum value_state {
	VALUE_PRESENT,
	VALUE_ABSENT,      /* "absent": this kernel or machine has no such thing */
	VALUE_UNSUPPORTED, /* "unsupported": the driver does not answer */
	VALUE_DENIED,      /* "denied": only with more privileges */
	VALUE_HIDDEN,      /* "not visible from this namespace": the host has it */
	VALUE_FAILED,      /* "failed": another error */
	VALUE_STATES,
};

/* The words above; "present". */
const char *value_state_name(enum value_state state);

struct snapshot_value {
	const char *path; /* of printable ASCII when collected; anything when read from a file */
	const char *text; /* without a final newline; "" unless present */
	enum value_state state;
};

/* Opaque: the values in order of their paths. */
struct snapshot;

#define SNAPSHOT_MAX_VALUES 1048576
#define SNAPSHOT_MAX_TEXT 65536 /* bytes of a path or a text; longer texts are cut */

/* Returns an empty snapshot, freed with snapshot_free(). */
struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot); /* NULL is allowed */

/*
 * Adds a value, copied; of two with one path the later holds.  Beyond SNAPSHOT_MAX_VALUES it is
 * dropped, and counted.
 */
void snapshot_set(struct snapshot *snapshot, const char *path, const char *text);
void snapshot_set_unknown(struct snapshot *snapshot, const char *path, enum value_state state);

/* The same with a formatted path (cut at 512 bytes). */
void snapshot_setf(struct snapshot *snapshot, const char *text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void snapshot_set_unknownf(struct snapshot *snapshot, enum value_state state, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* Sorts; call it when all is added and before anything is looked up.  Adding more undoes it. */
void snapshot_seal(struct snapshot *snapshot);

/* The value of `path`, or NULL if nobody asked for it; valid as long as the snapshot. */
const struct snapshot_value *snapshot_find(const struct snapshot *snapshot, const char *path);

/*
 * Sets `*first` to the first value whose path starts with `prefix`, and returns how many follow
 * one another from there; all values for "".
 */
size_t snapshot_below(
	const struct snapshot *snapshot, const char *prefix, const struct snapshot_value **first);

/*
 * Goes through the values that are present and whose paths are a start, something, and `end`, as
 * "ss -0 packet 4711 interface": the start is formatted, and `end` borrowed.
 */
#define SNAPSHOT_BETWEEN_BYTES 48 /* where more than 47 are in between, the value is passed over */
struct snapshot_walk {
	const struct snapshot_value *value; /* the one that was come to */
	char between[SNAPSHOT_BETWEEN_BYTES];
	/* For snapshot_next() alone. */
	const struct snapshot_value *next;
	size_t left, start_length;
	const char *end;
};
void snapshot_walk(struct snapshot_walk *walk, const struct snapshot *snapshot, const char *end,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Comes to the next value; false after the last. */
bool snapshot_next(struct snapshot_walk *walk);

/* Whether `path` ends so; "" ends all. */
bool snapshot_path_ends(const char *path, const char *end);

/* Values dropped because there were SNAPSHOT_MAX_VALUES. */
uint64_t snapshot_dropped(const struct snapshot *snapshot);

/* When it was taken, CLOCK_REALTIME in ns, 0: not known. */
int64_t snapshot_taken_ns(const struct snapshot *snapshot);
void snapshot_set_taken(struct snapshot *snapshot, int64_t taken_ns);

/*
 * Writes a file of format "pktlint.host/1": one JSON object; `before`, an earlier reading of the
 * same machine or NULL, goes in with those of its values that differ.  Returns 0, or -1 with errno.
 */
int snapshot_write(FILE *out, const struct snapshot *snapshot, const struct snapshot *before);

/*
 * Reads such a file.  Returns 0 with `*snapshot` and `*before` (NULL if there is none; completed
 * from the later reading) sealed and the caller's; or -1 with `error` filled: not JSON, not this
 * format, another version, larger than 64 MiB, nested too deeply.  Values of the wrong type are
 * left out and counted in `*odd`.
 */
int snapshot_read(FILE *in, struct snapshot **snapshot, struct snapshot **before, uint64_t *odd,
	struct error *error);

#endif
