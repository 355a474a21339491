/* SPDX-License-Identifier: BSD-2-Clause */
/* What the watch takes from clocks, messages of rtnetlink, counters and settings' texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/watch_parts.h"

#define MS INT64_C(1000000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void steps_of_the_clock(void **state)
{
	static const struct {
		int64_t before, after, step;
	} cases[] = {
		{ 0, 0, 0 },
		{ 0, 5 * MS, 0 },
		{ 0, -5 * MS, 0 },
		{ 0, 5 * MS + 1, 5 * MS + 1 },
		{ 0, -5 * MS - 1, -5 * MS - 1 },
		{ INT64_C(1) << 60, (INT64_C(1) << 60) + 3600000 * MS, 3600000 * MS },
		{ INT64_MIN, INT64_MAX, INT64_MAX },
		{ INT64_MAX, INT64_MIN, INT64_MIN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(watch_clock_step(cases[i].before, cases[i].after), cases[i].step);
}

/* A message under construction. */
struct message {
	uint8_t bytes[512];
	size_t length;
};

static void put(struct message *message, const void *data, size_t size)
{
	memcpy(message->bytes + message->length, data, size);
	message->length += size;
	while (message->length % 4)
		message->bytes[message->length++] = 0;
}

static void put_attribute(struct message *message, uint16_t type, const void *data, uint16_t size)
{
	struct rtattr attribute = { .rta_len = (uint16_t)(sizeof(attribute) + size),
		.rta_type = type };

	put(message, &attribute, sizeof(attribute));
	put(message, data, size);
}

static void begin(struct message *message, uint16_t type, uint8_t family, unsigned flags)
{
	struct nlmsghdr header = { .nlmsg_type = type, .nlmsg_seq = 7 };
	struct ifinfomsg info = { .ifi_family = family, .ifi_index = 3, .ifi_flags = flags };

	memset(message, 0, sizeof(*message));
	put(message, &header, sizeof(header));
	put(message, &info, sizeof(info));
}

static void finish(struct message *message)
{
	uint32_t length = (uint32_t)message->length;

	memcpy(message->bytes, &length, sizeof(length));
}

#define RUNNING (IFF_UP | IFF_LOWER_UP | IFF_RUNNING)

/* A link as a kernel tells it: MTU 1400, features changed, counters. */
static void make_link(struct message *message)
{
	struct rtnl_link_stats64 counters = {
		.rx_packets = 5, .rx_dropped = 6, .rx_missed_errors = 7
	};
	uint32_t mtu = 1400, event = IFLA_EVENT_FEATURES;
	uint8_t address[6] = { 2, 0, 0, 0, 0, 9 };

	begin(message, RTM_NEWLINK, AF_UNSPEC, RUNNING);
	put_attribute(message, IFLA_IFNAME, "v0", 3);
	put_attribute(message, IFLA_MTU, &mtu, sizeof(mtu));
	put_attribute(message, IFLA_ADDRESS, address, sizeof(address));
	put_attribute(message, IFLA_STATS64, &counters, sizeof(counters));
	put_attribute(message, IFLA_EVENT, &event, sizeof(event));
	finish(message);
}

static void a_link_is_read(void **state)
{
	struct message message;
	struct watch_link link;

	(void)state;
	make_link(&message);
	assert_int_equal(watch_link_parse(message.bytes, message.length, &link), message.length);
	assert_int_equal(link.message, WATCH_STATE);
	assert_int_equal(link.sequence, 7);
	assert_int_equal(link.ifindex, 3);
	assert_true(link.up && link.features_event && link.has_mtu && link.has_counters);
	assert_int_equal(link.mtu, 1400);
	assert_int_equal(link.counters.packets, 5);
	assert_int_equal(link.counters.dropped, 6);
	assert_int_equal(link.counters.missed, 7);
	assert_int_equal(link.address_bytes, 6);
	assert_int_equal(link.address[5], 9);
}

static void kinds_of_messages(void **state)
{
	static const struct {
		uint16_t type;
		uint8_t family;
		unsigned flags;
		enum watch_message message;
		bool up;
	} cases[] = {
		{ RTM_NEWLINK, AF_UNSPEC, RUNNING, WATCH_STATE, true },
		{ RTM_NEWLINK, AF_UNSPEC, IFF_UP, WATCH_STATE, false },
		{ RTM_NEWLINK, AF_UNSPEC, IFF_LOWER_UP, WATCH_STATE, false },
		{ RTM_NEWLINK, AF_UNSPEC, 0, WATCH_STATE, false },
		{ RTM_NEWLINK, AF_BRIDGE, RUNNING, WATCH_OTHER, false },
		{ RTM_DELLINK, AF_UNSPEC, 0, WATCH_GONE, false },
		{ RTM_DELLINK, AF_BRIDGE, 0, WATCH_OTHER, false },
		{ RTM_NEWADDR, AF_UNSPEC, RUNNING, WATCH_OTHER, false },
		{ NLMSG_DONE, AF_UNSPEC, RUNNING, WATCH_OTHER, false },
	};
	struct message message;
	struct watch_link link;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin(&message, cases[i].type, cases[i].family, cases[i].flags);
		finish(&message);
		assert_int_equal(watch_link_parse(message.bytes, message.length, &link), 32);
		assert_int_equal(link.message, cases[i].message);
		assert_int_equal(link.ifindex, cases[i].message == WATCH_OTHER ? 0 : 3);
		assert_int_equal(link.up, cases[i].up);
	}
}

static void errors_are_answers(void **state)
{
	static const struct {
		int32_t error;
		enum watch_message message;
	} cases[] = { { -ENODEV, WATCH_GONE }, { -EPERM, WATCH_ERROR }, { 0, WATCH_ERROR } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nlmsghdr header = { .nlmsg_type = NLMSG_ERROR };
		struct message message = { .length = 0 };
		struct watch_link link;

		put(&message, &header, sizeof(header));
		put(&message, &cases[i].error, sizeof(cases[i].error));
		finish(&message);
		assert_int_equal(watch_link_parse(message.bytes, message.length, &link), 20);
		assert_int_equal(link.message, cases[i].message);
	}
}

/* In a block of its own size, so that the sanitizer sees a read beyond it. */
static size_t parse_copy(const uint8_t *bytes, size_t length, struct watch_link *link)
{
	uint8_t *copy = malloc(length ? length : 1);
	size_t taken;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	taken = watch_link_parse(copy, length, link);
	assert_true(taken <= length);
	free(copy);
	return taken;
}

static void truncated_messages(void **state)
{
	struct message message;
	struct watch_link link;

	(void)state;
	make_link(&message);
	for (size_t length = 0; length < message.length; length++) {
		assert_int_equal(parse_copy(message.bytes, length, &link), 0);
		assert_int_equal(link.message, WATCH_OTHER);
		assert_false(link.has_mtu);
	}
	/* The header says so too: then what is whole is taken. */
	for (uint32_t length = 16; length < message.length; length++) {
		memcpy(message.bytes, &length, sizeof(length));
		assert_int_equal(parse_copy(message.bytes, length, &link), length);
		assert_int_equal(link.message, length < 32 ? WATCH_OTHER : WATCH_STATE);
		assert_int_equal(link.has_mtu, length >= 32 + 8 + 8);
	}
}

static void hostile_lengths(void **state)
{
	static const uint32_t lengths[] = { 0, 1, 15, 33 + 512, 1u << 31, UINT32_MAX };
	static const uint16_t sizes[] = { 0, 1, 3, 200, UINT16_MAX };
	static const uint16_t mtu_sizes[] = { 0, 1, 2, 3, 8 };
	struct message message;
	struct watch_link link;
	uint64_t value = 1400;

	(void)state;
	make_link(&message);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		memcpy(message.bytes, &lengths[i], sizeof(lengths[i]));
		assert_int_equal(parse_copy(message.bytes, message.length, &link), 0);
	}
	for (size_t i = 0; i < COUNT(sizes); i++) {
		begin(&message, RTM_NEWLINK, AF_UNSPEC, RUNNING);
		put_attribute(&message, IFLA_TXQLEN, &value, 4);
		memcpy(message.bytes + 32, &sizes[i], sizeof(sizes[i]));
		put_attribute(&message, IFLA_MTU, &value, 4);
		finish(&message);
		assert_int_equal(parse_copy(message.bytes, message.length, &link), message.length);
		assert_int_equal(link.message, WATCH_STATE);
		assert_false(link.has_mtu);
	}
	for (size_t i = 0; i < COUNT(mtu_sizes); i++) {
		begin(&message, RTM_NEWLINK, AF_UNSPEC, RUNNING);
		put_attribute(&message, IFLA_MTU, &value, mtu_sizes[i]);
		put_attribute(&message, IFLA_EVENT, &value, mtu_sizes[i]);
		put_attribute(&message, IFLA_STATS64, &value, mtu_sizes[i]);
		finish(&message);
		assert_int_equal(parse_copy(message.bytes, message.length, &link), message.length);
		assert_false(link.has_mtu || link.features_event || link.has_counters);
	}
}

/* The same bytes each time: a linear congruential generator. */
static void damaged_messages(void **state)
{
	uint32_t random = 1;
	struct watch_link link;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct message message;

		make_link(&message);
		for (int j = 0; j < 4; j++) {
			random = random * 1664525 + 1013904223;
			message.bytes[(random >> 16) % message.length] = (uint8_t)(random >> 8);
		}
		parse_copy(message.bytes, message.length, &link);
		assert_true(link.address_bytes <= sizeof(link.address));
	}
}

static uint64_t softnet_dropped(const char *text, size_t piece)
{
	struct watch_softnet softnet = { 0 };
	size_t length = strlen(text);

	for (size_t at = 0; at < length; at += piece)
		watch_softnet_feed(&softnet, text + at, length - at < piece ? length - at : piece);
	return softnet.dropped;
}

static void softnet_in_pieces(void **state)
{
	static const struct {
		const char *text;
		uint64_t dropped;
	} cases[] = {
		{ "", 0 },
		{ "0000000f 00000000 00000001\n", 0 },
		{ "00000246 000001bc 00000000 00000001\n00000001 0000000a 00000002\n", 0x1c6 },
		{ "00000001 ffffffff 0\n00000001 ffffffff 0\n", 0x1fffffffe },
		{ "00000001\n00000002\n", 0 },
		{ "00000001 00000002", 0 }, /* not the end of the number */
		{ "\n\n  1   2   3\n", 2 },
		{ "zzz zzz zzz\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t piece = 1; piece < 80; piece++)
			assert_int_equal(softnet_dropped(cases[i].text, piece), cases[i].dropped);
	}
}

static void drops_are_attributed_once(void **state)
{
	uint64_t softnet = 10;

	(void)state;
	assert_int_equal(watch_attribute(0, &softnet), 0);
	assert_int_equal(watch_attribute(4, &softnet), 4);
	assert_int_equal(watch_attribute(100, &softnet), 6);
	assert_int_equal(watch_attribute(100, &softnet), 0);
	assert_int_equal(softnet, 0);
	assert_int_equal(watch_rise(3, 8), 5);
	assert_int_equal(watch_rise(8, 8), 0);
	assert_int_equal(watch_rise(8, 3), 0);
	assert_int_equal(watch_rise(0, UINT64_MAX), UINT64_MAX);
}

static void values_of_settings(void **state)
{
	static const struct {
		const char *text;
		bool mask;
		int64_t value;
	} cases[] = {
		{ "1000\n", false, 1000 },
		{ "1000", false, 1000 },
		{ "0\n", false, 0 },
		{ "", false, 0 },
		{ "12a\n", false, 0 },
		{ "-1\n", false, 0 },
		{ "9223372036854775807\n", false, INT64_MAX },
		{ "9223372036854775808\n", false, 0 },
		{ "99999999999999999999\n", false, 0 },
		{ "3\n", true, 3 },
		{ "ff\n", true, 255 },
		{ "00000000,00000000,00000001,00000002\n", true, INT64_C(0x100000002) },
		{ "7fffffff,ffffffff\n", true, INT64_MAX },
		{ "80000000,00000000\n", true, 0 },
		{ "00000001,00000000,00000000\n", true, 0 },
		{ "x\n", true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			watch_setting_value(cases[i].text, strlen(cases[i].text), cases[i].mask),
			cases[i].value);
}

/* A file that holds `text`, to be read again from its beginning. */
static int file_of(const char *text)
{
	char path[] = "/tmp/test_watch.XXXXXX";
	int descriptor = mkstemp(path);

	assert_true(descriptor >= 0);
	unlink(path);
	assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
	return descriptor;
}

static void rewrite(int descriptor, const char *text)
{
	assert_int_equal(ftruncate(descriptor, 0), 0);
	assert_int_equal(pwrite(descriptor, text, strlen(text), 0), strlen(text));
}

/* A watch of two interfaces whose counters are files of ours. */
static struct watch *made_watch(void)
{
	struct error error;
	struct watch *watch = watch_new(&error);

	assert_non_null(watch);
	watch->device_count = 2;
	for (uint32_t i = 0; i < 2; i++)
		watch->devices[i] = (struct watch_device){ .interface = i,
			.ifindex = 1 << 30,
			.missed = file_of("0\n"),
			.dropped = file_of("0\n"),
			.has_counters = true };
	if (watch->softnet >= 0)
		close(watch->softnet);
	watch->softnet = file_of("1 0 0\n");
	watch->has_softnet = true;
	watch->softnet_last = watch->softnet_dropped = 0;
	return watch;
}

static void set_counters(struct watch *watch, uint32_t device, const char *missed,
	const char *dropped, const char *softnet)
{
	rewrite(watch->devices[device].missed, missed);
	rewrite(watch->devices[device].dropped, dropped);
	rewrite(watch->softnet, softnet);
}

/* Reads the counters, and returns how many packets interface `device` lost. */
static uint64_t lost(struct watch *watch, uint32_t device)
{
	struct watch_moment now;
	uint64_t packets = 0;

	watch_now(&now);
	watch_counters_look(watch, &now);
	for (; watch->pending_count; watch->pending_count--, watch->pending_first++) {
		const struct event *event = &watch->pending[watch->pending_first];

		assert_int_equal(event->kind, EVENT_DROP);
		assert_string_equal(event->drop.where, "interface");
		assert_int_equal(event->drop.to_ns, now.real_ns);
		assert_true(event->drop.from_ns <= now.real_ns && event->drop.from_ns > 0);
		assert_int_equal(event->drop.interface, device);
		packets += event->drop.packets;
	}
	return packets;
}

static void drops_of_interfaces(void **state)
{
	struct watch *watch = made_watch();

	(void)state;
	set_counters(watch, 0, "0\n", "500\n", "1 0 0\n"); /* nobody wanted them */
	assert_int_equal(lost(watch, 0), 0);
	set_counters(watch, 0, "7\n", "500\n", "1 0 0\n");
	assert_int_equal(lost(watch, 0), 7);
	set_counters(watch, 0, "7\n", "520\n", "1 14 0\n"); /* hexadecimal: 20 */
	assert_int_equal(lost(watch, 0), 20);
	set_counters(watch, 1, "0\n", "0\n", "1 1e 0\n"); /* the backlog's come first */
	assert_int_equal(lost(watch, 1), 0);
	set_counters(watch, 1, "0\n", "15\n", "1 1e 0\n");
	assert_int_equal(lost(watch, 1), 10);
	set_counters(watch, 1, "0\n", "15\n", "1 28 0\n"); /* but not long before */
	assert_int_equal(lost(watch, 1), 0);
	assert_int_equal(lost(watch, 1), 0);
	set_counters(watch, 1, "0\n", "25\n", "1 28 0\n");
	assert_int_equal(lost(watch, 1), 0);
	set_counters(watch, 1, "0\n", "3\n", "1 2 0\n"); /* begun anew */
	assert_int_equal(lost(watch, 1), 0);
	set_counters(watch, 1, "2\n", "5\n", "1 4 0\n");
	assert_int_equal(lost(watch, 1), 4);
	set_counters(watch, 1, "no number\n", "9\n", "1 4 0\n");
	assert_int_equal(lost(watch, 1), 0);
	assert_int_equal(watch_softnet_dropped(watch), 0x28 + 2);
	watch_free(watch);
}

/* Where there is no room, nothing is forgotten. */
static void told_when_there_is_room(void **state)
{
	struct watch *watch = made_watch();
	struct watch_link link = { .message = WATCH_STATE, .has_mtu = true, .mtu = 1500 };
	struct watch_device *device = &watch->devices[0];
	struct watch_moment now;
	struct event event;

	(void)state;
	watch_link_compare(watch, device, &link);
	while (watch_tell(watch))
		;
	assert_int_equal(watch_room(watch), 0);
	link.mtu = 1400;
	watch_link_compare(watch, device, &link);
	set_counters(watch, 0, "1\n", "0\n", "1 0 0\n");
	watch_now(&now);
	watch_counters_look(watch, &now);
	set_counters(watch, 0, "3\n", "0\n", "1 0 0\n");
	watch_counters_look(watch, &now);
	watch->pending_count = 0;
	assert_true(device->ask);
	watch_counters_look(watch, &now);
	watch_link_compare(watch, device, &link);
	device->gone = true; /* there is no such interface */
	assert_int_equal(watch_read(watch, false, &event, 1), 1);
	assert_int_equal(event.kind, EVENT_DROP);
	assert_int_equal(event.drop.packets, 3);
	assert_int_equal(watch_read(watch, false, &event, 1), 1);
	assert_int_equal(event.change.kind, CHANGE_MTU);
	assert_int_equal(event.change.before, 1500);
	assert_int_equal(event.change.after, 1400);
	assert_int_equal(watch_read(watch, false, &event, 1), 0);
	watch_free(watch);
}

static void a_set_clock_is_told_once(void **state)
{
	struct error error;
	struct watch *watch = watch_new(&error);
	struct event event;

	(void)state;
	assert_non_null(watch);
	while (!watch->has_clock) /* interrupted while reading it */
		assert_int_equal(watch_read(watch, true, &event, 1), 0);
	assert_int_equal(watch_read(watch, true, &event, 1), 0);
	watch->clock_difference_ns -= 3600000 * MS;
	do {
	} while (watch_read(watch, true, &event, 1) == 0);
	assert_int_equal(event.kind, EVENT_CHANGE);
	assert_int_equal(event.change.kind, CHANGE_CLOCK);
	assert_int_equal(event.change.interface, CHANGE_OF_HOST);
	assert_in_range(event.change.after - event.change.before, 3599990 * MS, 3600010 * MS);
	assert_int_equal(watch_read(watch, true, &event, 1), 0);
	watch_free(watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_of_the_clock),
		cmocka_unit_test(a_link_is_read),
		cmocka_unit_test(kinds_of_messages),
		cmocka_unit_test(errors_are_answers),
		cmocka_unit_test(truncated_messages),
		cmocka_unit_test(hostile_lengths),
		cmocka_unit_test(damaged_messages),
		cmocka_unit_test(softnet_in_pieces),
		cmocka_unit_test(drops_are_attributed_once),
		cmocka_unit_test(values_of_settings),
		cmocka_unit_test(drops_of_interfaces),
		cmocka_unit_test(told_when_there_is_room),
		cmocka_unit_test(a_set_clock_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
