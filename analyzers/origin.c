/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who reordered a stream?  Each late packet is compared with the one that overtook it: stamped
 * before it, the queues behind the stamp did it (net/core/dev.c: netif_rx(), get_rps_cpu()),
 * stamped behind it, something did that was earlier.  Gates come first, then rules in the order of
 * a table: the first that says something decides, and what none can prove is undetermined.
 */
#include "analyzers/origin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/units.h"

/* Where nobody tells who took the stamps, shorter waits are the slack of whoever took them. */
#define REAL_WAIT_NS 1000

/* Of many pairs only some are looked at within their queue: so many stand for the others. */
#define JUDGED_ENOUGH 64

/* What is asked about, and what it makes of the late packets of one side, or of all. */
struct question {
	const struct origin_setting *setting;
	const struct origin_counts *counts;
	const struct histogram *waited_ns;
	const char *name; /* of the interface, short enough for a sentence */
	char name_text[48];
	const char *steered; /* of what steers to CPUs, as short */
	char steered_text[48];
};

struct answer {
	enum origin origin;
	enum confidence confidence;
	enum origin inside, outside;
	char reason[FINDING_TEXT];
};

/* Returns whether it decides; then the answer is filled in. */
typedef bool rule(const struct question *question, struct answer *answer);

/* What is known of both packets of so many pairs, and in how many it differs. */
enum evidence {
	EVIDENCE_NONE, /* known of fewer than half */
	EVIDENCE_SAME,
	EVIDENCE_DIFFERENT,
	EVIDENCE_BOTH, /* neither holds of nearly all */
};

static bool is_all(uint64_t part, uint64_t whole)
{
	return whole && (double)part >= ORIGIN_ALL_SHARE * (double)whole;
}

static bool is_hardly(uint64_t part, uint64_t whole)
{
	return whole && (double)part <= (1 - ORIGIN_ALL_SHARE) * (double)whole;
}

/* Whether one side is so small beside the other that two CPUs which raced explain it. */
static bool is_race(uint64_t part, uint64_t whole)
{
	return (double)part < ORIGIN_RACE_SHARE * (double)whole;
}

/* Whether nearly all of the pairs are of one side. */
static bool is_side(uint64_t side, uint64_t other, uint64_t pairs)
{
	return is_race(other, pairs) && (double)side >= (1 - ORIGIN_RACE_SHARE) * (double)pairs;
}

static enum evidence evidence_of(uint64_t differ, uint64_t known, uint64_t pairs)
{
	if (!known || known < pairs - known || known > pairs || differ > known)
		return EVIDENCE_NONE;
	if (is_all(differ, known))
		return EVIDENCE_DIFFERENT;
	return is_hardly(differ, known) ? EVIDENCE_SAME : EVIDENCE_BOTH;
}

__attribute__((format(printf, 2, 3))) static void say(
	struct answer *answer, const char *format, ...)
{
	size_t used = strlen(answer->reason);
	char clause[FINDING_TEXT];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(clause, sizeof(clause), format, arguments);
	va_end(arguments);
	/* A clause that does not fit is left out whole. */
	if (used + strlen(clause) + 3 <= sizeof(answer->reason))
		snprintf(answer->reason + used, sizeof(answer->reason) - used, "%s%s",
			used ? "; " : "", clause);
}

static bool decide(struct answer *answer, enum origin origin, enum confidence confidence)
{
	answer->origin = origin;
	answer->confidence = confidence;
	return true;
}

static bool cannot_tell(struct answer *answer)
{
	return decide(answer, ORIGIN_UNDETERMINED, CONFIDENCE_NONE);
}

/* "69 of 69" */
static struct units parts(uint64_t part, uint64_t whole)
{
	struct units text;

	snprintf(text.text, sizeof(text.text), "%.20s of %.20s", units_count(part).text,
		units_count(whole).text);
	return text;
}

/* Steering that may have taken part: known to be on, or changed meanwhile. */
static bool may_steer(const struct origin_setting *setting)
{
	return setting->steers == ORIGIN_YES || setting->follows == ORIGIN_YES ||
	       setting->masks_changed;
}

/* Known to be off, all the time. */
static bool steers_nothing(const struct origin_setting *setting)
{
	return setting->steers == ORIGIN_NO && setting->follows == ORIGIN_NO &&
	       !setting->masks_changed;
}

/* Then nothing waits between the stamp and the hand-over. */
static bool has_no_backlog(const struct origin_setting *setting)
{
	return setting->polled == ORIGIN_YES && steers_nothing(setting);
}

/*
 * Gates: whatever stands behind one of these may be the work of what it names.
 */

static bool nothing_late(const struct question *question, struct answer *answer)
{
	return !question->counts->late && decide(answer, ORIGIN_NONE, CONFIDENCE_NONE);
}

static bool nothing_compared(const struct question *question, struct answer *answer)
{
	if (question->counts->pairs)
		return false;
	say(answer,
		"of %s late %s none could be compared: what overtook was no longer remembered, or "
		"not captured on the same interface",
		units_count(question->counts->late).text,
		question->counts->late == 1 ? "packet" : "packets");
	return cannot_tell(answer);
}

/* No caller should make these; a claim is not built on them. */
static bool counts_contradict(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	/* Not added up: a sum might overflow. */
	if (counts->pairs <= counts->late && counts->inside <= counts->pairs &&
		counts->outside <= counts->pairs - counts->inside &&
		counts->equal <= counts->pairs - counts->inside - counts->outside &&
		counts->sent <= counts->pairs && counts->unstamped <= counts->pairs &&
		counts->untold <= counts->pairs)
		return false;
	say(answer, "what was counted contradicts itself");
	return cannot_tell(answer);
}

static bool clock_stepped(const struct question *question, struct answer *answer)
{
	int64_t step = question->setting->clock_step_ns;

	if (!step)
		return false;
	say(answer,
		"the clock was set %s by %s meanwhile, which alters the order of stamps; capture "
		"again while it is not set",
		step < 0 ? "back" : "ahead",
		units_duration(step == INT64_MIN ? INT64_MAX
			       : step < 0        ? -step
						 : step)
			.text);
	return cannot_tell(answer);
}

static bool capture_dropped(const struct question *question, struct answer *answer)
{
	if (!question->setting->dropped)
		return false;
	say(answer,
		"the capture itself dropped %s packets of %s, so packets are missing from what is "
		"compared; capture with a larger --buffer-size, or less by a filter",
		units_count(question->setting->dropped).text, question->name);
	return cannot_tell(answer);
}

static bool setting_changed(const struct question *question, struct answer *answer)
{
	if (!question->setting->changed)
		return false;
	say(answer,
		"%.60s of %s was changed meanwhile, which may let packets overtake others; capture "
		"again while it stays",
		question->setting->changed, question->name);
	return cannot_tell(answer);
}

static bool both_ways(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (is_all(counts->sent, counts->pairs) || is_hardly(counts->sent, counts->pairs))
		return false;
	say(answer,
		"%s pairs were seen as they left this host, the others as they came in; capture "
		"one way, by --direction in or out",
		parts(counts->sent, counts->pairs).text);
	return cannot_tell(answer);
}

static bool no_stamps(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (is_hardly(counts->unstamped, counts->pairs))
		return false;
	if (question->setting->tcp && question->setting->virtual_pair == ORIGIN_YES)
		say(answer,
			"TCP sent by a program of this machine over veth carries no stamp of its "
			"arrival: missing in %s pairs",
			parts(counts->unstamped, counts->pairs).text);
	else
		say(answer,
			"the kernel took no stamp as they came in, in %s pairs, but when they were "
			"captured",
			parts(counts->unstamped, counts->pairs).text);
	if (evidence_of(counts->cpus_differ, counts->cpus, counts->pairs) == EVIDENCE_DIFFERENT)
		say(answer,
			"both packets were on different CPUs in %s, so this host is suspected: "
			"steer %s to one CPU by rps_cpus and see whether it ends",
			parts(counts->cpus_differ, counts->cpus).text, question->name);
	else
		say(answer, "capture at the sender too: late there, it was not this host");
	return cannot_tell(answer);
}

static bool stamped_late(const struct question *question, struct answer *answer)
{
	if (question->setting->prequeue != ORIGIN_NO)
		return false;
	say(answer, "net.core.netdev_tstamp_prequeue is 0: stamps are taken behind the queues that "
		    "may reorder; sysctl net.core.netdev_tstamp_prequeue=1, and capture again");
	return cannot_tell(answer);
}

/*
 * What leaves this host.
 */

static bool seen_leaving(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (is_hardly(counts->sent, counts->pairs))
		return false;
	if (!question->setting->live) {
		say(answer, "they were captured as they left a host, and a file does not tell "
			    "whether that host sent or forwarded them; capture live there");
		return cannot_tell(answer);
	}
	if (!is_hardly(counts->forwarded, counts->sent)) {
		say(answer,
			"it left %s in this order, and was not, or not surely, sent by this host "
			"itself (%s pairs); capture where it comes in too",
			question->name, parts(counts->forwarded, counts->sent).text);
		return cannot_tell(answer);
	}
	if (!is_race(counts->inside, counts->pairs)) {
		say(answer,
			"%s late packets were stamped before what overtook them as they left: two "
			"CPUs sent at once, and the wire may have seen them in order; capture "
			"where they arrive",
			parts(counts->inside, counts->pairs).text);
		return cannot_tell(answer);
	}
	say(answer,
		"in %s pairs both packets were seen on the transmit side of %s, in this order: "
		"this host sends them so",
		parts(counts->sent, counts->pairs).text, question->name);
	return decide(answer, ORIGIN_SENDER,
		is_hardly(counts->untold, counts->pairs) ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY);
}

/*
 * Behind the stamp.
 */

static void say_inside(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;
	bool none_late = counts->inside == counts->pairs;

	say(answer, "in %s the late packet was stamped before the one that overtook it%s",
		parts(counts->inside, counts->pairs).text,
		none_late ? ": sorted by stamp none of these is late" : "");
	if (counts->inside_cpus)
		say(answer, "both on different CPUs in %s",
			parts(counts->inside_cpus_differ, counts->inside_cpus).text);
}

static enum evidence inside_cpus(const struct origin_counts *counts)
{
	return evidence_of(counts->inside_cpus_differ, counts->inside_cpus, counts->inside);
}

/* A queue of packets is one of a CPU: those of one CPU do not overtake each other. */
static bool on_one_cpu(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (inside_cpus(counts) == EVIDENCE_NONE ||
		counts->inside_cpus_differ > counts->inside_cpus / 2)
		return false;
	say(answer,
		"the late packet was stamped first in %s, but both were on different CPUs in %s "
		"only, and one CPU keeps order: what did it is not known",
		parts(counts->inside, counts->pairs).text,
		parts(counts->inside_cpus_differ, counts->inside_cpus).text);
	return cannot_tell(answer);
}

static bool raced(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (!has_no_backlog(question->setting))
		return false;
	say(answer,
		"the late packet was stamped first in %s, though nothing waits on %s between the "
		"stamp and the hand-over: it is polled and nothing is steered",
		parts(counts->inside, counts->pairs).text, question->name);
	if (counts->queues && question->setting->receive_queues != 1)
		say(answer, "both came by different receive queues in %s",
			parts(counts->queues_differ, counts->queues).text);
	else if (question->setting->receive_queues != 1)
		say(answer, "which receive queue each came by was not seen: capture with "
			    "--frontend mmap");
	return cannot_tell(answer);
}

/* Proven behind the stamp; by what is not. */
static bool by_unknown_setting(const struct question *question, struct answer *answer)
{
	const struct origin_setting *setting = question->setting;

	if (setting->live && (may_steer(setting) || (setting->steers == ORIGIN_NO &&
							    setting->follows == ORIGIN_NO)))
		return false;
	say_inside(question, answer);
	if (!setting->live)
		say(answer, "whether the queues of CPUs or receive steering did it no file tells");
	else if (setting->unseen == UNSEEN_TUNNEL)
		say(answer,
			"whether the queues of CPUs or receive steering did it is not known, since "
			"what carries packets of %s is not seen from there: capture on that",
			question->name);
	else
		say(answer,
			"whether the queues of CPUs or receive steering did it is not known, since "
			"%s cannot be read here",
			setting->steers == ORIGIN_UNKNOWN ? "rps_cpus"
							  : "net.core.rps_sock_flow_entries");
	return decide(answer, ORIGIN_HOST, CONFIDENCE_PROVEN);
}

static bool by_changed_masks(const struct question *question, struct answer *answer)
{
	if (!question->setting->masks_changed)
		return false;
	say_inside(question, answer);
	say(answer, "rps_cpus of %s was changed meanwhile", question->steered);
	return decide(answer, ORIGIN_RECEIVE_STEERING,
		inside_cpus(question->counts) == EVIDENCE_DIFFERENT ? CONFIDENCE_PROVEN
								    : CONFIDENCE_LIKELY);
}

/*
 * Steering is a function of the hash: it parts nothing that it takes to one CPU.  Where packets
 * came by several all the same, it was not as it is whenever it is read.
 */
static bool by_idle_steering(const struct question *question, struct answer *answer)
{
	const struct origin_setting *setting = question->setting;
	const struct origin_counts *counts = question->counts;
	const char *why = NULL;

	if (setting->steers != ORIGIN_YES || setting->follows == ORIGIN_YES)
		return false;
	if (setting->steering_cpus <= 1)
		why = "takes all to one CPU, which keeps order";
	else if (evidence_of(counts->hashes_differ, counts->hashes, counts->pairs) == EVIDENCE_SAME)
		why = "takes one receive hash, which both packets have, to one CPU";
	if (!why)
		return false;
	if (inside_cpus(counts) == EVIDENCE_DIFFERENT) {
		say_inside(question, answer);
		say(answer,
			"as rps_cpus of %s is whenever it is read, it %s: it was set meanwhile, "
			"and back",
			question->steered, why);
		return decide(answer, ORIGIN_RECEIVE_STEERING, CONFIDENCE_LIKELY);
	}
	say(answer,
		"the late packet was stamped first in %s, behind the stamp then, but rps_cpus of "
		"%s, which stayed as it is, %s: watch whether something sets it for a moment",
		parts(counts->inside, counts->pairs).text, question->steered, why);
	return cannot_tell(answer);
}

static bool by_reader(const struct question *question, struct answer *answer)
{
	if (question->setting->follows != ORIGIN_YES)
		return false;
	say_inside(question, answer);
	say(answer, "RFS is on: it takes packets of %s to where their reader runs, which moves",
		question->name);
	return decide(answer, ORIGIN_RECEIVE_STEERING, CONFIDENCE_LIKELY);
}

static bool by_hashes(const struct question *question, struct answer *answer)
{
	const struct origin_setting *setting = question->setting;
	const struct origin_counts *counts = question->counts;
	bool proven = setting->follows == ORIGIN_NO && inside_cpus(counts) == EVIDENCE_DIFFERENT &&
		      evidence_of(counts->hashes_differ, counts->hashes, counts->pairs) ==
			      EVIDENCE_DIFFERENT;

	if (setting->steers != ORIGIN_YES)
		return false;
	say_inside(question, answer);
	if (counts->hashes)
		say(answer, "receive hashes differ in %s",
			parts(counts->hashes_differ, counts->hashes).text);
	if (counts->predicted)
		say(answer, "rps_cpus takes their hashes to just these CPUs in %s",
			parts(counts->predicted_right, counts->predicted).text);
	say(answer, "rps_cpus of %s steers to %u CPUs", question->steered, setting->steering_cpus);
	return decide(
		answer, ORIGIN_RECEIVE_STEERING, proven ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY);
}

static bool by_no_second_cpu(const struct question *question, struct answer *answer)
{
	if (question->setting->cpus != 1)
		return false;
	say(answer,
		"the late packet was stamped first in %s, but one CPU is online, and its queue "
		"keeps order",
		parts(question->counts->inside, question->counts->pairs).text);
	return cannot_tell(answer);
}

static bool by_backlog(const struct question *question, struct answer *answer)
{
	const struct origin_setting *setting = question->setting;
	bool proven = inside_cpus(question->counts) == EVIDENCE_DIFFERENT &&
		      (setting->polled == ORIGIN_NO || setting->receive_queues == 1);

	say_inside(question, answer);
	say(answer, "rps_cpus of %s is 0 and RFS off: each waits on the CPU that it came by",
		question->name);
	if (!question->counts->inside_cpus)
		say(answer, "which CPU that was is not known");
	return decide(answer, ORIGIN_HOST_BACKLOG, proven ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY);
}

static rule *const inside_rules[] = {
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

/*
 * Before the stamp.
 */

static enum evidence outside_queues(const struct origin_counts *counts)
{
	return evidence_of(counts->outside_queues_differ, counts->outside_queues, counts->outside);
}

static enum evidence hashes(const struct origin_counts *counts)
{
	return evidence_of(counts->hashes_differ, counts->hashes, counts->pairs);
}

/* Each queue is in order: it is not the sender or the network that made it late. */
static bool is_in_order_by_queue(const struct origin_counts *counts)
{
	bool enough = counts->queue_judged >= JUDGED_ENOUGH ||
		      counts->queue_judged >= counts->pairs - counts->queue_judged;

	return enough && counts->queue_judged <= counts->pairs &&
	       is_all(counts->queue_in_order, counts->queue_judged);
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
static bool parted_by_queues(
	const struct question *question, struct answer *answer, uint64_t differ, uint64_t known)
{
	const struct origin_setting *setting = question->setting;
	const struct origin_counts *counts = question->counts;

	say(answer, "both came by different receive queues of %s in %s", question->name,
		parts(differ, known).text);
	if (!has_own_queues(setting)) {
		say(answer, "but these may be the sender's queues, since it has one itself or is "
			    "not polled; capture at the sender too");
		return cannot_tell(answer);
	}
	if (!is_in_order_by_queue(counts)) {
		say(answer,
			"but %s were in order within their queue, so not the queues alone did it; "
			"capture at the sender too",
			parts(counts->queue_in_order, counts->queue_judged).text);
		return cannot_tell(answer);
	}
	say(answer, "in order within each in %s",
		parts(counts->queue_in_order, counts->queue_judged).text);
	if (hashes(counts) == EVIDENCE_DIFFERENT || hashes(counts) == EVIDENCE_BOTH) {
		say(answer,
			"but their receive hashes differ in %s: other flows take other queues, and "
			"may take other paths before; capture at the sender too, or with one queue "
			"(ethtool -L)",
			parts(counts->hashes_differ, counts->hashes).text);
		return cannot_tell(answer);
	}
	if (hashes(counts) == EVIDENCE_SAME)
		say(answer, "one receive hash in %s",
			parts(counts->hashes - counts->hashes_differ, counts->hashes).text);
	return decide(answer, ORIGIN_MULTIPLE_QUEUES,
		hashes(counts) == EVIDENCE_SAME && setting->polled == ORIGIN_YES
			? CONFIDENCE_PROVEN
			: CONFIDENCE_LIKELY);
}

static bool between_queues(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (outside_queues(counts) != EVIDENCE_DIFFERENT)
		return false;
	return parted_by_queues(
		question, answer, counts->outside_queues_differ, counts->outside_queues);
}

/* Whether one receive queue took both, and how that is known. */
static bool came_by_one_queue(const struct question *question, struct answer *answer, bool *surely)
{
	const struct origin_setting *setting = question->setting;
	const struct origin_counts *counts = question->counts;
	enum evidence queues = outside_queues(counts);

	*surely = true;
	if (queues == EVIDENCE_SAME) {
		say(answer, "by one receive queue in %s",
			parts(counts->outside_queues - counts->outside_queues_differ,
				counts->outside_queues)
				.text);
		*surely = counts->outside_queues >= ORIGIN_PROVING_PAIRS ||
			  setting->receive_queues == 1;
		return true;
	}
	if (queues != EVIDENCE_NONE)
		return false;
	if (setting->receive_queues == 1) {
		say(answer, "%s has one receive queue", question->name);
		return true;
	}
	/* A queue of veth is the sender's choice; elsewhere it is the hash's, if nothing else's. */
	if (hashes(counts) == EVIDENCE_SAME && setting->virtual_pair == ORIGIN_NO &&
		setting->hardware_steers == ORIGIN_NO) {
		say(answer, "one receive hash in %s, and no hardware steering",
			parts(counts->hashes - counts->hashes_differ, counts->hashes).text);
		*surely = false;
		return true;
	}
	return false;
}

static void say_outside(const struct question *question, struct answer *answer)
{
	say(answer, "in %s the late packet was stamped behind the one that overtook it",
		parts(question->counts->outside, question->counts->pairs).text);
}

static bool queue_unknown(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;
	struct answer dummy = { 0 };
	bool surely;

	if (came_by_one_queue(question, &dummy, &surely))
		return false;
	say_outside(question, answer);
	if (outside_queues(counts) == EVIDENCE_BOTH)
		say(answer,
			"but both came by different receive queues of %s in %s, which is neither "
			"all nor none; capture at the sender too",
			question->name,
			parts(counts->outside_queues_differ, counts->outside_queues).text);
	else if (question->setting->receive_queues)
		say(answer,
			"but %s has %u receive queues, and which of them each came by was not "
			"seen; capture with --frontend mmap, or at the sender too",
			question->name, question->setting->receive_queues);
	else
		say(answer,
			"but how many receive queues %s has, and which of them each came by, is "
			"not known; capture with --frontend mmap, or at the sender too",
			question->name);
	return cannot_tell(answer);
}

/* Whether both packets were on one CPU, so that no backlog of another can be the reason. */
static bool stayed_on_one_cpu(const struct origin_counts *counts)
{
	return evidence_of(counts->outside_cpus_differ, counts->outside_cpus, counts->outside) !=
		       EVIDENCE_NONE &&
	       is_race(counts->outside_cpus_differ, counts->outside_cpus);
}

static bool stamp_unknown(const struct question *question, struct answer *answer)
{
	const struct origin_setting *setting = question->setting;
	const struct origin_counts *counts = question->counts;

	if (setting->prequeue == ORIGIN_YES || has_no_backlog(setting) ||
		(steers_nothing(setting) && stayed_on_one_cpu(counts)))
		return false;
	say_outside(question, answer);
	if (!steers_nothing(setting))
		say(answer,
			"but receive steering of %s %s, and whether stamps are taken before it "
			"cannot be read here: read net.core.netdev_tstamp_prequeue in the host's "
			"own namespace, or capture there",
			question->name, may_steer(setting) ? "is on" : "may be on");
	else
		say(answer,
			"but whether before they waited for a CPU cannot be read here, and both "
			"were on different CPUs in %s: read net.core.netdev_tstamp_prequeue in the "
			"host's own namespace, or capture there",
			parts(counts->outside_cpus_differ, counts->outside_cpus).text);
	return cannot_tell(answer);
}

static bool before_host(const struct question *question, struct answer *answer)
{
	const struct origin_setting *setting = question->setting;
	bool surely;

	say_outside(question, answer);
	came_by_one_queue(question, answer, &surely);
	if (setting->prequeue == ORIGIN_YES)
		say(answer, "stamps are taken before receive steering");
	else if (has_no_backlog(setting))
		say(answer, "nothing waits or is steered before the stamp");
	else
		say(answer, "on one CPU in %s, nothing is steered",
			parts(question->counts->outside_cpus -
					question->counts->outside_cpus_differ,
				question->counts->outside_cpus)
				.text);
	if (setting->virtual_pair == ORIGIN_YES)
		say(answer, "what is before %s is on this machine, too: capture at the other end",
			question->name);
	return decide(answer, ORIGIN_BEFORE_HOST,
		surely && (setting->prequeue == ORIGIN_YES || has_no_backlog(setting))
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
static bool behind_unseen(const struct question *question, struct answer *answer)
{
	enum origin_unseen unseen = question->setting->unseen;

	if (unseen == UNSEEN_NOTHING ||
		(unseen == UNSEEN_XDP && stayed_on_one_cpu(question->counts)))
		return false;
	say_outside(question, answer);
	for (size_t i = 0; i < sizeof(unseen_texts) / sizeof(unseen_texts[0]); i++)
		if (unseen_texts[i].unseen == unseen)
			say(answer, "but before the stamp of %s is %s", question->name,
				unseen_texts[i].text);
	return cannot_tell(answer);
}

/* GRO keeps a conversation in order, but what it held is stamped after what passed it by. */
static bool held_by_offload(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;
	uint64_t differ = counts->conversations_differ;

	if (question->setting->coalesces == ORIGIN_NO || is_hardly(differ, counts->pairs))
		return false;
	say_outside(question, answer);
	say(answer,
		"but both are of different conversations, or one a fragment, in %s: GRO of %s may "
		"have held one before its stamp; capture with it off (ethtool -K %s gro off)",
		parts(differ, counts->pairs).text, question->name, question->name);
	return cannot_tell(answer);
}

static rule *const outside_rules[] = {
	behind_unseen,
	between_queues,
	queue_unknown,
	held_by_offload,
	stamp_unknown,
	before_host,
	NULL,
};

/* The first of the rules that decides; whether one did. */
static bool ask(rule *const *rules, const struct question *question, struct answer *answer)
{
	for (; *rules; rules++)
		if ((*rules)(question, answer))
			return true;
	return false;
}

/*
 * Both sides together.
 */

/* Stamps prove what is behind them, whoever took them: nothing waits before it is stamped. */
static bool untold(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;
	const char *by = question->setting->frontend;
	bool waited = question->waited_ns->count &&
		      histogram_percentile(question->waited_ns, 0.5) >= REAL_WAIT_NS;

	if (question->setting->live && question->setting->stamps_told &&
		is_hardly(counts->untold, counts->pairs))
		return false;
	if (is_side(counts->inside, counts->outside, counts->pairs) &&
		counts->pairs >= ORIGIN_PROVING_PAIRS && waited &&
		ask(inside_rules, question, answer)) {
		if (answer->confidence > CONFIDENCE_LIKELY)
			answer->confidence = CONFIDENCE_LIKELY;
		return true;
	}
	if (!question->setting->live)
		say(answer, "a file does not tell where its stamps were taken");
	else
		say(answer, "nobody tells where the stamps were taken (frontend %s)",
			by ? by : "not known");
	if (!counts->inside)
		say(answer, "in 0 of %s pairs the late packet was stamped first",
			units_count(counts->pairs).text);
	else if (is_race(counts->inside, counts->pairs) || !waited)
		say(answer,
			"%s late packets were stamped first, no more than two CPUs that race do",
			parts(counts->inside, counts->pairs).text);
	else
		say(answer,
			"%s late packets were stamped first: these were overtaken behind their "
			"stamp",
			parts(counts->inside, counts->pairs).text);
	say(answer, "capture live with --frontend mmap");
	return cannot_tell(answer);
}

/*
 * Two CPUs that empty two queues race between stamp and capture, too.  Where nothing else waits
 * there, queues explain however many are stamped first.
 */
static bool queues_first(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (!has_no_backlog(question->setting) || is_race(counts->inside, counts->pairs) ||
		evidence_of(counts->queues_differ, counts->queues, counts->pairs) !=
			EVIDENCE_DIFFERENT)
		return false;
	parted_by_queues(question, answer, counts->queues_differ, counts->queues);
	if (answer->confidence > CONFIDENCE_LIKELY)
		answer->confidence = CONFIDENCE_LIKELY;
	return true;
}

static bool only_inside(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	return is_side(counts->inside, counts->outside, counts->pairs) &&
	       ask(inside_rules, question, answer);
}

static bool only_outside(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	return is_side(counts->outside, counts->inside, counts->pairs) &&
	       ask(outside_rules, question, answer);
}

static bool equal_stamps(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;

	if (!is_race(counts->inside, counts->pairs) && !is_race(counts->outside, counts->pairs))
		return false;
	say(answer,
		"too few of %s pairs tell: %s stamped first, %s behind what overtook, %s at the "
		"same time; capture more of it",
		units_count(counts->pairs).text, units_count(counts->inside).text,
		units_count(counts->outside).text, units_count(counts->equal).text);
	return cannot_tell(answer);
}

/* "11 of 50 in this host: by receive steering" */
static void say_part(struct answer *answer, const struct answer *part,
	const struct question *question, uint64_t count, const char *side)
{
	const char *what = origin_text(part->origin), *more = "";

	if (part->origin == ORIGIN_UNDETERMINED) {
		what = side;
		more = ", by what is not known";
	} else if (part->origin == ORIGIN_BEFORE_HOST &&
		   question->setting->virtual_pair == ORIGIN_YES) {
		what = "before this interface";
	}
	say(answer, "%s %s%s", parts(count, question->counts->pairs).text, what, more);
}

/* Of two parts the one with less confidence, of those that are known. */
static enum confidence weaker(const struct answer *inside, const struct answer *outside)
{
	if (inside->origin == ORIGIN_UNDETERMINED)
		return outside->confidence;
	if (outside->origin == ORIGIN_UNDETERMINED || inside->confidence < outside->confidence)
		return inside->confidence;
	return outside->confidence;
}

static bool both_sides(const struct question *question, struct answer *answer)
{
	const struct origin_counts *counts = question->counts;
	struct answer inside = { 0 }, outside = { 0 };

	ask(inside_rules, question, &inside);
	ask(outside_rules, question, &outside);
	/* Stamps that tell of what cannot be are no proof of the rest. */
	if (has_no_backlog(question->setting) && inside.origin == ORIGIN_UNDETERMINED) {
		*answer = inside;
		return true;
	}
	say_part(answer, &inside, question, counts->inside, "in this host");
	say_part(answer, &outside, question, counts->outside, "before the stamp");
	/* What is missing matters more than a proof. */
	if (outside.origin == ORIGIN_UNDETERMINED)
		say(answer, "%s", outside.reason);
	say(answer, "%s", inside.reason);
	if (outside.origin != ORIGIN_UNDETERMINED)
		say(answer, "%s", outside.reason);
	if (inside.origin == ORIGIN_UNDETERMINED && outside.origin == ORIGIN_UNDETERMINED)
		return cannot_tell(answer);
	answer->inside = inside.origin;
	answer->outside = outside.origin;
	return decide(answer, ORIGIN_MIXED, weaker(&inside, &outside));
}

static rule *const rules[] = {
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
	untold,
	queues_first,
	only_inside,
	only_outside,
	equal_stamps,
	both_sides,
	NULL,
};

/* Few pairs prove little, and those that could not be compared may be others. */
static void doubt(const struct origin_counts *counts, struct answer *answer)
{
	bool part = counts->pairs < counts->late && counts->pairs < counts->late - counts->pairs;

	if (answer->confidence == CONFIDENCE_NONE)
		return;
	if ((part || counts->pairs < ORIGIN_PROVING_PAIRS) &&
		answer->confidence > CONFIDENCE_LIKELY)
		answer->confidence = CONFIDENCE_LIKELY;
	if (part)
		say(answer, "%s late packets could be compared",
			parts(counts->pairs, counts->late).text);
}

void origin_decide(const struct origin_setting *setting, struct report_origin *result)
{
	struct question question = {
		.setting = setting,
		.counts = &result->counts,
		.waited_ns = &result->waited_ns,
	};
	struct answer answer = { 0 };

	snprintf(question.name_text, sizeof(question.name_text), "%.40s",
		setting->name ? setting->name : "the interface");
	question.name = question.name_text;
	snprintf(question.steered_text, sizeof(question.steered_text), "%.40s",
		setting->steered_at ? setting->steered_at : question.name_text);
	question.steered = question.steered_text;
	ask(rules, &question, &answer);
	doubt(&result->counts, &answer);
	result->origin = answer.origin;
	result->confidence = answer.confidence;
	result->inside = answer.inside;
	result->outside = answer.outside;
	result->same_machine = setting->virtual_pair == ORIGIN_YES;
	snprintf(result->reason, sizeof(result->reason), "%s", answer.reason);
}
