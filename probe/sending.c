/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How do the probes of several CPUs leave as one sequence?  A thread is pinned to each CPU and the
 * probes go from thread to thread: that of a CPU is sent when the one before has left, so each CPU
 * queues its own, a few microseconds behind the other.  All threads know when which probe is due,
 * and sleep until then.
 */
#include "probe/sending.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "probe/packet.h"

#define NS_PER_S 1000000000
#define LOOK_NS 100000000 /* from one look whether to stop to the next */
#define END_PAUSE_NS 20000000
#define SPINS 10000 /* before another may have the CPU: the one before may wait for it */

struct turns {
	struct probe_sending *sending;
	_Atomic uint64_t next; /* index of the probe whose turn it is */
	_Atomic bool over;
	_Atomic int refused; /* errno: a thread could not be pinned */
	int64_t begun_ns;    /* CLOCK_MONOTONIC */
};

struct turn {
	struct turns *turns;
	pthread_t thread;
	uint32_t place; /* in the list of CPUs */
	uint8_t *bytes;
};

static void sleep_until(int64_t time_ns)
{
	const struct timespec until = { time_ns / NS_PER_S, time_ns % NS_PER_S };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* Waits for a time.  Returns false if the run is over before. */
static bool wait_for_time(struct turns *turns, int64_t due_ns)
{
	int64_t until_ns = turns->begun_ns + due_ns, now_ns;

	while (!turns->over) {
		if (turns->sending->stop()) {
			turns->over = true;
			break;
		}
		now_ns = clock_ns(CLOCK_MONOTONIC);
		if (now_ns >= until_ns)
			return true;
		sleep_until(until_ns - now_ns > LOOK_NS ? now_ns + LOOK_NS : until_ns);
	}
	return false;
}

static bool wait_for_turn(struct turns *turns, uint64_t index)
{
	for (unsigned spins = 1; turns->next != index && !turns->over; spins++)
		if (spins % SPINS == 0)
			sched_yield();
	return !turns->over;
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

static void send_one(struct turn *turn, uint64_t index)
{
	struct probe_sending *sending = turn->turns->sending;
	struct probe_path *path = sending->path;
	uint32_t stream = probe_plan_stream(&sending->plan, index);
	int cpu = sending->cpus ? (int)sending->cpus[turn->place] : sched_getcpu(), status;
	const struct probe probe = {
		.run = sending->run,
		.stream = (uint16_t)stream,
		.streams = (uint16_t)sending->plan.streams,
		.cpu = cpu < 0 ? PROBE_CPU_UNTOLD : (uint16_t)cpu,
		.length = sending->length,
		.number = probe_plan_number(&sending->plan, index),
		.sent_ns = clock_ns(CLOCK_REALTIME),
	};

	probe_write(turn->bytes + path->header_bytes, &probe);
	status = probe_path_send(path, stream, turn->bytes, path->header_bytes + sending->length);
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

/* Whether nothing is sent any more although it is planned: the sender did not keep up. */
static bool has_lasted(const struct turns *turns)
{
	const struct probe_plan *plan = &turns->sending->plan;

	return plan->duration_ns &&
	       clock_ns(CLOCK_MONOTONIC) - turns->begun_ns >= plan->duration_ns;
}

static void take_turns(struct turn *turn)
{
	struct turns *turns = turn->turns;
	const struct probe_plan *plan = &turns->sending->plan;

	for (uint64_t index = 0;; index++) {
		int64_t due_ns = probe_plan_due_ns(plan, index);

		if (due_ns == PROBE_NEVER_NS)
			return;
		if (probe_plan_cpu(plan, index) != turn->place)
			continue;
		if (!wait_for_time(turns, due_ns) || !wait_for_turn(turns, index))
			return;
		if (has_lasted(turns)) {
			turns->over = true;
			return;
		}
		send_one(turn, index);
		turns->next = index + 1;
	}
}

static void *run_thread(void *state)
{
	struct turn *turn = state;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(turn->turns->sending->cpus[turn->place], &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0) {
		turn->turns->refused = errno;
		turn->turns->over = true;
		return NULL;
	}
	take_turns(turn);
	return NULL;
}

/* Starts the threads and waits for them.  Returns 0 or errno. */
static int run_threads(struct turns *turns, struct turn *turn, uint32_t count)
{
	uint32_t started = 0;
	int status = 0;

	while (started < count && status == 0) {
		status = pthread_create(&turn[started].thread, NULL, run_thread, &turn[started]);
		started += status == 0;
	}
	if (status != 0)
		turns->over = true;
	for (uint32_t i = 0; i < started; i++)
		pthread_join(turn[i].thread, NULL);
	return status;
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
	struct turns turns = { .sending = sending, .begun_ns = clock_ns(CLOCK_MONOTONIC) };
	uint32_t count = sending->cpus ? sending->plan.cpus : 1;
	struct turn *turn = memory_alloc(count, sizeof(*turn));
	int status = 0;

	for (uint32_t i = 0; i < count; i++)
		turn[i] = (struct turn){
			.turns = &turns, .place = i, .bytes = make_frame(sending)
		};
	if (sending->cpus)
		status = run_threads(&turns, turn, count);
	else
		take_turns(&turn[0]);
	sending->turns = turns.next;
	for (int i = 0; i < PROBE_END_COPIES && sending->turns; i++) {
		if (i)
			sleep_until(clock_ns(CLOCK_MONOTONIC) + END_PAUSE_NS);
		send_ends(sending, turn[0].bytes);
	}
	probe_path_listen(sending->path);
	for (uint32_t i = 0; i < count; i++)
		free(turn[i].bytes);
	free(turn);
	if (turns.refused)
		return error_set(
			error, "cannot send by the CPUs of --cpu: %s", strerror(turns.refused));
	if (status != 0)
		return error_set(error, "cannot start a thread: %s", strerror(status));
	return 0;
}
