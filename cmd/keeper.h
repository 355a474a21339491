/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_KEEPER_H
#define PKTLINT_CMD_KEEPER_H

#include <stdint.h>

#include "base/error.h"

/*
 * A small process that keeps the rights of the user to create files, for a capture that has given
 * them up.  It parses nothing: it knows the name of the output from the beginning, and is only
 * told the number of the next file, so that whoever takes over the capture can make it create
 * numbered captures and nothing else.
 */
struct keeper;

/*
 * Starts it; call it before privilege_drop() and before threads.  File `number` of `path` is `path`
 * with the number, at least five digits, before its last extension: "run.pcap" gives
 * "run_00001.pcap".  When more than `keep` files (0: no limit) were created, the oldest that it
 * created itself is removed.  Returns a keeper for keeper_stop(), or NULL with `error` filled.
 */
struct keeper *keeper_start(const char *path, uint32_t keep, struct error *error);

/*
 * Creates the next file, beginning with number 1.  Returns a descriptor open for writing, close on
 * exec, or -1 with `error` filled, the file's name in the message.
 */
int keeper_create(struct keeper *keeper, struct error *error);

/* The name of the file created last, "" before; valid until the next keeper_create(). */
const char *keeper_name(const struct keeper *keeper);

/* Ends the process, waits for it, frees; NULL is allowed. */
void keeper_stop(struct keeper *keeper);

#endif
