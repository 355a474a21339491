/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts by the second: rows without gaps, never more than fit, nothing lost whatever the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "analyzers/tally.h"

#define S INT64_C(1000000000)
#define START (1700000000 * S)

static struct tally tally;
static struct batch batch;

static void start(void)
{
	tally = (struct tally){ .count = 0 };
	batch.count = 0;
}

static void flush(void)
{
	tally_batch(&tally, &batch);
	batch.count = 0;
}

static void put(int64_t time_ns, enum label label)
{
	batch.packets[batch.count++] = (struct packet){
		.time_ns = time_ns, .wirelen = 100, .label = (uint8_t)label
	};
	if (batch.count == BATCH_PACKETS)
		flush();
}

static void drop(int64_t time_ns, uint64_t packets)
{
	flush();
	tally_drop(&tally, &(struct drop){ .packets = packets, .to_ns = time_ns });
}

/* Rows follow each other, and all that came is in them. */
static struct report_tally sum(void)
{
	struct report_tally all = { .frames = 0 };

	flush();
	assert_in_range(tally.count, 1, TALLY_ROWS);
	for (size_t i = 0; i < tally.count; i++) {
		assert_int_equal(
			tally.rows[i].time_ns, tally.rows[0].time_ns + (int64_t)i * tally.step_ns);
		all.frames += tally.rows[i].frames;
		all.wire_bytes += tally.rows[i].wire_bytes;
		all.dropped += tally.rows[i].dropped;
		all.anomalies += tally.rows[i].anomalies;
	}
	assert_int_equal(all.wire_bytes, 100 * all.frames);
	return all;
}

static void each_second_has_its_row(void **state)
{
	static const struct report_tally expected[] = {
		{ START, 3, 300, 0, 1 },
		{ START + S, 0, 0, 4, 0 },
		{ START + 2 * S, 0, 0, 0, 0 },
		{ START + 3 * S, 2, 200, 9, 1 },
	};

	start();
	put(START + 999999999, LABEL_IN_ORDER);
	put(START + 3 * S, LABEL_RETRANSMISSION);
	put(START, LABEL_REORDERED);
	put(START + S - 1, LABEL_ACK);
	drop(START + S + 5, 4);
	put(START + 4 * S - 1, LABEL_OTHER);
	drop(START + 3 * S, 9);
	assert_int_equal(sum().frames, 5);
	assert_int_equal(tally.step_ns, S);
	assert_int_equal(tally.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_memory_equal(&tally.rows[i], &expected[i], sizeof(expected[i]));
}

static void drops_wait_for_the_first_frame(void **state)
{
	struct report *report = report_new("check");

	start();
	drop(START + 5 * S, 2);
	drop(START + 6 * S, 1);
	tally_report(&tally, report);
	assert_null(report->tally);
	put(START, LABEL_ACK);
	assert_int_equal(sum().dropped, 3);
	assert_int_equal(tally.count, 7);
	assert_int_equal(tally.rows[6].dropped, 3);
	tally_report(&tally, report);
	assert_int_equal(report->tally_count, 7);
	assert_int_equal(report->tally_step_ns, S);
	assert_memory_equal(report->tally, tally.rows, 7 * sizeof(tally.rows[0]));
	report_free(report);
}

static void a_long_run_has_coarser_rows(void **state)
{
	start();
	for (int64_t i = 0; i < TALLY_ROWS; i++)
		put(START + i * S, LABEL_ACK);
	assert_int_equal(sum().frames, TALLY_ROWS);
	assert_int_equal(tally.step_ns, S);
	put(START + TALLY_ROWS * S, LABEL_ACK);
	assert_int_equal(sum().frames, TALLY_ROWS + 1);
	assert_int_equal(tally.step_ns, 2 * S);
	assert_int_equal(tally.count, TALLY_ROWS / 2 + 1);
	assert_int_equal(tally.rows[7].frames, 2);
	assert_int_equal(tally.rows[TALLY_ROWS / 2].frames, 1);
	for (int64_t i = TALLY_ROWS; i < 100000; i += 7)
		put(START + i * S, LABEL_REORDERED);
	assert_int_equal(sum().anomalies, (100000 - TALLY_ROWS + 6) / 7);
	assert_int_equal(tally.step_ns, 256 * S);
}

/* A clock that is set backwards, or far ahead, makes no rows: that counts as now. */
static void a_wild_clock_counts_as_now(void **state)
{
	static const int64_t wild[] = { INT64_MIN, -1, 0, START - 1, START + 100000 * S,
		INT64_MAX };

	start();
	put(START, LABEL_ACK);
	put(START + 9 * S, LABEL_ACK);
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		put(wild[i], LABEL_ACK);
		drop(wild[i], 1);
	}
	assert_int_equal(sum().frames, 8);
	assert_int_equal(tally.count, 10);
	assert_int_equal(tally.rows[9].frames, 7);
	assert_int_equal(tally.rows[9].dropped, 6);
	/* An hour without a frame is none. */
	put(START + 3600 * S, LABEL_ACK);
	assert_int_equal(sum().frames, 9);
	assert_int_equal(tally.step_ns, 8 * S);
}

static void any_stamps_fit(void **state)
{
	static const int64_t firsts[] = { INT64_MIN, -S, 0, START, INT64_MAX };

	srand(1);
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		int64_t time_ns = firsts[i];

		start();
		for (int n = 0; n < 20000; n++) {
			put(time_ns, LABEL_ACK);
			if (n % 64 == 5)
				drop(time_ns, 1);
			if (!__builtin_add_overflow(
				    time_ns, (int64_t)(rand() % 86400) * S / (1 + n % 3), &time_ns))
				continue;
			time_ns = firsts[i];
		}
		assert_int_equal(sum().frames, 20000);
		assert_int_equal(sum().dropped, 313);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_second_has_its_row),
		cmocka_unit_test(drops_wait_for_the_first_frame),
		cmocka_unit_test(a_long_run_has_coarser_rows),
		cmocka_unit_test(a_wild_clock_counts_as_now),
		cmocka_unit_test(any_stamps_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
