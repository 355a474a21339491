/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gates of the decision who reordered a stream: whatever stands behind one of these may be the work
 * of what it names, such as a clock that was set or a capture that lost packets.  The last one is
 * about what leaves this host.
 */
#include "analyzers/origin_rules.h"

static bool nothing_late(const struct origin_question *question, struct origin_answer *answer)
{
	return !question->counts->late && origin_claim(answer, ORIGIN_NONE, CONFIDENCE_NONE);
}

static bool nothing_compared(const struct origin_question *question, struct origin_answer *answer)
{
	if (question->counts->pairs)
		return false;
	origin_say(answer,
		"of %s late %s none could be compared: what overtook was no longer remembered, or "
		"not captured on the same interface",
		units_count(question->counts->late).text,
		question->counts->late == 1 ? "packet" : "packets");
	return origin_cannot_tell(answer);
}

/* No caller should make these; a claim is not built on them. */
static bool counts_contradict(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	/* Not added up: a sum might overflow. */
	if (counts->pairs <= counts->late && counts->inside <= counts->pairs &&
		counts->outside <= counts->pairs - counts->inside &&
		counts->equal <= counts->pairs - counts->inside - counts->outside &&
		counts->sent <= counts->pairs && counts->unstamped <= counts->pairs &&
		counts->untold <= counts->pairs)
		return false;
	origin_say(answer, "what was counted contradicts itself");
	return origin_cannot_tell(answer);
}

static bool clock_stepped(const struct origin_question *question, struct origin_answer *answer)
{
	int64_t step = question->setting->clock_step_ns;

	if (!step)
		return false;
	origin_say(answer,
		"the clock was set %s by %s meanwhile, which alters the order of stamps; capture "
		"again while it is not set",
		step < 0 ? "back" : "ahead",
		units_duration(step == INT64_MIN ? INT64_MAX
			       : step < 0        ? -step
						 : step)
			.text);
	return origin_cannot_tell(answer);
}

static bool capture_dropped(const struct origin_question *question, struct origin_answer *answer)
{
	if (!question->setting->dropped)
		return false;
	origin_say(answer,
		"the capture itself dropped %s packets of %s, so packets are missing from what is "
		"compared; capture with a larger --buffer-size, or less by a filter",
		units_count(question->setting->dropped).text, question->name);
	return origin_cannot_tell(answer);
}

static bool setting_changed(const struct origin_question *question, struct origin_answer *answer)
{
	if (!question->setting->changed)
		return false;
	origin_say(answer,
		"%.60s of %s was changed meanwhile, which may let packets overtake others; capture "
		"again while it stays",
		question->setting->changed, question->name);
	return origin_cannot_tell(answer);
}

static bool both_ways(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (origin_is_all(counts->sent, counts->pairs) ||
		origin_is_hardly(counts->sent, counts->pairs))
		return false;
	origin_say(answer,
		"%s pairs were seen as they left this host, the others as they came in; capture "
		"one way, by --direction in or out",
		origin_share(counts->sent, counts->pairs).text);
	return origin_cannot_tell(answer);
}

static bool no_stamps(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (origin_is_hardly(counts->unstamped, counts->pairs))
		return false;
	if (question->setting->tcp && question->setting->virtual_pair == ORIGIN_YES)
		origin_say(answer,
			"TCP sent by a program of this machine over veth carries no stamp of its "
			"arrival: missing in %s pairs",
			origin_share(counts->unstamped, counts->pairs).text);
	else
		origin_say(answer,
			"the kernel took no stamp as they came in, in %s pairs, but when they were "
			"captured",
			origin_share(counts->unstamped, counts->pairs).text);
	if (origin_evidence_of(counts->cpus_differ, counts->cpus, counts->pairs) ==
		ORIGIN_EVIDENCE_DIFFERENT)
		origin_say(answer,
			"both packets were on different CPUs in %s, so this host is suspected: "
			"steer %s to one CPU by rps_cpus and see whether it ends",
			origin_share(counts->cpus_differ, counts->cpus).text, question->name);
	else
		origin_say(answer, "capture at the sender too: late there, it was not this host");
	return origin_cannot_tell(answer);
}

static bool stamped_late(const struct origin_question *question, struct origin_answer *answer)
{
	if (question->setting->prequeue != ORIGIN_NO)
		return false;
	origin_say(answer,
		"net.core.netdev_tstamp_prequeue is 0: stamps are taken behind the queues that "
		"may reorder; sysctl net.core.netdev_tstamp_prequeue=1, and capture again");
	return origin_cannot_tell(answer);
}

/*
 * What leaves this host.
 */

static bool seen_leaving(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (origin_is_hardly(counts->sent, counts->pairs))
		return false;
	if (!question->setting->live) {
		origin_say(answer,
			"they were captured as they left a host, and a file does not tell "
			"whether that host sent or forwarded them; capture live there");
		return origin_cannot_tell(answer);
	}
	if (!origin_is_hardly(counts->forwarded, counts->sent)) {
		origin_say(answer,
			"it left %s in this order, and was not, or not surely, sent by this host "
			"itself (%s pairs); capture where it comes in too",
			question->name, origin_share(counts->forwarded, counts->sent).text);
		return origin_cannot_tell(answer);
	}
	if (!origin_is_race(counts->inside, counts->pairs)) {
		origin_say(answer,
			"%s late packets were stamped before what overtook them as they left: two "
			"CPUs sent at once, and the wire may have seen them in order; capture "
			"where they arrive",
			origin_share(counts->inside, counts->pairs).text);
		return origin_cannot_tell(answer);
	}
	origin_say(answer,
		"in %s pairs both packets were seen on the transmit side of %s, in this order: "
		"this host sends them so",
		origin_share(counts->sent, counts->pairs).text, question->name);
	return origin_claim(answer, ORIGIN_SENDER,
		origin_is_hardly(counts->untold, counts->pairs) ? CONFIDENCE_PROVEN
								: CONFIDENCE_LIKELY);
}

origin_rule *const origin_gates[] = {
	nothing_late,
	nothing_compared,
	counts_contradict,
	clock_stepped,
	capture_dropped,
	setting_changed,
	both_ways,
	no_stamps,
	stamped_late,
	seen_leaving,
	NULL,
};
