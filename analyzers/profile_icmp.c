/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number has a ping (RFC 792, RFC 4443 4.1)?  Requests and replies apart, 16 bits, by the
 * identifier.  The standards leave the order of its bytes to the sender: most count with the most
 * significant one first, some with the least, so there is a profile for each, and the one in which
 * the numbers count is right.
 */
#include "analyzers/profile_parts.h"

#define ECHO_HEADER 8
#define NUMBER_AT 6

/* Returns as profile.read; the number is still to be read. */
static int echo_read(const struct profile_view *view, uint8_t request, uint8_t reply,
	struct profile_number *numbers)
{
	const uint8_t *h = view->data;

	if (view->present < ECHO_HEADER)
		return -1;
	if (h[0] != request && h[0] != reply)
		return 0;
	if (h[1] != 0)
		return -1;
	/* Type and identifier; ports of a flow hold the identifier, but not the type. */
	uint8_t key[3] = { h[0], h[4], h[5] };

	return profile_one(
		numbers, bytes_be16(h + NUMBER_AT), view->length - ECHO_HEADER, key, sizeof(key));
}

static int swapped(const struct profile_view *view, int count, struct profile_number *numbers)
{
	if (count > 0)
		numbers->number = bytes_le16(view->data + NUMBER_AT);
	return count;
}

static int icmp_read(const struct profile_view *view, struct profile_number *numbers)
{
	return echo_read(view, 8, 0, numbers);
}

static int icmp_le_read(const struct profile_view *view, struct profile_number *numbers)
{
	return swapped(view, icmp_read(view, numbers), numbers);
}

static int icmpv6_read(const struct profile_view *view, struct profile_number *numbers)
{
	return echo_read(view, 128, 129, numbers);
}

static int icmpv6_le_read(const struct profile_view *view, struct profile_number *numbers)
{
	return swapped(view, icmpv6_read(view, numbers), numbers);
}

#define ECHO(text, number, reader) \
	.key_name = "type and id", .summary = text ": 16 bits, by addresses, type and identifier", \
	.found_by = "IP protocol " #number ", numbers that count", \
	.selector = { .protocol = number }, .modulus = 1 << 16, .scope = SCOPE_TUPLE, \
	.trust = TRUST_PROOF, .certain = true, .read = reader

const struct profile profile_icmp_echo = {
	.name = "icmp-echo",
	ECHO("ICMP echo, RFC 792", 1, icmp_read),
};

const struct profile profile_icmp_echo_le = {
	.name = "icmp-echo-le",
	ECHO("ICMP echo, least byte first", 1, icmp_le_read),
};

const struct profile profile_icmpv6_echo = {
	.name = "icmpv6-echo",
	ECHO("ICMPv6 echo, RFC 4443", 58, icmpv6_read),
};

const struct profile profile_icmpv6_echo_le = {
	.name = "icmpv6-echo-le",
	ECHO("ICMPv6 echo, least byte first", 58, icmpv6_le_read),
};
