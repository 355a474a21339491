/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_NETLINK_H
#define PKTLINT_HOST_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Questions to the kernel by netlink, and answers read without trust: whatever is cut, or longer
 * than what is there, ends the reading.
 */

/* An attribute, its bytes borrowed; flags of its type are taken off. */
struct netlink_attribute {
	uint16_t type;
	const uint8_t *bytes;
	size_t length;
};

/* What is still to be read: attributes or messages. */
struct netlink_reader {
	const uint8_t *bytes;
	size_t length;
};

/* Takes the next attribute; false when there is no whole one. */
bool netlink_next(struct netlink_reader *reader, struct netlink_attribute *attribute);

/* Finds the first attribute of that type. */
bool netlink_find(
	const uint8_t *bytes, size_t length, uint16_t type, struct netlink_attribute *attribute);

/* Reads a number of 1, 2, 4 or 8 bytes in the machine's order; false for another length. */
bool netlink_number(const struct netlink_attribute *attribute, uint64_t *number);

/*
 * Copies a text, which ends at its NUL or at the end, cut to fit (size > 0); what is not printable
 * becomes '?'.  Returns `text`.
 */
char *netlink_text(const struct netlink_attribute *attribute, char *text, size_t size);

/* A message, its body borrowed. */
struct netlink_message {
	uint16_t type, flags;
	uint32_t sequence;
	const uint8_t *body;
	size_t length;
};

/* Takes the next message; false when there is no whole one. */
bool netlink_message_next(struct netlink_reader *reader, struct netlink_message *message);

/* Room for a request: it is a header, a fixed part and attributes. */
#define NETLINK_REQUEST_BYTES 256
struct netlink_request {
	_Alignas(8) uint8_t bytes[NETLINK_REQUEST_BYTES];
	size_t length;
};

/* Begins a request of that type with a fixed part. */
void netlink_begin(
	struct netlink_request *request, uint16_t type, const void *fixed, size_t length);

/* Adds an attribute; what finds no room is left out. */
void netlink_add(struct netlink_request *request, uint16_t type, const void *bytes, size_t length);

/* Opaque: a socket that asks. */
struct netlink;

/* Returns a socket of a protocol (NETLINK_ROUTE), or NULL with errno. */
struct netlink *netlink_open(int protocol);
void netlink_close(struct netlink *netlink); /* NULL is allowed */

/*
 * Who takes the answer.  An answer that changed while it was given is asked for again, at most
 * three times; `begin`, unless NULL, is called before each.  `take` returns false when it has
 * enough.
 */
struct netlink_taker {
	void *context;
	void (*begin)(void *context);
	bool (*take)(void *context, const struct netlink_message *message);
};

/*
 * Asks for one thing, or for all there are.  Returns 0, or a positive errno: ETIME if no answer
 * came, E2BIG if there was more than the taker wanted.
 */
int netlink_ask(struct netlink *netlink, struct netlink_request *request,
	const struct netlink_taker *taker);
int netlink_dump(struct netlink *netlink, struct netlink_request *request,
	const struct netlink_taker *taker);

/*
 * The number of a family of generic netlink, which gives them as they come; 0: there is none.
 * `netlink` is a socket of NETLINK_GENERIC.
 */
uint16_t netlink_family(struct netlink *netlink, const char *name);

#endif
