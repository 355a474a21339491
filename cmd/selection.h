/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CMD_SELECTION_H
#define PKTLINT_CMD_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/analyzer.h"
#include "cmd/engine.h"
#include "cmd/frames.h"

/*
 * Frames chosen by their final verdicts while a run goes by.  Zeroed but for `labels` and
 * `streams`: none.
 */
struct selection {
	uint32_t labels;         /* bits 1 << enum label */
	const uint32_t *streams; /* numbers of streams, borrowed */
	size_t stream_count;     /* 0: of any stream or none */
	struct frames frames;
	struct frames references; /* those that verdicts on chosen frames refer to */
	int linktype;             /* of all packets that went by */
	bool several;             /* no: they differ, or a time does not fit in a pcap file */
	bool started;
};

/* Whether a packet's label, or any part of its verdict (NULL: it has none), is in `labels`. */
bool selection_matches(uint32_t labels, uint8_t label, const struct verdict *verdict);

/* What fills the selection during engine_run(). */
struct engine_sink selection_sink(struct selection *selection);

/* Takes an analysed batch: adds frames whose labels match, removes those that are amended away. */
void selection_batch(struct selection *selection, const struct batch *batch);

/* For capture_writer_begin(): the common link type, or WRITE_PCAPNG. */
int selection_linktype(const struct selection *selection);

void selection_clear(struct selection *selection);

#endif
