/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of a packet on a terminal: hexadecimal as tcpdump lays it out, and nothing unprintable. */
#include "cmd/print.h"

#define ROW 16

static char printable(uint8_t byte)
{
	return byte > ' ' && byte < 0x7f ? (char)byte : '.';
}

static void print_row(FILE *out, const uint8_t *data, uint32_t size, bool ascii)
{
	for (uint32_t i = 0; i < ROW; i++) {
		if (i % 2 == 0 && (i < size || ascii))
			fputc(' ', out);
		if (i < size)
			fprintf(out, "%02x", data[i]);
		else if (ascii)
			fputs("  ", out);
	}
	if (ascii)
		fputs("  ", out);
	for (uint32_t i = 0; ascii && i < size; i++)
		fputc(printable(data[i]), out);
	fputc('\n', out);
}

void print_hex(FILE *out, const uint8_t *data, uint32_t size, bool ascii)
{
	for (uint32_t at = 0; at < size; at += ROW) {
		fprintf(out, "\t0x%04x: ", at);
		print_row(out, data + at, size - at < ROW ? size - at : ROW, ascii);
	}
}

void print_ascii(FILE *out, const uint8_t *data, uint32_t size)
{
	fputc('\t', out);
	for (uint32_t i = 0; i < size; i++) {
		/* The tab keeps the packet from writing what looks like a line of ours. */
		if (data[i] == '\n')
			fputs("\n\t", out);
		else if (data[i] != '\r')
			fputc(data[i] == ' ' ? ' ' : printable(data[i]), out);
	}
	fputc('\n', out);
}
