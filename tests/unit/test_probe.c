/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a probe looks like, byte by byte as pktlint-probe(8) has it; when which one is due; and what
 * is counted of those that come.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "probe/packet.h"
#include "probe/plan.h"
#include "probe/tally.h"

#define S INT64_C(1000000000)

static const struct probe usual = {
	.run = 0x01020304,
	.stream = 5,
	.streams = 6,
	.cpu = 7,
	.length = 46,
	.number = 0x1112131415161718,
	.sent_ns = 0x2122232425262728,
};

/* The CRC is zlib's crc32() of the others. */
static const uint8_t usual_bytes[46] = {
	0x70,
	0x4c,
	0x50,
	0x62,
	1,
	0,
	0,
	46,
	1,
	2,
	3,
	4,
	0,
	5,
	0,
	7,
	0x11,
	0x12,
	0x13,
	0x14,
	0x15,
	0x16,
	0x17,
	0x18,
	0x21,
	0x22,
	0x23,
	0x24,
	0x25,
	0x26,
	0x27,
	0x28,
	0,
	6,
	0,
	0,
	0xb0,
	0x95,
	0x77,
	0x64,
	40,
	41,
	42,
	43,
	44,
	45,
};

static void write_usual(uint8_t *bytes)
{
	probe_fill(bytes, 46);
	probe_write(bytes, &usual);
}

static void bytes_are_those_of_the_manual(void **state)
{
	uint8_t bytes[46];

	write_usual(bytes);
	assert_memory_equal(bytes, usual_bytes, sizeof(bytes));
}

static void what_is_written_is_read(void **state)
{
	uint8_t bytes[60] = { 0 };
	struct probe probe;

	write_usual(bytes);
	/* Behind it the padding of the frame. */
	assert_int_equal(probe_read(bytes, 60, 60, &probe), PROBE_INTACT);
	assert_int_equal(probe.run, usual.run);
	assert_int_equal(probe.stream, usual.stream);
	assert_int_equal(probe.streams, usual.streams);
	assert_int_equal(probe.cpu, usual.cpu);
	assert_int_equal(probe.number, usual.number);
	assert_int_equal(probe.sent_ns, usual.sent_ns);
	assert_false(probe.end);
}

static void an_end_tells_what_was_not_sent(void **state)
{
	struct probe end = usual, probe;
	uint8_t bytes[PROBE_END];

	end.end = true;
	end.length = PROBE_END;
	end.failed = 77;
	probe_fill(bytes, PROBE_END);
	probe_write(bytes, &end);
	assert_int_equal(probe_read(bytes, PROBE_END, PROBE_END, &probe), PROBE_INTACT);
	assert_true(probe.end);
	assert_int_equal(probe.failed, 77);
	/* Its numbers are not believed unless all of it is there. */
	assert_int_equal(probe_read(bytes, PROBE_HEADER, PROBE_END, &probe), PROBE_CORRUPT);
}

static void each_changed_bit_is_noticed(void **state)
{
	for (unsigned bit = 0; bit < 46 * 8; bit++) {
		uint8_t bytes[46];
		struct probe probe;
		enum probe_state wanted = bit < 5 * 8 ? PROBE_NONE : PROBE_CORRUPT;

		write_usual(bytes);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (probe_read(bytes, 46, 46, &probe) != wanted)
			fail_msg("bit %u", bit);
	}
}

static void what_is_cut_is_not_damaged(void **state)
{
	uint8_t bytes[46];
	struct probe probe;

	write_usual(bytes);
	assert_int_equal(probe_read(bytes, 45, 46, &probe), PROBE_CUT);
	assert_int_equal(probe.number, usual.number);
	assert_int_equal(probe_read(bytes, 39, 46, &probe), PROBE_NONE);
	/* The datagram itself is shorter than it says. */
	assert_int_equal(probe_read(bytes, 45, 45, &probe), PROBE_CORRUPT);
}

static const struct {
	const char *name;
	struct probe_plan plan;
	uint64_t index;
	int64_t due_ns;
} dues[] = {
	{ "first", { 10, 0, 1000, 0, 1, 1, 1 }, 0, 0 },
	{ "by rate", { 10, 0, 1000, 0, 1, 1, 1 }, 9, 9 * S / 1000 },
	{ "beyond the count", { 10, 0, 1000, 0, 1, 1, 1 }, 10, PROBE_NEVER_NS },
	{ "a rate that divides no second", { 0, 0, 3, 0, 1, 1, 1 }, 7, 7 * S / 3 },
	{ "burst", { 0, 0, 1000, 0, 8, 1, 1 }, 15, 8 * S / 1000 },
	{ "interval", { 0, 0, 0, 5 * S, 2, 1, 1 }, 5, 10 * S },
	{ "before the end", { 0, S, 1000, 0, 1, 1, 1 }, 999, 999 * S / 1000 },
	{ "at the end", { 0, S, 1000, 0, 1, 1, 1 }, 1000, PROBE_NEVER_NS },
	{ "long after the end of time", { 0, 0, 1, 0, 1, 1, 1 }, UINT64_MAX, PROBE_NEVER_NS },
	{ "the same by interval", { 0, 0, 0, S, 1, 1, 1 }, UINT64_MAX, PROBE_NEVER_NS },
};

static void each_probe_is_due_at_its_time(void **state)
{
	for (size_t i = 0; i < sizeof(dues) / sizeof(dues[0]); i++)
		if (probe_plan_due_ns(&dues[i].plan, dues[i].index) != dues[i].due_ns)
			fail_msg("%s: %lld", dues[i].name,
				(long long)probe_plan_due_ns(&dues[i].plan, dues[i].index));
}

/* Every stream has every CPU in turn, else a stream would have one CPU only. */
static void cpus_take_turns_within_a_stream(void **state)
{
	const struct probe_plan plan = { .burst = 1, .streams = 2, .cpus = 2 };
	static const uint32_t streams[] = { 0, 1, 0, 1, 0, 1 }, cpus[] = { 0, 0, 1, 1, 0, 0 };

	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(probe_plan_stream(&plan, i), streams[i]);
		assert_int_equal(probe_plan_cpu(&plan, i), cpus[i]);
		assert_int_equal(probe_plan_number(&plan, i), i / 2);
	}
	assert_int_equal(probe_plan_used(&plan, 5, 0), 3);
	assert_int_equal(probe_plan_used(&plan, 5, 1), 2);
}

static void take(struct probe_tallies *tallies, uint16_t stream, uint64_t number)
{
	const struct probe probe = { .run = 1, .stream = stream, .streams = 2, .number = number };

	probe_tally(tallies, PROBE_INTACT, &probe);
}

static void end(struct probe_tallies *tallies, uint16_t stream, uint64_t total, uint64_t failed)
{
	const struct probe probe = { .run = 1,
		.stream = stream,
		.streams = 2,
		.end = true,
		.number = total,
		.failed = failed };

	probe_tally(tallies, PROBE_INTACT, &probe);
}

static void first_and_last_ones_are_missed(void **state)
{
	struct probe_tallies tallies = { 0 };

	take(&tallies, 0, 2);
	take(&tallies, 0, 4);
	take(&tallies, 0, 3);
	take(&tallies, 0, 3);
	assert_int_equal(probe_tally_expected(&tallies.streams[0]), 5);
	assert_int_equal(probe_tally_missing(&tallies.streams[0]), 2);
	assert_int_equal(tallies.streams[0].duplicates, 1);
	assert_false(probe_tally_is_over(&tallies));
	end(&tallies, 0, 10, 1);
	assert_int_equal(probe_tally_expected(&tallies.streams[0]), 9);
	assert_int_equal(probe_tally_missing(&tallies.streams[0]), 6);
	/* There are two streams. */
	assert_false(probe_tally_is_over(&tallies));
	end(&tallies, 1, 10, 0);
	assert_true(probe_tally_is_over(&tallies));
	assert_int_equal(probe_tally_missing(&tallies.streams[1]), 10);
	probe_tally_free(&tallies);
}

static void numbers_that_jump_are_bounded(void **state)
{
	struct probe_tallies tallies = { 0 };

	take(&tallies, 0, 0);
	take(&tallies, 0, PROBE_WINDOW); /* on the bit of 0 */
	take(&tallies, 0, PROBE_WINDOW);
	take(&tallies, 0, 0);
	take(&tallies, 0, UINT64_MAX);
	take(&tallies, 0, UINT64_MAX);
	assert_int_equal(tallies.streams[0].received, 6);
	assert_int_equal(tallies.streams[0].duplicates, 2);
	assert_int_equal(tallies.streams[0].beyond, 1);
	probe_tally_free(&tallies);
}

static void damage(struct probe_tallies *tallies, uint16_t stream, uint64_t number)
{
	const struct probe probe = { .run = 1, .stream = stream, .streams = 2, .number = number };

	probe_tally(tallies, PROBE_CORRUPT, &probe);
}

/* Of 0 to 9, 3 and 9 came damaged only, 5 and 8 not at all, and so did a copy of 4. */
static void damaged_copies_hide_no_loss(void **state)
{
	static const uint64_t came[] = { 0, 1, 2, 4, 6, 7 };
	struct probe_tallies tallies = { 0 };

	damage(&tallies, 0, 3);
	for (size_t i = 0; i < sizeof(came) / sizeof(came[0]); i++)
		take(&tallies, 0, came[i]);
	damage(&tallies, 0, 4);
	damage(&tallies, 0, 3);
	damage(&tallies, 0, 9);
	end(&tallies, 0, 10, 0);
	probe_tallies_settle(&tallies);
	assert_int_equal(tallies.corrupt, 4);
	assert_int_equal(tallies.streams[0].damaged, 2);
	assert_int_equal(tallies.unplaced, 0);
	assert_int_equal(probe_tally_missing(&tallies.streams[0]), 4);
	probe_tally_free(&tallies);
}

/* Its number, its stream: whatever was changed names no probe that there is. */
static void what_names_no_probe_is_not_placed(void **state)
{
	const struct probe last = { .run = 1, .end = true, .number = 3 };
	struct probe_tallies tallies = { 0 };

	take(&tallies, 0, 0);
	end(&tallies, 0, 3, 0);
	damage(&tallies, 0, UINT64_MAX);
	damage(&tallies, 7, 1);
	probe_tally(&tallies, PROBE_CORRUPT, &last);
	probe_tallies_settle(&tallies);
	assert_int_equal(tallies.corrupt, 3);
	assert_int_equal(tallies.streams[0].damaged, 0);
	assert_int_equal(tallies.unplaced, 2);
	probe_tally_free(&tallies);
}

static void claims_are_bounded(void **state)
{
	struct probe_tallies tallies = { 0 };

	for (uint64_t number = 0; number < PROBE_CLAIMS + 5; number++)
		damage(&tallies, 0, number);
	assert_int_equal(tallies.claim_count, PROBE_CLAIMS);
	assert_int_equal(tallies.unplaced, 5);
	assert_int_equal(tallies.count, 0);
	probe_tally_free(&tallies);
}

/* One way is a black hole: neither probes nor ends of that stream come. */
static void a_stream_that_never_came_is_told(void **state)
{
	struct probe_tallies tallies = { 0 };

	take(&tallies, 0, 0);
	end(&tallies, 0, 1, 0);
	assert_int_equal(probe_tallies_absent(&tallies), 1);
	assert_false(probe_tally_is_over(&tallies));
	take(&tallies, 1, 0);
	assert_int_equal(probe_tallies_absent(&tallies), 0);
	assert_false(probe_tally_is_over(&tallies));
	end(&tallies, 1, 1, 0);
	assert_true(probe_tally_is_over(&tallies));
	probe_tally_free(&tallies);
}

static void each_run_is_waited_for(void **state)
{
	const struct probe other = { .run = 2, .streams = 1, .number = 0 };
	const struct probe its_end = { .run = 2, .streams = 1, .number = 1, .end = true };
	struct probe_tallies tallies = { 0 };

	end(&tallies, 0, 1, 0);
	end(&tallies, 1, 1, 0);
	assert_true(probe_tally_is_over(&tallies));
	probe_tally(&tallies, PROBE_INTACT, &other);
	assert_false(probe_tally_is_over(&tallies));
	probe_tally(&tallies, PROBE_INTACT, &its_end);
	assert_true(probe_tally_is_over(&tallies));
	assert_int_equal(tallies.count, 3);
	probe_tally_free(&tallies);
}

/* Anybody can send an end. */
static void an_end_is_not_believed_against_what_came(void **state)
{
	struct probe_tallies tallies = { 0 };

	take(&tallies, 0, 4);
	end(&tallies, 0, 2, UINT64_MAX);
	assert_int_equal(probe_tally_expected(&tallies.streams[0]), 3);
	end(&tallies, 0, UINT64_MAX, 0);
	assert_int_equal(probe_tally_expected(&tallies.streams[0]), UINT64_MAX);
	assert_int_equal(probe_tally_missing(&tallies.streams[0]), UINT64_MAX - 1);
	take(&tallies, 1, UINT64_MAX);
	assert_int_equal(probe_tally_expected(&tallies.streams[1]), UINT64_MAX);
	assert_int_equal(tallies.streams[1].lowest, UINT64_MAX);
	probe_tally_free(&tallies);
}

static void streams_are_bounded(void **state)
{
	struct probe_tallies tallies = { 0 };

	for (uint16_t stream = 0; stream < PROBE_TALLIES + 3; stream++)
		take(&tallies, stream, 0);
	assert_int_equal(tallies.count, PROBE_TALLIES);
	assert_int_equal(tallies.left_out, 3);
	probe_tally(&tallies, PROBE_CORRUPT, &usual);
	assert_int_equal(tallies.corrupt, 1);
	probe_tally_free(&tallies);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_those_of_the_manual),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(an_end_tells_what_was_not_sent),
		cmocka_unit_test(each_changed_bit_is_noticed),
		cmocka_unit_test(what_is_cut_is_not_damaged),
		cmocka_unit_test(each_probe_is_due_at_its_time),
		cmocka_unit_test(cpus_take_turns_within_a_stream),
		cmocka_unit_test(first_and_last_ones_are_missed),
		cmocka_unit_test(numbers_that_jump_are_bounded),
		cmocka_unit_test(damaged_copies_hide_no_loss),
		cmocka_unit_test(what_names_no_probe_is_not_placed),
		cmocka_unit_test(claims_are_bounded),
		cmocka_unit_test(a_stream_that_never_came_is_told),
		cmocka_unit_test(each_run_is_waited_for),
		cmocka_unit_test(an_end_is_not_believed_against_what_came),
		cmocka_unit_test(streams_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
