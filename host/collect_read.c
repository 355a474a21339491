/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is in this file of sysfs or procfs, or why does it not say? Whatever is in the way of a file
 * (a mount, a pipe, a driver that fails) costs its value, never the snapshot.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "host/collect_parts.h"
#include "host/state.h"

/* Sysfs answers EINVAL where a driver, or a device that is down, has nothing to say. */
static enum value_state state_of_file(int error)
{
	if (error == EINVAL)
		return VALUE_UNSUPPORTED;
	return error == ENOTDIR ? VALUE_ABSENT : state_of_error(error);
}

/* Returns a descriptor of a regular file, or -1 with errno: opening a pipe would wait. */
static int open_file(const char *path)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (descriptor < 0)
		return -1;
	if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
		return descriptor;
	close(descriptor);
	errno = EIO;
	return -1;
}

static void clean(char *text, size_t length)
{
	if (length && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte == '\n')
			text[i] = ' ';
		else if ((byte < ' ' && byte != '\t') || byte >= 0x7f)
			text[i] = '?';
	}
}

enum value_state collect_read(const char *path, char *text, size_t size)
{
	int descriptor = open_file(path);

	*text = '\0';
	if (descriptor < 0)
		return state_of_file(errno);
	return collect_read_open(descriptor, text, size);
}

enum value_state collect_read_open(int descriptor, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got = 0;
	int error;

	while (length < size - 1) {
		got = read(descriptor, text + length, size - 1 - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	error = errno;
	close(descriptor);
	if (got < 0) {
		*text = '\0';
		return state_of_file(error);
	}
	clean(text, length);
	return VALUE_PRESENT;
}

void collect_file(struct snapshot *snapshot, const char *format, ...)
{
	char path[COLLECT_PATH], text[COLLECT_TEXT];
	enum value_state state;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	state = collect_read(path, text, sizeof(text));
	if (state == VALUE_PRESENT)
		snapshot_set(snapshot, path, text);
	else
		snapshot_set_unknown(snapshot, path, state);
}

FILE *collect_open(const char *path, enum value_state *state)
{
	int descriptor = open_file(path);
	FILE *in = descriptor < 0 ? NULL : fdopen(descriptor, "r");

	if (in)
		return in;
	*state = state_of_file(errno);
	if (descriptor >= 0)
		close(descriptor);
	return NULL;
}

bool collect_exists(const char *format, ...)
{
	char path[COLLECT_PATH];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	return access(path, F_OK) == 0;
}

int collect_compare_names(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

char **collect_names(const char *directory, const char *prefix, size_t *count)
{
	DIR *entries = opendir(directory);
	struct dirent *entry;
	char **names = NULL;

	*count = 0;
	while (entries && *count < COLLECT_MAX_ENTRIES && (entry = readdir(entries))) {
		if (*entry->d_name == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		names = memory_append(names, count, sizeof(*names));
		names[*count - 1] = memory_copy_text(entry->d_name);
	}
	if (entries)
		closedir(entries);
	if (names)
		qsort(names, *count, sizeof(*names), collect_compare_names);
	return names;
}

void collect_free_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}
