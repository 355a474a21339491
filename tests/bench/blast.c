/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends frames of one size into an interface, as many as the path takes: TCP flows over IPv4 with
 * handshakes, both sides of each in turn, every segment acknowledging all before it, all checksums
 * right; or frames of an unknown EtherType.  What finds no room is sent again, so that all that is
 * counted as sent was sent.  Prints "FRAMES SECONDS CPU-SECONDS REFUSED".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/live/tool.h"
#include "tests/bench/bytes.h"

#define BURST 64
#define HEADERS 54 /* Ethernet, IPv4, TCP */
#define MAX_FRAME 1514
#define SYN_BYTES 24
#define MSS_OPTION 0x020405b4 /* 1460 */
#define PAYLOAD_START 0x1f3a5c79
#define NO_FRAME_LESS 60
#define RETRY_NS (20 * 1000)

#define SYN 0x02
#define PSH 0x08
#define ACK 0x10

struct options {
	const char *interface;
	uint64_t size, flows, frames, rate, milliseconds, cpu, interrupt;
	bool pinned, unknown;
};

struct flow {
	uint32_t seq[2];
	uint16_t ip_id[2];
	uint64_t turns;
};

struct blast {
	struct options options;
	struct flow *flows;
	int fd;
	uint64_t made, sent, refused;
	uint32_t payload_sum;
	struct mmsghdr messages[BURST];
	struct iovec parts[BURST];
	uint8_t frames[BURST][MAX_FRAME];
};

/* Writes the headers at `ip` of a segment with `length` bytes of payload. */
static void write_headers(uint8_t *ip, uint32_t number, struct flow *flow, unsigned side,
	unsigned flags, size_t length)
{
	const uint32_t ends[2] = { 10u << 24 | number, 192u << 24 | 2u << 8 | 1 };
	uint8_t *tcp = ip + 20;
	size_t header = flags & SYN ? SYN_BYTES : 20;

	put32(ip, 0x45000000 | (uint32_t)(20 + header + length));
	put32(ip + 4, (uint32_t)flow->ip_id[side]++ << 16 | 0x4000);
	put32(ip + 8, 64u << 24 | 6u << 16);
	put32(ip + 12, ends[side]);
	put32(ip + 16, ends[!side]);
	put16(ip + 10, checksum(sum16(ip, 20)));
	put16(tcp + (side ? 2 : 0), 32768 + number % 28232);
	put16(tcp + (side ? 0 : 2), 5201);
	put32(tcp + 4, flow->seq[side]);
	put32(tcp + 8, flags & ACK ? flow->seq[!side] : 0);
	put32(tcp + 12, (uint32_t)(header / 4) << 28 | flags << 16 | 64240);
	put32(tcp + 16, 0);
	put32(tcp + 20, flags & SYN ? MSS_OPTION : PAYLOAD_START);
}

/* Makes the next frame of the flow whose turn it is; returns its length. */
static size_t make_segment(struct blast *blast, uint8_t *frame)
{
	uint32_t number = (uint32_t)(blast->made % blast->options.flows);
	struct flow *flow = &blast->flows[number];
	unsigned side = flow->turns & 1;
	bool opens = flow->turns < 2;
	unsigned flags = opens ? SYN | (side ? ACK : 0) : PSH | ACK;
	size_t length = opens ? 0 : blast->options.size - HEADERS;
	uint8_t *ip = frame + 14, *tcp = ip + 20;

	put32(frame, 0x02000000);
	put16(frame + 4, 2 - side);
	put32(frame + 6, 0x02000000);
	put16(frame + 10, 1 + side);
	put16(frame + 12, 0x0800);
	write_headers(ip, number, flow, side, flags, length);
	put16(tcp + 16,
		checksum(sum16(ip + 12, 8) + 6 + (opens ? SYN_BYTES : 20) + (uint32_t)length +
			 sum16(tcp, opens ? SYN_BYTES : 20) + (opens ? 0 : blast->payload_sum)));
	flow->seq[side] += opens ? 1 : (uint32_t)length;
	flow->turns++;
	return opens ? NO_FRAME_LESS : blast->options.size;
}

static size_t make_unknown(struct blast *blast, uint8_t *frame)
{
	memcpy(frame, (uint8_t[]){ 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 }, 14);
	return blast->options.size;
}

static void prepare(struct blast *blast)
{
	uint64_t flows = blast->options.flows;

	blast->flows = calloc(flows, sizeof(*blast->flows));
	if (!blast->flows)
		die("no memory for %" PRIu64 " flows", flows);
	for (uint64_t i = 0; i < flows; i++)
		for (unsigned side = 0; side < 2; side++) {
			blast->flows[i].seq[side] = (uint32_t)(2 * i + side + 1) * 2654435761u;
			blast->flows[i].ip_id[side] = (uint16_t)((2 * i + side) * 40503u + 1);
		}
	for (int i = 0; i < BURST; i++) {
		for (size_t at = HEADERS; at < MAX_FRAME; at++)
			blast->frames[i][at] = (uint8_t)(at * 167 >> 3);
		put32(blast->frames[i] + HEADERS, PAYLOAD_START);
		blast->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &blast->parts[i],
			.msg_iovlen = 1 };
	}
	blast->payload_sum = sum16(blast->frames[0] + HEADERS, blast->options.size - HEADERS);
}

static void make_frame(struct blast *blast, int i)
{
	uint8_t *frame = blast->frames[i];
	size_t length = blast->options.unknown ? make_unknown(blast, frame)
					       : make_segment(blast, frame);

	blast->parts[i] = (struct iovec){ frame, length };
	blast->made++;
}

static void send_burst(struct blast *blast, unsigned count)
{
	unsigned done = 0;

	while (done < count) {
		int now = sendmmsg(blast->fd, blast->messages + done, count - done, 0);

		if (now > 0) {
			done += (unsigned)now;
			continue;
		}
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			die("cannot send to '%s': %s", blast->options.interface, strerror(errno));
		blast->refused++;
		wait_ready(NULL, 0, clock_ns() + RETRY_NS);
	}
	blast->sent += count;
}

/* Until all is sent, the time is over or a signal came. */
static void send_all(struct blast *blast, uint64_t start_ns)
{
	const struct options *options = &blast->options;

	while (blast->sent < options->frames && !stop_asked()) {
		uint64_t now_ns = clock_ns(), left = options->frames - blast->sent;
		unsigned count = left < BURST ? (unsigned)left : BURST;

		if (options->milliseconds && now_ns - start_ns >= options->milliseconds * MS_NS)
			return;
		if (options->rate)
			wait_ready(NULL, 0,
				start_ns + (uint64_t)((double)blast->sent * SECOND_NS /
						      (double)options->rate));
		for (unsigned i = 0; i < count; i++)
			make_frame(blast, (int)i);
		send_burst(blast, count);
	}
}

static void open_socket(struct blast *blast)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(blast->options.interface),
	};
	cpu_set_t cpus;

	blast->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (blast->fd < 0 || bind(blast->fd, (const void *)&address, sizeof(address)) < 0)
		die("cannot send to '%s': %s", blast->options.interface, strerror(errno));
	if (!blast->options.pinned)
		return;
	CPU_ZERO(&cpus);
	CPU_SET(blast->options.cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
		die("cannot run on CPU %" PRIu64 ": %s", blast->options.cpu, strerror(errno));
}

/* -k: the last frame is 100 ms old when the process is interrupted. */
static void interrupt(uint64_t process)
{
	wait_ready(NULL, 0, clock_ns() + 100 * MS_NS);
	if (kill((pid_t)process, SIGINT) < 0)
		die("cannot interrupt %" PRIu64 ": %s", process, strerror(errno));
}

static void parse(struct options *options, int argc, char **argv)
{
	static const char usage[] =
		"usage: blast [-s BYTES] [-f FLOWS] [-n FRAMES] [-t MILLISECONDS]"
		" [-r RATE]\n       [-c CPU] [-u (unknown EtherType)]"
		" [-k PROCESS] IF";
	int option;

	*options = (struct options){ .size = 64, .flows = 100, .frames = UINT64_MAX };
	while ((option = getopt(argc, argv, "s:f:n:t:r:c:k:u")) != -1) {
		switch (option) {
		case 's':
			options->size = number_parse("-s", optarg, MAX_FRAME);
			break;
		case 'f':
			options->flows = number_parse("-f", optarg, 1 << 16);
			break;
		case 'n':
			options->frames = number_parse("-n", optarg, UINT64_MAX / 2);
			break;
		case 't':
			options->milliseconds = number_parse("-t", optarg, 3600 * 1000);
			break;
		case 'r':
			options->rate = number_parse("-r", optarg, UINT32_MAX);
			break;
		case 'c':
			options->cpu = number_parse("-c", optarg, CPU_SETSIZE - 1);
			options->pinned = true;
			break;
		case 'k':
			options->interrupt = number_parse("-k", optarg, INT32_MAX);
			break;
		case 'u':
			options->unknown = true;
			break;
		default:
			die("%s", usage);
		}
	}
	if (optind != argc - 1 || options->size < NO_FRAME_LESS || options->size & 1 ||
		!options->flows)
		die("%s", usage);
	options->interface = argv[optind];
}

int main(int argc, char **argv)
{
	static struct blast blast;
	struct rusage usage;
	uint64_t start_ns, end_ns;

	parse(&blast.options, argc, argv);
	stop_catch();
	open_socket(&blast);
	prepare(&blast);
	start_ns = clock_ns();
	send_all(&blast, start_ns);
	end_ns = clock_ns();
	if (blast.options.interrupt)
		interrupt(blast.options.interrupt);
	getrusage(RUSAGE_SELF, &usage);
	printf("%" PRIu64 " %.6f %.6f %" PRIu64 "\n", blast.sent, (double)(end_ns - start_ns) / 1e9,
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		blast.refused);
	free(blast.flows);
	return 0;
}
