/* SPDX-License-Identifier: BSD-2-Clause */
/* What do the files of sysfs and procfs say? */
#include "host/collect.h"

void collect_machine(struct snapshot *snapshot)
{
	(void)snapshot;
}

void collect_interface_files(struct snapshot *snapshot, const char *name, int ifindex)
{
	(void)snapshot;
	(void)name;
	(void)ifindex;
}
