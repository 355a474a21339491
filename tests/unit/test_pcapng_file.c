/* SPDX-License-Identifier: BSD-2-Clause */
/* pcapng files: every block, interfaces and sections that differ, losses, oddities. */
#include "capture/ticks.h"
#include "tests/unit/images.h"

/* Two interfaces with their own link type, clock and texts, and a frame in every kind of block. */
static void put_section(struct image *image, bool big)
{
	size_t block;

	ng_section(image, big);
	block = ng_interface_begin(image, 1, 96);
	ng_option(image, 2, "eth0", 4);
	ng_option(image, 11, "\0tcp port 80", 12);
	ng_option(image, 9, "\x09", 1);
	ng_option_64(image, 14, 100);
	ng_option_32(image, 0, 0);
	ng_end(image, block);
	ng_interface(image, 101, 0);

	block = ng_packet_begin(image, 0, 1600000000123456789, 5, 1514, 0x11);
	ng_option_32(image, 2, 1);
	ng_end(image, block);
	block = ng_begin(image, NG_OBSOLETE);
	image_16(image, 1);
	image_16(image, 0xffff);
	ng_ticks(image, 1600000001123456);
	image_32(image, 3);
	image_32(image, 60);
	image_fill(image, 0x22, 3);
	image_fill(image, 0, 1);
	ng_option_32(image, 2, 2);
	ng_end(image, block);
	block = ng_begin(image, NG_SIMPLE);
	image_32(image, 200);
	image_fill(image, 0x33, 96);
	ng_end(image, block);
	ng_packet(image, 1, 1600000002000000, 8, 0x44);
}

static void check_section(struct capture *capture, uint32_t first, uint64_t number)
{
	const struct capture_interface *interface;
	struct frame frame = next_frame(capture);

	assert_int_equal(frame.number, number);
	assert_int_equal(frame.time_ns, 1600000100123456789);
	assert_int_equal(frame.caplen, 5);
	assert_int_equal(frame.wirelen, 1514);
	assert_int_equal(frame.interface, first);
	assert_int_equal(frame.linktype, 1);
	assert_int_equal(frame.data[4], 0x11);
	assert_int_equal(frame.direction, DIRECTION_IN);
	assert_int_equal(frame.flags, FRAME_HAS_TIME);

	frame = next_frame(capture);
	assert_int_equal(frame.time_ns, 1600000001123456000);
	assert_int_equal(frame.caplen, 3);
	assert_int_equal(frame.wirelen, 60);
	assert_int_equal(frame.interface, first + 1);
	assert_int_equal(frame.linktype, 101);
	assert_int_equal(frame.data[2], 0x22);
	assert_int_equal(frame.direction, DIRECTION_OUT);

	frame = next_frame(capture);
	assert_int_equal(frame.flags, 0);
	assert_int_equal(frame.time_ns, 0);
	assert_int_equal(frame.caplen, 96);
	assert_int_equal(frame.wirelen, 200);
	assert_int_equal(frame.interface, first);
	assert_int_equal(frame.data[95], 0x33);

	frame = next_frame(capture);
	assert_int_equal(frame.number, number + 3);
	assert_int_equal(frame.time_ns, 1600000002000000000);
	assert_int_equal(frame.caplen, 8);
	assert_int_equal(frame.direction, DIRECTION_UNKNOWN);

	interface = capture_interface(capture, first);
	assert_string_equal(interface->name, "eth0");
	assert_string_equal(interface->filter, "tcp port 80");
	assert_int_equal(interface->linktype, 1);
	assert_int_equal(interface->snaplen, 96);
	assert_false(interface->has_received || interface->has_dropped);
	interface = capture_interface(capture, first + 1);
	assert_string_equal(interface->name, "");
	assert_int_equal(interface->linktype, 101);
}

static void sections_in_changing_byte_order(void **state)
{
	struct image image = { 0 };
	struct capture_statistics statistics;
	struct capture *capture;

	put_section(&image, false);
	put_section(&image, true);
	put_section(&image, true);
	put_section(&image, false);
	capture = image_open(&image);
	for (uint32_t i = 0; i < 4; i++)
		check_section(capture, 2 * i, 4 * i + 1);
	assert_end(capture);
	capture_statistics(capture, &statistics);
	assert_int_equal(statistics.interfaces, 8);
	assert_int_equal(statistics.frames, 16);
	assert_int_equal(statistics.unknown_blocks, 0);
	assert_int_equal(statistics.bytes_read, image.size);
	assert_false(statistics.truncated);
	capture_close(capture);
	image_free(&image);
}

static void flags_of_a_packet(void **state)
{
	static const struct {
		uint32_t flags;
		uint8_t direction, frame_flags;
	} cases[] = {
		{ 0, DIRECTION_UNKNOWN, 0 },
		{ 1, DIRECTION_IN, 0 },
		{ 2, DIRECTION_OUT, 0 },
		{ 3, DIRECTION_UNKNOWN, 0 },
		{ 1 | 4 << 2, DIRECTION_OTHER, 0 },
		{ 4 << 2, DIRECTION_OTHER, 0 },
		{ 2 | 4 << 2, DIRECTION_OUT, 0 },
		{ 1 << 9, DIRECTION_UNKNOWN, FRAME_CSUM_NOT_READY },
		{ 1 << 10, DIRECTION_UNKNOWN, FRAME_CSUM_VALID },
		{ 2 | 1 << 11, DIRECTION_OUT, FRAME_GSO_TCP },
	};
	struct image image = { 0 };
	struct capture *capture;

	ng_section(&image, false);
	ng_interface(&image, 1, 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t block = ng_packet_begin(&image, 0, i, 5, 5, 0);

		ng_option(&image, 1, "comment", 7);
		ng_option_32(&image, 2, cases[i].flags);
		ng_end(&image, block);
	}
	capture = image_open(&image);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct frame frame = next_frame(capture);

		assert_int_equal(frame.direction, cases[i].direction);
		assert_int_equal(frame.flags, FRAME_HAS_TIME | cases[i].frame_flags);
	}
	assert_end(capture);
	capture_close(capture);
	image_free(&image);
}

static void put_statistics(struct image *image, uint32_t interface, uint64_t ticks,
	uint64_t received, uint64_t interface_lost, uint64_t system_lost)
{
	size_t block = ng_begin(image, NG_STATISTICS);

	image_32(image, interface);
	ng_ticks(image, ticks);
	ng_option_64(image, 4, received);
	ng_option_64(image, 5, interface_lost);
	ng_option_64(image, 7, system_lost);
	ng_end(image, block);
}

static void put_lossy_packet(struct image *image, uint64_t ticks, uint64_t lost)
{
	size_t block = ng_packet_begin(image, 0, ticks, 20, 20, 0);

	ng_option_64(image, 4, lost);
	ng_end(image, block);
}

static void assert_drop(struct capture *capture, uint64_t packets, int64_t from_ns, int64_t to_ns,
	const char *where)
{
	struct event event = next_event(capture);

	assert_int_equal(event.kind, EVENT_DROP);
	assert_int_equal(event.drop.interface, 0);
	assert_int_equal(event.drop.packets, packets);
	assert_int_equal(event.drop.from_ns, from_ns);
	assert_int_equal(event.drop.to_ns, to_ns);
	assert_string_equal(event.drop.where, where);
}

/* A loss goes before the frame that tells of it, and counters tell only what no frame did. */
static void losses_are_told_once(void **state)
{
	struct image image = { 0 };
	const struct capture_interface *interface;
	struct capture *capture;

	ng_section(&image, true);
	ng_interface(&image, 1, 0);
	put_lossy_packet(&image, 10, 0);
	put_lossy_packet(&image, 20, 3);
	put_statistics(&image, 0, 25, 100, 2, 1);
	put_lossy_packet(&image, 30, 4);
	put_statistics(&image, 0, 40, 200, 2, 10);
	put_statistics(&image, 0, 50, 300, 2, 10);
	put_statistics(&image, 0, 60, 400, 4, 11);
	capture = image_open(&image);

	assert_int_equal(next_frame(capture).time_ns, 10000);
	assert_drop(capture, 3, 10000, 20000, "interface or kernel");
	assert_int_equal(next_frame(capture).time_ns, 20000);
	assert_drop(capture, 4, 20000, 30000, "interface or kernel");
	assert_int_equal(next_frame(capture).number, 3);
	assert_drop(capture, 5, 25000, 40000, "interface and kernel");
	assert_drop(capture, 3, 50000, 60000, "interface and kernel");
	assert_end(capture);
	interface = capture_interface(capture, 0);
	assert_true(interface->has_received && interface->has_dropped);
	assert_int_equal(interface->received, 400);
	assert_int_equal(interface->dropped, 15);
	capture_close(capture);
	image_free(&image);
}

/* However the caller cuts the events into batches. */
static void losses_are_told_once_in_any_batch(void **state)
{
	struct image image = { 0 };

	ng_section(&image, false);
	ng_interface(&image, 1, 0);
	for (unsigned i = 0; i < 12; i++)
		put_lossy_packet(&image, i, i % 3);
	for (int max = 1; max <= 20; max++) {
		struct capture *capture = image_open(&image);
		struct error error = { "" };
		uint64_t frames = 0, lost = 0;
		struct event events[20];
		int count;

		while ((count = capture_read(capture, events, max, &error)) > 0) {
			assert_in_range(count, 1, max);
			for (int i = 0; i < count; i++) {
				frames += events[i].kind == EVENT_FRAME;
				lost += events[i].kind == EVENT_DROP ? events[i].drop.packets : 0;
			}
		}
		assert_int_equal(count, 0);
		assert_int_equal(frames, 12);
		assert_int_equal(lost, 12);
		assert_int_equal(capture_interface(capture, 0)->dropped, 12);
		capture_close(capture);
	}
	image_free(&image);
}

/* The capture's start is where a first interval begins; a clock at 0 does not turn it around. */
static void interval_of_a_loss_by_counters(void **state)
{
	static const struct {
		uint64_t ticks;
		int64_t to_ns;
	} cases[] = {
		{ 50, 50000 },
		{ 0, 20000 },
	};

	for (unsigned i = 0; i < 2; i++) {
		struct image image = { 0 };
		struct capture *capture;
		size_t block;

		ng_section(&image, false);
		ng_interface(&image, 1, 0);
		block = ng_begin(&image, NG_STATISTICS);
		image_32(&image, 0);
		ng_ticks(&image, cases[i].ticks);
		image_16(&image, 2);
		image_16(&image, 8);
		ng_ticks(&image, 20);
		ng_option_64(&image, 5, 6);
		ng_end(&image, block);
		capture = image_open(&image);
		assert_drop(capture, 6, 20000, cases[i].to_ns, "interface");
		assert_end(capture);
		capture_close(capture);
		image_free(&image);
	}
}

/* A simple packet's captured length is the least of three. */
static void length_of_a_simple_packet(void **state)
{
	static const struct {
		uint32_t snaplen, wirelen, bytes, caplen;
	} cases[] = {
		{ 0, 20, 20, 20 },
		{ 0, 1514, 20, 20 },
		{ 10, 1514, 20, 10 },
		{ 1514, 20, 20, 20 },
		{ 0, 0, 0, 0 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct image image = { 0 };
		struct capture *capture;
		struct frame frame;
		size_t block;

		ng_section(&image, false);
		ng_interface(&image, 1, cases[i].snaplen);
		block = ng_begin(&image, NG_SIMPLE);
		image_32(&image, cases[i].wirelen);
		image_fill(&image, 0, cases[i].bytes);
		ng_end(&image, block);
		capture = image_open(&image);
		frame = next_frame(capture);
		assert_int_equal(frame.caplen, cases[i].caplen);
		assert_int_equal(frame.wirelen, cases[i].wirelen);
		assert_end(capture);
		capture_close(capture);
		image_free(&image);
	}
}

/* Time stamps that do not fit become the last moment that does. */
static void time_beyond_its_range(void **state)
{
	static const struct {
		uint64_t ticks;
		int64_t ns;
	} cases[] = {
		{ TICKS_MAX_NS / 1000 - 1, TICKS_MAX_NS / 1000 * 1000 - 1000 },
		{ TICKS_MAX_NS / 1000, TICKS_MAX_NS / 1000 * 1000 },
		{ TICKS_MAX_NS / 1000 + 1, TICKS_MAX_NS },
		{ UINT64_MAX, TICKS_MAX_NS },
	};
	struct image image = { 0 };
	struct capture *capture;

	ng_section(&image, false);
	ng_interface(&image, 1, 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ng_packet(&image, 0, cases[i].ticks, 4, 0);
	capture = image_open(&image);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(next_frame(capture).time_ns, cases[i].ns);
	assert_end(capture);
	capture_close(capture);
	image_free(&image);
}

/* The drop field of the obsolete block, of which 0xffff says that nobody knows. */
static void obsolete_block_tells_losses(void **state)
{
	static const uint16_t lost[] = { 0, 7, 0xffff };
	struct image image = { 0 };
	struct capture *capture;

	ng_section(&image, false);
	ng_interface(&image, 1, 0);
	for (unsigned i = 0; i < 3; i++) {
		size_t block = ng_begin(&image, NG_OBSOLETE);

		image_16(&image, 0);
		image_16(&image, lost[i]);
		ng_ticks(&image, i);
		image_64(&image, 0);
		ng_end(&image, block);
	}
	capture = image_open(&image);
	next_frame(capture);
	assert_drop(capture, 7, 0, 1000, "interface or kernel");
	next_frame(capture);
	next_frame(capture);
	assert_end(capture);
	assert_int_equal(capture_interface(capture, 0)->dropped, 7);
	capture_close(capture);
	image_free(&image);
}

static void other_blocks_are_counted(void **state)
{
	static const uint32_t types[] = { NG_NAMES, NG_SECRETS, NG_CUSTOM, 9, 0, 0x80000001 };
	struct image image = { 0 };
	struct capture_statistics statistics;
	struct capture *capture;

	ng_section(&image, false);
	ng_interface(&image, 1, 0);
	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++) {
		size_t block = ng_begin(&image, types[i]);

		image_fill(&image, 0xee, 5 * i);
		ng_end(&image, block);
		ng_packet(&image, 0, i, i, 0);
	}
	capture = image_open(&image);
	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++)
		assert_int_equal(next_frame(capture).caplen, i);
	assert_end(capture);
	capture_statistics(capture, &statistics);
	assert_int_equal(statistics.unknown_blocks, sizeof(types) / sizeof(*types));
	capture_close(capture);
	image_free(&image);
}

/* Time runs backwards only against the same interface. */
static void time_is_compared_within_an_interface(void **state)
{
	for (uint64_t third = 29; third < 32; third++) {
		struct image image = { 0 };
		struct capture_statistics statistics;
		struct error error;
		struct capture *capture;
		uint64_t frames;

		ng_section(&image, false);
		ng_interface(&image, 1, 0);
		ng_interface(&image, 1, 0);
		ng_packet(&image, 0, 30, 1, 0);
		ng_packet(&image, 1, 10, 1, 0);
		ng_packet(&image, 0, third, 1, 0);
		capture = image_open(&image);
		assert_int_equal(read_all(capture, &frames, &error), 0);
		capture_statistics(capture, &statistics);
		assert_int_equal(statistics.time_backwards, third < 30);
		capture_close(capture);
		image_free(&image);
	}
}

/* Some writers leave the padding out of the block's length. */
static void unpadded_length_is_understood(void **state)
{
	struct image image = { 0 };
	struct capture *capture;
	size_t first;

	ng_section(&image, false);
	ng_interface(&image, 1, 0);
	first = image.size;
	ng_packet(&image, 0, 1, 61, 1);
	image.data[first + 4] -= 3;
	image.data[image.size - 4] -= 3;
	ng_packet(&image, 0, 2, 4, 2);
	capture = image_open(&image);
	assert_int_equal(next_frame(capture).caplen, 61);
	assert_int_equal(next_frame(capture).caplen, 4);
	assert_end(capture);
	capture_close(capture);
	image_free(&image);
}

/* Options that contradict their block end its options, and cost nothing else. */
static void broken_options_leave_the_frame(void **state)
{
	struct image image = { 0 };
	struct capture *capture;
	struct frame frame;
	size_t block;

	ng_section(&image, false);
	block = ng_interface_begin(&image, 1, 0);
	ng_option(&image, 9, "\x06\x06", 2); /* resolution of two bytes: not one */
	image_16(&image, 2);
	image_16(&image, 0xffff);
	image_fill(&image, 'x', 8);
	ng_end(&image, block);
	block = ng_packet_begin(&image, 0, 1, 4, 4, 0);
	ng_option_32(&image, 2, 2);
	image_16(&image, 4);
	image_16(&image, 9);
	image_fill(&image, 0xff, 8);
	ng_end(&image, block);
	capture = image_open(&image);
	frame = next_frame(capture);
	assert_int_equal(frame.direction, DIRECTION_OUT);
	assert_int_equal(frame.time_ns, 1000);
	assert_end(capture);
	assert_string_equal(capture_interface(capture, 0)->name, "");
	capture_close(capture);
	image_free(&image);
}

static void long_texts_are_cut(void **state)
{
	struct image image = { 0 };
	const struct capture_interface *interface;
	struct capture *capture;
	char text[1000];
	size_t block;

	memset(text, 'n', sizeof(text));
	text[0] = '\0';
	ng_section(&image, false);
	block = ng_interface_begin(&image, 1, 0);
	ng_option(&image, 2, text + 1, sizeof(text) - 1);
	ng_option(&image, 11, text, sizeof(text));
	ng_end(&image, block);
	capture = image_open(&image);
	assert_end(capture);
	interface = capture_interface(capture, 0);
	assert_int_equal(strlen(interface->name), sizeof(interface->name) - 1);
	assert_int_equal(strlen(interface->filter), sizeof(interface->filter) - 1);
	capture_close(capture);
	image_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_in_changing_byte_order),
		cmocka_unit_test(flags_of_a_packet),
		cmocka_unit_test(losses_are_told_once),
		cmocka_unit_test(losses_are_told_once_in_any_batch),
		cmocka_unit_test(interval_of_a_loss_by_counters),
		cmocka_unit_test(length_of_a_simple_packet),
		cmocka_unit_test(time_beyond_its_range),
		cmocka_unit_test(obsolete_block_tells_losses),
		cmocka_unit_test(other_blocks_are_counted),
		cmocka_unit_test(time_is_compared_within_an_interface),
		cmocka_unit_test(unpadded_length_is_understood),
		cmocka_unit_test(broken_options_leave_the_frame),
		cmocka_unit_test(long_texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
