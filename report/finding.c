/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be claimed? The catalogue's pages, by id and by name, all from findings.def. */
#include "report/finding.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const severity_names[] = {
	[SEVERITY_INFO] = "info",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_ERROR] = "error",
};

static const char *const confidence_names[] = {
	[CONFIDENCE_NONE] = "none",
	[CONFIDENCE_POSSIBLE] = "possible",
	[CONFIDENCE_LIKELY] = "likely",
	[CONFIDENCE_PROVEN] = "proven",
};

static const char *const risk_names[] = {
	[RISK_NONE] = "none",
	[RISK_HOT] = "hot",
	[RISK_BLIP] = "blip",
	[RISK_CUTS_YOU] = "cuts-you",
};

static const struct finding_page pages[FINDING_COUNT] = {
#define FINDING(name, slug_text, usual, title_text, means_text, measured_text, is_not_text, \
	check_text, fix_text) \
	[FINDING_##name] = { \
		.id = #name, \
		.slug = slug_text, \
		.severity = SEVERITY_##usual, \
		.title = title_text, \
		.means = means_text, \
		.measured = measured_text, \
		.is_not = is_not_text, \
		.check = check_text, \
		.fix = fix_text, \
	},
#include "report/findings.def"
#undef FINDING
};

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

const char *confidence_name(enum confidence confidence)
{
	return confidence_names[confidence];
}

const char *command_risk_name(enum command_risk risk)
{
	return risk_names[risk];
}

const struct finding_page *finding_page(enum finding_id id)
{
	assert((unsigned)id < FINDING_COUNT);
	return &pages[id];
}

int finding_find(const char *id_or_slug)
{
	for (int i = 0; i < FINDING_COUNT; i++)
		if (strcasecmp(pages[i].id, id_or_slug) == 0 ||
			strcasecmp(pages[i].slug, id_or_slug) == 0)
			return i;
	return -1;
}

void finding_number(struct finding *finding, const char *name, double value)
{
	if (finding->number_count >= FINDING_MAX_NUMBERS)
		return;
	finding->numbers[finding->number_count].name = name;
	finding->numbers[finding->number_count++].value = value;
}

struct finding_command *finding_command(
	struct finding *finding, enum command_risk risk, const char *format, ...)
{
	struct finding_command *command = &finding->commands[finding->command_count];
	va_list arguments;
	int length;

	memset(command, 0, sizeof(*command));
	va_start(arguments, format);
	length = vsnprintf(command->line, sizeof(command->line), format, arguments);
	va_end(arguments);
	command->risk = risk;
	if (finding->command_count < FINDING_MAX_COMMANDS && length >= 0 &&
		(size_t)length < sizeof(command->line))
		finding->command_count++;
	return command;
}

void finding_value(struct finding *finding, const char *path, const char *text)
{
	struct finding_value *value = &finding->values[finding->value_count];

	if (finding->value_count >= FINDING_MAX_VALUES)
		return;
	snprintf(value->path, sizeof(value->path), "%s", path);
	snprintf(value->text, sizeof(value->text), "%s", text);
	finding->value_count++;
}

void finding_frame(struct finding *finding, uint64_t frame)
{
	finding->frame_total++;
	if (finding->frame_count < FINDING_MAX_FRAMES)
		finding->frames[finding->frame_count++] = frame;
}
