/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is said of who reordered?  One finding for each place in this host and interface, of all
 * streams, TCP flows and unnumbered traffic that were reordered there; and in the findings that say
 * that something was late, where it was, or why that is not known.
 */
#include "analyzers/origin_findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/facts.h"
#include "analyzers/origin_cures.h"
#include "base/memory.h"
#include "report/units.h"

#define NEARLY_ALL 0.95 /* of what a finding counts: then it would say the same again */
#define LEAST 3         /* fewer are information */
#define WARNING_SHARE 0.001
#define ERROR_SHARE 0.05

/* How packets were found to be late. */
enum sort { SORT_STREAM, SORT_TCP, SORT_STAMPS, SORTS };

/* The finding that says so, and who of them is told of by others. */
static const struct {
	bool has_finding;
	enum finding_id id;
	const char *noun;
} sorts[SORTS] = {
	[SORT_STREAM] = { true, FINDING_PL1101, "packets" },
	[SORT_TCP] = { true, FINDING_PL1001, "TCP segments" },
	[SORT_STAMPS] = { false, FINDING_COUNT, "packets" },
};

/* What is raised for an origin, and what it is not. */
static const struct {
	enum origin origin;
	enum finding_id id;
	const char *what; /* behind the name of the interface */
} places[] = {
	{ ORIGIN_HOST, FINDING_PL1103, "were handed on in another order than stamped" },
	{ ORIGIN_RECEIVE_STEERING, FINDING_PL1104, "were overtaken by receive steering" },
	{ ORIGIN_HOST_BACKLOG, FINDING_PL1105, "were overtaken in the queues of CPUs" },
	{ ORIGIN_MULTIPLE_QUEUES, FINDING_PL1106, "were overtaken between receive queues" },
	{ ORIGIN_SENDER, FINDING_PL1107, "left in another order than numbered" },
};
#define PLACES (sizeof(places) / sizeof(places[0]))

/* Late packets of one stream, direction or conversation. */
struct item {
	const struct report_origin *origin;
	enum sort sort;
	char subject[160];
	uint64_t packets;               /* of all kinds; 0: not known of it alone */
	uint32_t stream, flow;          /* number + 1, 0: none */
	bool several;                   /* it may have several hashes */
	const struct histogram *extent; /* RFC 4737 4.2.1 of its late packets, NULL: not known */
};

/* All that one finding is about. */
struct group {
	size_t place;
	uint32_t interface;
	uint64_t late, packets;
	uint64_t late_of[SORTS];
	size_t items;
	bool several; /* one of them may have several hashes */
	struct item worst;
	uint64_t worst_late;
	struct histogram waited_ns, extent;
};

/* What became of the packets that a finding counts. */
struct account {
	uint64_t here, before, unknown;
	const struct report_origin *most_before, *most_unknown; /* of the most packets */
};

struct story {
	const struct origin_machine *machine;
	struct report *report;
	struct group *groups;
	size_t count, capacity;
	struct account accounts[SORTS];
};

static struct finding *find(const struct report *report, enum finding_id id)
{
	for (size_t i = 0; i < report->finding_count; i++)
		if (report->findings[i].id == id)
			return &report->findings[i];
	return NULL;
}

/* A number of a finding by its name, 0: it has none. */
static uint64_t number_of(const struct finding *finding, const char *name)
{
	for (size_t i = 0; finding && i < finding->number_count; i++)
		if (strcmp(finding->numbers[i].name, name) == 0)
			return (uint64_t)finding->numbers[i].value;
	return 0;
}

static struct group *group_of(struct story *story, size_t place, uint32_t interface)
{
	struct group *group;

	for (size_t i = 0; i < story->count; i++)
		if (story->groups[i].place == place && story->groups[i].interface == interface)
			return &story->groups[i];
	if (story->count == story->capacity) {
		story->capacity = story->capacity ? 2 * story->capacity : PLACES;
		story->groups = memory_grow(story->groups, story->capacity, sizeof(*story->groups));
	}
	group = &story->groups[story->count++];
	memset(group, 0, sizeof(*group));
	group->place = place;
	group->interface = interface;
	return group;
}

static void put_into_group(
	struct story *story, const struct item *item, size_t place, uint64_t late)
{
	struct group *group = group_of(story, place, item->origin->interface);
	/* How many segments of TCP there were is known of all together. */
	uint64_t packets = item->sort == SORT_TCP && group->late_of[SORT_TCP] ? 0 : item->packets;

	group->late += late;
	group->packets += packets;
	group->late_of[item->sort] += late;
	group->items++;
	group->several |= item->several;
	histogram_merge(&group->waited_ns, &item->origin->waited_ns);
	/* Of both parts of a mixed one it is not known apart. */
	if (item->extent && item->origin->origin != ORIGIN_MIXED)
		histogram_merge(&group->extent, item->extent);
	if (late <= group->worst_late)
		return;
	group->worst_late = late;
	group->worst = *item;
}

static void keep_most(const struct report_origin **most, const struct report_origin *origin)
{
	if (!*most || origin->counts.late > (*most)->counts.late)
		*most = origin;
}

/* Accounts for `late` packets of the item, which were reordered there. */
static void take_part(
	struct story *story, const struct item *item, enum origin origin, uint64_t late)
{
	struct account *account = &story->accounts[item->sort];

	if (!late)
		return;
	if (origin == ORIGIN_BEFORE_HOST) {
		account->before += late;
		keep_most(&account->most_before, item->origin);
		return;
	}
	for (size_t i = 0; i < PLACES; i++) {
		if (places[i].origin != origin)
			continue;
		account->here += late;
		put_into_group(story, item, i, late);
		return;
	}
	account->unknown += late;
	keep_most(&account->most_unknown, item->origin);
}

/* Of both parts the late ones are in the shares of the pairs that were compared. */
static uint64_t inside_part(const struct origin_counts *counts)
{
	double share = (double)counts->inside / (double)counts->pairs;

	return share < 1 ? (uint64_t)(share * (double)counts->late + 0.5) : counts->late;
}

static void take(struct story *story, const struct item *item)
{
	const struct report_origin *origin = item->origin;
	uint64_t inside;

	if (!origin->counts.late || origin->origin == ORIGIN_NONE)
		return;
	if (origin->origin != ORIGIN_MIXED || !origin->counts.pairs) {
		take_part(story, item, origin->origin, origin->counts.late);
		return;
	}
	inside = inside_part(&origin->counts);
	take_part(story, item, origin->inside, inside);
	take_part(story, item, origin->outside, origin->counts.late - inside);
}

static uint64_t received_of(const struct report_stream *stream)
{
	int row = stream->set ? metric_find(stream->set, "received_packets") : -1;
	double value;

	if (row < 0 || metric_read(stream->set, stream->values, (size_t)row, &value) < 0)
		return 0;
	return (uint64_t)value;
}

static const struct histogram *extent_of(
	const struct metric_set *set, const union metric_value *values)
{
	int row = set ? metric_find(set, "extent") : -1;

	return row < 0 || set->rows[row].kind != METRIC_HISTOGRAM ? NULL : values[row].histogram;
}

static void take_streams(struct story *story)
{
	for (size_t i = 0; i < story->report->stream_count; i++) {
		const struct report_stream *stream = &story->report->streams[i];
		struct item item = { .origin = stream->origin,
			.sort = SORT_STREAM,
			.packets = received_of(stream),
			.stream = stream->number + 1,
			.flow = stream->flow,
			.extent = extent_of(stream->set, stream->values),
			.several = stream->flows > 1 ||
				   (stream->origin && stream->origin->counts.hashes_seen != 1) };

		if (!stream->origin)
			continue;
		snprintf(item.subject, sizeof(item.subject), "%s", stream->subject);
		take(story, &item);
	}
}

static void take_flows(struct story *story)
{
	uint64_t received = number_of(find(story->report, FINDING_PL1001), "received_packets");

	for (size_t i = 0; i < 2 * story->report->flow_count; i++) {
		const struct report_flow *flow = &story->report->flows[i / 2];
		struct item item = { .origin = flow->origin[i % 2],
			.sort = SORT_TCP,
			.packets = received,
			.flow = flow->number + 1,
			.extent = extent_of(flow->set, flow->values[i % 2]) };

		if (!item.origin)
			continue;
		snprintf(item.subject, sizeof(item.subject), "%s > %s", flow->endpoint[i % 2],
			flow->endpoint[!(i % 2)]);
		take(story, &item);
	}
}

static bool is_late(const struct report_origin *origin)
{
	return origin && origin->counts.late;
}

/* Whether its packets are told of by their numbers, where these say that some came late. */
static bool is_numbered(const struct report *report, const struct report_arrival *arrival)
{
	for (size_t i = 0; i < report->stream_count; i++) {
		const struct report_stream *stream = &report->streams[i];

		if (is_late(stream->origin) &&
			(arrival->stream == stream->number + 1 ||
				(arrival->flow && arrival->flow == stream->flow)))
			return true;
	}
	for (size_t i = 0; arrival->flow && i < report->flow_count; i++) {
		const struct report_flow *flow = &report->flows[i];

		if (flow->number + 1 == arrival->flow &&
			(is_late(flow->origin[0]) || is_late(flow->origin[1])))
			return true;
	}
	return false;
}

static void take_arrivals(struct story *story)
{
	for (size_t i = 0; i < story->report->arrival_count; i++) {
		const struct report_arrival *arrival = &story->report->arrivals[i];
		struct item item = { .origin = &arrival->origin,
			.sort = SORT_STAMPS,
			.packets = arrival->packets,
			.stream = arrival->stream,
			.flow = arrival->flow,
			.several = arrival->origin.counts.hashes_seen != 1 };

		if (is_numbered(story->report, arrival))
			continue;
		snprintf(item.subject, sizeof(item.subject), "%s", arrival->subject);
		take(story, &item);
	}
}

static enum severity severity_of(const struct group *group)
{
	double share = group->packets ? (double)group->late / (double)group->packets : 1;

	if (group->late < LEAST || share < WARNING_SHARE)
		return SEVERITY_INFO;
	return share < ERROR_SHARE ? SEVERITY_WARNING : SEVERITY_ERROR;
}

/*
 * TCP's late segments are weighed by the harm they did: a finding about them alone weighs as much
 * as PL1001.  One that takes the place of another is no less severe.
 */
static enum severity weigh(const struct story *story, const struct group *group)
{
	enum severity severity = severity_of(group);
	const struct finding *tcp = find(story->report, FINDING_PL1001);

	if (tcp && group->late_of[SORT_TCP] == group->late)
		return tcp->severity;
	for (enum sort sort = 0; sort < SORTS; sort++) {
		const struct finding *told = sorts[sort].has_finding
						     ? find(story->report, sorts[sort].id)
						     : NULL;
		double all = (double)number_of(told, "reordered_packets");

		if (told && (double)group->late_of[sort] >= NEARLY_ALL * all &&
			group->late_of[sort] && told->severity > severity)
			severity = told->severity;
	}
	return severity;
}

static const char *interface_of(const struct story *story, uint32_t index)
{
	const struct origin_machine *machine = story->machine;

	return index < machine->interface_count ? machine->interfaces[index] : NULL;
}

__attribute__((format(printf, 2, 3))) static void append(
	char text[FINDING_TEXT], const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, FINDING_TEXT - used, format, arguments);
	va_end(arguments);
}

/* ", each by one place (extent 1)": all late packets have one, but those late by stamps alone. */
static void describe_extent(const struct histogram *extent, struct finding *finding)
{
	if (!extent->count)
		return;
	if (extent->max == 1)
		append(finding->what, ", each by one place (extent 1)");
	else if (extent->min == extent->max)
		append(finding->what, ", each by %s places (extent %s)",
			units_count(extent->max).text, units_count(extent->max).text);
	else
		append(finding->what, "; extent %s (p95), %s (max)",
			units_count(histogram_percentile(extent, 0.95)).text,
			units_count(extent->max).text);
	finding_number(finding, "extent_p95_packets", (double)histogram_percentile(extent, 0.95));
	finding_number(finding, "extent_max_packets", (double)extent->max);
}

static void describe(const struct story *story, const struct group *group, struct finding *finding)
{
	const char *name = interface_of(story, group->interface);
	const char *noun = group->late_of[SORT_TCP] == group->late ? sorts[SORT_TCP].noun
								   : sorts[SORT_STREAM].noun;

	if (name)
		append(finding->what, "%.60s: ", name);
	if (group->packets)
		append(finding->what, "%s of %s %s (%s)", units_count(group->late).text,
			units_count(group->packets).text, noun,
			units_share(group->late, group->packets).text);
	else
		append(finding->what, "%s %s", units_count(group->late).text, noun);
	append(finding->what, " %s", places[group->place].what);
	if (group->items > 1)
		append(finding->what, ", in %s streams, %s of them in this one",
			units_count(group->items).text, units_count(group->worst_late).text);
	describe_extent(&group->extent, finding);
}

/* "each of them had waited at least 34 us (p50), 1.26 ms (p95), 1.77 ms (max)" */
static void describe_wait(const struct histogram *waited, struct finding *finding)
{
	uint64_t half = histogram_percentile(waited, 0.5);
	uint64_t most = histogram_percentile(waited, 0.95);

	if (!waited->count)
		return;
	if (waited->min == waited->max)
		append(finding->where, "; each had waited at least %s",
			units_duration((int64_t)waited->max).text);
	else
		append(finding->where, "; each had waited at least %s (p50), %s (p95), %s (max)",
			units_duration((int64_t)half).text, units_duration((int64_t)most).text,
			units_duration((int64_t)waited->max).text);
	finding_number(finding, "waited_p50_ns", (double)half);
	finding_number(finding, "waited_p95_ns", (double)most);
	finding_number(finding, "waited_max_ns", (double)waited->max);
}

static void point_to_proof(
	const struct story *story, const struct group *group, struct finding *finding)
{
	const struct item *worst = &group->worst;
	const struct report_origin *origin = worst->origin;
	const struct origin_counts *counts = &origin->counts;

	snprintf(finding->subject, sizeof(finding->subject), "%s", worst->subject);
	append(finding->where, "%s", origin_text(places[group->place].origin));
	if (story->machine->host == NULL)
		append(finding->where, ", or where the file was put together");
	snprintf(finding->why, sizeof(finding->why), "%s", origin->reason);
	finding->stream = worst->stream;
	finding->flow = worst->flow;
	for (size_t i = 0; i < origin->late_count; i++)
		finding_frame(finding, origin->late[i].frame);
	finding->frame_total = group->late;
	if (worst->sort == SORT_STREAM && worst->stream)
		snprintf(finding->dump, sizeof(finding->dump), "--stream %u --only reordered",
			worst->stream - 1);
	else if (worst->sort == SORT_TCP && worst->flow)
		snprintf(finding->dump, sizeof(finding->dump), "--flow %u --only reordered",
			worst->flow - 1);
	finding_number(finding, "late_packets", (double)group->late);
	if (group->packets)
		finding_number(finding, "received_packets", (double)group->packets);
	finding_number(finding, "pairs", (double)counts->pairs);
	finding_number(finding, "inside", (double)counts->inside);
	finding_number(finding, "outside", (double)counts->outside);
	finding_number(finding, "cpus_known", (double)counts->cpus);
	finding_number(finding, "cpus_differ", (double)counts->cpus_differ);
	finding_number(finding, "queues_known", (double)counts->queues);
	finding_number(finding, "queues_differ", (double)counts->queues_differ);
}

__attribute__((format(printf, 2, 3))) static void rule_out(
	struct finding *finding, const char *format, ...)
{
	char clause[FINDING_TEXT];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(clause, sizeof(clause), format, arguments);
	va_end(arguments);
	append(finding->is_not, "%s%s", *finding->is_not ? ", " : "", clause);
}

static bool steers_nothing(const struct host_interface *interface)
{
	for (size_t i = 0; i < interface->rx_count; i++)
		if (!interface->rx[i].has_cpus || cpus_count(&interface->rx[i].cpus))
			return false;
	return interface->rx_count > 0;
}

/* Of all CPUs, if there were two readings. */
static bool rise_of(const struct host *host, const char *column, uint64_t *sum)
{
	bool any = false;
	uint64_t rise;

	*sum = 0;
	for (int cpu = 0; (cpu = cpus_next(&host->online, (unsigned)cpu)) >= 0; cpu++) {
		if (!host_rise(
			    host, &rise, "/proc/net/softnet_stat cpu%u %s", (unsigned)cpu, column))
			continue;
		any = true;
		*sum += rise;
	}
	return any;
}

/* What the proof leaves no room for. */
static void tell_ruled_out(const struct story *story, const struct group *group,
	const struct host_interface *interface, struct finding *finding)
{
	const struct host *host = story->machine->host;
	uint64_t dropped;

	if (places[group->place].origin == ORIGIN_SENDER)
		rule_out(finding, "the network, which comes behind this");
	else if (!host)
		rule_out(finding, "the network or the sender, if one clock stamped all");
	else
		rule_out(finding, "the network or the sender");
	if (group->worst.sort != SORT_STAMPS)
		rule_out(finding, "a resend");
	if (places[group->place].origin != ORIGIN_RECEIVE_STEERING && interface &&
		steers_nothing(interface))
		rule_out(finding, "receive steering (off)");
	if (host && rise_of(host, "dropped", &dropped) && !dropped)
		rule_out(finding, "a full queue (backlog dropped +0)");
	if (host && !report_dropped(story->report))
		rule_out(finding, "our own capture (dropped 0)");
}

/* What came in by the interface; of the only one, all frames, where that is not told apart. */
static double rate_of(const struct report *report, uint32_t interface)
{
	double seconds = (double)(report->last_ns - report->first_ns) / 1e9;

	if (seconds <= 0)
		return -1;
	for (size_t i = 0; i < report->source_count; i++) {
		const struct report_source *source = &report->sources[i];

		if (source->interfaces == 1 && source->first_interface == interface &&
			source->received_in)
			return (double)source->received_in / seconds;
	}
	return report->source_count == 1 ? (double)report->frames / seconds : -1;
}

/*
 * The CPU on which packets overtook more often than they were overtaken: it had least to do just
 * when the others kept packets waiting.  -1: none is known.
 */
static int quick_cpu(const struct report_origin *origin)
{
	int best = -1, most = 0;

	for (size_t i = 0; i < origin->late_count; i++) {
		int32_t cpu = origin->late[i].overtaker_cpu;
		int score = 0;

		for (size_t k = 0; k < origin->late_count; k++)
			score += (origin->late[k].overtaker_cpu == cpu) -
				 (origin->late[k].cpu == cpu);
		if (cpu < 0 || score <= most)
			continue;
		most = score;
		best = cpu;
	}
	return best;
}

static void add_finding(const struct story *story, const struct group *group)
{
	const char *name = interface_of(story, group->interface);
	struct origin_patient patient = { .host = story->machine->host,
		.report = story->report,
		.quick_cpu = quick_cpu(group->worst.origin),
		.per_second = rate_of(story->report, group->interface),
		.many = group->items > 1 && !group->several };
	enum severity severity = weigh(story, group);
	struct finding *finding = report_add_finding(story->report, places[group->place].id);

	if (patient.host && name)
		patient.interface = host_interface(patient.host, name);
	finding->has_interface = true;
	finding->interface = group->interface;
	finding->severity = severity;
	finding->confidence = group->worst.origin->confidence;
	describe(story, group, finding);
	point_to_proof(story, group, finding);
	describe_wait(&group->waited_ns, finding);
	tell_ruled_out(story, group, patient.interface, finding);
	origin_cure(&patient, finding);
}

/* The first of those that were raised for packets of the sort, "PL1105"; NULL: none was. */
static const char *told_by(const struct story *story, enum sort sort)
{
	for (size_t i = 0; i < story->count; i++)
		if (story->groups[i].late_of[sort])
			return finding_page(places[story->groups[i].place].id)->id;
	return NULL;
}

/* "996 of 1,223 before this host (proven): ...; 227 of 1,223 in this host, see PL1104" */
static void tell_where(const struct story *story, enum sort sort, struct finding *finding)
{
	const struct account *account = &story->accounts[sort];
	uint64_t all = number_of(finding, "reordered_packets");
	const char *here = told_by(story, sort), *next = "";
	char where[FINDING_TEXT] = "";

	if (account->before) {
		append(where, "before this %s (%s), %s of %s: %s",
			account->most_before->same_machine ? "interface" : "host",
			confidence_name(account->most_before->confidence),
			units_count(account->before).text, units_count(all).text,
			account->most_before->reason);
		next = "; ";
	}
	if (account->here && here) {
		append(where, "%s%s of %s in this host, see %s", next,
			units_count(account->here).text, units_count(all).text, here);
		next = "; ";
	}
	if (account->unknown)
		append(where, "%snot known, %s of %s: %s", next, units_count(account->unknown).text,
			units_count(all).text, account->most_unknown->reason);
	if (*where)
		snprintf(finding->where, sizeof(finding->where), "%s", where);
}

/*
 * What to do about those that are not told of by others: paths are looked for only where it is
 * known that they were late before this host.
 */
static void tell_fix(const struct story *story, enum sort sort, struct finding *finding)
{
	const struct account *account = &story->accounts[sort];
	const char *page = finding_page(finding->id)->fix, *here = told_by(story, sort);
	bool search = account->unknown && story->report->live;
	char fix[FINDING_TEXT] = "";

	if (!account->here && !search)
		return;
	if (account->here && here)
		append(fix, "For those in this host do as %s says. ", here);
	if (search)
		append(fix, "Find out where %s late, as 'where' tells; if before this host: ",
			account->here || account->before ? "the others came" : "they came");
	else
		append(fix, "For the others: ");
	if (*finding->fix)
		append(fix, "%s", finding->fix);
	else
		append(fix, "%.*s", (int)strcspn(page, "\n"), page);
	snprintf(finding->fix, sizeof(finding->fix), "%s", fix);
}

/* The finding about most late packets of the sort, NULL: none. */
static struct finding *heir_of(const struct story *story, enum sort sort)
{
	const struct group *most = NULL;

	for (size_t i = 0; i < story->count; i++)
		if (story->groups[i].late_of[sort] > (most ? most->late_of[sort] : 0))
			most = &story->groups[i];
	for (size_t i = 0; most && i < story->report->finding_count; i++) {
		struct finding *finding = &story->report->findings[i];

		if (finding->id == places[most->place].id && finding->interface == most->interface)
			return finding;
	}
	return NULL;
}

/* Facts that the reason of an origin tells of by itself. */
static bool is_told(const char *clause)
{
	static const enum fact told[] = { FACT_CPU, FACT_QUEUE, FACT_HASH };

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (strncmp(clause, fact_text(told[i]), strlen(fact_text(told[i]))) == 0)
			return true;
	return false;
}

/* In what late packets differ is told on by the finding that takes the place of this one. */
static void hand_down(const struct story *story, enum sort sort, const struct finding *finding)
{
	struct finding *heir = heir_of(story, sort);
	const char *clause = finding->why;

	while (heir && *clause) {
		size_t length = strcspn(clause, ";");

		if (!is_told(clause) && strstr(clause, " differs in ") < clause + length &&
			strstr(clause, " differs in "))
			append(heir->why, "; %.*s", (int)length, clause);
		clause += length;
		clause += strspn(clause, "; ");
	}
}

static void tell_late(struct story *story, enum sort sort)
{
	struct report *report = story->report;
	struct finding *finding = find(report, sorts[sort].id);
	double all = (double)number_of(finding, "reordered_packets");

	if (!finding)
		return;
	if (story->accounts[sort].here && (double)story->accounts[sort].here >= NEARLY_ALL * all) {
		hand_down(story, sort, finding);
		report_remove_finding(report, (size_t)(finding - report->findings));
		return;
	}
	tell_where(story, sort, finding);
	tell_fix(story, sort, finding);
}

/* Late packets that were stamped before what overtook them, and the finding about most of them. */
static uint64_t stamped_first(const struct story *story, const char **told)
{
	uint64_t late = 0, most = 0;

	for (size_t i = 0; i < story->count; i++) {
		const struct group *group = &story->groups[i];

		if (places[group->place].origin == ORIGIN_MULTIPLE_QUEUES ||
			places[group->place].origin == ORIGIN_SENDER)
			continue;
		late += group->waited_ns.count;
		if (group->waited_ns.count <= most)
			continue;
		most = group->waited_ns.count;
		*told = finding_page(places[group->place].id)->id;
	}
	return late;
}

/* Stamps that go back because packets were handed on so are not told of again. */
static void tell_backwards(struct story *story)
{
	struct report *report = story->report;
	struct finding *finding = find(report, FINDING_PL9006);
	const char *told = NULL;
	uint64_t steps = number_of(finding, "time_backwards");
	uint64_t late = stamped_first(story, &told);

	if (!finding || !late)
		return;
	if ((double)late >= NEARLY_ALL * (double)steps) {
		report_remove_finding(report, (size_t)(finding - report->findings));
		return;
	}
	snprintf(finding->why, sizeof(finding->why),
		"packets that were handed on in another order than stamped (%s), %s at least; "
		"merged captures, several receive queues, or a clock that was set",
		told, units_count(late).text);
}

void origin_findings(const struct origin_machine *machine, struct report *report)
{
	struct story story = { .machine = machine, .report = report };

	take_streams(&story);
	take_flows(&story);
	take_arrivals(&story);
	for (size_t i = 0; i < story.count; i++)
		add_finding(&story, &story.groups[i]);
	for (enum sort sort = 0; sort < SORTS; sort++)
		if (sorts[sort].has_finding)
			tell_late(&story, sort);
	tell_backwards(&story);
	free(story.groups);
}
