/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_LIVE_LINK_H
#define PKTLINT_TESTS_LIVE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Frames that one link_receive() takes at most. */
#define LINK_BATCH 64

/* A frame as it was on the wire, its VLAN tag in place; valid until the next link_receive(). */
struct link_frame {
	uint8_t *bytes;
	size_t length;
	bool unfinished; /* its checksum is left to hardware: the sender's offloads are on */
};

/* A packet socket on one interface. */
struct link {
	const char *interface;
	int fd;
	struct link_frame frames[LINK_BATCH];
	uint8_t *memory;
	uint64_t lost; /* frames its receive buffer had no room for, after link_count_lost() */
};

/*
 * Opens a socket that sees, from the moment of binding on, all that `interface` receives, for any
 * address, and nothing that is sent there.  64 MiB of receive buffer.  Ends the program with a
 * message if it cannot.
 */
void link_open(struct link *link, const char *interface);

/* Opens a socket that sends to `interface` and receives nothing.  Ends the program likewise. */
void link_open_sender(struct link *link, const char *interface);

/* Fills link->frames with what waits, without waiting itself.  Returns how many. */
unsigned link_receive(struct link *link);

/*
 * Sends a frame.  Returns false, with errno, if the kernel had no room for it (ENOBUFS) or it is
 * longer than the interface's MTU allows (EMSGSIZE); other errors end the program.
 */
bool link_send(struct link *link, const uint8_t *bytes, size_t length);

/* Adds the kernel's count of frames lost since the last call to link->lost. */
void link_count_lost(struct link *link);

#endif
