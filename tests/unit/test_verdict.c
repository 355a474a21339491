/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of verdicts: each value has one of its own, and labels are found by theirs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "analyzers/verdict.h"

/* As the manual and the schema have them, not in order of value. */
static const char *const labels[] = { "in_order", "reordered", "retransmission",
	"spurious_retransmission", "duplicate", "capture_duplicate", "corrupt", "keep_alive",
	"window_probe", "ack", "rst", "icmp", "other", "unknown" };
static const char *const causes[] = { "none", "fast", "rack", "rto", "after_rto", "tlp", "pmtu",
	"syn", "fin", "unknown" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void every_label_is_found_by_its_name(void **state)
{
	bool seen[LABEL_COUNT] = { false };

	assert_int_equal(COUNT(labels), LABEL_COUNT);
	for (size_t i = 0; i < COUNT(labels); i++) {
		int label = label_find(labels[i]);

		assert_in_range(label, 0, LABEL_COUNT - 1);
		assert_false(seen[label]);
		seen[label] = true;
		assert_string_equal(label_name((enum label)label), labels[i]);
	}
}

static void no_other_word_is_a_label(void **state)
{
	static const char *const words[] = { "", "In_order", "in_orde", "in_order ", "late",
		"none" };

	for (size_t i = 0; i < COUNT(words); i++)
		assert_int_equal(label_find(words[i]), -1);
}

/* What a super-frame is called is the worst of its parts: the order of the values. */
static void worse_labels_have_higher_values(void **state)
{
	assert_true(LABEL_IN_ORDER < LABEL_DUPLICATE);
	assert_true(LABEL_DUPLICATE < LABEL_SPURIOUS_RETRANSMISSION);
	assert_true(LABEL_SPURIOUS_RETRANSMISSION < LABEL_RETRANSMISSION);
	assert_true(LABEL_RETRANSMISSION < LABEL_REORDERED);
	assert_true(LABEL_REORDERED < LABEL_CORRUPT);
}

static void every_cause_has_a_name(void **state)
{
	assert_int_equal(COUNT(causes), CAUSE_COUNT);
	for (size_t i = 0; i < COUNT(causes); i++) {
		int found = 0;

		for (int cause = 0; cause < CAUSE_COUNT; cause++)
			found += !strcmp(cause_name((enum cause)cause), causes[i]);
		assert_int_equal(found, 1);
	}
}

static void evidence_has_names_and_bits_of_its_own(void **state)
{
	assert_true(EVIDENCE_COUNT <= 8 * sizeof(((struct verdict *)0)->evidence));
	for (int a = 0; a < EVIDENCE_COUNT; a++)
		for (int b = 0; b < a; b++)
			assert_string_not_equal(evidence_name((enum evidence_bit)a),
				evidence_name((enum evidence_bit)b));
	assert_string_equal(evidence_name(EVIDENCE_BIT_DSACK), "dsack");
	assert_int_equal(EVIDENCE_DSACK, 1 << EVIDENCE_BIT_DSACK);
}

static void places_have_names(void **state)
{
	assert_string_equal(loss_place_name(LOSS_NONE), "none");
	assert_string_equal(loss_place_name(LOSS_UPSTREAM), "upstream");
	assert_string_equal(loss_place_name(LOSS_DOWNSTREAM), "downstream");
	assert_string_equal(loss_place_name(LOSS_UNKNOWN), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_label_is_found_by_its_name),
		cmocka_unit_test(no_other_word_is_a_label),
		cmocka_unit_test(worse_labels_have_higher_values),
		cmocka_unit_test(every_cause_has_a_name),
		cmocka_unit_test(evidence_has_names_and_bits_of_its_own),
		cmocka_unit_test(places_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
