/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_LIVE_FLIGHT_H
#define PKTLINT_TESTS_LIVE_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/live/frame.h"

struct rule;

/* A frame on its way through the relay. */
struct flight {
	uint8_t *bytes;
	size_t length;
	struct frame frame;
	unsigned direction;
	uint64_t number;  /* data frames that have arrived in this direction, with this one */
	uint32_t chosen;  /* by these rules, as bits */
	unsigned actions; /* bits of enum action that were done to it */
	bool copy;        /* made by "dup" */

	/* of one that waits in a rule */
	struct flight *next;
	uint64_t after_passed; /* leaves when the rule has let this many pass */
	uint64_t until_ns;     /* or at this time of clock_ns() */
};

/* Copies a frame to the end of those that wait in the rule. */
void flight_wait(
	struct rule *rule, const struct flight *flight, uint64_t after_passed, uint64_t until_ns);

/* The first frame that waits in the rule if enough have passed or its time has come, or NULL. */
struct flight *flight_due_passed(struct rule *rule);
struct flight *flight_due_time(struct rule *rule, uint64_t now_ns);

/* Frees what flight_due_passed() or flight_due_time() returned. */
void flight_free(struct flight *flight);

#endif
