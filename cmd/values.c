/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a word on the command line stand for?  Numbers are read as decimals with integers
 * only, so that "0.1s" is exactly 100,000,000 ns; units come from tables.
 */
#include "cmd/values.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "report/finding.h"

struct unit {
	const char *name;
	uint64_t scale;
};

static const struct unit count_units[] = {
	{ "", 1 },
	{ "k", 1000 },
	{ "M", 1000000 },
	{ "G", 1000000000 },
	{ 0 },
};

static const struct unit byte_units[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "kB", 1000 },
	{ "MB", 1000000 },
	{ "KiB", 1024 },
	{ "MiB", 1048576 },
	{ "GB", 1000000000 },
	{ "GiB", 1073741824 },
	{ 0 },
};

static const struct unit time_units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "min", 60000000000 },
	{ "h", 3600000000000 },
	{ 0 },
};

static const struct unit epoch_units[] = {
	{ "", 1000000000 },
	{ 0 },
};

static const struct unit ratio_units[] = {
	{ "", 1000000000 },
	{ "%", 10000000 },
	{ 0 },
};

/* Reads "12", "1.5k" as a multiple of the unit; 0, or -1 if it is not exactly that or too large. */
static int read_scaled(const char *word, const struct unit *units, uint64_t *value)
{
	size_t whole = strspn(word, "0123456789");
	const char *fraction = word + whole + (word[whole] == '.');
	size_t digits = word[whole] == '.' ? strspn(fraction, "0123456789") : 0;
	const struct unit *unit = units;
	uint64_t part;

	if (whole == 0 || (word[whole] == '.' && digits == 0))
		return -1;
	while (unit->name && strcmp(unit->name, fraction + digits) != 0)
		unit++;
	if (!unit->name)
		return -1;
	*value = 0;
	for (size_t i = 0; i < whole; i++)
		if (__builtin_mul_overflow(*value, 10, value) ||
			__builtin_add_overflow(*value, (uint64_t)(word[i] - '0'), value))
			return -1;
	if (__builtin_mul_overflow(*value, unit->scale, value))
		return -1;
	part = unit->scale;
	for (size_t i = 0; i < digits; i++) {
		if (part % 10 != 0 && fraction[i] != '0')
			return -1;
		part /= 10;
		if (__builtin_add_overflow(*value, part * (uint64_t)(fraction[i] - '0'), value))
			return -1;
	}
	return 0;
}

int value_flag(void *target, const char *word, struct error *error)
{
	*(bool *)target = true;
	return 0;
}

int value_repeat(void *target, const char *word, struct error *error)
{
	++*(int *)target;
	return 0;
}

int value_ignore(void *target, const char *word, struct error *error)
{
	return 0;
}

int value_text(void *target, const char *word, struct error *error)
{
	if (!*word)
		return error_set(error, "the word is empty");
	*(const char **)target = word;
	return 0;
}

int value_list(void *target, const char *word, struct error *error)
{
	struct word_list *list = target;

	if (!*word)
		return error_set(error, "the word is empty");
	list->words = memory_grow(list->words, list->count + 1, sizeof(*list->words));
	list->words[list->count++] = word;
	return 0;
}

static int read_count(
	const char *word, uint64_t least, uint64_t most, uint64_t *value, struct error *error)
{
	if (read_scaled(word, count_units, value) < 0 || *value < least || *value > most)
		return error_set(error,
			"'%s' is not a whole number from %llu to %llu (k, M and G may follow)",
			word, (unsigned long long)least, (unsigned long long)most);
	return 0;
}

int value_count(void *target, const char *word, struct error *error)
{
	return read_count(word, 1, INT64_MAX, target, error);
}

int value_count32(void *target, const char *word, struct error *error)
{
	uint64_t value;

	if (read_count(word, 1, UINT32_MAX, &value, error) < 0)
		return -1;
	*(uint32_t *)target = value;
	return 0;
}

int value_number32(void *target, const char *word, struct error *error)
{
	uint64_t value;

	if (read_count(word, 0, UINT32_MAX, &value, error) < 0)
		return -1;
	*(uint32_t *)target = value;
	return 0;
}

int value_bytes32(void *target, const char *word, struct error *error)
{
	uint64_t value;

	if (read_scaled(word, byte_units, &value) < 0 || value > UINT32_MAX)
		return error_set(
			error, "'%s' is not a number of bytes (as 96, 2kB or 64KiB)", word);
	*(uint32_t *)target = value;
	return 0;
}

int value_bytes(void *target, const char *word, struct error *error)
{
	if (read_scaled(word, byte_units, target) < 0 || *(uint64_t *)target == 0)
		return error_set(
			error, "'%s' is not a number of bytes (as 96kB, 100MB or 1GiB)", word);
	return 0;
}

int value_buffer(void *target, const char *word, struct error *error)
{
	bool plain = !word[strspn(word, "0123456789")];
	uint64_t value;

	if (read_scaled(word, byte_units, &value) < 0 || value == 0 || value > UINT32_MAX)
		return error_set(
			error, "'%s' is not a size of a buffer (as 64MiB; 65536 are KiB)", word);
	*(uint64_t *)target = plain ? value << 10 : value;
	return 0;
}

int value_duration(void *target, const char *word, struct error *error)
{
	uint64_t value;

	if (read_scaled(word, time_units, &value) < 0 || value == 0 || value > INT64_MAX)
		return error_set(error,
			"'%s' is not a duration above 0 with its unit (as 500ms, 10s or 5min)",
			word);
	*(int64_t *)target = value;
	return 0;
}

int value_seconds(void *target, const char *word, struct error *error)
{
	uint64_t value;

	if (read_scaled(word, epoch_units, &value) < 0 || value > INT64_MAX)
		return value_duration(target, word, error) == 0
			       ? 0
			       : error_set(error,
					 "'%s' is not a time (as 500ms or 10s; a plain number is "
					 "seconds)",
					 word);
	*(int64_t *)target = (int64_t)value;
	return 0;
}

int value_ratio(void *target, const char *word, struct error *error)
{
	uint64_t value;

	if (read_scaled(word, ratio_units, &value) < 0 || value > 1000000000)
		return error_set(error, "'%s' is not a share (as 0.001 or 0.1%%)", word);
	*(double *)target = (double)value / 1e9;
	return 0;
}

/* Takes exactly `digits` digits, a number from `least` to `most`; false if there are none. */
static bool take_number(const char **word, int digits, int least, int most, int *number)
{
	*number = 0;
	for (int i = 0; i < digits; i++, ++*word) {
		if (**word < '0' || **word > '9')
			return false;
		*number = *number * 10 + (**word - '0');
	}
	return *number >= least && *number <= most;
}

static bool take_letter(const char **word, const char *letters)
{
	if (!**word || !strchr(letters, **word))
		return false;
	++*word;
	return true;
}

/* Takes "Z" or "+01:00", as seconds east of UTC. */
static bool take_zone(const char **word, int *east)
{
	int hours, minutes, sign = **word == '-' ? -1 : 1;

	*east = 0;
	if (take_letter(word, "Zz"))
		return true;
	if (!take_letter(word, "+-") || !take_number(word, 2, 0, 23, &hours) ||
		!take_letter(word, ":") || !take_number(word, 2, 0, 59, &minutes))
		return false;
	*east = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* Takes ".5" as nanoseconds, digits beyond the ninth are dropped; 0 if there is no fraction. */
static bool take_fraction(const char **word, int *nanoseconds)
{
	int scale = 100000000;

	*nanoseconds = 0;
	if (!take_letter(word, "."))
		return true;
	if (**word < '0' || **word > '9')
		return false;
	for (; **word >= '0' && **word <= '9'; ++*word, scale /= 10)
		*nanoseconds += (**word - '0') * scale;
	return true;
}

static int read_rfc3339(const char *word, int64_t *ns)
{
	struct tm tm = { .tm_isdst = 0 };
	int year, month, fraction, east;
	time_t seconds;

	if (!take_number(&word, 4, 1970, 2261, &year) || !take_letter(&word, "-") ||
		!take_number(&word, 2, 1, 12, &month) || !take_letter(&word, "-") ||
		!take_number(&word, 2, 1, 31, &tm.tm_mday) || !take_letter(&word, "Tt ") ||
		!take_number(&word, 2, 0, 23, &tm.tm_hour) || !take_letter(&word, ":") ||
		!take_number(&word, 2, 0, 59, &tm.tm_min) || !take_letter(&word, ":") ||
		!take_number(&word, 2, 0, 60, &tm.tm_sec) || !take_fraction(&word, &fraction) ||
		!take_zone(&word, &east) || *word)
		return -1;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	seconds = timegm(&tm);
	if (tm.tm_mon != month - 1)
		return -1; /* timegm() made 31 February a day of March */
	*ns = (int64_t)(seconds - east) * 1000000000 + fraction;
	return 0;
}

int value_time(void *target, const char *word, struct error *error)
{
	uint64_t value;

	if (read_rfc3339(word, target) == 0)
		return 0;
	if (read_scaled(word, epoch_units, &value) < 0 || value > INT64_MAX)
		return error_set(error,
			"'%s' is not a time (as 2026-01-31T12:00:00.5Z or 1769860800.5)", word);
	*(int64_t *)target = value;
	return 0;
}

int value_find_word(const struct value_word *words, const char *word)
{
	for (; words->name; words++)
		if (strcmp(words->name, word) == 0)
			return words->value;
	return -1;
}

int value_severity(void *target, const char *word, struct error *error)
{
	static const struct value_word words[] = {
		{ "info", SEVERITY_INFO },
		{ "warning", SEVERITY_WARNING },
		{ "error", SEVERITY_ERROR },
		{ "never", SEVERITY_ERROR + 1 },
		{ 0 },
	};
	int value = value_find_word(words, word);

	if (value < 0)
		return error_set(error, "'%s' is not error, warning, info or never", word);
	*(enum severity *)target = (enum severity)value;
	return 0;
}
