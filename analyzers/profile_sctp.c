/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which numbers have the chunks of an SCTP packet, and what does its sender say of those that it
 * received?  DATA (RFC 9260 3.3.1) and I-DATA (RFC 8260 2.1) have a TSN of 32 bits, which stays
 * when they are sent again; SACK (3.3.4) tells the last one before the first gap, what is beyond
 * gaps, and what came twice.  Streams go by ports: tags of the other direction cannot be known.
 */
#include "analyzers/profile_parts.h"

#define COMMON_HEADER 12
#define PORTS 4
#define CHUNK_HEADER 4
#define CHUNKS_MAXIMUM 1024

#define CHUNK_DATA 0
#define CHUNK_SACK 3
#define SHUTDOWN_HEADER 8
#define CHUNK_SHUTDOWN 7
#define CHUNK_I_DATA 64
#define DATA_HEADER 16
#define I_DATA_HEADER 20
#define SACK_HEADER 16
#define GAP 4
#define TSN 4

#define SCTP_PORT_UDP 9899

/* A walk over the chunks of a packet. */
struct chunks {
	const struct profile_view *view;
	const uint8_t *chunk; /* the one reached, its header captured */
	uint32_t length;      /* of it, as it says, header included: within the packet */
	uint32_t present;     /* bytes of it that were captured */
	uint32_t next;        /* offset of the one behind */
	int left;
};

/* Returns false if that is no common header, or if it was cut. */
static bool chunks_begin(struct chunks *chunks, const struct profile_view *view)
{
	if (view->length < COMMON_HEADER + CHUNK_HEADER || view->present < COMMON_HEADER ||
		bytes_be16(view->data) == 0 || bytes_be16(view->data + 2) == 0)
		return false;
	*chunks = (struct chunks){ .view = view, .next = COMMON_HEADER, .left = CHUNKS_MAXIMUM };
	return true;
}

/* How many more DATA chunks there may be in what was not captured. */
static uint32_t chunks_cut(const struct chunks *chunks)
{
	const struct profile_view *view = chunks->view;

	if (chunks->next + CHUNK_HEADER <= view->present || chunks->next >= view->length)
		return 0;
	return (view->length - chunks->next) / (DATA_HEADER + 4);
}

/* Returns 1, or 0 where no more was captured, or -1 if what is there is no chunk. */
static int chunks_next(struct chunks *chunks)
{
	const struct profile_view *view = chunks->view;
	uint32_t at = chunks->next;

	/* Less than a header is left: padding of the last one, or of the frame. */
	if (chunks->left-- == 0 || at + CHUNK_HEADER > view->length ||
		at + CHUNK_HEADER > view->present)
		return 0;
	chunks->chunk = view->data + at;
	chunks->length = bytes_be16(chunks->chunk + 2);
	if (chunks->length < CHUNK_HEADER || chunks->length > view->length - at)
		return -1;
	chunks->present = view->present - at < chunks->length ? view->present - at : chunks->length;
	chunks->next = at + ((chunks->length + 3) & ~3u);
	return 1;
}

/* Returns 1 with the number filled, 0 if the chunk has none or it was cut, -1 if it is wrong. */
static int chunk_number(const struct chunks *chunks, struct profile_number *number)
{
	uint8_t type = chunks->chunk[0];
	uint32_t header = type == CHUNK_DATA ? DATA_HEADER : I_DATA_HEADER;

	if (type != CHUNK_DATA && type != CHUNK_I_DATA)
		return 0;
	/* None is without data (RFC 9260 6.2), and the tag 0 is for INIT alone (8.5.1). */
	if (chunks->length <= header || bytes_be32(chunks->view->data + PORTS) == 0)
		return -1;
	if (chunks->present < CHUNK_HEADER + TSN)
		return 0;
	return profile_one(number, bytes_be32(chunks->chunk + CHUNK_HEADER),
		chunks->length - header, chunks->view->data, PORTS);
}

static int sctp_read(const struct profile_view *view, struct profile_number *numbers)
{
	struct profile_number number;
	struct chunks chunks;
	int count = 0;
	int rc;

	if (!chunks_begin(&chunks, view))
		return -1;
	while ((rc = chunks_next(&chunks)) > 0) {
		rc = chunk_number(&chunks, &number);
		if (rc < 0)
			break;
		if (rc > 0)
			count = profile_add(numbers, count, &number);
	}
	if (rc < 0)
		return -1;
	if (count)
		numbers[count - 1].hidden = chunks_cut(&chunks);
	return count;
}

/* Gap blocks count from the cumulative TSN, both ends included (RFC 9260 3.3.4). */
static int sack_ranges(const struct chunks *chunks, uint32_t cumulative, uint32_t gaps,
	struct profile_feedback *feedback)
{
	for (uint32_t i = 0; i < gaps && i < PROFILE_RANGES; i++) {
		const uint8_t *block = chunks->chunk + SACK_HEADER + GAP * i;

		if (SACK_HEADER + GAP * (i + 1) > chunks->present)
			return 0;
		uint32_t first = bytes_be16(block);
		uint32_t last = bytes_be16(block + 2);

		if (first == 0 || first > last)
			return -1;
		feedback->ranges[feedback->range_count++] = (struct profile_range){
			.from = (uint32_t)(cumulative + first),
			.to = (uint32_t)(cumulative + last + 1),
		};
	}
	return 0;
}

/* All that follows the fixed part, as far as it was captured. */
static int sack_lists(
	const struct chunks *chunks, uint32_t cumulative, struct profile_feedback *feedback)
{
	const uint8_t *h = chunks->chunk;
	uint32_t gaps = bytes_be16(h + 12);
	uint32_t repeats = bytes_be16(h + 14);
	uint32_t at = SACK_HEADER + GAP * gaps;

	if (at + TSN * repeats > chunks->length ||
		sack_ranges(chunks, cumulative, gaps, feedback) < 0)
		return -1;
	for (uint32_t i = 0; i < repeats && i < PROFILE_REPEATS; i++, at += TSN) {
		if (at + TSN > chunks->present)
			return 0;
		feedback->repeats[feedback->repeat_count++] = bytes_be32(h + at);
	}
	return 0;
}

static int chunk_report(const struct chunks *chunks, struct profile_feedback *feedback)
{
	uint8_t type = chunks->chunk[0];
	uint32_t header = type == CHUNK_SACK ? SACK_HEADER : SHUTDOWN_HEADER;

	if (type != CHUNK_SACK && type != CHUNK_SHUTDOWN)
		return 0;
	if (chunks->length < header)
		return -1;
	if (chunks->present < header)
		return 0;
	uint32_t cumulative = bytes_be32(chunks->chunk + CHUNK_HEADER);

	feedback->cumulative = true;
	feedback->below = (uint32_t)(cumulative + 1);
	if (type == CHUNK_SACK && sack_lists(chunks, cumulative, feedback) < 0)
		return -1;
	return 1;
}

/* There is one report a packet (RFC 9260 6.2). */
static int sctp_feedback(const struct profile_view *view, struct profile_feedback *feedback)
{
	struct chunks chunks;
	int rc;

	if (!chunks_begin(&chunks, view))
		return -1;
	memset(feedback, 0, sizeof(*feedback));
	memcpy(feedback->key, view->data + 2, 2);
	memcpy(feedback->key + 2, view->data, 2);
	feedback->key_length = PORTS;
	while ((rc = chunks_next(&chunks)) > 0) {
		rc = chunk_report(&chunks, feedback);
		if (rc != 0)
			break;
	}
	return rc;
}

const struct profile profile_sctp = {
	.name = "sctp",
	.key_ports = true,
	.summary = "SCTP, RFC 9260: TSN of 32 bits, one a DATA chunk, by addresses and ports",
	.found_by = "IP protocol 132",
	.selector = { .protocol = 132 },
	.modulus = UINT64_C(1) << 32,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_SELECTOR,
	.resends = true,
	.spread = true,
	.read = sctp_read,
	.feedback = sctp_feedback,
};

const struct profile profile_sctp_udp = {
	.name = "sctp-udp",
	.key_ports = true,
	.summary =
		"SCTP in UDP, RFC 6951: TSN of 32 bits, one a DATA chunk, by addresses and ports",
	.found_by = "UDP port 9899, numbers that count",
	.selector = { .ports = { SCTP_PORT_UDP } },
	.modulus = UINT64_C(1) << 32,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.resends = true,
	.read = sctp_read,
	.feedback = sctp_feedback,
};
