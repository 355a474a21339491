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

/*
 * The last `count` bytes before `end`, 0 to 7, in the words they would be part of: those all weigh
 * the same.  At least 8 bytes before `end` can be read.
 */
static inline uint64_t load_tail(const uint8_t *end, size_t count)
{
	uint64_t value = le64toh(load(end - 8));

	return htole64(value >> 8 >> (56 - 8 * count));
}

/* Adds `count` bytes, a multiple of 16, in two sums that do not wait for each other. */
static inline uint64_t add_pairs(uint64_t sum, const uint8_t *bytes, size_t count)
{
	uint64_t other = 0;

	for (const uint8_t *end = bytes + count; bytes < end; bytes += 16) {
		sum = add(sum, load(bytes));
		other = add(other, load(bytes + 8));
	}
	return add(sum, other);
}

#if defined __x86_64__ && defined __GNUC__

#define WIDE_BYTES 64
#define WIDE_FROM 256 /* bytes from which on it pays */

/* Adds whole pieces of WIDE_BYTES, as many as a packet has: no upper half overflows. */
__attribute__((target("avx2"))) static uint64_t add_lanes(
	uint64_t sum, const uint8_t *bytes, size_t count)
{
	typedef uint64_t lanes __attribute__((vector_size(WIDE_BYTES / 2)));
	lanes all = { 0 }, upper = { 0 }, first, second;

	for (const uint8_t *end = bytes + count; bytes < end; bytes += WIDE_BYTES) {
		memcpy(&first, bytes, sizeof(first));
		memcpy(&second, bytes + sizeof(first), sizeof(second));
		all += first;
		upper += first >> 32;
		all += second;
		upper += second >> 32;
	}
	/* What `all` lost by overflow are whole upper halves: taken out, the lower ones remain. */
	all -= upper << 32;
	for (size_t i = 0; i < sizeof(lanes) / sizeof(uint64_t); i++)
		sum = add(sum, all[i]);
	return add(sum, upper[0] + upper[1] + upper[2] + upper[3]);
}

/* Adds whole pieces of WIDE_BYTES. */
__attribute__((noinline)) static uint64_t add_wide(uint64_t sum, const uint8_t *bytes, size_t count)
{
	if (__builtin_cpu_supports("avx2"))
		return add_lanes(sum, bytes, count);
	return add_pairs(sum, bytes, count);
}

#else

#define WIDE_BYTES 1
#define WIDE_FROM SIZE_MAX

static uint64_t add_wide(uint64_t sum, const uint8_t *bytes, size_t count)
{
	return add_pairs(sum, bytes, count);
}

#endif

/* Adds `count` bytes, at least 8. */
static inline uint64_t add_bytes(uint64_t sum, const uint8_t *bytes, size_t count)
{
	const uint8_t *end = bytes + count;

	if (count >= WIDE_FROM) {
		size_t many = count & ~(size_t)(WIDE_BYTES - 1);
		sum = add_wide(sum, bytes, many);
		bytes += many;
		count -= many;
	}
	sum = add_pairs(sum, bytes, count & ~(size_t)15);
	if (count & 8)
		sum = add(sum, load(end - (count & 7) - 8));
	return add(sum, load_tail(end, count & 7));
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
	if (p->flags & (PACKET_FRAGMENT | PACKET_LENGTH_SHORT) ||
		p->frame_flags & (FRAME_CSUM_NOT_READY | FRAME_CSUM_VALID))
		return false;
	if (p->protocol == PROTOCOL_UDP && p->checksum == 0)
		return false;
	return length <= p->caplen - p->transport_offset;
}

/* What a sum that does not fit means; `bare` is that of the pseudo-header without a length. */
__attribute__((noinline)) static enum checksum judge_misfit(
	const struct packet *p, uint64_t bare, uint64_t whole)
{
	const uint8_t *segment = p->data + p->transport_offset;
	uint16_t found;

	memcpy(&found, segment + (p->protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM),
		sizeof(found));
	/* Some systems leave the length to the card as well. */
	if (found == fold(whole) || found == fold(bare))
		return CHECKSUM_UNFINISHED;
	return addresses_doubtful(p) ? CHECKSUM_UNKNOWN : CHECKSUM_BAD;
}

enum checksum packet_checksum(const struct packet *p)
{
	uint32_t length = p->transport_header + p->payload_length;
	uint64_t bare, whole;

	if (!checkable(p, length))
		return CHECKSUM_UNKNOWN;
	bare = pseudo_header(p);
	whole = add(bare, htobe32(length));
	/* All ones when everything is added up (RFC 1071), which is 0 modulo 65,535. */
	if (add_bytes(whole, p->data + p->transport_offset, length) % 0xffff == 0)
		return CHECKSUM_GOOD;
	return judge_misfit(p, bare, whole);
}
