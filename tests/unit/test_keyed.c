/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of any bytes and their records: each its own, also when many come and the oldest go. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "analyzers/keyed.h"

#define RECORDS 1000u

/* Which key has which record, as the owner of the table knows it. */
struct owner {
	uint32_t key[RECORDS]; /* + 1, 0: none */
	uint64_t evicted;
};

static void evict(void *context, uint32_t record)
{
	struct owner *owner = context;

	assert_in_range(record, 0, RECORDS - 1);
	assert_int_not_equal(owner->key[record], 0);
	owner->key[record] = 0;
	owner->evicted++;
}

static struct keyed_key key_of(const void *bytes, uint32_t count)
{
	struct keyed_key key;
	uint32_t length;

	keyed_key_clear(&key, &length);
	keyed_key_add(&key, &length, bytes, count);
	return key;
}

static uint32_t find(struct keyed *keyed, struct owner *owner, uint32_t number, uint64_t now)
{
	struct keyed_key key = key_of(&number, sizeof(number));
	bool made;
	uint32_t record = keyed_find(keyed, &key, now, &made);

	assert_in_range(record, 0, RECORDS - 1);
	assert_int_equal(owner->key[record], made ? 0 : number + 1);
	owner->key[record] = number + 1;
	assert_int_equal(keyed_look(keyed, &key), record);
	return record;
}

static void each_key_has_its_record(void **state)
{
	struct owner owner = { .evicted = 0 };
	struct keyed *keyed = keyed_new(RECORDS, evict, &owner);

	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < RECORDS; i++)
			assert_int_equal(find(keyed, &owner, i * 0x01000193u, round), i);
	assert_int_equal(keyed_count(keyed), RECORDS);
	assert_int_equal(keyed_evicted(keyed), 0);
	keyed_free(keyed);
}

/* Zeros at the end of a key count; of how many pieces it was made does not. */
static void prefixes_are_other_keys(void **state)
{
	static const uint8_t zeros[KEYED_WORDS * 8 + 8] = { 0 };
	struct owner owner = { .evicted = 0 };
	struct keyed *keyed = keyed_new(RECORDS, evict, &owner);
	struct keyed_key key;
	uint32_t length;
	bool made;

	for (uint32_t i = 0; i <= KEYED_WORDS * 8; i++) {
		key = key_of(zeros, i);
		assert_int_equal(keyed_look(keyed, &key), KEYED_NONE);
		assert_int_equal(keyed_find(keyed, &key, 0, &made), i);
		assert_true(made);
	}
	key = key_of(zeros, sizeof(zeros)); /* what no longer fits is left out */
	assert_int_equal(keyed_look(keyed, &key), KEYED_WORDS * 8);
	keyed_key_clear(&key, &length);
	for (uint32_t i = 0; i < 13; i++)
		keyed_key_add(&key, &length, zeros, 1);
	assert_int_equal(keyed_look(keyed, &key), 13);
	keyed_free(keyed);
}

/* Ten times as many keys as there are records: what is used now and then stays. */
static void the_unused_make_room(void **state)
{
	struct owner owner = { .evicted = 0 };
	struct keyed *keyed = keyed_new(RECORDS, evict, &owner);
	uint32_t faithful = find(keyed, &owner, 7, 0), now = 0;

	for (uint32_t i = 100; i < 100 + 10 * RECORDS; i++) {
		find(keyed, &owner, i, ++now);
		keyed_touch(keyed, faithful, now);
		assert_int_equal(owner.key[faithful], 7 + 1);
	}
	assert_int_equal(keyed_count(keyed), RECORDS);
	assert_int_equal(keyed_evicted(keyed), owner.evicted);
	assert_int_equal(owner.evicted, 10 * RECORDS + 1 - RECORDS);
	/* All that are there are found still, whatever was removed among them. */
	for (uint32_t i = 0; i < RECORDS; i++)
		find(keyed, &owner, owner.key[i] - 1, now);
	assert_int_equal(owner.evicted, 10 * RECORDS + 1 - RECORDS);
	keyed_free(keyed);
}

static void nothing_to_free(void **state)
{
	struct keyed_key key = key_of("x", 1);
	struct keyed *keyed = keyed_new(1, evict, NULL);

	assert_int_equal(keyed_look(keyed, &key), KEYED_NONE);
	assert_int_equal(keyed_count(keyed), 0);
	keyed_free(keyed);
	keyed_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_has_its_record),
		cmocka_unit_test(prefixes_are_other_keys),
		cmocka_unit_test(the_unused_make_room),
		cmocka_unit_test(nothing_to_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
