/* SPDX-License-Identifier: BSD-2-Clause */
/* Do settings of TCP and path MTU discovery hide trouble or make it? */
#include "analyzers/audit_parts.h"

const struct audit_rule audit_protocol_rules[] = {
	{ 0 },
};
