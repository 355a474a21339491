/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_SECOND_LOOK_H
#define PKTLINT_CMD_SECOND_LOOK_H

#include "base/error.h"
#include "host/snapshot.h"

/*
 * A small process that keeps the right to look at the machine once more, for a capture that has
 * given it up.  It sees no packet and is told nothing but when: whoever takes over the capture can
 * make it take one snapshot, and nothing else.
 */
struct second_look;

/*
 * Starts it; call it before privilege_drop() and before threads.  Returns what
 * second_look_end() frees, or NULL with `error` filled.
 */
struct second_look *second_look_start(struct error *error);

/*
 * Has it take the snapshot, and waits for that.  Returns it sealed, freed with snapshot_free(), or
 * NULL with `error` filled.  Works once.
 */
struct snapshot *second_look_take(struct second_look *look, struct error *error);

/* Ends the process, waits for it, frees; NULL is allowed. */
void second_look_end(struct second_look *look);

#endif
