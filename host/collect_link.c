/* SPDX-License-Identifier: BSD-2-Clause */
/* What does rtnetlink say of interfaces, addresses and routes? */
#include "host/collect.h"

void collect_links(struct snapshot *snapshot)
{
	(void)snapshot;
}
