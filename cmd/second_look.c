/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How did the counters move while packets were captured, if the capture itself can read no file
 * any more? A child with the rights to look, asked over a socket pair (unix(7)) by one byte,
 * answers with a snapshot in the format of pktlint-host(5).  capabilities(7) tells its rights.
 */
#include "cmd/second_look.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "cmd/capabilities.h"
#include "cmd/child.h"
#include "host/collect.h"

#define BIT(n) (UINT64_C(1) << (n))

/* What asking drivers and the kernel, and reading what belongs to other users, takes. */
#define KEPT (BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_NET_ADMIN) | BIT(CAP_SYS_PTRACE))

struct second_look {
	pid_t child;
	FILE *answer; /* our end of the socket pair */
};

/* Ends without a word when the capture has closed its end. */
static _Noreturn void run(int socket)
{
	struct snapshot *snapshot;
	FILE *out = fdopen(socket, "w");
	char question;
	int status = 1;

	child_settle("pktlint-look", &socket, 1);
	if (!out || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(1);
	capabilities_bound(KEPT);
	if (capabilities_keep(KEPT, NULL) < 0 || read(socket, &question, 1) != 1)
		_exit(1);
	snapshot = collect_snapshot();
	if (snapshot_write(out, snapshot, NULL) == 0 && fflush(out) == 0)
		status = 0;
	snapshot_free(snapshot);
	_exit(status);
}

struct second_look *second_look_start(struct error *error)
{
	struct second_look *look = memory_alloc(1, sizeof(*look));
	int pair[2] = { -1, -1 };

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		goto failed;
	look->answer = fdopen(pair[0], "r");
	if (!look->answer)
		goto failed;
	look->child = fork();
	if (look->child == 0)
		run(pair[1]);
	if (look->child < 0)
		goto failed;
	close(pair[1]);
	return look;
failed:
	error_set(error, "cannot start the process that looks at the machine again: %s",
		strerror(errno));
	if (look->answer)
		fclose(look->answer);
	else if (pair[0] >= 0)
		close(pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
	free(look);
	return NULL;
}

struct snapshot *second_look_take(struct second_look *look, struct error *error)
{
	struct snapshot *snapshot, *before;
	struct error why;
	uint64_t odd;

	if (send(fileno(look->answer), "", 1, MSG_NOSIGNAL) != 1) {
		error_set(error, "cannot look at the machine again: %s", strerror(errno));
		return NULL;
	}
	if (snapshot_read(look->answer, &snapshot, &before, &odd, &why) < 0) {
		error_set(error, "cannot look at the machine again: %s", why.text);
		return NULL;
	}
	snapshot_free(before);
	return snapshot;
}

void second_look_end(struct second_look *look)
{
	if (!look)
		return;
	fclose(look->answer);
	while (waitpid(look->child, NULL, 0) < 0 && errno == EINTR)
		;
	free(look);
}
