/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number has a test packet of STAMP (RFC 8762 4.2, 4.3) or TWAMP (RFC 5357 4), and when was
 * it sent?  Both ways 32 bits come first, then the time by NTP or PTP and an estimate of its
 * error.  A reflector's packet has the sender's behind: its own number counts if it is stateful,
 * else it repeats the sender's.  Away from the port the times must be near the capture's.
 */
#include "analyzers/profile_parts.h"

#define STAMP_PORT 862
#define SENDER_MINIMUM 14
#define REFLECTOR_MINIMUM 41
#define ERROR_AT 12
#define ERROR_PTP 0x4000
#define ERROR_MULTIPLIER 0x00ff
#define RECEIVED_AT 16
#define SENDER_TIME_AT 28
#define SENDER_ERROR_AT 36

#define NS_PER_S INT64_C(1000000000)
#define NTP_TO_UNIX INT64_C(2208988800)
#define NTP_ERA (INT64_C(1) << 32)
#define NTP_ERA_1_BELOW (UINT32_C(1) << 31) /* RFC 2030 3 */
#define NEAR_NS (86400 * NS_PER_S)

/* Reads a time in the format that the error estimate beside it names; false if it is none. */
static bool time_read(const uint8_t *h, uint16_t error, int64_t *ns)
{
	uint32_t seconds = bytes_be32(h);
	uint32_t rest = bytes_be32(h + 4);

	if (error & ERROR_PTP) {
		*ns = seconds * NS_PER_S + rest;
		return rest < NS_PER_S;
	}
	int64_t since = seconds - NTP_TO_UNIX + (seconds < NTP_ERA_1_BELOW ? NTP_ERA : 0);

	*ns = since * NS_PER_S + (int64_t)((uint64_t)rest * NS_PER_S >> 32);
	return true;
}

static bool time_near(const struct profile_view *view, uint32_t at, uint16_t error)
{
	int64_t ns;

	if (!time_read(view->data + at, error, &ns))
		return false;
	int64_t apart = ns - view->packet->time_ns;

	return apart > -NEAR_NS && apart < NEAR_NS;
}

/* A multiplier of 0 is none (RFC 4656 4.1.2). */
static bool error_right(uint16_t error)
{
	return (error & ERROR_MULTIPLIER) != 0;
}

/* Whether there is a sender's packet within: with its time, and when it was received. */
static bool is_reflected(const struct profile_view *view, uint16_t error)
{
	if (view->length < REFLECTOR_MINIMUM || view->present < REFLECTOR_MINIMUM)
		return false;
	uint16_t senders = bytes_be16(view->data + SENDER_ERROR_AT);

	return error_right(senders) && time_near(view, RECEIVED_AT, error) &&
	       time_near(view, SENDER_TIME_AT, senders);
}

static int stamp_read(const struct profile_view *view, struct profile_number *numbers)
{
	const struct packet *packet = view->packet;
	const uint8_t *h = view->data;
	bool to_port = packet->destination_port == STAMP_PORT;
	bool from_port = packet->source_port == STAMP_PORT;
	int64_t sent_ns;

	if (view->present < SENDER_MINIMUM)
		return -1;
	uint16_t error = bytes_be16(h + ERROR_AT);

	if (!error_right(error) || !time_read(h + 4, error, &sent_ns))
		return -1;
	if (!to_port && !from_port && !time_near(view, 4, error))
		return -1;
	uint8_t key = to_port == from_port ? is_reflected(view, error) : from_port;

	profile_one(numbers, bytes_be32(h), view->length, &key, 1);
	numbers->timed = true;
	numbers->sent_ns = sent_ns;
	return 1;
}

const struct profile profile_stamp = {
	.name = "stamp",
	.key_name = "role",
	.summary = "STAMP and TWAMP test packets, RFC 8762: 32 bits, by addresses, ports and role",
	.found_by = "UDP port 862, or times near the capture's on any, numbers that count",
	.selector = { .ports = { STAMP_PORT }, .any_udp = true },
	.modulus = UINT64_C(1) << 32,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.read = stamp_read,
};
