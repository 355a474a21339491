/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may be shown of a name somebody else chose? UTF-8 is decoded strictly (RFC 3629: nothing
 * overlong, no surrogates, nothing above U+10FFFF); what fails, or what is a control, is spelled
 * out, so that neither a terminal nor a reader of JSON obeys it (Unicode TR 36, TR 39).
 */
#include "report/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* Code points that steer rather than show. */
static const struct {
	uint32_t first, last;
} steering[] = {
	{ 0x80, 0x9f },       /* C1 controls */
	{ 0x61c, 0x61c },     /* Arabic letter mark */
	{ 0x200b, 0x200f },   /* zero width, direction marks */
	{ 0x2028, 0x202e },   /* line and paragraph separator, embeddings and overrides */
	{ 0x2060, 0x206f },   /* invisible operators, isolates, deprecated controls */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff0, 0xfffb },   /* specials, interlinear annotation */
	{ 0xe0000, 0xe0fff }, /* tags */
};

static bool is_steering(uint32_t code)
{
	for (size_t i = 0; i < sizeof(steering) / sizeof(steering[0]); i++)
		if (code >= steering[i].first && code <= steering[i].last)
			return true;
	return false;
}

/* Reads one character: its length in bytes with `*code` set, or 0 if it is not UTF-8. */
static size_t decode(const unsigned char *p, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length;

	if (p[0] < 0x80) {
		*code = p[0];
		return 1;
	}
	if (p[0] < 0xc0 || p[0] >= 0xf8)
		return 0;
	length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	*code = p[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if (*code < smallest[length] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return length;
}

/* Spells the character at `p` into `piece` as it may be shown; returns how many bytes it took. */
static size_t spell(const unsigned char *p, char piece[16])
{
	uint32_t code;
	size_t length = decode(p, &code);

	if (length == 0 || code < 0x20 || code == 0x7f) {
		snprintf(piece, 16, "\\x%02x", p[0]);
		return 1;
	}
	if (is_steering(code)) {
		snprintf(piece, 16, "\\u{%04x}", code);
		return length;
	}
	memcpy(piece, p, length);
	piece[length] = '\0';
	return length;
}

size_t escape_text(char *out, size_t size, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t needed = 0, written = 0;

	while (*p) {
		char piece[16];
		size_t length;

		p += spell(p, piece);
		length = strlen(piece);
		if (written == needed && needed + length < size) {
			memcpy(out + written, piece, length);
			written += length;
		}
		needed += length;
	}
	out[written] = '\0';
	return needed;
}

char *escape_copy(const char *text)
{
	char first[1];
	size_t size = escape_text(first, sizeof(first), text) + 1;
	char *copy = memory_alloc(size, 1);

	escape_text(copy, size, text);
	return copy;
}

size_t escape_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}
