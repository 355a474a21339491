/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How do probes leave as datagrams, and what comes back?  By connected sockets that ask for the
 * errors which hosts and routers send (ip(7), ipv6(7): IP_RECVERR), with who sent them: without,
 * nobody listening looks like loss.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/errqueue.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/path.h"

#define REPLIES_AT_ONCE 64
#define CONTROL_BYTES 512

static bool same_kind(const struct probe_reply *a, const struct probe_reply *b)
{
	return a->family == b->family && a->type == b->type && a->code == b->code &&
	       a->error == b->error && a->mtu == b->mtu && strcmp(a->from, b->from) == 0;
}

static void count_reply(struct probe_path *path, const struct probe_reply *reply)
{
	for (uint32_t i = 0; i < path->reply_count; i++)
		if (same_kind(&path->replies[i], reply)) {
			path->replies[i].count++;
			return;
		}
	if (path->reply_count == PROBE_REPLIES) {
		path->replies_beyond++;
		return;
	}
	path->replies[path->reply_count] = *reply;
	path->replies[path->reply_count++].count = 1;
}

/* Who sent it stands behind what it is. */
static void name_offender(
	const struct sock_extended_err *told, size_t bytes, struct probe_reply *reply)
{
	const struct sockaddr *from = SO_EE_OFFENDER(told);

	if (bytes >= sizeof(*told) + sizeof(struct sockaddr_in) && from->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)from)->sin_addr, reply->from,
			sizeof(reply->from));
	else if (bytes >= sizeof(*told) + sizeof(struct sockaddr_in6) &&
		 from->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)from)->sin6_addr, reply->from,
			sizeof(reply->from));
}

static bool is_error(const struct cmsghdr *control)
{
	return (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) ||
	       (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR);
}

static void take_error(struct probe_path *path, const struct cmsghdr *control)
{
	const struct sock_extended_err *told = (const void *)CMSG_DATA(control);
	size_t bytes = control->cmsg_len - CMSG_LEN(0);
	struct probe_reply reply = { .family = control->cmsg_level == IPPROTO_IP ? 4 : 6 };

	if (control->cmsg_len < CMSG_LEN(sizeof(*told)))
		return;
	reply.type = told->ee_type;
	reply.code = told->ee_code;
	reply.error = (int)told->ee_errno;
	reply.mtu = reply.error == EMSGSIZE ? told->ee_info : 0;
	if (told->ee_origin != SO_EE_ORIGIN_LOCAL)
		name_offender(told, bytes, &reply);
	count_reply(path, &reply);
}

void probe_udp_take_replies(struct probe_path *path, int fd)
{
	for (int i = 0; i < REPLIES_AT_ONCE; i++) {
		union {
			char bytes[CONTROL_BYTES];
			struct cmsghdr align;
		} room;
		struct msghdr message = { .msg_control = room.bytes,
			.msg_controllen = sizeof(room.bytes) };

		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		for (struct cmsghdr *control = CMSG_FIRSTHDR(&message); control;
			control = CMSG_NXTHDR(&message, control))
			if (is_error(control))
				take_error(path, control);
	}
}

static bool same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in *v4a = (const void *)a, *v4b = (const void *)b;
	const struct sockaddr_in6 *v6a = (const void *)a, *v6b = (const void *)b;

	if (!a || a->sa_family != b->sa_family)
		return false;
	return a->sa_family == AF_INET
		       ? v4a->sin_addr.s_addr == v4b->sin_addr.s_addr
		       : memcmp(&v6a->sin6_addr, &v6b->sin6_addr, sizeof(v6a->sin6_addr)) == 0;
}

/* The interface that has the address by which the socket sends; what is for itself leaves by lo. */
static void find_interface(struct probe_path *path)
{
	struct sockaddr_storage own = { 0 }, peer = { 0 };
	socklen_t own_length = sizeof(own), peer_length = sizeof(peer);
	const char *name = "";
	struct ifaddrs *all;

	if (getsockname(path->fds[0], (struct sockaddr *)&own, &own_length) < 0 ||
		getpeername(path->fds[0], (struct sockaddr *)&peer, &peer_length) < 0 ||
		getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (same_address(i->ifa_addr, (const struct sockaddr *)&own))
			name = i->ifa_name;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (same_address(i->ifa_addr, (const struct sockaddr *)&peer))
			name = "lo";
	snprintf(path->interface, sizeof(path->interface), "%s", name);
	freeifaddrs(all);
}

static void name_peer(struct probe_path *path, const struct addrinfo *to)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 2], port[8];

	if (getnameinfo(to->ai_addr, to->ai_addrlen, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	snprintf(path->peer, sizeof(path->peer), to->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
		host, port);
}

/* A link-local address means nothing without its interface (RFC 4007), groups included. */
static int set_scope(struct addrinfo *to, const char *interface, struct error *error)
{
	struct sockaddr_in6 *address = (void *)to->ai_addr;

	if (to->ai_family != AF_INET6 || address->sin6_scope_id ||
		!(IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr) ||
			IN6_IS_ADDR_MC_LINKLOCAL(&address->sin6_addr)))
		return 0;
	if (!interface)
		return error_set(error, "a link-local address needs its interface: write "
					"ADDRESS%%IF, or add -i IF");
	address->sin6_scope_id = if_nametoindex(interface);
	return 0;
}

/* A socket connected to `to`, a broadcast address too, or -1 with errno. */
static int open_socket(const struct addrinfo *to, const char *interface)
{
	int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	bool v6 = to->ai_family == AF_INET6;

	if (fd < 0)
		return -1;
	if ((!interface || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
				   (socklen_t)strlen(interface) + 1) == 0) &&
		setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, &on,
			sizeof(on)) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) == 0 &&
		connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

static int fail_to_open(const struct probe_path *path, const char *interface, struct error *error)
{
	return error_set(error, "cannot send to '%s'%s%s: %s", path->peer, interface ? " by " : "",
		interface ? interface : "", strerror(errno));
}

/* To the first of the addresses that can be sent to; else `error` is about the last. */
static int open_sockets(struct probe_path *path, struct addrinfo *to, const char *interface,
	uint32_t streams, struct error *error)
{
	int fd = -1;

	for (; to; to = to->ai_next) {
		if (set_scope(to, interface, error) < 0)
			continue;
		name_peer(path, to);
		fd = open_socket(to, interface);
		if (fd >= 0)
			break;
		fail_to_open(path, interface, error);
	}
	if (fd < 0)
		return -1;
	path->fds[path->streams++] = fd;
	while (path->streams < streams) {
		fd = open_socket(to, interface);
		if (fd < 0)
			return fail_to_open(path, interface, error);
		path->fds[path->streams++] = fd;
	}
	return 0;
}

int probe_path_open_udp(struct probe_path *path, const char *host, const char *port, int family,
	const char *interface, uint32_t streams, struct error *error)
{
	const struct addrinfo hints = {
		.ai_family = family,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICSERV,
	};
	struct addrinfo *found;
	int status;

	*path = (struct probe_path){ .raw = false };
	if (interface && !if_nametoindex(interface))
		return error_set(error, "cannot send on '%s': %s", interface, strerror(ENODEV));
	status = getaddrinfo(host, port, &hints, &found);
	if (status != 0)
		return error_set(error, "cannot find the address of '%s': %s", host,
			status == EAI_SYSTEM ? strerror(errno) : gai_strerror(status));
	status = open_sockets(path, found, interface, streams, error);
	freeaddrinfo(found);
	if (status < 0)
		return -1;
	if (interface)
		snprintf(path->interface, sizeof(path->interface), "%s", interface);
	else
		find_interface(path);
	return 0;
}
