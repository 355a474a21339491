/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language in which people describe where a protocol keeps its sequence numbers: words
 * key=value in any order, from a table.  What is wrong is told by the word; what contradicts itself
 * or could never be found in a packet is refused as well.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/field.h"
#include "base/spelling.h"

#define WORD_MAX 200
#define MIN_ETHERTYPE 0x600
#define MAX_VLAN 4094
#define BLANKS " \t\r\n"

enum word {
	WORD_NAME,
	WORD_ETHERTYPE,
	WORD_VLAN,
	WORD_PROTOCOL,
	WORD_PORT,
	WORD_SOURCE_PORT,
	WORD_DESTINATION_PORT,
	WORD_START,
	WORD_OFFSET,
	WORD_WIDTH,
	WORD_ENDIAN,
	WORD_MASK,
	WORD_SHIFT,
	WORD_INCREMENT,
	WORD_MODULUS,
	WORD_STREAM,
	WORD_MATCH,
	WORD_COUNT,
};

/* A specification on its way to a field. */
struct reading {
	struct field *field;
	unsigned places[WORD_COUNT]; /* where each word stood, from 1; 0: it did not */
	unsigned at;                 /* place of the word that is read or to blame, 0: none */
};

/* How a word is written, and who takes its value. */
struct word_row {
	const char *name;
	int (*take)(const struct word_row *row, struct field *field, const char *value,
		struct error *error);
	/* For take_number(): the member, and what it can be. */
	size_t offset, size;
	uint64_t least, most;
	bool hexadecimal;
};

/* A word that is a value. */
struct value_row {
	const char *name;
	int value;
};

static const struct value_row protocols[] = {
	{ "icmp", 1 },
	{ "tcp", 6 },
	{ "udp", 17 },
	{ "dccp", 33 },
	{ "gre", 47 },
	{ "esp", 50 },
	{ "icmp6", 58 },
	{ "l2tp", 115 },
	{ "sctp", 132 },
	{ "udplite", 136 },
	{ 0 },
};

static const struct value_row starts[] = {
	{ "link", FIELD_LINK },
	{ "network", FIELD_NETWORK },
	{ "transport", FIELD_TRANSPORT },
	{ "payload", FIELD_PAYLOAD },
	{ 0 },
};

static const struct value_row orders[] = {
	{ "big", false },
	{ "little", true },
	{ 0 },
};

static const struct value_row keys[] = {
	{ "eth.src", FIELD_KEY_ETH_SRC },
	{ "eth.dst", FIELD_KEY_ETH_DST },
	{ "vlan", FIELD_KEY_VLAN },
	{ "ip.src", FIELD_KEY_IP_SRC },
	{ "ip.dst", FIELD_KEY_IP_DST },
	{ "ip.proto", FIELD_KEY_PROTOCOL },
	{ "port.src", FIELD_KEY_SOURCE_PORT },
	{ "port.dst", FIELD_KEY_DESTINATION_PORT },
	{ 0 },
};

#define IP_KEYS \
	(1u << FIELD_KEY_IP_SRC | 1u << FIELD_KEY_IP_DST | 1u << FIELD_KEY_PROTOCOL | \
		1u << FIELD_KEY_SOURCE_PORT | 1u << FIELD_KEY_DESTINATION_PORT)

static int find_value(const struct value_row *rows, const char *name)
{
	for (; rows->name; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows->value;
	return -1;
}

static const char *find_name(const struct value_row *rows, int value)
{
	for (; rows->name; rows++)
		if (rows->value == value)
			return rows->name;
	return NULL;
}

/* Says that `word` is none of the rows': the nearest one, or all of them. */
static int refuse_value(const char *key, const char *word, const struct value_row *rows,
	const char *also, struct error *error)
{
	const char *nearest = spelling_nearest(word, rows, sizeof(*rows));
	char list[160] = "";
	size_t used = 0;

	if (nearest)
		return error_set(error, "%s= has no '%s': did you mean '%s'?", key, word, nearest);
	for (; rows->name && used < sizeof(list); rows++)
		used += (size_t)snprintf(
			list + used, sizeof(list) - used, "%s%s", used ? ", " : "", rows->name);
	return error_set(error, "%s= has no '%s': it takes %s%s", key, word, list, also);
}

static int digit(char letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	if (letter >= 'a' && letter <= 'f')
		return letter - 'a' + 10;
	return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : 16;
}

/* Takes "12" or "0x1f" from the text; false if there is no number, or a larger one than fits. */
static bool take_digits(const char **text, uint64_t *number)
{
	int base = 10;
	const char *first;

	if ((*text)[0] == '0' && ((*text)[1] == 'x' || (*text)[1] == 'X')) {
		base = 16;
		*text += 2;
	}
	first = *text;
	*number = 0;
	for (; digit(**text) < base; ++*text)
		if (__builtin_mul_overflow(*number, (uint64_t)base, number) ||
			__builtin_add_overflow(*number, (uint64_t)digit(**text), number))
			return false;
	return *text > first;
}

static bool take_letter(const char **text, char letter)
{
	if (**text != letter)
		return false;
	++*text;
	return true;
}

static int take_number(
	const struct word_row *row, struct field *field, const char *value, struct error *error)
{
	char *target = (char *)field + row->offset;
	const char *end = value;
	uint64_t number;

	if (!take_digits(&end, &number) || *end || number < row->least || number > row->most)
		return error_set(error,
			row->hexadecimal ? "'%s=%s' is not a number from %#" PRIx64 " to %#" PRIx64
					 : "'%s=%s' is not a number from %" PRIu64 " to %" PRIu64,
			row->name, value, row->least, row->most);
	if (row->size == 1)
		*(uint8_t *)target = (uint8_t)number;
	else if (row->size == 2)
		*(uint16_t *)(void *)target = (uint16_t)number;
	else if (row->size == 4)
		*(uint32_t *)(void *)target = (uint32_t)number;
	else
		*(uint64_t *)(void *)target = number;
	return 0;
}

static int take_name(
	const struct word_row *row, struct field *field, const char *value, struct error *error)
{
	if (!field_name_valid(value))
		return error_set(error,
			"'name=%s' is no name: up to 31 of a-z, 0-9 and -, which is not first",
			value);
	strcpy(field->name, value);
	return 0;
}

static int take_protocol(
	const struct word_row *row, struct field *field, const char *value, struct error *error)
{
	int protocol = find_value(protocols, value);

	if (digit(*value) < 10)
		return take_number(row, field, value, error);
	if (protocol < 0)
		return refuse_value(row->name, value, protocols, " or a number up to 255", error);
	field->protocol = protocol;
	return 0;
}

static int take_start(
	const struct word_row *row, struct field *field, const char *value, struct error *error)
{
	int start = find_value(starts, value);

	if (start < 0)
		return refuse_value(row->name, value, starts, "", error);
	field->start = (enum field_start)start;
	return 0;
}

static int take_order(
	const struct word_row *row, struct field *field, const char *value, struct error *error)
{
	int little = find_value(orders, value);

	if (little < 0)
		return refuse_value(row->name, value, orders, "", error);
	field->little = little;
	return 0;
}

/* Takes "14:4", a place in the packet. */
static bool take_place(const char **text, uint16_t *offset, uint8_t *width)
{
	uint64_t at, bytes;

	if (!take_digits(text, &at) || !take_letter(text, ':') || !take_digits(text, &bytes) ||
		at > FIELD_OFFSET_MAX || bytes < 1 || bytes > 8)
		return false;
	*offset = (uint16_t)at;
	*width = (uint8_t)bytes;
	return true;
}

static int take_key_bytes(struct field *field, const char *item, struct error *error)
{
	struct field_bytes bytes = { 0 };
	const char *end = item + 1;

	if (field->byte_count == FIELD_KEYS)
		return error_set(error, "stream= takes bytes at %d places at most: '%s' is more",
			FIELD_KEYS, item);
	if (!take_place(&end, &bytes.offset, &bytes.width) || strcmp(end, "]") != 0)
		return error_set(error,
			"'%s' is not [OFFSET:WIDTH], bytes as [18:2], 8 of them up to %d at most",
			item, FIELD_OFFSET_MAX);
	field->bytes[field->byte_count++] = bytes;
	return 0;
}

static int take_key(struct field *field, const char *item, struct error *error)
{
	int key = find_value(keys, item);

	if (*item == '[')
		return take_key_bytes(field, item, error);
	if (key < 0)
		return refuse_value("stream", item, keys, ", bytes as [18:2], or none", error);
	if (field->keys >> key & 1)
		return error_set(error, "'%s' stands twice in stream=", item);
	field->keys |= 1u << key;
	return 0;
}

static int take_stream(
	const struct word_row *row, struct field *field, const char *value, struct error *error)
{
	char item[WORD_MAX];

	if (strcmp(value, "none") == 0)
		return 0;
	for (const char *end;; value = end + 1) {
		end = value + strcspn(value, ",");
		snprintf(item, sizeof(item), "%.*s", (int)(end - value), value);
		if (take_key(field, item, error) < 0)
			return -1;
		if (!*end)
			return 0;
	}
}

static int take_match(
	const struct word_row *row, struct field *field, const char *value, struct error *error)
{
	struct field_match *match = &field->matches[field->match_count];
	const char *end = value;

	if (field->match_count == FIELD_KEYS)
		return error_set(error, "match= may stand %d times at most", FIELD_KEYS);
	if (!take_place(&end, &match->offset, &match->width) || !take_letter(&end, ':') ||
		!take_digits(&end, &match->value) || *end)
		return error_set(error,
			"'match=%s' is not OFFSET:WIDTH:VALUE, as match=0:1:0x45, 8 bytes up to "
			"%d at most",
			value, FIELD_OFFSET_MAX);
	if (match->width < 8 && match->value >> (8 * match->width))
		return error_set(error, "'match=%s': the value does not fit in %u %s", value,
			match->width, match->width == 1 ? "byte" : "bytes");
	field->match_count++;
	return 0;
}

#define MEMBER(name) offsetof(struct field, name), sizeof(((struct field *)NULL)->name)

static const struct word_row words[WORD_COUNT + 1] = {
	[WORD_NAME] = { "name", take_name, 0, 0, 0, 0, false },
	[WORD_ETHERTYPE] = { "eth.type", take_number, MEMBER(ethertype), MIN_ETHERTYPE, UINT16_MAX,
		true },
	[WORD_VLAN] = { "vlan", take_number, MEMBER(vlan), 0, MAX_VLAN, false },
	[WORD_PROTOCOL] = { "ip.proto", take_protocol, MEMBER(protocol), 0, UINT8_MAX, false },
	[WORD_PORT] = { "port", take_number, MEMBER(port), 0, UINT16_MAX, false },
	[WORD_SOURCE_PORT] = { "port.src", take_number, MEMBER(source_port), 0, UINT16_MAX, false },
	[WORD_DESTINATION_PORT] = { "port.dst", take_number, MEMBER(destination_port), 0,
		UINT16_MAX, false },
	[WORD_START] = { "start", take_start, 0, 0, 0, 0, false },
	[WORD_OFFSET] = { "offset", take_number, MEMBER(offset), 0, FIELD_OFFSET_MAX, false },
	[WORD_WIDTH] = { "width", take_number, MEMBER(width), 1, 8, false },
	[WORD_ENDIAN] = { "endian", take_order, 0, 0, 0, 0, false },
	[WORD_MASK] = { "mask", take_number, MEMBER(mask), 1, UINT64_MAX, true },
	[WORD_SHIFT] = { "shift", take_number, MEMBER(shift), 0, 63, false },
	[WORD_INCREMENT] = { "increment", take_number, MEMBER(increment), 1, UINT32_MAX, false },
	[WORD_MODULUS] = { "modulus", take_number, MEMBER(modulus), 2, UINT64_MAX, false },
	[WORD_STREAM] = { "stream", take_stream, 0, 0, 0, 0, false },
	[WORD_MATCH] = { "match", take_match, 0, 0, 0, 0, false },
};

static int refuse_word(const char *name, struct error *error)
{
	const char *nearest = spelling_nearest(name, words, sizeof(words[0]));
	char list[160] = "";
	size_t used = 0;

	if (nearest)
		return error_set(error, "unknown word '%s': did you mean '%s'?", name, nearest);
	for (int i = 0; i < WORD_COUNT && used < sizeof(list); i++)
		used += (size_t)snprintf(
			list + used, sizeof(list) - used, "%s%s", i ? ", " : "", words[i].name);
	return error_set(error, "unknown word '%s': there are %s", name, list);
}

/* Takes one word, which is written to. */
static int take_word(struct reading *reading, char *word, struct error *error)
{
	char *value = strchr(word, '=');
	int i = 0;

	if (!value)
		return error_set(error, "'%s' is not KEY=VALUE, as width=4", word);
	*value++ = '\0';
	while (i < WORD_COUNT && strcmp(words[i].name, word) != 0)
		i++;
	if (i == WORD_COUNT)
		return refuse_word(word, error);
	if (!*value)
		return error_set(error, "'%s=' lacks its value", word);
	if (reading->places[i] && i != WORD_MATCH)
		return error_set(error, "'%s=%s': %s= stands before, as word %u", word, value, word,
			reading->places[i]);
	reading->places[i] = reading->at;
	return words[i].take(&words[i], reading->field, value, error);
}

static int take_words(struct reading *reading, const char *text, struct error *error)
{
	char word[WORD_MAX];

	for (text += strspn(text, BLANKS); *text; text += strspn(text, BLANKS)) {
		size_t length = strcspn(text, BLANKS);

		reading->at++;
		if (length >= sizeof(word))
			return error_set(error, "'%.20s...' is too long: %d characters at most",
				text, WORD_MAX - 1);
		memcpy(word, text, length);
		word[length] = '\0';
		text += length;
		if (take_word(reading, word, error) < 0)
			return -1;
	}
	return 0;
}

/* What the words say together.  Each check blames a word and returns -1 if it finds a fault. */

static int blame(struct reading *reading, enum word word, struct error *error, const char *format,
	...) __attribute__((format(printf, 4, 5)));

static int blame(
	struct reading *reading, enum word word, struct error *error, const char *format, ...)
{
	char text[256];
	va_list arguments;

	reading->at = reading->places[word];
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return error_set(error, "%s", text);
}

static int check_place(struct reading *reading, struct error *error)
{
	if (!reading->places[WORD_OFFSET])
		return blame(reading, WORD_OFFSET, error,
			"there is no offset=: say at which byte the number stands, as offset=14");
	if (!reading->places[WORD_WIDTH])
		return blame(reading, WORD_WIDTH, error,
			"there is no width=: say how many bytes the number has, as width=4");
	return 0;
}

static int check_mask(struct reading *reading, struct error *error)
{
	struct field *field = reading->field;
	uint64_t all = UINT64_MAX >> (64 - 8 * field->width), run;

	if (!field->mask)
		return 0;
	if (field->mask > all)
		return blame(reading, WORD_MASK, error,
			"'mask=%#" PRIx64 "' is wider than the number: %#" PRIx64 " at most",
			field->mask, all);
	run = field->mask >> __builtin_ctzll(field->mask);
	if (run & (run + 1))
		return blame(reading, WORD_MASK, error,
			"'mask=%#" PRIx64 "' has holes: the bits of a number stand together",
			field->mask);
	if (field->mask == all)
		field->mask = 0;
	return 0;
}

static int check_shift(struct reading *reading, struct error *error)
{
	unsigned shift = reading->field->shift, bits;

	reading->field->shift = 0;
	bits = field_bits(reading->field);
	reading->field->shift = (uint8_t)shift;
	if (shift < bits)
		return 0;
	return blame(reading, WORD_SHIFT, error,
		"'shift=%u' leaves nothing of %u bits: less than that is right", shift, bits);
}

static int check_modulus(struct reading *reading, struct error *error)
{
	struct field *field = reading->field;
	unsigned bits = field_bits(field);
	uint64_t modulus;

	if (bits < 64 && field->modulus > UINT64_C(1) << bits)
		return blame(reading, WORD_MODULUS, error,
			"'modulus=%" PRIu64 "' is more than %u bits count: %" PRIu64 " at most",
			field->modulus, bits, UINT64_C(1) << bits);
	if (bits < 64 && field->modulus == UINT64_C(1) << bits)
		field->modulus = 0;
	modulus = field_modulus(field);
	if (modulus && field->increment >= modulus)
		return blame(reading, reading->places[WORD_INCREMENT] ? WORD_INCREMENT : WORD_WIDTH,
			error,
			"'increment=%" PRIu32 "' is not less than %" PRIu64
			", where the number wraps",
			field->increment, modulus);
	return 0;
}

/* EtherTypes behind which there may be IP: itself, MPLS and PPPoE. */
static bool carries_ip(int32_t ethertype)
{
	return ethertype < 0 || ethertype == 0x0800 || ethertype == 0x86dd || ethertype == 0x8847 ||
	       ethertype == 0x8848 || ethertype == 0x8864;
}

static int check_ethertype(struct reading *reading, struct error *error)
{
	static const enum word of_ip[] = { WORD_PROTOCOL, WORD_PORT, WORD_SOURCE_PORT,
		WORD_DESTINATION_PORT };
	const struct field *field = reading->field;
	int32_t type = field->ethertype;

	if (type == 0x8100 || type == 0x88a8 || type == 0x9100)
		return blame(reading, WORD_ETHERTYPE, error,
			"'eth.type=%#x' is a VLAN tag's: name the EtherType behind the tags, and "
			"vlan=ID",
			(unsigned)type);
	if (carries_ip(type))
		return 0;
	for (size_t i = 0; i < sizeof(of_ip) / sizeof(*of_ip); i++)
		if (reading->places[of_ip[i]])
			return blame(reading, of_ip[i], error,
				"'%s=' is of IP, which eth.type=%#x is not", words[of_ip[i]].name,
				(unsigned)type);
	if (field->start >= FIELD_TRANSPORT)
		return blame(reading, WORD_START, error,
			"'start=%s' is of IP, which eth.type=%#x is not: start=network is right",
			find_name(starts, (int)field->start), (unsigned)type);
	if (field->keys & IP_KEYS)
		return blame(reading, WORD_STREAM, error,
			"'stream=' has parts of IP, which eth.type=%#x is not", (unsigned)type);
	return 0;
}

/* Protocols whose header is decoded, so that it is known where it ends. */
static bool has_payload(int32_t protocol)
{
	return protocol < 0 || protocol == 1 || protocol == 6 || protocol == 17 || protocol == 58;
}

static bool has_ports(int32_t protocol)
{
	return protocol < 0 || protocol == 6 || protocol == 17 || protocol == 33 ||
	       protocol == 132 || protocol == 136;
}

static int check_protocol(struct reading *reading, struct error *error)
{
	const struct field *field = reading->field;

	if (field->start == FIELD_PAYLOAD && !has_payload(field->protocol))
		return blame(reading, WORD_START, error,
			"'start=payload' is behind a header of TCP, UDP or ICMP, which ip.proto=%d "
			"has not: start=transport is right behind IP's",
			(int)field->protocol);
	if (has_ports(field->protocol))
		return 0;
	for (enum word word = WORD_PORT; word <= WORD_DESTINATION_PORT; word++)
		if (reading->places[word])
			return blame(reading, word, error, "'%s=': ip.proto=%d has no ports",
				words[word].name, (int)field->protocol);
	return 0;
}

static int (*const checks[])(struct reading *reading, struct error *error) = {
	check_place,
	check_mask,
	check_shift,
	check_modulus,
	check_ethertype,
	check_protocol,
};

/* What tells streams apart if nothing is said: what does so for most protocols of the layer. */
static uint32_t default_keys(const struct field *field)
{
	if (field->protocol >= 0 || field->port >= 0 || field->source_port >= 0 ||
		field->destination_port >= 0 || field->start >= FIELD_TRANSPORT ||
		field->ethertype == 0x0800 || field->ethertype == 0x86dd)
		return 1u << FIELD_KEY_IP_SRC | 1u << FIELD_KEY_IP_DST |
		       1u << FIELD_KEY_SOURCE_PORT | 1u << FIELD_KEY_DESTINATION_PORT;
	return 1u << FIELD_KEY_ETH_SRC | 1u << FIELD_KEY_ETH_DST;
}

int field_parse(struct field *field, const char *text, struct error *error)
{
	struct reading reading = { .field = field };
	struct error why;
	int status;

	*field = (struct field)FIELD_DEFAULTS;
	status = take_words(&reading, text, &why);
	for (size_t i = 0; status == 0 && i < sizeof(checks) / sizeof(checks[0]); i++)
		status = checks[i](&reading, &why);
	if (status < 0 && reading.at)
		return error_set(error, "%s (word %u)", why.text, reading.at);
	if (status < 0)
		return error_set(error, "%s", why.text);
	if (!reading.places[WORD_STREAM])
		field->keys = default_keys(field);
	return 0;
}

bool field_name_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length > 0 && length < sizeof(((struct field *)NULL)->name) && !name[length] &&
	       *name != '-';
}

/* Text under construction, words with a blank between. */
struct writing {
	char *text;
	size_t size, used;
};

static void append(struct writing *writing, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct writing *writing, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(
		writing->text + writing->used, writing->size - writing->used, format, arguments);
	va_end(arguments);
	if (length > 0)
		writing->used += (size_t)length;
	if (writing->used >= writing->size)
		writing->used = writing->size - 1;
}

static void print_selectors(struct writing *writing, const struct field *field)
{
	const char *protocol = find_name(protocols, field->protocol);

	if (*field->name)
		append(writing, "name=%s ", field->name);
	if (field->ethertype >= 0)
		append(writing, "eth.type=0x%04x ", (unsigned)field->ethertype);
	if (field->vlan >= 0)
		append(writing, "vlan=%d ", (int)field->vlan);
	if (protocol)
		append(writing, "ip.proto=%s ", protocol);
	else if (field->protocol >= 0)
		append(writing, "ip.proto=%d ", (int)field->protocol);
	if (field->port >= 0)
		append(writing, "port=%d ", (int)field->port);
	if (field->source_port >= 0)
		append(writing, "port.src=%d ", (int)field->source_port);
	if (field->destination_port >= 0)
		append(writing, "port.dst=%d ", (int)field->destination_port);
}

static void print_number(struct writing *writing, const struct field *field)
{
	if (field->start != FIELD_LINK)
		append(writing, "start=%s ", find_name(starts, (int)field->start));
	append(writing, "offset=%u width=%u", field->offset, field->width);
	if (field->little)
		append(writing, " endian=little");
	if (field->mask)
		append(writing, " mask=%#" PRIx64, field->mask);
	if (field->shift)
		append(writing, " shift=%u", field->shift);
	if (field->increment != 1)
		append(writing, " increment=%" PRIu32, field->increment);
	if (field->modulus)
		append(writing, " modulus=%" PRIu64, field->modulus);
}

static void print_stream(struct writing *writing, const struct field *field)
{
	const char *before = " stream=";

	if (field->keys == default_keys(field) && field->byte_count == 0)
		return;
	if (field->keys == 0 && field->byte_count == 0)
		append(writing, "%snone", before);
	for (int i = 0; i < FIELD_KEY_COUNT; i++) {
		if (!(field->keys >> i & 1))
			continue;
		append(writing, "%s%s", before, find_name(keys, i));
		before = ",";
	}
	for (unsigned i = 0; i < field->byte_count; i++) {
		append(writing, "%s[%u:%u]", before, field->bytes[i].offset, field->bytes[i].width);
		before = ",";
	}
}

const char *field_print(const struct field *field, char *text, size_t size)
{
	struct writing writing = { .text = text, .size = size };

	print_selectors(&writing, field);
	print_number(&writing, field);
	print_stream(&writing, field);
	for (unsigned i = 0; i < field->match_count; i++)
		append(&writing, " match=%u:%u:%#" PRIx64, field->matches[i].offset,
			field->matches[i].width, field->matches[i].value);
	return text;
}

const char *field_start_text(enum field_start start)
{
	static const char *const texts[] = {
		[FIELD_LINK] = "the frame",
		[FIELD_NETWORK] = "what the EtherType names",
		[FIELD_TRANSPORT] = "what IP carries",
		[FIELD_PAYLOAD] = "the payload",
	};

	return texts[start];
}
