/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is a frame to the laboratory? Its class (data or not, TCP, UDP, raw), its flow and its
 * sequence number, after RFC 791, 8200, 9293 and 768. Written apart from the decoder that is
 * tested with it, so that a fault of one does not hide in the other.
 */
#include "tests/live/frame.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define MARK 0x504b544cu /* PKTL */
#define PROBE_MARK 0x704c5062u
#define PROBE_BYTES 40

const char *const frame_class_names[FRAME_CLASSES] = {
	[FRAME_OTHER] = "other",
	[FRAME_TCP] = "tcp",
	[FRAME_UDP] = "udp",
	[FRAME_RAW] = "raw",
	[FRAME_SYN] = "syn",
	[FRAME_FIN] = "fin",
	[FRAME_ACK] = "ack",
	[FRAME_ICMP] = "icmp",
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put32(uint8_t *p, uint32_t value)
{
	value = htonl(value);
	memcpy(p, &value, sizeof(value));
}

static uint8_t fill_byte(uint32_t flow, uint32_t sequence, size_t offset)
{
	return (uint8_t)(flow * 7 + sequence + offset * 3);
}

void stamp_write(uint8_t *payload, size_t bytes, uint32_t flow, uint32_t sequence)
{
	put32(payload, MARK);
	put32(payload + 4, flow);
	put32(payload + 8, sequence);
	for (size_t i = STAMP_BYTES; i < bytes; i++)
		payload[i] = fill_byte(flow, sequence, i);
}

bool stamp_read(const uint8_t *payload, size_t bytes, uint32_t *flow, uint32_t *sequence)
{
	if (bytes < STAMP_BYTES || get32(payload) != MARK)
		return false;
	*flow = get32(payload + 4);
	*sequence = get32(payload + 8);
	return true;
}

/* Of pktlint's own probes, pktlint-probe(8), the stream and the lower half of the number. */
static bool probe_stamp_read(
	const uint8_t *payload, size_t bytes, uint32_t *flow, uint32_t *sequence)
{
	if (bytes < PROBE_BYTES || get32(payload) != PROBE_MARK)
		return false;
	*flow = get16(payload + 12);
	*sequence = get32(payload + 20);
	return true;
}

bool stamp_intact(const uint8_t *payload, size_t bytes, uint32_t flow, uint32_t sequence)
{
	for (size_t i = STAMP_BYTES; i < bytes; i++)
		if (payload[i] != fill_byte(flow, sequence, i))
			return false;
	return true;
}

/* Each parser reads `left` bytes at `at`, which lie `at - bytes` into the frame. */
static void set_payload(struct frame *frame, size_t offset, size_t bytes)
{
	frame->payload = offset;
	frame->payload_bytes = bytes;
}

static void parse_tcp(struct frame *frame, const uint8_t *at, size_t left, size_t offset)
{
	size_t header;

	if (left < 20 || (header = (size_t)(at[12] >> 4) * 4) < 20 || header > left)
		return;
	frame->source_port = (uint16_t)get16(at);
	frame->destination_port = (uint16_t)get16(at + 2);
	frame->sequence = get32(at + 4);
	frame->numbered = true;
	set_payload(frame, offset + header, left - header);
	frame->class = left > header      ? FRAME_TCP
		       : at[13] & TCP_SYN ? FRAME_SYN
		       : at[13] & TCP_FIN ? FRAME_FIN
					  : FRAME_ACK;
}

static void parse_udp(struct frame *frame, const uint8_t *at, size_t left, size_t offset)
{
	if (left <= 8)
		return;
	frame->source_port = (uint16_t)get16(at);
	frame->destination_port = (uint16_t)get16(at + 2);
	set_payload(frame, offset + 8, left - 8);
	frame->numbered = stamp_read(at + 8, left - 8, &frame->flow, &frame->sequence) ||
			  probe_stamp_read(at + 8, left - 8, &frame->flow, &frame->sequence);
	frame->class = FRAME_UDP;
}

static void parse_icmp4(struct frame *frame, const uint8_t *at, size_t left, size_t offset)
{
	static const uint8_t errors[] = { 3, 4, 5, 11, 12 };

	if (left && memchr(errors, at[0], sizeof(errors)))
		frame->class = FRAME_ICMP;
}

static void parse_icmp6(struct frame *frame, const uint8_t *at, size_t left, size_t offset)
{
	if (left && at[0] < 128)
		frame->class = FRAME_ICMP;
}

static void parse_transport(
	struct frame *frame, unsigned protocol, const uint8_t *at, size_t left, size_t offset)
{
	static const struct {
		unsigned protocol;
		void (*parse)(struct frame *frame, const uint8_t *at, size_t left, size_t offset);
	} transports[] = {
		{ IPPROTO_TCP, parse_tcp },
		{ IPPROTO_UDP, parse_udp },
		{ IPPROTO_ICMP, parse_icmp4 },
		{ IPPROTO_ICMPV6, parse_icmp6 },
	};

	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++)
		if (transports[i].protocol == protocol)
			transports[i].parse(frame, at, left, offset);
}

/* Later fragments have no ports and are FRAME_OTHER. */
static void parse_ip4(struct frame *frame, const uint8_t *at, size_t left, size_t offset)
{
	size_t header, total;

	if (left < 20 || (header = (size_t)(at[0] & 15) * 4) < 20)
		return;
	total = get16(at + 2);
	if (total < header || total > left || get16(at + 6) & 0x1fff)
		return;
	frame->family = AF_INET;
	memcpy(&frame->source, at + 12, 4);
	memcpy(&frame->destination, at + 16, 4);
	parse_transport(frame, at[9], at + header, total - header, offset + header);
}

static void parse_ip6(struct frame *frame, const uint8_t *at, size_t left, size_t offset)
{
	size_t payload;

	if (left < 40 || (payload = get16(at + 4)) > left - 40)
		return;
	frame->family = AF_INET6;
	memcpy(&frame->source, at + 8, 16);
	memcpy(&frame->destination, at + 24, 16);
	parse_transport(frame, at[6], at + 40, payload, offset + 40);
}

static void parse_raw(struct frame *frame, const uint8_t *at, size_t left, size_t offset)
{
	frame->class = FRAME_RAW;
	set_payload(frame, offset, left);
	frame->numbered = stamp_read(at, left, &frame->flow, &frame->sequence) ||
			  probe_stamp_read(at, left, &frame->flow, &frame->sequence);
}

void frame_parse(struct frame *frame, const uint8_t *bytes, size_t length)
{
	size_t offset = 14;
	unsigned type;

	*frame = (struct frame){ .class = FRAME_OTHER, .length = length };
	if (length < offset)
		return;
	type = get16(bytes + 12);
	while ((type == 0x8100 || type == 0x88a8) && length >= offset + 4) {
		frame->tagged = true;
		frame->vlan = get16(bytes + offset) & 0xfff;
		type = get16(bytes + offset + 2);
		offset += 4;
	}
	if (type == 0x0800)
		parse_ip4(frame, bytes + offset, length - offset, offset);
	else if (type == 0x86dd)
		parse_ip6(frame, bytes + offset, length - offset, offset);
	else if (type == RAW_ETHERTYPE)
		parse_raw(frame, bytes + offset, length - offset, offset);
}

char *frame_flow(const struct frame *frame, char text[static FRAME_FLOW_BYTES])
{
	char source[INET6_ADDRSTRLEN] = "", destination[INET6_ADDRSTRLEN] = "", vlan[16] = "";
	const char *open = frame->family == AF_INET6 ? "[" : "";
	const char *close = frame->family == AF_INET6 ? "]" : "";

	if (frame->tagged)
		snprintf(vlan, sizeof(vlan), "vlan%u/", frame->vlan);
	if (!frame->family) {
		snprintf(text, FRAME_FLOW_BYTES, "%s%u", vlan, frame->flow);
		return text;
	}
	inet_ntop(frame->family, &frame->source, source, sizeof(source));
	inet_ntop(frame->family, &frame->destination, destination, sizeof(destination));
	snprintf(text, FRAME_FLOW_BYTES, "%s%s%s%s:%u>%s%s%s:%u", vlan, open, source, close,
		frame->source_port, open, destination, close, frame->destination_port);
	return text;
}
