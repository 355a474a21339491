/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames chosen by label: parts of super-frames count, amendments have the last word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "capture/write.h"
#include "cmd/selection.h"

#define LATE (1u << LABEL_REORDERED)

static struct batch batch;

/* Adds a packet of label `label` with frame number `frame`; returns it. */
static struct packet *add(uint64_t frame, uint8_t label)
{
	struct packet *packet = &batch.packets[batch.count++];

	*packet = (struct packet){ .frame = frame, .label = label, .verdict = -1, .linktype = 1 };
	return packet;
}

static struct verdict *judge(struct verdict *verdicts, uint64_t frame, uint8_t label)
{
	struct verdict *verdict = &verdicts[batch.verdict_count++];

	*verdict = (struct verdict){ .frame = frame, .label = label };
	return verdict;
}

static int begin(void **state)
{
	batch.count = batch.verdict_count = 0;
	return 0;
}

static void test_labels(void **state)
{
	struct selection selection = { .labels = LATE };

	add(1, LABEL_IN_ORDER);
	add(2, LABEL_REORDERED);
	add(70000, LABEL_REORDERED);
	selection_batch(&selection, &batch);
	assert_false(frames_has(&selection.frames, 1));
	assert_true(frames_has(&selection.frames, 2));
	assert_true(frames_has(&selection.frames, 70000));
	assert_false(frames_has(&selection.frames, 70001));
	assert_false(frames_has(&selection.frames, UINT64_MAX));
	selection_clear(&selection);
	assert_false(frames_has(&selection.frames, 2));
}

static void test_parts_and_references(void **state)
{
	struct selection selection = { .labels = LATE };
	struct verdict verdicts[2], *verdict;

	add(5, LABEL_CORRUPT)->verdict = 0;
	verdict = judge(verdicts, 5, LABEL_CORRUPT);
	verdict->part_count = 2;
	verdict->parts[0].label = LABEL_CORRUPT;
	verdict->parts[1].label = LABEL_REORDERED;
	verdict->reference = 3;
	batch.verdicts = verdicts;
	selection_batch(&selection, &batch);
	assert_true(frames_has(&selection.frames, 5));
	assert_true(frames_has(&selection.references, 3));
	selection_clear(&selection);
}

static void test_amendments(void **state)
{
	struct selection selection = { .labels = LATE };
	struct verdict verdicts[2];

	add(1, LABEL_REORDERED);
	add(2, LABEL_UNKNOWN);
	judge(verdicts, 1, LABEL_DUPLICATE)->amends = true;
	judge(verdicts, 2, LABEL_REORDERED)->amends = true;
	batch.verdicts = verdicts;
	selection_batch(&selection, &batch);
	assert_false(frames_has(&selection.frames, 1));
	assert_true(frames_has(&selection.frames, 2));
	selection_clear(&selection);
}

static void test_link_types(void **state)
{
	struct selection selection = { .labels = LATE };

	assert_int_equal(selection_linktype(&selection), WRITE_PCAPNG);
	add(1, LABEL_OTHER);
	add(2, LABEL_OTHER);
	selection_batch(&selection, &batch);
	assert_int_equal(selection_linktype(&selection), 1);
	add(3, LABEL_OTHER)->time_ns = INT64_MAX;
	selection_batch(&selection, &batch);
	assert_int_equal(selection_linktype(&selection), WRITE_PCAPNG);
	selection_clear(&selection);
}

static void test_cap(void **state)
{
	struct frames frames = { 0 };

	frames_add(&frames, FRAMES_MAX);
	frames_add(&frames, UINT64_MAX);
	assert_int_equal(frames.missed, 2);
	assert_null(frames.words);
	frames_remove(&frames, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_labels, begin),
		cmocka_unit_test_setup(test_parts_and_references, begin),
		cmocka_unit_test_setup(test_amendments, begin),
		cmocka_unit_test_setup(test_link_types, begin),
		cmocka_unit_test(test_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
