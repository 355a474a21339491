/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_ATTRIBUTES_H
#define PKTLINT_HOST_ATTRIBUTES_H

#include <stddef.h>
#include <stdint.h>

#include "host/netlink.h"
#include "host/snapshot.h"

/* How an attribute becomes a text.  One of another length than its form takes is left out. */
enum attribute_form {
	FORM_NUMBER,     /* decimal, of 1, 2, 4 or 8 bytes */
	FORM_BIG_ENDIAN, /* decimal, of 2 or 4 bytes in network order */
	FORM_TEXT,
	FORM_SWITCH,   /* on or off: a number; without bytes, on */
	FORM_NAME,     /* the name of a number, else the number */
	FORM_PROTOCOL, /* an EtherType: 802.1Q, 802.1ad, or 0x with four digits */
	FORM_ADDRESS,  /* of IPv4 or IPv6; "any" if it is zero */
	FORM_MAC,      /* of 1 to 32 bytes */
};

struct attribute_name {
	uint32_t number;
	const char *name; /* NULL ends a table */
};

struct attribute_row {
	uint16_t type;
	enum attribute_form form;
	const char *word;
	const struct attribute_name *names;
};

/* Bytes of a text that attribute_text() writes at most, the NUL included. */
#define ATTRIBUTE_TEXT_BYTES 128

/* Writes the text of an attribute; returns false, with "", if it has none. */
bool attribute_text(const struct attribute_row *row, const struct netlink_attribute *attribute,
	char text[static ATTRIBUTE_TEXT_BYTES]);

/* Adds all attributes that have a row, each under the path "PREFIX WORD". */
void attributes_tell(struct snapshot *snapshot, const char *prefix,
	const struct attribute_row *rows, size_t count, const uint8_t *bytes, size_t length);

#endif
