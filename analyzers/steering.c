/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was seen that matters to whoever chooses CPUs and queues: receive hashes and the CPUs that
 * rps_cpus takes them to, by the kernel's formula (net/core/dev.c, get_rps_cpu()), frames that no
 * flow hash tells apart, fragments among whole packets, senders without a connection.  Says of late
 * packets which setting may be why.  Without a machine to ask, for files, it does nothing.
 */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/digests.h"
#include "analyzers/flow.h"
#include "base/hash.h"
#include "base/memory.h"
#include "host/host.h"
#include "report/units.h"

#define INTERFACES 64 /* captured at once, at most */
#define RAW_TYPES 16  /* EtherTypes without a name that are told apart */

/* Bits of a pair of addresses. */
#define PAIR_WHOLE 1
#define PAIR_FRAGMENT 2

/* One captured interface and what came in by it. */
struct entrance {
	const struct host_interface *interface; /* NULL: the snapshot does not have it */
	bool steers;                            /* all receive queues have one mask, not empty */
	bool unsteered;                         /* all have an empty one */
	bool follows; /* RFS may take packets to where their reader runs */
	bool changed; /* a mask was set anew meanwhile */
	struct cpus cpus;
	unsigned cpu_count;
	struct digests *hashes, *flows;
	const struct flow *last; /* whose packets mostly come in a row; never followed */
	struct cpus reached;     /* where the hashes go */
	uint64_t received, hashed;
};

struct steering {
	const struct host *host;
	struct entrance entrances[INTERFACES];
	size_t count;
	struct digests *pairs;   /* with PAIR_ bits */
	struct digests *senders; /* with where they sent first, by digest */
	const struct flow *last_sent;
	uint64_t mixed_pairs, unconnected;
	uint64_t raw_frames;
	uint16_t raw_types[RAW_TYPES];
	size_t raw_count;
};

enum steering_row {
	ROW_RECEIVED,
	ROW_HASHED,
	ROW_HASHES,
	ROW_FLOWS,
	ROW_CPUS,
	ROW_RAW,
	ROW_RAW_TYPES,
	ROW_MIXED,
	ROW_UNCONNECTED,
	STEERING_ROWS,
};

static const struct metric rows[] = {
	[ROW_RECEIVED] = { "received_frames", METRIC_COUNT, UNIT_FRAMES,
		.help = "Frames that came in by captured interfaces" },
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
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == STEERING_ROWS, "a row without its constant");

static const struct metric_set steering_metrics = {
	.prefix = "steering", .rows = rows, .count = STEERING_ROWS
};

/* Whether RFS is on: the machine's table and that of a queue (Documentation/networking/scaling). */
static bool follows_readers(const struct host *host, const struct host_interface *interface)
{
	uint64_t entries;

	/* Other namespaces do not see the machine's: then it may be. */
	if (host_number(host, &entries, "/proc/sys/net/core/rps_sock_flow_entries") && !entries)
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

static void *steering_create(const struct analyzer_options *options, struct flow_table *flows)
{
	struct steering *steering = memory_alloc(1, sizeof(*steering));

	(void)flows;
	steering->host = options->host;
	if (!options->host)
		return steering;
	steering->pairs = digests_new();
	steering->senders = digests_new();
	for (size_t i = 0; i < options->interface_count && i < INTERFACES; i++) {
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
	free(steering);
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
	if (steering->raw_count < RAW_TYPES)
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

static void steering_batch(void *state, const struct batch *batch)
{
	struct steering *steering = state;

	if (!steering->host)
		return;
	for (int i = 0; i < batch->count; i++)
		note_packet(steering, &batch->packets[i]);
}

static void steering_change(void *state, const struct change *change)
{
	struct steering *steering = state;

	if (change->kind == CHANGE_SETTING && change->interface < steering->count && change->what &&
		strstr(change->what, "rps_cpus"))
		steering->entrances[change->interface].changed = true;
}

/* Appends to a text of a finding, behind what stands there. */
static void append(char text[FINDING_TEXT], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char text[FINDING_TEXT], const char *format, ...)
{
	char more[FINDING_TEXT];
	size_t used;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(more, sizeof(more), format, arguments);
	va_end(arguments);
	if (strncmp(text, "not known", strlen("not known")) == 0)
		*text = '\0'; /* now something is */
	used = strlen(text);
	if (used + strlen(more) + 3 < FINDING_TEXT)
		snprintf(text + used, FINDING_TEXT - used, "%s%s", used ? "; " : "", more);
}

/* Several flows of one sequence, each by its own hash. */
static bool blame_spreading(
	const struct entrance *entrance, uint32_t flows, struct finding *finding)
{
	const char *name = entrance->interface->name;
	const struct cpus *reached = entrance->hashed ? &entrance->reached : &entrance->cpus;
	char list[48], mask[48];

	if (flows < 2 || cpus_count(reached) < 2 || entrance->follows)
		return false;
	cpus_list(reached, list, sizeof(list));
	cpus_mask(&entrance->cpus, mask, sizeof(mask));
	if (entrance->hashed)
		append(finding->why,
			"likely: the stream spans %s flows, and the %s receive hashes seen on "
			"%.60s go to CPUs %s (rps_cpus %s)",
			units_count(flows).text, units_count(digests_count(entrance->hashes)).text,
			name, list, mask);
	else
		append(finding->why,
			"likely: the stream spans %s flows, and rps_cpus %s of %.60s spreads flows "
			"over CPUs %s",
			units_count(flows).text, mask, name, list);
	return true;
}

/*
 * Packets of a virtual link come by the queue that they were sent by, each of its own, or, where
 * nothing steers, wait for the CPU that sent them.
 */
static bool blame_sender(
	const struct steering *steering, const struct entrance *entrance, struct finding *finding)
{
	const struct host_interface *interface = entrance->interface;

	if (strcmp(interface->kind, "veth") != 0 || cpus_count(&steering->host->online) < 2)
		return false;
	if (interface->rx_count > 1)
		append(finding->why,
			"possible: %.60s has %zu receive queues, and frames that its peer sends by "
			"several of them overtake each other",
			interface->name, interface->rx_count);
	else if (entrance->unsteered)
		append(finding->why,
			"possible: rps_cpus of %.60s is 0, so each frame waits for the CPU that "
			"sent it; where several send, a busy one is overtaken",
			interface->name);
	else
		return false;
	return true;
}

/* Adds to the finding what the settings of the interface have to do with it; whether anything. */
static bool explain(const struct steering *steering, const struct entrance *entrance,
	uint32_t flows, struct finding *finding)
{
	const struct host_interface *interface = entrance->interface;

	if (!interface || !entrance->received)
		return false;
	if (entrance->changed) {
		append(finding->why,
			"possible: rps_cpus of %.60s was changed meanwhile, which lets later "
			"packets overtake those on their way",
			interface->name);
		return true;
	}
	if (blame_spreading(entrance, flows, finding))
		return true;
	if (entrance->cpu_count > 1 && steering->mixed_pairs && !entrance->follows) {
		append(finding->why,
			"possible: fragments differ in hash from whole packets of their flow, and "
			"rps_cpus of %.60s takes hashes to %u CPUs",
			interface->name, entrance->cpu_count);
		return true;
	}
	return finding->id == FINDING_PL1101 && flows == 0 &&
	       blame_sender(steering, entrance, finding);
}

/* One flow has one hash: the folk wisdom that several CPUs are bad is told to be wrong. */
static void acquit(const struct steering *steering, struct finding *finding)
{
	const struct entrance *entrance = &steering->entrances[0];
	char mask[48];

	if (steering->count != 1 || !entrance->interface || entrance->cpu_count < 2 ||
		entrance->follows || steering->mixed_pairs)
		return;
	append(finding->is_not, "rps_cpus %s of %.60s: a flow has one hash, so one CPU",
		cpus_mask(&entrance->cpus, mask, sizeof(mask)), entrance->interface->name);
}

/* Five-tuples that the finding's stream spans. */
static uint32_t flows_of(const struct report *report, const struct finding *finding)
{
	for (size_t i = 0; finding->stream && i < report->stream_count; i++)
		if (report->streams[i].number == finding->stream - 1)
			return report->streams[i].flows;
	return 1;
}

static void explain_findings(const struct steering *steering, struct report *report)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		struct finding *finding = &report->findings[i];
		uint32_t flows;
		bool told = false;

		if (finding->id != FINDING_PL1001 && finding->id != FINDING_PL1101)
			continue;
		flows = flows_of(report, finding);
		for (size_t n = 0; n < steering->count && !told; n++)
			told = explain(steering, &steering->entrances[n], flows, finding);
		if (!told && flows == 1)
			acquit(steering, finding);
	}
}

static void steering_report(void *state, struct report *report)
{
	const struct steering *steering = state;
	union metric_value *values;

	if (!steering->host)
		return;
	values = report_add_section(report, &steering_metrics)->values;
	for (size_t i = 0; i < steering->count; i++) {
		const struct entrance *entrance = &steering->entrances[i];
		uint64_t reached = entrance->follows ? 0 : cpus_count(&entrance->reached);

		values[ROW_RECEIVED].number += entrance->received;
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
	explain_findings(steering, report);
}

const struct analyzer steering_analyzer = {
	.name = "steering",
	.summary = "what chooses CPUs and queues: hashes, raw frames, fragments, senders (live)",
	.metrics = &steering_metrics,
	.create = steering_create,
	.batch = steering_batch,
	.change = steering_change,
	.report = steering_report,
	.destroy = steering_destroy,
};
