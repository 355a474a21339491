/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_DISCOVER_H
#define PKTLINT_ANALYZERS_DISCOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/field.h"

/*
 * Does a number count the packets?  Decides whether a profile fits, and finds counters in protocols
 * that nobody knows.  Works on the first packets of a conversation in order of arrival, which may
 * be reordered, lost and repeated.
 */

#define DISCOVER_LEAST 8    /* packets, below which nothing is decided */
#define DISCOVER_PACKETS 64 /* packets that are looked at, at most */
#define DISCOVER_BYTES 128  /* of each packet */

/* How sure: 0 it does not count, else in 1..100, 90 and above is believed. */
typedef unsigned discover_confidence;

/*
 * Whether `numbers` (of `count` packets in order of arrival, below `modulus`, 0: 2^64) are those of
 * one counter that goes up by `increment`.  An eighth of them may be foreign to it.  Needs 8 that
 * are hardly disturbed, 32 that are much; less than 16 steps to the wrap prove nothing.
 */
discover_confidence discover_counts(
	const uint64_t *numbers, unsigned count, uint64_t modulus, uint32_t increment);

/* One packet that is looked at: the bytes from where the field's offset starts. */
struct discover_packet {
	const uint8_t *data; /* borrowed */
	uint16_t length;     /* bytes there, up to DISCOVER_BYTES */
};

/* A counter that was found. */
struct discover_found {
	uint16_t offset;
	/*
	 * Bytes that counted, and what above them looks like the number's: 0 as far as widths and
	 * places are usual, else no more than a pair.  The real field may be wider, which unwraps
	 * alike, or narrower, which shows when it wraps.
	 */
	uint8_t width;
	bool little;
	uint32_t increment;
	bool keyed;             /* several streams: `key` tells them apart */
	struct field_bytes key; /* of 2 to 8 streams, with the constant bytes of its word */
	unsigned followed;      /* packets whose number was the next one expected */
	unsigned steps;         /* of so many */
	discover_confidence confidence;
};

/*
 * Looks for the field that counts best.  Returns false if none is believed.  Proposes nothing for
 * constant, random or encrypted bytes, lengths, time stamps or checksums; a clock that ticks once a
 * packet is a counter.  Copies of a packet are left out.  A header within a tunnel is bytes like
 * others: its identification may be what is found.
 */
bool discover_field(
	const struct discover_packet *packets, unsigned count, struct discover_found *found);

#endif
