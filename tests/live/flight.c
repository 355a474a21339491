/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where do frames wait that a rule holds back? In the rule's own queue. What they wait for, a
 * number of frames and a time, never falls from one frame of a rule to the next, so only the first
 * is ever looked at.
 */
#include "tests/live/flight.h"

#include <stdlib.h>
#include <string.h>

#include "tests/live/rules.h"
#include "tests/live/tool.h"

void flight_wait(
	struct rule *rule, const struct flight *flight, uint64_t after_passed, uint64_t until_ns)
{
	struct flight *waiting = malloc(sizeof(*waiting) + flight->length);

	if (!waiting)
		die("out of memory");
	*waiting = *flight;
	waiting->bytes = (uint8_t *)(waiting + 1);
	memcpy(waiting->bytes, flight->bytes, flight->length);
	waiting->after_passed = after_passed;
	waiting->until_ns = until_ns;
	waiting->next = NULL;
	if (rule->tail)
		rule->tail->next = waiting;
	else
		rule->head = waiting;
	rule->tail = waiting;
}

static struct flight *take_first(struct rule *rule)
{
	struct flight *first = rule->head;

	rule->head = first->next;
	if (!rule->head)
		rule->tail = NULL;
	return first;
}

struct flight *flight_due_passed(struct rule *rule)
{
	return rule->head && rule->head->after_passed <= rule->passed ? take_first(rule) : NULL;
}

struct flight *flight_due_time(struct rule *rule, uint64_t now_ns)
{
	return rule->head && rule->head->until_ns <= now_ns ? take_first(rule) : NULL;
}

void flight_free(struct flight *flight)
{
	free(flight);
}
