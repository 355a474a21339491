/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which frames does a pcap file hold?  The format of draft-ietf-opsawg-pcap in either byte order
 * and resolution, and its known variants: longer record headers (Kuznetzov), a longer file header
 * (Ixia), lengths the other way round (before version 2.4).
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "capture/file.h"

#define FILE_HEADER 24
#define CACHE_LINE 64
#define AHEAD 3 /* records */
#define RECORD_HEADER 16
#define FILE_HEADER_IXIA (FILE_HEADER + 4)
#define RECORD_HEADER_KUZNETZOV (RECORD_HEADER + 8)

/* libpcap's own bound (MAXIMUM_SNAPLEN): nobody writes longer frames without saying so. */
#define USUAL_MAX_CAPLEN 262144u

enum lengths {
	LENGTHS_RIGHT,
	LENGTHS_SWAPPED, /* wire length first */
	LENGTHS_MIXED,   /* either order, the smaller is what was captured */
};

struct variant {
	uint32_t magic;
	uint16_t file_header, record_header;
	uint16_t tick_ns;
};

static const struct variant variants[] = {
	{ 0xa1b2c3d4, FILE_HEADER, RECORD_HEADER, 1000 },
	{ 0xa1b23c4d, FILE_HEADER, RECORD_HEADER, 1 },
	{ 0xa1b2cd34, FILE_HEADER, RECORD_HEADER_KUZNETZOV, 1000 },
	{ 0x1c0001ac, FILE_HEADER_IXIA, RECORD_HEADER, 1000 },
	{ 0x1c0001ab, FILE_HEADER_IXIA, RECORD_HEADER, 1000 },
};

struct pcap_state {
	const struct variant *variant;
	int64_t last_ns;
	uint32_t max_caplen; /* a longer record is damage */
	uint16_t linktype;
	bool swapped; /* the file has the other byte order */
	enum lengths lengths;
};

static inline uint32_t number32(const uint8_t *p, bool swapped)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return swapped ? __builtin_bswap32(value) : value;
}

static inline uint16_t number16(const uint8_t *p, bool swapped)
{
	uint16_t value;

	memcpy(&value, p, sizeof(value));
	return swapped ? __builtin_bswap16(value) : value;
}

static const struct variant *find_variant(const uint8_t *magic, bool *swapped)
{
	for (size_t i = 0; i < 2 * (sizeof(variants) / sizeof(*variants)); i++) {
		*swapped = i & 1;
		if (number32(magic, *swapped) == variants[i / 2].magic)
			return &variants[i / 2];
	}
	return NULL;
}

static size_t pcap_recognise(const uint8_t magic[static FILE_MAGIC_BYTES])
{
	bool swapped;
	const struct variant *variant = find_variant(magic, &swapped);

	return variant ? variant->file_header : 0;
}

/* Which order the two lengths of a record have, as libpcap decides it (sf-pcap.c). */
static enum lengths lengths_by_version(unsigned major, unsigned minor)
{
	if ((major == 2 && minor < 3) || major == 543)
		return LENGTHS_SWAPPED;
	return major == 2 && minor == 3 ? LENGTHS_MIXED : LENGTHS_RIGHT;
}

static int pcap_begin(struct file *file, struct error *error)
{
	const uint8_t *header = file->data + file->begin;
	struct pcap_state *pcap = file->state = memory_alloc(1, sizeof(*pcap));
	struct capture_interface *interface = capture_add_interface(&file->capture);
	unsigned major;

	pcap->variant = find_variant(header, &pcap->swapped);
	major = number16(header + 4, pcap->swapped);
	if (major < 2)
		return error_set(error, "%s has version %u of the pcap format, only 2 is known",
			file->name, major);
	pcap->lengths = lengths_by_version(major, number16(header + 6, pcap->swapped));
	/* The upper half holds the length of frame check sequences and reserved bits. */
	pcap->linktype = (uint16_t)number32(header + 20, pcap->swapped);
	interface->linktype = pcap->linktype;
	interface->snaplen = number32(header + 16, pcap->swapped);
	pcap->max_caplen = USUAL_MAX_CAPLEN;
	if (interface->snaplen > USUAL_MAX_CAPLEN)
		pcap->max_caplen = interface->snaplen < FILE_MAX_RECORD ? interface->snaplen
									: FILE_MAX_RECORD;
	pcap->last_ns = INT64_MIN;
	file->begin += pcap->variant->file_header;
	return 0;
}

static int too_long(struct file *file, uint32_t caplen, struct error *error)
{
	const struct pcap_state *pcap = file->state;
	char claimed[NUMBER_GROUPED_BYTES], most[NUMBER_GROUPED_BYTES];

	return file_damaged(file, error, "record", file->capture.statistics.frames + 1,
		"claims %s bytes, at most %s are possible", number_grouped(caplen, claimed),
		number_grouped(pcap->max_caplen, most));
}

/* Byte 22 of a Kuznetzov record header is sll_pkttype of packet(7). */
static enum direction direction_of(uint8_t packet_type)
{
	static const enum direction by_type[] = {
		DIRECTION_IN,    /* to this host */
		DIRECTION_IN,    /* broadcast */
		DIRECTION_IN,    /* multicast */
		DIRECTION_OTHER, /* to another host */
		DIRECTION_OUT,
	};

	return packet_type < sizeof(by_type) / sizeof(*by_type) ? by_type[packet_type]
								: DIRECTION_UNKNOWN;
}

static void order_lengths(struct frame *frame, enum lengths lengths)
{
	uint32_t first = frame->caplen;

	if (lengths == LENGTHS_SWAPPED || (lengths == LENGTHS_MIXED && first > frame->wirelen)) {
		frame->caplen = frame->wirelen;
		frame->wirelen = first;
	}
}

/*
 * The loop that every packet of a file goes through.  `usual` and `swapped` are constants where
 * it is inlined, so the common file pays for neither byte order nor variants.
 */
static inline __attribute__((always_inline)) int records(struct file *file, struct event *events,
	int max, bool usual, bool swapped, struct error *error)
{
	struct pcap_state *pcap = file->state;
	const size_t header = usual ? RECORD_HEADER : pcap->variant->record_header;
	const uint8_t *const end = file->data + file->end;
	const uint8_t *p = file->data + file->begin;
	const bool selective = file->capture.selective;
	const int64_t tick_ns = pcap->variant->tick_ns;
	const uint32_t max_caplen = pcap->max_caplen;
	const uint16_t linktype = pcap->linktype;
	uint64_t number = file->capture.statistics.frames;
	int64_t last_ns = pcap->last_ns;
	bool backwards = false;
	uint32_t too_much = 0;
	struct event *event = events;

	file->need = header;
	while (event < events + max && (size_t)(end - p) >= header) {
		struct frame *frame = &event->frame;

		frame->caplen = number32(p + 8, swapped);
		frame->wirelen = number32(p + 12, swapped);
		if (!usual)
			order_lengths(frame, pcap->lengths);
		if (frame->caplen > max_caplen) {
			too_much = frame->caplen;
			break;
		}
		if ((size_t)(end - p) - header < frame->caplen) {
			file->need = header + frame->caplen;
			break;
		}
		event->kind = EVENT_FRAME;
		frame->data = p + header;
		frame->number = ++number;
		frame->time_ns = (int64_t)number32(p, swapped) * 1000000000 +
				 (int64_t)number32(p + 4, swapped) * tick_ns;
		frame->interface = 0;
		frame->gso_size = 0;
		frame->direction = DIRECTION_UNKNOWN;
		if (!usual && header == RECORD_HEADER_KUZNETZOV)
			frame->direction = (uint8_t)direction_of(p[22]);
		frame->flags = FRAME_HAS_TIME;
		frame->linktype = linktype;
		frame->rxhash = frame->device = 0;
		backwards |= frame->time_ns < last_ns;
		last_ns = frame->time_ns;
		p += header + frame->caplen;
		/* Large ones are too far apart for the hardware: ahead, if all are of one size. */
		__builtin_prefetch(p + AHEAD * (header + frame->caplen));
		__builtin_prefetch(p + AHEAD * (header + frame->caplen) + CACHE_LINE);
		if (!selective || capture_wants(&file->capture, frame))
			event++;
	}
	file->begin = (size_t)(p - file->data);
	file->capture.statistics.frames = number;
	file->capture.statistics.time_backwards |= backwards;
	pcap->last_ns = last_ns;
	if (too_much && event == events)
		return too_long(file, too_much, error);
	return (int)(event - events);
}

static int pcap_records(struct file *file, struct event *events, int max, struct error *error)
{
	const struct pcap_state *pcap = file->state;

	if (pcap->variant->record_header != RECORD_HEADER || pcap->lengths != LENGTHS_RIGHT)
		return records(file, events, max, false, pcap->swapped, error);
	if (pcap->swapped)
		return records(file, events, max, true, true, error);
	return records(file, events, max, true, false, error);
}

static int pcap_cut(struct file *file, struct error *error)
{
	const struct pcap_state *pcap = file->state;
	bool header = file->need == pcap->variant->record_header;

	return file_cut(file, error, header ? "header of record" : "record",
		file->capture.statistics.frames + 1, file->need);
}

static void pcap_end(struct file *file)
{
	free(file->state);
}

const struct file_format pcap_format = {
	.recognise = pcap_recognise,
	.begin = pcap_begin,
	.records = pcap_records,
	.cut = pcap_cut,
	.end = pcap_end,
};
