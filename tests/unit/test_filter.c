/* SPDX-License-Identifier: BSD-2-Clause */
/* Filter expressions on frames of several link types. */
#include <setjmp.h>
#include <linux/filter.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/filter.h"

#define IPV4_TCP \
	0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x1f, 0x90, 0, 80, \
		0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0
#define IPV6_UDP \
	0x60, 0, 0, 0, 0, 8, 17, 64, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, \
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 53, 0x30, 0x39, 0, 8, \
		0, 0

static const struct sample {
	uint16_t linktype;
	uint8_t size;
	uint8_t data[64];
} samples[] = {
	{ 1, 54, { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, IPV4_TCP } },
	{ 1, 62, { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, IPV6_UDP } },
	{ 101, 40, { IPV4_TCP } },
	{ 12, 48, { IPV6_UDP } },
	{ 0, 44, { 2, 0, 0, 0, IPV4_TCP } },
	{ 0, 44, { 0, 0, 0, 2, IPV4_TCP } },
	{ 0, 52, { 30, 0, 0, 0, IPV6_UDP } },
	{ 0, 52, { 0, 0, 0, 28, IPV6_UDP } },
	{ 108, 52, { 0, 0, 0, 24, IPV6_UDP } },
	{ 113, 56, { 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0, IPV4_TCP } },
	{ 276, 60, { 8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, IPV4_TCP } },
	{ 1, 20, { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45 } },
	{ 0, 3, { 2, 0, 0 } },
};

/* One letter for each sample: whether the expression matches it. */
static const struct {
	const char *expression, *matches;
} cases[] = {
	{ "tcp", "x-x-xx---xx--" }, { "tcp port 80", "x-x-xx---xx--" },
	{ "tcp src port 80", "-------------" }, { "ip6", "-x-x--xxx----" },
	{ "udp port 53 and host 2001:db8::1", "-x-x--xxx----" }, { "ip", "x-x-xx---xxx-" },
	{ "host 10.0.0.2", "x-x-xx---xx--" }, { "tcp[tcpflags] & tcp-syn != 0", "x-x-xx---xx--" },
	{ "greater 54", "xx-------xx--" },
	{ "ether host 02:00:00:00:00:02", "xx---------x-" }, /* Ethernet only */
};

static struct frame frame_of(const struct sample *sample)
{
	return (struct frame){ .data = sample->data,
		.caplen = sample->size,
		.wirelen = sample->size,
		.linktype = sample->linktype };
}

static void expressions_on_every_link_type(void **state)
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct error error = { "" };
		struct filter *filter = filter_new(cases[i].expression, &error);
		char matches[sizeof(samples) / sizeof(*samples) + 1] = "";

		assert_non_null(filter);
		for (unsigned j = 0; j < sizeof(samples) / sizeof(*samples); j++) {
			struct frame frame = frame_of(&samples[j]);

			matches[j] = filter_match(filter, &frame) ? 'x' : '-';
		}
		assert_string_equal(matches, cases[i].matches);
		filter_free(filter);
	}
}

/* More link types than programs are kept: each is judged the same when it comes again. */
static void many_link_types(void **state)
{
	enum { LINK_TYPES = 200 };
	struct filter *filter = filter_new("tcp", NULL);
	bool first[LINK_TYPES];
	uint64_t unusable = 0;

	assert_non_null(filter);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < LINK_TYPES; i++) {
			struct frame frame = frame_of(&samples[0]);
			bool matched;

			frame.linktype = (uint16_t)i;
			matched = filter_match(filter, &frame);
			assert_true(round == 0 || matched == first[i]);
			first[i] = matched;
		}
		assert_true(first[1] && !first[101]);
		if (round == 0)
			unusable = filter_unusable(filter);
	}
	assert_in_range(unusable, 1, LINK_TYPES - 10);
	assert_int_equal(filter_unusable(filter), 2 * unusable);
	filter_free(filter);
}

static void wrong_expressions_are_refused(void **state)
{
	static const struct {
		const char *expression, *text;
	} wrong[] = {
		{ "tcp port", "wrong filter 'tcp port'" },
		{ "host 10.0.0.300", "wrong filter" },
		{ "inbound", "asks for what a capture file does not tell" },
		{ "port 80 and not inbound", "asks for what a capture file does not tell" },
	};

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct error error = { "" };

		assert_null(filter_new(wrong[i].expression, &error));
		assert_non_null(strstr(error.text, wrong[i].text));
	}
}

/* Runs the program on a socket whose messages are frames; returns the bytes kept, 0: none. */
static ssize_t run_in_kernel(const struct filter_code *code, const struct sample *sample)
{
	const struct sock_fprog program = { .len = code->count,
		.filter = (void *)code->instructions };
	uint8_t got[64];
	int ends[2];
	ssize_t kept;

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(
		setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), 0);
	kept = send(ends[0], sample->data, sample->size, 0);
	kept = recv(ends[1], got, sizeof(got), MSG_DONTWAIT);
	close(ends[0]);
	close(ends[1]);
	return kept < 0 ? 0 : kept;
}

/* What the kernel lets through is what filter_match() says, cut as asked. */
static void the_kernel_agrees(void **state)
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct filter_code code;
		struct error error;

		assert_int_equal(filter_kernel_code(cases[i].expression, 1, 30, &code, &error), 0);
		for (unsigned j = 0; j < 2; j++)
			assert_int_equal(run_in_kernel(&code, &samples[j]),
				cases[i].matches[j] == 'x' ? 30 : 0);
		free(code.instructions);
	}
}

static void no_expression_only_cuts(void **state)
{
	struct filter_code code;
	struct error error;

	assert_int_equal(filter_kernel_code(NULL, 1, 17, &code, &error), 0);
	assert_int_equal(run_in_kernel(&code, &samples[0]), 17);
	free(code.instructions);
	assert_int_equal(
		filter_kernel_code("ether host 02:00:00:00:00:02", 101, 17, &code, &error), -1);
}

static void freeing_nothing_is_allowed(void **state)
{
	filter_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_on_every_link_type),
		cmocka_unit_test(many_link_types),
		cmocka_unit_test(wrong_expressions_are_refused),
		cmocka_unit_test(the_kernel_agrees),
		cmocka_unit_test(no_expression_only_cuts),
		cmocka_unit_test(freeing_nothing_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
