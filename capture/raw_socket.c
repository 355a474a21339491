/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture by recvmmsg(2) on an AF_PACKET socket, for kernels and sandboxes without the ring: the
 * same facts come as control messages, but the receive hash does not, and the kernel does not say
 * where a stamp was taken.  Dearer a packet than the ring by far.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "capture/packet_socket.h"

#define MESSAGES 32
#define VLAN_ROOM 4
#define MAX_FRAME \
	(1u << 18) /* as much as libpcap takes; pages that no frame reaches cost nothing */

struct message {
	struct iovec pieces[2]; /* the kernel's header, the frame */
	struct virtio_net_hdr offload;
	struct sockaddr_ll address;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata)) +
					      CMSG_SPACE(sizeof(struct timespec)) + 64];
};

struct raw {
	struct port port;
	uint8_t *buffer; /* MESSAGES frames of MAX_FRAME bytes, each behind VLAN_ROOM */
	struct message messages[MESSAGES];
	struct mmsghdr headers[MESSAGES];
	bool vnet_header;
};

static uint8_t *frame_at(const struct raw *raw, int i)
{
	return raw->buffer + (size_t)i * (VLAN_ROOM + MAX_FRAME) + VLAN_ROOM;
}

static void prepare(struct raw *raw, int i)
{
	struct message *message = &raw->messages[i];
	unsigned first = raw->vnet_header ? 0 : 1;

	message->pieces[0] = (struct iovec){ &message->offload, sizeof(message->offload) };
	message->pieces[1] = (struct iovec){ frame_at(raw, i), MAX_FRAME };
	raw->headers[i].msg_hdr = (struct msghdr){
		.msg_name = &message->address,
		.msg_namelen = sizeof(message->address),
		.msg_iov = message->pieces + first,
		.msg_iovlen = 2 - first,
		.msg_control = message->control,
		.msg_controllen = sizeof(message->control),
	};
}

/* Takes what came beside the frame; returns tp_status. */
static uint32_t take_control(
	struct msghdr *header, struct frame *frame, struct tpacket_auxdata *facts)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		struct timespec stamp;

		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
			memcpy(facts, CMSG_DATA(c), sizeof(*facts));
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
		frame->time_ns = (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
		frame->flags |= FRAME_HAS_TIME;
	}
	return facts->tp_status;
}

/* Fills `frame` from message `i`; returns whether the kernel's filter judged it. */
static bool fill_frame(struct raw *raw, int i, struct frame *frame)
{
	struct message *message = &raw->messages[i];
	struct mmsghdr *header = &raw->headers[i];
	uint32_t got = header->msg_len, status;
	struct tpacket_auxdata facts = { 0 };

	if (raw->vnet_header)
		got -= got < sizeof(message->offload) ? got : (uint32_t)sizeof(message->offload);
	*frame = (struct frame){
		.data = frame_at(raw, i),
		.caplen = got,
		.direction = (uint8_t)packet_socket_direction(message->address.sll_pkttype),
		.device = (uint32_t)message->address.sll_ifindex,
	};
	status = take_control(&header->msg_hdr, frame, &facts);
	frame->wirelen = facts.tp_len > got ? facts.tp_len : got;
	if (!(frame->flags & FRAME_HAS_TIME)) {
		frame->time_ns = clock_ns(CLOCK_REALTIME);
		frame->flags |= FRAME_HAS_TIME;
	}
	packet_socket_status(frame, status & ~(uint32_t)TP_STATUS_TS_SOFTWARE);
	if (raw->vnet_header)
		packet_socket_offload(frame, &message->offload);
	packet_socket_put_vlan(frame, status, facts.tp_vlan_tpid, facts.tp_vlan_tci);
	return !(status & TP_STATUS_VLAN_VALID);
}

static int raw_read(struct port *port, struct event *events, int max)
{
	struct raw *raw = (struct raw *)port;
	int wanted = max - 1 < MESSAGES ? max - 1 : MESSAGES;
	int got, count = 0;

	if (wanted < 1)
		wanted = 1;
	for (int i = 0; i < wanted; i++)
		prepare(raw, i);
	got = recvmmsg(port->fd, raw->headers, (unsigned)wanted, MSG_DONTWAIT, NULL);
	if (got <= 0)
		return 0; /* nothing there, or an error that poll(2) tells as well */
	if (max > 1)
		count += port_count(port, events);
	for (int i = 0; i < got; i++) {
		struct event *event = &events[count];
		bool judged = fill_frame(raw, i, &event->frame);

		event->kind = EVENT_FRAME;
		count += port_wants(port, &event->frame, !judged);
	}
	return count;
}

/* Asks for the buffer; without CAP_NET_ADMIN the kernel gives no more than rmem_max. */
static void set_buffer(struct raw *raw, uint64_t wanted)
{
	int bytes = wanted > INT32_MAX / 2 ? INT32_MAX / 2 : (int)wanted;
	socklen_t size = sizeof(bytes);
	int fd = raw->port.fd;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &size) < 0)
		return;
	raw->port.buffer_bytes = (uint64_t)bytes / 2; /* the kernel doubles it (socket(7)) */
	if (raw->port.buffer_bytes < wanted)
		port_lacks(&raw->port,
			"a buffer of %llu KiB only: without CAP_NET_ADMIN net.core.rmem_max "
			"limits it",
			(unsigned long long)(raw->port.buffer_bytes >> 10));
}

static void raw_close(struct port *port)
{
	struct raw *raw = (struct raw *)port;

	if (port->fd >= 0)
		close(port->fd);
	free(raw->buffer);
	free(raw);
}

static struct port *raw_open(const struct port_options *options, struct error *error)
{
	struct raw *raw = memory_alloc(1, sizeof(*raw));
	int one = 1;

	raw->port.frontend = &raw_frontend;
	if (packet_socket_open(&raw->port, options, &raw->vnet_header, error) < 0)
		return port_give_up(&raw->port);
	raw->buffer = memory_alloc(MESSAGES, VLAN_ROOM + MAX_FRAME);
	set_buffer(raw, options->buffer_bytes);
	port_lacks(&raw->port, "the source of stamps is not told");
	setsockopt(raw->port.fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
	if (packet_socket_bind(&raw->port, options, error) < 0)
		return port_give_up(&raw->port);
	return &raw->port;
}

const struct frontend raw_frontend = {
	.about = { "raw", "AF_PACKET socket and recvmmsg: most facts, where there is no ring" },
	.drops = "socket",
	.open = raw_open,
	.read = raw_read,
	.count = packet_socket_count,
	.stop = port_attach_none,
	.close = raw_close,
};
