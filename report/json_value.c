/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wrapper between the program and json-c, which prints NaN as it is, passes bad UTF-8 on and
 * gives 0.1 seventeen digits (seen in 0.16). Every value that enters a document passes here.
 */
#include "report/json_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "report/escape.h"
#include "report/units.h"

/* struct json_value is json-c's object under a name of ours. */
static struct json_object *theirs(struct json_value *value)
{
	return (struct json_object *)value;
}

static struct json_value *ours(struct json_object *object)
{
	return (struct json_value *)object;
}

struct json_value *json_value_object(void)
{
	return ours(json_object_new_object());
}

struct json_value *json_value_array(void)
{
	return ours(json_object_new_array());
}

struct json_value *json_value_text(const char *text)
{
	struct json_object *object;
	char *safe;

	if (!text || !*text)
		return NULL;
	safe = escape_copy(text);
	object = json_object_new_string(safe);
	free(safe);
	return ours(object);
}

struct json_value *json_value_page(const char *text)
{
	return ours(json_object_new_string(text));
}

struct json_value *json_value_number(double number)
{
	char digits[40];
	char *comma;

	if (!isfinite(number))
		return NULL;
	if (fabs(number) < 9007199254740992.0 && number == (double)(int64_t)number)
		return ours(json_object_new_int64((int64_t)number));
	snprintf(digits, sizeof(digits), "%.9g", number);
	comma = strchr(digits, ',');
	if (comma)
		*comma = '.';
	return ours(json_object_new_double_s(number, digits));
}

struct json_value *json_value_integer(uint64_t integer)
{
	return ours(json_object_new_uint64(integer));
}

struct json_value *json_value_bool(bool truth)
{
	return ours(json_object_new_boolean(truth));
}

struct json_value *json_value_time(int64_t ns)
{
	return json_value_text(units_time(ns).text);
}

void json_value_set(struct json_value *object, const char *key, struct json_value *value)
{
	json_object_object_add(theirs(object), key, theirs(value));
}

void json_value_append(struct json_value *array, struct json_value *value)
{
	json_object_array_add(theirs(array), theirs(value));
}

void json_value_write(FILE *out, struct json_value *value)
{
	fputs(json_object_to_json_string_ext(
		      theirs(value), JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE),
		out);
	json_value_free(value);
}

void json_value_free(struct json_value *value)
{
	json_object_put(theirs(value));
}
