/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes captures of numbered streams to measure with: RTP (RFC 3550), ESP (RFC 4303), WireGuard,
 * UDP whose IPv4 identification counts, or a counter right behind Ethernet; the same bytes for the
 * same options.  Streams take turns, a packet each, and send one every 20 ms.  Nothing is lost,
 * late or copied.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bytes.h"

#define IP 14
#define TRANSPORT 34
#define UDP_HEADER 8
#define LOCAL_ETHERTYPE 0x88b5 /* IEEE 802, for local experiments */
#define MAX_FRAME 1514
#define START_SECONDS 1700000000
#define TURN_US 20000

struct options {
	uint64_t packets;
	uint32_t streams;
	unsigned bytes; /* of a frame */
};

/* One protocol: writes its header for packet `number` of a stream and returns its length. */
struct protocol {
	const char *name;
	uint8_t ip_protocol; /* 0: no IP */
	uint16_t port;       /* 0: no UDP */
	size_t (*write)(uint8_t *p, uint32_t stream, uint64_t number);
};

/* The finalizer of MurmurHash3: every bit of `x` changes half of the result's. */
static uint32_t mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x85ebca6b;
	x ^= x >> 13;
	x *= 0xc2b2ae35;
	return x ^ x >> 16;
}

static void put_little32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

static size_t write_rtp(uint8_t *p, uint32_t stream, uint64_t number)
{
	put16(p, 0x8000);
	put16(p + 2, (uint16_t)(mix(stream) + number));
	put32(p + 4, mix(stream + 1) + (uint32_t)number * 160);
	put32(p + 8, mix(stream + 2));
	return 12;
}

static size_t write_esp(uint8_t *p, uint32_t stream, uint64_t number)
{
	put32(p, mix(stream) | 0x100);
	put32(p + 4, (uint32_t)number + 1);
	return 8;
}

static size_t write_wireguard(uint8_t *p, uint32_t stream, uint64_t number)
{
	put_little32(p, 4);
	put_little32(p + 4, mix(stream));
	put_little32(p + 8, (uint32_t)number);
	put_little32(p + 12, (uint32_t)(number >> 32));
	return 16;
}

static size_t write_nothing(uint8_t *p, uint32_t stream, uint64_t number)
{
	return 0;
}

static size_t write_counter(uint8_t *p, uint32_t stream, uint64_t number)
{
	put32(p, mix(stream) % 1000 + (uint32_t)number);
	return 4;
}

static const struct protocol protocols[] = {
	{ "rtp", 17, 16384, write_rtp },
	{ "esp", 50, 0, write_esp },
	{ "wireguard", 17, 51820, write_wireguard },
	{ "ip-id", 17, 40000, write_nothing },
	{ "counter", 0, 0, write_counter },
	{ 0 },
};

/* Writes the IPv4 header; a connected socket's identification counts. */
static void write_ip(uint8_t *ip, const struct protocol *protocol, uint32_t stream, uint64_t number,
	size_t length)
{
	put32(ip, 0x45000000 | (uint32_t)length);
	put32(ip + 4, (protocol->port ? (uint32_t)number << 16 : 0) | 0x4000);
	put32(ip + 8, 64u << 24 | (uint32_t)protocol->ip_protocol << 16);
	put32(ip + 12, 10u << 24 | (stream + 1));
	put32(ip + 16, 192u << 24 | 2u << 8 | 1);
	put16(ip + 10, checksum(sum16(ip, 20)));
}

/* Writes the UDP header; the addresses must stand before it. */
static void write_udp(uint8_t *udp, const struct protocol *protocol, size_t length)
{
	uint32_t sum;

	put16(udp, protocol->port);
	put16(udp + 2, protocol->port);
	put16(udp + 4, (uint16_t)length);
	put16(udp + 6, 0);
	sum = checksum(17 + (uint32_t)length + sum16(udp - 8, 8 + length));
	put16(udp + 6, sum ? (uint16_t)sum : 0xffff);
}

static void write_frame(uint8_t *frame, const struct options *options,
	const struct protocol *protocol, uint32_t stream, uint64_t number)
{
	static const uint8_t link[IP] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0 };
	size_t at = TRANSPORT + (protocol->port ? UDP_HEADER : 0);

	memcpy(frame, link, sizeof(link));
	if (protocol->ip_protocol) {
		write_ip(frame + IP, protocol, stream, number, options->bytes - IP);
	} else {
		put32(frame + 8, stream);
		put16(frame + 12, LOCAL_ETHERTYPE);
		at = IP;
	}
	at += protocol->write(frame + at, stream, number);
	for (uint32_t i = 0; at < options->bytes; at++, i++)
		frame[at] = (uint8_t)mix(mix(stream) ^ (uint32_t)number ^ i << 24);
	if (protocol->port)
		write_udp(frame + TRANSPORT, protocol, options->bytes - TRANSPORT);
}

static void generate(FILE *file, const struct options *options, const struct protocol *protocol)
{
	uint32_t header[6] = { 0xa1b2c3d4, 0, 0, 0, 262144, 1 }, fields[4];
	uint8_t frame[MAX_FRAME];

	memcpy(&header[1], (uint16_t[]){ 2, 4 }, 4);
	fwrite(header, sizeof(header), 1, file);
	for (uint64_t i = 0; i < options->packets; i++) {
		uint32_t stream = (uint32_t)(i % options->streams);
		uint64_t number = i / options->streams;
		uint64_t us = number * TURN_US + (uint64_t)stream * TURN_US / options->streams;

		write_frame(frame, options, protocol, stream, number);
		fields[0] = START_SECONDS + (uint32_t)(us / 1000000);
		fields[1] = us % 1000000;
		fields[2] = fields[3] = options->bytes;
		fwrite(fields, sizeof(fields), 1, file);
		fwrite(frame, options->bytes, 1, file);
	}
}

static const struct protocol *find_protocol(const char *name)
{
	const struct protocol *protocol = protocols;

	while (protocol->name && strcmp(protocol->name, name) != 0)
		protocol++;
	return protocol->name ? protocol : NULL;
}

static const struct protocol *parse(struct options *options, int argc, char **argv)
{
	const struct protocol *protocol = protocols;
	int option;

	*options = (struct options){ .packets = 1000, .streams = 10, .bytes = 96 };
	while ((option = getopt(argc, argv, "p:n:f:b:")) != -1) {
		if (option == 'p')
			protocol = find_protocol(optarg);
		else if (option == 'n')
			options->packets = strtoull(optarg, NULL, 10);
		else if (option == 'f')
			options->streams = (uint32_t)strtoul(optarg, NULL, 10);
		else if (option == 'b')
			options->bytes = (unsigned)strtoul(optarg, NULL, 10);
		else
			return NULL;
	}
	if (optind != argc - 1 || !options->streams || options->streams > 1 << 20 ||
		options->bytes < 70 || options->bytes > MAX_FRAME)
		return NULL;
	return protocol;
}

int main(int argc, char **argv)
{
	struct options options;
	const struct protocol *protocol = parse(&options, argc, argv);
	FILE *file;

	if (!protocol) {
		fputs("usage: numbered [-p rtp|esp|wireguard|ip-id|counter] [-n PACKETS]\n"
		      "       [-f STREAMS] [-b BYTES] FILE\n",
			stderr);
		return 2;
	}
	file = fopen(argv[optind], "wb");
	if (file) {
		setvbuf(file, NULL, _IOFBF, 1 << 20);
		generate(file, &options, protocol);
	}
	if (!file || ferror(file) | fclose(file)) {
		fprintf(stderr, "numbered: cannot write '%s': %s\n", argv[optind], strerror(errno));
		return 2;
	}
	return 0;
}
