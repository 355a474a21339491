/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A late packet and the one that overtook it: which was stamped first, and did CPU, queue, hash
 * differ?  Compared when it is judged, from what is remembered of both, and counted by stream and
 * by direction of TCP flows.  What a pair is counted as is kept with the late frame, so that a
 * verdict that is taken back takes the pair back.
 */
#include "analyzers/overtaken.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

#define SLOTS (2 * OVERTAKEN_CASES)
#define LOOK_BACK 4096   /* frames, for those of the same queue */
#define EACH_JUDGED 1024 /* pairs of a case, behind which only some are */
#define SOME_JUDGED 16   /* one of so many */

/* What a pair may count as, a bit each: members of struct origin_counts. */
#define COUNTS(X) \
	X(late) \
	X(pairs) \
	X(sent) \
	X(forwarded) \
	X(unstamped) \
	X(inside) \
	X(outside) \
	X(equal) \
	X(cpus) \
	X(cpus_differ) \
	X(queues) \
	X(queues_differ) \
	X(hashes) \
	X(hashes_differ) \
	X(conversations_differ) \
	X(inside_cpus) \
	X(inside_cpus_differ) \
	X(outside_queues) \
	X(outside_queues_differ) \
	X(outside_cpus) \
	X(outside_cpus_differ) \
	X(queue_judged) \
	X(queue_in_order) \
	X(cpu_judged) \
	X(cpu_in_order) \
	X(predicted) \
	X(predicted_right)

enum count_bit {
#define X(name) BIT_##name,
	COUNTS(X) COUNT_BITS,
#undef X
};

_Static_assert(COUNT_BITS <= 32, "a bit each");

#define AS(name) (1u << BIT_##name)

static const size_t members[] = {
#define X(name) [BIT_##name] = offsetof(struct origin_counts, name),
	COUNTS(X)
#undef X
};

struct keyed_case {
	struct overtaken_case found;
	uint32_t owner; /* as in struct passed_frame */
	uint8_t kind;   /* passed_kind() */
};

struct overtaken {
	struct passed *passed;
	const struct overtaken_steering *steering;
	struct keyed_case *cases[OVERTAKEN_CASES]; /* owned */
	uint32_t count;
	uint16_t slots[SLOTS]; /* place of a case + 1 */
	uint64_t beyond;
};

void overtaken_count(struct origin_counts *counts, uint32_t bits, bool back)
{
	for (; bits; bits &= bits - 1) {
		size_t member = members[__builtin_ctz(bits)];
		uint64_t *count = (uint64_t *)(void *)((char *)counts + member);

		*count += back ? UINT64_MAX : 1;
	}
}

uint32_t overtaken_alone(void)
{
	return AS(late);
}

static bool have(const struct passed_frame *a, const struct passed_frame *b, uint8_t flags)
{
	return (a->frame_flags & b->frame_flags & flags) == flags;
}

/* Which was stamped first, whoever took the stamps. */
static uint32_t compare_stamps(const struct passed_frame *late, const struct passed_frame *other)
{
	uint32_t bits = 0;

	if (!have(late, other, FRAME_HAS_TIME))
		return AS(unstamped);
	if (!have(late, other, FRAME_STAMP_INGRESS))
		bits = AS(unstamped);
	if (late->time_ns == other->time_ns)
		return bits | AS(equal);
	return bits | (late->time_ns < other->time_ns ? AS(inside) : AS(outside));
}

static uint32_t compare_places(
	const struct passed_frame *late, const struct passed_frame *other, bool inside)
{
	uint32_t bits = 0;

	if (have(late, other, FRAME_HAS_CPU)) {
		bits |= AS(cpus) | (inside ? AS(inside_cpus) : AS(outside_cpus));
		if (late->cpu != other->cpu)
			bits |= AS(cpus_differ) |
				(inside ? AS(inside_cpus_differ) : AS(outside_cpus_differ));
	}
	if (have(late, other, FRAME_HAS_QUEUE)) {
		bits |= AS(queues) | (inside ? 0 : AS(outside_queues));
		if (late->queue != other->queue)
			bits |= AS(queues_differ) | (inside ? 0 : AS(outside_queues_differ));
	}
	if (have(late, other, FRAME_HAS_HASH))
		bits |= AS(hashes) | (late->hash != other->hash ? AS(hashes_differ) : 0);
	if (late->digest != other->digest)
		bits |= AS(conversations_differ);
	return bits;
}

static uint32_t predict(const struct passed_frame *late, const struct overtaken_steering *steering)
{
	int cpu;

	if (!have(late, late, FRAME_HAS_CPU | FRAME_HAS_HASH) || late->bits & PASSED_OUT)
		return 0;
	cpu = steering->cpu(steering->context, late->interface, late->hash);
	if (cpu < 0)
		return 0;
	return AS(predicted) | (cpu == late->cpu ? AS(predicted_right) : 0);
}

uint32_t overtaken_compare(const struct passed_frame *late, const struct passed_frame *overtaker,
	enum overtaken_within queue, enum overtaken_within cpu,
	const struct overtaken_steering *steering)
{
	uint32_t bits = AS(late) | AS(pairs) | compare_stamps(late, overtaker);

	bits |= compare_places(late, overtaker, bits & AS(inside)) | predict(late, steering);
	if (late->bits & overtaker->bits & PASSED_OUT) {
		bits |= AS(sent);
		if (!(late->bits & overtaker->bits & PASSED_OWN))
			bits |= AS(forwarded);
	}
	if (queue)
		bits |= AS(queue_judged) | (queue == WITHIN_NO ? AS(queue_in_order) : 0);
	if (cpu)
		bits |= AS(cpu_judged) | (cpu == WITHIN_NO ? AS(cpu_in_order) : 0);
	return bits;
}

/* Notes a value; returns how many different ones there are. */
static uint32_t note_value(struct overtaken_values *values, uint32_t value)
{
	for (uint32_t i = 0; i < values->count; i++)
		if (values->values[i] == value)
			return values->count;
	if (values->count < OVERTAKEN_VALUES)
		values->values[values->count++] = value;
	return values->count;
}

static void note_values(struct overtaken_case *entry, const struct passed_frame *frame)
{
	struct origin_counts *counts = &entry->result.counts;

	if (frame->frame_flags & FRAME_HAS_CPU)
		counts->cpus_seen = note_value(&entry->cpus, frame->cpu);
	if (frame->frame_flags & FRAME_HAS_QUEUE)
		counts->queues_seen = note_value(&entry->queues, frame->queue);
	if (frame->frame_flags & FRAME_HAS_HASH)
		counts->hashes_seen = note_value(&entry->hashes, frame->hash);
}

static int64_t known(const struct passed_frame *frame, uint8_t flag, uint32_t value)
{
	return frame->frame_flags & flag ? (int64_t)value : -1;
}

static bool knows_cpus(const struct report_late *late)
{
	return late->cpu >= 0 && late->overtaker_cpu >= 0;
}

static void remove_example(struct report_origin *result, size_t index)
{
	memmove(&result->late[index], &result->late[index + 1],
		(--result->late_count - index) * sizeof(result->late[0]));
}

/* CPUs are asked for from the first late packet on: examples that have them replace the others. */
static void keep_example(struct report_origin *result, const struct report_late *late)
{
	size_t last = result->late_count;

	if (last == REPORT_LATE) {
		while (last > 0 && knows_cpus(&result->late[last - 1]))
			last--;
		if (!last || !knows_cpus(late))
			return;
		remove_example(result, last - 1);
	}
	result->late[result->late_count++] = *late;
}

void overtaken_show(struct overtaken_case *entry, const struct passed_frame *late,
	const struct passed_frame *overtaker, bool has_number, uint64_t number)
{
	struct report_origin *result = &entry->result;
	struct report_late example;

	note_values(entry, late);
	note_values(entry, overtaker);
	if (have(late, overtaker, FRAME_HAS_TIME) && late->time_ns < overtaker->time_ns)
		histogram_add(
			&result->waited_ns, (uint64_t)overtaker->time_ns - (uint64_t)late->time_ns);
	example = (struct report_late){
		.frame = late->frame,
		.overtaker = overtaker->frame,
		.has_number = has_number,
		.number = number,
		.time_ns = late->time_ns,
		.overtaker_ns = overtaker->time_ns,
		.cpu = (int32_t)known(late, FRAME_HAS_CPU, late->cpu),
		.overtaker_cpu = (int32_t)known(overtaker, FRAME_HAS_CPU, overtaker->cpu),
		.queue = (int32_t)known(late, FRAME_HAS_QUEUE, late->queue),
		.overtaker_queue = (int32_t)known(overtaker, FRAME_HAS_QUEUE, overtaker->queue),
		.hash = known(late, FRAME_HAS_HASH, late->hash),
		.overtaker_hash = known(overtaker, FRAME_HAS_HASH, overtaker->hash),
	};
	keep_example(result, &example);
}

/* The example of the frame is none any more. */
static void withdraw(struct report_origin *result, uint64_t frame)
{
	for (size_t i = 0; i < result->late_count; i++) {
		if (result->late[i].frame != frame)
			continue;
		remove_example(result, i);
		return;
	}
}

struct overtaken *overtaken_new(struct passed *passed, const struct overtaken_steering *steering)
{
	struct overtaken *overtaken = memory_map(sizeof(*overtaken));

	overtaken->passed = passed;
	overtaken->steering = steering;
	return overtaken;
}

void overtaken_free(struct overtaken *overtaken)
{
	if (!overtaken)
		return;
	for (uint32_t i = 0; i < overtaken->count; i++)
		free(overtaken->cases[i]);
	memory_unmap(overtaken, sizeof(*overtaken));
}

/* The slot of the case, or the empty one where it would stand. */
static uint16_t *find_slot(struct overtaken *overtaken, uint32_t owner, uint8_t kind)
{
	uint64_t at = hash_mix((uint64_t)owner << 8 | kind, UINT64_C(0x9e3779b97f4a7c15));

	for (;; at++) {
		uint16_t *slot = &overtaken->slots[at % SLOTS];
		const struct keyed_case *found = *slot ? overtaken->cases[*slot - 1] : NULL;

		if (!found || (found->owner == owner && found->kind == kind))
			return slot;
	}
}

static struct overtaken_case *find_case(struct overtaken *overtaken, uint32_t owner, uint8_t kind)
{
	uint16_t *slot = find_slot(overtaken, owner, kind);

	return *slot ? &overtaken->cases[*slot - 1]->found : NULL;
}

/* The case of the late frame, made if it is the first; NULL: there are too many. */
static struct overtaken_case *case_of(struct overtaken *overtaken, const struct passed_frame *late)
{
	uint8_t kind = passed_kind(late);
	uint16_t *slot = find_slot(overtaken, late->owner, kind);
	struct keyed_case *made;

	if (*slot)
		return &overtaken->cases[*slot - 1]->found;
	if (overtaken->count == OVERTAKEN_CASES)
		return NULL;
	made = memory_alloc(1, sizeof(*made));
	made->owner = late->owner;
	made->kind = kind;
	made->found.result.interface = late->interface;
	overtaken->cases[overtaken->count++] = made;
	*slot = (uint16_t)overtaken->count;
	return &made->found;
}

/* What was found out so far on the way back from a late frame. */
struct look_back {
	enum overtaken_within queue, cpu;
};

/* One that was handed on in order before the late one was, so it overtook it. */
static void look_at(
	struct look_back *back, const struct passed_frame *late, const struct passed_frame *other)
{
	if (!have(late, other, FRAME_HAS_QUEUE))
		back->queue = back->queue == WITHIN_YES ? WITHIN_YES : WITHIN_UNKNOWN;
	else if (late->queue == other->queue)
		back->queue = WITHIN_YES;
	if (!have(late, other, FRAME_HAS_CPU))
		back->cpu = back->cpu == WITHIN_YES ? WITHIN_YES : WITHIN_UNKNOWN;
	else if (late->cpu == other->cpu)
		back->cpu = WITHIN_YES;
}

/* Whether one in order of the same queue, of the same CPU, was handed on meanwhile. */
static struct look_back look_back(const struct passed *passed, const struct passed_frame *late,
	const struct passed_frame *overtaker)
{
	static const struct look_back unknown = { WITHIN_UNKNOWN, WITHIN_UNKNOWN };
	struct look_back back = { WITHIN_NO, WITHIN_NO };
	const struct passed_frame *at = late;

	if (!(late->frame_flags & (FRAME_HAS_QUEUE | FRAME_HAS_CPU)) ||
		!passed_together(late, overtaker))
		return unknown;
	look_at(&back, late, overtaker);
	for (int i = 0; at != overtaker; i++) {
		at = passed_before(passed, at);
		if (!at || i == LOOK_BACK)
			return unknown;
		if (at->label == LABEL_IN_ORDER && at->interface == late->interface &&
			passed_together(late, at))
			look_at(&back, late, at);
	}
	return back;
}

/* Whether the way back is gone for this pair: all at first, some later. */
static bool is_judged(const struct origin_counts *counts)
{
	return counts->pairs < EACH_JUDGED || counts->pairs % SOME_JUDGED == 0;
}

/* The frame that overtook it, NULL: it is forgotten, or came by another interface. */
static const struct passed_frame *overtaker_of(struct overtaken *overtaken,
	const struct verdict *verdict, const struct passed_frame *late, uint32_t interface)
{
	const struct passed_frame *found;

	if (!verdict->reference || late->interface != interface)
		return NULL;
	found = passed_find(overtaken->passed, verdict->reference);
	/* No order is claimed across interfaces, nor between what comes and what goes. */
	if (!found || found->interface != interface || (found->bits ^ late->bits) & PASSED_OUT)
		return NULL;
	/* Nothing is overtaken by what follows it. */
	if (found->frame >= late->frame)
		return NULL;
	return found;
}

static void count_late(
	struct overtaken *overtaken, const struct verdict *verdict, struct passed_frame *late)
{
	struct overtaken_case *found = case_of(overtaken, late);
	const struct passed_frame *overtaker;
	struct look_back back = { WITHIN_UNKNOWN, WITHIN_UNKNOWN };

	if (!found) {
		overtaken->beyond++;
		return;
	}
	overtaker = overtaker_of(overtaken, verdict, late, found->result.interface);
	late->counted = overtaken_alone();
	if (overtaker) {
		if (is_judged(&found->result.counts))
			back = look_back(overtaken->passed, late, overtaker);
		late->counted = overtaken_compare(
			late, overtaker, back.queue, back.cpu, overtaken->steering);
		overtaken_show(found, late, overtaker, verdict->stream, verdict->number);
	}
	overtaken_count(&found->result.counts, late->counted, false);
}

/* It was not late after all. */
static void take_back(struct overtaken *overtaken, struct passed_frame *late)
{
	struct overtaken_case *found = find_case(overtaken, late->owner, passed_kind(late));

	if (found) {
		overtaken_count(&found->result.counts, late->counted, true);
		withdraw(&found->result, late->frame);
	}
	late->counted = 0;
}

/*
 * A packet on trial is of no stream until all of them are judged together; and what is of a flow
 * may have a number of a header around it, too.
 */
static void settle_owner(struct passed_frame *frame, const struct verdict *verdict)
{
	if (verdict->stream) {
		frame->owner = verdict->stream;
		frame->bits &= (uint8_t)~PASSED_TCP;
	} else if (verdict->label == LABEL_REORDERED && verdict->flow != VERDICT_NO_FLOW) {
		frame->owner = verdict->flow + 1;
		frame->bits |= PASSED_TCP;
	}
}

bool overtaken_take(struct overtaken *overtaken, const struct verdict *verdict)
{
	struct passed_frame *frame = passed_find(overtaken->passed, verdict->frame);

	if (!frame)
		return false;
	if (!frame->counted)
		settle_owner(frame, verdict);
	frame->label = verdict->label;
	if (verdict->label == LABEL_REORDERED && !frame->counted && frame->owner)
		count_late(overtaken, verdict, frame);
	else if (verdict->label != LABEL_REORDERED && frame->counted)
		take_back(overtaken, frame);
	return verdict->label == LABEL_REORDERED && !(frame->bits & PASSED_OUT);
}

struct overtaken_case *overtaken_of_stream(struct overtaken *overtaken, uint32_t stream)
{
	return find_case(overtaken, stream + 1, 0);
}

struct overtaken_case *overtaken_of_flow(struct overtaken *overtaken, uint32_t flow, bool back)
{
	return find_case(overtaken, flow + 1, back ? PASSED_TCP | PASSED_BACK : PASSED_TCP);
}

void overtaken_totals(const struct overtaken *overtaken, struct overtaken_totals *totals)
{
	*totals = (struct overtaken_totals){ .beyond = overtaken->beyond };
	for (uint32_t i = 0; i < overtaken->count; i++) {
		const struct origin_counts *counts = &overtaken->cases[i]->found.result.counts;

		totals->late += counts->late;
		totals->pairs += counts->pairs;
		totals->inside += counts->inside;
		totals->outside += counts->outside;
	}
}
