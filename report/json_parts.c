/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows and numbered streams for programs: each with its numbers, and what the run counted beyond
 * those that are listed. Nothing here names a metric: the tables do.
 */
#include <string.h>

#include "report/json_parts.h"

struct json_value *json_histogram(const struct histogram *histogram)
{
	static const struct {
		const char *key;
		double share;
	} percentiles[] = {
		{ "p50", 0.5 },
		{ "p90", 0.9 },
		{ "p95", 0.95 },
		{ "p99", 0.99 },
		{ "p999", 0.999 },
	};
	struct json_value *object = json_value_object(), *buckets = json_value_array();
	bool any = histogram->count > 0;

	json_value_set(object, "layout", json_value_text("log2/8"));
	json_value_set(object, "count", json_value_integer(histogram->count));
	json_value_set(object, "min", any ? json_value_integer(histogram->min) : NULL);
	json_value_set(object, "mean", any ? json_value_number(histogram_mean(histogram)) : NULL);
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
		uint64_t value = histogram_percentile(histogram, percentiles[i].share);

		json_value_set(object, percentiles[i].key, any ? json_value_integer(value) : NULL);
	}
	json_value_set(object, "max", any ? json_value_integer(histogram->max) : NULL);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		struct json_value *bucket;

		if (histogram->buckets[i] == 0)
			continue;
		bucket = json_value_array();
		json_value_append(bucket, json_value_integer(histogram_bucket_floor(i)));
		json_value_append(bucket, json_value_integer(histogram->buckets[i]));
		json_value_append(buckets, bucket);
	}
	json_value_set(object, "buckets", buckets);
	return object;
}

static struct json_value *metric_json(
	const struct metric_set *set, const union metric_value *values, size_t row)
{
	double number;

	if (set->rows[row].kind == METRIC_HISTOGRAM)
		return values[row].histogram ? json_histogram(values[row].histogram) : NULL;
	if (metric_read(set, values, row, &number) < 0)
		return NULL;
	/* A double would round counts above 2^53. */
	if (metric_is_quotient(set->rows[row].kind))
		return json_value_number(number);
	return json_value_integer(values[row].number);
}

struct json_value *json_metrics(const struct metric_set *set, const union metric_value *values)
{
	struct json_value *object = json_value_object();

	for (size_t i = 0; i < set->count; i++)
		json_value_set(object, set->rows[i].name, metric_json(set, values, i));
	return object;
}

struct json_value *json_texts(const char *const *texts, size_t count)
{
	struct json_value *array = json_value_array();

	for (size_t i = 0; i < count && texts[i]; i++)
		json_value_append(array, json_value_text(texts[i]));
	return array;
}

static struct json_value *direction_json(const struct report_flow *flow, int side)
{
	struct json_value *object = json_value_object();

	json_value_set(object, "from", json_value_text(flow->endpoint[side]));
	json_value_set(object, "to", json_value_text(flow->endpoint[!side]));
	json_value_set(
		object, "metrics", flow->set ? json_metrics(flow->set, flow->values[side]) : NULL);
	json_set_origin(object, flow->origin[side]);
	return object;
}

struct json_value *json_flow(const struct report_flow *flow)
{
	struct json_value *object = json_value_object(), *directions = json_value_array();
	size_t notes = sizeof(flow->notes) / sizeof(flow->notes[0]);

	for (int side = 0; side < 2; side++)
		json_value_append(directions, direction_json(flow, side));
	json_value_set(object, "number", json_value_integer(flow->number));
	json_value_set(object, "protocol", json_value_text(flow->protocol));
	json_value_set(object, "vlan_id", flow->vlan_id ? json_value_integer(flow->vlan_id) : NULL);
	json_value_set(object, "vni", flow->vni ? json_value_integer(flow->vni) : NULL);
	json_value_set(object, "community_id", json_value_text(flow->community_id));
	json_value_set(object, "first_time", json_value_time(flow->first_ns));
	json_value_set(object, "last_time", json_value_time(flow->last_ns));
	json_value_set(object, "trouble", json_value_number(flow->trouble));
	json_value_set(object, "notes", json_texts(flow->notes, notes));
	json_value_set(object, "directions", directions);
	return object;
}

static struct json_value *enough_json(const struct report_enough *enough)
{
	struct json_value *object = json_value_object(), *sizes = json_value_array();

	for (size_t i = 0; i < REPORT_SHARES; i++) {
		struct json_value *size = json_value_object();

		json_value_set(size, "share", json_value_number(report_shares[i]));
		json_value_set(size, "size", json_value_integer(enough->size[i]));
		json_value_append(sizes, size);
	}
	json_value_set(object, "name", json_value_text(enough->name));
	json_value_set(object, "unit", json_value_text(metric_unit_name(enough->unit)));
	json_value_set(object, "sizes", sizes);
	return object;
}

static struct json_value *contrast_json(const struct report_contrast *contrast)
{
	struct json_value *object = json_value_object();

	json_value_set(object, "fact", json_value_text(contrast->name));
	json_value_set(object, "pairs", json_value_integer(contrast->pairs));
	json_value_set(object, "differs", json_value_integer(contrast->differs));
	json_value_set(object, "late", json_value_integer(contrast->bad));
	json_value_set(object, "other", json_value_integer(contrast->good));
	return object;
}

/* What a stream is: the members before those that tell how it fared. */
static void set_identity(struct json_value *object, const struct report_stream *stream)
{
	const char *confidence = stream->confidence ? confidence_name(stream->confidence) : NULL;

	json_value_set(object, "number", json_value_integer(stream->number));
	json_value_set(object, "profile", json_value_text(stream->profile));
	json_value_set(object, "subject", json_value_text(stream->subject));
	json_value_set(object, "specification", json_value_text(stream->specification));
	json_value_set(object, "discovered", json_value_bool(stream->discovered));
	json_value_set(object, "confidence", json_value_text(confidence));
	json_value_set(
		object, "vlan_id", stream->vlan_id ? json_value_integer(stream->vlan_id) : NULL);
	json_value_set(object, "flow", stream->flow ? json_value_integer(stream->flow - 1) : NULL);
	json_value_set(object, "flows", json_value_integer(stream->flows));
	json_value_set(object, "first_time", json_value_time(stream->first_ns));
	json_value_set(object, "last_time", json_value_time(stream->last_ns));
}

struct json_value *json_stream(const struct report_stream *stream)
{
	struct json_value *object = json_value_object();
	struct json_value *enough = json_value_array(), *contrast = json_value_array();
	size_t notes = sizeof(stream->notes) / sizeof(stream->notes[0]);

	for (size_t i = 0; i < stream->enough_count; i++)
		json_value_append(enough, enough_json(&stream->enough[i]));
	for (size_t i = 0; i < stream->contrast_count; i++)
		json_value_append(contrast, contrast_json(&stream->contrast[i]));
	set_identity(object, stream);
	json_value_set(object, "trouble", json_value_number(stream->trouble));
	json_value_set(object, "notes", json_texts(stream->notes, notes));
	json_value_set(object, "enough", enough);
	json_value_set(object, "contrast", contrast);
	json_set_origin(object, stream->origin);
	json_value_set(object, "metrics", json_metrics(stream->set, stream->values));
	return object;
}

/* What a count called `name` of the analyzer `prefix` comes to over what is listed. */
struct listed {
	const char *prefix, *name;
	uint64_t sum;
	bool found;
	const struct metric_set *set; /* of the last one: most of a list have the same */
	int row;                      /* in it, -1: it has none */
};

static void add_listed(
	struct listed *listed, const struct metric_set *set, const union metric_value *values)
{
	if (!set)
		return;
	if (set != listed->set) {
		bool ours = strcmp(set->prefix, listed->prefix) == 0;

		listed->set = set;
		listed->row = ours ? metric_find(set, listed->name) : -1;
	}
	if (listed->row < 0 || set->rows[listed->row].kind != METRIC_COUNT)
		return;
	listed->sum += values[listed->row].number;
	listed->found = true;
}

static void add_flows(struct listed *listed, const struct report *report)
{
	for (size_t i = 0; i < report->flow_count; i++)
		for (int side = 0; side < 2; side++)
			add_listed(listed, report->flows[i].set, report->flows[i].values[side]);
}

static void add_streams(struct listed *listed, const struct report *report)
{
	for (size_t i = 0; i < report->stream_count; i++)
		add_listed(listed, report->streams[i].set, report->streams[i].values);
}

/* Counts of what a list leaves out: the run's less those that `add` finds in the list. */
static struct json_value *rest_json(
	const struct report *report, void (*add)(struct listed *, const struct report *))
{
	struct json_value *metrics = json_value_object();

	for (size_t i = 0; i < report->section_count; i++) {
		const struct report_section *section = &report->sections[i];
		struct json_value *rest = json_value_object();

		for (size_t row = 0; row < section->set->count; row++) {
			const struct metric *metric = &section->set->rows[row];
			struct listed listed = {
				.prefix = section->set->prefix,
				.name = metric->name,
			};
			uint64_t all = section->values[row].number;

			if (metric->kind != METRIC_COUNT)
				continue;
			add(&listed, report);
			if (listed.found && listed.sum <= all)
				json_value_set(
					rest, metric->name, json_value_integer(all - listed.sum));
		}
		json_value_set(metrics, section->set->prefix, rest);
	}
	return metrics;
}

struct json_value *json_other_flows(const struct report *report)
{
	struct json_value *object = json_value_object();

	json_value_set(
		object, "flows", json_value_integer(report->flow_total - report->flow_count));
	json_value_set(object, "metrics", rest_json(report, add_flows));
	return object;
}

struct json_value *json_other_streams(const struct report *report)
{
	struct json_value *object = json_value_object();

	json_value_set(
		object, "streams", json_value_integer(report->stream_total - report->stream_count));
	json_value_set(object, "metrics", rest_json(report, add_streams));
	return object;
}
