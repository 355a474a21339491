/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who takes or copies packets besides the stack? Sockets of AF_PACKET and AF_XDP, as ss(8) gets
 * them, by sock_diag; without that, /proc/net/packet.  Reference: sock_diag(7),
 * linux/packet_diag.h, linux/xdp_diag.h.
 */
#include "host/collect_sockets.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/xdp_diag.h>

#include "base/memory.h"
#include "host/collect_parts.h"
#include "host/netlink.h"
#include "host/state.h"

#define MAX_SOCKETS 4096 /* of a family */

static const char *const types[] = {
	[SOCK_DGRAM] = "dgram", [SOCK_RAW] = "raw", [SOCK_PACKET] = "packet"
};

/* linux/if_packet.h, PACKET_FANOUT_HASH and so on. */
static const char *const fanouts[] = { "hash", "lb", "cpu", "rollover", "rnd", "qm", "cbpf",
	"ebpf" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void tell(struct snapshot *snapshot, const struct held_socket *socket, const char *word,
	const char *text)
{
	snapshot_setf(snapshot, text, "%s %s", socket->prefix, word);
}

static void tell_switch(
	struct snapshot *snapshot, const struct held_socket *socket, const char *word, bool on)
{
	tell(snapshot, socket, word, on ? "on" : "off");
}

static void tell_number(struct snapshot *snapshot, const struct held_socket *socket,
	const char *word, uint32_t number)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, number);
	tell(snapshot, socket, word, text);
}

static void tell_interface(
	struct snapshot *snapshot, const struct held_socket *socket, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	if (ifindex == 0)
		tell(snapshot, socket, "interface", "*");
	else if (if_indextoname(ifindex, name))
		tell(snapshot, socket, "interface", name);
}

static void tell_packet(struct snapshot *snapshot, const struct held_socket *socket, unsigned type,
	unsigned protocol)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%04x", protocol & 0xffff);
	tell(snapshot, socket, "protocol", text);
	if (type < COUNT(types) && types[type])
		tell(snapshot, socket, "type", types[type]);
}

static void tell_fanout(
	struct snapshot *snapshot, const struct held_socket *socket, uint32_t fanout)
{
	unsigned mode = fanout >> 16 & 0xff;

	tell_number(snapshot, socket, "fanout-group", fanout & 0xffff);
	if (mode < COUNT(fanouts))
		tell(snapshot, socket, "fanout", fanouts[mode]);
	else
		tell_number(snapshot, socket, "fanout", mode);
}

bool packet_socket_tell(
	struct snapshot *snapshot, const uint8_t *body, size_t length, struct held_socket *socket)
{
	struct netlink_attribute attribute;
	struct packet_diag_msg message;
	struct packet_diag_info info;
	uint64_t fanout;

	if (length < sizeof(message))
		return false;
	memcpy(&message, body, sizeof(message));
	body += sizeof(message);
	length -= sizeof(message);
	memset(socket, 0, sizeof(*socket));
	socket->inode = message.pdiag_ino;
	snprintf(socket->prefix, sizeof(socket->prefix), "ss -0 packet %" PRIu32, socket->inode);
	tell_packet(snapshot, socket, message.pdiag_type, message.pdiag_num);
	if (netlink_find(body, length, PACKET_DIAG_INFO, &attribute) &&
		attribute.length >= sizeof(info)) {
		memcpy(&info, attribute.bytes, sizeof(info));
		tell_interface(snapshot, socket, info.pdi_index);
		tell_switch(snapshot, socket, "vnet-header", info.pdi_flags & PDI_VNETHDR);
		tell_switch(snapshot, socket, "running", info.pdi_flags & PDI_RUNNING);
	}
	tell_switch(snapshot, socket, "ring",
		netlink_find(body, length, PACKET_DIAG_RX_RING, &attribute) &&
			attribute.length >= sizeof(struct packet_diag_ring));
	if (netlink_find(body, length, PACKET_DIAG_FANOUT, &attribute) &&
		netlink_number(&attribute, &fanout))
		tell_fanout(snapshot, socket, (uint32_t)fanout);
	return true;
}

/* Zero copy or not is said of the memory that the socket uses, which may be another's. */
static void tell_mode(struct snapshot *snapshot, const struct held_socket *socket,
	const struct netlink_attribute *attribute)
{
	struct xdp_diag_umem memory;

	if (attribute->length < sizeof(memory))
		return;
	memcpy(&memory, attribute->bytes, sizeof(memory));
	tell(snapshot, socket, "mode", memory.flags & XDP_DU_F_ZEROCOPY ? "zerocopy" : "copy");
}

bool xdp_socket_tell(
	struct snapshot *snapshot, const uint8_t *body, size_t length, struct held_socket *socket)
{
	struct netlink_attribute attribute;
	struct xdp_diag_msg message;
	struct xdp_diag_info info;

	if (length < sizeof(message))
		return false;
	memcpy(&message, body, sizeof(message));
	body += sizeof(message);
	length -= sizeof(message);
	memset(socket, 0, sizeof(*socket));
	socket->inode = message.xdiag_ino;
	snprintf(socket->prefix, sizeof(socket->prefix), "ss --xdp %" PRIu32, socket->inode);
	if (netlink_find(body, length, XDP_DIAG_INFO, &attribute) &&
		attribute.length >= sizeof(info)) {
		memcpy(&info, attribute.bytes, sizeof(info));
		/* 0: not bound; it takes nothing yet. */
		if (info.ifindex == 0)
			tell(snapshot, socket, "interface", "");
		else
			tell_interface(snapshot, socket, info.ifindex);
		tell_number(snapshot, socket, "queue", info.queue_id);
	}
	if (netlink_find(body, length, XDP_DIAG_UMEM, &attribute))
		tell_mode(snapshot, socket, &attribute);
	return true;
}

bool packet_line_tell(struct snapshot *snapshot, const char *line, struct held_socket *socket)
{
	static const char *const unknown[] = { "vnet-header", "ring" };
	unsigned type, protocol, ifindex, running;
	uint32_t inode;

	if (sscanf(line, "%*s %*s %u %x %u %u %*s %*s %" SCNu32, &type, &protocol, &ifindex,
		    &running, &inode) != 5)
		return false;
	memset(socket, 0, sizeof(*socket));
	socket->inode = inode;
	snprintf(socket->prefix, sizeof(socket->prefix), "ss -0 packet %" PRIu32, inode);
	tell_packet(snapshot, socket, type, protocol);
	tell_interface(snapshot, socket, ifindex);
	tell_switch(snapshot, socket, "running", running != 0);
	for (size_t i = 0; i < COUNT(unknown); i++)
		snapshot_set_unknownf(
			snapshot, VALUE_UNSUPPORTED, "%s %s", socket->prefix, unknown[i]);
	return true;
}

struct collection {
	struct snapshot *snapshot;
	struct held_socket *sockets;
	size_t count, first; /* of this family */
	bool (*tell)(struct snapshot *snapshot, const uint8_t *body, size_t length,
		struct held_socket *socket);
};

static bool add_socket(struct collection *collection, const struct held_socket *socket)
{
	collection->sockets = memory_append(
		collection->sockets, &collection->count, sizeof(*socket));
	collection->sockets[collection->count - 1] = *socket;
	return collection->count - collection->first < MAX_SOCKETS;
}

static void begin_sockets(void *context)
{
	struct collection *collection = context;

	collection->count = collection->first;
}

static bool take_socket(void *context, const struct netlink_message *message)
{
	struct collection *collection = context;
	struct held_socket socket;

	if (message->type != SOCK_DIAG_BY_FAMILY ||
		!collection->tell(collection->snapshot, message->body, message->length, &socket))
		return true;
	return add_socket(collection, &socket);
}

static int ask(
	struct collection *collection, struct netlink *netlink, const void *fixed, size_t length)
{
	const struct netlink_taker taker = { collection, begin_sockets, take_socket };
	struct netlink_request request;

	if (!netlink)
		return ENOENT;
	collection->first = collection->count;
	netlink_begin(&request, SOCK_DIAG_BY_FAMILY, fixed, length);
	return netlink_dump(netlink, &request, &taker);
}

static int read_lines(struct collection *collection)
{
	FILE *file = fopen("/proc/net/packet", "re");
	struct held_socket socket;
	char line[256];

	if (!file)
		return errno;
	collection->first = collection->count;
	while (fgets(line, sizeof(line), file)) {
		if (packet_line_tell(collection->snapshot, line, &socket) &&
			!add_socket(collection, &socket))
			break;
	}
	fclose(file);
	return 0;
}

static void collect_packet(struct collection *collection, struct netlink *netlink)
{
	const struct packet_diag_req request = { .sdiag_family = AF_PACKET,
		.pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_RING_CFG | PACKET_SHOW_FANOUT };
	int error;

	collection->tell = packet_socket_tell;
	error = ask(collection, netlink, &request, sizeof(request));
	if (error)
		error = read_lines(collection);
	if (error)
		snapshot_set_unknown(collection->snapshot, "ss -0 packet", state_of_error(error));
}

/* ENOENT: the kernel has no xdp_diag; it may have such sockets. */
static void collect_xdp(struct collection *collection, struct netlink *netlink)
{
	const struct xdp_diag_req request = { .sdiag_family = AF_XDP,
		.xdiag_show = XDP_SHOW_INFO | XDP_SHOW_UMEM };
	int error;

	collection->tell = xdp_socket_tell;
	error = ask(collection, netlink, &request, sizeof(request));
	if (error)
		snapshot_set_unknown(collection->snapshot, "ss --xdp",
			error == ENOENT || error == EINVAL ? VALUE_UNSUPPORTED
							   : state_of_error(error));
}

void collect_sockets(struct snapshot *snapshot)
{
	struct netlink *netlink = netlink_open(NETLINK_SOCK_DIAG);
	struct collection collection = { .snapshot = snapshot };

	collect_packet(&collection, netlink);
	collect_xdp(&collection, netlink);
	socket_holders_tell(snapshot, collection.sockets, collection.count);
	free(collection.sockets);
	netlink_close(netlink);
}
