/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_ORIGIN_RULES_H
#define PKTLINT_ANALYZERS_ORIGIN_RULES_H

#include "analyzers/origin.h"
#include "report/units.h"

/* Shared by the parts of the decision only: origin.c and its tables of rules, origin_*.c. */

/* What is asked about, and what it makes of the late packets of one side, or of all. */
struct origin_question {
	const struct origin_setting *setting;
	const struct origin_counts *counts;
	const struct histogram *waited_ns;
	const char *name; /* of the interface, short enough for a sentence */
	char name_text[48];
	const char *steered; /* of what steers to CPUs, as short */
	char steered_text[48];
};

struct origin_answer {
	enum origin origin;
	enum confidence confidence;
	enum origin inside, outside;
	char reason[FINDING_TEXT];
};

/* Returns whether it decides; then the answer is filled in. */
typedef bool origin_rule(const struct origin_question *question, struct origin_answer *answer);

/*
 * Tables of rules, each ended by NULL; the first that decides does.  Gates: whatever stands behind
 * one may be the work of what it names.  Inside: behind the stamp.  Outside: before it.
 */
extern origin_rule *const origin_gates[];
extern origin_rule *const origin_inside_rules[], *const origin_outside_rules[];

/* The first of the rules that decides; returns whether one did. */
bool origin_ask(origin_rule *const *rules, const struct origin_question *question,
	struct origin_answer *answer);

/*
 * Of pairs of which `differ` of `known` came by different queues: whether this host's queues are
 * what parts them.  Always decides.
 */
bool origin_part_by_queues(const struct origin_question *question, struct origin_answer *answer,
	uint64_t differ, uint64_t known);

/* Appends a clause to the reason; one that does not fit is left out whole. */
void origin_say(struct origin_answer *answer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Fill in the answer but for its reason, and return true. */
bool origin_claim(struct origin_answer *answer, enum origin origin, enum confidence confidence);
bool origin_cannot_tell(struct origin_answer *answer);

/* "69 of 69" */
struct units origin_share(uint64_t part, uint64_t whole);

/* What is known of both packets of so many pairs, and in how many it differs. */
enum origin_evidence {
	ORIGIN_EVIDENCE_NONE, /* known of fewer than half */
	ORIGIN_EVIDENCE_SAME,
	ORIGIN_EVIDENCE_DIFFERENT,
	ORIGIN_EVIDENCE_BOTH, /* neither holds of nearly all */
};
enum origin_evidence origin_evidence_of(uint64_t differ, uint64_t known, uint64_t pairs);

/* Whether a part is nearly all of the whole, or nearly nothing of it. */
static inline bool origin_is_all(uint64_t part, uint64_t whole)
{
	return whole && (double)part >= ORIGIN_ALL_SHARE * (double)whole;
}

static inline bool origin_is_hardly(uint64_t part, uint64_t whole)
{
	return whole && (double)part <= (1 - ORIGIN_ALL_SHARE) * (double)whole;
}

/* Whether one side is so small beside the other that two CPUs which raced explain it. */
static inline bool origin_is_race(uint64_t part, uint64_t whole)
{
	return (double)part < ORIGIN_RACE_SHARE * (double)whole;
}

/* Steering that may have taken part: known to be on, or changed meanwhile. */
static inline bool origin_may_steer(const struct origin_setting *setting)
{
	return setting->steers == ORIGIN_YES || setting->follows == ORIGIN_YES ||
	       setting->masks_changed;
}

/* Known to be off, all the time. */
static inline bool origin_steers_nothing(const struct origin_setting *setting)
{
	return setting->steers == ORIGIN_NO && setting->follows == ORIGIN_NO &&
	       !setting->masks_changed;
}

/* Then nothing waits between the stamp and the hand-over. */
static inline bool origin_has_no_backlog(const struct origin_setting *setting)
{
	return setting->polled == ORIGIN_YES && origin_steers_nothing(setting);
}

#endif
