/* SPDX-License-Identifier: BSD-2-Clause */
/* What all capture files have in common: pieces, pipes, time window, filter, foreign files. */
#include <fcntl.h>

#include "tests/unit/images.h"

/* Writes what tells `i` apart into the frames of a large file, of lengths that meet no boundary. */
static uint32_t length_of(unsigned i)
{
	return 60 + i * 7919 % 1455;
}

static void check_pieces(const struct image *image, unsigned count)
{
	struct capture *capture = image_open(image);
	struct error error = { "" };
	struct event events[64];
	unsigned seen = 0;
	int got;

	while ((got = capture_read(capture, events, 64, &error)) > 0) {
		/* All frames of a batch are looked at after it is complete. */
		for (int i = 0; i < got; i++, seen++) {
			const struct frame *frame = &events[i].frame;

			assert_int_equal(events[i].kind, EVENT_FRAME);
			assert_int_equal(frame->number, seen + 1);
			assert_int_equal(frame->caplen, length_of(seen));
			assert_int_equal(frame->data[0], (uint8_t)seen);
			assert_int_equal(frame->data[frame->caplen - 1], (uint8_t)seen);
		}
	}
	assert_int_equal(got, 0);
	assert_int_equal(seen, count);
	capture_close(capture);
}

static void records_across_pieces(void **state)
{
	enum { COUNT = 4000 };
	struct image image = { 0 };

	pcap_header(&image, PCAP_MICRO, 4, 65535, 1);
	for (unsigned i = 0; i < COUNT; i++)
		pcap_record(&image, i, 0, length_of(i), 1514, (uint8_t)i);
	assert_true(image.size > 3u << 20);
	check_pieces(&image, COUNT);
	image_free(&image);

	ng_section(&image, true);
	ng_interface(&image, 1, 0);
	for (unsigned i = 0; i < COUNT; i++)
		ng_packet(&image, 0, i, length_of(i), (uint8_t)i);
	check_pieces(&image, COUNT);
	image_free(&image);
}

/* A record larger than a piece, between small ones. */
static void record_larger_than_a_piece(void **state)
{
	static const uint32_t sizes[] = { 60, 3 << 20, 60, 5 << 20, 60 };
	struct image image[2] = { { 0 } };

	pcap_header(&image[0], PCAP_MICRO, 4, 8 << 20, 1);
	ng_section(&image[1], false);
	ng_interface(&image[1], 1, 0);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		pcap_record(&image[0], i, 0, sizes[i], sizes[i], (uint8_t)(i + 1));
		ng_packet(&image[1], 0, i, sizes[i], (uint8_t)(i + 1));
	}
	for (unsigned format = 0; format < 2; format++) {
		struct capture *capture = image_open(&image[format]);

		for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			struct frame frame = next_frame(capture);

			assert_int_equal(frame.caplen, sizes[i]);
			assert_int_equal(frame.data[0], i + 1);
			assert_int_equal(frame.data[sizes[i] - 1], i + 1);
		}
		assert_end(capture);
		capture_close(capture);
		image_free(&image[format]);
	}
}

static void put_all(int fd, const void *data, size_t size)
{
	assert_int_equal(write(fd, data, size), size);
}

/* What is complete is given out though the writer holds the pipe open; silence is a tick. */
static void pipe_gives_what_it_has(void **state)
{
	struct image image = { 0 };
	struct capture_statistics statistics;
	struct error error = { "" };
	struct event events[8];
	struct capture *capture;
	char path[64];
	int ends[2];

	pcap_header(&image, PCAP_MICRO, 4, 65535, 1);
	for (unsigned i = 0; i < 3; i++)
		pcap_record(&image, i, 0, 84, 84, (uint8_t)i);
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	put_all(ends[1], image.data, 24);
	capture = capture_open_file(path, NULL, &error);
	assert_non_null(capture);

	put_all(ends[1], image.data + 24, 110);
	assert_int_equal(capture_read(capture, events, 8, &error), 1);
	assert_int_equal(events[0].kind, EVENT_FRAME);
	assert_int_equal(events[0].frame.number, 1);
	assert_int_equal(capture_read(capture, events, 8, &error), 1);
	assert_int_equal(events[0].kind, EVENT_TICK);
	put_all(ends[1], image.data + 134, image.size - 134);
	close(ends[1]);
	assert_int_equal(capture_read(capture, events, 8, &error), 2);
	assert_int_equal(events[0].frame.number, 2);
	assert_int_equal(events[1].frame.data[83], 2);
	assert_int_equal(capture_read(capture, events, 8, &error), 0);

	capture_statistics(capture, &statistics);
	assert_int_equal(statistics.bytes_total, 0);
	assert_int_equal(statistics.bytes_read, image.size);
	capture_close(capture);
	close(ends[0]);
	image_free(&image);
}

/* A pipe that brings one byte at a time. */
static void pipe_in_single_bytes(void **state)
{
	struct image image = { 0 };
	struct error error = { "" };
	struct capture *capture;
	struct event event;
	uint64_t frames = 0;
	char path[64];
	int ends[2];

	ng_section(&image, true);
	ng_interface(&image, 1, 0);
	for (unsigned i = 0; i < 3; i++)
		ng_packet(&image, 0, i, 5 + i, (uint8_t)i);
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	put_all(ends[1], image.data, 4);
	capture = capture_open_file(path, NULL, &error);
	assert_non_null(capture);
	for (size_t i = 4; i < image.size; i += 8) {
		put_all(ends[1], image.data + i, image.size - i < 8 ? image.size - i : 8);
		if (i % 64)
			continue;
		assert_int_equal(capture_read(capture, &event, 1, &error), 1);
		frames += event.kind == EVENT_FRAME;
	}
	close(ends[1]);
	while (capture_read(capture, &event, 1, &error) == 1)
		frames += event.kind == EVENT_FRAME;
	assert_int_equal(frames, 3);
	capture_close(capture);
	close(ends[0]);
	image_free(&image);
}

static void dash_is_standard_input(void **state)
{
	struct image image = { 0 };
	struct error error = { "" };
	struct capture *capture;
	uint64_t frames;
	int kept = dup(STDIN_FILENO);
	int fd = memfd_create("image", MFD_CLOEXEC);

	pcap_header(&image, PCAP_MICRO, 4, 65535, 1);
	pcap_record(&image, 1, 0, 10, 10, 0);
	put_all(fd, "skipped", 7);
	put_all(fd, image.data, image.size - 1);
	assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
	dup2(fd, STDIN_FILENO);
	capture = capture_open_file("-", NULL, &error);
	assert_non_null(capture);
	assert_int_equal(read_all(capture, &frames, &error), -1);
	assert_string_equal(
		error.text, "standard input is cut short: record 1 at byte 24 has 25 of 26 bytes");
	capture_close(capture);
	if (kept >= 0) {
		dup2(kept, STDIN_FILENO);
		close(kept);
	}
	close(fd);
	image_free(&image);
}

/* Frames outside are numbered and counted, and not given out; those without time are inside. */
static void time_window(void **state)
{
	static const struct {
		int64_t start_ns, end_ns;
		uint64_t first, given;
	} cases[] = {
		{ 0, 0, 1, 6 },
		{ 3000000000, 0, 3, 4 },
		{ 0, 3000000000, 1, 3 },
		{ 2000000001, 5000000000, 3, 3 },
		{ 100000000000, 0, 6, 1 },
	};
	struct image image = { 0 };
	size_t block;

	ng_section(&image, false);
	block = ng_interface_begin(&image, 1, 0);
	ng_option(&image, 9, "\x00", 1);
	ng_end(&image, block);
	for (unsigned i = 1; i <= 5; i++)
		ng_packet(&image, 0, i, 20, 0);
	block = ng_begin(&image, NG_SIMPLE);
	image_32(&image, 4);
	image_32(&image, 0);
	ng_end(&image, block);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct capture_options options = { .start_ns = cases[i].start_ns,
			.end_ns = cases[i].end_ns };
		struct error error = { "" };
		struct capture *capture = image_open_part(&image, image.size, &options, &error);
		struct capture_statistics statistics;
		uint64_t frames;

		assert_non_null(capture);
		assert_int_equal(next_frame(capture).number, cases[i].first);
		assert_int_equal(read_all(capture, &frames, &error), 0);
		assert_int_equal(frames + 1, cases[i].given);
		capture_statistics(capture, &statistics);
		assert_int_equal(statistics.frames, 6);
		assert_int_equal(statistics.passed_over, 6 - cases[i].given);
		capture_close(capture);
	}
	image_free(&image);
}

/* A loss outside of the time window is no concern of the run, one that reaches into it is. */
static void drops_in_the_time_window(void **state)
{
	static const struct {
		int64_t start_ns, end_ns;
		unsigned drops;
	} cases[] = {
		{ 0, 0, 1 },
		{ 15000, 0, 1 },
		{ 21000, 0, 0 },
		{ 0, 15000, 1 },
		{ 0, 10000, 0 },
	};
	struct image image = { 0 };
	size_t block;

	ng_section(&image, false);
	ng_interface(&image, 1, 0);
	ng_packet(&image, 0, 10, 20, 0);
	block = ng_packet_begin(&image, 0, 20, 20, 20, 0);
	ng_option_64(&image, 4, 5);
	ng_end(&image, block);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct capture_options options = { .start_ns = cases[i].start_ns,
			.end_ns = cases[i].end_ns };
		struct error error = { "" };
		struct capture *capture = image_open_part(&image, image.size, &options, &error);
		unsigned drops = 0;
		struct event event;

		assert_non_null(capture);
		while (capture_read(capture, &event, 1, &error) == 1)
			drops += event.kind == EVENT_DROP;
		assert_int_equal(drops, cases[i].drops);
		capture_close(capture);
	}
	image_free(&image);
}

static void filter_by_link_type(void **state)
{
	struct capture_options options = { .filter = "len > 30" };
	struct error error = { "" };
	struct image image = { 0 };
	struct capture_statistics statistics;
	struct capture *capture;

	ng_section(&image, false);
	ng_interface(&image, 1, 0);
	ng_interface(&image, 101, 0);
	ng_interface(&image, 65000, 0);
	for (uint32_t i = 0; i < 6; i++)
		ng_packet(&image, i / 2, i, 30 + i % 2, 0);
	capture = image_open_part(&image, image.size, &options, &error);
	assert_non_null(capture);
	assert_int_equal(next_frame(capture).number, 2);
	assert_int_equal(next_frame(capture).number, 4);
	assert_end(capture);
	capture_statistics(capture, &statistics);
	assert_int_equal(statistics.passed_over, 4);
	assert_int_equal(statistics.filter_unusable, 2);
	capture_close(capture);

	options.filter = "tcp por 80";
	assert_null(image_open_part(&image, image.size, &options, &error));
	assert_non_null(strstr(error.text, "wrong filter 'tcp por 80'"));
	image_free(&image);
}

static void foreign_files_and_their_remedies(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *text;
	} cases[] = {
#define BYTES(text) text, sizeof(text) - 1
		{ BYTES("\x1f\x8b\x08\0\0"), "is gzip-compressed: zcat '/proc/self/fd/" },
		{ BYTES("\x28\xb5\x2f\xfd\0\0"), "is zstd-compressed: zstdcat '/proc/" },
		{ BYTES("\xfd"
			"7zXZ\0\0"),
			"is xz-compressed: xzcat '/proc/" },
		{ BYTES("\x04\x22\x4d\x18\0"), "is lz4-compressed: lz4cat '/proc/" },
		{ BYTES("BZh91AY"), "is bzip2-compressed: bzcat '/proc/" },
		{ BYTES("PK\x03\x04...."), "is a zip archive: unzip -p '/proc/" },
		{ BYTES("snoop\0\0\0\0\0\0\2"), "is a snoop capture: editcap -F pcapng '/proc/" },
		{ BYTES("GMBU\0\2"), "is a Network Monitor capture" },
		{ BYTES("\0\0\0\0\0\0\0\x45\x02\0\0\x10\0\0\0\x40"), "is probably an ERF capture" },
		{ BYTES("12:00:01.5 IP"),
			"no pcap or pcapng file: it starts with bytes 31 32 3a 30" },
		{ BYTES("x"), "no pcap or pcapng file: it starts with bytes 78" },
		{ BYTES(""), "is empty" },
#undef BYTES
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct image image = { 0 };
		struct error error = { "" };

		image_put(&image, cases[i].bytes, cases[i].size);
		assert_null(image_open_part(&image, image.size, NULL, &error));
		assert_non_null(strstr(error.text, cases[i].text));
		image_free(&image);
	}
}

static void what_cannot_be_read_is_named(void **state)
{
	struct error error = { "" };
	char path[1000];

	assert_null(capture_open_file("/nowhere/x.pcap", NULL, &error));
	assert_string_equal(error.text, "cannot open '/nowhere/x.pcap': No such file or directory");
	assert_null(capture_open_file("/", NULL, &error));
	assert_string_equal(error.text, "cannot read '/': Is a directory");
	assert_null(capture_open_file("a\033[31m\nb", NULL, &error));
	assert_string_equal(error.text, "cannot open 'a\033[31m\nb': No such file or directory");
	memset(path, 'x', sizeof(path));
	memcpy(path, "/nowhere/", 9);
	path[sizeof(path) - 1] = '\0';
	assert_null(capture_open_file(path, NULL, &error));
	assert_non_null(strstr(error.text, "xxx': "));
}

static void directions_have_names(void **state)
{
	assert_string_equal(direction_name(DIRECTION_UNKNOWN), "unknown");
	assert_string_equal(direction_name(DIRECTION_IN), "in");
	assert_string_equal(direction_name(DIRECTION_OUT), "out");
	assert_string_equal(direction_name(DIRECTION_OTHER), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_across_pieces),
		cmocka_unit_test(record_larger_than_a_piece),
		cmocka_unit_test(pipe_gives_what_it_has),
		cmocka_unit_test(pipe_in_single_bytes),
		cmocka_unit_test(dash_is_standard_input),
		cmocka_unit_test(time_window),
		cmocka_unit_test(drops_in_the_time_window),
		cmocka_unit_test(filter_by_link_type),
		cmocka_unit_test(foreign_files_and_their_remedies),
		cmocka_unit_test(what_cannot_be_read_is_named),
		cmocka_unit_test(directions_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
