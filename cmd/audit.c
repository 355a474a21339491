/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlint audit: what is this machine set to do to packets, and is that what they need?  Reads two
 * snapshots, or one or two from a file, and judges them; nothing is changed, nothing is captured.
 */
#include "analyzers/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/audit_traffic.h"
#include "cmd/command.h"
#include "cmd/engine.h"
#include "cmd/options.h"
#include "cmd/terminal.h"
#include "cmd/values.h"
#include "host/collect.h"

#define COLUMNS 100

struct audit_command {
	const char *from, *save;
	enum audit_role role;
	bool json;
	enum color color;
	int64_t traffic_ns; /* how long to capture, 0: not at all */
	struct snapshot *snapshot, *before;
	FILE *saved; /* open for --save: later may be too late */
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

/* A duration; a plain number is seconds. */
static int take_seconds(void *target, const char *word, struct error *error)
{
	char seconds[24];

	if (!*word || word[strspn(word, "0123456789.")] || strlen(word) + 2 > sizeof(seconds))
		return value_duration(target, word, error);
	snprintf(seconds, sizeof(seconds), "%ss", word);
	return value_duration(target, seconds, error);
}

#define AT(member) offsetof(struct audit_command, member)

static const struct option_row rows[] = {
	{ 0, "role", "ROLE",
		"what the machine is for: forwarder, capture, latency, throughput, l2-ipc",
		take_role, AT(role) },
	{ 0, "from", "FILE", "judge the snapshot in FILE instead of this machine", value_text,
		AT(from) },
	{ 0, "save", "FILE", "write the snapshot to FILE", value_text, AT(save) },
	{ 0, "traffic", "SECONDS",
		"capture on the interfaces for SECONDS, and judge by what went through and by "
		"what was counted meanwhile",
		take_seconds, AT(traffic_ns) },
	{ 'j', "json", NULL, "write the report as JSON, see pktlint-json(5)", value_flag,
		AT(json) },
	{ 0, "color", "WHEN", "auto, always or never", terminal_take_color, AT(color) },
	{ 0 },
};

static int read_file(struct audit_command *command, struct error *error)
{
	FILE *in = strcmp(command->from, "-") == 0 ? stdin : fopen(command->from, "re");
	struct error why;
	uint64_t odd = 0;
	int status;

	if (!in)
		return error_set(error, "cannot open '%s': %s", command->from, strerror(errno));
	status = snapshot_read(in, &command->snapshot, &command->before, &odd, &why);
	if (in != stdin)
		fclose(in);
	if (status < 0)
		return error_set(error, "cannot read '%s': %s", command->from, why.text);
	if (odd)
		command_tell("'%s': %" PRIu64 " values are neither texts nor unknown: left out",
			command->from, odd);
	return 0;
}

/* Opens FILE of --save.  Returns 0, or -1 with `error` filled. */
static int open_saved(struct audit_command *command, struct error *error)
{
	if (!command->save)
		return 0;
	command->saved = fopen(command->save, "we");
	if (!command->saved)
		return error_set(error, "cannot create '%s': %s", command->save, strerror(errno));
	return 0;
}

static int save(const struct audit_command *command, struct error *error)
{
	if (command->saved &&
		(snapshot_write(command->saved, command->snapshot, command->before) < 0 ||
			fflush(command->saved) != 0))
		return error_set(error, "cannot write '%s': %s", command->save, strerror(errno));
	return 0;
}

/* Captures; what the machine was before becomes the earlier reading. */
static int observe(struct audit_command *command, char **names, size_t count, struct report *report,
	struct error *error)
{
	struct host *host = host_new(command->snapshot, NULL);
	struct snapshot *after = audit_traffic(
		host, (const char *const *)names, count, command->traffic_ns, report, error);

	host_free(host);
	if (!after)
		return -1;
	snapshot_free(command->before);
	command->before = command->snapshot;
	command->snapshot = after;
	return 0;
}

/* The snapshot, and the earlier one if there is one.  Returns 0, or -1 with `error` filled. */
static int read_host(struct audit_command *command, char **names, size_t count,
	struct report *report, struct error *error)
{
	if (command->from && command->traffic_ns)
		return error_set(error, "--from and --traffic exclude each other: '%s' is a file",
			command->from);
	if (open_saved(command, error) < 0)
		return -1;
	if (command->from)
		return read_file(command, error);
	command->snapshot = host_collect();
	if (command->traffic_ns)
		return observe(command, names, count, report, error);
	return 0;
}

static int judge(
	const struct audit_command *command, char **names, size_t count, struct report *report)
{
	struct host *host = host_new(command->snapshot, command->before);
	const struct audit_options options = {
		.host = host,
		.role = command->role,
		.names = (const char *const *)names,
		.name_count = count,
	};
	const struct writer *writer = command->json ? &writer_json : &writer_text;
	const struct writer_options look = {
		.color = terminal_wants_color(command->color, stdout),
		.columns = terminal_columns(stdout, COLUMNS),
		.version = PACKAGE_VERSION,
	};
	struct error error;
	int status;

	if (audit_run(&options, report, &error) < 0) {
		status = command_fail("%s", error.text);
	} else {
		report_finish(report);
		if (engine_failed(report))
			report->status = STATUS_UNABLE;
		writer->write(stdout, report, &look);
		status = command_end(report->status);
	}
	host_free(host);
	return status;
}

static int run(struct audit_command *command, char **names, size_t count)
{
	struct report *report = report_new("audit");
	struct error error;
	int status;

	if (read_host(command, names, count, report, &error) < 0 || save(command, &error) < 0)
		status = command_fail("%s", error.text);
	else
		status = judge(command, names, count, report);
	report_free(report);
	return status;
}

int command_audit(int argc, char **argv)
{
	struct audit_command command = { .color = COLOR_AUTO };
	const struct option_group groups[] = { { "Options:", rows, &command } };
	const struct usage usage = {
		.command = "audit",
		.synopsis = "[OPTION]... [INTERFACE]...",
		.about = "Judges what this machine is set to do to packets.",
		.groups = groups,
		.group_count = 1,
	};
	int status = options_parse(&usage, argc, argv);

	if (status < 0)
		status = run(&command, argv + optind, (size_t)(argc - optind));
	snapshot_free(command.snapshot);
	snapshot_free(command.before);
	if (command.saved)
		fclose(command.saved);
	return status;
}
