/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How CPU and queue of a frame come out of the kernel: the digits of their number, the programs
 * that tell them, run here by a small interpreter, and the table that puts them together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/filter.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "capture/steering_table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A frame as the kernel has it when a program runs. */
struct sight {
	const uint8_t *bytes;
	uint32_t length, cpu, queue;
	bool tagged;
};

static const uint8_t arp[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6 };

static uint32_t load(const struct sight *sight, const struct filter_instruction *instruction)
{
	switch ((int32_t)instruction->k - SKF_AD_OFF) {
	case SKF_AD_CPU:
		return sight->cpu;
	case SKF_AD_QUEUE:
		return sight->queue;
	case SKF_AD_VLAN_TAG_PRESENT:
		return sight->tagged;
	}
	assert_true(instruction->k + 4 <= sight->length);
	if (BPF_SIZE(instruction->code) == BPF_H)
		return bytes_be16(sight->bytes + instruction->k);
	if (BPF_SIZE(instruction->code) == BPF_B)
		return sight->bytes[instruction->k];
	return bytes_be32(sight->bytes + instruction->k);
}

static uint32_t compute(uint16_t code, uint32_t a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + operand;
	case BPF_MUL:
		return a * operand;
	case BPF_DIV:
		return a / operand;
	case BPF_MOD:
		return a % operand;
	case BPF_AND:
		return a & operand;
	}
	fail();
	return 0;
}

static bool holds(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGE:
		return a >= k;
	case BPF_JGT:
		return a > k;
	case BPF_JSET:
		return a & k;
	}
	fail();
	return false;
}

/* The bytes that the program lets through. */
static uint32_t run(const struct filter_code *code, const struct sight *sight)
{
	uint32_t a = 0, x = 0;

	for (size_t at = 0; at < code->count; at++) {
		const struct filter_instruction *instruction = &code->instructions[at];
		uint16_t op = instruction->code;

		switch (BPF_CLASS(op)) {
		case BPF_LD:
			a = BPF_MODE(op) == BPF_IMM ? instruction->k : load(sight, instruction);
			break;
		case BPF_ALU:
			a = compute(op, a, BPF_SRC(op) == BPF_X ? x : instruction->k);
			break;
		case BPF_MISC:
			x = a;
			break;
		case BPF_JMP:
			if (BPF_OP(op) == BPF_JA)
				at += instruction->k;
			else
				at += holds(op, a, instruction->k) ? instruction->jt
								   : instruction->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(op) == BPF_A ? a : instruction->k;
		default:
			fail();
		}
	}
	fail();
	return 0;
}

static const struct {
	uint32_t cpus, queues;
	struct steering_space space;
} spaces[] = {
	{ 1, 1, { 1, 2, 1 } },
	{ 2, 1, { 2, 2, 1 } },
	{ 2, 2, { 2, 3, 1 } },
	{ 4, 6, { 4, 7, 1 } }, /* 32 numbers: the last that one digit holds */
	{ 4, 7, { 4, 8, 2 } },
	{ 32, 30, { 32, 31, 2 } },
	{ 32, 31, { 32, 32, 3 } },
	{ 64, 64, { 64, 65, 3 } },
	{ 2, 0, { 2, 65, 2 } },
	{ 1024, 31, { 1024, 31, 3 } }, /* one tag has no number left */
	{ 1024, 4096, { 1024, 31, 3 } },
	{ 100000, 1, { 32768, 0, 3 } },
	{ 0, 1, { 1, 2, 1 } },
};

static void test_spaces(void **state)
{
	for (size_t i = 0; i < COUNT(spaces); i++) {
		struct steering_space space = steering_space(spaces[i].cpus, spaces[i].queues);

		assert_int_equal(space.cpus, spaces[i].space.cpus);
		assert_int_equal(space.queues, spaces[i].space.queues);
		assert_int_equal(space.digits, spaces[i].space.digits);
	}
}

/* What the programs of all digits tell of the frame, put together. */
static struct frame learn(const struct steering_space *space, const struct sight *sight,
	const char *filter, bool *passes)
{
	const struct steering_key key = { .stamp_ns = 4711, .length = sight->length, .device = 3 };
	struct steering_table *table = steering_table_new(space);
	struct frame frame = { .wirelen = sight->length };

	for (uint32_t digit = 0; digit < space->digits; digit++) {
		struct filter_code code;
		uint32_t bytes;

		assert_int_equal(steering_code(space, digit, filter, 1, &code, NULL), 0);
		bytes = run(&code, sight);
		free(code.instructions);
		*passes = bytes > 0;
		if (bytes > sight->length)
			bytes = sight->length;
		steering_table_add(table, &key, digit, steering_digit(bytes, sight->length), 77);
	}
	assert_true(steering_table_has(table, &key));
	steering_table_fill(table, &key, &frame);
	steering_table_free(table);
	return frame;
}

static void expect_facts(const struct frame *frame, int cpu, int queue)
{
	assert_int_equal(!!(frame->flags & FRAME_HAS_CPU), cpu >= 0);
	assert_int_equal(!!(frame->flags & FRAME_HAS_QUEUE), queue >= 0);
	if (cpu >= 0)
		assert_int_equal(frame->cpu, cpu);
	if (queue >= 0)
		assert_int_equal(frame->queue, queue);
}

static const uint32_t tags[] = { 0, 1, 2, 3, 5, 7, 29, 30, 31, 32, 33, 63, 64, 65, 65535 };

/* Every CPU and tag comes back as it was, or as unknown where it has no number. */
static void test_programs(void **state)
{
	for (size_t i = 0; i < COUNT(spaces) - 2; i++) {
		struct steering_space space = steering_space(spaces[i].cpus, spaces[i].queues);

		for (uint32_t cpu = 0; cpu <= space.cpus; cpu += cpu < 70 ? 1 : 137)
			for (size_t j = 0; j < COUNT(tags); j++) {
				const struct sight sight = { arp, 60, cpu, tags[j], false };
				bool passes, told = cpu < space.cpus;
				struct frame frame = learn(&space, &sight, NULL, &passes);

				assert_true(passes);
				expect_facts(&frame, told ? (int)cpu : -1,
					told && tags[j] < space.queues ? (int)tags[j] : -1);
				assert_true(frame.flags & FRAME_HAS_HASH);
				assert_int_equal(frame.rxhash, 77);
			}
	}
}

static const struct {
	const char *filter;
	bool tagged, passes;
} filters[] = {
	{ "arp", false, true },
	{ "ip", false, false },
	{ "ip", true, true }, /* the port judges what had a tag */
	{ "arp or ip or ip6", false, true },
	{ "not arp", false, false },
	{ "ether host 02:00:00:00:00:01", false, true },
};

static void test_filters(void **state)
{
	struct steering_space space = steering_space(40, 8);

	for (size_t i = 0; i < COUNT(filters); i++) {
		const struct sight sight = { arp, 60, 39, 8, filters[i].tagged };
		bool passes = false;
		struct frame frame;

		frame = learn(&space, &sight, filters[i].filter, &passes);
		assert_int_equal(passes, filters[i].passes);
		if (passes)
			expect_facts(&frame, 39, 8);
	}
}

static void test_wrong_filter(void **state)
{
	struct steering_space space = steering_space(2, 1);
	struct filter_code code;
	struct error error = { "" };

	assert_int_equal(steering_code(&space, 0, "no such word", 1, &code, &error), -1);
	assert_true(*error.text);
}

/* A frame that ends before its digit is unknown, not of another CPU. */
static void test_short(void **state)
{
	struct steering_space space = steering_space(32, 1);

	for (uint32_t length = 1; length <= 40; length++)
		for (uint32_t cpu = 0; cpu < 32; cpu++) {
			const struct sight sight = { arp, length, cpu, 0, false };
			bool passes;
			struct frame frame = learn(&space, &sight, NULL, &passes);

			expect_facts(&frame, length > cpu + 1 ? (int)cpu : -1,
				length > cpu + 1 ? 0 : -1);
		}
}

static void test_digits(void **state)
{
	assert_int_equal(steering_digit(1, 60), 0);
	assert_int_equal(steering_digit(32, 60), 31);
	assert_int_equal(steering_digit(33, 60), -1);
	assert_int_equal(steering_digit(60, 60), -1);
	assert_int_equal(steering_digit(14, 14), -1);
	assert_int_equal(steering_digit(0, 60), -1);
}

/* Two frames of one key: what they have in common is known of both. */
static void test_twins(void **state)
{
	static const struct {
		int first, second;
		uint32_t hashes[2];
		int cpu, hash;
	} cases[] = {
		{ 1, 1, { 5, 5 }, 1, 5 },
		{ 1, 0, { 5, 5 }, -1, 5 },
		{ 1, 1, { 5, 6 }, 1, -1 },
		{ 1, -1, { 5, 5 }, -1, 5 },
		{ -1, 1, { 0, 5 }, -1, -1 },
	};
	const struct steering_key key = { .stamp_ns = 10, .length = 60, .device = 1 };
	struct steering_space space = steering_space(2, 1);

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct steering_table *table = steering_table_new(&space);
		struct frame frame = { .flags = 0 };

		steering_table_add(table, &key, 0, cases[i].first, cases[i].hashes[0]);
		steering_table_add(table, &key, 0, cases[i].second, cases[i].hashes[1]);
		steering_table_fill(table, &key, &frame);
		expect_facts(&frame, cases[i].cpu, cases[i].cpu < 0 ? -1 : 0);
		assert_int_equal(!!(frame.flags & FRAME_HAS_HASH), cases[i].hash >= 0);
		steering_table_free(table);
	}
}

/* Other keys are other frames; and what not all sockets told is not known yet. */
static void test_keys(void **state)
{
	static const struct steering_key key = { .stamp_ns = 10, .length = 60, .device = 1 };
	static const struct steering_key others[] = { { 11, 60, 1 }, { 10, 61, 1 }, { 10, 60, 2 } };
	struct steering_space space = steering_space(64, 1);
	struct steering_table *table = steering_table_new(&space);
	struct frame frame = { .flags = 0 };

	assert_int_equal(space.digits, 2);
	steering_table_add(table, &key, 1, 1, 9);
	assert_false(steering_table_has(table, &key));
	steering_table_fill(table, &key, &frame);
	assert_int_equal(frame.flags, 0);
	steering_table_add(table, &key, 0, 3, 9);
	assert_true(steering_table_has(table, &key));
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_false(steering_table_has(table, &others[i]));
		steering_table_fill(table, &others[i], &frame);
		assert_int_equal(frame.flags, 0);
	}
	steering_table_fill(table, &key, &frame);
	expect_facts(&frame, 35, 0);
	steering_table_free(table);
}

#define MANY 1000000

/* A full table keeps what is still to be asked for, and takes new frames for forgotten ones. */
static void test_bounds(void **state)
{
	struct steering_space space = steering_space(2, 1);
	struct steering_table *table = steering_table_new(&space);
	struct steering_key key = { .length = 60, .device = 1 };
	unsigned known = 0, lost = 0;

	for (int64_t i = 1; i <= MANY; i++) {
		key.stamp_ns = i * 1000;
		steering_table_add(table, &key, 0, 1, 1);
	}
	for (int64_t i = 1; i <= 20000; i++) {
		key.stamp_ns = i * 1000;
		known += steering_table_has(table, &key);
	}
	assert_true(known > 19990);
	steering_table_forget(table, (MANY + 1) * INT64_C(1000));
	for (int64_t i = MANY + 1; i <= 2 * MANY; i++) {
		key.stamp_ns = i * 1000;
		steering_table_add(table, &key, 0, 1, 1);
		if (i % 1000 == 0)
			steering_table_forget(table, key.stamp_ns - 20000 * 1000);
		lost += !steering_table_has(table, &key);
	}
	assert_true(lost < MANY / 10000);
	steering_table_free(table);
}

/* What is stamped at once, as a batch of receive offload is, has room. */
static void test_bursts(void **state)
{
	struct steering_space space = steering_space(2, 1);
	struct steering_table *table = steering_table_new(&space);
	struct steering_key key = { .length = 60, .device = 1 };
	unsigned known = 0;

	for (int64_t i = 0; i < 6400; i++) {
		key.stamp_ns = INT64_C(1700000000000000000) + i / 32 * 10000 + i % 32 * 30;
		steering_table_add(table, &key, 0, 1, 1);
	}
	for (int64_t i = 0; i < 6400; i++) {
		key.stamp_ns = INT64_C(1700000000000000000) + i / 32 * 10000 + i % 32 * 30;
		known += steering_table_has(table, &key);
	}
	assert_true(known > 6390);
	steering_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spaces),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_wrong_filter),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_bursts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
