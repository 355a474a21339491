/* SPDX-License-Identifier: BSD-2-Clause */
/* What is the time?  Asked by live captures and the progress line only: files tell theirs. */
#include "base/clock.h"

int64_t clock_ns(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
