/* SPDX-License-Identifier: BSD-2-Clause */
/* Where are the readings of a machine from: two of this one, or a file with one or two of any? */
#include "cmd/audit_input.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/command.h"
#include "cmd/signals.h"
#include "host/collect.h"
#include "report/units.h"

#define SLICE_NS INT64_C(100000000) /* how long a signal may have to wait */
#define NS_PER_SECOND INT64_C(1000000000)

FILE *audit_open(const char *path, struct error *error)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

	if (!in)
		error_set(error, "cannot open '%s': %s", path, strerror(errno));
	return in;
}

int audit_read(FILE *in, const char *path, struct audit_input *input, struct error *error)
{
	struct error why;
	uint64_t odd = 0;
	int status = snapshot_read(in, &input->snapshot, &input->before, &odd, &why);

	if (in != stdin)
		fclose(in);
	if (status < 0)
		return error_set(error, "cannot read '%s': %s", path, why.text);
	if (odd)
		command_tell("'%s': %" PRIu64
			     " values are neither texts nor unknown for a reason: left out",
			path, odd);
	if (snapshot_dropped(input->snapshot))
		command_tell("'%s': %" PRIu64 " values beyond the first %d: left out", path,
			snapshot_dropped(input->snapshot), SNAPSHOT_MAX_VALUES);
	return 0;
}

static void wait_until(int64_t end_ns)
{
	int64_t left_ns;

	while (!signals_stop() && (left_ns = end_ns - clock_ns(CLOCK_MONOTONIC)) > 0) {
		int64_t slice_ns = left_ns < SLICE_NS ? left_ns : SLICE_NS;
		struct timespec slice = { slice_ns / NS_PER_SECOND, slice_ns % NS_PER_SECOND };

		if (signals_progress())
			command_tell(
				"the second reading is due in %s", units_duration(left_ns).text);
		nanosleep(&slice, NULL);
	}
}

void audit_collect(int64_t interval_ns, struct audit_input *input)
{
	int64_t begun_ns = clock_ns(CLOCK_MONOTONIC);

	input->snapshot = collect_snapshot();
	if (interval_ns == 0)
		return;
	wait_until(begun_ns + interval_ns);
	input->before = input->snapshot;
	input->snapshot = collect_snapshot();
}

void audit_input_free(struct audit_input *input)
{
	snapshot_free(input->snapshot);
	snapshot_free(input->before);
}
