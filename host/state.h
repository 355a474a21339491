/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_STATE_H
#define PKTLINT_HOST_STATE_H

#include "host/snapshot.h"

/* Why there is no value, by the error (a positive errno) with which the kernel refused it. */
enum value_state state_of_error(int error);

#endif
