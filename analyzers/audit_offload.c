/* SPDX-License-Identifier: BSD-2-Clause */
/* Do super-frames reach a program that takes them for packets? */
#include "analyzers/audit_parts.h"

const struct audit_rule audit_offload_rules[] = {
	{ 0 },
};
