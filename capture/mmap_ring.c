/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture by a TPACKET_V3 ring: the kernel fills blocks of many frames in memory that we share, and
 * hands a block over when it is full or LIVE_RETIRE_MS old; no system call and no copy a packet.
 * Documentation/networking/packet_mmap.rst, net/packet/af_packet.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "capture/packet_socket.h"
#include "capture/steering_tap.h"

/*
 * Of a slow stream each block holds a frame or two when it is handed over, so that their number
 * says how long we may be kept from the CPU: 128 of them, 64 MiB, are 2.5 s.  Smaller ones wake us
 * more often in a fast one: with 256 KiB a packet took a quarter more of the CPU.
 */
#define BLOCK_BYTES (1u << 19)
#define SMALL_BLOCK_BYTES (1u << 18) /* holds the largest frame that libpcap takes */
#define MIN_BLOCKS 4
#define MANY_BLOCKS 16   /* the one that is read takes little of the room then */
#define FRAME_BYTES 2048 /* for the kernel's arithmetic only: frames lie packed in a block */
#define VLAN_ROOM 4      /* bytes kept free before each frame */

struct ring {
	struct port port;
	uint8_t *map;
	size_t map_bytes;
	uint32_t block_bytes, blocks;
	uint32_t at;                     /* the block whose turn it is */
	const struct tpacket3_hdr *next; /* in it */
	uint32_t left;                   /* frames of it from `next` on */
	bool used;                       /* it has been given out and goes back at the next read */
	bool vnet_header;
	bool receive_hash;
	struct steering_tap *tap; /* NULL: it cannot be traced */
	bool tracing;
};

static struct tpacket_hdr_v1 *block_header(const struct ring *ring, uint32_t at)
{
	struct tpacket_block_desc *block = (void *)(ring->map + (size_t)(at % ring->blocks) *
									ring->block_bytes);

	return &block->hdr.bh1;
}

/* Gives the block back and turns to the next. */
static void release_block(struct ring *ring)
{
	__atomic_store_n(
		&block_header(ring, ring->at)->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	ring->at = (ring->at + 1) % ring->blocks;
	ring->used = false;
}

static int64_t stamp_ns(const struct tpacket3_hdr *slot)
{
	return (int64_t)slot->tp_sec * 1000000000 + slot->tp_nsec;
}

static const struct sockaddr_ll *address_of(const struct tpacket3_hdr *slot)
{
	return (const void *)((const uint8_t *)slot + TPACKET_ALIGN(sizeof(*slot)));
}

static const struct tpacket3_hdr *following(const struct tpacket3_hdr *slot)
{
	return (const void *)((const uint8_t *)slot + slot->tp_next_offset);
}

static const struct tpacket3_hdr *first_slot(const struct tpacket_hdr_v1 *header)
{
	return (const void *)((const uint8_t *)header - offsetof(struct tpacket_block_desc, hdr) +
			      header->offset_to_first_pkt);
}

/* Whether the side has told of the last frame of the block that it can tell of. */
static bool is_traced(const struct ring *ring, const struct tpacket_hdr_v1 *header)
{
	const struct tpacket3_hdr *slot = first_slot(header), *last = NULL;

	for (uint32_t left = header->num_pkts; left > 0; left--) {
		if (slot->tp_status & TP_STATUS_TS_SOFTWARE)
			last = slot;
		slot = following(slot);
	}
	return !last || steering_tap_knows(ring->tap,
				&(struct steering_key){
					.stamp_ns = stamp_ns(last),
					.length = last->tp_len,
					.device = (uint32_t)address_of(last)->sll_ifindex,
				});
}

static bool is_ours(const struct tpacket_hdr_v1 *header)
{
	return __atomic_load_n(&header->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

/*
 * Opens the block whose turn it is, if the kernel has handed it over and its facts are here, for
 * which no more than a quarter of the ring is to fill up.
 */
static bool take_block(struct ring *ring)
{
	struct tpacket_hdr_v1 *header = block_header(ring, ring->at);

	if (!is_ours(header))
		return false;
	ring->port.waits = ring->tracing && !is_traced(ring, header) &&
			   !is_ours(block_header(ring, ring->at + ring->blocks / 4));
	if (ring->port.waits)
		return false;
	ring->left = header->num_pkts;
	ring->next = first_slot(header);
	ring->used = true;
	return true;
}

/* Fills `frame` from the next slot of the block; returns whether the kernel's filter judged it. */
static bool fill_frame(struct ring *ring, struct frame *frame)
{
	const struct tpacket3_hdr *slot = ring->next;
	const struct sockaddr_ll *address = address_of(slot);
	struct virtio_net_hdr offload;

	*frame = (struct frame){
		.data = (const uint8_t *)slot + slot->tp_mac,
		.time_ns = stamp_ns(slot),
		.caplen = slot->tp_snaplen,
		.wirelen = slot->tp_len,
		.direction = (uint8_t)packet_socket_direction(address->sll_pkttype),
		.flags = FRAME_HAS_TIME,
		.rxhash = ring->receive_hash ? slot->hv1.tp_rxhash : 0,
		.device = (uint32_t)address->sll_ifindex,
	};
	if (frame->rxhash)
		frame->flags |= FRAME_HAS_HASH;
	if (slot->tp_status & TP_STATUS_TS_SOFTWARE)
		frame->flags |= FRAME_STAMP_INGRESS;
	if (ring->tracing)
		steering_tap_fill(ring->tap, frame);
	if (ring->vnet_header) {
		memcpy(&offload, frame->data - sizeof(offload), sizeof(offload));
		if (offload.flags | offload.gso_type)
			packet_socket_offload(frame, &offload);
	}
	if (slot->tp_status & PACKET_SOCKET_UNUSUAL) {
		packet_socket_status(frame, slot->tp_status);
		packet_socket_put_vlan(frame, slot->tp_status, slot->hv1.tp_vlan_tpid,
			(uint16_t)slot->hv1.tp_vlan_tci);
	}
	ring->next = following(slot);
	ring->left--;
	return !(slot->tp_status & TP_STATUS_VLAN_VALID);
}

static int ring_read(struct port *port, struct event *events, int max)
{
	struct ring *ring = (struct ring *)port;
	int count = 0;

	if (ring->used && !ring->left)
		release_block(ring);
	if (ring->tracing)
		steering_tap_read(ring->tap);
	if (!ring->used) {
		if (!take_block(ring))
			return 0;
		/* What was dropped up to now lies before all frames that follow this block. */
		count += port_count(port, events);
	}
	while (count < max && ring->left) {
		struct event *event = &events[count];
		bool judged = fill_frame(ring, &event->frame);

		event->kind = EVENT_FRAME;
		count += port_wants(port, &event->frame, !judged);
	}
	return count;
}

/* Sets the ring up with the buffer wanted, or what the kernel has memory for. */
static int set_ring(struct ring *ring, const struct port_options *options)
{
	struct tpacket_req3 request;
	uint64_t wanted = options->buffer_bytes;

	ring->block_bytes = wanted >= MANY_BLOCKS * BLOCK_BYTES ? BLOCK_BYTES : SMALL_BLOCK_BYTES;
	ring->blocks = (uint32_t)(wanted / ring->block_bytes);
	if (ring->blocks < MIN_BLOCKS)
		ring->blocks = MIN_BLOCKS;
	for (;; ring->blocks /= 2) {
		request = (struct tpacket_req3){
			.tp_block_size = ring->block_bytes,
			.tp_block_nr = ring->blocks,
			.tp_frame_size = FRAME_BYTES,
			.tp_frame_nr = ring->blocks * (ring->block_bytes / FRAME_BYTES),
			.tp_retire_blk_tov = LIVE_RETIRE_MS,
			.tp_feature_req_word = options->live->receive_hash ? TP_FT_REQ_FILL_RXHASH
									   : 0,
		};
		if (setsockopt(ring->port.fd, SOL_PACKET, PACKET_RX_RING, &request,
			    sizeof(request)) == 0)
			break;
		if (errno != ENOMEM || ring->blocks / 2 < MIN_BLOCKS)
			return -1;
	}
	ring->map_bytes = (size_t)ring->blocks * ring->block_bytes;
	ring->port.buffer_bytes = ring->map_bytes;
	ring->map = mmap(NULL, ring->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		ring->port.fd, 0);
	return ring->map == MAP_FAILED ? -1 : 0;
}

static int set_up(struct ring *ring, const struct port_options *options, struct error *error)
{
	int version = TPACKET_V3, reserve = VLAN_ROOM, fd = ring->port.fd;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof(reserve)) < 0 ||
		set_ring(ring, options) < 0)
		return port_refused(options->name, "ring", error);
	if (ring->port.buffer_bytes < options->buffer_bytes / 2)
		port_lacks(&ring->port, "memory for a smaller ring only");
	return packet_socket_bind(&ring->port, options, error);
}

static void ring_close(struct port *port)
{
	struct ring *ring = (struct ring *)port;

	if (ring->map && ring->map != MAP_FAILED)
		munmap(ring->map, ring->map_bytes);
	if (port->fd >= 0)
		close(port->fd);
	steering_tap_close(ring->tap);
	free(ring);
}

static bool ring_trace(struct port *port)
{
	struct ring *ring = (struct ring *)port;

	if (!ring->tap || ring->tracing)
		return ring->tracing;
	ring->tracing = steering_tap_start(ring->tap);
	if (!ring->tracing) {
		int why = errno;

		steering_tap_close(ring->tap);
		ring->tap = NULL;
		errno = why;
	}
	return ring->tracing;
}

/* What takes a right is opened now; before the ring, so that its first frames are told of. */
static void prepare_tracing(struct ring *ring, const struct port_options *options)
{
	enum steering_trace wanted = options->live->trace;

	if (wanted == STEERING_TRACE_NEVER)
		return;
	ring->tap = steering_tap_open(options);
	if (wanted == STEERING_TRACE_ALWAYS && !ring_trace(&ring->port))
		port_lacks(&ring->port, "no CPU and queue of frames: %s", strerror(errno));
}

static struct port *ring_open(const struct port_options *options, struct error *error)
{
	struct ring *ring = memory_alloc(1, sizeof(*ring));

	ring->port.frontend = &mmap_frontend;
	ring->receive_hash = options->live->receive_hash;
	if (packet_socket_open(&ring->port, options, &ring->vnet_header, error) < 0)
		return port_give_up(&ring->port);
	prepare_tracing(ring, options);
	if (set_up(ring, options, error) < 0)
		return port_give_up(&ring->port);
	return &ring->port;
}

const struct frontend mmap_frontend = {
	.about = { "mmap", "PACKET_MMAP ring (TPACKET_V3): all facts, hardly a packet lost" },
	.drops = "ring",
	.open = ring_open,
	.read = ring_read,
	.trace = ring_trace,
	.count = packet_socket_count,
	.stop = port_attach_none,
	.close = ring_close,
};
