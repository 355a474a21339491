/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_STEERING_TAP_H
#define PKTLINT_CAPTURE_STEERING_TAP_H

#include "capture/live.h"
#include "capture/steering_table.h"

/*
 * Rings beside that of a port, of a few bytes a frame, which tell what the port's cannot: the CPU
 * that handed each frame on, its queue tag and its receive hash.
 */
struct steering_tap;

/*
 * Opens the sockets, for which it takes the right to capture; they get nothing and hold no memory
 * yet.  `options` need not live on.  Returns a tap, or NULL with errno.
 */
struct steering_tap *steering_tap_open(const struct port_options *options);
void steering_tap_close(struct steering_tap *tap); /* NULL is allowed */

/*
 * Lets frames in, those that match the port's filter, from now on; the second time does nothing.
 * Needs no right.  Returns whether it could, else errno tells why.
 */
bool steering_tap_start(struct steering_tap *tap);

/* Takes what the sockets told meanwhile.  Call it often: what their rings cannot hold is lost. */
void steering_tap_read(struct steering_tap *tap);

/*
 * Whether nothing more is to be waited for before frames up to `last` are given out, the last one
 * of a block that is stamped: its facts are here, or will not come, or have not come in
 * LIVE_TRACE_MS since it was first asked for.  Frames long before it are forgotten.  The tap has
 * been started.
 */
bool steering_tap_knows(struct steering_tap *tap, const struct steering_key *last);

/* Adds to `frame`, which lacks a VLAN tag that the kernel took out, what is known of it. */
void steering_tap_fill(const struct steering_tap *tap, struct frame *frame);

#endif
