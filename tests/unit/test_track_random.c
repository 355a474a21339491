/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random streams with loss, copies, reordering, wraps and restarts, field by field against the
 * definitions of RFC 4737, RFC 5236 and RFC 3550 computed over all that arrived before; and
 * arbitrary numbers, after which everything must still add up.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/track.h"

#define ROUNDS 10000
#define NUMBERS 120
#define LONGEST (2 * 2 * NUMBERS)
#define BASE 1000 /* of the reference's indices, so that none is negative */

static uint32_t random_below(uint64_t *state, uint32_t bound)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % bound;
}

/* A packet as it was sent, and what the definitions say of it. */
struct sent {
	int64_t index; /* in the order of sending, within its epoch */
	int epoch;
	uint32_t due; /* arrives in the order of this */
	uint32_t bytes;
	int64_t time_ns;
	enum track_verdict verdict;
	uint32_t extent, n;
	int64_t late_ns, gap_ns;
	uint64_t late_bytes, late_packets, lag, jump, reference;
};

struct stream {
	uint64_t modulus, first[2];
	uint32_t increment, epochs, count;
	struct sent packet[LONGEST];
};

/* What the definitions sum up to. */
struct reference {
	uint64_t received, in_order, reordered, repeats, lost, bursts, discontinuities;
	uint64_t run_squares, by_3, gaps, gap_sum, gap_ns, burst_sum, loss_gaps, loss_gap_sum;
	uint64_t runs_sum, extent_sum, n_sum, bytes_sum;
	uint64_t buffered[TRACK_BUFFER + 1];
};

static const struct {
	uint64_t modulus;
	uint32_t increment, depth;
} widths[] = { { 16, 1, 3 }, { 256, 1, 24 }, { 256, 2, 12 }, { 1000, 3, 30 }, { 1 << 12, 1, 30 },
	{ 1 << 16, 1, 30 }, { 1 << 24, 1, 30 }, { 1ull << 32, 1, 30 }, { 1ull << 32, 160, 30 },
	{ 1ull << 48, 1, 30 }, { 0, 1, 30 }, { 0, 7, 30 }, { 65521, 1, 30 } };

static int by_due(const void *a, const void *b)
{
	const struct sent *x = a, *y = b;

	if (x->epoch != y->epoch)
		return x->epoch - y->epoch;
	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static void send_epoch(struct stream *stream, uint64_t *random, int epoch, uint32_t depth)
{
	uint32_t loss = random_below(random, 20), late = random_below(random, 40);
	uint32_t twice = random_below(random, 20);
	bool was_lost = true;

	depth = 1 + random_below(random, depth);
	for (int64_t index = 0; index < NUMBERS; index++) {
		bool settled = epoch == 0 || index > 3; /* an epoch begins in order */
		int copies = 1 + (settled && random_below(random, 100) < twice);

		was_lost = settled && !(was_lost && depth < 4) && random_below(random, 100) < loss;
		for (; !was_lost && copies > 0; copies--) {
			struct sent *packet = &stream->packet[stream->count++];
			bool is_late = settled && random_below(random, 100) < late;

			*packet = (struct sent){ .index = index,
				.epoch = epoch,
				.due = 2 * (uint32_t)index + 1,
				.bytes = 1 + (uint32_t)index % 7 * 100 };
			packet->due += is_late ? 2 * random_below(random, depth) : 0;
		}
	}
}

static void make_stream(struct stream *stream, uint64_t *random)
{
	uint32_t width = random_below(random, sizeof(widths) / sizeof(widths[0]));
	int64_t now = 0;

	stream->modulus = widths[width].modulus;
	stream->increment = widths[width].increment;
	stream->count = 0;
	stream->first[0] = stream->modulus - 1 - random_below(random, 200);
	if (stream->modulus)
		stream->first[0] = (stream->first[0] + 16 * stream->modulus) % stream->modulus;
	/* A restart is beyond doubt where the jump is far, in wide numbers. */
	stream->epochs = 1 + (stream->modulus - 1 >= 0xffff && random_below(random, 3) == 0);
	stream->first[1] = stream->first[0] - (stream->modulus - 1) / 8 * 5;
	if (stream->modulus)
		stream->first[1] = (stream->first[0] + stream->modulus / 8 * 3) % stream->modulus;
	for (uint32_t epoch = 0; epoch < stream->epochs; epoch++)
		send_epoch(stream, random, (int)epoch, widths[width].depth);
	qsort(stream->packet, stream->count, sizeof(stream->packet[0]), by_due);
	for (uint32_t i = 0; i < stream->count; i++) {
		now += random_below(random, 1000);
		stream->packet[i].time_ns = now;
	}
}

static uint64_t number_of(const struct stream *stream, const struct sent *packet)
{
	unsigned __int128 sum = (unsigned __int128)(uint64_t)packet->index * stream->increment +
				stream->first[packet->epoch];

	return (uint64_t)(stream->modulus ? sum % stream->modulus : sum);
}

static struct sent *first_copy(struct stream *stream, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++)
		if (stream->packet[j].epoch == stream->packet[i].epoch &&
			stream->packet[j].index == stream->packet[i].index)
			return &stream->packet[j];
	return NULL;
}

/* RFC 4737 3 to 5 of packet `i`, over all that arrived before it for the first time. */
static void define(struct stream *stream, uint32_t i)
{
	struct sent *packet = &stream->packet[i];
	struct sent *first = first_copy(stream, i);
	int64_t highest = -1;
	uint32_t arrivals = 0, places = 0;
	bool in_a_row = true;

	if (first) {
		packet->verdict = TRACK_REPEAT;
		packet->reference = (uint64_t)(first - stream->packet) + 1;
		return;
	}
	packet->verdict = TRACK_IN_ORDER;
	for (uint32_t j = i; j-- > 0;) {
		const struct sent *before = &stream->packet[j];

		if (before->epoch != packet->epoch)
			continue;
		places++;
		if (before->verdict == TRACK_REPEAT)
			continue;
		arrivals++;
		if (before->index > highest)
			highest = before->index;
		in_a_row = in_a_row && before->index > packet->index;
		packet->n += in_a_row;
		if (before->index < packet->index)
			continue;
		packet->verdict = TRACK_LATE;
		packet->extent = places;
		packet->late_ns = packet->time_ns - before->time_ns;
		packet->late_bytes += before->bytes;
		packet->late_packets++;
		packet->reference = j + 1;
	}
	if (packet->verdict == TRACK_LATE)
		packet->lag = (uint64_t)(highest - packet->index);
	else if (arrivals)
		packet->jump = (uint64_t)(packet->index - highest - 1);
	if (packet->verdict == TRACK_IN_ORDER)
		packet->n = 0;
}

/* RFC 4737 4.5 and 4.6 */
static void define_runs(const struct stream *stream, struct reference *is)
{
	uint64_t arrival[LONGEST + 1], arrivals = 0, run = 0, last = 0;
	int64_t last_ns = 0;
	bool has_last = false;

	for (uint32_t i = 0; i < stream->count; i++) {
		const struct sent *packet = &stream->packet[i];
		uint64_t opener = packet->reference;

		arrival[i + 1] = arrivals;
		if (packet->verdict == TRACK_REPEAT)
			continue;
		arrivals++;
		if (packet->verdict == TRACK_IN_ORDER) {
			run++;
			continue;
		}
		is->run_squares += run * run;
		is->runs_sum += run;
		run = 0;
		if (has_last && arrival[opener] <= last)
			continue;
		if (has_last) {
			is->gaps++;
			is->gap_sum += arrival[opener] - last;
			is->gap_ns += (uint64_t)(stream->packet[opener - 1].time_ns - last_ns);
		}
		has_last = true;
		last = arrival[opener];
		last_ns = stream->packet[opener - 1].time_ns;
	}
}

/* Runs of numbers between the first and the highest of an epoch that never came. */
static void define_loss(const struct stream *stream, struct reference *is, int epoch)
{
	bool came[NUMBERS] = { false };
	int64_t first = -1, highest = 0, since = -1, burst = 0;

	for (uint32_t i = 0; i < stream->count; i++) {
		if (stream->packet[i].epoch != epoch)
			continue;
		came[stream->packet[i].index] = true;
		first = first < 0 ? stream->packet[i].index : first;
		if (stream->packet[i].index > highest)
			highest = stream->packet[i].index;
	}
	for (int64_t index = first; index <= highest; index++) {
		if (!came[index]) {
			burst++;
			is->lost++;
			continue;
		}
		if (burst) {
			is->bursts++;
			is->burst_sum += (uint64_t)burst;
			if (since >= 0) {
				is->loss_gaps++;
				is->loss_gap_sum += (uint64_t)(index - burst - since);
			}
			since = index;
		}
		burst = 0;
	}
}

/* RFC 5236: a mark for each packet in the buffer. */
static void define_density(const struct stream *stream, struct reference *is, int epoch)
{
	bool in_buffer[NUMBERS + 1] = { false };
	int64_t expected = -1;

	for (uint32_t i = 0; i < stream->count; i++) {
		const struct sent *packet = &stream->packet[i];
		int occupancy = 0;

		if (packet->epoch != epoch || packet->verdict == TRACK_REPEAT)
			continue;
		if (expected < 0)
			expected = packet->index;
		if (packet->index < expected)
			continue;
		for (int64_t j = expected; j < NUMBERS; j++)
			occupancy += in_buffer[j];
		in_buffer[packet->index] = true;
		while (occupancy == TRACK_BUFFER && !in_buffer[expected])
			expected++;
		while (in_buffer[expected])
			expected++;
		occupancy = 0;
		for (int64_t j = expected; j < NUMBERS; j++)
			occupancy += in_buffer[j];
		is->buffered[occupancy]++;
	}
}

static void sum_up(const struct stream *stream, struct reference *is)
{
	*is = (struct reference){ 0 };
	for (uint32_t i = 0; i < stream->count; i++) {
		const struct sent *packet = &stream->packet[i];

		is->received += packet->verdict != TRACK_REPEAT;
		is->in_order += packet->verdict == TRACK_IN_ORDER;
		is->reordered += packet->verdict == TRACK_LATE;
		is->repeats += packet->verdict == TRACK_REPEAT;
		is->discontinuities += packet->jump > 0;
		is->by_3 += packet->n >= 3;
		is->extent_sum += packet->extent;
		is->bytes_sum += packet->late_bytes;
		is->n_sum += packet->n;
	}
	define_runs(stream, is);
	for (uint32_t epoch = 0; epoch < stream->epochs; epoch++) {
		define_loss(stream, is, (int)epoch);
		define_density(stream, is, (int)epoch);
	}
}

static void packet_matches(const struct sent *must, const struct track_result *is, uint32_t i)
{
	if (is->verdict != must->verdict || is->extent != must->extent || is->n != must->n ||
		is->lag != must->lag || is->jump != must->jump || !is->sure ||
		is->reference != must->reference)
		fail_msg("packet %u: verdict %d, not %d, extent %u, not %u, n %u, not %u, lag "
			 "%llu, not %llu, jump %llu, not %llu, reference %llu, not %llu",
			i, is->verdict, must->verdict, is->extent, must->extent, is->n, must->n,
			(unsigned long long)is->lag, (unsigned long long)must->lag,
			(unsigned long long)is->jump, (unsigned long long)must->jump,
			(unsigned long long)is->reference, (unsigned long long)must->reference);
	assert_int_equal(is->late_bytes, must->late_bytes);
	assert_int_equal(is->late_packets, must->late_packets);
	if (must->verdict == TRACK_LATE)
		assert_int_equal(is->late_ns, must->late_ns);
}

static void counts_match(
	const struct stream *stream, const struct reference *must, const struct track_counts *is)
{
	assert_int_equal(is->packets, stream->count);
	assert_int_equal(is->received, must->received);
	assert_int_equal(is->in_order, must->in_order);
	assert_int_equal(is->run_packets, must->in_order);
	assert_int_equal(is->reordered, must->reordered);
	assert_int_equal(is->runs, must->reordered);
	assert_int_equal(is->repeats, must->repeats);
	assert_int_equal(is->lost, must->lost);
	assert_int_equal(is->loss_bursts, must->bursts);
	assert_int_equal(is->discontinuities, must->discontinuities);
	assert_int_equal(is->run_squares, must->run_squares);
	assert_int_equal(is->reordered_by_3, must->by_3);
	assert_int_equal(is->restarts, stream->epochs - 1);
	assert_int_equal(is->unknown + is->misfits + is->resent + is->withheld + is->missing, 0);
	assert_memory_equal(is->buffered, must->buffered, sizeof(is->buffered));
}

static void sizes_match(const struct reference *must, const struct track_sizes *is)
{
	if (!is) {
		assert_int_equal(must->reordered + must->lost, 0);
		return;
	}
	assert_int_equal(is->extent.count, must->reordered);
	assert_int_equal(is->extent.sum, must->extent_sum);
	assert_int_equal(is->late_bytes.sum, must->bytes_sum);
	assert_int_equal(is->n.sum, must->n_sum);
	assert_int_equal(is->run.count, must->reordered);
	assert_int_equal(is->run.sum, must->runs_sum);
	assert_int_equal(is->gap.count, must->gaps);
	assert_int_equal(is->gap.sum, must->gap_sum);
	assert_int_equal(is->gap_ns.sum, must->gap_ns);
	assert_int_equal(is->loss_burst.count, must->bursts);
	assert_int_equal(is->loss_burst.sum, must->burst_sum);
	assert_int_equal(is->loss_gap.count, must->loss_gaps);
	assert_int_equal(is->loss_gap.sum, must->loss_gap_sum);
}

static void a_random_stream(struct stream *stream, uint64_t *random)
{
	struct track_rules rules;
	struct track *track;
	struct reference must;

	make_stream(stream, random);
	rules = (struct track_rules){ .modulus = stream->modulus, .increment = stream->increment };
	track = track_new(&rules);
	for (uint32_t i = 0; i < stream->count; i++) {
		struct sent *packet = &stream->packet[i];
		struct track_sample sample = { .number = number_of(stream, packet),
			.time_ns = packet->time_ns,
			.frame = i + 1,
			.bytes = packet->bytes,
			.print = (uint32_t)(packet->index + BASE * (packet->epoch + 1)) };
		struct track_result result;

		define(stream, i);
		track_observe(track, &sample, &result);
		if (packet->epoch && packet->index == 0) { /* not believed yet */
			assert_true(
				result.verdict == TRACK_UNKNOWN || result.verdict == TRACK_MISFIT);
			continue;
		}
		packet_matches(packet, &result, i);
		assert_int_equal(result.same_print, packet->verdict == TRACK_REPEAT);
		assert_int_equal(result.restarted, packet->epoch && packet->index == 1);
		assert_int_equal(result.amended_count, result.restarted);
	}
	track_end(track);
	sum_up(stream, &must);
	counts_match(stream, &must, track_counts(track));
	sizes_match(&must, track_sizes(track));
	track_free(track);
}

static void random_streams(void **state)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	uint64_t random = 4737;

	assert_non_null(stream);
	for (int i = 0; i < ROUNDS; i++)
		a_random_stream(stream, &random);
	free(stream);
}

#define HOSTILE 4000

/* Any number, mostly near one of the last; any time, span and identification. */
static struct track_sample hostile_sample(uint64_t *random, uint64_t *number, uint64_t modulus)
{
	static const uint32_t reach[] = { 2, 2, 2, 4, 20, 300, 5000, 1u << 31 };
	uint32_t far = reach[random_below(random, 8)];
	struct track_sample sample = { .bytes = random_below(random, 1500),
		.print = random_below(random, 3),
		.path = random_below(random, 50) == 0,
		.has_id = random_below(random, 2) == 0,
		.id = (uint16_t)random_below(random, 65536),
		.time_ns = (int64_t)random_below(random, 1u << 31) << random_below(random, 33),
		.timed = random_below(random, 4) == 0,
		.sent_ns = (int64_t)random_below(random, 1u << 31) << random_below(random, 33) };

	*number += 1 + random_below(random, far) - far / 2;
	if (random_below(random, 100) == 0)
		*number = *random;
	sample.number = modulus && random_below(random, 50) ? *number % modulus : *number;
	if (random_below(random, 10) == 0)
		sample.span = random_below(random, 50);
	if (random_below(random, 20) == 0)
		sample.hidden = random_below(random, 50);
	if (random_below(random, 20) == 0)
		sample.time_ns = (int64_t)*random;
	if (random_below(random, 20) == 0)
		sample.sent_ns = -(int64_t)(*random >> 1);
	return sample;
}

static void all_adds_up(const struct track_counts *is, const enum track_verdict *verdict)
{
	uint64_t by_verdict[TRACK_MISFIT + 1] = { 0 }, buffered = 0;

	for (uint64_t i = 0; i < is->packets; i++)
		by_verdict[verdict[i]]++;
	for (int i = 0; i <= TRACK_BUFFER; i++)
		buffered += is->buffered[i];
	assert_int_equal(by_verdict[TRACK_IN_ORDER], is->in_order);
	assert_int_equal(by_verdict[TRACK_LATE], is->reordered);
	assert_int_equal(by_verdict[TRACK_REPEAT], is->repeats);
	assert_int_equal(by_verdict[TRACK_RESENT], is->resent);
	assert_int_equal(by_verdict[TRACK_UNKNOWN], is->unknown);
	assert_int_equal(by_verdict[TRACK_MISFIT], is->misfits);
	assert_int_equal(is->received, is->in_order + is->reordered + is->resent);
	assert_int_equal(is->run_packets, is->in_order);
	assert_int_equal(is->runs, is->reordered);
	assert_true(buffered <= is->received);
	assert_true(is->copies <= is->repeats);
	assert_true(is->reordered_by_3 <= is->reordered);
}

/* What was jumped over is lost, withheld, missed by the capture, missing or came late. */
static void holes_add_up(const struct track_counts *is, uint64_t jumped, uint64_t ended)
{
	uint64_t gone = is->lost + is->withheld + is->capture_missed + is->missing;

	assert_true(gone <= jumped);
	assert_true(jumped - gone <= (is->reordered + is->resent) * 50);
	if (ended)
		assert_int_equal(is->missing, 0);
}

static void a_hostile_stream(uint64_t *random)
{
	static enum track_verdict verdict[HOSTILE];
	struct drops drops = { 0 };
	uint32_t width = random_below(random, sizeof(widths) / sizeof(widths[0]));
	struct track_rules rules = { .modulus = widths[width].modulus,
		.increment = random_below(random, 3) ? 1 : random_below(random, 20),
		.resends = random_below(random, 2),
		.drops = &drops };
	struct track *track = track_new(&rules);
	uint64_t number = 0, jumped = 0;

	for (uint32_t i = 0; i < HOSTILE; i++) {
		struct track_sample sample = hostile_sample(random, &number, rules.modulus);
		struct track_result result;

		sample.frame = i + 1;
		track_observe(track, &sample, &result);
		verdict[i] = result.verdict;
		jumped += result.jump;
		assert_true(result.amended_count <= TRACK_AMENDED);
		for (uint32_t j = 0; j < result.amended_count; j++)
			verdict[result.amended[j].frame - 1] = TRACK_IN_ORDER;
		if (random_below(random, 30) == 0)
			track_acknowledge(track, sample.number - random_below(random, 60),
				sample.number, random_below(random, 2));
		if (random_below(random, 500) == 0)
			drops_add(&drops, sample.time_ns, sample.time_ns + 1000000, 1);
		if (i % 500 == 0) {
			all_adds_up(track_counts(track), verdict);
			holes_add_up(track_counts(track), jumped, false);
		}
	}
	if (random_below(random, 4) == 0)
		track_narrow(track, 128);
	track_end(track);
	all_adds_up(track_counts(track), verdict);
	holes_add_up(track_counts(track), jumped, true);
	track_free(track);
}

static void hostile_streams(void **state)
{
	uint64_t random = 3550;

	for (int i = 0; i < 300; i++)
		a_hostile_stream(&random);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_streams),
		cmocka_unit_test(hostile_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
