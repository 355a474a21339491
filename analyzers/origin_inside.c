/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which queue of this host let packets overtake others behind their stamp: the one of a CPU that
 * was busy, or those that receive steering chose (net/core/dev.c: netif_rx(), get_rps_cpu())?
 */
#include "analyzers/origin_rules.h"

static void say_inside(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;
	bool none_late = counts->inside == counts->pairs;

	origin_say(answer, "in %s the late packet was stamped before the one that overtook it%s",
		origin_share(counts->inside, counts->pairs).text,
		none_late ? ": sorted by stamp none of these is late" : "");
	if (counts->inside_cpus)
		origin_say(answer, "both on different CPUs in %s",
			origin_share(counts->inside_cpus_differ, counts->inside_cpus).text);
}

static enum origin_evidence inside_cpus(const struct origin_counts *counts)
{
	return origin_evidence_of(counts->inside_cpus_differ, counts->inside_cpus, counts->inside);
}

/* A queue of packets is one of a CPU: those of one CPU do not overtake each other. */
static bool on_one_cpu(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (inside_cpus(counts) == ORIGIN_EVIDENCE_NONE ||
		counts->inside_cpus_differ > counts->inside_cpus / 2)
		return false;
	origin_say(answer,
		"the late packet was stamped first in %s, but both were on different CPUs in %s "
		"only, and one CPU keeps order: what did it is not known",
		origin_share(counts->inside, counts->pairs).text,
		origin_share(counts->inside_cpus_differ, counts->inside_cpus).text);
	return origin_cannot_tell(answer);
}

static bool raced(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (!origin_has_no_backlog(question->setting))
		return false;
	origin_say(answer,
		"the late packet was stamped first in %s, though nothing waits on %s between the "
		"stamp and the hand-over: it is polled and nothing is steered",
		origin_share(counts->inside, counts->pairs).text, question->name);
	if (counts->queues && question->setting->receive_queues != 1)
		origin_say(answer, "both came by different receive queues in %s",
			origin_share(counts->queues_differ, counts->queues).text);
	else if (question->setting->receive_queues != 1)
		origin_say(answer, "which receive queue each came by was not seen: capture with "
				   "--frontend mmap");
	return origin_cannot_tell(answer);
}

/* Proven behind the stamp; by what is not. */
static bool by_unknown_setting(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_setting *setting = question->setting;

	if (setting->live && (origin_may_steer(setting) || (setting->steers == ORIGIN_NO &&
								   setting->follows == ORIGIN_NO)))
		return false;
	say_inside(question, answer);
	if (!setting->live)
		origin_say(answer,
			"whether the queues of CPUs or receive steering did it no file tells");
	else if (setting->unseen == UNSEEN_TUNNEL)
		origin_say(answer,
			"whether the queues of CPUs or receive steering did it is not known, since "
			"what carries packets of %s is not seen from there: capture on that",
			question->name);
	else
		origin_say(answer,
			"whether the queues of CPUs or receive steering did it is not known, since "
			"%s cannot be read here",
			setting->steers == ORIGIN_UNKNOWN ? "rps_cpus"
							  : "net.core.rps_sock_flow_entries");
	return origin_claim(answer, ORIGIN_HOST, CONFIDENCE_PROVEN);
}

static bool by_changed_masks(const struct origin_question *question, struct origin_answer *answer)
{
	if (!question->setting->masks_changed)
		return false;
	say_inside(question, answer);
	origin_say(answer, "rps_cpus of %s was changed meanwhile", question->steered);
	return origin_claim(answer, ORIGIN_RECEIVE_STEERING,
		inside_cpus(question->counts) == ORIGIN_EVIDENCE_DIFFERENT ? CONFIDENCE_PROVEN
									   : CONFIDENCE_LIKELY);
}

/*
 * Steering is a function of the hash: it parts nothing that it takes to one CPU.  Where packets
 * came by several all the same, it was not as it is whenever it is read.
 */
static bool by_idle_steering(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_setting *setting = question->setting;
	const struct origin_counts *counts = question->counts;
	const char *why = NULL;

	if (setting->steers != ORIGIN_YES || setting->follows == ORIGIN_YES)
		return false;
	if (setting->steering_cpus <= 1)
		why = "takes all to one CPU, which keeps order";
	else if (origin_evidence_of(counts->hashes_differ, counts->hashes, counts->pairs) ==
		 ORIGIN_EVIDENCE_SAME)
		why = "takes one receive hash, which both packets have, to one CPU";
	if (!why)
		return false;
	if (inside_cpus(counts) == ORIGIN_EVIDENCE_DIFFERENT) {
		say_inside(question, answer);
		origin_say(answer,
			"as rps_cpus of %s is whenever it is read, it %s: it was set meanwhile, "
			"and back",
			question->steered, why);
		return origin_claim(answer, ORIGIN_RECEIVE_STEERING, CONFIDENCE_LIKELY);
	}
	origin_say(answer,
		"the late packet was stamped first in %s, behind the stamp then, but rps_cpus of "
		"%s, which stayed as it is, %s: watch whether something sets it for a moment",
		origin_share(counts->inside, counts->pairs).text, question->steered, why);
	return origin_cannot_tell(answer);
}

static bool by_reader(const struct origin_question *question, struct origin_answer *answer)
{
	if (question->setting->follows != ORIGIN_YES)
		return false;
	say_inside(question, answer);
	origin_say(answer,
		"RFS is on: it takes packets of %s to where their reader runs, which moves",
		question->name);
	return origin_claim(answer, ORIGIN_RECEIVE_STEERING, CONFIDENCE_LIKELY);
}

static bool by_hashes(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_setting *setting = question->setting;
	const struct origin_counts *counts = question->counts;
	bool proven = setting->follows == ORIGIN_NO &&
		      inside_cpus(counts) == ORIGIN_EVIDENCE_DIFFERENT &&
		      origin_evidence_of(counts->hashes_differ, counts->hashes, counts->pairs) ==
			      ORIGIN_EVIDENCE_DIFFERENT;

	if (setting->steers != ORIGIN_YES)
		return false;
	say_inside(question, answer);
	if (counts->hashes)
		origin_say(answer, "receive hashes differ in %s",
			origin_share(counts->hashes_differ, counts->hashes).text);
	if (counts->predicted)
		origin_say(answer, "rps_cpus takes their hashes to just these CPUs in %s",
			origin_share(counts->predicted_right, counts->predicted).text);
	origin_say(answer, "rps_cpus of %s steers to %u CPUs", question->steered,
		setting->steering_cpus);
	return origin_claim(
		answer, ORIGIN_RECEIVE_STEERING, proven ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY);
}

static bool by_no_second_cpu(const struct origin_question *question, struct origin_answer *answer)
{
	if (question->setting->cpus != 1)
		return false;
	origin_say(answer,
		"the late packet was stamped first in %s, but one CPU is online, and its queue "
		"keeps order",
		origin_share(question->counts->inside, question->counts->pairs).text);
	return origin_cannot_tell(answer);
}

static bool by_backlog(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_setting *setting = question->setting;
	bool proven = inside_cpus(question->counts) == ORIGIN_EVIDENCE_DIFFERENT &&
		      (setting->polled == ORIGIN_NO || setting->receive_queues == 1);

	say_inside(question, answer);
	origin_say(answer, "rps_cpus of %s is 0 and RFS off: each waits on the CPU that it came by",
		question->name);
	if (!question->counts->inside_cpus)
		origin_say(answer, "which CPU that was is not known");
	return origin_claim(
		answer, ORIGIN_HOST_BACKLOG, proven ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY);
}

origin_rule *const origin_inside_rules[] = {
	on_one_cpu,
	by_no_second_cpu,
	raced,
	by_unknown_setting,
	by_changed_masks,
	by_idle_steering,
	by_reader,
	by_hashes,
	by_backlog,
	NULL,
};
