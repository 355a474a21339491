/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who let packets overtake others before they were stamped: this host's receive queues, something
 * of this machine that has them first, or really somebody before it?
 */
#include "analyzers/origin_rules.h"

/* Of many pairs only some are looked at within their queue: so many stand for the others. */
#define JUDGED_ENOUGH 64

static enum origin_evidence outside_queues(const struct origin_counts *counts)
{
	return origin_evidence_of(
		counts->outside_queues_differ, counts->outside_queues, counts->outside);
}

static enum origin_evidence hashes(const struct origin_counts *counts)
{
	return origin_evidence_of(counts->hashes_differ, counts->hashes, counts->pairs);
}

/* Each queue is in order: it is not the sender or the network that made it late. */
static bool is_in_order_by_queue(const struct origin_counts *counts)
{
	bool enough = counts->queue_judged >= JUDGED_ENOUGH ||
		      counts->queue_judged >= counts->pairs - counts->queue_judged;

	return enough && counts->queue_judged <= counts->pairs &&
	       origin_is_all(counts->queue_in_order, counts->queue_judged);
}

/* Whether what a packet is marked with is a receive queue: veth leaves the sender's mark on it. */
static bool has_own_queues(const struct origin_setting *setting)
{
	if (setting->receive_queues == 1 || setting->unseen > UNSEEN_XDP)
		return false;
	return setting->polled == ORIGIN_YES ||
	       (setting->polled == ORIGIN_UNKNOWN && setting->virtual_pair == ORIGIN_NO);
}

/* Of pairs whose queues differ: whether this host's queues are what parts them. */
bool origin_part_by_queues(const struct origin_question *question, struct origin_answer *answer,
	uint64_t differ, uint64_t known)
{
	const struct origin_setting *setting = question->setting;
	const struct origin_counts *counts = question->counts;

	origin_say(answer, "both came by different receive queues of %s in %s", question->name,
		origin_share(differ, known).text);
	if (!has_own_queues(setting)) {
		origin_say(answer,
			"but these may be the sender's queues, since it has one itself or is "
			"not polled; capture at the sender too");
		return origin_cannot_tell(answer);
	}
	if (!is_in_order_by_queue(counts)) {
		origin_say(answer,
			"but %s were in order within their queue, so not the queues alone did it; "
			"capture at the sender too",
			origin_share(counts->queue_in_order, counts->queue_judged).text);
		return origin_cannot_tell(answer);
	}
	origin_say(answer, "in order within each in %s",
		origin_share(counts->queue_in_order, counts->queue_judged).text);
	if (hashes(counts) == ORIGIN_EVIDENCE_DIFFERENT || hashes(counts) == ORIGIN_EVIDENCE_BOTH) {
		origin_say(answer,
			"but their receive hashes differ in %s: other flows take other queues, and "
			"may take other paths before; capture at the sender too, or with one queue "
			"(ethtool -L)",
			origin_share(counts->hashes_differ, counts->hashes).text);
		return origin_cannot_tell(answer);
	}
	if (hashes(counts) == ORIGIN_EVIDENCE_SAME)
		origin_say(answer, "one receive hash in %s",
			origin_share(counts->hashes - counts->hashes_differ, counts->hashes).text);
	return origin_claim(answer, ORIGIN_MULTIPLE_QUEUES,
		hashes(counts) == ORIGIN_EVIDENCE_SAME && setting->polled == ORIGIN_YES
			? CONFIDENCE_PROVEN
			: CONFIDENCE_LIKELY);
}

static bool between_queues(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (outside_queues(counts) != ORIGIN_EVIDENCE_DIFFERENT)
		return false;
	return origin_part_by_queues(
		question, answer, counts->outside_queues_differ, counts->outside_queues);
}

/* Whether one receive queue took both, and how that is known. */
static bool came_by_one_queue(
	const struct origin_question *question, struct origin_answer *answer, bool *surely)
{
	const struct origin_setting *setting = question->setting;
	const struct origin_counts *counts = question->counts;
	enum origin_evidence queues = outside_queues(counts);

	*surely = true;
	if (queues == ORIGIN_EVIDENCE_SAME) {
		origin_say(answer, "by one receive queue in %s",
			origin_share(counts->outside_queues - counts->outside_queues_differ,
				counts->outside_queues)
				.text);
		*surely = counts->outside_queues >= ORIGIN_PROVING_PAIRS ||
			  setting->receive_queues == 1;
		return true;
	}
	if (queues != ORIGIN_EVIDENCE_NONE)
		return false;
	if (setting->receive_queues == 1) {
		origin_say(answer, "%s has one receive queue", question->name);
		return true;
	}
	/* A queue of veth is the sender's choice; elsewhere it is the hash's, if nothing else's. */
	if (hashes(counts) == ORIGIN_EVIDENCE_SAME && setting->virtual_pair == ORIGIN_NO &&
		setting->hardware_steers == ORIGIN_NO) {
		origin_say(answer, "one receive hash in %s, and no hardware steering",
			origin_share(counts->hashes - counts->hashes_differ, counts->hashes).text);
		*surely = false;
		return true;
	}
	return false;
}

static void say_outside(const struct origin_question *question, struct origin_answer *answer)
{
	origin_say(answer, "in %s the late packet was stamped behind the one that overtook it",
		origin_share(question->counts->outside, question->counts->pairs).text);
}

static bool queue_unknown(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;
	struct origin_answer dummy = { 0 };
	bool surely;

	if (came_by_one_queue(question, &dummy, &surely))
		return false;
	say_outside(question, answer);
	if (outside_queues(counts) == ORIGIN_EVIDENCE_BOTH)
		origin_say(answer,
			"but both came by different receive queues of %s in %s, which is neither "
			"all nor none; capture at the sender too",
			question->name,
			origin_share(counts->outside_queues_differ, counts->outside_queues).text);
	else if (question->setting->receive_queues)
		origin_say(answer,
			"but %s has %u receive queues, and which of them each came by was not "
			"seen; capture with --frontend mmap, or at the sender too",
			question->name, question->setting->receive_queues);
	else
		origin_say(answer,
			"but how many receive queues %s has, and which of them each came by, is "
			"not known; capture with --frontend mmap, or at the sender too",
			question->name);
	return origin_cannot_tell(answer);
}

/* Whether both packets were on one CPU, so that no backlog of another can be the reason. */
static bool stayed_on_one_cpu(const struct origin_counts *counts)
{
	return origin_evidence_of(counts->outside_cpus_differ, counts->outside_cpus,
		       counts->outside) != ORIGIN_EVIDENCE_NONE &&
	       origin_is_race(counts->outside_cpus_differ, counts->outside_cpus);
}

static bool stamp_unknown(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_setting *setting = question->setting;
	const struct origin_counts *counts = question->counts;

	if (setting->prequeue == ORIGIN_YES || origin_has_no_backlog(setting) ||
		(origin_steers_nothing(setting) && stayed_on_one_cpu(counts)))
		return false;
	say_outside(question, answer);
	if (!origin_steers_nothing(setting))
		origin_say(answer,
			"but receive steering of %s %s, and whether stamps are taken before it "
			"cannot be read here: read net.core.netdev_tstamp_prequeue in the host's "
			"own namespace, or capture there",
			question->name, origin_may_steer(setting) ? "is on" : "may be on");
	else
		origin_say(answer,
			"but whether before they waited for a CPU cannot be read here, and both "
			"were on different CPUs in %s: read net.core.netdev_tstamp_prequeue in the "
			"host's own namespace, or capture there",
			origin_share(counts->outside_cpus_differ, counts->outside_cpus).text);
	return origin_cannot_tell(answer);
}

static bool before_host(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_setting *setting = question->setting;
	bool surely;

	say_outside(question, answer);
	came_by_one_queue(question, answer, &surely);
	if (setting->prequeue == ORIGIN_YES)
		origin_say(answer, "stamps are taken before receive steering");
	else if (origin_has_no_backlog(setting))
		origin_say(answer, "nothing waits or is steered before the stamp");
	else
		origin_say(answer, "on one CPU in %s, nothing is steered",
			origin_share(question->counts->outside_cpus -
					     question->counts->outside_cpus_differ,
				question->counts->outside_cpus)
				.text);
	if (setting->virtual_pair == ORIGIN_YES)
		origin_say(answer,
			"what is before %s is on this machine, too: capture at the other end",
			question->name);
	return origin_claim(answer, ORIGIN_BEFORE_HOST,
		surely && (setting->prequeue == ORIGIN_YES || origin_has_no_backlog(setting))
			? CONFIDENCE_PROVEN
			: CONFIDENCE_LIKELY);
}

static const struct {
	enum origin_unseen unseen;
	const char *text; /* behind "before the stamp is " */
} unseen_texts[] = {
	{ UNSEEN_XDP, "an XDP program, which may give them to other CPUs: capture without it" },
	{ UNSEEN_LINKS, "one of several links, each with queues of its own: capture on the links" },
	{ UNSEEN_REDIRECTION,
		"traffic control of what it runs over, which may take packets another "
		"way as they come in: capture on what it runs over" },
	{ UNSEEN_LOWER, "what it runs over, which is not seen from this namespace: capture there" },
	{ UNSEEN_SELF, "this host, which sends to itself: its program or queueing discipline" },
	{ UNSEEN_PROGRAM, "a program of this machine, which writes them: capture where they come "
			  "to it" },
	{ UNSEEN_TUNNEL, "what carries it, which this machine receives, too: capture there" },
	{ UNSEEN_INTERFACE, "an interface that is not known: capture on that" },
};

/* What this machine may have done with them before cannot be told from what others did. */
static bool behind_unseen(const struct origin_question *question, struct origin_answer *answer)
{
	enum origin_unseen unseen = question->setting->unseen;

	if (unseen == UNSEEN_NOTHING ||
		(unseen == UNSEEN_XDP && stayed_on_one_cpu(question->counts)))
		return false;
	say_outside(question, answer);
	for (size_t i = 0; i < sizeof(unseen_texts) / sizeof(unseen_texts[0]); i++)
		if (unseen_texts[i].unseen == unseen)
			origin_say(answer, "but before the stamp of %s is %s", question->name,
				unseen_texts[i].text);
	return origin_cannot_tell(answer);
}

/* GRO keeps a conversation in order, but what it held is stamped after what passed it by. */
static bool held_by_offload(const struct origin_question *question, struct origin_answer *answer)
{
	const struct origin_counts *counts = question->counts;
	uint64_t differ = counts->conversations_differ;

	if (question->setting->coalesces == ORIGIN_NO || origin_is_hardly(differ, counts->pairs))
		return false;
	say_outside(question, answer);
	origin_say(answer,
		"but both are of different conversations, or one a fragment, in %s: GRO of %s may "
		"have held one before its stamp; capture with it off (ethtool -K %s gro off)",
		origin_share(differ, counts->pairs).text, question->name, question->name);
	return origin_cannot_tell(answer);
}

origin_rule *const origin_outside_rules[] = {
	behind_unseen,
	between_queues,
	queue_unknown,
	held_by_offload,
	stamp_unknown,
	before_host,
	NULL,
};
