/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_UNSEEN_H
#define PKTLINT_ANALYZERS_UNSEEN_H

#include "analyzers/origin.h"
#include "host/host.h"

/*
 * What of this machine may reorder packets of the interface before they are stamped, without being
 * seen from there: a program that writes them, a tunnel that ends there, what it runs over.
 */
enum origin_unseen interface_unseen(
	const struct host *host, const struct host_interface *interface);

#endif
