/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How do programs of this example get at whole frames, and at a CPU? By packet(7) and
 * sched_setaffinity(2).
 */
#include "examples/raw-socket-ipc/link.h"

#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static volatile sig_atomic_t stopped;

/* Without a protocol until it is bound: else it would hold frames of all interfaces from before. */
int link_open(const char *interface, uint16_t type)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(type),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(2, "cannot open a packet socket");
	if (!address.sll_ifindex)
		err(2, "cannot find interface '%s'", interface);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(2, "cannot bind to '%s'", interface);
	return fd;
}

void link_address(
	int fd, struct ether_header *ethernet, const char *interface, const char *to, uint16_t type)
{
	struct ether_addr *peer = ether_aton(to);
	struct ifreq ask = { 0 };

	if (!peer)
		errx(2, "'%s' is no Ethernet address", to);
	memcpy(ethernet->ether_dhost, peer, ETHER_ADDR_LEN);
	snprintf(ask.ifr_name, sizeof(ask.ifr_name), "%s", interface);
	if (ioctl(fd, SIOCGIFHWADDR, &ask) < 0)
		err(2, "cannot read the address of '%s'", interface);
	memcpy(ethernet->ether_shost, ask.ifr_hwaddr.sa_data, ETHER_ADDR_LEN);
	ethernet->ether_type = htons(type);
}

void cpu_move(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		err(2, "cannot run on CPU %u", cpu);
}

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

void begin(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	puts("ready");
	fflush(stdout);
}

int stop_asked(void)
{
	return stopped;
}
