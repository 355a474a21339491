/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes captures to measure with: TCP flows over Ethernet and IPv4 as Linux sends them (counting
 * identifications, timestamps, window scale, SACK), the same bytes for the same options.  Flows
 * take turns; a turn is a handshake or a train of segments and its ACK, and the packets of an
 * eighth of all flows alternate on the wire, 256 to 8,192 of them, which gives them a round trip of
 * 1 to 37 ms.  Nothing is lost or late unless -a asks for it; how much of that was written is
 * printed.
 */
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bytes.h"

#define ETHERNET_HEADER 14
#define IP_HEADER 20
#define DATA_HEADERS 66 /* Ethernet, IPv4, TCP with timestamps */
#define MAX_FRAME 1514
#define LEAST_INTERLEAVED 256u
#define MOST_INTERLEAVED 8192u
#define MAX_TRAIN 32
#define START_SECONDS 1700000000

#define SYN 0x02
#define PSH 0x08
#define ACK 0x10

struct options {
	uint64_t packets;
	uint32_t flows;
	unsigned bytes;     /* of a data frame */
	unsigned snaplen;   /* bytes kept of a frame */
	unsigned ack_every; /* data segments an ACK stands for */
	unsigned anomalies; /* trains out of a million that are reordered or lose a segment */
};

/* Side 0 opens the connection; `sender` is the side that sends data. */
struct flow {
	uint32_t seq[2];
	uint32_t tsval[2]; /* last sent */
	uint16_t ip_id[2];
	uint16_t turns;
};

enum sickness { HEALTHY, LATE, SENT_AGAIN, SICKNESSES };

/* A packet that waits for its place on the wire. */
struct plan {
	uint32_t seq, ack, length;
	uint32_t sack_left, sack_right; /* equal: no SACK block */
	uint32_t tsval;                 /* 0: the clock's when it is sent */
	uint16_t ip_id;
	uint8_t side, flags;
	uint8_t sickness; /* enum sickness */
};

struct turn {
	struct plan plans[MAX_TRAIN + 4];
	uint32_t number; /* of the flow */
	int count;
};

struct generator {
	struct options options;
	struct flow *flows;
	struct turn *turns;
	FILE *file;
	uint64_t written;
	uint64_t sick[SICKNESSES];
	uint64_t clock_us;
	uint32_t payload_sum;
	uint8_t payload[MAX_FRAME];
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

static uint32_t client_address(uint32_t flow)
{
	return 10u << 24 | (flow * 40503u & 0xffffff);
}

static uint32_t server_address(uint32_t flow)
{
	return 192u << 24 | 2u << 8 | (1 + flow % 100);
}

/* Milliseconds from a start of the side's own, as Linux randomises it; never 0. */
static uint32_t timestamp(const struct generator *g, uint32_t flow, unsigned side)
{
	return ((mix(flow * 2 + side + 1) >> 2) | 1) + (uint32_t)(g->clock_us / 1000);
}

static size_t write_options(uint8_t *p, const struct plan *plan, uint32_t tsval, uint32_t tsecr)
{
	uint8_t *start = p;

	if (plan->flags & SYN) {
		static const uint8_t syn[] = { 2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 8, 10 };
		static const uint8_t scale[] = { 1, 3, 3, 7 };

		memcpy(p, syn, sizeof(syn));
		put32(p + 8, tsval);
		put32(p + 12, tsecr);
		memcpy(p + 16, scale, sizeof(scale));
		return 20;
	}
	put32(p, 0x0101080a);
	put32(p + 4, tsval);
	put32(p + 8, tsecr);
	p += 12;
	if (plan->sack_left != plan->sack_right) {
		put32(p, 0x0101050a);
		put32(p + 4, plan->sack_left);
		put32(p + 8, plan->sack_right);
		p += 12;
	}
	return p - start;
}

/* Writes the TCP header at `tcp` and returns its length. */
static size_t write_tcp(struct generator *g, uint8_t *tcp, uint32_t flow, const struct plan *plan)
{
	struct flow *state = &g->flows[flow];
	uint32_t tsval = plan->tsval ? plan->tsval : timestamp(g, flow, plan->side);
	size_t header = 20 + write_options(tcp + 20, plan, tsval, state->tsval[!plan->side]);

	state->tsval[plan->side] = tsval;
	put16(tcp + (plan->side ? 2 : 0), 32768 + flow % 28232);
	put16(tcp + (plan->side ? 0 : 2), 5201);
	put32(tcp + 4, plan->seq);
	put32(tcp + 8, plan->ack);
	tcp[12] = header / 4 << 4;
	tcp[13] = plan->flags;
	put16(tcp + 14, plan->flags & SYN ? 64240 : 501);
	put32(tcp + 16, 0);

	uint32_t ends = (client_address(flow) >> 16) + (client_address(flow) & 0xffff) +
			(server_address(flow) >> 16) + (server_address(flow) & 0xffff);
	put16(tcp + 16, checksum(ends + 6 + header + plan->length + sum16(tcp, header) +
				 (plan->length ? g->payload_sum : 0)));
	return header;
}

static void write_ip(uint8_t *ip, uint32_t flow, const struct plan *plan, size_t length)
{
	put32(ip, 0x45000000 | (uint32_t)length);
	put32(ip + 4, (uint32_t)plan->ip_id << 16 | 0x4000);
	put32(ip + 8, 64u << 24 | 6u << 16);
	put32(ip + (plan->side ? 16 : 12), client_address(flow));
	put32(ip + (plan->side ? 12 : 16), server_address(flow));
	put16(ip + 10, checksum(sum16(ip, IP_HEADER)));
}

static void send_plan(struct generator *g, uint32_t flow, const struct plan *plan)
{
	static const uint8_t macs[2][12] = {
		{ 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 },
		{ 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 },
	};
	uint8_t record[16 + MAX_FRAME];
	uint8_t *frame = record + 16, *ip = frame + ETHERNET_HEADER;
	size_t length, header;
	uint32_t fields[4];

	g->clock_us += 3 + (mix((uint32_t)g->written) & 3);
	memcpy(frame, macs[plan->side], 12);
	put16(frame + 12, 0x0800);
	header = write_tcp(g, ip + IP_HEADER, flow, plan);
	length = IP_HEADER + header + plan->length;
	write_ip(ip, flow, plan, length);
	memcpy(ip + IP_HEADER + header, g->payload, plan->length);
	length += ETHERNET_HEADER;
	fields[0] = START_SECONDS + (uint32_t)(g->clock_us / 1000000);
	fields[1] = g->clock_us % 1000000;
	fields[2] = length < g->options.snaplen ? length : g->options.snaplen;
	fields[3] = length;
	memcpy(record, fields, sizeof(fields));
	fwrite(record, 16 + fields[2], 1, g->file);
	g->written++;
	g->sick[plan->sickness]++;
}

static struct plan *add_plan(struct turn *turn, struct flow *flow, unsigned side, unsigned flags)
{
	struct plan *plan = &turn->plans[turn->count++];

	memset(plan, 0, sizeof(*plan));
	plan->side = side;
	plan->flags = flags;
	plan->seq = flow->seq[side];
	plan->ack = flags & ACK ? flow->seq[!side] : 0;
	plan->ip_id = flow->ip_id[side]++;
	return plan;
}

static void plan_handshake(struct turn *turn, struct flow *flow)
{
	for (unsigned side = 0; side < 2; side++) {
		flow->seq[side] = mix(turn->number * 2 + side + 1);
		flow->ip_id[side] = mix(turn->number * 2 + side + 77);
	}
	add_plan(turn, flow, 0, SYN);
	flow->seq[0]++;
	/* Linux sends it from no socket yet, so without an identification. */
	add_plan(turn, flow, 1, SYN | ACK)->ip_id = 0;
	flow->seq[1]++;
	add_plan(turn, flow, 0, ACK);
}

/*
 * A train of data and the ACK for it.  In a sick one the second segment comes first, answered by a
 * SACK; then the first one comes, late, or sent again.
 */
static void plan_train(struct generator *g, struct turn *turn, struct flow *flow)
{
	unsigned sender = turn->number & 1, data = g->options.bytes - DATA_HEADERS;
	uint32_t dice = mix(turn->number ^ mix(flow->turns));
	bool sick = g->options.ack_every > 1 && dice % 1000000 < g->options.anomalies;
	struct plan first = { 0 };

	for (unsigned i = 0; i < g->options.ack_every; i++) {
		struct plan *plan = add_plan(turn, flow, sender, i ? PSH | ACK : ACK);

		plan->length = data;
		flow->seq[sender] += data;
		if (sick && i == 0) {
			first = *plan;
			first.tsval = timestamp(g, turn->number, sender);
			first.sickness = LATE;
			turn->count--;
		} else if (sick && i == 1) {
			plan = add_plan(turn, flow, !sender, ACK);
			plan->ack = first.seq;
			plan->sack_left = first.seq + data;
			plan->sack_right = first.seq + 2 * data;
			if (dice & 1) {
				first.sickness = SENT_AGAIN;
				first.tsval = 0;
				first.ip_id = flow->ip_id[sender]++;
			}
			turn->plans[turn->count++] = first;
		}
	}
	add_plan(turn, flow, !sender, ACK);
}

/* Sends one turn of each flow of a group, packet by packet in alternation. */
static void send_group(struct generator *g, unsigned count)
{
	const struct turn *turns = g->turns;
	bool more = true;

	for (int i = 0; more; i++) {
		more = false;
		for (unsigned t = 0; t < count && g->written < g->options.packets; t++) {
			if (i >= turns[t].count)
				continue;
			send_plan(g, turns[t].number, &turns[t].plans[i]);
			more = true;
		}
	}
}

/* A step through the flows that shares no divisor with their number meets all of them. */
static uint32_t coprime_stride(uint32_t flows)
{
	uint32_t stride = flows / 2 + flows / 8 + 1;

	for (;; stride++) {
		uint32_t a = flows, b = stride;

		while (b) {
			uint32_t rest = a % b;

			a = b;
			b = rest;
		}
		if (a == 1)
			return stride;
	}
}

/* How many flows alternate. */
static uint32_t interleaved(uint32_t flows)
{
	uint32_t count = flows / 8;

	if (count < LEAST_INTERLEAVED)
		count = flows < LEAST_INTERLEAVED ? flows : LEAST_INTERLEAVED;
	return count > MOST_INTERLEAVED ? MOST_INTERLEAVED : count;
}

static void generate(struct generator *g)
{
	uint32_t flows = g->options.flows, stride = coprime_stride(flows), next = 0;
	uint32_t group = interleaved(flows);
	struct turn *turns = g->turns;

	while (g->written < g->options.packets) {
		for (unsigned t = 0; t < group; t++) {
			struct flow *flow = &g->flows[next];

			turns[t].number = next;
			turns[t].count = 0;
			if (flow->turns == 0)
				plan_handshake(&turns[t], flow);
			else
				plan_train(g, &turns[t], flow);
			/* Wraps back to 1, never to another handshake. */
			flow->turns = flow->turns == UINT16_MAX ? 1 : flow->turns + 1;
			next = (uint32_t)(((uint64_t)next + stride) % flows);
		}
		send_group(g, group);
	}
}

static void write_file_header(struct generator *g)
{
	uint32_t header[6] = { 0xa1b2c3d4, 0, 0, 0, g->options.snaplen, 1 };

	memcpy(&header[1], (uint16_t[]){ 2, 4 }, 4);
	fwrite(header, sizeof(header), 1, g->file);
}

static int parse(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){
		.packets = 1000, .flows = 10, .bytes = 96, .snaplen = 262144, .ack_every = 2
	};
	while ((option = getopt(argc, argv, "n:f:b:s:k:a:")) != -1) {
		uint64_t value = optarg ? strtoull(optarg, NULL, 10) : 0;

		switch (option) {
		case 'n':
			options->packets = value;
			break;
		case 'f':
			options->flows = value;
			break;
		case 'b':
			options->bytes = value;
			break;
		case 's':
			options->snaplen = value;
			break;
		case 'k':
			options->ack_every = value;
			break;
		case 'a':
			options->anomalies = value;
			break;
		default:
			return -1;
		}
	}
	if (optind != argc - 1 || !options->flows || options->flows > 1 << 24 ||
		!options->ack_every || options->ack_every > MAX_TRAIN ||
		options->bytes <= DATA_HEADERS || options->bytes > MAX_FRAME || !options->snaplen)
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct generator g = { 0 };

	if (parse(&g.options, argc, argv)) {
		fputs("usage: generate [-n PACKETS] [-f FLOWS] [-b BYTES] [-s SNAPLEN]\n"
		      "       [-k SEGMENTS_PER_ACK] [-a SICK_TRAINS_PER_MILLION] FILE\n",
			stderr);
		return 2;
	}
	g.file = fopen(argv[optind], "wb");
	g.flows = calloc(g.options.flows, sizeof(*g.flows));
	g.turns = calloc(interleaved(g.options.flows), sizeof(*g.turns));
	if (!g.file || !g.flows || !g.turns) {
		fprintf(stderr, "generate: cannot write '%s': %s\n", argv[optind], strerror(errno));
		return 2;
	}
	setvbuf(g.file, NULL, _IOFBF, 1 << 20);
	for (unsigned i = 0; i < MAX_FRAME; i++)
		g.payload[i] = mix(i);
	g.payload_sum = sum16(g.payload, g.options.bytes - DATA_HEADERS);
	write_file_header(&g);
	generate(&g);
	free(g.flows);
	free(g.turns);
	if (ferror(g.file) | fclose(g.file)) {
		fprintf(stderr, "generate: cannot write '%s': %s\n", argv[optind], strerror(errno));
		return 2;
	}
	printf("late %llu sent_again %llu\n", (unsigned long long)g.sick[LATE],
		(unsigned long long)g.sick[SENT_AGAIN]);
	return 0;
}
