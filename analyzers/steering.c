/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was seen that matters to whoever chooses CPUs and queues: receive hashes and the CPUs that
 * rps_cpus takes them to, by the kernel's formula (net/core/dev.c, get_rps_cpu()), frames that no
 * flow hash tells apart, fragments among whole packets, senders without a connection: without a
 * machine to ask, for files, nothing.  And hands frames and verdicts on to those who find out who
 * reordered what came late.
 */
#include "analyzers/steering.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/origin_findings.h"
#include "base/hash.h"
#include "base/memory.h"

/* Bits of a pair of addresses. */
#define PAIR_WHOLE 1
#define PAIR_FRAGMENT 2

enum steering_row {
	ROW_RECEIVED,
	ROW_STAMPED,
	ROW_HASHED,
	ROW_HASHES,
	ROW_FLOWS,
	ROW_CPUS,
	ROW_RAW,
	ROW_RAW_TYPES,
	ROW_MIXED,
	ROW_UNCONNECTED,
	ROW_COMPARED,
	ROW_INSIDE,
	ROW_OUTSIDE,
	ROW_BY_STAMP,
	ROW_BEYOND,
	ROW_FORGOTTEN,
	ROW_TRACED,
	STEERING_ROWS,
};

static const struct metric rows[] = {
	[ROW_RECEIVED] = { "received_frames", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames that came in by captured interfaces" },
	[ROW_STAMPED] = { "stamped_frames", METRIC_COUNT, UNIT_FRAMES,
		.help = "Of these, frames that the kernel says it stamped as they came in; only "
			"the front end mmap is told" },
	[ROW_HASHED] = { "hashed_frames", METRIC_COUNT, UNIT_FRAMES,
		.help = "Of these, frames whose receive hash the kernel told" },
	[ROW_HASHES] = { "receive_hashes", METRIC_COUNT, UNIT_COUNT,
		.help = "Different receive hashes, counted to 3,072 for each interface" },
	[ROW_FLOWS] = { "received_flows", METRIC_COUNT, UNIT_FLOWS,
		.help = "Conversations that came in, counted to 3,072 for each interface" },
	[ROW_CPUS] = { "predicted_cpus", METRIC_MAX, UNIT_COUNT, .when = ROW_HASHED,
		.help = "CPUs that rps_cpus takes these hashes to, on the interface with the most; "
			"0: it steers nothing, or RFS does" },
	[ROW_RAW] = { "raw_frames", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames of EtherTypes without a name, which no flow hash tells apart" },
	[ROW_RAW_TYPES] = { "raw_ethertypes", METRIC_COUNT, UNIT_COUNT,
		.help = "Different EtherTypes of these, counted to 16" },
	[ROW_MIXED] = { "mixed_pairs", METRIC_COUNT, UNIT_COUNT,
		.help = "Pairs of addresses with fragments among whole packets of one protocol, "
			"which differ in hash" },
	[ROW_UNCONNECTED] = { "unconnected_senders", METRIC_COUNT, UNIT_COUNT,
		.help = "UDP ports of this machine that sent to several destinations" },
	[ROW_COMPARED] = { "compared_packets", METRIC_COUNT, UNIT_PACKETS,
		.help = "Late packets that were compared with the one that overtook them" },
	[ROW_INSIDE] = { "stamped_before_packets", METRIC_COUNT, UNIT_PACKETS,
		.help = "Of these, packets stamped before that one: overtaken behind the stamp" },
	[ROW_OUTSIDE] = { "stamped_behind_packets", METRIC_COUNT, UNIT_PACKETS,
		.help = "Of these, packets stamped behind it: overtaken before the stamp" },
	[ROW_BY_STAMP] = { "late_by_stamp_packets", METRIC_COUNT, UNIT_PACKETS,
		.help = "Packets, numbered or not, handed on behind one of their conversation "
			"that the kernel had stamped later" },
	[ROW_BEYOND] = { "unfollowed_late_packets", METRIC_COUNT, UNIT_PACKETS,
		.help = "Late packets of streams beyond 4,096, or, by stamp, of conversations "
			"beyond 1,024: their origin is not told" },
	[ROW_FORGOTTEN] = { "forgotten_conversations", METRIC_COUNT, UNIT_COUNT,
		.help = "Conversations whose stamps made room for those of others: packets of "
			"theirs that are late by stamp may be missed" },
	[ROW_TRACED] = { "traced_frames", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames whose CPU was told" },
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == STEERING_ROWS, "a row without its constant");

static const struct metric_set steering_metrics = {
	.prefix = "steering", .rows = rows, .count = STEERING_ROWS
};

/* Whether RFS is on: the machine's table and that of a queue (Documentation/networking/scaling). */
static bool follows_readers(const struct host *host, const struct host_interface *interface)
{
	uint64_t entries;

	/* Not to be seen from everywhere: then it may be. */
	if (host_machine_number(host, &entries, "rps_sock_flow_entries") && !entries)
		return false;
	for (size_t i = 0; i < interface->rx_count; i++)
		if (interface->rx[i].flow_count)
			return true;
	return false;
}

/* The kernel's map holds the CPUs of the mask that are online: net/core/net-sysfs.c. */
static void read_masks(const struct host *host, struct entrance *entrance)
{
	const struct host_interface *interface = entrance->interface;
	struct cpus first;

	if (!interface || !interface->rx_count)
		return;
	first = interface->rx[0].cpus;
	for (size_t i = 0; i < interface->rx_count; i++)
		if (!interface->rx[i].has_cpus || !cpus_equal(&interface->rx[i].cpus, &first))
			return;
	entrance->cpus = host->has_online ? cpus_and(&first, &host->online) : first;
	entrance->cpu_count = cpus_count(&entrance->cpus);
	entrance->steers = entrance->cpu_count > 0;
	entrance->unsteered = cpus_count(&first) == 0;
	entrance->follows = follows_readers(host, interface);
}

/* get_rps_cpu(): the n-th CPU of the mask, n = reciprocal_scale(hash, how many there are). */
static unsigned cpu_of_hash(const struct entrance *entrance, uint32_t hash)
{
	uint64_t place = (uint64_t)hash * entrance->cpu_count >> 32;
	int cpu = cpus_next(&entrance->cpus, 0);

	for (; place > 0; place--)
		cpu = cpus_next(&entrance->cpus, (unsigned)cpu + 1);
	return (unsigned)cpu;
}

/* The CPU that packets of the hash go to, -1: none in particular, or it is not known. */
static int predict_cpu(const void *context, uint32_t interface, uint32_t hash)
{
	const struct steering *steering = context;
	const struct entrance *entrance = &steering->entrances[interface];

	if (interface >= steering->count || !hash || !entrance->steers || entrance->follows ||
		entrance->changed)
		return -1;
	return (int)cpu_of_hash(entrance, hash);
}

static void *steering_create(const struct analyzer_options *options, struct flow_table *flows)
{
	struct steering *steering = memory_alloc(1, sizeof(*steering));

	(void)flows;
	steering->options = *options;
	steering->predicted = (struct overtaken_steering){ predict_cpu, steering };
	steering->passed = passed_new(options->live);
	steering->overtaken = overtaken_new(steering->passed, &steering->predicted);
	steering->settings = origin_settings_new(&steering->options);
	if (options->live) {
		passed_populate(steering->passed);
		steering->arrivals = arrivals_new(&steering->predicted);
	}
	steering->host = options->host;
	if (!options->host)
		return steering;
	steering->own = own_new(options->host, options->interfaces, options->interface_count);
	steering->pairs = digests_new();
	steering->senders = digests_new();
	for (size_t i = 0; i < options->interface_count && i < STEERING_INTERFACES; i++) {
		struct entrance *entrance = &steering->entrances[steering->count++];

		entrance->interface = host_interface(options->host, options->interfaces[i]);
		entrance->hashes = digests_new();
		entrance->flows = digests_new();
		read_masks(options->host, entrance);
	}
	return steering;
}

static void steering_destroy(void *state)
{
	struct steering *steering = state;

	for (size_t i = 0; i < steering->count; i++) {
		digests_free(steering->entrances[i].hashes);
		digests_free(steering->entrances[i].flows);
	}
	digests_free(steering->pairs);
	digests_free(steering->senders);
	overtaken_free(steering->overtaken);
	passed_free(steering->passed);
	arrivals_free(steering->arrivals);
	own_free(steering->own);
	origin_settings_free(steering->settings);
	free(steering);
}

static void note_hash(struct entrance *entrance, uint32_t hash)
{
	bool made;

	entrance->hashed++;
	/* A hash of 0 is none: such packets stay where they are. */
	if (digests_at(entrance->hashes, hash, &made) && made && hash && entrance->steers)
		cpus_add(&entrance->reached, cpu_of_hash(entrance, hash));
}

static void note_received(struct entrance *entrance, const struct packet *packet)
{
	bool made;

	entrance->received++;
	entrance->stamped += !!(packet->frame_flags & FRAME_STAMP_INGRESS);
	if (packet->frame_flags & FRAME_HAS_HASH)
		note_hash(entrance, packet->rxhash);
	if (!packet->flow || packet->flow == entrance->last)
		return;
	entrance->last = packet->flow;
	digests_at(entrance->flows, packet->hash, &made);
}

/* Of both addresses and the protocol, in the order of sending. */
static uint64_t pair_digest(const struct packet *packet)
{
	size_t bytes = packet->ip_version == 4 ? 4 : 16;
	uint64_t words[4] = { 0 };

	memcpy(words, packet_source(packet), bytes);
	memcpy(words + 2, packet_destination(packet), bytes);
	return hash_words(words, 4, packet->protocol);
}

static void note_pair(struct steering *steering, const struct packet *packet, unsigned bit)
{
	uint64_t *bits = digests_find(steering->pairs, pair_digest(packet));

	/* Whole packets count only where fragments came before: few pairs have any. */
	if (!bits && bit == PAIR_FRAGMENT)
		bits = digests_at(steering->pairs, pair_digest(packet), &(bool){ false });
	if (!bits || (*bits & bit))
		return;
	*bits |= bit;
	steering->mixed_pairs += *bits == (PAIR_WHOLE | PAIR_FRAGMENT);
}

static void note_sender(struct steering *steering, const struct packet *packet)
{
	uint64_t address[2] = { 0 }, to = pair_digest(packet) ^ packet->destination_port, *first;
	size_t bytes = packet->ip_version == 4 ? 4 : 16;
	bool made;

	memcpy(address, packet_source(packet), bytes);
	first = digests_at(steering->senders, hash_words(address, 2, packet->source_port), &made);
	if (!first || *first == UINT64_MAX)
		return;
	if (made) {
		*first = to;
	} else if (*first != to) {
		*first = UINT64_MAX;
		steering->unconnected++;
	}
}

static void note_raw(struct steering *steering, const struct packet *packet)
{
	steering->raw_frames++;
	for (size_t i = 0; i < steering->raw_count; i++)
		if (steering->raw_types[i] == packet->reason)
			return;
	if (steering->raw_count < STEERING_RAW_TYPES)
		steering->raw_types[steering->raw_count++] = packet->reason;
}

static void note_packet(struct steering *steering, const struct packet *packet)
{
	bool fragment = packet->flags & PACKET_FRAGMENT || packet->layer == LAYER_FRAGMENT;

	if (packet->layer == LAYER_NETWORK && packet->reason >= 0x600 &&
		!decode_ethertype_is_known(packet->reason))
		note_raw(steering, packet);
	if (packet->direction == DIRECTION_OUT) {
		if (packet->protocol == IPPROTO_UDP && packet->flags & PACKET_PORTS &&
			packet->flow != steering->last_sent)
			note_sender(steering, packet);
		steering->last_sent = packet->flow;
		return;
	}
	if (packet->interface < steering->count)
		note_received(&steering->entrances[packet->interface], packet);
	if (fragment && packet->flags & PACKET_IP)
		note_pair(steering, packet, PAIR_FRAGMENT);
	else if (packet->flags & PACKET_PORTS && digests_count(steering->pairs))
		note_pair(steering, packet, PAIR_WHOLE);
}

/* What is remembered of a packet, for the case that it is late, or overtakes another one. */
static inline const struct passed_frame *remember(
	const struct steering *steering, const struct packet *packet)
{
	bool own = packet->direction == DIRECTION_OUT && steering->own &&
		   own_sent(steering->own, packet);

	return passed_note(steering->passed, packet, own);
}

/* Of a live run. */
static void remember_arrivals(struct steering *steering, const struct batch *batch)
{
	const struct packet *packets = batch->packets;
	uint64_t traced = 0;
	bool late = false;

	for (int i = 0, count = batch->count; i < count; i++)
		arrivals_prefetch(steering->arrivals, &packets[i]);
	for (int i = 0, count = batch->count; i < count; i++) {
		const struct passed_frame *frame = remember(steering, &packets[i]);

		traced += !!(packets[i].frame_flags & FRAME_HAS_CPU);
		late |= arrivals_take(steering->arrivals, &packets[i], frame);
	}
	steering->traced += traced;
	steering->late |= late;
}

static void steering_batch(void *state, const struct batch *batch)
{
	struct steering *steering = state;

	if (steering->arrivals)
		remember_arrivals(steering, batch);
	for (int i = 0, count = batch->count; !steering->arrivals && i < count; i++)
		remember(steering, &batch->packets[i]);
	for (int i = 0; i < batch->verdict_count; i++)
		steering->late |= overtaken_take(steering->overtaken, &batch->verdicts[i]);
	if (steering->late)
		passed_extend(steering->passed);
	for (int i = 0, count = batch->count; steering->host && i < count; i++)
		note_packet(steering, &batch->packets[i]);
}

/* What the end of the run decides. */
static void steering_run_end(void *state, struct batch *batch)
{
	steering_batch(state, batch);
}

static void steering_drop(void *state, const struct drop *drop)
{
	struct steering *steering = state;

	origin_settings_drop(steering->settings, drop);
}

static void steering_change(void *state, const struct change *change)
{
	struct steering *steering = state;

	origin_settings_change(steering->settings, change);
	if (change->kind == CHANGE_CLOCK && steering->arrivals)
		arrivals_restart(steering->arrivals);
	if (change->kind == CHANGE_SETTING && change->interface < steering->count && change->what &&
		strstr(change->what, "rps_cpus"))
		steering->entrances[change->interface].changed = true;
}

/* Once something came late, CPU and queue of what follows tell more. */
static bool steering_wants_trace(const void *state)
{
	const struct steering *steering = state;

	return steering->options.live && steering->late;
}

static void put_totals(const struct steering *steering, union metric_value *values)
{
	struct overtaken_totals totals;
	struct arrivals_totals by_stamp;

	overtaken_totals(steering->overtaken, &totals);
	values[ROW_COMPARED].number = totals.pairs;
	values[ROW_INSIDE].number = totals.inside;
	values[ROW_OUTSIDE].number = totals.outside;
	values[ROW_BEYOND].number = totals.beyond;
	values[ROW_TRACED].number = steering->traced;
	if (!steering->arrivals)
		return;
	by_stamp = arrivals_totals(steering->arrivals);
	values[ROW_BY_STAMP].number = by_stamp.late;
	values[ROW_BEYOND].number += by_stamp.beyond;
	values[ROW_FORGOTTEN].number = by_stamp.forgotten;
}

static void put_section(const struct steering *steering, struct report *report)
{
	union metric_value *values = report_add_section(report, &steering_metrics)->values;

	for (size_t i = 0; i < steering->count; i++) {
		const struct entrance *entrance = &steering->entrances[i];
		uint64_t reached = entrance->follows ? 0 : cpus_count(&entrance->reached);

		values[ROW_RECEIVED].number += entrance->received;
		values[ROW_STAMPED].number += entrance->stamped;
		values[ROW_HASHED].number += entrance->hashed;
		values[ROW_HASHES].number += digests_count(entrance->hashes);
		values[ROW_FLOWS].number += digests_count(entrance->flows);
		if (reached > values[ROW_CPUS].number)
			values[ROW_CPUS].number = reached;
	}
	values[ROW_RAW].number = steering->raw_frames;
	values[ROW_RAW_TYPES].number = steering->raw_count;
	values[ROW_MIXED].number = steering->mixed_pairs;
	values[ROW_UNCONNECTED].number = steering->unconnected;
	put_totals(steering, values);
}

/* What proofs by stamps rest on stands beside each interface once something was late. */
static void put_stamped(const struct steering *steering, struct report *report)
{
	for (size_t i = 0; steering->late && i < report->source_count; i++) {
		struct report_source *source = &report->sources[i];
		uint32_t at = source->first_interface;

		if (source->interfaces != 1 || at >= steering->count)
			continue;
		source->received_in = steering->entrances[at].received;
		source->stamped_in = steering->entrances[at].stamped;
	}
}

static void steering_report(void *state, struct report *report)
{
	struct steering *steering = state;

	steering_decide(steering, report);
	if (steering->host) {
		put_section(steering, report);
		put_stamped(steering, report);
		steering_explain(steering, report);
	}
	origin_findings(&(struct origin_machine){ steering->host, steering->options.interfaces,
				steering->options.interface_count },
		report);
}

const struct analyzer steering_analyzer = {
	.name = "steering",
	.summary =
		"who reordered: stamps, CPUs, queues; what chooses these: hashes, fragments (live)",
	.metrics = &steering_metrics,
	.create = steering_create,
	.batch = steering_batch,
	.drop = steering_drop,
	.change = steering_change,
	.run_end = steering_run_end,
	.wants_trace = steering_wants_trace,
	.report = steering_report,
	.destroy = steering_destroy,
};
