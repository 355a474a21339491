/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_LIVE_TURNS_H
#define PKTLINT_TESTS_LIVE_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#define TURNS_MOST 64 /* CPUs */

/*
 * Calls `send` for the numbers 0, 1, 2, ... in this order, each on the next of the CPUs 0 to `cpus`
 * - 1 in turn, until it returns false.
 */
void turns_send(unsigned cpus, void *state, bool (*send)(void *state, uint64_t number));

#endif
