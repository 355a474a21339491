/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which frames are meant by a list of labels, or of streams?  Only the end of the run knows, for a
 * verdict may be amended; so this watches a whole run, and the frames are read again after it.
 */
#include "cmd/selection.h"

#include <stddef.h>

#include "capture/write.h"

#define PCAP_LAST_NS (INT64_C(1000000000) * UINT32_MAX)

bool selection_matches(uint32_t labels, uint8_t label, const struct verdict *verdict)
{
	if (labels >> label & 1)
		return true;
	for (int i = 0; verdict && i < verdict->part_count; i++)
		if (labels >> verdict->parts[i].label & 1)
			return true;
	return false;
}

/* Whether the verdict (NULL: there is none) is of a stream that is meant. */
static bool is_of_stream(const struct selection *selection, const struct verdict *verdict)
{
	for (size_t i = 0; verdict && verdict->stream && i < selection->stream_count; i++)
		if (selection->streams[i] == verdict->stream - 1)
			return true;
	return selection->stream_count == 0;
}

static void choose(struct selection *selection, uint64_t frame, const struct verdict *verdict)
{
	frames_add(&selection->frames, frame);
	if (verdict && verdict->reference)
		frames_add(&selection->references, verdict->reference);
}

static void note_format(struct selection *selection, const struct packet *packet)
{
	if (!selection->started)
		selection->linktype = packet->linktype;
	selection->started = true;
	if (packet->linktype != selection->linktype || packet->time_ns < 0 ||
		packet->time_ns > PCAP_LAST_NS)
		selection->several = true;
}

void selection_batch(struct selection *selection, const struct batch *batch)
{
	for (int i = 0; i < batch->count; i++) {
		const struct packet *packet = &batch->packets[i];
		const struct verdict *verdict = packet->verdict < 0
							? NULL
							: &batch->verdicts[packet->verdict];

		note_format(selection, packet);
		if (selection_matches(selection->labels, packet->label, verdict) &&
			is_of_stream(selection, verdict))
			choose(selection, packet->frame, verdict);
	}
	for (int i = 0; i < batch->verdict_count; i++) {
		const struct verdict *verdict = &batch->verdicts[i];

		if (!verdict->amends)
			continue;
		if (selection_matches(selection->labels, verdict->label, verdict) &&
			is_of_stream(selection, verdict))
			choose(selection, verdict->frame, verdict);
		else
			frames_remove(&selection->frames, verdict->frame);
	}
}

static int take_batch(void *selection, const struct source_place *place, const struct batch *batch,
	struct error *error)
{
	selection_batch(selection, batch);
	return 0;
}

struct engine_sink selection_sink(struct selection *selection)
{
	return (struct engine_sink){ .state = selection, .batch = take_batch };
}

int selection_linktype(const struct selection *selection)
{
	return selection->several || !selection->started ? WRITE_PCAPNG : selection->linktype;
}

void selection_clear(struct selection *selection)
{
	frames_clear(&selection->frames);
	frames_clear(&selection->references);
}
