/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_BASE_INITIAL_NET_H
#define PKTLINT_BASE_INITIAL_NET_H

#include <stddef.h>

/* Settings of the whole machine, whose files only its first network namespace has. */

#define INITIAL_NET_MAX 16

/*
 * Opens `count` (<= INITIAL_NET_MAX) files for reading as the machine's first network namespace has
 * them, and sets each of `descriptors` to one that is the caller's to close, or to -1.  A child
 * enters that namespace, this process does not.  Returns how many are open; if none is, errno tells
 * why: EPERM or EACCES without CAP_SYS_ADMIN and the right to trace process 1 or the kernel's own,
 * ENOENT where neither is in sight: in a container.
 */
size_t initial_net_open(const char *const *paths, size_t count, int *descriptors);

#endif
