/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_OWN_H
#define PKTLINT_ANALYZERS_OWN_H

#include <stdbool.h>

#include "capture/packet.h"
#include "host/host.h"

/* The addresses of the capturing machine, as they were at first. */
struct own;

/*
 * Reads them; `interfaces`, `count` of them, are the captured ones by packet->interface.  Returns
 * what is freed with own_free(); never NULL.
 */
struct own *own_new(const struct host *host, const char *const *interfaces, size_t count);
void own_free(struct own *own); /* NULL is allowed */

/*
 * Whether this host made a packet that leaves it, not only forwarded it: the interface's MAC
 * address sent it and, if it is IP, an address of the machine's that it gives nobody else (NAT), or
 * the machine routes nothing.
 * False if that cannot be told.
 */
bool own_sent(struct own *own, const struct packet *packet);

#endif
