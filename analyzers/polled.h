/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_POLLED_H
#define PKTLINT_ANALYZERS_POLLED_H

#include "analyzers/origin.h"
#include "host/host.h"

/*
 * Whether what comes in by the interface is polled from rings of its own (NAPI), so that the
 * backlogs of the CPUs take no part unless receive steering puts packets there.
 */
enum origin_known interface_is_polled(
	const struct host *host, const struct host_interface *interface);

#endif
