/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which frames does a rule of the relay choose? Each rule counts the frames of its classes as they
 * arrive, also those that an earlier rule drops, so that its numbers are those of the log.
 */
#include "tests/live/rules.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/tool.h"

#define FLUSH_MS 5

const char rules_help[] =
	"  RULE is DIRECTION:ACTION[:WORD]..., DIRECTION a>b or b>a. Each counts, from 1, the\n"
	"  frames of its classes that arrive in its direction. They act in the order given.\n"
	"  ACTION\n"
	"    drop      never leaves\n"
	"    dup       leaves twice, the copy right after it or, with by= or ms=, later;\n"
	"              later rules treat the copy as they do the frame\n"
	"    hold      leaves after by= (1) further frames, or after ms= (5) if they do not come\n"
	"    delay     leaves after ms=\n"
	"    corrupt   its last byte is changed, so that the checksum of layer 4 is wrong\n"
	"  WORD\n"
	"    data (unless another is given), tcp, udp, raw: frames with payload; syn, fin, ack:\n"
	"    TCP without; icmp: errors; other; any: the classes counted, several if wanted\n"
	"    every=N   every N-th frame, from first=F (N) on, count=C times at most\n"
	"    list=N,.. these frames\n"
	"    over=N    only frames of more than N bytes are counted\n"
	"    by=N ms=N see ACTION\n";

const char *const action_names[ACTIONS] = {
	[ACTION_DROP] = "drop",
	[ACTION_DUP] = "dup",
	[ACTION_HOLD] = "hold",
	[ACTION_DELAY] = "delay",
	[ACTION_CORRUPT] = "corrupt",
};

static const struct {
	const char *word;
	unsigned classes;
} class_words[] = {
	{ "data", FRAME_DATA },
	{ "tcp", 1u << FRAME_TCP },
	{ "udp", 1u << FRAME_UDP },
	{ "raw", 1u << FRAME_RAW },
	{ "syn", 1u << FRAME_SYN },
	{ "fin", 1u << FRAME_FIN },
	{ "ack", 1u << FRAME_ACK },
	{ "icmp", 1u << FRAME_ICMP },
	{ "other", 1u << FRAME_OTHER },
	{ "any", (1u << FRAME_CLASSES) - 1 },
};

static const struct {
	const char *word;
	size_t offset; /* of a uint64_t in struct rule */
	uint64_t factor, most;
} number_words[] = {
	{ "every=", offsetof(struct rule, every), 1, UINT32_MAX },
	{ "first=", offsetof(struct rule, first), 1, UINT32_MAX },
	{ "count=", offsetof(struct rule, count), 1, UINT32_MAX },
	{ "over=", offsetof(struct rule, over), 1, UINT16_MAX },
	{ "by=", offsetof(struct rule, by), 1, UINT32_MAX },
	{ "ms=", offsetof(struct rule, ms_ns), MS_NS, 60000 },
};

static bool parse_class(struct rule *rule, const char *word)
{
	for (size_t i = 0; i < sizeof(class_words) / sizeof(*class_words); i++)
		if (!strcmp(word, class_words[i].word)) {
			rule->classes |= class_words[i].classes;
			return true;
		}
	return false;
}

static bool parse_number(struct rule *rule, const char *word)
{
	for (size_t i = 0; i < sizeof(number_words) / sizeof(*number_words); i++) {
		size_t name_length = strlen(number_words[i].word);
		uint64_t number;

		if (strncmp(word, number_words[i].word, name_length))
			continue;
		number = number_parse(
			number_words[i].word, word + name_length, number_words[i].most);
		if (!number)
			die("rule '%s': '%s' must not be 0", rule->text, word);
		*(uint64_t *)((char *)rule + number_words[i].offset) = number *
								       number_words[i].factor;
		return true;
	}
	return false;
}

static bool parse_list(struct rule *rule, char *word)
{
	char *rest = word + strlen("list="), *item;

	if (strncmp(word, "list=", strlen("list=")))
		return false;
	rule->list = calloc(RULE_LIST_MOST, sizeof(*rule->list));
	if (!rule->list)
		die("out of memory");
	while ((item = strsep(&rest, ","))) {
		uint64_t number = number_parse("list=", item, UINT32_MAX);

		if (rule->list_length == RULE_LIST_MOST)
			die("rule '%s' lists more than %d frames", rule->text, RULE_LIST_MOST);
		if (number <= (rule->list_length ? rule->list[rule->list_length - 1] : 0))
			die("rule '%s': its list does not rise at '%s'", rule->text, item);
		rule->list[rule->list_length++] = number;
	}
	return true;
}

static void parse_direction(struct rule *rule, const char *word)
{
	if (!strcmp(word, "b>a"))
		rule->direction = 1;
	else if (strcmp(word, "a>b"))
		die("rule '%s': '%s' is no direction: a>b or b>a", rule->text, word);
}

static void parse_action(struct rule *rule, const char *word)
{
	while (rule->action < ACTIONS && (!word || strcmp(word, action_names[rule->action])))
		rule->action++;
	if (rule->action == ACTIONS)
		die("rule '%s': '%s' is no action", rule->text, word ? word : "");
}

/* Fills in what was not said, and refuses what makes no sense. */
static void complete(struct rule *rule)
{
	const unsigned without_payload = ~FRAME_DATA & ((1u << FRAME_CLASSES) - 1);

	if (!rule->classes)
		rule->classes = FRAME_DATA;
	if (!rule->list == !rule->every)
		die("rule '%s' needs either every= or list=", rule->text);
	if (!rule->first)
		rule->first = rule->every;
	if (rule->action == ACTION_DELAY && (!rule->ms_ns || rule->by))
		die("rule '%s': delay needs ms= and takes no by=", rule->text);
	if (rule->action == ACTION_CORRUPT && rule->classes & without_payload)
		die("rule '%s': only data frames can be corrupted", rule->text);
	if (rule->action == ACTION_HOLD && !rule->by)
		rule->by = 1;
	if (rule->by && !rule->ms_ns)
		rule->ms_ns = FLUSH_MS * (uint64_t)MS_NS;
}

void rules_add(struct rules *rules, const char *text)
{
	struct rule *rule = &rules->rules[rules->count];
	char *copy = strdup(text), *rest = copy, *word;

	if (!copy)
		die("out of memory");
	if (rules->count == RULES_MOST)
		die("rule '%s' is one too many: %d at most", text, RULES_MOST);
	rules->count++;
	*rule = (struct rule){ .text = text };
	parse_direction(rule, strsep(&rest, ":"));
	parse_action(rule, strsep(&rest, ":"));
	while ((word = strsep(&rest, ":")))
		if (!parse_class(rule, word) && !parse_number(rule, word) &&
			!parse_list(rule, word))
			die("rule '%s': unknown word '%s'", text, word);
	free(copy);
	complete(rule);
}

bool rule_concerns(const struct rule *rule, unsigned direction, const struct frame *frame)
{
	return rule->direction == direction && rule->classes & 1u << frame->class &&
	       frame->length > rule->over;
}

static bool chooses(const struct rule *rule)
{
	if (rule->list)
		return rule->hits < rule->list_length && rule->list[rule->hits] == rule->seen;
	if (rule->seen < rule->first || (rule->count && rule->hits == rule->count))
		return false;
	return (rule->seen - rule->first) % rule->every == 0;
}

uint32_t rules_choose(struct rules *rules, unsigned direction, const struct frame *frame)
{
	uint32_t chosen = 0;

	for (size_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rules[i];

		if (!rule_concerns(rule, direction, frame))
			continue;
		rule->seen++;
		if (chooses(rule)) {
			rule->hits++;
			chosen |= 1u << i;
		}
	}
	return chosen;
}
