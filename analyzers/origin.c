/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who reordered a stream?  Each late packet is compared with the one that overtook it: stamped
 * before it, the queues behind the stamp did it (net/core/dev.c: netif_rx(), get_rps_cpu()),
 * stamped behind it, something did that was earlier.  Gates come first (origin_gates.c), then rules
 * in the order of tables (origin_inside.c, origin_outside.c): the first that says something
 * decides, and what none can prove is undetermined.
 */
#include "analyzers/origin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/origin_rules.h"

/* Where nobody tells who took the stamps, shorter waits are the slack of whoever took them. */
#define REAL_WAIT_NS 1000

/* Whether nearly all of the pairs are of one side. */
static bool is_side(uint64_t side, uint64_t other, uint64_t pairs)
{
	return origin_is_race(other, pairs) &&
	       (double)side >= (1 - ORIGIN_RACE_SHARE) * (double)pairs;
}

enum origin_evidence origin_evidence_of(uint64_t differ, uint64_t known, uint64_t pairs)
{
	if (!known || known < pairs - known || known > pairs || differ > known)
		return ORIGIN_EVIDENCE_NONE;
	if (origin_is_all(differ, known))
		return ORIGIN_EVIDENCE_DIFFERENT;
	return origin_is_hardly(differ, known) ? ORIGIN_EVIDENCE_SAME : ORIGIN_EVIDENCE_BOTH;
}

void origin_say(struct origin_answer *answer, const char *format, ...)
{
	size_t used = strlen(answer->reason);
	char clause[FINDING_TEXT];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(clause, sizeof(clause), format, arguments);
	va_end(arguments);
	/* A clause that does not fit is left out whole. */
	if (used + strlen(clause) + 3 <= sizeof(answer->reason))
		snprintf(answer->reason + used, sizeof(answer->reason) - used, "%s%s",
			used ? "; " : "", clause);
}

bool origin_claim(struct origin_answer *answer, enum origin origin, enum confidence confidence)
{
	answer->origin = origin;
	answer->confidence = confidence;
	return true;
}

bool origin_cannot_tell(struct origin_answer *answer)
{
	return origin_claim(answer, ORIGIN_UNDETERMINED, CONFIDENCE_NONE);
}

struct units origin_share(uint64_t part, uint64_t whole)
{
	struct units text;

	snprintf(text.text, sizeof(text.text), "%.20s of %.20s", units_count(part).text,
		units_count(whole).text);
	return text;
}

bool origin_ask(origin_rule *const *rules, const struct origin_question *question,
	struct origin_answer *answer)
{
	for (; *rules; rules++)
		if ((*rules)(question, answer))
			return true;
	return false;
}

/*
 * Both sides together.
 */

/* Stamps prove what is behind them, whoever took them: nothing waits before it is stamped. */
static bool untold(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;
	const char *by = question->setting->frontend;
	bool waited = question->waited_ns->count &&
		      histogram_percentile(question->waited_ns, 0.5) >= REAL_WAIT_NS;

	if (question->setting->live && question->setting->stamps_told &&
		origin_is_hardly(counts->untold, counts->pairs))
		return false;
	if (is_side(counts->inside, counts->outside, counts->pairs) &&
		counts->pairs >= ORIGIN_PROVING_PAIRS && waited &&
		origin_ask(origin_inside_rules, question, answer)) {
		if (answer->confidence > CONFIDENCE_LIKELY)
			answer->confidence = CONFIDENCE_LIKELY;
		return true;
	}
	if (!question->setting->live)
		origin_say(answer, "a file does not tell where its stamps were taken");
	else
		origin_say(answer, "nobody tells where the stamps were taken (frontend %s)",
			by ? by : "not known");
	if (!counts->inside)
		origin_say(answer, "in 0 of %s pairs the late packet was stamped first",
			units_count(counts->pairs).text);
	else if (origin_is_race(counts->inside, counts->pairs) || !waited)
		origin_say(answer,
			"%s late packets were stamped first, no more than two CPUs that race do",
			origin_share(counts->inside, counts->pairs).text);
	else
		origin_say(answer,
			"%s late packets were stamped first: these were overtaken behind their "
			"stamp",
			origin_share(counts->inside, counts->pairs).text);
	origin_say(answer, "capture live with --frontend mmap");
	return origin_cannot_tell(answer);
}

/*
 * Two CPUs that empty two queues race between stamp and capture, too.  Where nothing else waits
 * there, queues explain however many are stamped first.
 */
static bool queues_first(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (!origin_has_no_backlog(question->setting) ||
		origin_is_race(counts->inside, counts->pairs) ||
		origin_evidence_of(counts->queues_differ, counts->queues, counts->pairs) !=
			ORIGIN_EVIDENCE_DIFFERENT)
		return false;
	origin_part_by_queues(question, answer, counts->queues_differ, counts->queues);
	if (answer->confidence > CONFIDENCE_LIKELY)
		answer->confidence = CONFIDENCE_LIKELY;
	return true;
}

static bool only_inside(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	return is_side(counts->inside, counts->outside, counts->pairs) &&
	       origin_ask(origin_inside_rules, question, answer);
}

static bool only_outside(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	return is_side(counts->outside, counts->inside, counts->pairs) &&
	       origin_ask(origin_outside_rules, question, answer);
}

static bool equal_stamps(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (!origin_is_race(counts->inside, counts->pairs) &&
		!origin_is_race(counts->outside, counts->pairs))
		return false;
	origin_say(answer,
		"too few of %s pairs tell: %s stamped first, %s behind what overtook, %s at the "
		"same time; capture more of it",
		units_count(counts->pairs).text, units_count(counts->inside).text,
		units_count(counts->outside).text, units_count(counts->equal).text);
	return origin_cannot_tell(answer);
}

/* "11 of 50 in this host: by receive steering" */
static void say_part(struct origin_answer *answer, const struct origin_answer *part,
	const struct origin_question *question, uint64_t count, const char *side)
{
	const char *what = origin_text(part->origin), *more = "";

	if (part->origin == ORIGIN_UNDETERMINED) {
		what = side;
		more = ", by what is not known";
	} else if (part->origin == ORIGIN_BEFORE_HOST &&
		   question->setting->virtual_pair == ORIGIN_YES) {
		what = "before this interface";
	}
	origin_say(
		answer, "%s %s%s", origin_share(count, question->counts->pairs).text, what, more);
}

/* Of two parts the one with less confidence, of those that are known. */
static enum confidence weaker(
	const struct origin_answer *inside, const struct origin_answer *outside)
{
	if (inside->origin == ORIGIN_UNDETERMINED)
		return outside->confidence;
	if (outside->origin == ORIGIN_UNDETERMINED || inside->confidence < outside->confidence)
		return inside->confidence;
	return outside->confidence;
}

static bool both_sides(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;
	struct origin_answer inside = { 0 }, outside = { 0 };

	origin_ask(origin_inside_rules, question, &inside);
	origin_ask(origin_outside_rules, question, &outside);
	/* Stamps that tell of what cannot be are no proof of the rest. */
	if (origin_has_no_backlog(question->setting) && inside.origin == ORIGIN_UNDETERMINED) {
		*answer = inside;
		return true;
	}
	say_part(answer, &inside, question, counts->inside, "in this host");
	say_part(answer, &outside, question, counts->outside, "before the stamp");
	/* What is missing matters more than a proof. */
	if (outside.origin == ORIGIN_UNDETERMINED)
		origin_say(answer, "%s", outside.reason);
	origin_say(answer, "%s", inside.reason);
	if (outside.origin != ORIGIN_UNDETERMINED)
		origin_say(answer, "%s", outside.reason);
	if (inside.origin == ORIGIN_UNDETERMINED && outside.origin == ORIGIN_UNDETERMINED)
		return origin_cannot_tell(answer);
	answer->inside = inside.origin;
	answer->outside = outside.origin;
	return origin_claim(answer, ORIGIN_MIXED, weaker(&inside, &outside));
}

static origin_rule *const rules[] = {
	untold,
	queues_first,
	only_inside,
	only_outside,
	equal_stamps,
	both_sides,
	NULL,
};

/* Few pairs prove little, and those that could not be compared may be others. */
static void doubt(const struct origin_counts *counts, struct origin_answer *answer)
{
	bool part = counts->pairs < counts->late && counts->pairs < counts->late - counts->pairs;

	if (answer->confidence == CONFIDENCE_NONE)
		return;
	if ((part || counts->pairs < ORIGIN_PROVING_PAIRS) &&
		answer->confidence > CONFIDENCE_LIKELY)
		answer->confidence = CONFIDENCE_LIKELY;
	if (part)
		origin_say(answer, "%s late packets could be compared",
			origin_share(counts->pairs, counts->late).text);
}

void origin_decide(const struct origin_setting *setting, struct report_origin *result)
{
	struct origin_question question = {
		.setting = setting,
		.counts = &result->counts,
		.waited_ns = &result->waited_ns,
	};
	struct origin_answer answer = { 0 };

	snprintf(question.name_text, sizeof(question.name_text), "%.40s",
		setting->name ? setting->name : "the interface");
	question.name = question.name_text;
	snprintf(question.steered_text, sizeof(question.steered_text), "%.40s",
		setting->steered_at ? setting->steered_at : question.name_text);
	question.steered = question.steered_text;
	if (!origin_ask(origin_gates, &question, &answer))
		origin_ask(rules, &question, &answer);
	doubt(&result->counts, &answer);
	result->origin = answer.origin;
	result->confidence = answer.confidence;
	result->inside = answer.inside;
	result->outside = answer.outside;
	result->same_machine = setting->virtual_pair == ORIGIN_YES;
	snprintf(result->reason, sizeof(result->reason), "%s", answer.reason);
}
