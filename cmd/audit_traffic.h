/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_AUDIT_TRAFFIC_H
#define PKTLINT_CMD_AUDIT_TRAFFIC_H

#include "base/error.h"
#include "host/host.h"
#include "report/report.h"

/*
 * Captures for so long on the interfaces of `names`, or, if there are none, on those through which
 * this machine's packets enter and leave; analyses what came and adds it to `report`, as check
 * does.  All privileges are gone afterwards.  `host` is the machine before.  Returns a snapshot of
 * it afterwards, freed with snapshot_free(); or NULL with `error` filled: it cannot capture.
 */
struct snapshot *audit_traffic(const struct host *host, const char *const *names, size_t count,
	int64_t duration_ns, struct report *report, struct error *error);

#endif
