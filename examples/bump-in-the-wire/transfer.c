/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any program that uses TCP: one end has 32 kB to send every 5 ms, the other says how much came.
 * Neither knows of what is between.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 32768
#define PAUSE_NS 5000000

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

static int make_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		err(2, "cannot make a socket");
	return fd;
}

/* Takes one connection after the other until it is told to stop. */
static void receive(const struct sockaddr_in *address)
{
	static char chunk[CHUNK];
	unsigned long long bytes = 0;
	int listener = make_socket(), fd = -1;

	if (bind(listener, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
		listen(listener, 1) < 0)
		err(2, "cannot listen");
	ready();
	while (!stopped) {
		ssize_t length;

		if (fd < 0 && (fd = accept(listener, NULL, NULL)) < 0)
			continue;
		length = recv(fd, chunk, sizeof(chunk), 0);
		if (length > 0) {
			bytes += (unsigned long long)length;
		} else if (length == 0 || errno != EINTR) {
			close(fd);
			fd = -1;
		}
	}
	printf("received %.1f MB\n", (double)bytes / 1e6);
}

static void transmit(const struct sockaddr_in *address)
{
	static const char chunk[CHUNK];
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int fd = make_socket();

	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 && !stopped)
		err(2, "cannot connect to the other end");
	ready();
	while (!stopped) {
		if (send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL) < 0 && errno != EINTR)
			err(2, "cannot send");
		nanosleep(&pause, NULL);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct sigaction action = { .sa_handler = stop };

	if (argc != 4 || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1)
		errx(2, "usage: transfer receive|send ADDRESS PORT");
	address.sin_port = htons((unsigned short)strtoul(argv[3], NULL, 10));
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (strcmp(argv[1], "receive") == 0)
		receive(&address);
	else
		transmit(&address);
	return 0;
}
