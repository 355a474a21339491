/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which CPU and queue did each frame come by, and under which hash?  Small TPACKET_V3 rings beside
 * the port's see the same frames, cut to a length that tells a digit (steering_code.c); the kernel
 * stamps a frame once for all of them, and tells whether it did.  Packets: net/packet/af_packet.c.
 */
#include "capture/steering_tap.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/memory.h"
#include "capture/packet_socket.h"

/* Few frames a block, so that those of a busy interface come soon; of a slow one, 2 s in all. */
#define BLOCK_BYTES (1u << 13)
#define BLOCKS 256
#define FRAME_BYTES 2048
#define RETIRE_MS 8

#define LATE_NS (LIVE_TRACE_MS * INT64_C(1000000))

/* When a frame stamped so much later has been told of, earlier ones will not be any more. */
#define PASSED_NS (2 * INT64_C(1000000))

/* Frames of a block may be stamped before those of the block before, where CPUs hand them on. */
#define FORGET_NS (10 * INT64_C(1000000))

struct side {
	int fd;
	uint8_t *map;    /* NULL: not yet */
	uint32_t at;     /* the block whose turn it is */
	int64_t told_ns; /* the stamp of the last record */
};

struct steering_tap {
	struct port_options options; /* without what it borrows */
	struct live_options live;
	char *filter; /* NULL: everything */
	char *name;
	struct steering_space space;
	struct side sides[STEERING_DIGITS];
	struct steering_table *table; /* NULL: not started */
	int64_t since_ns;             /* CLOCK_REALTIME: frames from then on are told of */
	int64_t asked_ns;             /* CLOCK_MONOTONIC: when `last` was asked for first */
	int64_t last_ns;              /* its stamp */
	int64_t known_ns;             /* the stamp up to which all was known before */
};

/* CPUs that may ever be there: numbers have gaps where some are not. */
static uint32_t possible_cpus(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
	char text[CPUS_LIST_BYTES] = "";
	struct cpus cpus = { { 0 } };
	uint32_t count = 0;
	long configured;

	if (file && fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		cpus_from_list(&cpus, text);
	}
	if (file)
		fclose(file);
	for (int cpu = cpus_next(&cpus, 0); cpu >= 0; cpu = cpus_next(&cpus, (unsigned)cpu + 1))
		count = (uint32_t)cpu + 1;
	configured = sysconf(_SC_NPROCESSORS_CONF);
	if (configured > 0 && configured > (long)count)
		count = (uint32_t)configured;
	return count;
}

struct steering_tap *steering_tap_open(const struct port_options *options)
{
	const struct live_options *live = options->live;
	struct steering_tap *tap = memory_alloc(1, sizeof(*tap));

	tap->live = *live;
	tap->options = *options;
	tap->options.live = &tap->live;
	tap->name = memory_copy_text(options->name);
	tap->options.name = tap->name;
	tap->filter = live->filter && *live->filter ? memory_copy_text(live->filter) : NULL;
	tap->live.filter = tap->filter;
	tap->space = steering_space(possible_cpus(), options->queues);
	for (uint32_t i = 0; i < STEERING_DIGITS; i++)
		tap->sides[i].fd = -1;
	for (uint32_t i = 0; i < tap->space.digits; i++) {
		tap->sides[i].fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (tap->sides[i].fd < 0) {
			int why = errno;

			steering_tap_close(tap);
			errno = why;
			return NULL;
		}
	}
	return tap;
}

void steering_tap_close(struct steering_tap *tap)
{
	if (!tap)
		return;
	for (uint32_t i = 0; i < STEERING_DIGITS; i++) {
		if (tap->sides[i].map)
			munmap(tap->sides[i].map, (size_t)BLOCKS * BLOCK_BYTES);
		if (tap->sides[i].fd >= 0)
			close(tap->sides[i].fd);
	}
	steering_table_free(tap->table);
	free(tap->filter);
	free(tap->name);
	free(tap);
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int set_ring(struct side *side)
{
	const struct tpacket_req3 request = {
		.tp_block_size = BLOCK_BYTES,
		.tp_block_nr = BLOCKS,
		.tp_frame_size = FRAME_BYTES,
		.tp_frame_nr = BLOCKS * (BLOCK_BYTES / FRAME_BYTES),
		.tp_retire_blk_tov = RETIRE_MS,
		.tp_feature_req_word = TP_FT_REQ_FILL_RXHASH,
	};
	void *map;

	if (set(side->fd, SOL_PACKET, PACKET_VERSION, TPACKET_V3) < 0 ||
		setsockopt(side->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return -1;
	map = mmap(NULL, (size_t)BLOCKS * BLOCK_BYTES, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, side->fd, 0);
	if (map == MAP_FAILED)
		return -1;
	side->map = map;
	return 0;
}

static int attach(const struct steering_tap *tap, uint32_t digit)
{
	struct filter_code code;
	struct sock_fprog program;
	int status;

	/* Everything, if the filter has become too long. */
	if (steering_code(&tap->space, digit, tap->filter, tap->options.linktype, &code, NULL) <
			0 &&
		steering_code(&tap->space, digit, NULL, tap->options.linktype, &code, NULL) < 0)
		return -1;
	program = (struct sock_fprog){ .len = code.count, .filter = (void *)code.instructions };
	status = setsockopt(
		tap->sides[digit].fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	free(code.instructions);
	return status;
}

static int start_side(struct steering_tap *tap, uint32_t digit)
{
	struct side *side = &tap->sides[digit];
	const struct port port = { .fd = side->fd };

	if (attach(tap, digit) < 0 || set(side->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) < 0 ||
		(!side->map && set_ring(side) < 0))
		return -1;
	set(side->fd, SOL_PACKET, PACKET_ORIGDEV, 1);
	if (packet_socket_no_outgoing(&tap->options))
		set(side->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	return packet_socket_bind(&port, &tap->options, NULL);
}

bool steering_tap_start(struct steering_tap *tap)
{
	if (tap->table)
		return true;
	for (uint32_t i = 0; i < tap->space.digits; i++)
		if (start_side(tap, i) < 0)
			return false;
	tap->table = steering_table_new(&tap->space);
	tap->since_ns = clock_ns(CLOCK_REALTIME);
	return true;
}

static void take_block(
	struct steering_tap *tap, uint32_t digit, const struct tpacket_block_desc *block)
{
	const struct tpacket3_hdr *slot = (const void *)((const uint8_t *)block +
							 block->hdr.bh1.offset_to_first_pkt);

	for (uint32_t left = block->hdr.bh1.num_pkts; left > 0; left--) {
		const struct sockaddr_ll *address = (const void *)((const uint8_t *)slot +
								   TPACKET_ALIGN(sizeof(*slot)));
		const struct steering_key key = {
			.stamp_ns = (int64_t)slot->tp_sec * 1000000000 + slot->tp_nsec,
			.length = slot->tp_len,
			.device = (uint32_t)address->sll_ifindex,
		};

		if (slot->tp_status & TP_STATUS_TS_SOFTWARE) {
			tap->sides[digit].told_ns = key.stamp_ns;
			steering_table_add(tap->table, &key, digit,
				steering_digit(slot->tp_snaplen, slot->tp_len),
				slot->hv1.tp_rxhash);
		}
		slot = (const void *)((const uint8_t *)slot + slot->tp_next_offset);
	}
}

/* At most one round, so that a flood does not keep us here. */
static void read_side(struct steering_tap *tap, uint32_t digit)
{
	struct side *side = &tap->sides[digit];

	for (uint32_t i = 0; i < BLOCKS; i++) {
		struct tpacket_block_desc *block = (void *)(side->map +
							    (size_t)side->at * BLOCK_BYTES);
		uint32_t *status = &block->hdr.bh1.block_status;

		if (!(__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			return;
		take_block(tap, digit, block);
		__atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		side->at = (side->at + 1) % BLOCKS;
	}
}

void steering_tap_read(struct steering_tap *tap)
{
	for (uint32_t i = 0; tap->table && i < tap->space.digits; i++)
		read_side(tap, i);
}

/* Whether all that the sockets will tell of the frame is here. */
static bool is_told(const struct steering_tap *tap, const struct steering_key *key)
{
	bool passed = true;

	for (uint32_t i = 0; i < tap->space.digits; i++)
		passed &= tap->sides[i].told_ns > key->stamp_ns + PASSED_NS;
	return passed || key->stamp_ns < tap->since_ns || steering_table_has(tap->table, key);
}

/* Whether it is asked for in vain since LATE_NS. */
static bool is_late(struct steering_tap *tap, const struct steering_key *key)
{
	int64_t now_ns = clock_ns(CLOCK_MONOTONIC);

	if (tap->last_ns != key->stamp_ns) {
		tap->last_ns = key->stamp_ns;
		tap->asked_ns = now_ns;
	}
	return now_ns - tap->asked_ns >= LATE_NS;
}

bool steering_tap_knows(struct steering_tap *tap, const struct steering_key *last)
{
	if (!is_told(tap, last) && !is_late(tap, last))
		return false;
	/* Those of this block are still to be filled. */
	steering_table_forget(tap->table, tap->known_ns - FORGET_NS);
	tap->known_ns = last->stamp_ns;
	return true;
}

void steering_tap_fill(const struct steering_tap *tap, struct frame *frame)
{
	const struct steering_key key = {
		.stamp_ns = frame->time_ns,
		.length = frame->wirelen,
		.device = frame->device,
	};

	if (tap->table && frame->flags & FRAME_STAMP_INGRESS)
		steering_table_fill(tap->table, &key, frame);
}
