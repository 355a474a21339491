/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_LANDLOCK_H
#define PKTLINT_CMD_LANDLOCK_H

#include "base/error.h"

/* Returns the version of Landlock that the running kernel has, 0: none, or switched off. */
int landlock_version(void);

/*
 * Takes from the calling thread, for good, every file that is not open yet, and as far as the
 * kernel's version goes TCP ports (4), and abstract sockets and signals of other processes (6).
 * Below `directory`, a descriptor, regular files can still be created, opened for writing and
 * removed; -1: nowhere.  Needs no_new_privs.  Returns 0, also where the kernel has no Landlock, or
 * -1 with `error` filled.
 */
int landlock_confine(int directory, struct error *error);

#endif
