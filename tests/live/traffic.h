/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_LIVE_TRAFFIC_H
#define PKTLINT_TESTS_LIVE_TRAFFIC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

/* Frames or datagrams that one paced batch has at most. */
#define BURST 32

#define FLOWS_MOST 64

/* What the command line said; each subcommand takes what it needs. */
struct request {
	const char *interface;
	const char *destination; /* address, or address:port */
	const char *output;      /* a file for what was received */
	const char *mac;
	uint64_t count, rate, size, bytes, port, vlan, flows, segment, idle_ms, reply, cpus;
	uint64_t other; /* size of every second datagram, 0: that of all */
	bool fast;
	bool shared;  /* all flows share one numbering */
	bool noise;   /* payloads without mark and number, as if encrypted */
	char **words; /* what is no option, ends with NULL */
};

struct pace {
	uint64_t start_ns, rate, sent;
};

/* Waits until the next of `left` may be sent.  Returns how many may: 1 to BURST, 0 to stop. */
unsigned pace_wait(struct pace *pace, uint64_t left);

/* Fills a payload: with mark and number, or as request->noise wants it. */
void payload_write(const struct request *request, uint8_t *payload, size_t bytes, uint32_t flow,
	uint32_t sequence);

/* Prints the one line of a sender. */
void print_sent(const char *what, uint64_t sent, uint64_t bytes, uint64_t enobufs, uint64_t errors);

/*
 * Waits for something to receive, for request->idle_ms at most if something was received before.
 * Returns false if the program is to end once nothing waits any more.
 */
bool receive_wait(int fd, const struct request *request, uint64_t received);

/* The file of what is received, /dev/null if none was asked for. */
FILE *output_open(const struct request *request);
void output_close(FILE *out, const struct request *request);

/* Reads an address, with a port behind ":" ("[...]:" for IPv6) unless `port` gives it. */
socklen_t address_parse(struct sockaddr_storage *address, const char *text, uint64_t port);

/* Writes "address:port" as flows are written in the relay's log.  Returns `text`. */
#define ADDRESS_BYTES (INET6_ADDRSTRLEN + 10)
char *address_print(const struct sockaddr_storage *address, char *text);

/* Opens a socket of `type` that takes IPv4 and IPv6 on `port`. */
int address_listen(int type, uint64_t port);

/* The subcommands; each returns the exit status. */
int send_raw(const struct request *request);
int send_udp(const struct request *request);
int send_tcp(const struct request *request);
int serve_tcp(const struct request *request);
int serve_udp(const struct request *request);
int receive_raw(const struct request *request);
int set_offload(const struct request *request);
int flip_setting(const struct request *request);
int burden(const struct request *request);

#endif
