/* SPDX-License-Identifier: BSD-2-Clause */
/* Which counters say that it is happening now? */
#include "analyzers/audit_parts.h"

const struct audit_rule audit_counter_rules[] = {
	{ 0 },
};
