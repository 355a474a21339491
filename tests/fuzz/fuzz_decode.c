/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes give a packet that claims no more than is there.  Input: link type (2 bytes), how many
 * bytes the capture cut off (2), frame flags (1), direction (1), then what was captured.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "capture/decode.h"
#include "capture/decode_layers.h"

#define PREFIX 6

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lengths(const struct packet *p)
{
	REQUIRE(p->wirelen >= p->caplen);
	REQUIRE(p->layer < LAYER_COUNT);
	if (!(p->flags & PACKET_IP)) {
		REQUIRE(!(p->flags & (PACKET_PORTS | PACKET_TCP | PACKET_ICMP_QUOTE)));
		REQUIRE(p->ip_version == 0 && p->payload_length == 0);
		return;
	}
	REQUIRE(p->ip_version == 4 || p->ip_version == 6);
	REQUIRE(p->network_offset + (p->ip_version == 4 ? 20u : 40u) <= p->caplen);
	REQUIRE(p->ip_length <= p->wirelen - p->network_offset);
	REQUIRE(p->payload_length <= p->ip_length);
	if (p->payload_length > 0)
		REQUIRE((uint64_t)p->transport_offset + p->transport_header + p->payload_length <=
			(uint64_t)p->network_offset + p->ip_length);
}

static void check_tags(const struct packet *p)
{
	if (p->rtag_offset)
		REQUIRE(p->rtag_offset + 6u <= p->caplen);
	if (p->ah_offset)
		REQUIRE(p->flags & PACKET_IP && p->ah_offset + 12u <= p->caplen);
	REQUIRE(p->flags & PACKET_MPLS || p->mpls_label == 0);
	REQUIRE(p->network_offset <= p->wirelen);
}

static void check_transport(const struct packet *p)
{
	uint32_t left, right;

	if (p->flags & PACKET_PORTS)
		REQUIRE(p->transport_offset + 4u <= p->caplen);
	if (p->flags & PACKET_TCP) {
		REQUIRE(p->layer == LAYER_TRANSPORT && p->flags & PACKET_PORTS);
		REQUIRE(p->transport_offset + 20u <= p->caplen);
		REQUIRE(p->transport_header >= 20 && p->transport_header <= 60);
	} else {
		REQUIRE(p->tcp_flags == 0 && p->tcp_seq == 0 && p->sack_count == 0);
	}
	REQUIRE(p->sack_count <= PACKET_MAX_SACK);
	REQUIRE(p->sack_offset + 8u * p->sack_count <= p->caplen);
	for (unsigned i = 0; i < p->sack_count; i++)
		packet_sack(p, i, &left, &right);
}

static void check_quote(const struct packet *p)
{
	struct packet_quote quote;
	int rc = packet_quote(p, &quote);
	size_t bytes = quote.ip_version == 4 ? 4 : 16;

	REQUIRE((rc == 0) == !!(p->flags & PACKET_ICMP_QUOTE));
	if (rc == 0) {
		REQUIRE(quote.source + bytes <= p->data + p->caplen);
		REQUIRE(quote.destination + bytes <= p->data + p->caplen);
	}
}

static void check_addresses(const struct packet *p)
{
	size_t bytes = p->ip_version == 4 ? 4 : 16;

	if (!(p->flags & PACKET_IP))
		return;
	REQUIRE(packet_source(p) + bytes <= p->data + p->caplen);
	REQUIRE(packet_destination(p) + bytes <= p->data + p->caplen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet p, general;
	char text[64];

	if (size < PREFIX)
		return 0;
	uint32_t captured = (uint32_t)(size - PREFIX);
	/* A heap block of its own, so that reads before and behind the frame are seen. */
	uint8_t *bytes = malloc(captured ? captured : 1);
	struct frame frame = {
		.data = bytes,
		.number = 1,
		.caplen = captured,
		.wirelen = captured + bytes_be16(data + 2),
		.linktype = bytes_be16(data),
		.flags = data[4],
		.direction = data[5] % (DIRECTION_OTHER + 1),
	};

	REQUIRE(bytes);
	memcpy(bytes, data + PREFIX, captured);
	memset(&p, 0x5a, sizeof(p));
	memset(&general, 0xa5, sizeof(general));
	decode_frame(&frame, &p);
	decode_general(&frame, &general);
	REQUIRE(memcmp(&p, &general, offsetof(struct packet, verdict) + sizeof(p.verdict)) == 0);
	check_lengths(&p);
	check_tags(&p);
	check_transport(&p);
	check_quote(&p);
	check_addresses(&p);
	packet_checksum(&p);
	REQUIRE(strlen(decode_reason(p.layer, p.reason, text, sizeof(text))) > 0);
	free(bytes);
	return 0;
}
