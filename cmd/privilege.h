/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_PRIVILEGE_H
#define PKTLINT_CMD_PRIVILEGE_H

#include "base/error.h"

/*
 * Gives up for good all that reading packets does not need; call it when sockets and outputs are
 * open and before the first packet is parsed.  In this order:
 *
 * - started as root: the uid, gid and groups of `user` (-Z), or of "nobody" if NULL.  Else the
 *   identity stays, and a `user` other than oneself is an error;
 * - all capabilities (capabilities(7)): permitted, effective, inheritable, ambient, and, as far as
 *   there is CAP_SETPCAP, the bounding set;
 * - no_new_privs;
 * - Landlock, where the kernel has it: no file, and no TCP port, can be reached by name any more;
 * - seccomp, where it is built in: only the system calls that reading, analysing and writing to
 *   open descriptors need; others fail with EPERM, so opening files and sockets does.
 *
 * Returns 0, or -1 with `error` filled: there is no such user, or the kernel refused what it must
 * not (Landlock and seccomp it may lack).  Then nothing must be read.
 */
int privilege_drop(const char *user, struct error *error);

/* The same for a process that moves itself from CPU to CPU while it sends. */
int privilege_drop_moving(const char *user, struct error *error);

/* What privilege_drop() will do here beyond capabilities: "landlock, seccomp"; static text. */
const char *privilege_sandbox(void);

#endif
