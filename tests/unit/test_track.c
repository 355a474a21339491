/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbered streams: the examples of RFC 4737 section 7 digit by digit, wraps, restarts, outages,
 * numbers that are alone, resends, drops of the capture, and what is bounded.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "analyzers/track.h"

#define PAYLOAD 100u
#define MS 1000000

/* What a stream must give for a packet; one that is not late has extent 0. */
struct expected {
	uint64_t number;
	int64_t time_ms;
	uint32_t extent;
	int64_t late_ms;
	uint64_t late_bytes;
	uint32_t n;
	uint64_t jump;
};

#define FINE(number, time) \
	{ \
		number, time, 0, 0, 0, 0, 0 \
	}
#define JUMP(number, time, over) \
	{ \
		number, time, 0, 0, 0, 0, over \
	}
#define LATE(number, time, extent, late, bytes, n) \
	{ \
		number, time, extent, late, bytes, n, 0 \
	}

struct example {
	const char *name;
	struct expected packet[20];
	uint64_t reordered, runs, in_order, run_squares, by_3, discontinuities;
	uint64_t gaps, gap_sum, gap_ms;
};

static const struct example examples[] = {
	{ "one late packet (RFC 4737 7.1)",
		{ FINE(1, 68), FINE(2, 88), FINE(3, 108), JUMP(5, 148, 1), FINE(6, 168),
			FINE(7, 188), FINE(8, 208), LATE(4, 210, 4, 62, 400, 4), FINE(9, 228),
			FINE(10, 248) },
		.reordered = 1, .runs = 1, .in_order = 9, .run_squares = 49, .by_3 = 1,
		.discontinuities = 1 },
	{ "two late packets behind one (7.2)",
		{ FINE(1, 68), FINE(2, 88), FINE(3, 108), FINE(4, 128), JUMP(7, 188, 2),
			LATE(5, 189, 1, 1, 100, 1), LATE(6, 190, 2, 2, 100, 0), FINE(8, 208),
			FINE(9, 228), FINE(10, 248) },
		.reordered = 2, .runs = 2, .in_order = 8, .run_squares = 25, .discontinuities = 1 },
	{ "three late packets behind four (7.3)",
		{ FINE(1, 68), FINE(2, 88), FINE(3, 108), JUMP(7, 188, 3), FINE(8, 208),
			FINE(9, 228), FINE(10, 248), LATE(4, 250, 4, 62, 400, 4),
			LATE(5, 252, 5, 64, 400, 0), LATE(6, 256, 6, 68, 400, 0), FINE(11, 268) },
		.reordered = 3, .runs = 3, .in_order = 8, .run_squares = 49, .by_3 = 1,
		.discontinuities = 1 },
	{ "free runs of 5, 0 and 5, a gap of 7 (4.5, 4.6)",
		{ FINE(1, 1), FINE(2, 2), FINE(3, 3), JUMP(6, 4, 2), FINE(7, 5),
			LATE(4, 6, 2, 2, 200, 2), LATE(5, 7, 3, 3, 200, 0), FINE(8, 8), FINE(9, 9),
			FINE(10, 10), JUMP(12, 11, 1), FINE(13, 12), LATE(11, 13, 2, 2, 200, 2),
			FINE(14, 14), FINE(15, 15), FINE(16, 16) },
		.reordered = 3, .runs = 3, .in_order = 13, .run_squares = 50, .discontinuities = 2,
		.gaps = 1, .gap_sum = 7, .gap_ms = 7 },
	{ "a late block: only its first packet is 3-reordered (5)",
		{ FINE(1, 1), FINE(2, 2), FINE(3, 3), JUMP(7, 4, 3), FINE(8, 5), FINE(9, 6),
			LATE(4, 7, 3, 3, 300, 3), LATE(5, 8, 4, 4, 300, 0),
			LATE(6, 9, 5, 5, 300, 0) },
		.reordered = 3, .runs = 3, .in_order = 6, .run_squares = 36, .by_3 = 1,
		.discontinuities = 1 },
	{ "loss alone is no reordering", { FINE(1, 1), JUMP(3, 2, 1), FINE(4, 3) }, .in_order = 3,
		.discontinuities = 1 },
	{ "holes filled from the inside: only a later discontinuity has a gap",
		{ FINE(1, 1), JUMP(3, 2, 1), JUMP(5, 3, 1), LATE(4, 4, 1, 1, 100, 1),
			LATE(2, 5, 3, 3, 300, 3), JUMP(7, 6, 1), LATE(6, 7, 1, 1, 100, 1) },
		.reordered = 3, .runs = 3, .in_order = 4, .run_squares = 10, .by_3 = 1,
		.discontinuities = 3, .gaps = 1, .gap_sum = 3, .gap_ms = 3 },
	{ "the first packet is in order, a lower one behind it is late",
		{ FINE(3, 1), LATE(1, 2, 1, 1, 100, 1), LATE(2, 4, 2, 3, 100, 0), FINE(4, 5) },
		.reordered = 2, .runs = 2, .in_order = 2, .run_squares = 1 },
};

static struct track_result observe(struct track *track, uint64_t number, int64_t time_ns)
{
	struct track_sample sample = { .number = number,
		.time_ns = time_ns,
		.frame = track_counts(track)->packets + 1,
		.bytes = PAYLOAD };
	struct track_result result;

	track_observe(track, &sample, &result);
	return result;
}

static void packet_matches(
	const char *name, const struct expected *is, const struct track_result *result)
{
	if (result->verdict != (is->extent ? TRACK_LATE : TRACK_IN_ORDER) || !result->sure ||
		result->extent != is->extent || result->late_ns != is->late_ms * MS ||
		result->late_bytes != is->late_bytes || result->n != is->n ||
		result->late_packets != is->late_bytes / PAYLOAD || result->jump != is->jump)
		fail_msg("%s: packet %u: verdict %d, extent %u, late %lld ns, %llu bytes, "
			 "jump %llu, n %u",
			name, (unsigned)is->number, result->verdict, result->extent,
			(long long)result->late_ns, (unsigned long long)result->late_bytes,
			(unsigned long long)result->jump, result->n);
}

static void gaps_match(const struct example *example, const struct track *track)
{
	const struct track_sizes *sizes = track_sizes(track);

	if (!sizes) {
		assert_int_equal(example->gaps, 0);
		return;
	}
	assert_int_equal(sizes->gap.count, example->gaps);
	assert_int_equal(sizes->gap.sum, example->gap_sum);
	assert_int_equal(sizes->gap_ns.sum, example->gap_ms * MS);
}

static void examples_of_the_rfc(void **state)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *example = &examples[i];
		struct track_rules rules = { .modulus = 65536 };
		struct track *track = track_new(&rules);
		const struct track_counts *counts = track_counts(track);
		uint32_t count = 0;

		for (; count < 20 && example->packet[count].number; count++) {
			const struct expected *packet = &example->packet[count];
			struct track_result result = observe(
				track, packet->number, packet->time_ms * MS);

			packet_matches(example->name, packet, &result);
		}
		assert_int_equal(counts->packets, count);
		assert_int_equal(counts->received, count);
		assert_int_equal(counts->reordered, example->reordered);
		assert_int_equal(counts->runs, example->runs);
		assert_int_equal(counts->in_order, example->in_order);
		assert_int_equal(counts->run_packets, example->in_order);
		assert_int_equal(counts->run_squares, example->run_squares);
		assert_int_equal(counts->reordered_by_3, example->by_3);
		assert_int_equal(counts->discontinuities, example->discontinuities);
		assert_int_equal(counts->repeats, 0);
		gaps_match(example, track);
		track_free(track);
	}
}

/* RFC 4737 4.3 is by order of arrival: stamps in another order tell no late time, not even 0. */
static void stamps_that_go_back(void **state)
{
	struct track_rules rules = { .modulus = 65536 };
	struct track *track = track_new(&rules);

	observe(track, 1, 10 * MS);
	observe(track, 3, 12 * MS);
	assert_int_equal(observe(track, 2, 11 * MS).late_ns, -MS);
	assert_int_equal(track_sizes(track)->extent.count, 1);
	assert_int_equal(track_sizes(track)->late_ns.count, 0);
	observe(track, 5, 13 * MS);
	assert_int_equal(observe(track, 4, 13 * MS).late_ns, 0);
	assert_int_equal(track_sizes(track)->late_ns.count, 1);
	track_free(track);
}

/* RFC 4737 4.4: the sum of payloads, however different. */
static void bytes_of_different_sizes(void **state)
{
	static const struct {
		uint64_t number;
		uint32_t bytes;
		uint64_t late_bytes;
	} packets[] = { { 1, 10, 0 }, { 5, 20, 0 }, { 3, 40, 20 }, { 4, 80, 20 }, { 7, 160, 0 },
		{ 2, 320, 300 }, { 6, 640, 160 } };
	struct track_rules rules = { 0 };
	struct track *track = track_new(&rules);

	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct track_sample sample = { .number = packets[i].number,
			.bytes = packets[i].bytes };
		struct track_result result;

		track_observe(track, &sample, &result);
		assert_int_equal(result.late_bytes, packets[i].late_bytes);
	}
	track_free(track);
}

/* The same 199 packets everywhere: 3 lost, 2 twice, 5 late. */
static uint32_t make_known(uint64_t *index)
{
	uint32_t count = 0;

	for (uint64_t i = 0; i < 200; i++) {
		if (i == 30 || i == 31 || i == 120) /* lost */
			continue;
		if (i == 50 || i == 80 || i == 81 || i == 150 || i == 170) /* late */
			continue;
		index[count++] = i;
		if (i == 60 || i == 100) /* twice */
			index[count++] = i;
		if (i == 53)
			index[count++] = 50;
		if (i == 85) {
			index[count++] = 80;
			index[count++] = 81;
		}
		if (i == 151)
			index[count++] = 150;
		if (i == 190)
			index[count++] = 170;
	}
	return count;
}

static uint64_t advance(uint64_t number, uint64_t by, uint64_t modulus)
{
	unsigned __int128 sum = (unsigned __int128)number + by;

	return (uint64_t)(modulus ? sum % modulus : sum);
}

static void a_known_sequence_of_any_width(void **state)
{
	static const uint64_t moduli[] = { 1ull << 8, 1ull << 12, 1ull << 16, 1ull << 24,
		1ull << 32, 1ull << 48, 1ull << 63, 0, 1000, 999999937 };
	static const uint32_t increments[] = { 1, 2, 3 };
	uint64_t index[256];
	uint32_t count = make_known(index);

	assert_int_equal(count, 199);
	for (size_t i = 0; i < 10 * 3; i++) {
		struct track_rules rules = { .modulus = moduli[i % 10],
			.increment = increments[i / 10] };
		/* It wraps in the middle. */
		uint64_t first = rules.modulus - 90;
		struct track *track = track_new(&rules);
		const struct track_counts *counts = track_counts(track);

		for (uint32_t j = 0; j < count; j++)
			observe(track, advance(first, index[j] * increments[i / 10], rules.modulus),
				j * MS);
		track_end(track);
		assert_int_equal(counts->packets, 199);
		assert_int_equal(counts->lost, 3);
		assert_int_equal(counts->loss_bursts, 2);
		assert_int_equal(counts->repeats, 2);
		assert_int_equal(counts->reordered, 5);
		assert_int_equal(counts->received, 197);
		assert_int_equal(counts->restarts, 0);
		assert_int_equal(counts->misfits, 0);
		assert_int_equal(counts->unknown, 0);
		assert_int_equal(counts->missing, 0);
		assert_int_equal(counts->first_number, first);
		assert_int_equal(counts->highest_number,
			advance(first, 199 * increments[i / 10], rules.modulus));
		assert_int_equal(track_sizes(track)->loss_burst.max, 2);
		assert_int_equal(track_sizes(track)->loss_gap.sum, 120 - 32);
		track_free(track);
	}
}

/* Four bits, 1,000 times around, every seventh packet lost. */
static void four_bits_go_around(void **state)
{
	struct track_rules rules = { .modulus = 16 };
	struct track *track = track_new(&rules);

	for (uint64_t i = 0; i < 16000; i++)
		if (i % 7 != 3)
			assert_int_equal(
				observe(track, i % 16, (int64_t)i).verdict, TRACK_IN_ORDER);
	track_end(track);
	assert_int_equal(track_counts(track)->lost, (16000 + 3) / 7);
	assert_int_equal(track_counts(track)->restarts, 0);
	track_free(track);
}

static void misfits_are_told(void **state)
{
	struct track_rules rules = { .modulus = 1000, .increment = 160 };
	struct track *track = track_new(&rules);

	observe(track, 100, 0);
	assert_int_equal(observe(track, 260, 1).verdict, TRACK_IN_ORDER);
	assert_int_equal(observe(track, 421, 2).verdict, TRACK_MISFIT);
	assert_int_equal(observe(track, 1420, 2).verdict, TRACK_MISFIT);
	assert_int_equal(observe(track, 420, 3).verdict, TRACK_IN_ORDER);
	assert_int_equal(observe(track, 740, 4).jump, 1);
	/* It began anew elsewhere. */
	assert_int_equal(observe(track, 7, 5).verdict, TRACK_MISFIT);
	assert_true(observe(track, 167, 6).restarted);
	assert_int_equal(track_counts(track)->misfits, 2);
	assert_int_equal(track_counts(track)->received, 6);
	track_free(track);
}

static void verdicts_match(
	const uint64_t *numbers, const enum track_verdict *verdicts, size_t count, uint64_t modulus)
{
	struct track_rules rules = { .modulus = modulus };
	struct track *track = track_new(&rules);

	for (size_t i = 0; i < count; i++) {
		struct track_result result = observe(track, numbers[i], (int64_t)i * MS);

		if (result.verdict != verdicts[i])
			fail_msg("packet %zu, number %llu: verdict %d", i,
				(unsigned long long)numbers[i], result.verdict);
	}
	track_free(track);
}

static void copies_are_not_counted(void **state)
{
	static const uint64_t numbers[] = { 1, 1, 3, 2, 2, 3, 1, 4 };
	static const enum track_verdict verdicts[] = { TRACK_IN_ORDER, TRACK_REPEAT, TRACK_IN_ORDER,
		TRACK_LATE, TRACK_REPEAT, TRACK_REPEAT, TRACK_REPEAT, TRACK_IN_ORDER };

	verdicts_match(numbers, verdicts, 8, 65536);
}

/* Corrupt or forged: the stream goes on as if they had not been. */
static void a_lone_number_changes_nothing(void **state)
{
	static const uint64_t numbers[] = { 1, 2, 40000, 3, 30000, 4, 50000, 50000, 5, 20000, 9000,
		6, 7 };
	static const enum track_verdict verdicts[] = { TRACK_IN_ORDER, TRACK_IN_ORDER,
		TRACK_UNKNOWN, TRACK_IN_ORDER, TRACK_UNKNOWN, TRACK_IN_ORDER, TRACK_UNKNOWN,
		TRACK_UNKNOWN, TRACK_IN_ORDER, TRACK_UNKNOWN, TRACK_UNKNOWN, TRACK_IN_ORDER,
		TRACK_IN_ORDER };

	verdicts_match(numbers, verdicts, 13, 65536);
}

static struct track *begun(const struct track_rules *rules, uint64_t first, uint64_t count)
{
	struct track *track = track_new(rules);

	for (uint64_t i = 0; i < count; i++)
		observe(track, first + i, (int64_t)i * MS);
	return track;
}

static void a_far_jump_is_a_restart(void **state)
{
	struct track_rules rules = { .modulus = 1ull << 32 };
	struct track *track = begun(&rules, 10, 100);
	struct track_result result;

	observe(track, 112, 100 * MS); /* 110 and 111 are lost */
	assert_int_equal(observe(track, 1000000, 101 * MS).verdict, TRACK_UNKNOWN);
	result = observe(track, 1000001, 102 * MS);
	assert_int_equal(result.verdict, TRACK_IN_ORDER);
	assert_true(result.restarted);
	assert_int_equal(result.amended_count, 1);
	assert_int_equal(result.amended[0].frame, 102);
	/* Nothing of the old epoch came after it. */
	result = observe(track, 999999, 103 * MS);
	assert_int_equal(result.verdict, TRACK_LATE);
	assert_int_equal(result.extent, 2);
	assert_int_equal(result.n, 2);
	assert_int_equal(result.late_packets, 2);
	assert_int_equal(result.late_bytes, 2 * PAYLOAD);
	assert_int_equal(result.reference, 102);
	track_end(track);
	assert_int_equal(track_counts(track)->restarts, 1);
	assert_int_equal(track_counts(track)->lost, 2);
	assert_int_equal(track_counts(track)->unknown, 0);
	assert_int_equal(track_counts(track)->in_order, 103);
	assert_int_equal(track_counts(track)->first_number, 1000000);
	track_free(track);
}

/* The capture has everything twice: copies of a number that is not believed yet say nothing. */
static void a_restart_seen_twice(void **state)
{
	struct track_rules rules = { .modulus = 1ull << 32 };
	struct track *track = begun(&rules, 10, 10);
	struct track_result result;

	observe(track, 1000000, 10 * MS);
	assert_int_equal(observe(track, 1000000, 10 * MS).verdict, TRACK_UNKNOWN);
	result = observe(track, 1000001, 11 * MS);
	assert_true(result.restarted);
	assert_int_equal(result.amended[0].frame, 11);
	assert_int_equal(observe(track, 1000001, 11 * MS).reference, 13);
	assert_int_equal(track_counts(track)->unknown, 1);
	track_free(track);
}

static void a_step_back_seen_twice(void **state)
{
	for (uint8_t path = 0; path < 2; path++) {
		struct track_rules rules = { .modulus = 65536 };
		struct track *track = begun(&rules, 0, 100);

		for (uint64_t i = 0; i < 16; i++) {
			struct track_sample sample = { .number = 10 + i / 2,
				.time_ns = (int64_t)(200 + i) * MS,
				.path = i % 2 ? path : 0 };
			struct track_result result;

			track_observe(track, &sample, &result);
			assert_int_equal(result.restarted, i == 6);
		}
		assert_int_equal(track_counts(track)->in_order, 108);
		assert_int_equal(track_counts(track)->repeats, 8);
		track_free(track);
	}
}

/* What a new epoch forgets: holes given up, and transit times by another clock. */
static void a_restart_forgets(void **state)
{
	struct track_rules rules = { .modulus = 1ull << 32 };
	struct track *track = track_new(&rules);
	struct track_result result;

	for (uint64_t i = 0; i < 4000; i++) {
		struct track_sample sample = { .number = i < 2000 ? 2 * i : 100000000 + i,
			.time_ns = (int64_t)i * MS,
			.timed = true,
			.sent_ns = (int64_t)(i < 2000 ? i : 1000000 - i) * MS };

		if (i >= 2000)
			sample.sent_ns = (int64_t)(1000000 + i) * MS;
		track_observe(track, &sample, &result);
	}
	assert_int_equal(track_counts(track)->restarts, 1);
	assert_int_equal(track_counts(track)->jitter_max_ns, 0);
	assert_int_equal(track_delay(track)->max, 0);
	assert_int_equal(observe(track, 100000000 + 2100, 0).verdict, TRACK_REPEAT);
	track_free(track);
}

static void an_outage_is_a_loss(void **state)
{
	struct track_rules rules = { .modulus = 1ull << 32 };
	struct track *track = begun(&rules, 10, 100);
	struct track_result result;

	/* 10 s at 1,000 packets a second */
	assert_int_equal(observe(track, 10110, 10100ll * MS).verdict, TRACK_UNKNOWN);
	result = observe(track, 10111, 10101ll * MS);
	assert_false(result.restarted);
	assert_int_equal(result.jump, 10000);
	assert_int_equal(result.amended[0].frame, 101);
	track_end(track);
	assert_int_equal(track_counts(track)->restarts, 0);
	assert_int_equal(track_counts(track)->lost, 10000);
	assert_int_equal(track_counts(track)->unknown, 0);
	assert_int_equal(track_counts(track)->in_order, 102);
	track_free(track);
}

/* Four in a row that were here, or are from before the beginning, are no copies. */
static void a_step_back_is_a_restart(void **state)
{
	static const struct {
		uint64_t first, back_to;
		enum track_verdict old;
	} cases[] = { { 10, 10, TRACK_REPEAT }, { 10, 60, TRACK_REPEAT }, { 10, 0, TRACK_UNKNOWN },
		{ 3000001000, 3000000000, TRACK_UNKNOWN } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct track_rules rules = { .modulus = 1ull << 32 };
		struct track *track = begun(&rules, cases[i].first, 100);
		const struct track_counts *counts = track_counts(track);
		struct track_result result;

		/* One alone says nothing. */
		result = observe(track, cases[i].back_to, 100 * MS);
		assert_int_equal(result.verdict, cases[i].old);
		observe(track, cases[i].first + 100, 101 * MS);
		for (uint64_t j = 0; j < 3; j++)
			assert_int_equal(observe(track, cases[i].back_to + j, 102 * MS).verdict,
				cases[i].old);
		result = observe(track, cases[i].back_to + 3, 105 * MS);
		assert_true(result.restarted);
		assert_int_equal(result.verdict, TRACK_IN_ORDER);
		assert_int_equal(result.amended_count, 3);
		assert_int_equal(result.amended[0].frame, 103);
		assert_int_equal(result.amended[2].frame, 105);
		assert_int_equal(observe(track, cases[i].back_to + 4, 106 * MS).jump, 0);
		track_end(track);
		assert_int_equal(counts->repeats, cases[i].old == TRACK_REPEAT);
		assert_int_equal(counts->unknown, cases[i].old == TRACK_UNKNOWN);
		assert_int_equal(counts->in_order, 101 + 5);
		assert_int_equal(counts->lost, 0);
		assert_int_equal(counts->restarts, 1);
		assert_int_equal(counts->first_number, cases[i].back_to);
		track_free(track);
	}
}

/* Copies, too, may come in order: what goes on at the front in between makes them copies. */
static void copies_in_a_row(void **state)
{
	struct track_rules rules = { .modulus = 65536 };
	struct track *track = begun(&rules, 0, 10);

	for (uint64_t i = 0; i < 10; i++) {
		if (i % 3 == 0)
			observe(track, 10 + i / 3, (int64_t)(20 + i) * MS);
		assert_int_equal(observe(track, i, (int64_t)(20 + i) * MS).verdict, TRACK_REPEAT);
	}
	assert_int_equal(track_counts(track)->restarts, 0);
	track_free(track);
}

/* On its way up the counter passes a hole of the old epoch again: late, as far as is known. */
static void a_step_back_over_a_hole(void **state)
{
	struct track_rules rules = { .modulus = 65536 };
	struct track *track = begun(&rules, 0, 10);
	struct track_result result;

	observe(track, 11, 11 * MS);
	observe(track, 8, 12 * MS);
	observe(track, 9, 13 * MS);
	assert_int_equal(observe(track, 10, 14 * MS).verdict, TRACK_LATE);
	assert_int_equal(observe(track, 11, 15 * MS).verdict, TRACK_REPEAT);
	result = observe(track, 12, 16 * MS);
	assert_int_equal(result.verdict, TRACK_IN_ORDER);
	assert_false(result.restarted);
	for (uint64_t i = 3; i < 6; i++)
		observe(track, i, 17 * MS);
	observe(track, 14, 18 * MS);
	for (uint64_t i = 10; i < 14; i++)
		assert_false(observe(track, i, 19 * MS).restarted);
	result = observe(track, 14, 20 * MS);
	assert_true(result.restarted);
	assert_int_equal(result.amended_count, 3);
	assert_int_equal(observe(track, 15, 21 * MS).jump, 0);
	track_free(track);
}

/* A block that comes twice with the same prints, or by another path, is no restart. */
static void prints_tell_copies(void **state)
{
	for (int by_path = 0; by_path < 2; by_path++) {
		struct track_rules rules = { .modulus = 65536 };
		struct track *track = track_new(&rules);
		struct track_sample sample = { 0 };
		struct track_result result;

		for (uint64_t i = 0; i < 20; i++) {
			sample.number = i < 10 ? i : i - 10;
			sample.time_ns = (int64_t)i * MS;
			sample.frame = i + 1;
			sample.print = by_path ? 0 : (uint32_t)sample.number + 1;
			sample.path = by_path ? i >= 10 : 0;
			track_observe(track, &sample, &result);
			assert_int_equal(result.verdict, i < 10 ? TRACK_IN_ORDER : TRACK_REPEAT);
		}
		assert_int_equal(result.same_print, !by_path);
		assert_int_equal(result.other_path, by_path);
		assert_int_equal(result.reference, 10);
		assert_int_equal(result.since_ns, 10 * MS);
		assert_int_equal(track_counts(track)->copies, by_path ? 10 : 0);
		track_free(track);
	}
}

/*
 * What was captured before and behind a slow link: the copies come by the other path, so late that
 * their firsts are forgotten.
 */
static void copies_by_another_path(void **state)
{
	struct track_rules rules = { .modulus = 65536 };
	struct track *track = begun(&rules, 0, 1000);
	struct track_sample sample = { .path = 1 };
	struct track_result result;

	for (uint64_t i = 0; i < 1000; i++) {
		sample.number = i;
		sample.time_ns = (int64_t)(1000 + i) * MS;
		track_observe(track, &sample, &result);
		assert_int_equal(result.verdict, TRACK_REPEAT);
		assert_true(result.other_path);
	}
	assert_int_equal(track_counts(track)->copies, 1000);
	track_free(track);
}

/* Between two inputs nobody may have captured: only what is missing inside of one is lost. */
static void between_two_inputs_nothing_is_lost(void **state)
{
	static const uint64_t numbers[] = { 1, 2, 4, 8, 9, 11 };
	struct track *track = track_new(&(struct track_rules){ 0 });

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] == 8)
			track_seam(track);
		observe(track, numbers[i], (int64_t)i * MS);
	}
	track_end(track);
	assert_int_equal(track_counts(track)->lost, 2);
	assert_int_equal(track_counts(track)->withheld, 3);
	track_free(track);
}

/* The same again after a while is no copy, whatever its print: somebody asks anew. */
static void the_same_again_is_a_restart(void **state)
{
	struct track_rules rules = { .modulus = 65536 };
	struct track *track = track_new(&rules);
	struct track_result result;

	for (uint64_t i = 0; i < 10; i++) {
		struct track_sample sample = { .number = i % 5,
			.print = 1 + i % 5,
			.time_ns = (int64_t)(i < 5 ? i : 60000 + i) * MS };

		track_observe(track, &sample, &result);
		assert_int_equal(result.restarted, i == 8);
		assert_false(i >= 8 && (result.same_print || result.since_ns || result.reference));
	}
	assert_int_equal(track_counts(track)->in_order, 10);
	track_free(track);
}

static void numbers_inside_a_super_frame(void **state)
{
	struct track_rules rules = { .modulus = 65536 };
	struct track *track = track_new(&rules);
	struct track_sample sample = { .number = 65530, .span = 10 };
	struct track_result result;

	track_observe(track, &sample, &result);
	assert_int_equal(track_counts(track)->highest_number, 3);
	sample = (struct track_sample){ .number = 4, .hidden = 20 };
	track_observe(track, &sample, &result);
	assert_int_equal(result.verdict, TRACK_IN_ORDER);
	sample = (struct track_sample){ .number = 15, .hidden = 20 };
	track_observe(track, &sample, &result);
	assert_int_equal(result.jump, 0);
	/* 15, 20 more perhaps: two are missing for sure */
	sample = (struct track_sample){ .number = 38, .span = 5 };
	track_observe(track, &sample, &result);
	assert_int_equal(result.jump, 2);
	assert_int_equal(track_counts(track)->buffered[1], 1);
	assert_int_equal(observe(track, 36, 0).verdict, TRACK_LATE);
	assert_int_equal(track_counts(track)->buffered[1], 2);
	assert_int_equal(observe(track, 40, 0).verdict, TRACK_REPEAT);
	/* Old ones and new ones in one frame */
	sample = (struct track_sample){ .number = 41, .span = 5 };
	track_observe(track, &sample, &result);
	assert_int_equal(result.verdict, TRACK_IN_ORDER);
	assert_int_equal(track_counts(track)->highest_number, 45);
	assert_int_equal(observe(track, 46, 0).jump, 0);
	/* What fills a hole and goes on above */
	assert_int_equal(observe(track, 49, 0).jump, 2);
	sample = (struct track_sample){ .number = 48, .span = 3 };
	track_observe(track, &sample, &result);
	assert_int_equal(result.verdict, TRACK_LATE);
	assert_int_equal(observe(track, 51, 0).jump, 0);
	track_end(track);
	assert_int_equal(track_counts(track)->lost, 2);
	assert_int_equal(track_counts(track)->repeats, 1);
	track_free(track);
}

static void resends_fill_holes(void **state)
{
	struct track_rules rules = { .modulus = 1ull << 32, .resends = true };
	struct track *track = track_new(&rules);
	struct track_result result;

	for (uint64_t i = 0; i < 20; i++) {
		struct track_sample sample = { .number = i < 10 ? i : i + 4,
			.time_ns = (int64_t)i * MS,
			.has_id = true,
			.id = (uint16_t)(65530 + i) };

		track_observe(track, &sample, &result);
	}
	/* 10 to 13 are missing; their opener's identification was 65540 - 65536 */
	struct track_sample sample = { .number = 10, .time_ns = 21 * MS, .has_id = true, .id = 3 };
	track_observe(track, &sample, &result);
	assert_int_equal(result.verdict, TRACK_LATE);
	assert_true(result.sure);
	sample.number = 11;
	sample.id = 15;
	track_observe(track, &sample, &result);
	assert_int_equal(result.verdict, TRACK_RESENT);
	assert_true(result.sure);
	sample.number = 12;
	sample.has_id = false;
	track_observe(track, &sample, &result);
	assert_int_equal(result.verdict, TRACK_LATE);
	assert_false(result.sure);
	sample.number = 13;
	sample.resend_known = sample.resend = true;
	track_observe(track, &sample, &result);
	assert_int_equal(result.verdict, TRACK_RESENT);
	assert_int_equal(track_counts(track)->resent, 2);
	assert_int_equal(track_counts(track)->reordered, 2);
	assert_int_equal(track_counts(track)->received, 24);
	/* Go-back-N is no restart. */
	for (uint64_t i = 5; i < 20; i++)
		assert_int_equal(observe(track, i, 30 * MS).verdict, TRACK_REPEAT);
	observe(track, 30, 40 * MS);
	assert_int_equal(observe(track, 25, 1100ll * MS).verdict, TRACK_RESENT);
	track_free(track);
}

static void acknowledged_was_not_lost(void **state)
{
	struct track_rules rules = { .modulus = 65536, .resends = true };
	struct track *track = track_new(&rules);

	observe(track, 65530, 0);
	observe(track, 0, 1);
	observe(track, 10, 2);
	observe(track, 20, 3);
	assert_int_equal(track_counts(track)->missing, 5 + 9 + 9);
	track_acknowledge(track, 0, 1, true);
	assert_int_equal(track_counts(track)->capture_missed, 5);
	track_acknowledge(track, 12, 15, false);
	track_acknowledge(track, 30, 15, false);
	assert_int_equal(track_counts(track)->capture_missed, 8);
	assert_int_equal(track_counts(track)->missing, 15);
	assert_int_equal(observe(track, 12, 4).verdict, TRACK_REPEAT);
	/* 10, 20 and this one wait for 1; 0 does not. */
	assert_int_equal(observe(track, 11, 4).verdict, TRACK_LATE);
	assert_int_equal(track_counts(track)->buffered[3], 2);
	track_end(track);
	assert_int_equal(track_counts(track)->lost, 14);
	track_acknowledge(track, 0, 40, true);
	assert_int_equal(track_counts(track)->capture_missed, 8);
	track_free(track);
}

/* What the capture may have dropped is not called lost, also where it told so later. */
static void drops_are_withheld(void **state)
{
	struct drops drops = { 0 };
	struct track_rules rules = { .modulus = 65536, .drops = &drops };
	struct track *track = begun(&rules, 0, 10);

	observe(track, 12, 20 * MS);
	observe(track, 16, 30 * MS);
	observe(track, 21, 40 * MS);
	drops_add(&drops, 22 * MS, 25 * MS, 0);
	track_end(track);
	assert_int_equal(track_counts(track)->lost, 2 + 4);
	assert_int_equal(track_counts(track)->withheld, 3);
	assert_int_equal(track_counts(track)->loss_bursts, 2);
	assert_int_equal(track_sizes(track)->loss_gap.sum, 16 - 12 + 1);
	track_free(track);
}

/* What may never have been sent is not called lost: one jump, or all of them, also earlier ones. */
static void jumps_in_doubt_are_withheld(void **state)
{
	struct track_rules rules = { .modulus = 64 };
	struct track *track = begun(&rules, 0, 10);
	struct track_sample sample = { .number = 13, .frame = 99, .jump_doubted = true };
	struct track_result result;

	track_observe(track, &sample, &result);
	assert_int_equal(result.jump, 3);
	observe(track, 16, MS);
	for (uint64_t i = 17; i < 64; i++) /* until the holes are out of reach */
		observe(track, i, (int64_t)i * MS);
	observe(track, 2, 99 * MS);
	assert_int_equal(track_counts(track)->withheld, 3);
	assert_int_equal(track_counts(track)->lost, 2);
	track_withhold(track);
	track_end(track);
	assert_int_equal(track_counts(track)->withheld, 3 + 2 + 2);
	assert_int_equal(track_counts(track)->lost, 0);
	assert_int_equal(track_counts(track)->loss_bursts, 0);
	assert_int_equal(track_sizes(track)->loss_burst.count, 0);
	track_free(track);
}

/* Every second number lost, 3,000 times: the lowest holes are given up. */
static void holes_are_bounded(void **state)
{
	struct track_rules rules = { .modulus = 1ull << 32 };
	struct track *track = track_new(&rules);
	const struct track_counts *counts = track_counts(track);

	for (uint64_t i = 0; i <= 3000; i++)
		observe(track, 1000 + 2 * i, (int64_t)i);
	assert_int_equal(counts->forgotten_holes, 3000 - 1024);
	assert_int_equal(counts->lost, 3000 - 1024);
	assert_int_equal(counts->missing, 1024);
	/* Nobody knows whether this was here. */
	assert_int_equal(observe(track, 1003, 3001).verdict, TRACK_UNKNOWN);
	assert_int_equal(observe(track, 1006, 3002).verdict, TRACK_UNKNOWN);
	assert_int_equal(observe(track, 6999, 3003).extent, 1);
	assert_int_equal(observe(track, 6990, 3004).verdict, TRACK_REPEAT);
	track_end(track);
	assert_int_equal(counts->lost, 2999);
	assert_int_equal(counts->missing, 0);
	assert_int_equal(counts->in_order, 3001);
	assert_int_equal(counts->unknown, 2);
	track_free(track);
}

/* Streams beyond those that the pool has room for: few holes, and shared distributions. */
static void streams_together_are_bounded(void **state)
{
	struct track_pool pool = { .sizes_taken = TRACK_OWN_SIZES - 1,
		.holes_taken = TRACK_POOL_HOLES - 1024 + TRACK_FEW_HOLES };
	struct track_rules rules = { .modulus = 1ull << 32, .pool = &pool };
	struct track *own = track_new(&rules), *other = track_new(&rules);

	for (uint64_t i = 0; i <= 1024; i++)
		observe(own, 1000 + 2 * i, (int64_t)i);
	assert_int_equal(observe(own, 1001, 2000).verdict, TRACK_LATE);
	for (uint64_t i = 0; i <= 1024; i++)
		observe(other, 1000 + 2 * i, (int64_t)i);
	assert_int_equal(track_counts(own)->forgotten_holes, 0);
	assert_int_equal(track_counts(other)->forgotten_holes, 1024 - TRACK_FEW_HOLES);
	assert_int_equal(pool.holes_taken, TRACK_POOL_HOLES);
	assert_int_equal(observe(other, 3047, 2000).verdict, TRACK_LATE);
	assert_int_equal(track_sizes(own)->extent.count, 1);
	assert_false(track_shares(own));
	assert_true(track_shares(other));
	assert_null(track_sizes(other));
	assert_int_equal(pool.sizes->extent.count, 1);
	assert_int_equal(pool.sizes->loss_burst.count, 1024 - TRACK_FEW_HOLES);
	track_free(other);
	track_free(own);
	assert_int_equal(pool.sizes_taken, TRACK_OWN_SIZES - 1);
	assert_int_equal(pool.holes_taken, TRACK_POOL_HOLES - 1024 + TRACK_FEW_HOLES);
	track_pool_free(&pool);
}

/* Without room for both parts of a hole the lowest hole goes, or the lower part. */
static void splits_are_bounded(void **state)
{
	struct track_rules rules = { .modulus = 1ull << 32 };
	struct track *track = track_new(&rules);
	const struct track_counts *counts = track_counts(track);

	for (uint64_t i = 0; i <= 1024; i++)
		observe(track, 1000 + 10 * i, (int64_t)i);
	assert_int_equal(counts->forgotten_holes, 0);
	assert_int_equal(observe(track, 1005, 2000).verdict, TRACK_LATE);
	assert_int_equal(counts->forgotten_holes, 1);
	assert_int_equal(counts->lost, 4);
	assert_int_equal(observe(track, 1004, 2000).verdict, TRACK_UNKNOWN);
	assert_int_equal(observe(track, 1006, 2000).verdict, TRACK_LATE);
	assert_int_equal(observe(track, 1015, 2000).verdict, TRACK_LATE);
	assert_int_equal(counts->forgotten_holes, 2);
	assert_int_equal(counts->lost, 7);
	track_end(track);
	assert_int_equal(counts->lost, 1024 * 9 - 3);
	track_free(track);
}

/* A hole that is more than half the range behind is closed: its numbers mean others now. */
static void old_holes_are_lost(void **state)
{
	struct track_rules rules = { .modulus = 256 };
	struct track *track = track_new(&rules);

	for (uint64_t i = 0; i < 5000; i++)
		if (i % 200)
			assert_int_equal(
				observe(track, i % 256, (int64_t)i).verdict, TRACK_IN_ORDER);
	assert_true(track_counts(track)->missing <= 1);
	track_end(track);
	assert_int_equal(track_counts(track)->lost, 24);
	assert_int_equal(track_sizes(track)->loss_gap.min, 199);
	assert_int_equal(track_sizes(track)->loss_gap.max, 199);
	track_free(track);
}

static void a_field_turns_out_to_be_narrow(void **state)
{
	struct track_rules rules = { .modulus = 65536 };
	struct track *track = begun(&rules, 4000, 96);

	track_narrow(track, 4096);
	assert_int_equal(observe(track, 1, 97 * MS).jump, 1);
	assert_int_equal(observe(track, 0, 98 * MS).verdict, TRACK_LATE);
	assert_int_equal(observe(track, 4095, 99 * MS).verdict, TRACK_REPEAT);
	assert_int_equal(observe(track, 4096, 100 * MS).verdict, TRACK_MISFIT);
	track_free(track);
}

static void jitter_with_and_without_late_ones(void **state)
{
	struct track_rules rules = { .modulus = 65536 };
	struct track *track = track_new(&rules);
	static const uint64_t numbers[] = { 1, 2, 4, 3, 5 };
	static const int64_t arrival_ms[] = { 5, 25, 65, 66, 85 };
	struct track_result result;

	for (int i = 0; i < 5; i++) {
		struct track_sample sample = { .number = numbers[i],
			.time_ns = arrival_ms[i] * MS,
			.timed = true,
			.sent_ns = (int64_t)numbers[i] * 20 * MS };

		track_observe(track, &sample, &result);
	}
	assert_true(track_counts(track)->timed);
	assert_int_equal(track_counts(track)->jitter_in_order_max_ns, 0);
	/* 21 ms up, then 21 ms down */
	assert_int_equal(track_counts(track)->jitter_max_ns, (21 + 21 - 21 / 16.) / 16 * MS);
	assert_int_equal(track_delay(track)->count, 5);
	assert_int_equal(track_delay(track)->max, 21 * MS);
	track_free(track);
}

/* The opener's facts and frame come with each packet that it overtook. */
static void the_opener_is_told(void **state)
{
	struct track_rules rules = { .modulus = 65536 };
	struct track *track = track_new(&rules);
	struct packet packet = { .flags = PACKET_IP, .ip_version = 4, .tos = 46 << 2 };
	struct track_sample sample = { .number = 5, .frame = 77, .packet = &packet };
	struct track_result result;

	observe(track, 1, 0);
	track_observe(track, &sample, &result);
	result = observe(track, 3, 1);
	assert_int_equal(result.reference, 77);
	assert_int_equal(result.lag, 2);
	assert_int_equal(result.opener.value[FACT_DSCP], 46);
	assert_true(result.opener.known & 1 << FACT_DSCP);
	result = observe(track, 2, 2);
	assert_int_equal(result.opener.value[FACT_DSCP], 46);
	track_free(track);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_the_rfc),
		cmocka_unit_test(stamps_that_go_back),
		cmocka_unit_test(bytes_of_different_sizes),
		cmocka_unit_test(a_known_sequence_of_any_width),
		cmocka_unit_test(four_bits_go_around),
		cmocka_unit_test(misfits_are_told),
		cmocka_unit_test(copies_are_not_counted),
		cmocka_unit_test(a_lone_number_changes_nothing),
		cmocka_unit_test(a_far_jump_is_a_restart),
		cmocka_unit_test(a_restart_seen_twice),
		cmocka_unit_test(a_step_back_seen_twice),
		cmocka_unit_test(a_restart_forgets),
		cmocka_unit_test(an_outage_is_a_loss),
		cmocka_unit_test(a_step_back_is_a_restart),
		cmocka_unit_test(copies_in_a_row),
		cmocka_unit_test(a_step_back_over_a_hole),
		cmocka_unit_test(prints_tell_copies),
		cmocka_unit_test(copies_by_another_path),
		cmocka_unit_test(between_two_inputs_nothing_is_lost),
		cmocka_unit_test(the_same_again_is_a_restart),
		cmocka_unit_test(numbers_inside_a_super_frame),
		cmocka_unit_test(resends_fill_holes),
		cmocka_unit_test(acknowledged_was_not_lost),
		cmocka_unit_test(drops_are_withheld),
		cmocka_unit_test(jumps_in_doubt_are_withheld),
		cmocka_unit_test(holes_are_bounded),
		cmocka_unit_test(streams_together_are_bounded),
		cmocka_unit_test(splits_are_bounded),
		cmocka_unit_test(old_holes_are_lost),
		cmocka_unit_test(a_field_turns_out_to_be_narrow),
		cmocka_unit_test(jitter_with_and_without_late_ones),
		cmocka_unit_test(the_opener_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
