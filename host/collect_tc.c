/* SPDX-License-Identifier: BSD-2-Clause */
/* What do qdiscs, filters and policers do? */
#include "host/collect.h"

void collect_traffic_control(struct snapshot *snapshot)
{
	(void)snapshot;
}
