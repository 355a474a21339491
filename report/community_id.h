/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_COMMUNITY_ID_H
#define PKTLINT_REPORT_COMMUNITY_ID_H

#include <stddef.h>
#include <stdint.h>

#define COMMUNITY_ID_BYTES 31 /* "1:", 28 letters of base64, NUL */

/*
 * Writes the Community ID, version 1, seed 0: one text for both directions of a flow, the same in
 * Zeek, Suricata and Wireshark (https://github.com/corelight/community-id-spec).
 *
 * Addresses are in network order, `address_bytes` (4 or 16) each.  Ports are those of TCP, UDP and
 * SCTP in host order; of ICMP and ICMPv6 the type and the code; ignored for other protocols.
 */
void community_id(char id[static COMMUNITY_ID_BYTES], uint8_t protocol, const uint8_t *source,
	const uint8_t *destination, size_t address_bytes, uint16_t source_port,
	uint16_t destination_port);

#endif
