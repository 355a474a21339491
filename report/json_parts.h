/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_JSON_PARTS_H
#define PKTLINT_REPORT_JSON_PARTS_H

#include "report/json_value.h"
#include "report/report.h"

/* Parts of the JSON report that take more than a few lines; json.c puts them in order. */

/* All rows of the set by name; null where there is nothing to divide by, or nothing measured. */
struct json_value *json_metrics(const struct metric_set *set, const union metric_value *values);

/* Its layout, percentiles and the buckets that are not empty. */
struct json_value *json_histogram(const struct histogram *histogram);

/* At most `count` texts, up to the first NULL. */
struct json_value *json_texts(const char *const *texts, size_t count);

struct json_value *json_flow(const struct report_flow *flow);
struct json_value *json_stream(const struct report_stream *stream);

/*
 * Sets the members "origin" to "late" of a stream, a direction or an arrival: null and empty if
 * `origin` is NULL or there is nothing late.
 */
void json_set_origin(struct json_value *object, const struct report_origin *origin);
struct json_value *json_arrival(const struct report_arrival *arrival);

/* How many are not listed, and their counts: the run's less those of the listed ones. */
struct json_value *json_other_flows(const struct report *report);
struct json_value *json_other_streams(const struct report *report);

/* The audited machine; null if there was no audit. */
struct json_value *json_host(const struct report_host *host);

#endif
