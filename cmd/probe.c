/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlint probe: what becomes of packets on a way, asked by sending some.  Here is what sending and
 * receiving share: which of both, the report and what is expected of it.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "capture/packet.h"
#include "cmd/command.h"
#include "cmd/probe_parts.h"

#define COLUMNS 100
#define AT(member) offsetof(struct probe_output, member)

const struct option_row probe_output_rows[] = {
	{ 'j', "json", NULL, "write the report as JSON, see pktlint-json(5)", value_flag,
		AT(json) },
	{ 'o', "output", "FILE", "write the report to FILE instead of standard output", value_text,
		AT(path) },
	{ 'q', "quiet", NULL, "print no report: the exit status says it", value_flag, AT(quiet) },
	{ 'v', "verbose", NULL, "tell on standard error when it has begun", value_flag,
		AT(verbose) },
	{ 0, "color", "WHEN", "auto, always or never", terminal_take_color, AT(color) },
	{ 'Z', "relinquish-privileges", "USER",
		"started as root, become USER before the first packet (default nobody)", value_text,
		AT(user) },
	{ 0 },
};

const struct option_row probe_verdict_rows[] = {
	{ 0, "fail-on", "SEVERITY",
		"exit with 1 for findings from SEVERITY on: error, warning (default), info or "
		"never",
		value_severity, AT(fail_on) },
	{ 0, "expect", "EXPR",
		"exit with 1 unless EXPR holds, as 'probe.lost_packets == 0'; repeatable",
		value_list, AT(words) },
	{ 0 },
};

int probe_output_open(
	struct probe_output *output, const struct metric_set *const *sets, struct error *error)
{
	output->out = stdout;
	output->expectations = memory_alloc(output->words.count, sizeof(*output->expectations));
	for (size_t i = 0; i < output->words.count; i++) {
		struct error trouble;

		if (expect_parse(&output->expectations[i], output->words.words[i], sets, &trouble) <
			0)
			return error_set(error, "expectation '%.100s': %s", output->words.words[i],
				trouble.text);
	}
	if (output->path && strcmp(output->path, "-") == 0)
		output->path = NULL;
	if (!output->path)
		return 0;
	output->out = fopen(output->path, "we");
	return output->out
		       ? 0
		       : error_set(error, "cannot create '%s': %s", output->path, strerror(errno));
}

int probe_output_write(struct probe_output *output, struct report *report)
{
	const struct writer *writer = output->json ? &writer_json : &writer_text;
	const struct writer_options options = {
		.color = terminal_wants_color(output->color, output->out),
		.columns = terminal_columns(output->out, COLUMNS),
		.version = PACKAGE_VERSION,
	};
	enum report_status unable = report->status;

	for (size_t i = 0; i < output->words.count; i++)
		expect_judge(&output->expectations[i], report);
	report_finish(report);
	if (unable == STATUS_UNABLE)
		report->status = STATUS_UNABLE;
	if (output->quiet ||
		(writer->write(output->out, report, &options) == 0 && fflush(output->out) == 0))
		return report->status;
	return command_fail("cannot write %s%s%s: %s", output->path ? "'" : "",
		output->path ? output->path : "to standard output", output->path ? "'" : "",
		strerror(errno));
}

int probe_output_close(struct probe_output *output, int status)
{
	free(output->words.words);
	free(output->expectations);
	if (!output->path || !output->out || fclose(output->out) == 0)
		return status;
	return command_fail("cannot write '%s': %s", output->path, strerror(errno));
}

/* A whole number from `least` to `most`, as C writes it. */
static int take_number(unsigned long least, unsigned long most, const char *word, const char *what,
	unsigned long *number, struct error *error)
{
	char *end = NULL;

	errno = 0;
	if (isdigit((unsigned char)*word))
		*number = strtoul(word, &end, 0);
	if (!end || *end || errno || *number < least || *number > most)
		return error_set(error, "'%s' is not %s", word, what);
	return 0;
}

/* Of a protocol, or of a header behind which one is looked for. */
static bool is_taken(uint16_t ethertype)
{
	static const uint16_t headers[] = { 0x0800, 0x86dd, 0x8100, 0x88a8, 0x9100, 0x8847, 0x8848,
		0xf1c1 };

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (ethertype == headers[i])
			return true;
	return decode_ethertype_is_known(ethertype);
}

int probe_take_ethertype(void *target, const char *word, struct error *error)
{
	unsigned long number = 0;

	if (take_number(0x600, 0xffff, word, "an EtherType, as 0x88b5", &number, error) < 0)
		return -1;
	if (is_taken((uint16_t)number))
		return error_set(error,
			"'%s' is the EtherType of a protocol: take 0x88b5 or 0x88b6, which are for "
			"experiments",
			word);
	*(uint16_t *)target = (uint16_t)number;
	return 0;
}

int probe_take_port(void *target, const char *word, struct error *error)
{
	unsigned long number = 0;

	if (take_number(1, 65535, word, "a port from 1 to 65535", &number, error) < 0)
		return -1;
	*(uint32_t *)target = (uint32_t)number;
	return 0;
}

static const struct option_row no_rows[] = { { 0 } };

/* --help tells all there is. */
static void print_parts(void)
{
	char help[] = "--help", send[] = "send", receive[] = "receive";

	putchar('\n');
	probe_send_command(2, (char *[]){ send, help, NULL });
	putchar('\n');
	probe_receive_command(2, (char *[]){ receive, help, NULL });
}

int command_probe(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} parts[] = {
		{ "send", probe_send_command },
		{ "receive", probe_receive_command },
	};
	const struct option_group group = { "Options:", no_rows, NULL };
	const struct usage usage = {
		.command = "probe",
		.synopsis = "send|receive [OPTION]...",
		.about = "Sends numbered packets, or tells what became of them: lost, late, twice, "
			 "damaged.",
		.more = print_parts,
		.groups = &group,
		.group_count = 1,
	};
	int status;

	for (size_t i = 0; argc > 1 && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(argv[1], parts[i].name) == 0)
			return parts[i].run(argc - 1, argv + 1);
	status = options_parse(&usage, argc, argv);
	if (status >= 0)
		return status;
	if (optind < argc)
		return command_fail(
			"'%s' is not send or receive: try 'pktlint probe --help'", argv[optind]);
	return command_fail("neither send nor receive: try 'pktlint probe --help'");
}
