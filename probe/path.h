/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_PROBE_PATH_H
#define PKTLINT_PROBE_PATH_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * A way on which probes leave this machine: frames of an interface, or datagrams to a host.  Its
 * sockets know the peer, so that sending needs no privilege and names nobody.
 */

#define PROBE_STREAMS 64     /* at most: a socket each */
#define PROBE_HEADER_MOST 18 /* bytes in front of a probe, at most */
#define PROBE_REPLIES 16     /* kinds of errors from the network that are told apart */

/* An error that a host or a router, or this machine, sent back for a probe: ICMP. */
struct probe_reply {
	char from[64];  /* address of who sent it, "" if this machine did not send it at all */
	uint8_t family; /* 4 or 6: whose type and code they are */
	uint8_t type, code;
	int error;    /* errno that stands for it */
	uint32_t mtu; /* next-hop MTU told by it, 0: none */
	uint64_t count;
};

struct probe_path {
	int fds[PROBE_STREAMS];
	uint32_t streams;
	bool raw;                          /* frames */
	uint8_t header[PROBE_HEADER_MOST]; /* in front of each probe */
	uint32_t header_bytes;
	uint32_t mtu;                /* bytes that a frame's payload may have, 0: not known */
	char interface[IF_NAMESIZE]; /* by which they leave, "" if not known */
	char peer[96];               /* "02:00:00:00:00:01", "192.0.2.1:8845"; ours */
	struct probe_reply replies[PROBE_REPLIES];
	uint32_t reply_count;
	uint64_t replies_beyond; /* of more kinds than are told apart */
};

/* Where frames go. */
struct probe_frames {
	const char *interface;
	const uint8_t *destination; /* 6 bytes */
	uint16_t ethertype;
	bool tagged;
	uint16_t tag; /* priority and VLAN id (802.1Q), with `tagged` */
};

/*
 * Opens the way for frames.  Needs CAP_NET_RAW; what the socket receives is nothing.  Returns 0, or
 * -1 with `error` filled; probe_path_close() in either case.
 */
int probe_path_open_frames(
	struct probe_path *path, const struct probe_frames *frames, struct error *error);

/*
 * Opens a socket for each of `streams` to UDP `port` of `host`, a name or an address; names are
 * looked up here, and the first address that can be sent to is taken.  `interface` NULL: by the
 * routes; else only by it.  `family` is AF_INET, AF_INET6 or AF_UNSPEC.  Needs no privilege.
 * Returns as probe_path_open_frames().
 */
int probe_path_open_udp(struct probe_path *path, const char *host, const char *port, int family,
	const char *interface, uint32_t streams, struct error *error);

/*
 * Sends `bytes`, the header included, as one of `stream`.  Never waits.  Returns 0, or errno: then
 * it did not leave.  Takes the errors in that came back meanwhile, so that none of them passes for
 * one of this probe.  Not by two threads at once.
 */
int probe_path_send(struct probe_path *path, uint32_t stream, const uint8_t *bytes, uint32_t count);

/* Takes in what came back since. */
void probe_path_listen(struct probe_path *path);

void probe_path_close(struct probe_path *path);

/* udp.c: takes what waits in the error queue of `fd`. */
void probe_udp_take_replies(struct probe_path *path, int fd);

#endif
