/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters prove themselves through loss, reordering and copies; whatever else packets hold does
 * not.  Everything random comes from one seed, so that each run tests the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/discover.h"

#define BELIEVED 90
#define SENT 256
#define TRIALS 60

static uint64_t seed;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(2685821657736338717);
}

static uint32_t below(uint32_t limit)
{
	return (uint32_t)(draw() >> 32) % limit;
}

static bool happens(unsigned percent)
{
	return below(100) < percent;
}

/* What happens on the way, in percent. */
struct path {
	const char *name;
	unsigned loss, late, places, copies;
};

/* The indexes of `count` packets in the order in which they arrive. */
static void arrive(const struct path *path, unsigned count, unsigned index[])
{
	unsigned time[SENT], order[SENT], total = 0;

	for (unsigned i = 0; total < count + 2 * path->places; i++) {
		unsigned copies = happens(path->loss) ? 0 : 1 + happens(path->copies);
		unsigned late = happens(path->late) ? 2 * (1 + below(path->places)) + 1 : 0;

		for (unsigned k = 0; k < copies; k++) {
			unsigned at = total++;

			for (; at > 0 && time[at - 1] > 2 * i + late; at--) {
				time[at] = time[at - 1];
				order[at] = order[at - 1];
			}
			time[at] = 2 * i + late;
			order[at] = i;
		}
	}
	memcpy(index, order, count * sizeof(*index));
}

static const struct path paths[] = {
	{ "clean", 0, 0, 0, 0 },
	{ "loss", 10, 0, 0, 0 },
	{ "reordering", 0, 10, 6, 0 },
	{ "copies", 0, 0, 0, 8 },
	{ "all", 10, 5, 6, 4 },
	{ "steering", 0, 31, 12, 0 },
};

#define PATHS (sizeof(paths) / sizeof(paths[0]))

static void counters_prove_themselves(void **state)
{
	static const unsigned bits[] = { 8, 12, 16, 24, 32, 48, 64 };

	seed = 1;
	for (size_t p = 0; p < PATHS; p++)
		for (size_t b = 0; b < sizeof(bits) / sizeof(bits[0]); b++)
			for (unsigned trial = 0; trial < TRIALS; trial++) {
				uint64_t modulus = bits[b] < 64 ? UINT64_C(1) << bits[b] : 0;
				uint32_t increment = bits[b] > 16 ? 1 + below(3000) : 1;
				uint64_t first = 0 - (uint64_t)below(100);
				unsigned index[DISCOVER_PACKETS];
				uint64_t numbers[DISCOVER_PACKETS];

				arrive(&paths[p], DISCOVER_PACKETS, index);
				for (unsigned i = 0; i < DISCOVER_PACKETS; i++) {
					numbers[i] = (first + index[i]) * increment;
					if (modulus)
						numbers[i] %= modulus;
				}
				if (discover_counts(numbers, DISCOVER_PACKETS, modulus, increment) <
					BELIEVED)
					fail_msg("%s, %u bits, trial %u", paths[p].name, bits[b],
						trial);
			}
}

/* Short ones, by hand. */
static const struct row {
	const char *name;
	uint64_t modulus;
	uint32_t increment;
	bool counts;
	unsigned count;
	uint64_t numbers[16];
} rows[] = {
	{ "eight bytes", 256, 1, true, 8, { 7, 8, 9, 10, 11, 12, 13, 14 } },
	{ "seven are too few", 0, 1, false, 7, { 7, 8, 9, 10, 11, 12, 13 } },
	{ "a wrap", 256, 1, true, 8, { 252, 253, 254, 255, 0, 1, 2, 3 } },
	{ "a wrap that leaves out 0", 65536, 1, true, 8,
		{ 65532, 65533, 65534, 65535, 1, 2, 3, 4 } },
	{ "another modulus", 100, 1, false, 8, { 97, 98, 99, 100, 101, 102, 103, 104 } },
	{ "modulus 1000", 1000, 1, true, 8, { 996, 997, 998, 999, 0, 1, 2, 3 } },
	{ "to 2^64", 0, 1, true, 8, { UINT64_MAX - 2, UINT64_MAX - 1, UINT64_MAX, 0, 1, 2, 3, 4 } },
	{ "one byte out of order, eight of it", 256, 1, false, 8, { 1, 2, 5, 3, 4, 7, 6, 8 } },
	{ "four bytes out of order", UINT64_C(1) << 32, 1, true, 8, { 1, 2, 4, 3, 5, 6, 7, 8 } },
	{ "one foreign", UINT64_C(1) << 32, 1, true, 12,
		{ 0xdeadbeef, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30 } },
	{ "160 each", UINT64_C(1) << 32, 160, true, 8,
		{ 800, 960, 1120, 1280, 1440, 1600, 1760, 1920 } },
	{ "160 each are no ones", UINT64_C(1) << 32, 1, false, 8,
		{ 800, 960, 1120, 1280, 1440, 1600, 1760, 1920 } },
	{ "increment 0 is one", 0, 0, true, 8, { 7, 8, 9, 10, 11, 12, 13, 14 } },
	{ "constant", 65536, 1, false, 12, { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 } },
	{ "downwards", 65536, 1, false, 12, { 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 } },
	{ "two values", 65536, 1, false, 12, { 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2 } },
	{ "two by two", 65536, 1, false, 12, { 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6 } },
	{ "two counters", 65536, 1, false, 12, { 1, 31, 2, 32, 3, 33, 4, 34, 5, 35, 6, 36 } },
	{ "a schedule of four", 65536, 1, false, 12, { 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3 } },
	{ "shuffled", 65536, 1, false, 12, { 5, 11, 2, 8, 0, 7, 10, 3, 9, 1, 6, 4 } },
	{ "milliseconds", UINT64_C(1) << 32, 1, false, 12,
		{ 0, 19, 41, 60, 79, 101, 120, 141, 160, 179, 201, 220 } },
	{ "a slow clock", UINT64_C(1) << 32, 1, false, 12,
		{ 0, 3, 5, 6, 9, 11, 14, 15, 17, 20, 22, 25 } },
	{ "modulus 1", 1, 1, false, 8, { 0 } },
};

static void some_by_hand(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool counts = discover_counts(rows[i].numbers, rows[i].count, rows[i].modulus,
				      rows[i].increment) >= BELIEVED;

		if (counts != rows[i].counts)
			fail_msg("%s: %s", rows[i].name, counts ? "counts" : "does not count");
	}
}

static void random_numbers_do_not_count(void **state)
{
	static const unsigned counts[] = { 8, 9, 12, 16, 32, 64 };
	uint64_t numbers[DISCOVER_PACKETS];

	seed = 2;
	for (unsigned trial = 0; trial < 20000; trial++) {
		unsigned count = counts[trial % 6];
		unsigned bits = 1 + below(32);
		uint32_t range = trial % 2 ? UINT32_MAX : 2 + below(100);
		uint64_t modulus = UINT64_C(1) << bits, first = draw();

		for (unsigned i = 0; i < count; i++)
			numbers[i] = (first + below(range)) % modulus;
		if (discover_counts(numbers, count, modulus, 1) >= BELIEVED)
			fail_msg("trial %u: %u numbers of %u bits in a range of %u", trial, count,
				bits, range);
	}
}

static void fill_random(uint8_t *data)
{
	for (unsigned i = 0; i < DISCOVER_BYTES; i++)
		data[i] = (uint8_t)draw();
}

static uint8_t bytes[DISCOVER_PACKETS][DISCOVER_BYTES];
static struct discover_packet packets[DISCOVER_PACKETS];

static void put(uint8_t *data, uint64_t number, unsigned width, bool little)
{
	for (unsigned i = 0; i < width; i++)
		data[little ? i : width - 1 - i] = (uint8_t)(number >> 8 * i);
}

/* Protocols as they look without their port: "." is random in each packet, ":" in each stream. */
static const struct protocol {
	const char *name;
	const char *header; /* hexadecimal; "##" stands for the number's bytes, "<<" for little */
	unsigned width;     /* that is found at least; the lowest byte is always the header's */
	uint64_t first;     /* numbers begin below it */
	unsigned increment;
} protocols[] = {
	{ "RTP", "8008####........::::::::", 2, 65600, 1 },
	{ "RTP, only its time stamp", "8008....########::::::::", 4, 1u << 20, 160 },
	{ "ESP", "::::::::########", 4, 300, 1 },
	{ "ESP, random start", "::::::::########", 2, UINT32_MAX, 1 },
	{ "AH", "32040000::::::::########........................", 4, 300, 1 },
	{ "GRE with a sequence", "10000800########450000..", 2, 70000, 1 },
	{ "GTP-U", "32ff....::::::::####0000", 2, 65600, 1 },
	{ "WireGuard", "04000000::::::::<<<<<<<<<<<<<<<<", 8, 300, 1 },
	{ "DTLS", "17fefd0001############....", 6, 300, 1 },
	{ "SCTP", "::::::::::::::::........0003....########00010000", 2, UINT32_MAX, 1 },
	{ "RoCE", "0440ffff00::::::00######", 2, 1u << 24, 1 },
	{ "R-TAG", "0000####0800", 2, 65600, 1 },
	{ "MACsec", "2c00########", 4, 300, 1 },
	{ "ICMP echo", "0800....::::####", 2, 65600, 1 },
	{ "STAMP", "########................", 4, 300, 1 },
	{ "pseudowire", "0000####", 2, 65600, 1 },
	{ "L2TPv3", "::::::::40######", 3, 300, 1 },
	{ "one byte", "::##::", 1, 300, 1 },
	{ "little pair", "::::<<<<", 2, 65600, 1 },
};

/* The place and order of the number in a header. */
static void find_number(
	const struct protocol *protocol, unsigned *offset, unsigned *width, bool *little)
{
	const char *start = strpbrk(protocol->header, "#<");

	*offset = (unsigned)(start - protocol->header) / 2;
	*little = *start == '<';
	*width = (unsigned)strspn(start, "#<") / 2;
}

static void fill_header(uint8_t *data, const struct protocol *protocol, const uint8_t *stream)
{
	const char *header = protocol->header;

	for (unsigned i = 0; header[2 * i]; i++) {
		unsigned value;

		if (header[2 * i] == ':')
			data[i] = stream[i];
		else if (sscanf(&header[2 * i], "%2x", &value) == 1)
			data[i] = (uint8_t)value;
	}
}

/* Packets of a protocol as they arrive, whose numbers begin at `first`. */
static void make(const struct protocol *protocol, const struct path *path, uint64_t first)
{
	unsigned offset, width, index[DISCOVER_PACKETS];
	uint8_t stream[DISCOVER_BYTES], body[SENT][DISCOVER_BYTES];
	bool little;

	find_number(protocol, &offset, &width, &little);
	arrive(path, DISCOVER_PACKETS, index);
	fill_random(stream);
	for (unsigned i = 0; i < SENT; i++) {
		fill_random(body[i]);
		fill_header(body[i], protocol, stream);
		put(&body[i][offset], first + (uint64_t)i * protocol->increment, width, little);
	}
	for (unsigned i = 0; i < DISCOVER_PACKETS; i++) {
		memcpy(bytes[i], body[index[i]], DISCOVER_BYTES);
		packets[i] = (struct discover_packet){ bytes[i], DISCOVER_BYTES };
	}
}

static void check_found(
	const struct protocol *protocol, const char *path, const struct discover_found *found)
{
	unsigned offset, width;
	bool little;

	find_number(protocol, &offset, &width, &little);
	if (found->keyed || found->little != little || found->increment != protocol->increment ||
		found->width < protocol->width ||
		(little ? found->offset != offset : found->offset + found->width != offset + width))
		fail_msg("%s, %s: offset %u, width %u%s, increment %u%s", protocol->name, path,
			found->offset, found->width, found->little ? " little" : "",
			found->increment, found->keyed ? ", keyed" : "");
}

static void protocols_are_found(void **state)
{
	struct discover_found found;

	seed = 3;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		for (size_t p = 0; p < PATHS; p++)
			for (unsigned trial = 0; trial < TRIALS; trial++) {
				make(&protocols[i], &paths[p], protocols[i].first - below(100));
				if (!discover_field(packets, DISCOVER_PACKETS, &found))
					fail_msg("%s, %s: nothing found in trial %u",
						protocols[i].name, paths[p].name, trial);
				check_found(&protocols[i], paths[p].name, &found);
			}
}

/* What a number's width is taken for, by the bytes around it. */
static void width_is_sensible(void **state)
{
	static const struct {
		const char *header;
		uint64_t first;
		unsigned offset, width;
	} cases[] = {
		{ "8008####........::::::::", 0x11f0, 2, 2 }, { "::::::::########", 0x100, 4, 4 },
		{ "deadbeef################", 1, 4, 8 },
		{ "deadbeef########", 0x123456f0, 4, 4 }, /* two bytes carry */
		{ "deadbeef########", 0x12345680, 6, 2 }, /* one does */
		{ "de##adbe", 1, 0, 2 }, { "dead##..", 1, 2, 1 },
		{ "dead##be", 1, 2, 2 }, /* little */
	};
	struct discover_found found;

	seed = 4;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct protocol protocol = { .header = cases[i].header, .increment = 1 };
		seed = 4 + i;
		make(&protocol, &paths[0], cases[i].first);
		assert_true(discover_field(packets, DISCOVER_PACKETS, &found));
		if (found.offset != cases[i].offset || found.width != cases[i].width)
			fail_msg("case %zu: offset %u width %u", i, found.offset, found.width);
	}
}

/* Two streams that a mark tells apart, as packets take turns, and not quite. */
static void streams_are_parted(void **state)
{
	struct discover_found found;

	seed = 5;
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		uint64_t next[3] = { below(300), below(300), below(300) };
		unsigned streams = 2 + trial % 2;

		for (unsigned i = 0; i < DISCOVER_PACKETS; i++) {
			unsigned mark = (i + happens(20)) % streams;

			fill_random(bytes[i]);
			put(bytes[i], mark, 4, false);
			next[mark] += 1 + happens(5);
			put(bytes[i] + 4, next[mark], 8, false);
			packets[i] = (struct discover_packet){ bytes[i], DISCOVER_BYTES };
		}
		assert_true(discover_field(packets, DISCOVER_PACKETS, &found));
		assert_true(found.keyed);
		assert_int_equal(found.key.offset, 0);
		assert_int_equal(found.key.width, 4);
		assert_int_equal(found.offset, 4);
		assert_int_equal(found.width, 8);
		assert_false(found.little);
		assert_int_equal(found.steps, DISCOVER_PACKETS - streams);
	}
}

enum kind {
	KIND_RANDOM,
	KIND_TEXT,
	KIND_ENUMS,
	KIND_CLOCKS,
	KIND_CHECKSUM,
	KIND_SAWTOOTH,
	KIND_COUNT
};

static uint64_t clock_us;

static void fill(uint8_t *data, enum kind kind, unsigned i)
{
	uint32_t sum = 0;

	for (unsigned k = 0; k < DISCOVER_BYTES; k++)
		data[k] = (uint8_t)(kind == KIND_ENUMS ? below(1 + k / 8) : draw());
	for (unsigned k = 0; k < DISCOVER_BYTES && kind == KIND_TEXT; k++)
		data[k] = (uint8_t) "etaoin shrdlu, 0123456789"[below(25)];
	clock_us += 15000 + below(10000);
	if (kind == KIND_CLOCKS) {
		put(data, clock_us, 8, false);
		put(data + 8, clock_us / 1000, 8, true);
		put(data + 16, clock_us / 1000000, 4, false);
		put(data + 20, (clock_us << 32) / 1000000, 8, false);
	}
	if (kind == KIND_SAWTOOTH)
		put(data, 100 + i % 10, 2, false);
	for (unsigned k = 2; k < 40; k += 2)
		sum += (unsigned)(data[k] << 8 | data[k + 1]);
	if (kind == KIND_CHECKSUM)
		put(data, ~(sum + (sum >> 16)), 2, false);
}

static void nothing_is_invented(void **state)
{
	struct discover_found found;

	seed = 6;
	for (unsigned trial = 0; trial < 3000; trial++) {
		enum kind kind = (enum kind)(trial % KIND_COUNT);
		unsigned count = 8u << below(4);

		for (unsigned i = 0; i < count; i++) {
			fill(bytes[i], kind, i);
			packets[i] = (struct discover_packet){ bytes[i],
				(uint16_t)(kind == KIND_TEXT ? 1 + below(128) : 64) };
		}
		/* Eight turns of a sawtooth of ten are a counter's. */
		if (kind == KIND_SAWTOOTH && count < 16)
			continue;
		if (discover_field(packets, count, &found))
			fail_msg("trial %u, kind %d, %u packets: offset %u width %u increment %u%s",
				trial, kind, count, found.offset, found.width, found.increment,
				found.keyed ? " keyed" : "");
	}
}

/* Handshakes and reports of other layouts among the first packets. */
static void foreign_packets_are_no_harm(void **state)
{
	struct discover_found found;

	seed = 8;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		unsigned offset, width, missed = 0;
		bool little, is_aligned;

		find_number(&protocols[i], &offset, &width, &little);
		is_aligned = width > 1 && (offset + (little ? 0 : width)) % 2 == 0;
		for (unsigned trial = 0; trial < TRIALS && is_aligned; trial++) {
			make(&protocols[i], &paths[trial % 2], protocols[i].first - below(100));
			for (unsigned k = 0; k < 4; k++) {
				unsigned which = k < 2 ? k : below(DISCOVER_PACKETS);

				fill_random(bytes[which]);
			}
			if (protocols[i].increment > 1)
				continue;
			if (!discover_field(packets, DISCOVER_PACKETS, &found)) {
				missed++;
				continue;
			}
			check_found(&protocols[i], "with foreign packets", &found);
		}
		/* A foreign number is near by chance, rarely. */
		if (missed * 10 > TRIALS)
			fail_msg("%s: missed %u times", protocols[i].name, missed);
	}
}

/* A clock that goes on by one or two is not taken for a counter with loss, mostly. */
static void clocks_are_no_counters(void **state)
{
	static const struct {
		unsigned count, percent, most; /* of steps by two; believed, of 100 trials */
	} clocks[] = { { 8, 50, 5 }, { 16, 50, 10 }, { 32, 50, 5 }, { 64, 50, 5 }, { 64, 80, 0 } };
	struct discover_found found;

	seed = 9;
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		unsigned believed = 0;

		for (unsigned trial = 0; trial < 100; trial++) {
			uint64_t now = draw();

			for (unsigned k = 0; k < clocks[i].count; k++) {
				fill_random(bytes[k]);
				now += 1 + happens(clocks[i].percent);
				put(bytes[k] + 4, now, 4, false);
				packets[k] = (struct discover_packet){ bytes[k], 32 };
			}
			believed += discover_field(packets, clocks[i].count, &found);
		}
		if (believed > clocks[i].most)
			fail_msg("%u packets, %u %%: %u of 100", clocks[i].count, clocks[i].percent,
				believed);
	}
}

static void short_packets_are_no_harm(void **state)
{
	struct discover_found found;

	seed = 7;
	make(&protocols[0], &paths[0], 65500);
	for (unsigned i = 0; i < DISCOVER_PACKETS; i += 16)
		packets[i].length = (uint16_t)(i / 16);
	assert_true(discover_field(packets, DISCOVER_PACKETS, &found));
	check_found(&protocols[0], "some are short", &found);
	for (unsigned i = 0; i < DISCOVER_PACKETS; i++)
		packets[i].length = (uint16_t)(i % 3);
	assert_false(discover_field(packets, DISCOVER_PACKETS, &found));
	assert_false(discover_field(packets, 0, &found));
	make(&protocols[0], &paths[0], 65500);
	assert_false(discover_field(packets, DISCOVER_LEAST - 1, &found));
	assert_true(discover_field(packets, DISCOVER_LEAST, &found));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_prove_themselves),
		cmocka_unit_test(some_by_hand),
		cmocka_unit_test(random_numbers_do_not_count),
		cmocka_unit_test(protocols_are_found),
		cmocka_unit_test(width_is_sensible),
		cmocka_unit_test(streams_are_parted),
		cmocka_unit_test(nothing_is_invented),
		cmocka_unit_test(foreign_packets_are_no_harm),
		cmocka_unit_test(clocks_are_no_counters),
		cmocka_unit_test(short_packets_are_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
