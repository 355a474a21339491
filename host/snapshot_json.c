/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How is a snapshot kept in a file? As one JSON object, "pktlint.host/1", a value a line; the
 * format is described by pktlint-host(5).  What is read may be anything.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "host/compare.h"
#include "host/snapshot.h"

#define SCHEMA "pktlint.host/1"
#define MAX_BYTES (64 << 20)
#define MAX_DEPTH 8
#define NS_PER_SECOND INT64_C(1000000000)

static const char unknown_key[] = "unknown";

/* How many bytes of UTF-8 make the next character; 0 if they are none (RFC 3629, section 4). */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = *text < 0x80 ? 1 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;

	if ((*text >= 0x80 && *text < 0xc2) || *text > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Longer than need be, a surrogate, or beyond Unicode. */
	if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f) ||
		(*text == 0xf0 && text[1] < 0x90) || (*text == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

/* As JSON has a text, which may be anything: other bytes than UTF-8 as those of Latin 1. */
static void write_text(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	putc('"', out);
	while (*at) {
		size_t length = utf8_length(at);

		if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if (length == 0 || *at < ' ' || *at == 0x7f)
			fprintf(out, "\\u%04x", *at);
		else
			fwrite(at, 1, length, out);
		at += length ? length : 1;
	}
	putc('"', out);
}

static void write_time(FILE *out, int64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
	struct tm moment;
	char text[32];

	if (time_ns <= 0 || !gmtime_r(&seconds, &moment)) {
		fputs("null", out);
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &moment);
	fprintf(out, "\"%s.%09" PRId64 "Z\"", text, time_ns % NS_PER_SECOND);
}

/* Writes a member, after a comma if it is not the first. */
static void write_value(
	FILE *out, bool *further, const char *path, enum value_state state, const char *text)
{
	fputs(*further ? ",\n" : "\n", out);
	*further = true;
	write_text(out, path);
	fputs(": ", out);
	if (state == VALUE_PRESENT)
		write_text(out, text);
	else
		fprintf(out, "{\"%s\": \"%s\"}", unknown_key, value_state_name(state));
}

static void write_values(FILE *out, const struct snapshot *snapshot)
{
	const struct snapshot_value *value;
	size_t count = snapshot_below(snapshot, "", &value);
	bool further = false;

	putc('{', out);
	for (; count > 0; count--, value++)
		write_value(out, &further, value->path, value->state, value->text);
	fputs(further ? "\n}" : "}", out);
}

/*
 * Writes of the earlier values those that are not the same in the later ones, and those that came
 * only later as absent: what is left out is read as the same.
 */
static void write_differences(
	FILE *out, const struct snapshot *before, const struct snapshot *after)
{
	struct comparison *comparison = compare_snapshots(before, after);
	bool further = false;

	putc('{', out);
	for (size_t i = 0; i < comparison->count; i++) {
		const struct snapshot_value *value = comparison->differences[i].before;

		write_value(out, &further, comparison->differences[i].path,
			value ? value->state : VALUE_ABSENT, value ? value->text : "");
	}
	fputs(further ? "\n}" : "}", out);
	compare_free(comparison);
}

int snapshot_write(FILE *out, const struct snapshot *snapshot, const struct snapshot *before)
{
	fprintf(out, "{\"schema\": \"%s\",\n\"taken\": ", SCHEMA);
	write_time(out, snapshot_taken_ns(snapshot));
	fputs(",\n\"values\": ", out);
	write_values(out, snapshot);
	fputs(",\n\"before\": ", out);
	if (before) {
		fputs("{\"taken\": ", out);
		write_time(out, snapshot_taken_ns(before));
		fputs(",\n\"values\": ", out);
		write_differences(out, before, snapshot);
		putc('}', out);
	} else {
		fputs("null", out);
	}
	fputs("}\n", out);
	return ferror(out) ? -1 : 0;
}

/* RFC 3339 in UTC, with or without a fraction; 0 if it is not. */
static int64_t read_time(struct json_object *value)
{
	const char *text = value ? json_object_get_string(value) : NULL, *rest;
	struct tm moment = { 0 };
	int64_t fraction = 0, digit = NS_PER_SECOND;

	if (!text || !json_object_is_type(value, json_type_string))
		return 0;
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &moment);
	if (!rest || moment.tm_year < 70 || moment.tm_year > 300)
		return 0;
	if (*rest == '.') {
		for (rest++; *rest >= '0' && *rest <= '9'; rest++)
			fraction += (*rest - '0') * (digit /= 10);
	}
	if (strcmp(rest, "Z") != 0)
		return 0;
	return (int64_t)timegm(&moment) * NS_PER_SECOND + fraction;
}

/* The state that an object {"unknown": REASON} tells, or -1. */
static int read_state(struct json_object *value)
{
	struct json_object *reason;

	if (!json_object_is_type(value, json_type_object) ||
		!json_object_object_get_ex(value, unknown_key, &reason) ||
		!json_object_is_type(reason, json_type_string))
		return -1;
	for (int state = VALUE_PRESENT + 1; state < VALUE_STATES; state++) {
		if (strcmp(json_object_get_string(reason), value_state_name(state)) == 0)
			return state;
	}
	return -1;
}

/* A text that ends where JSON ends it, or NULL. */
static const char *read_text(struct json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

/* Adds the members of `values`; counts those that are no values in `*odd`. */
static void read_values(struct json_object *values, struct snapshot *snapshot, uint64_t *odd)
{
	json_object_object_foreach(values, path, value)
	{
		const char *text = read_text(value);
		int state = read_state(value);

		if (text)
			snapshot_set(snapshot, path, text);
		else if (state > 0)
			snapshot_set_unknown(snapshot, path, (enum value_state)state);
		else
			++*odd;
	}
}

/* Makes a snapshot of an object with "taken" and "values"; NULL if it has none. */
static struct snapshot *read_snapshot(
	struct json_object *object, const struct snapshot *rest, uint64_t *odd)
{
	struct json_object *values, *taken = NULL;
	struct snapshot *snapshot;
	const struct snapshot_value *value;

	if (!json_object_is_type(object, json_type_object) ||
		!json_object_object_get_ex(object, "values", &values) ||
		!json_object_is_type(values, json_type_object))
		return NULL;
	snapshot = snapshot_new();
	json_object_object_get_ex(object, "taken", &taken);
	snapshot_set_taken(snapshot, read_time(taken));
	for (size_t count = rest ? snapshot_below(rest, "", &value) : 0; count > 0;
		count--, value++) {
		if (value->state == VALUE_PRESENT)
			snapshot_set(snapshot, value->path, value->text);
		else
			snapshot_set_unknown(snapshot, value->path, value->state);
	}
	read_values(values, snapshot, odd);
	snapshot_seal(snapshot);
	return snapshot;
}

/* Reads all of `in`.  Returns it, to be freed, or NULL with `error` filled. */
static char *read_all(FILE *in, size_t *length, struct error *error)
{
	size_t size = 65536;
	char *text = memory_alloc(1, size);

	*length = 0;
	for (;;) {
		*length += fread(text + *length, 1, size - *length, in);
		if (*length < size)
			break;
		if (size >= MAX_BYTES) {
			error_set(error, "it is larger than 64 MiB");
			goto fail;
		}
		size *= 2;
		text = memory_grow(text, size, 1);
	}
	if (!ferror(in))
		return text;
	error_set(error, "%s", strerror(errno));
fail:
	free(text);
	return NULL;
}

static const char *parse_error(struct json_tokener *tokener, size_t length)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);

	if (length == 0)
		return "it is empty";
	if (error == json_tokener_success)
		return "it is null";
	return error == json_tokener_continue ? "it ends too early"
					      : json_tokener_error_desc(error);
}

static struct json_object *parse(const char *text, size_t length, struct error *error)
{
	struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);
	struct json_object *document;
	size_t end;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	document = json_tokener_parse_ex(tokener, text, (int)length);
	end = json_tokener_get_parse_end(tokener);
	while (document && end < length && strchr(" \t\r\n", text[end]) && text[end])
		end++;
	if (!document) {
		error_set(error, "it is not JSON: %s", parse_error(tokener, length));
	} else if (end < length) {
		error_set(error, "it goes on after its end, at byte %zu", end);
		json_object_put(document);
		document = NULL;
	}
	json_tokener_free(tokener);
	return document;
}

static int check_schema(struct json_object *document, struct error *error)
{
	struct json_object *schema;

	if (!json_object_is_type(document, json_type_object) ||
		!json_object_object_get_ex(document, "schema", &schema) ||
		!json_object_is_type(schema, json_type_string))
		return error_set(error, "it is no snapshot: it has no \"schema\": \"%s\"", SCHEMA);
	if (strcmp(json_object_get_string(schema), SCHEMA) == 0)
		return 0;
	return error_set(
		error, "it is of format '%.60s', not '%s'", json_object_get_string(schema), SCHEMA);
}

int snapshot_read(FILE *in, struct snapshot **snapshot, struct snapshot **before, uint64_t *odd,
	struct error *error)
{
	struct json_object *document = NULL, *earlier;
	size_t length;
	char *text = read_all(in, &length, error);

	*snapshot = *before = NULL;
	*odd = 0;
	if (!text)
		return -1;
	document = parse(text, length, error);
	free(text);
	if (!document)
		return -1;
	if (check_schema(document, error) == 0) {
		*snapshot = read_snapshot(document, NULL, odd);
		if (!*snapshot)
			error_set(error, "it is no snapshot: it has no \"values\"");
	}
	if (*snapshot && json_object_object_get_ex(document, "before", &earlier) && earlier) {
		*before = read_snapshot(earlier, *snapshot, odd);
		*odd += !*before;
	}
	json_object_put(document);
	return *snapshot ? 0 : -1;
}
