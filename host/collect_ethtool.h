/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_COLLECT_ETHTOOL_H
#define PKTLINT_HOST_COLLECT_ETHTOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "host/snapshot.h"

/* An interface that is asked by ioctl(SIOCETHTOOL); `socket` is any. */
struct ethtool_device {
	struct snapshot *snapshot;
	const char *name;
	int socket;
};

/* Names as the kernel has them, each ended by a NUL, in printable ASCII. */
#define ETHTOOL_NAME_BYTES 33
struct ethtool_names {
	char (*names)[ETHTOOL_NAME_BYTES];
	uint32_t count;
};

/* Asks `command`, a struct of linux/ethtool.h.  Returns 0, or a positive errno. */
int ethtool_ask(const struct ethtool_device *device, void *command);

/*
 * Reads the names of a set of strings (enum ethtool_stringset), which the caller frees: free(3) of
 * `names->names`.  Returns 0, with no names if there are none or more than 16384; or a positive
 * errno.
 */
int ethtool_names_read(
	const struct ethtool_device *device, uint32_t set, struct ethtool_names *names);

/* Adds why a command, as "ethtool -g", has no answer as a whole. */
void ethtool_refused(const struct ethtool_device *device, const char *command, int error);

/* Parts of collect_ethtool(): what ethtool -k, -S, --show-priv-flags, -x and -n, -c print. */
void collect_ethtool_features(const struct ethtool_device *device);
void collect_ethtool_statistics(const struct ethtool_device *device);
void collect_ethtool_private_flags(const struct ethtool_device *device);
void collect_ethtool_hash(const struct ethtool_device *device);
void collect_ethtool_coalesce(const struct ethtool_device *device);

/* Whether a counter of a driver tells of losses, merging or queues, by its name. */
bool ethtool_counter_wanted(const char *name);

/*
 * The features of ethtool -k: of `count` names and four sets of bits, 32 a word, adds what it
 * prints.
 */
struct ethtool_feature_bits {
	const uint32_t *available, *requested, *active, *never_changed;
};
void ethtool_features_tell(struct snapshot *snapshot, const char *name,
	const struct ethtool_names *names, const struct ethtool_feature_bits *bits);

#endif
