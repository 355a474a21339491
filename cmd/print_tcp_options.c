/* SPDX-License-Identifier: BSD-2-Clause */
/* What do a TCP header's options say? A table by kind (IANA's registry), tcpdump's words. */
#include <inttypes.h>
#include <stddef.h>

#include "base/bytes.h"
#include "cmd/print.h"

#define FIXED_HEADER 20
#define OPTION_EOL 0
#define OPTION_NOP 1
#define OPTION_SACK 5

/* An option's body, without kind and length. */
struct option {
	const uint8_t *body;
	unsigned length;
	uint32_t sack_base;
};

static void print_mss(FILE *out, const struct option *option)
{
	fprintf(out, " %u", bytes_be16(option->body));
}

static void print_wscale(FILE *out, const struct option *option)
{
	fprintf(out, " %u", option->body[0]);
}

static void print_sack(FILE *out, const struct option *option)
{
	fprintf(out, " %u ", option->length / 8);
	for (unsigned i = 0; i + 8 <= option->length; i += 8)
		fprintf(out, "{%" PRIu32 ":%" PRIu32 "}",
			bytes_be32(option->body + i) - option->sack_base,
			bytes_be32(option->body + i + 4) - option->sack_base);
}

static void print_timestamp(FILE *out, const struct option *option)
{
	fprintf(out, " val %" PRIu32 " ecr %" PRIu32, bytes_be32(option->body),
		bytes_be32(option->body + 4));
}

static void print_bytes(FILE *out, const struct option *option)
{
	if (option->length)
		fputs(" 0x", out);
	for (unsigned i = 0; i < option->length; i++)
		fprintf(out, "%02x", option->body[i]);
}

static const struct kind {
	uint8_t kind;
	uint8_t least, most; /* bytes of a valid body */
	const char *name;
	void (*print)(FILE *out, const struct option *option);
} kinds[] = {
	{ 2, 2, 2, "mss", print_mss },
	{ 3, 1, 1, "wscale", print_wscale },
	{ 4, 0, 0, "sackOK", NULL },
	{ OPTION_SACK, 8, 32, "sack", print_sack },
	{ 8, 8, 8, "TS", print_timestamp },
	{ 19, 16, 16, "md5", NULL },
	{ 28, 2, 2, "uto", print_bytes },
	{ 29, 2, 38, "tcp-ao", print_bytes },
	{ 30, 1, 38, "mptcp", print_bytes },
	{ 34, 0, 16, "tfo", print_bytes },
	{ 172, 0, 9, "accecn0", print_bytes },
	{ 174, 0, 9, "accecn1", print_bytes },
	{ 254, 0, 38, "exp", print_bytes },
};

static void print_option(FILE *out, uint8_t kind, const struct option *option)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *k = &kinds[i];

		if (k->kind != kind)
			continue;
		fputs(k->name, out);
		if (option->length < k->least || option->length > k->most)
			fputs(" of wrong length", out);
		else if (k->print)
			k->print(out, option);
		return;
	}
	fprintf(out, "unknown-%u", kind);
	print_bytes(out, option);
}

void print_tcp_options(FILE *out, const struct packet *packet, uint32_t sack_base)
{
	uint32_t at = packet->transport_offset + FIXED_HEADER;
	uint32_t end = packet->transport_offset + packet->transport_header;
	bool cut = end > packet->caplen;
	const char *gap = "";

	if (cut)
		end = packet->caplen;
	while (at < end) {
		const uint8_t *p = packet->data + at;
		struct option option = { .sack_base = sack_base };

		fputs(gap, out);
		gap = ",";
		if (*p == OPTION_EOL) {
			fputs("eol", out);
			return;
		}
		if (*p == OPTION_NOP) {
			fputs("nop", out);
			at++;
			continue;
		}
		if (end - at < 2 || p[1] < 2 || p[1] > end - at) {
			fputs(cut ? "[cut]" : "[bad]", out);
			return;
		}
		option.body = p + 2;
		option.length = p[1] - 2u;
		print_option(out, *p, &option);
		at += p[1];
	}
	if (cut)
		fprintf(out, "%s[cut]", gap);
}
