/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who reordered it, for programs: the word, what it was decided by, and the first late packets
 * beside those that overtook them. Members are there without a late packet, too: null or empty.
 */
#include <stddef.h>

#include "report/json_parts.h"

static struct json_value *word_json(enum origin origin)
{
	return origin == ORIGIN_NONE ? NULL : json_value_text(origin_name(origin));
}

/* Places, CPUs, queues: -1 is not known. */
static struct json_value *known_json(int64_t number)
{
	return number < 0 ? NULL : json_value_integer((uint64_t)number);
}

static struct json_value *parts_json(const struct report_origin *origin)
{
	struct json_value *object;

	if (origin->inside == ORIGIN_NONE && origin->outside == ORIGIN_NONE)
		return NULL;
	object = json_value_object();
	json_value_set(object, "inside", word_json(origin->inside));
	json_value_set(object, "outside", word_json(origin->outside));
	return object;
}

/* What is counted, under the names of the document. */
#define COUNT(name, member) \
	{ \
		name, offsetof(struct origin_counts, member) \
	}
static const struct {
	const char *name;
	size_t offset;
} pair_rows[] = {
	COUNT("late_packets", late),
	COUNT("pairs", pairs),
	COUNT("sent_pairs", sent),
	COUNT("forwarded_pairs", forwarded),
	COUNT("unstamped_pairs", unstamped),
	COUNT("untold_pairs", untold),
	COUNT("inside_pairs", inside),
	COUNT("outside_pairs", outside),
	COUNT("equal_pairs", equal),
	COUNT("cpu_known", cpus),
	COUNT("cpu_differs", cpus_differ),
	COUNT("inside_cpu_known", inside_cpus),
	COUNT("inside_cpu_differs", inside_cpus_differ),
	COUNT("outside_cpu_known", outside_cpus),
	COUNT("outside_cpu_differs", outside_cpus_differ),
	COUNT("cpu_judged", cpu_judged),
	COUNT("cpu_in_order", cpu_in_order),
	COUNT("queue_known", queues),
	COUNT("queue_differs", queues_differ),
	COUNT("outside_queue_known", outside_queues),
	COUNT("outside_queue_differs", outside_queues_differ),
	COUNT("queue_judged", queue_judged),
	COUNT("queue_in_order", queue_in_order),
	COUNT("hash_known", hashes),
	COUNT("hash_differs", hashes_differ),
	COUNT("predicted", predicted),
	COUNT("predicted_right", predicted_right),
};
#undef COUNT

static struct json_value *evidence_json(const struct report_origin *origin)
{
	const struct origin_counts *counts = &origin->counts;
	struct json_value *object = json_value_object();

	json_value_set(object, "interface", json_value_integer(origin->interface));
	for (size_t i = 0; i < sizeof(pair_rows) / sizeof(pair_rows[0]); i++) {
		const char *count = (const char *)counts + pair_rows[i].offset;

		json_value_set(object, pair_rows[i].name,
			json_value_integer(*(const uint64_t *)(const void *)count));
	}
	json_value_set(object, "cpus_seen", json_value_integer(counts->cpus_seen));
	json_value_set(object, "queues_seen", json_value_integer(counts->queues_seen));
	json_value_set(object, "hashes_seen", json_value_integer(counts->hashes_seen));
	json_value_set(object, "waited_ns", json_histogram(&origin->waited_ns));
	return object;
}

static struct json_value *late_json(const struct report_late *late)
{
	struct json_value *object = json_value_object();
	bool stamped = late->time_ns != -1 && late->overtaker_ns != -1;
	int64_t waited_ns = stamped ? late->overtaker_ns - late->time_ns : -1;

	json_value_set(object, "frame", json_value_integer(late->frame));
	json_value_set(object, "overtaker_frame", json_value_integer(late->overtaker));
	json_value_set(
		object, "number", late->has_number ? json_value_integer(late->number) : NULL);
	json_value_set(object, "time", late->time_ns != -1 ? json_value_time(late->time_ns) : NULL);
	json_value_set(object, "overtaker_time",
		late->overtaker_ns != -1 ? json_value_time(late->overtaker_ns) : NULL);
	json_value_set(object, "waited_ns", waited_ns > 0 ? known_json(waited_ns) : NULL);
	json_value_set(object, "cpu", known_json(late->cpu));
	json_value_set(object, "overtaker_cpu", known_json(late->overtaker_cpu));
	json_value_set(object, "queue", known_json(late->queue));
	json_value_set(object, "overtaker_queue", known_json(late->overtaker_queue));
	json_value_set(object, "rxhash", known_json(late->hash));
	json_value_set(object, "overtaker_rxhash", known_json(late->overtaker_hash));
	return object;
}

void json_set_origin(struct json_value *object, const struct report_origin *origin)
{
	bool any = origin && origin->origin != ORIGIN_NONE;
	bool sure = any && origin->confidence != CONFIDENCE_NONE;
	struct json_value *late = json_value_array();

	for (size_t i = 0; any && i < origin->late_count; i++)
		json_value_append(late, late_json(&origin->late[i]));
	json_value_set(object, "origin", any ? word_json(origin->origin) : NULL);
	json_value_set(object, "origin_confidence",
		sure ? json_value_text(confidence_name(origin->confidence)) : NULL);
	json_value_set(object, "origin_parts", any ? parts_json(origin) : NULL);
	json_value_set(object, "reason", any ? json_value_text(origin->reason) : NULL);
	json_value_set(object, "evidence", any ? evidence_json(origin) : NULL);
	json_value_set(object, "late", late);
}

struct json_value *json_arrival(const struct report_arrival *arrival)
{
	struct json_value *object = json_value_object();

	json_value_set(object, "subject", json_value_text(arrival->subject));
	json_value_set(
		object, "flow", arrival->flow ? json_value_integer(arrival->flow - 1) : NULL);
	json_value_set(
		object, "stream", arrival->stream ? json_value_integer(arrival->stream - 1) : NULL);
	json_value_set(
		object, "vlan_id", arrival->vlan_id ? json_value_integer(arrival->vlan_id) : NULL);
	json_value_set(object, "packets", json_value_integer(arrival->packets));
	json_value_set(object, "late_packets", json_value_integer(arrival->late));
	json_set_origin(object, &arrival->origin);
	return object;
}
