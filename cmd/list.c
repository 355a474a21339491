/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlint list: what this program knows and what this machine has, as tables made from the same
 * tables that the program runs on; as JSON one object, {"list": NAME, "rows": [{...}]}.
 */
#include <getopt.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/profile.h"
#include "base/memory.h"
#include "capture/capture.h"
#include "cmd/command.h"
#include "cmd/config.h"
#include "cmd/options.h"
#include "cmd/probe_parts.h"
#include "cmd/terminal.h"
#include "cmd/values.h"
#include "report/escape.h"
#include "report/json_value.h"
#include "report/layout.h"
#include "report/report.h"
#include "report/units.h"

#define MAX_COLUMNS 5
#define LEAST_COLUMNS 28 /* of the terminal, for the last column of a table */

struct cell {
	char *text; /* escaped, owned; NULL: a number */
	uint64_t number;
};

/* The cells of a list, filled one by one, row by row. */
struct table {
	const char *const *columns; /* headings and JSON keys, NULL-terminated */
	size_t width;               /* how many columns */
	struct cell *cells;
	size_t count;
	const struct field_list *fields; /* of the configuration file */
};

struct list {
	const char *name, *summary;
	const char *columns[MAX_COLUMNS + 1];
	void (*fill)(struct table *table);
};

static void add_cell(struct table *table, struct cell cell)
{
	/* Full exactly at the powers of two, so the capacity need not be kept. */
	if ((table->count & (table->count - 1)) == 0)
		table->cells = memory_grow(
			table->cells, table->count ? 2 * table->count : 1, sizeof(cell));
	table->cells[table->count++] = cell;
}

static void add_text(struct table *table, const char *text)
{
	add_cell(table, (struct cell){ .text = escape_copy(text) });
}

static void add_number(struct table *table, uint64_t number)
{
	add_cell(table, (struct cell){ .number = number });
}

static void fill_analyzers(struct table *table)
{
	for (size_t i = 0; analyzers[i]; i++) {
		add_text(table, analyzers[i]->name);
		add_text(table, analyzers[i]->summary);
	}
}

static void fill_frontends(struct table *table)
{
	add_text(table, "file");
	add_text(table, "capture files, pcap and pcapng; - is standard input");
	for (size_t i = 0; capture_frontend(i); i++) {
		add_text(table, capture_frontend(i)->name);
		add_text(table, capture_frontend(i)->summary);
	}
}

static void fill_formats(struct table *table)
{
	for (size_t i = 0; writers[i]; i++) {
		add_text(table, writers[i]->name);
		add_text(table, writers[i]->summary);
	}
}

static void fill_findings(struct table *table)
{
	for (int i = 0; i < FINDING_COUNT; i++) {
		const struct finding_page *page = finding_page((enum finding_id)i);

		add_text(table, page->id);
		add_text(table, page->slug);
		add_text(table, severity_name(page->severity));
		add_text(table, page->title);
	}
}

static void fill_origins(struct table *table)
{
	for (int i = ORIGIN_NONE + 1; i < ORIGIN_COUNT; i++) {
		add_text(table, origin_name((enum origin)i));
		add_text(table, origin_text((enum origin)i));
	}
}

static void add_metrics(struct table *table, const struct metric_set *set)
{
	for (size_t i = 0; set && i < set->count; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s.%s", set->prefix, set->rows[i].name);
		add_text(table, path);
		add_text(table, metric_kind_name(set->rows[i].kind));
		add_text(table, metric_unit_name(set->rows[i].unit));
		add_text(table, set->rows[i].help);
	}
}

static void fill_metrics(struct table *table)
{
	for (size_t i = 0; analyzers[i]; i++)
		add_metrics(table, analyzers[i]->metrics);
	add_metrics(table, &probe_metrics);
	add_metrics(table, &probe_send_metrics);
}

static void fill_flow_metrics(struct table *table)
{
	for (size_t i = 0; analyzers[i]; i++)
		add_metrics(table, analyzers[i]->flow_metrics);
}

static void fill_profiles(struct table *table)
{
	for (size_t i = 0; profiles[i]; i++) {
		const struct profile *profile = profiles[i];
		char summary[512];

		snprintf(summary, sizeof(summary), "%s%s%s", profile->summary,
			profile->blind ? ", for " : "", profile->blind ? profile->blind : "");
		add_text(table, profile->name);
		add_text(table, profile->found_by);
		add_text(table, summary);
	}
	for (size_t i = 0; i < table->fields->count; i++) {
		struct field nameless = table->fields->fields[i];
		char text[FIELD_TEXT];

		add_text(table, nameless.name);
		*nameless.name = '\0';
		add_text(table, "configuration file");
		add_text(table, field_print(&nameless, text, sizeof(text)));
	}
}

static void fill_stream_metrics(struct table *table)
{
	for (size_t i = 0; analyzers[i]; i++)
		add_metrics(table, analyzers[i]->stream_metrics);
}

/* The first line of a file of /sys/class/net, "" without one. */
static void read_attribute(const char *interface, const char *name, char *text, size_t size)
{
	char path[128];
	FILE *file;

	*text = '\0';
	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", interface, name);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(text, (int)size, file))
		text[strcspn(text, "\n")] = '\0';
	fclose(file);
}

static void fill_interfaces(struct table *table)
{
	struct if_nameindex *interfaces = if_nameindex();
	char text[64];

	for (size_t i = 0; interfaces && interfaces[i].if_index; i++) {
		add_text(table, interfaces[i].if_name);
		add_number(table, interfaces[i].if_index);
		read_attribute(interfaces[i].if_name, "operstate", text, sizeof(text));
		add_text(table, text);
		read_attribute(interfaces[i].if_name, "mtu", text, sizeof(text));
		add_number(table, strtoul(text, NULL, 10));
	}
	if_freenameindex(interfaces);
}

static const struct list lists[] = {
	{ "analyzers", "what judges the packets, in order", { "name", "summary" }, fill_analyzers },
	{ "findings", "what can be found, see pktlint explain",
		{ "id", "slug", "severity", "title" }, fill_findings },
	{ "flow-metrics", "what is measured of each direction of a flow",
		{ "path", "kind", "unit", "help" }, fill_flow_metrics },
	{ "formats", "forms of the report", { "name", "summary" }, fill_formats },
	{ "frontends", "where packets can come from", { "name", "summary" }, fill_frontends },
	{ "interfaces", "network interfaces of this machine", { "name", "index", "state", "mtu" },
		fill_interfaces },
	{ "metrics", "what is measured, by the paths that --expect takes",
		{ "path", "kind", "unit", "help" }, fill_metrics },
	{ "origins", "where late packets may have been overtaken, see pktlint-reordering(7)",
		{ "name", "summary" }, fill_origins },
	{ "profiles", "protocols whose sequence numbers are known, and those of pktlint.conf(5)",
		{ "name", "found_by", "summary" }, fill_profiles },
	{ "stream-metrics", "what is measured of each numbered stream",
		{ "path", "kind", "unit", "help" }, fill_stream_metrics },
};

#define LISTS (sizeof(lists) / sizeof(lists[0]))

/* A cell as text; numbers are written to `buffer`. */
static const char *cell_text(const struct cell *cell, struct units *buffer)
{
	if (cell->text)
		return cell->text;
	*buffer = units_count(cell->number);
	return buffer->text;
}

static unsigned column_width(const struct table *table, size_t column)
{
	unsigned width = (unsigned)strlen(table->columns[column]);

	for (size_t i = column; i < table->count; i += table->width) {
		struct units buffer;
		unsigned columns = (unsigned)escape_columns(cell_text(&table->cells[i], &buffer));

		if (columns > width)
			width = columns;
	}
	return width;
}

/* Without the blanks at the end. */
static size_t text_length(const char *text)
{
	size_t length = strlen(text);

	while (length && text[length - 1] == ' ')
		length--;
	return length;
}

/* Where the columns before the last one leave too little room, that one stands below them. */
static void print_row(const struct layout *layout, const unsigned *widths, size_t columns,
	const char *const *texts)
{
	char head[512];
	unsigned indent = 0;
	size_t used = 0;

	for (size_t i = 0; i + 1 < columns && used < sizeof(head); i++) {
		unsigned pad = widths[i] - (unsigned)escape_columns(texts[i]) + 2;

		used += (size_t)snprintf(
			head + used, sizeof(head) - used, "%s%*s", texts[i], (int)pad, "");
		indent += widths[i] + 2;
	}
	if (indent + LEAST_COLUMNS > layout->columns) {
		fprintf(layout->out, "%.*s\n", (int)text_length(head), head);
		*head = '\0';
		indent = widths[0] + 2;
	}
	layout_text(layout, head, indent, texts[columns - 1]);
}

static void print_table(const struct table *table)
{
	struct layout layout = layout_make(
		stdout, terminal_columns(stdout, LAYOUT_MAX_COLUMNS), false);
	unsigned widths[MAX_COLUMNS];

	for (size_t i = 0; i < table->width; i++)
		widths[i] = column_width(table, i);
	print_row(&layout, widths, table->width, table->columns);
	for (size_t row = 0; row < table->count; row += table->width) {
		struct units buffers[MAX_COLUMNS];
		const char *texts[MAX_COLUMNS];

		for (size_t i = 0; i < table->width; i++)
			texts[i] = cell_text(&table->cells[row + i], &buffers[i]);
		print_row(&layout, widths, table->width, texts);
	}
}

static void print_json(const struct list *list, const struct table *table)
{
	struct json_value *object = json_value_object(), *rows = json_value_array();

	for (size_t row = 0; row < table->count; row += table->width) {
		struct json_value *entry = json_value_object();

		for (size_t i = 0; i < table->width; i++) {
			const struct cell *cell = &table->cells[row + i];

			json_value_set(entry, table->columns[i],
				cell->text ? json_value_text(cell->text)
					   : json_value_integer(cell->number));
		}
		json_value_append(rows, entry);
	}
	json_value_set(object, "list", json_value_text(list->name));
	json_value_set(object, "rows", rows);
	json_value_write(stdout, object);
	putchar('\n');
}

static void print_list(const struct list *list, bool json, const struct field_list *fields)
{
	struct table table = { .columns = list->columns, .fields = fields };

	while (list->columns[table.width])
		table.width++;
	list->fill(&table);
	if (json)
		print_json(list, &table);
	else
		print_table(&table);
	for (size_t i = 0; i < table.count; i++)
		free(table.cells[i].text);
	free(table.cells);
}

static void print_lists(void)
{
	puts("\nLists:");
	for (size_t i = 0; i < LISTS; i++)
		printf("  %-14s  %s\n", lists[i].name, lists[i].summary);
}

struct list_options {
	bool json;
	const char *config;
};

static const struct option_row option_rows[] = {
	{ 'j', "json", NULL, "as one JSON object", value_flag,
		offsetof(struct list_options, json) },
	{ 0, "config", "FILE", "for profiles: read FILE instead of " CONFIG_FILE "; none: no file",
		config_take_path, offsetof(struct list_options, config) },
	{ 0 },
};

/* Prints the list after what it needs is read.  Returns the exit status. */
static int run(const struct list *list, const struct list_options *options)
{
	struct field_list fields = { 0 };
	struct error error;
	int status;

	if (list->fill == fill_profiles && config_read(&fields, options->config, &error) < 0) {
		status = command_fail("%s", error.text);
	} else {
		print_list(list, options->json, &fields);
		status = command_end(STATUS_OK);
	}
	free(fields.fields);
	return status;
}

int command_list(int argc, char **argv)
{
	struct list_options options = { 0 };
	const struct option_group groups[] = { { "Options:", option_rows, &options } };
	const struct usage usage = {
		.command = "list",
		.synopsis = "[OPTION]... LIST",
		.about = "Prints a table of what this program knows or this machine has.",
		.groups = groups,
		.group_count = 1,
		.more = print_lists,
	};
	int status = options_parse(&usage, argc, argv);

	if (status >= 0)
		return status;
	if (optind == argc)
		return command_fail("no list named: try 'pktlint list --help'");
	if (argc - optind > 1)
		return command_fail("more than one list named: try 'pktlint list --help'");
	for (size_t i = 0; i < LISTS; i++)
		if (strcmp(lists[i].name, argv[optind]) == 0)
			return run(&lists[i], &options);
	return command_fail("unknown list '%s': try 'pktlint list --help'", argv[optind]);
}
