/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which capabilities are given up, and how: by the system calls themselves, since libcap would be
 * one library more for two of them.  The five sets and what moves between them: capabilities(7),
 * and security/commoncap.c of the kernel, which lowers the ambient set together with the others.
 */
#include "cmd/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORDS _LINUX_CAPABILITY_U32S_3

void capabilities_bound(uint64_t kept)
{
	/* The kernel knows its last one: reading beyond it fails. */
	for (unsigned long number = 0; number < 64; number++)
		if (!(kept >> number & 1) && prctl(PR_CAPBSET_READ, number, 0, 0, 0) > 0 &&
			prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0)
			return;
}

int capabilities_keep(uint64_t kept, struct error *error)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[WORDS];

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &header, sets) < 0)
		return error_set(error, "cannot read capabilities: %s", strerror(errno));
	for (unsigned i = 0; i < WORDS; i++) {
		sets[i].permitted &= (uint32_t)(kept >> 32 * i);
		sets[i].effective &= sets[i].permitted;
		sets[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, sets) < 0)
		return error_set(error, "cannot drop capabilities: %s", strerror(errno));
	return 0;
}
