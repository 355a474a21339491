/* SPDX-License-Identifier: BSD-2-Clause */
/* pcapng files cut and damaged anywhere: what is readable is read, the rest is told. */
#include "tests/unit/images.h"

/* Damage in the block behind one good frame, as a change to a block that would be fine. */
static const struct {
	const char *name;
	uint32_t type, at, value; /* 32 bits put there, counted from the start of the block */
	const char *text;
} damages[] = {
	{ "length below the least", NG_ENHANCED, 4, 11, "impossible length, in bytes: 11" },
	{ "length beyond reason", NG_ENHANCED, 4, 16777217,
		"impossible length, in bytes: 16,777,217" },
	{ "lengths differ", NG_ENHANCED, 48, 48,
		"ends with another length than it begins with: 52" },
	{ "unknown interface", NG_ENHANCED, 8, 1, "interface that was not described: 1" },
	{ "statistics of an unknown interface", NG_STATISTICS, 8, 7, "was not described: 7" },
	{ "frame beyond the block", NG_ENHANCED, 20, 21,
		"no room for its frame, bytes claimed: 21" },
	{ "frame far beyond", NG_OBSOLETE, 20, UINT32_MAX, "bytes claimed: 4,294,967,295" },
	{ "no byte order", 0x0a0d0d0a, 8, 0x11223344, "byte-order magic that is none" },
	{ "unknown version", 0x0a0d0d0a, 12, 2, "version of the format that is not known: 2" },
};

static void damage_is_told_behind_what_was_readable(void **state)
{
	for (unsigned i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct image image = { 0 }, value = { 0 };
		struct error error = { "" };
		struct capture_statistics statistics;
		struct capture *capture;
		uint64_t frames;
		char place[64];
		size_t block;

		print_message("%s\n", damages[i].name);
		ng_section(&image, false);
		ng_interface(&image, 1, 0);
		ng_packet(&image, 0, 1, 4, 0);
		block = ng_begin(&image, damages[i].type);
		if (damages[i].type == 0x0a0d0d0a) {
			image_32(&image, 0x1a2b3c4d);
			image_32(&image, 1);
		} else {
			image_64(&image, 0);
		}
		image_fill(&image, 0, 32);
		ng_end(&image, block);
		ng_packet(&image, 0, 2, 4, 0);
		image_32(&value, damages[i].value);
		memcpy(image.data + block + damages[i].at, value.data, 4);

		capture = image_open(&image);
		assert_int_equal(read_all(capture, &frames, &error), -1);
		assert_int_equal(frames, 1);
		snprintf(place, sizeof(place), "is damaged: block 4 at byte %zu ", block);
		assert_non_null(strstr(error.text, place));
		assert_non_null(strstr(error.text, damages[i].text));
		capture_statistics(capture, &statistics);
		assert_true(statistics.truncated);
		assert_int_equal(read_all(capture, &frames, &error), -1);
		capture_close(capture);
		image_free(&image);
		image_free(&value);
	}
}

/* The second length of a block, in a file of the plainest kind. */
static void second_length_of_a_plain_packet(void **state)
{
	struct image image = { 0 };
	struct error error = { "" };
	struct capture *capture;
	uint64_t frames;

	ng_section(&image, false);
	ng_interface(&image, 1, 0);
	ng_packet(&image, 0, 1, 4, 0);
	ng_packet(&image, 0, 2, 4, 0);
	image.data[image.size - 4] ^= 4;
	capture = image_open(&image);
	assert_int_equal(read_all(capture, &frames, &error), -1);
	assert_int_equal(frames, 1);
	assert_non_null(strstr(error.text, "ends with another length than it begins with: 36"));
	capture_close(capture);
	image_free(&image);
}

/* A section knows its own interfaces only. */
static void interfaces_end_with_their_section(void **state)
{
	struct image image = { 0 };
	struct error error = { "" };
	struct capture *capture;
	uint64_t frames;

	ng_section(&image, false);
	ng_interface(&image, 1, 0);
	ng_packet(&image, 0, 1, 4, 0);
	ng_section(&image, false);
	ng_packet(&image, 0, 2, 4, 0);
	capture = image_open(&image);
	assert_int_equal(read_all(capture, &frames, &error), -1);
	assert_int_equal(frames, 1);
	assert_non_null(strstr(error.text, "block 5 at byte 112 names an interface"));
	capture_close(capture);
	image_free(&image);
}

/* Blocks too small for their type, none of which may be read beyond their end. */
static void bodies_of_every_size(void **state)
{
	static const uint32_t types[] = { 0x0a0d0d0a, NG_INTERFACE, NG_OBSOLETE, NG_SIMPLE,
		NG_STATISTICS, NG_ENHANCED };

	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++) {
		for (unsigned size = 0; size < 24; size += 4) {
			struct image image = { 0 };
			struct error error = { "" };
			struct capture *capture;
			uint64_t frames;
			size_t block;

			ng_section(&image, false);
			ng_interface(&image, 1, 0);
			block = ng_begin(&image, types[i]);
			image_fill(&image, 0, size);
			ng_end(&image, block);
			capture = image_open(&image);
			if (read_all(capture, &frames, &error) < 0)
				assert_non_null(
					strstr(error.text, "is damaged: block 3 at byte 48 "));
			else
				assert_in_range(frames, 0, 1);
			capture_close(capture);
			image_free(&image);
		}
	}
}

/* Nine blocks of most kinds in one byte order, four frames among them. */
static void put_section(struct image *image, bool big)
{
	size_t block;

	ng_section(image, big);
	block = ng_interface_begin(image, 1, 96);
	ng_option(image, 2, "eth0", 4);
	ng_option(image, 9, "\x09", 1);
	ng_option_64(image, 14, 100);
	ng_end(image, block);
	ng_interface(image, 101, 0);
	block = ng_packet_begin(image, 0, 5, 5, 1514, 0);
	ng_option_32(image, 2, 1);
	ng_option_64(image, 4, 0);
	ng_end(image, block);
	block = ng_begin(image, NG_OBSOLETE);
	image_64(image, 0);
	image_64(image, 0);
	image_32(image, 60);
	ng_end(image, block);
	block = ng_begin(image, NG_SIMPLE);
	image_32(image, 200);
	image_fill(image, 0, 96);
	ng_end(image, block);
	ng_packet(image, 1, 6, 8, 0);
	block = ng_begin(image, NG_STATISTICS);
	image_32(image, 1);
	ng_ticks(image, 7);
	ng_option_64(image, 5, 2);
	ng_end(image, block);
	block = ng_begin(image, NG_NAMES);
	image_fill(image, 1, 6);
	ng_end(image, block);
}

static void put_sample(struct image *image)
{
	put_section(image, false);
	put_section(image, true);
}

/* Ends of blocks, and the frames up to there, by reading what is known to be whole. */
static void cut_at_every_byte(void **state)
{
	struct image image = { 0 };

	put_sample(&image);
	for (size_t size = 4; size <= image.size; size++) {
		struct error error = { "" };
		struct capture *capture = image_open_part(&image, size, NULL, &error);
		uint64_t frames, expected = 0;
		size_t end = 0;
		int last;

		assert_non_null(capture);
		/* Walks the blocks by their lengths, in the byte order of their section. */
		for (size_t blocks = 0;; blocks++) {
			const uint8_t *p = image.data + end;
			bool big = blocks >= 9;
			size_t length = end < image.size ? p[big ? 7 : 4] | p[big ? 6 : 5] << 8 : 0;
			unsigned type = end < image.size ? p[big ? 3 : 0] : 0;

			if (!length || end + length > size)
				break;
			expected += type == NG_ENHANCED || type == NG_SIMPLE || type == NG_OBSOLETE;
			end += length;
		}
		last = read_all(capture, &frames, &error);
		assert_int_equal(frames, expected);
		assert_int_equal(last, size == end ? 0 : -1);
		if (last < 0) {
			char place[64];

			snprintf(place, sizeof(place), "at byte %zu has %zu of ", end, size - end);
			assert_non_null(strstr(error.text, "is cut short: "));
			assert_non_null(strstr(error.text, place));
		}
		capture_close(capture);
	}
	image_free(&image);
}

static void spoilt_at_every_byte(void **state)
{
	static const uint8_t nasty[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct image image = { 0 };

	put_sample(&image);
	for (size_t at = 4; at < image.size; at++) {
		uint8_t kept = image.data[at];

		for (unsigned i = 0; i < sizeof(nasty); i++) {
			struct error error = { "" };
			struct capture *capture;
			uint64_t frames;
			int last;

			image.data[at] = nasty[i];
			capture = image_open_part(&image, image.size, NULL, &error);
			assert_non_null(capture);
			last = read_all(capture, &frames, &error);
			assert_int_equal(last < 0, *error.text != '\0');
			assert_in_range(frames, 0, 8);
			capture_close(capture);
		}
		image.data[at] = kept;
	}
	image_free(&image);
}

/* A file must not make us grow by describing interfaces without end. */
static void interfaces_are_bounded(void **state)
{
	struct image one = { 0 }, image = { 0 };
	struct error error = { "" };
	struct capture_statistics statistics;
	struct capture *capture;
	uint64_t frames;

	ng_section(&image, false);
	ng_interface(&one, 1, 0);
	for (unsigned i = 0; i < 65537; i++)
		image_put(&image, one.data, one.size);
	capture = image_open(&image);
	assert_int_equal(read_all(capture, &frames, &error), -1);
	assert_non_null(strstr(error.text, "one interface more than 65,536"));
	capture_statistics(capture, &statistics);
	assert_int_equal(statistics.interfaces, 65536);
	assert_int_equal(capture_interface(capture, 65535)->linktype, 1);
	capture_close(capture);
	image_free(&image);
	image_free(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_is_told_behind_what_was_readable),
		cmocka_unit_test(second_length_of_a_plain_packet),
		cmocka_unit_test(interfaces_end_with_their_section),
		cmocka_unit_test(bodies_of_every_size),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(spoilt_at_every_byte),
		cmocka_unit_test(interfaces_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
