/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlint audit: what is this machine set to do to packets, and is that what they need?  Reads two
 * snapshots, or one or two from a file, and judges them, or compares two files.  Nothing is
 * changed; packets are captured only with --traffic; rights are gone before anything is judged.
 */
#include "analyzers/audit.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/audit_diff.h"
#include "cmd/audit_input.h"
#include "cmd/audit_output.h"
#include "cmd/audit_traffic.h"
#include "cmd/command.h"
#include "cmd/engine.h"
#include "cmd/login.h"
#include "cmd/options.h"
#include "cmd/privilege.h"
#include "cmd/signals.h"
#include "cmd/terminal.h"
#include "cmd/values.h"
#include "report/fix_script.h"

#define COLUMNS 100
#define INTERVAL_NS INT64_C(1000000000)

struct audit_command {
	const char *from, *user;
	const char *filter;           /* of --traffic */
	struct engine_options engine; /* likewise */
	struct audit_output outputs[AUDIT_OUTPUTS];
	int64_t interval_ns, watch_ns, traffic_ns;
	enum audit_role role;
	enum severity fail_on;
	bool json, quiet, verbose, path, diff;
	enum color color;
	char **names; /* of interfaces; with --diff, of files */
	size_t name_count;
	char login[INET6_ADDRSTRLEN];
	struct audit_input input;
};

static int take_role(void *target, const char *word, struct error *error)
{
	for (int role = ROLE_NONE; role < ROLE_COUNT; role++) {
		if (strcmp(word, audit_role_name((enum audit_role)role)) == 0) {
			*(enum audit_role *)target = (enum audit_role)role;
			return 0;
		}
	}
	return error_set(
		error, "'%s' is not forwarder, capture, latency, throughput, l2-ipc or none", word);
}

/* For how long something is watched. */
static int take_watch(void *target, const char *word, struct error *error)
{
	if (value_seconds(target, word, error) < 0)
		return -1;
	if (*(int64_t *)target == 0)
		return error_set(error, "in 0 seconds nothing happens");
	return 0;
}

#define AT(member) offsetof(struct audit_command, member)

static const struct option_row input_rows[] = {
	{ 0, "path", NULL,
		"the two interfaces named are asked to reach each other at layer 2: do they?",
		value_flag, AT(path) },
	{ 0, "role", "ROLE",
		"what the machine is for: forwarder, capture, latency, throughput, l2-ipc or none "
		"(default); what is harmless in one role is a fault in another",
		take_role, AT(role) },
	{ 0, "interval", "TIME",
		"time between both readings (default 1s; 0: one reading, and no rates)",
		value_seconds, AT(interval_ns) },
	{ 0, "watch", "SECONDS",
		"take both readings SECONDS apart, and show all counters that rose as rates",
		take_watch, AT(watch_ns) },
	{ 0, "traffic", "SECONDS",
		"capture for SECONDS between both readings, and judge by what went through as well",
		take_watch, AT(traffic_ns) },
	{ 0, "filter", "EXPR",
		"with --traffic: capture only what EXPR, of pcap-filter(7), is true of", value_text,
		AT(filter) },
	{ 0, "from", "FILE", "judge the snapshot in FILE (- is standard input), not this machine",
		value_text, AT(from) },
	{ 0, "diff", NULL, "compare two snapshots, files whose names follow", value_flag,
		AT(diff) },
	{ 'Z', "relinquish-privileges", "USER",
		"started as root, become USER before anything is judged (default nobody)",
		value_text, AT(user) },
	{ 0 },
};

static const struct option_row output_rows[] = {
	{ 'j', "json", NULL, "write the report as JSON, see pktlint-json(5)", value_flag,
		AT(json) },
	{ 'o', "output", "FILE", "write the report to FILE instead of standard output", value_text,
		AT(outputs[AUDIT_REPORT].path) },
	{ 0, "save", "FILE",
		"write the snapshot to FILE (- is standard output, in place of the report)",
		value_text, AT(outputs[AUDIT_SNAPSHOT].path) },
	{ 0, "fix-script", "FILE",
		"write the commands of the findings to FILE (or -) as a shell script; all that "
		"interrupt something are comments",
		value_text, AT(outputs[AUDIT_SCRIPT].path) },
	{ 0, "fail-on", "SEVERITY",
		"exit with 1 for findings from SEVERITY on: error, warning "
		"(default), info or never",
		value_severity, AT(fail_on) },
	{ 'q', "quiet", NULL, "print no report: the exit status says it", value_flag, AT(quiet) },
	{ 'v', "verbose", NULL, "show also settings that are as usual", value_flag, AT(verbose) },
	{ 0, "color", "WHEN", "auto, always or never", terminal_take_color, AT(color) },
	{ 0 },
};

/* Opens what is written; what is read is not. */
static int open_outputs(struct audit_command *command, struct error *error)
{
	const char *from[] = { command->from };
	const struct audit_files inputs = {
		.paths = command->diff ? (const char *const *)command->names : from,
		.count = command->diff ? command->name_count : command->from != NULL,
	};

	return audit_open_outputs(command->outputs, &inputs, &command->quiet, error);
}

static int check_doubles(const struct audit_command *command, struct error *error)
{
	for (size_t i = 0; i < command->name_count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(command->names[i], command->names[k]) == 0)
				return error_set(
					error, "interface '%s' is named twice", command->names[i]);
	return 0;
}

/* Whether something was said of packets that only --traffic reads. */
static bool speaks_of_traffic(const struct audit_command *command)
{
	const struct engine_options *engine = &command->engine;

	return command->filter || engine->sequences.count || engine->config ||
	       engine->analyzer.discover_all || engine->analyzer.discover_none ||
	       engine->analyzer.max_flows != ENGINE_MAX_FLOWS;
}

/* Whether options go together. */
static int check_options(const struct audit_command *command, struct error *error)
{
	if (command->path && command->name_count != 2)
		return error_set(error, "--path asks about two interfaces: name both");
	if (command->watch_ns && command->from)
		return error_set(error,
			"--watch reads this machine twice: a file of --from cannot be watched");
	if (command->traffic_ns && (command->from || command->watch_ns))
		return error_set(error, "--traffic excludes --from and --watch: it captures here, "
					"between readings of its own");
	if (!command->traffic_ns && speaks_of_traffic(command))
		return error_set(error, "--filter and the options of the analysis need --traffic");
	if (!command->diff)
		return check_doubles(command, error);
	if (command->name_count != 2)
		return error_set(error, "--diff compares two snapshots: name two files");
	if (command->from || command->path || command->watch_ns || command->traffic_ns ||
		command->outputs[AUDIT_SNAPSHOT].path || command->outputs[AUDIT_SCRIPT].path)
		return error_set(error,
			"--diff compares files: --from, --path, --watch, --traffic, "
			"--save and --fix-script are not for it");
	return 0;
}

/* Interfaces that are not there need not be waited for. */
static int check_names(const struct audit_command *command, struct error *error)
{
	for (size_t i = 0; i < command->name_count; i++)
		if (if_nametoindex(command->names[i]) == 0)
			return error_set(error, "no interface '%s': see 'pktlint list interfaces'",
				command->names[i]);
	return 0;
}

/* Captures between both readings, and adds what came to `report`. */
static int observe(struct audit_command *command, struct report *report, struct error *error)
{
	const struct traffic_options options = {
		.engine = &command->engine,
		.filter = command->filter,
		.names = (const char *const *)command->names,
		.name_count = command->name_count,
		.duration_ns = command->traffic_ns,
		.user = command->user,
		.announce = command->verbose || isatty(STDERR_FILENO),
	};
	struct audit_input *input = &command->input;

	audit_collect(0, input);
	input->before = input->snapshot;
	input->snapshot = audit_traffic(&options, input->before, report, error);
	return input->snapshot ? 0 : -1;
}

/* Fills command->input, and gives up all rights behind what needs them. */
static int read_machine(struct audit_command *command, struct report *report, struct error *error)
{
	FILE *in;

	if (command->from) {
		in = audit_open(command->from, error);
		if (!in)
			return -1;
		if (privilege_drop(command->user, error) < 0)
			return -1;
		return audit_read(in, command->from, &command->input, error);
	}
	signals_catch_stop(); /* it may be in the middle of the time between both readings */
	if (check_names(command, error) < 0)
		return -1;
	if (command->traffic_ns)
		return observe(command, report, error);
	audit_collect(
		command->watch_ns ? command->watch_ns : command->interval_ns, &command->input);
	return privilege_drop(command->user, error);
}

/* What is wrong with the names, more than audit_run() can know. */
static int fail_names(
	const struct audit_command *command, const struct host *host, const struct error *why)
{
	char list[256] = "";

	if (!command->from)
		return command_fail("%s any more: it vanished meanwhile", why->text);
	for (size_t i = 0; i < host->interface_count; i++) {
		size_t length = strlen(list);

		snprintf(list + length, sizeof(list) - length, "%s%s", length ? ", " : "",
			host->interfaces[i].name);
	}
	return command_fail("%s in '%s': it has %s", why->text, command->from,
		*list ? list : "no interface at all");
}

static bool has_interface(const struct host *host)
{
	for (size_t i = 0; i < host->interface_count; i++)
		if (host->interfaces[i].up)
			return true;
	return false;
}

/* Writes the report, the snapshot and the script.  Returns the exit status. */
static int write_all(struct audit_command *command, const struct report *report)
{
	struct audit_output *outputs = command->outputs;
	const struct writer *writer = command->json ? &writer_json : &writer_text;
	const struct writer_options look = {
		.color = terminal_wants_color(command->color, outputs[AUDIT_REPORT].stream),
		.columns = terminal_columns(outputs[AUDIT_REPORT].stream, COLUMNS),
		.verbose = command->verbose,
		.version = PACKAGE_VERSION,
	};
	int status = report->status;

	if (!command->quiet && writer->write(outputs[AUDIT_REPORT].stream, report, &look) < 0)
		status = audit_fail_output(&outputs[AUDIT_REPORT]);
	if (outputs[AUDIT_SCRIPT].stream &&
		fix_script_write(outputs[AUDIT_SCRIPT].stream, report, PACKAGE_VERSION) < 0)
		status = audit_fail_output(&outputs[AUDIT_SCRIPT]);
	return status;
}

/* Writes the snapshot if that is asked for.  Returns 0, or 2 if it could not be. */
static int save(struct audit_command *command)
{
	struct audit_output *output = &command->outputs[AUDIT_SNAPSHOT];
	const struct audit_input *input = &command->input;

	if (!output->stream)
		return 0;
	if (snapshot_write(output->stream, input->snapshot, input->before) == 0 &&
		fflush(output->stream) == 0)
		return 0;
	return audit_fail_output(output);
}

/* Judges, and adds to `report`, which may hold already what was observed of traffic. */
static int judge(const struct audit_command *command, struct report *report)
{
	struct host *host = host_new(command->input.snapshot, command->input.before);
	const struct audit_options options = {
		.host = host,
		.role = command->role,
		.names = (const char *const *)command->names,
		.name_count = command->name_count,
		.all_counters = command->watch_ns > 0,
		.pair = command->path,
		.login_address = *command->login ? command->login : NULL,
	};
	struct error error;
	int status = 0;

	if (audit_run(&options, report, &error) < 0)
		status = fail_names(command, host, &error);
	else if (command->name_count == 0 && !command->from && !has_interface(host))
		status = command_fail(
			"no interface is up: name one, see 'pktlint list interfaces'");
	else if (command->name_count == 0 && !has_interface(host))
		report_add_undecided(report, "no interface is up");
	host_free(host);
	return status;
}

/* Reads, saves, judges and writes; `report` is empty.  Returns the exit status. */
static int make_report(struct audit_command *command, struct report *report)
{
	struct error error;
	int status;

	if (read_machine(command, report, &error) < 0)
		return command_fail("%s", error.text);
	status = save(command);
	if (status == 0)
		status = judge(command, report);
	if (status != 0)
		return status;
	report_finish(report);
	if (engine_failed(report))
		report->status = STATUS_UNABLE;
	return write_all(command, report);
}

static int run_audit(struct audit_command *command)
{
	struct report *report = report_new("audit");
	int status;

	login_address(command->login, sizeof(command->login));
	report->fail_on = command->fail_on;
	report->live = !command->from;
	status = make_report(command, report);
	report_free(report);
	return status;
}

static int compare(
	struct audit_command *command, const struct audit_input *a, const struct audit_input *b)
{
	struct comparison *comparison = compare_snapshots(a->snapshot, b->snapshot);
	struct audit_output *output = &command->outputs[AUDIT_REPORT];
	const struct diff_look look = {
		.json = command->json,
		.color = terminal_wants_color(command->color, output->stream),
		.counters = command->verbose,
		.columns = terminal_columns(output->stream, COLUMNS),
	};
	int status = STATUS_OK;

	if (comparison->settings > 0 && command->fail_on == SEVERITY_INFO)
		status = STATUS_FINDING;
	if (!command->quiet &&
		diff_write(output->stream, a->snapshot, b->snapshot, comparison, &look) < 0)
		status = audit_fail_output(output);
	compare_free(comparison);
	return status;
}

static int run_diff(struct audit_command *command)
{
	struct audit_input inputs[2] = { { 0 } };
	FILE *files[2] = { NULL };
	struct error error;
	int status = 0;

	for (int i = 0; i < 2 && status == 0; i++) {
		files[i] = audit_open(command->names[i], &error);
		if (!files[i])
			status = command_fail("%s", error.text);
	}
	if (status == 0 && privilege_drop(command->user, &error) < 0)
		status = command_fail("%s", error.text);
	for (int i = 0; i < 2 && status == 0; i++)
		if (audit_read(files[i], command->names[i], &inputs[i], &error) < 0)
			status = command_fail("%s", error.text);
	if (status == 0)
		status = compare(command, &inputs[0], &inputs[1]);
	audit_input_free(&inputs[0]);
	audit_input_free(&inputs[1]);
	return status;
}

/* Completes what was said, opens what is written, and runs.  Returns the exit status. */
static int run(struct audit_command *command)
{
	struct error error;

	if (check_options(command, &error) < 0 ||
		(command->traffic_ns && engine_prepare(&command->engine, &error) < 0) ||
		open_outputs(command, &error) < 0)
		return command_fail("%s", error.text);
	return command->diff ? run_diff(command) : run_audit(command);
}

static const char about[] =
	"Judges what this machine, or the one of a snapshot, is set to do to packets, by its\n"
	"settings and by counters that rise.  Nothing is changed.  Exit status: 0 fine, 1 a\n"
	"finding, 2 wrong usage or could not run, 3 cannot decide.";

int command_audit(int argc, char **argv)
{
	struct audit_command command = {
		.color = COLOR_AUTO,
		.fail_on = SEVERITY_WARNING,
		.interval_ns = INTERVAL_NS,
		.engine = ENGINE_DEFAULTS,
		.outputs = {
			[AUDIT_REPORT] = { .option = "-o" },
			[AUDIT_SNAPSHOT] = { .option = "--save" },
			[AUDIT_SCRIPT] = { .option = "--fix-script" },
		},
	};
	const struct option_group groups[] = {
		{ "What is judged:", input_rows, &command },
		{ "Output:", output_rows, &command },
		{ "Analysis, with --traffic:", engine_rows, &command.engine },
	};
	const struct usage usage = {
		.command = "audit",
		.synopsis = "[OPTION]... [INTERFACE]...",
		.about = about,
		.groups = groups,
		.group_count = sizeof(groups) / sizeof(groups[0]),
	};
	int status = options_parse(&usage, argc, argv);

	command.names = argv + optind;
	command.name_count = (size_t)(argc - optind);
	signals_catch_progress();
	if (status < 0)
		status = run(&command);
	audit_input_free(&command.input);
	engine_release(&command.engine);
	return audit_close_outputs(command.outputs, command_end(status));
}
