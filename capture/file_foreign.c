/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is this file, if it is no capture that we read?  By its first bytes, as file(1) does; ERF
 * has none and is guessed from the shape of its record header.
 */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "capture/file.h"

struct foreign {
	const char *magic;
	size_t length;
	const char *what; /* "is WHAT" */
	const char
		*decompress; /* command that writes it decompressed to standard output, or NULL */
};

#define MAGIC(text) text, sizeof(text) - 1

static const struct foreign foreigners[] = {
	{ MAGIC("\x1f\x8b"), "gzip-compressed", "zcat" },
	{ MAGIC("\x1f\x9d"), "compressed (.Z)", "zcat" },
	{ MAGIC("\x28\xb5\x2f\xfd"), "zstd-compressed", "zstdcat" },
	{ MAGIC("\xfd"
		"7zXZ"),
		"xz-compressed", "xzcat" },
	{ MAGIC("\x04\x22\x4d\x18"), "lz4-compressed", "lz4cat" },
	{ MAGIC("\x02\x21\x4c\x18"), "lz4-compressed", "lz4cat" },
	{ MAGIC("BZh"), "bzip2-compressed", "bzcat" },
	{ MAGIC("LZIP"), "lzip-compressed", "lzip -dc" },
	{ MAGIC("PK\x03\x04"), "a zip archive", "unzip -p" },
	{ MAGIC("7z\xbc\xaf\x27\x1c"), "a 7-Zip archive", "7z x -so" },
	{ MAGIC("snoop\0\0\0"), "a snoop capture", NULL },
	{ MAGIC("GMBU"), "a Network Monitor capture", NULL },
	{ MAGIC("RTSS"), "a Network Monitor capture", NULL },
	{ MAGIC("TRSNIFF data    \x1a"), "a Sniffer capture", NULL },
	{ MAGIC("XCP\0"), "a NetXRay capture", NULL },
	{ MAGIC("iptrace "), "an iptrace capture", NULL },
	{ MAGIC("btsnoop\0"), "a btsnoop capture", NULL },
	{ MAGIC("\x05VNF"), "a Visual Networks capture", NULL },
};

static const struct foreign erf_capture = { NULL, 0, "probably an ERF capture", NULL };

/*
 * ERF record header: time stamp (8 bytes little-endian, seconds in the upper half), type, flags,
 * record length, loss counter, wire length.
 */
static bool looks_like_erf(const uint8_t *data, size_t size)
{
	enum { HEADER = 16, TYPES = 49, YEAR_1990 = 631152000 };
	uint16_t length;

	if (size < HEADER)
		return false;
	length = bytes_be16(data + 10);
	return (data[8] & 0x7f) > 0 && (data[8] & 0x7f) < TYPES && length >= HEADER &&
	       length <= size && bytes_be16(data + 14) > 0 && bytes_le32(data + 4) > YEAR_1990;
}

static const struct foreign *identify(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < sizeof(foreigners) / sizeof(*foreigners); i++)
		if (size >= foreigners[i].length &&
			memcmp(data, foreigners[i].magic, foreigners[i].length) == 0)
			return &foreigners[i];
	return looks_like_erf(data, size) ? &erf_capture : NULL;
}

static int unknown(const struct file *file, struct error *error)
{
	char start[3 * FILE_MAGIC_BYTES + 1] = "";
	size_t size = file_available(file);

	if (size == 0)
		return error_set(error, "%s is empty", file->name);
	for (size_t i = 0; i < size && i < FILE_MAGIC_BYTES; i++)
		snprintf(start + 3 * i, 4, " %02x", file->data[i]);
	return error_set(
		error, "%s is no pcap or pcapng file: it starts with bytes%s", file->name, start);
}

int file_foreign(const struct file *file, struct error *error)
{
	const struct foreign *foreign = identify(file->data, file_available(file));
	const char *tool, *after;

	if (!foreign)
		return unknown(file, error);
	tool = foreign->decompress ? foreign->decompress : "editcap -F pcapng";
	after = foreign->decompress ? "" : " -";
	if (*file->name != '\'')
		return error_set(error, "%s is %s: pipe it through '%s%s%s' first", file->name,
			foreign->what, tool, *after ? " -" : "", after);
	return error_set(error, "%s is %s: %s %s%s | pktlint check -r -", file->name, foreign->what,
		tool, file->name, after);
}
