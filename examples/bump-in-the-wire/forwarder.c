/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bump in the wire: takes frames from one interface and sends them by the other, both ways, as
 * firewalls, encryptors and test equipment of one's own do. Like many of them it knows that no
 * frame on Ethernet is longer than 1514 bytes, and so has buffers of that size. What is longer is
 * cut by recv(2), without a word unless MSG_TRUNC asks for one, and goes on as a cripple.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#define FRAME_BYTES 1514
#define QUEUE_BYTES (8 << 20) /* what may wait in a socket: bursts are longer than the default */

static volatile sig_atomic_t stopped;
static unsigned long long forwarded, cut;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

/* A packet socket that sees all that comes in by `interface`, and nothing that goes out. */
static int open_port(const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	struct packet_mreq promiscuous = {
		.mr_ifindex = address.sll_ifindex,
		.mr_type = PACKET_MR_PROMISC,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1, queue = QUEUE_BYTES;

	if (fd < 0)
		err(2, "cannot open a packet socket");
	if (!address.sll_ifindex)
		err(2, "cannot find interface '%s'", interface);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
			sizeof(promiscuous)) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(2, "cannot listen on '%s'", interface);
	return fd;
}

static void forward(int from, int to)
{
	static unsigned char frame[FRAME_BYTES];
	ssize_t length = recv(from, frame, sizeof(frame), MSG_DONTWAIT | MSG_TRUNC);

	if (length <= 0)
		return;
	if (length > FRAME_BYTES) {
		cut++;
		length = FRAME_BYTES;
	}
	if (send(to, frame, (size_t)length, 0) == length)
		forwarded++;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	struct pollfd ports[2];

	if (argc != 3)
		errx(2, "usage: forwarder INTERFACE INTERFACE");
	for (int i = 0; i < 2; i++)
		ports[i] = (struct pollfd){ .fd = open_port(argv[i + 1]), .events = POLLIN };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	puts("ready");
	fflush(stdout);
	while (!stopped) {
		if (poll(ports, 2, -1) < 0 && errno != EINTR)
			err(2, "cannot wait");
		for (int i = 0; i < 2; i++)
			if (ports[i].revents & POLLIN)
				forward(ports[i].fd, ports[!i].fd);
	}
	printf("%llu frames forwarded, %llu of them cut\n", forwarded, cut);
	return 0;
}
