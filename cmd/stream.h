/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_STREAM_H
#define PKTLINT_CMD_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analyzers/verdict.h"
#include "capture/packet.h"
#include "cmd/sequence.h"

#define STREAM_TIME_FORMS 6 /* time of day, none, epoch, since last, date, since first line */

/* How packets are written, and what one line knows of the lines before it. */
struct stream {
	FILE *out;
	int time_form; /* how many -t: 0 ... STREAM_TIME_FORMS - 1 */
	int hex;       /* -x: 1 from the network header on, 2 from the link header on */
	int hex_ascii; /* -X, likewise */
	bool ascii;    /* -A */
	bool link;     /* -e */
	bool absolute; /* -S */
	bool quiet;    /* -q */
	bool verbose;  /* -v */
	bool color;
	bool started;              /* first_ns, last_ns are meaningful */
	int64_t first_ns, last_ns; /* times of the first and the last line */
	const char *interface;     /* by which the packet at hand came, NULL: nothing to be told */
	struct sequences sequences;
};

/* How a stream of verdicts is written: a constant descriptor. */
struct stream_writer {
	const char *name;
	/* A packet goes by, which may or may not be written next.  NULL: nothing to be noted. */
	void (*note)(struct stream *stream, const struct packet *packet);
	/* One packet; `verdict` is NULL where nothing beyond packet->label was decided. */
	void (*packet)(
		struct stream *stream, const struct packet *packet, const struct verdict *verdict);
	/* What replaces an earlier verdict. */
	void (*amendment)(struct stream *stream, const struct verdict *verdict);
};

extern const struct stream_writer stream_text, stream_json;

#endif
