/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which datagrams were sent, and which arrived in what order? Each has a stamp at the start of its
 * payload. With --gso the kernel gets up to GSO_SEGMENTS of them at once and cuts them apart as
 * late as it can (UDP_SEGMENT, udp(7)); every one has its own stamp all the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>

#include "tests/live/frame.h"
#include "tests/live/tool.h"
#include "tests/live/traffic.h"

#define GSO_SEGMENTS 20
#define PAYLOAD_MOST 65507
#define RECEIVE_BUFFER (64 << 20)
#define RETRY_NS (100 * 1000)

struct sender {
	int sockets[FLOWS_MOST];
	uint32_t sequences[FLOWS_MOST];
	bool shared; /* only the first of them is used */
	uint64_t enobufs, errors;
	size_t datagram_bytes;
	uint8_t payload[PAYLOAD_MOST];
};

static int open_flow(const struct request *request)
{
	struct sockaddr_storage address;
	socklen_t length = address_parse(&address, request->destination, 0);
	int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int segment = (int)request->segment;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, length) < 0)
		die("cannot reach '%s': %s", request->destination, strerror(errno));
	if (segment && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)) < 0)
		die("cannot set UDP_SEGMENT to '%d': %s", segment, strerror(errno));
	return fd;
}

/* ECONNREFUSED and the like tell of an earlier datagram; this one is sent again. */
static void send_payload(struct sender *sender, unsigned flow, size_t bytes)
{
	while (send(sender->sockets[flow], sender->payload, bytes, 0) < 0) {
		if (errno == ENOBUFS) {
			sender->enobufs++;
			wait_ready(NULL, 0, clock_ns() + RETRY_NS);
		} else if (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == EINTR) {
			sender->errors++;
		} else {
			die("cannot send %zu bytes of UDP: %s", bytes, strerror(errno));
		}
	}
}

/* Sends `count` datagrams of one flow with one call. */
static void send_datagrams(struct sender *sender, unsigned flow, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		stamp_write(sender->payload + i * sender->datagram_bytes, sender->datagram_bytes,
			flow, sender->sequences[sender->shared ? 0 : flow]++);
	send_payload(sender, flow, count * sender->datagram_bytes);
}

static unsigned segments_at_once(const struct request *request)
{
	unsigned fit;

	if (!request->segment)
		return 1;
	fit = (unsigned)(PAYLOAD_MOST / request->segment);
	return fit < GSO_SEGMENTS ? fit : GSO_SEGMENTS;
}

int send_udp(const struct request *request)
{
	static struct sender sender;
	struct pace pace = { .rate = request->rate };
	unsigned at_once = segments_at_once(request), may, flow = 0, batch = 0;
	uint64_t sent = 0;

	sender.shared = request->shared;
	sender.datagram_bytes = request->segment ? request->segment : request->size;
	if (sender.datagram_bytes < STAMP_BYTES)
		die("a payload of %zu bytes has no room for the stamp of %d", sender.datagram_bytes,
			STAMP_BYTES);
	for (unsigned i = 0; i < request->flows; i++)
		sender.sockets[i] = open_flow(request);
	while ((may = pace_wait(&pace, request->count - sent - batch)))
		for (; may; may--) {
			if (++batch < at_once && sent + batch < request->count)
				continue;
			send_datagrams(&sender, flow, batch);
			flow = (flow + 1) % (unsigned)request->flows;
			sent += batch;
			batch = 0;
		}
	print_sent("datagrams", sent, sent * sender.datagram_bytes, sender.enobufs, sender.errors);
	return sent == request->count ? 0 : 1;
}

/* What the socket had no room for. */
static uint32_t socket_drops(int fd)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t bytes = sizeof(memory);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &bytes) < 0)
		die("cannot read SO_MEMINFO: %s", strerror(errno));
	return memory[SK_MEMINFO_DROPS];
}

/* Returns the bytes of a datagram, -1 if there is none. */
static ssize_t take(int fd, FILE *out)
{
	static uint8_t payload[PAYLOAD_MOST];
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	char source[ADDRESS_BYTES];
	uint32_t flow, sequence;
	ssize_t got = recvfrom(
		fd, payload, sizeof(payload), MSG_DONTWAIT, (struct sockaddr *)&from, &length);

	if (got >= 0 && stamp_read(payload, (size_t)got, &flow, &sequence))
		fprintf(out, "%s %" PRIu32 " %s\n", address_print(&from, source), sequence,
			stamp_intact(payload, (size_t)got, flow, sequence) ? "intact" : "damaged");
	return got;
}

int serve_udp(const struct request *request)
{
	int fd = address_listen(SOCK_DGRAM, request->port), room = RECEIVE_BUFFER;
	FILE *out = output_open(request);
	uint64_t datagrams = 0, bytes = 0;
	bool more = true;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		die("cannot set SO_RCVBUFFORCE: %s", strerror(errno));
	say_ready();
	while (more && (!request->count || datagrams < request->count)) {
		ssize_t got;

		more = receive_wait(fd, request, datagrams);
		got = take(fd, out);
		if (got < 0)
			continue;
		datagrams++;
		bytes += (uint64_t)got;
		more = true;
	}
	output_close(out, request);
	printf("{\"datagrams\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"lost_receiving\": %" PRIu32
	       "}\n",
		datagrams, bytes, socket_drops(fd));
	return socket_drops(fd) ? 1 : 0;
}
