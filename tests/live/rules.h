/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_LIVE_RULES_H
#define PKTLINT_TESTS_LIVE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/live/frame.h"

#define RULES_MOST 16
#define RULE_LIST_MOST 4096

enum action { ACTION_DROP, ACTION_DUP, ACTION_HOLD, ACTION_DELAY, ACTION_CORRUPT, ACTIONS };

/* "drop", "dup", ... */
extern const char *const action_names[ACTIONS];

struct flight;

/* What one argument of the relay asks for, and how far it is. */
struct rule {
	const char *text; /* the argument */
	enum action action;
	unsigned direction; /* 0: a>b, 1: b>a */
	unsigned classes;   /* bits of enum frame_class: the frames it counts */
	uint64_t over;      /* and only those of more bytes */
	uint64_t every, first, count;
	uint64_t *list; /* ascending, or NULL: every, first and count rule */
	size_t list_length;
	uint64_t by;    /* frames that pass before one that is held leaves */
	uint64_t ms_ns; /* time after which it leaves in any case */

	uint64_t seen, hits;
	uint64_t passed; /* frames of its classes that it let pass */
	struct flight *head, *tail;
};

struct rules {
	struct rule rules[RULES_MOST];
	size_t count;
};

/*
 * Adds the rule DIRECTION:ACTION[:WORD]..., as rules_help tells them.  Ends the program with a
 * message if `text` is none; it must outlive the rules.
 */
void rules_add(struct rules *rules, const char *text);

/* Counts a frame that arrived in `direction`; returns the rules that chose it, as bits. */
uint32_t rules_choose(struct rules *rules, unsigned direction, const struct frame *frame);

/* Whether a rule counts such frames. */
bool rule_concerns(const struct rule *rule, unsigned direction, const struct frame *frame);

extern const char rules_help[];

#endif
