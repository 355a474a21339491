/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How do probes leave as frames?  By a packet socket that is bound to the interface and to no
 * protocol, so that it sends and gets nothing (packet(7)); the header is the same in all of them.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/path.h"

#define VLAN_BYTES 4

static void put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void make_header(
	struct probe_path *path, const struct probe_frames *frames, const uint8_t *source)
{
	uint8_t *type = path->header + 2 * ETH_ALEN;

	memcpy(path->header, frames->destination, ETH_ALEN);
	memcpy(path->header + ETH_ALEN, source, ETH_ALEN);
	if (frames->tagged) {
		put16(type, ETHERTYPE_VLAN);
		put16(type + 2, frames->tag);
		type += VLAN_BYTES;
	}
	put16(type, frames->ethertype);
	path->header_bytes = (uint32_t)(type + 2 - path->header);
}

/* What the interface is; its address into `source`. */
static int ask_interface(
	struct probe_path *path, const char *name, uint8_t *source, int *index, struct error *error)
{
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	if (strlen(name) >= sizeof(request.ifr_name) ||
		ioctl(path->fds[0], SIOCGIFINDEX, &request) < 0)
		return error_set(error, "cannot send on '%s': %s", name, strerror(ENODEV));
	*index = request.ifr_ifindex;
	if (ioctl(path->fds[0], SIOCGIFHWADDR, &request) < 0)
		return error_set(error, "cannot send on '%s': %s", name, strerror(errno));
	if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
		request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)
		return error_set(
			error, "cannot send frames on '%s': it is no Ethernet, try --udp", name);
	memcpy(source, request.ifr_hwaddr.sa_data, ETH_ALEN);
	if (ioctl(path->fds[0], SIOCGIFMTU, &request) == 0 && request.ifr_mtu > 0)
		path->mtu = (uint32_t)request.ifr_mtu;
	memcpy(path->interface, request.ifr_name, sizeof(path->interface));
	return 0;
}

int probe_path_open_frames(
	struct probe_path *path, const struct probe_frames *frames, struct error *error)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	uint8_t source[ETH_ALEN];

	*path = (struct probe_path){ .raw = true };
	path->fds[0] = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (path->fds[0] < 0)
		return error_set(error, "cannot send on '%s': %s%s", frames->interface,
			strerror(errno),
			errno == EPERM ? ": needs CAP_NET_RAW: run it with sudo, or see "
					 "pktlint(8), PRIVILEGES"
				       : "");
	path->streams = 1;
	if (ask_interface(path, frames->interface, source, &address.sll_ifindex, error) < 0)
		return -1;
	if (bind(path->fds[0], (const struct sockaddr *)&address, sizeof(address)) < 0)
		return error_set(
			error, "cannot send on '%s': %s", frames->interface, strerror(errno));
	make_header(path, frames, source);
	return 0;
}
