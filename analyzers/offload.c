/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many packets on the wire is a frame?  Segmentation and receive offload (TSO, GSO, GRO, LRO)
 * show super-frames: the kernel's segment size says it exactly, else the MSS of the handshake (RFC
 * 9293 3.7.1), else the step of the IPv4 identification, which moves on by one for each wire
 * segment.
 */
#include "analyzers/offload.h"

#define ETHERNET_MSS_IPV4 1460
#define ETHERNET_MSS_IPV6 1440
#define TIMESTAMP_BYTES 12 /* the option with its padding (RFC 7323 appendix A) */
#define SMALLEST_MSS 88    /* below, an announcement is nonsense (Linux: TCP_MIN_SND_MSS + 40) */
#define JUMBO_BYTES 9216   /* IP packets up to this size exist on wires */
#define STRIDE_MAX 64      /* segments that one super-frame of 64 kB may have, about */

void offload_learn_mss(struct tcp_side *peer, const struct packet *syn)
{
	if (syn->flags & PACKET_MSS && syn->mss >= SMALLEST_MSS)
		peer->segment_size = syn->mss;
}

static uint32_t option_bytes(const struct packet *packet)
{
	return packet->flags & PACKET_TIMESTAMP ? TIMESTAMP_BYTES : 0;
}

/* The size by the identification's step since the side's segment before, 0 if it does not tell. */
static uint32_t size_by_stride(const struct packet *packet, const struct recent_segment *last)
{
	uint16_t step;

	if (!last || !(last->flags & RECENT_IP_ID) || packet->ip_version != 4 ||
		last->length <= ETHERNET_MSS_IPV4)
		return 0;
	step = (uint16_t)(packet->ip_id - last->ip_id);
	if (step < 1 || step > STRIDE_MAX)
		return 0;
	return (last->length + step - 1) / step;
}

void offload_learn_size(
	struct tcp_side *side, const struct packet *packet, const struct recent_segment *last)
{
	uint32_t size = size_by_stride(packet, last);

	if (packet->gso_size)
		side->segment_size = (uint16_t)(packet->gso_size + option_bytes(packet));
	else if (size >= SMALLEST_MSS && size <= JUMBO_BYTES)
		side->segment_size = (uint16_t)(size + option_bytes(packet));
	else if (packet->ip_length > JUMBO_BYTES || packet->flags & PACKET_LENGTH_ZERO)
		side->segment_size = packet->ip_version == 4 ? ETHERNET_MSS_IPV4
							     : ETHERNET_MSS_IPV6;
}

uint32_t offload_segment_size(const struct tcp_side *side, const struct packet *packet)
{
	uint32_t options = option_bytes(packet);

	if (packet->gso_size)
		return packet->gso_size;
	return side->segment_size > options ? side->segment_size - options : 0;
}

uint32_t offload_told_segments(const struct packet *packet)
{
	uint32_t size = packet->gso_size, bytes = packet->payload_length;

	return size && bytes > size ? bytes / size + !!(bytes % size) : 1;
}

bool offload_exceeds_wires(const struct packet *packet)
{
	return packet->ip_length > JUMBO_BYTES;
}

uint32_t offload_segments(const struct tcp_side *side, const struct packet *packet, uint64_t bytes)
{
	uint32_t size = offload_segment_size(side, packet);

	if (!size || bytes <= size)
		return 1;
	return (uint32_t)((bytes + size - 1) / size);
}
