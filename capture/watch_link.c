/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which interfaces went down, changed their MTU or vanished?  Listens to rtnetlink's group of
 * links, and asks again (RTM_GETLINK) where messages were lost, which the kernel tells by ENOBUFS.
 * Asking has a socket of its own, so that answers and news do not mix; the kernel answers before
 * send(2) returns.  Reference: rtnetlink(7), net/core/rtnetlink.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "capture/watch_parts.h"

#define MESSAGE_BYTES 16384 /* a link takes 1 to 2 KiB */
#define MAX_MESSAGES 64     /* taken by one call, so that it ends on a host in turmoil */
#define MAX_ANSWERS 8
#define EVENTS_OF_MESSAGE 2 /* link, MTU */

int watch_link_open(struct watch *watch, struct error *error)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK,
		.nl_groups = 1u << (RTNLGRP_LINK - 1) };
	int type = SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;

	watch->news = socket(AF_NETLINK, type, NETLINK_ROUTE);
	watch->answers = socket(AF_NETLINK, type, NETLINK_ROUTE);
	if (watch->news < 0 || watch->answers < 0)
		return error_set(error, "cannot open an rtnetlink socket: %s", strerror(errno));
	if (bind(watch->news, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_set(error, "cannot listen to rtnetlink: %s", strerror(errno));
	return 0;
}

void watch_link_close(struct watch *watch)
{
	if (watch->news >= 0)
		close(watch->news);
	if (watch->answers >= 0)
		close(watch->answers);
}

/*
 * Receives messages of the kernel.  Returns their bytes, 0 for those that are not for us, or -1
 * with errno: ENOBUFS also where they were cut.
 */
static ssize_t receive(int descriptor, uint8_t *bytes, size_t size)
{
	struct sockaddr_nl from = { 0 };
	struct iovec area = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &area, .msg_iovlen = 1
	};
	ssize_t got;

	do {
		got = recvmsg(descriptor, &message, MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	if (got >= 0 && from.nl_pid != 0)
		return 0;
	if (got >= 0 && message.msg_flags & MSG_TRUNC) {
		errno = ENOBUFS;
		return -1;
	}
	return got;
}

static int send_request(struct watch *watch, int ifindex)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header = { .nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_GETLINK,
			.nlmsg_flags = NLM_F_REQUEST,
			.nlmsg_seq = ++watch->sequence },
		.info = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex },
	};
	ssize_t sent;

	do {
		sent = send(watch->answers, &request, sizeof(request), MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)sizeof(request) ? 0 : -1;
}

int watch_link_ask(struct watch *watch, int ifindex, struct watch_link *link)
{
	uint8_t bytes[MESSAGE_BYTES];

	memset(link, 0, sizeof(*link));
	if (send_request(watch, ifindex) < 0)
		return -1;
	for (int i = 0; i < MAX_ANSWERS; i++) {
		ssize_t got = receive(watch->answers, bytes, sizeof(bytes));

		if (got < 0)
			return -1;
		if (!watch_link_parse(bytes, (size_t)got, link) ||
			link->sequence != watch->sequence)
			continue;
		if (link->message == WATCH_GONE)
			link->ifindex = ifindex;
		return link->message == WATCH_ERROR || link->ifindex != ifindex ? -1 : 0;
	}
	return -1;
}

static bool tell_state(
	struct watch *watch, struct watch_device *device, const struct watch_link *link)
{
	struct change state = { .kind = link->up ? CHANGE_LINK_UP : CHANGE_LINK_DOWN,
		.interface = device->interface };
	struct change mtu = { .kind = CHANGE_MTU,
		.interface = device->interface,
		.before = device->mtu,
		.after = link->mtu };

	if (link->up != device->up) {
		if (!watch_tell_change(watch, &state))
			return false;
		device->up = link->up;
	}
	if (link->has_mtu && link->mtu != device->mtu) {
		if (device->mtu && !watch_tell_change(watch, &mtu))
			return false;
		device->mtu = link->mtu;
	}
	return true;
}

void watch_link_compare(
	struct watch *watch, struct watch_device *device, const struct watch_link *link)
{
	struct change gone = { .kind = CHANGE_GONE, .interface = device->interface };

	if (link->message == WATCH_GONE) {
		device->gone = watch_tell_change(watch, &gone);
		device->ask = !device->gone;
		return;
	}
	device->look = true;
	device->features_event |= link->features_event;
	if (!device->known) {
		device->known = true;
		device->up = link->up;
		device->mtu = link->mtu;
		return;
	}
	if (!tell_state(watch, device, link))
		device->ask = true;
}

static void take_messages(struct watch *watch, const uint8_t *bytes, size_t length)
{
	struct watch_link link;
	size_t taken;

	while ((taken = watch_link_parse(bytes, length, &link)) > 0) {
		for (uint32_t i = 0; link.ifindex && i < watch->device_count; i++) {
			struct watch_device *device = &watch->devices[i];

			if (device->ifindex == link.ifindex && !device->gone)
				watch_link_compare(watch, device, &link);
		}
		bytes += taken;
		length -= taken;
	}
}

/* Leaves the rest to the kernel, which keeps it or tells that it could not. */
void watch_link_drain(struct watch *watch)
{
	uint8_t bytes[MESSAGE_BYTES];

	for (int i = 0; i < MAX_MESSAGES && watch_room(watch) >= EVENTS_OF_MESSAGE; i++) {
		ssize_t got = receive(watch->news, bytes, sizeof(bytes));

		if (got >= 0) {
			take_messages(watch, bytes, (size_t)got);
			continue;
		}
		if (errno != ENOBUFS)
			return;
		for (uint32_t j = 0; j < watch->device_count; j++)
			watch->devices[j].ask = true;
	}
}

void watch_link_ask_again(struct watch *watch)
{
	struct watch_link link;

	for (uint32_t i = 0; i < watch->device_count; i++) {
		struct watch_device *device = &watch->devices[i];

		if (!device->ask || device->gone || !watch_room(watch))
			continue;
		if (watch_link_ask(watch, device->ifindex, &link) < 0)
			continue;
		device->ask = false;
		watch_link_compare(watch, device, &link);
	}
}
