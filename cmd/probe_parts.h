/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_PROBE_PARTS_H
#define PKTLINT_CMD_PROBE_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "cmd/options.h"
#include "cmd/terminal.h"
#include "cmd/values.h"
#include "report/expect.h"
#include "report/report.h"

/* Shared by the parts of `pktlint probe` only; but for the metrics, which are listed, too. */

/* Rows of probe_send_metrics and probe_metrics, in order. */
enum probe_send_row {
	SEND_PACKETS,
	SEND_SENT,
	SEND_FAILED,
	SEND_FAILED_RATIO,
	SEND_REPLIES,
	SEND_DROPPED,
	SEND_ERRORS,
	SEND_CARRIER,
	SEND_TIME,
	SEND_PLANNED,
	SEND_BYTES,
	SEND_RATE,
	SEND_ROWS,
};

enum probe_row {
	PROBE_EXPECTED,
	PROBE_RECEIVED,
	PROBE_LOST,
	PROBE_LOST_RATIO,
	PROBE_DUPLICATES,
	PROBE_CORRUPT_ROW,
	PROBE_UNSENT,
	PROBE_OUTGOING,
	PROBE_STREAMS_ROW,
	PROBE_ENDED,
	PROBE_ABSENT,
	PROBE_LEFT_OUT,
	PROBE_RX_MISSED,
	PROBE_BACKLOG,
	PROBE_CAPTURE,
	PROBE_SOCKET_RECEIVED,
	PROBE_SOCKET_DROPPED,
	PROBE_DELAY,
	PROBE_DELAY_NEGATIVE,
	PROBE_ROWS,
};

/* What a sender and a receiver count. */
extern const struct metric_set probe_send_metrics, probe_metrics;

/* What both do with their report. */
struct probe_output {
	bool json, quiet, verbose;
	const char *path; /* of -o */
	FILE *out;
	enum color color;
	enum severity fail_on;
	struct word_list words; /* of --expect */
	struct expect *expectations;
	const char *user; /* whose identity root takes on, NULL: nobody's */
};

#define PROBE_OUTPUT_DEFAULTS \
	{ \
		.fail_on = SEVERITY_WARNING \
	}

/* Tables for options_parse(), settings: struct probe_output. */
extern const struct option_row probe_output_rows[], probe_verdict_rows[];

/*
 * Reads the expectations, which may name metrics of `sets`, closed by NULL, and opens the output.
 * Returns 0, or -1 with `error` filled; probe_output_close() in either case.
 */
int probe_output_open(
	struct probe_output *output, const struct metric_set *const *sets, struct error *error);

/* Judges the expectations, finishes the report and writes it.  Returns the exit status. */
int probe_output_write(struct probe_output *output, struct report *report);

/* Frees and closes.  Returns `status`, or 2 if the file could not be written whole. */
int probe_output_close(struct probe_output *output, int status);

/* uint16_t *: reads an EtherType that has no name, as 0x88b5. */
int probe_take_ethertype(void *target, const char *word, struct error *error);

/* uint32_t *: reads a UDP port above 0. */
int probe_take_port(void *target, const char *word, struct error *error);

/* The commands below `pktlint probe`: argv[0] is their name. */
int probe_send_command(int argc, char **argv);
int probe_receive_command(int argc, char **argv);

#endif
