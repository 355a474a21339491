/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_UNIT_EXPECT_TOLD_H
#define PKTLINT_TESTS_UNIT_EXPECT_TOLD_H

/* What a snapshot must say, for tests that include cmocka.h before. */

#include "host/snapshot.h"

static inline const struct snapshot_value *told_value(
	const struct snapshot *snapshot, const char *path)
{
	const struct snapshot_value *value = snapshot_find(snapshot, path);

	if (!value)
		fail_msg("'%s' is missing", path);
	return value;
}

/* It is present and has this text. */
static inline void expect_text(const struct snapshot *snapshot, const char *path, const char *text)
{
	const struct snapshot_value *value = told_value(snapshot, path);

	assert_int_equal(value->state, VALUE_PRESENT);
	assert_string_equal(value->text, text);
}

/* It is unknown for this reason. */
static inline void expect_state(
	const struct snapshot *snapshot, const char *path, enum value_state state)
{
	const struct snapshot_value *value = told_value(snapshot, path);

	assert_int_equal(value->state, state);
	assert_string_equal(value->text, "");
}

#endif
