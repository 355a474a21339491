/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_LIVE_FRAME_H
#define PKTLINT_TESTS_LIVE_FRAME_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The EtherType of the raw test frames: IEEE Std 802, local experimental EtherType 1. */
#define RAW_ETHERTYPE 0x88b5

/* What a frame is to a rule of the relay. */
enum frame_class {
	FRAME_OTHER,
	FRAME_TCP,  /* TCP with payload */
	FRAME_UDP,  /* UDP with payload */
	FRAME_RAW,  /* a raw test frame */
	FRAME_SYN,  /* TCP without payload, with SYN */
	FRAME_FIN,  /* TCP without payload, with FIN */
	FRAME_ACK,  /* TCP without any of these */
	FRAME_ICMP, /* an ICMP or ICMPv6 error */
	FRAME_CLASSES
};

/* The classes that are numbered and logged, as bits. */
#define FRAME_DATA (1u << FRAME_TCP | 1u << FRAME_UDP | 1u << FRAME_RAW)

struct frame {
	enum frame_class class;
	size_t length;
	bool tagged;
	uint16_t vlan;
	int family;                          /* AF_INET, AF_INET6; 0 for others */
	struct in6_addr source, destination; /* of IPv4, the first four bytes */
	uint16_t source_port, destination_port;
	bool numbered;     /* `sequence` means something */
	uint32_t sequence; /* TCP's, or the test sender's */
	uint32_t flow;     /* the test sender's */
	size_t payload;    /* offset */
	size_t payload_bytes;
};

/* "tcp", "syn", ... */
extern const char *const frame_class_names[FRAME_CLASSES];

/* Says what a frame is; one that is cut or unknown is FRAME_OTHER. */
void frame_parse(struct frame *frame, const uint8_t *bytes, size_t length);

/* Room that frame_flow() needs at most. */
#define FRAME_FLOW_BYTES 128

/* Writes the name of a data frame's flow in this direction, without spaces.  Returns `text`. */
char *frame_flow(const struct frame *frame, char text[static FRAME_FLOW_BYTES]);

/*
 * The payload of raw frames and UDP datagrams of the test senders: a mark, the number of the flow
 * and the sequence number in it (4 bytes each, big-endian), then bytes that follow from these.
 */
#define STAMP_BYTES 12

/* Fills a payload of at least STAMP_BYTES. */
void stamp_write(uint8_t *payload, size_t bytes, uint32_t flow, uint32_t sequence);

/* Whether a payload has the mark; if so, flow and sequence number. */
bool stamp_read(const uint8_t *payload, size_t bytes, uint32_t *flow, uint32_t *sequence);

/* Whether the bytes after the stamp are those that stamp_write() wrote. */
bool stamp_intact(const uint8_t *payload, size_t bytes, uint32_t flow, uint32_t sequence);

#endif
