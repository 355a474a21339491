/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a UDP header say (RFC 768)?  Its own length counts, which may leave bytes of the IP
 * packet over (RFC 9868); 0 is a jumbogram's (RFC 2675 4).
 */
#include "base/bytes.h"
#include "capture/decode_layers.h"

#define UDP_HEADER 8
#define PORTS 4

LAYER_DECODER(decode_udp)
{
	const uint8_t *h = p->data + offset;
	uint32_t room = end - offset;

	if (layer_present(p, offset, end, PORTS)) {
		p->source_port = bytes_be16(h);
		p->destination_port = bytes_be16(h + 2);
		p->flags |= PACKET_PORTS;
	}
	if (!layer_present(p, offset, end, UDP_HEADER)) {
		decode_missing(p, PART_UDP, offset, end, UDP_HEADER);
		return;
	}
	uint32_t length = bytes_be16(h + 4);

	if (length == 0 && room > UINT16_MAX)
		length = room;
	if (length < UDP_HEADER) {
		decode_stop(p, LAYER_MALFORMED, PART_UDP);
		return;
	}
	if (length > room) {
		/* The first fragment of a datagram announces the whole of it. */
		if (!(p->flags & PACKET_FRAGMENT))
			p->flags |= PACKET_LENGTH_SHORT;
		length = room;
	}
	p->checksum = bytes_be16(h + 6);
	p->transport_header = UDP_HEADER;
	p->payload_length = length - UDP_HEADER;
}
