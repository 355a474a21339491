/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_BASE_CLOCK_H
#define PKTLINT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* What `clock` shows in ns: CLOCK_REALTIME, CLOCK_MONOTONIC, ...; see clock_gettime(2). */
int64_t clock_ns(clockid_t clock);

#endif
