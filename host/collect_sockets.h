/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_COLLECT_SOCKETS_H
#define PKTLINT_HOST_COLLECT_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/snapshot.h"

#define SOCKET_PREFIX_BYTES 48

/* A socket whose holder is looked for. */
struct held_socket {
	uint32_t inode;
	char prefix[SOCKET_PREFIX_BYTES]; /* of its paths: "ss -0 packet 4711" */
	bool found;
};

/*
 * Read the body of an answer of packet_diag or xdp_diag, which may be anything, and add what it
 * tells.  Return the inode with the prefix of its paths in `socket`; false if it tells of none.
 */
bool packet_socket_tell(
	struct snapshot *snapshot, const uint8_t *body, size_t length, struct held_socket *socket);
bool xdp_socket_tell(
	struct snapshot *snapshot, const uint8_t *body, size_t length, struct held_socket *socket);

/* The same of a line of /proc/net/packet, where the kernel has no packet_diag. */
bool packet_line_tell(struct snapshot *snapshot, const char *line, struct held_socket *socket);

/*
 * Adds the program and number of the process that holds each socket, of which at most 20,000
 * descriptors are looked at: denied where another user's could not be, hidden where no process of
 * ours has it.
 */
void socket_holders_tell(struct snapshot *snapshot, struct held_socket *sockets, size_t count);

#endif
