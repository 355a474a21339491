/* SPDX-License-Identifier: BSD-2-Clause */
/* How is a snapshot kept in a file? As JSON, "pktlint.host/1": described by pktlint-json(5). */
#include <errno.h>

#include "host/snapshot.h"

int snapshot_write(FILE *out, const struct snapshot *snapshot, const struct snapshot *before)
{
	(void)out;
	(void)snapshot;
	(void)before;
	errno = ENOSYS;
	return -1;
}

int snapshot_read(FILE *in, struct snapshot **snapshot, struct snapshot **before, uint64_t *odd,
	struct error *error)
{
	(void)in;
	(void)snapshot;
	(void)before;
	(void)odd;
	return error_set(error, "not yet");
}
