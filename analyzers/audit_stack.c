/* SPDX-License-Identifier: BSD-2-Clause */
/* Do bonds, bridges and tunnels keep packets together? */
#include "analyzers/audit_parts.h"

const struct audit_rule audit_stack_rules[] = {
	{ 0 },
};
