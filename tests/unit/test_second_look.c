/* SPDX-License-Identifier: BSD-2-Clause */
/* A second snapshot for a process that has lost the right to take one, and what may go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>

#include "cmd/privilege.h"
#include "cmd/second_look.h"
#include "host/collect.h"
#include "tests/unit/children.h"

/* The one child of this process, 0 without. */
static pid_t only_child(void)
{
	FILE *file = fopen("/proc/thread-self/children", "re");
	int child = 0;

	if (file && fscanf(file, "%d", &child) != 1)
		child = 0;
	if (file)
		fclose(file);
	return child;
}

/* Values that are unknown for want of rights. */
static size_t count_denied(const struct snapshot *snapshot)
{
	const struct snapshot_value *value;
	size_t count = snapshot_below(snapshot, "", &value), denied = 0;

	for (; count > 0; count--, value++)
		denied += value->state == VALUE_DENIED;
	return denied;
}

static void look_confined(void)
{
	struct error error = { "" };
	struct second_look *look = second_look_start(&error);
	struct snapshot *first = collect_snapshot(), *second;

	must(look != NULL);
	must(privilege_drop(NULL, &error) == 0);
	second = second_look_take(look, &error);
	must(second != NULL);
	must(snapshot_taken_ns(second) > snapshot_taken_ns(first));
	/* Its rights are those of before. */
	must(count_denied(second) == count_denied(first));
	must(second_look_take(look, &error) == NULL);
	second_look_end(look);
	snapshot_free(first);
	snapshot_free(second);
}

static void looks(void **state)
{
	assert_int_equal(run_in_child(look_confined), 0);
}

static void ends_unasked(void **state)
{
	struct error error = { "" };
	struct second_look *look = second_look_start(&error);

	assert_non_null(look);
	second_look_end(look);
	assert_int_equal(only_child(), 0);
	second_look_end(NULL);
}

static void is_killed(void **state)
{
	struct error error = { "" };
	struct second_look *look = second_look_start(&error);
	pid_t child = only_child();

	assert_non_null(look);
	if (child > 0) {
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_null(second_look_take(look, &error));
		assert_non_null(strstr(error.text, "cannot look at the machine again"));
	}
	second_look_end(look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks),
		cmocka_unit_test(ends_unasked),
		cmocka_unit_test(is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
