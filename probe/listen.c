/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a program get of what came to the interface?  Reads the probes from a socket of its own
 * and asks it how many it had to drop (SO_MEMINFO, sock_diag(7)).
 */
#include "probe/listen.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/packet.h"

#define BUFFER_BYTES (4 << 20)
#define AT_ONCE 100000 /* so that it ends, however fast they come */

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

static int bind_to(int fd, int family, uint16_t port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	int off = 0;

	if (family == AF_INET)
		return bind(fd, (const struct sockaddr *)&v4, sizeof(v4));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	return bind(fd, (const struct sockaddr *)&v6, sizeof(v6));
}

int probe_listen_open(
	struct probe_listen *listen, uint16_t port, uint32_t buffer_bytes, struct error *error)
{
	int family = AF_INET6, bytes = buffer_bytes ? (int)buffer_bytes : BUFFER_BYTES;

	*listen = (struct probe_listen){ .fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
	if (listen->fd < 0) {
		family = AF_INET;
		listen->fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	}
	if (listen->fd < 0)
		return error_set(error, "cannot listen on UDP port %u: %s", port, strerror(errno));
	setsockopt(listen->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (!buffer_bytes)
		setsockopt(listen->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (bind_to(listen->fd, family, port) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return error_set(error, "cannot listen on UDP port %u: %s", port, strerror(errno));
	probe_listen_close(listen);
	listen->taken = true;
	return 0;
}

static void ask_dropped(struct probe_listen *listen)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t length = sizeof(info);

	if (getsockopt(listen->fd, SOL_SOCKET, SO_MEMINFO, info, &length) == 0 &&
		length > SK_MEMINFO_DROPS * sizeof(*info))
		listen->dropped = info[SK_MEMINFO_DROPS];
}

void probe_listen_take(struct probe_listen *listen)
{
	uint8_t bytes[PROBE_END];

	for (int i = 0; listen->fd >= 0 && i < AT_ONCE; i++) {
		struct probe probe;
		ssize_t got = recv(listen->fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);
		uint32_t length = got > 0 ? (uint32_t)got : 0;
		uint32_t present = length < sizeof(bytes) ? length : sizeof(bytes);

		if (got < 0)
			break;
		if (probe_read(bytes, present, length, &probe) != PROBE_NONE && !probe.end)
			listen->packets++;
	}
	if (listen->fd >= 0)
		ask_dropped(listen);
}

void probe_listen_close(struct probe_listen *listen)
{
	if (listen->fd >= 0)
		close(listen->fd);
	listen->fd = -1;
}
