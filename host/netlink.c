/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does the kernel answer by netlink? A question, its messages until the last, within two
 * seconds of silence each; filtered by the kernel where it can (NETLINK_GET_STRICT_CHK).
 * Reference: netlink(7), net/netlink/af_netlink.c.
 */
#include "host/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "base/memory.h"

#define FIRST_BYTES 32768
#define MAX_BYTES (4u << 20) /* of one message; an interface with many VFs takes 100 KiB */
#define MAX_ATTEMPTS 4
#define PATIENCE_SECONDS 2

struct netlink {
	int protocol;
	int socket;
	uint32_t sequence;
	uint8_t *bytes;
	size_t size;
};

bool netlink_next(struct netlink_reader *reader, struct netlink_attribute *attribute)
{
	struct nlattr header;
	size_t whole;

	if (reader->length < sizeof(header))
		return false;
	memcpy(&header, reader->bytes, sizeof(header));
	if (header.nla_len < sizeof(header) || header.nla_len > reader->length)
		return false;
	attribute->type = header.nla_type & NLA_TYPE_MASK;
	attribute->bytes = reader->bytes + sizeof(header);
	attribute->length = header.nla_len - sizeof(header);
	whole = NLA_ALIGN((size_t)header.nla_len);
	if (whole > reader->length)
		whole = reader->length;
	reader->bytes += whole;
	reader->length -= whole;
	return true;
}

bool netlink_find(
	const uint8_t *bytes, size_t length, uint16_t type, struct netlink_attribute *attribute)
{
	struct netlink_reader reader = { bytes, length };

	while (netlink_next(&reader, attribute)) {
		if (attribute->type == type)
			return true;
	}
	return false;
}

bool netlink_number(const struct netlink_attribute *attribute, uint64_t *number)
{
	uint16_t two;
	uint32_t four;

	switch (attribute->length) {
	case 1:
		*number = attribute->bytes[0];
		return true;
	case sizeof(two):
		memcpy(&two, attribute->bytes, sizeof(two));
		*number = two;
		return true;
	case sizeof(four):
		memcpy(&four, attribute->bytes, sizeof(four));
		*number = four;
		return true;
	case sizeof(*number):
		memcpy(number, attribute->bytes, sizeof(*number));
		return true;
	default:
		return false;
	}
}

char *netlink_text(const struct netlink_attribute *attribute, char *text, size_t size)
{
	size_t i;

	for (i = 0; i < attribute->length && i + 1 < size && attribute->bytes[i]; i++) {
		uint8_t byte = attribute->bytes[i];

		text[i] = (char)(byte < ' ' || byte == 0x7f ? '?' : byte);
	}
	text[i] = '\0';
	return text;
}

bool netlink_message_next(struct netlink_reader *reader, struct netlink_message *message)
{
	struct nlmsghdr header;
	size_t whole;

	if (reader->length < sizeof(header))
		return false;
	memcpy(&header, reader->bytes, sizeof(header));
	if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > reader->length)
		return false;
	*message = (struct netlink_message){
		.type = header.nlmsg_type,
		.flags = header.nlmsg_flags,
		.sequence = header.nlmsg_seq,
		.body = reader->bytes + sizeof(header),
		.length = header.nlmsg_len - sizeof(header),
	};
	whole = NLMSG_ALIGN((size_t)header.nlmsg_len);
	if (whole > reader->length)
		whole = reader->length;
	reader->bytes += whole;
	reader->length -= whole;
	return true;
}

void netlink_begin(struct netlink_request *request, uint16_t type, const void *fixed, size_t length)
{
	struct nlmsghdr header = { .nlmsg_type = type };

	memset(request, 0, sizeof(*request));
	memcpy(request->bytes, &header, sizeof(header));
	memcpy(request->bytes + sizeof(header), fixed, length);
	request->length = sizeof(header) + NLMSG_ALIGN(length);
}

void netlink_add(struct netlink_request *request, uint16_t type, const void *bytes, size_t length)
{
	struct nlattr header = { .nla_type = type };
	size_t whole = NLA_ALIGN(sizeof(header) + length);

	if (whole > sizeof(request->bytes) - request->length)
		return;
	header.nla_len = (uint16_t)(sizeof(header) + length);
	memcpy(request->bytes + request->length, &header, sizeof(header));
	if (length)
		memcpy(request->bytes + request->length + sizeof(header), bytes, length);
	request->length += whole;
}

static int open_socket(struct netlink *netlink)
{
	const struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	const int on = 1;

	netlink->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, netlink->protocol);
	if (netlink->socket < 0)
		return errno;
	setsockopt(netlink->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(netlink->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(netlink->socket, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return 0;
}

struct netlink *netlink_open(int protocol)
{
	struct netlink *netlink = memory_alloc(1, sizeof(*netlink));
	int error;

	netlink->protocol = protocol;
	error = open_socket(netlink);
	if (error) {
		free(netlink);
		errno = error;
		return NULL;
	}
	netlink->size = FIRST_BYTES;
	netlink->bytes = memory_alloc(1, netlink->size);
	return netlink;
}

void netlink_close(struct netlink *netlink)
{
	if (!netlink)
		return;
	if (netlink->socket >= 0)
		close(netlink->socket);
	free(netlink->bytes);
	free(netlink);
}

/* What is left of an answer that nobody wants any more goes with its socket. */
static void reopen(struct netlink *netlink)
{
	if (netlink->socket >= 0)
		close(netlink->socket);
	open_socket(netlink);
}

static ssize_t receive_once(struct netlink *netlink, int flags, struct sockaddr_nl *from)
{
	socklen_t size = sizeof(*from);
	ssize_t got;

	do {
		got = recvfrom(netlink->socket, netlink->bytes, netlink->size, flags | MSG_TRUNC,
			(struct sockaddr *)from, &size);
	} while (got < 0 && errno == EINTR);
	return got;
}

/* Receives messages into netlink->bytes, whole.  Returns their bytes, or a negative errno. */
static ssize_t receive(struct netlink *netlink)
{
	struct sockaddr_nl from;
	ssize_t got;

	do {
		memset(&from, 0, sizeof(from));
		got = receive_once(netlink, MSG_PEEK, &from);
		if (got > (ssize_t)netlink->size && got <= MAX_BYTES) {
			netlink->bytes = memory_grow(netlink->bytes, (size_t)got, 1);
			netlink->size = (size_t)got;
		}
		if (got >= 0)
			got = receive_once(netlink, 0, &from);
	} while (got >= 0 && from.nl_pid != 0);
	if (got < 0)
		return errno == EAGAIN ? -ETIME : -errno;
	return got > (ssize_t)netlink->size ? -EMSGSIZE : got;
}

static int error_of(const struct netlink_message *message)
{
	int32_t error;

	if (message->length < sizeof(error))
		return 0;
	memcpy(&error, message->body, sizeof(error));
	return error < 0 && error > -4096 ? -error : 0;
}

enum progress { MORE, ENOUGH, ENDED };

struct exchange {
	const struct netlink_taker *taker;
	bool dump, interrupted;
	int error;
};

static enum progress take_message(struct exchange *exchange, const struct netlink_message *message)
{
	exchange->interrupted |= (message->flags & NLM_F_DUMP_INTR) != 0;
	if (message->type == NLMSG_ERROR || message->type == NLMSG_DONE) {
		exchange->error = error_of(message);
		return ENDED;
	}
	if (message->type < NLMSG_MIN_TYPE)
		return MORE;
	if (exchange->taker->take(exchange->taker->context, message))
		return exchange->dump ? MORE : ENDED;
	exchange->error = exchange->dump ? E2BIG : 0;
	return exchange->dump ? ENOUGH : ENDED;
}

static enum progress take_answers(struct netlink *netlink, struct exchange *exchange)
{
	struct netlink_reader reader = { netlink->bytes, 0 };
	enum progress progress = MORE;
	struct netlink_message message;
	ssize_t got = receive(netlink);

	if (got < 0) {
		exchange->error = (int)-got;
		return ENOUGH;
	}
	reader.bytes = netlink->bytes;
	reader.length = (size_t)got;
	while (progress == MORE && netlink_message_next(&reader, &message)) {
		if (message.sequence == netlink->sequence)
			progress = take_message(exchange, &message);
	}
	return progress;
}

static int attempt(
	struct netlink *netlink, struct netlink_request *request, struct exchange *exchange)
{
	struct nlmsghdr *header = (struct nlmsghdr *)request->bytes;
	enum progress progress = MORE;

	header->nlmsg_len = (uint32_t)request->length;
	header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (exchange->dump ? NLM_F_DUMP : 0));
	header->nlmsg_seq = ++netlink->sequence;
	exchange->interrupted = false;
	exchange->error = 0;
	if (exchange->taker->begin)
		exchange->taker->begin(exchange->taker->context);
	if (send(netlink->socket, request->bytes, request->length, 0) < 0)
		return errno;
	while (progress == MORE)
		progress = take_answers(netlink, exchange);
	if (progress == ENOUGH)
		reopen(netlink);
	return exchange->error;
}

int netlink_ask(
	struct netlink *netlink, struct netlink_request *request, const struct netlink_taker *taker)
{
	struct exchange exchange = { .taker = taker };

	return attempt(netlink, request, &exchange);
}

int netlink_dump(
	struct netlink *netlink, struct netlink_request *request, const struct netlink_taker *taker)
{
	struct exchange exchange = { .taker = taker, .dump = true, .interrupted = true };
	int error = 0;

	for (int i = 0; i < MAX_ATTEMPTS && exchange.interrupted && !error; i++)
		error = attempt(netlink, request, &exchange);
	return error;
}

static bool take_family(void *context, const struct netlink_message *message)
{
	struct netlink_attribute attribute;
	uint64_t *family = context;

	if (message->length >= GENL_HDRLEN &&
		netlink_find(message->body + GENL_HDRLEN, message->length - GENL_HDRLEN,
			CTRL_ATTR_FAMILY_ID, &attribute))
		netlink_number(&attribute, family);
	return false;
}

uint16_t netlink_family(struct netlink *netlink, const char *name)
{
	const struct genlmsghdr header = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct netlink_request request;
	uint64_t family = 0;
	const struct netlink_taker taker = { .context = &family, .take = take_family };

	netlink_begin(&request, GENL_ID_CTRL, &header, sizeof(header));
	netlink_add(&request, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	return netlink_ask(netlink, &request, &taker) == 0 ? (uint16_t)family : 0;
}
