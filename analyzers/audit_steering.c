/* SPDX-License-Identifier: BSD-2-Clause */
/* Which CPU and which queue do packets of one sequence take? More than one may reorder them. */
#include "analyzers/audit_parts.h"

const struct audit_rule audit_steering_rules[] = {
	{ 0 },
};
