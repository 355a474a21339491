/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Settings of the machine's first network namespace, seen from another one: as they are there, by
 * descriptors that outlive the child, in the watch and in a snapshot; and why not, without rights.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/initial_net.h"
#include "capture/watch_parts.h"
#include "host/collect.h"
#include "host/host.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CORE "/proc/sys/net/core/"
#define SKIPPED 77

static const char *const paths[] = { CORE "netdev_max_backlog", CORE "no_such_setting",
	CORE "netdev_tstamp_prequeue" };

/* The number in a file that is open, -1 if there is none. */
static long number_in(int descriptor)
{
	char text[32] = "";

	if (descriptor < 0 || pread(descriptor, text, sizeof(text) - 1, 0) <= 0)
		return -1;
	return strtol(text, NULL, 10);
}

static long number_of(const char *path)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	long number = number_in(descriptor);

	if (descriptor >= 0)
		close(descriptor);
	return number;
}

/* What the first namespace says, from where the test runs: -1 if that is another. */
static long backlog, prequeue;

static void require(bool condition, int line)
{
	if (condition)
		return;
	fprintf(stderr, "%s:%d: not so\n", __FILE__, line);
	_exit(1);
}

#define REQUIRE(condition) require(condition, __LINE__)

static void enter_other(void)
{
	if (backlog < 0 || unshare(CLONE_NEWNET) < 0)
		_exit(SKIPPED);
	REQUIRE(number_of(paths[0]) < 0);
}

static void opens(void)
{
	int descriptors[COUNT(paths)], status;

	enter_other();
	if (initial_net_open(paths, COUNT(paths), descriptors) == 0)
		_exit(errno == EPERM || errno == EACCES ? SKIPPED : 1);
	REQUIRE(number_in(descriptors[0]) == backlog);
	REQUIRE(descriptors[1] == -1);
	REQUIRE(number_in(descriptors[2]) == prequeue);
	REQUIRE((fcntl(descriptors[0], F_GETFL) & O_ACCMODE) == O_RDONLY);
	REQUIRE(fcntl(descriptors[0], F_GETFD) == FD_CLOEXEC);
	REQUIRE(number_of(paths[0]) < 0);
	REQUIRE(waitpid(-1, &status, 0) < 0 && errno == ECHILD);
	REQUIRE(initial_net_open(paths + 1, 1, descriptors) == 0);
	REQUIRE(errno == ENOENT);
}

static void watches(void)
{
	struct watch *watch;
	unsigned found = 0;

	enter_other();
	watch = watch_new(NULL);
	REQUIRE(watch != NULL);
	for (uint32_t i = 0; i < watch->setting_count; i++) {
		const struct watch_setting *setting = &watch->settings[i];

		REQUIRE(setting->interface == CHANGE_OF_HOST);
		if (strcmp(setting->what, "net.core.netdev_tstamp_prequeue") == 0)
			found += setting->value == prequeue;
	}
	if (watch->setting_count == 0)
		_exit(SKIPPED);
	REQUIRE(found == 1);
	watch_free(watch);
}

static void collects(void)
{
	const struct snapshot_value *own, *initial;
	struct snapshot *snapshot;
	struct host *host;
	uint64_t number = 7;

	enter_other();
	snapshot = collect_glance(NULL, 0);
	own = snapshot_find(snapshot, CORE "netdev_tstamp_prequeue");
	initial = snapshot_find(snapshot, "initial " CORE "netdev_tstamp_prequeue");
	REQUIRE(own && own->state == VALUE_HIDDEN);
	REQUIRE(initial && (initial->state == VALUE_PRESENT || initial->state == VALUE_DENIED));
	host = host_new(snapshot, NULL);
	if (initial->state != VALUE_PRESENT) {
		REQUIRE(!host_machine_number(host, &number, "netdev_tstamp_prequeue"));
		_exit(SKIPPED);
	}
	REQUIRE(strtol(initial->text, NULL, 10) == prequeue);
	REQUIRE(host_machine_number(host, &number, "netdev_tstamp_prequeue"));
	REQUIRE((long)number == prequeue);
	host_free(host);
	snapshot_free(snapshot);
}

static void denied(void)
{
	const struct snapshot_value *value;
	int descriptors[COUNT(paths)];
	struct snapshot *snapshot;

	enter_other();
	if (setgid(65534) < 0 || setuid(65534) < 0)
		_exit(SKIPPED);
	REQUIRE(initial_net_open(paths, COUNT(paths), descriptors) == 0);
	REQUIRE(errno == EPERM || errno == EACCES || errno == ENOENT);
	REQUIRE(descriptors[0] == -1 && descriptors[2] == -1);
	snapshot = collect_glance(NULL, 0);
	value = snapshot_find(snapshot, "initial " CORE "netdev_tstamp_prequeue");
	REQUIRE(value && (value->state == VALUE_DENIED || value->state == VALUE_HIDDEN));
	snapshot_free(snapshot);
}

/* Runs `body` in a child, whose namespace ends with it. */
static void in_child(void (*body)(void))
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_opens(void **state)
{
	in_child(opens);
}

static void test_watches(void **state)
{
	in_child(watches);
}

static void test_collects(void **state)
{
	in_child(collects);
}

static void test_denied(void **state)
{
	in_child(denied);
}

/* In the first namespace the paths are those of the files alone. */
static void test_no_twice(void **state)
{
	struct snapshot *snapshot = collect_glance(NULL, 0);
	struct host *host = host_new(snapshot, NULL);
	const struct snapshot_value *first;
	uint64_t number;

	if (backlog < 0)
		skip();
	assert_int_equal(snapshot_below(snapshot, "initial ", &first), 0);
	assert_true(host_machine_number(host, &number, "netdev_tstamp_prequeue"));
	assert_int_equal(number, prequeue);
	assert_false(host_machine_number(host, &number, "no_such_setting"));
	host_free(host);
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens),
		cmocka_unit_test(test_watches),
		cmocka_unit_test(test_collects),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_no_twice),
	};

	backlog = number_of(paths[0]);
	prequeue = number_of(paths[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
