/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How is this machine set where its network namespaces share one setting? Only the first of them
 * has the file (net/core/sysctl_net_core.c, net_core_table), so a child goes there and passes open
 * descriptors back: setns(2), SCM_RIGHTS of unix(7).  If it fails nothing is changed.
 */
#include "base/initial_net.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child tells, beside the descriptors of what it could open. */
struct answer {
	int error; /* errno, if it could open none */
	bool opened[INITIAL_NET_MAX];
};

/* Aligned as the kernel has it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(INITIAL_NET_MAX * sizeof(int))];
};

/*
 * Who is in it: process 1, unless all that we see is a container; and process 2, if it is the
 * kernel's, which may be traced where process 1 has capabilities that we have not.
 */
static const char *const spaces[] = { "/proc/1/ns/net", "/proc/2/ns/net" };

static int enter(const char *path)
{
	int space = open(path, O_RDONLY | O_CLOEXEC);

	return space < 0 ? -1 : setns(space, CLONE_NEWNET);
}

/* Opens the files that are there.  Returns how many. */
static size_t open_there(
	const char *const *paths, size_t count, int opened[INITIAL_NET_MAX], struct answer *answer)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		int descriptor = open(paths[i], O_RDONLY | O_CLOEXEC);

		answer->opened[i] = descriptor >= 0;
		if (descriptor >= 0)
			opened[found++] = descriptor;
		else
			answer->error = errno;
	}
	return found;
}

/* Looks for the namespace that has them. */
static size_t open_all(
	const char *const *paths, size_t count, int opened[INITIAL_NET_MAX], struct answer *answer)
{
	size_t found = 0;

	for (size_t i = 0; i < sizeof(spaces) / sizeof(*spaces) && !found; i++) {
		if (enter(spaces[i]) < 0)
			answer->error = errno;
		else
			found = open_there(paths, count, opened, answer);
	}
	return found;
}

/* The child's part; allocates nothing, for other threads may hold the locks of malloc(3). */
static void tell(int to, const char *const *paths, size_t count)
{
	struct answer answer = { .error = ENOENT };
	union control control = { .bytes = { 0 } };
	struct iovec part = { &answer, sizeof(answer) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	int opened[INITIAL_NET_MAX];
	size_t found = open_all(paths, count, opened, &answer);

	if (found) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(found * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(found * sizeof(int));
		memcpy(CMSG_DATA(&control.header), opened, found * sizeof(int));
	}
	sendmsg(to, &message, MSG_NOSIGNAL);
}

/* Reads the answer.  Returns how many descriptors came with it, -1 with errno if none did. */
static ssize_t hear(int from, struct answer *answer, int opened[INITIAL_NET_MAX])
{
	union control control = { .bytes = { 0 } };
	struct iovec part = { answer, sizeof(*answer) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *header;
	size_t bytes;
	ssize_t got;

	do {
		got = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(*answer)) {
		errno = got < 0 ? errno : ECHILD;
		return -1;
	}
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS) {
		errno = answer->error;
		return -1;
	}
	bytes = header->cmsg_len - CMSG_LEN(0);
	memcpy(opened, CMSG_DATA(header), bytes);
	return (ssize_t)(bytes / sizeof(int));
}

/* Gives each path its descriptor.  Returns how many there are. */
static size_t hand_out(const struct answer *answer, const int *opened, ssize_t came,
	int *descriptors, size_t count)
{
	ssize_t next = 0;

	for (size_t i = 0; i < count; i++)
		if (answer->opened[i] && next < came)
			descriptors[i] = opened[next++];
	return (size_t)next;
}

static void wait_for(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

size_t initial_net_open(const char *const *paths, size_t count, int *descriptors)
{
	struct answer answer = { .error = 0 };
	int opened[INITIAL_NET_MAX], ends[2], error;
	ssize_t came;
	pid_t child;

	memset(descriptors, -1, count * sizeof(*descriptors));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return 0;
	child = fork();
	if (child == 0) {
		tell(ends[1], paths, count);
		_exit(0);
	}
	error = errno;
	close(ends[1]);
	came = -1;
	if (child > 0) {
		came = hear(ends[0], &answer, opened);
		error = errno;
		wait_for(child);
	}
	close(ends[0]);
	errno = error;
	return came < 0 ? 0 : hand_out(&answer, opened, came, descriptors, count);
}
