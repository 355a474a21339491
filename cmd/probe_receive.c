/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlint probe receive: what became of the packets that `pktlint probe send` sends.  They are
 * captured and analysed as any numbered stream is; besides, the sender's last word tells how many
 * there were, and counters of this machine where some vanished.
 */
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzers/profile.h"
#include "base/clock.h"
#include "base/memory.h"
#include "cmd/command.h"
#include "cmd/engine.h"
#include "cmd/probe_parts.h"
#include "probe/counters.h"
#include "probe/listen.h"
#include "probe/packet.h"
#include "probe/tally.h"
#include "report/units.h"

#define WAIT_NS INT64_C(60000000000)
#define IDLE_NS INT64_C(5000000000)
#define GRACE_NS INT64_C(500000000)
#define MAX_SETS 32
#define LOST_LEAST 3
#define LOST_WARNING 0.001
#define LOST_ERROR 0.02
#define FILTER_BYTES 640

struct receiver {
	struct probe_output output;
	struct engine_options engine;
	const char *interface;
	uint16_t ethertype;
	uint32_t port; /* 0: frames */
	uint32_t socket_bytes;
	int64_t wait_ns, idle_ns, grace_ns;
	struct probe_listen listen;
	struct probe_counters counters;
	struct probe_tallies tallies;
	struct histogram delays;
	uint64_t negative_delays;
	uint64_t outgoing;
	int64_t begun_ns, last_ns, over_ns; /* CLOCK_MONOTONIC; 0: not yet */
	bool heard;                         /* since the last look */
};

#define AT(member) offsetof(struct receiver, member)

static const struct option_row where_rows[] = {
	{ 'i', "interface", "IF", "receive on interface IF", value_text, AT(interface) },
	{ 0, "udp", "PORT", "receive UDP datagrams to PORT instead of frames", probe_take_port,
		AT(port) },
	{ 0, "ethertype", "TYPE", "of the frames (default 0x88b5)", probe_take_ethertype,
		AT(ethertype) },
	{ 0, "socket-buffer", "SIZE",
		"have the UDP socket hold SIZE (default 4MiB, as far as may be)", value_bytes32,
		AT(socket_bytes) },
	{ 0, "frontend", "NAME",
		"how to capture: auto (default), mmap, raw or pcap, see pktlint list frontends",
		value_text, AT(engine.source.frontend) },
	{ 'B', "buffer-size", "SIZE", "have the kernel hold SIZE for the capture (default 64MiB)",
		value_buffer, AT(engine.source.buffer_bytes) },
	{ 0, "promisc", NULL, "ask the interface for frames that are not for this host", value_flag,
		AT(engine.source.promiscuous) },
	{ 0 },
};

static const struct option_row when_rows[] = {
	{ 0, "wait", "TIME", "end if no probe came within TIME (default 60s)", value_duration,
		AT(wait_ns) },
	{ 0, "idle", "TIME", "end if none came for TIME, once one had come (default 5s)",
		value_duration, AT(idle_ns) },
	{ 0, "grace", "TIME", "wait TIME for late ones when the sender has ended (default 500ms)",
		value_duration, AT(grace_ns) },
	{ 0, "duration", "TIME", "end TIME after the start in any case", value_duration,
		AT(engine.source.duration_ns) },
	{ 0 },
};

static void note_delay(
	struct receiver *receiver, const struct packet *packet, const struct probe *probe)
{
	int64_t delay_ns;

	if (!(packet->frame_flags & FRAME_HAS_TIME) ||
		__builtin_sub_overflow(packet->time_ns, probe->sent_ns, &delay_ns))
		return;
	if (delay_ns < 0)
		receiver->negative_delays++;
	else
		histogram_add(&receiver->delays, (uint64_t)delay_ns);
}

/* Copies of what leaves by the interface are no arrivals, and are not analysed. */
static bool take_packet(void *state, const struct packet *packet)
{
	struct receiver *receiver = state;
	const struct profile *profile = profile_find("probe");
	enum probe_state found = PROBE_NONE;
	struct profile_view view;
	struct probe probe;

	if (profile_view(profile, packet, &view))
		found = probe_read(view.data, view.present, view.length, &probe);
	if (found == PROBE_NONE)
		return packet->direction != DIRECTION_OUT;
	if (packet->direction == DIRECTION_OUT) {
		receiver->outgoing += found == PROBE_CORRUPT || !probe.end;
		return false;
	}
	receiver->heard = true;
	probe_tally(&receiver->tallies, found, &probe);
	if (found == PROBE_CORRUPT)
		return true;
	if (!probe.end)
		note_delay(receiver, packet, &probe);
	return !probe.end;
}

static int take_batch(void *state, const struct source_place *place, const struct batch *batch,
	struct error *error)
{
	struct receiver *receiver = state;

	probe_listen_take(&receiver->listen);
	return 0;
}

/* Whether nothing more is waited for. */
static bool is_over(struct receiver *receiver, int64_t now_ns)
{
	if (receiver->heard || !receiver->begun_ns)
		receiver->last_ns = now_ns;
	if (!receiver->begun_ns)
		receiver->begun_ns = now_ns;
	receiver->heard = false;
	if (!receiver->tallies.count)
		return now_ns - receiver->begun_ns >= receiver->wait_ns;
	if (probe_tally_is_over(&receiver->tallies))
		return now_ns - receiver->last_ns >= receiver->grace_ns;
	return now_ns - receiver->last_ns >= receiver->idle_ns;
}

static void look(void *state, const struct source_place *place)
{
	struct receiver *receiver = state;

	probe_listen_take(&receiver->listen);
	if (is_over(receiver, clock_ns(CLOCK_MONOTONIC)))
		capture_stop(place->capture);
}

static void put(struct report_section *section, enum probe_row row, uint64_t number)
{
	section->values[row].number = number;
}

/* Packets that the capture lost, without those that the interface had lost before. */
static uint64_t dropped_by_capture(const struct report *report)
{
	uint64_t dropped = 0;

	for (size_t i = 0; i < report->source_count; i++)
		dropped += report->sources[i].dropped - report->sources[i].dropped_interface;
	return dropped;
}

/* Packets that the interface lost before anybody could see them. */
static uint64_t missed(const struct receiver *receiver)
{
	return probe_counters_rise(&receiver->counters, COUNTER_RX_MISSED) +
	       probe_counters_rise(&receiver->counters, COUNTER_RX_DROPPED);
}

/* Who forges an end tells any number. */
static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static struct report_section *add_numbers(const struct receiver *receiver, struct report *report)
{
	const struct probe_tallies *tallies = &receiver->tallies;
	struct report_section *section = report_add_section(report, &probe_metrics);
	uint64_t expected = 0, received = 0, duplicates = 0, lost = 0, failed = 0, ended = 0;

	for (uint32_t i = 0; i < tallies->count; i++) {
		const struct probe_tally *tally = &tallies->streams[i];

		expected = add(expected, probe_tally_expected(tally));
		lost = add(lost, probe_tally_missing(tally) - tally->damaged);
		received += tally->received;
		duplicates += tally->duplicates;
		failed = add(failed, tally->failed);
		ended += tally->ended;
	}
	put(section, PROBE_EXPECTED, expected);
	put(section, PROBE_RECEIVED, received);
	put(section, PROBE_LOST, lost > tallies->unplaced ? lost - tallies->unplaced : 0);
	put(section, PROBE_DUPLICATES, duplicates);
	put(section, PROBE_CORRUPT_ROW, tallies->corrupt);
	put(section, PROBE_UNSENT, failed);
	put(section, PROBE_OUTGOING, receiver->outgoing);
	put(section, PROBE_STREAMS_ROW, tallies->count);
	put(section, PROBE_ENDED, ended);
	put(section, PROBE_ABSENT, probe_tallies_absent(tallies));
	put(section, PROBE_LEFT_OUT, tallies->left_out);
	put(section, PROBE_RX_MISSED, missed(receiver));
	put(section, PROBE_BACKLOG, probe_counters_rise(&receiver->counters, COUNTER_SOFTNET));
	put(section, PROBE_CAPTURE, dropped_by_capture(report));
	put(section, PROBE_SOCKET_RECEIVED, receiver->listen.packets);
	put(section, PROBE_SOCKET_DROPPED, receiver->listen.dropped);
	*section->values[PROBE_DELAY].histogram = receiver->delays;
	put(section, PROBE_DELAY_NEGATIVE, receiver->negative_delays);
	return section;
}

static uint64_t get(const struct report_section *section, enum probe_row row)
{
	return section->values[row].number;
}

/* Which counters of this machine rose, and what they leave unexplained. */
static void tell_where(const struct report_section *section, char *text, size_t size)
{
	static const struct {
		enum probe_row row;
		const char *text;
	} places[] = {
		{ PROBE_RX_MISSED, "packets that the interface dropped or nobody wanted" },
		{ PROBE_BACKLOG, "that backlogs of this machine dropped" },
		{ PROBE_CAPTURE, "that the capture itself dropped" },
	};
	/* What a backlog drops is counted on the interface, too. */
	uint64_t missed = get(section, PROBE_RX_MISSED), backlog = get(section, PROBE_BACKLOG);
	uint64_t explained = get(section, PROBE_CAPTURE) + (missed > backlog ? missed : backlog);
	uint64_t lost = get(section, PROBE_LOST);
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && used < size; i++) {
		uint64_t count = get(section, places[i].row);

		if (count)
			used += (size_t)snprintf(text + used, size - used, "%s%s %s",
				used ? ", " : "here meanwhile ", units_count(count).text,
				places[i].text);
	}
	if (explained < lost && used < size)
		snprintf(text + used, size - used,
			"%sunknown: between the sender and this interface%s", used ? "; " : "",
			used ? ", the rest" : "");
}

static enum severity severity_of_loss(uint64_t lost, uint64_t expected)
{
	double share = expected ? (double)lost / (double)expected : 1;

	if (lost < LOST_LEAST || share < LOST_WARNING)
		return SEVERITY_INFO;
	return share >= LOST_ERROR ? SEVERITY_ERROR : SEVERITY_WARNING;
}

/* The sequence analyzer cannot know of the first and the last ones: one finding says it all. */
static void remove_sequence_loss(struct report *report)
{
	for (size_t i = report->finding_count; i-- > 0;)
		if (report->findings[i].id == FINDING_PL2101)
			report_remove_finding(report, i);
}

/* Where in the streams the lost ones are, if that tells something. */
static void tell_why(const struct probe_tallies *tallies, char *text, size_t size)
{
	uint64_t before = 0, behind = 0, open = 0;
	size_t used = 0;

	for (uint32_t i = 0; i < tallies->count; i++) {
		const struct probe_tally *tally = &tallies->streams[i];
		uint64_t came = tally->received ? tally->highest + 1 : 0;

		before = add(before, tally->received ? tally->lowest : 0);
		behind = add(behind, tally->ended && tally->total > came ? tally->total - came : 0);
		open += !tally->ended;
	}
	if (before)
		used += (size_t)snprintf(text, size,
			"%s have a lower number than all that came: was the sender started before?",
			units_count(before).text);
	if (behind && used < size)
		used += (size_t)snprintf(text + used, size - used,
			"%s%s have a higher number than all that came", used ? "; " : "",
			units_count(behind).text);
	if (open && used < size)
		snprintf(text + used, size - used,
			"%sthe end of a stream did not come: more may be lost behind the last one",
			used ? "; " : "");
}

static void tell_loss(const struct report_section *section, char *text, size_t size)
{
	uint64_t lost = get(section, PROBE_LOST), expected = get(section, PROBE_EXPECTED);
	uint64_t absent = get(section, PROBE_ABSENT);
	int used = snprintf(text, size, "%s of %s probes never came (%s)", units_count(lost).text,
		units_count(expected).text, units_share(lost, expected).text);

	if (absent && used > 0 && (size_t)used < size)
		snprintf(text + used, size - (size_t)used,
			"; nothing came of %s further stream%s, of which it is not known how many "
			"probes there were",
			units_count(absent).text, absent == 1 ? "" : "s");
}

static void judge_loss(const struct receiver *receiver, const struct report_section *section,
	const char *subject, struct report *report)
{
	uint64_t lost = get(section, PROBE_LOST), expected = get(section, PROBE_EXPECTED);
	struct finding *finding;

	remove_sequence_loss(report);
	if (!lost && !get(section, PROBE_ABSENT))
		return;
	finding = report_add_finding(report, FINDING_PL2201);
	finding->severity = get(section, PROBE_ABSENT) ? SEVERITY_ERROR
						       : severity_of_loss(lost, expected);
	finding->confidence = get(section, PROBE_CAPTURE) ? CONFIDENCE_POSSIBLE : CONFIDENCE_PROVEN;
	snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
	tell_loss(section, finding->what, sizeof(finding->what));
	tell_where(section, finding->where, sizeof(finding->where));
	tell_why(&receiver->tallies, finding->why, sizeof(finding->why));
	finding->frame_total = lost;
	finding_number(finding, "lost_packets", (double)lost);
	finding_number(finding, "expected_packets", (double)expected);
	finding_number(finding, "absent_streams", (double)get(section, PROBE_ABSENT));
}

static void judge_damage(
	const struct report_section *section, const char *subject, struct report *report)
{
	uint64_t corrupt = get(section, PROBE_CORRUPT_ROW);
	struct finding *finding;

	if (!corrupt)
		return;
	finding = report_add_finding(report, FINDING_PL2202);
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
	snprintf(finding->what, sizeof(finding->what), "%s of %s probes came changed",
		units_count(corrupt).text, units_count(get(section, PROBE_EXPECTED)).text);
	snprintf(finding->where, sizeof(finding->where),
		"upstream: between the sender and this interface");
	finding->frame_total = corrupt;
	finding_number(finding, "corrupt_packets", (double)corrupt);
}

/* What came to the interface, and would not have come to a program. */
static void judge_delivery(const struct receiver *receiver, const struct report_section *section,
	const char *subject, struct report *report)
{
	uint64_t came = get(section, PROBE_RECEIVED), got = get(section, PROBE_SOCKET_RECEIVED);
	uint64_t full = get(section, PROBE_SOCKET_DROPPED);
	struct finding *finding;

	if (receiver->listen.fd < 0 || came <= got)
		return;
	finding = report_add_finding(report, FINDING_PL2206);
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
	snprintf(finding->what, sizeof(finding->what),
		"%s of %s probes that came in did not come to a UDP socket of this host",
		units_count(came - got).text, units_count(came).text);
	snprintf(finding->where, sizeof(finding->where),
		"in this host: behind the interface, before a program");
	if (full)
		snprintf(finding->why, sizeof(finding->why),
			"the socket had no room for %s packets", units_count(full).text);
	finding->frame_total = came - got;
	finding_number(finding, "undelivered_packets", (double)(came - got));
	finding_number(finding, "socket_dropped_packets", (double)full);
}

/* Why nothing can be said: no probe came in. */
static void judge_silence(const struct receiver *receiver, struct report *report)
{
	char reason[256];

	if (receiver->tallies.count || receiver->tallies.corrupt)
		return;
	if (receiver->outgoing)
		snprintf(reason, sizeof(reason),
			"no probe came in on '%s', but %s left by it: the sender is on this side, "
			"and no path leads back",
			receiver->interface, units_count(receiver->outgoing).text);
	else
		snprintf(reason, sizeof(reason),
			"no probe came in on '%s': none was sent, or no path joins sender and "
			"receiver at this layer",
			receiver->interface);
	report_add_undecided(report, reason);
}

static void judge_end(const struct receiver *receiver, struct report *report)
{
	const struct probe_tallies *tallies = &receiver->tallies;

	bool ended = true;

	for (uint32_t i = 0; i < tallies->count; i++)
		ended &= tallies->streams[i].ended;
	if (!ended)
		report_add_undecided(report, "the sender's end did not come: how many probes there "
					     "were is not known");
	if (tallies->left_out)
		report_add_undecided(report, "there were more streams than are counted: what was "
					     "lost of the others is not known");
}

/* Of the first one, and how many more there are. */
static void name_runs(const struct receiver *receiver, char *text, size_t size)
{
	const struct probe_tallies *tallies = &receiver->tallies;
	uint64_t runs = 0;
	char more[64] = "";

	for (uint32_t i = 0; i < tallies->count; i++) {
		uint32_t j = 0;

		while (j < i && tallies->streams[j].run != tallies->streams[i].run)
			j++;
		runs += j == i;
	}
	if (runs > 1)
		snprintf(more, sizeof(more), " and %s more", units_count(runs - 1).text);
	if (runs)
		snprintf(text, size, "probe run 0x%08x%s on %s", tallies->streams[0].run, more,
			receiver->interface);
	else
		snprintf(text, size, "probes on %s", receiver->interface);
}

/* Which packets were looked at, without how a filter has to put it. */
static void name_filter(const struct receiver *receiver, struct report *report)
{
	char text[40];

	if (receiver->port)
		snprintf(text, sizeof(text), "udp dst port %u", receiver->port);
	else
		snprintf(text, sizeof(text), "ether proto 0x%x", receiver->ethertype);
	free(report->filter);
	report->filter = memory_copy_text(text);
}

static void fill_report(const struct receiver *receiver, struct report *report)
{
	struct report_section *section = add_numbers(receiver, report);
	char subject[160];

	name_filter(receiver, report);
	name_runs(receiver, subject, sizeof(subject));
	judge_loss(receiver, section, subject, report);
	judge_damage(section, subject, report);
	judge_delivery(receiver, section, subject, report);
	judge_silence(receiver, report);
	judge_end(receiver, report);
}

static int check_options(struct receiver *receiver, int argc, char **argv, struct error *error)
{
	if (optind < argc)
		return error_set(
			error, "'%s' is too much: probe receive takes no filter", argv[optind]);
	if (!receiver->interface)
		return error_set(error, "no interface given: name it with -i IF");
	if (strcmp(receiver->interface, "any") == 0)
		return error_set(error, "'any' is no interface: name the one where probes come in");
	if (receiver->port && receiver->ethertype)
		return error_set(error, "--ethertype is for frames, --udp for datagrams: name one");
	if (receiver->socket_bytes && !receiver->port)
		return error_set(error, "--socket-buffer is for --udp");
	if (!receiver->ethertype)
		receiver->ethertype = PROBE_ETHERTYPE;
	return 0;
}

/* The packets that may be probes, tagged or not. */
static void set_filter(struct receiver *receiver)
{
	char what[FILTER_BYTES / 4 - 20], *filter = memory_alloc(1, FILTER_BYTES);

	/* In IPv6 a first fragment has a header before UDP's (RFC 8200), which "udp" is not. */
	if (receiver->port)
		snprintf(what, sizeof(what),
			"(udp dst port %u or (ip6[6] = 44 and ip6[40] = 17 and "
			"ip6[42:2] & 0xfff8 = 0 and ip6[50:2] = %u))",
			receiver->port, receiver->port);
	else
		snprintf(what, sizeof(what), "ether proto 0x%x", receiver->ethertype);
	snprintf(filter, FILTER_BYTES, "%s or (vlan and (%s or (vlan and %s)))", what, what, what);
	receiver->engine.source.filter = filter;
}

static int prepare(struct receiver *receiver, struct error *error)
{
	const struct metric_set *sets[MAX_SETS + 2] = { NULL };
	size_t count = 0;

	for (size_t i = 0; analyzers[i] && count < MAX_SETS; i++)
		if (analyzers[i]->metrics)
			sets[count++] = analyzers[i]->metrics;
	sets[count] = &probe_metrics;
	receiver->engine.config = "none";
	receiver->engine.analyzer.discover_none = true;
	receiver->engine.progress = true;
	receiver->engine.announce = receiver->output.verbose || isatty(STDERR_FILENO);
	receiver->engine.source.user = receiver->output.user;
	value_list(&receiver->engine.source.interfaces, receiver->interface, NULL);
	set_filter(receiver);
	if (engine_prepare(&receiver->engine, error) < 0 ||
		probe_output_open(&receiver->output, sets, error) < 0)
		return -1;
	probe_counters_open(&receiver->counters, receiver->interface);
	if (receiver->port && probe_listen_open(&receiver->listen, (uint16_t)receiver->port,
				      receiver->socket_bytes, error) < 0)
		return -1;
	if (receiver->listen.taken)
		command_tell(
			"a program has UDP port %u: what it loses is not seen", receiver->port);
	return 0;
}

static int run(struct receiver *receiver)
{
	const struct engine_sink sink = { receiver, take_batch, take_packet, look };
	struct report *report;
	struct error error;
	int status;

	if (prepare(receiver, &error) < 0)
		return command_fail("%s", error.text);
	report = report_new("probe receive");
	report->fail_on = receiver->output.fail_on;
	report->searched = true;
	if (engine_run(&receiver->engine, &sink, report, &error) < 0) {
		status = command_fail("%s", error.text);
	} else if (report->sources[0].failed && !report->sources[0].frames) {
		status = STATUS_UNABLE;
	} else {
		probe_listen_take(&receiver->listen);
		probe_tallies_settle(&receiver->tallies);
		fill_report(receiver, report);
		if (engine_failed(report))
			report->status = STATUS_UNABLE;
		status = probe_output_write(&receiver->output, report);
	}
	report_free(report);
	return status;
}

static const char about[] =
	"Receives what 'pktlint probe send' sends and reports what became of it; ends when the\n"
	"sender does.  Exit status: 0 fine, 1 a finding or a failed expectation, 2 wrong usage\n"
	"or could not run, 3 cannot decide: no probe came, or not the end.";

int probe_receive_command(int argc, char **argv)
{
	struct receiver receiver = {
		.output = PROBE_OUTPUT_DEFAULTS,
		.engine = ENGINE_DEFAULTS,
		.wait_ns = WAIT_NS,
		.idle_ns = IDLE_NS,
		.grace_ns = GRACE_NS,
		.listen = { .fd = -1 },
	};
	const struct option_group groups[] = {
		{ "Where:", where_rows, &receiver },
		{ "Until when:", when_rows, &receiver },
		{ "Output:", probe_output_rows, &receiver.output },
		{ "Exit status:", probe_verdict_rows, &receiver.output },
	};
	const struct usage usage = {
		.command = "probe receive",
		.synopsis = "-i IF [--udp PORT] [OPTION]...",
		.about = about,
		.groups = groups,
		.group_count = sizeof(groups) / sizeof(groups[0]),
	};
	int status = options_parse(&usage, argc, argv);
	struct error error;

	for (unsigned i = 0; i < PROBE_COUNTERS; i++)
		receiver.counters.fds[i] = -1;
	if (status < 0)
		status = check_options(&receiver, argc, argv, &error) < 0
				 ? command_fail("%s", error.text)
				 : run(&receiver);
	probe_tally_free(&receiver.tallies);
	probe_listen_close(&receiver.listen);
	probe_counters_close(&receiver.counters);
	engine_release(&receiver.engine);
	return probe_output_close(&receiver.output, status);
}
