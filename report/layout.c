/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How does text fit the width? Words are set one by one behind a hanging indent. All text that
 * goes to a terminal in a report passes here and is escaped here.
 */
#include "report/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/escape.h"

/* A line being filled. */
struct line {
	const struct layout *layout;
	unsigned indent, used,
		room; /* columns: where words begin, taken so far, to the right edge */
	bool any;     /* a word stands on the line */
	bool shell;   /* for a shell: words may be quoted, and a backslash continues a line */
};

struct layout layout_make(FILE *out, unsigned columns, bool color)
{
	if (columns < LAYOUT_MIN_COLUMNS)
		columns = LAYOUT_MIN_COLUMNS;
	if (columns > LAYOUT_MAX_COLUMNS)
		columns = LAYOUT_MAX_COLUMNS;
	return (struct layout){ .out = out, .columns = columns, .color = color };
}

enum layout_tone layout_severity_tone(enum severity severity)
{
	static const enum layout_tone tones[] = {
		[SEVERITY_INFO] = TONE_QUIET,
		[SEVERITY_WARNING] = TONE_DOUBTFUL,
		[SEVERITY_ERROR] = TONE_BAD,
	};

	return tones[severity];
}

static void write_head(const struct layout *layout, const char *head, enum layout_tone tone)
{
	/* SGR sequences of ECMA-48: bold with red, yellow, green; cyan. */
	static const char *const on[] = {
		[TONE_PLAIN] = "",
		[TONE_BAD] = "\033[1;31m",
		[TONE_DOUBTFUL] = "\033[1;33m",
		[TONE_GOOD] = "\033[1;32m",
		[TONE_QUIET] = "\033[36m",
	};

	if (layout->color && tone != TONE_PLAIN)
		fprintf(layout->out, "%s%s\033[0m", on[tone], head);
	else
		fputs(head, layout->out);
}

static void blanks(const struct layout *layout, unsigned count)
{
	fprintf(layout->out, "%*s", (int)count, "");
}

static void break_line(struct line *line)
{
	fputs(line->shell ? " \\\n" : "\n", line->layout->out);
	blanks(line->layout, line->indent);
	line->used = line->indent;
	line->any = false;
}

/* Bytes of the first `columns` characters of a word of `length` bytes. */
static size_t cut(const char *word, size_t length, unsigned columns)
{
	size_t bytes = 0;

	while (bytes < length) {
		size_t next = bytes + 1;

		while (next < length && ((unsigned char)word[next] & 0xc0) == 0x80)
			next++;
		if (columns-- == 0)
			break;
		bytes = next;
	}
	return bytes;
}

static unsigned word_columns(const char *word, size_t length)
{
	unsigned columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += ((unsigned char)word[i] & 0xc0) != 0x80;
	return columns;
}

static void set_word(struct line *line, const char *word, size_t length)
{
	unsigned columns = word_columns(word, length);

	if (line->any && line->used + 1 + columns > line->room)
		break_line(line);
	if (line->any) {
		putc(' ', line->layout->out);
		line->used++;
	}
	while (!line->shell && line->used + columns > line->room) {
		size_t bytes = cut(word, length, line->room - line->used);

		fwrite(word, 1, bytes, line->layout->out);
		word += bytes;
		length -= bytes;
		columns = word_columns(word, length);
		break_line(line);
	}
	fwrite(word, 1, length, line->layout->out);
	line->used += columns;
	line->any = true;
}

/*
 * Bytes up to the space that ends the word; one for a shell may hold spaces in single quotes, and
 * is a comment up to the end, since that goes on in no other line.
 */
static size_t word_length(const char *text, bool shell)
{
	size_t length = 0;
	bool quoted = false;

	if (shell && *text == '#')
		return strlen(text);
	for (; text[length] && (quoted || text[length] != ' '); length++)
		quoted ^= shell && text[length] == '\'';
	return length;
}

static void set_words(struct line *line, const char *text)
{
	while (*text) {
		size_t length = word_length(text, line->shell);

		if (length > 0)
			set_word(line, text, length);
		text += length;
		text += strspn(text, " ");
	}
}

static void set_tail(struct line *line, const char *tail)
{
	unsigned columns = (unsigned)escape_columns(tail);

	if (line->used + 2 + columns > line->room)
		break_line(line);
	blanks(line->layout, line->room - line->used - columns);
	fputs(tail, line->layout->out);
}

void layout_write(const struct layout *layout, const struct layout_paragraph *paragraph)
{
	struct line line = {
		.layout = layout,
		.indent = paragraph->indent + paragraph->hang,
		.used = (unsigned)escape_columns(paragraph->head),
		.room = layout->columns,
	};
	char *safe = escape_copy(paragraph->text);

	write_head(layout, paragraph->head, paragraph->tone);
	if (line.used < paragraph->indent) {
		blanks(layout, paragraph->indent - line.used);
		line.used = paragraph->indent;
	} else {
		line.any = line.used > 0 && paragraph->head[strlen(paragraph->head) - 1] != ' ';
	}
	set_words(&line, safe);
	if (paragraph->tail)
		set_tail(&line, paragraph->tail);
	putc('\n', layout->out);
	free(safe);
}

void layout_text(const struct layout *layout, const char *head, unsigned indent, const char *text)
{
	layout_write(
		layout, &(struct layout_paragraph){ .head = head, .indent = indent, .text = text });
}

void layout_headed_command(
	const struct layout *layout, const char *head, unsigned indent, const char *command)
{
	struct line line = {
		.layout = layout,
		.indent = indent + 4,
		.used = indent + 1,
		.room = layout->columns - 2,
		.any = true,
		.shell = true,
	};
	char *safe = escape_copy(command);

	fprintf(layout->out, "%-*s", (int)indent, head);
	putc('$', layout->out);
	set_words(&line, safe);
	putc('\n', layout->out);
	free(safe);
}

void layout_command(const struct layout *layout, unsigned indent, const char *command)
{
	layout_headed_command(layout, "", indent, command);
}

void layout_page(const struct layout *layout, const char *head, unsigned indent, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		char *paragraph = memory_alloc(length + 1, 1);

		memcpy(paragraph, text, length);
		if (strncmp(paragraph, "$ ", 2) == 0)
			layout_command(layout, indent, paragraph + 2);
		else
			layout_text(layout, head, indent, paragraph);
		free(paragraph);
		head = "";
		text += length;
		text += *text == '\n';
	}
}
