/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a TCP header say (RFC 9293), and which options has it: maximum segment size, window
 * scale and timestamps (RFC 7323), selective acknowledgement (RFC 2018), fast open (RFC 7413),
 * multipath (RFC 8684)?  Options are judged as Linux does (tcp_parse_options() of tcp_input.c).
 */
#include "capture/decode_tcp.h"

#include "capture/decode_layers.h"

#define PORTS 4

#define KIND_END 0
#define KIND_NOP 1
#define KIND_MSS 2
#define KIND_WSCALE 3
#define KIND_SACK_PERMITTED 4
#define KIND_SACK 5
#define KIND_TIMESTAMP 8
#define KIND_MPTCP 30
#define KIND_FAST_OPEN 34
#define KIND_EXPERIMENT 254
#define FAST_OPEN_MAGIC 0xf989 /* of the experiment that became KIND_FAST_OPEN */
#define SACK_BLOCK 8
#define USUAL_SYN_BYTES 20
#define USUAL_SYN_MIDDLE 0x0402080a /* SACK permitted, then timestamps */
#define USUAL_SYN_END 0x010303      /* NOP, then window scale */

/* An option is known if its kind and, unless 0, its length fit; `read` gets it whole. */
struct tcp_option {
	uint8_t length;
	uint32_t flag;
	void (*read)(struct packet *p, const uint8_t *option);
};

static void read_mss(struct packet *p, const uint8_t *option)
{
	p->mss = bytes_be16(option + 2);
}

static void read_wscale(struct packet *p, const uint8_t *option)
{
	p->wscale = option[2];
}

static void read_timestamp(struct packet *p, const uint8_t *option)
{
	p->tsval = bytes_be32(option + 2);
	p->tsecr = bytes_be32(option + 6);
}

static void read_sack(struct packet *p, const uint8_t *option)
{
	unsigned bytes = option[1] - 2u;
	unsigned count = bytes / SACK_BLOCK;

	/* More than PACKET_MAX_SACK do not fit into 40 bytes of options. */
	if (count == 0 || bytes % SACK_BLOCK) {
		p->flags |= PACKET_OPTIONS_BAD;
		return;
	}
	p->sack_count = (uint8_t)count;
	p->sack_offset = (uint16_t)(option + 2 - p->data);
}

static void read_experiment(struct packet *p, const uint8_t *option)
{
	if (option[1] >= 4 && bytes_be16(option + 2) == FAST_OPEN_MAGIC)
		p->flags |= PACKET_FAST_OPEN;
}

static const struct tcp_option options[256] = {
	[KIND_MSS] = { 4, PACKET_MSS, read_mss },
	[KIND_WSCALE] = { 3, PACKET_WSCALE, read_wscale },
	[KIND_SACK_PERMITTED] = { 2, PACKET_SACK_PERMITTED, NULL },
	[KIND_SACK] = { 0, 0, read_sack },
	[KIND_TIMESTAMP] = { 10, PACKET_TIMESTAMP, read_timestamp },
	[KIND_MPTCP] = { 0, PACKET_MPTCP, NULL },
	[KIND_FAST_OPEN] = { 0, PACKET_FAST_OPEN, NULL },
	[KIND_EXPERIMENT] = { 0, 0, read_experiment },
};

/* `option` is whole, and at least 2 bytes long. */
static void read_option(struct packet *p, const uint8_t *option)
{
	const struct tcp_option *known = &options[option[0]];

	if (known->length && known->length != option[1]) {
		p->flags |= PACKET_OPTIONS_BAD;
		return;
	}
	p->flags |= known->flag;
	if (known->read)
		known->read(p, option);
}

/* What it means that no whole option stands where `present` bytes are left of `room`. */
static uint32_t no_option(const uint8_t *option, uint32_t present, uint32_t room)
{
	bool impossible = room < 2 || (present >= 2 && (option[1] < 2 || option[1] > room));

	return impossible ? PACKET_OPTIONS_BAD : PACKET_OPTIONS_CUT;
}

/*
 * MSS, SACK permitted, timestamps, NOP, window scale: how Linux opens a connection.  Returns false
 * if the options are others.
 */
static bool usual_syn(struct packet *p, const uint8_t *option)
{
	if (bytes_be16(option) != (KIND_MSS << 8 | 4) ||
		bytes_be32(option + 4) != USUAL_SYN_MIDDLE ||
		bytes_be32(option + 16) >> 8 != USUAL_SYN_END)
		return false;
	read_mss(p, option);
	read_timestamp(p, option + 6);
	read_wscale(p, option + 17);
	p->flags |= PACKET_MSS | PACKET_SACK_PERMITTED | PACKET_TIMESTAMP | PACKET_WSCALE;
	return true;
}

void tcp_options(struct packet *p, uint32_t at, uint32_t end)
{
	uint32_t limit = end < p->caplen ? end : p->caplen;

	if (limit - at == USUAL_SYN_BYTES && limit == end && usual_syn(p, p->data + at))
		return;
	while (at < limit) {
		const uint8_t *option = p->data + at;
		uint32_t present = limit - at;

		if (option[0] == KIND_END)
			return;
		if (option[0] == KIND_NOP) {
			at++;
			continue;
		}
		if (present < 2 || option[1] < 2 || option[1] > present) {
			p->flags |= no_option(option, present, end - at);
			return;
		}
		read_option(p, option);
		at += option[1];
	}
	if (at < end)
		p->flags |= PACKET_OPTIONS_CUT;
}

static void read_ports(struct packet *p, uint32_t offset)
{
	p->source_port = bytes_be16(p->data + offset);
	p->destination_port = bytes_be16(p->data + offset + 2);
	p->flags |= PACKET_PORTS;
}

LAYER_DECODER(decode_tcp)
{
	if (layer_present(p, offset, end, PORTS))
		read_ports(p, offset);
	if (!layer_present(p, offset, end, TCP_HEADER))
		decode_missing(p, PART_TCP, offset, end, TCP_HEADER);
	else if (!tcp_decode(p, p->flags, offset, end))
		decode_stop(p, LAYER_MALFORMED, PART_TCP);
}

void packet_sack(const struct packet *p, unsigned i, uint32_t *left, uint32_t *right)
{
	const uint8_t *block = p->data + p->sack_offset + (size_t)i * SACK_BLOCK;

	*left = bytes_be32(block);
	*right = bytes_be32(block + 4);
}
