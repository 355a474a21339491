/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where do the bytes of a capture file come from?  read(2) in large pieces into one buffer, which
 * the formats look through in place: only the incomplete record at its end is ever moved.  Mapping
 * the file instead costs more, by a page fault for every 4 KiB.
 */
#include "capture/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"

#define BUFFER_BYTES (1u << 18) /* large enough for read(2), small enough for the cache */
#define TICK_MS 250
#define NAME_MAX_CHARS 160

enum fill {
	FILL_MORE,        /* bytes came */
	FILL_END,         /* there are no more */
	FILL_IDLE,        /* none for now */
	FILL_INTERRUPTED, /* a signal came first */
	FILL_FAILED,      /* errno says why */
};

static const struct file_format *const formats[] = { &pcap_format, &pcapng_format };

/* The name for messages, not endless; who shows them escapes it. */
static char *name_for_messages(const char *path)
{
	size_t length = strlen(path);
	const char *dots = length > NAME_MAX_CHARS ? "..." : "";
	const char *tail = path + (*dots ? length - NAME_MAX_CHARS : 0);
	size_t size = strlen(tail) + sizeof("'...'");
	char *name;

	if (strcmp(path, "-") == 0)
		return memory_copy_text("standard input");
	name = memory_alloc(size, 1);
	snprintf(name, size, "'%s%s'", dots, tail);
	return name;
}

/* Writes "NAME is TROUBLE: KIND NUMBER at byte N TEXT". */
static int trouble(struct file *file, struct error *error, const char *trouble, const char *kind,
	uint64_t number, const char *text)
{
	char which[NUMBER_GROUPED_BYTES + 1] = " ", place[NUMBER_GROUPED_BYTES];

	if (number)
		number_grouped(number, which + 1);
	file->capture.statistics.truncated = true;
	return error_set(error, "%s is %s: %s%s at byte %s %s", file->name, trouble, kind,
		number ? which : "", number_grouped(file->offset + file->begin, place), text);
}

int file_damaged(struct file *file, struct error *error, const char *kind, uint64_t number,
	const char *format, ...)
{
	va_list arguments;
	char text[256];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return trouble(file, error, "damaged", kind, number, text);
}

int file_cut(
	struct file *file, struct error *error, const char *kind, uint64_t number, uint64_t whole)
{
	char have[NUMBER_GROUPED_BYTES], want[NUMBER_GROUPED_BYTES], text[80];

	snprintf(text, sizeof(text), "has %s of %s bytes",
		number_grouped(file_available(file), have), number_grouped(whole, want));
	return trouble(file, error, "cut short", kind, number, text);
}

/* Makes room for the next record behind the unconsumed bytes, which move to the front. */
static void make_room(struct file *file)
{
	size_t left = file_available(file);

	if (file->begin) {
		memmove(file->data, file->data + file->begin, left);
		file->offset += file->begin;
		file->begin = 0;
		file->end = left;
	}
	if (file->need > file->size) {
		file->data = memory_grow(file->data, file->need, 1);
		file->size = file->need;
	}
}

/* Invalidates all events given out. */
static enum fill fill(struct file *file)
{
	struct pollfd wait = { .fd = file->fd, .events = POLLIN };
	ssize_t got;
	int ready;

	if (file->ended)
		return FILL_END;
	make_room(file);
	if (file->waits) {
		ready = poll(&wait, 1, TICK_MS);
		if (ready == 0)
			return FILL_IDLE;
		if (ready < 0)
			return errno == EINTR ? FILL_INTERRUPTED : FILL_FAILED;
	}
	got = read(file->fd, file->data + file->end, file->size - file->end);
	if (got > 0) {
		file->end += (size_t)got;
		return FILL_MORE;
	}
	if (got == 0) {
		file->ended = true;
		return FILL_END;
	}
	if (errno == EAGAIN)
		return FILL_IDLE;
	return errno == EINTR ? FILL_INTERRUPTED : FILL_FAILED;
}

static int unreadable(const struct file *file, struct error *error)
{
	return error_set(error, "cannot read %s: %s", file->name, strerror(errno));
}

static int file_read(struct capture *capture, struct event *events, int max, struct error *error)
{
	struct file *file = (struct file *)capture;
	uint64_t passed_over = capture->statistics.passed_over;
	int count;

	for (;;) {
		count = file->format->records(file, events, max, error);
		capture->statistics.bytes_read = file->offset + file->begin;
		if (count != 0)
			return count;
		switch (fill(file)) {
		case FILL_MORE:
			/* A long file may hold nothing that is wanted, and the caller wait for a
			 * signal. */
			if (capture->statistics.passed_over == passed_over)
				break;
			events[0] = (struct event){ .kind = EVENT_TICK };
			return 1;
		case FILL_END:
			return file_available(file) ? file->format->cut(file, error) : 0;
		case FILL_IDLE:
		case FILL_INTERRUPTED:
			events[0] = (struct event){ .kind = EVENT_TICK };
			return 1;
		case FILL_FAILED:
			return unreadable(file, error);
		}
	}
}

static void file_stop(struct capture *capture)
{
	struct file *file = (struct file *)capture;

	file->begin = file->end;
	file->ended = true;
}

static void file_close(struct capture *capture)
{
	struct file *file = (struct file *)capture;

	if (file->state)
		file->format->end(file);
	capture_end(capture);
	if (file->fd > STDIN_FILENO)
		close(file->fd);
	free(file->data);
	free(file->name);
	free(file);
}

/* Brings at least `bytes` of the file's start, or fewer if it has no more. */
static int fetch(struct file *file, size_t bytes, struct error *error)
{
	while (file_available(file) < bytes) {
		switch (fill(file)) {
		case FILL_END:
			return 0;
		case FILL_INTERRUPTED:
			return error_set(error, "interrupted while waiting for %s", file->name);
		case FILL_FAILED:
			return unreadable(file, error);
		case FILL_MORE:
		case FILL_IDLE:
			break;
		}
	}
	return 0;
}

static int begin_format(struct file *file, struct error *error)
{
	size_t header = 0;

	if (fetch(file, FILE_MAGIC_BYTES, error) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats) && !header; i++) {
		if (file_available(file) < FILE_MAGIC_BYTES)
			break;
		header = formats[i]->recognise(file->data);
		file->format = formats[i];
	}
	if (!header)
		return file_foreign(file, error);
	if (fetch(file, header, error) < 0)
		return -1;
	if (file_available(file) < header)
		return file_cut(file, error, "file header", 0, header);
	return file->format->begin(file, error);
}

static int open_input(struct file *file, const char *path, struct error *error)
{
	struct stat status;
	off_t place;

	file->name = name_for_messages(path);
	file->fd = STDIN_FILENO;
	if (strcmp(path, "-") != 0)
		file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (file->fd < 0 || fstat(file->fd, &status) < 0)
		return error_set(error, "cannot open %s: %s", file->name, strerror(errno));
	file->waits = !S_ISREG(status.st_mode);
	if (!file->waits) {
		place = lseek(file->fd, 0, SEEK_CUR);
		if (place >= 0 && place < status.st_size)
			file->capture.statistics.bytes_total = (uint64_t)(status.st_size - place);
		posix_fadvise(file->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	return 0;
}

struct capture *capture_open_file(
	const char *path, const struct capture_options *options, struct error *error)
{
	static const struct capture_driver driver = {
		.read = file_read,
		.stop = file_stop,
		.close = file_close,
	};
	struct file *file = memory_alloc(1, sizeof(*file));

	file->capture.driver = &driver;
	file->size = BUFFER_BYTES;
	file->data = memory_alloc(file->size, 1);
	if (open_input(file, path, error) < 0 ||
		capture_begin(&file->capture, options, error) < 0 ||
		begin_format(file, error) < 0) {
		file_close(&file->capture);
		return NULL;
	}
	return &file->capture;
}
