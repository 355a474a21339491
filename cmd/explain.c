/* SPDX-License-Identifier: BSD-2-Clause */
/* pktlint explain: the pages of the catalogue, for the terminal or as JSON. */
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/options.h"
#include "cmd/terminal.h"
#include "cmd/values.h"
#include "report/json_value.h"
#include "report/layout.h"
#include "report/report.h"

#define INDENT 10

struct explain {
	bool json, all;
	enum color color;
};

static const struct option_row rows[] = {
	{ 'a', "all", NULL, "all pages", value_flag, offsetof(struct explain, all) },
	{ 'j', "json", NULL, "as one JSON object", value_flag, offsetof(struct explain, json) },
	{ 0, "color", "WHEN", "auto, always or never", terminal_take_color,
		offsetof(struct explain, color) },
	{ 0 },
};

static void print_page(const struct layout *layout, const struct finding_page *page)
{
	char title[160];

	snprintf(title, sizeof(title), "%s: %s", page->slug, page->title);
	layout_write(layout, &(struct layout_paragraph){
				     .head = page->id,
				     .tone = layout_severity_tone(page->severity),
				     .indent = INDENT,
				     .text = title,
				     .tail = severity_name(page->severity),
			     });
	layout_page(layout, "means", INDENT, page->means);
	layout_page(layout, "measured", INDENT, page->measured);
	layout_page(layout, "not", INDENT, page->is_not);
	layout_page(layout, "check", INDENT, page->check);
	layout_page(layout, "fix", INDENT, page->fix);
}

static struct json_value *page_json(const struct finding_page *page)
{
	struct json_value *object = json_value_object();

	json_value_set(object, "id", json_value_text(page->id));
	json_value_set(object, "slug", json_value_text(page->slug));
	json_value_set(object, "severity", json_value_text(severity_name(page->severity)));
	json_value_set(object, "title", json_value_text(page->title));
	json_value_set(object, "means", json_value_page(page->means));
	json_value_set(object, "measured", json_value_page(page->measured));
	json_value_set(object, "not", json_value_page(page->is_not));
	json_value_set(object, "check", json_value_page(page->check));
	json_value_set(object, "fix", json_value_page(page->fix));
	return object;
}

/* Prints the pages that are wanted, in the catalogue's order. */
static void print_pages(const struct explain *explain, const bool wanted[FINDING_COUNT])
{
	struct layout layout = layout_make(stdout, terminal_columns(stdout, LAYOUT_MAX_COLUMNS),
		terminal_wants_color(explain->color, stdout));
	struct json_value *object = json_value_object(), *array = json_value_array();
	bool further = false;

	for (int i = 0; i < FINDING_COUNT; i++) {
		const struct finding_page *page = finding_page((enum finding_id)i);

		if (!wanted[i])
			continue;
		if (explain->json) {
			json_value_append(array, page_json(page));
			continue;
		}
		if (further)
			putchar('\n');
		print_page(&layout, page);
		further = true;
	}
	json_value_set(object, "schema", json_value_text("pktlint.findings/1"));
	json_value_set(object, "findings", array);
	if (explain->json) {
		json_value_write(stdout, object);
		putchar('\n');
	} else {
		json_value_free(object);
	}
}

int command_explain(int argc, char **argv)
{
	struct explain explain = { .color = COLOR_AUTO };
	const struct option_group groups[] = { { "Options:", rows, &explain } };
	const struct usage usage = {
		.command = "explain",
		.synopsis = "[OPTION]... FINDING...",
		.about = "Prints what a finding means, how it is measured, what it is not, how to\n"
			 "check it by hand and what to do. FINDING is an id or a slug: PL1001,\n"
			 "tcp-reordering.",
		.groups = groups,
		.group_count = 1,
	};
	bool wanted[FINDING_COUNT] = { false };
	int status = options_parse(&usage, argc, argv);

	if (status >= 0)
		return status;
	if (optind == argc && !explain.all)
		return command_fail("no finding given: see 'pktlint list findings'");
	for (int i = optind; i < argc; i++) {
		int id = finding_find(argv[i]);

		if (id < 0)
			return command_fail(
				"unknown finding '%s': see 'pktlint list findings'", argv[i]);
		wanted[id] = true;
	}
	for (int i = 0; i < FINDING_COUNT; i++)
		wanted[i] |= explain.all;
	print_pages(&explain, wanted);
	return command_end(STATUS_OK);
}
