/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far is the run?  One line on request (SIGUSR1, as of tcpdump and dd), and on a terminal one
 * line that overwrites itself and is gone before the report comes.
 */
#include "cmd/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/capture.h"
#include "cmd/signals.h"
#include "report/escape.h"
#include "report/units.h"

#define FIRST_NS 1000000000
#define INTERVAL_NS 250000000
#define ERASE "\r\033[K"

void progress_begin(struct progress *progress, bool wanted)
{
	*progress = (struct progress){ .shown = wanted && isatty(STDERR_FILENO) };
	if (progress->shown)
		progress->due_ns = clock_ns(CLOCK_MONOTONIC) + FIRST_NS;
}

static void print(const struct source_place *place, uint64_t frames, uint64_t flows)
{
	struct capture_statistics statistics;
	char name[256];

	capture_statistics(place->capture, &statistics);
	fprintf(stderr, "pktlint: %s frames, %s flow%s", units_count(frames).text,
		units_count(flows).text, flows == 1 ? "" : "s");
	if (!statistics.bytes_total)
		return;
	escape_text(name, sizeof(name), place->name);
	fprintf(stderr, ", %.0f %% of '%s'",
		100.0 * (double)statistics.bytes_read / (double)statistics.bytes_total, name);
}

void progress_end(struct progress *progress)
{
	if (progress->visible)
		fputs(ERASE, stderr);
	progress->visible = false;
}

void progress_update(struct progress *progress, const struct source_place *place, uint64_t frames,
	uint64_t flows)
{
	int64_t now_ns;

	if (signals_progress()) {
		progress_end(progress);
		print(place, frames, flows);
		fputc('\n', stderr);
	}
	if (!progress->shown)
		return;
	now_ns = clock_ns(CLOCK_MONOTONIC);
	if (now_ns < progress->due_ns)
		return;
	progress->due_ns = now_ns + INTERVAL_NS;
	progress_end(progress);
	print(place, frames, flows);
	progress->visible = true;
}
