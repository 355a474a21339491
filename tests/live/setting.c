/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a machine do with packets while a setting changes under them, or a CPU is busy? Two
 * subcommands of traffic that make it so until they are told to end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/live/frame.h"
#include "tests/live/link.h"
#include "tests/live/tool.h"
#include "tests/live/traffic.h"

/* Together this is more than a CPU receives at one go (netdev_budget), less than it may hold. */
#define BURDEN_WAITING 700
#define BURDEN_SOCKETS 10
#define BURDEN_STEPS 1000 /* of the filter of each socket: some ns apiece */
#define BURDEN_PATIENCE_NS (100 * MS_NS)
#define BURDEN_FRAME 60

int flip_setting(const struct request *request)
{
	struct pace pace = { .rate = request->rate };
	char **words = request->words + 1, **word = words;
	int fd;

	if (!request->words[0] || !words[0])
		die("'flip' needs a file and words");
	fd = open(request->words[0], O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die("cannot open '%s': %s", request->words[0], strerror(errno));
	say_ready();
	for (; pace_wait(&pace, 1); word = word[1] ? word + 1 : words)
		if (pwrite(fd, *word, strlen(*word), 0) < 0)
			die("cannot write '%s' to '%s': %s", *word, request->words[0],
				strerror(errno));
	close(fd);
	return 0;
}

/* A socket that takes no frame, but long to say so. */
static void open_burden(struct link *link, const char *interface)
{
	struct sock_filter steps[BURDEN_STEPS] = {
		[0] = BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		[BURDEN_STEPS - 1] = BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = BURDEN_STEPS, .filter = steps };

	for (size_t i = 1; i < BURDEN_STEPS - 1; i++)
		steps[i] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0x10001);
	link_open(link, interface);
	if (setsockopt(link->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		die("cannot attach a filter of %d steps: %s", BURDEN_STEPS, strerror(errno));
}

/* Frames that `link` has received by now. */
static uint64_t receive_all(struct link *link)
{
	uint64_t frames = 0;
	unsigned got;

	while ((got = link_receive(link)) > 0)
		frames += got;
	return frames;
}

int burden(const struct request *request)
{
	static struct link sockets[BURDEN_SOCKETS], sender, witness;
	struct pollfd wanted = { .events = POLLIN };
	uint64_t waiting = 0;
	uint8_t frame[BURDEN_FRAME];

	if (!request->words[0] || !request->words[1])
		die("'burden' needs two interfaces");
	for (size_t i = 0; i < BURDEN_SOCKETS; i++)
		open_burden(&sockets[i], request->words[1]);
	link_open(&witness, request->words[1]);
	wanted.fd = witness.fd;
	link_open_sender(&sender, request->words[0]);
	memset(frame, 0xff, sizeof(frame));
	frame[12] = RAW_ETHERTYPE >> 8;
	frame[13] = RAW_ETHERTYPE & 0xff;
	say_ready();
	/* Signals are taken only where nothing is ready. */
	while (wait_ready(NULL, 0, 0) == 0) {
		for (; waiting < BURDEN_WAITING; waiting++)
			link_send(&sender, frame, sizeof(frame));
		wait_ready(&wanted, 1, clock_ns() + BURDEN_PATIENCE_NS);
		waiting -= receive_all(&witness);
	}
	return 0;
}
