/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which numbers have the records of a datagram of DTLS 1.0 or 1.2 (RFC 6347 4.1)?  Each has 48 bits
 * that begin anew with each epoch.  Where the records carry a connection id (RFC 9146 4), its
 * length is not told: it is the one with which the records end where the datagram does.  DTLS 1.3
 * encrypts its numbers (RFC 9147 4.2.3) and can only be recognised.
 */
#include "analyzers/profile_parts.h"

#define RECORD_HEADER 13
#define TYPE_FIRST 20
#define TYPE_HANDSHAKE 22
#define TYPE_CONNECTION_ID 25
#define VERSION_1_0 0xfeff
#define VERSION_1_2 0xfefd
#define EPOCH 2
/* 2^14 and what compression and protection may add (RFC 5246 6.2.3). */
#define RECORD_MAXIMUM (16384 + 2048)
#define CONNECTION_ID_MAXIMUM 32
#define RECORDS_MAXIMUM 64

#define UNIFIED_MASK 0xe0
#define UNIFIED 0x20
#define UNIFIED_CONNECTION_ID 0x10
#define UNIFIED_LONG_NUMBER 0x08
#define UNIFIED_LENGTH 0x04
#define CIPHERTEXT_MINIMUM 16

#define HANDSHAKE_HEADER 12
#define SERVER_HELLO 2
#define RANDOM 32
#define SESSION_ID_MAXIMUM 32
#define CIPHER_SUITES_1_3 0x13

static bool is_record(const uint8_t *h)
{
	uint16_t version = bytes_be16(h + 1);

	return h[0] >= TYPE_FIRST && h[0] <= TYPE_CONNECTION_ID &&
	       (version == VERSION_1_0 || version == VERSION_1_2);
}

/* What DTLS 1.3 may put behind records in plain text. */
static bool is_unified(const uint8_t *h)
{
	return (h[0] & UNIFIED_MASK) == UNIFIED;
}

static void record_number(const uint8_t *h, uint32_t bytes, struct profile_number *number)
{
	uint64_t epoch_and_number = bytes_be64(h + 3);

	profile_one(number, epoch_and_number & 0xffffffffffff, bytes, h + 3, EPOCH);
}

/*
 * Reads all records, of which those with a connection id have one of `id` bytes.  Returns as
 * profile.read; `numbers` counts only then.
 */
static int dtls_walk(const struct profile_view *view, uint32_t id, struct profile_number *numbers)
{
	uint32_t at = 0;
	int count = 0;

	for (int i = 0; i < RECORDS_MAXIMUM && at < view->length; i++) {
		const uint8_t *h = view->data + at;
		struct profile_number number;
		uint32_t header = RECORD_HEADER;

		if (at + 1 <= view->present && count > 0 && is_unified(h))
			break;
		if (at + header > view->present)
			return view->present < view->length && count > 0 ? count : -1;
		if (!is_record(h))
			return -1;
		if (h[0] == TYPE_CONNECTION_ID)
			header += id;
		/* The number is there, and nothing speaks against it. */
		if (at + header > view->present)
			return view->present < view->length && count > 0 ? count : -1;
		uint32_t length = bytes_be16(h + header - 2);

		if (length > RECORD_MAXIMUM || at + header + length > view->length)
			return -1;
		record_number(h, length, &number);
		count = profile_add(numbers, count, &number);
		at += header + length;
	}
	return count > 0 ? count : -1;
}

static int dtls_read(const struct profile_view *view, struct profile_number *numbers)
{
	for (uint32_t id = 0; id <= CONNECTION_ID_MAXIMUM; id++) {
		int count = dtls_walk(view, id, numbers);

		if (count > 0)
			return count;
	}
	return -1;
}

/* A server's choice of one of the cipher suites that only TLS 1.3 has (RFC 8446 B.4). */
static bool is_server_hello_13(const struct profile_view *view)
{
	const uint8_t *h = view->data;
	uint32_t at = RECORD_HEADER + HANDSHAKE_HEADER + 2 + RANDOM;

	if (view->present < at + 1 || !is_record(h) || h[0] != TYPE_HANDSHAKE ||
		bytes_be16(h + 3) != 0 || h[RECORD_HEADER] != SERVER_HELLO ||
		h[at] > SESSION_ID_MAXIMUM)
		return false;
	at += 1u + h[at];
	return view->present >= at + 2 && h[at] == CIPHER_SUITES_1_3 && h[at + 1] >= 1 &&
	       h[at + 1] <= 7;
}

/* A record with its length told, which fits; connection ids are of unknown length. */
static bool is_unified_record(const struct profile_view *view)
{
	const uint8_t *h = view->data;

	if (view->present < 1 || !is_unified(h) || h[0] & UNIFIED_CONNECTION_ID ||
		!(h[0] & UNIFIED_LENGTH))
		return false;
	uint32_t at = h[0] & UNIFIED_LONG_NUMBER ? 3 : 2;

	if (view->present < at + 2)
		return false;
	uint32_t length = bytes_be16(h + at);
	uint32_t end = at + 2 + length;

	if (length < CIPHERTEXT_MINIMUM || end > view->length)
		return false;
	return end == view->length || end >= view->present || is_unified(h + end);
}

static int dtls13_read(const struct profile_view *view, struct profile_number *numbers)
{
	(void)numbers;
	return is_server_hello_13(view) || is_unified_record(view) ? 0 : -1;
}

const struct profile profile_dtls = {
	.name = "dtls",
	.key_name = "epoch",
	.summary = "DTLS 1.0 and 1.2, RFC 6347: 48 bits, by addresses, ports and epoch",
	.found_by = "heuristics, any UDP port, numbers that count",
	.selector = { .any_udp = true },
	.modulus = UINT64_C(1) << 48,
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.window = 64,
	.read = dtls_read,
};

const struct profile profile_dtls13 = {
	.name = "dtls13",
	.summary = "DTLS 1.3, RFC 9147: cannot be measured",
	.found_by = "heuristics, any UDP port",
	.blind = "record numbers are encrypted (RFC 9147 4.2.3); the next best: "
		 "gaps of time, and the IPv4 identification if it counts",
	.selector = { .any_udp = true },
	.scope = SCOPE_TUPLE,
	.trust = TRUST_PROOF,
	.read = dtls13_read,
};
