/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_BASE_NUMBER_H
#define PKTLINT_BASE_NUMBER_H

#include <stdint.h>

/* Bytes that number_grouped() needs at most, the final NUL included. */
#define NUMBER_GROUPED_BYTES 27

/* Writes `value` in decimal with a comma before every third digit: "4,711".  Returns `text`. */
char *number_grouped(uint64_t value, char text[static NUMBER_GROUPED_BYTES]);

#endif
