/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_FILE_H
#define PKTLINT_CAPTURE_FILE_H

#include <stddef.h>

#include "capture/driver.h"

/* Between file.c, which brings bytes, and the formats, which find records in them. */

/* A record larger than this is damage: what a file says must not decide how much memory we take. */
#define FILE_MAX_RECORD (16u << 20)

/* Bytes by which a format is recognised. */
#define FILE_MAGIC_BYTES 4

struct file;

/* One file format. */
struct file_format {
	/* Returns the bytes of header that begin() needs, 0 if `magic` starts no such file. */
	size_t (*recognise)(const uint8_t magic[static FILE_MAGIC_BYTES]);
	/* Consumes the header and sets file->state.  Returns 0, or -1 with `error` filled. */
	int (*begin)(struct file *file, struct error *error);
	/*
	 * Consumes whole records.  Returns the number of events, 0 if the next record is not
	 * complete (file->need bytes of it are wanted), or -1 with `error` filled if what comes
	 * next is no record.  Does not read, so that events stay valid.
	 */
	int (*records)(struct file *file, struct event *events, int max, struct error *error);
	/* Says with file_cut() which record the end of the input cuts.  Returns -1. */
	int (*cut)(struct file *file, struct error *error);
	/* Frees file->state. */
	void (*end)(struct file *file);
};

extern const struct file_format pcap_format;
extern const struct file_format pcapng_format;

/* An open file: a window of its bytes. */
struct file {
	struct capture capture;
	const struct file_format *format;
	void *state;       /* the format's, owned */
	char *name;        /* for messages, quotes included: "'x.pcap'", or "standard input" */
	uint8_t *data;     /* buffer of `size` bytes */
	size_t begin, end; /* the unconsumed ones in it */
	size_t size;
	size_t need;     /* length of the next record, as far as known */
	uint64_t offset; /* place of data[0] in the input */
	int fd;
	bool waits; /* a pipe or the like: reading may block */
	bool ended; /* the input has no more bytes */
};

/* Unconsumed bytes at hand. */
static inline size_t file_available(const struct file *file)
{
	return file->end - file->begin;
}

/*
 * Marks the source as truncated and says "NAME is damaged: KIND NUMBER at byte N ..." with the
 * place of the first unconsumed byte, the rest by `format`; a number of 0 is left out.
 * Returns -1.
 */
int file_damaged(struct file *file, struct error *error, const char *kind, uint64_t number,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same for "NAME is cut short: KIND NUMBER at byte N has M of `whole` bytes".  Returns -1. */
int file_cut(
	struct file *file, struct error *error, const char *kind, uint64_t number, uint64_t whole);

/*
 * Explains a file that no format recognises: compressed, another program's, empty, or unknown,
 * with the remedy if there is one.  Returns -1.
 */
int file_foreign(const struct file *file, struct error *error);

#endif
