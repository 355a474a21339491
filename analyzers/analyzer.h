/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_ANALYZER_H
#define PKTLINT_ANALYZERS_ANALYZER_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/field.h"
#include "analyzers/verdict.h"
#include "capture/packet.h"
#include "report/report.h"

#define BATCH_PACKETS 64

/* Packets that are looked up and analysed together, and all that was decided meanwhile. */
struct batch {
	struct packet packets[BATCH_PACKETS];
	int count;
	struct verdict *verdicts; /* in order of decision; grows, cleared for each batch */
	int verdict_count, verdict_capacity;
};

/* Appends a cleared verdict and returns it; valid until the next call. */
struct verdict *batch_add_verdict(struct batch *batch);

struct field;
struct host;

/* What analyzers are told about the run. */
struct analyzer_options {
	uint32_t max_flows;      /* cap of the flow table */
	uint32_t list_flows;     /* how many flows the report lists */
	bool live;               /* packets do not wait: tallies, and memory taken beforehand */
	const struct host *host; /* the capturing machine as it was at first; NULL: a file */
	/* Names of its interfaces by packet->interface, borrowed; NULL or none without `host`. */
	const char *const *interfaces;
	size_t interface_count;
	bool each_number; /* a verdict for each numbered packet, also where nothing is wrong */
	const struct field *fields; /* that the user describes, `field_count` of them; borrowed */
	size_t field_count;
	/*
	 * What the user asked for, borrowed: names of profiles and fields; a word with '=' stands
	 * for a field, the last of these for the last of `fields` and so on.
	 */
	const char *const *asked;
	size_t asked_count;
	bool discover_all;  /* look for counters in everything that no profile and no field fits */
	bool discover_none; /* look for none, not even in unknown EtherTypes */
};

struct flow;
struct flow_table;

/*
 * What an analyzer is: a constant descriptor.  Callbacks may be NULL.  `state` is what create()
 * returned.  No callback does I/O, reads a clock or depends on anything but its arguments.
 */
struct analyzer {
	const char *name;                        /* first part of its metrics' paths */
	const char *summary;                     /* for `pktlint list analyzers` */
	const struct metric_set *metrics;        /* of the run */
	const struct metric_set *flow_metrics;   /* of one direction of a flow, or NULL */
	const struct metric_set *stream_metrics; /* of a numbered stream, or NULL */
	uint8_t flow_protocol;                   /* IP protocol whose flows it judges, 0: none */
	void *(*create)(const struct analyzer_options *options, struct flow_table *flows);
	void (*packet)(void *state, struct batch *batch, struct packet *packet);
	/* Sees a batch that all others have judged, where nothing needs every packet at once. */
	void (*batch)(void *state, const struct batch *batch);
	void (*drop)(void *state, const struct drop *drop);
	/* The capturing host is not the same any more; `change` is valid until it returns. */
	void (*change)(void *state, const struct change *change);
	/* An input ended, which is one of report->sources; frames above `frame` are of others. */
	void (*input_end)(void *state, uint64_t frame);
	/* `flow` is about to be forgotten or the run ends (`batch` takes what is still amended). */
	void (*flow_end)(void *state, struct batch *batch, struct flow *flow);
	/* The run ends, after the flows: `batch` takes what is still amended. */
	void (*run_end)(void *state, struct batch *batch);
	/* `flow` is forgotten, after flow_end() and flow_report(): frees what belongs to it. */
	void (*flow_forget)(void *state, struct flow *flow);
	/* How sick the flow is, for the list of the worst: 0 clean. */
	double (*flow_trouble)(void *state, const struct flow *flow);
	/* Whether CPU and queue of each packet would help from now on. */
	bool (*wants_trace)(const void *state);
	/* Fills the flow's entry of the report. */
	void (*flow_report)(void *state, const struct flow *flow, struct report_flow *entry);
	/* Adds section, findings, unjudged counts and reasons to be undecided to the report. */
	void (*report)(void *state, struct report *report);
	void (*destroy)(void *state);
};

/* All analyzers, in the order in which they see a packet; NULL-terminated. */
extern const struct analyzer *const analyzers[];

#endif
