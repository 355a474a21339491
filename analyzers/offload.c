/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many packets on the wire is a frame?  Segmentation and receive offload (TSO, GSO, GRO, LRO)
 * show super-frames: the kernel's segment size says it exactly, else the MSS of the handshake (RFC
 * 9293 3.7.1), else the step of the IPv4 identification, which moves on by one for each wire
 * segment, else that a frame is so many of the flow's full segments.  Jumbo frames are none.
 */
#include "analyzers/offload.h"

#include <string.h>

#define ETHERNET_BYTES 1500 /* of an IP packet */
#define TIMESTAMP_BYTES 12  /* the option with its padding (RFC 7323 appendix A) */
#define SMALLEST_MSS 88     /* below, an announcement is nonsense (Linux: TCP_MIN_SND_MSS + 40) */
#define SMALLEST_FULL 500   /* full segments are longer: 536 is the least that all hosts take */
#define JUMBO_BYTES 9216    /* IP packets up to this size exist on wires */
#define STRIDE_MAX 64       /* segments that one super-frame of 64 kB may have, about */
#define STRIDES 3           /* steps that agree */

/* Values of tcp_side.size_seen. */
#define PUSHED_ONCE 1 /* one with PSH was a multiple of the tentative size */
#define FULL_ONCE 2   /* one without PSH had it */
#define FULL_TWICE 3

static const struct {
	enum confidence confidence;
	const char *text;
} evidences[OFFLOAD_EVIDENCES] = {
	[OFFLOAD_NONE] = { CONFIDENCE_NONE, "" },
	[OFFLOAD_SIZE] = { CONFIDENCE_PROVEN, "by the kernel's word" },
	[OFFLOAD_MSS] = { CONFIDENCE_PROVEN, "longer than the receiver's MSS" },
	[OFFLOAD_OWN_MSS] = { CONFIDENCE_LIKELY, "longer than the sender's own MSS" },
	[OFFLOAD_STRIDE] = { CONFIDENCE_LIKELY, "by the stride of the identification" },
	[OFFLOAD_MULTIPLE] = { CONFIDENCE_LIKELY, "multiples of the flow's full segments" },
	[OFFLOAD_LENGTH] = { CONFIDENCE_LIKELY, "longer than any wire carries" },
	[OFFLOAD_FLAG] = { CONFIDENCE_PROVEN, "marked in the file" },
	[OFFLOAD_ZERO] = { CONFIDENCE_PROVEN, "with an IP length of 0" },
};

enum confidence offload_confidence(enum offload_evidence evidence)
{
	return evidences[evidence].confidence;
}

const char *offload_evidence_text(enum offload_evidence evidence)
{
	return evidences[evidence].text;
}

static void set_size(struct tcp_side *side, uint32_t size, enum offload_evidence source)
{
	side->segment_size = (uint16_t)(size > UINT16_MAX ? UINT16_MAX : size);
	side->size_source = source & 7;
}

void offload_learn_mss(struct tcp_side *side, struct tcp_side *peer, const struct packet *syn)
{
	if (!(syn->flags & PACKET_MSS) || syn->mss < SMALLEST_MSS)
		return;
	set_size(peer, syn->mss, OFFLOAD_MSS);
	if (side->size_source != OFFLOAD_MSS && side->size_source != OFFLOAD_OWN_MSS)
		return;
	if (side->segment_size > syn->mss)
		set_size(side, syn->mss, OFFLOAD_OWN_MSS);
	else if (side->segment_size < syn->mss)
		set_size(peer, side->segment_size, OFFLOAD_OWN_MSS);
}

static uint32_t option_bytes(const struct packet *packet)
{
	return packet->flags & PACKET_TIMESTAMP ? TIMESTAMP_BYTES : 0;
}

/* Payload of an IP packet of `bytes` with the headers of `packet`, which may fill all of it. */
static uint32_t payload_within(const struct packet *packet, uint32_t bytes)
{
	uint32_t headers = packet->ip_length - packet->payload_length;

	return headers < bytes - SMALLEST_MSS ? bytes - headers : SMALLEST_MSS;
}

static uint32_t count_segments(uint64_t bytes, uint32_t size)
{
	return size && bytes > size ? (uint32_t)((bytes + size - 1) / size) : 1;
}

static bool is_size_known(const struct tcp_side *side)
{
	return side->size_source != OFFLOAD_NONE && side->size_source != OFFLOAD_LENGTH;
}

uint32_t offload_segment_size(const struct tcp_side *side, const struct packet *packet)
{
	uint32_t options = option_bytes(packet);

	if (packet->gso_size)
		return packet->gso_size;
	return side->segment_size > options ? side->segment_size - options : 0;
}

uint32_t offload_segments(const struct tcp_side *side, const struct packet *packet, uint64_t bytes)
{
	return count_segments(bytes, offload_segment_size(side, packet));
}

uint32_t offload_told_segments(const struct packet *packet)
{
	return count_segments(packet->payload_length, packet->gso_size);
}

/* Whether a host talks to itself. */
static bool is_own(const struct packet *packet)
{
	size_t size = packet->ip_version == 4 ? 4 : 16;

	if (!(packet->flags & PACKET_IP))
		return false;
	return (packet->ip_version == 4 && *packet_source(packet) == 127) ||
	       !memcmp(packet_source(packet), packet_destination(packet), size);
}

/* The loopback device has an MTU of 65,536 bytes, and no addresses. */
static bool is_loopback(const struct packet *packet)
{
	static const uint8_t no_addresses[12];

	if (packet->network_offset == 4 || is_own(packet)) /* LINKTYPE_NULL, LINKTYPE_LOOP */
		return true;
	return packet->network_offset >= 14 && packet->caplen >= 14 &&
	       !memcmp(packet->data, no_addresses, sizeof(no_addresses));
}

bool offload_exceeds_wires(const struct packet *packet)
{
	return packet->ip_length > JUMBO_BYTES && !is_loopback(packet);
}

/* A frame that was taken for several segments was one, as jumbo frames are: the size was wrong. */
static void observe_single(struct tcp_side *side, const struct packet *packet, uint32_t bytes)
{
	uint32_t ethernet = payload_within(packet, ETHERNET_BYTES);

	if (bytes > JUMBO_BYTES || bytes <= ethernet || bytes % ethernet == 0 ||
		side->size_source == OFFLOAD_SIZE || side->size_source == OFFLOAD_MSS ||
		!is_size_known(side) || bytes <= offload_segment_size(side, packet))
		return;
	set_size(side, bytes, OFFLOAD_NONE);
	side->size_seen = 0;
}

/* Whether so many segments of the same size came out of several frames of different size. */
static bool stride_agrees(struct tcp_side *side, struct offload_stride *stride, uint32_t bytes,
	uint32_t step, uint32_t ethernet)
{
	uint32_t size = bytes / step;

	if (bytes % step || size != stride->bytes) {
		if (side->stride_score && count_segments(bytes, stride->bytes) == step)
			return false;
		*stride = (struct offload_stride){ .bytes = size & 0x3fff, .steps = step & 3 };
		side->stride_varied = 0;
		side->stride_score = size >= SMALLEST_MSS && size <= ethernet && !(bytes % step);
		return false;
	}
	if ((step & 3) != stride->steps)
		side->stride_varied = 1;
	if (side->stride_score < STRIDES)
		side->stride_score++;
	return side->stride_score == STRIDES &&
	       (side->stride_varied || (bytes > ethernet && size <= ethernet));
}

/*
 * Whether so many segments of Ethernet's size are no chance: a counter may be shared, and the frame
 * a jumbo frame, so what is no multiple must come twice with different steps.
 */
static bool ethernet_agrees(struct tcp_side *side, struct offload_stride *stride, uint32_t bytes,
	uint32_t step, uint32_t ethernet)
{
	bool twice = side->stride_score && stride->bytes == ethernet && stride->steps != (step & 3);

	if (bytes > JUMBO_BYTES || bytes % ethernet == 0 || twice)
		return true;
	*stride = (struct offload_stride){ .bytes = ethernet & 0x3fff, .steps = step & 3 };
	side->stride_score = 1;
	side->stride_varied = 0;
	return false;
}

void offload_observe_step(struct tcp_side *side, struct offload_stride *stride,
	const struct packet *packet, uint32_t bytes, uint32_t step)
{
	uint32_t ethernet = payload_within(packet, ETHERNET_BYTES);
	uint32_t size, now = is_size_known(side) ? offload_segment_size(side, packet) : UINT32_MAX;

	if (step == 1) {
		observe_single(side, packet, bytes);
		return;
	}
	if (side->size_source == OFFLOAD_SIZE || bytes == now || bytes == ethernet)
		return;
	if (bytes > ethernet && count_segments(bytes, ethernet) == step &&
		ethernet_agrees(side, stride, bytes, step, ethernet))
		size = ethernet;
	else if (step <= STRIDE_MAX && stride_agrees(side, stride, bytes, step, ethernet))
		size = stride->bytes;
	else
		return;
	if (size < now || side->size_source == OFFLOAD_OWN_MSS)
		set_size(side, size + option_bytes(packet), OFFLOAD_STRIDE);
}

/*
 * A segment that is not pushed is full, for its sender had more: three of one length tell the size.
 * Until then the length is tentative, and `size_seen` 2 or 3; it is 1 for what PUSHED_ONCE says.
 */
static void observe_full(struct tcp_side *side, const struct packet *packet)
{
	uint32_t bytes = packet->payload_length;

	if (packet->tcp_flags & TCP_PSH || bytes < SMALLEST_FULL || bytes > JUMBO_BYTES ||
		side->size_source != OFFLOAD_NONE)
		return;
	if (bytes != side->segment_size || side->size_seen <= PUSHED_ONCE) {
		side->segment_size = (uint16_t)bytes;
		side->size_seen = FULL_ONCE;
	} else if (side->size_seen++ == FULL_TWICE) {
		set_size(side, bytes + option_bytes(packet), OFFLOAD_MULTIPLE);
	}
}

/*
 * The size of which the payload is an exact multiple, 0 if of none that is likely: those of usual
 * MTUs, the flow's own, and what the identification tells of a frame of another length.
 */
static uint32_t find_multiple(const struct tcp_side *side, const struct offload_stride *stride,
	const struct packet *packet, const struct recent_segment *last)
{
	uint32_t sizes[] = { payload_within(packet, ETHERNET_BYTES),
		side->size_source == OFFLOAD_NONE && side->size_seen ? side->segment_size : 0,
		side->stride_score && last && last->length != packet->payload_length ? stride->bytes
										     : 0,
		payload_within(packet, packet->ip_version == 4 ? 576 : 1280),
		packet->ip_length > JUMBO_BYTES ? payload_within(packet, 9000) : 0 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i] && packet->payload_length > sizes[i] &&
			packet->payload_length % sizes[i] == 0)
			return sizes[i];
	return 0;
}

/*
 * Records that are pushed have any length, also such a multiple, as long as a wire carries it: then
 * it teaches nothing before there are two in a row.
 */
static bool is_coincidence(struct tcp_side *side, const struct packet *packet, uint32_t size)
{
	bool again = side->size_source == OFFLOAD_NONE && side->size_seen &&
		     side->segment_size == size;

	if (!(packet->tcp_flags & TCP_PSH) || packet->ip_length > JUMBO_BYTES || again ||
		packet->flags & PACKET_LENGTH_ZERO || packet->frame_flags & FRAME_GSO_TCP)
		return false;
	if (side->size_source == OFFLOAD_NONE) {
		side->segment_size = (uint16_t)size;
		side->size_seen = PUSHED_ONCE;
	}
	return true;
}

/*
 * Without a size: learns one, or takes that of Ethernet for what no wire carries.  `*found` is the
 * payload of a segment, if there are several.
 */
static enum offload_evidence judge_unsized(struct tcp_side *side,
	const struct offload_stride *stride, const struct packet *packet,
	const struct recent_segment *last, uint32_t *found)
{
	uint32_t size = find_multiple(side, stride, packet, last), options = option_bytes(packet);

	bool first = !side->segment_size;

	*found = size;
	if (is_loopback(packet))
		return OFFLOAD_NONE;
	if (size && is_coincidence(side, packet, size))
		return first ? OFFLOAD_MULTIPLE : OFFLOAD_NONE;
	if (size) {
		set_size(side, size + options, OFFLOAD_MULTIPLE);
		return OFFLOAD_MULTIPLE;
	}
	if (offload_exceeds_wires(packet) || packet->flags & PACKET_LENGTH_ZERO ||
		packet->frame_flags & FRAME_GSO_TCP) {
		*found = payload_within(packet, ETHERNET_BYTES);
		set_size(side, *found + options, OFFLOAD_LENGTH);
		return OFFLOAD_LENGTH;
	}
	if (packet->ip_length > ETHERNET_BYTES && side->size_seen <= PUSHED_ONCE &&
		side->size_source == OFFLOAD_NONE) {
		side->segment_size = UINT16_MAX & packet->payload_length;
		side->size_seen = 0;
	}
	observe_full(side, packet);
	return OFFLOAD_NONE;
}

/* The kernel's word holds, also that a frame is none. */
static uint32_t judge_told(
	struct tcp_side *side, const struct packet *packet, enum offload_evidence *evidence)
{
	uint32_t segments = offload_told_segments(packet);

	if (packet->gso_size)
		set_size(side, packet->gso_size + option_bytes(packet), OFFLOAD_SIZE);
	*evidence = segments > 1 ? OFFLOAD_SIZE : OFFLOAD_NONE;
	return segments;
}

/* The mark of a file, or of the header, holds however short the frame is. */
static enum offload_evidence marked_evidence(const struct packet *packet, uint32_t segments)
{
	if (packet->frame_flags & FRAME_GSO_TCP)
		return OFFLOAD_FLAG;
	return packet->flags & PACKET_LENGTH_ZERO && segments > 1 ? OFFLOAD_ZERO : OFFLOAD_NONE;
}

uint32_t offload_judge(struct tcp_side *side, struct offload_stride *stride,
	const struct packet *packet, const struct recent_segment *last,
	enum offload_evidence *evidence)
{
	enum offload_evidence found, marked;
	uint32_t segments, size;

	*evidence = OFFLOAD_NONE;
	if (!packet->payload_length)
		return 1;
	if (packet->gso_size || side->size_source == OFFLOAD_SIZE)
		return judge_told(side, packet, evidence);
	if (!is_size_known(side) && last && last->flags & RECENT_IP_ID && packet->ip_version == 4 &&
		packet->ip_id != last->ip_id)
		offload_observe_step(side, stride, packet, last->length,
			(uint16_t)(packet->ip_id - last->ip_id));
	size = offload_segment_size(side, packet);
	found = is_size_known(side) ? (enum offload_evidence)side->size_source
				    : judge_unsized(side, stride, packet, last, &size);
	segments = found ? count_segments(packet->payload_length, size) : 1;
	/* A route may announce less (advmss) than its link carries. */
	if (found == OFFLOAD_OWN_MSS && packet->ip_length <= ETHERNET_BYTES)
		segments = 1;
	marked = marked_evidence(packet, segments);
	if (marked == OFFLOAD_FLAG && segments == 1)
		segments = 2; /* at least */
	*evidence = marked ? marked : segments > 1 ? found : OFFLOAD_NONE;
	return segments;
}
