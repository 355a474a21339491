/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_AUDIT_TRAFFIC_H
#define PKTLINT_CMD_AUDIT_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "host/snapshot.h"
#include "report/report.h"

struct engine_options;

struct traffic_options {
	/* Prepared by engine_prepare(), and released by the caller; completed for the capture. */
	struct engine_options *engine;
	const char *filter;       /* pcap-filter expression, or NULL */
	const char *const *names; /* of interfaces; none: those by which packets come and go */
	size_t name_count;
	int64_t duration_ns;
	const char *user; /* see privilege_drop() */
	bool announce;    /* say on standard error when the capture has begun */
};

/*
 * Captures, analyses what comes and adds it to `report`, as check does.  All privileges are gone
 * afterwards.  `before` is a snapshot of the machine.  Returns one of afterwards, freed with
 * snapshot_free(); or NULL with `error` filled: it cannot capture.
 */
struct snapshot *audit_traffic(const struct traffic_options *options, const struct snapshot *before,
	struct report *report, struct error *error);

#endif
