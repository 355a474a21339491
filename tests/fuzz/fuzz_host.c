/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes are a snapshot: a file as it is written or, for values stranger than JSON lets
 * a mutation be, a path, a tab and a text a line, "?N" a reason, "---" before the earlier reading.
 * Reading it, judging it for every role, writing the report, comparing: all end, within bounds; and
 * what is written is read as the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/audit.h"
#include "host/compare.h"
#include "report/fix_script.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_line(struct snapshot *snapshot, char *line)
{
	char *text = strchr(line, '\t');

	if (!text)
		return;
	*text++ = '\0';
	if (text[0] == '?' && text[1] > '0' && text[1] < '0' + VALUE_STATES)
		snapshot_set_unknown(snapshot, line, (enum value_state)(text[1] - '0'));
	else
		snapshot_set(snapshot, line, text);
}

static void read_lines(const uint8_t *data, size_t size, struct snapshot *readings[2])
{
	char *text = calloc(1, size + 1), *rest = text, *line;
	int reading = 0;

	if (!text)
		abort();
	memcpy(text, data, size);
	readings[0] = snapshot_new();
	while ((line = strsep(&rest, "\n"))) {
		if (reading == 0 && strcmp(line, "---") == 0)
			readings[++reading] = snapshot_new();
		else
			add_line(readings[reading], line);
	}
	snapshot_set_taken(readings[0], INT64_C(1800000002000000000));
	snapshot_seal(readings[0]);
	if (reading) {
		snapshot_set_taken(readings[1], INT64_C(1800000000000000000));
		snapshot_seal(readings[1]);
	}
	free(text);
}

static void read_file(const uint8_t *data, size_t size, struct snapshot *readings[2])
{
	FILE *in = fmemopen((void *)data, size, "r");
	struct error error;
	uint64_t odd;

	if (!in)
		abort();
	if (snapshot_read(in, &readings[0], &readings[1], &odd, &error) < 0 && !*error.text)
		abort();
	fclose(in);
}

/* Written and read again, nothing has changed. */
static void write_and_read(struct snapshot *readings[2])
{
	struct snapshot *again[2] = { NULL, NULL };
	struct comparison *comparison;
	FILE *file = tmpfile();
	struct error error;
	uint64_t odd = 0;

	if (!file || snapshot_write(file, readings[0], readings[1]) < 0)
		abort();
	rewind(file);
	if (snapshot_read(file, &again[0], &again[1], &odd, &error) < 0 || odd != 0)
		abort();
	fclose(file);
	comparison = compare_snapshots(readings[0], again[0]);
	for (size_t i = 0; i < comparison->count; i++) {
		/* Other bytes than UTF-8 are not kept. */
		const char *byte = comparison->differences[i].path;

		while (*byte && (unsigned char)*byte < 0x80)
			byte++;
		if (!*byte && !comparison->differences[i].before)
			abort();
	}
	compare_free(comparison);
	snapshot_free(again[0]);
	snapshot_free(again[1]);
}

static void judge(const struct host *host, enum audit_role role, FILE *out)
{
	static const struct writer_options look = {
		.columns = 80, .verbose = true, .version = "0"
	};
	const char *names[2] = { "", "" };
	struct audit_options options = { .host = host, .role = role, .names = names };
	struct report *report = report_new("audit");
	struct error error;

	options.login_address = "192.0.2.1";
	options.all_counters = role == ROLE_THROUGHPUT;
	if (role == ROLE_L2_IPC && host->interface_count >= 2) {
		names[0] = host->interfaces[0].name;
		names[1] = host->interfaces[1].name;
		options.name_count = 2;
		options.pair = true;
	}
	if (audit_run(&options, report, &error) == 0) {
		report_finish(report);
		writer_text.write(out, report, &look);
		writer_json.write(out, report, &look);
		fix_script_write(out, report, "0");
	}
	report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot *readings[2] = { NULL, NULL };
	static FILE *out;
	struct host *host;

	if (!out)
		out = fopen("/dev/null", "we");
	if (!out || size == 0)
		return 0;
	if (*data == '{' || *data == '[')
		read_file(data, size, readings);
	else
		read_lines(data, size, readings);
	if (readings[0]) {
		write_and_read(readings);
		host = host_new(readings[0], readings[1]);
		for (int role = ROLE_NONE; role < ROLE_COUNT; role++)
			judge(host, (enum audit_role)role, out);
		host_free(host);
	}
	snapshot_free(readings[0]);
	snapshot_free(readings[1]);
	return 0;
}
