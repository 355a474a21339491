/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_STEERING_TABLE_H
#define PKTLINT_CAPTURE_STEERING_TABLE_H

#include "capture/steering_code.h"

/*
 * What sockets told of frames that another one captures: found again by stamp, length and device.
 * A table of fixed size in which new entries take the places of those that nobody will ask for.
 */
struct steering_table;

/* A frame, as every packet socket sees it. */
struct steering_key {
	int64_t stamp_ns; /* taken once, before any socket */
	uint32_t length;  /* of the frame, without a VLAN tag that the kernel took out */
	uint32_t device;  /* ifindex */
};

struct steering_table *steering_table_new(const struct steering_space *space);
void steering_table_free(struct steering_table *table); /* NULL is allowed */

/* Frames stamped before will not be asked for any more. */
void steering_table_forget(struct steering_table *table, int64_t before_ns);

/*
 * Adds what the socket of `digit` told of a frame: `value`, -1 if it could not, and the frame's
 * receive hash, 0 if it has none.  Where there is no room the frame stays unknown.
 */
void steering_table_add(struct steering_table *table, const struct steering_key *key,
	uint32_t digit, int value, uint32_t rxhash);

/* Whether every socket has told of the frame, be it that it could not. */
bool steering_table_has(const struct steering_table *table, const struct steering_key *key);

/*
 * Sets CPU, queue and receive hash of `frame` with their flags, as far as they are told without a
 * contradiction: two frames of one key that differ are both unknown.
 */
void steering_table_fill(
	const struct steering_table *table, const struct steering_key *key, struct frame *frame);

#endif
