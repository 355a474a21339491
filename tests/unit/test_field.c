/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields that the user describes: what the words mean, what is said of wrong ones, that printing
 * and parsing are each other's inverse, and where in a packet the number and its stream are found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "analyzers/field.h"
#include "frames.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A specification and how it is printed; NULL: the same. */
static const struct {
	const char *text, *printed;
} specifications[] = {
	{ "eth.type=0x88b5 offset=14 width=4 endian=big stream=eth.src,eth.dst",
		"eth.type=0x88b5 offset=14 width=4" },
	{ "offset=0 width=1", NULL },
	{ "\twidth=8   offset=0xfff7 ", "offset=65527 width=8" },
	{ "eth.type=34997 offset=0 width=2", "eth.type=0x88b5 offset=0 width=2" },
	{ "name=ipc-1 vlan=100 start=network offset=0 width=4", NULL },
	{ "ip.proto=17 port=4791 start=payload offset=8 width=4 mask=0xffffff",
		"ip.proto=udp port=4791 start=payload offset=8 width=4 mask=0xffffff" },
	{ "ip.proto=udp start=payload offset=0 width=4 "
	  "stream=port.dst,port.src,ip.dst,ip.src",
		"ip.proto=udp start=payload offset=0 width=4" },
	{ "ip.proto=200 port.src=1 start=transport offset=0 width=4", "" },
	{ "ip.proto=200 start=transport offset=0 width=4", NULL },
	{ "ip.proto=sctp port.src=1 port.dst=2 start=transport offset=16 width=4", NULL },
	{ "eth.type=0x0800 start=network offset=4 width=2 stream=ip.src,ip.dst,ip.proto", NULL },
	{ "eth.type=0x0800 start=network offset=4 width=2 "
	  "stream=ip.src,ip.dst,port.src,port.dst",
		"eth.type=0x0800 start=network offset=4 width=2" },
	{ "offset=22 width=2 endian=little mask=0xfff0 shift=4", NULL },
	{ "offset=22 width=2 mask=0xffff", "offset=22 width=2" },
	{ "offset=22 width=2 mask=0xfff modulus=4096", "offset=22 width=2 mask=0xfff" },
	{ "offset=22 width=8 modulus=18446744073709551615 increment=4294967295",
		"offset=22 width=8 increment=4294967295 modulus=18446744073709551615" },
	{ "offset=22 width=2 modulus=65536", "offset=22 width=2" },
	{ "offset=22 width=2 modulus=1000 increment=10",
		"offset=22 width=2 increment=10 modulus=1000" },
	{ "offset=22 width=2 shift=15", NULL },
	{ "offset=22 width=2 stream=none", NULL },
	{ "offset=22 width=2 stream=[18:2],vlan,[0:8]",
		"offset=22 width=2 stream=vlan,[18:2],[0:8]" },
	{ "match=0:1:69 offset=22 width=2 match=4:8:0xffffffffffffffff match=2:2:0",
		"offset=22 width=2 match=0:1:0x45 match=4:8:0xffffffffffffffff match=2:2:0" },
};

static void specifications_are_read(void **state)
{
	for (size_t i = 0; i < COUNT(specifications); i++) {
		const char *printed = specifications[i].printed;
		char text[FIELD_TEXT];
		struct error error;
		struct field field;

		if (field_parse(&field, specifications[i].text, &error) < 0)
			strcpy(text, "");
		else
			field_print(&field, text, sizeof(text));
		assert_string_equal(text, printed ? printed : specifications[i].text);
	}
}

static const struct {
	const char *text, *complaint;
} mistakes[] = {
	{ "", "there is no offset=: say at which byte the number stands, as offset=14" },
	{ "width=4", "there is no offset=: say at which byte the number stands, as offset=14" },
	{ "offset=4", "there is no width=: say how many bytes the number has, as width=4" },
	{ "offset=1 wdith=4", "unknown word 'wdith': did you mean 'width'? (word 2)" },
	{ "ports=1", "unknown word 'ports': did you mean 'port'? (word 1)" },
	{ "x=1", "unknown word 'x': there are name, eth.type, vlan, ip.proto, port, port.src, "
		 "port.dst, start, offset, width, endian, mask, shift, increment, modulus, stream, "
		 "match (word 1)" },
	{ "udp offset=1", "'udp' is not KEY=VALUE, as width=4 (word 1)" },
	{ "offset=1 width=", "'width=' lacks its value (word 2)" },
	{ "=4", "unknown word '': there are name, eth.type, vlan, ip.proto, port, port.src, "
		"port.dst, start, offset, width, endian, mask, shift, increment, modulus, stream, "
		"match (word 1)" },
	{ "width=9", "'width=9' is not a number from 1 to 8 (word 1)" },
	{ "width=0", "'width=0' is not a number from 1 to 8 (word 1)" },
	{ "width=four", "'width=four' is not a number from 1 to 8 (word 1)" },
	{ "width=4x", "'width=4x' is not a number from 1 to 8 (word 1)" },
	{ "width=-1", "'width=-1' is not a number from 1 to 8 (word 1)" },
	{ "width=0x", "'width=0x' is not a number from 1 to 8 (word 1)" },
	{ "width=257", "'width=257' is not a number from 1 to 8 (word 1)" },
	{ "offset=65528", "'offset=65528' is not a number from 0 to 65527 (word 1)" },
	{ "eth.type=88b5", "'eth.type=88b5' is not a number from 0x600 to 0xffff (word 1)" },
	{ "eth.type=0x5dc", "'eth.type=0x5dc' is not a number from 0x600 to 0xffff (word 1)" },
	{ "vlan=4095", "'vlan=4095' is not a number from 0 to 4094 (word 1)" },
	{ "port=65536", "'port=65536' is not a number from 0 to 65535 (word 1)" },
	{ "ip.proto=256", "'ip.proto=256' is not a number from 0 to 255 (word 1)" },
	{ "ip.proto=upd", "ip.proto= has no 'upd': did you mean 'udp'? (word 1)" },
	{ "ip.proto=ospf",
		"ip.proto= has no 'ospf': it takes icmp, tcp, udp, dccp, gre, esp, icmp6, l2tp, "
		"sctp, udplite or a number up to 255 (word 1)" },
	{ "increment=0", "'increment=0' is not a number from 1 to 4294967295 (word 1)" },
	{ "modulus=18446744073709551616",
		"'modulus=18446744073709551616' is not a number from 2 to 18446744073709551615 "
		"(word 1)" },
	{ "mask=0", "'mask=0' is not a number from 0x1 to 0xffffffffffffffff (word 1)" },
	{ "start=paylod", "start= has no 'paylod': did you mean 'payload'? (word 1)" },
	{ "start=3", "start= has no '3': it takes link, network, transport, payload (word 1)" },
	{ "endian=network", "endian= has no 'network': it takes big, little (word 1)" },
	{ "name=IPC",
		"'name=IPC' is no name: up to 31 of a-z, 0-9 and -, which is not first (word 1)" },
	{ "offset=1 width=4 offset=2", "'offset=2': offset= stands before, as word 1 (word 3)" },
	{ "stream=ip.scr", "stream= has no 'ip.scr': did you mean 'ip.src'? (word 1)" },
	{ "stream=,",
		"stream= has no '': it takes eth.src, eth.dst, vlan, ip.src, ip.dst, ip.proto, "
		"port.src, port.dst, bytes as [18:2], or none (word 1)" },
	{ "stream=vlan,vlan", "'vlan' stands twice in stream= (word 1)" },
	{ "stream=[1:9]",
		"'[1:9]' is not [OFFSET:WIDTH], bytes as [18:2], 8 of them up to 65527 at most "
		"(word 1)" },
	{ "stream=[65528:1]",
		"'[65528:1]' is not [OFFSET:WIDTH], bytes as [18:2], 8 of them up to 65527 at most "
		"(word 1)" },
	{ "stream=[1:1]x",
		"'[1:1]x' is not [OFFSET:WIDTH], bytes as [18:2], 8 of them up to 65527 at most "
		"(word 1)" },
	{ "stream=[0:1],[1:1],[2:1],[3:1],[4:1]",
		"stream= takes bytes at 4 places at most: '[4:1]' is more (word 1)" },
	{ "match=1:1",
		"'match=1:1' is not OFFSET:WIDTH:VALUE, as match=0:1:0x45, 8 bytes up to 65527 at "
		"most (word 1)" },
	{ "match=1:1:256", "'match=1:1:256': the value does not fit in 1 byte (word 1)" },
	{ "match=1:2:0x10000", "'match=1:2:0x10000': the value does not fit in 2 bytes (word 1)" },
	{ "match=0:1:1 match=1:1:1 match=2:1:1 match=3:1:1 match=4:1:1",
		"match= may stand 4 times at most (word 5)" },
	{ "offset=0 width=2 mask=0x1ffff",
		"'mask=0x1ffff' is wider than the number: 0xffff at most (word 3)" },
	{ "mask=0xff0f offset=0 width=2",
		"'mask=0xff0f' has holes: the bits of a number stand together (word 1)" },
	{ "offset=0 width=2 shift=16",
		"'shift=16' leaves nothing of 16 bits: less than that is right (word 3)" },
	{ "offset=0 width=2 shift=12 mask=0xfff",
		"'shift=12' leaves nothing of 12 bits: less than that is right (word 3)" },
	{ "offset=0 width=1 modulus=257",
		"'modulus=257' is more than 8 bits count: 256 at most (word 3)" },
	{ "offset=0 width=1 increment=256",
		"'increment=256' is not less than 256, where the number wraps (word 3)" },
	{ "offset=0 width=1 modulus=10 increment=10",
		"'increment=10' is not less than 10, where the number wraps (word 4)" },
	{ "eth.type=0x8100 offset=0 width=1",
		"'eth.type=0x8100' is a VLAN tag's: name the EtherType behind the tags, and "
		"vlan=ID (word 1)" },
	{ "offset=0 width=1 port.src=7 eth.type=0x88b5",
		"'port.src=' is of IP, which eth.type=0x88b5 is not (word 3)" },
	{ "offset=0 width=1 start=transport eth.type=0x88b5",
		"'start=transport' is of IP, which eth.type=0x88b5 is not: start=network is right "
		"(word 3)" },
	{ "offset=0 width=1 stream=ip.src eth.type=0x88b5",
		"'stream=' has parts of IP, which eth.type=0x88b5 is not (word 3)" },
	{ "offset=0 width=4 ip.proto=esp start=payload",
		"'start=payload' is behind a header of TCP, UDP or ICMP, which ip.proto=50 has "
		"not: start=transport is right behind IP's (word 4)" },
	{ "offset=0 width=4 ip.proto=esp port.dst=5",
		"'port.dst=': ip.proto=50 has no ports (word 4)" },
};

static void mistakes_are_told(void **state)
{
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		struct error error = { "" };
		struct field field;

		assert_int_equal(field_parse(&field, mistakes[i].text, &error), -1);
		assert_string_equal(error.text, mistakes[i].complaint);
		assert_int_equal(field_parse(&field, mistakes[i].text, NULL), -1);
	}
}

static void long_words_are_refused(void **state)
{
	char text[1024], expected[128];
	struct error error;
	struct field field;

	memset(text, 'w', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	snprintf(expected, sizeof(expected),
		"'%.20s...' is too long: 199 characters at most (word 1)", text);
	assert_int_equal(field_parse(&field, text, &error), -1);
	assert_string_equal(error.text, expected);
	text[199] = '\0';
	assert_int_equal(field_parse(&field, text, &error), -1);
	assert_non_null(strstr(error.text, "' is not KEY=VALUE, as width=4 (word 1)"));
	text[32] = '\0';
	assert_false(field_name_valid(text));
	text[31] = '\0';
	assert_true(field_name_valid(text));
	assert_false(field_name_valid(""));
	assert_false(field_name_valid("-a"));
	assert_false(field_name_valid("a b"));
}

/* Any bytes are a specification or an error, and parse to the same again when printed. */

static uint64_t seed = 1;

static unsigned below(unsigned limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % limit;
}

static const char *const pieces[] = { "name=a-1", "eth.type=0x88b5", "eth.type=0x0800",
	"eth.type=0x86dd", "vlan=0", "vlan=7", "ip.proto=udp", "ip.proto=50", "ip.proto=sctp",
	"port=4000", "port.src=1", "port.dst=65535", "start=network", "start=transport",
	"start=payload", "start=link", "offset=0", "offset=14", "offset=65527", "width=1",
	"width=3", "width=4", "width=8", "endian=little", "endian=big", "mask=0xff", "mask=0xf0",
	"mask=0xffffffff", "mask=0xffffffffffffffff", "shift=0", "shift=4", "shift=9",
	"increment=2", "increment=512", "modulus=100", "modulus=256", "modulus=4294967296",
	"stream=none", "stream=eth.src,eth.dst", "stream=[3:2]", "stream=vlan,ip.src,[0:8],[1:1]",
	"stream=eth.src,eth.dst,vlan,ip.src,ip.dst,ip.proto,port.src,port.dst", "match=0:1:1",
	"match=9:8:0x8000000000000000", "match=65527:8:0xffffffffffffffff" };

static void compose(char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "offset=%u width=%u", below(70000), below(9));

	for (unsigned i = below(10); i > 0; i--) {
		const char *piece = pieces[below(COUNT(pieces))];

		used += (size_t)snprintf(text + used, size - used, " %s", piece);
	}
	if (below(2) == 0)
		text[below((unsigned)used)] = (char)(1 + below(255));
}

static bool equal(const struct field *a, const struct field *b)
{
	return strcmp(a->name, b->name) == 0 && a->ethertype == b->ethertype &&
	       a->vlan == b->vlan && a->protocol == b->protocol && a->port == b->port &&
	       a->source_port == b->source_port && a->destination_port == b->destination_port &&
	       a->start == b->start && a->offset == b->offset && a->width == b->width &&
	       a->little == b->little && a->mask == b->mask && a->shift == b->shift &&
	       a->increment == b->increment && a->modulus == b->modulus && a->keys == b->keys &&
	       a->byte_count == b->byte_count && a->match_count == b->match_count;
}

static bool equal_places(const struct field *a, const struct field *b)
{
	for (unsigned i = 0; i < FIELD_KEYS; i++)
		if (a->bytes[i].offset != b->bytes[i].offset ||
			a->bytes[i].width != b->bytes[i].width ||
			a->matches[i].offset != b->matches[i].offset ||
			a->matches[i].width != b->matches[i].width ||
			a->matches[i].value != b->matches[i].value)
			return false;
	return true;
}

static void printing_is_the_inverse(void **state)
{
	unsigned good = 0;

	for (unsigned i = 0; i < 50000; i++) {
		char text[1024], printed[FIELD_TEXT], again[FIELD_TEXT];
		struct field field, copy;
		struct error error;

		compose(text, sizeof(text));
		if (field_parse(&field, text, &error) < 0)
			continue;
		good++;
		field_print(&field, printed, sizeof(printed));
		assert_int_equal(field_parse(&copy, printed, &error), 0);
		assert_true(equal(&field, &copy) && equal_places(&field, &copy));
		assert_string_equal(field_print(&copy, again, sizeof(again)), printed);
		assert_true(field_bits(&field) >= 1 && field_bits(&field) <= 64);
		assert_true(strlen(printed) < sizeof(printed) - 1);
	}
	assert_true(good > 1000);
}

/* The longest there is fits; a smaller buffer is filled to its end and no further. */
static void the_longest_fits(void **state)
{
	struct field field = FIELD_DEFAULTS;
	char text[FIELD_TEXT + 1], small[8] = "xxxxxxx";

	memset(field.name, 'a', sizeof(field.name) - 1);
	field.ethertype = 0xffff;
	field.vlan = 4094;
	field.protocol = 136;
	field.port = field.source_port = field.destination_port = 65535;
	field.start = FIELD_TRANSPORT;
	field.offset = FIELD_OFFSET_MAX;
	field.width = 8;
	field.little = true;
	field.mask = UINT64_MAX - 1;
	field.shift = 63;
	field.increment = UINT32_MAX;
	field.modulus = UINT64_MAX;
	field.keys = (1u << FIELD_KEY_COUNT) - 1;
	field.byte_count = field.match_count = FIELD_KEYS;
	for (unsigned i = 0; i < FIELD_KEYS; i++) {
		field.bytes[i] = (struct field_bytes){ FIELD_OFFSET_MAX, 8 };
		field.matches[i] = (struct field_match){ FIELD_OFFSET_MAX, 8, UINT64_MAX };
	}
	assert_true(strlen(field_print(&field, text, sizeof(text))) < FIELD_TEXT);
	assert_non_null(strstr(text, ",[65527:8] match="));
	assert_string_equal(field_print(&field, small, 4), "nam");
	assert_memory_equal(small + 4, "xxx", 4);
}

static const struct {
	const char *text;
	unsigned bits;
	uint64_t modulus;
} widths[] = {
	{ "offset=0 width=1", 8, 256 },
	{ "offset=0 width=4", 32, UINT64_C(1) << 32 },
	{ "offset=0 width=8", 64, 0 },
	{ "offset=0 width=8 shift=1", 63, UINT64_C(1) << 63 },
	{ "offset=0 width=8 mask=0xf000000000000000", 64, 0 },
	{ "offset=0 width=2 mask=0xfff0 shift=4", 12, 4096 },
	{ "offset=0 width=2 modulus=1000", 16, 1000 },
	{ "offset=0 width=8 modulus=0xffffffffffffffff", 64, UINT64_MAX },
};

static void numbers_wrap(void **state)
{
	for (size_t i = 0; i < COUNT(widths); i++) {
		struct field field;

		assert_int_equal(field_parse(&field, widths[i].text, NULL), 0);
		assert_int_equal(field_bits(&field), widths[i].bits);
		assert_true(field_modulus(&field) == widths[i].modulus);
	}
}

/* Frames. */

static void put_tag(struct bytes *b, unsigned id, unsigned type)
{
	put16(b, 0x2000 | id);
	put16(b, type);
}

/* Twelve bytes of payload, 0x10 0x11 ... */
static void put_payload(struct bytes *b)
{
	for (unsigned i = 0; i < 12; i++)
		put8(b, 0x10 + i);
}

static void raw_frame(struct bytes *b)
{
	put_ethernet(b, 0x88b5);
	put_payload(b);
}

static void tagged_frame(struct bytes *b)
{
	put_ethernet(b, 0x8100);
	put_tag(b, 100, 0x88b5);
	put_payload(b);
}

static void twice_tagged_frame(struct bytes *b)
{
	put_ethernet(b, 0x88a8);
	put_tag(b, 200, 0x8100);
	put_tag(b, 100, 0x88b5);
	put_payload(b);
}

static void snap_frame(struct bytes *b)
{
	put_ethernet(b, 20);
	put(b, "\xaa\xaa\x03\0\0\0\x88\xb5", 8);
	put_payload(b);
}

static void udp_frame(struct bytes *b)
{
	uint32_t ip, udp;

	put_ethernet(b, 0x0800);
	ip = put_ipv4(b, 17);
	udp = put_udp(b);
	put_payload(b);
	udp_finish(b, udp);
	ip_finish(b, ip);
}

static void udp6_frame(struct bytes *b)
{
	uint32_t ip, udp;

	put_ethernet(b, 0x86dd);
	ip = put_ipv6(b, 17);
	udp = put_udp(b);
	put_payload(b);
	udp_finish(b, udp);
	ip_finish(b, ip);
}

/* Four bytes of payload; the rest up to Ethernet's minimum is padding. */
static void padded_frame(struct bytes *b)
{
	uint32_t ip, udp;

	put_ethernet(b, 0x0800);
	ip = put_ipv4(b, 17);
	udp = put_udp(b);
	put32(b, 0x01020304);
	udp_finish(b, udp);
	ip_finish(b, ip);
	put_fill(b, 0xee, 14);
}

static void later_fragment(struct bytes *b)
{
	udp_frame(b);
	set16(b, 14 + 6, 0x0001);
}

static void first_fragment(struct bytes *b)
{
	udp_frame(b);
	set16(b, 14 + 6, 0x2000);
}

static void sctp_frame(struct bytes *b)
{
	uint32_t ip;

	put_ethernet(b, 0x0800);
	ip = put_ipv4(b, 132);
	put16(b, 1001);
	put16(b, 1002);
	put_payload(b);
	ip_finish(b, ip);
}

static void esp_frame(struct bytes *b)
{
	uint32_t ip;

	put_ethernet(b, 0x0800);
	ip = put_ipv4(b, 50);
	put_payload(b);
	ip_finish(b, ip);
}

static void tcp_frame(struct bytes *b)
{
	uint32_t ip;

	put_ethernet(b, 0x0800);
	ip = put_ipv4(b, 6);
	put_tcp(b, 0x10, 4);
	put32(b, 0x01010101);
	put_payload(b);
	ip_finish(b, ip);
}

#define NONE UINT64_MAX   /* selected, not read */
#define OTHERS (NONE - 1) /* not selected */

static const struct {
	void (*build)(struct bytes *b);
	const char *text;
	uint64_t number;
	const char *key; /* in hexadecimal, NULL: not compared */
} reads[] = {
	{ raw_frame, "eth.type=0x88b5 offset=14 width=4", 0x10111213, "040404040404020202020202" },
	{ raw_frame, "eth.type=0x88b5 offset=14 width=4 endian=little", 0x13121110, NULL },
	{ raw_frame, "eth.type=0x88b5 offset=14 width=3", 0x101112, NULL },
	{ raw_frame, "eth.type=0x88b5 offset=14 width=3 endian=little", 0x121110, NULL },
	{ raw_frame, "eth.type=0x88b5 offset=18 width=8", 0x1415161718191a1b, NULL },
	{ raw_frame, "eth.type=0x88b5 offset=19 width=8", NONE, NULL },
	{ raw_frame, "eth.type=0x88b5 offset=65527 width=8", NONE, NULL },
	{ raw_frame, "eth.type=0x88b5 start=network offset=0 width=2 mask=0x1f0 shift=4", 1, NULL },
	{ raw_frame, "eth.type=0x88b5 start=network offset=0 width=1 stream=none", 0x10, "" },
	{ raw_frame, "eth.type=0x88b5 start=network offset=0 width=1 stream=vlan,[2:3]", 0x10,
		"0000121314" },
	{ raw_frame, "eth.type=0x88b5 start=network offset=0 width=1 stream=[11:2]", NONE, NULL },
	{ raw_frame, "eth.type=0x88b5 offset=14 width=1 match=12:2:0x88b5", 0x10, NULL },
	{ raw_frame, "eth.type=0x88b5 offset=14 width=1 match=12:2:0x88b5 match=15:1:0", NONE,
		NULL },
	{ raw_frame, "eth.type=0x88b5 offset=14 width=1 match=26:1:0", NONE, NULL },
	{ raw_frame, "eth.type=0x88b6 offset=14 width=4", OTHERS, NULL },
	{ raw_frame, "vlan=0 offset=14 width=1", 0x10, NULL },
	{ raw_frame, "vlan=1 offset=14 width=1", OTHERS, NULL },
	{ raw_frame, "ip.proto=0 offset=14 width=1", OTHERS, NULL },
	{ raw_frame, "offset=14 width=1 stream=ip.src", NONE, NULL },
	{ raw_frame, "offset=14 width=1 stream=ip.proto", NONE, NULL },
	{ raw_frame, "offset=14 width=1 stream=port.dst", NONE, NULL },
	{ raw_frame, "start=transport offset=0 width=1 stream=none", NONE, NULL },
	{ raw_frame, "start=payload offset=0 width=1 stream=none", NONE, NULL },
	/* The same words fit tagged and untagged frames. */
	{ tagged_frame, "eth.type=0x88b5 offset=14 width=4 stream=eth.src,vlan", 0x10111213,
		"0404040404040064" },
	{ tagged_frame, "eth.type=0x88b5 offset=12 width=2", 0x88b5, NULL },
	{ tagged_frame, "eth.type=0x88b5 offset=6 width=2", 0x0404, NULL },
	{ tagged_frame, "eth.type=0x88b5 start=network offset=0 width=4", 0x10111213, NULL },
	{ tagged_frame, "eth.type=0x88b5 vlan=100 offset=14 width=1", 0x10, NULL },
	{ tagged_frame, "eth.type=0x88b5 vlan=0 offset=14 width=1", OTHERS, NULL },
	{ tagged_frame, "vlan=100 offset=14 width=2", 0x2064, NULL },
	{ twice_tagged_frame, "eth.type=0x88b5 offset=14 width=4", 0x10111213, NULL },
	{ twice_tagged_frame, "eth.type=0x88b5 vlan=200 start=network offset=11 width=1", 0x1b,
		NULL },
	{ snap_frame, "eth.type=0x88b5 offset=22 width=4", 0x10111213, NULL },
	/* Layers of IP. */
	{ udp_frame, "port=53 start=payload offset=0 width=4", 0x10111213,
		"0a0000010a00000213880035" },
	{ udp_frame, "port=5000 start=payload offset=4 width=8", 0x1415161718191a1b, NULL },
	{ udp_frame, "port=5000 start=payload offset=5 width=8", NONE, NULL },
	{ udp_frame, "port.src=5000 port.dst=53 start=transport offset=8 width=1", 0x10, NULL },
	{ udp_frame, "port.src=53 offset=8 width=1", OTHERS, NULL },
	{ udp_frame, "port.dst=5000 offset=8 width=1", OTHERS, NULL },
	{ udp_frame, "port=1 offset=8 width=1", OTHERS, NULL },
	{ udp_frame, "ip.proto=tcp offset=8 width=1", OTHERS, NULL },
	{ udp_frame, "ip.proto=udp start=network offset=4 width=2 stream=ip.dst,ip.proto", 0x1234,
		"0a00000211" },
	{ udp_frame, "ip.proto=udp start=link offset=42 width=1", 0x10, NULL },
	{ udp6_frame, "eth.type=0x86dd port=53 start=payload offset=0 width=4 stream=ip.dst",
		0x10111213, "20010db8000000000000000000000002" },
	{ padded_frame, "port=53 start=payload offset=0 width=4", 0x01020304, NULL },
	{ padded_frame, "port=53 start=payload offset=4 width=1", NONE, NULL },
	{ padded_frame, "port=53 start=transport offset=12 width=1", NONE, NULL },
	{ padded_frame, "port=53 start=network offset=32 width=1", NONE, NULL },
	{ padded_frame, "port=53 start=link offset=46 width=1", 0xee, NULL },
	{ later_fragment, "port=53 start=network offset=4 width=2", OTHERS, NULL },
	{ later_fragment, "ip.proto=udp start=network offset=4 width=2 stream=ip.src", 0x1234,
		NULL },
	{ later_fragment, "ip.proto=udp start=network offset=4 width=2", NONE, NULL },
	{ later_fragment, "ip.proto=udp start=transport offset=4 width=2 stream=ip.src", NONE,
		NULL },
	{ later_fragment, "ip.proto=udp start=payload offset=4 width=2 stream=ip.src", NONE, NULL },
	{ first_fragment, "port=53 start=payload offset=0 width=1", 0x10, NULL },
	{ sctp_frame, "ip.proto=sctp port=1002 start=transport offset=4 width=4", 0x10111213,
		"0a0000010a00000203e903ea" },
	{ sctp_frame, "ip.proto=sctp port=1003 start=transport offset=4 width=4", OTHERS, NULL },
	{ esp_frame, "ip.proto=esp start=transport offset=4 width=4 stream=ip.dst,[0:4]",
		0x14151617, "0a00000210111213" },
	{ esp_frame, "ip.proto=esp start=transport offset=4 width=4", 0x14151617,
		"0a0000010a00000200000000" },
	{ esp_frame, "port=0 start=transport offset=4 width=4", OTHERS, NULL },
	{ tcp_frame, "port=80 start=payload offset=0 width=1", 0x10, NULL },
	{ tcp_frame, "ip.proto=tcp start=transport offset=4 width=4", 0x01020304, NULL },
};

static void to_hexadecimal(char *text, const uint8_t *bytes, unsigned count)
{
	*text = '\0';
	for (unsigned i = 0; i < count; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
}

static bool read_all(const struct field *field, const struct packet *packet, uint64_t *number,
	uint8_t key[FIELD_KEY_BYTES], unsigned *length)
{
	uint32_t behind;

	return field_read_number(field, packet, number, &behind) &&
	       field_read_key(field, packet, key, length);
}

/* Reads the row's field from the frame as captured up to `caplen`. */
static uint64_t read_frame(size_t row, const struct bytes *frame, uint32_t caplen, char *key_text)
{
	uint8_t key[FIELD_KEY_BYTES];
	uint64_t number = NONE;
	struct packet packet;
	struct field field;
	unsigned length = 0;

	assert_int_equal(field_parse(&field, reads[row].text, NULL), 0);
	frame_decode(&packet, frame, LINK_ETHERNET, caplen, frame->size);
	if (!field_selects(&field, &packet))
		number = OTHERS;
	else if (!read_all(&field, &packet, &number, key, &length))
		number = NONE;
	frame_free(&packet);
	to_hexadecimal(key_text, key, number < OTHERS ? length : 0);
	return number;
}

static void numbers_and_keys_are_found(void **state)
{
	for (size_t i = 0; i < COUNT(reads); i++) {
		struct bytes frame = { .size = 0 };
		char key[2 * FIELD_KEY_BYTES + 1];
		uint64_t number;

		reads[i].build(&frame);
		number = read_frame(i, &frame, frame.size, key);
		if (number != reads[i].number || (reads[i].key && strcmp(key, reads[i].key) != 0))
			fail_msg("%zu '%s': %llx of %s", i, reads[i].text,
				(unsigned long long)number, key);
	}
}

/* However much the capture cut off, a number that is still found is the same one. */
static void cut_frames_tell_the_same(void **state)
{
	for (size_t i = 0; i < COUNT(reads); i++) {
		struct bytes frame = { .size = 0 };
		char whole[2 * FIELD_KEY_BYTES + 1], cut[2 * FIELD_KEY_BYTES + 1];
		uint64_t number;

		reads[i].build(&frame);
		read_frame(i, &frame, frame.size, whole);
		for (uint32_t caplen = 0; caplen < frame.size; caplen++) {
			number = read_frame(i, &frame, caplen, cut);
			if (number >= OTHERS)
				continue;
			assert_true(number == reads[i].number);
			assert_string_equal(cut, whole);
		}
	}
}

/* Without Ethernet there are no addresses of it, and no tags to pass over. */
static void other_links(void **state)
{
	struct bytes frame = { .size = 0 };
	uint8_t key[FIELD_KEY_BYTES];
	struct packet packet;
	struct field field;
	uint64_t number;
	unsigned length;

	put(&frame, "\0\0\0\1\0\6\2\2\2\2\2\2\0\0\x81\0", 16);
	put_tag(&frame, 5, 0x88b5);
	put_payload(&frame);
	frame_decode(&packet, &frame, LINK_COOKED, frame.size, frame.size);
	assert_int_equal(field_parse(&field, "eth.type=0x88b5 offset=20 width=1", NULL), 0);
	assert_true(field_selects(&field, &packet));
	assert_false(read_all(&field, &packet, &number, key, &length));
	field.keys = 1u << FIELD_KEY_VLAN;
	assert_true(read_all(&field, &packet, &number, key, &length));
	assert_int_equal(number, 0x10);
	frame_free(&packet);
}

static void lists_grow(void **state)
{
	struct field_list list = { 0 };

	for (uint16_t i = 0; i < 100; i++)
		field_list_add(&list)->offset = i;
	assert_int_equal(list.count, 100);
	for (uint16_t i = 0; i < 100; i++) {
		assert_int_equal(list.fields[i].offset, i);
		assert_int_equal(list.fields[i].ethertype, -1);
		assert_int_equal(list.fields[i].increment, 1);
	}
	free(list.fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(specifications_are_read),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(long_words_are_refused),
		cmocka_unit_test(printing_is_the_inverse),
		cmocka_unit_test(the_longest_fits),
		cmocka_unit_test(numbers_wrap),
		cmocka_unit_test(numbers_and_keys_are_found),
		cmocka_unit_test(cut_frames_tell_the_same),
		cmocka_unit_test(other_links),
		cmocka_unit_test(lists_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
