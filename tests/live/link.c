/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How does a test program see and send whole frames? Through a packet socket, made without a
 * protocol so that it holds nothing from before it was bound (packet(7)). The kernel takes VLAN
 * tags out of received frames; PACKET_AUXDATA tells them, and they are put back here.
 */
#include "tests/live/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/live/tool.h"

#define RECEIVE_BUFFER (64 << 20)
#define FRAME_ROOM (1 << 16)
#define TAG_BYTES 4
#define TAG_OFFSET 12

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
};

static void set_option(struct link *link, int level, int option, const void *value, size_t bytes)
{
	if (setsockopt(link->fd, level, option, value, (socklen_t)bytes) < 0)
		die("cannot set option %d of a packet socket on '%s': %s", option, link->interface,
			strerror(errno));
}

static int find(const char *interface)
{
	unsigned number = if_nametoindex(interface);

	if (!number)
		die("cannot find interface '%s': %s", interface, strerror(errno));
	return (int)number;
}

static void open_socket(struct link *link, const char *interface)
{
	*link = (struct link){ .interface = interface };
	link->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (link->fd < 0)
		die("cannot open a packet socket for '%s': %s", interface, strerror(errno));
}

static void bind_socket(struct link *link, uint16_t protocol)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = find(link->interface),
	};

	if (bind(link->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("cannot bind to '%s': %s", link->interface, strerror(errno));
}

void link_open_sender(struct link *link, const char *interface)
{
	open_socket(link, interface);
	bind_socket(link, 0);
}

void link_open(struct link *link, const char *interface)
{
	struct packet_mreq promiscuous = { .mr_type = PACKET_MR_PROMISC };
	int on = 1, room = RECEIVE_BUFFER;

	open_socket(link, interface);
	promiscuous.mr_ifindex = find(interface);
	set_option(link, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
	set_option(link, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	set_option(link, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	set_option(link, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous));
	bind_socket(link, ETH_P_ALL);
	link->memory = malloc((size_t)LINK_BATCH * FRAME_ROOM);
	if (!link->memory)
		die("out of memory");
}

/* There is room for a tag before the frame. */
static void put_tag(struct link_frame *frame, const struct tpacket_auxdata *aux)
{
	uint16_t tag[2] = { htons(aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid
									     : ETH_P_8021Q),
		htons(aux->tp_vlan_tci) };

	memmove(frame->bytes - TAG_BYTES, frame->bytes, TAG_OFFSET);
	frame->bytes -= TAG_BYTES;
	frame->length += TAG_BYTES;
	memcpy(frame->bytes + TAG_OFFSET, tag, sizeof(tag));
}

static void take(struct link_frame *frame, struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	struct tpacket_auxdata aux;

	if (!header || header->cmsg_level != SOL_PACKET || header->cmsg_type != PACKET_AUXDATA)
		return;
	memcpy(&aux, CMSG_DATA(header), sizeof(aux));
	frame->unfinished = aux.tp_status & TP_STATUS_CSUMNOTREADY;
	if (aux.tp_status & TP_STATUS_VLAN_VALID)
		put_tag(frame, &aux);
}

unsigned link_receive(struct link *link)
{
	struct mmsghdr messages[LINK_BATCH] = { 0 };
	struct iovec parts[LINK_BATCH];
	union control controls[LINK_BATCH];
	int got;

	for (int i = 0; i < LINK_BATCH; i++) {
		parts[i].iov_base = link->memory + (size_t)i * FRAME_ROOM + TAG_BYTES;
		parts[i].iov_len = FRAME_ROOM - TAG_BYTES;
		messages[i].msg_hdr = (struct msghdr){
			.msg_iov = &parts[i],
			.msg_iovlen = 1,
			.msg_control = &controls[i],
			.msg_controllen = sizeof(controls[i]),
		};
	}
	got = recvmmsg(link->fd, messages, LINK_BATCH, MSG_DONTWAIT, NULL);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		die("cannot receive from '%s': %s", link->interface, strerror(errno));
	for (int i = 0; i < got; i++) {
		link->frames[i] = (struct link_frame){
			.bytes = parts[i].iov_base,
			.length = messages[i].msg_len,
		};
		take(&link->frames[i], &messages[i].msg_hdr);
	}
	return got < 0 ? 0 : (unsigned)got;
}

bool link_send(struct link *link, const uint8_t *bytes, size_t length)
{
	while (send(link->fd, bytes, length, 0) < 0) {
		if (errno == ENOBUFS || errno == EMSGSIZE)
			return false;
		if (errno != EINTR)
			die("cannot send %zu bytes to '%s': %s", length, link->interface,
				strerror(errno));
	}
	return true;
}

void link_count_lost(struct link *link)
{
	struct tpacket_stats stats;
	socklen_t bytes = sizeof(stats);

	if (getsockopt(link->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &bytes) < 0)
		die("cannot read the statistics of '%s': %s", link->interface, strerror(errno));
	link->lost += stats.tp_drops;
}
