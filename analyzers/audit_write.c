/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How does one write to a file of each queue or interrupt, without a page of lines? A line a file
 * for one or two; else a loop, which is taken back and read back by loops, in the words of a
 * POSIX shell (XCU 2.9.4.2). Where they do not fit one command there are several.
 */
#include "analyzers/audit_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FEWEST_OF_LOOP 3

/* Files next to each other in a set. */
struct part {
	const struct audit_file_set *set;
	size_t first, count;
};

static const struct audit_file *file_of(const struct part *part, size_t index)
{
	return &part->set->files[part->first + index];
}

/* What is to be written, or what stands there now, "" if that is not known or no number or list. */
static const char *content(const struct audit_file *file, bool before)
{
	if (!before)
		return file->value;
	if (!file->before || strspn(file->before, "0123456789abcdef,-") != strlen(file->before))
		return "";
	return file->before;
}

static bool is_known(const struct part *part, bool before)
{
	for (size_t i = 0; i < part->count; i++) {
		if (!*content(file_of(part, i), before))
			return false;
	}
	return true;
}

static bool is_alike(const struct part *part, bool before)
{
	for (size_t i = 1; i < part->count; i++) {
		if (strcmp(content(file_of(part, i), before), content(file_of(part, 0), before)) !=
			0)
			return false;
	}
	return true;
}

/* Appends; false once it does not fit. */
__attribute__((format(printf, 3, 4))) static bool add(
	char *text, size_t size, const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;
	int added;

	va_start(arguments, format);
	added = vsnprintf(text + length, size - length, format, arguments);
	va_end(arguments);
	return added >= 0 && (size_t)added < size - length;
}

/* "for n in 0 1; do echo 1 > .../rx-$n/rps_cpus; done", with values that differ behind colons. */
static bool put_loop(char *text, size_t size, const struct part *part, bool before)
{
	const struct audit_file_set *set = part->set;
	bool alike = is_alike(part, before), fits;

	*text = '\0';
	fits = add(text, size, "for n in");
	for (size_t i = 0; i < part->count; i++) {
		const struct audit_file *file = file_of(part, i);

		fits = fits && add(text, size, " %u", file->number);
		if (!alike)
			fits = fits && add(text, size, ":%s", content(file, before));
	}
	if (alike)
		return fits && add(text, size, "; do echo %s > %s$n%s; done",
				       content(file_of(part, 0), before), set->head, set->tail);
	return fits &&
	       add(text, size, "; do echo ${n#*:} > %s${n%%:*}%s; done", set->head, set->tail);
}

static bool put_reading(char *text, size_t size, const struct part *part)
{
	bool fits;

	*text = '\0';
	fits = add(text, size, "for n in");
	for (size_t i = 0; i < part->count; i++)
		fits = fits && add(text, size, " %u", file_of(part, i)->number);
	return fits && add(text, size, "; do cat %s$n%s; done", part->set->head, part->set->shown);
}

/* Where another file shows it, what that says need not be what was written. */
static void expect(struct finding_command *command, const struct part *part)
{
	if (strcmp(part->set->tail, part->set->shown) == 0)
		snprintf(command->wanted, sizeof(command->wanted), "%s", file_of(part, 0)->value);
}

static void write_one(struct finding *finding, const struct part *part)
{
	const struct audit_file_set *set = part->set;
	const struct audit_file *file = file_of(part, 0);
	struct finding_command *command = finding_command(finding, RISK_HOT, "echo %s > %s%u%s",
		file->value, set->head, file->number, set->tail);

	if (is_known(part, true))
		audit_undo(command, "echo %s > %s%u%s", file->before, set->head, file->number,
			set->tail);
	snprintf(command->read, sizeof(command->read), "cat %s%u%s", set->head, file->number,
		set->shown);
	expect(command, part);
}

/* All files that there are get one value; `sort -u` shows that value once if all took it. */
static void write_all(struct finding *finding, const struct part *part)
{
	const struct audit_file_set *set = part->set;
	struct finding_command *command = finding_command(finding, RISK_HOT,
		"for f in %s*%s; do echo %s > \"$f\"; done", set->head, set->tail,
		file_of(part, 0)->value);

	if (is_known(part, true) && is_alike(part, true))
		audit_undo(command, "for f in %s*%s; do echo %s > \"$f\"; done", set->head,
			set->tail, file_of(part, 0)->before);
	else if (is_known(part, true) &&
		 !put_loop(command->undo, sizeof(command->undo), part, true))
		*command->undo = '\0';
	snprintf(command->read, sizeof(command->read), "sort -u %s*%s", set->head, set->shown);
	expect(command, part);
}

/* Whether a command can say it of all files of the part. */
static bool fits(const struct part *part)
{
	struct finding_command trial;

	return put_loop(trial.line, sizeof(trial.line), part, false) &&
	       put_reading(trial.read, sizeof(trial.read), part) &&
	       (!is_known(part, true) || put_loop(trial.undo, sizeof(trial.undo), part, true));
}

static void write_some(struct finding *finding, const struct part *part)
{
	struct finding_command *command;
	char line[sizeof(command->line)];

	put_loop(line, sizeof(line), part, false);
	command = finding_command(finding, RISK_HOT, "%s", line);
	put_reading(command->read, sizeof(command->read), part);
	if (is_known(part, true))
		put_loop(command->undo, sizeof(command->undo), part, true);
}

/* Whether one glob names them all, gives all of them one value, and can be taken back. */
static bool is_for_all(const struct part *part)
{
	char undo[sizeof(((struct finding_command *)NULL)->undo)];

	return part->set->whole && part->count >= FEWEST_OF_LOOP && is_alike(part, false) &&
	       (!is_known(part, true) || is_alike(part, true) ||
		       put_loop(undo, sizeof(undo), part, true));
}

void audit_write_files(struct finding *finding, const struct audit_file_set *set)
{
	struct part part = { set, 0, set->count };

	if (is_for_all(&part)) {
		write_all(finding, &part);
		return;
	}
	for (; part.first < set->count; part.first += part.count) {
		part.count = set->count - part.first;
		while (part.count > 1 && (part.count < FEWEST_OF_LOOP || !fits(&part)))
			part.count--;
		if (part.count == 1)
			write_one(finding, &part);
		else
			write_some(finding, &part);
	}
}
