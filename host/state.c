/* SPDX-License-Identifier: BSD-2-Clause */
/* Why is there no value? By errno(3); ENOTSUPP is the kernel's own, which drivers let slip out. */
#include "host/state.h"

#include <errno.h>

#define KERNEL_ENOTSUPP 524

enum value_state state_of_error(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return VALUE_DENIED;
	case EOPNOTSUPP:
	case KERNEL_ENOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
	case ENOSYS:
		return VALUE_UNSUPPORTED;
	case ENODEV:
	case ENOENT:
	case ENXIO:
		return VALUE_ABSENT;
	default:
		return VALUE_FAILED;
	}
}
