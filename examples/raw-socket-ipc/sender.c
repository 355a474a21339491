/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Half of a home-made protocol: numbered messages in Ethernet frames, one after the other, by one
 * thread. Nothing here can put them out of order: a message is sent when sendto(2) of the one
 * before has returned. But the thread changes its CPU, as the scheduler makes every thread do; here
 * after each message, so that it need not be waited for.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "examples/raw-socket-ipc/link.h"

#define CPUS_MOST 16
#define PAUSE_NS 5000000 /* after a message from each CPU */

/* Reads "0,1".  Returns how many numbers there were. */
static unsigned read_cpus(unsigned *cpus, const char *text)
{
	unsigned count = 0;
	char *end;

	do {
		if (count == CPUS_MOST)
			errx(2, "more than %d CPUs", CPUS_MOST);
		cpus[count++] = (unsigned)strtoul(text, &end, 10);
		if (end == text || (*end != ',' && *end != '\0'))
			errx(2, "'%s' is no list of CPUs such as 0,1", text);
		text = end + 1;
	} while (*end);
	return count;
}

int main(int argc, char **argv)
{
	struct message message = { .text = "message" };
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	const struct sched_param priority = { .sched_priority = 1 };
	unsigned cpus[CPUS_MOST], count;
	uint32_t sequence = 0;
	int fd;

	if (argc != 4)
		errx(2, "usage: sender INTERFACE PEER-ADDRESS CPU[,CPU]...");
	count = read_cpus(cpus, argv[3]);
	fd = link_open(argv[1], TYPE_TALK);
	link_address(fd, &message.ethernet, argv[1], argv[2], TYPE_TALK);
	/* As such programs have it. Where that is not allowed, others only slow it down. */
	sched_setscheduler(0, SCHED_FIFO, &priority);
	begin();
	while (!stop_asked()) {
		cpu_move(cpus[sequence % count]);
		message.sequence = htonl(sequence);
		if (send(fd, &message, sizeof(message), 0) < 0 && errno != EINTR)
			err(2, "cannot send by '%s'", argv[1]);
		if (++sequence % count == 0)
			nanosleep(&pause, NULL);
	}
	printf("sent %u messages\n", sequence);
	return 0;
}
