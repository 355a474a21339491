/* SPDX-License-Identifier: BSD-2-Clause */
/* Who reordered a stream?  Stamps against order, queues, CPUs, hashes and settings. */
#include "analyzers/origin.h"

#include <stdio.h>

void origin_decide(const struct origin_setting *setting, struct report_origin *result)
{
	(void)setting;
	result->origin = result->counts.late ? ORIGIN_UNDETERMINED : ORIGIN_NONE;
	result->confidence = CONFIDENCE_NONE;
	result->inside = result->outside = ORIGIN_NONE;
	snprintf(result->reason, sizeof(result->reason), "not looked at");
}
