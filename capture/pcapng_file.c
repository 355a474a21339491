/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which frames and losses does a pcapng file hold?  The format of draft-ietf-opsawg-pcapng: any
 * number of sections, each with its own byte order and interfaces, each interface with its own
 * link type and clock.  Blocks are found in place, one by one, by their lengths.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "capture/pcapng.h"

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define BLOCK_HEADER 8
#define BLOCK_TRAILER 4

/* A section's header tells the byte order in which its own length is to be read. */
static bool set_byte_order(struct pcapng_state *state, const uint8_t *magic)
{
	state->swapped = false;
	if (number32(state, magic) == BYTE_ORDER_MAGIC)
		return true;
	state->swapped = true;
	return number32(state, magic) == BYTE_ORDER_MAGIC;
}

/*
 * Looks at the next block.  Returns its length, padding included, 0 if it is not complete
 * (file->need is set), or -1 with `error` filled.
 */
static int64_t find_block(struct file *file, struct block *block, struct error *error)
{
	struct pcapng_state *state = file->state;
	const uint8_t *p = file->data + file->begin;
	size_t available = file_available(file);
	uint32_t length, whole;

	file->need = BLOCK_HEADER + BLOCK_TRAILER;
	if (available < file->need)
		return 0;
	block->type = number32(state, p);
	if (block->type == PCAPNG_SECTION_HEADER && !set_byte_order(state, p + BLOCK_HEADER)) {
		pcapng_bad(file, error,
			"has a byte-order magic that is none:", number32(state, p + 8));
		return -1;
	}
	length = number32(state, p + 4);
	if (length < BLOCK_HEADER + BLOCK_TRAILER || length > FILE_MAX_RECORD) {
		pcapng_bad(file, error, "has an impossible length, in bytes:", length);
		return -1;
	}
	/* Some writers do not count the padding. */
	whole = padded(length);
	file->need = whole;
	if (available < whole)
		return 0;
	if (number32(state, p + whole - BLOCK_TRAILER) != length) {
		pcapng_bad(file, error, "ends with another length than it begins with:", length);
		return -1;
	}
	block->body = p + BLOCK_HEADER;
	block->size = whole - BLOCK_HEADER - BLOCK_TRAILER;
	return whole;
}

/*
 * The blocks that most files consist of, in a third of the instructions: enhanced ones without
 * options, in this machine's byte order, on an interface with a plain clock.  Returns false,
 * having done nothing, for any other and for whatever may be wrong.
 */
static inline bool take_usual(struct file *file, struct event *event, enum outcome *outcome)
{
	enum { OVERHEAD = 32 };
	struct pcapng_state *state = file->state;
	const uint8_t *p = file->data + file->begin;
	size_t available = file_available(file);
	uint32_t word[7], trailer, index;
	uint64_t ticks;
	struct frame *frame = &event->frame;
	const struct port *port;

	if (available < OVERHEAD || state->swapped)
		return false;
	memcpy(word, p, sizeof(word));
	if (word[0] != PCAPNG_ENHANCED || word[1] > available || word[5] > FILE_MAX_RECORD ||
		word[1] != OVERHEAD + padded(word[5]) ||
		word[2] >= file->capture.statistics.interfaces - state->section_first)
		return false;
	memcpy(&trailer, p + word[1] - BLOCK_TRAILER, sizeof(trailer));
	index = state->section_first + word[2];
	port = &state->ports[index];
	ticks = (uint64_t)word[3] << 32 | word[4];
	if (trailer != word[1] || ticks >= port->plain_limit)
		return false;
	frame->data = p + sizeof(word);
	frame->time_ns = (int64_t)(ticks * port->ticks.multiply);
	frame->caplen = word[5];
	frame->wirelen = word[6];
	frame->interface = index;
	frame->linktype = file->capture.interfaces[index].linktype;
	frame->gso_size = 0;
	frame->direction = DIRECTION_UNKNOWN;
	frame->flags = FRAME_HAS_TIME;
	frame->rxhash = frame->device = 0;
	file->begin += word[1];
	*outcome = pcapng_give_frame(file, event);
	return true;
}

static int pcapng_records(struct file *file, struct event *events, int max, struct error *error)
{
	struct pcapng_state *state = file->state;
	enum outcome outcome;
	struct block block;
	int count = 0;

	while (count < max) {
		int64_t length;

		if (take_usual(file, &events[count], &outcome)) {
			count += outcome != OUTCOME_NOTHING;
			state->blocks++;
			continue;
		}
		length = find_block(file, &block, error);
		if (length <= 0)
			return count || !length ? count : -1;
		outcome = pcapng_take(file, &block, &events[count], error);
		if (outcome == OUTCOME_BAD)
			return count ? count : -1;
		count += outcome != OUTCOME_NOTHING;
		if (outcome == OUTCOME_AGAIN)
			continue;
		file->begin += (size_t)length;
		state->blocks++;
	}
	return count;
}

static size_t pcapng_recognise(const uint8_t magic[static FILE_MAGIC_BYTES])
{
	static const uint8_t section[] = { 0x0a, 0x0d, 0x0d, 0x0a };

	return memcmp(magic, section, sizeof(section)) == 0 ? sizeof(section) : 0;
}

static int pcapng_begin(struct file *file, struct error *error)
{
	file->state = memory_alloc(1, sizeof(struct pcapng_state));
	return 0;
}

static int pcapng_cut(struct file *file, struct error *error)
{
	const struct pcapng_state *state = file->state;
	bool header = file->need == BLOCK_HEADER + BLOCK_TRAILER;

	return file_cut(
		file, error, header ? "header of block" : "block", state->blocks + 1, file->need);
}

static void pcapng_end(struct file *file)
{
	struct pcapng_state *state = file->state;

	free(state->ports);
	free(state);
}

const struct file_format pcapng_format = {
	.recognise = pcapng_recognise,
	.begin = pcapng_begin,
	.records = pcapng_records,
	.cut = pcapng_cut,
	.end = pcapng_end,
};
