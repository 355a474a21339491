/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_CAPTURE_H
#define PKTLINT_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Which way a frame went, as far as the source knows. */
enum direction {
	DIRECTION_UNKNOWN,
	DIRECTION_IN,
	DIRECTION_OUT,
	DIRECTION_OTHER, /* seen, but addressed to another host */
};

/* Returns "in", "out", "other" or "unknown". */
const char *direction_name(enum direction direction);

/* Facts about a frame that only some sources know; bits of frame.flags. */
#define FRAME_HAS_TIME (1u << 0)       /* time_ns is meaningful */
#define FRAME_CSUM_NOT_READY (1u << 1) /* layer 4 checksum left to the card */
#define FRAME_CSUM_VALID (1u << 2)     /* the kernel vouches for the layer 4 checksum */
#define FRAME_GSO_TCP (1u << 3)        /* a TCP super-frame by the kernel's word */

/*
 * One captured frame.  `data` is borrowed from the source: valid until the next capture_read() or
 * capture_close() of it, `caplen` bytes long.
 */
struct frame {
	const uint8_t *data;
	uint64_t number;    /* place in the source, from 1, counted before any filter */
	int64_t time_ns;    /* since 1970-01-01 UTC; 0 without FRAME_HAS_TIME */
	uint32_t caplen;    /* bytes present */
	uint32_t wirelen;   /* bytes the frame had; >= caplen is NOT guaranteed by damaged files */
	uint32_t interface; /* index for capture_interface() of the same source */
	uint16_t gso_size;  /* payload bytes per wire segment by the kernel's word, or 0 */
	uint8_t direction;  /* enum direction */
	uint8_t flags;      /* FRAME_ bits */
	uint16_t linktype;  /* LINKTYPE_ value of the pcap file format, not the system's DLT_ */
};

/* Packets that the capture itself lost, between two readings of its counters. */
struct drop {
	uint32_t interface;
	uint64_t packets;
	int64_t from_ns, to_ns; /* interval of the loss; from_ns 0: since the beginning */
	const char *where;      /* static text: "interface", "kernel", ... */
};

enum event_kind {
	EVENT_FRAME,
	EVENT_DROP,
	EVENT_TICK, /* nothing came for now: a chance for the caller to look around; no fields */
};

/* One thing a source saw, in the order in which it saw it. */
struct event {
	enum event_kind kind;
	union {
		struct frame frame;
		struct drop drop;
	};
};

/* What a source says about one of its interfaces.  Texts are as found: escape before printing. */
struct capture_interface {
	char name[64];     /* "" if not told */
	char filter[256];  /* capture filter told by the file, "" if none */
	uint16_t linktype; /* LINKTYPE_ value */
	uint32_t snaplen;  /* bytes, 0: no limit told */
	uint64_t received; /* by the source's own counters; meaningful if has_received */
	uint64_t dropped;  /* by interface and system together; meaningful if has_dropped */
	bool has_received, has_dropped;
};

/* What to read.  Zeroed: everything. */
struct capture_options {
	const char *filter; /* pcap-filter expression, NULL or "": all */
	int64_t start_ns;   /* frames stamped before are passed over; 0: from the beginning */
	int64_t end_ns;     /* frames stamped at or after are passed over; 0: to the end */
};

struct capture_statistics {
	uint64_t frames;          /* frames the source held so far, before filter and time window */
	uint64_t passed_over;     /* of those, not given out because of filter or time window */
	uint64_t bytes_read;      /* of the input, as far as events were taken from it */
	uint64_t bytes_total;     /* of the input, 0 if unknown (a pipe) */
	uint64_t unknown_blocks;  /* file blocks of a kind that carries no packets we know */
	uint64_t filter_unusable; /* of passed_over: the filter means nothing for their link type */
	uint32_t interfaces;      /* so many capture_interface() may be asked for */
	bool truncated;           /* the input ends within a record, or goes on with what is none */
	bool time_backwards;      /* a frame was stamped before its predecessor on the interface */
};

struct capture;

/*
 * Opens a capture file, pcap or pcapng; "-" is standard input.  `options` is copied.  Returns a
 * source to be closed with capture_close(), or NULL with `error` filled: the file cannot be read,
 * is no capture (the message tells the remedy for compressed ones), or the filter is wrong.  Waits
 * for the file's header when the input is a pipe; a signal that is caught meanwhile is an error.
 */
struct capture *capture_open_file(
	const char *path, const struct capture_options *options, struct error *error);

/*
 * Reads up to `max` (>= 1) events.  Returns how many, 0 at the end, -1 with `error` filled when
 * the source is damaged (statistics.truncated) or cannot be read on; everything readable before
 * that has been returned by then.  Frames of one call borrow bytes that stay valid until the next
 * call.
 *
 * What has arrived is given out at once, not held back to fill the batch.  While a pipe is silent
 * the call returns a single EVENT_TICK every 250 ms, and at once when a signal interrupts it; so
 * it does after a piece of a file in which nothing passed filter and time window.  The caller looks
 * at the flags of its signal handlers after every call and need not know more.
 */
int capture_read(struct capture *capture, struct event *events, int max, struct error *error);

/* Fills `statistics` with the counters so far. */
void capture_statistics(const struct capture *capture, struct capture_statistics *statistics);

/* Returns interface `index` (below statistics.interfaces), valid until capture_read() or close. */
const struct capture_interface *capture_interface(const struct capture *capture, uint32_t index);

/* Closes and frees; NULL is allowed. */
void capture_close(struct capture *capture);

#endif
