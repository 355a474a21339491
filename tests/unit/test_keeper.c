/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbered captures: their names, how many stay, what is refused, and the end of the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cmd/keeper.h"
#include "cmd/privilege.h"
#include "tests/unit/children.h"

static char folder[] = "/tmp/pktlint-keeper-XXXXXX";

/* Each test works in a directory of its own, which is the current one. */
static int enter(void **state)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static bool exists(const char *name)
{
	struct stat status;

	return lstat(name, &status) == 0;
}

static void touch(const char *name, const char *text)
{
	FILE *file = fopen(name, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Asks for the next file, which must come, and closes it. */
static void create(struct keeper *keeper)
{
	struct error error = { "" };
	int fd = keeper_create(keeper, &error);

	assert_string_equal(error.text, "");
	assert_true(fd >= 0 && close(fd) == 0);
}

/* Asks for the next file, which must not come for the reason `text`. */
static void refused(struct keeper *keeper, const char *text)
{
	struct error error = { "" };

	assert_int_equal(keeper_create(keeper, &error), -1);
	assert_string_equal(error.text, text);
}

static void numbers_stand_before_the_extension(void **state)
{
	static const struct {
		const char *path, *first;
	} cases[] = {
		{ "run.pcap", "run_00001.pcap" },
		{ "run", "run_00001" },
		{ "run.tar.gz", "run.tar_00001.gz" },
		{ ".hidden", ".hidden_00001" },
		{ "./run.pcap", "./run_00001.pcap" },
		{ "a.b/run", "a.b/run_00001" },
		{ "100%s.pcap", "100%s_00001.pcap" },
		{ "/tmp/../tmp/", NULL },
	};

	assert_int_equal(mkdir("a.b", 0777), 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct error error = { "" };
		struct keeper *keeper = keeper_start(cases[i].path, 0, &error);

		assert_int_equal(keeper != NULL, cases[i].first != NULL);
		if (!keeper) {
			assert_string_equal(
				error.text, "cannot create '/tmp/../tmp/': it names no file");
			continue;
		}
		assert_string_equal(keeper_name(keeper), "");
		create(keeper);
		assert_string_equal(keeper_name(keeper), cases[i].first);
		assert_true(exists(cases[i].first));
		create(keeper);
		assert_non_null(strstr(keeper_name(keeper), "_00002"));
		keeper_stop(keeper);
	}
}

static void files_are_written_from_their_beginning(void **state)
{
	struct keeper *keeper;
	struct stat status;
	mode_t before;
	int fd;

	touch("run_00001.pcap", "what was there before");
	before = umask(027);
	keeper = keeper_start("run.pcap", 0, NULL);
	umask(before);
	assert_non_null(keeper);
	create(keeper);
	fd = keeper_create(keeper, NULL);
	assert_true(stat("run_00001.pcap", &status) == 0 && status.st_size == 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_true(fstat(fd, &status) == 0 && status.st_size == 1);
	assert_int_equal(status.st_mode & 0777, 0640);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_APPEND), O_WRONLY);
	close(fd);
	keeper_stop(keeper);
}

static void so_many_are_kept(void **state)
{
	static const uint32_t limits[] = { 1, 3, 0, UINT32_MAX };

	for (unsigned i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct keeper *keeper = keeper_start("run.pcap", limits[i], NULL);
		unsigned there = 0;

		assert_non_null(keeper);
		touch("run_00000.pcap", "");
		for (unsigned n = 0; n < 7; n++)
			create(keeper);
		for (unsigned n = 1; n <= 7; n++) {
			char name[32];

			snprintf(name, sizeof(name), "run_%05u.pcap", n);
			there += exists(name);
			if (exists(name))
				assert_int_equal(unlink(name), 0);
		}
		assert_int_equal(there, i < 2 ? limits[i] : 7);
		assert_true(exists("run_00000.pcap")); /* not its own */
		keeper_stop(keeper);
	}
}

/* Files that were taken away are not missed; what cannot be removed stops the capture. */
static void removing(void **state)
{
	struct keeper *keeper = keeper_start("run.pcap", 1, NULL);

	assert_non_null(keeper);
	create(keeper);
	assert_int_equal(unlink("run_00001.pcap"), 0);
	create(keeper);
	assert_true(unlink("run_00002.pcap") == 0 && mkdir("run_00002.pcap", 0777) == 0);
	refused(keeper, "cannot remove 'run_00002.pcap': Is a directory");
	assert_string_equal(keeper_name(keeper), "run_00002.pcap");
	assert_false(exists("run_00003.pcap"));
	assert_int_equal(rmdir("run_00002.pcap"), 0);
	create(keeper);
	assert_string_equal(keeper_name(keeper), "run_00003.pcap");
	keeper_stop(keeper);
}

static void what_lies_in_the_way(void **state)
{
	struct keeper *keeper = keeper_start("run.pcap", 0, NULL);
	struct stat status;

	assert_non_null(keeper);
	touch("victim", "precious");
	assert_int_equal(symlink("victim", "run_00001.pcap"), 0);
	refused(keeper, "cannot create 'run_00001.pcap': a symbolic link is in its place");
	assert_true(stat("victim", &status) == 0 && status.st_size == 8);
	assert_string_equal(keeper_name(keeper), "");
	assert_int_equal(unlink("run_00001.pcap"), 0);
	assert_int_equal(symlink("nowhere", "run_00001.pcap"), 0);
	refused(keeper, "cannot create 'run_00001.pcap': a symbolic link is in its place");
	assert_false(exists("nowhere"));
	assert_int_equal(unlink("run_00001.pcap"), 0);
	assert_int_equal(mkfifo("run_00001.pcap", 0666), 0);
	refused(keeper, "cannot create 'run_00001.pcap': what is in its place is no regular file");
	assert_true(unlink("run_00001.pcap") == 0 && mkdir("run_00001.pcap", 0777) == 0);
	refused(keeper, "cannot create 'run_00001.pcap': Is a directory");
	assert_int_equal(rmdir("run_00001.pcap"), 0);
	create(keeper);
	keeper_stop(keeper);
}

static void folders_that_do_not_do(void **state)
{
	struct error error = { "" };
	struct keeper *keeper;

	assert_null(keeper_start("none/run.pcap", 0, &error));
	assert_string_equal(
		error.text, "cannot create 'none/run_00001.pcap': No such file or directory");
	touch("file", "");
	assert_null(keeper_start("file/run.pcap", 0, &error));
	assert_string_equal(error.text, "cannot create 'file/run_00001.pcap': Not a directory");
	keeper = keeper_start("/proc/run.pcap", 0, &error);
	assert_non_null(keeper);
	assert_int_equal(keeper_create(keeper, &error), -1);
	assert_non_null(strstr(error.text, "cannot create '/proc/run_00001.pcap': "));
	keeper_stop(keeper);
	if (geteuid() == 0)
		return;
	assert_int_equal(mkdir("closed", 0555), 0);
	keeper = keeper_start("closed/run.pcap", 0, &error);
	assert_non_null(keeper);
	refused(keeper, "cannot create 'closed/run_00001.pcap': Permission denied");
	keeper_stop(keeper);
}

static void no_descriptor_is_free(void)
{
	struct keeper *keeper = keeper_start("run.pcap", 0, NULL);
	struct error error = { "" };

	must(keeper != NULL && setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 32, 32 }) == 0);
	while (dup(STDERR_FILENO) >= 0)
		;
	must(keeper_create(keeper, &error) < 0);
	must(strcmp(error.text, "cannot create 'run_00001.pcap': Too many open files") == 0);
	keeper_stop(keeper);
}

/* As after Ctrl-C: the whole process group gets it, and the capture lives on to write its end. */
static void signals_to_the_group(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	struct keeper *keeper;
	int fd;

	must(setpgid(0, 0) == 0);
	keeper = keeper_start("run.pcap", 0, NULL);
	must(keeper != NULL);
	fd = keeper_create(keeper, NULL);
	must(fd >= 0);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		signal(numbers[i], SIG_IGN);
		must(kill(0, numbers[i]) == 0);
		close(fd);
		fd = keeper_create(keeper, NULL);
		must(fd >= 0);
	}
	keeper_stop(keeper);
	must(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
}

static void after_the_drop(void)
{
	struct keeper *keeper = keeper_start("run.pcap", 1, NULL);
	int fd;

	must(keeper != NULL);
	must(privilege_drop(NULL, NULL) == 0 || privilege_drop("root", NULL) == 0);
	fd = keeper_create(keeper, NULL);
	must(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
	fd = keeper_create(keeper, NULL);
	must(fd >= 0 && write(fd, "xx", 2) == 2 && close(fd) == 0);
	keeper_stop(keeper);
}

/* The number of the keeper's process, told by the kernel alone; 0: nor by this one. */
static pid_t only_child(void)
{
	char path[64], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	if (!file)
		return 0;
	must(fgets(text, sizeof(text), file) && fclose(file) == 0);
	return (pid_t)atoi(text);
}

static void the_keeper_is_killed(void)
{
	struct keeper *keeper = keeper_start("run.pcap", 0, NULL);
	struct error error = { "" };
	pid_t child = only_child();

	if (!child)
		return;
	must(keeper && keeper_create(keeper, NULL) >= 0 && kill(child, SIGKILL) == 0);
	must(waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT) == 0);
	must(keeper_create(keeper, &error) < 0);
	must(strcmp(error.text, "cannot create 'run_00002.pcap': "
				"the process that creates files has ended") == 0);
	must(strcmp(keeper_name(keeper), "run_00001.pcap") == 0);
	keeper_stop(keeper);
}

static void in_children(void **state)
{
	struct stat status;

	assert_int_equal(run_in_child(signals_to_the_group), 0);
	assert_int_equal(run_in_child(no_descriptor_is_free), 0);
	assert_int_equal(run_in_child(the_keeper_is_killed), 0);
	assert_int_equal(run_in_child(after_the_drop), 0);
	assert_true(stat("run_00002.pcap", &status) == 0 && status.st_size == 2);
	assert_int_equal(status.st_uid, geteuid());
	assert_false(exists("run_00001.pcap"));
}

/* A capture that starts a keeper, lets it go through its start, and is killed. */
static void capture_that_is_killed(void)
{
	must(keeper_create(keeper_start("run.pcap", 0, NULL), NULL) >= 0);
	raise(SIGKILL);
}

/* The orphan comes to this process, which would wait for ever if it did not end. */
static void keeper_ends_with_the_capture(void **state)
{
	int status = 0;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	status = run_in_child(capture_that_is_killed);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

static void stopping_nothing_is_allowed(void **state)
{
	keeper_stop(NULL);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(numbers_stand_before_the_extension),
		IN_FOLDER(files_are_written_from_their_beginning),
		IN_FOLDER(so_many_are_kept),
		IN_FOLDER(removing),
		IN_FOLDER(what_lies_in_the_way),
		IN_FOLDER(folders_that_do_not_do),
		IN_FOLDER(in_children),
		IN_FOLDER(keeper_ends_with_the_capture),
		cmocka_unit_test(stopping_nothing_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
