/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When is a probe sent, and by whom?  Each is due at a time of its own since the first one, so
 * that what comes late once does not make all others late; the probes of a burst are due at once.
 */
#include "probe/plan.h"

#define NS_PER_S 1000000000u

/* By the rate: whole seconds apart, so that nothing overflows and nothing is rounded twice. */
static int64_t due_by_rate(const struct probe_plan *plan, uint64_t first_of_burst)
{
	uint64_t seconds = first_of_burst / plan->rate, rest = first_of_burst % plan->rate;

	if (seconds >= INT64_MAX / NS_PER_S)
		return PROBE_NEVER_NS;
	return (int64_t)(seconds * NS_PER_S + rest * NS_PER_S / plan->rate);
}

static int64_t due_by_interval(const struct probe_plan *plan, uint64_t bursts)
{
	int64_t due_ns;

	if (bursts > INT64_MAX ||
		__builtin_mul_overflow((int64_t)bursts, plan->interval_ns, &due_ns))
		return PROBE_NEVER_NS;
	return due_ns;
}

int64_t probe_plan_due_ns(const struct probe_plan *plan, uint64_t index)
{
	uint64_t bursts = index / plan->burst;
	int64_t due_ns;

	if (plan->count && index >= plan->count)
		return PROBE_NEVER_NS;
	if (plan->interval_ns)
		due_ns = due_by_interval(plan, bursts);
	else
		due_ns = due_by_rate(plan, bursts * plan->burst);
	return plan->duration_ns && due_ns >= plan->duration_ns ? PROBE_NEVER_NS : due_ns;
}

uint32_t probe_plan_stream(const struct probe_plan *plan, uint64_t index)
{
	return (uint32_t)(index % plan->streams);
}

uint64_t probe_plan_number(const struct probe_plan *plan, uint64_t index)
{
	return index / plan->streams;
}

uint32_t probe_plan_cpu(const struct probe_plan *plan, uint64_t index)
{
	return (uint32_t)(probe_plan_number(plan, index) % plan->cpus);
}

uint64_t probe_plan_used(const struct probe_plan *plan, uint64_t sent, uint32_t stream)
{
	return sent / plan->streams + (stream < sent % plan->streams);
}
