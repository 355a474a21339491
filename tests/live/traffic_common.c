/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the senders and receivers of the laboratory share: a rate that is kept without ever sending
 * a long debt at once (a burst would fill queues and so be a fault of the test), addresses, and the
 * file of what was received.
 */
#include "tests/live/traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/frame.h"
#include "tests/live/tool.h"

static uint64_t due_ns(const struct pace *pace, uint64_t number)
{
	return pace->start_ns + number / pace->rate * SECOND_NS +
	       number % pace->rate * SECOND_NS / pace->rate;
}

unsigned pace_wait(struct pace *pace, uint64_t left)
{
	uint64_t now, due;
	unsigned may = 0;

	if (!pace->start_ns)
		pace->start_ns = clock_ns();
	if (!left)
		return 0;
	while ((now = clock_ns()) < (due = due_ns(pace, pace->sent)))
		if (wait_ready(NULL, 0, due) < 0)
			return 0;
	if (stop_asked())
		return 0;
	while (may < BURST && may < left && due_ns(pace, pace->sent + may) <= now)
		may++;
	pace->sent += may;
	if (due_ns(pace, pace->sent) <= now)
		pace->start_ns += now - due_ns(pace, pace->sent);
	return may;
}

/* Not one bit of it counts: each word is that before it, mixed as splitmix64 does. */
static void noise_write(uint8_t *payload, size_t bytes)
{
	static _Thread_local uint64_t state;
	size_t room;

	if (!state)
		state = clock_ns();
	for (size_t at = 0; at < bytes; at += room) {
		uint64_t word = state += 0x9e3779b97f4a7c15;

		word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
		word = (word ^ word >> 27) * 0x94d049bb133111eb;
		word ^= word >> 31;
		room = bytes - at < sizeof(word) ? bytes - at : sizeof(word);
		memcpy(payload + at, &word, room);
	}
}

void payload_write(const struct request *request, uint8_t *payload, size_t bytes, uint32_t flow,
	uint32_t sequence)
{
	if (request->noise)
		noise_write(payload, bytes);
	else
		stamp_write(payload, bytes, flow, sequence);
}

void print_sent(const char *what, uint64_t sent, uint64_t bytes, uint64_t enobufs, uint64_t errors)
{
	printf("{\"%s\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"enobufs\": %" PRIu64
	       ", \"errors\": %" PRIu64 "}\n",
		what, sent, bytes, enobufs, errors);
}

bool receive_wait(int fd, const struct request *request, uint64_t received)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	bool ends = request->idle_ms && received;

	return wait_ready(&wanted, 1, ends ? clock_ns() + request->idle_ms * MS_NS : UINT64_MAX) >
	       0;
}

FILE *output_open(const struct request *request)
{
	FILE *out = fopen(request->output ? request->output : "/dev/null", "w");

	if (!out)
		die("cannot write '%s': %s", request->output, strerror(errno));
	return out;
}

void output_close(FILE *out, const struct request *request)
{
	if (ferror(out) | fclose(out))
		die("cannot write '%s': %s", request->output, strerror(errno));
}

static bool parse_host(struct sockaddr_storage *address, const char *host, uint64_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	*address = (struct sockaddr_storage){ 0 };
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		return true;
	}
	*address = (struct sockaddr_storage){ 0 };
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
}

socklen_t address_parse(struct sockaddr_storage *address, const char *text, uint64_t port)
{
	char host[INET6_ADDRSTRLEN + 10], *colon, *start = host;

	snprintf(host, sizeof(host), "%s", text);
	if (!port) {
		colon = strrchr(host, ':');
		if (!colon)
			die("'%s' has no port: ADDR:PORT, [ADDR]:PORT for IPv6", text);
		port = number_parse("port", colon + 1, UINT16_MAX);
		*colon = '\0';
	}
	if (*start == '[' && start[strlen(start) - 1] == ']') {
		start[strlen(start) - 1] = '\0';
		start++;
	}
	if (!parse_host(address, start, port))
		die("'%s' is no address", text);
	return address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					     : sizeof(struct sockaddr_in6);
}

char *address_print(const struct sockaddr_storage *address, char *text)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	bool mapped = address->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
	char host[INET6_ADDRSTRLEN];

	if (address->ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
	else if (mapped)
		inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, host, sizeof(host));
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
	snprintf(text, ADDRESS_BYTES, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host,
		ntohs(address->ss_family == AF_INET ? v4->sin_port : v6->sin6_port));
	return text;
}

int address_listen(int type, uint64_t port)
{
	struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port),
	};
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), off = 0, on = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
		(type == SOCK_STREAM && listen(fd, FLOWS_MOST) < 0))
		die("cannot listen on port '%llu': %s", (unsigned long long)port, strerror(errno));
	return fd;
}
