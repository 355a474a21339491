/* SPDX-License-Identifier: BSD-2-Clause */
/* How is an attribute of netlink said in words? By tables of rows, in the words of ip(8). */
#include "host/attributes.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_MAC_BYTES 32

static bool number_text(uint64_t number, char *text)
{
	snprintf(text, ATTRIBUTE_TEXT_BYTES, "%" PRIu64, number);
	return true;
}

static bool name_text(const struct attribute_name *names, uint64_t number, char *text)
{
	for (; names->name; names++) {
		if (names->number == number)
			return strcpy(text, names->name);
	}
	return number_text(number, text);
}

static bool big_endian(const struct netlink_attribute *attribute, uint32_t *number)
{
	*number = 0;
	if (attribute->length != 2 && attribute->length != 4)
		return false;
	for (size_t i = 0; i < attribute->length; i++)
		*number = *number << 8 | attribute->bytes[i];
	return true;
}

static bool protocol_text(const struct netlink_attribute *attribute, char *text)
{
	uint32_t number;

	if (attribute->length != 2 || !big_endian(attribute, &number))
		return false;
	if (number == 0x8100)
		strcpy(text, "802.1Q");
	else if (number == 0x88a8)
		strcpy(text, "802.1ad");
	else
		snprintf(text, ATTRIBUTE_TEXT_BYTES, "0x%04" PRIx32, number);
	return true;
}

static bool address_text(const struct netlink_attribute *attribute, char *text)
{
	static const uint8_t zero[16];

	if (attribute->length != 4 && attribute->length != sizeof(zero))
		return false;
	if (memcmp(attribute->bytes, zero, attribute->length) == 0)
		return strcpy(text, "any");
	return inet_ntop(attribute->length == 4 ? AF_INET : AF_INET6, attribute->bytes, text,
		ATTRIBUTE_TEXT_BYTES);
}

static bool mac_text(const struct netlink_attribute *attribute, char *text)
{
	if (attribute->length == 0 || attribute->length > MAX_MAC_BYTES)
		return false;
	for (size_t i = 0; i < attribute->length; i++)
		text += sprintf(text, "%s%02x", i ? ":" : "", attribute->bytes[i]);
	return true;
}

static bool switch_text(const struct netlink_attribute *attribute, char *text)
{
	uint64_t number = 1;

	if (attribute->length && !netlink_number(attribute, &number))
		return false;
	return strcpy(text, number ? "on" : "off");
}

bool attribute_text(const struct attribute_row *row, const struct netlink_attribute *attribute,
	char text[static ATTRIBUTE_TEXT_BYTES])
{
	uint64_t number;
	uint32_t ordered;

	*text = '\0';
	switch (row->form) {
	case FORM_NUMBER:
		return netlink_number(attribute, &number) && number_text(number, text);
	case FORM_NAME:
		return netlink_number(attribute, &number) && name_text(row->names, number, text);
	case FORM_BIG_ENDIAN:
		return big_endian(attribute, &ordered) && number_text(ordered, text);
	case FORM_TEXT:
		return netlink_text(attribute, text, ATTRIBUTE_TEXT_BYTES);
	case FORM_SWITCH:
		return switch_text(attribute, text);
	case FORM_PROTOCOL:
		return protocol_text(attribute, text);
	case FORM_ADDRESS:
		return address_text(attribute, text);
	case FORM_MAC:
		return mac_text(attribute, text);
	}
	return false;
}

void attributes_tell(struct snapshot *snapshot, const char *prefix,
	const struct attribute_row *rows, size_t count, const uint8_t *bytes, size_t length)
{
	struct netlink_reader reader = { bytes, length };
	struct netlink_attribute attribute;
	char text[ATTRIBUTE_TEXT_BYTES];

	while (netlink_next(&reader, &attribute)) {
		for (size_t i = 0; i < count; i++) {
			if (rows[i].type == attribute.type &&
				attribute_text(&rows[i], &attribute, text))
				snapshot_setf(snapshot, text, "%s %s", prefix, rows[i].word);
		}
	}
}
