/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_TESTS_UNIT_IMAGES_H
#define PKTLINT_TESTS_UNIT_IMAGES_H

/* Builds capture files in memory, in either byte order, and opens them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "capture/capture.h"

#define PCAP_MICRO 0xa1b2c3d4u
#define PCAP_NANO 0xa1b23c4du
#define PCAP_KUZNETZOV 0xa1b2cd34u
#define PCAP_IXIA 0x1c0001acu

enum {
	NG_INTERFACE = 1,
	NG_OBSOLETE = 2,
	NG_SIMPLE = 3,
	NG_NAMES = 4,
	NG_STATISTICS = 5,
	NG_ENHANCED = 6,
	NG_SECRETS = 10,
	NG_CUSTOM = 0xbad,
};

/* A file under construction; zeroed: empty, little-endian. */
struct image {
	uint8_t *data;
	size_t size, room;
	bool big; /* byte order of what comes */
};

static inline uint8_t *image_extend(struct image *image, size_t size)
{
	image->size += size;
	if (image->size > image->room || !image->data) {
		image->room = 2 * image->size;
		image->data = memory_grow(image->data, image->room, 1);
	}
	return image->data + image->size - size;
}

static inline void image_put(struct image *image, const void *data, size_t size)
{
	memcpy(image_extend(image, size), data, size);
}

static inline void image_fill(struct image *image, uint8_t value, size_t count)
{
	memset(image_extend(image, count), value, count);
}

static inline void image_number(struct image *image, uint64_t value, unsigned bytes)
{
	uint8_t text[8];

	for (unsigned i = 0; i < bytes; i++)
		text[image->big ? bytes - 1 - i : i] = (uint8_t)(value >> 8 * i);
	image_put(image, text, bytes);
}

static inline void image_16(struct image *image, unsigned value)
{
	image_number(image, value, 2);
}

static inline void image_32(struct image *image, uint32_t value)
{
	image_number(image, value, 4);
}

static inline void image_64(struct image *image, uint64_t value)
{
	image_number(image, value, 8);
}

static inline void image_free(struct image *image)
{
	free(image->data);
	*image = (struct image){ 0 };
}

static inline void pcap_header(
	struct image *image, uint32_t magic, unsigned minor, uint32_t snaplen, uint32_t linktype)
{
	image_32(image, magic);
	image_16(image, 2);
	image_16(image, minor);
	image_64(image, 0);
	image_32(image, snaplen);
	image_32(image, linktype);
	if (magic == PCAP_IXIA)
		image_32(image, 0);
}

static inline void pcap_record(struct image *image, uint32_t seconds, uint32_t fraction,
	uint32_t caplen, uint32_t wirelen, uint8_t fill)
{
	image_32(image, seconds);
	image_32(image, fraction);
	image_32(image, caplen);
	image_32(image, wirelen);
	image_fill(image, fill, caplen);
}

/* Starts a block; returns what ng_end() wants. */
static inline size_t ng_begin(struct image *image, uint32_t type)
{
	image_32(image, type);
	image_32(image, 0);
	return image->size - 8;
}

/* Pads and ends the block, and writes its length on both sides. */
static inline void ng_end(struct image *image, size_t start)
{
	struct image length = { .big = image->big };

	image_fill(image, 0, -image->size & 3);
	image_32(&length, (uint32_t)(image->size - start + 4));
	memcpy(image->data + start + 4, length.data, 4);
	image_put(image, length.data, 4);
	image_free(&length);
}

static inline void ng_option(struct image *image, unsigned code, const void *value, unsigned size)
{
	image_16(image, code);
	image_16(image, size);
	image_put(image, value, size);
	image_fill(image, 0, -size & 3);
}

static inline void ng_option_32(struct image *image, unsigned code, uint32_t value)
{
	image_16(image, code);
	image_16(image, 4);
	image_32(image, value);
}

static inline void ng_option_64(struct image *image, unsigned code, uint64_t value)
{
	image_16(image, code);
	image_16(image, 8);
	image_64(image, value);
}

/* A section header; `big` is the byte order from here on. */
static inline void ng_section(struct image *image, bool big)
{
	size_t start;

	image->big = big;
	start = ng_begin(image, 0x0a0d0d0a);
	image_32(image, 0x1a2b3c4d);
	image_16(image, 1);
	image_16(image, 0);
	image_64(image, UINT64_MAX);
	ng_end(image, start);
}

/* An interface, open for options until ng_end(). */
static inline size_t ng_interface_begin(struct image *image, unsigned linktype, uint32_t snaplen)
{
	size_t start = ng_begin(image, NG_INTERFACE);

	image_16(image, linktype);
	image_16(image, 0);
	image_32(image, snaplen);
	return start;
}

static inline void ng_interface(struct image *image, unsigned linktype, uint32_t snaplen)
{
	ng_end(image, ng_interface_begin(image, linktype, snaplen));
}

static inline void ng_ticks(struct image *image, uint64_t ticks)
{
	image_32(image, (uint32_t)(ticks >> 32));
	image_32(image, (uint32_t)ticks);
}

/* An enhanced packet block, open for options until ng_end(). */
static inline size_t ng_packet_begin(struct image *image, uint32_t interface, uint64_t ticks,
	uint32_t caplen, uint32_t wirelen, uint8_t fill)
{
	size_t start = ng_begin(image, NG_ENHANCED);

	image_32(image, interface);
	ng_ticks(image, ticks);
	image_32(image, caplen);
	image_32(image, wirelen);
	image_fill(image, fill, caplen);
	image_fill(image, 0, -caplen & 3);
	return start;
}

static inline void ng_packet(
	struct image *image, uint32_t interface, uint64_t ticks, uint32_t caplen, uint8_t fill)
{
	ng_end(image, ng_packet_begin(image, interface, ticks, caplen, caplen, fill));
}

/* Opens the first `size` bytes of the image as a file. */
static inline struct capture *image_open_part(const struct image *image, size_t size,
	const struct capture_options *options, struct error *error)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct capture *capture;
	char path[64];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, image->data, size), size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	capture = capture_open_file(path, options, error);
	close(fd);
	return capture;
}

static inline struct capture *image_open(const struct image *image)
{
	struct error error = { "" };
	struct capture *capture = image_open_part(image, image->size, NULL, &error);

	if (!capture)
		print_error("%s\n", error.text);
	assert_non_null(capture);
	return capture;
}

/* Reads the next event, which must be there. */
static inline struct event next_event(struct capture *capture)
{
	struct error error = { "" };
	struct event event;
	int count;

	memset(&event, 0xa5, sizeof(event)); /* what a reader does not set is seen */
	count = capture_read(capture, &event, 1, &error);
	if (count != 1)
		print_error("%s\n", error.text);
	assert_int_equal(count, 1);
	return event;
}

static inline struct frame next_frame(struct capture *capture)
{
	struct event event = next_event(capture);

	assert_int_equal(event.kind, EVENT_FRAME);
	assert_int_equal(event.frame.device, 0); /* files do not tell it */
	return event.frame;
}

static inline void assert_end(struct capture *capture)
{
	struct error error = { "" };
	struct event event;

	assert_int_equal(capture_read(capture, &event, 1, &error), 0);
	assert_int_equal(capture_read(capture, &event, 1, &error), 0);
}

/* Reads to the end or to an error, touching every byte.  Returns what capture_read() did last. */
static inline int read_all(struct capture *capture, uint64_t *frames, struct error *error)
{
	struct event events[16];
	volatile uint8_t sum = 0;
	int count;

	*frames = 0;
	while ((count = capture_read(capture, events, 16, error)) > 0) {
		for (int i = 0; i < count; i++) {
			if (events[i].kind != EVENT_FRAME)
				continue;
			++*frames;
			for (uint32_t j = 0; j < events[i].frame.caplen; j++)
				sum = (uint8_t)(sum + events[i].frame.data[j]);
		}
	}
	return count;
}

#endif
