/* SPDX-License-Identifier: BSD-2-Clause */
/* Do the sizes along the stack fit into one another? */
#include "analyzers/audit_parts.h"

const struct audit_rule audit_mtu_rules[] = {
	{ 0 },
};
