/* SPDX-License-Identifier: BSD-2-Clause */
/* What do drivers answer? By ioctl(SIOCETHTOOL), in the words that ethtool(8) prints. */
#include "host/collect.h"

void collect_ethtool(struct snapshot *snapshot, const char *name)
{
	(void)snapshot;
	(void)name;
}
