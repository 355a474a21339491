/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Did a segment arrive as it was sent?  The Internet checksum over pseudo-header and segment
 * (RFC 1071, RFC 8200 8.1), added up 64 bits at a time in the machine's own byte order.
 */
#include <string.h>

#include "base/bytes.h"
#include "capture/packet.h"

#define TCP_CHECKSUM 16
#define UDP_CHECKSUM 6
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define IPV4_HEADER 20
#define IPV6_HEADER 40

static inline uint64_t add(uint64_t sum, uint64_t value)
{
	sum += value;
	return sum + (sum < value);
}

static inline uint64_t load(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* The last bytes, fewer than 8, in the words they would be part of: those all weigh the same. */
static inline uint64_t add_tail(uint64_t sum, const uint8_t *bytes, size_t count)
{
	uint32_t four;
	uint16_t two;

	if (count & 4) {
		memcpy(&four, bytes, sizeof(four));
		sum = add(sum, four);
		bytes += 4;
	}
	if (count & 2) {
		memcpy(&two, bytes, sizeof(two));
		sum = add(sum, two);
		bytes += 2;
	}
	return count & 1 ? add(sum, htobe16((uint16_t)(*bytes << 8))) : sum;
}

#if defined __x86_64__ && defined __GNUC__

#define WIDE_BYTES 32
#define WIDE_FROM 256 /* bytes from which on it pays */

/* `count` is a multiple of WIDE_BYTES, and of a packet's size, so that no upper half overflows. */
__attribute__((target("avx2"))) static uint64_t add_wide(
	uint64_t sum, const uint8_t *bytes, size_t count)
{
	typedef uint64_t lanes __attribute__((vector_size(WIDE_BYTES)));
	lanes all = { 0 }, upper = { 0 }, value;

	for (const uint8_t *end = bytes + count; bytes < end; bytes += sizeof(value)) {
		memcpy(&value, bytes, sizeof(value));
		all += value;
		upper += value >> 32;
	}
	/* What `all` lost by overflow are whole upper halves: taken out, the lower ones remain. */
	all -= upper << 32;
	for (size_t i = 0; i < sizeof(lanes) / sizeof(uint64_t); i++)
		sum = add(add(sum, all[i]), upper[i]);
	return sum;
}

static inline bool can_add_wide(size_t count)
{
	return count >= WIDE_FROM && __builtin_cpu_supports("avx2");
}

#else

#define WIDE_BYTES 1

static uint64_t add_wide(uint64_t sum, const uint8_t *bytes, size_t count)
{
	return sum;
}

static inline bool can_add_wide(size_t count)
{
	return false;
}

#endif

static inline uint64_t add_bytes(uint64_t sum, const uint8_t *bytes, size_t count)
{
	uint64_t other = 0, carries = 0, other_carries = 0;

	if (can_add_wide(count)) {
		size_t wide = count & ~(size_t)(WIDE_BYTES - 1);

		sum = add_wide(sum, bytes, wide);
		bytes += wide;
		count -= wide;
	}
	/* Two sums that do not wait for each other, nor for their carries. */
	for (; count >= 16; count -= 16, bytes += 16) {
		uint64_t value = load(bytes), next = load(bytes + 8);

		sum += value;
		carries += sum < value;
		other += next;
		other_carries += other < next;
	}
	sum = add(add(sum, other), carries + other_carries);
	if (count >= 8)
		sum = add(sum, load(bytes));
	return add_tail(sum, bytes + (count & 8), count & 7);
}

static uint16_t fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

/* Addresses and protocol: the pseudo-header without its length. */
static uint64_t pseudo_header(const struct packet *p)
{
	const uint8_t *addresses = packet_source(p);
	uint64_t sum = add(htobe16(p->protocol), load(addresses));

	if (p->ip_version == 4)
		return sum;
	sum = add(sum, load(addresses + 8));
	return add(add(sum, load(addresses + 16)), load(addresses + 24));
}

/* Whether the network may have changed an address that the sum is over. */
static bool addresses_doubtful(const struct packet *p)
{
	return p->transport_offset - p->network_offset >
	       (p->ip_version == 4 ? IPV4_HEADER : IPV6_HEADER);
}

/* Whether the checksum can be computed, and if so proves something. */
static bool checkable(const struct packet *p, uint32_t length)
{
	if (p->layer != LAYER_TRANSPORT ||
		(p->protocol != PROTOCOL_TCP && p->protocol != PROTOCOL_UDP))
		return false;
	if (p->flags & (PACKET_FRAGMENT | PACKET_LENGTH_SHORT))
		return false;
	if (p->frame_flags & (FRAME_CSUM_NOT_READY | FRAME_CSUM_VALID))
		return false;
	if (p->protocol == PROTOCOL_UDP && p->checksum == 0)
		return false;
	return length <= p->caplen - p->transport_offset;
}

enum checksum packet_checksum(const struct packet *p)
{
	uint32_t length = p->transport_header + p->payload_length;
	const uint8_t *segment = p->data + p->transport_offset;
	uint16_t found;

	if (!checkable(p, length))
		return CHECKSUM_UNKNOWN;
	uint64_t bare = pseudo_header(p);
	uint64_t whole = add(bare, htobe32(length));

	if (fold(add_bytes(whole, segment, length)) == 0xffff)
		return CHECKSUM_GOOD;
	memcpy(&found, segment + (p->protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM),
		sizeof(found));
	/* Some systems leave the length to the card as well. */
	if (found == fold(whole) || found == fold(bare))
		return CHECKSUM_UNFINISHED;
	return addresses_doubtful(p) ? CHECKSUM_UNKNOWN : CHECKSUM_BAD;
}
