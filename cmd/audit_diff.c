/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is set otherwise in the second of two snapshots, and what did count meanwhile? A line a
 * value for people; for programs one object, "pktlint.host-diff/1", see pktlint-json(5).
 */
#include "cmd/audit_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/draft.h"
#include "report/json_value.h"
#include "report/units.h"

#define NEAR 4096 /* differences that are compared with one: those of an interface's queues */

/* A copy with blanks for the tabs that stand between several numbers of a setting, to be freed. */
static char *without_tabs(const char *text)
{
	char *copy = memory_copy_text(text);

	for (char *tab = copy; (tab = strchr(tab, '\t'));)
		*tab = ' ';
	return copy;
}

static const char *text_of(const struct snapshot_value *value)
{
	if (!value)
		return "(not there)";
	if (value->state != VALUE_PRESENT)
		return value_state_name(value->state);
	return *value->text ? value->text : "(empty)";
}

/* What follows the number of a queue in a path, "/rps_cpus"; NULL of others. */
static const char *behind_queue(const char *path)
{
	const char *queue = strstr(path, "/queues/");

	return queue ? strchr(queue + strlen("/queues/"), '/') : NULL;
}

/* Up to the number of the queue. */
static size_t before_queue(const char *path)
{
	return (size_t)(strchr(strstr(path, "/queues/"), '-') - path) + 1;
}

/* Whether they are the same difference, each of a queue of one interface. */
static bool is_alike(const struct difference *a, const struct difference *b)
{
	const char *end = behind_queue(a->path), *other = behind_queue(b->path);

	return end && other && strcmp(end, other) == 0 &&
	       strchr(strstr(a->path, "/queues/"), '-') &&
	       strncmp(a->path, b->path, before_queue(a->path)) == 0 &&
	       strcmp(text_of(a->before), text_of(b->before)) == 0 &&
	       strcmp(text_of(a->after), text_of(b->after)) == 0;
}

static bool is_shown_before(const struct comparison *comparison, size_t index)
{
	for (size_t i = index > NEAR ? index - NEAR : 0; i < index; i++)
		if (is_alike(&comparison->differences[i], &comparison->differences[index]))
			return true;
	return false;
}

/* The path, or that of all queues of which the same is to be said, which follow it. */
static void put_path(FILE *out, const struct comparison *comparison, size_t index)
{
	const struct difference *difference = &comparison->differences[index];
	size_t queues = 1;

	for (size_t i = index + 1; i < comparison->count && i - index <= NEAR; i++)
		queues += is_alike(difference, &comparison->differences[i]);
	if (queues == 1)
		fputs(difference->path, out);
	else
		fprintf(out, "%.*s*%s of %zu queues", (int)before_queue(difference->path),
			difference->path, behind_queue(difference->path), queues);
}

static void write_difference(
	const struct layout *layout, const struct comparison *comparison, size_t index)
{
	const struct difference *difference = &comparison->differences[index];
	char *before = without_tabs(text_of(difference->before));
	char *after = without_tabs(text_of(difference->after));
	struct draft draft;
	FILE *out = draft_open(&draft);

	if (out) {
		put_path(out, comparison, index);
		fprintf(out, ": %s -> %s", before, after);
	}
	free(before);
	free(after);
	if (!out)
		return;
	if (difference->counter && difference->has_rise)
		fprintf(out, " (+%s)", units_count(difference->rise).text);
	draft_set(layout, &draft, &(struct layout_paragraph){ .head = "", .hang = 4 });
}

static void write_kind(
	const struct layout *layout, const struct comparison *comparison, bool counter)
{
	for (size_t i = 0; i < comparison->count; i++)
		if (comparison->differences[i].counter == counter &&
			!is_shown_before(comparison, i))
			write_difference(layout, comparison, i);
}

static void write_text(FILE *out, const struct comparison *comparison, const struct diff_look *look)
{
	struct layout layout = layout_make(out, look->columns, look->color);

	write_kind(&layout, comparison, false);
	if (look->counters)
		write_kind(&layout, comparison, true);
	fprintf(out, "%s setting%s differ%s", units_count(comparison->settings).text,
		draft_plural(comparison->settings), comparison->settings == 1 ? "s" : "");
	if (comparison->counters > 0)
		fprintf(out, ", and %s counter%s%s", units_count(comparison->counters).text,
			draft_plural(comparison->counters),
			look->counters ? "" : ": -v shows them");
	putc('\n', out);
}

static struct json_value *value_json(const struct snapshot_value *value)
{
	struct json_value *object;

	if (!value)
		return NULL;
	if (value->state == VALUE_PRESENT) {
		char *text = without_tabs(value->text);

		object = *text ? json_value_text(text) : json_value_page("");
		free(text);
		return object;
	}
	object = json_value_object();
	json_value_set(object, "unknown", json_value_text(value_state_name(value->state)));
	return object;
}

static void write_list(
	FILE *out, const char *key, const struct comparison *comparison, bool counter)
{
	const char *comma = "\n";

	fprintf(out, ",\n\"%s\": [", key);
	for (size_t i = 0; i < comparison->count; i++) {
		const struct difference *difference = &comparison->differences[i];
		struct json_value *object;

		if (difference->counter != counter)
			continue;
		object = json_value_object();
		json_value_set(object, "path", json_value_text(difference->path));
		json_value_set(object, "before", value_json(difference->before));
		json_value_set(object, "after", value_json(difference->after));
		if (counter)
			json_value_set(object, "rise",
				difference->has_rise ? json_value_integer(difference->rise) : NULL);
		fputs(comma, out);
		json_value_write(out, object);
		comma = ",\n";
	}
	putc(']', out);
}

static void write_time(FILE *out, const char *key, const struct snapshot *snapshot)
{
	int64_t taken_ns = snapshot_taken_ns(snapshot);

	fprintf(out, ",\n\"%s\": ", key);
	json_value_write(out, taken_ns ? json_value_time(taken_ns) : NULL);
}

int diff_write(FILE *out, const struct snapshot *before, const struct snapshot *after,
	const struct comparison *comparison, const struct diff_look *look)
{
	if (look->json) {
		fputs("{\n\"schema\": \"pktlint.host-diff/1\"", out);
		write_time(out, "before", before);
		write_time(out, "after", after);
		write_list(out, "settings", comparison, false);
		write_list(out, "counters", comparison, true);
		fputs("\n}\n", out);
	} else {
		write_text(out, comparison, look);
	}
	return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}
