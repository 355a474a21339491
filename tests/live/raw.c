/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which raw frames were sent, and which arrived in what order? Frames of EtherType 0x88b5 with a
 * stamp behind the Ethernet header (and the VLAN tag, which is written into the frame: no VLAN
 * device is needed). No checksum, no answer: what is counted here is what the path did.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tests/live/frame.h"
#include "tests/live/link.h"
#include "tests/live/tool.h"
#include "tests/live/traffic.h"
#include "tests/live/turns.h"

#define ETHERNET_BYTES 14
#define FRAME_LEAST 60
#define FRAME_MOST 9018
#define RETRY_NS (100 * 1000)

struct batch {
	struct mmsghdr messages[BURST];
	struct iovec parts[BURST];
	uint8_t frames[BURST][FRAME_MOST];
	size_t header;
};

static void write_macs(uint8_t *frame, struct link *link, const char *to)
{
	struct ifreq ask = { 0 };
	uint8_t *mac = frame;

	snprintf(ask.ifr_name, sizeof(ask.ifr_name), "%s", link->interface);
	if (ioctl(link->fd, SIOCGIFHWADDR, &ask) < 0)
		die("cannot read the address of '%s': %s", link->interface, strerror(errno));
	memcpy(frame + 6, ask.ifr_hwaddr.sa_data, 6);
	if (sscanf(to, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4,
		    mac + 5) != 6)
		die("'%s' is no Ethernet address", to);
}

/* Writes what all frames share.  Returns its length. */
static size_t write_header(uint8_t *frame, struct link *link, const struct request *request)
{
	const uint16_t tag[2] = { htons(0x8100), htons((uint16_t)request->vlan) };
	const uint16_t type = htons(RAW_ETHERTYPE);
	size_t at = ETHERNET_BYTES - sizeof(type);

	write_macs(frame, link, request->mac ? request->mac : "ff:ff:ff:ff:ff:ff");
	if (request->vlan) {
		memcpy(frame + at, tag, sizeof(tag));
		at += sizeof(tag);
	}
	memcpy(frame + at, &type, sizeof(type));
	return at + sizeof(type);
}

static void prepare(struct batch *batch, struct link *link, const struct request *request)
{
	for (int i = 0; i < BURST; i++) {
		batch->header = write_header(batch->frames[i], link, request);
		batch->parts[i] = (struct iovec){ batch->frames[i], request->size };
		batch->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &batch->parts[i],
			.msg_iovlen = 1 };
	}
}

/* Sends `count` frames however often it takes.  Returns how often there was no room. */
static uint64_t send_batch(struct link *link, struct batch *batch, unsigned count)
{
	uint64_t refused = 0;
	unsigned sent = 0;

	while (sent < count) {
		int now = sendmmsg(link->fd, batch->messages + sent, count - sent, 0);

		if (now > 0) {
			sent += (unsigned)now;
			continue;
		}
		if (errno != ENOBUFS)
			die("cannot send to '%s': %s", link->interface, strerror(errno));
		refused++;
		wait_ready(NULL, 0, clock_ns() + RETRY_NS);
	}
	return refused;
}

struct sender {
	const struct request *request;
	struct batch batch;
	struct link link;
	struct pace pace;
	uint64_t sent, refused;
};

/* Sends frames `number` and following.  Returns false if there are no more, or it is to stop. */
static bool send_from(struct sender *sender, uint64_t number, unsigned most)
{
	const struct request *request = sender->request;
	struct batch *batch = &sender->batch;
	uint64_t left = request->count - number;
	unsigned may = pace_wait(&sender->pace, left < most ? left : most);

	for (unsigned i = 0; i < may; i++)
		payload_write(request, batch->frames[i] + batch->header,
			request->size - batch->header, (uint32_t)((number + i) % request->flows),
			(uint32_t)((number + i) / request->flows));
	sender->refused += send_batch(&sender->link, batch, may);
	sender->sent += may;
	return may > 0;
}

static bool send_one(void *state, uint64_t number)
{
	return send_from(state, number, 1);
}

int send_raw(const struct request *request)
{
	static struct sender sender;

	if (request->size < FRAME_LEAST || request->size > FRAME_MOST)
		die("-s %" PRIu64 " is not between %d and %d", request->size, FRAME_LEAST,
			FRAME_MOST);
	sender.request = request;
	sender.pace.rate = request->rate;
	link_open_sender(&sender.link, request->interface);
	prepare(&sender.batch, &sender.link, request);
	if (request->cpus)
		turns_send((unsigned)request->cpus, &sender, send_one);
	else
		while (send_from(&sender, sender.sent, BURST))
			;
	print_sent("frames", sender.sent, sender.sent * request->size, sender.refused, 0);
	return sender.sent == request->count ? 0 : 1;
}

static bool take(FILE *out, const struct link_frame *received)
{
	struct frame frame;
	char flow[FRAME_FLOW_BYTES];
	const uint8_t *payload;

	frame_parse(&frame, received->bytes, received->length);
	if (frame.class != FRAME_RAW || !frame.numbered)
		return false;
	payload = received->bytes + frame.payload;
	fprintf(out, "%s %" PRIu32 " %s\n", frame_flow(&frame, flow), frame.sequence,
		stamp_intact(payload, frame.payload_bytes, frame.flow, frame.sequence) ? "intact"
										       : "damaged");
	return true;
}

int receive_raw(const struct request *request)
{
	static struct link link;
	FILE *out = output_open(request);
	uint64_t frames = 0;
	unsigned got;
	bool more = true;

	link_open(&link, request->interface);
	say_ready();
	while (more && (!request->count || frames < request->count)) {
		more = receive_wait(link.fd, request, frames);
		got = link_receive(&link);
		for (unsigned i = 0; i < got; i++)
			frames += take(out, &link.frames[i]);
		more |= got > 0;
	}
	link_count_lost(&link);
	output_close(out, request);
	printf("{\"frames\": %" PRIu64 ", \"lost_receiving\": %" PRIu64 "}\n", frames, link.lost);
	return link.lost ? 1 : 0;
}
