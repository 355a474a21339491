/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_HOST_PARTS_H
#define PKTLINT_HOST_HOST_PARTS_H

#include "host/host.h"

/* The steps of host_new(), in this order, and what they share. */

#define HOST_PATH 512 /* bytes of a path */
#define HOST_SYSFS "/sys/class/net/"

/* Fills the interfaces and how they are stacked. */
void host_read_interfaces(struct host *host);

/* Fills the queues of all interfaces, and the interrupts of their devices. */
void host_read_queues(struct host *host);
void host_read_irqs(struct host *host);

/* As host_number(), of a value, which may be NULL. */
bool host_read_number(const struct snapshot_value *value, uint64_t *number);

#endif
