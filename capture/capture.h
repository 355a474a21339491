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
#define FRAME_STAMP_INGRESS (1u << 4)  /* the kernel says it took time_ns as the frame came in */
#define FRAME_HAS_HASH (1u << 5)       /* rxhash is meaningful */
#define FRAME_HAS_CPU (1u << 6)        /* cpu is meaningful */
#define FRAME_HAS_QUEUE (1u << 7)      /* queue is meaningful */

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
	uint32_t rxhash;    /* by which the kernel steers received frames, with FRAME_HAS_HASH */
	uint32_t device;    /* ifindex of the device that it really came through, 0: not known */
	uint16_t cpu;       /* that handed it to the capture, with FRAME_HAS_CPU */
	uint16_t queue;     /* the kernel's tag (skb->queue_mapping), with FRAME_HAS_QUEUE; of real
				  cards receive queue + 1, of veth the sender's transmit queue */
};

/* Packets that the capture itself lost, between two readings of its counters. */
struct drop {
	uint32_t interface;
	uint64_t packets;
	int64_t from_ns, to_ns; /* interval of the loss; from_ns 0: since the beginning */
	const char *where;      /* static text: "ring", "socket", "interface", "kernel", ... */
};

/* What about the capturing host may change while it captures. */
enum change_kind {
	CHANGE_CLOCK,     /* CLOCK_REALTIME was set: after - before is the step in ns */
	CHANGE_LINK_DOWN, /* the interface lost its carrier, or was taken down */
	CHANGE_LINK_UP,
	CHANGE_MTU,      /* before, after: bytes */
	CHANGE_FEATURES, /* an offload, named by `what` (NULL: unknown); before, after: 0 or 1 */
	CHANGE_SETTING,  /* a file of sysfs or procfs, named by `what`, reads otherwise */
	CHANGE_GONE,     /* the interface was removed */
	CHANGE_KINDS,
};

/* That the host is not the same as when the capture began. */
struct change {
	enum change_kind kind;
	uint32_t interface;    /* index, or CHANGE_OF_HOST */
	int64_t time_ns;       /* when it was noticed, CLOCK_REALTIME */
	int64_t before, after; /* see enum change_kind */
	const char *what;      /* see enum change_kind; lives as long as the source */
};

#define CHANGE_OF_HOST UINT32_MAX

enum event_kind {
	EVENT_FRAME,
	EVENT_DROP,
	EVENT_CHANGE,
	EVENT_TICK, /* nothing came for now: a chance for the caller to look around; no fields */
};

/* One thing a source saw, in the order in which it saw it. */
struct event {
	enum event_kind kind;
	union {
		struct frame frame;
		struct drop drop;
		struct change change;
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

	/* Of a live one; zeroed for files. */
	const char *frontend;       /* static name, one of capture_frontends; NULL: a file */
	char why[160];              /* why this front end, and what it has to do without */
	uint64_t dropped_interface; /* part of `dropped`: lost before the capture could see them */
	uint64_t buffer_bytes;      /* what the kernel holds for us at most */
	bool gone;                  /* the interface vanished meanwhile */
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

/* A way to the packets of an interface. */
struct capture_frontend {
	const char *name;    /* "mmap", "raw", "pcap" */
	const char *summary; /* for `pktlint list frontends` */
};

/* Returns front end `index`, best first, or NULL beyond the last. */
const struct capture_frontend *capture_frontend(size_t index);

/*
 * Whether to ask for the segment size of super-frames (PACKET_VNET_HDR).  Before Linux 6.2 the
 * kernel drops UDP super-frames for which it cannot tell it (virtio_net_hdr_from_skb()).
 */
enum segment_size {
	SEGMENT_SIZE_AUTO, /* where it costs no packets */
	SEGMENT_SIZE_ALWAYS,
	SEGMENT_SIZE_NEVER,
};

/* Whether CPU, queue and receive hash of each frame are told: capture_trace_steering(). */
enum steering_trace {
	STEERING_TRACE_ASKED,  /* from capture_trace_steering() on, at no cost before */
	STEERING_TRACE_ALWAYS, /* from the first frame on */
	STEERING_TRACE_NEVER,  /* not even prepared */
};

/* How to capture live.  Zeroed: everything, by the front end that fits. */
struct live_options {
	const char *const *interfaces; /* names, not copied; at least one */
	size_t interface_count;        /* 1..CAPTURE_MAX_LIVE */
	const char *frontend;          /* name of a front end, NULL or "auto": what fits */
	const char *filter;            /* pcap-filter expression, NULL or "": all */
	uint64_t buffer_bytes;         /* for each interface, 0: 64 MiB, less on small machines */
	uint32_t snaplen;              /* bytes of a frame that are captured, 0: all */
	enum direction direction;      /* DIRECTION_IN, _OUT: only those; DIRECTION_UNKNOWN: both */
	bool promiscuous;              /* ask the interface for frames that are not for this host */
	enum segment_size segment_size; /* whether the kernel is asked for it */
	enum steering_trace trace;      /* of CPU, queue and hash */
	bool receive_hash;              /* where the front end can: the kernel computes it, at a
					  tenth of what a packet costs it on the way */
};

#define CAPTURE_MAX_LIVE 64

/*
 * Opens interfaces as one source, which begins to capture at once.  Returns it, to be closed with
 * capture_close(), or NULL with `error` filled: no such interface, no permission (the message tells
 * the remedy), a wrong filter, a front end that cannot do it.  Needs CAP_NET_RAW, and nothing at
 * all afterwards: everything that reading needs is open.
 *
 * Frames of one interface come in the order in which the kernel gave them; those of several are
 * interleaved by their stamps as far as they are at hand, and no order is claimed across them.
 * Drops come as events before frames that were captured after them.
 */
struct capture *capture_open_live(const struct live_options *options, struct error *error);

/*
 * From now on frames carry the CPU that handed them on, their queue tag and their receive hash, as
 * far as the source can tell (front end "mmap", of frames that are stamped as they come in); does
 * nothing for other sources, and the second time.  Needs no privilege.  Returns whether the source
 * can.
 */
bool capture_trace_steering(struct capture *capture);

/*
 * Lets nothing new in: capture_read() goes on to give out what was captured before, and then
 * returns 0.  A file ends at once.
 */
void capture_stop(struct capture *capture);

/*
 * Reads up to `max` (>= 1) events.  Returns how many, 0 at the end, -1 with `error` filled when
 * the source is damaged (statistics.truncated) or cannot be read on; everything readable before
 * that has been returned by then.  Frames of one call borrow bytes that stay valid until the next
 * call.
 *
 * What has arrived is given out at once, not held back to fill the batch.  While a pipe or an
 * interface is silent the call returns a single EVENT_TICK every 250 ms (live: 100), and at once
 * when a signal interrupts it; so it does after a piece of a file in which nothing passed filter
 * and time window.  The caller looks at the flags of its signal handlers after every call and need
 * not know more.
 */
int capture_read(struct capture *capture, struct event *events, int max, struct error *error);

/* Fills `statistics` with the counters so far. */
void capture_statistics(const struct capture *capture, struct capture_statistics *statistics);

/* Returns interface `index` (below statistics.interfaces), valid until capture_read() or close. */
const struct capture_interface *capture_interface(const struct capture *capture, uint32_t index);

/* Closes and frees; NULL is allowed. */
void capture_close(struct capture *capture);

#endif
