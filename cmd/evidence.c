/* SPDX-License-Identifier: BSD-2-Clause */
/* Which packets are behind the findings? They are read again and copied to a capture file. */
#include "cmd/evidence.h"

#include <stddef.h>

#include "cmd/signals.h"

struct copy {
	const struct selection *selection;
	struct capture_writer *file;
};

static int copy_events(void *state, const struct source_place *place, struct event *events,
	int count, struct error *error)
{
	struct copy *copy = state;

	for (int i = 0; i < count; i++) {
		const struct frame *frame = &events[i].frame;

		if (events[i].kind != EVENT_FRAME ||
			(!frames_has(&copy->selection->frames, frame->number) &&
				!frames_has(&copy->selection->references, frame->number)))
			continue;
		if (capture_writer_frame(copy->file, frame,
			    capture_interface(
				    place->capture, frame->interface - place->first_interface),
			    error) < 0)
			return -1;
	}
	return 0;
}

/* What is wrong with a source was told when it was read for the first time. */
static void end_source(void *state, const struct source_place *place, const char *problem)
{
}

int evidence_write(const struct source_options *source, struct selection *selection,
	const struct report *report, struct capture_writer *file, struct error *error)
{
	struct copy copy = { .selection = selection, .file = file };
	const struct source_reader reader = {
		.state = &copy, .events = copy_events, .end = end_source
	};

	for (size_t i = 0; i < report->finding_count; i++)
		for (size_t j = 0; j < report->findings[i].frame_count; j++)
			frames_add(&selection->references, report->findings[i].frames[j]);
	if (capture_writer_begin(file, selection_linktype(selection), error) < 0)
		return -1;
	error->text[0] = '\0';
	signals_forget(); /* what ended the first reading does not end this one */
	source_read(source, &reader, error);
	return error->text[0] ? -1 : 0;
}
