/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where does this machine drop what it received? Rates between two readings, never totals since
 * boot.
 */
#include "analyzers/audit_parts.h"

const struct audit_rule audit_queue_rules[] = {
	{ 0 },
};
