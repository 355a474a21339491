/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlint probe send: numbered packets to where it is told and nowhere else, as many and as fast as
 * it is told and no more; and which of them never left, or were refused.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cmd/command.h"
#include "cmd/privilege.h"
#include "cmd/probe_parts.h"
#include "cmd/signals.h"
#include "probe/counters.h"
#include "probe/packet.h"
#include "probe/path.h"
#include "probe/sending.h"
#include "report/units.h"

#define COUNT 1000
#define RATE 1000
#define FRAME_BYTES 60 /* the shortest that Ethernet has, without its checksum */
#define UDP_MOST 65507 /* payload: RFC 768, less the headers of IPv4 */
#define HOST_BYTES 256
#define UNSENT_LEAST 1
#define UNSENT_ERROR 0.02
#define SLOW_SHARE 0.95 /* of the rate asked for */
#define SLOW_NS 10000000

struct sender {
	struct probe_output output;
	const char *interface, *host;
	char host_text[HOST_BYTES], port_text[12];
	uint8_t destination[6];
	bool has_destination, tagged, v4, v6;
	uint16_t tag, ethertype;
	uint32_t port_number;
	uint32_t size;
	uint64_t count, rate;
	int64_t interval_ns, duration_ns;
	uint32_t burst, streams;
	uint32_t cpus[PROBE_CPUS], cpu_count;
	struct probe_path path;
	struct probe_counters counters;
	struct probe_sending sending;
};

/* struct sender */
static int take_mac(void *target, const char *word, struct error *error)
{
	struct sender *sender = target;
	unsigned byte[6];
	int length = 0;

	sender->has_destination = true;
	memset(sender->destination, 0xff, sizeof(sender->destination));
	if (strcmp(word, "broadcast") == 0)
		return 0;
	if (sscanf(word, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1], &byte[2], &byte[3],
		    &byte[4], &byte[5], &length) != 6 ||
		word[length])
		return error_set(error,
			"'%s' is no MAC address, as 02:00:00:00:00:01, and not 'broadcast'", word);
	for (int i = 0; i < 6; i++)
		sender->destination[i] = (uint8_t)byte[i];
	return 0;
}

/* struct sender */
static int take_vlan(void *target, const char *word, struct error *error)
{
	struct sender *sender = target;
	unsigned id, priority = 0;
	int length = 0, second = 0;

	if (sscanf(word, "%4u%n:%1u%n", &id, &length, &priority, &second) < 1 ||
		word[second ? second : length] || id > 4094 || priority > 7)
		return error_set(error,
			"'%s' is no VLAN: write ID or ID:PRIORITY, 0 to 4094 and 0 to 7", word);
	sender->tagged = true;
	sender->tag = (uint16_t)(priority << 13 | id);
	return 0;
}

/* struct sender */
static int take_cpus(void *target, const char *word, struct error *error)
{
	struct sender *sender = target;
	const char *rest = word;

	sender->cpu_count = 0;
	for (;;) {
		char *end;
		unsigned long cpu = strtoul(rest, &end, 10);

		if (end == rest || *rest == '-' || (*end && *end != ',') ||
			cpu >= PROBE_CPU_UNTOLD || sender->cpu_count == PROBE_CPUS)
			return error_set(error,
				"'%s' is no list of CPUs, as 0,1: %d at most, which take turns",
				word, PROBE_CPUS);
		sender->cpus[sender->cpu_count++] = (uint32_t)cpu;
		if (!*end)
			return 0;
		rest = end + 1;
	}
}

static int take_streams(void *target, const char *word, struct error *error)
{
	uint32_t streams;

	if (value_count32(&streams, word, error) < 0)
		return -1;
	if (streams > PROBE_STREAMS)
		return error_set(
			error, "'%s' streams are too many: %d at most", word, PROBE_STREAMS);
	*(uint32_t *)target = streams;
	return 0;
}

static int take_rate(void *target, const char *word, struct error *error)
{
	uint64_t rate;

	if (value_count(&rate, word, error) < 0)
		return -1;
	if (rate > PROBE_MOST_RATE)
		return error_set(error, "'%s' packets a second are too many", word);
	*(uint64_t *)target = rate;
	return 0;
}

#define AT(member) offsetof(struct sender, member)

static const struct option_row where_rows[] = {
	{ 'i', "interface", "IF", "send by interface IF; needed for frames", value_text,
		AT(interface) },
	{ 0, "to", "MAC", "send frames to MAC, or to 'broadcast'", take_mac, 0 },
	{ 0, "udp", "HOST", "send UDP datagrams to HOST, as HOST alone does", value_text,
		AT(host) },
	{ 0, "port", "PORT", "to this port (default 8845)", probe_take_port, AT(port_number) },
	{ '4', NULL, NULL, "take only addresses of IPv4", value_flag, AT(v4) },
	{ '6', NULL, NULL, "take only addresses of IPv6", value_flag, AT(v6) },
	{ 0, "ethertype", "TYPE", "of the frames (default 0x88b5)", probe_take_ethertype,
		AT(ethertype) },
	{ 0, "vlan", "ID[:PRIORITY]", "put a VLAN tag into the frames", take_vlan, 0 },
	{ 0 },
};

static const struct option_row what_rows[] = {
	{ 'c', "count", "N", "send N probes (default 1000; with --duration no limit)", value_count,
		AT(count) },
	{ 0, "rate", "N", "send N probes a second (default 1000)", take_rate, AT(rate) },
	{ 0, "interval", "TIME", "instead of a rate: begin a burst every TIME", value_duration,
		AT(interval_ns) },
	{ 0, "burst", "N", "send N probes back to back (default 1)", value_count32, AT(burst) },
	{ 0, "duration", "TIME", "send no more after TIME", value_duration, AT(duration_ns) },
	{ 0, "size", "BYTES",
		"of each frame without its checksum (default 60), or of each datagram's payload "
		"(40)",
		value_bytes32, AT(size) },
	{ 0, "cpu", "LIST", "send by these CPUs in turn, as 0,1", take_cpus, 0 },
	{ 0, "streams", "N",
		"number N streams apart, which take turns; of UDP each from its own port (default "
		"1, at most 64)",
		take_streams, AT(streams) },
	{ 0 },
};

/* HOST, HOST:PORT, ADDRESS of IPv6, [ADDRESS]:PORT. */
static int split_host(struct sender *sender, const char *word, struct error *error)
{
	const char *colon = strrchr(word, ':'), *close = strchr(word, ']'), *begin = word;
	size_t length = strlen(word);
	uint32_t number;

	if (*word == '[' && close) {
		begin++;
		length = (size_t)(close - begin);
		colon = close[1] == ':' ? close + 1 : NULL;
		if (close[1] && !colon)
			return error_set(error, "'%s' is not [ADDRESS]:PORT", word);
	} else if (colon && strchr(word, ':') == colon) {
		length = (size_t)(colon - word);
	} else {
		colon = NULL;
	}
	if (length == 0 || length >= sizeof(sender->host_text))
		return error_set(error, "'%s' is no host", word);
	memcpy(sender->host_text, begin, length);
	sender->host = sender->host_text;
	if (!colon)
		return 0;
	if (sender->port_number)
		return error_set(error, "the port is given twice, with --port and as '%s'", word);
	if (probe_take_port(&number, colon + 1, error) < 0)
		return -1;
	sender->port_number = number;
	return 0;
}

/* Whether it is said where to send, and in one way only. */
static int check_where(struct sender *sender, int argc, char **argv, struct error *error)
{
	bool frames = sender->has_destination;

	if (argc - optind > 1 || (sender->host && optind < argc))
		return error_set(error, "more than one destination given: '%s'", argv[argc - 1]);
	if ((optind < argc || sender->host) &&
		split_host(sender, optind < argc ? argv[optind] : sender->host, error) < 0)
		return -1;
	if (sender->host && frames)
		return error_set(
			error, "--to is for frames, '%s' for UDP: name one of them", sender->host);
	if (!sender->host && !frames)
		return error_set(error, "no destination given: name a HOST for UDP, or -i IF and "
					"--to MAC for frames");
	if (frames && !sender->interface)
		return error_set(error, "--to needs the interface: add -i IF");
	if (sender->host && (sender->tagged || sender->ethertype))
		return error_set(error, "--vlan and --ethertype are for frames: for UDP take an "
					"interface of that VLAN");
	if (frames && (sender->port_number || sender->v4 || sender->v6))
		return error_set(error, "--port, -4 and -6 are for UDP");
	if (sender->v4 && sender->v6)
		return error_set(error, "-4 and -6 exclude each other");
	return 0;
}

static int check_plan(struct sender *sender, struct error *error)
{
	if (sender->rate && sender->interval_ns)
		return error_set(error, "--rate and --interval exclude each other");
	if (!sender->rate)
		sender->rate = RATE;
	if (!sender->count && !sender->duration_ns)
		sender->count = COUNT;
	return 0;
}

/* How long each probe is, once it is known what stands before it. */
static int choose_length(struct sender *sender, struct error *error)
{
	const struct probe_path *path = &sender->path;
	uint32_t before = path->raw ? path->header_bytes : 0, most = UDP_MOST;
	uint32_t size = sender->size ? sender->size : path->raw ? FRAME_BYTES : PROBE_HEADER;

	if (path->raw)
		most = before + (path->mtu ? path->mtu : UDP_MOST);
	if (most > UINT16_MAX)
		most = UINT16_MAX;
	if (size < before + PROBE_HEADER || size > most)
		return error_set(error, "--size: %s of %u bytes is impossible here: %u to %u",
			path->raw ? "a frame" : "a datagram", size, before + PROBE_HEADER, most);
	sender->sending.length = (uint16_t)(size - before);
	return 0;
}

static int open_path(struct sender *sender, struct error *error)
{
	const struct probe_frames frames = {
		.interface = sender->interface,
		.destination = sender->destination,
		.ethertype = sender->ethertype ? sender->ethertype : PROBE_ETHERTYPE,
		.tagged = sender->tagged,
		.tag = sender->tag,
	};
	int family = sender->v4 ? AF_INET : sender->v6 ? AF_INET6 : AF_UNSPEC;

	if (!sender->host)
		return probe_path_open_frames(&sender->path, &frames, error);
	snprintf(sender->port_text, sizeof(sender->port_text), "%u",
		sender->port_number ? sender->port_number : PROBE_PORT);
	return probe_path_open_udp(&sender->path, sender->host, sender->port_text, family,
		sender->interface, sender->streams, error);
}

/*
 * It wakes up when it should.  A CPU that is busy receiving runs programs late: one that keeps to
 * its CPUs goes before others, where that is permitted.
 */
static void run_promptly(const struct sender *sender)
{
	const struct sched_param priority = { .sched_priority = 1 };

	prctl(PR_SET_TIMERSLACK, 1UL);
	if (sender->cpu_count)
		sched_setscheduler(0, SCHED_FIFO, &priority);
}

static int open_all(struct sender *sender, struct error *error)
{
	struct probe_sending *sending = &sender->sending;
	static const struct metric_set *const sets[] = { &probe_send_metrics, NULL };

	if (probe_output_open(&sender->output, sets, error) < 0 || open_path(sender, error) < 0 ||
		choose_length(sender, error) < 0)
		return -1;
	sending->path = &sender->path;
	sending->stop = signals_stop;
	sending->cpus = sender->cpu_count ? sender->cpus : NULL;
	sending->plan = (struct probe_plan){
		.count = sender->count,
		.duration_ns = sender->duration_ns,
		.rate = sender->rate,
		.interval_ns = sender->interval_ns,
		.burst = sender->burst,
		.streams = sender->streams,
		.cpus = sender->cpu_count ? sender->cpu_count : 1,
	};
	if (getrandom(&sending->run, sizeof(sending->run), 0) != sizeof(sending->run))
		return error_set(error, "cannot get a random number: %s", strerror(errno));
	run_promptly(sender);
	probe_counters_open(&sender->counters, sender->path.interface);
	return privilege_drop_moving(sender->output.user, error);
}

static void put(struct report_section *section, enum probe_send_row row, uint64_t number)
{
	section->values[row].number = number;
}

static uint64_t count_replies(const struct probe_path *path)
{
	uint64_t count = path->replies_beyond;

	for (uint32_t i = 0; i < path->reply_count; i++)
		count += path->replies[i].count;
	return count;
}

static void add_numbers(const struct sender *sender, struct report *report)
{
	const struct probe_sending *sending = &sender->sending;
	struct report_section *section = report_add_section(report, &probe_send_metrics);

	put(section, SEND_PACKETS, sending->turns);
	put(section, SEND_SENT, sending->sent);
	put(section, SEND_FAILED, sending->failed);
	put(section, SEND_REPLIES, count_replies(&sender->path));
	put(section, SEND_DROPPED, probe_counters_rise(&sender->counters, COUNTER_TX_DROPPED));
	put(section, SEND_ERRORS, probe_counters_rise(&sender->counters, COUNTER_TX_ERRORS));
	put(section, SEND_CARRIER, probe_counters_rise(&sender->counters, COUNTER_CARRIER_CHANGES));
	put(section, SEND_TIME,
		(uint64_t)(sending->last_ns > sending->first_ns
				   ? sending->last_ns - sending->first_ns
				   : 0));
	put(section, SEND_PLANNED, (uint64_t)sending->planned_ns);
	put(section, SEND_BYTES, report->wire_bytes);
}

static void name_path(const struct sender *sender, char *text, size_t size)
{
	const struct probe_path *path = &sender->path;
	const uint8_t *to = sender->destination;

	if (path->raw)
		snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x by %s", to[0], to[1], to[2],
			to[3], to[4], to[5], path->interface);
	else
		snprintf(text, size, "udp %s%s%s", path->peer, *path->interface ? " by " : "",
			path->interface);
}

/* "12 No buffer space available, 3 Network is down". */
static void tell_errors(const struct probe_sending *sending, char *text, size_t size)
{
	size_t used = 0;

	for (uint32_t i = 0; i < sending->error_count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s: %s", i ? ", " : "",
			strerror(sending->errors[i].error),
			units_count(sending->errors[i].count).text);
}

static void tell_unsent(
	const struct probe_sending *sending, uint64_t dropped, char *text, size_t size)
{
	char refused[160] = "", lost[120] = "";

	if (sending->failed)
		snprintf(refused, sizeof(refused), "%s of %s probes were refused by the kernel",
			units_count(sending->failed).text, units_count(sending->turns).text);
	if (dropped)
		snprintf(lost, sizeof(lost), "the interface dropped %s packets meanwhile",
			units_count(dropped).text);
	snprintf(text, size, "%s%s%s", refused, *refused && *lost ? ", and " : "", lost);
}

/* What never left. */
static void judge_unsent(const struct sender *sender, const char *subject, struct report *report)
{
	const struct probe_sending *sending = &sender->sending;
	uint64_t dropped = probe_counters_rise(&sender->counters, COUNTER_TX_DROPPED);
	struct finding *finding;

	if (sending->failed == 0 && dropped == 0)
		return;
	finding = report_add_finding(report, FINDING_PL2203);
	finding->confidence = sending->failed ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY;
	snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
	tell_unsent(sending, dropped, finding->what, sizeof(finding->what));
	snprintf(finding->where, sizeof(finding->where), "here, before they left%s%s",
		*sender->path.interface ? ": " : "", sender->path.interface);
	tell_errors(sending, finding->why, sizeof(finding->why));
	finding->frame_total = sending->failed;
	finding_number(finding, "unsent_packets", (double)sending->failed);
	finding_number(finding, "interface_dropped_packets", (double)dropped);
	if ((double)(sending->failed + dropped) >= UNSENT_ERROR * (double)sending->turns)
		finding->severity = SEVERITY_ERROR;
}

/* Probes a second that were asked for. */
static double asked_rate(const struct probe_plan *plan)
{
	if (!plan->interval_ns)
		return (double)plan->rate;
	return (double)plan->burst * 1e9 / (double)plan->interval_ns;
}

/* Whether it kept up. */
static void judge_rate(const struct sender *sender, const char *subject, struct report *report)
{
	const struct probe_sending *sending = &sender->sending;
	double asked = asked_rate(&sending->plan), reached;
	struct finding *finding;

	if (!sending->planned_ns || sending->taken_ns - sending->planned_ns < SLOW_NS)
		return;
	reached = asked * (double)sending->planned_ns / (double)sending->taken_ns;
	if (reached >= SLOW_SHARE * asked)
		return;
	finding = report_add_finding(report, FINDING_PL2205);
	finding->confidence = CONFIDENCE_PROVEN;
	snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
	snprintf(finding->what, sizeof(finding->what),
		"%s of the %s probes a second that were asked for", units_round(reached).text,
		units_round(asked).text);
	snprintf(finding->where, sizeof(finding->where), "here, before they left");
	finding_number(finding, "reached_rate", reached);
	finding_number(finding, "asked_rate", asked);
}

/* What an error from the network says; NULL: nothing that has a name here. */
static const char *reply_meaning(const struct probe_reply *reply)
{
	static const struct {
		uint8_t family, type, code;
		const char *text;
	} meanings[] = {
		{ 4, 3, 0, "network unreachable" },
		{ 4, 3, 1, "host unreachable" },
		{ 4, 3, 2, "protocol unreachable" },
		{ 4, 3, 3, "port unreachable: nobody listens there" },
		{ 4, 3, 4, "too long for the next link, and must not be fragmented" },
		{ 4, 3, 9, "forbidden by a filter" },
		{ 4, 3, 10, "forbidden by a filter" },
		{ 4, 3, 13, "forbidden by a filter" },
		{ 4, 11, 0, "hop limit exceeded" },
		{ 6, 1, 0, "no route" },
		{ 6, 1, 1, "forbidden by a filter" },
		{ 6, 1, 3, "address unreachable" },
		{ 6, 1, 4, "port unreachable: nobody listens there" },
		{ 6, 2, 0, "too long for the next link" },
		{ 6, 3, 0, "hop limit exceeded" },
	};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].family == reply->family && meanings[i].type == reply->type &&
			meanings[i].code == reply->code)
			return meanings[i].text;
	return strerror(reply->error);
}

/* What came back for them. */
static void judge_replies(const struct sender *sender, const char *subject, struct report *report)
{
	const struct probe_path *path = &sender->path;
	uint64_t sent = sender->sending.sent + sender->sending.ends_sent;

	for (uint32_t i = 0; i < path->reply_count; i++) {
		const struct probe_reply *reply = &path->replies[i];
		struct finding *finding = report_add_finding(report, FINDING_PL2204);

		finding->confidence = CONFIDENCE_PROVEN;
		snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
		snprintf(finding->what, sizeof(finding->what),
			"%s time%s: %s (%s of %s packets sent)", units_count(reply->count).text,
			reply->count == 1 ? "" : "s", reply_meaning(reply),
			units_share(reply->count, sent).text, units_count(sent).text);
		if (*reply->from)
			snprintf(finding->where, sizeof(finding->where), "told by %s", reply->from);
		else
			snprintf(finding->where, sizeof(finding->where), "told by this machine");
		if (reply->mtu)
			snprintf(finding->why, sizeof(finding->why),
				"packets may have %u bytes there", reply->mtu);
		finding->frame_total = reply->count;
		finding_number(finding, "icmp_type", reply->type);
		finding_number(finding, "icmp_code", reply->code);
	}
}

static void fill_report(const struct sender *sender, struct report *report)
{
	const struct probe_sending *sending = &sender->sending;
	struct report_source *source;
	char subject[160];

	name_path(sender, subject, sizeof(subject));
	source = report_add_source(report, subject);
	source->sent = true;
	source->frames = sending->sent;
	report->live = true;
	report->fail_on = sender->output.fail_on;
	report->frames = report->judged = sending->sent;
	report->wire_bytes = sending->sent * (sending->length + sender->path.header_bytes);
	report->first_ns = sending->first_ns;
	report->last_ns = sending->last_ns;
	report->stream_total = sending->plan.streams;
	report->ended_by = signals_stop()                          ? "signal"
			   : sending->plan.count == sending->turns ? "count"
								   : "duration";
	add_numbers(sender, report);
	judge_unsent(sender, subject, report);
	judge_rate(sender, subject, report);
	judge_replies(sender, subject, report);
	if (sending->sent == 0)
		report_add_undecided(report, "no probe was sent");
}

static int run(struct sender *sender)
{
	struct report *report;
	struct error error;
	int status;

	if (open_all(sender, &error) < 0)
		return command_fail("%s", error.text);
	signals_catch_stop();
	if (sender->output.verbose)
		command_tell("sending run 0x%08x", sender->sending.run);
	report = report_new("probe send");
	if (probe_send(&sender->sending, &error) < 0) {
		command_tell("%s", error.text);
		report->status = STATUS_UNABLE;
	}
	fill_report(sender, report);
	status = probe_output_write(&sender->output, report);
	report_free(report);
	return status;
}

static const char about[] =
	"Sends numbered and stamped packets: frames with -i IF --to MAC, UDP datagrams to\n"
	"HOST[:PORT].  'pktlint probe receive' tells what became of them.  Exit status: 0 all\n"
	"left, 1 a finding or a failed expectation, 2 wrong usage or could not run, 3 nothing\n"
	"was sent.";

int probe_send_command(int argc, char **argv)
{
	struct sender sender = { .output = PROBE_OUTPUT_DEFAULTS, .burst = 1, .streams = 1 };
	const struct option_group groups[] = {
		{ "Where to:", where_rows, &sender },
		{ "What and when:", what_rows, &sender },
		{ "Output:", probe_output_rows, &sender.output },
		{ "Exit status:", probe_verdict_rows, &sender.output },
	};
	const struct usage usage = {
		.command = "probe send",
		.synopsis = "[OPTION]... -i IF --to MAC | HOST[:PORT]",
		.about = about,
		.groups = groups,
		.group_count = sizeof(groups) / sizeof(groups[0]),
	};
	int status = options_parse(&usage, argc, argv);
	struct error error;

	for (unsigned i = 0; i < PROBE_COUNTERS; i++)
		sender.counters.fds[i] = -1;
	if (status < 0) {
		if (check_where(&sender, argc, argv, &error) < 0 || check_plan(&sender, &error) < 0)
			status = command_fail("%s", error.text);
		else
			status = run(&sender);
	}
	probe_path_close(&sender.path);
	probe_counters_close(&sender.counters);
	return probe_output_close(&sender.output, status);
}
