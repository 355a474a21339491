/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What does a pcapng block say?  The blocks of draft-ietf-opsawg-pcapng by a table of their types:
 * sections, interfaces, packets in three forms, statistics; all others are counted.
 */
#include "capture/pcapng.h"

#include "base/memory.h"
#include "base/number.h"

#define MICROSECONDS 6 /* if_tsresol, if there is none */

/* The options of a block, one by one. */
struct option {
	const uint8_t *value, *next, *end;
	uint16_t code, length;
};

static struct option options_at(const struct block *block, uint32_t offset)
{
	const uint8_t *end = block->body + block->size;

	if (offset > block->size)
		offset = block->size;
	return (struct option){ .next = block->body + offset, .end = end };
}

/* Steps to the next option.  Returns false at the end, and where they contradict the block. */
static bool option_next(const struct pcapng_state *state, struct option *option)
{
	size_t left = (size_t)(option->end - option->next);

	if (left < 4)
		return false;
	option->code = number16(state, option->next);
	option->length = number16(state, option->next + 2);
	option->value = option->next + 4;
	left -= 4;
	if (option->code == 0 || option->length > left)
		return false;
	option->next = padded(option->length) < left ? option->value + padded(option->length)
						     : option->end;
	return true;
}

static void option_text(const struct option *option, size_t skip, char *text, size_t size)
{
	size_t length = option->length > skip ? option->length - skip : 0;

	if (length >= size)
		length = size - 1;
	memcpy(text, option->value + skip, length);
	text[length] = '\0';
}

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

enum outcome pcapng_bad(struct file *file, struct error *error, const char *what, uint64_t value)
{
	const struct pcapng_state *state = file->state;
	char text[NUMBER_GROUPED_BYTES];

	file_damaged(file, error, "block", state->blocks + 1, "%s %s", what,
		number_grouped(value, text));
	return OUTCOME_BAD;
}

static enum outcome too_small(struct file *file, const struct block *block, struct error *error)
{
	return pcapng_bad(file, error, "is too small for its type, body bytes:", block->size);
}

static enum outcome take_section(
	struct file *file, const struct block *block, struct event *event, struct error *error)
{
	struct pcapng_state *state = file->state;
	unsigned major;

	if (block->size < 16)
		return too_small(file, block, error);
	/* Minor versions differ in nothing that matters here. */
	major = number16(state, block->body + 4);
	if (major != 1)
		return pcapng_bad(
			file, error, "has a version of the format that is not known:", major);
	state->section_first = file->capture.statistics.interfaces;
	return OUTCOME_NOTHING;
}

static struct port *add_port(struct pcapng_state *state, uint32_t index)
{
	struct port *port;

	if (index >= state->ports_room) {
		state->ports_room = index ? 2 * index : 1;
		state->ports = memory_grow(state->ports, state->ports_room, sizeof(*port));
	}
	port = &state->ports[index];
	*port = (struct port){ .last_ns = INT64_MIN };
	ticks_set(&port->ticks, MICROSECONDS);
	return port;
}

static enum outcome take_interface(
	struct file *file, const struct block *block, struct event *event, struct error *error)
{
	enum { IF_NAME = 2, IF_TSRESOL = 9, IF_FILTER = 11, IF_TSOFFSET = 14 };
	struct pcapng_state *state = file->state;
	struct option option = options_at(block, 8);
	struct capture_interface *interface;
	struct port *port;

	if (block->size < 8)
		return too_small(file, block, error);
	interface = capture_add_interface(&file->capture);
	if (!interface)
		return pcapng_bad(
			file, error, "describes one interface more than", CAPTURE_MAX_INTERFACES);
	port = add_port(state, file->capture.statistics.interfaces - 1);
	interface->linktype = number16(state, block->body);
	interface->snaplen = number32(state, block->body + 4);
	while (option_next(state, &option)) {
		if (option.code == IF_NAME)
			option_text(&option, 0, interface->name, sizeof(interface->name));
		else if (option.code == IF_FILTER && option.length > 1 && option.value[0] == 0)
			option_text(&option, 1, interface->filter, sizeof(interface->filter));
		else if (option.code == IF_TSRESOL && option.length == 1)
			ticks_set(&port->ticks, option.value[0]);
		else if (option.code == IF_TSOFFSET && option.length == 8)
			port->ticks.offset_seconds = (int64_t)number64(state, option.value);
	}
	if (port->ticks.multiply && port->ticks.divide == 1 && !port->ticks.shift &&
		!port->ticks.offset_seconds)
		port->plain_limit = (uint64_t)TICKS_MAX_NS / port->ticks.multiply;
	return OUTCOME_NOTHING;
}

/* Makes a drop of `packets` lost, if any part of its time is in the window. */
static enum outcome give_drop(struct file *file, struct event *event, uint32_t interface,
	uint64_t packets, int64_t from_ns, int64_t to_ns, const char *where)
{
	if (to_ns < file->capture.start_ns || from_ns >= file->capture.end_ns)
		return OUTCOME_NOTHING;
	event->kind = EVENT_DROP;
	event->drop = (struct drop){ .interface = interface,
		.packets = packets,
		.from_ns = from_ns,
		.to_ns = to_ns,
		.where = where };
	return OUTCOME_EVENT;
}

/* Gives out the loss that a packet block tells of, before its frame; at most once a block. */
static enum outcome give_loss(
	struct file *file, const struct frame *frame, uint64_t packets, struct event *event)
{
	struct pcapng_state *state = file->state;
	struct port *port = &state->ports[frame->interface];
	struct capture_interface *interface = &file->capture.interfaces[frame->interface];
	int64_t from_ns = port->last_ns == INT64_MIN ? 0 : port->last_ns;

	interface->has_dropped = true;
	if (!packets || state->loss_told)
		return OUTCOME_NOTHING;
	state->loss_told = true;
	port->lost = add_saturated(port->lost, packets);
	if (interface->dropped < port->lost)
		interface->dropped = port->lost;
	return give_drop(file, event, frame->interface, packets, from_ns, frame->time_ns,
		"interface or kernel");
}

/* epb_flags and pack_flags: bits 0-1 direction, 2-4 reception, 9-11 offload. */
static void apply_flags(struct frame *frame, uint32_t flags)
{
	enum { INBOUND = 1, OUTBOUND = 2, PROMISCUOUS = 4 };

	if ((flags & 3) == OUTBOUND)
		frame->direction = DIRECTION_OUT;
	else if ((flags >> 2 & 7) == PROMISCUOUS)
		frame->direction = DIRECTION_OTHER;
	else if ((flags & 3) == INBOUND)
		frame->direction = DIRECTION_IN;
	if (flags & 1u << 9)
		frame->flags |= FRAME_CSUM_NOT_READY;
	if (flags & 1u << 10)
		frame->flags |= FRAME_CSUM_VALID;
	if (flags & 1u << 11)
		frame->flags |= FRAME_GSO_TCP;
}

/*
 * What enhanced and obsolete packet blocks have in common, from byte 4 of the body on: time, two
 * lengths, bytes, options.  `lost`: packets lost before this one by the block's own field.
 */
static inline enum outcome take_packet(struct file *file, const struct block *block,
	uint32_t interface, uint64_t lost, struct event *event, struct error *error)
{
	enum { HEADER = 20, FLAGS = 2, EPB_DROPCOUNT = 4 };
	struct pcapng_state *state = file->state;
	uint32_t interfaces = file->capture.statistics.interfaces - state->section_first;
	struct frame *frame = &event->frame;
	uint32_t caplen = number32(state, block->body + 12);
	struct option option;
	bool lost_known = lost > 0;

	if (interface >= interfaces)
		return pcapng_bad(
			file, error, "names an interface that was not described:", interface);
	if (caplen > block->size - HEADER)
		return pcapng_bad(file, error, "has no room for its frame, bytes claimed:", caplen);
	interface += state->section_first;
	*frame = (struct frame){ .data = block->body + HEADER,
		.time_ns = ticks_to_ns(
			&state->ports[interface].ticks, ticks_at(state, block->body + 4)),
		.caplen = caplen,
		.wirelen = number32(state, block->body + 16),
		.interface = interface,
		.linktype = file->capture.interfaces[interface].linktype,
		.flags = FRAME_HAS_TIME };
	option = options_at(block, HEADER + padded(caplen));
	while (option_next(state, &option)) {
		if (option.code == FLAGS && option.length == 4) {
			apply_flags(frame, number32(state, option.value));
		} else if (option.code == EPB_DROPCOUNT && option.length == 8 &&
			   block->type == PCAPNG_ENHANCED) {
			lost = number64(state, option.value);
			lost_known = true;
		}
	}
	if (lost_known) {
		const struct frame kept = *frame;

		if (give_loss(file, &kept, lost, event) == OUTCOME_EVENT)
			return OUTCOME_AGAIN;
	}
	return pcapng_give_frame(file, event);
}

static enum outcome take_enhanced(
	struct file *file, const struct block *block, struct event *event, struct error *error)
{
	if (block->size < 20)
		return too_small(file, block, error);
	return take_packet(file, block, number32(file->state, block->body), 0, event, error);
}

static enum outcome take_obsolete(
	struct file *file, const struct block *block, struct event *event, struct error *error)
{
	enum { LOST_UNKNOWN = 0xffff };
	uint16_t lost;

	if (block->size < 20)
		return too_small(file, block, error);
	lost = number16(file->state, block->body + 2);
	return take_packet(file, block, number16(file->state, block->body),
		lost == LOST_UNKNOWN ? 0 : lost, event, error);
}

/* A simple packet belongs to the section's first interface; its length is not stored when cut. */
static enum outcome take_simple(
	struct file *file, const struct block *block, struct event *event, struct error *error)
{
	struct pcapng_state *state = file->state;
	const struct capture_interface *interface;
	uint32_t wirelen, caplen;

	if (block->size < 4)
		return too_small(file, block, error);
	if (state->section_first == file->capture.statistics.interfaces)
		return pcapng_bad(file, error, "names an interface that was not described:", 0);
	interface = &file->capture.interfaces[state->section_first];
	wirelen = number32(state, block->body);
	caplen = wirelen;
	if (interface->snaplen && caplen > interface->snaplen)
		caplen = interface->snaplen;
	if (caplen > block->size - 4)
		caplen = block->size - 4;
	event->frame = (struct frame){ .data = block->body + 4,
		.caplen = caplen,
		.wirelen = wirelen,
		.interface = state->section_first,
		.linktype = interface->linktype };
	return pcapng_give_frame(file, event);
}

/* Counters of an interface since the capture began. */
struct counters {
	uint64_t received, interface_lost, system_lost;
	bool has_received, has_lost;
	int64_t start_ns; /* of the capture, 0: not told */
};

static struct counters read_counters(
	const struct pcapng_state *state, const struct block *block, const struct ticks *ticks)
{
	enum { ISB_STARTTIME = 2, ISB_IFRECV = 4, ISB_IFDROP = 5, ISB_OSDROP = 7 };
	struct option option = options_at(block, 12);
	struct counters counters = { 0 };

	while (option_next(state, &option)) {
		if (option.length != 8)
			continue;
		if (option.code == ISB_STARTTIME) {
			counters.start_ns = ticks_to_ns(ticks, ticks_at(state, option.value));
		} else if (option.code == ISB_IFRECV) {
			counters.received = number64(state, option.value);
			counters.has_received = true;
		} else if (option.code == ISB_IFDROP) {
			counters.interface_lost = number64(state, option.value);
			counters.has_lost = true;
		} else if (option.code == ISB_OSDROP) {
			counters.system_lost = number64(state, option.value);
			counters.has_lost = true;
		}
	}
	return counters;
}

/* The counters include the losses that packet blocks told of: only the rest is news. */
static enum outcome take_statistics(
	struct file *file, const struct block *block, struct event *event, struct error *error)
{
	struct pcapng_state *state = file->state;
	struct capture_interface *interface;
	struct counters counters;
	struct port *port;
	int64_t from_ns, to_ns;
	uint64_t lost, news;
	uint32_t index;

	if (block->size < 12)
		return too_small(file, block, error);
	index = number32(state, block->body);
	if (index >= file->capture.statistics.interfaces - state->section_first)
		return pcapng_bad(file, error, "names an interface that was not described:", index);
	index += state->section_first;
	interface = &file->capture.interfaces[index];
	port = &state->ports[index];
	counters = read_counters(state, block, &port->ticks);
	if (counters.has_received) {
		interface->has_received = true;
		interface->received = counters.received;
	}
	from_ns = port->statistic_ns ? port->statistic_ns : counters.start_ns;
	to_ns = ticks_to_ns(&port->ticks, ticks_at(state, block->body + 4));
	if (to_ns < port->last_ns)
		to_ns = port->last_ns;
	if (to_ns < from_ns)
		to_ns = from_ns;
	port->statistic_ns = to_ns;
	lost = add_saturated(counters.interface_lost, counters.system_lost);
	interface->has_dropped |= counters.has_lost;
	if (lost <= port->lost)
		return OUTCOME_NOTHING;
	news = lost - port->lost;
	port->lost = lost;
	interface->dropped = lost;
	return give_drop(file, event, index, news, from_ns, to_ns,
		!counters.system_lost      ? "interface"
		: !counters.interface_lost ? "kernel"
					   : "interface and kernel");
}

/* Names, secrets, comments of any kind: nothing to analyse, but counted. */
static enum outcome take_other(
	struct file *file, const struct block *block, struct event *event, struct error *error)
{
	file->capture.statistics.unknown_blocks++;
	return OUTCOME_NOTHING;
}

typedef enum outcome take_block(
	struct file *file, const struct block *block, struct event *event, struct error *error);

static take_block *const by_type[] = {
	[1] = take_interface,
	[2] = take_obsolete,
	[3] = take_simple,
	[5] = take_statistics,
	[PCAPNG_ENHANCED] = take_enhanced,
};

static take_block *taker(uint32_t type)
{
	if (type < sizeof(by_type) / sizeof(*by_type) && by_type[type])
		return by_type[type];
	return type == PCAPNG_SECTION_HEADER ? take_section : take_other;
}

enum outcome pcapng_take(
	struct file *file, const struct block *block, struct event *event, struct error *error)
{
	return taker(block->type)(file, block, event, error);
}
