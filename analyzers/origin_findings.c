/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of who reordered: a finding for each place and interface, from origins decided. */
#include "analyzers/origin_findings.h"

void origin_findings(const struct origin_machine *machine, struct report *report)
{
	(void)machine;
	(void)report;
}
