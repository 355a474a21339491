/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_JSON_VALUE_H
#define PKTLINT_REPORT_JSON_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Values of a JSON document, built in memory and written one by one: what the library would let
 * pass and RFC 8259 does not (NaN, infinity, bad UTF-8) cannot be built.  Keys are static texts of
 * ours.  A NULL value is JSON's null.  What is added to an object or array belongs to it.
 */
struct json_value;

struct json_value *json_value_object(void);
struct json_value *json_value_array(void);

/* Escaped with escape_text(); NULL and "" give null. */
struct json_value *json_value_text(const char *text);

/* Static text of ours, taken as it is, newlines included. */
struct json_value *json_value_page(const char *text);

/* An integer where it is one, else nine significant digits; null if it is not finite. */
struct json_value *json_value_number(double number);
struct json_value *json_value_integer(uint64_t integer);
struct json_value *json_value_bool(bool truth);

/* RFC 3339 with nanoseconds. */
struct json_value *json_value_time(int64_t ns);

void json_value_set(struct json_value *object, const char *key, struct json_value *value);
void json_value_append(struct json_value *array, struct json_value *value);

/* Writes it on one line, without a newline, and frees it.  Failures show in ferror(out). */
void json_value_write(FILE *out, struct json_value *value);

void json_value_free(struct json_value *value);

#endif
