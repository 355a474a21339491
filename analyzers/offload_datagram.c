/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a long datagram one packet, or a super-frame (UDP_SEGMENT, UDP GRO)?  The kernel's segment
 * size says so; else that it exceeds what wires carry, or the MTU of the interface that it passed;
 * else, of what was sent one by one and merged, the IPv4 identification: four steps in a row that
 * make segments no longer than Ethernet's.  UDP_SEGMENT itself leaves no trace there.
 */
#include "analyzers/offload_datagram.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "analyzers/flow.h"
#include "analyzers/offload.h"
#include "base/memory.h"
#include "host/host.h"

#define SENDERS 64 /* of long datagrams, at a time */
#define STRIDES 4
#define STRIDE_MAX 64 /* UDP_MAX_SEGMENTS of Linux was so for long, and 128 do not fit often */
#define TAG_BYTES 4   /* a VLAN tag does not count for the MTU */

/* The last long datagram of a sender, and what it shows. */
struct sender {
	const struct flow *flow;
	uint32_t number; /* of the flow: memory of flows is used again */
	uint32_t bytes;  /* payload */
	uint32_t step;   /* of the identification before it, for so many bytes: */
	uint32_t step_bytes;
	uint16_t id;
	uint8_t side, score;
};

struct offload_datagrams {
	const struct analyzer_options *options;
	struct sender senders[SENDERS];
};

struct offload_datagrams *offload_datagrams_new(const struct analyzer_options *options)
{
	struct offload_datagrams *datagrams = memory_alloc(1, sizeof(*datagrams));

	datagrams->options = options;
	return datagrams;
}

void offload_datagrams_free(struct offload_datagrams *datagrams)
{
	free(datagrams);
}

static bool exceeds_mtu(const struct offload_datagrams *datagrams, const struct packet *packet)
{
	const struct analyzer_options *options = datagrams->options;
	const struct host_interface *interface;

	if (!options->host || packet->interface >= options->interface_count ||
		packet->flags & PACKET_FRAGMENT)
		return false;
	interface = host_interface(options->host, options->interfaces[packet->interface]);
	return interface && interface->mtu && !interface->loopback &&
	       packet->ip_length > interface->mtu + TAG_BYTES;
}

/* Whether the step makes segments that fit Ethernet, as the one before did. */
static bool agrees(const struct sender *sender, const struct packet *packet, uint32_t step)
{
	uint32_t headers = packet->ip_length - packet->payload_length;
	uint32_t size = step ? (sender->bytes + step - 1) / step : 0;
	uint32_t before = 0;

	if (sender->step)
		before = (sender->step_bytes + sender->step - 1) / sender->step;
	if (step < 2 || step > STRIDE_MAX || size + headers > OFFLOAD_USUAL_BYTES)
		return false;
	/* Last segments are shorter, so sizes differ a little. */
	return !before || (size <= before + before / 2 && before <= size + size / 2);
}

static struct sender *find_sender(struct offload_datagrams *datagrams, const struct packet *packet)
{
	struct sender *sender = &datagrams->senders[packet->flow->number % SENDERS];

	if (sender->flow != packet->flow || sender->number != packet->flow->number ||
		sender->side != packet->side)
		*sender = (struct sender){
			.flow = packet->flow, .number = packet->flow->number, .side = packet->side
		};
	return sender;
}

/* How many segments by the steps of the identification, 1 if they do not tell. */
static uint32_t count_by_stride(struct offload_datagrams *datagrams, const struct packet *packet)
{
	struct sender *sender = find_sender(datagrams, packet);
	uint32_t step = sender->bytes ? (uint16_t)(packet->ip_id - sender->id) : 0;
	uint32_t size;

	if (agrees(sender, packet, step)) {
		sender->score += sender->score < STRIDES;
		sender->step = step;
		sender->step_bytes = sender->bytes;
	} else {
		sender->score = 0;
		sender->step = 0;
	}
	sender->id = packet->ip_id;
	sender->bytes = packet->payload_length;
	if (sender->score < STRIDES)
		return 1;
	if (packet->payload_length == sender->step_bytes)
		return step;
	size = (sender->step_bytes + step - 1) / step;
	return (packet->payload_length + size - 1) / size;
}

void offload_judge_datagram(struct offload_datagrams *datagrams, struct packet *packet)
{
	uint32_t segments = offload_told_segments(packet);

	if (!packet->gso_size && packet->ip_length > OFFLOAD_USUAL_BYTES && packet->flow &&
		packet->protocol == IPPROTO_UDP && packet->ip_version == 4 &&
		!(packet->flags & PACKET_FRAGMENT))
		segments = count_by_stride(datagrams, packet);
	if (segments > 1)
		packet->segments = segments;
	if (segments > 1 || (!packet->gso_size && (offload_exceeds_wires(packet) ||
							  exceeds_mtu(datagrams, packet))))
		packet->flags |= PACKET_SUPER;
}
