/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process can still do, and what not, once it has given up its privileges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netpacket/packet.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "cmd/landlock.h"
#include "cmd/privilege.h"
#include "cmd/syscalls.h"
#include "tests/unit/children.h"

static bool with_files_closed, with_system_calls_closed, with_ports_closed;

static void drop(void)
{
	struct error error = { "" };

	if (privilege_drop(NULL, &error) < 0) {
		dprintf(STDERR_FILENO, "%s\n", error.text);
		_exit(1);
	}
}

static int setup(void **state)
{
	with_system_calls_closed = syscalls_can_confine();
	with_files_closed = with_system_calls_closed || landlock_version() > 0;
	with_ports_closed = with_system_calls_closed || landlock_version() >= 4;
	return 0;
}

static void sandbox_is_told_as_it_is(void **state)
{
	const char *sandbox = privilege_sandbox();

	assert_int_equal(strstr(sandbox, "landlock") != NULL, landlock_version() > 0);
	assert_int_equal(strstr(sandbox, "seccomp") != NULL, syscalls_can_confine());
	assert_int_equal(strcmp(sandbox, "none") == 0, !with_files_closed);
}

/* Asked first afterwards, it must tell what was applied, not what could be applied again. */
static void told_afterwards(void)
{
	bool landlock = landlock_version() > 0;

	drop();
	must((strstr(privilege_sandbox(), "landlock") != NULL) == landlock);
	must((strstr(privilege_sandbox(), "seccomp") != NULL) == with_system_calls_closed);
}

static void names_lead_nowhere(void)
{
	const int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
	char folder[] = "/tmp/pktlint-test-XXXXXX";
	int directory;

	must(mkdtemp(folder) != NULL);
	directory = open(folder, O_RDONLY | O_DIRECTORY);
	must(directory >= 0 && rmdir(folder) == 0);
	drop();
	must(open("/etc/passwd", O_RDONLY) < 0);
	must(errno == (with_system_calls_closed ? EPERM : EACCES));
	must(fopen("/proc/self/maps", "r") == NULL);
	must(openat(directory, "x", flags, 0600) < 0);
	must(openat(AT_FDCWD, "/tmp/pktlint-test-x", flags, 0600) < 0);
	must(unlink("/etc/passwd") < 0);
}

static void no_peer_is_reached(void)
{
	struct sockaddr_in nowhere = { .sin_family = AF_INET, .sin_port = htons(1) };
	int stream = socket(AF_INET, SOCK_STREAM, 0);

	must(stream >= 0);
	nowhere.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	drop();
	must(connect(stream, (struct sockaddr *)&nowhere, sizeof(nowhere)) < 0);
	must(errno == EPERM || errno == EACCES);
}

static void system_calls_are_gone(void)
{
	struct sockaddr_in nowhere = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sockaddr_ll packets = { .sll_family = AF_PACKET };
	struct winsize size = { 0 };
	char name[] = "true", *const arguments[] = { name, NULL };
	int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
	pid_t parent = getppid();

	must(datagrams >= 0);
	nowhere.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	drop();
	must(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
	must(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
	must(sendto(datagrams, "", 1, 0, (struct sockaddr *)&nowhere, sizeof(nowhere)) < 0 &&
		errno == EPERM);
	must(bind(datagrams, (struct sockaddr *)&nowhere, sizeof(nowhere)) < 0 && errno == EPERM);
	must(bind(datagrams, (struct sockaddr *)&packets, sizeof(packets)) < 0 && errno != EPERM);
	must(fork() < 0 && errno == EPERM);
	must(execv("/bin/true", arguments) < 0 && errno == EPERM);
	must(posix_spawn(NULL, "/bin/true", NULL, NULL, arguments, arguments) == EPERM);
	must(kill(parent, 0) < 0 && errno == EPERM);
	must(kill(-1, 0) < 0 && errno == EPERM);
	must(ioctl(STDERR_FILENO, TIOCSTI, "x") < 0 && errno == EPERM);
	must(ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 || errno == ENOTTY || errno == EINVAL);
	must(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			MAP_FAILED &&
		errno == EPERM);
	must(syscall(SYS_ptrace, 0, 0, 0, 0) < 0 && errno == EPERM);
	must(setsockopt(datagrams, 0, 1, &(int){ 1 }, sizeof(int)) < 0 && errno == EPERM);
}

/* All that an analysis does: its input, memory, clocks, random numbers, and what it writes. */
static void work_goes_on(void)
{
	enum { BYTES = 64 << 20 };
	char passwd[4], text[64] = "";
	int in = open("/etc/passwd", O_RDONLY);
	FILE *out = tmpfile();
	int pair[2];
	struct timespec now;
	struct tm tm;
	uint8_t *area;

	must(in >= 0 && out && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	drop();
	must(read(in, passwd, sizeof(passwd)) == sizeof(passwd) && lseek(in, 0, SEEK_SET) == 0);
	area = malloc(BYTES);
	must(area != NULL);
	memset(area, 1, BYTES);
	must(area[BYTES - 1] == 1);
	free(area);
	must(clock_gettime(CLOCK_REALTIME, &now) == 0 && gmtime_r(&now.tv_sec, &tm));
	must(strftime(text, sizeof(text), "%FT%T", &tm) == 19);
	must(fprintf(out, "%s %.3f\n", text, 1.5) == 26 && fflush(out) == 0);
	must(ftruncate(fileno(out), 3) == 0 && lseek(fileno(out), 0, SEEK_END) == 3);
	must(fclose(out) == 0);
	must(send(pair[0], "x", 1, MSG_NOSIGNAL) == 1 && recv(pair[1], text, 1, 0) == 1);
	must(close(pair[1]) == 0);
	must(send(pair[0], "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE);
	must(write(STDERR_FILENO, "", 0) == 0);
}

static void a_user_must_exist(void)
{
	struct error error = { "" };
	uid_t before = geteuid();

	must(privilege_drop("no-such-user-here", &error) < 0);
	must(strcmp(error.text, "cannot become user 'no-such-user-here': "
				"there is no such user") == 0);
	must(geteuid() == before);
	must(open("/etc/passwd", O_RDONLY) >= 0);
}

/* "daemon" instead of "nobody" for root; not for others. */
static void a_user_can_be_named(void)
{
	const struct passwd *entry = getpwnam("daemon");
	struct error error = { "" };
	bool root = geteuid() == 0;
	int status;

	must(entry != NULL);
	status = privilege_drop("daemon", &error);
	must(root ? status == 0 && getuid() == entry->pw_uid && getegid() == entry->pw_gid
		  : status < 0 && strstr(error.text, "'daemon': only root can choose a user"));
}

static void oneself_can_be_named(void)
{
	const struct passwd *entry = getpwuid(geteuid());

	must(entry != NULL);
	must(privilege_drop(entry->pw_name, NULL) == 0);
	must(open("/etc/passwd", O_RDONLY) < 0 || !with_files_closed);
}

static void in_children(void **state)
{
	assert_int_equal(run_in_child(told_afterwards), 0);
	assert_int_equal(run_in_child(work_goes_on), 0);
	assert_int_equal(run_in_child(a_user_must_exist), 0);
	assert_int_equal(run_in_child(a_user_can_be_named), 0);
	assert_int_equal(run_in_child(oneself_can_be_named), 0);
	if (with_files_closed)
		assert_int_equal(run_in_child(names_lead_nowhere), 0);
	if (with_ports_closed)
		assert_int_equal(run_in_child(no_peer_is_reached), 0);
	if (with_system_calls_closed)
		assert_int_equal(run_in_child(system_calls_are_gone), 0);
}

static void raise_ends(void)
{
	drop();
	raise(SIGTERM);
}

static void abort_ends(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	drop();
	abort();
}

static void exit_ends(void)
{
	drop();
	exit(0);
}

static void ways_to_end(void **state)
{
	int status = run_in_child(raise_ends);

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	status = run_in_child(abort_ends);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_int_equal(run_in_child(exit_ends), 0);
}

/* Starts a child that drops and waits for `*end` to be closed; returns once it has dropped. */
static pid_t start_waiting(int *end)
{
	int ready[2], done[2];
	pid_t child;
	char byte;

	assert_true(pipe(ready) == 0 && pipe(done) == 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(done[1]);
		drop();
		must(write(ready[1], "x", 1) == 1);
		must(read(done[0], &byte, 1) == 0);
		_exit(0);
	}
	close(ready[1]);
	close(done[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	*end = done[1];
	return child;
}

/* Copies the value of field `name` of /proc/PID/status, its blanks as the kernel writes them. */
static const char *field(const char *status, const char *name, char value[static 128])
{
	const char *line = strstr(status, name);

	assert_non_null(line);
	line += strlen(name) + 1;
	snprintf(value, 128, "%.*s", (int)strcspn(line, "\n"), line);
	return value;
}

static void read_status(pid_t pid, char *text, size_t size)
{
	char path[64];
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	length = fread(text, 1, size - 1, file);
	text[length] = '\0';
	fclose(file);
}

/* What the kernel says about it, asked by another process. */
static void nothing_is_left(void **state)
{
	static const char *const sets[] = { "\nCapInh:", "\nCapPrm:", "\nCapEff:", "\nCapAmb:" };
	const struct passwd *nobody = getpwnam("nobody");
	char text[8192], value[128], ids[128];
	int end;
	pid_t child = start_waiting(&end);

	read_status(child, text, sizeof(text));
	close(end);
	waitpid(child, NULL, 0);
	for (unsigned i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		assert_string_equal(field(text, sets[i], value), "0000000000000000");
	assert_string_equal(field(text, "\nNoNewPrivs:", value), "1");
	assert_string_equal(field(text, "\nSeccomp:", value), with_system_calls_closed ? "2" : "0");
	if (geteuid() != 0)
		return;
	assert_non_null(nobody);
	if (prctl(PR_CAPBSET_READ, CAP_SETPCAP, 0, 0, 0) == 1)
		assert_string_equal(field(text, "\nCapBnd:", value), "0000000000000000");
	snprintf(ids, sizeof(ids), "%u\t%u\t%u\t%u", nobody->pw_uid, nobody->pw_uid, nobody->pw_uid,
		nobody->pw_uid);
	assert_string_equal(field(text, "\nUid:", value), ids);
	snprintf(ids, sizeof(ids), "%u\t%u\t%u\t%u", nobody->pw_gid, nobody->pw_gid, nobody->pw_gid,
		nobody->pw_gid);
	assert_string_equal(field(text, "\nGid:", value), ids);
	assert_int_equal(atoi(field(text, "\nGroups:", value)), nobody->pw_gid);
}

static void become_another(void)
{
	if (setgroups(0, NULL) < 0 || setresuid(65534, 65534, 65534) < 0)
		_exit(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_children), /* first: nothing was asked before */
		cmocka_unit_test(sandbox_is_told_as_it_is),
		cmocka_unit_test(ways_to_end),
		cmocka_unit_test(nothing_is_left),
	};

	if (geteuid() == 0 && run_in_child(become_another) != 0) {
		puts("SKIP: root cannot become another user here");
		return 77;
	}
	return cmocka_run_group_tests(tests, setup, NULL);
}
