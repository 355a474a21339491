/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_WRITE_H
#define PKTLINT_CAPTURE_WRITE_H

#include "base/error.h"
#include "capture/capture.h"

/* A capture file that is being written. */
struct capture_writer;

/* For capture_writer_begin(): several link types, or not known yet. */
#define WRITE_PCAPNG (-1)

/*
 * Creates the file `path` ("-": standard output), still empty.  Returns a writer to be closed with
 * capture_writer_close(), or NULL with `error` filled.
 */
struct capture_writer *capture_writer_open(const char *path, struct error *error);

/* The same for an open descriptor, taken over, of the file that messages call `name`. */
struct capture_writer *capture_writer_take(int fd, const char *name);

/*
 * Begins the file: as pcap with nanoseconds if all frames will have link type `linktype` (a
 * LINKTYPE_ value), as pcapng if it is WRITE_PCAPNG.  Call once, before the first frame.  Returns
 * 0, or -1 with `error` filled.
 */
int capture_writer_begin(struct capture_writer *writer, int linktype, struct error *error);

/*
 * Appends `frame`, of the interface `interface` that frame->interface stands for: an interface is
 * described in the file before its first frame.  No more than 262,144 bytes of a frame are kept,
 * what libpcap takes.  Returns 0, or -1 with `error` filled: the disk is full, the time does not
 * fit in a pcap file (1970 to 2106).
 */
int capture_writer_frame(struct capture_writer *writer, const struct frame *frame,
	const struct capture_interface *interface, struct error *error);

/* What an interface lost, by counters that run since the capture began. */
struct capture_counters {
	int64_t time_ns; /* of the reading */
	uint64_t received, dropped_interface, dropped_system;
};

/*
 * Appends counters of interface number `index` (frame->interface), described by `interface`; a
 * classic pcap file cannot keep them.  Returns 0, or -1 with `error` filled.
 */
int capture_writer_counters(struct capture_writer *writer, uint32_t index,
	const struct capture_interface *interface, const struct capture_counters *counters,
	struct error *error);

/* Sends what is buffered on its way, whole records.  Returns 0, or -1 with `error` filled. */
int capture_writer_flush(struct capture_writer *writer, struct error *error);

/* Bytes of the file so far, buffered ones included. */
uint64_t capture_writer_bytes(const struct capture_writer *writer);

/*
 * Completes and frees; NULL is allowed.  Returns 0, or -1 with `error` filled.  After an earlier
 * error the file ends with its last whole record as far as the disk took it.
 */
int capture_writer_close(struct capture_writer *writer, struct error *error);

#endif
