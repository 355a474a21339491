/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other half: takes the messages as they are handed to it, and sees that some come behind one
 * that was sent later. That is all it can see: not who did it.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "examples/raw-socket-ipc/link.h"

#define LINGER_MS 200

/* When it is told to stop, what the sender has sent may still be under way. */
static int more_comes(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	return poll(&wait, 1, LINGER_MS) > 0;
}

int main(int argc, char **argv)
{
	unsigned received = 0, late = 0;
	struct message message;
	uint32_t expected = 0; /* one more than the highest number so far */
	int fd;

	if (argc != 2)
		errx(2, "usage: receiver INTERFACE");
	fd = link_open(argv[1], TYPE_TALK);
	begin();
	while (!stop_asked() || more_comes(fd)) {
		ssize_t length = recv(fd, &message, sizeof(message), 0);

		if (length < 0 && errno != EINTR)
			err(2, "cannot receive from '%s'", argv[1]);
		if (length < (ssize_t)sizeof(message))
			continue;
		received++;
		if (ntohl(message.sequence) < expected)
			late++;
		else
			expected = ntohl(message.sequence) + 1;
	}
	printf("received %u messages, %u of them late\n", received, late);
	return 0;
}
