/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_ORIGIN_CURES_H
#define PKTLINT_ANALYZERS_ORIGIN_CURES_H

#include <stdbool.h>

#include "host/host.h"
#include "report/report.h"

/* Where packets were reordered, and what the cure has to leave room for. */
struct origin_patient {
	const struct host *host;                /* the machine; NULL: not known, no commands */
	const struct host_interface *interface; /* that captured; NULL: no commands */
	struct report *report;
	int quick_cpu;     /* that emptied its queue first where packets waited, -1: not known */
	double per_second; /* packets that it received, -1: not known */
	/* Several streams came late, and each has one hash: they need not share a CPU. */
	bool many;
};

/*
 * Fills in fix, commands, cost, lasting and the values they rest on, of a finding of PL1103 to
 * PL1107.  Where no command is known the page's text holds.
 */
void origin_cure(const struct origin_patient *patient, struct finding *finding);

#endif
