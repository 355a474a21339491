/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What did TCP make of a path? A sender of a given number of bytes and a sink for any number of
 * connections, both of which tell what the kernel counted on their side (TCP_INFO). The bytes are
 * a pattern that the sink checks. Only <linux/tcp.h> knows the newer fields.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/tool.h"
#include "tests/live/traffic.h"

#define SEGMENT_BYTES 1448 /* of payload, with time stamps, at an MTU of 1500 */
#define CHUNK_BYTES (64 << 10)
#define PATTERN_PERIOD 65521

/* One end of a connection. */
struct end {
	int fd;
	const char *role;
	char local[ADDRESS_BYTES], remote[ADDRESS_BYTES];
	uint64_t start_ns, sent, received, to_send;
	bool damaged, finished; /* all sent and said so */
};

static uint8_t pattern[PATTERN_PERIOD + CHUNK_BYTES];

#define FIELD(member, name) \
	{ \
		name, offsetof(struct tcp_info, member), sizeof(((struct tcp_info *)0)->member) \
	}

static const struct {
	const char *name;
	size_t offset, bytes;
} info_fields[] = {
	FIELD(tcpi_total_retrans, "retransmits"),
	FIELD(tcpi_bytes_retrans, "bytes_retransmitted"),
	FIELD(tcpi_reord_seen, "reorderings_seen"),
	FIELD(tcpi_reordering, "reordering"),
	FIELD(tcpi_dsack_dups, "dsacks_received"),
	FIELD(tcpi_rcv_ooopack, "out_of_order_received"),
	FIELD(tcpi_segs_out, "segments_sent"),
	FIELD(tcpi_segs_in, "segments_received"),
	FIELD(tcpi_data_segs_out, "data_segments_sent"),
	FIELD(tcpi_data_segs_in, "data_segments_received"),
	FIELD(tcpi_snd_mss, "mss_sent"),
	FIELD(tcpi_rcv_mss, "mss_received"),
	FIELD(tcpi_rtt, "rtt_us"),
	FIELD(tcpi_min_rtt, "rtt_least_us"),
};

static uint64_t field_value(const struct tcp_info *info, size_t offset, size_t bytes)
{
	const char *at = (const char *)info + offset;
	uint64_t wide;
	uint32_t narrow;

	memcpy(&wide, at, sizeof(wide) < bytes ? sizeof(wide) : bytes);
	memcpy(&narrow, at, sizeof(narrow));
	return bytes == sizeof(narrow) ? narrow : wide;
}

static void fill_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)((i % PATTERN_PERIOD) * 167 >> 3);
}

static void note_addresses(struct end *end)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);

	getsockname(end->fd, (struct sockaddr *)&address, &length);
	address_print(&address, end->local);
	length = sizeof(address);
	getpeername(end->fd, (struct sockaddr *)&address, &length);
	address_print(&address, end->remote);
}

/* Prints what became of a connection, and closes it. */
static void report(struct end *end)
{
	struct tcp_info info = { 0 };
	socklen_t bytes = sizeof(info);

	if (getsockopt(end->fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) < 0)
		die("cannot read TCP_INFO: %s", strerror(errno));
	printf("{\"role\": \"%s\"", end->role);
	printf(", \"local\": \"%s\", \"remote\": \"%s\"", end->local, end->remote);
	printf(", \"sent\": %" PRIu64 ", \"received\": %" PRIu64 ", \"intact\": %s", end->sent,
		end->received, end->damaged ? "false" : "true");
	printf(", \"ms\": %" PRIu64, (clock_ns() - end->start_ns) / MS_NS);
	for (size_t i = 0; i < sizeof(info_fields) / sizeof(*info_fields); i++)
		printf(", \"%s\": %" PRIu64, info_fields[i].name,
			field_value(&info, info_fields[i].offset, info_fields[i].bytes));
	puts("}");
	fflush(stdout);
	close(end->fd);
	end->fd = -1;
}

static void fail(const struct end *end, const char *what)
{
	die("%s: cannot %s after %" PRIu64 " bytes sent, %" PRIu64 " received: %s", end->role, what,
		end->sent, end->received, strerror(errno));
}

static bool again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* Reads what waits.  Returns false at the end of the stream. */
static bool end_receive(struct end *end)
{
	static uint8_t bytes[CHUNK_BYTES];
	ssize_t got;

	while ((got = recv(end->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		if (memcmp(bytes, pattern + end->received % PATTERN_PERIOD, (size_t)got) != 0)
			end->damaged = true;
		end->received += (uint64_t)got;
	}
	if (got < 0 && !again())
		fail(end, "receive");
	return got != 0;
}

/* Sends what there is room for, and the end of the stream when all is sent. */
static void end_send(struct end *end)
{
	while (end->sent < end->to_send) {
		uint64_t left = end->to_send - end->sent;
		ssize_t sent = send(end->fd, pattern + end->sent % PATTERN_PERIOD,
			left < CHUNK_BYTES ? left : CHUNK_BYTES, MSG_DONTWAIT);

		if (sent < 0 && again())
			return;
		if (sent < 0)
			fail(end, "send");
		end->sent += (uint64_t)sent;
	}
	if (shutdown(end->fd, SHUT_WR) < 0)
		fail(end, "end the stream");
	end->finished = true;
}

/* Until both sides have ended their streams.  Returns false if the program was told to stop. */
static bool end_run(struct end *end)
{
	bool open = true;

	while (open || !end->finished) {
		struct pollfd wanted = {
			.fd = end->fd,
			.events = (short)((open ? POLLIN : 0) | (end->finished ? 0 : POLLOUT)),
		};

		if (wait_ready(&wanted, 1, UINT64_MAX) < 0)
			return false;
		if (!end->finished)
			end_send(end);
		if (open)
			open = end_receive(end);
	}
	return true;
}

/* Has the kernel space the segments, so that few are in flight. */
static void pace(int fd, uint64_t segments_per_second)
{
	uint32_t rate = (uint32_t)(segments_per_second * SEGMENT_BYTES);

	if (rate && setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate)) < 0)
		die("cannot pace TCP: %s", strerror(errno));
}

int send_tcp(const struct request *request)
{
	struct sockaddr_storage address;
	socklen_t length = address_parse(&address, request->destination, request->port);
	struct end end = { .role = "client", .to_send = request->bytes };
	bool whole;

	fill_pattern();
	end.start_ns = clock_ns();
	end.fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (end.fd >= 0)
		pace(end.fd, request->rate);
	if (end.fd < 0 || connect(end.fd, (struct sockaddr *)&address, length) < 0)
		die("cannot connect to '%s' port %" PRIu64 ": %s", request->destination,
			request->port, strerror(errno));
	note_addresses(&end);
	whole = end_run(&end);
	report(&end);
	return whole && !end.damaged ? 0 : 1;
}

struct server {
	struct end ends[FLOWS_MOST];
	struct pollfd fds[FLOWS_MOST + 1]; /* the last one listens */
	uint64_t reply, left;
	bool damaged;
};

static void server_accept(struct server *server)
{
	int fd = accept4(server->fds[FLOWS_MOST].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (unsigned i = 0; i < FLOWS_MOST; i++)
		if (server->ends[i].fd < 0) {
			server->ends[i] = (struct end){
				.fd = fd,
				.role = "server",
				.start_ns = clock_ns(),
				.to_send = server->reply,
			};
			note_addresses(&server->ends[i]);
			server->fds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
			return;
		}
	die("more than %d connections at once", FLOWS_MOST);
}

/* The reply follows the end of the other side's stream. */
static void server_go_on(struct server *server, unsigned i)
{
	struct end *end = &server->ends[i];

	if (server->fds[i].events == POLLIN && end_receive(end))
		return;
	server->fds[i].events = POLLOUT;
	end_send(end);
	if (!end->finished)
		return;
	server->damaged |= end->damaged;
	report(end);
	server->fds[i].fd = -1;
	server->left--;
}

int serve_tcp(const struct request *request)
{
	static struct server server;

	fill_pattern();
	server.reply = request->reply;
	server.left = request->count ? request->count : UINT64_MAX;
	for (unsigned i = 0; i < FLOWS_MOST; i++)
		server.fds[i].fd = server.ends[i].fd = -1;
	server.fds[FLOWS_MOST] = (struct pollfd){
		.fd = address_listen(SOCK_STREAM, request->port),
		.events = POLLIN,
	};
	say_ready();
	while (server.left && wait_ready(server.fds, FLOWS_MOST + 1, UINT64_MAX) >= 0) {
		for (unsigned i = 0; i < FLOWS_MOST; i++)
			if (server.fds[i].fd >= 0 && server.fds[i].revents)
				server_go_on(&server, i);
		if (server.fds[FLOWS_MOST].revents)
			server_accept(&server);
	}
	return server.damaged ? 1 : 0;
}
