/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How does one sequence leave a machine by several CPUs? A thread for each CPU, pinned to it, and
 * the frames one by one from thread to thread: that of a CPU is sent when the one before has left.
 * Each CPU then queues it as its own.
 */
#include "tests/live/turns.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/live/tool.h"

#define SPINS 1000 /* before it sleeps: others may need the CPU, the one before among them */

struct turns {
	sem_t go[TURNS_MOST]; /* up for the thread whose turn it is */
	_Atomic bool over;
	unsigned count;
	void *state;
	bool (*send)(void *state, uint64_t number);
};

struct turn {
	struct turns *turns;
	pthread_t thread;
	unsigned cpu;
};

static void pin(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		die("cannot run on CPU %u: %s", cpu, strerror(errno));
}

static void wait_turn(sem_t *go)
{
	for (unsigned spins = 0; spins < SPINS; spins++)
		if (sem_trywait(go) == 0)
			return;
	while (sem_wait(go) < 0 && errno == EINTR)
		;
}

/* Whoever ends wakes the next one, which then ends, too. */
static void *take_turns(void *state)
{
	const struct turn *turn = state;
	struct turns *turns = turn->turns;

	pin(turn->cpu);
	for (uint64_t number = turn->cpu; !turns->over; number += turns->count) {
		wait_turn(&turns->go[turn->cpu]);
		if (!turns->over && !turns->send(turns->state, number))
			turns->over = true;
		sem_post(&turns->go[(turn->cpu + 1) % turns->count]);
	}
	return NULL;
}

void turns_send(unsigned cpus, void *state, bool (*send)(void *state, uint64_t number))
{
	struct turns turns = { .count = cpus, .state = state, .send = send };
	struct turn turn[TURNS_MOST];

	for (unsigned i = 0; i < cpus; i++)
		sem_init(&turns.go[i], 0, i == 0);
	for (unsigned i = 0; i < cpus; i++) {
		turn[i] = (struct turn){ .turns = &turns, .cpu = i };
		if (pthread_create(&turn[i].thread, NULL, take_turns, &turn[i]) != 0)
			die("cannot start thread %u", i);
	}
	for (unsigned i = 0; i < cpus; i++)
		pthread_join(turn[i].thread, NULL);
}
