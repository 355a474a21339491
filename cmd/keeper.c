/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How numbered captures come into being when the capture itself can open nothing any more: a child
 * with the rights from before, asked over a socket pair (unix(7), SOCK_SEQPACKET), passes each file
 * back as a descriptor (SCM_RIGHTS).  It counts itself and takes only the number that is next, so
 * what it removes it has created.  Its own rights end at that directory: capabilities(7),
 * landlock(7).
 */
#include "cmd/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "cmd/capabilities.h"
#include "cmd/child.h"
#include "cmd/landlock.h"

/* All that root needs to create and remove files in directories of others. */
#define KEPT (UINT64_C(1) << CAP_DAC_OVERRIDE | UINT64_C(1) << CAP_FOWNER)

/* How files are called: `path`, a number within it. */
struct name {
	char *path;  /* owned */
	int base;    /* bytes of path before its last component */
	int stem;    /* bytes of path before the number */
	char *text;  /* the name of one file; owned */
	size_t room; /* bytes of text */
};

struct keeper {
	struct name name;
	pid_t child;
	int socket;
	uint32_t number; /* of the file created last */
};

/* What it answers; a descriptor comes with it if the error is 0. */
struct answer {
	int32_t error;    /* errno */
	uint32_t removed; /* the number of the file that could not be removed, or 0 */
};

/* The child's side. */
struct shelf {
	struct name *name;
	int socket, directory;
	uint32_t keep, created;
};

static void name_init(struct name *name, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	name->path = memory_copy_text(path);
	name->base = (int)(base - path);
	name->stem = dot && dot != base ? (int)(dot - path) : (int)strlen(path);
	name->room = strlen(path) + sizeof("_4294967295");
	name->text = memory_alloc(name->room, 1);
}

static const char *name_of(struct name *name, uint32_t number)
{
	snprintf(name->text, name->room, "%.*s_%05u%s", name->stem, name->path, (unsigned)number,
		name->path + name->stem);
	return name->text;
}

/* The same within its directory. */
static const char *base_of(struct name *name, uint32_t number)
{
	return name_of(name, number) + name->base;
}

/*
 * A file of that name is overwritten, as by tcpdump -w; but no link is followed that somebody put
 * in its place, and a pipe put there is not waited for.
 */
static int create(int directory, const char *base)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY;
	int fd = openat(directory, base, flags | O_NOFOLLOW | O_NONBLOCK, 0666);
	struct stat status;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && fcntl(fd, F_SETFL, 0) == 0)
		return fd;
	close(fd);
	errno = EEXIST;
	return -1;
}

/* Makes room first, since the disk may be full.  Returns the descriptor or -1. */
static int next_file(struct shelf *shelf, uint32_t number, struct answer *answer)
{
	int fd;

	*answer = (struct answer){ 0 };
	if (number == 0 || number != shelf->created + 1) {
		answer->error = EINVAL;
		return -1;
	}
	if (shelf->keep > 0 && number > shelf->keep &&
		unlinkat(shelf->directory, base_of(shelf->name, number - shelf->keep), 0) < 0 &&
		errno != ENOENT) {
		*answer = (struct answer){ errno, number - shelf->keep };
		return -1;
	}
	fd = create(shelf->directory, base_of(shelf->name, number));
	if (fd < 0)
		answer->error = errno;
	else
		shelf->created = number;
	return fd;
}

/* Room for one descriptor beside a message. */
union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static int send_answer(int socket, struct answer *answer, int fd)
{
	union control control = { .bytes = "" };
	struct iovec part = { .iov_base = answer, .iov_len = sizeof(*answer) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		*CMSG_FIRSTHDR(&message) = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(fd)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* Returns the descriptor that came with the answer or -1, and in `answer` what was said. */
static int receive_answer(int socket, struct answer *answer)
{
	union control control;
	struct iovec part = { .iov_base = answer, .iov_len = sizeof(*answer) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	const struct cmsghdr *header;
	ssize_t length;
	int fd = -1;

	do
		length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length != (ssize_t)sizeof(*answer)) {
		*answer = (struct answer){ .error = length < 0 ? errno : EPIPE };
		return -1;
	}
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	else if (answer->error == 0)
		answer->error = EMFILE; /* unix(7): one too many is thrown away */
	return fd;
}

static int confine(const struct shelf *shelf)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	capabilities_bound(KEPT);
	if (capabilities_keep(KEPT, NULL) < 0)
		return -1;
	return landlock_confine(shelf->directory, NULL);
}

/* Ends when the capture has closed its side, in whatever way it ended. */
static void serve(struct shelf *shelf)
{
	struct answer answer;
	uint32_t number;

	for (;;) {
		ssize_t length = recv(shelf->socket, &number, sizeof(number), 0);
		int fd;

		if (length < 0 && errno == EINTR)
			continue;
		if (length != (ssize_t)sizeof(number))
			return;
		fd = next_file(shelf, number, &answer);
		send_answer(shelf->socket, &answer, fd);
		if (fd >= 0)
			close(fd);
	}
}

static _Noreturn void run(struct shelf *shelf)
{
	const int kept[] = { shelf->directory, shelf->socket };

	child_settle("pktlint-keeper", kept, 2);
	if (confine(shelf) < 0)
		_exit(1);
	serve(shelf);
	_exit(0);
}

static int open_directory(struct name *name)
{
	char *folder = memory_copy_text(name->path);
	int fd;

	folder[name->base] = '\0';
	fd = open(*folder ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	return fd;
}

/* Forks; returns 0, or -1 with `error` filled and nothing left open. */
static int start(struct keeper *keeper, uint32_t keep, struct error *error)
{
	struct shelf shelf = { .name = &keeper->name, .keep = keep };
	int pair[2], status = 0;

	if (!keeper->name.path[keeper->name.base])
		return error_set(error, "cannot create '%s': it names no file", keeper->name.path);
	shelf.directory = open_directory(&keeper->name);
	if (shelf.directory < 0)
		return error_set(error, "cannot create '%s': %s", name_of(&keeper->name, 1),
			strerror(errno));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		close(shelf.directory);
		return error_set(error,
			"cannot make a socket for the process that creates '%s': %s",
			name_of(&keeper->name, 1), strerror(errno));
	}
	shelf.socket = pair[1];
	keeper->socket = pair[0];
	keeper->child = fork();
	if (keeper->child == 0)
		run(&shelf);
	if (keeper->child < 0) {
		status = error_set(error, "cannot start the process that creates '%s': %s",
			name_of(&keeper->name, 1), strerror(errno));
		close(pair[0]);
	}
	close(pair[1]);
	close(shelf.directory);
	return status;
}

/* Leaves the name of the file created last, whatever other name was needed meanwhile. */
static void tell_last(struct keeper *keeper)
{
	if (keeper->number > 0)
		name_of(&keeper->name, keeper->number);
	else
		keeper->name.text[0] = '\0';
}

static void keeper_free(struct keeper *keeper)
{
	free(keeper->name.text);
	free(keeper->name.path);
	free(keeper);
}

struct keeper *keeper_start(const char *path, uint32_t keep, struct error *error)
{
	struct keeper *keeper = memory_alloc(1, sizeof(*keeper));

	name_init(&keeper->name, path);
	if (start(keeper, keep, error) == 0) {
		tell_last(keeper);
		return keeper;
	}
	keeper_free(keeper);
	return NULL;
}

/* What the words of strerror(3) would not tell here. */
static const char *reason_of(int number)
{
	static const struct {
		int number;
		const char *text;
	} reasons[] = {
		{ ELOOP, "a symbolic link is in its place" },
		{ EEXIST, "what is in its place is no regular file" },
		{ ENXIO, "what is in its place is no regular file" },
		{ EPIPE, "the process that creates files has ended" },
		{ ECONNRESET, "the process that creates files has ended" },
	};

	for (unsigned i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (number == reasons[i].number)
			return reasons[i].text;
	return strerror(number);
}

static void explain(struct keeper *keeper, const struct answer *answer, struct error *error)
{
	uint32_t number = answer->removed ? answer->removed : keeper->number + 1;

	error_set(error, "cannot %s '%s': %s", answer->removed ? "remove" : "create",
		name_of(&keeper->name, number), reason_of(answer->error));
}

int keeper_create(struct keeper *keeper, struct error *error)
{
	uint32_t number = keeper->number + 1;
	struct answer answer = { 0 };
	int fd = -1;

	if (send(keeper->socket, &number, sizeof(number), MSG_NOSIGNAL) < 0)
		answer.error = errno;
	else
		fd = receive_answer(keeper->socket, &answer);
	if (fd < 0)
		explain(keeper, &answer, error);
	else
		keeper->number = number;
	tell_last(keeper);
	return fd;
}

const char *keeper_name(const struct keeper *keeper)
{
	return keeper->name.text;
}

void keeper_stop(struct keeper *keeper)
{
	if (!keeper)
		return;
	close(keeper->socket);
	while (waitpid(keeper->child, NULL, 0) < 0 && errno == EINTR)
		;
	keeper_free(keeper);
}
