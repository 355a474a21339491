/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of a batch: flow look-up, then every analyzer in table order over every packet.  Flows
 * that end are totalled, and the sickest are kept for the report, so that eviction loses no
 * trouble.
 */
#include "analyzers/pipeline.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/flow.h"
#include "analyzers/tally.h"
#include "base/memory.h"
#include "report/community_id.h"

extern const struct analyzer tcp_analyzer, sequence_analyzer, capture_analyzer, steering_analyzer;

const struct analyzer *const analyzers[] = {
	&tcp_analyzer,
	&sequence_analyzer,
	&capture_analyzer,
	&steering_analyzer,
	NULL,
};

#define ANALYZERS (sizeof(analyzers) / sizeof(analyzers[0]) - 1)
#define EACH_PACKET 3 /* the first so many see each packet, the others batches */

struct pipeline {
	struct analyzer_options options;
	struct flow_table *flows;
	void *state[ANALYZERS];
	struct tally *tally;   /* owned, NULL if nobody asked for one */
	struct batch *batch;   /* the one at hand, for what eviction decides */
	struct report *listed; /* holds the listed flows, a heap, until the report takes them */
	uint64_t frames, wire_bytes, judged;
	int64_t first_ns, last_ns;
};

struct verdict *batch_add_verdict(struct batch *batch)
{
	if (batch->verdict_count == batch->verdict_capacity) {
		batch->verdict_capacity = batch->verdict_capacity ? 2 * batch->verdict_capacity
								  : BATCH_PACKETS;
		batch->verdicts = memory_grow(
			batch->verdicts, (size_t)batch->verdict_capacity, sizeof(*batch->verdicts));
	}
	memset(&batch->verdicts[batch->verdict_count], 0, sizeof(*batch->verdicts));
	return &batch->verdicts[batch->verdict_count++];
}

static double flow_trouble(const struct pipeline *pipeline, const struct flow *flow)
{
	double trouble = 0;

	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->flow_trouble)
			trouble += analyzers[i]->flow_trouble(pipeline->state[i], flow);
	return trouble;
}

/* The analyzer that judges flows of this protocol, NULL if none. */
static const struct analyzer *flow_judge(const struct flow *flow, size_t *index)
{
	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->flow_protocol &&
			analyzers[i]->flow_protocol == flow->key.protocol) {
			*index = i;
			return analyzers[i];
		}
	return NULL;
}

static const char *protocol_name(const struct flow *flow, char *text, size_t size)
{
	static const struct {
		uint8_t protocol;
		const char *name;
	} names[] = { { IPPROTO_TCP, "tcp" }, { IPPROTO_UDP, "udp" }, { IPPROTO_ICMP, "icmp" },
		{ IPPROTO_ICMPV6, "icmp6" }, { IPPROTO_SCTP, "sctp" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].protocol == flow->key.protocol)
			return names[i].name;
	snprintf(text, size, "ip-%u", flow->key.protocol);
	return text;
}

static void fill_community_id(const struct flow *flow, struct report_flow *entry)
{
	bool icmp = flow->key.protocol == IPPROTO_ICMP || flow->key.protocol == IPPROTO_ICMPV6;

	community_id(entry->community_id, flow->key.protocol, flow->key.address[flow->opener],
		flow->key.address[!flow->opener], flow->key.ip_version == 4 ? 4 : 16,
		icmp ? flow->icmp_type : flow->key.port[flow->opener],
		icmp ? flow->icmp_code : flow->key.port[!flow->opener]);
}

static void fill_entry(
	struct pipeline *pipeline, const struct flow *flow, struct report_flow *entry)
{
	size_t judge = 0;
	const struct analyzer *analyzer = flow_judge(flow, &judge);
	char text[16];

	entry->number = flow->number;
	snprintf(entry->protocol, sizeof(entry->protocol), "%s",
		protocol_name(flow, text, sizeof(text)));
	flow_endpoint(&flow->key, flow->opener, entry->endpoint[0], sizeof(entry->endpoint[0]));
	flow_endpoint(&flow->key, !flow->opener, entry->endpoint[1], sizeof(entry->endpoint[1]));
	entry->vlan_id = flow->key.vlan_id;
	entry->vni = flow->key.vni;
	entry->first_ns = flow->first_ns;
	entry->last_ns = flow->last_ns;
	fill_community_id(flow, entry);
	if (analyzer)
		analyzer->flow_report(pipeline->state[judge], flow, entry);
}

/* Whether `a` makes room on the list before `b`: it is less sick, or as sick and later. */
static bool makes_room(const struct report_flow *a, const struct report_flow *b)
{
	return a->trouble < b->trouble || (a->trouble == b->trouble && a->number > b->number);
}

static void swap_listed(struct report *listed, size_t a, size_t b)
{
	struct report_flow flow = listed->flows[a];

	listed->flows[a] = listed->flows[b];
	listed->flows[b] = flow;
}

/* Moves the last flow of the heap up to its place; the one that makes room next is the first. */
static void heap_rise(struct report *listed)
{
	for (size_t i = listed->flow_count - 1, parent; i > 0; i = parent) {
		parent = (i - 1) / 2;
		if (!makes_room(&listed->flows[i], &listed->flows[parent]))
			return;
		swap_listed(listed, i, parent);
	}
}

/* Moves the first flow of the heap down to its place. */
static void heap_sink(struct report *listed)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < listed->flow_count; i = child) {
		if (child + 1 < listed->flow_count &&
			makes_room(&listed->flows[child + 1], &listed->flows[child]))
			child++;
		if (!makes_room(&listed->flows[child], &listed->flows[i]))
			return;
		swap_listed(listed, i, child);
	}
}

static void unlist_first(struct report *listed)
{
	struct report_flow *flow = &listed->flows[0];

	for (int side = 0; side < 2; side++)
		metric_values_free(flow->set, flow->values[side]);
	*flow = listed->flows[--listed->flow_count];
	heap_sink(listed);
}

/* Keeps the flow for the report if among the sickest so far; of equals the earlier ones. */
static void list_flow(struct pipeline *pipeline, const struct flow *flow)
{
	struct report *listed = pipeline->listed;
	struct report_flow key = { .number = flow->number };
	struct report_flow *entry;
	size_t judge = 0;
	const struct analyzer *analyzer = flow_judge(flow, &judge);

	if (!pipeline->options.list_flows)
		return;
	key.trouble = flow_trouble(pipeline, flow);
	if (listed->flow_count >= pipeline->options.list_flows) {
		if (makes_room(&key, &listed->flows[0]))
			return;
		unlist_first(listed);
	}
	entry = report_add_flow(listed, analyzer ? analyzer->flow_metrics : NULL);
	entry->trouble = key.trouble;
	fill_entry(pipeline, flow, entry);
	heap_rise(listed);
}

static void end_flow(void *context, struct flow *flow)
{
	struct pipeline *pipeline = context;

	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->flow_end)
			analyzers[i]->flow_end(pipeline->state[i], pipeline->batch, flow);
	list_flow(pipeline, flow);
	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->flow_forget)
			analyzers[i]->flow_forget(pipeline->state[i], flow);
}

struct pipeline *pipeline_new(const struct analyzer_options *options)
{
	struct pipeline *pipeline = memory_alloc(1, sizeof(*pipeline));

	pipeline->options = *options;
	pipeline->flows = flow_table_new(options->max_flows, end_flow, pipeline);
	pipeline->listed = report_new("");
	if (options->live)
		pipeline->tally = memory_alloc(1, sizeof(*pipeline->tally));
	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->create)
			pipeline->state[i] = analyzers[i]->create(
				&pipeline->options, pipeline->flows);
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->destroy)
			analyzers[i]->destroy(pipeline->state[i]);
	flow_table_free(pipeline->flows);
	report_free(pipeline->listed);
	free(pipeline->tally);
	free(pipeline);
}

/* Labels that say nothing of how a packet fared. */
#define UNJUDGED_LABELS (1u << LABEL_OTHER | 1u << LABEL_UNKNOWN | 1u << LABEL_ICMP)

/* Where the batch begins and ends in the run. */
static void count_batch(struct pipeline *pipeline, const struct batch *batch)
{
	if (!batch->count)
		return;
	if (!pipeline->frames)
		pipeline->first_ns = batch->packets[0].time_ns;
	pipeline->last_ns = batch->packets[batch->count - 1].time_ns;
	pipeline->frames += (uint64_t)batch->count;
}

void pipeline_batch(struct pipeline *pipeline, struct batch *batch)
{
	uint64_t wire_bytes = 0, judged = 0;

	pipeline->batch = batch;
	batch->verdict_count = 0;
	flow_table_lookup(pipeline->flows, batch->packets, batch->count);
	for (int n = 0; n < batch->count; n++) {
		struct packet *packet = &batch->packets[n];

		packet->label = LABEL_OTHER;
		if (!(packet->flags & PACKET_PORTS) && packet->layer == LAYER_TRANSPORT)
			packet->label = LABEL_ICMP;
#pragma GCC unroll 3 /* the loop would cost as much as the calls */
		for (size_t i = 0; i < EACH_PACKET; i++)
			analyzers[i]->packet(pipeline->state[i], batch, packet);
		if (packet->flow)
			packet->flow->last_ns = packet->time_ns;
		wire_bytes += packet->wirelen;
		judged += !(UNJUDGED_LABELS >> packet->label & 1);
	}
	for (size_t i = EACH_PACKET; i < ANALYZERS; i++)
		analyzers[i]->batch(pipeline->state[i], batch);
	pipeline->wire_bytes += wire_bytes;
	pipeline->judged += judged;
	count_batch(pipeline, batch);
	if (pipeline->tally)
		tally_batch(pipeline->tally, batch);
}

void pipeline_drop(struct pipeline *pipeline, const struct drop *drop)
{
	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->drop)
			analyzers[i]->drop(pipeline->state[i], drop);
	if (pipeline->tally)
		tally_drop(pipeline->tally, drop);
}

void pipeline_change(struct pipeline *pipeline, const struct change *change)
{
	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->change)
			analyzers[i]->change(pipeline->state[i], change);
}

bool pipeline_wants_trace(const struct pipeline *pipeline)
{
	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->wants_trace && analyzers[i]->wants_trace(pipeline->state[i]))
			return true;
	return false;
}

void pipeline_input_end(struct pipeline *pipeline, uint64_t frame)
{
	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->input_end)
			analyzers[i]->input_end(pipeline->state[i], frame);
}

void pipeline_end(struct pipeline *pipeline, struct batch *batch)
{
	pipeline->batch = batch;
	batch->count = 0;
	batch->verdict_count = 0;
	flow_table_visit(pipeline->flows, end_flow, pipeline);
	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->run_end)
			analyzers[i]->run_end(pipeline->state[i], batch);
}

void pipeline_report(struct pipeline *pipeline, struct report *report)
{
	report->frames = pipeline->frames;
	report->wire_bytes = pipeline->wire_bytes;
	report->judged = pipeline->judged;
	report->first_ns = pipeline->first_ns;
	report->last_ns = pipeline->last_ns;
	report->flow_total = flow_table_seen(pipeline->flows);
	report->flows = pipeline->listed->flows;
	report->flow_count = pipeline->listed->flow_count;
	pipeline->listed->flows = NULL;
	pipeline->listed->flow_count = 0;
	if (pipeline->tally)
		tally_report(pipeline->tally, report);
	for (size_t i = 0; i < ANALYZERS; i++)
		if (analyzers[i]->report)
			analyzers[i]->report(pipeline->state[i], report);
}

void pipeline_progress(const struct pipeline *pipeline, uint64_t *frames, uint64_t *flows)
{
	*frames = pipeline->frames;
	*flows = flow_table_seen(pipeline->flows);
}
