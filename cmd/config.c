/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which sequences does the user describe, besides the profiles that are built in?  Those of the
 * configuration file, a line each, and those of the command line.  The file is read whole and once,
 * within bounds, before there are packets.
 */
#include "cmd/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzers/profile.h"
#include "base/memory.h"

#define BLANKS " \t\r"

int config_take_path(void *target, const char *word, struct error *error)
{
	*(const char **)target = word;
	return 0;
}

/* Appends a sequence, whose name must be its own. */
static int add(struct field_list *list, const struct field *field, struct error *error)
{
	if (*field->name && profile_find(field->name))
		return error_set(error, "'%s' is the name of a built-in profile: choose another",
			field->name);
	for (size_t i = 0; *field->name && i < list->count; i++)
		if (strcmp(list->fields[i].name, field->name) == 0)
			return error_set(error, "there is a sequence '%s' already", field->name);
	if (list->count == CONFIG_MAX_SEQUENCES)
		return error_set(error, "more than %d sequences", CONFIG_MAX_SEQUENCES);
	*field_list_add(list) = *field;
	return 0;
}

/* Cuts the first word off the text and returns it, "" at its end. */
static char *cut_word(char **text)
{
	char *word = *text + strspn(*text, BLANKS);

	*text = word + strcspn(word, BLANKS);
	if (**text)
		*(*text)++ = '\0';
	return word;
}

/* Takes a line, which is written to. */
static int take_line(struct field_list *list, char *line, struct error *error)
{
	struct field field;
	char *word, *name;

	line[strcspn(line, "#")] = '\0';
	word = cut_word(&line);
	if (!*word)
		return 0;
	if (strcmp(word, "sequence") != 0)
		return error_set(error,
			"unknown word '%.40s': a line is 'sequence NAME SPECIFICATION'", word);
	name = cut_word(&line);
	if (!field_name_valid(name))
		return error_set(error,
			"'%.40s' is no name: up to 31 of a-z, 0-9 and -, which is not first, stand "
			"behind 'sequence'",
			name);
	if (field_parse(&field, line, error) < 0)
		return -1;
	if (*field.name)
		return error_set(error, "'name=%s' names what is '%s' already: leave it out",
			field.name, name);
	strcpy(field.name, name);
	return add(list, &field, error);
}

static int take_lines(struct field_list *list, const char *path, const char *text, size_t size,
	struct error *error)
{
	const char *end = text + size;
	char line[CONFIG_MAX_LINE + 1];
	struct error why = { "" };

	for (unsigned number = 1; text < end; number++) {
		const char *next = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((next ? next : end) - text);
		int status;

		if (length > CONFIG_MAX_LINE) {
			status = error_set(&why, "longer than %d characters", CONFIG_MAX_LINE);
		} else {
			memcpy(line, text, length);
			line[length] = '\0';
			status = memchr(line, '\0', length)
					 ? error_set(&why, "has a NUL byte: this is no text")
					 : take_line(list, line, &why);
		}
		if (status < 0)
			return error_set(error, "'%s', line %u: %s", path, number, why.text);
		text += length + 1;
	}
	return 0;
}

/* Reads the file whole, up to one byte more than it may have.  Returns how many, or -1. */
static ssize_t read_bytes(int fd, char *text, const char *path, struct error *error)
{
	size_t size = 0;
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return error_set(error, "cannot read '%s': it is not a regular file", path);
	while (size <= CONFIG_MAX_BYTES) {
		ssize_t got = read(fd, text + size, CONFIG_MAX_BYTES + 1 - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(error, "cannot read '%s': %s", path, strerror(errno));
		if (got == 0)
			return (ssize_t)size;
		size += (size_t)got;
	}
	return error_set(
		error, "cannot read '%s': it is larger than %d bytes", path, CONFIG_MAX_BYTES);
}

int config_read(struct field_list *list, const char *path, struct error *error)
{
	const char *name = path ? path : CONFIG_FILE;
	ssize_t size;
	char *text;
	int fd, status;

	if (!*name || strcmp(name, "none") == 0)
		return 0;
	/* So that no pipe is waited for. */
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && !path && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return error_set(error, "cannot open '%s': %s%s", name, strerror(errno),
			path ? "" : " (--config none does without it)");
	text = memory_alloc(CONFIG_MAX_BYTES + 1, 1);
	size = read_bytes(fd, text, name, error);
	close(fd);
	status = size < 0 ? -1 : take_lines(list, name, text, (size_t)size, error);
	free(text);
	return status;
}

/* Whether something that goes by `name` will be measured. */
static int check_name(const struct field_list *list, const char *name, struct error *error)
{
	const struct profile *profile = profile_find(name);

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->fields[i].name, name) == 0)
			return 0;
	if (!profile)
		return error_set(error,
			"there is none of that name: see 'pktlint list profiles', or describe it, "
			"as 'offset=14 width=4'");
	if (profile->blind)
		return error_set(error, "it cannot be measured: %s", profile->blind);
	return 0;
}

int config_add_words(struct field_list *list, const struct word_list *words, struct error *error)
{
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->words[i];
		struct field field;
		struct error why;
		int status;

		if (!strchr(word, '='))
			status = check_name(list, word, &why);
		else if ((status = field_parse(&field, word, &why)) == 0)
			status = add(list, &field, &why);
		if (status < 0)
			return error_set(error, "sequence '%.100s': %s", word, why.text);
	}
	return 0;
}
