/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How is a number written for a person? Three significant digits with the unit that fits them,
 * whole counts with separators, and never a locale.
 */
#include "report/units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/number.h"

#define NS_PER_SECOND 1000000000

struct scale {
	double one; /* of this unit, in the base unit */
	const char *name;
};

/* Largest first. */
static const struct scale durations[] = {
	{ 86400e9, "d" },
	{ 3600e9, "h" },
	{ 60e9, "min" },
	{ 1e9, "s" },
	{ 1e6, "ms" },
	{ 1e3, "us" },
	{ 1, "ns" },
	{ 0, NULL },
};

static const struct scale sizes[] = {
	{ 1e12, "TB" },
	{ 1e9, "GB" },
	{ 1e6, "MB" },
	{ 1e3, "kB" },
	{ 1, "B" },
	{ 0, NULL },
};

static const struct scale small_shares[] = {
	{ 1e-6, "ppm" },
	{ 1e-9, "ppb" },
	{ 0, NULL },
};

/* Whether it can be cast to an integer and is one. */
static bool is_whole(double number)
{
	return number > -1e15 && number < 1e15 && number == (double)(int64_t)number;
}

/* `number` >= 0 with three significant digits, whole numbers without a point. */
static void write_digits(char *out, size_t size, double number)
{
	int decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;

	if (is_whole(number))
		decimals = 0;
	snprintf(out, size, "%.*f", decimals, number);
}

static struct units write_scaled(const struct scale *scale, double value)
{
	struct units out;
	const char *sign = value < 0 ? "-" : "";
	double size = value < 0 ? -value : value;
	char digits[32];

	/* 999.6 of a unit would round to 1000: it is one of the next. */
	while (scale[1].name && size < scale->one * 0.9995)
		scale++;
	write_digits(digits, sizeof(digits), size / scale->one);
	snprintf(out.text, sizeof(out.text), "%s%s %s", sign, digits, scale->name);
	return out;
}

struct units units_count(uint64_t number)
{
	struct units out = { "" };

	number_grouped(number, out.text);
	return out;
}

struct units units_round(double number)
{
	if (number >= 0x1p64)
		return units_count(UINT64_MAX);
	return units_count(number > 0 ? (uint64_t)(number + 0.5) : 0);
}

struct units units_packet_rate(double per_second)
{
	struct units out = units_round(per_second);

	strcat(out.text, strcmp(out.text, "1") == 0 ? " packet/s" : " packets/s");
	return out;
}

struct units units_duration(int64_t ns)
{
	return write_scaled(durations, (double)ns);
}

struct units units_bytes(double bytes)
{
	return write_scaled(sizes, bytes);
}

struct units units_ratio(double ratio)
{
	struct units out;
	double size = ratio < 0 ? -ratio : ratio;
	int decimals = size >= 0.1 ? 1 : size >= 0.01 ? 2 : 3;

	if (size > 0 && size < 1e-4)
		return write_scaled(small_shares, ratio);
	if (is_whole(100 * ratio))
		decimals = 0;
	snprintf(out.text, sizeof(out.text), "%.*f %%", decimals, 100 * ratio);
	return out;
}

struct units units_share(uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return (struct units){ "-" };
	return units_ratio((double)part / (double)whole);
}

struct units units_time(int64_t ns)
{
	struct units out;
	int64_t second = ns / NS_PER_SECOND, rest = ns % NS_PER_SECOND;
	time_t seconds;
	struct tm tm;
	size_t length;

	if (rest < 0) {
		rest += NS_PER_SECOND;
		second--;
	}
	seconds = (time_t)second;
	gmtime_r(&seconds, &tm);
	length = strftime(out.text, sizeof(out.text), "%FT%T", &tm);
	snprintf(out.text + length, sizeof(out.text) - length, ".%09" PRId64 "Z", rest);
	return out;
}

static struct units write_plain(double value)
{
	struct units out;

	if (value >= 0 && is_whole(value))
		return units_count((uint64_t)value);
	snprintf(out.text, sizeof(out.text), "%.3g", value);
	return out;
}

struct units units_value(enum metric_unit unit, double value)
{
	struct units out;

	if (unit == UNIT_NS)
		return write_scaled(durations, value);
	if (unit == UNIT_BYTES)
		return units_bytes(value);
	if (unit == UNIT_RATIO)
		return units_ratio(value);
	if (unit != UNIT_BYTES_PER_SECOND)
		return write_plain(value);
	out = units_bytes(value);
	strncat(out.text, "/s", sizeof(out.text) - strlen(out.text) - 1);
	return out;
}
