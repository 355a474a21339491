/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_REPORT_FINDING_H
#define PKTLINT_REPORT_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

/* How sure a claim is; apart from how bad it is. */
enum confidence { CONFIDENCE_NONE, CONFIDENCE_POSSIBLE, CONFIDENCE_LIKELY, CONFIDENCE_PROVEN };

const char *severity_name(enum severity severity); /* "info", "warning", "error" */
const char *confidence_name(
	enum confidence confidence); /* "possible", "likely", "proven"; "none" */

/* One constant per entry of findings.def, in its order: FINDING_PL1001 ... */
enum finding_id {
#define FINDING(id, ...) FINDING_##id,
#include "report/findings.def"
#undef FINDING
	FINDING_COUNT,
};

/*
 * A page of the catalogue; all texts static, in plain ASCII, paragraphs separated by "\n".  A
 * paragraph that starts with "$ " is a command line to type.
 */
struct finding_page {
	const char *id;         /* "PL1001" */
	const char *slug;       /* "tcp-reordering" */
	enum severity severity; /* the usual one */
	const char *title;      /* one line, what was seen */
	const char *means;      /* what it means for the traffic */
	const char *measured;   /* definition, RFC, threshold */
	const char *is_not;     /* what looks alike and is not claimed */
	const char *check;      /* how to check by hand */
	const char *fix;        /* how to mend it, the cost, how to undo it; short answer first */
};

/* The page of `id`. */
const struct finding_page *finding_page(enum finding_id id);

/* Finds a page by id or slug, case ignored; returns the id, or -1. */
int finding_find(const char *id_or_slug);

#define FINDING_MAX_NUMBERS 14
#define FINDING_MAX_FRAMES 8
#define FINDING_MAX_COMMANDS 8
#define FINDING_MAX_VALUES 8
#define FINDING_TEXT 400

/* What a command does to traffic while it takes effect. */
enum command_risk {
	RISK_NONE,     /* it only reads */
	RISK_HOT,      /* "hot": nothing is interrupted */
	RISK_BLIP,     /* "blip": queues or the link are reset for a moment */
	RISK_CUTS_YOU, /* "cuts-you": the same on the device that carries this login */
};
const char *command_risk_name(enum command_risk risk); /* "none", "hot", "blip", "cuts-you" */

/* A command to type; never run by pktlint.  Names of interfaces in it are quoted for a shell. */
struct finding_command {
	char line[200];
	enum command_risk risk;
	char undo[200];   /* the command that takes it back, or "" */
	char read[160];   /* the command that shows whether it took effect, or "" */
	char wanted[300]; /* what that prints if it did, or "": not known */
};

/* A setting or counter that the finding was read from. */
struct finding_value {
	char path[128]; /* by which a person reads it again, see host/snapshot.h */
	char text[96];  /* what it said, or why it is unknown */
};

/*
 * One claim about one subject.  Plain values, copied into the report.  Texts hold no bytes from
 * the wire but addresses and ports written by us; interface names must be escaped by the writer.
 */
struct finding {
	enum finding_id id;
	uint32_t order; /* place in order of arrival, set by report_add_finding() */
	enum severity severity;
	enum confidence confidence;
	char subject[160];         /* "10.0.0.1:443 > 10.0.0.2:5000" or "run" */
	char what[FINDING_TEXT];   /* one sentence with its numbers and their denominators */
	char where[FINDING_TEXT];  /* where it happens relative to the capture point, or "" */
	char why[FINDING_TEXT];    /* the cause as far as known, or "" */
	char is_not[FINDING_TEXT]; /* what was ruled out, or "" */
	char fix[FINDING_TEXT];    /* what to do, or "" : the page's text holds */
	struct finding_command commands[FINDING_MAX_COMMANDS + 1]; /* a place for what is dropped */
	size_t command_count;
	char cost[200];             /* what the commands cost, or "" */
	char lasting[FINDING_TEXT]; /* how to make it survive a reboot, or "" */
	struct finding_value values[FINDING_MAX_VALUES];
	size_t value_count;
	struct finding_number {
		const char *name; /* static, snake_case with its unit */
		double value;
	} numbers[FINDING_MAX_NUMBERS];
	size_t number_count;
	uint64_t frames[FINDING_MAX_FRAMES]; /* evidence: places in the input */
	size_t frame_count;
	int64_t time_ns;          /* when it happened, 0: not at one moment */
	uint64_t frame_total;     /* how many frames in all show it, 0: not counted */
	uint32_t flow;            /* flow number + 1, 0: not about one flow */
	uint32_t stream;          /* numbered stream's number + 1, 0: not about one */
	bool has_interface;       /* it is about the interface below */
	uint32_t interface;       /* run-wide index of one that captured */
	char display_filter[200]; /* Wireshark display filter that shows it, or "" */
	char dump[160]; /* options of `pktlint dump`: "--flow 3 --only reordered", or "" */
};

/* Appends a number to the finding; beyond FINDING_MAX_NUMBERS it is dropped. */
void finding_number(struct finding *finding, const char *name, double value);

/*
 * Appends a command, cleared but for its line and risk, and returns it.  Beyond
 * FINDING_MAX_COMMANDS, or if it does not fit, it is dropped whole: what is returned does not
 * count, and is gone with the next.
 */
struct finding_command *finding_command(struct finding *finding, enum command_risk risk,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Appends a value that the finding was read from, cut to fit; beyond FINDING_MAX_VALUES none. */
void finding_value(struct finding *finding, const char *path, const char *text);

/* Appends a frame number as evidence; beyond FINDING_MAX_FRAMES it only counts. */
void finding_frame(struct finding *finding, uint64_t frame);

#endif
