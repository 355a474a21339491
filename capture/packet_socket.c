/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How is an AF_PACKET socket opened so that nothing stale and nothing unwanted comes in, and what
 * does the kernel tell with each frame?  Protocol 0 first, filter and options next, bind last;
 * packet(7), net/packet/af_packet.c, linux/virtio_net.h.
 */
#include "capture/packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "capture/filter.h"

#define MAC_ADDRESSES 12
#define VLAN_TAG 4
#define VLAN_TPID 0x8100

int port_attach_filter(struct port *port, const struct port_options *options, uint32_t snaplen,
	struct error *error)
{
	const struct live_options *live = options->live;
	const char *expression = live->filter && *live->filter ? live->filter : NULL;
	struct filter_code code;
	struct sock_fprog program;
	int status;

	if (!expression && !live->snaplen)
		return 0;
	if (filter_kernel_code(expression, port->linktype, snaplen, &code, error) < 0) {
		errno = PORT_WRONG_FILTER;
		return -1;
	}
	program = (struct sock_fprog){ .len = code.count, .filter = (void *)code.instructions };
	status = setsockopt(port->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	if (status < 0)
		port_refused(options->name, "filter", error);
	free(code.instructions);
	return status;
}

void port_attach_none(struct port *port)
{
	struct sock_filter none = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_fprog program = { .len = 1, .filter = &none };

	setsockopt(port->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int join_promiscuous(
	const struct port *port, const struct port_options *options, struct error *error)
{
	struct packet_mreq request = { .mr_ifindex = options->ifindex,
		.mr_type = PACKET_MR_PROMISC };

	if (setsockopt(port->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) == 0)
		return 0;
	return port_refused(options->name, "promiscuous mode", error);
}

bool packet_socket_describes_udp(const char *release)
{
	unsigned major = 0, minor = 0;

	return sscanf(release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 2));
}

/* Asks for the kernel's header in front of each frame; returns whether it will be there. */
static bool ask_segment_size(struct port *port, enum segment_size wanted)
{
	struct utsname system;
	bool safe = uname(&system) == 0 && packet_socket_describes_udp(system.release);

	if (wanted == SEGMENT_SIZE_NEVER)
		return false;
	if (wanted == SEGMENT_SIZE_AUTO && !safe) {
		port_lacks(port, "no segment sizes: before Linux 6.2 they cost UDP super-frames");
		return false;
	}
	if (set(port->fd, SOL_PACKET, PACKET_VNET_HDR, 1) == 0)
		return true;
	port_lacks(port, "no segment sizes: they need Linux 4.6");
	return false;
}

bool packet_socket_no_outgoing(const struct port_options *options)
{
	enum direction direction = options->live->direction;

	return direction == DIRECTION_IN || (options->loopback && direction != DIRECTION_OUT);
}

/* The options that the capture can do without, each with what it then has to do without. */
static void set_facts(struct port *port, const struct port_options *options, bool *vnet_header)
{
	const struct live_options *live = options->live;

	if (set(port->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) < 0)
		port_lacks(port, "no stamps at ingress");
	*vnet_header = ask_segment_size(port, live->segment_size);
	set(port->fd, SOL_PACKET, PACKET_ORIGDEV, 1);
	if (packet_socket_no_outgoing(options) &&
		set(port->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) < 0)
		port->direction = DIRECTION_IN;
}

int packet_socket_open(struct port *port, const struct port_options *options, bool *vnet_header,
	struct error *error)
{
	*vnet_header = false;
	port->direction = options->live->direction;
	port->linktype = options->linktype;
	port->snaplen = options->live->snaplen ? options->live->snaplen : FILTER_MAX_SNAPLEN;
	port->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (port->fd < 0)
		return port_refused(options->name, "packet socket", error);
	set_facts(port, options, vnet_header);
	if (port_attach_filter(port, options, port->snaplen, error) < 0)
		return -1;
	return options->live->promiscuous ? join_promiscuous(port, options, error) : 0;
}

int packet_socket_bind(
	const struct port *port, const struct port_options *options, struct error *error)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = options->ifindex,
	};

	if (bind(port->fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	if (errno == ENETDOWN)
		return 0; /* it is down: its frames will come when it is up */
	return port_refused(options->name, "", error);
}

void packet_socket_count(struct port *port)
{
	struct tpacket_stats_v3 statistics = { 0 };
	socklen_t size = sizeof(statistics);

	if (getsockopt(port->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) < 0)
		return;
	port->received += statistics.tp_packets;
	port->dropped += statistics.tp_drops;
}

/* Kinds of super-frame that are cut by gso_size, without VIRTIO_NET_HDR_GSO_ECN. */
static const struct {
	uint8_t type;
	uint8_t flags;
} offloads[] = {
	{ VIRTIO_NET_HDR_GSO_TCPV4, FRAME_GSO_TCP },
	{ VIRTIO_NET_HDR_GSO_TCPV6, FRAME_GSO_TCP },
	{ 5 /* VIRTIO_NET_HDR_GSO_UDP_L4, Linux 6.2 */, 0 },
};

void packet_socket_offload(struct frame *frame, const struct virtio_net_hdr *header)
{
	uint8_t type = header->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;

	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		frame->flags |= FRAME_CSUM_NOT_READY;
	if (header->flags & VIRTIO_NET_HDR_F_DATA_VALID)
		frame->flags |= FRAME_CSUM_VALID;
	for (size_t i = 0; i < sizeof(offloads) / sizeof(*offloads); i++)
		if (offloads[i].type == type) {
			frame->gso_size = header->gso_size;
			frame->flags |= offloads[i].flags;
		}
}

void packet_socket_status(struct frame *frame, uint32_t status)
{
	static const struct {
		uint32_t status;
		uint8_t flag;
	} bits[] = {
		{ TP_STATUS_CSUMNOTREADY, FRAME_CSUM_NOT_READY },
		{ TP_STATUS_CSUM_VALID, FRAME_CSUM_VALID },
		{ TP_STATUS_GSO_TCP, FRAME_GSO_TCP },
		{ TP_STATUS_TS_SOFTWARE, FRAME_STAMP_INGRESS },
	};

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (status & bits[i].status)
			frame->flags |= bits[i].flag;
}

enum direction packet_socket_direction(unsigned char packet_type)
{
	static const uint8_t directions[] = {
		[PACKET_HOST] = DIRECTION_IN,
		[PACKET_BROADCAST] = DIRECTION_IN,
		[PACKET_MULTICAST] = DIRECTION_IN,
		[PACKET_OTHERHOST] = DIRECTION_OTHER,
		[PACKET_OUTGOING] = DIRECTION_OUT,
	};

	return packet_type < sizeof(directions) ? directions[packet_type] : DIRECTION_UNKNOWN;
}

void packet_socket_put_vlan(struct frame *frame, uint32_t status, uint16_t tpid, uint16_t tci)
{
	uint8_t *start = (uint8_t *)(uintptr_t)frame->data - VLAN_TAG;
	const uint16_t tag[2] = {
		htons(status & TP_STATUS_VLAN_TPID_VALID ? tpid : VLAN_TPID),
		htons(tci),
	};

	if (!(status & TP_STATUS_VLAN_VALID) || frame->caplen < MAC_ADDRESSES)
		return;
	memmove(start, frame->data, MAC_ADDRESSES);
	memcpy(start + MAC_ADDRESSES, tag, sizeof(tag));
	frame->data = start;
	frame->caplen += VLAN_TAG;
	frame->wirelen += VLAN_TAG;
}
