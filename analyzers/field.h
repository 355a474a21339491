/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_FIELD_H
#define PKTLINT_ANALYZERS_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzers/profile.h"
#include "base/error.h"

/*
 * A sequence number described by its place: what --sequence, pktlint.conf(5) and the discovery of
 * counters share.  In words: "eth.type=0x88b5 offset=14 width=4 stream=eth.src,eth.dst".
 */

enum field_start { FIELD_LINK, FIELD_NETWORK, FIELD_TRANSPORT, FIELD_PAYLOAD };

#define FIELD_KEYS 4
#define FIELD_OFFSET_MAX 65527 /* eight bytes from there end where no packet goes on */

/* Bytes of a packet that tell streams apart. */
struct field_bytes {
	uint16_t offset; /* from the field's start */
	uint8_t width;   /* 1..8 */
};

struct field {
	char name[32]; /* "" without */
	/* Selectors, all of which must hold; -1: any. */
	int32_t ethertype, vlan, protocol, port, source_port, destination_port;
	enum field_start start;
	uint16_t offset;    /* bytes from there */
	uint8_t width;      /* bytes, 1..8 */
	bool little;        /* least significant byte first */
	uint64_t mask;      /* after reading; 0: all */
	uint8_t shift;      /* to the right, after the mask */
	uint32_t increment; /* >= 1 */
	uint64_t modulus;   /* 0: 2^(bits that mask, shift and width leave), 2^64 for 64 */
	/* Stream key: bits 1 << enum field_key, and bytes. */
	uint32_t keys;
	struct field_bytes bytes[FIELD_KEYS];
	uint8_t byte_count;
	/* Bytes that must be so: "match=0:1:0x45" */
	struct field_match {
		uint16_t offset;
		uint8_t width;
		uint64_t value;
	} matches[FIELD_KEYS];
	uint8_t match_count;
};

/* A field that selects everything and, but for its width, counts as most do. */
#define FIELD_DEFAULTS \
	{ \
		.ethertype = -1, .vlan = -1, .protocol = -1, .port = -1, .source_port = -1, \
		.destination_port = -1, .increment = 1 \
	}

/* Words of stream=: eth.src eth.dst vlan ip.src ip.dst ip.proto port.src port.dst. */
enum field_key {
	FIELD_KEY_ETH_SRC,
	FIELD_KEY_ETH_DST,
	FIELD_KEY_VLAN,
	FIELD_KEY_IP_SRC,
	FIELD_KEY_IP_DST,
	FIELD_KEY_PROTOCOL,
	FIELD_KEY_SOURCE_PORT,
	FIELD_KEY_DESTINATION_PORT,
	FIELD_KEY_COUNT,
};

/*
 * Reads a specification.  Returns 0, or -1 with `error` filled: it quotes the word that is wrong,
 * says what would be right, and ends with the place of the word: "(word 3)".
 */
int field_parse(struct field *field, const char *text, struct error *error);

/* Whether `name` may be one of a field: 1 to 31 letters a-z, digits and -, which is not first. */
bool field_name_valid(const char *name);

#define FIELD_TEXT 640 /* bytes that field_print() needs at most, the final NUL included */

/* What bytes are counted in, for people: "the frame", "the payload". */
const char *field_start_text(enum field_start start);

/* Writes the specification so that field_parse() gives the same field.  Returns `text`. */
const char *field_print(const struct field *field, char *text, size_t size);

/* Whether the packet passes the selectors (not: whether the field was captured). */
bool field_selects(const struct field *field, const struct packet *packet);

#define FIELD_KEY_BYTES 96

/*
 * Reads the number, and how many bytes the packet has behind the field on the wire.  Returns false
 * if the field or a match is not in the captured bytes, or a match fails.  The number may be above
 * the modulus if one was given: the packet says so.
 */
bool field_read_number(
	const struct field *field, const struct packet *packet, uint64_t *number, uint32_t *behind);

/* Reads the bytes of the stream's key.  Returns false if any of it was not captured. */
bool field_read_key(const struct field *field, const struct packet *packet,
	uint8_t key[FIELD_KEY_BYTES], unsigned *key_length);

/* How many bits width, mask and shift leave of the number: 1..64. */
unsigned field_bits(const struct field *field);

/* Where the field's number wraps: 2^bits or the modulus given; 0: 2^64. */
uint64_t field_modulus(const struct field *field);

/* A list of fields; grows by field_list_add(), freed by the owner of `fields`. */
struct field_list {
	struct field *fields;
	size_t count;
};

/* Appends FIELD_DEFAULTS and returns it; valid until the next call. */
struct field *field_list_add(struct field_list *list);

#endif
