/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_ORIGIN_H
#define PKTLINT_REPORT_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/finding.h"
#include "report/histogram.h"

/*
 * Where late packets were overtaken, seen from the capturing host: before their stamp was taken, or
 * between that and the hand-over.  What JSON and text call "origin".
 */
#define ORIGINS(X) \
	X(NONE, none, "") /* nothing came late */ \
	X(HOST_BACKLOG, host_backlog, "in this host: in the queues of its CPUs") \
	X(RECEIVE_STEERING, receive_steering, "in this host: by receive steering") \
	X(MULTIPLE_QUEUES, multiple_queues, "in this host: between its receive queues") \
	X(HOST, host, "behind the stamps: in the host that captured") \
	X(BEFORE_HOST, before_host, "before this host") \
	X(SENDER, sender, "in this host: it sends them so") \
	X(MIXED, mixed, "in this host only in part") \
	X(UNDETERMINED, undetermined, "not known")

enum origin {
#define X(id, name, text) ORIGIN_##id,
	ORIGINS(X) ORIGIN_COUNT,
#undef X
};

const char *origin_name(enum origin origin); /* "host_backlog", as in JSON */
const char *origin_text(enum origin origin); /* for people */

/* Whether this host did it as it received: those from host_backlog to host above. */
bool origin_is_inside(enum origin origin);

/*
 * Late packets, each compared with the packet that overtook it (RFC 4737 3.3: the first one with a
 * higher number that was handed on before it).  `pairs` is what the others are parts of.
 */
struct origin_counts {
	uint64_t late;      /* packets that came late, compared or not */
	uint64_t pairs;     /* compared: both frames were still remembered */
	uint64_t sent;      /* of these, both leaving this host, seen on its transmit tap */
	uint64_t forwarded; /* of `sent`, not by this host's own address, or that is not known */
	uint64_t unstamped; /* the kernel says of one of both that it took no stamp as it came in */
	uint64_t untold;    /* nobody tells where the stamps were taken (files, raw, pcap) */
	/* By stamps, whoever took them: */
	uint64_t inside;  /* the late one is stamped before its overtaker: behind the stamp */
	uint64_t outside; /* it is stamped behind it: before the stamp */
	uint64_t equal;
	/* Where CPU, queue, hash of both are known; and how many differ. */
	uint64_t cpus, cpus_differ, queues, queues_differ, hashes, hashes_differ;
	uint64_t conversations_differ; /* of pairs: by addresses and ports, or one is a fragment */
	/* Of `inside`, and of the rest. */
	uint64_t inside_cpus, inside_cpus_differ, outside_queues, outside_queues_differ;
	uint64_t outside_cpus, outside_cpus_differ;
	/* Of those judged so: nothing in order of the same queue (CPU) had overtaken it. */
	uint64_t queue_judged, queue_in_order, cpu_judged, cpu_in_order;
	/* With rps_cpus and hash known: the CPU is the one that get_rps_cpu() chooses. */
	uint64_t predicted, predicted_right;
	uint32_t cpus_seen, queues_seen, hashes_seen; /* different ones, counted to 64 */
};

#define REPORT_LATE 8

/* One late packet beside the one that overtook it; what is not known is -1. */
struct report_late {
	uint64_t frame, overtaker;
	bool has_number;
	uint64_t number; /* of the late one, as it was sent */
	int64_t time_ns, overtaker_ns;
	int32_t cpu, overtaker_cpu;
	int32_t queue, overtaker_queue;
	int64_t hash, overtaker_hash;
};

/* What can be said of where the late packets of a stream were overtaken. */
struct report_origin {
	enum origin origin;
	enum confidence confidence;  /* of `origin`; none if it is undetermined */
	enum origin inside, outside; /* of ORIGIN_MIXED: its parts; ORIGIN_NONE otherwise */
	bool same_machine;           /* what is "before this host" is on this machine, too: veth */
	struct origin_counts counts; /* the evidence */
	struct histogram waited_ns;  /* of counts.inside: at least so long behind the stamp */
	char reason[FINDING_TEXT];   /* why it is that, or why it cannot be told; ours */
	/* The first ones compared; where these lack CPUs, the first ones that do not. */
	struct report_late late[REPORT_LATE];
	size_t late_count;
	uint32_t interface; /* run-wide index of where they were captured */
};

#endif
