/* SPDX-License-Identifier: BSD-2-Clause */
/* What passes this machine without any capture seeing it? */
#include "analyzers/audit_parts.h"

const struct audit_rule audit_hidden_rules[] = {
	{ 0 },
};
