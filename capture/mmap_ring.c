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

#define BLOCK_BYTES (1u << 20)
#define SMALL_BLOCK_BYTES (1u << 18) /* holds the largest frame that libpcap takes */
#define MIN_BLOCKS 4
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
};

static struct tpacket_hdr_v1 *block_header(const struct ring *ring)
{
	struct tpacket_block_desc *block = (void *)(ring->map +
						    (size_t)ring->at * ring->block_bytes);

	return &block->hdr.bh1;
}

/* Gives the block back and turns to the next. */
static void release_block(struct ring *ring)
{
	__atomic_store_n(&block_header(ring)->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	ring->at = (ring->at + 1) % ring->blocks;
	ring->used = false;
}

/* Opens the block whose turn it is, if the kernel has handed it over. */
static bool take_block(struct ring *ring)
{
	struct tpacket_hdr_v1 *header = block_header(ring);

	if (!(__atomic_load_n(&header->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return false;
	ring->left = header->num_pkts;
	ring->next = (void *)((uint8_t *)header - offsetof(struct tpacket_block_desc, hdr) +
			      header->offset_to_first_pkt);
	ring->used = true;
	return true;
}

/* Fills `frame` from the next slot of the block; returns whether the kernel's filter judged it. */
static bool fill_frame(struct ring *ring, struct frame *frame)
{
	const struct tpacket3_hdr *slot = ring->next;
	const struct sockaddr_ll *address = (const void *)((const uint8_t *)slot +
							   TPACKET_ALIGN(sizeof(*slot)));
	struct virtio_net_hdr offload;

	*frame = (struct frame){
		.data = (const uint8_t *)slot + slot->tp_mac,
		.time_ns = (int64_t)slot->tp_sec * 1000000000 + slot->tp_nsec,
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
	ring->next = (const void *)((const uint8_t *)slot + slot->tp_next_offset);
	ring->left--;
	return !(slot->tp_status & TP_STATUS_VLAN_VALID);
}

static int ring_read(struct port *port, struct event *events, int max)
{
	struct ring *ring = (struct ring *)port;
	int count = 0;

	if (ring->used && !ring->left)
		release_block(ring);
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

	ring->block_bytes = wanted >= MIN_BLOCKS * BLOCK_BYTES ? BLOCK_BYTES : SMALL_BLOCK_BYTES;
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
	free(ring);
}

static struct port *ring_open(const struct port_options *options, struct error *error)
{
	struct ring *ring = memory_alloc(1, sizeof(*ring));

	ring->port.frontend = &mmap_frontend;
	ring->receive_hash = options->live->receive_hash;
	if (packet_socket_open(&ring->port, options, &ring->vnet_header, error) < 0 ||
		set_up(ring, options, error) < 0)
		return port_give_up(&ring->port);
	return &ring->port;
}

const struct frontend mmap_frontend = {
	.about = { "mmap", "PACKET_MMAP ring (TPACKET_V3): all facts, hardly a packet lost" },
	.drops = "ring",
	.open = ring_open,
	.read = ring_read,
	.count = packet_socket_count,
	.stop = port_attach_none,
	.close = ring_close,
};
