/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_PRINT_H
#define PKTLINT_CMD_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "capture/packet.h"
#include "cmd/sequence.h"

/* Parts of the packet line; all write to `out` text of our own words and numbers only. */

/* "aa:bb:cc:dd:ee:ff > ..., vlan 5, " as far as the link layer has such things. */
void print_link(FILE *out, const struct packet *packet);

/* " (tos 0x0, ttl 64, id 1, flags [DF], length 60)" of a packet with addresses. */
void print_ip(FILE *out, const struct packet *packet);

/* " (CPU 1, queue tag 0, hash 75975da2)" as far as the source tells. */
void print_steering(FILE *out, const struct packet *packet);

/*
 * "10.0.0.1:443 > 10.0.0.2:5000: Flags [P.], seq 1:1449, ack 1, win 502, length 1448" or what other
 * protocols have instead.  Sequence numbers count from the first ones in `sequences`, NULL: from 0;
 * those of a SYN always from 0.  `brief` leaves out flags, numbers and options.
 */
void print_packet(
	FILE *out, const struct packet *packet, const struct sequences *sequences, bool brief);

/* The options of a TCP header: "mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7". */
void print_tcp_options(FILE *out, const struct packet *packet, uint32_t sack_base);

/* The name of an ICMP (4) or ICMPv6 (6) type and code: "echo request"; NULL if it has none. */
const char *print_icmp_name(int ip_version, uint8_t type, uint8_t code);

/* Rows of 16 bytes in hexadecimal, `ascii` with the printable ones beside them. */
void print_hex(FILE *out, const uint8_t *data, uint32_t size, bool ascii);

/* The bytes as text; what is not printable ASCII is a dot, line feeds keep their meaning. */
void print_ascii(FILE *out, const uint8_t *data, uint32_t size);

#endif
