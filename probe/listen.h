/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_PROBE_LISTEN_H
#define PKTLINT_PROBE_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A socket for the datagrams that the capture sees, so that the kernel does not refuse them, and
 * what it got: more may be lost between the interface and a program.
 */
struct probe_listen {
	int fd;           /* -1: none */
	bool taken;       /* a program has the port already: that one listens */
	uint64_t packets; /* probes that were read */
	uint64_t dropped; /* because nobody had read it for so long that it was full */
};

/*
 * Opens it on UDP `port` of all addresses, IPv4 and IPv6; `buffer_bytes` 0: as large as may be, at
 * most 4 MiB.  Returns 0, or -1 with `error` filled; probe_listen_close() in either case.
 */
int probe_listen_open(
	struct probe_listen *listen, uint16_t port, uint32_t buffer_bytes, struct error *error);

/* Reads all that waits, without waiting. */
void probe_listen_take(struct probe_listen *listen);

void probe_listen_close(struct probe_listen *listen);

#endif
