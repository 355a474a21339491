/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When did it happen?  A row for each second of capture time, of fixed memory: a longer run has
 * coarser rows.  The clock may do what it likes: no stamp costs more than a few passes over the
 * rows.
 */
#include "analyzers/tally.h"

#include <string.h>

#include "base/memory.h"

#define SECOND_NS INT64_C(1000000000)
#define MAX_JUMP_NS (86400 * SECOND_NS)

/* Every two rows become one. */
static void halve(struct tally *tally)
{
	size_t count = (tally->count + 1) / 2;

	for (size_t i = 0; i < count; i++) {
		struct report_tally *row = &tally->rows[i];
		const struct report_tally *a = &tally->rows[2 * i], *b = a + 1;
		bool both = 2 * i + 1 < tally->count;

		*row = (struct report_tally){ .time_ns = a->time_ns,
			.frames = a->frames + (both ? b->frames : 0),
			.wire_bytes = a->wire_bytes + (both ? b->wire_bytes : 0),
			.dropped = a->dropped + (both ? b->dropped : 0),
			.anomalies = a->anomalies + (both ? b->anomalies : 0) };
	}
	tally->count = count;
	tally->step_ns *= 2;
}

/* Appends empty rows until there are `count`. */
static void extend(struct tally *tally, size_t count)
{
	for (; tally->count < count; tally->count++)
		tally->rows[tally->count] = (struct report_tally){
			.time_ns = tally->rows[0].time_ns + (int64_t)tally->count * tally->step_ns
		};
}

static void begin(struct tally *tally, int64_t time_ns)
{
	if (time_ns < 0)
		time_ns = 0;
	tally->step_ns = SECOND_NS;
	tally->rows[0] = (struct report_tally){ .time_ns = time_ns - time_ns % SECOND_NS };
	tally->count = 1;
}

/* The row of that time; there is one row at least. */
static struct report_tally *row_at(struct tally *tally, int64_t time_ns)
{
	struct report_tally *last = &tally->rows[tally->count - 1];
	int64_t first_ns = tally->rows[0].time_ns, place;

	if (time_ns < first_ns || time_ns - last->time_ns > MAX_JUMP_NS + tally->step_ns)
		return last;
	while ((place = (time_ns - first_ns) / tally->step_ns) >= TALLY_ROWS)
		halve(tally);
	extend(tally, (size_t)place + 1);
	return &tally->rows[place];
}

void tally_batch(struct tally *tally, const struct batch *batch)
{
	struct report_tally *row = NULL;

	if (!tally->count && batch->count) {
		begin(tally, batch->packets[0].time_ns);
		row_at(tally, tally->early_ns)->dropped += tally->early_dropped;
	}
	for (int i = 0; i < batch->count; i++) {
		const struct packet *packet = &batch->packets[i];

		if (!row || packet->time_ns < row->time_ns ||
			packet->time_ns - row->time_ns >= tally->step_ns)
			row = row_at(tally, packet->time_ns);
		row->frames++;
		row->wire_bytes += packet->wirelen;
		row->anomalies += LABELS_ANOMALY >> packet->label & 1;
	}
}

void tally_drop(struct tally *tally, const struct drop *drop)
{
	if (tally->count) {
		row_at(tally, drop->to_ns)->dropped += drop->packets;
		return;
	}
	tally->early_dropped += drop->packets;
	tally->early_ns = drop->to_ns;
}

void tally_report(const struct tally *tally, struct report *report)
{
	if (!tally->count)
		return;
	report->tally = memory_alloc(tally->count, sizeof(tally->rows[0]));
	memcpy(report->tally, tally->rows, tally->count * sizeof(tally->rows[0]));
	report->tally_count = tally->count;
	report->tally_step_ns = tally->step_ns;
}
