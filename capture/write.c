/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes frames to a capture file in the byte order of this machine: pcap with nanoseconds
 * (draft-ietf-opsawg-pcap), or pcapng (draft-ietf-opsawg-pcapng) where link types differ.  Only
 * whole records go to the disk, and what a full disk took of them is cut off again.
 */
#include "capture/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/memory.h"

#define PCAP_MAGIC_NS 0xa1b23c4d
#define BLOCK_SECTION 0x0a0d0d0a
#define BLOCK_INTERFACE 1
#define BLOCK_STATISTICS 5
#define BLOCK_PACKET 6
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define OPTION_END 0
#define OPTION_IF_NAME 2
#define OPTION_IF_TSRESOL 9
#define OPTION_EPB_FLAGS 2
#define OPTION_ISB_IFRECV 4
#define OPTION_ISB_IFDROP 5
#define OPTION_ISB_OSDROP 7

#define MAX_FRAME 262144
#define MAX_RECORD (MAX_FRAME + 1024)
#define BUFFER_BYTES (1u << 18)
#define PCAP_RECORD_HEADER 16

struct capture_writer {
	char *path;
	int fd;
	int linktype;
	bool older;          /* the file holds what it held when it was opened */
	off_t flushed;       /* bytes in the file, all of whole records */
	uint32_t *described; /* by the caller's interface: its number in the file + 1, or 0 */
	uint32_t described_room, interfaces;
	size_t used; /* bytes of buffer */
	uint8_t buffer[BUFFER_BYTES + MAX_RECORD];
};

static void put(struct capture_writer *writer, const void *bytes, size_t size)
{
	memcpy(writer->buffer + writer->used, bytes, size);
	writer->used += size;
}

static void put16(struct capture_writer *writer, uint16_t value)
{
	put(writer, &value, sizeof(value));
}

static void put32(struct capture_writer *writer, uint32_t value)
{
	put(writer, &value, sizeof(value));
}

/* Bytes and what is missing to a multiple of 4. */
static void put_padded(struct capture_writer *writer, const void *bytes, size_t size)
{
	static const uint8_t zero[4];

	put(writer, bytes, size);
	put(writer, zero, -size & 3);
}

static void put_option(
	struct capture_writer *writer, uint16_t code, const void *bytes, uint16_t size)
{
	put16(writer, code);
	put16(writer, size);
	put_padded(writer, bytes, size);
}

/* Begins a block of pcapng; returns where, for end_block(), which fills in the lengths. */
static size_t begin_block(struct capture_writer *writer, uint32_t type)
{
	put32(writer, type);
	put32(writer, 0);
	return writer->used - 8;
}

static void end_block(struct capture_writer *writer, size_t start)
{
	uint32_t length = (uint32_t)(writer->used - start + 4);

	put32(writer, length);
	memcpy(writer->buffer + start + 4, &length, sizeof(length));
}

/* How many of the first `bytes` of the buffer are whole records. */
static size_t whole_records(const struct capture_writer *writer, size_t bytes)
{
	bool pcapng = writer->linktype == WRITE_PCAPNG;
	size_t whole = 0;
	uint32_t size;

	if (!writer->flushed) /* the header, which is flushed by itself */
		return 0;
	while (whole + 12 <= bytes) {
		memcpy(&size, writer->buffer + whole + (pcapng ? 4 : 8), sizeof(size));
		if (!pcapng)
			size += PCAP_RECORD_HEADER;
		if (size > bytes - whole)
			break;
		whole += size;
	}
	return whole;
}

/*
 * Keeps of the first `bytes` of the buffer, which have been written, the whole records.  What
 * stands before them may be another's, on standard output, so the place is asked for.
 */
static void cut_back(struct capture_writer *writer, size_t bytes)
{
	size_t whole = whole_records(writer, bytes);
	off_t end = lseek(writer->fd, 0, SEEK_CUR);

	writer->flushed += (off_t)whole;
	writer->used = 0;
	/* A pipe or device cannot be cut, and then nothing need be done. */
	if (bytes == whole || end < 0)
		return;
	end -= (off_t)(bytes - whole);
	if (ftruncate(writer->fd, end) == 0)
		lseek(writer->fd, end, SEEK_SET);
}

/* On failure the file is cut behind the last record that arrived whole. */
int capture_writer_flush(struct capture_writer *writer, struct error *error)
{
	size_t done = 0;

	while (done < writer->used) {
		ssize_t n = write(writer->fd, writer->buffer + done, writer->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			error_set(error, "cannot write '%s': %s", writer->path, strerror(errno));
			cut_back(writer, done);
			return -1;
		}
		done += (size_t)n;
	}
	writer->flushed += (off_t)writer->used;
	writer->used = 0;
	return 0;
}

static void put_pcap_header(struct capture_writer *writer)
{
	put32(writer, PCAP_MAGIC_NS);
	put16(writer, 2);
	put16(writer, 4);
	put32(writer, 0);
	put32(writer, 0);
	put32(writer, MAX_FRAME);
	put32(writer, (uint32_t)writer->linktype);
}

static void put_section_header(struct capture_writer *writer)
{
	size_t block = begin_block(writer, BLOCK_SECTION);

	put32(writer, BYTE_ORDER_MAGIC);
	put16(writer, 1);
	put16(writer, 0);
	put32(writer, UINT32_MAX); /* length of the section: not told */
	put32(writer, UINT32_MAX);
	end_block(writer, block);
}

struct capture_writer *capture_writer_open(const char *path, struct error *error)
{
	struct capture_writer *writer = memory_alloc(1, sizeof(*writer));
	bool standard = strcmp(path, "-") == 0;

	writer->path = memory_copy_text(standard ? "standard output" : path);
	writer->fd = standard ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
			      : open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	writer->older = !standard;
	if (writer->fd >= 0)
		return writer;
	error_set(error, "cannot create '%s': %s", writer->path, strerror(errno));
	free(writer->path);
	free(writer);
	return NULL;
}

struct capture_writer *capture_writer_take(int fd, const char *name)
{
	struct capture_writer *writer = memory_alloc(1, sizeof(*writer));

	writer->path = memory_copy_text(name);
	writer->fd = fd;
	return writer;
}

int capture_writer_begin(struct capture_writer *writer, int linktype, struct error *error)
{
	struct stat status;

	writer->linktype = linktype;
	if (writer->older && fstat(writer->fd, &status) == 0 && S_ISREG(status.st_mode) &&
		ftruncate(writer->fd, 0) < 0)
		return error_set(error, "cannot write '%s': %s", writer->path, strerror(errno));
	writer->older = false;
	if (linktype == WRITE_PCAPNG)
		put_section_header(writer);
	else
		put_pcap_header(writer);
	return capture_writer_flush(writer, error);
}

/* Describes the interface in the file if it is not; returns its number there. */
static uint32_t describe(
	struct capture_writer *writer, uint32_t index, const struct capture_interface *interface)
{
	const uint8_t nanoseconds = 9;
	size_t block;

	if (index >= writer->described_room) {
		uint32_t room = index + 64;

		writer->described = memory_grow(
			writer->described, room, sizeof(*writer->described));
		memset(writer->described + writer->described_room, 0,
			(room - writer->described_room) * sizeof(*writer->described));
		writer->described_room = room;
	}
	if (writer->described[index])
		return writer->described[index] - 1;
	block = begin_block(writer, BLOCK_INTERFACE);
	put16(writer, interface->linktype);
	put16(writer, 0);
	put32(writer, interface->snaplen);
	if (*interface->name)
		put_option(
			writer, OPTION_IF_NAME, interface->name, (uint16_t)strlen(interface->name));
	put_option(writer, OPTION_IF_TSRESOL, &nanoseconds, sizeof(nanoseconds));
	put_option(writer, OPTION_END, "", 0);
	end_block(writer, block);
	writer->described[index] = ++writer->interfaces;
	return writer->interfaces - 1;
}

static void put_pcap_record(
	struct capture_writer *writer, const struct frame *frame, uint32_t caplen)
{
	put32(writer, (uint32_t)(frame->time_ns / 1000000000));
	put32(writer, (uint32_t)(frame->time_ns % 1000000000));
	put32(writer, caplen);
	put32(writer, frame->wirelen);
	put(writer, frame->data, caplen);
}

static void put_packet_block(struct capture_writer *writer, const struct frame *frame,
	uint32_t caplen, uint32_t interface)
{
	/* epb_flags: 1 inbound, 2 outbound; bits 9 to 11 as pcapng_blocks.c reads them. */
	uint32_t flags = (frame->direction == DIRECTION_IN           ? 1
				 : frame->direction == DIRECTION_OUT ? 2
								     : 0) |
			 (frame->flags & FRAME_CSUM_NOT_READY ? 1u << 9 : 0) |
			 (frame->flags & FRAME_CSUM_VALID ? 1u << 10 : 0) |
			 (frame->flags & FRAME_GSO_TCP ? 1u << 11 : 0);
	size_t block = begin_block(writer, BLOCK_PACKET);

	put32(writer, interface);
	put32(writer, (uint32_t)((uint64_t)frame->time_ns >> 32));
	put32(writer, (uint32_t)frame->time_ns);
	put32(writer, caplen);
	put32(writer, frame->wirelen);
	put_padded(writer, frame->data, caplen);
	if (flags) {
		put_option(writer, OPTION_EPB_FLAGS, &flags, sizeof(flags));
		put_option(writer, OPTION_END, "", 0);
	}
	end_block(writer, block);
}

int capture_writer_frame(struct capture_writer *writer, const struct frame *frame,
	const struct capture_interface *interface, struct error *error)
{
	uint32_t caplen = frame->caplen < MAX_FRAME ? frame->caplen : MAX_FRAME;
	int64_t last_ns = writer->linktype == WRITE_PCAPNG ? INT64_MAX
							   : UINT32_MAX * INT64_C(1000000000);

	if (frame->time_ns < 0 || frame->time_ns > last_ns)
		return error_set(error,
			"cannot write '%s': the time of frame %llu does not fit in its format",
			writer->path, (unsigned long long)frame->number);
	if (writer->linktype == WRITE_PCAPNG)
		put_packet_block(
			writer, frame, caplen, describe(writer, frame->interface, interface));
	else
		put_pcap_record(writer, frame, caplen);
	return writer->used >= BUFFER_BYTES ? capture_writer_flush(writer, error) : 0;
}

static void put_counter(struct capture_writer *writer, uint16_t code, uint64_t value)
{
	put_option(writer, code, &value, sizeof(value));
}

int capture_writer_counters(struct capture_writer *writer, uint32_t index,
	const struct capture_interface *interface, const struct capture_counters *counters,
	struct error *error)
{
	uint32_t number;
	size_t block;

	if (writer->linktype != WRITE_PCAPNG)
		return 0;
	number = describe(writer, index, interface);
	block = begin_block(writer, BLOCK_STATISTICS);
	put32(writer, number);
	put32(writer, (uint32_t)((uint64_t)counters->time_ns >> 32));
	put32(writer, (uint32_t)counters->time_ns);
	put_counter(writer, OPTION_ISB_IFRECV, counters->received);
	put_counter(writer, OPTION_ISB_IFDROP, counters->dropped_interface);
	put_counter(writer, OPTION_ISB_OSDROP, counters->dropped_system);
	put_option(writer, OPTION_END, "", 0);
	end_block(writer, block);
	return writer->used >= BUFFER_BYTES ? capture_writer_flush(writer, error) : 0;
}

uint64_t capture_writer_bytes(const struct capture_writer *writer)
{
	return (uint64_t)writer->flushed + writer->used;
}

int capture_writer_close(struct capture_writer *writer, struct error *error)
{
	int status;

	if (!writer)
		return 0;
	status = capture_writer_flush(writer, error);
	if (close(writer->fd) < 0 && status == 0)
		status = error_set(error, "cannot write '%s': %s", writer->path, strerror(errno));
	free(writer->described);
	free(writer->path);
	free(writer);
	return status;
}
