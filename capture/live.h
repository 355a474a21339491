/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_LIVE_H
#define PKTLINT_CAPTURE_LIVE_H

#include "capture/driver.h"

/* Between live.c, which makes one source of several interfaces, and the front ends. */

struct filter;
struct frontend;

/* A block that is not full is given out after so long; until then its frames are out of sight. */
#define LIVE_RETIRE_MS 20

/* Frames whose CPU and queue are traced are held back for these so long at most. */
#define LIVE_TRACE_MS 30

/* What is to be captured on one interface. */
struct port_options {
	const struct live_options *live;
	const char *name;
	int ifindex;           /* 0: the pseudo-device "any" */
	uint16_t linktype;     /* LINKTYPE_ value; for front ends that cannot tell */
	uint64_t buffer_bytes; /* wanted */
	uint32_t queues;       /* of receiving or sending, whichever are more; 0: not known */
	bool loopback;         /* shows each frame twice, going out and coming in */
};

/* One interface that is captured by one front end: the first member of the front end's object. */
struct port {
	const struct frontend *frontend;
	int fd;             /* for poll(2) */
	uint32_t interface; /* index in the source */
	struct capture *capture;
	struct filter *filter;    /* asked for frames that the kernel did not judge; NULL: none */
	enum direction direction; /* the only one wanted, or DIRECTION_UNKNOWN */
	uint16_t linktype;
	uint32_t snaplen;
	uint64_t taken;     /* frames that came out of the kernel's buffer */
	uint64_t received;  /* by the kernel's counter: taken, dropped, and those in the buffer */
	uint64_t dropped;   /* of these, for want of room */
	int64_t counted_ns; /* when the counters were read last, CLOCK_REALTIME */
	uint64_t buffer_bytes;
	char why[160]; /* what it has to do without; "" if nothing */
	bool gone;     /* the interface vanished: nothing will come but what the kernel holds */
	bool dead;     /* it cannot be read any more, whatever the kernel holds */
	bool waits;    /* frames are at hand whose facts are not: read() is to be called soon */
	bool queued;   /* its frames wait for those of other ports, and are numbered afterwards */
};

/* One way to capture: a constant descriptor. */
struct frontend {
	struct capture_frontend about;
	const char *drops; /* where it loses packets: "ring", "socket" */
	bool keeps;        /* some of what the kernel counts as received, and gives it to nobody */
	/* Captures at once.  Returns a port, or NULL with `error` filled. */
	struct port *(*open)(const struct port_options *options, struct error *error);
	/*
	 * Gives out at most `max` (>= 2) events that are at hand, without waiting: frames, each
	 * through port_wants(), and before them what port_count() says.  They stay valid until the
	 * next call.  Returns how many, 0 if there are none.
	 */
	int (*read)(struct port *port, struct event *events, int max);
	/* capture_trace_steering(): whether it can, else errno may tell why; NULL: it cannot. */
	bool (*trace)(struct port *port);
	/* Adds to received and dropped what the kernel counted since the last call. */
	void (*count)(struct port *port);
	/* Lets nothing new in. */
	void (*stop)(struct port *port);
	void (*close)(struct port *port);
};

extern const struct frontend mmap_frontend, raw_frontend, pcap_frontend;

/* Reads the counters; returns whether packets were dropped since, and fills `event` then. */
bool port_count(struct port *port, struct event *event);

/*
 * Completes `frame` by number (unless it will be queued), interface and link type, cuts it to the
 * port's snaplen, and returns whether it is wanted; `unjudged` says that the kernel's filter did
 * not decide about it: then all of it must be there.
 */
bool port_wants(struct port *port, struct frame *frame, bool unjudged);

/* Fills the message for a front end that cannot be opened, by errno.  Returns -1. */
int port_refused(const char *name, const char *step, struct error *error);

/* Closes a port that cannot be opened, and keeps errno.  Returns NULL. */
struct port *port_give_up(struct port *port);

/* Says in port->why what is missing, after what it says already. */
void port_lacks(struct port *port, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The errno of an expression that no front end could do anything with. */
#define PORT_WRONG_FILTER EBADMSG

/*
 * Attaches the kernel's part of the filter, which cuts what it decides about to `snaplen` bytes.
 * Returns 0, or -1 with errno and `error` filled.
 */
int port_attach_filter(struct port *port, const struct port_options *options, uint32_t snaplen,
	struct error *error);

/* Attaches a filter that lets nothing through. */
void port_attach_none(struct port *port);

#endif
