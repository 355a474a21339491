/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_SYSCALLS_H
#define PKTLINT_CMD_SYSCALLS_H

#include <stdbool.h>

#include "base/error.h"

/* Whether syscalls_confine() does anything: seccomp is built in, and the kernel has it. */
bool syscalls_can_confine(void);

/*
 * Takes from the calling thread, for good, the system calls that reading, analysing and writing to
 * open descriptors do not need; they fail with EPERM.  With `moves` it may choose the CPUs that
 * it runs on.  Needs no_new_privs.  Returns 0, also
 * where there is no seccomp, or -1 with `error` filled.
 */
int syscalls_confine(bool moves, struct error *error);

#endif
