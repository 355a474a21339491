/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be received at all? A bare TPACKET_V3 ring of the size that pktlint asks for, each
 * frame's headers touched and nothing else done: where this loses a frame, nobody is to be blamed.
 * Prints "frames N drops N cpu SECONDS" when it is interrupted and what came before is counted.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/live/tool.h"

#define BLOCK_BYTES (1u << 19)
#define BLOCKS 128u
#define FRAME_BYTES 2048u
#define RETIRE_MS 20
#define TOUCHED_BYTES 56

static volatile uint64_t touched; /* so that the compiler cannot leave it out */

static int open_socket(const char *interface)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	struct tpacket_req3 request = {
		.tp_block_size = BLOCK_BYTES,
		.tp_block_nr = BLOCKS,
		.tp_frame_size = FRAME_BYTES,
		.tp_frame_nr = BLOCKS * (BLOCK_BYTES / FRAME_BYTES),
		.tp_retire_blk_tov = RETIRE_MS,
	};
	int version = TPACKET_V3, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0 ||
		bind(fd, (const void *)&address, sizeof(address)) < 0)
		die("cannot receive from '%s': %s", interface, strerror(errno));
	return fd;
}

static uint32_t read_block(const struct tpacket_block_desc *block)
{
	const struct tpacket_hdr_v1 *header = &block->hdr.bh1;
	const uint8_t *at = (const uint8_t *)block + header->offset_to_first_pkt;
	uint64_t sum = 0, word;

	for (uint32_t i = 0; i < header->num_pkts; i++) {
		const struct tpacket3_hdr *slot = (const void *)at;
		const uint8_t *frame = at + slot->tp_mac;

		for (uint32_t n = 0; n + sizeof(word) <= TOUCHED_BYTES; n += sizeof(word)) {
			memcpy(&word, frame + n, sizeof(word));
			sum += word;
		}
		sum += slot->tp_len + slot->tp_nsec;
		at += slot->tp_next_offset;
	}
	touched += sum;
	return header->num_pkts;
}

static uint64_t receive(int fd, uint8_t *ring)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	uint64_t frames = 0;
	unsigned at = 0;

	for (;;) {
		struct tpacket_block_desc *block = (void *)(ring + (size_t)at * BLOCK_BYTES);
		uint32_t *status = &block->hdr.bh1.block_status;

		if (__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) {
			frames += read_block(block);
			__atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
			at = (at + 1) % BLOCKS;
			continue;
		}
		/* The open block closes within its time, or there is none. */
		if (!stop_asked())
			wait_ready(&wanted, 1, UINT64_MAX);
		else if (poll(&wanted, 1, 4 * RETIRE_MS) == 0)
			return frames;
	}
}

int main(int argc, char **argv)
{
	struct tpacket_stats_v3 statistics = { 0 };
	socklen_t size = sizeof(statistics);
	struct rusage usage;
	uint64_t frames;
	uint8_t *ring;
	int fd;

	if (argc != 2)
		die("usage: ring_rx IF");
	fd = open_socket(argv[1]);
	ring = mmap(NULL, (size_t)BLOCKS * BLOCK_BYTES, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, fd, 0);
	if (ring == MAP_FAILED)
		die("cannot map the ring: %s", strerror(errno));
	stop_catch();
	say_ready();
	frames = receive(fd, ring);
	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
	getrusage(RUSAGE_SELF, &usage);
	printf("frames %" PRIu64 " drops %u cpu %.6f\n", frames, statistics.tp_drops,
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	return 0;
}
