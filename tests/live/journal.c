/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How does the relay tell what it did? In a log with a line of words for each data frame, SYN and
 * FIN (and each other frame that a rule chose), written when it leaves or is dropped, so that the
 * order of the lines is the order of leaving. It ends with the counts, without which it is not
 * whole.
 */
#include "tests/live/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/rules.h"
#include "tests/live/tool.h"

#define BUFFER_BYTES (1 << 20)

const char *const direction_names[2] = { "a>b", "b>a" };

static const struct {
	const char *name;
	size_t offset; /* of a uint64_t in struct tally */
} tally_names[] = {
	{ "received", offsetof(struct tally, received) },
	{ "data", offsetof(struct tally, data) },
	{ "forwarded", offsetof(struct tally, forwarded) },
	{ "dropped", offsetof(struct tally, dropped) },
	{ "duplicated", offsetof(struct tally, duplicated) },
	{ "held", offsetof(struct tally, held) },
	{ "flushed", offsetof(struct tally, flushed) },
	{ "delayed", offsetof(struct tally, delayed) },
	{ "corrupted", offsetof(struct tally, corrupted) },
	{ "lost_receiving", offsetof(struct tally, lost_receiving) },
	{ "lost_sending", offsetof(struct tally, lost_sending) },
	{ "too_long", offsetof(struct tally, too_long) },
	{ "unfinished", offsetof(struct tally, unfinished) },
};

FILE *journal_open(const char *path)
{
	FILE *log;

	if (!path)
		return NULL;
	log = fopen(path, "w");
	if (!log)
		die("cannot write '%s': %s", path, strerror(errno));
	setvbuf(log, NULL, _IOFBF, BUFFER_BYTES);
	fputs("# time_ns direction number action position class flow sequence bytes\n", log);
	return log;
}

/* "pass", "copy", or what was done to it, joined by "+". */
static void write_actions(FILE *log, const struct flight *flight)
{
	const char *between = "";

	if (flight->copy) {
		fputs("copy", log);
		between = "+";
	}
	for (unsigned i = 0; i < ACTIONS; i++)
		if (flight->actions & 1u << i) {
			fprintf(log, "%s%s", between, action_names[i]);
			between = "+";
		}
	if (!*between)
		fputs("pass", log);
}

/* A frame without data has the number of the data frame that it follows, and a "+". */
static void write_number(FILE *log, const struct flight *flight)
{
	const char *behind = 1u << flight->frame.class & FRAME_DATA ? "" : "+";

	fprintf(log, " %" PRIu64 "%s ", flight->number, behind);
}

/* What a reader needs to find out about order and loss. */
static bool is_of_interest(const struct flight *flight)
{
	const unsigned classes = FRAME_DATA | 1u << FRAME_SYN | 1u << FRAME_FIN;

	return 1u << flight->frame.class & classes || flight->actions || flight->copy;
}

void journal_frame(FILE *log, const struct flight *flight, uint64_t position)
{
	const struct frame *frame = &flight->frame;
	char flow[FRAME_FLOW_BYTES];

	if (!log || !is_of_interest(flight))
		return;
	fprintf(log, "%" PRIu64 " %s", time_ns(), direction_names[flight->direction]);
	write_number(log, flight);
	write_actions(log, flight);
	if (position)
		fprintf(log, " %" PRIu64, position);
	else
		fputs(" -", log);
	fprintf(log, " %s %s", frame_class_names[frame->class], frame_flow(frame, flow));
	if (frame->numbered)
		fprintf(log, " %" PRIu32, frame->sequence);
	else
		fputs(" -", log);
	fprintf(log, " %zu\n", frame->payload_bytes);
}

static void write_tally(FILE *log, const struct tally *tally)
{
	for (size_t i = 0; i < sizeof(tally_names) / sizeof(*tally_names); i++)
		fprintf(log, "%s\"%s\": %" PRIu64, i ? ", " : "", tally_names[i].name,
			*(const uint64_t *)((const char *)tally + tally_names[i].offset));
}

void journal_summary(FILE *log, const char *prefix, const struct tally tallies[2])
{
	if (!log)
		return;
	fprintf(log, "%s{", prefix);
	for (unsigned i = 0; i < 2; i++) {
		fprintf(log, "%s\"%s\": {", i ? ", " : "", direction_names[i]);
		write_tally(log, &tallies[i]);
		fputc('}', log);
	}
	fputs("}\n", log);
}

void journal_close(FILE *log, const char *path)
{
	if (log && (ferror(log) | fclose(log)))
		die("cannot write '%s': %s", path, strerror(errno));
}
