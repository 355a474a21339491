/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_CHILD_H
#define PKTLINT_CMD_CHILD_H

/*
 * What a helping process does first, just forked: it is called `name`, ends with its parent, leaves
 * the signals that end a capture to the capture, and closes all descriptors but standard error, for
 * what a sanitizer has to say, and the `count` in `kept`.
 */
void child_settle(const char *name, const int *kept, unsigned count);

#endif
