/* SPDX-License-Identifier: BSD-2-Clause */
/* pcap files: every variant of the format, and files cut or damaged anywhere. */
#include "tests/unit/images.h"

static const struct {
	const char *name;
	uint32_t magic;
	unsigned minor;
	uint32_t linktype; /* as written */
	int64_t tick_ns;
} variants[] = {
	{ "microseconds", PCAP_MICRO, 4, 1, 1000 },
	{ "nanoseconds", PCAP_NANO, 4, 113, 1 },
	{ "longer records", PCAP_KUZNETZOV, 4, 1, 1000 },
	{ "longer header", PCAP_IXIA, 4, 1, 1000 },
	{ "frame check sequence", PCAP_MICRO, 4, 0x24000000 | 1, 1000 },
	{ "reserved bits", PCAP_MICRO, 4, 0x00300000 | 101, 1000 },
	{ "unknown minor version", PCAP_MICRO, 5, 276, 1000 },
};

static void record(struct image *image, uint32_t magic, uint8_t packet_type, uint32_t seconds,
	uint32_t fraction, uint32_t caplen, uint32_t wirelen, uint8_t fill)
{
	image_32(image, seconds);
	image_32(image, fraction);
	image_32(image, caplen);
	image_32(image, wirelen);
	if (magic == PCAP_KUZNETZOV) {
		image_32(image, 2);
		image_16(image, 0x0800);
		image_fill(image, packet_type, 1);
		image_fill(image, 0, 1);
	}
	image_fill(image, fill, caplen);
}

static void check_variant(unsigned i, bool big)
{
	struct image image = { .big = big };
	uint32_t magic = variants[i].magic;
	struct capture_statistics statistics;
	struct capture *capture;
	struct frame frame;

	pcap_header(&image, magic, variants[i].minor, 65535, variants[i].linktype);
	record(&image, magic, 4, 1700000000, 123456, 60, 1514, 0xaa);
	record(&image, magic, 3, UINT32_MAX, 999999, 0, 40, 0);
	capture = image_open(&image);

	frame = next_frame(capture);
	assert_int_equal(frame.number, 1);
	assert_int_equal(frame.time_ns, 1700000000000000000 + 123456 * variants[i].tick_ns);
	assert_int_equal(frame.caplen, 60);
	assert_int_equal(frame.wirelen, 1514);
	assert_int_equal(frame.data[59], 0xaa);
	assert_int_equal(frame.linktype, variants[i].linktype & 0xffff);
	assert_int_equal(frame.interface, 0);
	assert_int_equal(frame.flags, FRAME_HAS_TIME);
	assert_int_equal(
		frame.direction, magic == PCAP_KUZNETZOV ? DIRECTION_OUT : DIRECTION_UNKNOWN);
	frame = next_frame(capture);
	assert_int_equal(frame.number, 2);
	assert_int_equal(frame.time_ns, 4294967295000000000 + 999999 * variants[i].tick_ns);
	assert_int_equal(frame.caplen, 0);
	assert_int_equal(
		frame.direction, magic == PCAP_KUZNETZOV ? DIRECTION_OTHER : DIRECTION_UNKNOWN);
	assert_end(capture);

	capture_statistics(capture, &statistics);
	assert_int_equal(statistics.frames, 2);
	assert_int_equal(statistics.bytes_read, image.size);
	assert_int_equal(statistics.bytes_total, image.size);
	assert_int_equal(statistics.interfaces, 1);
	assert_false(statistics.truncated);
	assert_false(statistics.time_backwards);
	assert_int_equal(capture_interface(capture, 0)->linktype, variants[i].linktype & 0xffff);
	assert_int_equal(capture_interface(capture, 0)->snaplen, 65535);
	capture_close(capture);
	image_free(&image);
}

static void every_variant_in_both_byte_orders(void **state)
{
	for (unsigned i = 0; i < sizeof(variants) / sizeof(*variants); i++) {
		print_message("%s\n", variants[i].name);
		check_variant(i, false);
		check_variant(i, true);
	}
}

/* Before version 2.3 the wire length came first; in 2.3 either did. */
static void old_versions_swap_the_lengths(void **state)
{
	static const struct {
		unsigned minor;
		uint32_t first, second, caplen, wirelen;
	} cases[] = {
		{ 2, 100, 60, 60, 100 },
		{ 3, 100, 60, 60, 100 },
		{ 3, 60, 100, 60, 100 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct image image = { 0 };
		struct capture *capture;
		struct frame frame;

		pcap_header(&image, PCAP_MICRO, cases[i].minor, 65535, 1);
		image_64(&image, 1);
		image_32(&image, cases[i].first);
		image_32(&image, cases[i].second);
		image_fill(&image, 0, 60);
		capture = image_open(&image);
		frame = next_frame(capture);
		assert_int_equal(frame.caplen, cases[i].caplen);
		assert_int_equal(frame.wirelen, cases[i].wirelen);
		assert_end(capture);
		capture_close(capture);
		image_free(&image);
	}
}

/* What the file says is kept, and nothing beyond it is read. */
static void odd_numbers_are_kept(void **state)
{
	struct image image = { 0 };
	struct capture_statistics statistics;
	struct capture *capture;
	struct frame frame;

	pcap_header(&image, PCAP_MICRO, 4, 0, 1);
	pcap_record(&image, 5, UINT32_MAX, 100, 40, 1);
	pcap_record(&image, 4, 0, 4, UINT32_MAX, 1);
	capture = image_open(&image);
	frame = next_frame(capture);
	assert_int_equal(frame.time_ns, 5000000000 + UINT32_MAX * 1000LL);
	assert_int_equal(frame.caplen, 100);
	assert_int_equal(frame.wirelen, 40);
	frame = next_frame(capture);
	assert_int_equal(frame.wirelen, UINT32_MAX);
	assert_end(capture);
	capture_statistics(capture, &statistics);
	assert_true(statistics.time_backwards);
	capture_close(capture);
	image_free(&image);
}

/* Cut after any byte: every whole record is given out, then the cut is told if it is in one. */
static void cut_at_every_byte(void **state)
{
	struct image image = { 0 };
	size_t ends[4] = { 0 };
	size_t records = 0;

	pcap_header(&image, PCAP_MICRO, 4, 65535, 1);
	ends[0] = image.size;
	for (unsigned i = 1; i < 4; i++) {
		pcap_record(&image, i, 0, 7 * i, 100, (uint8_t)i);
		ends[i] = image.size;
	}
	for (size_t size = 0; size <= image.size; size++) {
		struct error error = { "" };
		struct capture *capture = image_open_part(&image, size, NULL, &error);
		struct capture_statistics statistics;
		uint64_t frames;
		char place[64];
		int last;

		if (size < ends[0]) {
			assert_null(capture);
			assert_non_null(
				strstr(error.text, size == 0  ? "is empty"
						   : size < 4 ? "no pcap"
							      : "is cut short: file header"));
			continue;
		}
		assert_non_null(capture);
		while (records < 3 && size >= ends[records + 1])
			records++;
		last = read_all(capture, &frames, &error);
		assert_int_equal(frames, records);
		assert_int_equal(last, size == ends[records] ? 0 : -1);
		capture_statistics(capture, &statistics);
		assert_int_equal(statistics.truncated, size != ends[records]);
		if (last < 0) {
			snprintf(place, sizeof(place), "record %zu at byte %zu has %zu of",
				records + 1, ends[records], size - ends[records]);
			assert_non_null(strstr(error.text, "is cut short: "));
			assert_non_null(strstr(error.text, place));
		}
		capture_close(capture);
	}
	image_free(&image);
}

/* A length that cannot be is damage: told after what came before, as often as asked. */
static void impossible_length_is_damage(void **state)
{
	static const struct {
		uint32_t snaplen, caplen;
		const char *text;
	} cases[] = {
		{ 65535, 262145, "record 2 at byte 50 claims 262,145 bytes, at most 262,144" },
		{ 0, UINT32_MAX, "claims 4,294,967,295 bytes, at most 262,144" },
		{ 300000, 300001, "at most 300,000" },
		{ UINT32_MAX, 16777217, "at most 16,777,216" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct image image = { .big = i & 1 };
		struct error error = { "" };
		struct capture_statistics statistics;
		struct event events[4];
		struct capture *capture;

		pcap_header(&image, PCAP_MICRO, 4, cases[i].snaplen, 1);
		pcap_record(&image, 1, 0, 10, 10, 1);
		image_64(&image, 1);
		image_32(&image, cases[i].caplen);
		image_32(&image, 60);
		image_fill(&image, 0, 300);
		capture = image_open(&image);
		assert_int_equal(capture_read(capture, events, 4, &error), 1);
		assert_int_equal(capture_read(capture, events, 4, &error), -1);
		assert_non_null(strstr(error.text, cases[i].text));
		assert_int_equal(capture_read(capture, events, 4, &error), -1);
		capture_statistics(capture, &statistics);
		assert_true(statistics.truncated);
		capture_close(capture);
		image_free(&image);
	}
}

static void first_version_is_refused(void **state)
{
	struct image image = { 0 };
	struct error error = { "" };

	pcap_header(&image, PCAP_MICRO, 4, 65535, 1);
	image.data[4] = 1;
	assert_null(image_open_part(&image, image.size, NULL, &error));
	assert_non_null(strstr(error.text, "version 1 of the pcap format"));
	image_free(&image);
}

/* Any byte may have any of a few nasty values: reading ends, in bounds. */
static void spoilt_at_every_byte(void **state)
{
	static const uint8_t nasty[] = { 0x00, 0x7f, 0x80, 0xff };
	struct image image = { 0 };

	pcap_header(&image, PCAP_KUZNETZOV, 4, 65535, 1);
	for (unsigned i = 0; i < 3; i++)
		record(&image, PCAP_KUZNETZOV, 0, i, 0, 9, 9, 0);
	for (size_t at = 0; at < image.size; at++) {
		uint8_t kept = image.data[at];

		for (unsigned i = 0; i < sizeof(nasty); i++) {
			struct error error = { "" };
			struct capture *capture;
			uint64_t frames = 0;
			int last;

			image.data[at] = nasty[i];
			capture = image_open_part(&image, image.size, NULL, &error);
			last = capture ? read_all(capture, &frames, &error) : -1;
			assert_int_equal(last < 0, *error.text != '\0');
			assert_in_range(frames, 0, 6);
			capture_close(capture);
		}
		image.data[at] = kept;
	}
	image_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_variant_in_both_byte_orders),
		cmocka_unit_test(old_versions_swap_the_lengths),
		cmocka_unit_test(odd_numbers_are_kept),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(impossible_length_is_damage),
		cmocka_unit_test(first_version_is_refused),
		cmocka_unit_test(spoilt_at_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
