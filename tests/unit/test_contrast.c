/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts are read from headers as they stand; a contrast tells of what differs in nearly all pairs
 * and never of what differs between any two packets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "analyzers/contrast.h"
#include "tests/unit/frames.h"

#define LATE "late"
#define OVERTAKER "overtaker"

static struct facts with(enum fact fact, uint32_t value)
{
	struct facts facts = { .known = (uint16_t)(1u << fact) };

	facts.value[fact] = value;
	return facts;
}

/* Adds `count` pairs of these values. */
static void add(struct contrast *contrast, enum fact fact, uint32_t bad, uint32_t good, int count)
{
	struct facts one = with(fact, bad), other = with(fact, good);

	for (int i = 0; i < count; i++)
		contrast_add(contrast, &one, &other);
}

static void add_baseline(struct contrast *contrast, enum fact fact, int equal, int different)
{
	struct facts one = with(fact, 1), other = with(fact, 2);

	for (int i = 0; i < equal; i++)
		contrast_add_baseline(contrast, &one, &one);
	for (int i = 0; i < different; i++)
		contrast_add_baseline(contrast, &one, &other);
}

static void names_and_texts(void **state)
{
	assert_string_equal(fact_name(FACT_SOURCE_PORT), "source_port");
	assert_string_equal(fact_text(FACT_SOURCE_PORT), "source port");
	assert_string_equal(fact_name(FACT_INTERFACE), "interface");
}

/* What differs, and whether it tells. */
static const struct row {
	const char *name;
	enum fact fact;
	int differs, equal;                     /* pairs */
	int baseline_equal, baseline_different; /* pairs */
	bool tells;
} rows[] = {
	{ "all of five", FACT_DSCP, 5, 0, 0, 0, true },
	{ "all of four", FACT_DSCP, 4, 0, 0, 0, false },
	{ "95 of 100", FACT_DSCP, 95, 5, 0, 0, true },
	{ "94 of 100", FACT_DSCP, 94, 6, 0, 0, false },
	{ "neighbours are alike", FACT_TTL, 10, 0, 20, 0, true },
	{ "half of the neighbours differ", FACT_TTL, 10, 0, 10, 10, true },
	{ "half of them, few pairs", FACT_TTL, 9, 0, 10, 10, false },
	{ "all neighbours differ", FACT_SOURCE_PORT, 100, 0, 0, 20, false },
	{ "nearly all of many neighbours", FACT_SOURCE_PORT, 990, 10, 3, 97, false },
	{ "four streams by turns, none overtakes itself", FACT_SOURCE_PORT, 37, 0, 25, 75, true },
	{ "size alone", FACT_SIZE, 37, 0, 0, 0, false },
	{ "a few neighbours are no baseline", FACT_SIZE, 37, 0, 4, 0, false },
	{ "size, and neighbours are alike", FACT_SIZE, 37, 0, 20, 1, true },
	{ "size, as of neighbours", FACT_SIZE, 37, 0, 1, 20, false },
	{ "hash alone", FACT_HASH, 37, 0, 0, 0, false },
	{ "hash, and neighbours are alike", FACT_HASH, 37, 0, 20, 0, true },
};

static void what_tells(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct contrast contrast = { .pairs = 0 };

		add(&contrast, rows[i].fact, 7, 9, rows[i].differs);
		add(&contrast, rows[i].fact, 7, 7, rows[i].equal);
		add_baseline(&contrast, rows[i].fact, rows[i].baseline_equal,
			rows[i].baseline_different);
		assert_int_equal(contrast.pairs, rows[i].differs + rows[i].equal);
		for (enum fact fact = 0; fact < FACT_COUNT; fact++)
			if (contrast_tells(&contrast, fact) !=
				(rows[i].tells && fact == rows[i].fact))
				fail_msg("%s: %s", rows[i].name, fact_text(fact));
	}
}

static void a_size_goes_one_way(void **state)
{
	struct contrast contrast = { .pairs = 0 };

	add_baseline(&contrast, FACT_SIZE, 20, 0);
	add(&contrast, FACT_SIZE, 1500, 60, 38);
	add(&contrast, FACT_SIZE, 60, 1500, 2);
	assert_true(contrast_tells(&contrast, FACT_SIZE));
	add(&contrast, FACT_SIZE, 60, 1500, 1);
	assert_false(contrast_tells(&contrast, FACT_SIZE));
}

static void texts_name_the_pair_that_prevails(void **state)
{
	struct contrast contrast = { .pairs = 0 }, sum = { .pairs = 0 };
	char text[400], small[30];

	assert_string_equal(contrast_text(&contrast, LATE, OVERTAKER, text, sizeof(text)), "");
	add(&contrast, FACT_DSCP, 46, 0, 3);
	add(&contrast, FACT_DSCP, 0, 46, 33);
	add(&contrast, FACT_DSCP, 10, 46, 1);
	for (uint32_t i = 0; i < 10; i++)
		add(&contrast, FACT_TTL, 50 + i, 64, 1);
	assert_string_equal(contrast_text(&contrast, LATE, OVERTAKER, text, sizeof(text)),
		"DSCP differs in 37 of 37 pairs (late 0, overtaker 46); "
		"TTL differs in 10 of 10 pairs");
	assert_string_equal(contrast_text(&contrast, LATE, OVERTAKER, small, sizeof(small)),
		"DSCP differs in 37 of 37 pair");
	contrast_text(&contrast, LATE, OVERTAKER, small, 0);
	contrast_merge(&sum, &contrast);
	contrast_merge(&sum, &contrast);
	assert_int_equal(sum.pairs, 2 * contrast.pairs);
	assert_string_equal(contrast_text(&sum, "lost", "survivor", text, sizeof(text)),
		"DSCP differs in 74 of 74 pairs (lost 0, survivor 46); "
		"TTL differs in 20 of 20 pairs");
}

static void unknown_packets_are_no_pairs(void **state)
{
	struct contrast contrast = { .pairs = 0 };
	struct facts none = { .known = 0 }, one = with(FACT_DSCP, 1), other = with(FACT_TTL, 2);

	contrast_add(&contrast, &none, &one);
	contrast_add(&contrast, &one, &none);
	assert_int_equal(contrast.pairs, 0);
	contrast_add(&contrast, &one, &other);
	assert_int_equal(contrast.pairs, 1);
	for (enum fact fact = 0; fact < FACT_COUNT; fact++)
		assert_int_equal(contrast.fact[fact].known, 0);
}

/* A UDP packet in a VLAN of priority 5. */
static void put_tagged(struct bytes *b, unsigned tag)
{
	put16(b, tag);
	put16(b, 0x0800);
	uint32_t ip = put_ipv4(b, 17);

	b->data[ip + 1] = 46 << 2 | 1;
	put16(b, 1000);
	put16(b, 2000);
	put16(b, 8);
	put16(b, 0);
	ip_finish(b, ip);
}

static void facts_of_a_tagged_packet(void **state)
{
	struct bytes b = { .size = 0 };
	struct packet packet;
	struct facts facts;

	put_ethernet(&b, 0x8100);
	put_tagged(&b, 5u << 13 | 100);
	frame_decode(&packet, &b, LINK_ETHERNET, b.size, b.size);
	packet.device = 0;
	facts_read(&facts, &packet);
	assert_int_equal(facts.known, 1u << FACT_DSCP | 1u << FACT_PRIORITY | 1u << FACT_FRAGMENT |
					      1u << FACT_SIZE | 1u << FACT_TTL |
					      1u << FACT_SOURCE_PORT | 1u << FACT_DESTINATION_PORT |
					      1u << FACT_VLAN | 1u << FACT_INTERFACE);
	assert_int_equal(facts.value[FACT_DSCP], 46);
	assert_int_equal(facts.value[FACT_PRIORITY], 5);
	assert_int_equal(facts.value[FACT_FRAGMENT], 0);
	assert_int_equal(facts.value[FACT_SIZE], b.size);
	assert_int_equal(facts.value[FACT_TTL], 64);
	assert_int_equal(facts.value[FACT_SOURCE_PORT], 1000);
	assert_int_equal(facts.value[FACT_DESTINATION_PORT], 2000);
	assert_int_equal(facts.value[FACT_VLAN], 100);
	packet.frame_flags |= FRAME_HAS_HASH;
	packet.rxhash = 0xcafe;
	packet.device = 3;
	packet.caplen = 15;
	facts_read(&facts, &packet);
	assert_int_equal(facts.value[FACT_HASH], 0xcafe);
	assert_int_equal(facts.value[FACT_DEVICE], 3);
	assert_int_equal(facts.known & 1u << FACT_PRIORITY, 0);
	frame_free(&packet);
}

static void facts_of_other_links(void **state)
{
	struct bytes b = { .size = 0 };
	struct packet packet;
	struct facts facts;

	put_fill(&b, 0, 14);
	put16(&b, 0x8100);
	put_tagged(&b, 3u << 13 | 7);
	frame_decode(&packet, &b, LINK_COOKED, b.size, b.size);
	facts_read(&facts, &packet);
	assert_int_equal(facts.value[FACT_PRIORITY], 3);
	frame_free(&packet);
	b.size = 0;
	put_fill(&b, 0x45, 20);
	frame_decode(&packet, &b, LINK_RAW, b.size, b.size);
	facts_read(&facts, &packet);
	assert_int_equal(facts.known & (1u << FACT_VLAN | 1u << FACT_PRIORITY), 0);
	frame_free(&packet);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_texts),
		cmocka_unit_test(what_tells),
		cmocka_unit_test(a_size_goes_one_way),
		cmocka_unit_test(texts_name_the_pair_that_prevails),
		cmocka_unit_test(unknown_packets_are_no_pairs),
		cmocka_unit_test(facts_of_a_tagged_packet),
		cmocka_unit_test(facts_of_other_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
