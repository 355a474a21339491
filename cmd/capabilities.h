/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_CAPABILITIES_H
#define PKTLINT_CMD_CAPABILITIES_H

#include <stdint.h>

#include "base/error.h"

/*
 * Makes the bounding set smaller, to the capabilities of `kept` (bit n: capability n), so that
 * nothing brings the others back.  Needs CAP_SETPCAP, and does nothing without; call it before
 * the identity changes, which takes that away.
 */
void capabilities_bound(uint64_t kept);

/*
 * Drops all capabilities of the calling thread that are not in `kept`; those that it does not
 * have are not gained.  Nothing is left to be inherited.  Returns 0, or -1 with `error` filled.
 */
int capabilities_keep(uint64_t kept, struct error *error);

#endif
