/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_EXPECT_H
#define PKTLINT_REPORT_EXPECT_H

#include "base/error.h"
#include "report/report.h"

/*
 * What the user expects of a run: NAME OP VALUE, blanks between them or not.
 *
 *   NAME   a metric by its path, "tcp.reordered_ratio"; of a histogram one of its parts,
 *          "tcp.late_time_ns.p95" (count min mean p50 p90 p95 p99 p999 max); or a finding by
 *          id or slug, "PL1001", "tcp-reordering": how many of it the report has
 *   OP     < <= > >= == !=
 *   VALUE  a decimal number, with a unit or without: % ppm of ratios, ns us ms s of times,
 *          B kB MB GB KiB MiB GiB of bytes and bytes per second.  Without one it is in the
 *          metric's own: 0..1, ns, bytes
 */
enum expect_part {
	EXPECT_NUMBER, /* the metric itself */
	EXPECT_COUNT,
	EXPECT_MIN,
	EXPECT_MEAN,
	EXPECT_P50,
	EXPECT_P90,
	EXPECT_P95,
	EXPECT_P99,
	EXPECT_P999,
	EXPECT_MAX,
};

struct expect {
	const char *text;             /* as given, borrowed */
	const struct metric_set *set; /* NULL: about a finding */
	size_t row;
	enum expect_part part;
	enum finding_id finding;
	size_t comparison; /* index of a table of expect.c */
	double value;
};

/*
 * Reads `text` (kept, not copied) against the metric tables that the run will have, closed by
 * NULL.  Returns 0, or -1 with the wrong word named in `error`, and for a wrong name the nearest
 * right ones.
 */
int expect_parse(struct expect *expect, const char *text, const struct metric_set *const *sets,
	struct error *error);

/*
 * Adds to the report, before report_finish(), what became of the expectation: met, failed, or not
 * decided, because its metric is null or because nothing was judged that could have failed it.
 */
void expect_judge(const struct expect *expect, struct report *report);

#endif
