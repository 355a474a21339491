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
#include "tests/live/turns.h"

#define GSO_SEGMENTS 20
#define PAYLOAD_MOST 65507
#define RECEIVE_BUFFER (64 << 20)
#define RETRY_NS (100 * 1000)

struct sender {
	const struct request *request;
	struct pace pace;
	int sockets[FLOWS_MOST];
	uint32_t sequences[FLOWS_MOST]; /* of a shared numbering only the first is used */
	uint64_t sent, bytes, enobufs, errors;
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

/* Sends `count` datagrams of one flow, `bytes` each, with one call. */
static void send_datagrams(struct sender *sender, unsigned flow, unsigned count, size_t bytes)
{
	const struct request *request = sender->request;

	for (unsigned i = 0; i < count; i++)
		payload_write(request, sender->payload + i * bytes, bytes, flow,
			sender->sequences[request->shared ? 0 : flow]++);
	send_payload(sender, flow, count * bytes);
	sender->sent += count;
	sender->bytes += count * bytes;
}

static unsigned segments_at_once(uint64_t segment)
{
	unsigned fit = (unsigned)(PAYLOAD_MOST / segment);

	return fit < GSO_SEGMENTS ? fit : GSO_SEGMENTS;
}

/* Super-datagrams, which the kernel cuts apart. */
static void send_merged(struct sender *sender)
{
	const struct request *request = sender->request;
	unsigned at_once = segments_at_once(request->segment), may, flow = 0, batch = 0;

	while ((may = pace_wait(&sender->pace, request->count - sender->sent - batch)))
		for (; may; may--) {
			if (++batch < at_once && sender->sent + batch < request->count)
				continue;
			send_datagrams(sender, flow, batch, request->segment);
			flow = (flow + 1) % (unsigned)request->flows;
			batch = 0;
		}
}

/* Datagram `number` of all flows.  Returns false if there is none, or it is to stop. */
static bool send_one(void *state, uint64_t number)
{
	struct sender *sender = state;
	const struct request *request = sender->request;
	uint64_t flow = number % request->flows, round = number / request->flows;

	if (!pace_wait(&sender->pace, number < request->count))
		return false;
	send_datagrams(sender, (unsigned)flow, 1,
		request->other && round % 2 ? request->other : request->size);
	return true;
}

static void send_each(struct sender *sender)
{
	if (sender->request->cpus)
		turns_send((unsigned)sender->request->cpus, sender, send_one);
	else
		while (send_one(sender, sender->sent))
			;
}

static void check_sizes(const struct request *request)
{
	uint64_t least = request->segment ? request->segment : request->size;

	if (request->other && request->other < least)
		least = request->other;
	if (least < STAMP_BYTES)
		die("a payload of %" PRIu64 " bytes has no room for the stamp of %d", least,
			STAMP_BYTES);
}

int send_udp(const struct request *request)
{
	static struct sender sender;

	check_sizes(request);
	sender.request = request;
	sender.pace.rate = request->rate;
	for (unsigned i = 0; i < request->flows; i++)
		sender.sockets[i] = open_flow(request);
	if (request->segment)
		send_merged(&sender);
	else
		send_each(&sender);
	print_sent("datagrams", sender.sent, sender.bytes, sender.enobufs, sender.errors);
	return sender.sent == request->count ? 0 : 1;
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
