/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_REPORT_H
#define PKTLINT_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cpus.h"
#include "report/finding.h"
#include "report/metric.h"
#include "report/origin.h"

/* One input of the run: a file, or one of the interfaces of a live capture. */
struct report_source {
	char *name;      /* path or interface as given, unescaped; owned */
	uint64_t frames; /* it held */
	bool sent; /* no input: this program sent so many frames, and the name tells where to */
	uint64_t passed_over; /* not analysed because of filter, time window */
	uint64_t dropped;     /* lost by the capture itself, by its own counters */
	bool dropped_known;
	uint64_t received; /* by the counters of whoever captured; meaningful if received_known */
	bool received_known;
	bool truncated; /* ended in the middle of a record */
	bool failed;    /* could not be read to its end for another reason */
	char *error;    /* why, or NULL; owned */
	uint32_t interfaces;
	uint32_t first_interface; /* run-wide index of the first of them */
	size_t input; /* sources of one live capture are one input; by default each its own */

	/* Of an interface; zeroed for files. */
	const char *frontend; /* static: how it was captured, NULL: a file */
	char *why;            /* why this way, and what it has to do without, or NULL; owned */
	bool fallback;        /* it is not the best way there is */
	uint64_t dropped_interface; /* part of `dropped`: lost before the capture could see them */
	uint64_t buffer_bytes;      /* what the kernel holds for the capture at most */
	/* Once packets were late: frames that came in, and those that the kernel stamped then. */
	uint64_t received_in, stamped_in;
};

/* What came in a stretch of time; report->tally_step_ns says how long a stretch. */
struct report_tally {
	int64_t time_ns; /* when it begins */
	uint64_t frames, wire_bytes;
	uint64_t dropped;   /* packets that the capture itself lost, when that was told */
	uint64_t anomalies; /* frames with a label of LABELS_ANOMALY at that time */
};

/* Something present that nobody judged: "ARP", 12 frames. */
struct report_unjudged {
	char name[64];
	uint64_t frames;
};

/* One flow of the list. */
struct report_flow {
	uint32_t number;   /* flow number, from 0 */
	char protocol[16]; /* "tcp" */
	char endpoint[2]
		     [64]; /* "10.0.0.1:443", "[2001:db8::1]:443"; [0] sent the first packet seen */
	uint16_t vlan_id;  /* 0: untagged */
	uint32_t vni;
	char community_id[40]; /* Community ID v1, "" if the protocol has none */
	int64_t first_ns, last_ns;
	double trouble;                /* what the list is sorted by */
	const struct metric_set *set;  /* numbers of each direction, NULL without analysis */
	union metric_value *values[2]; /* [0]: endpoint 0 > endpoint 1; owned */
	const char *notes[6]; /* static texts: "mid-stream", "one-way", ...; NULL-terminated */
	/* Of late packets of each direction, as `values`; owned, NULL: none */
	struct report_origin *origin[2];
};

/* How large something would have to be for a share of the late packets: see report_stream. */
#define REPORT_SHARES 4 /* 90, 99, 99.9 and 100 % */
extern const double report_shares[REPORT_SHARES];

struct report_enough {
	const char *name; /* JSON key with its unit: "buffer_packets", "replay_window_packets" */
	const char *text; /* for people: "resequencing buffer" */
	enum metric_unit unit;        /* of the sizes */
	uint64_t size[REPORT_SHARES]; /* the smallest that serves this share of the packets */
};
#define REPORT_ENOUGH 6

/* A header fact in which late or lost packets differ from those that overtook or survived them. */
struct report_contrast {
	const char *name; /* JSON: "dscp", "source_port" */
	const char *text; /* for people: "DSCP", "source port" */
	uint64_t pairs, differs;
	uint32_t bad, good; /* the most frequent pair of values: of the late packet, of the other */
};
#define REPORT_CONTRASTS 14

/* One numbered stream of the list. */
struct report_stream {
	uint32_t number;  /* stream number, from 0 in order of first packet */
	char profile[32]; /* "rtp", or the name of a field of the user's, or "counter" */
	char subject
		[160]; /* "10.0.0.1:5004 > 10.0.0.2:5006 ssrc 0x1f2e3d4c"; ours, no wire bytes */
	char specification[640]; /* what --sequence would say, or "": built in */
	bool discovered;         /* nobody said that there is a counter: it proved itself */
	enum confidence confidence;
	uint16_t vlan_id; /* 0: untagged */
	uint32_t flow;    /* number of the first flow + 1, 0: belongs to none */
	uint32_t flows;   /* five-tuples that it spans, 0: none */
	int64_t first_ns, last_ns;
	double trouble;                             /* what the list is sorted by */
	const struct metric_set *set;               /* its numbers */
	union metric_value *values;                 /* owned */
	struct report_enough enough[REPORT_ENOUGH]; /* without a late packet: none */
	size_t enough_count;
	struct report_contrast contrast[REPORT_CONTRASTS]; /* only what differs nearly always */
	size_t contrast_count;
	const char *notes[6];         /* static texts, NULL-terminated */
	struct report_origin *origin; /* of its late packets; owned, NULL: none */
};

/*
 * Packets of one direction of a conversation that were handed on in another order than that of
 * their stamps: late without any number of theirs.
 */
struct report_arrival {
	char subject[160]; /* "udp 10.0.0.1:443 > 10.0.0.2:5000"; ours, no wire bytes */
	uint32_t flow;     /* number of the flow + 1, 0: belongs to none */
	uint32_t stream;   /* numbered stream that they are + 1, 0: none, or several */
	uint16_t vlan_id;  /* 0: untagged */
	uint64_t packets;  /* with a stamp of the kernel's, taken as they came in */
	uint64_t late;     /* stamped before one that was handed on before them */
	struct report_origin origin;
};
#define REPORT_ARRIVALS 100 /* listed, the worst */

/* Numbers of one analyzer for the whole run. */
struct report_section {
	const struct metric_set *set;
	union metric_value *values; /* owned, set->count; histograms within owned too */
};

/* CPUs of a queue; the set is empty if they are not known. */
struct report_cpus {
	bool known;
	struct cpus set;
};

/* What happens to a queue of an interface: a line of a matrix. */
struct report_queue {
	char name[16];            /* "q0": both directions; "rx-0", "tx-0": there is only that */
	int64_t irq;              /* number of its interrupt, -1: none, or not told */
	struct report_cpus lands; /* where the interrupt really does */
	struct report_cpus rps;   /* where what was received is steered to; none: it stays */
	struct report_cpus xps;   /* which CPUs send by this queue */
	int64_t packets;          /* received between both readings, -1: not told */
};

/* A value of the machine that matters, and what it usually is. */
struct report_setting {
	char path[128]; /* by which a person reads it again */
	char text[96];  /* what it said, or why it is unknown */
	char usual[48]; /* what a kernel has by default, "" if that depends */
	bool known;
	bool changed; /* known, and other than usual */
};

/* A counter that rose, or did not, between both readings. */
struct report_counter {
	char path[128];
	char text[64];  /* what it counts, for people */
	uint64_t total; /* since it began */
	uint64_t rise;  /* meanwhile */
};

struct report_interface {
	char name[64];
	char about[160]; /* "veth, peer in another namespace, mtu 1500, 2 queues"; ours */
	struct report_queue *queues;
	size_t queue_count;
	struct report_setting *settings;
	size_t setting_count;
};

/* The audited machine; lists are owned by the report. */
struct report_host {
	bool present; /* an audit was made */
	bool watched; /* counters are all that rose, not only those that tell of trouble */
	char kernel[64];
	int64_t taken_ns; /* of the later reading, 0: not told */
	double seconds;   /* between both readings, 0: there was one */
	unsigned cpus;    /* 1 + the highest CPU online, 0: not told */
	const char *role; /* what it was said to be for, static; NULL: not told */
	struct report_interface *interfaces;
	size_t interface_count;
	struct report_setting *settings; /* of the whole machine */
	size_t setting_count;
	struct report_counter *counters;
	size_t counter_count;
	char (*fine)[FINDING_TEXT]; /* what was looked at and is as it should be, one clause each */
	size_t fine_count;
	char (*blind)[FINDING_TEXT]; /* what cannot be known from here, and what would tell */
	size_t blind_count;
};

/* Met or failed expectation of the user. */
struct report_expectation {
	char *text;            /* as given; owned */
	bool met;              /* false unless known */
	bool known;            /* false: the metric is null, so nothing was decided */
	double value;          /* measured, in the metric's unit; meaningful if known */
	enum metric_unit unit; /* of value */
	double bound; /* a ratio of 0 of few: what so few rule out, metric_zero_bound(); else 0 */
};

enum report_status { STATUS_OK = 0, STATUS_FINDING = 1, STATUS_UNABLE = 2, STATUS_UNDECIDED = 3 };

/*
 * The result of a run: all that an output may read.  Built by the engine and the analyzers, const
 * for writers.  Lists grow by the report_add_* functions, whose results are valid until the next
 * call of the same function; everything is owned by the report.
 */
struct report {
	char *command;            /* "check" */
	char *filter;             /* expression or NULL; owned */
	int64_t start_ns, end_ns; /* frames before and from there on were passed over, 0: none */
	const char *ended_by;     /* static: "end", "signal", "count", "duration", "error" */
	bool searched;            /* for counters in all that no profile and no field fits */
	bool live; /* false: a file, so nothing of the clock or the host goes into the document */
	int64_t first_ns, last_ns; /* stamps of first and last analysed frame, 0 without one */
	uint64_t frames;           /* analysed */
	uint64_t wire_bytes;       /* of them, as they were on the wire */
	uint64_t judged;           /* frames with a verdict other than other, unknown */
	uint64_t withheld;         /* frames whose verdict was due and could not be given */
	struct report_source *sources;
	size_t source_count;
	struct report_section *sections;
	size_t section_count;
	struct report_tally *tally; /* of a live run, in order of time without gaps; NULL: none */
	size_t tally_count;
	int64_t tally_step_ns;
	struct report_flow *flows; /* worst first, capped */
	size_t flow_count;
	uint64_t flow_total;           /* flows seen */
	struct report_stream *streams; /* worst first, capped */
	size_t stream_count;
	uint64_t stream_total;           /* numbered streams seen */
	struct report_arrival *arrivals; /* most late packets first; of a live run only */
	size_t arrival_count;
	struct finding *findings; /* worst first after report_finish() */
	size_t finding_count;
	struct report_unjudged *unjudged; /* most frames first after report_finish() */
	size_t unjudged_count;
	struct report_host host;
	struct report_expectation *expectations;
	size_t expectation_count;
	char *undecided[8]; /* reasons for STATUS_UNDECIDED, owned */
	size_t undecided_count;
	enum severity fail_on;     /* SEVERITY_ERROR + 1: never */
	enum report_status status; /* by report_finish() */
};

/* Returns an empty report, freed with report_free(). */
struct report *report_new(const char *command);
void report_free(struct report *report);

struct report_source *report_add_source(struct report *report, const char *name);

/* Whether the frames are those that this program sent, none that it read. */
bool report_is_of_sender(const struct report *report);

/* Packets that the capture itself lost, as far as the sources tell. */
uint64_t report_dropped(const struct report *report);

/* Adds a section with zeroed values, histograms allocated; the analyzer fills section->values. */
struct report_section *report_add_section(struct report *report, const struct metric_set *set);

/* Adds a zeroed flow with zeroed values for both directions, histograms allocated (if `set`). */
struct report_flow *report_add_flow(struct report *report, const struct metric_set *set);

/* Adds a zeroed stream with zeroed values, histograms allocated; all streams have one set. */
struct report_stream *report_add_stream(struct report *report, const struct metric_set *set);

/* Adds a zeroed entry. */
struct report_arrival *report_add_arrival(struct report *report);

/* Takes the finding out again; those behind it move up. */
void report_remove_finding(struct report *report, size_t index);

/*
 * Adds a finding with the page's severity; the caller fills it before the next call, and sees to
 * it that traffic cannot make their number grow without bound.
 */
struct finding *report_add_finding(struct report *report, enum finding_id id);

/* Frees what `host` owns; report_free() calls it. */
void report_free_host(struct report_host *host);

/* Add to report->host a zeroed entry; the lists of an interface grow by the next two. */
struct report_interface *report_add_interface(struct report *report, const char *name);
struct report_queue *report_add_queue(struct report_interface *interface);
/* `interface` NULL: a setting of the whole machine. */
struct report_setting *report_add_setting(
	struct report *report, struct report_interface *interface);
struct report_counter *report_add_counter(struct report *report);

/* Add a clause, formatted, cut to fit; the same clause twice stands once. */
void report_add_fine(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void report_add_blind(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds an expectation as the user wrote it, met and known both false. */
struct report_expectation *report_add_expectation(struct report *report, const char *text);

/*
 * Counts `frames` frames of the kind `name` that nobody judged; beyond REPORT_MAX_UNJUDGED kinds
 * they go to one called "other kinds".
 */
#define REPORT_MAX_UNJUDGED 64
void report_add_unjudged(struct report *report, const char *name, uint64_t frames);

/* Adds a reason why the run cannot decide, copied; the 9th and later ones are dropped. */
void report_add_undecided(struct report *report, const char *reason);

/*
 * Sorts findings (severity, confidence, frames, id, subject: all ties broken by order of
 * arrival), flows, streams and the unjudged; adds the reasons to be undecided that the report
 * itself shows (nothing judged, an expectation about what was not measured); and decides the
 * status: 1 for a finding at or above fail_on or a failed expectation, else 3 for any reason to be
 * undecided, else 0.  An audit needs no packet.  Call once.
 */
void report_finish(struct report *report);

/* How many findings of each severity there are. */
uint64_t report_count_findings(const struct report *report, enum severity severity);

/* How a document is written. */
struct writer_options {
	bool color;          /* text only */
	bool verbose;        /* text only: also what is as it usually is */
	unsigned columns;    /* text only: 60 to 100, others are taken as the nearer of these */
	const char *version; /* of the program, for the document */
};

/* A format: one constant descriptor each. */
struct writer {
	const char *name;    /* "text" */
	const char *summary; /* for `pktlint list formats` */
	/* Writes the whole document; 0, or -1 with errno when the stream failed. */
	int (*write)(FILE *out, const struct report *report, const struct writer_options *options);
};

extern const struct writer writer_text, writer_json;

/* All formats; NULL-terminated. */
extern const struct writer *const writers[];

#endif
