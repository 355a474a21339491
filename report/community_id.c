/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What do other tools call this flow? Community ID version 1: SHA-1 over seed, addresses, protocol
 * and ports, the lower end first, in base64. SHA-1 (RFC 3174) keeps no secret here, it is what the
 * specification asks for.
 */
#include "report/community_id.h"

#include <stdbool.h>
#include <string.h>

#define SHA1_BYTES 20
#define SHA1_BLOCK 64
#define MAX_TUPLE 42 /* seed 2, addresses 32, protocol and padding 2, ports 4, rounded up */

enum protocol { ICMP = 1, TCP = 6, UDP = 17, ICMP6 = 58, SCTP = 132 };

/* Messages that come in pairs of question and answer: both name the same flow. */
struct pair {
	uint8_t type, counterpart;
};

static const struct pair icmp_pairs[] = {
	{ 8, 0 },   /* echo (RFC 792) */
	{ 13, 14 }, /* timestamp (RFC 792) */
	{ 15, 16 }, /* information (RFC 792) */
	{ 10, 9 },  /* router solicitation, advertisement (RFC 1256) */
	{ 17, 18 }, /* address mask (RFC 950) */
};

static const struct pair icmp6_pairs[] = {
	{ 128, 129 }, /* echo (RFC 4443) */
	{ 133, 134 }, /* router solicitation, advertisement (RFC 4861) */
	{ 135, 136 }, /* neighbor solicitation, advertisement (RFC 4861) */
	{ 130, 131 }, /* multicast listener query, report (RFC 2710) */
	{ 139, 140 }, /* node information (RFC 4620) */
	{ 144, 145 }, /* home agent address discovery (RFC 6275) */
};

static uint32_t rotate(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

static void sha1_block(uint32_t state[5], const uint8_t block[SHA1_BLOCK])
{
	uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

	for (int t = 0; t < 16; t++)
		w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
		       (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
	for (int t = 16; t < 80; t++)
		w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (int t = 0; t < 80; t++) {
		static const uint32_t constants[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc,
			0xca62c1d6 };
		uint32_t mixed = t < 20              ? (b & c) | (~b & d)
				 : t >= 40 && t < 60 ? (b & c) | (b & d) | (c & d)
						     : b ^ c ^ d;
		uint32_t next = rotate(a, 5) + mixed + e + w[t] + constants[t / 20];

		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

/* Of at most 55 bytes: with its padding that is one block. */
static void sha1(uint8_t digest[SHA1_BYTES], const uint8_t *data, size_t bytes)
{
	uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	uint8_t block[SHA1_BLOCK] = { 0 };

	memcpy(block, data, bytes);
	block[bytes] = 0x80;
	block[62] = (uint8_t)(bytes * 8 >> 8);
	block[63] = (uint8_t)(bytes * 8);
	sha1_block(state, block);
	for (int i = 0; i < SHA1_BYTES; i++)
		digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

/* RFC 4648, with padding; 20 bytes give 28 letters. */
static void base64(char *out, const uint8_t digest[SHA1_BYTES])
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int i = 0; i < SHA1_BYTES; i += 3) {
		uint32_t bits = (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8;
		bool last = i + 2 >= SHA1_BYTES;

		bits |= last ? 0 : digest[i + 2];
		*out++ = letters[bits >> 18];
		*out++ = letters[bits >> 12 & 63];
		*out++ = letters[bits >> 6 & 63];
		*out++ = last ? '=' : letters[bits & 63];
	}
	*out = '\0';
}

/* Turns type and code into two "ports"; false if no answer belongs to the type. */
static bool find_counterpart(
	const struct pair *pairs, size_t count, uint16_t type, uint16_t *other_port)
{
	for (size_t i = 0; i < count; i++) {
		if (pairs[i].type == type)
			*other_port = pairs[i].counterpart;
		else if (pairs[i].counterpart == type)
			*other_port = pairs[i].type;
		else
			continue;
		return true;
	}
	return false;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == TCP || protocol == UDP || protocol == SCTP || protocol == ICMP ||
	       protocol == ICMP6;
}

static bool is_one_way(uint8_t protocol, uint16_t type, uint16_t *other_port)
{
	if (protocol == ICMP)
		return !find_counterpart(
			icmp_pairs, sizeof(icmp_pairs) / sizeof(icmp_pairs[0]), type, other_port);
	if (protocol == ICMP6)
		return !find_counterpart(icmp6_pairs, sizeof(icmp6_pairs) / sizeof(icmp6_pairs[0]),
			type, other_port);
	return false;
}

static size_t put(uint8_t *tuple, size_t at, const uint8_t *data, size_t bytes)
{
	memcpy(tuple + at, data, bytes);
	return at + bytes;
}

void community_id(char id[static COMMUNITY_ID_BYTES], uint8_t protocol, const uint8_t *source,
	const uint8_t *destination, size_t address_bytes, uint16_t source_port,
	uint16_t destination_port)
{
	bool one_way = is_one_way(protocol, source_port, &destination_port);
	bool ports = has_ports(protocol);
	int order = memcmp(source, destination, address_bytes);
	bool swap = !one_way &&
		    (order > 0 || (order == 0 && ports && source_port > destination_port));
	uint16_t first = swap ? destination_port : source_port;
	uint16_t second = swap ? source_port : destination_port;
	uint8_t tuple[MAX_TUPLE] = { 0, 0 }, digest[SHA1_BYTES];
	size_t bytes = 2;

	bytes = put(tuple, bytes, swap ? destination : source, address_bytes);
	bytes = put(tuple, bytes, swap ? source : destination, address_bytes);
	bytes = put(tuple, bytes, (uint8_t[]){ protocol, 0 }, 2);
	if (ports)
		bytes = put(tuple, bytes,
			(uint8_t[]){ (uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(second >> 8),
				(uint8_t)second },
			4);
	sha1(digest, tuple, bytes);
	memcpy(id, "1:", 2);
	base64(id + 2, digest);
}
