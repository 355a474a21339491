/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_CHANGES_H
#define PKTLINT_ANALYZERS_CHANGES_H

#include "capture/packet.h"
#include "report/report.h"

#define CHANGES_KEPT 8 /* of each kind; further ones are counted */

/* One change, and what has become of it. */
struct changes_entry {
	struct change change; /* `what` is NULL: see below */
	char what[96];        /* "" without one */
	int64_t until_ns;     /* of CHANGE_LINK_DOWN: when the link was up again, 0: never */
	int64_t steps_ns;     /* by how much the clock was set until then, this change included */
};

/* What changed about the capturing host while it captured.  Zeroed: nothing. */
struct changes {
	struct changes_entry kept[CHANGE_KINDS][CHANGES_KEPT];
	uint64_t count[CHANGE_KINDS];
	int64_t steps_ns; /* by how much the clock was set so far */
};

/* Takes a change; copies what it names.  One of no known kind is passed over. */
void changes_note(struct changes *changes, const struct change *change);

/*
 * Adds the findings, one for each change that was kept and one for the rest of a kind, and that the
 * run is undecided if an interface is gone.  Interfaces are named after report->sources.
 */
void changes_report(const struct changes *changes, struct report *report);

#endif
