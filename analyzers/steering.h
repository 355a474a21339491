/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_STEERING_H
#define PKTLINT_ANALYZERS_STEERING_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/analyzer.h"
#include "analyzers/arrivals.h"
#include "analyzers/digests.h"
#include "analyzers/flow.h"
#include "analyzers/origin_setting.h"
#include "analyzers/overtaken.h"
#include "analyzers/own.h"
#include "analyzers/passed.h"
#include "host/host.h"

/* Shared by the parts of the steering analyzer only: steering.c and steering_*.c. */

#define STEERING_INTERFACES 64 /* captured at once, at most */
#define STEERING_RAW_TYPES 16  /* EtherTypes without a name that are told apart */

/* One captured interface and what came in by it. */
struct entrance {
	const struct host_interface *interface; /* NULL: the snapshot does not have it */
	bool steers;                            /* all receive queues have one mask, not empty */
	bool unsteered;                         /* all have an empty one */
	bool follows; /* RFS may take packets to where their reader runs */
	bool changed; /* a mask was set anew meanwhile */
	struct cpus cpus;
	unsigned cpu_count;
	struct digests *hashes, *flows;
	const struct flow *last; /* whose packets mostly come in a row; never followed */
	struct cpus reached;     /* where the hashes go */
	uint64_t received, hashed, stamped;
};

/* The analyzer's state of a run. */
struct steering {
	struct analyzer_options options;
	const struct host *host; /* of `options` */
	struct entrance entrances[STEERING_INTERFACES];
	size_t count;
	struct digests *pairs;   /* with bits for whole packets and fragments */
	struct digests *senders; /* with where they sent first, by digest */
	const struct flow *last_sent;
	uint64_t mixed_pairs, unconnected;
	uint64_t raw_frames;
	uint16_t raw_types[STEERING_RAW_TYPES];
	size_t raw_count;

	/* Who reordered. */
	struct overtaken_steering predicted;
	struct passed *passed;
	struct overtaken *overtaken;
	struct arrivals *arrivals; /* of a live run, else NULL */
	struct own *own;           /* NULL: no machine to ask */
	struct origin_settings *settings;
	bool late; /* something came late: by its number, or by its stamp */
	uint64_t traced;
};

/* steering_why.c: says of late packets which setting may be why, where nothing better is known. */
void steering_explain(const struct steering *steering, struct report *report);

/* steering_origin.c: who reordered, by what was seen: into streams, flows, arrivals. */
void steering_decide(struct steering *steering, struct report *report);

#endif
