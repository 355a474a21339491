/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps one CPU busy with receiving, as a host is that has other traffic and something that looks
 * at each packet: monitors, firewalls. It sends noise to an interface whose rps_cpus is that one
 * CPU, and some packet sockets there have long filters, which accept nothing. As many frames as
 * WAITING wait at any time, however fast the machine is: for each that is through a new one is
 * sent, so the queue is never empty and never full (net.core.netdev_max_backlog is 1000).
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "examples/raw-socket-ipc/link.h"

#define WAITING 600
#define REFILL 64
#define QUEUE_BYTES (4 << 20) /* room in our socket for all that wait */
#define MONITORS 8
#define STEPS 1500       /* of a filter, each a division: some 10 us */
#define PATIENCE_MS 1000 /* what has not come by then is lost */

/* A filter that is long, and then says no. */
static void monitor(const char *interface)
{
	static struct sock_filter steps[STEPS];
	const struct sock_fprog filter = { .len = STEPS, .filter = steps };
	int fd = link_open(interface, TYPE_NOISE);

	steps[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0);
	steps[1] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 3);
	for (int i = 2; i < STEPS - 1; i++)
		steps[i] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0);
	steps[STEPS - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0)
		err(2, "cannot attach a filter");
}

/* Sends one more.  Returns whether there was room: the queue may be shorter than usual. */
static int add(int fd, const struct message *noise)
{
	if (send(fd, noise, sizeof(*noise), 0) >= 0)
		return 1;
	if (errno != ENOBUFS && errno != EINTR)
		err(2, "cannot send noise");
	return 0;
}

/* Waits for one that is through, and takes all that are.  Returns how many, 0 if none came. */
static unsigned take(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	unsigned taken = 0;
	char byte;

	if (poll(&wait, 1, PATIENCE_MS) <= 0)
		return 0;
	while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) > 0)
		taken++;
	return taken;
}

int main(int argc, char **argv)
{
	struct message noise = { .text = "noise" };
	unsigned long long sent = 0;
	unsigned waiting = 0;
	int out, in, queue = QUEUE_BYTES;

	if (argc != 4)
		errx(2, "usage: busy FROM-INTERFACE TO-INTERFACE CPU");
	for (int i = 0; i < MONITORS; i++)
		monitor(argv[2]);
	in = link_open(argv[2], TYPE_NOISE);
	if (setsockopt(in, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)) < 0)
		err(2, "cannot make the queue of a socket longer");
	out = link_open(argv[1], 0);
	link_address(out, &noise.ethernet, argv[1], "ff:ff:ff:ff:ff:ff", TYPE_NOISE);
	cpu_move((unsigned)strtoul(argv[3], NULL, 10));
	begin();
	while (!stop_asked()) {
		unsigned taken = 0, now = 0;

		for (; waiting < WAITING && add(out, &noise); waiting++)
			sent++;
		while (taken < REFILL && (now = take(in)) > 0)
			taken += now;
		waiting = now == 0 || taken > waiting ? 0 : waiting - taken;
	}
	printf("sent %llu frames of noise\n", sent);
	return 0;
}
