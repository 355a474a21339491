/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_TEXT_H
#define PKTLINT_REPORT_TEXT_H

#include "report/layout.h"
#include "report/report.h"

/* The parts of the text report, each in a file of its own; text.c puts them in order. */

/* What is wrong: one block a finding, the worst first; repetitions counted. */
void text_findings(const struct layout *layout, const struct report *report);

/* The flows that matter, as a table with a line for each direction. */
void text_flows(const struct layout *layout, const struct report *report);

/* The numbered streams that matter, as a table with what would have been enough below each. */
void text_streams(const struct layout *layout, const struct report *report);

/* What was handed on in another order than stamped, but what the tables above tell already. */
void text_arrivals(const struct layout *layout, const struct report *report);

/* The numbers of the run, zeros in one list with what they are worth. */
void text_numbers(const struct layout *layout, const struct report *report);

/*
 * The audited machine: its interfaces with pictures of their queues, and the settings that are not
 * as usual; `verbose`: all.
 */
void text_host(const struct layout *layout, const struct report_host *host, bool verbose);

/*
 * What stands behind the findings about it: counters that rose, but those that a finding cites
 * unless the machine was watched; what is fine, what is hidden.
 */
void text_host_rest(const struct layout *layout, const struct report *report);

#endif
