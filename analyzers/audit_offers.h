/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_AUDIT_OFFERS_H
#define PKTLINT_ANALYZERS_AUDIT_OFFERS_H

/*
 * Commands that choose CPUs and queues for packets, as the audit and whoever saw packets reordered
 * offer them: each with undo, with what shows that it took effect, cost, and how to make it last.
 */

#include "analyzers/audit_parts.h"

/*
 * Offers to write `value` to the file of each queue of a direction ("rx", "tx"): "rps_cpus",
 * "xps_cpus".  Cost and lasting are the caller's.
 */
void audit_offer_each(const struct audit *audit, const struct host_interface *interface,
	struct finding *finding, const char *value, const char *direction, const char *file);

/*
 * Offers to steer all that is received to one CPU of `cpus`, not an isolated one if there is
 * another; nothing if there is none.  It is `quick`, the CPU that was seen to have least to do, -1:
 * not known; else the one that received least, where that is known.  `observed` is the rate of
 * packets to tell where no counter does, -1: not known.
 */
void audit_offer_one_cpu(const struct audit *audit, const struct host_interface *interface,
	const struct cpus *cpus, int quick, double observed, struct finding *finding);

/* Offers to steer what is received by hash to the CPUs that are not isolated. */
void audit_offer_cpus(const struct audit *audit, const struct host_interface *interface,
	const struct cpus *cpus, struct finding *finding);

/* Cites the mask of the first queue, and those of others that differ from it. */
void audit_cite_masks(const struct audit *audit, const struct host_interface *interface,
	const char *direction, const char *file, struct finding *finding);

#endif
