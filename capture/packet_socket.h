/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_PACKET_SOCKET_H
#define PKTLINT_CAPTURE_PACKET_SOCKET_H

#include <linux/if_packet.h>
#include <linux/virtio_net.h>

#include "capture/live.h"

/* What the front ends on AF_PACKET sockets share (packet(7)). */

/* Of linux/if_packet.h, where the installed headers are older than the kernel. */
#ifndef TP_STATUS_GSO_TCP
#define TP_STATUS_GSO_TCP (1 << 8)
#endif
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/*
 * Opens a socket that gets nothing yet: protocol 0, the filter attached, and as far as the kernel
 * can, stamps at ingress, the original device, no outgoing copies where they are not wanted.  Sets
 * port->fd, and *vnet_header to whether each frame comes behind a struct virtio_net_hdr.  Returns
 * 0, or -1 with `error` filled and errno set; port->fd is the caller's to close.
 */
int packet_socket_open(struct port *port, const struct port_options *options, bool *vnet_header,
	struct error *error);

/* Lets packets of the interface in.  Returns 0, or -1 with `error` filled and errno set. */
int packet_socket_bind(
	const struct port *port, const struct port_options *options, struct error *error);

/* Whether the kernel is to be asked to leave out what goes out. */
bool packet_socket_no_outgoing(const struct port_options *options);

/* Whether the kernel of this release can describe UDP super-frames in PACKET_VNET_HDR: 6.2 can. */
bool packet_socket_describes_udp(const char *release);

/* PACKET_STATISTICS, which the kernel clears when they are read: part of struct frontend. */
void packet_socket_count(struct port *port);

/* What the kernel says in front of a frame: sizes and checksum (linux/virtio_net.h). */
void packet_socket_offload(struct frame *frame, const struct virtio_net_hdr *header);

/* What tp_status says of a frame: checksum, TCP super-frame, VLAN tag, source of the stamp. */
void packet_socket_status(struct frame *frame, uint32_t status);

/* Bits of tp_status that few frames have: without them there is nothing else to take from it. */
#define PACKET_SOCKET_UNUSUAL \
	(TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID | TP_STATUS_GSO_TCP | TP_STATUS_VLAN_VALID)

/* The way of a frame by its struct sockaddr_ll. */
enum direction packet_socket_direction(unsigned char packet_type);

/*
 * Puts a VLAN tag back that the kernel took out, between addresses and type: moves the addresses
 * to the four bytes before `frame`->data, which must be writable.
 */
void packet_socket_put_vlan(struct frame *frame, uint32_t status, uint16_t tpid, uint16_t tci);

#endif
