/* SPDX-License-Identifier: BSD-2-Clause */
/* When a capture may have missed packets: drops, times without a link, and whose they are. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzers/outages.h"

static struct outages outages;

static void begin(void)
{
	outages_init(&outages);
}

static void change(enum change_kind kind, uint32_t interface, int64_t time_ns)
{
	outages_change(&outages,
		&(struct change){ .kind = kind, .interface = interface, .time_ns = time_ns });
}

static void drop(int64_t from_ns, int64_t to_ns)
{
	outages_drop(&outages, &(struct drop){ .packets = 1, .from_ns = from_ns, .to_ns = to_ns });
}

static void a_link_that_comes_back_was_an_outage(void **state)
{
	begin();
	assert_false(outages_link_down(&outages, 0, INT64_MAX - 1));
	change(CHANGE_LINK_DOWN, 0, 100);
	change(CHANGE_LINK_DOWN, 0, 150); /* told again */
	assert_false(outages_link_down(&outages, 0, 99));
	assert_true(outages_link_down(&outages, 0, 100));
	assert_false(outages_link_down(&outages, 1, 100));
	assert_false(drops_overlap(&outages.drops, 0, 1000));
	change(CHANGE_LINK_UP, 0, 200);
	change(CHANGE_LINK_UP, 0, 300);
	assert_false(outages_link_down(&outages, 0, 250));
	assert_true(drops_overlap(&outages.drops, 200, 400));
	assert_false(drops_overlap(&outages.drops, 201, 400));
	assert_false(drops_overlap(&outages.drops, 0, 99));
}

static void interfaces_beyond_the_last_are_passed_over(void **state)
{
	begin();
	change(CHANGE_LINK_DOWN, CAPTURE_MAX_LIVE, 100);
	change(CHANGE_LINK_UP, CAPTURE_MAX_LIVE, 200);
	change(CHANGE_LINK_DOWN, UINT32_MAX, 100);
	assert_false(outages_link_down(&outages, CAPTURE_MAX_LIVE, 150));
	assert_false(outages_link_down(&outages, UINT32_MAX, 150));
	assert_false(drops_overlap(&outages.drops, 0, 1000));
}

/* What one input dropped is kept until the next one tells its own. */
static void drops_are_of_their_input(void **state)
{
	begin();
	assert_true(outages_are_own(&outages));
	drop(10, 20);
	outages_input_end(&outages);
	assert_false(outages_are_own(&outages));
	assert_true(drops_overlap(&outages.drops, 15, 15));
	drop(50, 60);
	assert_true(outages_are_own(&outages));
	assert_false(drops_overlap(&outages.drops, 15, 15));
	drop(10, 20);
	assert_true(drops_overlap(&outages.drops, 15, 15));
	assert_true(drops_overlap(&outages.drops, 55, 55));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_that_comes_back_was_an_outage),
		cmocka_unit_test(interfaces_beyond_the_last_are_passed_over),
		cmocka_unit_test(drops_are_of_their_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
