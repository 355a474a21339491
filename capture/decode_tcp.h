/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_DECODE_TCP_H
#define PKTLINT_CAPTURE_DECODE_TCP_H

/* The TCP header, inline for the sake of decode.c. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "capture/packet.h"

#define TCP_HEADER 20
#define TCP_FLAGS 0x1ff

/* NOP, NOP, timestamps: how nearly every segment of a flow with timestamps begins its options. */
#define TCP_TIMESTAMP_ALIGNED 0x0101080a
#define TCP_TIMESTAMP_ALIGNED_BYTES 12

/* Reads the options between the offsets `at` and `end`; what lies beyond p->caplen was cut. */
void tcp_options(struct packet *p, uint32_t at, uint32_t end);

/*
 * Decodes the header at `offset`, of which TCP_HEADER bytes are there, in a segment that goes on to
 * `end`, and sets p->flags to `flags` and its own.  Returns false if its length cannot be true.
 */
static inline bool tcp_decode(struct packet *p, uint32_t flags, uint32_t offset, uint32_t end)
{
	const uint8_t *h = p->data + offset;
	uint32_t control = bytes_be32(h + 12);
	uint32_t options = (control >> 28) * 4 - TCP_HEADER;
	uint32_t room = end - offset - TCP_HEADER;

	/* Both bounds at once: a header shorter than it can be has wrapped around. */
	if (options > room)
		return false;
	uint32_t ports = bytes_be32(h);
	uint64_t numbers = bytes_be64(h + 4);

	p->destination_port = (uint16_t)ports;
	p->source_port = (uint16_t)(ports >> 16);
	p->tcp_ack = (uint32_t)numbers;
	p->tcp_seq = (uint32_t)(numbers >> 32);
	p->tcp_window = (uint16_t)control;
	p->tcp_flags = (uint16_t)(control >> 16 & TCP_FLAGS);
	p->checksum = bytes_be16(h + 16);
	p->transport_header = (uint16_t)(options + TCP_HEADER);
	p->payload_length = room - options;
	flags |= PACKET_PORTS | PACKET_TCP;
	offset += TCP_HEADER;
	if (options >= TCP_TIMESTAMP_ALIGNED_BYTES &&
		offset + TCP_TIMESTAMP_ALIGNED_BYTES <= p->caplen &&
		bytes_be32(h + TCP_HEADER) == TCP_TIMESTAMP_ALIGNED) {
		uint64_t stamps = bytes_be64(h + TCP_HEADER + 4);

		p->tsecr = (uint32_t)stamps;
		p->tsval = (uint32_t)(stamps >> 32);
		flags |= PACKET_TIMESTAMP;
		offset += TCP_TIMESTAMP_ALIGNED_BYTES;
		options -= TCP_TIMESTAMP_ALIGNED_BYTES;
	}
	p->flags = flags;
	if (options > 0)
		tcp_options(p, offset, offset + options);
	return true;
}

#endif
