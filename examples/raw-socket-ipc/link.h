/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_EXAMPLES_LINK_H
#define PKTLINT_EXAMPLES_LINK_H

#include <net/ethernet.h>
#include <stdint.h>

#define TYPE_TALK 0x88b5  /* what sender and receiver talk by: free for local experiments */
#define TYPE_NOISE 0x88b6 /* what keeps a CPU busy: the second one that is free for them */

/* A message of the protocol, as it stands in the frame.  The compiler adds no padding. */
struct message {
	struct ether_header ethernet;
	uint32_t sequence; /* network byte order */
	char text[42];     /* 60 bytes in all: the least that Ethernet carries */
} __attribute__((packed));

/*
 * Opens a packet socket that receives frames of `type` that come in by `interface`, and sends by
 * it.  Ends the program if that fails.
 */
int link_open(const char *interface, uint16_t type);

/* Writes the Ethernet header of a frame from the address of `interface` to `to` ("02:..:0b"). */
void link_address(int fd, struct ether_header *ethernet, const char *interface, const char *to,
	uint16_t type);

/* Makes the calling thread run on `cpu` and nowhere else. */
void cpu_move(unsigned cpu);

/*
 * Says "ready" on standard output.  From here on SIGINT and SIGTERM make stop_asked() true, and
 * interrupt what waits.
 */
void begin(void);

int stop_asked(void);

#endif
