/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the watch tells of real interfaces, in network namespaces of its own, and that it can do so
 * without any right to open a file.  Without the right to make a namespace there is nothing to see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/watch_parts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SKIPPED 77

#define REQUIRE(condition) require(condition, #condition, __LINE__)

/* Of a child, in which cmocka's assertions would return into the parent's test. */
static void require(bool condition, const char *text, int line)
{
	if (condition)
		return;
	fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, line, text);
	_exit(1);
}

static void run(const char *command)
{
	int status = system(command);

	if (status != 0)
		fprintf(stderr, "failed: %s\n", command);
	REQUIRE(status == 0);
}

#define NO_IPV6 "/proc/sys/net/ipv6/conf/default/disable_ipv6"

/* An interface v0 and its peer v1, without packets of the system's own. */
static void make_pair(void)
{
	run("! test -e " NO_IPV6 " || echo 1 >" NO_IPV6);
	if (system("ip link add v0 numrxqueues 2 numtxqueues 2 type veth peer v1 2>/dev/null") != 0)
		_exit(SKIPPED);
	run("ip link set v0 up && ip link set v1 up");
}

/* In a network namespace of its own, perhaps with its sysfs, and a pair in it. */
static void enter_namespace(bool with_sysfs)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 || system("command -v ip >/dev/null") != 0)
		_exit(SKIPPED);
	if (with_sysfs && (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
				  mount("sysfs", "/sys", "sysfs", 0, NULL) < 0))
		_exit(SKIPPED);
	make_pair();
}

static int index_of(const char *name)
{
	unsigned index = if_nametoindex(name);

	REQUIRE(index > 0);
	return (int)index;
}

static void wait_for_news(const struct watch *watch)
{
	struct pollfd news = { .fd = watch_descriptor(watch), .events = POLLIN };

	REQUIRE(poll(&news, 1, 10000) == 1);
}

/* Watches v0 as interface 5, when all is quiet. */
static struct watch *watch_v0(void)
{
	struct watch *watch = watch_new(NULL);
	struct watch_link link;
	struct event event;
	int index = index_of("v0");

	REQUIRE(watch != NULL);
	while (watch_link_ask(watch, index, &link) == 0 && !link.up) {
		wait_for_news(watch); /* the carrier comes by a work queue of the kernel */
		watch_read(watch, false, &event, 1);
	}
	watch_add(watch, 5, index);
	REQUIRE(watch_read(watch, true, &event, 1) == 0);
	return watch;
}

/* Waits for the next event, which has to come. */
static struct event next(struct watch *watch, bool final)
{
	struct event event;

	while (watch_read(watch, final, &event, 1) == 0)
		wait_for_news(watch);
	return event;
}

static void require_change(const struct event *event, enum change_kind kind, int64_t before,
	int64_t after, const char *what)
{
	REQUIRE(event->kind == EVENT_CHANGE);
	if (event->change.kind != kind)
		fprintf(stderr, "kind %d, not %d\n", (int)event->change.kind, (int)kind);
	REQUIRE(event->change.kind == kind);
	REQUIRE(event->change.interface == 5);
	REQUIRE(event->change.time_ns > 0);
	REQUIRE(event->change.before == before);
	REQUIRE(event->change.after == after);
	REQUIRE(!what == !event->change.what);
	REQUIRE(!what || strcmp(what, event->change.what) == 0);
}

static void expect(struct watch *watch, bool final, enum change_kind kind, int64_t before,
	int64_t after, const char *what)
{
	struct event event = next(watch, final);

	require_change(&event, kind, before, after, what);
}

static void expect_silence(struct watch *watch)
{
	struct event event;

	int events = watch_read(watch, true, &event, 1);

	if (events)
		fprintf(stderr, "unexpected: event %d, change %d, '%s'\n", (int)event.kind,
			(int)event.change.kind, event.change.what ? event.change.what : "");
	REQUIRE(events == 0);
}

static void links(void)
{
	struct watch *watch;

	enter_namespace(false);
	watch = watch_v0();
	run("ip link set v0 mtu 1400");
	expect(watch, false, CHANGE_MTU, 1500, 1400, NULL);
	expect_silence(watch);
	run("ip link set v0 down");
	expect(watch, false, CHANGE_LINK_DOWN, 0, 0, NULL);
	expect_silence(watch);
	run("ip link set v0 up");
	expect(watch, false, CHANGE_LINK_UP, 0, 0, NULL);
	expect_silence(watch);
	run("ip link set v1 down"); /* the peer's: only the carrier goes */
	expect(watch, false, CHANGE_LINK_DOWN, 0, 0, NULL);
	run("ip link set v1 up");
	expect(watch, false, CHANGE_LINK_UP, 0, 0, NULL);
	expect_silence(watch);
	run("ip link set v1 mtu 1300"); /* not watched */
	expect_silence(watch);
	run("ip link set v0 down && ip link set v0 name w0 && ip link set w0 up");
	expect(watch, false, CHANGE_LINK_DOWN, 0, 0, NULL);
	expect(watch, false, CHANGE_LINK_UP, 0, 0, NULL);
	expect_silence(watch);
	run("ip link add b0 type bridge && ip link set w0 master b0 && ip link set w0 nomaster");
	expect_silence(watch);
	run("ip link del w0");
	expect(watch, false, CHANGE_LINK_DOWN, 0, 0, NULL);
	expect(watch, false, CHANGE_GONE, 0, 0, NULL);
	expect_silence(watch);
	watch_free(watch);
}

/* More changes than the socket holds; what matters is how it ends. */
static void overrun(void)
{
	struct watch *watch;
	struct event event;
	int64_t mtu = 1500;
	int bytes = 1, downs = 0;

	enter_namespace(false);
	watch = watch_v0();
	REQUIRE(setsockopt(watch_descriptor(watch), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) ==
		0);
	run("for mtu in 1401 1402 1403 1404 1405 1406; do ip link set v0 mtu $mtu; done;"
	    "ip link set v0 down");
	while (watch_read(watch, false, &event, 1) == 1) {
		REQUIRE(event.kind == EVENT_CHANGE);
		downs += event.change.kind == CHANGE_LINK_DOWN;
		if (event.change.kind != CHANGE_MTU)
			continue;
		REQUIRE(event.change.before == mtu);
		mtu = event.change.after;
	}
	REQUIRE(mtu == 1406);
	REQUIRE(downs == 1);
	expect_silence(watch);
	watch_free(watch);
}

static void settings(void)
{
	struct watch *watch;

	enter_namespace(true);
	watch = watch_v0();
	REQUIRE(watch->devices[0].missed >= 0);
	run("echo 1 >/sys/class/net/v0/queues/rx-1/rps_cpus");
	expect(watch, true, CHANGE_SETTING, 0, 1, "queues/rx-1/rps_cpus");
	run("echo 256 >/sys/class/net/v0/queues/rx-0/rps_flow_cnt");
	expect(watch, true, CHANGE_SETTING, 0, 256, "queues/rx-0/rps_flow_cnt");
	run("echo 1 >/sys/class/net/v0/queues/tx-0/xps_cpus");
	expect(watch, true, CHANGE_SETTING, 0, 1, "queues/tx-0/xps_cpus");
	run("echo 20000 >/sys/class/net/v0/gro_flush_timeout");
	expect(watch, true, CHANGE_SETTING, 0, 20000, "gro_flush_timeout");
	run("echo 0 >/sys/class/net/v0/queues/rx-1/rps_cpus");
	expect(watch, true, CHANGE_SETTING, 1, 0, "queues/rx-1/rps_cpus");
	expect_silence(watch);
	run("ip link del v0"); /* its files are no setting that changed */
	expect(watch, true, CHANGE_LINK_DOWN, 0, 0, NULL);
	expect(watch, true, CHANGE_GONE, 0, 0, NULL);
	expect_silence(watch);
	watch_free(watch);
}

/*
 * Where sysfs shows another namespace, its v0 is not ours, though it has the number of ours: the
 * counters come by rtnetlink.
 */
static void foreign_sysfs(void)
{
	struct watch *watch;
	int other, index;

	enter_namespace(true);
	index = index_of("v0");
	other = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC); /* lives on by it */
	REQUIRE(other >= 0);
	REQUIRE(unshare(CLONE_NEWNET) == 0);
	make_pair();
	REQUIRE(index_of("v0") == index);
	watch = watch_v0();
	REQUIRE(watch->devices[0].missed < 0);
	REQUIRE(watch->devices[0].has_counters);
	for (uint32_t i = 0; i < watch->setting_count; i++)
		REQUIRE(watch->settings[i].interface == CHANGE_OF_HOST);
	expect_silence(watch);
	watch_free(watch);
	close(other);
}

/* To a namespace of another process, which ends with the pipe. */
static void moved(void)
{
	struct watch *watch;
	char command[64], byte;
	int ready[2], end[2];
	pid_t other;

	enter_namespace(true);
	watch = watch_v0();
	REQUIRE(pipe(ready) == 0 && pipe(end) == 0);
	other = fork();
	REQUIRE(other >= 0);
	if (other == 0) {
		close(end[1]);
		if (unshare(CLONE_NEWNET) == 0 && write(ready[1], "", 1) == 1)
			_exit(read(end[0], &byte, 1) != 0);
		_exit(1);
	}
	REQUIRE(read(ready[0], &byte, 1) == 1);
	snprintf(command, sizeof(command), "ip link set v0 netns %d", (int)other);
	run(command);
	expect(watch, false, CHANGE_LINK_DOWN, 0, 0, NULL);
	expect(watch, false, CHANGE_GONE, 0, 0, NULL);
	expect_silence(watch);
	watch_free(watch);
	close(end[1]);
	REQUIRE(waitpid(other, NULL, 0) == other);
}

/* There are more queues than descriptors for them. */
static void many_queues(void)
{
	struct watch *watch;

	enter_namespace(true);
	run("ip link del v0 && ip link add v0 numrxqueues 128 numtxqueues 128 type veth peer v1 "
	    "numrxqueues 128 numtxqueues 128 && ip link set v0 up && ip link set v1 up");
	watch = watch_v0();
	REQUIRE(watch->setting_count == WATCH_MAX_SETTINGS);
	REQUIRE(watch_settings_unwatched(watch) > 0);
	run("echo 1 >/sys/class/net/v0/queues/rx-127/rps_cpus");
	expect(watch, true, CHANGE_SETTING, 0, 1, "queues/rx-127/rps_cpus");
	expect_silence(watch);
	watch_free(watch);
}

static void features(void)
{
	struct watch *watch;

	enter_namespace(false);
	if (system("command -v ethtool >/dev/null") != 0)
		_exit(SKIPPED);
	watch = watch_v0();
	run("ethtool -K v0 tx-udp-segmentation off >/dev/null");
	expect(watch, false, CHANGE_FEATURES, 1, 0, "tx-udp-segmentation");
	expect_silence(watch);
	run("ip link set v0 down && ip link set v0 name w0 && ip link set w0 up");
	expect(watch, false, CHANGE_LINK_DOWN, 0, 0, NULL);
	expect(watch, false, CHANGE_LINK_UP, 0, 0, NULL);
	run("ethtool -K w0 tx-udp-segmentation on >/dev/null");
	expect(watch, false, CHANGE_FEATURES, 0, 1, "tx-udp-segmentation");
	expect_silence(watch);
	watch_free(watch);
}

/* Ends the process at any system call that watch_read() has not promised to make. */
static bool confine(void)
{
	static const uint32_t allowed[] = {
		__NR_pread64, __NR_recvmsg, __NR_sendto, __NR_ioctl, __NR_clock_gettime, __NR_write,
		__NR_exit_group, __NR_sigaltstack, /* by the address sanitizer, before it ends */
	};
	struct sock_filter filter[2 * COUNT(allowed) + 2];
	struct sock_fprog program = { .len = COUNT(filter), .filter = filter };
	size_t at = 0;

	filter[at++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < COUNT(allowed); i++) {
		filter[at++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void sandbox(void)
{
	struct event events[8];
	struct watch *watch;

	enter_namespace(true);
	watch = watch_v0();
	run("ip link set v0 mtu 1400 && echo 1 >/sys/class/net/v0/queues/rx-0/rps_cpus");
	if (!confine())
		_exit(SKIPPED);
	REQUIRE(watch_read(watch, true, events, 8) == 2);
	require_change(&events[0], CHANGE_MTU, 1500, 1400, NULL);
	require_change(&events[1], CHANGE_SETTING, 0, 1, "queues/rx-0/rps_cpus");
	REQUIRE(watch_read(watch, false, events, 8) == 0);
	_exit(0);
}

/* Runs `body` in a child, whose namespaces end with it. */
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

#define IN_CHILD(body) \
	static void body##_in_namespace(void **state) \
	{ \
		(void)state; \
		in_child(body); \
	}

IN_CHILD(links)
IN_CHILD(overrun)
IN_CHILD(settings)
IN_CHILD(foreign_sysfs)
IN_CHILD(moved)
IN_CHILD(many_queues)
IN_CHILD(features)
IN_CHILD(sandbox)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_in_namespace),
		cmocka_unit_test(overrun_in_namespace),
		cmocka_unit_test(settings_in_namespace),
		cmocka_unit_test(foreign_sysfs_in_namespace),
		cmocka_unit_test(moved_in_namespace),
		cmocka_unit_test(many_queues_in_namespace),
		cmocka_unit_test(features_in_namespace),
		cmocka_unit_test(sandbox_in_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
