/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Did a probe leave?  One that the kernel refuses is not sent again; but an error that came back
 * for an earlier one (ip(7), IP_RECVERR) is taken in first, as send(2) would return it for this.
 */
#include "probe/path.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATTEMPTS 3 /* as errors may come between looking for them and sending */

static bool is_reply(int error)
{
	return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
	       error == ENOPROTOOPT || error == EPROTO || error == EHOSTDOWN || error == EACCES;
}

static uint64_t count_replies(const struct probe_path *path)
{
	uint64_t count = path->replies_beyond;

	for (uint32_t i = 0; i < path->reply_count; i++)
		count += path->replies[i].count;
	return count;
}

int probe_path_send(struct probe_path *path, uint32_t stream, const uint8_t *bytes, uint32_t count)
{
	int fd = path->fds[path->raw ? 0 : stream], status = 0;

	for (int i = 0; i < ATTEMPTS; i++) {
		uint64_t before;

		if (!path->raw)
			probe_udp_take_replies(path, fd);
		if (send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		status = errno;
		before = count_replies(path);
		if (path->raw || !is_reply(status))
			break;
		probe_udp_take_replies(path, fd);
		if (count_replies(path) == before)
			break;
	}
	return status;
}

void probe_path_listen(struct probe_path *path)
{
	for (uint32_t i = 0; !path->raw && i < path->streams; i++)
		probe_udp_take_replies(path, path->fds[i]);
}

void probe_path_close(struct probe_path *path)
{
	for (uint32_t i = 0; i < path->streams; i++)
		close(path->fds[i]);
	path->streams = 0;
}
