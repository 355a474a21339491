/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which CPUs does a text name? In the kernel's two notations, those of bitmap_parse() and
 * bitmap_parselist().
 */
#include "base/cpus.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int hexadecimal(char byte)
{
	const char *digits = "0123456789abcdef", *found;

	if (byte >= 'A' && byte <= 'F')
		byte = (char)(byte - 'A' + 'a');
	found = byte ? strchr(digits, byte) : NULL;
	return found ? (int)(found - digits) : -1;
}

bool cpus_from_mask(struct cpus *cpus, const char *text)
{
	size_t length = strlen(text);
	unsigned cpu = 0;

	memset(cpus, 0, sizeof(*cpus));
	while (length && (text[length - 1] == '\n' || text[length - 1] == ' '))
		length--;
	if (length == 0)
		return false;
	while (length--) {
		int digit = hexadecimal(text[length]);

		if (text[length] == ',')
			continue;
		if (digit < 0) {
			memset(cpus, 0, sizeof(*cpus));
			return false;
		}
		for (unsigned bit = 0; bit < 4; bit++, cpu++) {
			if (digit >> bit & 1)
				cpus_add(cpus, cpu);
		}
	}
	return true;
}

/* Reads a decimal number of at most nine digits; false if there is none. */
static bool read_number(const char **text, unsigned *number)
{
	size_t digits = strspn(*text, "0123456789");

	if (digits == 0 || digits > 9)
		return false;
	*number = 0;
	for (size_t i = 0; i < digits; i++)
		*number = *number * 10 + (unsigned)((*text)[i] - '0');
	*text += digits;
	return true;
}

bool cpus_from_list(struct cpus *cpus, const char *text)
{
	memset(cpus, 0, sizeof(*cpus));
	while (*text && *text != '\n') {
		unsigned first, last;

		if (!read_number(&text, &first))
			goto bad;
		last = first;
		if (*text == '-' && (text++, !read_number(&text, &last)))
			goto bad;
		if (last < first)
			goto bad;
		for (unsigned cpu = first; cpu <= last && cpu < CPUS_MAX; cpu++)
			cpus_add(cpus, cpu);
		if (*text == ',')
			text++;
		else if (*text && *text != '\n')
			goto bad;
	}
	return true;
bad:
	memset(cpus, 0, sizeof(*cpus));
	return false;
}

bool cpus_has(const struct cpus *cpus, unsigned cpu)
{
	return cpu < CPUS_MAX && cpus->words[cpu / 64] >> cpu % 64 & 1;
}

void cpus_add(struct cpus *cpus, unsigned cpu)
{
	if (cpu < CPUS_MAX)
		cpus->words[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

unsigned cpus_count(const struct cpus *cpus)
{
	unsigned count = 0;

	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		count += (unsigned)__builtin_popcountll(cpus->words[i]);
	return count;
}

bool cpus_equal(const struct cpus *a, const struct cpus *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

struct cpus cpus_and(const struct cpus *a, const struct cpus *b)
{
	struct cpus both;

	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		both.words[i] = a->words[i] & b->words[i];
	return both;
}

struct cpus cpus_without(const struct cpus *a, const struct cpus *b)
{
	struct cpus rest;

	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		rest.words[i] = a->words[i] & ~b->words[i];
	return rest;
}

struct cpus cpus_or(const struct cpus *a, const struct cpus *b)
{
	struct cpus either;

	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		either.words[i] = a->words[i] | b->words[i];
	return either;
}

int cpus_next(const struct cpus *cpus, unsigned from)
{
	for (unsigned cpu = from; cpu < CPUS_MAX; cpu++) {
		if (cpus_has(cpus, cpu))
			return (int)cpu;
	}
	return -1;
}

char *cpus_list(const struct cpus *cpus, char *text, size_t size)
{
	static const char cut[] = ",..";
	size_t used = 0;
	int first = cpus_next(cpus, 0);

	if (size)
		*text = '\0';
	while (first >= 0) {
		unsigned last = (unsigned)first;
		char piece[32];
		size_t length, rest;

		while (cpus_has(cpus, last + 1))
			last++;
		length = (size_t)snprintf(piece, sizeof(piece),
			last == (unsigned)first ? "%s%d" : "%s%d-%u", used ? "," : "", first, last);
		first = cpus_next(cpus, last + 1);
		rest = first >= 0 ? sizeof(cut) : 1;
		if (used + length + rest > size) {
			if (used + sizeof(cut) <= size)
				strcpy(text + used, used ? cut : cut + 1);
			break;
		}
		memcpy(text + used, piece, length + 1);
		used += length;
	}
	return text;
}

char *cpus_mask(const struct cpus *cpus, char *text, size_t size)
{
	static const char cut[] = "..";
	size_t used = 0;

	if (size)
		snprintf(text, size, "0");
	for (size_t word = CPUS_MAX / 32; word-- > 0 && used < size;) {
		uint32_t bits = (uint32_t)(cpus->words[word / 2] >> (word % 2 * 32));

		if (!used && !bits)
			continue;
		used += (size_t)snprintf(
			text + used, size - used, used ? ",%08" PRIx32 : "%" PRIx32, bits);
	}
	if (used >= size && size > sizeof(cut))
		strcpy(text + size - sizeof(cut), cut);
	return text;
}
