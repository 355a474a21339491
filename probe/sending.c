/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How do probes leave by several CPUs, one after the other?  One thread sends them all, and after
 * each moves itself to the CPU of the next (sched_setaffinity(2)), as the scheduler moves any: what
 * it sends waits in the queue of the CPU that it was on.  It knows when which probe is due, and
 * sleeps until then.
 */
#include "probe/sending.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "probe/packet.h"

#define NS_PER_S 1000000000
#define LOOK_NS 100000000 /* from one look whether to stop to the next */
#define END_PAUSE_NS 20000000

static void sleep_until(int64_t time_ns)
{
	const struct timespec until = { time_ns / NS_PER_S, time_ns % NS_PER_S };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* Waits until a probe is due.  Returns false if the run is over before. */
static bool wait_for_time(const struct probe_sending *sending, int64_t until_ns)
{
	while (!sending->stop()) {
		int64_t now_ns = clock_ns(CLOCK_MONOTONIC);

		if (now_ns >= until_ns)
			return true;
		sleep_until(until_ns - now_ns > LOOK_NS ? now_ns + LOOK_NS : until_ns);
	}
	return false;
}

static void count_error(struct probe_sending *sending, int error)
{
	uint32_t i = 0;

	while (i < sending->error_count && sending->errors[i].error != error)
		i++;
	if (i == PROBE_ERRORS)
		return;
	if (i == sending->error_count)
		sending->errors[sending->error_count++].error = error;
	sending->errors[i].count++;
}

static void send_one(struct probe_sending *sending, uint64_t index, uint8_t *bytes)
{
	struct probe_path *path = sending->path;
	uint32_t stream = probe_plan_stream(&sending->plan, index);
	int cpu = sched_getcpu(), status;
	const struct probe probe = {
		.run = sending->run,
		.stream = (uint16_t)stream,
		.streams = (uint16_t)sending->plan.streams,
		.cpu = cpu < 0 ? PROBE_CPU_UNTOLD : (uint16_t)cpu,
		.length = sending->length,
		.number = probe_plan_number(&sending->plan, index),
		.sent_ns = clock_ns(CLOCK_REALTIME),
	};

	probe_write(bytes + path->header_bytes, &probe);
	status = probe_path_send(path, stream, bytes, path->header_bytes + sending->length);
	if (status == 0) {
		sending->sent++;
		sending->last_ns = probe.sent_ns;
		if (!sending->first_ns)
			sending->first_ns = probe.sent_ns;
	} else {
		sending->failed++;
		sending->failed_of[stream]++;
		count_error(sending, status);
	}
}

/* To the CPU that sends probe `index`. */
static int move(const struct probe_sending *sending, uint64_t index, struct error *error)
{
	uint32_t cpu;
	cpu_set_t set;

	if (!sending->cpus)
		return 0;
	cpu = sending->cpus[probe_plan_cpu(&sending->plan, index)];
	CPU_ZERO(&set);
	if (cpu < CPU_SETSIZE)
		CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		return error_set(error, "cannot send by CPU %u: %s", cpu, strerror(errno));
	return 0;
}

/* Whether nothing is sent any more although it is planned: the sender did not keep up. */
static bool has_lasted(const struct probe_plan *plan, int64_t begun_ns)
{
	return plan->duration_ns && clock_ns(CLOCK_MONOTONIC) - begun_ns >= plan->duration_ns;
}

static int send_all(struct probe_sending *sending, uint8_t *bytes, struct error *error)
{
	const struct probe_plan *plan = &sending->plan;
	int64_t begun_ns = clock_ns(CLOCK_MONOTONIC), due_ns;

	for (;; sending->turns++) {
		if (move(sending, sending->turns, error) < 0)
			return -1;
		due_ns = probe_plan_due_ns(plan, sending->turns);
		if (due_ns == PROBE_NEVER_NS || !wait_for_time(sending, begun_ns + due_ns) ||
			has_lasted(plan, begun_ns))
			return 0;
		sending->planned_ns = due_ns;
		sending->taken_ns = clock_ns(CLOCK_MONOTONIC) - begun_ns;
		send_one(sending, sending->turns, bytes);
	}
}

static void send_ends(struct probe_sending *sending, uint8_t *bytes)
{
	struct probe_path *path = sending->path;
	struct probe probe = {
		.run = sending->run,
		.streams = (uint16_t)sending->plan.streams,
		.cpu = PROBE_CPU_UNTOLD,
		.length = PROBE_END, /* never in fragments: it has to be read whole */
		.end = true,
	};

	for (uint32_t stream = 0; stream < sending->plan.streams; stream++) {
		probe.stream = (uint16_t)stream;
		probe.number = probe_plan_used(&sending->plan, sending->turns, stream);
		probe.failed = sending->failed_of[stream];
		probe.sent_ns = clock_ns(CLOCK_REALTIME);
		probe_write(bytes + path->header_bytes, &probe);
		if (probe_path_send(path, stream, bytes, path->header_bytes + probe.length) == 0)
			sending->ends_sent++;
		else
			sending->ends_failed++;
	}
}

/* Bytes of a probe or an end with what is in front. */
static uint8_t *make_frame(const struct probe_sending *sending)
{
	uint32_t length = sending->length > PROBE_END ? sending->length : PROBE_END;
	uint8_t *bytes = memory_alloc(sending->path->header_bytes + length, 1);

	memcpy(bytes, sending->path->header, sending->path->header_bytes);
	probe_fill(bytes + sending->path->header_bytes, length);
	return bytes;
}

int probe_send(struct probe_sending *sending, struct error *error)
{
	uint8_t *bytes = make_frame(sending);
	int status = send_all(sending, bytes, error);

	for (int i = 0; i < PROBE_END_COPIES && sending->turns; i++) {
		if (i)
			sleep_until(clock_ns(CLOCK_MONOTONIC) + END_PAUSE_NS);
		send_ends(sending, bytes);
	}
	probe_path_listen(sending->path);
	free(bytes);
	return status;
}
