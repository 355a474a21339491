/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_ORIGIN_FINDINGS_H
#define PKTLINT_ANALYZERS_ORIGIN_FINDINGS_H

#include <stddef.h>

#include "host/host.h"
#include "report/report.h"

/* The machine that captured, as far as the run knows it. */
struct origin_machine {
	const struct host *host; /* borrowed; NULL: a file */
	/* Names by run-wide index of an interface, as captured; none: a file. */
	const char *const *interfaces;
	size_t interface_count;
};

/*
 * Says who reordered, once what origin_decide() found stands in report->streams[].origin,
 * report->flows[].origin[] and report->arrivals[], and the findings of the streams (PL1101) and of
 * TCP (PL1001) are added: one finding for each place in this host and interface (PL1103 to
 * PL1107), with its proof and its cure.  PL1101 and PL1001 are told where it was, or why that is
 * not known; one whose packets the new findings nearly all account for is taken out.
 */
void origin_findings(const struct origin_machine *machine, struct report *report);

#endif
