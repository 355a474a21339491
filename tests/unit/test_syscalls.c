/* SPDX-License-Identifier: BSD-2-Clause */
/* What a confined process may still tell its sockets, and what not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/syscalls.h"

static bool is_refused(int status)
{
	return status < 0 && errno == EPERM;
}

/* In a process of its own: returns 0, or which step went wrong. */
static int confined(void)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = { .len = 1, .filter = &nothing };
	const struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	struct error error;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return 1;
	if (syscalls_confine(false, &error) < 0)
		return 2;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return 3;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		return 4;
	if (!is_refused(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &on, sizeof(on))))
		return 5;
	if (!is_refused(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))))
		return 6;
	if (!is_refused(bind(fd, (const struct sockaddr *)&address, sizeof(address))))
		return 7;
	return is_refused(socket(AF_INET, SOCK_DGRAM, 0)) ? 0 : 8;
}

static void sockets(void **state)
{
	int status;
	pid_t child;

	(void)state;
	if (!syscalls_can_confine())
		skip();
	child = fork();
	if (child == 0)
		_exit(confined());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
