/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_PIPELINE_H
#define PKTLINT_ANALYZERS_PIPELINE_H

#include "analyzers/analyzer.h"

/*
 * Flow table and all analyzers of one run, driven batch by batch: the same for check, dump and the
 * live view.
 */
struct pipeline;

struct pipeline *pipeline_new(const struct analyzer_options *options);

/*
 * Takes a batch whose packets are decoded: looks up their flows, runs every analyzer over every
 * packet, fills batch->verdicts (cleared before) and the packets' label, verdict, flow, side.
 */
void pipeline_batch(struct pipeline *pipeline, struct batch *batch);

/* A drop of the capture itself, in its place between batches. */
void pipeline_drop(struct pipeline *pipeline, const struct drop *drop);

/* What changed about the capturing host, likewise. */
void pipeline_change(struct pipeline *pipeline, const struct change *change);

/* Whether an analyzer would be helped by CPU and queue of each packet: capture_trace_steering(). */
bool pipeline_wants_trace(const struct pipeline *pipeline);

/* An input of the run has been read, or could not be: the next frame is above `frame`. */
void pipeline_input_end(struct pipeline *pipeline, uint64_t frame);

/*
 * The end of the run: closes all flows in order of their first packet.  Verdicts still pending
 * become final; what they amend is in batch->verdicts (batch->count is set to 0).  Call once.
 */
void pipeline_end(struct pipeline *pipeline, struct batch *batch);

/* After pipeline_end(): sections, flows, findings, unjudged, frames and bytes into `report`. */
void pipeline_report(struct pipeline *pipeline, struct report *report);

/* Counters for a progress line: frames analysed and flows tracked so far. */
void pipeline_progress(const struct pipeline *pipeline, uint64_t *frames, uint64_t *flows);

void pipeline_free(struct pipeline *pipeline);

#endif
