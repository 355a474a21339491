/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_OFFLOAD_HOST_H
#define PKTLINT_ANALYZERS_OFFLOAD_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "host/host.h"

/* How a super-frame met the interface that it was captured on. */
enum offload_way { OFFLOAD_SENT, OFFLOAD_RECEIVED };

/*
 * Says which setting of the capturing machine makes super-frames pass interface `name` that way:
 * "sent: tso is on at eth0".  Returns false, with `text` empty, if the snapshot does not tell; the
 * name in it is as the kernel has it, for the writer to escape.
 */
bool offload_explain(
	const struct host *host, const char *name, enum offload_way way, char *text, size_t size);

#endif
