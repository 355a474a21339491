/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_PROBE_PACKET_H
#define PKTLINT_PROBE_PACKET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What `pktlint probe` sends, behind an EtherType or a UDP header; numbers in network order:
 *
 *    0  4  magic, 0x704c5062
 *    4  1  version, 1
 *    5  1  flags; 0x01: the end of the stream
 *    6  2  bytes of the probe, padding included
 *    8  4  run: a random number that tells runs apart
 *   12  2  stream of the run, from 0
 *   14  2  CPU that sent it, 0xffff: not told
 *   16  8  number within the stream, from 0; of an end: how many numbers were used
 *   24  8  when it was sent, CLOCK_REALTIME in ns
 *   32  2  streams of the run
 *   34  2  0
 *   36  4  CRC-32 of all other bytes
 *   40     padding; of an end first 8 bytes: how many could not be sent
 */
#define PROBE_VERSION 1
#define PROBE_HEADER 40 /* bytes of a probe, at least */
#define PROBE_END 48    /* bytes of an end */
#define PROBE_KEY_AT 8  /* of run and stream, beside each other */
#define PROBE_KEY 6     /* bytes of both */
#define PROBE_CPU_UNTOLD 0xffff
#define PROBE_ETHERTYPE 0x88b5 /* IEEE Std 802: local experimental EtherType 1 */
#define PROBE_PORT 8845        /* of UDP, unless another is named */

struct probe {
	uint32_t run;
	uint16_t stream, streams, cpu;
	uint16_t length; /* bytes, at least PROBE_HEADER, of an end PROBE_END */
	bool end;
	uint64_t number;
	int64_t sent_ns;
	uint64_t failed; /* of an end only */
};

enum probe_state {
	PROBE_NONE,    /* something else */
	PROBE_INTACT,  /* as it was sent */
	PROBE_CUT,     /* the capture, or a fragment, ends before it: not all could be checked */
	PROBE_CORRUPT, /* it was changed on the way: nothing in it is to be believed */
};

/* Fills padding: `length` bytes that are the same each time. */
void probe_fill(uint8_t *bytes, uint32_t length);

/* Writes the header, and the CRC over it and the padding that is there; probe->length bytes. */
void probe_write(uint8_t *bytes, const struct probe *probe);

/*
 * Reads what stands in the `present` first bytes of `length` that were on the wire.  Fills `probe`
 * unless it is PROBE_NONE; the padding of an Ethernet frame may follow.
 */
enum probe_state probe_read(
	const uint8_t *bytes, uint32_t present, uint32_t length, struct probe *probe);

#endif
